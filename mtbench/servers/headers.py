"""What a header of an answer means; nothing but the standard library."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

LONGEST_REQUESTED_WAIT = 300.0  # seconds that a server may ask for


def retry_after(header: str | None, now: float | None = None) -> float | None:
    """Seconds that a ``Retry-After`` header asks for: a number, or a date.

    Args:
        header: Its value; None where there is none.
        now: Seconds since the epoch, for the date; by default the clock's.

    Example:
        >>> retry_after("120")
        120.0
    """
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            moment = parsedate_to_datetime(header).timestamp()
        except (ValueError, TypeError, OverflowError):
            return None
        seconds = moment - (time.time() if now is None else now)
    return max(seconds, 0.0) if seconds < 1e9 else None
