"""How a chain asks one of its steps: as the step is to be asked, and for nothing twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from itertools import groupby

from mtbench.errors import UNUSABLE_ATTEMPTS, BackendError, SegmentError, UnusableAnswer
from mtbench.plugins import Backend
from mtbench.types import Source, Translation

Answer = Translation | SegmentError


class StepCaller:
    """Calls a step in the groups that its own ``batching`` asks for.

    What is answered is kept until ``forget``: where a later call fails and the whole chain is
    tried again, this step is asked for the rest alone.

    Args:
        step: Entered before the first call.
    """

    def __init__(self, step: Backend) -> None:
        self._step = step
        self._answers: dict[tuple[Source, ...], tuple[Answer, ...]] = {}
        self._lock = threading.Lock()  # batches may be under way at once

    def __call__(self, sources: Sequence[Source], size: int) -> list[Answer]:
        """Answers to some sources, in their order.

        Args:
            sources: What has come through the steps before.
            size: Of the batch that the chain was given.

        Raises:
            SegmentError: If the step raises it at all of the batch; at a part of it, it stands in
                the places of the part's answers.
            BackendError: As the step does.
        """
        found: dict[int, Answer] = {}
        for places in self._groups(sources):
            group = tuple(sources[place] for place in places)
            answers = self._answers.get(group)
            if answers is None:
                answers = self._ask(group) if len(group) == size else self._ask_patiently(group)
                self._keep(group, answers)
            found.update(zip(places, answers, strict=True))
        return [found[place] for place in range(len(sources))]

    def forget(self, sources: Sequence[Source]) -> None:
        """Drops what was kept of some sources, and of all that were asked for with them."""
        named = set(sources)
        with self._lock:
            for group in [group for group in self._answers if named.intersection(group)]:
                del self._answers[group]

    def clear(self) -> None:
        """Drops all that was kept."""
        with self._lock:
            self._answers.clear()

    def _keep(self, group: tuple[Source, ...], answers: tuple[Answer, ...]) -> None:
        with self._lock:
            self._answers[group] = answers
            if self._step.batching == "free":  # good in any batch
                singles = zip(group, answers, strict=True)
                self._answers |= {(source,): (answer,) for source, answer in singles}

    def _groups(self, sources: Sequence[Source]) -> Iterator[list[int]]:
        """Places of the sources that go into one call."""
        places = range(len(sources))
        how = self._step.batching
        if how == "single":
            yield from ([at] for at in places)
        elif how == "free":
            new = []
            for at in places:
                if (sources[at],) in self._answers:
                    yield [at]
                else:
                    new.append(at)
            size = self._step.runtime.batch_size or self._step.preferred_batch
            yield from (new[start : start + size] for start in range(0, len(new), size))
        elif how == "document" and any(source.document is not None for source in sources):
            for _, same in groupby(places, key=lambda at: sources[at].document or at):
                yield list(same)
        elif sources:
            yield list(places)

    @property
    def _together(self) -> bool:
        """Whether segments that are given at once are translated as one or not at all."""
        return self._step.batching in ("document", "whole") and not self._step.by_id

    def _ask(self, group: Sequence[Source]) -> tuple[Answer, ...]:
        try:
            return self._translated(group)
        except SegmentError:
            if len(group) == 1 or self._together:
                raise  # what is to be done about a whole batch, the stage knows
            return tuple(answer for source in group for answer in self._ask_patiently([source]))

    def _ask_patiently(self, group: Sequence[Source]) -> tuple[Answer, ...]:
        """Answers to a part of a batch, whose failure is not that of the batch."""
        for attempt in range(UNUSABLE_ATTEMPTS):
            try:
                return self._translated(group)
            except SegmentError as error:
                if isinstance(error, UnusableAnswer) and attempt + 1 < UNUSABLE_ATTEMPTS:
                    continue
                if len(group) == 1 or self._together:
                    return (error,) * len(group)
                break
        return tuple(answer for source in group for answer in self._ask_patiently([source]))

    def _translated(self, group: Sequence[Source]) -> tuple[Answer, ...]:
        answers = self._step.translate(group)
        if len(answers) != len(group):
            raise BackendError(
                f"step {type(self._step).__name__} of the chain gave {len(answers)} translations "
                f"for {len(group)} segments"
            )
        return tuple(Translation(text=a) if isinstance(a, str) else a for a in answers)
