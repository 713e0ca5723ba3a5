"""What a header of an answer means; nothing but the standard library."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

LONGEST_REQUESTED_WAIT = 300.0  # seconds that a server may ask for
_FOR_EVER = 1e9  # seconds: half a century is no wait, but a clock that is wrong


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
    return max(seconds, 0.0) if seconds < _FOR_EVER else None


_RESETS = ("requests", "tokens", "input-tokens", "output-tokens")
_DURATION = re.compile(r"(?:(\d{1,9})h)?(?:(\d{1,9})m(?!s))?(?:(\d{1,9}(?:\.\d{1,30})?)(ms|s))?\Z")
_IN_WORDS = re.compile(
    r"(?:try again|retry|wait)\D{0,20}?(?P<time>\d[\dhms.]*)\s*(?P<unit>ms|s|sec\w*|min\w*|m|h)?\b"
    r"|\"retryDelay\":\s*\"(?P<google>[\d.]+)s\"",
    re.IGNORECASE,
)


def wait_asked(
    headers: Mapping[str, str], text: str = "", now: float | None = None
) -> float | None:
    """Seconds that a refused request is asked to wait, in whichever way a server says it.

    ``Retry-After`` (seconds or a date) and ``retry-after-ms``; resets of the limits that are used
    up (``x-ratelimit-reset-requests: 6m0s``, Anthropic's with a date, ``x-ratelimit-reset`` as
    seconds or an epoch); "Please try again in 20s" and Google's ``retryDelay`` in the text.

    Args:
        headers: Of the answer, names in small letters.
        text: The answer's body.
        now: Seconds since the epoch; by default the clock's.

    Example:
        >>> wait_asked({"anthropic-ratelimit-requests-reset": "1970-01-01T00:01:00Z",
        ...             "anthropic-ratelimit-requests-remaining": "0"}, now=0.0)
        60.0
        >>> wait_asked({}, "Rate limit reached. Please try again in 350ms.")
        0.35
    """
    asked = _asked(headers, text, now)
    return asked if asked is not None and asked < _FOR_EVER else None


def _asked(headers: Mapping[str, str], text: str, now: float | None) -> float | None:
    moment = time.time() if now is None else now
    milliseconds = _seconds(headers.get("retry-after-ms", ""), moment)
    if milliseconds is not None:
        return milliseconds / 1000
    if (asked := retry_after(headers.get("retry-after"), now)) is not None:
        return asked
    resets = [
        _seconds(headers.get(f"{start}ratelimit-reset-{what}", ""), moment)
        or _seconds(headers.get(f"{start}ratelimit-{what}-reset", ""), moment)
        for start in ("x-", "anthropic-")
        for what in _RESETS
        if "0"
        in (
            headers.get(f"{start}ratelimit-remaining-{what}"),
            headers.get(f"{start}ratelimit-{what}-remaining"),
        )
    ]
    resets += [
        _seconds(headers.get(name, ""), moment) for name in ("x-ratelimit-reset", "ratelimit-reset")
    ]
    known = [seconds for seconds in resets if seconds is not None]
    if known:
        return max(known)
    return _in_text(text)


def _seconds(value: str, now: float) -> float | None:
    """A time as headers write it: seconds, an epoch, ``6m0s``, a date."""
    value = value.strip()
    try:
        number = float(value)
    except ValueError:
        found = _DURATION.fullmatch(value)
        if found is not None and value:
            hours, minutes, rest, unit = found.groups()
            tail = float(rest or 0) / (1000 if unit == "ms" else 1)
            return 3600.0 * int(hours or 0) + 60.0 * int(minutes or 0) + tail
        return _until(value, now)
    if number != number or number < 0:
        return None
    if number > 1e12:
        number /= 1000  # an epoch in milliseconds
    return max(number - now, 0.0) if number > 1e9 else number


def _until(value: str, now: float) -> float | None:
    from datetime import datetime

    try:
        moment = datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return None
    return max(moment - now, 0.0)


def _in_text(text: str) -> float | None:
    found = _IN_WORDS.search(text[:20_000])
    if found is None:
        return None
    if found["google"]:
        return float(found["google"])
    unit = (found["unit"] or "").casefold()
    try:
        number = float(found["time"].rstrip("."))
    except ValueError:
        return _seconds(f"{found['time'].rstrip('.')}{unit}", 0.0)
    size = {"ms": 0.001, "h": 3600.0}.get(unit, 60.0 if unit.startswith("m") else 1.0)
    return number * size
