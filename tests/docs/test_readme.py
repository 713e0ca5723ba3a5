"""The README's tables are what the stored results say, and those results hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtbench.cli.main import run
from tests.docs.picture import PICTURE, picture
from tests.docs.readme_tables import README, RESULTS, bundled_table, section, wmt22_table
from tests.support.wmt22_board import evaluate_wmt22


def test_the_first_table_is_made_from_the_committed_results() -> None:
    assert section(README.read_text(encoding="utf-8"), "bundled") == bundled_table()


def test_the_second_table_is_what_wmt22_gives(wmt22: Path) -> None:
    assert section(README.read_text(encoding="utf-8"), "wmt22") == wmt22_table(
        evaluate_wmt22(wmt22)
    )


def test_the_committed_results_hold(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", str(RESULTS)]) == 0
    assert "0 could not be made" in capsys.readouterr().out


def test_the_picture_is_drawn_from_the_committed_results() -> None:
    assert PICTURE.read_text(encoding="utf-8") == picture(), "run: python -m tests.docs.picture"
    first = README.read_text(encoding="utf-8").splitlines()[:12]
    assert any("docs/images/leaderboard.svg" in line for line in first)


def test_the_two_commands_stand_on_the_first_screen() -> None:
    first = README.read_text(encoding="utf-8").splitlines()[:25]
    assert any(line.startswith("make demo") for line in first)
    assert any(line.startswith("make test") for line in first)
