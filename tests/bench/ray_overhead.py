"""The same counting by processes of this machine and by a Ray cluster on it.

    python -m tests.bench.ray_overhead [--segments 60000] [--workers 2] [--rounds 4]

Both sides count BLEU and chrF of numbered lines of WMT22 French-German with as many workers, by
turns, so that a busy machine is as busy for both. Ray's start is timed apart.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import numpy as np

from mtbench.engine import work
from mtbench.languages import LanguagePair
from mtbench.plugins import make_metric
from mtbench.types import Engine, Runtime, ScoringView
from tests.bench.lexical import WMT22, files_of
from tests.bench.scale import PAIR, numbered
from tests.support.wmt22 import lines_of


def main() -> None:
    """Prints seconds of both, and whether they agree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--segments", type=int, default=60_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--wmt22", type=Path, default=WMT22)
    given = parser.parse_args()
    reference, outputs = files_of(given.wmt22, PAIR)
    texts = list(numbered(lines_of(next(iter(outputs.values()))), given.segments))
    references = [(line,) for line in numbered(lines_of(reference), given.segments)]
    view = ScoringView(
        pair=LanguagePair.parse(PAIR),
        ids=tuple(f"s{n}" for n in range(given.segments)),
        sources=None,
        references=tuple(references),
        documents=(None,) * given.segments,
    )
    engines = {
        kind: Engine.model_validate({"kind": kind, "processes": given.workers})
        for kind in ("local", "ray")
    }
    started = time.perf_counter()
    trial = work.Worker(factory="tests.support.workers:slow", arguments={})
    list(work.run(trial, range(2 * given.workers), 2 * given.workers, engines["ray"]))
    print(f"Ray's start, with its workers: {time.perf_counter() - started:.1f} s", flush=True)
    seconds: dict[str, list[float]] = {kind: [] for kind in engines}
    counts = []
    for turn in range(2 * given.rounds):
        kind = ("local", "ray")[(turn + turn // 2) % 2]  # by turns, and each first as often
        started = time.perf_counter()
        counts.append(
            [
                make_metric(name, {}, Runtime(engine=engines[kind]))
                .prepare(view)
                .statistics({"it": texts})["it"]
                for name in ("bleu", "chrf")
            ]
        )
        seconds[kind].append(time.perf_counter() - started)
        print(f"{kind:<8}{seconds[kind][-1]:7.1f} s", flush=True)
    middle = {kind: statistics.median(several) for kind, several in seconds.items()}
    print(f"median   local {middle['local']:.1f} s, ray {middle['ray']:.1f} s")
    first = counts[0]
    same = all(np.array_equal(a, b) for one in counts for a, b in zip(one, first, strict=True))
    print("the same counts" if same else "OTHER COUNTS")


if __name__ == "__main__":
    main()
