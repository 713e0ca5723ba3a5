"""Progress where there is no terminal: a line per minute, for logs."""

from __future__ import annotations

import pytest

from mtbench.cli import common


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
