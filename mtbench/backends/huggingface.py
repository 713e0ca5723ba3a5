"""``hf``: encoder–decoder checkpoints and LLMs of the Hugging Face ecosystem, on this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, cast

from mtbench.backends.causal import Asking, Causal, CausalOptions, causal_decoding
from mtbench.backends.decoding import CheckpointOptions, decoding_of
from mtbench.backends.families import Direction, direction
from mtbench.backends.model_folders import (
    checkpoint_serves,
    checkpoint_target,
    is_llm,
    local_folder,
    versions,
)
from mtbench.backends.prompts import Prompter, PromptOptions
from mtbench.backends.seq2seq import Seq2Seq
from mtbench.backends.tokenization import Tokenizer
from mtbench.checkpoints.device import pick_device
from mtbench.checkpoints.digests import digest_files
from mtbench.checkpoints.folders import (
    Checkpoint,
    cache_folder,
    chosen_files,
    fetch,
    find,
    read_config,
)
from mtbench.checkpoints.precision import check_precision
from mtbench.checkpoints.torch_models import seed_for
from mtbench.errors import RequestError, SegmentError
from mtbench.languages import LanguagePair
from mtbench.packages import require_installed
from mtbench.plugins import Backend
from mtbench.types import Json, Record, Runtime, Source, Translation

ON_GPU = 512  # segments handed over at once, of which as many are decoded together as fit
_ONLY_LLM = frozenset({*PromptOptions.model_fields, "chat", "chat_template_options", "stop"})
_ONLY_SEQ2SEQ = frozenset({"source_code", "target_code", "prefix", "truncate"})


class HuggingFace(Backend):
    """A checkpoint run through transformers: an encoder–decoder model, or an LLM.

    Deterministic unless it samples: greedy and beam search give the same output for the same
    weights, options and precision on one machine. At fp32 an output does not depend on its batch;
    where it may (half precision, sampling, a document as the unit), batches are documents.
    """

    class Options(CheckpointOptions, CausalOptions):
        """Options of ``hf``.

        Attributes:
            dtype: Precision of the computation; ``tf32`` is for CUDA devices.
        """

        dtype: Literal["float32", "tf32", "bfloat16", "float16"] = "float32"

    options: Options

    def __init__(self, options: Record, pair: LanguagePair, runtime: Runtime) -> None:
        super().__init__(options, pair, runtime)
        self.options = cast("HuggingFace.Options", options)
        self.deterministic = not self.options.sampling
        whole = self.options.unit == "document"
        if whole or self.options.sampling or self.options.dtype != "float32":
            self.batching = "document"
        self._fill(runtime.device)
        self.unit = self.options.unit
        self._prompter = Prompter(self.options, pair)
        self.realigns = "keep" if self._prompter.whole else None
        guidance = self._prompter.guidance
        self.by_id = guidance.surrounded
        # Elsewhere one is made from its options and never sees the whole test set.
        self.travels = self.deterministic and not guidance.given and not self.options.realign
        self._checkpoint: Checkpoint | None = None
        self._direction: Direction | None = None
        self._engine: Seq2Seq | Causal | None = None
        self._counter: Callable[[Sequence[Source]], tuple[int, int]] | None = None

    @classmethod
    def from_target(cls, target: str) -> dict[str, Json]:
        """``hf:Helsinki-NLP/opus-mt-en-de``, ``hf:FOLDER`` or ``hf:ID@REVISION``."""
        return checkpoint_target("hf", target)

    @classmethod
    def serves(cls, options: Record, pair: LanguagePair) -> bool:
        """What the checkpoint's files say, where they are here; else what its name says."""
        wanted = cast("HuggingFace.Options", options)
        return checkpoint_serves(wanted, local_folder(wanted.model, wanted.revision), pair)

    def _fill(self, device: str) -> None:
        """Where batches do not matter, those of a GPU may be large: sub-words limit them."""
        if self.batching == "free" and device.startswith("cuda"):
            self.preferred_batch = ON_GPU

    # --- before any work ----------------------------------------------------------------------

    def check(self) -> None:
        """Finds the checkpoint, here or on the hub, and how it is told the direction."""
        require_installed(("transformers", "torch", "sentencepiece"), "the back end hf", "hf")
        self._checkpoint = find(self.options.model, self.options.revision, self.runtime)
        self._decoding(self._checkpoint.folder)
        if is_llm(self._checkpoint.folder):
            self._refuse(_ONLY_SEQ2SEQ, "an LLM")
            self._prompter.digest()  # reads examples and glossary
        else:
            self._refuse(_ONLY_LLM, "an encoder–decoder model")
            self._direction = self._told(self._checkpoint.folder)
        check_precision(self.options.dtype, self.runtime)

    def _told(self, folder: Path) -> Direction:
        return direction(folder, self.pair, self.options.said, self.options.model)

    def _refuse(self, names: frozenset[str], kind: str) -> None:
        if unfit := sorted(self.options.model_fields_set & names):
            raise RequestError(
                f"{self.options.model} is {kind}: it has no use for the option {unfit[0]!r}",
                hint="remove it from the card",
            )

    def _decoding(self, folder: Path) -> dict[str, Json]:
        if is_llm(folder):
            return causal_decoding(self.options)
        return decoding_of(self.options, read_config(folder))

    def _found(self) -> Checkpoint:
        if self._checkpoint is None:
            self.check()
        assert self._checkpoint is not None  # noqa: S101 - check sets it or raises
        return self._checkpoint

    def summary(self, kept: Sequence[Mapping[str, Json]]) -> dict[str, Json]:
        """How many terms of a glossary an LLM has used; whether memory ran out."""
        recall = self._prompter.guidance.recall(kept)
        found: dict[str, Json] = {"glossary": recall} if recall else {}
        if self._engine is not None and self._engine.decoder.halved:
            found["batches"] = "halved where the device's memory ran out"
        return found

    def sources(self, sources: Sequence[Source]) -> None:
        """Holds an LLM's examples against the test set."""
        if is_llm(self._found().folder):
            self._prompter.sources(sources)

    def asked(self, batch: Sequence[Source]) -> list[str]:
        """The sources, or an LLM's messages."""
        if is_llm(self._found().folder):
            return self._prompter.said(batch)
        return [source.text for source in batch]

    def notes(self) -> tuple[str, ...]:
        """An unpinned revision, codes that are not exactly the languages, what a prompt lacks."""
        pinning = self._found().note()
        codes = self._direction.notes if self._direction else ()
        return ((pinning,) if pinning else ()) + codes + self._prompter.notes()

    def identity(self) -> dict[str, Json]:
        """The weights, by hub commit or digest; the decoding; what is said to an LLM; the seed."""
        checkpoint = self._found()
        found: dict[str, Json] = {"decoding": self._decoding(checkpoint.folder)}
        if checkpoint.commit is not None:
            found["commit"] = checkpoint.commit
        else:
            found["weights"] = digest_files(
                chosen_files(checkpoint.folder), cache_folder(self.runtime)
            )
        if is_llm(checkpoint.folder):
            found["prompt"] = self._prompter.digest()
        if self.options.sampling:
            found["seed"] = self.runtime.seed
        return found

    # --- work -----------------------------------------------------------------------------------

    def __enter__(self) -> HuggingFace:
        folder = fetch(self._found())
        self._folder = folder
        device = pick_device(self.runtime.device)
        self._fill(device)
        model, size = self.options.model, self.runtime.batch_size or self.preferred_batch
        settings: dict[str, Any] = {"dtype": self.options.dtype, "device": device}
        if is_llm(folder):
            self._engine = Causal(
                folder, model, self.options, self._prompter, batch_size=size, **settings
            )
        else:
            self._direction = self._told(folder)
            self._engine = Seq2Seq(
                folder, self._direction, model, self.options, batch_size=size, **settings
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def translate(self, batch: Sequence[Source]) -> list[Translation | SegmentError]:
        """Translates a batch; a source that is too long, or an unusable answer, fails alone."""
        if self._engine is None:
            raise RuntimeError("translate is called inside `with backend:`")
        return self._engine.translate(batch, seed_for(self.runtime.seed, list(batch)))

    def tokens(self, batch: Sequence[Source]) -> tuple[int, int] | None:
        """Sub-words of the sources, or an LLM's prompts."""
        folder = self._found().folder
        if self._counter is None:
            model = self.options.model
            if is_llm(folder):
                self._counter = Asking(folder, model, self.options, self._prompter).tokens
            else:
                tokenizer = Tokenizer(folder, self._direction or self._told(folder), model)
                self._counter = lambda batch: (tokenizer.count(s.text for s in batch),) * 2
        return self._counter(batch)

    def provenance(self) -> dict[str, Json]:
        """Weights, tokenizer, codes or prompt, decoding, precision, device and packages."""
        engine = self._engine
        if engine is None:
            return {}
        return {
            "model": self.options.model,
            "commit": self._found().commit,
            "weights": digest_files(chosen_files(self._folder), cache_folder(self.runtime)),
            "architecture": type(engine.model).__name__,
            **self._asking(engine),
            "decoding": engine.decoding,
            "seed": self.runtime.seed if self.options.sampling else None,
            "dtype": self.options.dtype,
            "device": str(engine.model.device),
            "versions": versions("torch", "transformers", "tokenizers", "sentencepiece"),
        }

    def _asking(self, engine: Seq2Seq | Causal) -> dict[str, Json]:
        """How the model is told what to do."""
        if isinstance(engine, Causal):
            return {
                "family": "llm",
                "tokenizer": type(engine.tokenizer).__name__,
                "unit": self.options.unit,
                "prompt": self._prompter.record(),
            }
        told = self._direction or Direction("plain")
        return {
            "family": told.family,
            "tokenizer": engine.tokenizer.name,
            "source_code": told.source_code,
            "target_code": told.target_code,
            "prefix": told.prefix,
        }
