"""The front door for Python: its names and signatures, and that it says what the programs say."""

from __future__ import annotations

import inspect
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import sacrebleu

import mtbench
from mtbench.errors import MtbenchError, RequestError
from tests.support.modules import ROOT
from tests.support.workspace import SENTENCES, Space

SOURCES = [source for source, _ in SENTENCES]
REFERENCES = [reference for _, reference in SENTENCES]
OUTPUTS = [text.replace("il ", "lo ") for text in REFERENCES]

SELECTION = "corpora pairs systems metrics domains documents flags worst best between"
PARAMETERS = {
    "build_corpus": "documents output languages language_of story_of pairs unit encoder title "
    "licence force progress",
    "compare": "old new metrics seed",
    "evaluate": "models corpora pairs metrics results limit metric_options allow_partial device "
    "batch_size seed progress",
    "leaderboard": "results",
    "load_corpus": "corpus pair name",
    "meta": "results human seed",
    "score": "hypotheses references sources pair metrics metric_options documents domains seed",
    "segments": f"results {SELECTION}",
}
METHODS = {
    "Evaluation": {
        "compare": "self a b",
        "records": "self",
        "report": "self path",
        "segments": f"self {SELECTION}",
        "to_pandas": "self",
        "to_polars": "self",
    },
    "Segments": {"records": "self", "to_pandas": "self", "to_polars": "self"},
}


def test_names_and_parameters_stay() -> None:
    assert mtbench.__all__ == ["Evaluation", "MtbenchError", "Segments", "Unfinished", *PARAMETERS]
    for name, parameters in PARAMETERS.items():
        assert list(inspect.signature(getattr(mtbench, name)).parameters) == parameters.split()
    for name, methods in METHODS.items():
        for method, parameters in methods.items():
            found = inspect.signature(getattr(getattr(mtbench, name), method)).parameters
            assert list(found) == parameters.split()
    with pytest.raises(AttributeError):
        mtbench.nothing  # noqa: B018


def test_functions_can_be_sent_to_another_process() -> None:
    for name in PARAMETERS:
        function = getattr(mtbench, name)
        assert name.encode() in pickle.dumps(function)  # which fails where it is not found


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: mtbench.evaluate([]), "name one with models= (mtbench models list)"),
        (lambda: mtbench.segments("nowhere"), "nowhere"),
        (
            lambda: mtbench.score({"a": ["Sì."] * 2}, ["Sì."], pair="en-it"),
            "one reference per segment",
        ),
    ],
)
def test_errors_speak_of_arguments(call: Callable[[], object], said: str) -> None:
    with pytest.raises(MtbenchError) as caught:
        call()
    assert said in str(caught.value)
    assert "--" not in str(caught.value)
    assert str(caught.value.args[0]) == caught.value.message


def test_series_are_taken_by_position_and_may_not_contradict_each_other() -> None:
    pandas = pytest.importorskip("pandas")
    plain = mtbench.score(OUTPUTS, REFERENCES, pair="en-it").records()
    labels = list(range(10, 10 + len(OUTPUTS)))
    there = pandas.Series(REFERENCES, index=labels)
    same = pandas.Series(OUTPUTS, index=labels)
    for outputs in (same, OUTPUTS, pandas.Series(OUTPUTS)):
        assert mtbench.score(outputs, there, pair="en-it").records() == plain
    turned = pandas.Series(OUTPUTS[::-1], index=labels[::-1])
    with pytest.raises(RequestError, match="Series whose indexes differ") as caught:
        mtbench.score(turned, there, pair="en-it")
    assert "reset_index" in str(caught.value)
    with pytest.raises(RequestError, match="hypotheses and documents"):
        mtbench.score(same, REFERENCES, pair="en-it", documents=turned)


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
    assert f"<td>{bleu['score']:.1f}</td>" in found._repr_html_()


def test_several_systems_are_compared_and_reported(space: Space) -> None:
    found = mtbench.score({"a": OUTPUTS, "b": REFERENCES}, REFERENCES, SOURCES, pair="en-it")
    (test,) = found.compare("a", "b")
    (turned,) = found.compare("b", "a")
    assert (test["a"], test["b"], test["wins"]) == ("a", "b", 0)
    assert (turned["a"], turned["b"]) == ("b", "a")
    assert turned["wins"] == test["losses"] > 0
    assert turned["delta"] == turned["score_a"] - turned["score_b"] == -test["delta"] > 0
    for name in ("interval", "interval_90"):
        assert turned[name]["low"] == -test[name]["high"]
        assert turned[name]["low"] <= turned["delta"] <= turned[name]["high"]
    assert set(turned) == set(test) and turned["p"] == test["p"]
    page = found.report(space.root / "page")
    assert page.read_text("utf-8").startswith("<!")
    with pytest.raises(MtbenchError):
        found.compare("a", "c")


