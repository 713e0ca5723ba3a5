"""Functions and objects of one's own as systems and metrics."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

import mtbench
from mtbench.errors import MtbenchError
from mtbench.plugins import Advance, Array, MeanMetric, Metric, Scorer, SegmentMetric
from mtbench.types import Candidate, MetricInfo, Record, ScoringView, Signature
from tests.support.workspace import SENTENCES, Space, times

REFERENCES = [reference for _, reference in SENTENCES]
calls: list[str] = []


def shout(text: str) -> str:
    """One text after the other."""
    return text.upper()


def whisper(texts: list[str], pair: str) -> list[str]:
    """All texts, and the direction."""
    return [f"{pair} {text.lower()}" for text in texts]


class Reversing:
    """Its answers rest on what it holds."""

    def __init__(self, identity: str = "") -> None:
        self.identity = identity
        self.asked = 0

    def translate(self, texts: list[str]) -> list[str]:
        self.asked += len(texts)
        return [text[::-1] for text in texts]


def pipeline(texts: list[str]) -> list[dict[str, str]]:
    """Answers as pipelines of transformers give them."""
    return [{"translation_text": text} for text in texts]


def likeness(hypothesis: str, reference: str) -> float:
    """Share of the reference's words that are there."""
    words = reference.split()
    return sum(word in hypothesis.split() for word in words) / len(words)


def lengths(hypotheses: list[str], references: list[str], sources: list[str]) -> list[int]:
    return [len(h) - len(r) + len(s) * 0 for h, r, s in zip(hypotheses, references, sources)]  # noqa: B905


class Shared(MeanMetric):
    """Words of the reference that are there, by hand."""

    class Options(Record):
        lowercase: bool = False

    @property
    def info(self) -> MetricInfo:
        return MetricInfo(
            name="shared", title="Shared words", needs=("reference",), decimals=2, bounds=(0, 1)
        )

    def signature(self, view: ScoringView) -> Signature:
        return Signature.of(case="lc" if self.options.lowercase else "mixed")  # type: ignore[attr-defined]

    def prepare(self, view: ScoringView) -> Scorer:
        return Sharing([texts[0] for texts in view.references or ()])


class Sharing(Scorer):
    def __init__(self, references: list[str]) -> None:
        self.references = references

    def statistics(
        self, outputs: Mapping[str, Sequence[str]], advance: Advance | None = None
    ) -> dict[str, Array]:
        pairs = {name: zip(texts, self.references, strict=True) for name, texts in outputs.items()}
        return {name: MeanMetric.rows([likeness(*one) for one in each])
                for name, each in pairs.items()}  # fmt: skip


class Characters(SegmentMetric):
    """One segment after the other."""

    @property
    def info(self) -> MetricInfo:
        return MetricInfo(name="characters", title="Characters", needs=("source",))

    def signature(self, view: ScoringView) -> Signature:
        return Signature.of(unit="character")

    def judge(self, batch: Sequence[Candidate]) -> list[float]:
        return [float(len(one.hypothesis)) for one in batch]


class Longer(Metric):
    """Its score is not the mean of its segments'."""

    @property
    def info(self) -> MetricInfo:
        return MetricInfo(name="longer", title="Longer", needs=("reference",))

    def signature(self, view: ScoringView) -> Signature:
        return Signature.of(version="1")

    def pool(self, totals: Array) -> Array:
        return np.asarray(totals[..., 0] / totals[..., 1])

    def prepare(self, view: ScoringView) -> Scorer:
        return Lengths([len(texts[0]) for texts in view.references or ()])


class Lengths(Scorer):
    def __init__(self, lengths: list[int]) -> None:
        self.lengths = lengths

    def statistics(
        self, outputs: Mapping[str, Sequence[str]], advance: Advance | None = None
    ) -> dict[str, Array]:
        return {
            name: np.array([[len(text), n] for text, n in zip(texts, self.lengths, strict=True)])
            for name, texts in outputs.items()
        }


def outputs(results: str, system: str) -> list[str | None]:
    return [one.output for one in mtbench.segments(results, systems=[system])]


def test_functions_and_objects_are_systems(space: Space) -> None:
    space.corpus()
    models = {"loud": shout, "low": whisper, "back": Reversing("1"), "same": pipeline}
    found = mtbench.evaluate(models, ["news"], ["en-it"], ["chrf"], results="out")
    sources = [source for source, _ in SENTENCES]
    assert outputs("out", "loud") == [text.upper() for text in sources]
    assert outputs("out", "low") == [f"en-it {text.lower()}" for text in sources]
    assert outputs("out", "back") == [text[::-1] for text in sources]
    assert outputs("out", "same") == sources
    assert {one["system"] for one in found.records()} == set(models)
    run = next(space.root.glob("out/news/en-it/loud-*/run.json")).read_text("utf-8")
    assert re.search(r'"code": "sha256:[0-9a-f]{12}"', run)
    assert space("verify", "out").code == 0
    assert space("report", "out", "-o", "page").code == 0


