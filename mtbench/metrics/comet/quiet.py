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


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing of the stack is logged or warned of, and logging stays set up as it was.

    Nothing of mtbench is to be logged inside: what must be said is carried out and said there.
    """
    root = logging.getLogger()
    handlers, level, disabled = list(root.handlers), root.level, root.manager.disable
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)
        root.handlers[:] = handlers
        root.setLevel(level)
