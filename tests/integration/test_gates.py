"""Gates on GitHub and GitLab: the examples are valid, and their own commands do what they say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from mtbench.cli.beginning import example_files
from mtbench.report.comparison_text import to_markdown
from mtbench.types.findings import LeaderboardDiff, MetricDelta, RowDiff
from tests.support.modules import ROOT
from tests.support.workspace import SENTENCES, Space

EXAMPLES = ROOT / "docs" / "examples"
A_COMMENT = 65_536  # characters, of GitHub; GitLab's hold more
SCHEMAS = {"github-action.yml": "vendor.github-workflows", "gitlab-ci.yml": "vendor.gitlab-ci"}


def lint(path: Path, schema: str) -> None:
    pytest.importorskip("check_jsonschema")
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_examples_are_valid(name: str) -> None:
    lint(EXAMPLES / name, SCHEMAS[name])


def test_the_gate_of_a_new_workspace_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "mtbench.yml"
    path.write_text(example_files()[".github/workflows/mtbench.yml"], "utf-8")
    lint(path, "vendor.github-workflows")


def test_the_page_shows_the_job_as_it_is() -> None:
    page = (ROOT / "docs/how-to/compare-and-gate.md").read_text("utf-8")
    assert f"```yaml\n{(EXAMPLES / 'gitlab-ci.yml').read_text('utf-8')}```" in page


def git(*words: str, folder: Path) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def change(space: Space) -> Path:
    """A clone of a project on whose main branch results are committed; one may change it."""
    if shutil.which("git") is None:
        pytest.skip("no git on this machine")
    rows = [
        {"id": f"s{n}", "src": f"{source} {n}", "ref": f"{reference} {n}"}
        for n, (source, reference) in enumerate(SENTENCES * 5)
    ]
    space.corpus(rows=rows)
    space.card("our-mt", 'backend = "hypotheses"\npairs = ["en-it"]\n[options]\npath = "out.it"\n')
    space.file("out.it", [row["ref"] for row in rows])
    words = "evaluate --model our-mt --metric bleu --metric chrf --results results"
    assert space(*words.split()).code == 0
    git("init", "-q", "-b", "main", folder=space.root)
    git("add", "-A", "-f", folder=space.root)
    git("commit", "-q", "-m", "results", folder=space.root)
    clone = space.root.parent / "clone"
    git("clone", "-q", str(space.root), str(clone), folder=space.root.parent)
    return clone


def steps(name: str) -> list[str]:
    """What an example runs, without what needs a network."""
    document = yaml.safe_load((EXAMPLES / name).read_text("utf-8"))
    if name == "gitlab-ci.yml":
        found = list(document["translation-quality"]["script"])
    else:
        found = [step["run"] for step in document["jobs"]["compare"]["steps"] if "run" in step]
    return [one for one in found if not one.startswith(("pip install", "gh pr comment"))]


def gate(name: str, folder: Path) -> tuple[int, str]:
    """Its commands, as the service runs them: GitLab's in one shell, GitHub's in one per step."""
    programs = folder.parent / "bin"
    programs.mkdir(exist_ok=True)
    ours = programs / "mtbench"
    ours.write_text(f'#!/bin/sh\nexec {sys.executable} -m mtbench "$@"\n', "utf-8")
    ours.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
    }
    scripts = steps(name)
    if name == "gitlab-ci.yml":
        scripts = ["\n".join(scripts)]
    else:
        git("worktree", "add", "--detach", "base", "origin/main", folder=folder)
    said = ""
    for script in scripts:
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", script],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        said += done.stdout + done.stderr
        if done.returncode:
            return done.returncode, said
    return 0, said


@pytest.mark.parametrize("name", SCHEMAS)
@pytest.mark.parametrize(("worse", "code"), [(False, 0), (True, 1)])
def test_the_examples_do_what_they_say(name: str, worse: bool, code: int, change: Path) -> None:
    if worse:
        path = change / "out.it"
        path.write_text(re.sub(r"\b(il|la|di)\b ", "", path.read_text("utf-8")), "utf-8")
    found, said = gate(name, change)
    assert found == code, said
    comment = (change / "comment.md").read_text("utf-8")
    assert comment.startswith("### mtbench: ")
    assert ("failed" if worse else "passed") in comment.split("\n")[0]
    assert "our-mt" in comment
    if name == "github-action.yml":
        assert (change / "summary.md").read_text("utf-8") == comment


def diff(rows: Sequence[RowDiff]) -> LeaderboardDiff:
    return LeaderboardDiff(old="a", new="b", deciding=("chrf",), alpha=0.05, rows=tuple(rows))


def row(number: int, delta: float, verdict: str) -> RowDiff:
    entry = MetricDelta.model_validate(
        {
            "metric": "chrf",
            "old": 50.0,
            "new": 50.0 + delta,
            "delta": delta,
            "higher_is_better": True,
            "verdict": verdict,
        }
    )
    return RowDiff.model_validate(
        {
            "corpus": "c" * 40,
            "src": "en",
            "tgt": "it",
            "system": f"system-{'x' * 60}-{number}",
            "status": "both",
            "verdict": verdict,
            "metrics": [entry.model_dump()],
        }
    )


def test_a_comment_fits_and_begins_with_the_worst() -> None:
    rows = [row(n, -0.1 * (n % 7), "worse" if n % 7 else "undecided") for n in range(2_000)]
    text = to_markdown(diff([*rows, row(9_999, -30.0, "worse")]))
    assert len(text) < A_COMMENT
    table = [line for line in text.split("\n") if line.startswith("| c")]
    assert "9999" in table[0]
    assert "more rows" in text


def test_a_comment_is_never_empty() -> None:
    text = to_markdown(diff([]))
    assert text.startswith("### mtbench: ") and len(text.split()) > 3
