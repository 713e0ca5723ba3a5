"""Signals that ask to end, and moments when they must wait."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from typing import Any

import pytest
from pydantic_core import PydanticSerializationError

from mtbench.engine.threads import calls
from mtbench.interruptions import Ended, awaited, held_back, unmasked, unwind_when_asked_to_end
from mtbench.processes.programs import Program
from mtbench.types.base import ColumnOf, Record
from tests.support.killing import SECONDS, alive


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    unwind_when_asked_to_end()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_unwinds(number: signal.Signals) -> None:
    with pytest.raises(Ended) as caught:
        signal.raise_signal(number)
    assert caught.value.signal == number
    assert isinstance(caught.value, KeyboardInterrupt)


def test_what_is_ignored_stays_ignored() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    unwind_when_asked_to_end()
    signal.raise_signal(signal.SIGTERM)


class Written(Record):
    values: ColumnOf[int]


def test_pydantic_s_own_error_does_not_hide_it() -> None:
    class Asking(Sequence[int]):
        """A column while whose values are written a signal comes."""

        def __len__(self) -> int:
            return 1

        def __getitem__(self, place: Any) -> Any:
            signal.raise_signal(signal.SIGTERM)

    made = Written.model_construct(values=Asking())
    with pytest.raises(PydanticSerializationError):
        made.model_dump(mode="json")
    with pytest.raises(Ended) as caught, unmasked():
        made.model_dump(mode="json")
    assert caught.value.signal == signal.SIGTERM
    with pytest.raises(ZeroDivisionError), unmasked():
        1 / 0  # noqa: B018 - what an earlier signal has nothing to do with


def test_it_waits_where_it_must() -> None:
    steps = []
    with pytest.raises(Ended), held_back():
        with held_back():
            signal.raise_signal(signal.SIGTERM)
            steps.append("inner")
        steps.append("outer")
    assert steps == ["inner", "outer"]
    with held_back():
        steps.append("no signal is left over")


def test_it_waits_for_another_thread_too() -> None:
    begun, done = threading.Event(), threading.Event()

    def hold() -> None:
        with held_back():
            begun.set()
            done.wait(SECONDS)

    thread = threading.Thread(target=hold)
    thread.start()
    begun.wait(SECONDS)
    signal.raise_signal(signal.SIGTERM)
    with pytest.raises(Ended):
        done.set()
        thread.join(SECONDS)
        time.sleep(SECONDS)  # where the main thread hears of it
    thread.join(SECONDS)


def test_a_program_that_is_just_being_started_is_ended_with_us() -> None:
    """The signal comes before anybody holds the program: the end of the process ends it."""
    code = (
        "import signal\n"
        "from mtbench.interruptions import unwind_when_asked_to_end\n"
        "from mtbench.processes import programs\n"
        "unwind_when_asked_to_end()\n"
        "started = programs.subprocess.Popen\n"
        "def popen(*given, **more):\n"
        "    made = started(*given, **more)\n"
        "    print(made.pid, flush=True)\n"
        "    signal.raise_signal(signal.SIGTERM)\n"
        "    return made\n"
        "programs.subprocess.Popen = popen\n"
        "program = programs.Program(['sleep', '600'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=SECONDS
    )
    assert "Ended" in done.stderr
    watcher, program = map(int, done.stdout.split())
    assert not alive(program)
    assert not alive(watcher)


def test_an_impatient_second_signal_leaves_nothing_behind() -> None:
    code = (
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('here', flush=True)\ntime.sleep(600)\n"
    )
    program = Program([sys.executable, "-c", code])
    assert program.stdout.readline() == b"here\n"
    timer = threading.Timer(0.3, signal.raise_signal, [signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        program.kill()
    timer.join()
    program.kill()
    assert not alive(program.process.pid)


def disturb() -> None:
    """A signal, as it may fall to any thread: the main one is not woken by it."""
    time.sleep(0.3)
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)


def test_a_signal_is_heard_while_an_answer_is_waited_for() -> None:
    answer: Future[str] = Future()
    late = threading.Timer(SECONDS, answer.set_result, ["late"])
    late.daemon = True
    late.start()
    threading.Thread(target=disturb).start()
    with pytest.raises(Ended):
        awaited(answer)
    assert not answer.done()
    late.cancel()


def test_a_signal_is_heard_while_calls_are_under_way() -> None:
    stopped, told = threading.Event(), list[bool]()
    threading.Thread(target=disturb).start()
    with pytest.raises(Ended):
        calls(lambda _: stopped.wait(SECONDS), range(2), 2, told.append, stopped)
    assert told == [True, True]
