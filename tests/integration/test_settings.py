"""``[tool.mtbench]`` of a workspace: defaults in one place, said, overridden, and checked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.workspace import Space

EVALUATE = ("evaluate", "--model", "identity", "--corpus", "news")


@pytest.fixture
def news(space: Space) -> Space:
    space.corpus()
    return space


def settings(space: Space, text: str) -> None:
    space.file("pyproject.toml", f'[project]\nname = "x"\n\n[tool.mtbench]\n{text}\n')


def metrics_of(space: Space) -> set[str]:
    (folder,) = space.root.glob("results/news/en-it/identity/scores")
    return {path.name.partition("@")[0] for path in folder.iterdir()}


def test_defaults_of_options_are_taken_and_said(news: Space) -> None:
    settings(news, 'metrics = ["chrf", "ter"]\nseed = 7\ndevice = "cpu"\nbatch_size = 3')
    answer = news(*EVALUATE)
    assert answer.code == 0, answer
    said = "as pyproject.toml says: "
    (line,) = (one for one in answer.err.split("\n") if said in one)
    for value in ("metrics chrf, ter", "seed 7", "device cpu", "batch_size 3"):
        assert value in line
    assert metrics_of(news) == {"chrf", "ter"}
    run = json.loads((news.root / "results/news/en-it/identity/run.json").read_text("utf-8"))
    assert (run["seed"], run["device"]) == (7, "cpu")
    score = next(news.root.glob("results/news/en-it/identity/scores/chrf@*"))
    assert json.loads(score.read_text("utf-8"))["interval"]["seed"] == 7


def test_the_command_line_comes_first(news: Space) -> None:
    settings(news, 'metrics = ["ter"]\nseed = 7')
    answer = news(*EVALUATE, "--metric", "chrf", "--seed", "1")
    assert answer.code == 0 and "pyproject.toml" not in answer.err
    assert metrics_of(news) == {"chrf"}
    assert "pyproject.toml" not in news(*EVALUATE, "-q").err


def test_no_other_command_takes_them(news: Space) -> None:
    """The seed of a stored table is that of its intervals."""
    assert news(*EVALUATE, "--metric", "chrf").code == 0
    before = news("leaderboard", "--format", "json").out
    settings(news, "seed = 7")
    assert news("leaderboard", "--format", "json").out == before


def test_the_level_of_tests(news: Space) -> None:
    settings(news, 'metrics = ["chrf"]\nalpha = 0.2')
    assert news(*EVALUATE).code == 0
    board = "results/leaderboard.csv"
    compared = news("compare", board, board, "--format", "json")
    assert "alpha 0.2" in compared.err
    assert json.loads(compared.out)["alpha"] == 0.2


def test_folders_that_are_elsewhere_are_said(news: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    settings(news, 'results = "out"\ncorpora = "corpora"')
    answer = news(*EVALUATE, "--metric", "chrf")
    assert "as pyproject.toml says: results out\n" in answer.err
    assert Path("out/leaderboard.csv").is_file()
    assert "pyproject.toml" not in news(*EVALUATE, "--metric", "chrf", "--results", "b").err
    monkeypatch.setenv("MTBENCH_RESULTS", "c")
    assert "pyproject.toml" not in news(*EVALUATE, "--metric", "chrf").err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('metric = ["chrf"]', ("metric: not a setting", "did you mean 'metrics'?")),
        ("batch-size = 3", ("batch-size", "did you mean 'batch_size'?")),
        ("zzz = 3", ("zzz: not a setting", "settings are corpora")),
        ("seed = -1", ("seed: not a whole number from 0: '-1'",)),
        ("seed = true", ("seed: not a whole number",)),
        ('metrics = "chrf"', ("metrics: not a list of names",)),
        ("alpha = 5", ("alpha: not a number between 0 and 1",)),
        ("results = 3", ("results: not the name of a folder",)),
        (f'results = "{"x" * 5000}"', ("results: not the name of a folder",)),
        ('metrics = ["blue"]', ("unknown metric: 'blue'", "did you mean 'bleu'")),
        ('device = "gpu"', ("not a device: 'gpu'",)),
    ],
)
def test_what_cannot_be_is_refused(text: str, words: tuple[str, ...], news: Space) -> None:
    settings(news, text)
    news(*EVALUATE).refused(2, *words)
    assert not Path("results").exists()


def test_the_doctor_shows_them(news: Space) -> None:
    settings(news, 'metrics = ["chrf", "ter"]\nseed = 7')
    shown = news("doctor").out
    assert "setting of pyproject.toml: metrics = chrf, ter\n" in shown
    assert "setting of pyproject.toml: seed = 7\n" in shown
    document = json.loads(news("doctor", "--format", "json").out)
    assert document["settings"] == {"metrics": ["chrf", "ter"], "seed": 7}


def test_a_new_workspace_has_them(space: Space) -> None:
    assert space("init", ".").code == 0
    answer = space("evaluate", "--model", "copy", "--corpus", "example")
    assert answer.code == 0
    assert "as pyproject.toml says: metrics chrf, device auto, seed 0" in answer.err
