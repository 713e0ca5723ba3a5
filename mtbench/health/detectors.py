"""What can be wrong with a translation at first sight; each answers with its evidence or None.

Precision comes before recall: a human translation should hardly ever be flagged. Where a reference
shows the same, nothing is flagged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from mtbench.text.patterns import ADDRESS, LETTER, WORD
from mtbench.text.scripts import visible, word_units

MANY_REPEATS = 4  # of a phrase, one after the other
LONGEST_PHRASE = 12  # words
SHORT = 10  # characters of a source whose translation's length tells nothing
COPIED_WORDS = 5  # a copied name or title of fewer words is no sign

_THOUSANDS = r"\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3})+"
_LONG_NUMBER = re.compile(rf"(?<!\d)(?:{_THOUSANDS}|\d{{4,}})(?!\d)")
_SEPARATORS = re.compile(r"\D")
_RUN = re.compile(r"(.{2,40}?)\1{9,}", re.DOTALL)
_TAG = re.compile(r"</?[A-Za-z][\w:-]*(?:\s[^<>]*)?/?>|&(?:lt|gt|amp|quot|#\d+);")
_FENCE = re.compile(r"```|~~~")
_CHATTER = re.compile(
    r"\b(?:here(?:'s| is| are) (?:the|a|my|your) (?:\w+ )?translations?\b"
    r"|(?:the )?translation (?:of the (?:text|sentence|source)|is|into \w+)\b"
    r"|translated (?:text|into)\b|as an ai\b|as a language model\b"
    r"|i(?:'m| am) (?:sorry|unable)\b.{0,40}\b(?:translat|assist|help|cannot|can't)"
    r"|i can(?:'t|not) (?:translat|assist|help)"
    r"|hier ist die (?:\w+ )?übersetzung|voici la traduction|ecco la traduzione"
    r"|aquí (?:está|tienes) la traducción)",
    re.IGNORECASE | re.DOTALL,
)
_LABEL = re.compile(
    r"\A\s*(?:translation|übersetzung|traduction|traduzione|traducción|output|answer)\s*:\s*\S",
    re.IGNORECASE,
)


class SegmentTexts(NamedTuple):
    """What a detector sees of one segment.

    Attributes:
        source: The source text.
        hypothesis: Its translation.
        references: Its references; empty where there are none.
    """

    source: str
    hypothesis: str
    references: tuple[str, ...] = ()


Detector = Callable[[SegmentTexts], str | None]


def empty(segment: SegmentTexts) -> str | None:
    """A hypothesis without a visible character."""
    if visible(segment.hypothesis):
        return None
    return "no text" if not segment.hypothesis.strip() else "nothing but invisible characters"


def copied(segment: SegmentTexts) -> str | None:
    """The source as it stands, where a translation would differ."""
    if word_units(segment.source) < COPIED_WORDS:
        return None
    same = _folded(segment.hypothesis) == _folded(segment.source)
    expected = any(_folded(r) == _folded(segment.source) for r in segment.references)
    return "the source as it stands" if same and not expected else None


def loop(segment: SegmentTexts) -> str | None:
    """A phrase said again and again, more often than in source or references."""
    phrase, times = _repetition(segment.hypothesis)
    if times < MANY_REPEATS:
        return None
    elsewhere = max(_repetition(text)[1] for text in (segment.source, *segment.references))
    return f"{phrase!r} {times} times in a row" if times > elsewhere + 1 else None


def chatter(segment: SegmentTexts) -> str | None:
    """Talk about the translation, or markup around it, that is nowhere else."""
    found = [m.group(0) for m in _CHATTER.finditer(segment.hypothesis)]
    if label := _LABEL.match(segment.hypothesis):
        found.append(label.group(0).strip())
    for pattern in (_FENCE, _TAG):
        found += [m.group(0) for m in pattern.finditer(segment.hypothesis)]
    known = "\n".join((segment.source, *segment.references)).casefold()
    named = _LABEL.match(segment.source) is not None
    new = [f for f in found if f.casefold() not in known and not (named and _LABEL.match(f))]
    return repr(new[0][:60]) if new else None


def answered(segment: SegmentTexts) -> str | None:
    """A sentence where the source has no word at all, only signs or emoji."""
    if LETTER.search(segment.source) or any(LETTER.search(r) for r in segment.references):
        return None
    words = [word for word in WORD.findall(segment.hypothesis) if LETTER.search(word)]
    return f"{len(words)} words for a source without one" if len(words) >= 2 else None


def numbers(segment: SegmentTexts) -> str | None:
    """A long number of the source that is not in the hypothesis.

    Only where a reference, if there is one, keeps it; only numbers that are hardly ever spelled
    otherwise (from four digits on); separators do not count.
    """
    wanted = _long_numbers(segment.source)
    if not wanted:
        return None
    there = _SEPARATORS.sub("", segment.hypothesis)
    for reference in segment.references:
        kept = _SEPARATORS.sub("", reference)
        wanted = [number for number in wanted if number in kept]
    lost = [number for number in wanted if number not in there]
    return f"{lost[0]} is not there" if lost else None


def urls(segment: SegmentTexts) -> str | None:
    """An address of the source that is not in the hypothesis, nor left out by a reference."""
    wanted = [_bare(url) for url in ADDRESS.findall(segment.source)]
    for reference in segment.references:
        wanted = [url for url in wanted if url in reference]
    lost = [url for url in wanted if url not in segment.hypothesis]
    return f"{lost[0][:60]} is not there" if lost else None


def length(segment: SegmentTexts, usual: float) -> str | None:
    """A hypothesis far shorter or longer than what is usual for the test set.

    Args:
        segment: The segment.
        usual: Median of hypothesis or reference characters over source characters.
    """
    characters, source = len(segment.hypothesis.strip()), len(segment.source.strip())
    if not characters or not source:
        return None
    expected = usual * source
    if segment.references:
        lengths = [len(reference.strip()) for reference in segment.references]
        near = min([expected, *lengths], key=lambda e: abs(e - characters))
        expected = float(near)
    if abs(characters - expected) < 60:
        return None
    ratio = characters / expected
    return f"{ratio:.1f} times the usual length" if ratio > 3 or ratio < 1 / 3 else None


def usual_ratio(sources: Sequence[str], texts: Sequence[str]) -> float:
    """Median of characters of a text over those of its source; 1 where there is nothing."""
    ratios = sorted(
        len(text.strip()) / len(source.strip())
        for source, text in zip(sources, texts, strict=True)
        if len(source.strip()) >= SHORT and text.strip()
    )
    return ratios[len(ratios) // 2] if ratios else 1.0


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _repetition(text: str) -> tuple[str, int]:
    """The phrase most often said in a row, and how often."""
    words = WORD.findall(text.casefold())
    best = ("", 1)
    for size in range(1, min(LONGEST_PHRASE, len(words) // 2) + 1):
        alike = 0  # words in a row that equal the word one phrase earlier
        for at in range(size, len(words)):
            alike = alike + 1 if words[at] == words[at - size] else 0
            times = alike // size + 1
            if times > best[1] and any(LETTER.search(w) for w in words[at - size + 1 : at + 1]):
                best = (" ".join(words[at - size + 1 : at + 1]), times)
    run = _RUN.search(text)
    if run and LETTER.search(run.group(1)):
        times = len(run.group(0)) // len(run.group(1))
        if times > best[1]:
            best = (run.group(1), times)
    return best


def _long_numbers(text: str) -> list[str]:
    return [_SEPARATORS.sub("", match) for match in _LONG_NUMBER.findall(ADDRESS.sub(" ", text))]


def _bare(url: str) -> str:
    return url.rstrip(".,;:!?")
