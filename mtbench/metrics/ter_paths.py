"""Best paths of edits from a hypothesis to a reference, in sacreBLEU's beam and without one.

SacreBLEU looks only at a beam around the diagonal. Where the best path of all lies within it, it is
what sacreBLEU finds, and bit vectors find it at once; elsewhere the beam is searched row by row.
A cell (i, j) stands between the first i words of the hypothesis and the first j of the reference.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

INFINITE = 10**16
_WIDTH = 25


class Beam:
    """The cells that sacreBLEU looks at, for texts of given lengths.

    Args:
        hypothesis: Number of words.
        reference: Likewise.

    Attributes:
        free: Up to so many edits, every best path stays within the beam.
        firsts: For each row, the first column of the beam.
        lasts: For each row, the column behind its last one.
    """

    __slots__ = ("_diagonals", "_width", "firsts", "free", "lasts")

    def __init__(self, hypothesis: int, reference: int) -> None:
        self.free = _free(hypothesis, reference)
        ratio = reference / hypothesis
        width = max(_WIDTH, math.ceil(ratio / 2 + _WIDTH) if ratio / 2 > _WIDTH else 0)
        self._width = width
        self._diagonals = [math.floor(row * ratio) for row in range(hypothesis + 1)]
        self.firsts = [max(0, column - width) for column in self._diagonals]
        self.lasts = [min(reference + 1, column + width) for column in self._diagonals]
        self.firsts[0] = 0
        self.lasts[0] = self.lasts[-1] = reference + 1

    def holds(self, steps: Iterable[str]) -> bool:
        """Whether a path stays within the beam.

        Args:
            steps: Of the path, the last one first, as of ``best_path``.
        """
        firsts, lasts = self.firsts, self.lasts
        row, column = len(firsts) - 1, lasts[-1] - 1
        for step in steps:
            row -= step != "i"
            column -= step != "d"
            if not firsts[row] <= column < lasts[row]:
                return False
        return True

    def surely_holds(self, edits: Iterable[tuple[str, int, int]]) -> bool:
        """The same of a path of which only the edits are known, with few looks.

        Along a diagonal the beam's edge comes nearer or goes away, and never turns, give or take
        one column: so only both ends are looked at, a column away from the edge.

        Args:
            edits: Kind (``replace``, ``insert``, ``delete``), row and column that each starts at.
        """
        firsts, lasts = self.firsts, self.lasts
        diagonals, width = self._diagonals, self._width - 1
        row = column = 0
        for kind, to_row, to_column in (*edits, ("", len(firsts) - 1, lasts[-1] - 1)):
            if to_row > row and not (
                -width <= column + 1 - diagonals[row + 1] < width
                and -width <= to_column - diagonals[to_row] < width
            ):
                return False
            row = to_row + (kind != "insert")
            column = to_column + (kind != "delete")
            if kind and not firsts[row] <= column < lasts[row]:
                return False
        return True


def _free(hypothesis: int, reference: int) -> int:
    """Up to how many edits every best path stays within sacreBLEU's beam.

    A path through cell (i, j) costs at least |j - i| + |(m - n) - (j - i)|, so with d edits j - i
    stays within ((m - n) ± d) / 2. The beam holds j from floor(i · m / n) - 25 to
    floor(i · m / n) + 24, where floor(i · m / n) - i lies between min(0, m - n) - 1 and
    max(0, m - n). The first range lies in the second if d ≤ 46 - |m - n|. Up to 24 words of
    reference the beam holds everything.
    """
    if reference < _WIDTH:
        return INFINITE
    return 2 * _WIDTH - 4 - abs(reference - hypothesis)


def best_path(hypothesis: str, text: str, masks: Mapping[str, int]) -> list[str]:
    """The best path that Tercom's tie-breaking chooses, from bit vectors of whole rows.

    Bit j - 1 of ``diagonals[i - 1]`` says that cell (i, j) costs what (i - 1, j - 1) costs, of
    ``rises[i - 1]`` that it costs one more than (i - 1, j) (Hyyrö, 2003).

    Args:
        hypothesis: Words as characters.
        text: Likewise, of the reference.
        masks: Where each character stands in the reference, as bits.

    Returns:
        Its steps, the last one first: " " for a match, "s", "d" and "i" for edits.
    """
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
    return [*steps, *"d" * row, *"i" * column]


def alignment(
    steps: Sequence[str], hypothesis: int, reference: int
) -> tuple[list[int], list[int], list[int]]:
    """What a path says of the words on either side.

    Args:
        steps: Of the path, the last one first.
        hypothesis: Number of words.
        reference: Likewise.

    Returns:
        For each word of the reference the position of the hypothesis it is aligned to (that
        of the last word before it where it has none); for each word of the hypothesis the
        position of the next error from there on; and likewise for the reference.
    """
    align = [-1] * reference
    errors, gaps = [INFINITE] * hypothesis, [INFINITE] * reference
    row, column = hypothesis, reference
    error = gap = INFINITE
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


# --- the beam, row by row ----------------------------------------------------------------------


def beam_rows(
    hypothesis: str, reference: str, beam: Beam, known: Sequence[list[int]] = (), stop: int = 0
) -> list[list[int]]:
    """Rows of edit distances within the beam: from the start to each cell.

    Args:
        hypothesis: Words as characters.
        reference: Likewise.
        beam: For their lengths.
        known: The first rows, which depend on the first words of the hypothesis alone.
        stop: The last row that is wanted; by default all are.
    """
    n, m = stop or len(hypothesis), len(reference)
    firsts, lasts = beam.firsts, beam.lasts
    rows = list(known) or [list(range(m + 1))]
    for row in range(len(rows), n + 1):
        code, above = hypothesis[row - 1], rows[-1]
        first, last = firsts[row], lasts[row]
        cells = [INFINITE] * (m + 1)
        left = INFINITE
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


def beam_tails(hypothesis: str, reference: str, beam: Beam) -> list[list[int]]:
    """Rows of edit distances within the beam: from each cell to the end."""
    n, m = len(hypothesis), len(reference)
    below = [INFINITE] * (m + 2)
    below[beam.firsts[n] : m + 1] = range(m - beam.firsts[n], -1, -1)
    rows = [below]
    for row in range(n - 1, -1, -1):
        code, cells = hypothesis[row], [INFINITE] * (m + 2)
        right, corner = INFINITE, below[beam.lasts[row]]
        for column in range(beam.lasts[row] - 1, beam.firsts[row] - 1, -1):
            down = below[column]
            cost = corner if column < m and code == reference[column] else corner + 1
            if down < cost:
                cost = down + 1
            if right < cost:
                cost = right + 1
            cells[column] = right = cost
            corner = down
        rows.append(cells)
        below = cells
    return rows[::-1]


def beam_path(hypothesis: str, reference: str, rows: list[list[int]]) -> list[str]:
    """The steps of the best path within the beam, the last one first."""
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
    return [*steps, *"d" * row, *"i" * column]
