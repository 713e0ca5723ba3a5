"""Answers whose places are not proven yet, kept aside so that a killed run can go on.

That a program's line stands in its place is known once the program has ended well. Until then
lines prove nothing: one too many at the start would shift all. So they wait here, and whoever goes
on from them has the program answer one unit again and compares (``resume_point``).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, NamedTuple

from mtbench.files import unreadable, unwritable
from mtbench.types import Source


class Spool:
    """An append-only file of answers, one object a line; without a path, nothing is kept.

    Args:
        path: The file; need not exist.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._stream: IO[bytes] | None = None

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def read(self) -> dict[str, str]:
        """Segment id → its last answer. A line that was cut off counts as not written.

        Raises:
            RequestError: If the file cannot be read.
        """
        try:
            lines = self.path.read_bytes().split(b"\n") if self.path is not None else []
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise unreadable(self.path or Path(), error) from error
        found: dict[str, str] = {}
        for line in lines[:-1]:
            try:
                name, text = json.loads(line)
            except (ValueError, TypeError):
                continue
            found[str(name)] = str(text)
        return found

    def append(self, name: str, text: str) -> None:
        """Keeps an answer: what ends this process does not take it along.

        Raises:
            Unavailable: If it cannot be written.
        """
        if self.path is None:
            return
        line = json.dumps([name, text], ensure_ascii=False) + "\n"
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
        self.__exit__(None, None, None)
        if self.path is not None:
            self.path.unlink(missing_ok=True)


class ResumePoint(NamedTuple):
    """Where to go on: units before ``start`` are kept, those up to ``end`` are asked again."""

    start: int
    end: int


def resume_point(sources: Sequence[Source], answers: Mapping[str, str]) -> ResumePoint | None:
    """The last whole unit (document, or segment without one) that can prove its answers' places.

    Had the program written a line too many or too few before it, the unit's answers would be
    those of other segments. A line shows that where neither it nor its source is there twice.

    Args:
        sources: All that the program is given, in order.
        answers: Segment id → what the program wrote in its place.

    Returns:
        The unit; None where there is none, and all must be done again.
    """
    known = next((i for i, s in enumerate(sources) if s.id not in answers), len(sources))
    outputs, texts = Counter(answers.values()), Counter(source.text for source in sources)

    def proves(source: Source) -> bool:
        answer = answers[source.id]
        return bool(answer.strip()) and outputs[answer] == 1 and texts[source.text] == 1

    end = len(sources)
    while end:
        start = _unit_start(sources, end)
        if end <= known and any(proves(source) for source in sources[start:end]):
            return ResumePoint(start, end)
        end = start
    return None


def _unit_start(sources: Sequence[Source], end: int) -> int:
    document, start = sources[end - 1].document, end - 1
    while document is not None and start and sources[start - 1].document == document:
        start -= 1
    return start