@pytest.mark.parametrize(
    ("metric", "word"), [("bleu", "options of bleu"), ("blue", "unknown metric: 'blue'")]
)
def test_options_of_what_is_not_computed_are_refused(metric: str, word: str) -> None:
    options = {metric: {"lowercase": True}}
    with pytest.raises(RequestError, match=word):
        mtbench.score(OUTPUTS, REFERENCES, pair="en-it", metrics=["chrf"], metric_options=options)


def test_what_a_frame_marks_as_absent_is_absent() -> None:
    pandas = pytest.importorskip("pandas")
    rows = {"src": SOURCES[:2], "ref": REFERENCES[:2]}
    table = pandas.DataFrame({**rows, "doc": [float("nan"), "a"], "domain": [pandas.NA, "b"]})
    mine = mtbench.load_corpus(table, "en-it", name="mine")
    assert [one.document for one in mine.sources] == [None, "a"]
    assert list(mine.domains) == [None, "b"]
    wrong = {"src": SOURCES[:2], "ref": [REFERENCES[0], float("inf")]}
    with pytest.raises(RequestError, match=r"ref\[1\]: inf is no text"):
        mtbench.load_corpus(pandas.DataFrame(wrong), "en-it", name="mine")


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
        {"hypotheses": ["a"], "references": [" "]},
        {"hypotheses": ["a"], "references": [["a"], ["a"]]},
        {"hypotheses": ["a"], "references": ["a"], "documents": ["x", "y"]},
        {"hypotheses": ["a"], "references": ["a"], "metrics": [lambda hypothesis: 1.0]},
        {"hypotheses": ["a"], "references": ["a"], "metrics": [len]},
        {"hypotheses": {"a": ["a"]}, "references": "ref"},
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
    with pytest.raises(MtbenchError, match=r"a\[0\]: nan is no text"):
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


@pytest.mark.parametrize("library", ["polars", "pyarrow", "datasets", "lists"])
def test_tables_of_every_library_score_alike(library: str) -> None:
    columns = {"en": SOURCES, "it": REFERENCES, "a": OUTPUTS}
    table: Any = columns
    if library != "lists":
        module = pytest.importorskip(library)
        make = {"polars": "DataFrame", "pyarrow": "table", "datasets": "Dataset"}[library]
        made = getattr(module, make)
        table = made.from_dict(columns) if library == "datasets" else made(columns)
    found = mtbench.score(table, "it", "en", pair="en-it", metrics=["chrf"])
    (one,) = found.records()
    assert one["system"] == "a"
    assert one["score"] == pytest.approx(sacrebleu.corpus_chrf(OUTPUTS, [REFERENCES]).score)
    assert [each.source for each in found.segments()] == SOURCES
    assert found.to_polars().to_dicts() == found.records()
    none, every = found.segments(flags=["empty"]), found.segments()
    assert not none and none._repr_html_() == "<p>no segments</p>"
    assert none.to_polars().schema == every.to_polars().schema
    assert list(none.to_pandas().columns) == list(every.to_pandas().columns)


def test_several_references_and_texts_of_several_lines() -> None:
    hypotheses = ["Ciao a\ntutti.", "Sì, grazie."]
    by_column = [["Ciao a tutti.", "Sì, grazie mille."], ["Salve a tutti.", "Certo, grazie."]]
    named = dict(zip("AB", by_column, strict=True))
    found = mtbench.score(hypotheses, named, pair="en-it", metrics=["bleu", "chrf"])
    wide = [[*both, both[0]] for both in zip(*by_column, strict=True)]
    assert mtbench.score(hypotheses, wide, pair="en-it").records()[0]["score"] == pytest.approx(
        sacrebleu.corpus_bleu(hypotheses, [*by_column, by_column[0]]).score
    )
    assert [one["score"] for one in found.records()] == [
        pytest.approx(sacrebleu.corpus_bleu(hypotheses, by_column).score),
        pytest.approx(sacrebleu.corpus_chrf(hypotheses, by_column).score),
    ]
    assert [one.output for one in found.segments()] == hypotheses


