"""MetricX at mT5-large's shape with random weights: batches against one input at a time.

Run as ``python -m tests.bench.metricx [PAIRS]``; user CPU seconds per pair, both ways, on inputs
of real lengths, and how far scores differ.
"""

from __future__ import annotations

import resource
import sys
import tempfile
from pathlib import Path

import numpy as np

from mtbench.metrics import metricx
from tests.support.tiny_marian import ENGLISH, GERMAN, train_sentencepiece


def main(pairs: int = 12) -> None:
    """Prints one line per way."""
    import torch
    from transformers import MT5Config, MT5ForConditionalGeneration

    torch.manual_seed(0)
    shape = MT5Config(
        vocab_size=250_112, d_model=1024, d_kv=64, d_ff=2816, num_layers=24, num_decoder_layers=24,
        num_heads=16, dropout_rate=0.0, feed_forward_proj="gated-gelu", tie_word_embeddings=False,
        decoder_start_token_id=0,
    )  # fmt: skip
    model = MT5ForConditionalGeneration(shape).eval()
    setattr(metricx, "load_model", lambda *_, **__: model)  # noqa: B010 - nothing is on disk
    draw = np.random.default_rng(0)
    inputs = [
        tuple(int(i) for i in draw.integers(3, 250_000, int(length)))
        for length in draw.integers(60, 220, pairs)
    ]
    with tempfile.TemporaryDirectory() as folder:
        pieces = Path(folder) / "spiece.model"
        train_sentencepiece(ENGLISH + GERMAN, pieces, 300)
        loaded = metricx.LoadedMetricX(
            Path(folder), pieces, "large", device="cpu", precision="fp32"
        )
        found = {}
        for together in (False, True):
            before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
            parts = [inputs] if together else [[one] for one in inputs]
            scores = {ids: score for part in parts for ids, score in loaded.score(part).items()}
            found[together] = [scores[one] for one in inputs]
            took = resource.getrusage(resource.RUSAGE_SELF).ru_utime - before
            way = "batches by sub-words" if together else "one at a time"
            print(f"{way}: {took / pairs:.3f} user CPU seconds per pair")
    apart = np.abs(np.array(found[False]) - np.array(found[True])).max()
    print(f"largest difference of a score: {apart:.2e}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
