"""A stored card → the ``--model`` that means it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from mtbench.config import find_system
from mtbench.errors import MtbenchError
from mtbench.types import SystemCard


def model_argument(card: SystemCard) -> str | None:
    """The card's name, or ``BACKEND:TARGET``, with ``NAME=`` before it where it needs one.

    None where no target gives these very options.
    """
    if not card.inline:
        return card.name
    for target in _targets(card):
        spec = f"{card.backend}:{target}"
        try:
            found = find_system(spec, ())
        except MtbenchError:  # not a target of this back end
            continue
        if found.options == card.options:
            return spec if found.name == card.name else f"{card.name}={spec}"
    return None


def _targets(card: SystemCard) -> Iterator[str]:
    """What the text after the colon may have been."""
    yield ""
    for value in card.options.values():
        if isinstance(value, str):
            yield value
        elif isinstance(value, list) and all(isinstance(word, str) for word in value):
            yield shlex.join(value)