def test_pinned_code_is_asked_once_and_unpinned_code_again(space: Space) -> None:
    space.corpus()
    pinned, unpinned = Reversing("version 1"), Reversing()
    for _ in range(2):
        found = mtbench.evaluate(
            {"pinned": pinned, "unpinned": unpinned}, ["news"], ["en-it"], ["chrf"], results="out"
        )
    assert (pinned.asked, unpinned.asked) == (len(SENTENCES), 2 * len(SENTENCES))
    assert any("unpinned" in note for note in found.board.tables[0].rows[1].notes)
    pinned.identity = "version 2"
    mtbench.evaluate({"pinned": pinned}, ["news"], ["en-it"], ["chrf"], results="out")
    assert pinned.asked == 2 * len(SENTENCES)


def test_functions_are_metrics(space: Space) -> None:
    space.corpus()
    found = mtbench.evaluate(
        ["identity:", shout], ["news"], ["en-it"], [likeness, "chrf", lengths], results="out",
        metric_options={"lengths": {"higher_is_better": False}},
    )  # fmt: skip
    scores = {(one["system"], one["metric"]): one for one in found.records()}
    expected = [likeness(source, reference) for source, reference in SENTENCES]
    assert scores["identity", "likeness"]["score"] == pytest.approx(sum(expected) / len(expected))
    assert re.match(r"function:sha256:\w{12}\|better:higher$",
                    str(scores["identity", "likeness"]["signature"]))  # fmt: skip
    assert str(scores["identity", "lengths"]["signature"]).endswith("better:lower")
    assert {table.rank_metric for table in found.board.tables} == {"likeness"}
    # Another process, without the functions, reads and shows the same.
    again = space("leaderboard", "out", "--format", "csv")
    assert f"{scores['identity', 'likeness']['score']:.6f}" in again.out
    assert mtbench.leaderboard("out").board.metrics["lengths"].higher_is_better is False


def test_metric_objects_and_classes_are_metrics(space: Space) -> None:
    space.corpus()
    given: list[Any] = [Shared(), Characters, "chrf", Longer(), likeness]
    call = ["identity:", shout], ["news"], ["en-it"], given
    mtbench.evaluate(*call, results="out")
    before = times(space.root / "out" / "news")
    found = mtbench.evaluate(*call, results="out")
    assert times(space.root / "out" / "news") == before  # nothing was scored again
    scores = {(one["system"], one["metric"]): one for one in found.records()}
    shares = [likeness(source, reference) for source, reference in SENTENCES]
    expected = {
        "shared": sum(shares) / len(shares),
        "characters": sum(len(source) for source, _ in SENTENCES) / len(SENTENCES),
        "longer": sum(len(s) for s, _ in SENTENCES) / sum(len(r) for _, r in SENTENCES),
    }
    for metric, score in expected.items():
        assert scores["identity", metric]["score"] == pytest.approx(score)
    assert re.match(
        r"case:mixed\|code:sha256:\w{12}$", str(scores["identity", "shared"]["signature"])
    )
    assert found.board.tables[0].rank_metric == "shared"
    assert mtbench.leaderboard("out").records() == found.records()
    # Another process, without the classes: all are shown; whose pool is the mean ranks, too.
    again = space("leaderboard", "out", "--format", "json").json
    cells = next(r for r in again["tables"][0]["rows"] if r["system"] == "identity")["cells"]
    assert {m: cells[m]["score"] for m in expected} == pytest.approx(expected)
    assert again["metrics"]["shared"]["title"] == "Shared words"
    assert "Shared words" in space("leaderboard", "out", "--by", "length", "--sort", "shared").out


def test_other_code_or_options_are_another_signature(space: Space) -> None:
    def signature(metric: Any, **options: Any) -> str:
        (found,) = mtbench.score(
            ["Sì."], ["Sì."], pair="en-it", metrics=[metric], metric_options={"shared": options}
        ).records()
        return str(found["signature"])

    class Other(Shared):
        def prepare(self, view: ScoringView) -> Scorer:
            return Sharing([texts[0].lower() for texts in view.references or ()])

    class Unpinned(Shared):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            self.weights = object()

    lower = signature(Shared, lowercase=True)
    assert lower.startswith("case:lc|code:sha256:")
    assert lower == signature(Shared(Shared.Options(lowercase=True)))
    assert len({lower, signature(Shared), signature(Other)}) == 3
    assert "code:unpinned|call:" in signature(Unpinned)
    pinned = Unpinned()
    pinned.identity = "2026-05"  # type: ignore[attr-defined]
    assert signature(pinned).endswith("code:said:2026-05")


