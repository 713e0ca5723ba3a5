"""Leaderboards and testers for tests of comparisons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from mtbench.boards.comparison import Question, RowEvidence, Side, SideCell, SideRow
from mtbench.languages import LanguagePair
from mtbench.significance import over_family, paired_test
from mtbench.types import MetricInfo
from mtbench.types.findings import PairedTest
from tests.support.lexical_rows import Array, mean, mean_rows

INFOS = {
    "comet": MetricInfo(
        name="comet", title="COMET", needs=("source", "reference"), neural=True, decimals=4,
        unit_scale=100.0,
    ),
    "chrf": MetricInfo(name="chrf", title="chrF", needs=("reference",)),
    "ter": MetricInfo(name="ter", title="TER", needs=("reference",), higher_is_better=False),
}  # fmt: skip


def row(
    system: str,
    *,
    corpus: str = "news",
    pair: str = "en-de",
    signature: str | None = "v:1",
    testset: str | None = "t" * 64,
    output: str | None = None,
    **scores: float | None,
) -> SideRow:
    return SideRow(
        corpus=corpus,
        pair=LanguagePair.parse(pair),
        system=system,
        cells={metric: SideCell(score, signature) for metric, score in scores.items()},
        where=f"{system}.csv:2",
        testset_digest=testset,
        output_digest=output,
    )


def side(name: str, *rows: SideRow, primary: str | None = "comet") -> Side:
    metrics = tuple(dict.fromkeys(metric for r in rows for metric in r.cells))
    named = frozenset({primary} if primary else ())
    return Side(name=name, rows=rows, metrics=metrics, rank_metrics=named)


def answering(
    shifts: Mapping[tuple[str, str], float],
    asked: list[list[tuple[str, str]]] | None = None,
    *,
    segments: int = 100,
) -> Callable[[Sequence[Question], float], list[RowEvidence]]:
    """Answers by a real test of segments that differ by (system, metric) → shift.

    Pairs without a shift have no statistics.
    """

    def answer(questions: Sequence[Question], alpha: float) -> list[RowEvidence]:
        if asked is not None:
            asked.append([(q.new.system, q.metric) for q in questions])
        tests: list[PairedTest | None] = []
        for question in questions:
            shift = shifts.get((question.new.system, question.metric))
            tests.append(None if shift is None else _test(question.metric, shift, alpha, segments))
        corrected = iter(over_family([t for t in tests if t is not None], alpha))
        return [
            RowEvidence(reason="no statistics at hand")
            if t is None
            else RowEvidence(test=next(corrected))
            for t in tests
        ]

    return answer


def _test(metric: str, shift: float, alpha: float, segments: int) -> PairedTest:
    generator = np.random.default_rng(0)
    base: Array = generator.random(segments)
    noise = generator.normal(0, 0.1, segments)
    return paired_test(
        ("new", mean_rows(base + shift + noise - noise.mean())),
        ("old", mean_rows(base)),
        mean,
        metric=metric,
        higher_is_better=INFOS[metric].higher_is_better,
        seed=0,
        alpha=alpha,
        resamples=2_000,
    )
