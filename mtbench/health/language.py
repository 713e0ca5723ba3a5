"""Is a hypothesis in the language it should be in, and all of it?

A name, a title or a quotation that is rightly left as it was must not decide: what source and
references share with the hypothesis is set aside, unless nearly everything is left as it was.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence

from mtbench.health.texts import SegmentTexts
from mtbench.languages import base_language
from mtbench.text import identify
from mtbench.text.belongs import UNDECIDED, Verdict, ahead, belongs, may_hold_another
from mtbench.text.noise import without_noise
from mtbench.text.relatives import frequent_words
from mtbench.text.scripts import UNSPACED, has_words, script_of, scripts_of

UNTRANSLATED = 0.8  # of the words
LEFT = 5  # words in a row that are the source's, most of them in small letters
LEFT_SMALL = 4
LEFT_RELATED = 9  # of relatives, from where the words need not tell which it is
LEFT_LONG = 8  # as many are no name or title, however long the text is
LEFT_SHARE = 1 / 3  # of the words of the text; fewer may be a name
LEFT_LETTERS = 10  # in a row, of scripts without spaces
LEFT_WHOLE = 2  # where nothing else is there
COMMON = 50  # places of one word that are followed
WINDOW = 6  # words that are looked at for a third language
SURE = 0.97  # of so few words, and so many windows, more is asked than of a text
SURER = 0.998  # of a relative
DOUBTED = 0.9  # below, a text is looked at in parts

OUTSIDE = 0.6  # of the words of a text, for quotations in it to be set aside
CASED = 0.9  # of the letters
SMALL_WORDS = 3  # with fewer, a text in a script with capitals is one of names
# What stands between quotation marks; the opening one begins a word.
_QUOTED = re.compile(
    r"(?<!\w)[\"'“”„«»‘‚‹›「『]([^\"“”„«»‹›「」『』\n]{3,200}?)[\"'“”»«’‘›‹」』](?!\w)"
)
_SMALL_WORD = re.compile(r"[^\W\d_A-ZÀ-ÖØ-Þ][\w'’-]*[.,;:!?]?$")  # no tag and no formula
_LOWER_RUN = re.compile(r"(?<![\w'’.-])(?:[^\W\d_A-ZÀ-ÖØ-Þ][^\W\d_]*['’]?[ ]?)+")


class LanguageCheck:
    """Looks at hypotheses in one direction.

    Args:
        source, target: Tags.
    """

    def __init__(self, source: str, target: str) -> None:
        self._source, self._target, self.target = source, target, target
        bases = base_language(source), base_language(target)
        self._related = identify.related(*bases) or bases[0] == bases[1]
        self._identifies = identify.unavailable() is None
        self._windows = self._identifies and bases[1] not in UNSPACED

    def recognises(self, references: Sequence[str]) -> bool:
        """Whether no reference is itself taken for another language than the target."""
        return all(belongs(text, self._target).kind != "other" for text in references)

    def ahead(self, segments: Iterable[SegmentTexts]) -> None:
        """Has the identifier look at once at hypotheses that ``look`` will be called with."""
        if self._identifies:
            texts = (_without_quotations(one.hypothesis, one.source) for one in segments)
            ahead(texts, self._target)

    def look(self, text: str, source: str, references: Sequence[str]) -> Verdict:
        """What language a hypothesis is in.

        Args:
            text: The hypothesis.
            source: Its source.
            references: Its references, recognised by ``recognises``.
        """
        if text.isupper():  # which the identifier does not know, and no name stands out from
            text, source = text.lower(), source.lower()
            references = [reference.lower() for reference in references]
        text = _without_quotations(text, source)
        if said := self._left(text, source, references):
            return Verdict("other", said)
        found = belongs(text, self._target)
        if found.kind != "other":
            if said := self._third_language(text, source, references):
                return Verdict("other", said)
            return found
        if not self._still_other(text, source, references):
            return UNDECIDED
        # A source that is itself in another language than it should be tells nothing.
        if belongs(source, self._source).kind == "other" and text.strip() != source.strip():
            return UNDECIDED
        return found

    def _still_other(self, text: str, source: str, references: Sequence[str]) -> bool:
        """Whether a text stays in another language without the words that others share."""
        known = set(source.split()).union(*(reference.split() for reference in references))
        words = text.split()
        own = [word for word in words if word not in known]
        if sum(map(str.islower, words)) < SMALL_WORDS and _is_cased(text):
            return False  # names and titles
        if has_words(" ".join(own), identify.WORDS):
            return belongs(" ".join(own), self._target).kind == "other"
        left = len(words) - len(own)
        return left >= UNTRANSLATED * len(words) and has_words(source, identify.WORDS)

    def _left(self, text: str, source: str, references: Sequence[str]) -> str | None:
        """A part of the source that stands in the hypothesis as it was."""
        if base_language(self._source) in UNSPACED:
            if scripts_of(self._source) & scripts_of(self._target):
                return None
            letters = longest_run(_letters(text), _letters(source))
            whole = len(letters) >= LEFT_WHOLE and text.strip() == source.strip()
            said, enough = "".join(letters), whole or len(letters) >= LEFT_LETTERS
        else:
            there = source.split()
            words, known = text.split(), set(there)
            if sum(map(known.__contains__, words)) < LEFT:
                return None
            words = list(longest_run(words, there))
            small = sum(bool(_SMALL_WORD.match(word)) for word in words)
            long = len(words) >= LEFT_LONG or len(words) >= LEFT_SHARE * len(text.split())
            said, enough = " ".join(words), len(words) >= LEFT and small >= LEFT_SMALL and long
        if not enough or any(said in " ".join(reference.split()) for reference in references):
            return None
        alike = script_of(self._source) == script_of(self._target)
        if alike:
            kind = belongs(said, self._target).kind if self._identifies else "target"
            # Between relatives sentences may well share some words in a row.
            doubtful = self._related and len(said.split()) < LEFT_RELATED and kind != "other"
            if kind == "target" or doubtful:
                return None
        return f"left as in the source: {said[:80]!r}"

    def _third_language(self, text: str, source: str, references: Sequence[str]) -> str | None:
        """Words of a third language inside a text: what a pivot left standing.

        Names and quotations are often foreign, so only runs of words in small letters count, six
        of them at a time, that source and references do not have, and neither the source's
        language nor English.
        """
        if not self._windows or not may_hold_another(text, self._target):
            return None
        expected = base_language(self._target)
        found = identify.guesses(text)
        if (
            found
            and found[0].probability >= DOUBTED
            and identify.alike(found[0].language, expected)
        ):
            return None
        own = sum(g.probability for g in found if identify.alike(g.language, expected))
        if own >= DOUBTED or not identify.knows(expected):
            return None
        known = "\n".join((source, *references))
        for run in _LOWER_RUN.findall(text):
            words = run.split()
            starts = range(0, len(words) - WINDOW + 1, WINDOW // 2)
            parts = [words[start : start + WINDOW] for start in starts]
            windows = [
                " ".join(part) for part in ([*parts, words] if len(words) > WINDOW else parts)
            ]
            identify.ahead(without_noise(window) for window in windows if window not in known)
            for window in windows:
                if window in known:
                    continue
                third = [
                    guess
                    for guess in identify.guesses(window)
                    if guess.language not in ("en", base_language(self._source))
                    and not identify.alike(guess.language, expected)
                ]
                if not third:
                    continue
                base = third[0].language
                heard = frequent_words(window, base, unlike=expected)
                doubtful = heard is None or identify.related(base, expected)
                enough = SURER if doubtful else SURE
                if heard != 0 and sum(guess.probability for guess in third) >= enough:
                    return f"{window!r} looks like {identify.named(base)}"
        return None


def _is_cased(text: str) -> bool:
    """Whether nearly all letters are of a script with capitals."""
    letters = [character for character in text if character.isalpha()]
    return sum(one.islower() or one.isupper() for one in letters) >= CASED * len(letters)


@functools.lru_cache(maxsize=640)  # they are asked for ahead
def _without_quotations(text: str, source: str) -> str:
    """A text without what stands in quotation marks in it and in its source.

    Unless little else is there.

    Example:
        >>> _without_quotations("Er las „to be“ laut vor", "He read 'to be' aloud")
        'Er las   laut vor'
    """
    quoted = [match for match in _QUOTED.finditer(text) if match[1].strip() in source]
    if not quoted:
        return text
    rest = text
    for match in reversed(quoted):
        rest = f"{rest[: match.start()]} {rest[match.end() :]}"
    return rest if len(rest.split()) >= OUTSIDE * len(text.split()) else text


def _letters(text: str) -> list[str]:
    """Characters without spaces and ASCII: those of a script without spaces."""
    return [character for character in text if not (character.isspace() or character.isascii())]


def longest_run(text: Sequence[str], source: Sequence[str]) -> Sequence[str]:
    """The longest run of words, or of letters, of a text that its source has, too.

    Example:
        >>> longest_run("Er sagte the quick fox".split(), "see the quick fox".split())
        ['the', 'quick', 'fox']
    """
    places: dict[str, list[int]] = {}
    for at, word in enumerate(source):
        places.setdefault(word, []).append(at)
    best, end = 0, 0
    before: dict[int, int] = {}
    for at, word in enumerate(text):
        here = {place: before.get(place - 1, 0) + 1 for place in places.get(word, ())[:COMMON]}
        for length in here.values():
            if length > best:
                best, end = length, at + 1
        before = here
    return text[end - best : end]
