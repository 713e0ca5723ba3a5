"""Stored outputs → which segments have which health flag, and on what evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mtbench.errors import MtbenchError
from mtbench.metrics.health import FLAGS
from mtbench.pipeline.health import stored_result
from mtbench.pipeline.work import Watcher
from mtbench.plugins import Scorer, make_metric
from mtbench.results import Results
from mtbench.stages import scoring
from mtbench.types import Row, Runtime, SystemOutput, Table, TestSet

Evidence = dict[int, dict[str, str]]  # position of a segment → flag → what was seen

# A leaderboard counts these by a plainer rule; a flag must mean one thing on a page.
COUNTED_OTHERWISE = ("empty", "copied")


class Flagger:
    """Finds the flags of one table's systems, again only where they are not stored.

    A run stores how many segments have a flag, not which; the metric ``health`` stores both.

    Args:
        results: The results folder.
        table: The table.
        test_set: What its runs were made from; None where it is not at hand.
        watcher: Told what happens.
    """

    def __init__(
        self, results: Results, table: Table, test_set: TestSet | None, watcher: Watcher
    ) -> None:
        self._results = results
        self._table = table
        self._test_set = test_set
        self._watcher = watcher
        self._scorer: Scorer | None = None

    def flags(
        self, rows: Sequence[Row], outputs: Mapping[str, SystemOutput]
    ) -> tuple[dict[str, Evidence], list[str]]:
        """The evidence by system, and sentences on what could not be looked at."""
        found: dict[str, Evidence] = {}
        missing: list[str] = []
        asked = []
        for row in rows:
            run = outputs[row.system].run
            cell = row.cells.get("health")
            if cell is not None and cell.signature is not None:
                stored = stored_result(self._results, self._table, row, "health")
                said = stored.score.annotations
                place = {name: at for at, name in enumerate(stored.statistics.ids)}
                found[row.system] = {place[name]: dict(said[name]) for name in said}
            elif not any(flag in run.health for flag in FLAGS if flag not in COUNTED_OTHERWISE):
                missing.append(row.system)
            elif any(run.health.get(flag) for flag in FLAGS if flag not in COUNTED_OTHERWISE):
                asked.append(row)
            else:
                found[row.system] = {}
        notes = []
        if missing:
            notes.append(
                f"Flags such as off-target were not looked for in the output of {_listed(missing)}."
            )
        if asked:
            notes += self._look_again(asked, outputs, found)
        return {name: _shown(one) for name, one in found.items()}, notes

    def _look_again(
        self,
        rows: Sequence[Row],
        outputs: Mapping[str, SystemOutput],
        found: dict[str, Evidence],
    ) -> list[str]:
        digests = {outputs[row.system].run.testset_digest for row in rows}
        if self._test_set is None or digests != {self._test_set.digest()}:
            return [
                "Which segments have flags such as off-target cannot be shown without the corpus."
            ]
        name = f"{self._table.corpus} {self._table.pair}"
        size = len(self._test_set)
        self._watcher.start(f"{name}: output health", size * len(rows))
        changed = []
        try:
            scorer = self._prepared(self._test_set)
            for row in rows:
                output = outputs[row.system]
                texts = [hypothesis.text or "" for hypothesis in output.hypotheses]
                scorer.statistics({row.system: texts}, self._watcher.advance)
                said = scorer.annotations(row.system)
                place = {h.id: at for at, h in enumerate(output.hypotheses)}
                found[row.system] = {place[key]: dict(said[key]) for key in said}
                counts = scorer.notes(row.system)
                if any(
                    counts[flag] != output.run.health.get(flag, counts[flag])
                    for flag in FLAGS
                    if flag not in COUNTED_OTHERWISE
                ):
                    changed.append(row.system)
        except MtbenchError as error:
            return [f"Which segments have flags such as off-target cannot be shown: {error}."]
        finally:
            self._watcher.stop()
        if not changed:
            return []
        return [
            f"Flags were found anew and are not as many as were counted when it ran, by another "
            f"version: {_listed(changed)}."
        ]

    def _prepared(self, test_set: TestSet) -> Scorer:
        if self._scorer is None:
            metric = make_metric("health", {}, Runtime())
            metric.check()
            self._scorer = metric.prepare(scoring.view(test_set, metric.info))
        return self._scorer


def _shown(evidence: Evidence) -> Evidence:
    """Without what is counted otherwise, and without segments that have nothing else."""
    kept = {
        at: {flag: said for flag, said in flags.items() if flag not in COUNTED_OTHERWISE}
        for at, flags in evidence.items()
    }
    return {at: flags for at, flags in kept.items() if flags}


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
