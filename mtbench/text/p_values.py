"""How a p-value is rounded, the same wherever one is printed for people."""

from __future__ import annotations

LEAST = 0.001  # below which only that is said


def p_value(p: float) -> str:
    """A p-value of a test: three decimals, and below that only that it is below.

    Example:
        >>> p_value(0.0421), p_value(0.00004), p_value(1.0)
        ('= 0.042', '< 0.001', '= 1.000')
    """
    return f"< {LEAST:g}" if p < LEAST else f"= {p:.3f}"


def floor(p: float) -> str:
    """The smallest p-value that a test can give: three significant digits, 1/8 in full.

    Example:
        >>> floor(0.125), floor(2 / 2**7), floor(2 / 10_001)
        ('0.125', '0.0156', '0.0002')
    """
    return f"{p:.3g}"
