"""Nothing that was started outlives us, however we are killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from mtbench.engine.work import Worker, run
from mtbench.processes import guard
from mtbench.processes import watcher as watching
from mtbench.processes.programs import Program, once
from mtbench.types import Engine
from tests.support.engines import needs_apertium
from tests.support.killing import alive, started, started_by, until
from tests.support.sources import backend, segments

KILLS = 5  # per kind of program: 20 in all
pytestmark = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="looks for programs in /proc"
)

# It reads everything before it answers, in a group that has another process in the background,
# and that one has left the group.
BUFFERS = """
import subprocess, sys, time
subprocess.Popen(["sleep", "600"], start_new_session=True)
subprocess.Popen(["sleep", "600"])
lines = sys.stdin.read().splitlines()
time.sleep(600)
"""


def command() -> None:
    with backend("command", argv=[sys.executable, "-c", BUFFERS]) as system:
        system.translate(segments(["One.", "Two."]))


def apertium() -> None:
    with backend("apertium", "en-it", path="en-ca-it") as system:
        while True:
            system.translate(segments([f"The house number {n} is old." for n in range(50)]))


def workers() -> None:
    sleeper = Worker(factory="tests.support.workers:slow", arguments={})
    list(run(sleeper, range(10_000), 10_000, Engine(processes=2)))


def library() -> None:
    """A program that is run to its end, as unbabel-comet is for a comparison, and is stopped."""
    stopped = "import os, signal, time; os.kill(os.getpid(), signal.SIGSTOP); time.sleep(600)"
    once([sys.executable, "-c", stopped], seconds=900)


def forked(work: Callable[[], None]) -> int:
    """A process of its own that does something; its number."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        number = os.fork()
    if number == 0:
        try:
            nothing = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(nothing, stream)
            work()
        finally:
            os._exit(1)
    return number


@pytest.mark.parametrize(
    ("work", "processes"), [(command, 3), (apertium, 2), (workers, 2), (library, 1)]
)
def test_a_kill_leaves_nothing_behind(work: Callable[[], None], processes: int) -> None:
    if work is apertium:
        needs_apertium("eng-cat", "cat-ita")
    generator = random.Random(work.__name__)
    for kill in range(KILLS):
        number = forked(work)
        # Also while programs are just being started.
        wanted = processes if kill % 2 == 0 else 1
        try:
            until(lambda: len(started_by(number)) >= wanted)  # noqa: B023
            time.sleep(generator.uniform(0, 0.05))
        finally:
            os.kill(number, signal.SIGKILL)
            os.waitpid(number, 0)
        until(lambda: not started_by(number), "programs were left behind")  # noqa: B023


def test_what_left_its_group_ends_when_we_end() -> None:
    """A program that ends well may leave something running: not longer than we do."""
    code = "import subprocess; subprocess.Popen(['sleep', '600'], start_new_session=True)"

    def work() -> None:
        Program([sys.executable, "-c", code]).wait()
        assert started_by(os.getpid())
        guard._dismiss()

    number = forked(work)
    os.waitpid(number, 0)
    until(lambda: not started_by(number), "it was left behind")


def test_a_watcher_that_was_ended_is_replaced() -> None:
    program = Program(["sleep", "600"])
    watcher = guard._watcher
    assert watcher is not None
    watcher._process.kill()
    watcher._process.wait()
    other = Program(["sleep", "600"])
    assert guard._watcher is not watcher
    assert guard._watcher is not None
    assert guard._watcher.mark == watcher.mark
    for one in (program, other):
        assert alive(one.process.pid)
        one.kill()


def test_programs_bear_the_marks_of_all_who_started_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(guard.MARK, "1-outer")
    outer, mine = guard.environment()[guard.MARK].split()
    assert outer == "1-outer"
    assert mine.startswith(f"{os.getpid()}-")


def test_only_what_bears_the_whole_mark_is_ended() -> None:
    """Other processes have the same letters in their environment: they are not ours."""
    environment = {**os.environ, "OTHER": "1-abc", guard.MARK: ""}
    with started("sleep", "600", env=environment) as other:
        for mark in ("1-abc", "x", "", "1" * 40):
            watcher = [sys.executable, "-I", "-S", "-B", watching.__file__, str(os.getpid()), mark]
            subprocess.run(watcher, stdin=subprocess.DEVNULL, check=True)
            assert other.poll() is None
        assert f"{guard.MARK}=".encode() == watching.VARIABLE
