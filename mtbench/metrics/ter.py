"""Translation edit rate, exactly as sacreBLEU counts it, in a small part of the time.

TER (Snover et al., 2006) is the number of word edits plus the number of block shifts that a
greedy search finds. sacreBLEU's search tries up to 1,000 shifts a segment and fills a matrix of
edit distances in Python for each. Here

- words become characters, one alphabet a reference, so that a distance is one call into
  rapidfuzz's bit-parallel Levenshtein (Hyyrö, 2003) and a shift is string slicing;
- the alignment that rules which shifts are tried comes from the bit vectors of the same algorithm,
  with the tie-breaking of Tercom: match or substitution, then deletion, then insertion;
- a shift that cannot beat the best one so far is counted but not measured.

sacreBLEU searches a beam around the diagonal. A path of d edits between n and m words leaves the
beam only if d > 2 · 25 - 4 - |n - m|; beyond that a best path is looked at, and only where it does
leave the beam is that searched as sacreBLEU does it, row by row (``ter_paths``). So every count is
the same, which the tests hold on real and random text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import add
from typing import Any, NamedTuple

from mtbench.metrics.ter_paths import Beam, alignment, beam_path, beam_rows, beam_tails, best_path

MAX_SHIFT_SIZE = 10
MAX_SHIFT_DISTANCE = 50
MAX_SHIFT_CANDIDATES = 1000
_UNKNOWN = "\0"  # every word that the reference does not have: none of them matches anything


class Reference:
    """A reference made ready: its words as characters, and where each of them stands.

    Args:
        words: The tokenized reference.
    """

    __slots__ = ("codes", "counts", "masks", "positions", "text")

    def __init__(self, words: Sequence[str]) -> None:
        self.codes: dict[str, str] = {}
        for word in words:
            if word not in self.codes:
                self.codes[word] = chr(len(self.codes) + 1)
        self.text = "".join(map(self.codes.__getitem__, words))
        self.positions: dict[str, list[int]] = {}
        self.masks: dict[str, int] = {}
        for at, code in enumerate(self.text):
            self.positions.setdefault(code, []).append(at)
            self.masks[code] = self.masks.get(code, 0) | 1 << at
        self.counts = {code: len(found) for code, found in self.positions.items()}

    def encode(self, words: Sequence[str]) -> str:
        """A hypothesis in the reference's alphabet."""
        codes = self.codes
        return "".join([codes.get(word, _UNKNOWN) for word in words])


class Levenshtein(NamedTuple):
    """Of two strings, in compiled code.

    Attributes:
        distance: The number of edits; ``score_cutoff`` stops above it.
        edits: The edits of one best path.
    """

    distance: Callable[..., int]
    edits: Callable[[str, str], Any]


def load_levenshtein() -> Levenshtein:
    """What rapidfuzz has for it."""
    from rapidfuzz import distance

    return Levenshtein(distance.Levenshtein.distance, distance.Levenshtein.editops)


def count_edits(words: Sequence[str], reference: Reference, levenshtein: Levenshtein) -> int:
    """Edits and shifts that turn a hypothesis into a reference.

    Args:
        words: The tokenized hypothesis.
        reference: The reference.
        levenshtein: From ``load_levenshtein``.
    """
    text = reference.text
    if not text or not words:
        return len(words) + len(text)
    hypothesis = reference.encode(words)
    if hypothesis == text:
        return 0
    # No order of the hypothesis' words does better than this.
    floor = max(len(text), len(hypothesis)) - _shared(hypothesis, reference)
    search = _Search(reference, len(hypothesis), floor, levenshtein)
    shifts = 0
    while True:
        edits = search.measure(hypothesis)
        if edits == floor:
            return shifts + edits
        shifted = search.best_shift()
        if shifted is None:
            return shifts + edits
        shifts += 1
        hypothesis = shifted


def _shared(hypothesis: str, reference: Reference) -> int:
    counts = reference.counts
    return sum(
        min(hypothesis.count(code), counts[code]) for code in set(hypothesis) if code in counts
    )


