"""``ct2``: encoder–decoder models through CTranslate2, quantized and on all cores."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, Literal, cast

from pydantic import Field

from mtbench.backends.conversion import converted, require_convertible
from mtbench.backends.decoding import (
    CheckpointOptions,
    Count,
    DecodingOptions,
    cut_facts,
    decoding_of,
    source_limit,
)
from mtbench.backends.families import Direction, direction
from mtbench.backends.model_folders import (
    checkpoint_serves,
    checkpoint_target,
    local_folder,
    versions,
)
from mtbench.backends.tokenization import Encoded, Tokenizer
from mtbench.checkpoints.digests import digest_files
from mtbench.checkpoints.folders import (
    Checkpoint,
    cache_folder,
    chosen_files,
    fetch,
    find,
    read_config,
)
from mtbench.checkpoints.tokenization import first_line
from mtbench.errors import BackendError, MissingWeights, RequestError, SegmentError, Unavailable
from mtbench.languages import LanguagePair
from mtbench.packages import require, require_installed
from mtbench.plugins import Backend
from mtbench.types import Json, Record, Runtime, Source, Translation

_HALF = ("float16", "bfloat16", "int8_float16", "int8_bfloat16")
_MODEL_FILES = (".bin", ".json", ".txt", ".spm", ".model")


class CTranslate2(Backend):
    """A converted folder, or a Hugging Face checkpoint converted once into the cache.

    Deterministic on one machine. At int8 and float32 an output does not depend on its batch.
    The library sorts a call's sources by length and spreads them over its workers, so calls are
    large, and two run at once so that no worker waits for the end of a call.
    """

    class Options(CheckpointOptions, DecodingOptions):
        """Options of ``ct2``.

        Attributes:
            quantization: Precision of weights and computation: ``int8`` by default for
                checkpoints converted here, and a converted folder's own for a folder.
            tokenizer: Hub id or folder of the tokenizer, for a converted folder without one.
            inter_threads: Batches translated at once; by default the number of cores.
            intra_threads: Threads for each of them.
            batch_tokens: Sub-words of a batch, padding included.
        """

        quantization: (
            Literal[
                "int8",
                "int8_float32",
                "int8_float16",
                "int8_bfloat16",
                "int16",
                "float16",
                "bfloat16",
                "float32",
            ]
            | None
        ) = None
        tokenizer: str | None = None
        # How the work is laid out says nothing about what comes out of it.
        inter_threads: Annotated[Count | None, Field(exclude=True)] = None
        intra_threads: Annotated[Count, Field(exclude=True)] = 1
        batch_tokens: Annotated[Count, Field(exclude=True)] = 1024

    options: Options
    max_concurrency = 2
    preferred_batch = 256
    travels = True

    def __init__(self, options: Record, pair: LanguagePair, runtime: Runtime) -> None:
        super().__init__(options, pair, runtime)
        self.options = cast("CTranslate2.Options", options)
        if self.options.quantization in _HALF:
            self.batching = "document"
        self._checkpoint: Checkpoint | None = None
        self._direction: Direction | None = None
        self._translator: Any = None
        self._tokenizer: Tokenizer | None = None

    @classmethod
    def from_target(cls, target: str) -> dict[str, Json]:
        """``ct2:FOLDER``, or ``ct2:Helsinki-NLP/opus-mt-en-de`` to convert it here."""
        return checkpoint_target("ct2", target)

    @classmethod
    def serves(cls, options: Record, pair: LanguagePair) -> bool:
        """What the checkpoint's files say, where they are here; else what its name says."""
        wanted = cast("CTranslate2.Options", options)
        if _is_converted(wanted.model) and wanted.tokenizer is not None:
            return checkpoint_serves(
                wanted, local_folder(wanted.tokenizer, None, weights=False), pair
            )
        return checkpoint_serves(wanted, local_folder(wanted.model, wanted.revision), pair)

    # --- before any work ----------------------------------------------------------------------

    def check(self) -> None:
        """Finds weights and tokenizer, and whether this machine computes in that precision."""
        require_installed(("ctranslate2",), "the back end ct2", "ct2")
        require_installed(("transformers", "sentencepiece"), "the back end ct2", "hf")
        if _is_converted(self.options.model):
            self._check_folder(Path(self.options.model).expanduser())
        else:
            require_installed(("torch",), "converting a checkpoint", "hf")
            self._checkpoint = find(self.options.model, self.options.revision, self.runtime)
            require_convertible(self._checkpoint.folder, self.options.model)
        files = self._tokenizer_files()
        self._direction = direction(files, self.pair, self.options.said, self.options.model)
        decoding_of(self.options, _model_config(files))
        self._check_precision()

    def _check_folder(self, folder: Path) -> None:
        if self.options.revision is not None:
            raise RequestError(
                f"{folder}: a folder has no revision", hint="leave out the option revision"
            )
        if self.options.tokenizer is None:
            if not any((folder / name).is_file() for name in _TOKENIZER_FILES):
                raise MissingWeights(
                    f"{folder}: there is no tokenizer beside the converted weights",
                    hint="copy the checkpoint's tokenizer files there, or name it: tokenizer = …",
                )
            return
        self._checkpoint = find(self.options.tokenizer, None, self.runtime, weights=False)

    def _check_precision(self) -> None:
        ctranslate2 = require("ctranslate2", "the back end ct2", "ct2")
        able = ctranslate2.get_supported_compute_types(self._device().partition(":")[0])
        wanted = self._quantization()
        if wanted != "default" and wanted not in able:
            # The library would compute in another precision without a word.
            raise Unavailable(
                f"the device {self._device()!r} does not compute in {wanted}",
                hint=f"set the option quantization to one of {', '.join(sorted(able))}",
            )

    def _device(self) -> str:
        ctranslate2 = require("ctranslate2", "the back end ct2", "ct2")
        wanted = self.runtime.device
        there = ctranslate2.get_cuda_device_count()
        if wanted == "auto":
            return "cuda" if there else "cpu"
        number = int(wanted.partition(":")[2] or 0)
        if wanted == "mps" or (wanted != "cpu" and number >= there):
            raise Unavailable(
                f"CTranslate2 cannot use the device {wanted!r} here", hint="--device cpu, or auto"
            )
        return wanted

    def _quantization(self) -> str:
        if _is_converted(self.options.model):
            return self.options.quantization or "default"
        return self.options.quantization or "int8"

    def _tokenizer_files(self) -> Path:
        if self._checkpoint is not None:
            return self._checkpoint.folder
        return Path(self.options.model).expanduser()

    def _ready(self) -> Path:
        """The folder that says how the model is told; checks where nobody has yet."""
        if self._direction is None:
            self.check()
        return self._tokenizer_files()

    def notes(self) -> tuple[str, ...]:
        """An unpinned revision, and codes that are not exactly the language asked for."""
        self._ready()
        codes = self._direction.notes if self._direction else ()
        pinning = self._checkpoint.note() if self._checkpoint else None
        return ((pinning,) if pinning else ()) + codes

    def identity(self) -> dict[str, Json]:
        """Weights and tokenizer by commit or digest, precision, decoding."""
        files = self._ready()
        found: dict[str, Json] = {
            "decoding": decoding_of(self.options, _model_config(files)),
            "quantization": self._quantization(),
        }
        if _is_converted(self.options.model):
            found["weights"] = self._folder_digest()
        if self._checkpoint is not None:
            found["checkpoint"] = self._checkpoint_identity(self._checkpoint)
        return found

    def _checkpoint_identity(self, checkpoint: Checkpoint) -> dict[str, Json]:
        if checkpoint.commit is not None:
            return {"commit": checkpoint.commit}
        return {"files": self._digest(chosen_files(checkpoint.folder))}

    def _folder_digest(self) -> str:
        folder = Path(self.options.model).expanduser()
        files = [p for p in folder.iterdir() if p.is_file() and p.suffix in _MODEL_FILES]
        return self._digest(files)

    def _digest(self, files: list[Path]) -> str:
        return digest_files(files, cache_folder(self.runtime))

    # --- work -----------------------------------------------------------------------------------

    def __enter__(self) -> CTranslate2:
        ctranslate2 = require("ctranslate2", "the back end ct2", "ct2")
        self._ready()
        if _is_converted(self.options.model):
            weights = Path(self.options.model).expanduser()
            files = fetch(self._checkpoint) if self._checkpoint else weights
        else:
            assert self._checkpoint is not None  # noqa: S101 - check sets it or raises
            identity = self._checkpoint_identity(self._checkpoint)
            weights, files = converted(
                self._checkpoint, identity, self._quantization(), self.runtime
            )
        told = direction(files, self.pair, self.options.said, self.options.model)
        self._direction = told
        self._tokenizer = Tokenizer(files, told, self.options.model)
        config = _model_config(files)
        self._limit = source_limit(self._tokenizer, self.options, config, self.options.model)
        self._decoding = decoding_of(self.options, config)
        self._first = told.first_token or told.start_token
        self._translator = self._load(ctranslate2, weights)
        return self

    def _load(self, ctranslate2: Any, weights: Path) -> Any:
        device, _, index = self._device().partition(":")
        workers = self.options.inter_threads or (cores() if device == "cpu" else 1)
        try:
            return ctranslate2.Translator(
                str(weights),
                device=device,
                device_index=int(index or 0),
                compute_type=self._quantization(),
                inter_threads=workers,
                intra_threads=self.options.intra_threads,
                max_queued_batches=-1,
            )
        except (RuntimeError, ValueError) as error:
            raise MissingWeights(
                f"{self.options.model}: CTranslate2 cannot load {weights}",
                why=first_line(error),
                hint="remove that folder to have it converted again",
            ) from error

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._translator is not None:
            self._translator.unload_model()
        self._translator = self._tokenizer = None

    def translate(self, batch: Sequence[Source]) -> list[Translation | SegmentError]:
        """Translates a batch; a source longer than the model takes fails alone.

        Raises:
            BackendError: If the library fails.
        """
        tokenizer = self._tokenizer
        if tokenizer is None:
            raise RuntimeError("translate is called inside `with backend:`")
        texts = [source.text for source in batch]
        encoded = tokenizer.encode(texts, self._limit, self.options.truncate)
        rows = [row for row in encoded if isinstance(row, Encoded)]
        outputs = self._search([tokenizer.tokens(row.ids) for row in rows]) if rows else []
        decoded = tokenizer.decode([tokenizer.target_ids(output) for output in outputs])
        translations = iter(
            Translation(text=text, kept=self._facts(row, output))
            for text, row, output in zip(decoded, rows, outputs, strict=True)
        )
        return [row if isinstance(row, SegmentError) else next(translations) for row in encoded]

    def tokens(self, batch: Sequence[Source]) -> tuple[int, int] | None:
        """Sub-words of the sources."""
        files = self._ready()
        if self._tokenizer is None and self._direction is not None:
            self._tokenizer = Tokenizer(files, self._direction, self.options.model)
        if self._tokenizer is None:
            return None
        count = self._tokenizer.count(source.text for source in batch)
        return count, count

    def _search(self, rows: list[list[str]]) -> list[list[str]]:
        """Output tokens with their end token, without a forced language code."""
        try:
            results = self._translator.translate_batch(
                rows,
                target_prefix=[[self._first]] * len(rows) if self._first else None,
                max_batch_size=self._tokens_a_batch(rows),
                batch_type="tokens",
                max_input_length=0,  # 1024 by default, beyond which it cuts without a word
                max_decoding_length=self._decoding["max_new_tokens"],
                beam_size=self._decoding["beam_size"],
                length_penalty=self.options.length_penalty,
                repetition_penalty=self.options.repetition_penalty,
                no_repeat_ngram_size=self.options.no_repeat_ngram_size,
                return_end_token=True,
            )
        except (RuntimeError, ValueError) as error:
            if "position" in str(error):  # of a model that knows fewer than its files say
                raise SegmentError(f"CTranslate2: {first_line(error)}") from error
            raise BackendError(f"CTranslate2 failed: {first_line(error)}") from error
        outputs = [result.hypotheses[0] for result in results]
        return [row[1:] if self._first and row[:1] == [self._first] else row for row in outputs]

    def _tokens_a_batch(self, rows: list[list[str]]) -> int:
        """The budget of a batch; smaller where else some workers would have nothing to do."""
        share = 1.1 * sum(map(len, rows)) / self._translator.num_translators  # some is padding
        return min(self.options.batch_tokens, max(int(share) + 1, *map(len, rows)))

    def _facts(self, row: Encoded, output: list[str]) -> dict[str, Json]:
        ended = self._tokenizer is not None and output[-1:] == [self._tokenizer.inner.eos_token]
        longest = int(self._decoding["max_new_tokens"])
        return cut_facts(row, self._limit, 0 if ended else longest, longest)

    def provenance(self) -> dict[str, Json]:
        """Weights, tokenizer, codes, decoding, precision, layout and packages."""
        told, tokenizer, translator = self._direction, self._tokenizer, self._translator
        if told is None or tokenizer is None:
            return {}
        return {
            "model": self.options.model,
            "commit": self._checkpoint.commit if self._checkpoint else None,
            "weights": self._folder_digest()
            if _is_converted(self.options.model)
            else self._digest(chosen_files(fetch(self._found()))),
            "family": told.family,
            "tokenizer": tokenizer.name,
            "source_code": told.source_code,
            "target_code": told.target_code,
            "prefix": told.prefix,
            "decoding": self._decoding,
            "quantization": self._quantization(),
            "compute_type": translator.compute_type,
            "device": translator.device,
            "inter_threads": translator.num_translators,
            "intra_threads": self.options.intra_threads,
            "batch_tokens": self.options.batch_tokens,
            "versions": versions("ctranslate2", "transformers", "tokenizers", "sentencepiece"),
        }

    def _found(self) -> Checkpoint:
        assert self._checkpoint is not None  # noqa: S101 - called where there is one
        return self._checkpoint


_TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json")


def _is_converted(model: str) -> bool:
    folder = Path(model).expanduser()
    return folder.is_dir() and (folder / "model.bin").is_file()


def _model_config(files: Path) -> dict[str, Json]:
    """The checkpoint's configuration; empty beside a converted folder's own, which is another."""
    found = read_config(files)
    return found if "model_type" in found else {}


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
