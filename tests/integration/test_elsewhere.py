"""Metrics and back ends travel as name, options, direction and runtime; results are the same."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtbench.engine.work import Worker, build, run
from mtbench.errors import Unavailable
from mtbench.languages import LanguagePair
from mtbench.plugins import BUILTIN_BACKENDS, Backend, make_backend, make_metric
from mtbench.stages import travel
from mtbench.stages.translation import plan, translate
from mtbench.types import Engine, Finished, Record, Runtime, ScoredBlock, ScoringView, Source
from tests.support.blocks import blocks
from tests.support.checkpoints import checkpoint
from tests.support.sources import segments
from tests.support.tiny_encoder import make_encoder

TWO = Engine(processes=2)
PAIR = LanguagePair.parse("en-it")
TEXTS = [f"The harbour was quiet in the year {1900 + n}." for n in range(13)]


def view() -> ScoringView:
    return ScoringView(
        pair=PAIR,
        ids=tuple(f"s{n}" for n in range(len(TEXTS))),
        sources=tuple(TEXTS),
        references=tuple((text.upper(),) for text in TEXTS),
        documents=(None,) * len(TEXTS),
    )


def test_comet_is_the_same_wherever_it_scores(
    tiny_comet: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mtbench.checkpoints.batches.KEPT", 4)
    outputs = {"one": [text.lower() for text in TEXTS], "two": TEXTS}
    options = {"model": str(tiny_comet("regression"))}
    here = blocks(make_metric("comet", options, Runtime(device="cpu")), view(), outputs)

    def loaded_here(_: object) -> dict[str, object]:
        raise AssertionError("weights are loaded in the process that hands out work")

    monkeypatch.setattr("mtbench.metrics.comet.session.CometSession.load", loaded_here)
    elsewhere = make_metric("comet", options, Runtime(device="cpu", engine=TWO))
    there = blocks(elsewhere, view(), outputs)
    assert [len(block.ids) for _, block in here] == [4, 4, 4, 4, 4, 4, 1, 1]
    assert [(name, block.ids) for name, block in here] == [(n, b.ids) for n, b in there]
    for (_, one), (_, other) in zip(here, there, strict=True):
        np.testing.assert_allclose(one.rows, other.rows, rtol=0, atol=1e-6)
        assert one.notes == other.notes


@pytest.mark.parametrize("kind", ["regression", "qe"])
def test_several_devices_equal_one(
    kind: str, tiny_comet: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By simulation: each process sees a device of its own, and computes on the CPU."""
    if importlib.import_module("torch").cuda.is_available():
        pytest.skip("there are GPUs: tests/gpu")
    monkeypatch.setattr("mtbench.checkpoints.batches.KEPT", 4)
    outputs = {"one": [text.lower() for text in TEXTS], "two": TEXTS}
    options = {"model": str(tiny_comet(kind))}
    name = "comet" if kind == "regression" else "cometkiwi"

    def scored(engine: Engine) -> list[tuple[str, ScoredBlock]]:
        made = make_metric(name, options, Runtime(device="auto", engine=engine))
        return blocks(made, view(), outputs)

    several = scored(Engine(processes=3, devices=("0", "1", "2")))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    one = scored(Engine())
    assert [(system, block.ids) for system, block in several] == [(s, b.ids) for s, b in one]
    for (_, block), (_, other) in zip(several, one, strict=True):
        assert block.rows.tobytes() == other.rows.tobytes()


