"""Columns of a million values: in a file without a name, read some hundreds at a time.

Few values are a plain tuple. Of many, only what is being looked at is in memory; the file goes
with the process, however it ends.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
import weakref
from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, Generic, TypeVar, overload

from mtbench.errors import Unavailable

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

HELD = 20_000
"""Values that are held in memory; of more, a column is made."""
CHUNK = 512  # values that are read at once


def few(count: int) -> bool:
    """Whether so many values are held in memory."""
    return count <= HELD


class Column(Sequence[T_co]):
    """Values in the order of a test set, read by chunks.

    A slice is a column again, which reads from this one. Pickled, a column is a tuple of its
    values, so that what travels to another process is plain data.
    """

    def __init__(self, length: int) -> None:
        self._length = length
        self._latest: tuple[int, Sequence[T_co]] = (-1, ())

    def chunk(self, number: int) -> Sequence[T_co]:
        """The values from ``number * CHUNK`` on, as many as a chunk holds."""
        raise NotImplementedError

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[T_co]:
        for number in range(-(-self._length // CHUNK)):
            yield from self.chunk(number)

    @overload
    def __getitem__(self, at: int) -> T_co: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[T_co]: ...
    def __getitem__(self, at: int | slice) -> T_co | Sequence[T_co]:
        if isinstance(at, slice):
            chosen = range(self._length)[at]
            if chosen.step != 1:
                return tuple(self[one] for one in chosen)
            return _Stretch(self, chosen.start, len(chosen))
        place = at + self._length if at < 0 else at
        if not 0 <= place < self._length:
            raise IndexError(f"{at} of {self._length}")
        number, inside = divmod(place, CHUNK)
        latest = self._latest
        if latest[0] != number:
            latest = self._latest = (number, self.chunk(number))
        return latest[1][inside]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or len(self) != len(other):
            return NotImplemented
        return all(a == b for a, b in zip(self, other, strict=True))

    def __reduce__(self) -> tuple[Any, ...]:
        return tuple, (tuple(self),)


class _Stretch(Column[T_co]):
    """A stretch of a column."""

    def __init__(self, whole: Column[T_co], start: int, length: int) -> None:
        super().__init__(length)
        self._whole, self._start = whole, start

    def chunk(self, number: int) -> Sequence[T_co]:
        first = self._start + number * CHUNK
        last = min(first + CHUNK, self._start + self._length)
        found: list[T_co] = []
        while first < last:
            which, inside = divmod(first, CHUNK)
            rows = self._whole.chunk(which)[inside : inside + last - first]
            found += rows
            first += len(rows)
        return found


class Derived(Column[T_co]):
    """Values made from those of other columns, side by side.

    Args:
        make: Makes a value.
        columns: As many values each; tuples or columns.

    Example:
        >>> list(Derived(lambda a, b: a + b, ("a", "b"), ("c", "d")))
        ['ac', 'bd']
    """

    def __init__(self, make: Callable[..., T_co], *columns: Sequence[Any]) -> None:
        super().__init__(len(columns[0]))
        self._make, self._columns = make, columns

    def chunk(self, number: int) -> Sequence[T_co]:
        """Some values, made now."""
        start, stop = number * CHUNK, min((number + 1) * CHUNK, self._length)
        sides = (
            one.chunk(number) if isinstance(one, Column) else one[start:stop]
            for one in self._columns
        )
        return list(map(self._make, *sides))


class _Space:
    """The file of all columns of a process: one, so that no number of them uses up its handles.

    It has no name, and so goes with the process; its room is given back when no column is left.
    """

    def __init__(self) -> None:
        self._file: int | None = None
        self._end = self._users = 0
        self._lock = threading.RLock()  # a collection of garbage may let users go within it

    def enter(self, user: object) -> None:
        """Keeps the file as long as a user lives.

        Raises:
            OSError: If there can be no such file.
        """
        with self._lock:
            if self._file is None:
                with tempfile.TemporaryFile(prefix="mtbench-columns-") as opened:
                    self._file = os.dup(opened.fileno())
            self._users += 1
        weakref.finalize(user, self._leave)

    def _leave(self) -> None:
        with self._lock:
            self._users -= 1
            if not self._users and self._file is not None:
                os.close(self._file)
                self._file, self._end = None, 0

    def write(self, content: bytes) -> tuple[int, int]:
        """Where it stands now: first byte, and how many.

        Raises:
            OSError: If there is no room.
        """
        with self._lock:
            start, left = self._end, memoryview(content)
            while left:
                written = os.pwrite(self._number, left, self._end)
                left, self._end = left[written:], self._end + written
            return start, len(content)

    def read(self, place: tuple[int, int]) -> bytes:
        """What stands there."""
        return os.pread(self._number, place[1], place[0])

    @property
    def _number(self) -> int:
        if self._file is None:
            raise RuntimeError("the file of columns is used by nobody who has entered")
        return self._file


_SPACE = _Space()


class _OnDisk(Column[T_co]):
    """What a writer has written."""

    def __init__(
        self, places: list[tuple[int, int]], length: int, make: Callable[[Any], T_co] | None
    ) -> None:
        super().__init__(length)
        self.places, self._make = places, make
        _SPACE.enter(self)

    def chunk(self, number: int) -> Sequence[T_co]:
        """Some values, read now."""
        rows: list[Any] = json.loads(_SPACE.read(self.places[number]).decode(*_AS_BYTES))
        return list(map(self._make, rows)) if self._make is not None else rows


_AS_BYTES = ("utf-8", "surrogatepass")


def chunks_of(values: Sequence[Any]) -> Iterator[bytes]:
    """Values as they stand in a file, by chunks.

    Args:
        values: Each one text, None, or what JSON holds.
    """
    if isinstance(values, _OnDisk):
        yield from map(_SPACE.read, values.places)
        return
    for start in range(0, len(values), CHUNK):
        yield _packed(list(values[start : start + CHUNK]))


def of_chunks(
    chunks: Iterable[bytes], length: int, make: Callable[[Any], T] | None = None
) -> Sequence[T]:
    """The column whose chunks those are.

    Args:
        chunks: From ``chunks_of``.
        length: How many values they hold.
        make: As for ``ColumnWriter``.

    Raises:
        Unavailable: If there is no room for it.

    Example:
        >>> list(of_chunks(chunks_of(("a", "b")), 2))
        ['a', 'b']
    """
    made: _OnDisk[T] = _OnDisk([], length, make)
    with _room_named():
        made.places.extend(map(_SPACE.write, chunks))
    return made


def _packed(rows: list[Any]) -> bytes:
    return json.dumps(rows, ensure_ascii=False).encode(*_AS_BYTES)


@contextmanager
def _room_named() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(
            f"{tempfile.gettempdir()}: no room for the columns of a large test set: "
            f"{error.strerror or error}",
            hint="make room there, or name another place by the variable TMPDIR",
        ) from error


class ColumnWriter(Generic[T]):
    """Takes values one after the other and makes a column of them.

    Args:
        make: Makes a value of what JSON has kept of it, where that is not the same: a tuple of
            a list.

    Example:
        >>> writer = ColumnWriter()
        >>> writer.add("one")
        >>> writer.column()
        ('one',)
    """

    def __init__(self, make: Callable[[Any], T] | None = None) -> None:
        self._make = make
        self._waiting: list[T] = []
        self._places: list[tuple[int, int]] = []
        self._length = 0

    def add(self, value: T) -> None:
        """The next value.

        Raises:
            Unavailable: If there is no room for it.
        """
        self._waiting.append(value)
        if len(self._waiting) >= (CHUNK if self._places else HELD + CHUNK):
            self._write(len(self._waiting) // CHUNK * CHUNK)

    def column(self) -> Sequence[T]:
        """What was added; a tuple where it is not much. Called once.

        Raises:
            Unavailable: If there is no room for it.
        """
        if few(self._length + len(self._waiting)):
            return tuple(self._waiting)
        self._write(len(self._waiting))
        return _OnDisk(self._places, self._length, self._make)

    def _write(self, count: int) -> None:
        with _room_named():
            if not self._places:
                _SPACE.enter(self)
            rest = iter(self._waiting[:count])
            while rows := list(islice(rest, CHUNK)):
                self._places.append(_SPACE.write(_packed(rows)))
        self._length += count
        del self._waiting[:count]


def column(values: Iterable[T], make: Callable[[Any], T] | None = None) -> Sequence[T]:
    """Values as a column; a tuple where they are few.

    Args:
        values: Each one text, None, or what JSON holds.
        make: As for ``ColumnWriter``.
    """
    writer = ColumnWriter(make)
    for value in values:
        writer.add(value)
    return writer.column()


class Spool:
    """Values at places from 0 on, each written and read by itself; few are held in memory.

    Example:
        >>> spool = Spool()
        >>> spool.put(0, ["one", None])
        >>> spool[0]
        ['one', None]
    """

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._starts, self._lengths = array("q"), array("q")

    def put(self, at: int, value: Any) -> None:
        """Writes a value: at a new place, which is the next one, or instead of what is there.

        Args:
            at: The place.
            value: What JSON holds.

        Raises:
            Unavailable: If there is no room for it.
        """
        content = json.dumps(value, ensure_ascii=False).encode(*_AS_BYTES)
        if not self._starts:
            self._held[at : at + 1] = [content]
            if not few(len(self._held)):
                self._move_out()
            return
        with _room_named():
            start, length = _SPACE.write(content)
        self._starts[at : at + 1] = array("q", [start])
        self._lengths[at : at + 1] = array("q", [length])

    def _move_out(self) -> None:
        with _room_named():
            _SPACE.enter(self)
            for content in self._held:
                start, length = _SPACE.write(content)
                self._starts.append(start)
                self._lengths.append(length)
        self._held = []

    def __getitem__(self, at: int) -> Any:
        content = (
            _SPACE.read((self._starts[at], self._lengths[at])) if self._starts else self._held[at]
        )
        return json.loads(content.decode(*_AS_BYTES))


_shared: deque[tuple[Any, ...]] = deque(maxlen=8)


def shared(values: Iterable[T]) -> tuple[T, ...]:
    """A tuple; of very many values the very one that was made of equal ones just before.

    The ids of a million segments stand in the test set, in every output and in every score.

    Example:
        >>> shared(["a", "b"])
        ('a', 'b')
    """
    made = tuple(values)
    if few(len(made)):
        return made
    for known in _shared:
        if known is made or known == made:
            return known
    _shared.append(made)
    return made
