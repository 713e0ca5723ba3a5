"""What can be wrong with a translation at first sight; each answers with its evidence or None.

Precision comes before recall: a human translation should hardly ever be flagged. Where a reference
shows the same, nothing is flagged.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from mtbench.health.texts import SegmentTexts
from mtbench.text import markup
from mtbench.text.noise import addresses, without_noise
from mtbench.text.numbers import lost_numbers
from mtbench.text.patterns import LETTER, SENTENCE_END, WORD
from mtbench.text.scripts import HAN_LANGUAGES, UNSPACED, has_words, visible

MANY_REPEATS = 4  # of a phrase, one after the other
LONGEST_PHRASE = 12  # words
LONGEST_GLUED = 20  # characters, of a pattern without spaces
SIGNS = 10  # of one kind, or of a short pattern, in a row
MORE_SIGNS = 5  # than source or references have
SHORT = 10  # characters of a source whose translation's length tells nothing
COPIED_WORDS = 5  # a copied name or title of fewer words is no sign
COPIED_SMALL = 3  # of them in small letters, where there are such
DOUBLED_UNITS = 6
CUT_SOURCE = 60  # characters of a source whose translation can be seen to be cut
CUT_SHARE = 0.6  # of the expected length
FAR = 60  # characters from the expected length
TIMES = 3.0

_SMALL = re.compile(r"(?<![^\W_])[^\W\d_A-ZÀ-ÖØ-Þ]{2,}")
_CASED = re.compile(r"[A-Za-zÀ-ɏͰ-ϿЀ-ӿԱ-֏]")
_SIGN_RUN = re.compile(r"(.)\1{9,}|(..)\2{5,}|(...)\3{5,}", re.DOTALL)
_GLUED = re.compile(rf"(.{{2,{LONGEST_GLUED}}}?)\1{{3,}}", re.DOTALL)
_ENDED = re.compile(rf"[{SENTENCE_END}:;)\]}}\"'”’»“」』…]\s*$")
_OPEN = re.compile(r"[,،，、(\[{]$")  # what goes on, or was only opened
_FINISHED = re.compile(r"[.!?。！？।؟]\s*$")

Detector = Callable[[SegmentTexts], str | None]


def empty(segment: SegmentTexts) -> str | None:
    """A hypothesis without a visible character."""
    if visible(segment.hypothesis):
        return None
    return "no text" if not segment.hypothesis.strip() else "nothing but invisible characters"


def copied(segment: SegmentTexts) -> str | None:
    """The source as it stands, where a translation would differ: no names, numbers or codes."""
    if _ends(segment.hypothesis) != _ends(segment.source):
        return None
    if _folded(segment.hypothesis) != _folded(segment.source):
        return None
    plain = markup.TAG.sub(" ", without_noise(segment.source))
    if not has_words(plain, COPIED_WORDS):
        return None
    if _CASED.search(plain) and len(_SMALL.findall(plain)) < COPIED_SMALL:
        return None
    expected = any(_folded(r) == _folded(segment.source) for r in segment.references)
    return None if expected else "the source as it stands"


def loop(segment: SegmentTexts) -> str | None:
    """Words, letters or signs said again and again, more often than in source or references."""
    others = (segment.source, *segment.references)
    text = segment.hypothesis
    phrase, times = _repetition(text)
    if times >= MANY_REPEATS and times > max(_repetition(text)[1] for text in others) + 1:
        return f"{phrase[:40]!r} {times} times in a row"
    if not segment.repeats:
        return None
    compact = "".join(text.split())
    sign, length = _signs(compact)
    if length and length > max(_signs("".join(text.split()))[1] for text in others) + MORE_SIGNS:
        return f"{sign!r} {length // len(sign)} times in a row"
    return None


def repeating(texts: Sequence[str]) -> list[bool]:
    """For each text whether its characters may repeat themselves as in a loop of signs.

    All texts are looked at at once. In a loop each character is that of one pattern before, over
    three patterns and eight characters at least.

    Args:
        texts: The texts; blanks in them do not count.

    Example:
        >>> repeating(["Ha, ha.", "no " * 9])
        [False, True]
    """
    import numpy as np

    compact = ["".join(text.split()) for text in texts]
    ends = np.cumsum([len(text) + 1 for text in compact])
    joined = "\U0010ffff".join(compact).encode("utf-32-le", "surrogatepass")
    codes = np.frombuffer(joined, dtype="<u4")
    found = np.zeros(len(texts), dtype=bool)
    for distance in range(1, min(LONGEST_GLUED, len(codes)) + 1):
        same = codes[distance:] == codes[:-distance]
        for step in (1, 2, 4):  # then there are two, four and eight in a row
            same = same[:-step] & same[step:]
        found[np.searchsorted(ends, np.flatnonzero(same), side="right")] = True
    return [bool(one) for one in found]


def doubled(segment: SegmentTexts) -> str | None:
    """The whole translation twice."""
    text = segment.hypothesis.strip()
    half, odd = divmod(len(text), 2)
    for cut in (half, half + odd):
        first, second = text[:cut].strip(), text[cut:].strip()
        if first == second and has_words(first, DOUBLED_UNITS):
            break
    else:
        return None
    others = [t.strip() for t in (segment.source, *segment.references)]
    if any(t[: len(t) // 2].strip() == t[(len(t) + 1) // 2 :].strip() for t in others if t):
        return None
    return f"{first[:40]!r} twice"


def answered(segment: SegmentTexts) -> str | None:
    """A sentence where the source has no word at all, only signs or emoji."""
    if LETTER.search(segment.source) or any(LETTER.search(r) for r in segment.references):
        return None
    words = [word for word in WORD.findall(segment.hypothesis) if LETTER.search(word)]
    return f"{len(words)} words for a source without one" if len(words) >= 2 else None


def numbers(segment: SegmentTexts) -> str | None:
    """A long number of the source that is not in the hypothesis, in no script and no convention.

    Only where a reference, if there is one, keeps it; only numbers that are hardly ever spelled
    otherwise (from four digits on).
    """
    lost = lost_numbers(segment.source, segment.hypothesis)
    for reference in segment.references:
        if lost:
            missing = lost_numbers(segment.source, reference)
            lost = [number for number in lost if number not in missing]
    return f"{lost[0]} is not there" if lost else None


def urls(segment: SegmentTexts) -> str | None:
    """An address of the source that is not in the hypothesis, nor left out by a reference."""
    wanted = [_bare(url) for url in addresses(segment.source)]
    for reference in segment.references:
        wanted = [url for url in wanted if url in reference]
    lost = [url for url in wanted if url not in segment.hypothesis]
    return f"{lost[0][:60]} is not there" if lost else None


def placeholders(segment: SegmentTexts) -> str | None:
    """A tag or placeholder that is lost, added, doubled or moved, and that references keep."""
    found = markup.differences(segment.source, segment.hypothesis)
    for reference in segment.references if found else ():
        same = markup.differences(segment.source, reference)
        found = [one for one in found if one not in same]
    return f"{found[0].mark[:60]!r} {found[0].kind}" if found else None


def blanks(segment: SegmentTexts) -> str | None:
    """A blank at an end, or a hot key, that is lost or gained, and that references keep."""
    found = markup.edges(segment.source, segment.hypothesis)
    for reference in segment.references if found else ():
        same = markup.edges(segment.source, reference)
        found = [one for one in found if one not in same]
    if not found:
        return None
    one = found[0]
    return f"the {one.kind} {one.mark!r}" if one.kind == "hot key" else f"blanks at the {one.mark}"


def truncated(segment: SegmentTexts, usual: float, target: str) -> str | None:
    """A hypothesis that breaks off: too short, or open, and without the end that its source has.

    Args:
        segment: The segment.
        usual: Median of hypothesis or reference characters over source characters.
        target: Base language; some write no full stop.
    """
    source, text = segment.source.strip(), segment.hypothesis.strip()
    if len(source) < CUT_SOURCE or target in UNSPACED - HAN_LANGUAGES:
        return None
    if not _FINISHED.search(source) or _ENDED.search(text):
        return None
    if any(not _ENDED.search(reference) for reference in segment.references):
        return None
    if _OPEN.search(text):
        return f"breaks off: “…{text[-30:]}”"
    expected = usual * len(source)
    if segment.references:
        expected = min(len(reference.strip()) for reference in segment.references)
    return f"breaks off: “…{text[-30:]}”" if len(text) < CUT_SHARE * expected else None


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
    if abs(characters - expected) < FAR:
        return None
    ratio = characters / expected
    odd = ratio > TIMES or ratio < 1 / TIMES
    return f"{ratio:.1f} times the usual length" if odd else None


def usual_ratio(sources: Sequence[str], texts: Sequence[str]) -> float:
    """Median of characters of a text over those of its source; 1 where there is nothing."""
    ratios = sorted(
        len(text.strip()) / len(source.strip())
        for source, text in zip(sources, texts, strict=True)
        if len(source.strip()) >= SHORT and text.strip()
    )
    return ratios[len(ratios) // 2] if ratios else 1.0


def _ends(text: str) -> tuple[str, str]:
    """The first and last letter of a folded text."""
    bare = text.strip()
    return bare[:1].casefold()[:1], bare[-1:].casefold()[-1:]


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _repetition(text: str) -> tuple[str, int]:
    """The phrase of words most often said in a row, and how often."""
    words = WORD.findall(text.casefold())
    if len(words) - len(set(words)) < MANY_REPEATS - 1:
        return ("", 1)
    # Every word of a phrase is there as often as the phrase.
    there = sum(times for times in Counter(words).values() if times >= MANY_REPEATS)
    best = ("", 1)
    for size in range(1, min(LONGEST_PHRASE, there // MANY_REPEATS) + 1):
        alike = 0  # words in a row that equal the word one phrase earlier
        for at in range(size, len(words)):
            alike = alike + 1 if words[at] == words[at - size] else 0
            times = alike // size + 1
            if times > best[1] and any(LETTER.search(w) for w in words[at - size + 1 : at + 1]):
                best = (" ".join(words[at - size + 1 : at + 1]), times)
    return best


def _signs(compact: str) -> tuple[str, int]:
    """The longest run of one sign, or of a short pattern, with or without letters."""
    best = ("", 0)
    for pattern in (_SIGN_RUN, _GLUED):
        for match in pattern.finditer(compact):
            unit = next(group for group in match.groups() if group)
            if len(match.group()) > max(best[1], SIGNS - 1):
                best = (unit, len(match.group()))
    return best


def _bare(url: str) -> str:
    return url.rstrip(".,;:!?")


DETECTORS: dict[str, Detector] = {
    "copied": copied,
    "loop": loop,
    "doubled": doubled,
    "answered": answered,
    "numbers": numbers,
    "urls": urls,
    "placeholders": placeholders,
    "blanks": blanks,
}
