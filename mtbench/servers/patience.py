"""Asking again: what is tried again and how often, and how a "later" is waited out.

Two kinds of failure are worth another try. An answer that went wrong is asked for again a few
times with growing waits (``persistent``). A server that says "later" (a rate limit) is there and
will answer: it is waited for, however often it says so, up to a ceiling (``Patience``). Who says
so, or leaves a request without an answer, is asked by half as many calls at once, and by one more
each time that all of them were answered (``Window``).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from mtbench.errors import (
    UNUSABLE_ATTEMPTS,
    USUAL_PATIENCE,
    BackendError,
    Later,
    RunFailed,
    TransientError,
    UnusableAnswer,
)
from mtbench.servers.headers import LONGEST_REQUESTED_WAIT

log = logging.getLogger(__name__)

ATTEMPTS = 5
LONGEST_WAIT = 60.0  # seconds between two attempts, unless a server asks for more
_LONGEST_STEP = 30.0  # seconds between two looks whether a limit is over
_WORTH_A_LINE = 3.0  # seconds of a wait
_LINES_APART = 30.0  # seconds
_AT_ONCE = 3  # times that a server is believed to be free at once
_CLOSE = 1e-3  # seconds that clocks may differ by
_LOOKS = 0.2  # seconds between two looks of those who wait for another's look

Item = TypeVar("Item")
Result = TypeVar("Result")
Sleep = Callable[[float], object]


def persistent(
    call: Callable[[Sequence[Item]], Result],
    batch: Sequence[Item],
    sleep: Sleep = time.sleep,
    attempts: int = ATTEMPTS,
) -> Result:
    """Calls, again with growing waits where another try may help.

    Args:
        call: A back end's ``translate``, a metric's ``judge``.
        batch: One batch.
        sleep: Waits between attempts.
        attempts: Calls at most; an ``UnusableAnswer`` is put up with three times.

    Raises:
        RunFailed: As the last attempt did.

    Example:
        >>> persistent(lambda texts: [text.upper() for text in texts], ["yes"])
        ['YES']
    """
    import tenacity

    unusable = 0

    def enough(state: tenacity.RetryCallState) -> bool:
        nonlocal unusable
        error = state.outcome.exception() if state.outcome else None
        unusable += isinstance(error, UnusableAnswer)
        return state.attempt_number >= attempts or unusable >= UNUSABLE_ATTEMPTS

    def wait(state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, TransientError) else None
        if asked is not None:
            return min(max(asked, 0.0), LONGEST_REQUESTED_WAIT)
        return float(tenacity.wait_random_exponential(multiplier=1, max=LONGEST_WAIT)(state))

    def pause(seconds: float) -> None:
        sleep(seconds)

    return tenacity.Retrying(
        retry=tenacity.retry_if_exception_type((TransientError, UnusableAnswer)),
        stop=enough,
        wait=wait,
        sleep=pause,
        reraise=True,
    )(call, batch)


class Window:
    """How many calls may be under way at once: half as many after a refusal, one more in a while.

    Additive increase, multiplicative decrease, as TCP shares out a line (Jacobson 1988). A refusal
    counts once for all calls that were under way together. Time alone shrinks nothing: long texts
    take long.

    Args:
        most: Calls at once that are allowed at best; it begins with them.

    Example:
        >>> window = Window(8)
        >>> window.shrink(window.shrunk)
        >>> window.room
        4
        >>> for _ in range(5):
        ...     window.grow()
        >>> window.room
        5
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._room = float(most)
        self._inside = 0
        self.shrunk = 0  # times
        self._free = threading.Condition()

    @property
    def room(self) -> int:
        """Calls that may be under way at once now."""
        return int(self._room)

    def enter(self, sleep: Sleep | None = None) -> None:
        """Waits for room.

        Args:
            sleep: Called, for no time, while there is none; it may raise where nobody waits any
                more.
        """
        while True:
            with self._free:
                if self._free.wait_for(lambda: self._inside < self.room, _LOOKS):
                    self._inside += 1
                    return
            if sleep is not None:
                sleep(0.0)

    def grow(self) -> None:
        """A call has its answer."""
        with self._free:
            self._room = min(self._most, self._room + 1 / self._room)
            self._free.notify_all()

    def shrink(self, shrunk: int) -> None:
        """A call was told "later", or nothing.

        Args:
            shrunk: How often the window had shrunk when the call began.
        """
        with self._free:
            if shrunk == self.shrunk:
                self.shrunk += 1
                self._room = max(1.0, self._room / 2)

    def left(self) -> None:
        """A call is over."""
        with self._free:
            self._inside -= 1
            self._free.notify_all()


