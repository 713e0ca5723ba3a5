"""On WMT22 French-German one system stands out by its nearness to the reference, and only there."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtbench.boards.suspicion import Evidence, reference_affinity
from mtbench.metrics.lexical import Chrf
from mtbench.types import Runtime, SystemCard, TestSetFacts
from tests.support.lexical import view_of
from tests.support.wmt22 import outputs_of, reference_of


@pytest.mark.parametrize(("pair", "expected"), [("fr-de", ["Online-W"]), ("de-fr", [])])
def test_reference_affinity(wmt22: Path, pair: str, expected: list[str]) -> None:
    references, outputs = reference_of(wmt22, pair), outputs_of(wmt22, pair)
    metric = Chrf(Chrf.Options(), Runtime())
    rows = metric.prepare(view_of([(r,) for r in references], pair.split("-")[1])).statistics(
        outputs
    )
    scores = {name: float(metric.pool(table.sum(axis=0))) for name, table in rows.items()}
    known = Evidence(
        ids=tuple(map(str, range(len(references)))),
        sources=("",) * len(references),
        references=tuple((r,) for r in references),
        outputs=outputs,
        cards={name: SystemCard(name=name, backend="hypotheses") for name in outputs},
        facts=TestSetFacts(segments=len(references)),
        scores={"chrf": scores},
        segment_scores={},
        higher_is_better={"chrf": True},
        normalised={},
    )
    assert [finding.systems[0] for finding in reference_affinity(known)] == expected
