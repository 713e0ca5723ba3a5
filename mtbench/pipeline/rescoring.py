"""An old leaderboard's stored outputs, scored on the references of a new one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace as with_fields

from mtbench.boards.comparison import NOT_AGAIN, Side, SideCell, SideRow
from mtbench.boards.comparison.matching import other_test_set
from mtbench.config import Workspace
from mtbench.errors import MtbenchError
from mtbench.pipeline.row_statistics import RowStatistics, Stored
from mtbench.pipeline.test_sets import StoredTestSets
from mtbench.plugins import make_metric
from mtbench.stages import scoring
from mtbench.types import Runtime, SystemOutput, TestSet

Lookup = Callable[[SideRow, str], "Stored | str"]


class Rescorer:
    """Scores rows of an old side again where the test set of the new side's row differs.

    Nothing is written: the scores are of this comparison.

    Args:
        space: Where corpora are, and the new side's results.
        old: What lies behind the old side.
        new: The statistics behind the new side; they say how each metric is to be computed.
    """

    def __init__(self, space: Workspace, old: RowStatistics, new: Lookup) -> None:
        self._corpora = StoredTestSets(space)
        self._cache = str(space.cache)
        self._old = old
        self._new = new
        self._made: dict[tuple[str, str, str], Stored] = {}

    def __call__(self, row: SideRow, metric: str) -> Stored | str:
        """The statistics behind a row of the old side: made here, or stored."""
        return self._made.get((row.test_set, row.system, metric)) or self._old(row, metric)

    def rescored(self, old: Side, new: Side, renamed: Mapping[str, str]) -> Side:
        """The old side with rows scored again where test sets differ; notes say what was done."""
        partners = {(row.corpus, row.pair, row.system): row for row in new.rows}
        rows, notes = [], list(old.notes)
        for row in old.rows:
            partner = partners.get((row.corpus, row.pair, renamed.get(row.system, row.system)))
            if partner is None or other_test_set(row, partner) is None:
                rows.append(row)
                continue
            found = self._row(row, partner)
            if isinstance(found, str):
                notes.append(f"{row.system} on {row.test_set} {NOT_AGAIN}: {found}")
                rows.append(row)
            else:
                notes.append(
                    f"{row.system} on {row.test_set}: the old output was scored again on the "
                    "references of the new side"
                )
                rows.append(found)
        return with_fields(old, rows=tuple(rows), notes=tuple(notes))

    def _row(self, row: SideRow, partner: SideRow) -> SideRow | str:
        run = self._old.run(row)
        output = run[0].read_output() if run is not None else None
        if run is None or output is None:
            return f"its output is not stored in {self._old.results.root}"
        test_set = self._corpora.test_set(run[0])
        if isinstance(test_set, str):
            return test_set
        if test_set.digest() != partner.testset_digest:
            return f"the corpus here is not the one that {partner.where} was scored on"
        if test_set.sources_digest() != output.run.sources_digest:
            return "the sources have changed too; translate them again"
        cells = dict.fromkeys(row.cells, SideCell(None))
        for metric, cell in partner.cells.items():
            if cell.score is None:
                continue
            found = self._score(metric, partner, output, test_set)
            if isinstance(found, str):
                return found
            self._made[row.test_set, row.system, metric] = found
            score = found.result.score
            cells[metric] = SideCell(score.score, score.signature)
        return with_fields(row, cells=cells, testset_digest=test_set.digest())

    def _score(
        self, name: str, partner: SideRow, output: SystemOutput, test_set: TestSet
    ) -> Stored | str:
        stored = self._new(partner, name)
        if isinstance(stored, str):
            return stored
        try:
            metric = make_metric(name, stored.result.score.options, Runtime(cache=self._cache))
            view = scoring.view(test_set, metric.info)
            metric.check()
            metric.check(view)
            scoring.check_output(test_set, output, allow_partial=True)
            signed = scoring.signature(metric, view, test_set, output.run)
            with metric:
                results = dict(
                    scoring.score(test_set, {"it": output}, metric, view, {"it": signed})
                )
        except MtbenchError as error:
            return f"{name}: {error.message}"
        return Stored(results["it"], output.run, self._old.results)
