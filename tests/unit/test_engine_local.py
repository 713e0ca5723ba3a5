from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mtbench.checkpoints.precision import check_precision
from mtbench.engine import local, work
from mtbench.engine.devices import spread
from mtbench.engine.local import available_processes
from mtbench.engine.work import Worker, build, run
from mtbench.errors import RunFailed, Unavailable
from mtbench.types import Engine, Runtime
from tests.support.killing import started_by, until

DOUBLER = Worker(factory="tests.support.workers:doubler", arguments={"plus": 1})


def failing(kind: str) -> Worker:
    return Worker(factory="tests.support.workers:failing", arguments={"kind": kind})


def test_small_work_stays_in_this_process() -> None:
    found = list(run(DOUBLER, range(20), 20))
    assert [value for value, _ in found] == [2 * item + 1 for item in range(20)]
    assert {process for _, process in found} == {os.getpid()}


def test_results_of_several_processes_come_in_order() -> None:
    found = list(run(DOUBLER, range(60), 60, Engine(processes=3)))
    assert [value for value, _ in found] == [2 * item + 1 for item in range(60)]
    processes = {process for _, process in found}
    assert os.getpid() not in processes
    assert 1 < len(processes) <= 3


def test_large_work_is_shared_out_after_a_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtbench.engine.local.available_processes", lambda: 2)
    monkeypatch.setattr("mtbench.engine.work.TRIAL", 0.02)
    monkeypatch.setattr("mtbench.engine.work.WORTH_IT", 0.02)
    found = list(run(DOUBLER, range(200), 200))
    assert [value for value, _ in found] == [2 * item + 1 for item in range(200)]
    assert found[0][1] == os.getpid() != found[-1][1]


def test_work_that_is_here_already_is_used() -> None:
    assert list(run(DOUBLER, [1, 2], 2, work=lambda item: -item)) == [-1, -2]


def test_only_a_few_items_are_taken_ahead() -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for item in range(1000):
            taken += 1
            yield item

    results = run(DOUBLER, items(), 1000, Engine(processes=2))
    next(results)
    assert taken <= 6
    results.close()  # type: ignore[attr-defined]


def test_an_error_of_ours_keeps_its_lines() -> None:
    with pytest.raises(RunFailed) as caught:
        list(run(failing("ours"), range(10), 10, Engine(processes=2)))
    assert caught.value.lines() == ["segment five", "it is odd", "leave it out"]


def test_another_error_is_named() -> None:
    with pytest.raises(RunFailed, match="ZeroDivisionError: five"):
        list(run(failing("theirs"), range(10), 10, Engine(processes=2)))


def test_a_process_that_ends_is_noticed() -> None:
    with pytest.raises(RunFailed, match=r"ended with exit code 9"):
        list(run(failing("ended"), range(10), 10, Engine(processes=2)))


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for them in /proc")
def test_stopping_early_ends_the_processes() -> None:
    before = started_by(os.getpid())
    results = run(
        Worker(factory="tests.support.workers:slow", arguments={}),
        range(99),
        99,
        Engine(processes=2),
    )
    assert next(results) == 0
    assert len(started_by(os.getpid()) - before) >= 2
    results.close()  # type: ignore[attr-defined]
    until(lambda: started_by(os.getpid()) <= before, "they run on")


def test_build_makes_the_function_here() -> None:
    assert build(DOUBLER)(4)[0] == 9
    assert available_processes() >= 1


def test_each_process_sees_one_gpu_in_turn() -> None:
    seen = Worker(
        factory="tests.support.workers:environment",
        arguments={"name": "CUDA_VISIBLE_DEVICES"},
        gpu=True,
    )
    engine = Engine(processes=3, devices=("0", "GPU-a1", "7"))
    assert set(run(seen, range(30), 30, engine)) <= {"0", "GPU-a1", "7"}
    crew = work.crew(seen, 5, engine)
    try:
        assert isinstance(crew, local.LocalCrew)
        found = [worker.ask(0) for worker in crew._workers]
    finally:
        crew.end()
    assert found == ["0", "GPU-a1", "7", "0", "GPU-a1"]


def test_what_computes_on_no_gpu_sees_what_this_process_sees(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,4")
    seen = Worker(
        factory="tests.support.workers:environment", arguments={"name": "CUDA_VISIBLE_DEVICES"}
    )
    engine = Engine(processes=2, devices=("3", "4"))
    assert set(run(seen, range(6), 6, engine)) == {"3,4"}


@pytest.mark.parametrize(
    ("named", "count", "devices", "processes"),
    [(None, 3, ("0", "1", "2"), 3), ("5,GPU-b", 2, ("5", "GPU-b"), 2), (None, 1, ("0",), None)],
)
def test_all_gpus_are_a_process_for_each(
    named: str | None,
    count: int,
    devices: tuple[str, ...],
    processes: int | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if named is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    device, engine = spread("cuda:all", Engine())
    assert (device, engine.devices, engine.processes) == ("cuda", devices, processes)
    assert spread("cuda:all", Engine(kind="ray", processes=4)) == (
        "cuda", Engine(kind="ray", processes=4)
    )  # fmt: skip


def test_all_of_no_gpus_is_refused_like_one_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    device, engine = spread("cuda:all", Engine())
    assert (device, engine) == ("cuda", Engine())
    with pytest.raises(Unavailable, match="no device 'cuda'"):
        check_precision("fp32", Runtime(device=device, engine=engine))
    check_precision("fp32", Runtime(device=device, engine=Engine(kind="ray")))  # others may have
