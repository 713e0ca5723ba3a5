"""The segments of a translation that are done: of very many, each lies on disk until it is asked
for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import overload

from mtbench.files.columns import Spool
from mtbench.types import Finished, Hypothesis, Json

_NOTHING: Mapping[str, Json] = {}


class FinishedSegments(MutableMapping[str, Finished]):
    """Segment id → what was made of it, in the order in which they were done.

    Args:
        done: What is done already.

    Example:
        >>> done = FinishedSegments([Finished(Hypothesis(id="1", text="uno"), {})])
        >>> done["1"].hypothesis.text, len(done), list(done.kept)
        ('uno', 1, [{}])
    """

    def __init__(self, done: Iterable[Finished] = ()) -> None:
        self._places: dict[str, int] = {}
        self._rows = Spool()
        self._beside: set[int] = set()  # rows beside which something is kept
        self.add(done)

    def add(self, done: Iterable[Finished]) -> None:
        """More that is done; what was done of the same segment before gives way."""
        for one in done:
            self[one.hypothesis.id] = one

    def __setitem__(self, name: str, one: Finished) -> None:
        at = self._places.setdefault(name, len(self._places))
        self._rows.put(at, [one.hypothesis.text, one.hypothesis.failure, dict(one.kept)])
        (self._beside.add if one.kept else self._beside.discard)(at)

    def __getitem__(self, name: str) -> Finished:
        text, failure, kept = self._rows[self._places[name]]
        return Finished(Hypothesis(id=name, text=text, failure=failure), kept or _NOTHING)

    def __delitem__(self, name: str) -> None:
        raise TypeError("what is done stays done")

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    @property
    def kept(self) -> Sequence[Mapping[str, Json]]:
        """What is kept beside each of them, in order."""
        return _EachKept(self)

    @property
    def beside(self) -> Mapping[str, Mapping[str, Json]]:
        """Segment id → what is kept beside it, where that is something."""
        return _Beside(self)

    def kept_at(self, at: int) -> Mapping[str, Json]:
        """What is kept beside the segment that was done so many after the first."""
        found: Mapping[str, Json] = self._rows[at][2] if at in self._beside else _NOTHING
        return found

    def is_kept(self, name: object) -> bool:
        """Whether something is kept beside a segment."""
        return bool(self._beside) and self._places.get(str(name), -1) in self._beside

    def names_kept(self) -> Iterator[str]:
        """The segments beside which something is kept."""
        return (name for name, at in self._places.items() if at in self._beside)

    @property
    def beside_count(self) -> int:
        """How many those are."""
        return len(self._beside)


class _EachKept(Sequence[Mapping[str, Json]]):
    def __init__(self, done: FinishedSegments) -> None:
        self._done = done

    def __len__(self) -> int:
        return len(self._done)

    @overload
    def __getitem__(self, at: int) -> Mapping[str, Json]: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Mapping[str, Json]]: ...
    def __getitem__(self, at: int | slice) -> Mapping[str, Json] | Sequence[Mapping[str, Json]]:
        chosen = range(len(self))[at]
        if isinstance(chosen, range):
            return [self._done.kept_at(one) for one in chosen]
        return self._done.kept_at(chosen)


class _Beside(Mapping[str, Mapping[str, Json]]):
    def __init__(self, done: FinishedSegments) -> None:
        self._done = done

    def __getitem__(self, name: str) -> Mapping[str, Json]:
        if not self._done.is_kept(name):
            raise KeyError(name)
        return self._done[name].kept

    def __contains__(self, name: object) -> bool:
        return self._done.is_kept(name)

    def __iter__(self) -> Iterator[str]:
        return self._done.names_kept()

    def __len__(self) -> int:
        return self._done.beside_count
