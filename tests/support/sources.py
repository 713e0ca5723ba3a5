"""Source segments for tests of back ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mtbench.errors import SegmentError
from mtbench.languages import LanguagePair
from mtbench.plugins import Backend, make_backend
from mtbench.types import Json, Runtime, Source, Translation


def segments(texts: Iterable[str], document: str | None = None) -> list[Source]:
    """Sources ``s1``, ``s2`` … of one document."""
    return [
        Source(id=f"s{number}", text=text, document=document)
        for number, text in enumerate(texts, start=1)
    ]


def backend(name: str, pair: str = "en-it", /, **options: Json) -> Backend:
    """A back end by its name, options and direction."""
    return make_backend(name, options, LanguagePair.parse(pair), Runtime())


def texts(answers: Sequence[str | Translation | SegmentError]) -> list[str]:
    """The texts of answers; raises what stands in the place of one."""
    return [_text(answer) for answer in answers]


def _text(answer: str | Translation | SegmentError) -> str:
    if isinstance(answer, SegmentError):
        raise answer
    return answer if isinstance(answer, str) else answer.text
