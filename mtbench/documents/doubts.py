"""Segments that a person should look at."""

from __future__ import annotations

import itertools
import math
import re
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence

from mtbench.documents.boilerplate import line_key
from mtbench.documents.records import Doubt
from mtbench.documents.segments import AlignedSegment, sides
from mtbench.languages import LanguagePair
from mtbench.text.numbers import differing_numbers
from mtbench.text.patterns import CLOSING, LETTER, SENTENCE_END, URL
from mtbench.text.scripts import joiner

UNSURE = 0.5
LONGER = 2.0  # times the usual ratio of lengths in the file
LONG = 2000  # characters
MENU = 4  # short segments in a row
SHORT = 30  # characters; below, a ratio says nothing
FEWEST = 3  # segments that tell a usual ratio at all
ENOUGH_SEGMENTS = 10  # segments that tell it well
MOST_USUAL = 0.3
ALIKE = 0.85
ENOUGH = 20  # letters; below, two languages may well spell a text alike

# A full stop after a whole word, and the next word in small letters: "Commission. securities".
_BROKEN = re.compile(r"(?<![^\W\d_])[^\W\d_]{4,}[.!?] (?=[^\W\d_]{2})(\S+)")
_ENDS = re.compile(rf"[{SENTENCE_END}:;][{CLOSING}]*$")
_CUT = re.compile(r"[^\W_,]$|,$|[-–—]$")


def doubts(
    segments: Sequence[AlignedSegment], pair: LanguagePair, languages: Sequence[str]
) -> list[Doubt]:
    """What is odd about the segments of a file, those without anything odd left out."""
    texts = [sides(segment, pair, languages) for segment in segments]
    usual = _usual(texts, pair)
    found = []
    rows = zip(segments, texts, _among(segments, texts), strict=True)
    for segment, (source, reference), others in rows:
        reasons = _reasons(source, reference, usual, pair) + others
        if segment.confidence < UNSURE:
            reasons.append(f"low confidence ({segment.confidence:.2f})")
        if reasons:
            found.append(
                Doubt(
                    pair=str(pair),
                    id=segment.id,
                    reasons=tuple(reasons),
                    source=source,
                    reference=reference,
                    alignment=segment.confidence,
                )
            )
    return found


def _among(segments: Sequence[AlignedSegment], texts: Sequence[tuple[str, str]]) -> list[list[str]]:
    """What is odd about each segment beside the others of its file."""
    found: list[list[str]] = [[] for _ in texts]
    keys = [(line_key(source), line_key(reference)) for source, reference in texts]
    times = Counter(keys)
    for at, key in enumerate(keys):
        if times[key] > 1:
            found[at].append(f"stands {times[key]} times in this file")
    for at, (one, two) in enumerate(itertools.pairwise(segments)):
        if one.story == two.story and all(
            _CUT.search(first) and _starts_small(second)
            for first, second in zip(texts[at], texts[at + 1], strict=True)
        ):
            found[at].append("half a sentence: the next segment goes on with it")
            found[at + 1].append("half a sentence: it goes on with the segment before")
    runs = itertools.groupby(
        range(len(segments)), lambda at: (segments[at].story, all(map(_label, texts[at])))
    )
    for (_, short), run in runs:
        places = list(run)
        for at in places if short and len(places) >= MENU else ():
            found[at].append(f"one of {len(places)} short lines in a row, like those of a menu")
    return found


def _label(text: str) -> bool:
    """Whether a text is as short as what one clicks on, and no sentence."""
    return len(text) <= SHORT and not _ENDS.search(text)


def _usual(texts: Iterable[tuple[str, str]], pair: LanguagePair) -> float | None:
    """The usual logarithm of reference length over source length.

    In a small file a few odd segments move the median: between languages that both write spaces
    it stays within ``MOST_USUAL``. None where too few segments tell.
    """
    ratios = [math.log(len(b) / len(a)) for a, b in texts if max(len(a), len(b)) >= SHORT]
    spaced = bool(joiner(pair.source) and joiner(pair.target))
    if len(ratios) < FEWEST:
        return 0.0 if spaced else None
    usual = statistics.median(ratios)
    small = spaced and len(ratios) < ENOUGH_SEGMENTS
    return max(-MOST_USUAL, min(MOST_USUAL, usual)) if small else usual


def _reasons(source: str, reference: str, usual: float | None, pair: LanguagePair) -> list[str]:
    found = []
    longest = max(len(source), len(reference))
    if longest > LONG:
        found.append(f"long: {longest:,} characters, more than most systems translate at once")
    if len(source.split()) == len(reference.split()) == 1 and longest <= SHORT:
        found.append("one word")
    if alike(source, reference):
        found.append("near-copy: both sides say it in the same words")
    numbers = differing_numbers(source, reference)
    if numbers:
        found.append(f"numbers differ: {', '.join(numbers[:5])}")
    if usual is not None and max(len(source), len(reference)) >= SHORT:
        ratio = math.log(len(reference) / len(source)) - usual
        if abs(ratio) > math.log(LONGER):
            longer = pair.target if ratio > 0 else pair.source
            found.append(
                f"odd length: {longer} is {math.exp(abs(ratio)):.1f} times as long as usual"
            )
    addresses = (set(URL.findall(source)), set(URL.findall(reference)))
    for language, here, there in ((pair.source, 0, 1), (pair.target, 1, 0)):
        if addresses[here] and not addresses[there]:
            found.append(f"a link in {language} alone")
    for language, text, other in (
        (pair.source, source, reference),
        (pair.target, reference, source),
    ):
        found += [f"{what} in {language}" for what in _damage(text, other)]
    return found


def _damage(text: str, other: str) -> list[str]:
    """What is broken in a text and not in its counterpart."""
    found = []
    breaks, theirs = broken(text), broken(other)
    if len(breaks) > len(theirs):
        found.append(f"broken sentence (“{breaks[-1]}”)")
    if _CUT.search(text) and _ENDS.search(other):
        found.append(f"no end of sentence (“…{text[-20:]}”)")
    if _starts_small(text) and not _starts_small(other):
        found.append(f"no beginning of a sentence (“{text[:20]}…”)")
    return found


def broken(text: str) -> list[str]:
    """Places where a sentence ends and goes on in small letters."""
    return [m.group(0) for m in _BROKEN.finditer(URL.sub("", text)) if m.group(1)[0].islower()]


def _starts_small(text: str) -> bool:
    first = LETTER.search(text)
    return first is not None and first.start() == 0 and first.group().islower()


def alike(source: str, reference: str) -> bool:
    """Whether two texts are nearly the same, letter by letter."""
    from rapidfuzz.fuzz import ratio

    one, two = line_key(source), line_key(reference)
    if sum(map(len, LETTER.findall(one))) < ENOUGH:
        return False
    return float(ratio(one, two)) >= 100 * ALIKE
