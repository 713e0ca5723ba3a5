"""Numbers as people write them."""

from __future__ import annotations

import math
import re

from mtbench.errors import DataError
from mtbench.types import Json

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_EXACT = 1 << 53  # beyond it not every integer is a float


def number(
    value: Json, where: str, lowest: float | None = None, highest: float | None = None
) -> float:
    """A score: digits of ASCII, a dot, an exponent; no ``1_000``, no digits of other scripts.

    Raises:
        DataError: If it is none, or outside the scale.

    Example:
        >>> number(" 98.5 ", "form.csv:2", 0, 100)
        98.5
    """
    if isinstance(value, str) and len(value) < 400 and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _EXACT:
        value = float(value)
    if not isinstance(value, float) or not math.isfinite(value):
        raise DataError(f"{where}: score: not a number: {_short(value)}")
    if (lowest is not None and value < lowest) or (highest is not None and value > highest):
        scale = f"{lowest:g} to {highest:g}" if lowest is not None and highest is not None else (
            f"at most {highest:g}" if highest is not None else f"from {lowest:g} on"
        )  # fmt: skip
        raise DataError(f"{where}: score: {value:g} is outside the scale, {scale}")
    return value


def _short(value: Json) -> str:
    if isinstance(value, int):  # Python refuses to write integers of more than 4,300 digits
        return f"an integer of {value.bit_length()} bits"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
