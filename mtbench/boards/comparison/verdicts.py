"""From a test to a verdict: better, worse, equivalent, undecided.

Equivalence and non-inferiority rest on an interval, and below 30 units such intervals are too
short: at the margin itself, 7 segments of WMT22 would pass in 10 % of cases and 3 in 25 %, where
5 % are meant. So neither is concluded from an interval that is marked unreliable.
"""

from __future__ import annotations

from mtbench.errors import RequestError
from mtbench.types.findings import PairedTest, Verdict


def equivalent(test: PairedTest, margin: float) -> bool:
    """Two one-sided tests at 5 % (Schuirmann 1987): the 90 % interval lies within ± margin.

    Args:
        test: The test of the pair.
        margin: The largest difference that does not matter, on the metric's own scale.

    Raises:
        RequestError: If the margin is not above 0.
    """
    checked = _margin(margin)
    found = test.interval_90
    return found.reliable and -checked < found.low and found.high < checked


def not_inferior(test: PairedTest, margin: float) -> bool:
    """Whether ``a`` is at most the margin worse than ``b``, by a one-sided test at 5 %.

    One end of the 90 % interval is looked at: the lower one, or the upper one for a metric
    where lower is better. What is significantly better is not inferior, however few the units.

    Args:
        test: The test of the pair.
        margin: The largest loss that does not matter, on the metric's own scale.

    Raises:
        RequestError: If the margin is not above 0.
    """
    checked = _margin(margin)
    if test.winner == test.a:
        return True
    found = test.interval_90
    within = found.low > -checked if test.higher_is_better else found.high < checked
    return found.reliable and within


def verdict(test: PairedTest, margin: float | None = None) -> Verdict:
    """What a test says of ``a`` against ``b``.

    ``better`` or ``worse`` where the corrected test is significant; otherwise ``equivalent``
    where a margin is given and holds; otherwise ``undecided``. A significant difference within
    the margin stays better or worse: it is real, and the reader sees how small it is.

    Raises:
        RequestError: If the margin is not above 0.
    """
    if margin is not None:
        _margin(margin)
    if test.winner is not None:
        return "better" if test.winner == test.a else "worse"
    if margin is not None and equivalent(test, margin):
        return "equivalent"
    return "undecided"


def _margin(margin: float) -> float:
    if not margin > 0:
        raise RequestError(f"a margin is above 0, not {margin:g}")
    return margin
