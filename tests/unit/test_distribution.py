"""One name on the Python index, and lines that install from where mtbench came from."""

from __future__ import annotations

import json
import re
from importlib import metadata

import pytest

from mtbench import distribution
from mtbench.files.writing import read_toml
from tests.support.modules import ROOT

# pip install NAME[extra], 'NAME[extra] @ …', NAME @ …: whatever names a distribution of ours.
OTHER = re.compile(r"(?<![\w./-])mtbench\[|pip install (?:-\S+ )*'?mtbench(?!-eval)\b")


class Installed:
    def __init__(self, record: object) -> None:
        self._record = record

    def read_text(self, name: str) -> str | None:
        assert name == "direct_url.json"
        return None if self._record is None else json.dumps(self._record)


@pytest.mark.parametrize(
    ("record", "line"),
    [
        (None, "pip install 'mtbench-eval[hf]'"),
        ({"url": "file:///x", "dir_info": {}}, "pip install '.[hf]' in the checkout of mtbench"),
        (
            {"url": "file:///x", "dir_info": {"editable": True}},
            "pip install -e '.[hf]' in the checkout of mtbench",
        ),
        (
            {"url": "https://example.org/m.git", "vcs_info": {"vcs": "git"}},
            "pip install 'mtbench-eval[hf] @ git+https://example.org/m.git'",
        ),
        (["odd"], "pip install 'mtbench-eval[hf]'"),
    ],
)
def test_an_extra_comes_from_where_mtbench_came_from(
    monkeypatch: pytest.MonkeyPatch, record: object, line: str
) -> None:
    monkeypatch.setattr(metadata, "distribution", lambda name: Installed(record))
    assert distribution.install_line("hf") == line


def test_pyproject_has_the_name() -> None:
    project = read_toml(ROOT / "pyproject.toml")["project"]
    assert project["name"] == distribution.DISTRIBUTION
    assert project["scripts"] == {"mtbench": "mtbench.cli.main:main"}


def test_no_text_names_another() -> None:
    files = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "pyproject.toml"]
    for folder, kinds in (
        ("docs", ("md", "yml", "toml")),
        ("mtbench", ("py",)),
        (".github", ("*",)),
    ):
        files += [path for kind in kinds for path in (ROOT / folder).rglob(f"*.{kind}")]
    wrong = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in files
        if path.is_file()
        for line in path.read_text("utf-8").splitlines()
        if OTHER.search(line)
    ]
    assert not wrong
