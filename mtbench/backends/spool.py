"""Answers whose places are not proven yet, kept aside so that a killed run can go on.

That a program's line stands in its place is known once the program has ended well. Until then
lines prove nothing: one too many at the start would shift all. So they wait here, and whoever goes
on from them has the program answer some of them again and compares (``resume_point``).
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NamedTuple

from mtbench.files.writing import unreadable, unwritable
from mtbench.types import Source

PROOF = 4  # answers that must come out the same again, at least
_FAR = 256  # no proof is looked for in more of them


@dataclass
class Kept:
    """What a spool holds.

    Attributes:
        answers: Segment id → what was written in its place.
        seconds: Segment id → seconds that the work had taken by then, over all sittings.
        proven: What it had taken when the program ended well; None where it did not.
    """

    answers: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    proven: float | None = None


class Spool:
    """An append-only file of answers, one array a line; without a path, nothing is kept.

    Args:
        path: The file; need not exist.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._stream: IO[bytes] | None = None

    def close(self) -> None:
        """Closes the file; more can be appended all the same."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def read(self) -> Kept:
        """What is there. A line that was cut off counts as not written.

        Raises:
            RequestError: If the file cannot be read.
        """
        try:
            lines = self.path.read_bytes().split(b"\n") if self.path is not None else []
        except FileNotFoundError:
            lines = []
        except OSError as error:
            raise unreadable(self.path or Path(), error) from error
        kept = Kept()
        for line in lines[:-1]:
            try:
                name, text, seconds = json.loads(line)
                taken = float(seconds)
            except (ValueError, TypeError):
                continue
            if name is None:
                kept.proven = taken
            else:
                kept.answers[str(name)], kept.seconds[str(name)] = str(text), taken
                kept.proven = None
        return kept

    def append(self, name: str, text: str, seconds: float) -> None:
        """Keeps an answer: what ends this process does not take it along.

        Args:
            name: Of the segment.
            text: What was written in its place.
            seconds: What the work has taken so far.

        Raises:
            Unavailable: If it cannot be written.
        """
        self._write([name, text, round(seconds, 3)])

    def prove(self, seconds: float) -> None:
        """Notes that the program has ended well: every answer stands in its place.

        Raises:
            Unavailable: If it cannot be written.
        """
        self._write([None, None, round(seconds, 3)])

    def _write(self, row: list[str | float | None]) -> None:
        if self.path is None:
            return
        line = json.dumps(row, ensure_ascii=False) + "\n"
        try:
            if self._stream is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                cut_off = self.path.exists() and not self.path.read_bytes().endswith(b"\n")
                self._stream = self.path.open("ab", buffering=0)
                if cut_off:
                    self._stream.write(b"\n")
            self._stream.write(line.encode("utf-8"))
        except OSError as error:
            raise unwritable(self.path, error) from error

    def clear(self) -> None:
        """Forgets every answer."""
        self.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)


class ResumePoint(NamedTuple):
    """Where to go on: answers before ``start`` are kept, those up to ``end`` are asked again."""

    start: int
    end: int


def resume_point(
    sources: Sequence[Source], answers: Mapping[str, str], *, by_document: bool
) -> ResumePoint | None:
    """The last whole units whose answers can prove that those ahead of them are in their places.

    Had the program written k lines too many or too few ahead of them, each of these answers would
    be that of the segment k places away. Coming out the same again, the true answers would then
    repeat themselves every k places. So they are proof where they do not: not for small k, and
    neither they nor their sources stand in that order anywhere else.

    Args:
        sources: All that the program is given, in order.
        answers: Segment id → what the program wrote in its place.
        by_document: Whether a document is answered as a whole, or each segment by itself.

    Returns:
        The units; None where there are none, and all must be done again.
    """
    known = next((i for i, s in enumerate(sources) if s.id not in answers), len(sources))
    written = [answers[source.id] for source in sources[:known]]
    texts = [source.text for source in sources]
    end = known
    if by_document and 0 < known < len(sources):
        document = sources[known].document
        if document is not None and sources[known - 1].document == document:
            end = _unit_start(sources, known)
    start = end
    while start and end - start < _FAR:
        start = _unit_start(sources, start) if by_document else start - 1
        if end - start >= PROOF and _telling(written, start, end) and _once(texts, start, end):
            return ResumePoint(start, end)
    return None


def _unit_start(sources: Sequence[Source], end: int) -> int:
    document, start = sources[end - 1].document, end - 1
    while document is not None and start and sources[start - 1].document == document:
        start -= 1
    return start


def _telling(written: Sequence[str], start: int, end: int) -> bool:
    part = written[start:end]
    repeats = any(
        all(one == other for one, other in zip(part, part[k:], strict=False))
        for k in range(1, PROOF)
    )
    return not repeats and _once(written, start, end)


def _once(whole: Sequence[Hashable], start: int, end: int) -> bool:
    """Whether a part of a sequence stands nowhere else in it."""
    part = list(whole[start:end])
    return not any(
        at != start and list(whole[at : at + len(part)]) == part
        for at, first in enumerate(whole)
        if first == part[0]
    )
