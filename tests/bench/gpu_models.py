"""MetricX, a sentence encoder and ``hf`` on a device, beside what their libraries do themselves.

    python -m tests.bench.gpu_models metricx|semsim|hf TEXT.json [--device cuda] [--model FOLDER]

The text is a JSON object of three lists, ``src``, ``mt`` and ``ref``. Without ``--model`` the tiny
checkpoints of the tests are taken, which tries the bench out and measures nothing. Beside it, on
the same weights and device: transformers' own ``MT5ForConditionalGeneration`` in batches as they
come (MetricX's script), its ``AutoModel`` 32 texts at a time, longest first (as
sentence-transformers does), its ``generate`` in batches of 16. Both sides warm up first.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from mtbench.languages import LanguagePair
from mtbench.plugins import make_backend, make_metric
from mtbench.stages.translation import plan, translate
from mtbench.types import Runtime, ScoringView, Source
from tests.support.checkpoints import checkpoint
from tests.support.tiny_encoder import make_encoder

Text = dict[str, list[str]]
PAIR = LanguagePair.parse("en-de")


def timed(name: str, segments: int, work: Callable[[], object]) -> None:
    """Prints segments per second of the better of two runs, after one that warms up."""
    import torch

    seconds = []
    for _ in range(3):
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        start = time.perf_counter()
        work()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    print(f"{name}: {segments / min(seconds[1:]):.1f} segments/s", flush=True)


def batched(rows: list[list[int]], size: int, device: str) -> list[tuple[Any, Any]]:
    """Ids and masks, padded at the end."""
    import torch

    found = []
    for start in range(0, len(rows), size):
        some = rows[start : start + size]
        longest = max(map(len, some))
        ids = torch.tensor([row + [0] * (longest - len(row)) for row in some], device=device)
        mask = torch.tensor(
            [[1] * len(row) + [0] * (longest - len(row)) for row in some], device=device
        )
        found.append((ids, mask))
    return found


def metric(
    name: str, options: dict[str, Any], text: Text, device: str, precisions: list[str]
) -> Any:
    """Times a metric at each precision; gives the last one, for what it has loaded."""
    view = ScoringView(
        pair=PAIR,
        ids=tuple(map(str, range(len(text["src"])))),
        sources=tuple(text["src"]),
        references=tuple((one,) for one in text["ref"]),
        documents=(None,) * len(text["src"]),
    )
    for precision in precisions:
        given = {**options, "precision": precision}
        with make_metric(name, given, Runtime(device=device)) as made:
            scorer = made.prepare(view)
            timed(
                f"mtbench {name} {precision}",
                len(view.ids),
                partial(scorer.statistics, {"x": text["mt"]}),
            )


def metricx(text: Text, device: str, precisions: list[str], model: Path | None) -> None:
    """MetricX-24, with references."""
    import torch
    from transformers import MT5ForConditionalGeneration, T5Tokenizer

    folder = model or checkpoint("metricx")
    words = folder if (folder / "spiece.model").is_file() else folder.parent / "mt5"
    options = {"model": str(folder), "tokenizer": str(words)}
    metric("metricx", options, text, device, precisions)
    theirs = MT5ForConditionalGeneration.from_pretrained(folder).eval().to(device)
    tokenizer = T5Tokenizer.from_pretrained(words, extra_ids=0, legacy=True)
    rows = [
        tokenizer(f"source: {s} candidate: {m} reference: {r}").input_ids[:-1][:1535]
        for s, m, r in zip(text["src"], text["mt"], text["ref"], strict=True)
    ]

    def score(size: int) -> None:
        with torch.inference_mode():
            for ids, mask in batched(rows, size, device):
                start = torch.zeros((len(ids), 1), dtype=torch.long, device=device)
                theirs(input_ids=ids, attention_mask=mask, decoder_input_ids=start).logits.cpu()

    for size in (1, 16):
        timed(f"transformers fp32, batch {size}", len(rows), partial(score, size))


def semsim(text: Text, device: str, precisions: list[str], model: Path | None) -> None:
    """A sentence encoder."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    with tempfile.TemporaryDirectory() as name:
        folder = model or make_encoder(Path(name) / "tiny")
        metric("semsim", {"encoder": str(folder)}, text, device, precisions)
        theirs = AutoModel.from_pretrained(folder).eval().to(device)
        tokenizer = AutoTokenizer.from_pretrained(folder)
    texts = sorted({*text["ref"], *text["mt"]}, key=len, reverse=True)

    def encode() -> None:
        with torch.inference_mode():
            for start in range(0, len(texts), 32):
                given = tokenizer(
                    texts[start : start + 32], padding=True, truncation=True, return_tensors="pt"
                ).to(device)
                theirs(**given).last_hidden_state[:, 0].cpu()

    timed("transformers fp32, batch 32", len(text["ref"]), encode)


def hf(text: Text, device: str, precisions: list[str], model: Path | None) -> None:
    """Translation by an encoder-decoder checkpoint, four beams."""
    import torch
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    folder = model or checkpoint("marian")
    sources = [Source(id=str(at), text=one) for at, one in enumerate(text["src"])]
    runtime = Runtime(device=device)
    dtypes = {"fp32": "float32", "bf16": "bfloat16"}
    for precision in precisions:
        options: dict[str, Any] = {
            "model": str(folder),
            "dtype": dtypes.get(precision, precision),
            "max_new_tokens": 100,
        }
        made = make_backend("hf", options, PAIR, runtime)
        made.check()
        with made:
            batches = plan(sources, made, runtime, frozenset())
            timed(
                f"mtbench hf {precision}",
                len(sources),
                partial(translate, batches, made, lambda _: None),
            )
    theirs = AutoModelForSeq2SeqLM.from_pretrained(folder).eval().to(device)
    tokenizer = AutoTokenizer.from_pretrained(folder)

    def generate() -> None:
        with torch.inference_mode():
            for start in range(0, len(sources), 16):
                given = tokenizer(
                    text["src"][start : start + 16],
                    padding=True,
                    truncation=True,
                    return_tensors="pt",
                ).to(device)
                theirs.generate(**given, num_beams=4, max_new_tokens=100).cpu()

    timed("transformers generate fp32, batch 16", len(sources), generate)


def main() -> None:
    """Runs one model."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["metricx", "semsim", "hf"])
    parser.add_argument("text", type=Path)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--precision", nargs="*", default=["fp32", "tf32", "bf16"])
    given = parser.parse_args()
    text = json.loads(given.text.read_text("utf-8"))
    run = {"metricx": metricx, "semsim": semsim, "hf": hf}[given.what]
    run(text, given.device, given.precision, given.model)


if __name__ == "__main__":
    main()
