"""Keeps what COMET, Lightning, transformers and the hub say away from the user's terminal.

Importing ``comet`` configures the root logger, Lightning announces devices and advertises, the
tokenizers warn of their own calls. None of it is for the user; what is goes through mtbench.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

NOISY = (
    "comet",
    "pytorch_lightning",
    "lightning",
    "lightning_fabric",
    "lightning_utilities",
    "transformers",
    "huggingface_hub",
    "torch",
    "fsspec",
    "filelock",
)


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing of the stack reaches the terminal, and the root logger stays as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    levels = {name: logging.getLogger(name).level for name in NOISY}
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        for name, before in levels.items():
            logging.getLogger(name).setLevel(before)
