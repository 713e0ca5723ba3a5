"""Of a very large test set a page holds the remarkable and a seeded sample; the rest is counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from mtbench.report.html import sampling
from mtbench.report.html.content import SetContent
from mtbench.report.html.sampling import sample
from mtbench.types.findings import Slice, Sliced, SliceScore
from tests.support.report_content import content

SEGMENTS = 600
UP = {"bleu": True, "chrf": True, "ter": False}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Limits that hundreds of segments are beyond."""
    for name, value in {
        "WHOLE": 500, "EXTREMES": 10, "FLAGGED": 15, "DRAWN": 20, "DISPUTED": 5, "LABELS": 3,
    }.items():  # fmt: skip
        monkeypatch.setattr(sampling, name, value)
    yield


@pytest.fixture
def whole() -> SetContent:
    (one,) = content(segments=SEGMENTS, systems=("a", "b")).sets
    flags = {at: {"copied": "yes"} for at in range(100, 140)}
    documents = tuple(
        Slice(
            label=f"d{at}",
            segments=60,
            scores=(SliceScore(system="a", score=at), SliceScore(system="b", score=2.0 * at)),
        )
        for at in range(100)
    )
    return replace(
        one,
        evidence={"a": flags, "b": {}},
        failures={"a": {}, "b": {7: "no answer"}},
        sliced=[Sliced(by="document", metric="chrf", slices=documents)],
    )


def test_few_are_all_there(whole: SetContent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "WHOLE", SEGMENTS)
    assert sample(whole, UP, 0) is None


def test_the_worst_the_best_and_the_flagged_are_held(whole: SetContent) -> None:
    found = sample(whole, UP, 0)
    assert found is not None
    held = set(found.content.ids)
    metric = whole.table.rank_metric
    assert metric is not None
    for system in whole.systems:
        order = np.argsort(whole.scores[metric][system], kind="stable")
        assert {whole.ids[at] for at in (*order[:10], *order[-10:])} <= held
    assert sum(whole.ids[at] in held for at in range(100, 140)) >= 15
    assert whole.ids[7] in held  # a failure is held like a flag
    for a, b in ((1, 0), (0, 1)):
        delta = whole.scores["ter"]["ab"[a]] - whole.scores["ter"]["ab"[b]]
        assert {whole.ids[at] for at in np.argsort(-delta, kind="stable")[:6]} <= held
    assert f"holds {len(held)} of 600 segments" in found.sentence
    assert "mtbench segments" in found.sentence


def test_every_column_is_of_the_segments_held(whole: SetContent) -> None:
    found = sample(whole, UP, 0)
    assert found is not None
    place = {name: at for at, name in enumerate(whole.ids)}
    for at, name in enumerate(found.content.ids):
        old = place[name]
        assert found.content.hypotheses["b"][at] == whole.hypotheses["b"][old]
        assert found.content.scores["bleu"]["a"][at] == whole.scores["bleu"]["a"][old]
        assert found.content.documents[at] == whole.documents[old]
        assert (at in found.content.evidence["a"]) == (old in whole.evidence["a"])
        assert (at in found.content.failures["b"]) == (old == 7)
    assert [place[name] for name in found.content.ids] == sorted(
        place[name] for name in found.content.ids
    )


def test_the_seed_decides_what_is_drawn(whole: SetContent) -> None:
    one, same, other = (sample(whole, UP, seed) for seed in (1, 1, 2))
    assert one is not None and same is not None and other is not None
    assert one.content.ids == same.content.ids
    assert one.content.ids != other.content.ids


def test_counts_and_bins_are_of_all(whole: SetContent) -> None:
    found = sample(whole, UP, 0)
    assert found is not None
    (pair,) = (one for one in found.pairs if one["metric"] == "ter")
    scores = whole.scores["ter"]
    delta = scores[pair["b"]] - scores[pair["a"]]  # lower is better
    assert (pair["wins"], pair["losses"]) == ((delta > 1e-9).sum(), (delta < -1e-9).sum())
    assert pair["wins"] + pair["losses"] + pair["ties"] == sum(pair["bins"]) == SEGMENTS
    (spread,) = found.spreads
    assert spread["labels"] == 100
    assert {name: sum(bins) for name, bins in spread["bins"].items()} == {"a": 100, "b": 100}
    (left,) = found.content.sliced
    labels = [part.label for part in left.slices]
    assert {"d0", "d99"} <= set(labels)
    assert len(labels) < 100
