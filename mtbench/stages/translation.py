"""Test set + back end → hypotheses: batches, order, retries and resume, once for every back end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from mtbench.engine.threads import calls
from mtbench.errors import BackendError, SegmentError, TransientError, UnusableAnswer
from mtbench.files.digests import canonical_json
from mtbench.plugins import Backend
from mtbench.types import Finished, Hypothesis, Runtime, Source, Translation

ATTEMPTS = 5
LONGEST_WAIT = 60.0  # seconds between two attempts, unless a server asks for more
LONGEST_REQUESTED_WAIT = 300.0  # seconds that a server may ask for
UNUSABLE_ATTEMPTS = 3  # answers that are no translation; each of them may be paid for
FAILED_CALLS_IN_A_ROW = 3  # after so many exhausted calls the system counts as gone
ANSWERED_CALLS_IN_A_ROW = 30  # or, where it is there and fails, as broken
CHARACTERS_A_SEGMENT = 400  # with the batch size, the budget of a batch padded to its longest


Keep = Callable[[Sequence[Finished]], None]


class Batch(NamedTuple):
    """Sources given to a back end at once, and the ids each of them stands for."""

    sources: tuple[Source, ...]
    ids: tuple[tuple[str, ...], ...]

    @property
    def size(self) -> int:
        """Segments it stands for."""
        return sum(map(len, self.ids))


def batching(backend: Backend, runtime: Runtime, sources: Sequence[Source]) -> str:
    """How batches are fixed: ``free`` where they do not matter, else part of what was run."""
    if backend.batching != "document":
        return backend.batching
    if backend.unit == "document" or any(source.document is not None for source in sources):
        return "document"  # where there is none, a segment is one: blocks would tell of one story
    if backend.by_id:
        return "single"
    return f"block:{runtime.batch_size or backend.preferred_batch}"


def plan(
    sources: Sequence[Source], backend: Backend, runtime: Runtime, finished: frozenset[str]
) -> list[Batch]:
    """The batches that are still to do.

    Equal sources (with equal context and instruction) are translated once where neither batches
    nor ids matter to the output. Where batches do not matter, they hold sources of like length,
    longest first. Where they do, they are the documents (or blocks) of the whole test set, in
    order, so that an interrupted run continues with the same ones.

    Args:
        sources: The whole test set.
        backend: What will translate.
        runtime: Its batch size counts where given.
        finished: Ids that are done.
    """
    size = runtime.batch_size or backend.preferred_batch
    how = batching(backend, runtime, sources)
    if how == "free":
        return list(_by_length(sources, finished, size, by_id=backend.by_id))
    if how == "single":
        return [_batch([group]) for group in _alike(sources, finished, by_id=backend.by_id)]
    if how == "whole":
        groups: Iterable[Sequence[Source]] = [sources]
    else:
        groups = _documents(sources) if how == "document" else _blocks(sources, size)
    return [
        Batch(tuple(group), tuple((source.id,) for source in group))
        for group in groups
        if not all(source.id in finished for source in group)
    ]


def _by_length(
    sources: Sequence[Source], finished: frozenset[str], size: int, *, by_id: bool
) -> Iterator[Batch]:
    groups = sorted(
        _alike(sources, finished, by_id=by_id),
        key=lambda group: (-len(group[0].text), group[0].text, group[0].id),
    )
    batch: list[list[Source]] = []
    for group in groups:
        longest = len(batch[0][0].text) if batch else 0
        full = len(batch) == size
        if full or (batch and longest * (len(batch) + 1) > size * CHARACTERS_A_SEGMENT):
            yield _batch(batch)
            batch = []
        batch.append(group)
    if batch:
        yield _batch(batch)


def _alike(
    sources: Sequence[Source], finished: frozenset[str], *, by_id: bool
) -> list[list[Source]]:
    """What is still to do, equal sources together, in the order of the first of each."""
    alike: dict[tuple[str | None, ...], list[Source]] = {}
    for source in sources:
        if source.id not in finished:
            same = (source.text, source.context, source.instruction, source.id if by_id else None)
            alike.setdefault(same, []).append(source)
    return list(alike.values())


def _batch(groups: Sequence[Sequence[Source]]) -> Batch:
    return Batch(
        tuple(group[0] for group in groups),
        tuple(tuple(source.id for source in group) for group in groups),
    )


def _documents(sources: Sequence[Source]) -> Iterator[list[Source]]:
    group: list[Source] = []
    for source in sources:
        if group and (source.document is None or source.document != group[-1].document):
            yield group
            group = []
        group.append(source)
    if group:
        yield group


def _blocks(sources: Sequence[Source], size: int) -> Iterator[Sequence[Source]]:
    for start in range(0, len(sources), size):
        yield sources[start : start + size]


def translate(
    batches: Sequence[Batch],
    backend: Backend,
    keep: Keep,
    *,
    sleep: Callable[[float], object] | None = None,
) -> None:
    """Drives an entered back end over batches; each finished batch is kept at once.

    A batch that fails with a ``SegmentError`` is tried segment by segment, and what still fails is
    kept as that segment's failure, as is one that stands in the place of an answer. A
    ``TransientError`` and an ``UnusableAnswer`` are tried again with growing waits. A system that
    stays without an answer three times in a row, or answers 30 times with an error, has failed;
    from its third error in a row on, each call gets one try. Where it fails or is interrupted,
    calls under way are waited for, until another interruption, and what they bring is kept.

    Args:
        batches: From ``plan``.
        backend: Entered.
        keep: Called with each finished batch, in this thread.
        sleep: Waits between attempts; by default a wait that an interruption ends.

    Raises:
        BackendError: If the system as a whole failed; what was kept stays kept.
    """
    stopped = threading.Event()
    at_once = backend.max_concurrency
    pause = sleep or (time.sleep if at_once <= 1 else stopped.wait)
    calls(_Caller(backend, pause, stopped), batches, at_once, keep, stopped)


class _Caller:
    """Calls a back end with retries; counts calls that failed in a row."""

    def __init__(
        self,
        backend: Backend,
        sleep: Callable[[float], object],
        stopped: threading.Event,
    ) -> None:
        self._backend = backend
        self._sleep = sleep
        self._stopped = stopped
        self._failed_in_a_row = 0
        self._unanswered_in_a_row = 0

    def __call__(self, batch: Batch) -> list[Finished]:
        try:
            answers = self._answers(batch.sources)
        except (SegmentError, TransientError) as error:
            if isinstance(error, TransientError):
                self._count_failed_call(error)
            else:
                self._failed_in_a_row = self._unanswered_in_a_row = 0
            as_one = self._backend.batching in ("document", "whole")
            together = as_one and not self._backend.by_id
            if len(batch.sources) == 1 or together:
                # A document is translated as one or not at all: alone, its segments would differ.
                return _failed(batch, error)
            singles = (
                Batch((source,), (ids,))
                for source, ids in zip(batch.sources, batch.ids, strict=True)
            )
            return [done for single in singles for done in self(single)]
        self._failed_in_a_row = self._unanswered_in_a_row = 0
        return [
            done
            for source, ids, answer in zip(batch.sources, batch.ids, answers, strict=True)
            for done in _finished(Batch((source,), (ids,)), answer)
        ]

    def _count_failed_call(self, error: TransientError) -> None:
        self._failed_in_a_row += 1
        self._unanswered_in_a_row = 0 if error.answered else self._unanswered_in_a_row + 1
        gone = self._unanswered_in_a_row >= FAILED_CALLS_IN_A_ROW
        if gone or self._failed_in_a_row >= ANSWERED_CALLS_IN_A_ROW:
            state = "does not answer" if gone else f"failed {self._failed_in_a_row} times in a row"
            raise BackendError(
                f"the system {state}: {error.message}",
                why=error.why,
                hint="what was finished is kept; the same command goes on from there",
            ) from error

    def _answers(self, sources: Sequence[Source]) -> list[Translation | SegmentError]:
        def sleep(seconds: float) -> None:
            self._sleep(seconds)
            if self._stopped.is_set():
                raise BackendError("the translation was stopped")

        # One that keeps failing is asked no oftener than it takes to see that it works again.
        attempts = 1 if self._failed_in_a_row >= FAILED_CALLS_IN_A_ROW else ATTEMPTS
        return _checked(persistent(self._backend, sources, sleep, attempts), sources)


def persistent(
    backend: Backend,
    sources: Sequence[Source],
    sleep: Callable[[float], object] = time.sleep,
    attempts: int = ATTEMPTS,
) -> Sequence[str | Translation | SegmentError]:
    """Calls a back end, again with growing waits where another try may help.

    Args:
        backend: Entered.
        sources: One batch.
        sleep: Waits between attempts.
        attempts: Calls at most; an ``UnusableAnswer`` is put up with three times.

    Raises:
        BackendError: As the last attempt did.
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
    )(backend.translate, sources)


