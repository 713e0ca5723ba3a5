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
beam only if d > 2 · 25 - 4 - |n - m| (see ``_free_of_beam``); beyond that the beam is searched as
it does it, row by row. So every count is the same, which the tests hold on real and random text.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

Distance = Callable[..., int]

MAX_SHIFT_SIZE = 10
MAX_SHIFT_DISTANCE = 50
MAX_SHIFT_CANDIDATES = 1000
BEAM_WIDTH = 25
_INFINITE = 10**16
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


def load_distance() -> Distance:
    """Levenshtein distance of two strings; ``score_cutoff`` stops above it."""
    from rapidfuzz.distance import Levenshtein

    return Levenshtein.distance


def count_edits(words: Sequence[str], reference: Reference, distance: Distance) -> int:
    """Edits and shifts that turn a hypothesis into a reference.

    Args:
        words: The tokenized hypothesis.
        reference: The reference.
        distance: From ``load_distance``.
    """
    text = reference.text
    if not text or not words:
        return len(words) + len(text)
    hypothesis = reference.encode(words)
    if hypothesis == text:
        return 0
    # No order of the hypothesis' words does better than this.
    floor = max(len(text), len(hypothesis)) - _shared(hypothesis, reference)
    search = _Search(reference, len(hypothesis), floor, distance)
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


def _free_of_beam(hypothesis: int, reference: int) -> int:
    """Up to how many edits every best path stays within sacreBLEU's beam.

    A path through cell (i, j) costs at least |j - i| + |(m - n) - (j - i)|, so with d edits j - i
    stays within ((m - n) ± d) / 2. The beam holds j from floor(i · m / n) - 25 to
    floor(i · m / n) + 24, where floor(i · m / n) - i lies between min(0, m - n) - 1 and
    max(0, m - n). The first range lies in the second if d ≤ 46 - |m - n|. Up to 24 words of
    reference the beam holds everything.
    """
    if reference < BEAM_WIDTH:
        return _INFINITE
    return 2 * BEAM_WIDTH - 4 - abs(reference - hypothesis)


class _Search:
    """The greedy search for shifts of one hypothesis against one reference."""

    __slots__ = (
        "_candidates",
        "_distance",
        "_edits",
        "_floor",
        "_free",
        "_hypothesis",
        "_plain",
        "_reference",
        "_rows",
    )

    def __init__(self, reference: Reference, length: int, floor: int, distance: Distance) -> None:
        self._reference = reference
        self._floor = floor
        self._distance = distance
        self._free = _free_of_beam(length, len(reference.text))
        self._candidates = 0
        self._hypothesis = ""
        self._edits = self._plain = 0
        self._rows: list[list[int]] | None = None

    def measure(self, hypothesis: str) -> int:
        """Edit distance of a hypothesis, which the next shifts start from."""
        self._hypothesis = hypothesis
        self._plain = self._edits = self._distance(hypothesis, self._reference.text)
        self._rows = None
        if self._plain > self._free:
            self._rows = _beam_rows(hypothesis, self._reference.text, [])
            self._edits = self._rows[-1][-1]
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
                found = self._edits_of(shifted, most, min(start, target))
                if found <= most:
                    best, fewest, rank = shifted, found, wanted
            if self._candidates >= MAX_SHIFT_CANDIDATES:
                return None
        return best

    def _edits_of(self, shifted: str, most: int, same: int) -> int:
        """Edits of a shifted hypothesis if they are at most ``most``, else something above."""
        found = self._distance(shifted, self._reference.text, score_cutoff=most)
        if self._free < found <= most and self._rows is not None:
            return _beam_rows(shifted, self._reference.text, self._rows[: same + 1])[-1][-1]
        return found

    def _blocks(self) -> Iterator[tuple[int, int, list[int]]]:
        """Blocks that may move, in Tercom's order: start, length, and where to.

        A block stands in the reference too, has an error on either side, and is not aligned to
        within itself.
        """
        hypothesis, text = self._hypothesis, self._reference.text
        align, errors, gaps = self._alignment()
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

    def _alignment(self) -> tuple[list[int], list[int], list[int]]:
        """How the best path lies.

        Returns:
            For each word of the reference the position of the hypothesis it is aligned to (that
            of the last word before it where it has none); for each word of the hypothesis the
            position of the next error from there on; and likewise for the reference.
        """
        if self._rows is None:
            path = _path(self._hypothesis, self._reference)
        else:
            path = _beam_path(self._hypothesis, self._reference.text, self._rows)
        return path


