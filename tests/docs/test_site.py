"""The site is built without a warning and asks for nothing from elsewhere; examples are valid."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from tests.docs.commands import ROOT
from tests.docs.reference import commands

DOCS = ROOT / "docs"
ACTION = DOCS / "examples" / "github-action.yml"
_FETCHED = re.compile(
    r"""<(?:script|img|iframe|source)[^>]+src=["']?(https?:)?//"""
    r"""|<link[^>]+rel=["']?(?:stylesheet|preload|preconnect)["']?[^>]+href=["']?(https?:)?//""",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    pytest.importorskip("material", reason="the site needs mtbench-eval[docs]")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "mkdocs", "build", "--strict"),
            *("--config-file", str(DOCS / ".mkdocs" / "mkdocs.yml"), "--site-dir", str(folder)),
        ],
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stderr
    return folder


def test_every_page_is_in_the_site(site: Path) -> None:
    for page in DOCS.rglob("*.md"):
        built = site / page.relative_to(DOCS).with_suffix(".html")
        assert built.is_file(), page


def test_every_page_is_named_on_the_first() -> None:
    index = DOCS / "index.md"
    links = re.findall(r"\]\(([^)#]+\.md)", index.read_text(encoding="utf-8"))
    named = {(DOCS / link).resolve() for link in links}
    assert set(DOCS.rglob("*.md")) - {index} <= named


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda p: p.stem)
def test_nothing_is_left_to_fill_in(page: Path) -> None:
    found = re.findall(r"^[A-Z]+_[A-Z_]+$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert not found


def test_the_site_asks_for_nothing_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        found = _FETCHED.search(page.read_text(encoding="utf-8"))
        assert found is None, f"{page}: {found and found.group()}"


def action() -> dict[str, Any]:
    """The example of a workflow."""
    yaml = pytest.importorskip("yaml", reason="reading YAML needs PyYAML")
    found: dict[str, Any] = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
    return found


def test_the_workflow_is_the_one_on_the_page() -> None:
    page = (DOCS / "how-to" / "compare-and-gate.md").read_text(encoding="utf-8")
    assert f"```yaml\n{ACTION.read_text(encoding='utf-8')}```" in page


def test_the_workflow_has_what_a_workflow_needs() -> None:
    workflow = action()
    assert set(workflow) == {"name", True, "permissions", "jobs"}  # YAML 1.1 reads "on" as true
    for job in workflow["jobs"].values():
        assert job["runs-on"]
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step)


def test_the_workflow_names_only_commands_and_options_that_exist() -> None:
    known = dict(commands())
    calls = [
        line.partition(" || ")[0].partition(" > ")[0]
        for job in action()["jobs"].values()
        for step in job["steps"]
        for line in step.get("run", "").splitlines()
        if line.startswith("mtbench ")
    ]
    assert len(calls) == 4
    for call in calls:
        words = shlex.split(call)
        name = words.pop(0)
        while isinstance(known[name], click.Group):
            name = f"{name} {words.pop(0)}"
        known[name].make_context(name, words)  # raises on an option or choice that is none
