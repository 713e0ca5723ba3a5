"""One side of a comparison, wherever it came from."""

from __future__ import annotations

from dataclasses import dataclass, field

from mtbench.languages import LanguagePair
from mtbench.types import Leaderboard, Signature

NOT_AGAIN = "could not be scored again"  # in a note on a row of which that was wanted


@dataclass(frozen=True, slots=True)
class SideCell:
    """One metric's score in a row, and how it was computed where that is known."""

    score: float | None
    signature: str | None = None

    @property
    def partial(self) -> bool:
        """Whether failed segments count as empty in the score."""
        try:
            return self.signature is not None and Signature.parse(self.signature).partial
        except ValueError:  # another tool's
            return False


@dataclass(frozen=True, slots=True)
class SideRow:
    """One system on one test set.

    Attributes:
        corpus, pair, system: What the row is of.
        cells: Metric → cell.
        where: ``FILE:LINE`` or the folder it came from, for messages.
        folder: The system's folder under results, where known.
        testset_digest, output_digest: What it was made from, where known.
    """

    corpus: str
    pair: LanguagePair
    system: str
    cells: dict[str, SideCell]
    where: str
    folder: str | None = None
    testset_digest: str | None = None
    output_digest: str | None = None

    @property
    def test_set(self) -> str:
        """``CORPUS/SRC-TGT``."""
        return f"{self.corpus}/{self.pair}"


@dataclass(frozen=True, slots=True)
class Side:
    """One leaderboard.

    Attributes:
        name: As the user gave it.
        rows: Its rows.
        metrics: Its metrics, in the order of its columns.
        rank_metrics: Primary metrics its rows name.
        notes: Sentences a reader must see.
    """

    name: str
    rows: tuple[SideRow, ...]
    metrics: tuple[str, ...]
    rank_metrics: frozenset[str] = frozenset()
    notes: tuple[str, ...] = field(default=())


def side_of_board(board: Leaderboard, name: str, root: str | None = None) -> Side:
    """A leaderboard built from a results folder as a side.

    Args:
        board: The leaderboard.
        name: What to call it.
        root: The results folder, where it is not what the side is called.
    """
    rows, metrics, primary = [], {}, set()
    for table in board.tables:
        metrics.update(dict.fromkeys(table.metrics))
        if table.rank_metric:
            primary.add(table.rank_metric)
        rows += [
            SideRow(
                corpus=table.corpus,
                pair=table.pair,
                system=row.system,
                cells={m: SideCell(c.score, c.signature) for m, c in row.cells.items()},
                where=f"{root or name}/{table.corpus}/{table.pair}/{row.folder}",
                folder=row.folder,
                testset_digest=row.testset_digest,
                output_digest=row.output_digest,
            )
            for row in table.rows
        ]
    return Side(name, tuple(rows), tuple(metrics), frozenset(primary))
