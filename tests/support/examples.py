"""How many examples a property test draws: all of them, or a fifth in ``make quick``."""

from __future__ import annotations

from hypothesis import settings

USUAL = 100


def examples(count: int) -> int:
    """A test's own number of examples, in the measure of the profile that pytest was given.

    An explicit ``max_examples`` would otherwise win over ``--hypothesis-profile quick``.
    """
    return max(2, count * settings().max_examples // USUAL)
