"""Eight bits on real weights and text: how far cosines move, and whether systems change places.

    python -m tests.bench.int8 ENCODER REFERENCE OUTPUT... [--every 10]

The encoder is a folder in the format of sentence-transformers. Its cosines of each output with the
reference, at fp32 and with its linear layers in eight bits as ``--precision int8`` of COMET has
them; user CPU seconds of both, in this process.
"""

from __future__ import annotations

import argparse
import resource
from importlib import import_module
from pathlib import Path

import numpy as np

from mtbench.checkpoints.int8 import quantise
from mtbench.encoders.checkpoint import CheckpointEncoder


def main() -> None:
    """Prints deviations, agreement and seconds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("encoder")
    parser.add_argument("reference", type=Path)
    parser.add_argument("outputs", type=Path, nargs="+")
    parser.add_argument("--every", type=int, default=10, help="every so many segments")
    given = parser.parse_args()
    columns = [
        path.read_text("utf-8").splitlines()[:: given.every]
        for path in (given.reference, *given.outputs)
    ]
    encoder = CheckpointEncoder(given.encoder, "cpu")
    tables, seconds = [], []
    for eight in (False, True):
        if eight:
            quantise(encoder._model)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        texts = list(dict.fromkeys(text for column in columns for text in column))
        known = dict(zip(texts, encoder.encode(texts).astype(np.float64), strict=True))
        seconds.append(resource.getrusage(resource.RUSAGE_SELF).ru_utime - before)
        tables.append(
            np.array(
                [
                    [known[a] @ known[b] for a, b in zip(columns[0], column, strict=True)]
                    for column in columns[1:]
                ]
            )
        )
    kendalltau = import_module("scipy.stats").kendalltau
    exact, rounded = tables
    off = np.abs(exact - rounded)
    within = [kendalltau(a, b).statistic for a, b in zip(exact.T, rounded.T, strict=True)]
    print(f"{exact.shape[1]} segments, {len(exact)} systems, {len(texts)} different texts")
    print(f"user CPU: fp32 {seconds[0]:.1f} s, int8 {seconds[1]:.1f} s")
    print(f"cosine off by: mean {off.mean():.1e}, largest {off.max():.1e}")
    print(f"system means off by at most {np.abs(exact.mean(1) - rounded.mean(1)).max():.1e}")
    print(f"Kendall, all scores: {kendalltau(exact.ravel(), rounded.ravel()).statistic:.4f}")
    print(f"Kendall within segments, mean: {np.nanmean(within):.4f}")
    print(f"Kendall of systems: {kendalltau(exact.mean(1), rounded.mean(1)).statistic:.4f}")


if __name__ == "__main__":
    main()
