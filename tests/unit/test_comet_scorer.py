"""What the scorer asks of a session, and what it makes of the answer. No weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mtbench.errors import MetricError
from mtbench.metrics.comet.metric import Comet
from mtbench.metrics.comet.scorer import CometScorer
from mtbench.metrics.comet.session import Advance, Reply, Request
from mtbench.types import Runtime
from tests.support.comet_samples import view


class FakeSession:
    """Scores by length: 100 · source + 10 · reference + hypothesis, in characters."""

    def __init__(self, *, spans: bool = False, cut_from: int = 1000) -> None:
        self.requests: list[Request] = []
        self._spans = spans
        self._cut_from = cut_from

    def version(self) -> str:
        return "0"

    def locate(self, fetch: bool) -> dict[str, Any]:
        return {}

    def load(self) -> dict[str, Any]:
        return {}

    def close(self) -> None:
        pass

    def score(self, request: Request, advance: Advance) -> Reply:
        self.requests.append(request)
        texts = request["texts"]

        def length(at: int) -> int:
            return len(texts[at]) if at >= 0 else 0

        scores = [
            [float(100 * length(s) + 10 * length(r) + length(m)) for s, r, m in system]
            for system in request["systems"]
        ]
        for done in range(1, 4):
            advance(done, 3)
        reply: Reply = {
            "scores": scores,
            "cut": [at for at, text in enumerate(texts) if len(text) >= self._cut_from],
            "joined": [[] for _ in scores],
            "problem": None,
        }
        if self._spans:
            reply["spans"] = [
                [[{"text": texts[m], "start": 0, "end": length(m)}] for _, _, m in system]
                for system in request["systems"]
            ]
        return reply


def make(
    session: FakeSession,
    *arguments: Any,
    with_reference: bool = True,
    texts: int = 1000,
    batches: str = "length",
) -> CometScorer:
    loaded = {"limit": 510, "batches": batches, "texts": texts}
    return CometScorer("comet", session, view(*arguments), with_reference, loaded)


def test_equal_texts_and_equal_segments_are_asked_for_once() -> None:
    session = FakeSession()
    sources, references = ["aa", "b", "aa"], [["AA"], ["B"], ["AA"]]
    rows = make(session, sources, references).statistics(
        {"one": ["x", "yy", "x"], "two": ["x", "b", "AA"]}
    )
    assert rows["one"].tolist() == [[221.0, 1.0], [112.0, 1.0], [221.0, 1.0]]
    assert rows["two"].tolist() == [[221.0, 1.0], [111.0, 1.0], [222.0, 1.0]]
    (request,) = session.requests
    assert sorted(request["texts"]) == ["AA", "B", "aa", "b", "x", "yy"]
    assert [len(system) for system in request["systems"]] == [2, 3]


def test_references_are_averaged_and_spans_say_which() -> None:
    session = FakeSession(spans=True)
    scorer = make(session, ["s"], [["r", "rrr"]])
    assert scorer.statistics({"x": ["m"]})["x"].tolist() == [[121.0, 1.0]]
    spans = scorer.annotations("x")["s1"]["error_spans"]
    assert [span["reference"] for span in spans] == [1, 2]


def test_without_references_none_are_asked_about() -> None:
    session = FakeSession()
    scorer = make(session, ["s"], [["r", "rr"]], with_reference=False)
    assert scorer.statistics({"x": ["m"]})["x"].tolist() == [[101.0, 1.0]]
    assert session.requests[0]["systems"] == [[[0, -1, 1]]]


def test_counts_of_empty_and_copied_hypotheses_and_of_cut_inputs() -> None:
    session = FakeSession(cut_from=8)
    scorer = make(
        session, ["source 1", "two", "three", "four"], [["r"], ["reference"], ["r"], ["r"]]
    )
    scorer.statistics({"x": ["", " ", "three ", "hypothesis"], "y": ["a", "b", "c", "d"]})
    assert scorer.notes("x") == {
        "empty": 2,
        "copied_source": 1,
        "cut": {"limit": 510, "source": ["s1"], "reference": ["s2"], "hypothesis": ["s4"]},
    }
    assert scorer.notes("y") == {
        "empty": 0,
        "copied_source": 0,
        "cut": {"limit": 510, "source": ["s1"], "reference": ["s2"]},
    }
    assert Comet(Comet.Options(), Runtime()).warnings(scorer.notes("x")) == (
        "comet read only the first 510 sub-words in 3 segments: s1, s2, s4",
    )


@pytest.mark.parametrize("texts", [1, 8, 1 << 16])
def test_blocks_of_any_size_give_the_same(texts: int) -> None:
    session = FakeSession()
    sources = [f"{'s' * (at % 5)}{at}" for at in range(23)]
    references = [["r" * at] for at in range(23)]
    outputs = {"x": [str(at) for at in range(23)], "y": ["y"] * 23}
    told: list[int] = []
    rows = make(session, sources, references, texts=texts).statistics(outputs, told.append)
    expected = [
        100 * len(s) + 10 * len(r[0]) + len(m)
        for s, r, m in zip(sources, references, outputs["x"], strict=True)
    ]
    assert np.array_equal(rows["x"][:, 0], expected)
    assert sum(told) == 46, "progress is told in segments of all systems"
    assert all(step > 0 for step in told)
    if texts == 8:
        assert max(len(r["texts"]) for r in session.requests) <= 8


def test_where_batches_are_fixed_by_content_blocks_do_not_depend_on_other_systems() -> None:
    """Of a large set, a system's own segments in a request are its batches' content."""
    sources = [f"s{at}" for at in range(23)]
    references = [[f"r{at}"] for at in range(23)]
    outputs = {f"x{number}": [f"{number} {at}" for at in range(23)] for number in range(17)}

    def blocks(*names: str) -> list[set[str]]:
        session = FakeSession()
        scorer = make(session, sources, references, texts=80, batches="content")
        scorer.statistics({name: outputs[name] for name in names})
        return [
            {request["texts"][hypothesis] for _, _, hypothesis in system}
            for request in session.requests
            for system in request["systems"]
            if request["texts"][system[0][2]].startswith("16 ")
        ]

    alone = blocks("x16")
    assert [len(block) for block in alone] == [5, 5, 5, 5, 3]
    assert blocks("x0", "x16") == blocks(*outputs) == alone


def test_one_hypothesis_too_few_is_no_score() -> None:
    with pytest.raises(MetricError, match="1 hypotheses, 2 segments"):
        make(FakeSession(), ["a", "b"], [["c"], ["d"]]).statistics({"x": ["m"]})


def test_an_empty_test_set() -> None:
    session = FakeSession()
    assert make(session, [], []).statistics({"x": []})["x"].shape == (0, 2)
    assert session.requests == []
