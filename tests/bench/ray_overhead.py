"""The same counting by processes of this machine and by a Ray cluster on it.

    python -m tests.bench.ray_overhead [--segments 60000] [--workers 2]

Both sides count BLEU and chrF of numbered lines of WMT22 French-German with as many workers. The
start (Ray itself, and one shard by every worker) is timed apart.
"""

from __future__ import annotations

import argparse
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
    found = []
    for kind in ("local", "ray"):
        engine = Engine.model_validate({"kind": kind, "processes": given.workers})
        started = time.perf_counter()
        work.check(engine)
        trial = work.Worker(factory="tests.support.workers:slow", arguments={})
        list(work.run(trial, range(2 * given.workers), 2 * given.workers, engine))
        ready = time.perf_counter()
        rows = [
            make_metric(name, {}, Runtime(engine=engine)).prepare(view).statistics({"it": texts})
            for name in ("bleu", "chrf")
        ]
        over = time.perf_counter()
        found.append(rows)
        print(
            f"{kind:<8}start {ready - started:6.1f} s   counting {over - ready:7.1f} s", flush=True
        )
    same = all(np.array_equal(a["it"], b["it"]) for a, b in zip(*found, strict=True))
    print("the same counts" if same else "OTHER COUNTS")


if __name__ == "__main__":
    main()
