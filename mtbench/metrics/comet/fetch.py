"""Checkpoints ahead of time: fetching them, and saying which are here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from mtbench.checkpoints import hub
from mtbench.errors import MissingExtra, MissingWeights
from mtbench.metrics.comet import checkpoint
from mtbench.metrics.comet.session import CometSession, Settings
from mtbench.types import HeldCheckpoint


def fetch(model: str, revision: str | None = None) -> Path:
    """Downloads a checkpoint and what its encoder needs, unless they are here.

    Args:
        model: A hub id; a folder or a file is only checked.
        revision: Commit, branch or tag; by default the pinned commit, or ``main``.

    Returns:
        The checkpoint file.

    Raises:
        MissingWeights: If it cannot be had.
        RequestError: If it is no COMET checkpoint.
    """
    session = CometSession(Settings(model=model, revision=revision))
    try:
        return Path(session.locate(fetch=True)["path"])
    finally:
        session.close()


def cached() -> tuple[HeldCheckpoint, ...]:
    """The COMET checkpoints in the hub's cache, sorted; empty without huggingface-hub."""
    try:
        folder = hub.cache_folder()
    except MissingExtra:
        return ()
    return tuple(sorted(_checkpoints(folder), key=lambda one: (one.model, one.revision)))


def _checkpoints(folder: Path) -> Iterator[HeldCheckpoint]:
    for file in folder.glob(f"models--*/snapshots/*/{checkpoint.CHECKPOINT}"):
        snapshot = file.parent.parent
        if not file.is_file() or not (snapshot / checkpoint.HPARAMS).is_file():
            continue
        repository = snapshot.parent.parent.name.removeprefix("models--")
        model = repository.replace("--", "/", 1)
        yield HeldCheckpoint(
            model=model,
            revision=snapshot.name,
            pinned=checkpoint.PINNED.get(model) == snapshot.name,
            bytes=file.stat().st_size,
            path=str(file),
            encoder=_encoder_is_here(file, snapshot / checkpoint.HPARAMS),
        )


def _encoder_is_here(file: Path, hparams: Path) -> bool:
    # Not parsed: a YAML reader comes with the extra alone; this says what is here without it.
    named = re.search(r"(?m)^pretrained_model:\s*['\"]?([^'\"\s]+)", hparams.read_text("utf-8"))
    name = named.group(1) if named else checkpoint.ENCODER
    try:
        return checkpoint.local_encoder(file, name) is not None
    except MissingWeights:
        return False
