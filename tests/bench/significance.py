"""All pairs of many systems under BLEU, chrF and TER at the ruled number of resamples.

    python -m tests.bench.significance [--systems 20] [--segments 2000]

Statistics are made from WMT22 outputs by sacreBLEU (extraction is not timed): the systems there
are, and mixtures of two of them segment by segment until there are enough. Timed is the whole
ranking: tests, intervals of scores and deltas, wins by segment. Prints wall and CPU
seconds and the peak of memory.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import numpy as np

from mtbench.significance import rank
from tests.support.lexical_rows import POOLS, Array, rows, wmt22_lines

WMT22 = Path(__file__).resolve().parents[2].parent / "shared" / "wmt22"


def systems(folder: Path, metric: str, count: int, segments: int) -> dict[str, Array]:
    reference, outputs = wmt22_lines(folder, "fr-de")
    real = {name: rows(metric, lines, reference)[:segments] for name, lines in outputs.items()}
    names = list(real)
    generator = np.random.default_rng(0)
    while len(real) < count:
        a, b = (real[names[i]] for i in generator.choice(len(names), 2, replace=False))
        keep = generator.random(len(a)) < 0.5
        real[f"mixture-{len(real)}"] = np.where(keep[:, None], a, b)
    return dict(list(real.items())[:count])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--systems", type=int, default=20)
    parser.add_argument("--segments", type=int, default=2000)
    parser.add_argument("--wmt22", type=Path, default=WMT22)
    arguments = parser.parse_args()
    made = {m: systems(arguments.wmt22, m, arguments.systems, arguments.segments) for m in POOLS}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    total = cpu = 0.0
    for metric, family in made.items():
        started, spent = time.perf_counter(), time.process_time()
        higher = metric != "ter"
        found = rank(family, POOLS[metric], seed=0, metric=metric, higher_is_better=higher)
        seconds = time.perf_counter() - started
        total += seconds
        cpu += time.process_time() - spent
        clusters = max(row.cluster or 0 for row in found.systems)
        print(
            f"{metric:5} {found.pairs} pairs, R = {found.resamples}, "
            f"{clusters} clusters: {seconds:.1f} s"
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"total {total:.1f} s wall, {cpu:.1f} s CPU; "
        f"memory {before:.0f} MB before, {peak:.0f} MB at the peak"
    )


if __name__ == "__main__":
    main()
