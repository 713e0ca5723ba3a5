"""A workspace for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.workspace import Space


@pytest.fixture
def space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Space:
    """An empty workspace, which is the current folder."""
    root = tmp_path / "work"
    root.mkdir()
    monkeypatch.chdir(root)
    return Space(root, capsys)