def test_documents_and_domains_are_what_segments_are_asked_by() -> None:
    found = mtbench.score(
        OUTPUTS, REFERENCES, pair="en-it", metrics=["chrf"],
        documents=["one"] * 2 + ["two"] * (len(OUTPUTS) - 2),
        domains=["news"] * 2 + ["chat"] * (len(OUTPUTS) - 2),
    )  # fmt: skip
    assert len(found.segments(documents=["one"])) == 2
    assert len(found.segments(domains=["chat"])) == len(OUTPUTS) - 2
    with pytest.raises(MtbenchError, match="document"):
        found.segments(documents=["three"])


def test_data_sets_become_test_sets(space: Space) -> None:
    datasets = pytest.importorskip("datasets")
    rows = [{"en": s, "it": r} for s, r in SENTENCES]
    data = datasets.Dataset.from_dict({"translation": rows})
    mine = mtbench.load_corpus(data, "en-it", name="mine")
    assert [source.text for source in mine.sources] == SOURCES
    found = mtbench.evaluate(["identity:"], [mine], metrics=["chrf"], results="out")
    (one,) = found.records()
    assert one["score"] == pytest.approx(sacrebleu.corpus_chrf(SOURCES, [REFERENCES]).score)
    assert [each.source for each in mtbench.segments("out")] == SOURCES
    with pytest.raises(MtbenchError, match="splits"):
        mtbench.load_corpus(datasets.DatasetDict({"test": data}), "en-it")
    with pytest.raises(MtbenchError, match="without a column src"):
        mtbench.load_corpus({"text": SOURCES}, "en-it")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"src": ["a", " "], "ref": ["b", "c"]}, r"mine: row 2 \(position 1\): src: blank"),
        ({"src": ["a", "b"], "id": [7, 7]}, r"mine: row 2 \(position 1\): .*'7'.*row 1|line 1"),
        ({"src": ["a", "b\0"]}, r"mine: row 2 \(position 1\): a NUL"),
        ({"src": [], "ref": []}, "^mine: no segments"),
        ({"src": ["a"], "origin": ["robot"]}, r"mine: row 1 \(position 0\): origin"),
    ],
)
def test_a_row_of_a_table_that_does_not_hold_is_named(
    table: dict[str, list[object]], said: str
) -> None:
    with pytest.raises(MtbenchError, match=said) as caught:
        mtbench.load_corpus(table, "en-it", name="mine")
    assert "jsonl" not in caught.value.message


def test_ids_beside_systems_are_ids() -> None:
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"id": range(10, 10 + len(OUTPUTS)), "a": OUTPUTS, "ref": REFERENCES})
    found = mtbench.score(table, "ref", pair="en-it", metrics=["chrf"])
    assert {one["system"] for one in found.records()} == {"a"}
    assert {one.id for one in found.segments()} == {str(10 + at) for at in range(len(OUTPUTS))}
    with pytest.raises(MtbenchError, match=r"id\[1\]: '10' is also that of row 1"):
        mtbench.score(table.assign(id=10), "ref", pair="en-it", metrics=["chrf"])
    with pytest.raises(MtbenchError, match=r"id\[0\]: nan is no id"):
        mtbench.score(table.assign(id=float("nan")), "ref", pair="en-it", metrics=["chrf"])


@pytest.mark.parametrize(
    ("hypotheses", "references", "said"),
    [
        # One set of references as sacreBLEU takes it: elsewhere cut to the first segment, or
        # read by characters, and scored all the same.
        (["a b c d", "x"], [["a b c d", "y"]], "2 hypotheses for 1 references"),
        (["a b c d"], "a b c d", "no column|str where a list"),
        (["a b c d", "x"], [["a b c d", "y"], ["a b c d", "z"]], "per segment, or per set"),
    ],
)
def test_references_of_a_shape_that_elsewhere_scores_100_are_refused(
    hypotheses: Any, references: Any, said: str
) -> None:
    with pytest.raises(MtbenchError, match=said):
        mtbench.score(hypotheses, references, pair="en-it")


def test_references_in_a_list_each_are_those_of_the_segments() -> None:
    hypotheses = ["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."]
    references = ["The dog bit the man.", "It was not unexpected.", "The man bit him first."]
    found = mtbench.score(hypotheses, [[text] for text in references], pair="it-en")
    right = sacrebleu.corpus_bleu(hypotheses, [references]).score
    assert found.records()[0]["score"] == pytest.approx(right)
    assert sacrebleu.corpus_bleu(hypotheses, [[t] for t in references]).score > right + 30