class Patience:
    """Waits out a server that says "later", once for all calls of a run.

    While it says so, one call at a time looks whether it is over; the others wait for what that
    one hears. Waits are as long as the server asks, else they grow.

    Args:
        who: Whom calls go to, for messages.
        ceiling: Seconds without any answer after which the run ends.
        failed: Raised then.
        at_once: Calls that may be under way at once, at best.

    Example:
        >>> words = iter([Later("busy", retry_after=2.0), "Hallo."])
        >>> def ask():
        ...     word = next(words)
        ...     if isinstance(word, Later):
        ...         raise word
        ...     return word
        >>> waits = []
        >>> Patience("the server").through(ask, waits.append)
        'Hallo.'
        >>> [round(wait) for wait in waits]
        [2]
    """

    def __init__(
        self,
        who: str = "the system",
        ceiling: float = USUAL_PATIENCE,
        failed: type[RunFailed] = BackendError,
        at_once: int = 1,
    ) -> None:
        self._window = Window(at_once)
        self._at_once = at_once
        self._who = who
        self._ceiling = ceiling
        self._failed = failed
        self._lock = threading.Lock()
        self._round = 0  # of "later"s; what was asked in an earlier one says nothing about this
        self._limited = False
        self._looking = False
        self._began = self._until = self._step = 0.0
        self._times = 0  # that "later" was said in a row
        self._said_at: float | None = None
        self._ahead = 0.0  # of the clock, where a sleep is none

    def through(self, call: Callable[[], Result], sleep: Sleep = time.sleep) -> Result:
        """What a call brings, however often it is told to come later.

        Raises:
            RunFailed: As ``failed``, when patience is at an end; and whatever else the call raises.
        """
        while True:
            self._window.enter(sleep)
            try:
                asked_in = self._admitted(sleep)
                shrunk = self._window.shrunk
                try:
                    found = call()
                except Later as error:
                    self._window.shrink(shrunk)
                    self._told(error, asked_in)
                except BaseException as error:
                    if isinstance(error, TransientError) and not error.answered:
                        self._window.shrink(shrunk)
                    self._heard(asked_in)
                    raise
                else:
                    self._window.grow()
                    self._heard(asked_in)
                    return found
            finally:
                self._window.left()

    def _now(self) -> float:
        return time.monotonic() + self._ahead

    def _admitted(self, sleep: Sleep) -> int:
        while True:
            with self._lock:
                if not self._limited:
                    return self._round
                left = self._until - self._now()
                if left <= _CLOSE and not self._looking:
                    self._looking = True
                    return self._round
            pause = left if left > _CLOSE else _LOOKS
            before = time.monotonic()
            sleep(pause)
            with self._lock:
                self._ahead += max(0.0, pause - (time.monotonic() - before))

    def _heard(self, asked_in: int) -> None:
        """An answer, or an error of another kind: of whoever looked, it ends the waiting."""
        with self._lock:
            if asked_in == self._round and self._limited:
                self._limited = self._looking = False

    def _told(self, error: Later, asked_in: int) -> None:
        with self._lock:
            now = self._now()
            if asked_in != self._round:
                return  # it was asked before the waiting began, like the one that began it
            if not self._limited:
                self._began, self._step, self._times = now, 1.0, 1
            else:
                self._step = min(2 * self._step, _LONGEST_STEP)
                self._times += 1
            self._round += 1
            self._limited, self._looking = True, False
            asked = error.retry_after
            # Who says "at once" again and again is given time all the same.
            again = self._times > _AT_ONCE and (asked or 0.0) < 1
            wait = self._step if asked is None or again else asked
            self._until = now + wait
            waited = self._until - self._began
            if waited > self._ceiling:
                raise self._failed(
                    f'{self._who} says "later", and to wait for {_in_words(waited)} is more than '
                    f"its patience of {_in_words(self._ceiling)}: {error.message}",
                    why=error.why,
                    hint="what was finished is kept; the same command goes on from there "
                    "(the option patience, in seconds, waits longer)",
                ) from error
            self._say(error, wait, now)

    def _say(self, error: Later, wait: float, now: float) -> None:
        silent = self._said_at is not None and now - self._said_at < _LINES_APART
        if wait < _WORTH_A_LINE or silent:
            return
        self._said_at = now
        until = (datetime.now() + timedelta(seconds=wait)).strftime("%H:%M:%S")
        said = f" ({error.why})" if error.why else ""
        then = f", then with {self._window.room} at once" if self._at_once > 1 else ""
        log.warning(
            "%s%s: waiting %s, until %s%s", error.message, said, _in_words(wait), until, then
        )


def _in_words(seconds: float) -> str:
    """A time for people.

    Example:
        >>> _in_words(5400.0), _in_words(90.0), _in_words(12.4)
        ('1.5 hours', '90 seconds', '12 seconds')
    """
    for size, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 3 * size or (size > 60 and seconds >= size):
            return f"{seconds / size:.3g} {name}"
    return f"{seconds:.0f} seconds"
