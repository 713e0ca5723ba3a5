"""The front door for Python: its names and signatures, and that it says what the programs say."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest
import sacrebleu

import mtbench
from mtbench.errors import MtbenchError
from tests.support.modules import ROOT
from tests.support.workspace import SENTENCES, Space

SOURCES = [source for source, _ in SENTENCES]
REFERENCES = [reference for _, reference in SENTENCES]
OUTPUTS = [text.replace("il ", "lo ") for text in REFERENCES]

PARAMETERS = {
    "compare": "old new metrics seed",
    "evaluate": "models corpora pairs metrics results limit metric_options seed progress",
    "leaderboard": "results",
    "load_corpus": "corpus pair",
    "meta": "results human seed",
    "score": "hypotheses references sources pair metrics metric_options seed",
    "segments": "results wanted",
}


def test_names_and_parameters_stay() -> None:
    assert mtbench.__all__ == ["Evaluation", *PARAMETERS]
    for name, parameters in PARAMETERS.items():
        assert list(inspect.signature(getattr(mtbench, name)).parameters) == parameters.split()
    with pytest.raises(AttributeError):
        mtbench.nothing  # noqa: B018


def test_the_import_brings_nothing_with_it() -> None:
    program = "import sys, mtbench; print([m for m in sys.modules if m.startswith('mtbench.')])"
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert answer.stdout.strip() == "[]"


def test_lists_score_as_sacrebleu_scores_them() -> None:
    found = mtbench.score(OUTPUTS, REFERENCES, SOURCES, pair="en-it", metrics=["bleu", "chrf"])
    bleu, chrf = found.records()
    assert bleu["score"] == pytest.approx(sacrebleu.corpus_bleu(OUTPUTS, [REFERENCES]).score)
    assert chrf["score"] == pytest.approx(sacrebleu.corpus_chrf(OUTPUTS, [REFERENCES]).score)
    assert bleu["signature"]
    assert bleu["low"] <= bleu["score"] <= bleu["high"]
    assert [one.output for one in found.segments()] == OUTPUTS
    assert [one.source for one in found.segments()] == SOURCES
    assert f"{bleu['score']:.2f}" in found._repr_html_()


def test_several_systems_are_compared_and_reported(space: Space) -> None:
    found = mtbench.score({"a": OUTPUTS, "b": REFERENCES}, REFERENCES, SOURCES, pair="en-it")
    (test,) = found.compare("a", "b")
    assert {test["a"], test["b"]} == {"a", "b"}
    page = found.report(space.root / "page")
    assert page.read_text("utf-8").startswith("<!")
    with pytest.raises(MtbenchError):
        found.compare("a", "c")


def test_evaluate_and_leaderboard_say_the_same(space: Space) -> None:
    space.corpus()
    found = mtbench.evaluate(["identity"], ["news"], ["en-it"], ["chrf"], results="out")
    again = mtbench.leaderboard("out")
    assert [(one["metric"], one["score"]) for one in found.records()] == [
        (one["metric"], one["score"]) for one in again.records()
    ]
    assert len(mtbench.segments("out", worst=2)) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"hypotheses": ["a\nb"], "references": ["a"]},
        {"hypotheses": ["a", "b"], "references": ["a"]},
        {"hypotheses": "a", "references": ["a"]},
        {"hypotheses": {"../x": ["a"]}, "references": ["a"]},
        {"hypotheses": ["a"], "references": ["a"], "metrics": ["cometkiwi"]},
        {"hypotheses": ["a"], "references": ["a"], "metrics": "bleu"},
    ],
)
def test_what_is_wrong_is_named(wrong: dict[str, object]) -> None:
    with pytest.raises(MtbenchError):
        mtbench.score(**{"pair": "en-it", **wrong})  # type: ignore[arg-type]


def test_columns_of_a_data_frame_score_as_lists_do() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"src": SOURCES, "ref": REFERENCES, "a": OUTPUTS, "b": REFERENCES})
    found = mtbench.score(frame[["a", "b"]], frame["ref"], frame["src"], pair="en-it")
    lists = mtbench.score({"a": OUTPUTS, "b": REFERENCES}, REFERENCES, SOURCES, pair="en-it")
    assert found.records() == lists.records()
    one = mtbench.score(frame["a"], frame["ref"], pair="en-it")
    assert one.records()[0]["score"] == next(
        row["score"] for row in lists.records() if row["system"] == "a"
    )
    shown = found.to_pandas()
    assert list(shown["score"]) == [row["score"] for row in found.records()]
    frame.loc[0, "a"] = None
    with pytest.raises(MtbenchError, match=r"a\[0\]: not one line of text"):
        mtbench.score(frame[["a"]], frame["ref"], pair="en-it")


def test_compare_and_meta_from_python(space: Space) -> None:
    space.corpus()
    for name, texts in (("one", OUTPUTS), ("two", [text.upper() for text in REFERENCES])):
        (space.root / f"{name}.txt").write_text("".join(f"{t}\n" for t in texts), "utf-8")
    models = ["hypotheses:one.txt", "hypotheses:two.txt"]
    mtbench.evaluate(models, ["news"], ["en-it"], ["chrf"], results="results")
    diff = mtbench.compare("results", "results")
    assert diff.model_dump(mode="json")
    ids = mtbench.load_corpus("corpora/news", "en-it").ids
    rows = [
        f"{system},{name},{score + n % 3}\n"
        for system, score in (("one", 4), ("two", 1))
        for n, name in enumerate(ids)
    ]
    (space.root / "human.csv").write_text("system,id,score\n" + "".join(rows), "utf-8")
    agreed = mtbench.meta("results", "human.csv")
    assert "chrf" in agreed.model_dump_json()
