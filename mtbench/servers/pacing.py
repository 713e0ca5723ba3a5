"""Requests and tokens per minute: kept to where a card or the server itself names them."""

from __future__ import annotations

import re
import threading
import time
from collections import deque

WINDOW = 60.0  # seconds
_SHORTEST = 0.05  # seconds; a wait that is nearly over is over when it is
_FIRST_TOKENS_PER_BYTE = 0.5  # of a request, its answer included, before any was counted
_PER_MINUTE = re.compile(
    r"(?<![\d,])(?P<before>\d[\d,]{0,11})\s{0,9}(?:requests|reqs?|calls|queries)"
    r"\s{0,9}(?:per|/|a)\s{0,9}(?:minute|min)\b"
    r"|requests per min(?:ute)?[^.;]{0,99}?limit:?\s{0,9}(?P<behind>\d[\d,]*)",
    re.IGNORECASE,
)


class Pace:
    """A sliding minute of requests.

    Args:
        requests: Per minute, at most; None for no limit, until the server names one.
        tokens: Per minute, read and written, at most.

    Example:
        >>> pace = Pace(requests=2)
        >>> [round(pace.due(100, now=moment)) for moment in (0.0, 1.0, 2.0)]
        [0, 0, 58]
    """

    def __init__(self, requests: int | None = None, tokens: int | None = None) -> None:
        self.requests = requests
        self.tokens = tokens
        self._sent: deque[tuple[float, float]] = deque()  # moment, tokens
        self._tokens = self._bytes = 0.0  # of answered requests
        self._lock = threading.Lock()

    def due(self, size: int, now: float | None = None) -> float:
        """Seconds until a request may go out; 0 counts it as sent.

        Args:
            size: Its bytes, from which its tokens are estimated.
            now: The moment; by default the clock's.
        """
        moment = time.monotonic() if now is None else now
        with self._lock:
            while self._sent and self._sent[0][0] <= moment - WINDOW:
                self._sent.popleft()
            tokens = size * (self._tokens / self._bytes if self._bytes else _FIRST_TOKENS_PER_BYTE)
            wait = 0.0
            if self.requests is not None and len(self._sent) >= self.requests:
                wait = self._sent[-self.requests][0] + WINDOW - moment
            if self.tokens is not None:
                wait = max(wait, self._until_room(self.tokens - tokens) - moment)
            if wait <= 0:
                self._sent.append((moment, tokens))
            return max(wait, _SHORTEST) if wait > 0 else 0.0

    def _until_room(self, room: float) -> float:
        """The moment at which what was sent in the minute before it fits into the room."""
        held = sum(tokens for _, tokens in self._sent)
        until = float("-inf")
        for moment, tokens in self._sent:
            if held <= room:
                break
            held -= tokens
            until = moment + WINDOW
        return until  # one request larger than all that fits goes out alone

    def counted(self, size: int, tokens: int) -> None:
        """What a request of so many bytes took, its answer included."""
        with self._lock:
            self._bytes += size
            self._tokens += tokens

    def told(self, text: str) -> None:
        """Learns from a refusal that names its limit.

        Example:
            >>> pace = Pace()
            >>> pace.told("Rate limit reached: 20 requests per minute")
            >>> pace.requests
            20
        """
        found = _PER_MINUTE.search(text)
        if found is not None and self.requests is None:
            number = int((found["before"] or found["behind"]).replace(",", ""))
            self.requests = number or None
