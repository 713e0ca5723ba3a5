"""Test set + back end → hypotheses: batches, order, retries and resume, once for every back end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from mtbench.errors import BackendError, SegmentError, TransientError
from mtbench.plugins import Backend
from mtbench.types import Finished, Hypothesis, Runtime, Source, Translation

ATTEMPTS = 5
LONGEST_WAIT = 60.0  # seconds between two attempts, unless a server asks for more
LONGEST_REQUESTED_WAIT = 300.0  # seconds that a server may ask for
FAILED_CALLS_IN_A_ROW = 3  # after so many exhausted calls the system counts as gone
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
        return "free" if backend.batching == "free" else "single"
    if any(source.document is not None for source in sources):
        return "document"
    return f"block:{runtime.batch_size or backend.preferred_batch}"


def plan(
    sources: Sequence[Source], backend: Backend, runtime: Runtime, finished: frozenset[str]
) -> list[Batch]:
    """The batches that are still to do.

    Where batches do not matter to the output, equal sources are translated once and batches hold
    sources of like length, longest first. Where they do, they are the documents (or blocks) of the
    whole test set, in order, so that an interrupted run continues with the same ones.

    Args:
        sources: The whole test set.
        backend: What will translate.
        runtime: Its batch size counts where given.
        finished: Ids that are done.
    """
    size = runtime.batch_size or backend.preferred_batch
    how = batching(backend, runtime, sources)
    if how == "free":
        return list(_by_length(sources, finished, size))
    if how == "single":
        todo = (source for source in sources if source.id not in finished)
        return [Batch((source,), ((source.id,),)) for source in todo]
    groups = _documents(sources) if how == "document" else _blocks(sources, size)
    return [
        Batch(tuple(group), tuple((source.id,) for source in group))
        for group in groups
        if not all(source.id in finished for source in group)
    ]


def _by_length(sources: Sequence[Source], finished: frozenset[str], size: int) -> Iterator[Batch]:
    alike: dict[tuple[str, str | None, str | None], list[Source]] = {}
    for source in sources:
        if source.id not in finished:
            alike.setdefault((source.text, source.context, source.instruction), []).append(source)
    groups = sorted(alike.values(), key=lambda group: (-len(group[0].text), group[0].text))
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
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Drives an entered back end over batches; each finished batch is kept at once.

    A batch that fails with a ``SegmentError`` is tried segment by segment, and what still fails is
    kept as that segment's failure. A ``TransientError`` is tried again with growing waits.

    Args:
        batches: From ``plan``.
        backend: Entered.
        keep: Called with each finished batch, in this thread.
        sleep: Waits between attempts.

    Raises:
        BackendError: If the system as a whole failed; what was kept stays kept.
    """
    caller = _Caller(backend, sleep)
    if backend.max_concurrency <= 1:
        for batch in batches:
            keep(caller(batch))
        return
    from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

    waiting: set[Future[list[Finished]]] = set()
    todo = iter(batches)
    with ThreadPoolExecutor(backend.max_concurrency) as pool:
        try:
            while True:
                room = 2 * backend.max_concurrency - len(waiting)
                waiting.update(pool.submit(caller, batch) for batch in islice(todo, room))
                if not waiting:
                    return
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                failed: BaseException | None = None
                for future in done:
                    if (error := future.exception()) is not None:
                        failed = error
                    else:
                        keep(future.result())
                if failed is not None:
                    raise failed
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


class _Caller:
    """Calls a back end with retries; counts calls that stayed without an answer."""

    def __init__(self, backend: Backend, sleep: Callable[[float], None]) -> None:
        self._backend = backend
        self._sleep = sleep
        self._failed_in_a_row = 0

    def __call__(self, batch: Batch) -> list[Finished]:
        try:
            answers = self._answers(batch.sources)
        except (SegmentError, TransientError) as error:
            if len(batch.sources) == 1:
                return self._failed(batch, error)
            if isinstance(error, TransientError):
                self._count_failed_call(error)
            if self._backend.batching == "document":
                # A document is translated as one or not at all: alone, its segments would differ.
                return self._failed(batch, error)
            singles = (
                Batch((source,), (ids,))
                for source, ids in zip(batch.sources, batch.ids, strict=True)
            )
            return [done for single in singles for done in self(single)]
        self._failed_in_a_row = 0
        return [
            Finished(Hypothesis(id=name, text=answer.text), answer.kept)
            for answer, ids in zip(answers, batch.ids, strict=True)
            for name in ids
        ]

    def _failed(self, batch: Batch, error: SegmentError | TransientError) -> list[Finished]:
        if isinstance(error, TransientError):
            self._count_failed_call(error)
        reason = "; ".join([error.message, *([error.why] if error.why else [])])
        return [
            Finished(Hypothesis(id=name, failure=reason), {}) for ids in batch.ids for name in ids
        ]

    def _count_failed_call(self, error: TransientError) -> None:
        self._failed_in_a_row += 1
        if self._failed_in_a_row >= FAILED_CALLS_IN_A_ROW:
            raise BackendError(
                f"the system does not answer: {error.message}",
                why=error.why,
                hint="what was finished is kept; the same command goes on from there",
            ) from error

    def _answers(self, sources: Sequence[Source]) -> list[Translation]:
        import tenacity

        def wait(state: tenacity.RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            asked = error.retry_after if isinstance(error, TransientError) else None
            if asked is not None:
                return min(max(asked, 0.0), LONGEST_REQUESTED_WAIT)
            return float(tenacity.wait_random_exponential(multiplier=1, max=LONGEST_WAIT)(state))

        attempts = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(TransientError),
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            wait=wait,
            sleep=self._sleep,
            reraise=True,
        )
        answers = attempts(self._backend.translate, sources)
        return _checked(answers, sources)


def _checked(answers: Sequence[str | Translation], sources: Sequence[Source]) -> list[Translation]:
    if len(answers) != len(sources):
        raise BackendError(
            f"the system gave {len(answers)} translations for {len(sources)} segments "
            f"({sources[0].id} … {sources[-1].id})"
        )
    found = []
    for answer, source in zip(answers, sources, strict=True):
        translation = Translation(text=answer) if isinstance(answer, str) else answer
        try:
            translation.text.encode("utf-8")
        except UnicodeEncodeError:
            raise SegmentError(f"the translation of {source.id} is not valid Unicode") from None
        found.append(translation)
    return found