def _shifted(text: str, start: int, length: int, target: int) -> str:
    block, end = text[start : start + length], start + length
    if target < start:
        return text[:target] + block + text[target:start] + text[end:]
    if target > end:
        return text[:start] + text[end:target] + block + text[target:]
    # Within the block: so many of the words behind it come before it.
    return text[:start] + text[end : length + target] + block + text[length + target :]


def _path(hypothesis: str, reference: Reference) -> tuple[list[int], list[int], list[int]]:
    """The best path that Tercom's tie-breaking chooses, from bit vectors of whole rows.

    Bit j - 1 of ``diagonals[i - 1]`` says that cell (i, j) costs what (i - 1, j - 1) costs, of
    ``rises[i - 1]`` that it costs one more than (i - 1, j) (Hyyrö, 2003).
    """
    text, masks = reference.text, reference.masks
    width = (1 << len(text)) - 1
    plus, minus = width, 0
    diagonals: list[int] = []
    rises: list[int] = []
    for code in hypothesis:
        equal = masks.get(code, 0)
        diagonal = ((((equal & plus) + plus) ^ plus) | equal | minus) & width
        rise = minus | (width ^ (diagonal | plus))
        diagonals.append(diagonal)
        rises.append(rise)
        carried = (rise << 1) | 1
        fall = diagonal & plus
        plus = ((fall << 1) | ~(diagonal | carried)) & width
        minus = carried & diagonal & width

    steps: list[str] = []
    row, column = len(hypothesis), len(text)
    while row and column:
        bit = 1 << (column - 1)
        if hypothesis[row - 1] == text[column - 1]:
            steps.append(" ")
            row, column = row - 1, column - 1
        elif not diagonals[row - 1] & bit:
            steps.append("s")
            row, column = row - 1, column - 1
        elif rises[row - 1] & bit:
            steps.append("d")
            row -= 1
        else:
            steps.append("i")
            column -= 1
    steps += "d" * row + "i" * column
    return _read(steps, len(hypothesis), len(text))


def _read(
    steps: Sequence[str], hypothesis: int, reference: int
) -> tuple[list[int], list[int], list[int]]:
    """What ``_Search._alignment`` returns, from the steps of a path, the last one first."""
    align = [-1] * reference
    errors, gaps = [_INFINITE] * hypothesis, [_INFINITE] * reference
    row, column = hypothesis, reference
    error = gap = _INFINITE
    for step in steps:
        if step == "d":
            row -= 1
            errors[row] = error = row
        elif step == "i":
            column -= 1
            gaps[column] = gap = column
            align[column] = row - 1
        else:
            row, column = row - 1, column - 1
            if step == "s":
                error, gap = row, column
            errors[row], gaps[column] = error, gap
            align[column] = row
    return align, errors, gaps


# --- the beam -------------------------------------------------------------------------------


def _beam_rows(hypothesis: str, reference: str, known: list[list[int]]) -> list[list[int]]:
    """Rows of edit distances within the beam, going on from those that are known.

    Args:
        hypothesis: Words as characters.
        reference: Likewise.
        known: The first rows, which depend on the first words of the hypothesis alone.
    """
    n, m = len(hypothesis), len(reference)
    ratio = m / n
    width = max(BEAM_WIDTH, math.ceil(ratio / 2 + BEAM_WIDTH) if ratio / 2 > BEAM_WIDTH else 0)
    rows = list(known) or [list(range(m + 1))]
    for row in range(len(rows), n + 1):
        code, above = hypothesis[row - 1], rows[-1]
        diagonal = math.floor(row * ratio)
        first = max(0, diagonal - width)
        last = m + 1 if row == n else min(m + 1, diagonal + width)
        cells = [_INFINITE] * (m + 1)
        left = _INFINITE
        if first == 0:
            cells[0] = left = above[0] + 1
            first = 1
        corner = above[first - 1]
        for column in range(first, last):
            up = above[column]
            cost = corner if code == reference[column - 1] else corner + 1
            if up < cost:
                cost = up + 1
            if left < cost:
                cost = left + 1
            cells[column] = left = cost
            corner = up
        rows.append(cells)
    return rows


def _beam_path(
    hypothesis: str, reference: str, rows: list[list[int]]
) -> tuple[list[int], list[int], list[int]]:
    """The best path within the beam."""
    steps: list[str] = []
    row, column = len(hypothesis), len(reference)
    while row and column:
        cost = rows[row][column]
        same = hypothesis[row - 1] == reference[column - 1]
        if rows[row - 1][column - 1] + (not same) == cost:
            steps.append(" " if same else "s")
            row, column = row - 1, column - 1
        elif rows[row - 1][column] + 1 == cost:
            steps.append("d")
            row -= 1
        else:
            steps.append("i")
            column -= 1
    steps += "d" * row + "i" * column
    return _read(steps, len(hypothesis), len(reference))
