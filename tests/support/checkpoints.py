"""Tiny real checkpoints, each made once in a test process, in a folder that goes with it."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from tests.support.tiny_marian import make_marian


@functools.cache
def _home() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="mtbench-checkpoints-")


@functools.cache
def checkpoint(name: str) -> Path:
    """The folder of a checkpoint, made on first use.

    Args:
        name: ``marian``, ``marian-multi`` or ``marian-pickled``.
    """
    folder = Path(_home().name) / name
    if name == "marian":
        return make_marian(folder)
    if name == "marian-multi":
        return make_marian(folder, targets=("deu", "fra", "pob"), target="gmw")
    if name == "marian-pickled":
        return make_marian(folder, steps=0, pickled=True)
    raise ValueError(f"no such checkpoint: {name}")
