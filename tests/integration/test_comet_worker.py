"""COMET in another interpreter: a second virtual environment, spoken to through a pipe.

The environment is a real one, made by ``python -m venv``, with an interpreter and a
``site-packages`` of its own; that holds a ``.pth`` file pointing at the packages of the first one,
so that COMET's gigabyte of packages need not be installed a second time. mtbench is not installed
in it.
"""

from __future__ import annotations

import logging
import os
import stat
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from mtbench.errors import MetricError, MissingEngine, RequestError, Unavailable
from mtbench.metrics.comet.client import VARIABLE, WorkerSession
from mtbench.metrics.comet.session import Settings
from mtbench.types import Runtime
from tests.support.comet_samples import metric, paragraphs, view

EN, DE, IT = paragraphs("en"), paragraphs("de"), paragraphs("it")
FORWARD = view(EN, [(one,) for one in DE], "en-de")
OUTPUTS = {"it": IT, "copy": EN}


def make_environment(folder: Path, *, with_comet: bool) -> str:
    """A virtual environment; returns its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    if with_comet:
        asked = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
        place = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True)
        here = sysconfig.get_paths()["purelib"]
        # Plain lines only: the first environment's own .pth files, and so an editable mtbench,
        # are not followed.
        Path(place.stdout.strip(), "first.pth").write_text(f"{here}\n")
    return str(python)


@pytest.fixture(scope="module")
def other_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_environment(tmp_path_factory.mktemp("second") / "env", with_comet=True)


def test_the_second_environment_is_another_one(other_python: str) -> None:
    asked = "import sys; print(sys.prefix); import importlib.util as u; print(u.find_spec('comet'))"
    found = subprocess.run(
        [other_python, "-I", "-c", asked], capture_output=True, text=True, check=True
    )
    prefix, comet = found.stdout.splitlines()
    assert prefix != sys.prefix
    assert comet != "None"


def test_the_same_scores_spans_and_signature_come_back(
    other_python: str,
    tiny_comet: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    model = tiny_comet("xcomet")
    here = metric("xcomet", model)
    expected_signature = here.signature(FORWARD)
    with here:
        scorer = here.prepare(FORWARD)
        expected = scorer.statistics(OUTPUTS)
        expected_notes, expected_spans = scorer.notes("it"), scorer.annotations("it")
    capfd.readouterr()
    caplog.clear()
    monkeypatch.setenv(VARIABLE, other_python)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # as this process is set
    told: list[int] = []
    there = metric("xcomet", model)
    there.check(FORWARD)
    assert there.signature(FORWARD) == expected_signature
    with there:
        assert isinstance(there._session, WorkerSession)
        scorer = there.prepare(FORWARD)
        rows = scorer.statistics(OUTPUTS, told.append)
        assert scorer.notes("it") == expected_notes
        assert scorer.annotations("it") == expected_spans
    for system in OUTPUTS:
        assert rows[system].tobytes() == expected[system].tobytes()
    assert sum(told) == 14
    assert capfd.readouterr() == ("", ""), "nothing but records leaves the worker"
    assert all(r.name.startswith("mtbench") for r in caplog.records)


def test_errors_cross_the_pipe_as_they_are(
    other_python: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(VARIABLE, other_python)
    broken = tmp_path / "checkpoints" / "model.ckpt"
    broken.parent.mkdir()
    broken.write_text("no checkpoint")
    (tmp_path / "hparams.yaml").write_text("class_identifier: ranking_metric\n")
    with pytest.raises(RequestError) as caught:
        metric("comet", tmp_path).check()
    assert "'ranking_metric'" in caught.value.message
    assert caught.value.exit_code == 2
    with pytest.raises(Unavailable, match="nobody/made-this is not on this machine"):
        metric("comet", "nobody/made-this", Runtime(offline=True)).check()


def test_an_environment_without_comet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = make_environment(tmp_path / "bare", with_comet=False)
    monkeypatch.setenv(VARIABLE, bare)
    with pytest.raises(Unavailable) as caught:
        metric("comet", "a/b", Runtime(offline=True)).check()
    assert caught.value.message == f"{bare}, which {VARIABLE} names, has no unbabel-comet"
    assert "pip install unbabel-comet" in str(caught.value.hint)


def test_an_interpreter_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "/no/such/python")
    with pytest.raises(MissingEngine) as caught:
        metric("comet", "a/b").check()
    assert caught.value.exit_code == 3
    assert "'/no/such/python', which is no program" in caught.value.message


def test_a_program_that_is_no_python(tmp_path: Path) -> None:
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\necho 'I am not Python' >&2\nexit 3\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    with pytest.raises(MetricError, match=r"the COMET worker .* ended") as caught:
        WorkerSession(Settings(model="a/b"), str(script))
    assert caught.value.why == "I am not Python"


def test_a_worker_that_is_killed_is_reported(other_python: str) -> None:
    session = WorkerSession(Settings(model="a/b"), other_python)
    try:
        os.kill(session._process.pid, 9)
        session._process.wait()
        with pytest.raises(MetricError) as caught:
            session.version()
        assert "probably because memory ran out" in str(caught.value.why)
    finally:
        session.close()


def test_the_worker_goes_when_its_session_does(other_python: str) -> None:
    session = WorkerSession(Settings(model="a/b"), other_python)
    assert session.version()
    session.close()
    assert session._process.returncode == 0
