"""What the checks of both seams share."""

from __future__ import annotations

import json

from mtbench.types import Json


class ContractBroken(AssertionError):
    """A back end or metric does not do what its seam promises.

    Example:
        >>> require(2 > 1, "never said")
        >>> require(1 > 2, "1 is not above 2")
        Traceback (most recent call last):
        mtbench.testing.contract.ContractBroken: 1 is not above 2
    """


def require(holds: bool, message: str) -> None:
    """Says what is broken, if it is.

    Raises:
        ContractBroken: If it does not hold.
    """
    if not holds:
        raise ContractBroken(message)


def require_json(value: Json, what: str) -> None:
    """Says so if a value does not survive being written as JSON and read again.

    Raises:
        ContractBroken: If it does not.
    """
    try:
        again = json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise ContractBroken(f"{what} cannot be written as JSON: {error}") from error
    require(again == _plain(value), f"{what} reads back from JSON as something else: {value!r}")


def _plain(value: Json) -> Json:
    """Tuples as lists: the one difference that does not matter."""
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return value
