"""``hf``: encoder–decoder checkpoints and LLMs of the Hugging Face ecosystem, on this machine."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import Literal, cast

from mtbench.backends.decoding import CheckpointOptions, SamplingOptions, decoding_of
from mtbench.backends.families import Direction, UnservedPair, direction, name_contradicts
from mtbench.backends.hub import (
    Checkpoint,
    cached,
    chosen_files,
    digest_files,
    fetch,
    find,
    read_config,
)
from mtbench.backends.seq2seq import Seq2Seq
from mtbench.backends.torch_models import pick_device, seed_for
from mtbench.errors import MissingExtra, MtbenchError, RequestError
from mtbench.languages import LanguagePair
from mtbench.plugins import Backend
from mtbench.types import Json, Record, Runtime, Source, Translation


class HuggingFace(Backend):
    """A checkpoint run through transformers.

    Deterministic unless it samples: greedy and beam search give the same output for the same
    weights, options and precision on one machine. At fp32 an output does not depend on its batch.
    """

    class Options(CheckpointOptions, SamplingOptions):
        """Options of ``hf``.

        Attributes:
            dtype: Precision of the computation.
        """

        dtype: Literal["float32", "bfloat16", "float16"] = "float32"

    options: Options

    def __init__(self, options: Record, pair: LanguagePair, runtime: Runtime) -> None:
        super().__init__(options, pair, runtime)
        self.options = cast("HuggingFace.Options", options)
        if self.options.sampling:
            self.deterministic = False
        if self.options.sampling or self.options.dtype != "float32":
            self.batching = "document"
        self._checkpoint: Checkpoint | None = None
        self._direction: Direction | None = None
        self._engine: Seq2Seq | None = None

    @classmethod
    def from_target(cls, target: str) -> dict[str, Json]:
        """``hf:Helsinki-NLP/opus-mt-en-de``, ``hf:FOLDER`` or ``hf:ID@REVISION``."""
        return checkpoint_target("hf", target)

    @classmethod
    def serves(cls, options: Record, pair: LanguagePair) -> bool:
        """What the checkpoint's files say, where they are here; else what its name says."""
        wanted = cast("HuggingFace.Options", options)
        return checkpoint_serves(wanted, local_folder(wanted.model, wanted.revision), pair)

    def check(self) -> None:
        """Finds the checkpoint, here or on the hub, and the codes of the direction."""
        need_packages("transformers", "torch", "sentencepiece", extra="hf")
        self._checkpoint = find(self.options.model, self.options.revision, self.runtime)
        self._direct(self._checkpoint)
        if self.runtime.device != "auto":
            pick_device(self.runtime.device)

    def _direct(self, checkpoint: Checkpoint) -> Direction:
        self._direction = direction(
            checkpoint.folder, self.pair, self.options.said, self.options.model
        )
        decoding_of(self.options, read_config(checkpoint.folder))
        return self._direction

    def _found(self) -> Checkpoint:
        if self._checkpoint is None:
            self.check()
        assert self._checkpoint is not None  # noqa: S101 - check sets it or raises
        return self._checkpoint

    def notes(self) -> tuple[str, ...]:
        """An unpinned revision, and codes that are not exactly the language asked for."""
        checkpoint = self._found()
        codes = self._direction.notes if self._direction else ()
        pinning = checkpoint.note()
        return ((pinning,) if pinning else ()) + codes

    def identity(self) -> dict[str, Json]:
        """The weights: their hub commit, or a digest of a folder's files; and the decoding."""
        checkpoint = self._found()
        decoding = decoding_of(self.options, read_config(checkpoint.folder))
        if checkpoint.commit is not None:
            return {"commit": checkpoint.commit, "decoding": decoding}
        files = digest_files(chosen_files(checkpoint.folder), self.runtime)
        return {"weights": files, "decoding": decoding}

    def __enter__(self) -> HuggingFace:
        folder = fetch(self._found())
        told = direction(folder, self.pair, self.options.said, self.options.model)
        self._direction = told
        self._folder = folder
        self._engine = Seq2Seq(
            folder,
            told,
            self.options.model,
            self.options,
            dtype=self.options.dtype,
            device=pick_device(self.runtime.device),
            batch_size=self.runtime.batch_size or self.preferred_batch,
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

    def translate(self, batch: Sequence[Source]) -> Sequence[str | Translation]:
        """Translates a batch; see the engine for what it raises."""
        if self._engine is None:
            raise RuntimeError("translate is called inside `with backend:`")
        return self._engine.translate(batch, seed_for(self.runtime.seed, list(batch)))

    def provenance(self) -> dict[str, Json]:
        """Weights, tokenizer, codes, decoding, precision, device and packages."""
        engine, told = self._engine, self._direction
        if engine is None or told is None:
            return {}
        return {
            "model": self.options.model,
            "commit": self._found().commit,
            "weights": digest_files(chosen_files(self._folder), self.runtime),
            "architecture": type(engine.model).__name__,
            "family": told.family,
            "tokenizer": engine.tokenizer.name,
            "source_code": told.source_code,
            "target_code": told.target_code,
            "prefix": told.prefix,
            "decoding": engine.decoding,
            "seed": self.runtime.seed if self.options.sampling else None,
            "dtype": self.options.dtype,
            "device": str(engine.model.device),
            "versions": versions("torch", "transformers", "tokenizers", "sentencepiece"),
        }


def checkpoint_target(backend: str, target: str) -> dict[str, Json]:
    """Options from a hub id, ``ID@REVISION`` or a folder.

    Raises:
        RequestError: If it is none of these.
    """
    model, at, revision = target.partition("@")
    if not model or (at and not revision):
        raise RequestError(
            f"{backend}: needs a hub id or a folder",
            hint=f"such as {backend}:Helsinki-NLP/opus-mt-en-de",
        )
    if at and not Path(target).exists():
        return {"model": model, "revision": revision}
    return {"model": target}


def checkpoint_serves(options: CheckpointOptions, folder: Path | None, pair: LanguagePair) -> bool:
    """Whether a checkpoint's files, else its name, leave a direction possible."""
    if folder is None:
        return not name_contradicts(options.model, pair)
    try:
        direction(folder, pair, options.said, options.model)
    except UnservedPair:
        return False
    except MtbenchError:
        return True  # not a matter of the direction; check says what it is
    return True


def local_folder(model: str, revision: str | None) -> Path | None:
    """The folder of a checkpoint that is on this machine, if it is."""
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder
    if importlib.util.find_spec("huggingface_hub") is None:
        return None
    found = cached(model, revision)
    return found.folder if found else None


def need_packages(*names: str, extra: str) -> None:
    """Says which packages are missing, without importing those that are there.

    Raises:
        MissingExtra: If one is not installed.
    """
    for name in names:
        if importlib.util.find_spec(name) is None:
            raise MissingExtra(f"this back end (package {name})", extra)


def versions(*packages: str) -> dict[str, str]:
    """Versions of those packages that are installed."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