def _finished(batch: Batch, answer: Translation | SegmentError) -> list[Finished]:
    if isinstance(answer, SegmentError):
        return _failed(batch, answer)
    return [
        Finished(Hypothesis(id=name, text=answer.text), answer.kept)
        for ids in batch.ids
        for name in ids
    ]


def _failed(batch: Batch, error: SegmentError | TransientError) -> list[Finished]:
    reason = "; ".join([error.message, *([error.why] if error.why else [])])
    # What a server says may hold what no file can: half of a surrogate pair.
    reason = reason.encode("utf-8", "backslashreplace").decode("utf-8")
    return [Finished(Hypothesis(id=name, failure=reason), {}) for ids in batch.ids for name in ids]


def _checked(
    answers: Sequence[str | Translation | SegmentError], sources: Sequence[Source]
) -> list[Translation | SegmentError]:
    if len(answers) != len(sources):
        raise BackendError(
            f"the system gave {len(answers)} translations for {len(sources)} segments "
            f"({sources[0].id} … {sources[-1].id})"
        )
    found: list[Translation | SegmentError] = []
    for answer, source in zip(answers, sources, strict=True):
        if isinstance(answer, SegmentError):
            found.append(answer)
            continue
        if not isinstance(answer, str | Translation):
            raise BackendError(f"the system gave no text for segment {source.id!r}: {answer!r}")
        translation = Translation(text=answer) if isinstance(answer, str) else answer
        try:
            translation.text.encode("utf-8")
            if translation.kept:
                canonical_json(translation.kept).encode("utf-8")
        except UnicodeEncodeError:
            found.append(SegmentError(f"the translation of {source.id!r} is not valid Unicode"))
            continue
        except (TypeError, ValueError) as error:
            raise BackendError(
                f"the system kept something of segment {source.id!r} that is not JSON: {error}"
            ) from error
        found.append(translation)
    return found
