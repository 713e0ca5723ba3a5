"""The stored outputs and statistics behind the rows of a leaderboard."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mtbench.boards.comparison import SideRow
from mtbench.boards.comparison.matching import ROUNDED
from mtbench.pipeline.stored import recomputed
from mtbench.results import Results, RunFolder
from mtbench.types import MetricResult, RunRecord


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored score with its run and where it lies."""

    result: MetricResult
    run: RunRecord
    results: Results


class RowStatistics:
    """Finds what lies behind rows in one results folder.

    Args:
        root: The results folder.
    """

    def __init__(self, root: Path) -> None:
        self.results = Results(root)
        self._folders: dict[tuple[str, str], list[RunFolder]] = {}
        for folder in self.results.runs():
            self._folders.setdefault((folder.corpus, str(folder.pair)), []).append(folder)

    def run(self, row: SideRow) -> tuple[RunFolder, RunRecord] | None:
        """Folder and record of the run that a row is of, if they are here.

        Raises:
            DataError: If a file does not hold.
        """
        for folder in self._folders.get((row.corpus, str(row.pair)), []):
            run = folder.read_run()
            if run is not None and _is_of(row, folder, run):
                return folder, run
        return None

    def __call__(self, row: SideRow, metric: str) -> Stored | str:
        """The result behind a cell, or why it cannot be had: same output, signature and score.

        Raises:
            DataError: If a file does not hold.
        """
        found = self.run(row)
        if found is None:
            return f"no statistics of {row.system} on {row.test_set} in {self.results.root}"
        folder, run = found
        cell = row.cells[metric]
        paths = [path for path in folder.score_paths() if path.name.startswith(f"{metric}@")]
        for path in paths:
            result = recomputed(folder.read_result(path)).result
            score = result.score
            if (
                cell.score is not None
                and score.output_digest == run.output_digest
                and cell.signature in (None, score.signature)
                and row.testset_digest in (None, score.testset_digest)
                and abs(score.score - cell.score) <= ROUNDED
            ):
                return Stored(result, run, self.results)
        if not paths:
            return f"no {metric} statistics of {row.system} on {row.test_set} in {folder.path}"
        return f"the {metric} statistics in {folder.path} are not those behind {row.where}"


def _is_of(row: SideRow, folder: RunFolder, run: RunRecord) -> bool:
    named = row.folder == folder.system if row.folder else row.system in (folder.system, run.system)
    return named and row.output_digest in (None, run.output_digest)
