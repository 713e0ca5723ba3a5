"""Tiny real checkpoints, each made once in a test process, in a folder that goes with it."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.support import tiny_multilingual as multilingual
from tests.support.tiny_llm import make_llm
from tests.support.tiny_marian import GERMAN, make_marian
from tests.support.tiny_metricx import make_metricx

_MAKERS: dict[str, Callable[[Path], Path]] = {
    "marian": make_marian,
    "marian-multi": lambda f: make_marian(f, targets=("deu", "fra", "pob"), target="gmw"),
    "marian-untrained": lambda f: make_marian(f, steps=0),
    "marian-pickled": lambda f: make_marian(f, steps=0, pickled=True),
    "marian-finetuned": lambda f: make_marian(f, steps=2, moved_padding=True),
    "nllb": multilingual.make_nllb,
    "nllb-bare": lambda f: multilingual.make_nllb(f, steps=0, published_layout=False),
    "m2m100": multilingual.make_m2m100,
    "m2m100-bare": lambda f: multilingual.make_m2m100(f, published_layout=False),
    "mbart": lambda f: multilingual.make_mbart(f, fifty=False),
    "mbart50": lambda f: multilingual.make_mbart(f, fifty=True),
    "madlad": lambda f: multilingual.make_t5(f, madlad=True),
    "t5": lambda f: multilingual.make_t5(f, madlad=False),
    "metricx": make_metricx,
    "llm": make_llm,
    "llm-bare": lambda f: make_llm(f, chat=False, pad=False),
    "llm-shown": lambda f: make_llm(f, chat=False, shown=True),
    "llm-fencing": lambda f: make_llm(f, answers=[f"```\n„{t}“\n```" for t in GERMAN]),
}


@functools.cache
def _home() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="mtbench-checkpoints-")


@functools.cache
def checkpoint(name: str) -> Path:
    """The folder of a checkpoint, made on first use."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # many small products: more threads only wait for each other
    try:
        return _MAKERS[name](Path(_home().name) / name)
    finally:
        torch.set_num_threads(threads)
