"""Progress where there is no terminal: a line per minute, for logs."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from mtbench.cli import common
from mtbench.config import workspace
from mtbench.pipeline.resolve import resolve_sets
from mtbench.pipeline.work import Request


@pytest.mark.parametrize("quiet", [False, True])
def test_a_line_per_minute(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], quiet: bool
) -> None:
    clock = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: clock)
    watcher = common.ConsoleWatcher(quiet=quiet)
    watcher.start("bleu", 60_000)
    for _ in range(13):
        clock += 10
        watcher.advance(1000)
    watcher.stop()
    lines = [] if quiet else capsys.readouterr().err.splitlines()
    expected = [
        "mtbench: bleu: 6,000 of 60,000, 100.0/s, about 9 min left",
        "mtbench: bleu: 12,000 of 60,000, 100.0/s, about 8 min left",
    ]
    assert lines == ([] if quiet else expected)


def test_a_minute_in_which_nothing_was_done_yet(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: clock)
    watcher = common.ConsoleWatcher()
    watcher.start("comet", 8)
    clock += 61
    watcher.advance(0)
    watcher.stop()
    assert capsys.readouterr().err == "mtbench: comet: 0 of 8\n"


def test_where_the_time_went(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = 50.0
    monkeypatch.setattr("time.monotonic", lambda: clock)
    monkeypatch.setattr(common, "_cpu", lambda: 2 * clock)  # two processors at work
    watcher = common.ConsoleWatcher()
    for stage, seconds in (("one: output health", 3.0), ("bleu", 10.5), ("one: output health", 2)):
        clock += 1
        watcher.start(stage, 10)
        clock += seconds
        watcher.stop()
    watcher.say_where_time_went()
    assert capsys.readouterr().err == (
        "mtbench: where 18.5 s (37.0 s CPU) went: bleu 10.5 s (21.0 s), one: output health 5.0 s "
        "(10.0 s), reading, digests, resampling and files 3.0 s (6.0 s)\n"
    )


def test_files_have_no_bar_and_what_takes_longer_has_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    watcher = common.ConsoleWatcher()
    watcher.start("reading", 10)
    watcher.advance(10)
    watcher.stop()
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(common, "BAR_SECONDS", 0.0)
    shown = threading.Event()
    monkeypatch.setattr("rich.progress.Progress.start", lambda progress: shown.set())
    watcher.start("translating", 10)
    assert shown.wait(120)
    watcher.stop()


class Noting(common.ConsoleWatcher):
    """Keeps what it was told."""

    def __init__(self) -> None:
        super().__init__(quiet=True)
        self.told: list[object] = []

    def start(self, what: str, total: int) -> None:
        self.told.append((what, total))
        super().start(what, total)

    def advance(self, steps: int) -> None:
        self.told.append(steps)
        super().advance(steps)


def test_reading_a_large_corpus_is_a_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for count, told in ((4_999, []), (10_001, [("reading news en-it", 10_001), 5_000, 5_000])):
        folder = tmp_path / str(count) / "corpora" / "news"
        folder.mkdir(parents=True)
        rows = ({"id": str(n), "src": f"Line {n}.", "ref": f"Riga {n}."} for n in range(count))
        (folder / "en-it.jsonl").write_text("\n".join(map(json.dumps, rows)))
        monkeypatch.setenv("MTBENCH_CORPORA", str(folder.parent))
        watcher = Noting()
        (found,) = resolve_sets(Request(corpora=("news",)), workspace(), watcher)
        assert len(found.test_set) == count
        assert watcher.told == told
