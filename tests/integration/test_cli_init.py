"""The first minutes: what ``mtbench`` alone says, and a workspace that holds from the start."""

from __future__ import annotations

import shlex
from pathlib import Path

import yaml

from tests.support.workspace import Space


def test_alone_it_says_what_to_do_next(space: Space) -> None:
    before = space()
    assert before.code == 0 and "mtbench init" in before.out and "evaluate" not in before.out
    space.corpus()
    assert "mtbench evaluate --model identity --corpus news" in space().out
    assert space("evaluate", "--model", "identity", "--metric", "chrf").code == 0
    assert space().out.split("\n")[0].endswith("mtbench leaderboard")


def test_a_workspace_validates_evaluates_and_passes_its_own_gate(space: Space) -> None:
    made = space("init", ".")
    assert made.code == 0, made
    assert space("corpus", "validate", "corpora").code == 0
    gate = yaml.safe_load(Path(".github/workflows/mtbench.yml").read_text("utf-8"))
    steps = [step["run"] for step in gate["jobs"]["gate"]["steps"] if "run" in step]
    commands = [shlex.split(step.partition(">>")[0]) for step in steps if "mtbench " in step]
    ours = [words[1:] for words in commands if words[0] == "mtbench"]
    assert [words[0] for words in ours] == ["corpus", "evaluate", "compare"]
    for words in ours[:2]:
        assert space(*words).code == 0, words
    Path("baseline.csv").write_bytes(Path("results/leaderboard.csv").read_bytes())
    compared = space(*ours[2], "--results-a", "results")
    assert compared.code == 0 and compared.out.strip(), compared


def test_nothing_that_is_there_is_replaced(space: Space) -> None:
    Path(".gitignore").write_text("mine\n", "utf-8")
    again = space("init")
    assert again.code == 0 and "left as it is" in again.err
    assert Path(".gitignore").read_text("utf-8") == "mine\n"
    assert space("init").out == ""


def test_a_file_is_no_folder(space: Space) -> None:
    Path("here").write_text("", "utf-8")
    space("init", "here").refused(2, "here", "not a folder")
