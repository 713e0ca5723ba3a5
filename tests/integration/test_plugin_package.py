"""The example package, installed with pip, is used through the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.killing import SECONDS
from tests.support.packages import install

ROOT = Path(__file__).resolve().parents[2]
LINES = (
    {"id": "1", "src": "The big house.", "ref": "La casa grande."},
    {"id": "2", "src": "A house.", "ref": "Una casa."},
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example package installed in it."""
    folder = tmp_path_factory.mktemp("site")
    install(ROOT / "tests" / "plugin_example", folder)
    return folder


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A corpus of two segments."""
    corpus = tmp_path / "corpora" / "houses" / "en-it.jsonl"
    corpus.parent.mkdir(parents=True)
    text = "".join(f"{json.dumps(line)}\n" for line in LINES)
    corpus.write_text(text, encoding="utf-8")
    return tmp_path


def mtbench(
    workspace: Path, site: Path | None, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """A call in a process of its own, with or without the package on its path."""
    path = [str(ROOT), *([str(site)] if site else [])]
    return subprocess.run(
        [sys.executable, "-m", "mtbench", *arguments],
        cwd=workspace,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path), "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_its_metric_is_listed(workspace: Path, site: Path) -> None:
    done = mtbench(workspace, site, "metrics", "list", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert "word-f1" in done.stdout


def test_its_metric_scores_what_its_back_end_translates(workspace: Path, site: Path) -> None:
    done = mtbench(
        workspace,
        site,
        *("evaluate", "--model", "glossary:house=casa,big=grande", "--corpus", "houses"),
        *("--pair", "en-it", "--metric", "word-f1", "--format", "json"),
    )
    assert done.returncode == 0, done.stderr
    (table,) = json.loads(done.stdout)["tables"]
    (row,) = table["rows"]
    # "The grande casa." and "A casa.": of 3 and 2 words, "casa." alone is in a reference.
    assert row["cells"]["word-f1"]["score"] == pytest.approx(100 * 2 * 1 / (5 + 5))
    assert row["cells"]["word-f1"]["signature"] == "nrefs:1|case:mixed|tok:space|version:1.0"
    (output,) = (workspace / "results/houses/en-it").glob("*/output.jsonl")
    assert [json.loads(line)["mt"] for line in output.read_text("utf-8").splitlines()] == [
        "The grande casa.",
        "A casa.",
    ]


def test_its_options_reach_it_and_wrong_ones_are_refused(workspace: Path, site: Path) -> None:
    call = ("evaluate", "--model", "identity", "--corpus", "houses", "--pair", "en-it")
    right = mtbench(
        workspace,
        site,
        *(*call, "--metric", "word-f1", "--metric-option", "word-f1.lowercase=true"),
        *("--format", "csv"),
    )
    assert right.returncode == 0, right.stderr
    assert "case:lc" in right.stdout
    wrong = mtbench(
        workspace, site, *call, "--metric", "word-f1", "--metric-option", "word-f1.colour=red"
    )
    assert wrong.returncode == 2
    assert "colour" in wrong.stderr


def test_without_the_package_its_names_are_unknown(workspace: Path) -> None:
    done = mtbench(workspace, None, "evaluate", "--model", "identity", "--metric", "word-f1")
    assert done.returncode == 2
    assert "unknown metric: 'word-f1'" in done.stderr
