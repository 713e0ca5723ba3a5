"""The results folder: what is written is read, and what is damaged is named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mtbench.errors import DataError, RequestError, Unavailable
from mtbench.languages import LanguagePair
from mtbench.results import Results, RunFolder
from mtbench.types import (
    Finished,
    Hypothesis,
    Labels,
    MetricInfo,
    MetricResult,
    RunRecord,
    Score,
    Spent,
    Statistics,
    SystemCard,
    TestSetFacts,
    output_digest,
)

PAIR = LanguagePair.parse("en-it")
HYPOTHESES = (
    Hypothesis(id="a", text="uno\u2028due"),
    Hypothesis(id="b", failure="refused"),
    Hypothesis(id="c", text=""),
)
KEPT = {"a": {"raw": "é", "tokens": 3}, "c": {"tokens": 0}}


def run_of(hypotheses: tuple[Hypothesis, ...] = HYPOTHESES) -> RunRecord:
    return RunRecord(
        corpus="news",
        pair=PAIR,
        card=SystemCard(name="mt", backend="identity"),
        system="mt",
        run_digest="r" * 64,
        testset_digest="t" * 64,
        test_set=TestSetFacts(segments=len(hypotheses)),
        sources_digest="s" * 64,
        output_digest=output_digest(hypotheses),
        segments=len(hypotheses),
        failures=1,
        status="partial",
    )


def result_of(
    metric: str = "chrf", signature: str = "a:1", output: str | None = None
) -> MetricResult:
    score = Score(
        metric=metric,
        info=MetricInfo(name=metric, title=metric, needs=()),
        signature=signature,
        corpus="news",
        pair=PAIR,
        system="mt",
        score=12.5,
        segments=3,
        output_digest=output or run_of().output_digest,
        sources_digest="s" * 64,
        references_digest="x" * 64,
        testset_digest="t" * 64,
    )
    rows = np.array([[1.0, 2.5], [0.0, 1e-17], [3.0, 1 / 3]])
    return MetricResult(score, Statistics(("a", "b", "c"), rows, np.array([0.1, 0.2, 1 / 3])))


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return Results(tmp_path / "results").run("news", PAIR, "mt")


def test_an_output_is_read_as_it_was_written(folder: RunFolder) -> None:
    assert folder.read_run() is None
    assert folder.read_output() is None
    assert folder.read_kept() == {}
    folder.write_output(run_of(), HYPOTHESES, KEPT)
    found = folder.read_output()
    assert found is not None
    assert found.hypotheses == HYPOTHESES
    assert found.run == run_of()
    assert found.texts == ("uno\u2028due", "", "")
    assert folder.read_kept() == KEPT
    lines = folder.output_path.read_text("utf-8").split("\n")
    assert [json.loads(line) for line in lines[:-1]] == [
        {"id": "a", "mt": "uno\u2028due"},
        {"id": "b", "mt": None, "failure": "refused"},
        {"id": "c", "mt": ""},
    ]
    folder.write_output(run_of(), HYPOTHESES, {})
    assert folder.read_kept() == {}
    assert (folder.system, folder.corpus, folder.pair) == ("mt", "news", PAIR)


def test_an_output_without_its_record_counts_as_absent(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write_output(run_of(), HYPOTHESES, KEPT)
    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "write_run", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            folder.write_output(run_of(), HYPOTHESES, KEPT)
    assert folder.read_output() is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"id": "a"}\n', "output.jsonl:1: not a hypothesis"),
        ('{"id": "a", "mt": 3}\n', "output.jsonl:1: not a hypothesis"),
        ('{"id": "a", "mt": "x", "failure": "y"}\n', "output.jsonl:1: not a hypothesis"),
        ('{"id": "a", "mt": "x"}\n[]\n', "output.jsonl:2: not an object"),
        ("nonsense\n", "output.jsonl:1: not JSON"),
        ("[" * 200_000 + "\n", "output.jsonl:1: not JSON"),
        ('{"id": "a", "mt": "x"}\n', "output.jsonl: not the output that run.json records"),
        ("", "output.jsonl: not the output that run.json records"),
    ],
)
def test_damaged_outputs(folder: RunFolder, content: str, message: str) -> None:
    folder.write_output(run_of(), HYPOTHESES, {})
    folder.output_path.write_text(content, "utf-8")
    with pytest.raises(DataError, match=message):
        folder.read_output()


def test_damaged_kept_files(folder: RunFolder) -> None:
    folder.write_output(run_of(), HYPOTHESES, KEPT)
    for content in ("nonsense\n", "[]\n", '{"no": "id"}\n', "\udcff"):
        (folder.path / "kept.jsonl").write_bytes(content.encode("utf-8", "surrogateescape"))
        with pytest.raises(DataError, match=r"kept.jsonl"):
            folder.read_kept()


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"surprise": 1}'])
def test_damaged_records(folder: RunFolder, content: str) -> None:
    folder.write_output(run_of(), HYPOTHESES, {})
    (folder.path / "run.json").write_text(content, "utf-8")
    with pytest.raises(DataError, match=r"run.json"):
        folder.read_run()


# --- scores ---------------------------------------------------------------------------------


@pytest.mark.parametrize("inline", [2, 20_000])
def test_a_score_is_read_as_it_was_written(
    folder: RunFolder, inline: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mtbench.results.score_files.INLINE_SEGMENTS", inline)
    written = result_of()
    folder.write_score(written)
    (path,) = folder.score_paths()
    assert path == folder.score_path("chrf", "a:1")
    assert folder.read_score(path) == written.score
    found = folder.read_result(path)
    assert found.score == written.score
    assert found.statistics.ids == written.statistics.ids
    # To the last bit: what is pooled again must be what was pooled.
    assert found.statistics.rows.tobytes() == written.statistics.rows.tobytes()
    assert found.statistics.segment_scores.tobytes() == written.statistics.segment_scores.tobytes()


def test_signatures_stand_side_by_side(folder: RunFolder) -> None:
    for signature in ("a:1", "a:2", "a:1|ref:B"):
        folder.write_score(result_of(signature=signature))
    folder.write_score(result_of("chrf++"))
    assert len(folder.score_paths()) == 4
    assert len({path.name for path in folder.score_paths()}) == 4
    assert folder.score_paths()[-1].name.startswith("chrf@")


def test_scores_of_another_output_go_with_it(folder: RunFolder) -> None:
    folder.write_score(result_of())
    folder.write_score(result_of("bleu", output="0" * 64))
    folder.score_path("ter", "x:1").write_text("damaged", "utf-8")
    folder.write_output(run_of(), HYPOTHESES, {})
    assert [path.name.split("@")[0] for path in folder.score_paths()] == ["chrf"]


@pytest.mark.parametrize(
    "change",
    [
        {"statistics": [[1.0], [2.0]]},
        {"statistics": [[1.0], [2.0], ["x"]]},
        {"statistics": [[1.0, 2.0], [2.0], [3.0]]},
        {"statistics": None},
        {"segment_scores": [1.0]},
        {"segment_scores": ["a", "b", "c"]},
        {"segment_ids": ["a"]},
        {"arrays": "other.npz"},
    ],
)
def test_damaged_statistics(folder: RunFolder, change: dict[str, object]) -> None:
    folder.write_score(result_of())
    (path,) = folder.score_paths()
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **change}), "utf-8")
    assert folder.read_score(path).score == 12.5
    with pytest.raises(DataError, match="statistics cannot be read"):
        folder.read_result(path)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_statistics_are_finite(folder: RunFolder, number: str) -> None:
    folder.write_score(result_of())
    (path,) = folder.score_paths()
    path.write_text(path.read_text("utf-8").replace("2.5", number), "utf-8")
    with pytest.raises(DataError):
        folder.read_result(path)


# --- a translation under way ----------------------------------------------------------------


def batch(*names: str) -> list[Finished]:
    return [Finished(Hypothesis(id=name, text=f"{name}\u2028\n"), {"n": 1}) for name in names]


def part(folder: RunFolder, digest: str) -> tuple[list[Finished], Spent]:
    """All that a part holds, and what it had taken."""
    found = list(folder.read_part(digest))
    return [one for done, _ in found for one in done], found[-1][1] if found else Spent()


def test_a_part_is_read_as_it_was_appended(folder: RunFolder) -> None:
    digest = run_of().run_digest
    assert part(folder, digest) == ([], Spent())
    folder.append_part(digest, batch("a", "b"), Spent(1.25))
    last = Spent(2.5, {"requests": 3.0, "cost_USD": 0.000125})
    folder.append_part(digest, [Finished(Hypothesis(id="c", failure="no"), {})], last)
    folder.append_part("other", batch("a"), Spent(1.0))
    finished, spent = part(folder, digest)
    assert spent == last
    assert finished == [*batch("a", "b"), Finished(Hypothesis(id="c", failure="no"), {})]
    again = Results(folder.path.parents[2]).run("news", PAIR, "mt")
    assert part(again, digest)[0] == finished
    folder.write_output(run_of(), HYPOTHESES, {})
    assert not folder.part_path(digest).exists()
    assert folder.part_path("other").exists(), "what other options had finished is kept"


def test_a_part_cut_off_anywhere_keeps_its_whole_lines(folder: RunFolder) -> None:
    folder.append_part("r", batch("a"), Spent(1.0))
    folder.append_part("r", batch("b"), Spent(2.0))
    whole = folder.part_path("r").read_bytes()
    ends = [at + 1 for at, byte in enumerate(whole) if byte == 10]
    for cut in range(len(whole) + 1):
        folder.part_path("r").write_bytes(whole[:cut])
        finished, _ = part(folder, "r")
        lines = sum(end <= cut for end in ends)
        assert [f.hypothesis.id for f in finished] == ["a", "b"][: max(0, lines - 1)]
        # What comes next stands on a line of its own.
        folder.append_part("r", batch("c"), Spent(3.0))
        assert [f.hypothesis.id for f in part(folder, "r")[0]][-1] == "c"


def test_a_part_that_version_0_1_0_left_is_gone_on_from(folder: RunFolder) -> None:
    left = (
        b'{"run_digest": "r"}\n'
        b'{"seconds": 1.5, "usage": {"requests": 2.0}, "batch": [{"id": "a", "mt": "A", '
        b'"kept": {"n": 1}}, {"id": "b", "mt": null, "failure": "no"}]}\n'
        b'{"seconds": 2.5, "ba'
    )
    folder.part_path("r").parent.mkdir(parents=True)
    folder.part_path("r").write_bytes(left)
    finished, spent = part(folder, "r")
    failed = Finished(Hypothesis(id="b", failure="no"), {})
    assert finished == [Finished(Hypothesis(id="a", text="A"), {"n": 1}), failed]
    assert spent == Spent(1.5, {"requests": 2.0})


def test_each_run_has_a_part_of_its_own(folder: RunFolder) -> None:
    folder.append_part("r", batch("a"), Spent(1.0))
    assert part(folder, "other") == ([], Spent())
    folder.append_part("other", batch("b"), Spent(1.0))
    assert [f.hypothesis.id for f in part(folder, "r")[0]] == ["a"]
    folder.part_path("other").write_bytes(folder.part_path("r").read_bytes())
    before = folder.part_path("other").read_bytes()
    assert part(folder, "other") == ([], Spent()), "it says of itself that it is another's"
    assert folder.part_path("other").read_bytes() == before, "reading writes nothing"
    folder.append_part("other", batch("c"), Spent(1.0))
    assert [f.hypothesis.id for f in part(folder, "other")[0]] == ["c"]


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense",
        b"[]",
        b"{}",
        b'{"seconds": 1, "batch": [{"id": "x"}]}',
        b"\xff",
        b'{"seconds": "x", "batch": []}',
        b'{"seconds": 1, "batch": [{"id": "x", "mt": "a", "kept": 3}]}',
        b'{"seconds": 1, "batch": 3}',
        b'{"seconds": 1, "usage": 3, "batch": []}',
        b'{"seconds": 1, "usage": {"requests": "x"}, "batch": []}',
    ],
)
def test_a_damaged_line_ends_a_part(folder: RunFolder, line: bytes) -> None:
    folder.append_part("r", batch("a"), Spent(1.0))
    with folder.part_path("r").open("ab") as stream:
        stream.write(line + b"\n")
    finished, spent = part(folder, "r")
    assert [f.hypothesis.id for f in finished] == ["a"]
    assert spent == Spent(1.0)
    folder.append_part("r", batch("b"), Spent(2.0))
    assert [f.hypothesis.id for f in part(folder, "r")[0]] == ["a", "b"]


def test_a_part_that_cannot_be_used(folder: RunFolder) -> None:
    folder.part_path("r").mkdir(parents=True)
    with pytest.raises(RequestError, match="cannot be read"):
        part(folder, "r")
    with pytest.raises(Unavailable, match="cannot be written"):
        folder.append_part("r", batch("a"), Spent(1.0))


# --- the folder as a whole ------------------------------------------------------------------


def test_runs_are_found_and_hidden_ones_are_not(tmp_path: Path) -> None:
    results = Results(tmp_path)
    for corpus, system in (("b", "x"), ("a", "z"), ("a", "y"), (".hidden", "x")):
        results.run(corpus, PAIR, system).write_output(run_of(), HYPOTHESES, {})
    (tmp_path / "a/en-it/empty").mkdir()
    assert [(run.corpus, run.system) for run in results.runs()] == [
        ("a", "y"),
        ("a", "z"),
        ("b", "x"),
    ]


def test_labels(tmp_path: Path) -> None:
    results = Results(tmp_path)
    labels = Labels(
        testset_digest="t", ids=("a", "b"), documents=("x", None), domains=(None, None),
        original_languages=("en", "en"), source_characters=(3, 4),
    )  # fmt: skip
    assert results.read_labels("news", PAIR) is None
    results.write_labels("news", PAIR, labels)
    assert results.read_labels("news", PAIR) == labels
    path = tmp_path / "news/en-it/test_set.json"
    before = path.stat().st_mtime_ns
    results.write_labels("news", PAIR, labels)
    assert path.stat().st_mtime_ns == before


def test_the_leaderboard_is_written_where_it_changed(tmp_path: Path) -> None:
    results = Results(tmp_path)
    assert results.read_leaderboard() is None
    results.write_leaderboard("a,b\r\n")
    before = results.leaderboard_path.stat().st_mtime_ns
    results.write_leaderboard("a,b\r\n")
    assert results.leaderboard_path.stat().st_mtime_ns == before
    assert results.read_leaderboard() == "a,b\r\n"
    results.write_leaderboard("a,c\r\n")
    assert results.read_leaderboard() == "a,c\r\n"


def test_locks_are_told_apart_and_hidden(folder: RunFolder) -> None:
    waited: list[str] = []

    def waiting(name: str) -> list[None]:
        waited.append(name)
        return []

    root = folder.path.parents[2]
    other = Results(root).run("news", PAIR, "other")
    with folder.locked(), other.locked(), Results(root).leaderboard_locked():
        locks = {path.name for path in (root / ".locks").iterdir()}
    assert locks >= {"news_en-it_mt.lock", "news_en-it_other.lock", "leaderboard.lock"}
    assert (root / ".locks/.gitignore").read_text("utf-8") == "*\n"
    assert not waited
