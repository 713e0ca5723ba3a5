"""BLEU, chrF and TER of seven systems with 1,000 paired resamples: ours and sacreBLEU's program.

    python -m tests.bench.lexical [--wmt22 FOLDER] [--pair fr-de] [--repeat 1]

Each side is a program of its own that reads the same files, extracts statistics, draws 1,000
bootstrap resamples, the same for all systems, and compares every system with the first one.
Printed are wall and CPU seconds of each whole program, start and imports included, then every
score of both. Stops with an error if two scores differ by more than 1e-9.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

WMT22 = Path(__file__).resolve().parents[2].parent / "shared" / "wmt22"
METRICS = ("bleu", "chrf", "ter")
RESAMPLES = 1000
Scores = dict[str, dict[str, float]]  # metric → system → score


def files_of(folder: Path, pair: str) -> tuple[Path, dict[str, Path]]:
    """The reference and the output of each system."""
    target = pair.split("-")[1]
    reference = folder / "references" / f"generaltest2022.{pair}.ref.A.{target}"
    outputs = sorted((folder / "system-outputs").glob(f"*.{pair}.hyp.*"))
    return reference, {path.stem.split(".hyp.")[1]: path for path in outputs}


def score_ours(reference: Path, outputs: dict[str, Path], target: str) -> Scores:
    """Extraction, resampling and comparison by mtbench."""
    import numpy as np

    from mtbench.plugins import make_metric
    from mtbench.significance.intervals import bootstrap_scores
    from mtbench.types import Runtime
    from tests.support.lexical import by_segment, view_of
    from tests.support.wmt22 import lines_of

    view = view_of(by_segment(lines_of(reference)), target)
    texts = {name: lines_of(path) for name, path in outputs.items()}
    found: Scores = {}
    for name in METRICS:
        metric = make_metric(name, {}, Runtime(offline=True))
        with metric:
            rows = metric.prepare(view).statistics(texts)
        drawn = bootstrap_scores(rows, metric.pool, resamples=RESAMPLES, seed=0)
        found[name] = {
            system: float(metric.pool(part.sum(axis=0))) for system, part in rows.items()
        }
        baseline = next(iter(rows))
        for system in rows:
            delta = found[name][system] - found[name][baseline]
            centred = drawn[system] - drawn[baseline]
            centred = centred - centred.mean()
            p = (int(np.sum(np.abs(centred) >= abs(delta) - 1e-9)) + 1) / (RESAMPLES + 1)
            low, high = np.percentile(drawn[system], [2.5, 97.5])
            print(f"{name} {system} {low:.2f} to {high:.2f}, p = {p:.4f}", file=sys.stderr)
    return found


def run_ours(reference: Path, outputs: dict[str, Path], pair: str) -> Scores:
    """Ours as a program of its own."""
    command = [sys.executable, "-m", "tests.bench.lexical", "--ours", "--pair", pair]
    command += ["--wmt22", str(reference.parent.parent)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: Scores = json.loads(done.stdout)
    return found


def run_sacrebleu(reference: Path, outputs: dict[str, Path], pair: str) -> Scores:
    """``sacrebleu REFERENCE -i OUTPUT... -m bleu chrf ter --paired-bs``, its table read."""
    command = [sys.executable, "-m", "sacrebleu", str(reference), "-i", *map(str, outputs.values())]
    command += ["-m", *METRICS, "--paired-bs", "--paired-bs-n", str(RESAMPLES)]
    command += ["-f", "text", "-w", "12", "--no-color", "--quiet"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    systems = iter(outputs)
    found: Scores = {name: {} for name in METRICS}
    for line in done.stdout.splitlines():
        cells = [cell.strip() for cell in line.strip("│║").split("│")]
        if len(cells) == 1 + len(METRICS) and all(cell[:1].isdigit() for cell in cells[1:]):
            system = next(systems)
            for name, cell in zip(METRICS, cells[1:], strict=True):
                found[name][system] = float(cell.split()[0])
    return found


def timed(work: Callable[[], Scores]) -> tuple[Scores, float, float]:
    """What the work returns, its wall seconds, and CPU seconds of the programs it ran."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    found = work()
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found, seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Runs both and compares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wmt22", type=Path, default=WMT22)
    parser.add_argument("--pair", default="fr-de")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--ours", action="store_true", help="only ours, scores as JSON")
    arguments = parser.parse_args()
    reference, outputs = files_of(arguments.wmt22, arguments.pair)
    if arguments.ours:
        print(json.dumps(score_ours(reference, outputs, arguments.pair.split("-")[1])))
        return
    print(f"{len(outputs)} systems, {RESAMPLES} resamples, {os.cpu_count()} processors")
    for _ in range(arguments.repeat):
        theirs, their_wall, their_cpu = timed(
            lambda: run_sacrebleu(reference, outputs, arguments.pair)
        )
        ours, our_wall, our_cpu = timed(lambda: run_ours(reference, outputs, arguments.pair))
        print(f"sacreBLEU {their_wall:6.2f} s wall {their_cpu:6.2f} s CPU")
        print(f"mtbench   {our_wall:6.2f} s wall {our_cpu:6.2f} s CPU")
        print(f"factor    {their_wall / our_wall:6.1f}        {their_cpu / our_cpu:6.1f}")
    worst = 0.0
    for name in METRICS:
        for system in outputs:
            one, other = theirs[name][system], ours[name][system]
            worst = max(worst, abs(one - other))
            print(f"{name:5}{system:14} sacreBLEU {one:.10f}  mtbench {other:.10f}")
    print(f"largest difference {worst:.1e}")
    if worst > 1e-9:
        raise SystemExit("the scores are not equal")


if __name__ == "__main__":
    main()