@pytest.mark.parametrize("name", ["metricx", "semsim"])
def test_several_devices_equal_one_for_other_weights(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By simulation, too."""
    if importlib.import_module("torch").cuda.is_available():
        pytest.skip("there are GPUs: tests/gpu")
    monkeypatch.setattr("mtbench.checkpoints.batches.KEPT", 4)
    folder = checkpoint("metricx") if name == "metricx" else make_encoder(tmp_path / "tiny")
    options = (
        {"model": str(folder), "tokenizer": str(folder.parent / "mt5")}
        if name == "metricx"
        else {"encoder": str(folder)}
    )
    outputs = {"one": [text.lower() for text in TEXTS], "two": TEXTS}
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    several, one = (
        blocks(make_metric(name, options, Runtime(device="auto", engine=on)), view(), outputs)
        for on in (Engine(processes=2, devices=("0", "1")), Engine())
    )
    assert [(system, block.ids) for system, block in several] == [(s, b.ids) for s, b in one]
    for (_, block), (_, other) in zip(several, one, strict=True):
        assert np.abs(block.rows - other.rows).max() < 1e-6
        assert block.notes == other.notes


def test_weights_are_not_loaded_again_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtbench.engine.local.available_processes", lambda: 2)
    monkeypatch.setattr("mtbench.engine.work.TRIAL", 0.0)
    monkeypatch.setattr("mtbench.engine.work.WORTH_IT", 0.0)
    for shared, everything_here in ((True, False), (False, True)):
        slow = Worker(factory="tests.support.workers:slow_process", arguments={}, shared=shared)
        assert (set(run(slow, range(6), 6)) == {os.getpid()}) is everything_here


def translated(backend: Backend) -> dict[str, str | None]:
    sources = segments(f"{n} boats lay there." for n in range(30))
    kept: list[Finished] = []
    with backend:
        translate(plan(sources, backend, Runtime(batch_size=4), frozenset()), backend, kept.extend)
    return {one.hypothesis.id: one.hypothesis.text for one in kept}


def test_a_back_end_that_travels_gives_the_same() -> None:
    one = make_backend("identity", {}, PAIR, Runtime(engine=TWO))
    away = travel.placed("identity", one)
    assert isinstance(away, travel.Elsewhere)
    assert away.max_concurrency == 2
    assert translated(away) == translated(one)


@pytest.mark.parametrize("name", ["hf", "ct2"])
def test_weights_travel_by_name(name: str, tmp_path: Path) -> None:
    runtime = Runtime(engine=TWO, device="cpu", cache=str(tmp_path))
    pair = LanguagePair.parse("en-de")
    one = make_backend(name, {"model": str(checkpoint("marian"))}, pair, runtime)
    one.check()
    away = travel.placed(name, one)
    assert isinstance(away, travel.Elsewhere)
    assert translated(away) == translated(one)
    with away as at_work, one as here:
        assert at_work.provenance() == here.provenance()


def test_an_error_elsewhere_is_the_same_error() -> None:
    one = make_backend("hf", {"model": "/nowhere/at-all"}, PAIR, Runtime(engine=TWO, offline=True))
    with travel.placed("hf", one) as away, pytest.raises(Unavailable, match="/nowhere/at-all"):
        away.translate(segments(["Yes."]))


def test_what_needs_this_process_stays() -> None:
    one = make_backend("command", {"argv": ["cat"]}, PAIR, Runtime(engine=TWO))
    assert travel.placed("command", one) is one


class Counting(Backend):
    """Counts what it is asked for."""

    travels = True
    count = 0

    def translate(self, batch: Sequence[Source]) -> list[str]:
        """The texts."""
        self.count += len(batch)
        return [source.text for source in batch]

    def usage(self) -> dict[str, float]:
        """How many there were."""
        return {"texts": float(self.count)}


class HereCrew:
    """Two workers in this process, by turns."""

    def __init__(self, worker: Worker, size: int, on: Engine) -> None:
        self.size = size
        self._works = cycle([build(worker) for _ in range(size)])

    def ask(self, item: Any) -> Any:
        """The next one's answer."""
        return next(self._works)(item)

    def end(self) -> None:
        """Nothing is running."""


def test_what_workers_used_is_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BUILTIN_BACKENDS, "counting", f"{__name__}:Counting")
    monkeypatch.setattr(travel, "crew", HereCrew)
    with travel.placed("counting", Counting(Record(), PAIR, Runtime(engine=TWO))) as away:
        for size in (3, 4, 5):
            away.translate(segments(["Yes."] * size))
        assert away.usage() == {"texts": 12.0}
