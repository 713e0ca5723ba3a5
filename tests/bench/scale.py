"""From files of many segments to ``leaderboard.csv``: seconds of CPU, peak memory, second call.

    python -m tests.bench.scale [--segments 10000] [--systems 1] [--metrics bleu chrf]
                                [--models identity:] [--then chrf++] [--sacrebleu]

A corpus is made of the lines of WMT22 French-German, over and over, each with its number, so that
no text stands twice; the systems are outputs submitted there. Every step is a program of its own
(``mtbench evaluate``), measured with its children. With ``--then`` further metrics are asked for
afterwards, each in a call of its own. With ``--sacrebleu`` sacreBLEU's own program scores the same
files in the same run: BLEU and chrF, without intervals.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from subprocess import PIPE

from tests.bench.lexical import WMT22, files_of
from tests.support.wmt22 import lines_of

PAIR = "fr-de"


def numbered(lines: Sequence[str], count: int) -> Iterator[str]:
    """As many lines as wanted, each told from the others by a number in it."""
    for number in range(count):
        yield f"{lines[number % len(lines)]} {number // len(lines)}"


def make(folder: Path, wmt22: Path, segments: int, systems: int) -> list[Path]:
    """Writes a corpus and outputs; returns the outputs."""
    reference, outputs = files_of(wmt22, PAIR)
    source = wmt22 / "sources" / f"generaltest2022.{PAIR}.src.fr"
    corpus = folder / "corpora" / "big"
    corpus.mkdir(parents=True)
    rows = zip(
        numbered(lines_of(source), segments), numbered(lines_of(reference), segments), strict=True
    )
    with (corpus / f"{PAIR}.jsonl").open("w", encoding="utf-8") as stream:
        for number, (src, ref) in enumerate(rows):
            row = {"id": f"s{number}", "src": src, "ref": ref, "doc": f"d{number // 20}"}
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    found = []
    for name, path in list(outputs.items())[:systems]:
        found.append(folder / f"{name.partition('.')[0]}.txt")
        with found[-1].open("w", encoding="utf-8") as stream:
            stream.writelines(f"{line}\n" for line in numbered(lines_of(path), segments))
    (folder / "reference.txt").write_text(
        "".join(f"{line}\n" for line in numbered(lines_of(reference), segments)), encoding="utf-8"
    )
    return found


def measured(what: str, command: Sequence[str], folder: Path) -> None:
    """Runs a program and prints what it took, with its children."""
    before, started = os.times(), time.perf_counter()
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=PIPE, text=True)
    said = child.stderr.read() if child.stderr is not None else ""
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    wall, after = time.perf_counter() - started, os.times()
    if child.returncode:
        sys.exit(f"{what}: exit code {child.returncode}")
    cpu = after.children_user - before.children_user + after.children_system
    cpu -= before.children_system
    peak = usage.ru_maxrss / (1 if sys.platform == "darwin" else 1024)
    for line in said.splitlines():
        if " went: " in line:
            print(line)
    print(f"{what:<24}{wall:9.1f} s wall{cpu:9.1f} s CPU{peak:9.0f} MB peak", flush=True)


def main() -> None:
    """Prints one line for each step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--segments", type=int, default=10_000)
    parser.add_argument("--systems", type=int, default=1)
    parser.add_argument("--metrics", nargs="+", default=["bleu", "chrf"])
    parser.add_argument("--models", nargs="+", help="instead of outputs that lie there already")
    parser.add_argument("--then", nargs="+", default=[], help="metrics of later calls")
    parser.add_argument("--wmt22", type=Path, default=WMT22)
    parser.add_argument("--sacrebleu", action="store_true")
    parser.add_argument("--folder", type=Path, help="where to work, on a disk with room")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as place:
        folder = Path(place)
        outputs = make(folder, given.wmt22, given.segments, given.systems)
        command = [sys.executable, "-m", "mtbench", "evaluate", "--corpus", "big", "--pair", PAIR]
        models = given.models or [f"hypotheses:{path}" for path in outputs]
        command += [word for model in models for word in ("--model", model)]
        command += ["-v"]
        asked = [word for metric in given.metrics for word in ("--metric", metric)]
        print(f"{given.segments} segments, {len(models)} systems: {' '.join(given.metrics)}")
        measured("evaluate", [*command, *asked], folder)
        measured("the second call", [*command, *asked], folder)
        for metric in given.then:
            measured(f"then {metric}", [*command, "--metric", metric], folder)
        if given.sacrebleu:
            files = ["reference.txt", "-i", *map(str, outputs), "-m", "bleu", "chrf"]
            measured("sacrebleu", [sys.executable, "-m", "sacrebleu", *files], folder)


if __name__ == "__main__":
    main()
