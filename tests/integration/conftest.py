"""Fixtures of tests of the whole command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mtbench import plugins
from tests.support.killing import Child
from tests.support.workspace import Space


@pytest.fixture(autouse=True)
def nothing_runs_on() -> Iterator[None]:
    """A test that fails leaves no process of its own beside the next."""
    yield
    Child.end_all()


@pytest.fixture
def space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Space]:
    """An empty workspace, with no way to a model hub and the back end ``slow``."""
    for name in ("CORPORA", "MODELS", "RESULTS"):
        monkeypatch.delenv(f"MTBENCH_{name}", raising=False)
    monkeypatch.setenv("MTBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setitem(plugins.BUILTIN_BACKENDS, "slow", "tests.support.slow:Slow")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    yield Space(tmp_path / "work", capsys)
