"""Work by items: answers or failures, kept as they come, for systems and metrics alike.

Retries, concurrency, what counts as broken, and what happens to calls under way when the work is
stopped are settled here, once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from mtbench.engine.threads import calls
from mtbench.errors import USUAL_PATIENCE, BackendError, RunFailed, SegmentError, TransientError
from mtbench.servers.patience import ATTEMPTS, Patience, persistent

FAILED_CALLS_IN_A_ROW = 3  # after so many exhausted calls the other side counts as gone
ANSWERED_CALLS_IN_A_ROW = 30  # or, where it is there and fails, as broken

Item = TypeVar("Item")
Answer = TypeVar("Answer")

Call = Callable[[Sequence[Item]], Sequence[Answer | SegmentError]]
Batch = tuple[Sequence[Item], Sequence[tuple[str, ...]]]
"""Items asked for at once, and for each of them the ids that its answer stands for."""


@dataclass(frozen=True)
class Done(Generic[Answer]):
    """One item that is done.

    Attributes:
        ids: Segments that it stands for.
        answer: Or None.
        failure: Why there is no answer, in one line.
    """

    ids: tuple[str, ...]
    answer: Answer | None = None
    failure: str | None = None


@dataclass(frozen=True)
class Respondent(Generic[Item, Answer]):
    """Who is asked, and how.

    Attributes:
        ask: A batch → as many answers, in order, each checked; a ``SegmentError`` in the place of
            an answer fails that item alone.
        concurrency: Calls that may be under way at once.
        together: Whether a batch is answered as one or not at all.
        patience: Seconds for which a server that says "later" is waited for.
        who: For messages.
        failed: Raised where the whole fails.
    """

    ask: Call[Item, Answer]
    concurrency: int = 1
    together: bool = False
    patience: float = USUAL_PATIENCE
    who: str = "the system"
    failed: type[RunFailed] = BackendError


Keep = Callable[[Sequence[Done[Answer]]], None]


def work(
    batches: Iterable[Batch[Item]],
    respondent: Respondent[Item, Answer],
    keep: Keep[Answer],
    *,
    sleep: Callable[[float], object] | None = None,
) -> None:
    """Asks for every batch; each finished one is kept at once.

    A batch that fails with a ``SegmentError`` is asked for item by item, and what still fails is
    kept as that item's failure. A ``TransientError`` and an ``UnusableAnswer`` are tried again
    with growing waits; who says ``Later`` is waited for and has not failed. Who stays without an
    answer three times in a row, or answers 30 times with an error, has failed; from the third
    error in a row on, each call gets one try. Where the work fails or is interrupted, calls under
    way are waited for, until another interruption, and what they bring is kept.

    Args:
        batches: What there is to do.
        respondent: Who is asked.
        keep: Called with each finished batch, in this thread.
        sleep: Waits between attempts; by default a wait that an interruption ends.

    Raises:
        RunFailed: As ``respondent.failed``, if the whole failed; what was kept stays kept.
    """
    stopped = threading.Event()
    pause = sleep or (time.sleep if respondent.concurrency <= 1 else stopped.wait)
    calls(_Caller(respondent, pause, stopped), batches, respondent.concurrency, keep, stopped)


class _Caller(Generic[Item, Answer]):
    """Calls with retries; counts calls that failed in a row."""

    def __init__(
        self,
        respondent: Respondent[Item, Answer],
        sleep: Callable[[float], object],
        stopped: threading.Event,
    ) -> None:
        self._respondent = respondent
        self._sleep = sleep
        self._stopped = stopped
        self._failed_in_a_row = 0
        self._unanswered_in_a_row = 0
        self._patience = Patience(
            respondent.who, respondent.patience, respondent.failed, respondent.concurrency
        )

    def __call__(self, batch: Batch[Item]) -> list[Done[Answer]]:
        items, names = batch
        try:
            answers = self._answers(items)
        except (SegmentError, TransientError) as error:
            if isinstance(error, TransientError):
                self._count_failed_call(error)
            else:
                self._failed_in_a_row = self._unanswered_in_a_row = 0
            if len(items) == 1 or self._respondent.together:
                return [_done(ids, error) for ids in names]
            singles = (([item], [ids]) for item, ids in zip(items, names, strict=True))
            return [done for single in singles for done in self(single)]
        self._failed_in_a_row = self._unanswered_in_a_row = 0
        return [_done(ids, answer) for ids, answer in zip(names, answers, strict=True)]

    def _count_failed_call(self, error: TransientError) -> None:
        self._failed_in_a_row += 1
        self._unanswered_in_a_row = 0 if error.answered else self._unanswered_in_a_row + 1
        gone = self._unanswered_in_a_row >= FAILED_CALLS_IN_A_ROW
        if gone or self._failed_in_a_row >= ANSWERED_CALLS_IN_A_ROW:
            state = "does not answer" if gone else f"failed {self._failed_in_a_row} times in a row"
            raise self._respondent.failed(
                f"{self._respondent.who} {state}: {error.message}",
                why=error.why,
                hint="what was finished is kept; the same command goes on from there",
            ) from error

    def _answers(self, items: Sequence[Item]) -> Sequence[Answer | SegmentError]:
        def sleep(seconds: float) -> None:
            self._sleep(seconds)
            if self._stopped.is_set():
                raise self._respondent.failed(f"the work of {self._respondent.who} was stopped")

        # One that keeps failing is asked no oftener than it takes to see that it works again.
        attempts = 1 if self._failed_in_a_row >= FAILED_CALLS_IN_A_ROW else ATTEMPTS

        def ask(some: Sequence[Item]) -> Sequence[Answer | SegmentError]:
            return self._patience.through(lambda: self._respondent.ask(some), sleep)

        return persistent(ask, items, sleep, attempts)


def _done(ids: tuple[str, ...], answer: Answer | SegmentError | TransientError) -> Done[Answer]:
    if not isinstance(answer, SegmentError | TransientError):
        return Done(ids, answer)
    return Done(ids, failure=reason(answer))


def reason(error: SegmentError | TransientError) -> str:
    """Why there is no answer, with what to do, for whoever reads it where it is kept."""
    # What a server says may hold what no file can: half of a surrogate pair.
    return str(error).encode("utf-8", "backslashreplace").decode("utf-8")


def blocks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """The items in order, so many at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
