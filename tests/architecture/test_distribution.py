"""Ours is called by one name wherever pip is asked for it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mtbench import distribution
from mtbench.distribution import DISTRIBUTION, install_line
from mtbench.files.writing import read_toml
from tests.support.modules import ROOT

SUFFIXES = {".md", ".py", ".toml", ".yml", ".txt", ".html"}
UNQUOTED = re.compile(r"pip install (?:-e )?(?:mtbench-eval|\.)\[")  # zsh takes it for a pattern
OTHERS = re.compile(r"pip install [^\n]*?['\" ]mtbench(?![\w./-])|(?<![\w-])mtbench\[[a-z]")


def test_the_project_has_the_name() -> None:
    project = read_toml(ROOT / "pyproject.toml")["project"]
    assert project["name"] == DISTRIBUTION
    named = [one for extra in project["optional-dependencies"].values() for one in extra]
    assert not [one for one in named if one.startswith("mtbench[")]


def test_no_text_names_another() -> None:
    """Neither pip lines of documentation, nor hints, nor workflows."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    wrong = []
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.suffix not in SUFFIXES or path == Path(__file__) or name == "CHANGELOG.md":
            continue
        if path.is_file():
            text = path.read_text("utf-8", "replace")
            wrong += [f"{name}: {found.group()}" for found in OTHERS.finditer(text)]
            wrong += [f"{name}: {found.group()}: quote it" for found in UNQUOTED.finditer(text)]
    assert not wrong


def test_every_upper_bound_has_its_reason_beside_it() -> None:
    """A bound without one keeps people out for nothing, and nobody dares to lift it."""
    bounded = re.compile(r"^\s*\"[\w.\[\]-]+[^\";]*(<|==|~=)[^\"]*\",?(.*)$", re.M)
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    found = [(line.group(0).strip(), line.group(2)) for line in bounded.finditer(text)]
    assert any("sacrebleu" in line for line, _ in found)
    assert [line for line, reason in found if "#" not in reason] == []
    assert "<" not in read_toml(ROOT / "pyproject.toml")["project"]["requires-python"]


@pytest.mark.parametrize(
    ("origin", "line"),
    [
        ({}, f"pip install '{DISTRIBUTION}[hf]'"),
        ({"url": "file:///x", "dir_info": {}}, "pip install '.[hf]' in its checkout"),
        (
            {"url": "file:///x", "dir_info": {"editable": True}},
            "pip install -e '.[hf]' in its checkout",
        ),
        (
            {"url": "https://host/x.git", "vcs_info": {"vcs": "git"}},
            f"pip install '{DISTRIBUTION}[hf] @ git+https://host/x.git'",
        ),
        (
            {"url": "file:///x", "vcs_info": {"vcs": "git"}},
            f"pip install 'git+file:///x#egg={DISTRIBUTION}[hf]'",
        ),
    ],
)
def test_the_line_installs_from_where_it_came(
    origin: dict[str, Any], line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distribution, "_origin", lambda: origin)
    assert install_line("hf") == line