def test_what_is_no_whole_metric_is_named(space: Space) -> None:
    space.corpus()

    class Half(MeanMetric):
        """Says nothing of itself."""

    class Named(Shared):
        @property
        def info(self) -> MetricInfo:
            return super().info.model_copy(update={"name": "chrf"})

    class Bare(Shared):
        def __init__(self) -> None:
            self.depth = 3

    class Taken(Shared):
        def signature(self, view: ScoringView) -> Signature:
            return Signature.of(code="mine")

    class Sourced(Longer):
        def __init__(self, path: str) -> None:
            super().__init__()

    for metric, options, said in (
        (Half, {}, "no whole metric.*it lacks info"),
        (Named, {}, "called chrf already"),
        (Bare(), {}, "super"),
        (Shared(), {"lowercase": True}, "has its options already"),
        (Shared, {"lovercase": True}, "there is no such option"),
        (Taken(), {}, "has a field code"),
        (Sourced("x"), {}, "made from options and runtime"),
        (7, {}, "neither a name"),
    ):
        with pytest.raises(MtbenchError) as error:
            mtbench.evaluate(
                ["identity:"], ["news"], ["en-it"], [metric],  # type: ignore[list-item]
                results="out", metric_options={"shared": options},
            )  # fmt: skip
        assert re.search(said, f"{error.value} {error.value.why} {error.value.hint}"), said


@pytest.mark.parametrize(
    ("models", "metrics", "said"),
    [
        ({"x": str.upper}, [], "failed"),
        ({"x": lambda texts: texts[:1]}, [], "1 answers for"),
        ({"x": lambda texts: [None for _ in texts]}, [], "no text"),
        ({"x": 3}, [], "neither a function nor an object"),
        ([lambda texts: texts], [], "without a name"),
        ([shout, shout], [], "two systems named"),
        ("identity:", [], "models: a list"),
        (["identity:"], [shout], "parameters say"),
        (["identity:"], [lambda hypothesis: "good"], "without a name"),
    ],
)
def test_what_is_wrong_is_named(space: Space, models: Any, metrics: Any, said: str) -> None:
    space.corpus()
    with pytest.raises(MtbenchError, match=said):
        mtbench.evaluate(models, ["news"], ["en-it"], metrics or ["chrf"], results="out")


def test_metrics_that_give_no_numbers_fail_by_name(space: Space) -> None:
    space.corpus()

    def bad(hypothesis: str) -> Any:
        return "good"

    def few(hypotheses: list[str]) -> list[float]:
        return [1.0]

    def chrf(hypothesis: str) -> float:
        return 1.0

    for metric, said in ((bad, "bad gave no number"), (few, "few gave"), (chrf, "called chrf")):
        with pytest.raises(MtbenchError, match=said):
            mtbench.evaluate(["identity:"], ["news"], ["en-it"], [metric], results="out")


def test_the_command_line_calls_a_function_of_a_module(space: Space) -> None:
    space.corpus()
    (space.root / "my_system.py").write_text(
        "def shout(text: str) -> str:\n    return text.upper()\n", "utf-8"
    )
    done = space(
        "evaluate", "--model", "python:my_system:shout", "--corpus", "news", "--pair", "en-it",
        "--metric", "chrf",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert outputs("results", "my_system:shout") == [source.upper() for source, _ in SENTENCES]
    wrong = space("evaluate", "--model", "python:my_system:nothing", "--corpus", "news")
    assert wrong.code == 2
    assert "cannot be had" in wrong.err


def test_the_command_line_scores_by_code_of_a_module(space: Space) -> None:
    space.corpus()
    (space.root / "my_metrics.py").write_text(
        "def shorter(hypothesis: str, reference: str) -> float:\n"
        "    return float(len(hypothesis) < len(reference))\n",
        "utf-8",
    )
    call = (
        "evaluate", "--model", "identity", "--corpus", "news", "--pair", "en-it", "--metric",
        "python:my_metrics:shorter,chrf", "--metric-option",
    )  # fmt: skip
    done = space(*call, "shorter.higher_is_better=false", "--format", "json")
    assert done.code == 0, done.err
    cell = done.json["tables"][0]["rows"][0]["cells"]["shorter"]
    expected = sum(len(source) < len(reference) for source, reference in SENTENCES)
    assert cell["score"] == pytest.approx(expected / len(SENTENCES))
    assert re.match(r"function:sha256:\w{12}\|better:lower$", cell["signature"])
    assert space(*call, "shirter.scale=1").code == 2
    wrong = space("evaluate", "--model", "identity", "--metric", "python:my_metrics:no")
    assert (wrong.code, "cannot be had" in wrong.err) == (2, True)
    space.file("out.it", "".join(f"{text}\n" for _, text in SENTENCES))
    plain = space(
        "score", "--hypotheses", "out.it", "--reference", "out.it", "--pair", "en-it",
        "--metric", "python:my_metrics:shorter", "--segments",
    )  # fmt: skip
    assert plain.code == 0, plain.err
    assert {line.split("\t")[3] for line in plain.out.splitlines()[1:]} == {"0.000000"}
