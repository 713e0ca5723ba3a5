"""A checkpoint's tokenizer, from its folder, in silence."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mtbench.errors import MissingWeights
from mtbench.packages import require


def load_tokenizer(folder: Path, model: str, **codes: str) -> Any:
    """A checkpoint's tokenizer, from its folder alone: no network, no code of the checkpoint.

    Raises:
        MissingWeights: If its files are missing or damaged.
    """
    transformers = require("transformers", f"the model {model}", "hf")
    try:
        with quiet():
            return transformers.AutoTokenizer.from_pretrained(
                str(folder),
                # As published: making a fast tokenizer of a slow one can change what it does.
                use_fast=(folder / "tokenizer.json").is_file(),
                trust_remote_code=False,
                local_files_only=True,
                **codes,
            )
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, ImportError) as error:
        raise MissingWeights(
            f"{model}: its tokenizer cannot be loaded",
            why=f"{type(error).__name__}: {first_line(error)}",
        ) from error


def first_line(error: BaseException) -> str:
    """The first line of an exception's message, at most 200 characters."""
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else "no message"


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps transformers' progress bars and advice off stderr, and leaves its settings as found."""
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            # Marian's tokenizer only uses it for a method that tokenizing does not call.
            warnings.filterwarnings("ignore", "Recommended: pip install sacremoses")
            yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