class _Search:
    """The greedy search for shifts of one hypothesis against one reference."""

    __slots__ = (
        "_beam",
        "_candidates",
        "_edits",
        "_floor",
        "_hypothesis",
        "_levenshtein",
        "_plain",
        "_reference",
        "_rows",
        "_steps",
        "_tails",
    )

    def __init__(
        self, reference: Reference, length: int, floor: int, levenshtein: Levenshtein
    ) -> None:
        self._reference = reference
        self._floor = floor
        self._levenshtein = levenshtein
        self._beam = Beam(length, len(reference.text))
        self._candidates = 0
        self._hypothesis = ""
        self._edits = self._plain = 0
        self._steps: list[str] | None = None
        self._rows: list[list[int]] | None = None
        self._tails: list[list[int]] | None = None

    def measure(self, hypothesis: str) -> int:
        """Edit distance of a hypothesis, which the next shifts start from."""
        text = self._reference.text
        self._hypothesis = hypothesis
        self._plain = self._edits = self._levenshtein.distance(hypothesis, text)
        self._steps = self._rows = self._tails = None
        if self._plain > self._beam.free:
            self._steps = best_path(hypothesis, text, self._reference.masks)
            if not self._beam.holds(self._steps):
                self._rows = beam_rows(hypothesis, text, self._beam)
                self._edits = self._rows[-1][-1]
                self._steps = beam_path(hypothesis, text, self._rows)
        return self._edits

    def best_shift(self) -> str | None:
        """The shifted hypothesis that Tercom's ranking prefers, if one has fewer edits.

        The highest gain, then the longest block, then the earliest block, then the earliest
        place. None also once 1,000 shifts have been tried: what that round found is dropped.
        """
        hypothesis, edits = self._hypothesis, self._edits
        best: str | None = None
        fewest = edits
        rank: tuple[int, ...] = (MAX_SHIFT_SIZE + 1,)  # without a gain no shift is taken
        tried: set[tuple[int, int, int]] = set()
        for start, length, targets in self._blocks():
            self._candidates += len(targets)
            # A shift takes a block out and puts it in: it saves two edits a word at most.
            least = max(self._floor, self._plain - 2 * length)
            for target in targets if fewest >= least else ():
                wanted = (length, -start, -target)
                most = fewest if wanted > rank else fewest - 1
                if most < least or target == start or wanted in tried:
                    continue
                tried.add(wanted)
                shifted = _shifted(hypothesis, start, length, target)
                found = self._edits_of(shifted, most, *_changed(start, length, target))
                if found <= most:
                    best, fewest, rank = shifted, found, wanted
            if self._candidates >= MAX_SHIFT_CANDIDATES:
                return None
        return best

    def _edits_of(self, shifted: str, most: int, start: int, stop: int) -> int:
        """Edits of a shifted hypothesis if they are at most ``most``, else something above.

        Before ``start`` and from ``stop`` on, its words are those of the hypothesis.
        """
        text, beam = self._reference.text, self._beam
        found = self._levenshtein.distance(shifted, text, score_cutoff=most)
        if not beam.free < found <= most:
            return found
        if beam.surely_holds(self._levenshtein.edits(shifted, text).as_list()):
            return found
        known, tails = self._around()
        heads = beam_rows(shifted, text, beam, known[: start + 1], stop)[-1]
        edits: int = min(map(add, heads, tails[stop]))
        return edits

    def _around(self) -> tuple[list[list[int]], list[list[int]]]:
        """Distances within the beam of the hypothesis that shifts start from, of both sides."""
        hypothesis, text, beam = self._hypothesis, self._reference.text, self._beam
        if self._rows is None:
            self._rows = beam_rows(hypothesis, text, beam)
        if self._tails is None:
            self._tails = beam_tails(hypothesis, text, beam)
        return self._rows, self._tails

    def _blocks(self) -> Iterator[tuple[int, int, list[int]]]:
        """Blocks that may move, in Tercom's order: start, length, and where to.

        A block stands in the reference too, has an error on either side, and is not aligned to
        within itself.
        """
        hypothesis, text = self._hypothesis, self._reference.text
        steps = self._steps
        if steps is None:
            steps = best_path(hypothesis, text, self._reference.masks)
        align, errors, gaps = alignment(steps, len(hypothesis), len(text))
        positions = self._reference.positions
        for start, code in enumerate(hypothesis):
            error = errors[start] - start
            if error >= MAX_SHIFT_SIZE:
                continue
            for place in positions.get(code, ()):
                if not -MAX_SHIFT_DISTANCE <= place - start <= MAX_SHIFT_DISTANCE:
                    continue
                shortest = max(error, gaps[place] - place) + 1
                within = align[place] - start
                longest = min(within, MAX_SHIFT_SIZE) if within >= 0 else MAX_SHIFT_SIZE
                longest = min(longest, len(hypothesis) - start, len(text) - place)
                if shortest > longest or (
                    hypothesis[start : start + shortest] != text[place : place + shortest]
                ):
                    continue
                length = shortest
                targets = sorted(
                    {align[at] + 1 if at >= 0 else 0 for at in range(place - 1, place + length)}
                )
                yield start, length, targets
                while length < longest and hypothesis[start + length] == text[place + length]:
                    target = align[place + length] + 1
                    length += 1
                    if target != targets[-1]:
                        targets.append(target)
                    yield start, length, targets


def _changed(start: int, length: int, target: int) -> tuple[int, int]:
    """From which word on a shift changes a hypothesis, and from which on no more."""
    end = start + length
    return min(start, target), length + target if start < target <= end else max(end, target)


def _shifted(text: str, start: int, length: int, target: int) -> str:
    block, end = text[start : start + length], start + length
    if target < start:
        return text[:target] + block + text[target:start] + text[end:]
    if target > end:
        return text[:start] + text[end:target] + block + text[target:]
    # Within the block: so many of the words behind it come before it.
    return text[:start] + text[end : length + target] + block + text[length + target :]
