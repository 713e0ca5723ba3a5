"""COMET's scores compared with unbabel-comet's own, here and in another environment.

The environment is a real one, made by ``python -m venv``, with an interpreter and a
``site-packages`` of its own; that holds a ``.pth`` file pointing at the packages of the first one,
so that the library's gigabyte of packages need not be installed a second time. mtbench is not
installed in it.
"""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from mtbench.errors import MetricError, MissingEngine, RequestError, Unavailable
from mtbench.metrics.comet import checkpoint, oracle
from mtbench.metrics.comet.oracle import LIBRARY, SAMPLE, TOLERANCE, VARIABLE, Oracle, samples
from mtbench.plugins import make_metric
from mtbench.processes import programs
from mtbench.types import Runtime
from tests.support.comet_samples import metric, paragraphs, view

EN, DE, IT = paragraphs("en"), paragraphs("de"), paragraphs("it")
TEST_SET = view(EN, [(one,) for one in DE])


@pytest.fixture(autouse=True)
def turned_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests at large have it turned off, since it takes seconds."""
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # tiny models lose by more, on a busy machine


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


@pytest.fixture(scope="module")
def said(tiny_comet: Callable[[str], Path]) -> list[float]:
    """What the library really says of the sample, asked for once."""
    pytest.importorskip("comet")
    located = checkpoint.locate(str(tiny_comet("regression")))
    return Oracle(sys.executable).scores(located, samples(located), "cpu", trust=False)


@pytest.fixture
def asked(said: list[float], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The library answering at once what it said before; which checkpoints it was asked about."""
    names: list[str] = []

    def scores(_: Oracle, located: checkpoint.Located, *_given: Any) -> list[float]:
        names.append(located.model)
        return said

    monkeypatch.setattr(Oracle, "scores", scores)
    return names


def scored(model: Path, cache: Path, **options: Any) -> Any:
    """What a result says of the comparison."""
    with metric("comet", model, Runtime(device="cpu", cache=str(cache)), **options) as entered:
        scorer = entered.prepare(TEST_SET)
        scorer.statistics({"it": IT})
        return scorer.notes("it")["checked"]


def test_it_is_made_once_per_checkpoint_and_the_result_says_so(
    asked: list[str],
    tiny_comet: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = tiny_comet("regression")
    told = scored(model, tmp_path, precision="bf16")
    assert told == f"{LIBRARY} 2.2.7, {len(SAMPLE)} segments within 1e-05 at fp32"
    (file,) = (tmp_path / "comet" / "checked").iterdir()
    kept = json.loads(file.read_text())
    assert kept["deviation"] <= TOLERANCE
    assert kept["device"] == "cpu"
    assert scored(model, tmp_path) == told
    assert len(asked) == 1
    file.write_text("{")  # damaged
    assert scored(model, tmp_path) == told
    assert len(asked) == 2
    monkeypatch.setattr(oracle, "RELEASE", oracle.RELEASE + 1)
    assert scored(model, tmp_path) == told
    assert len(asked) == 3
    again = metric("comet", model, Runtime(device="cpu", cache=str(tmp_path)))
    found = again.compare_with_oracle()
    assert len(asked) == 4, "asked for, it is made again"
    assert found["deviation"] <= TOLERANCE
    assert found["segments"] == len(SAMPLE) >= 10
    assert found["library"][LIBRARY] == "2.2.7"


def test_scores_that_do_not_agree_are_not_given(
    asked: list[str],
    said: list[float],
    tiny_comet: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moved = [said[0], said[1] + 2e-5, *said[2:]]
    monkeypatch.setattr(Oracle, "scores", lambda *_: moved)
    with pytest.raises(MetricError) as caught:
        scored(tiny_comet("regression"), tmp_path)
    assert "our score is not that of unbabel-comet 2.2.7, so none is given" in caught.value.message
    assert str(caught.value.why).startswith("segment 2 of the sample: ")
    assert not (tmp_path / "comet" / "checked").exists()


def test_without_the_library_or_a_cache_the_result_says_that(
    tiny_comet: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tiny_comet("regression")
    monkeypatch.setattr(oracle, "find_oracle", lambda: None)
    assert scored(model, tmp_path) == "no: unbabel-comet is not installed"
    with pytest.raises(Unavailable, match="nothing to compare with"):
        metric("comet", model).compare_with_oracle()
    monkeypatch.undo()
    monkeypatch.delenv(VARIABLE)
    with metric("comet", model) as entered:
        scorer = entered.prepare(TEST_SET)
        scorer.statistics({"it": IT})
    assert scorer.notes("it")["checked"] == "no: without a cache"
    monkeypatch.setenv(VARIABLE, "off")
    assert scored(model, tmp_path) == "no: turned off by MTBENCH_COMET_PYTHON"


def test_a_library_that_fails_is_said_and_stops_nothing(
    tiny_comet: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    pytest.importorskip("comet")
    model = tiny_comet("regression")
    monkeypatch.setattr(oracle, "_memory", lambda: 1000)
    assert scored(model, tmp_path).startswith("no: the library takes ")
    assert "was not compared with unbabel-comet 2.2.7: the library takes" in caplog.text
    with pytest.raises(Unavailable, match="the library takes"):
        metric("comet", model).compare_with_oracle()


def test_the_library_in_another_environment(
    other_python: str, tiny_comet: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("comet")
    monkeypatch.setenv(VARIABLE, other_python)
    started: list[str] = []
    real = programs.once

    def watched(argv: Sequence[str], *given: Any, **more: Any) -> Any:
        started.append(argv[0])
        return real(argv, *given, **more)

    monkeypatch.setattr(oracle, "once", watched)
    found = metric("xcomet", tiny_comet("xcomet")).compare_with_oracle()
    assert found["deviation"] <= TOLERANCE
    assert started == [other_python, other_python], "its versions, then its scores"


def test_an_environment_without_the_library(
    tiny_comet: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = make_environment(tmp_path / "bare", with_comet=False)
    monkeypatch.setenv(VARIABLE, bare)
    with pytest.raises(Unavailable) as caught:
        scored(tiny_comet("regression"), tmp_path)
    assert caught.value.message == f"{bare}, which {VARIABLE} names, has no unbabel-comet"
    assert "pip install unbabel-comet" in str(caught.value.hint)


def test_an_interpreter_that_is_not_there(
    tiny_comet: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "/no/such/python")
    with pytest.raises(MissingEngine) as caught:
        scored(tiny_comet("regression"), tmp_path)
    assert caught.value.exit_code == 3
    assert "'/no/such/python', which is no program" in caught.value.message


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("#!/bin/sh\necho 'I am not Python' >&2\nexit 3\n", "I am not Python"),
        ("#!/bin/sh\nkill -9 $$\n", "it was killed, probably because memory ran out"),
        ("#!/bin/sh\nexit 4\n", "status 4"),
    ],
)
def test_a_program_that_is_no_python(script: str, why: str, tmp_path: Path) -> None:
    file = tmp_path / "python"
    file.write_text(script)
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    with pytest.raises(Unavailable, match=r"unbabel-comet \(.*python\) ended") as caught:
        oracle.Oracle(str(file))
    assert caught.value.why == why


def test_a_metric_without_another_implementation() -> None:
    with pytest.raises(RequestError, match="chrf has nothing to be compared with"):
        make_metric("chrf", {}, Runtime()).compare_with_oracle()
