"""What is known of a checkpoint before any work: its kind, place, directions, what it needs."""

from __future__ import annotations

import importlib.util
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from mtbench.backends.decoding import CheckpointOptions
from mtbench.backends.families import UnservedPair, direction, name_contradicts
from mtbench.checkpoints.folders import cached, read_config
from mtbench.errors import MtbenchError, RequestError
from mtbench.languages import LanguagePair
from mtbench.types import Json


def is_llm(folder: Path) -> bool:
    """Whether a checkpoint is a model that only continues text."""
    config = read_config(folder)
    kinds = config.get("architectures") or ()
    continues = any(str(kind).endswith(("ForCausalLM", "LMHeadModel")) for kind in kinds)
    return continues and not config.get("is_encoder_decoder")


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
    if is_llm(folder):
        return True
    try:
        direction(folder, pair, options.said, options.model)
    except UnservedPair:
        return False
    except MtbenchError:
        return True  # not a matter of the direction; check says what it is
    return True


def local_folder(model: str, revision: str | None, *, weights: bool = True) -> Path | None:
    """The folder of a checkpoint (or of a tokenizer alone) that is on this machine, if it is."""
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder
    if importlib.util.find_spec("huggingface_hub") is None:
        return None
    found = cached(model, revision, weights=weights)
    return found.folder if found else None


def versions(*packages: str) -> dict[str, str]:
    """Versions of those packages that are installed."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
