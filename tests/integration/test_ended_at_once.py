"""Ctrl-C and SIGTERM are answered within a second of the processor's time, whatever runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import killing
from tests.support.killing import alive, started, until
from tests.support.modules import ROOT
from tests.support.workspace import SENTENCES, Space

MANY = 40_000
SECONDS = 1.0  # of the processor: a busy machine may take longer by the clock


def processor_seconds(number: int) -> float:
    fields = Path(f"/proc/{number}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def over(child: subprocess.Popen[str]) -> bool:
    """Whether a process has ended; while nobody asks for its code, its times are there."""
    return not alive(child.pid)


def large(space: Space) -> None:
    rows = [
        {"id": f"s{n}", "src": f"{source} {n}", "ref": f"{reference} {n}", "doc": f"d{n // 50}"}
        for n in range(MANY)
        for source, reference in (SENTENCES[n % len(SENTENCES)],)
    ]
    space.corpus(rows=rows)
    space.file("out.it", [f"{row['ref']} e poi" for row in rows])
    space.file("ref.it", [row["ref"] for row in rows])
    space.file("x.tsv", ["src\tref", *(f"{row['src']}\t{row['ref']}" for row in rows)])
    space.file("people.csv", ["system,id,score", *(f"out,s{n},{n % 7}" for n in range(MANY))])
    space.file("big.txt", [f"{row['src']}\n" for row in rows[:3000]])
    space.file("gross.txt", [f"{row['ref']}\n" for row in rows[:3000]])


STAGES = {
    "evaluate": "evaluate --corpus news --model hypotheses:out.it --metric bleu,chrf,ter,integrity",
    "score": "score --hypotheses out.it --reference ref.it --pair en-it --metric ter,chrf",
    "validate": "corpus validate corpora",
    "import": "corpus import x.tsv -o taken --pair en-it",
    "build": "corpus build big.txt gross.txt -o built",
}


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("stage", STAGES)
def test_it_ends(stage: str, number: signal.Signals, space: Space) -> None:
    large(space)
    code = {signal.SIGINT: 130, signal.SIGTERM: 143}[number]
    start = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from mtbench.cli.main import main; print('here', flush=True); main()"
    )
    command = (sys.executable, "-c", start, *STAGES[stage].split())
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    for after in (0.5, 2.0):
        with started(*command, env={**os.environ, "PYTHONPATH": str(ROOT)}, **pipes) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "here\n"
            begun = processor_seconds(child.pid)
            until(lambda: over(child) or processor_seconds(child.pid) > begun + after)  # noqa: B023
            before = processor_seconds(child.pid)
            os.kill(child.pid, number)  # Popen's own way would ask for the code
            until(lambda: over(child))
            took = processor_seconds(child.pid) - before
            said = child.communicate(timeout=killing.SECONDS)[1]
        if child.returncode == 0:
            continue
        assert child.returncode == code, (after, said)
        print(f"{stage} after {after} s: {took:.2f} s")
        assert took < SECONDS, (after, took, said)
        assert "what was finished is kept" in said and "Traceback" not in said
    assert not list(space.root.rglob("*.mtbench.tmp"))


HIDING = """
import signal

def shout(texts):
    try:
        signal.raise_signal(signal.SIGTERM)
    except BaseException:
        raise ValueError("of a library that takes all for its own") from None
"""


def test_a_library_that_hides_it_has_not_failed(space: Space) -> None:
    space.corpus()
    (space.root / "hiding.py").write_text(HIDING, encoding="utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "mtbench", "evaluate", "--model", "python:hiding:shout"),
            *("--corpus", "news", "--metric", "chrf"),
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 143, done.stderr
    assert done.stderr.endswith("mtbench: ended by SIGTERM; what was finished is kept\n")
