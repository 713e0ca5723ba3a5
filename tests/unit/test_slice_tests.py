"""Paired tests on the slices of a test set."""

from __future__ import annotations

import numpy as np

from mtbench.boards.slices import slice_scores
from mtbench.pipeline.slice_tests import MOST_SYSTEMS, with_tests
from mtbench.plugins import Array
from mtbench.significance import rank
from mtbench.testing import ExactMatch
from mtbench.types import Record, Runtime
from mtbench.types.findings import Sliced

LABELS = ["news"] * 60 + ["chat"] * 60
METRIC = ExactMatch(Record(), Runtime())


def systems(count: int = 3) -> dict[str, Array]:
    """All alike on news; on chat the first is far better."""
    generator = np.random.default_rng(0)
    found = {}
    for at in range(count):
        right = generator.random(120) < 0.5
        right[60:] = generator.random(60) < (0.95 if at == 0 else 0.3)
        found[f"s{at}"] = np.column_stack([right.astype(float), np.ones(120)])
    return found


def sliced(rows: dict[str, Array], **more: object) -> Sliced:
    plain = slice_scores(rows, LABELS, METRIC.pool, None, by="domain", metric="exact")
    given = {"documents": [None] * 120, "baselines": (), "seed": 0, **more}
    return with_tests(plain, rows, LABELS, METRIC, **given)  # type: ignore[arg-type]


def losses(found: Sliced) -> dict[str, dict[str, int | None]]:
    return {part.label: {s.system: s.losses for s in part.scores} for part in found.slices}


def test_each_slice_has_its_own_winners() -> None:
    rows = systems()
    found = losses(sliced(rows))
    assert found["news"] == {"s0": 0, "s1": 0, "s2": 0}
    assert found["chat"] == {"s0": 0, "s1": 1, "s2": 1}
    alone = rank({name: one[60:] for name, one in rows.items()}, METRIC.pool, seed=0)
    assert found["chat"] == {one.system: one.losses for one in alone.systems}


def test_baselines_and_crowds_are_not_tested() -> None:
    assert losses(sliced(systems(), baselines={"s0"}))["chat"] == {"s0": None, "s1": 0, "s2": 0}
    crowd = losses(sliced(systems(MOST_SYSTEMS + 1)))
    assert {loss for part in crowd.values() for loss in part.values()} == {None}
