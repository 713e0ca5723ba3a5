"""What a test on so many units can show at all, before anything is translated."""

from __future__ import annotations

from collections.abc import Sequence

from mtbench.significance.choice import choose_unit
from mtbench.significance.units import RELIABLE_UNITS
from mtbench.types.findings import TestLimits

ALPHA = 0.05
_NO_LIMIT = 1000  # systems; nobody compares more


def limits_of_test(documents: Sequence[str | None]) -> TestLimits:
    """The unit that a test resamples, and what its number allows.

    Args:
        documents: For each segment its document.

    Raises:
        ValueError: If there are no segments.

    Example:
        >>> limits_of_test(["a", "a", "b"]).smallest_p
        0.25
    """
    choice = choose_unit(documents)
    p = smallest_p(choice.units)
    return TestLimits(
        unit=choice.unit,
        units=choice.units,
        smallest_p=p,
        separable_systems=separable_systems(p),
        reliable=choice.units >= RELIABLE_UNITS,
    )


def smallest_p(units: int) -> float:
    """The smallest two-sided p-value of a randomization test: 2 / 2ⁿ.

    Of the 2ⁿ ways to swap two systems' units, two (none and all) are as extreme as can be.

    Args:
        units: Segments or documents that are swapped.
    """
    return 2.0 ** (1 - units)


def separable_systems(p: float) -> int | None:
    """The most systems whose pairs could all be significant at 5 % after Holm's correction.

    Holm's first step asks the smallest p to be at most α / pairs.

    Args:
        p: The smallest p-value there can be.
    """
    count = 1
    while p * count * (count + 1) / 2 <= ALPHA:
        count += 1
        if count > _NO_LIMIT:
            return None
    return count
