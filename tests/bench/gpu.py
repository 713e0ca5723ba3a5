"""COMET on a GPU: segments per second beside the library's own ``predict``, and the card's limit.

    python -m tests.bench.gpu TEXT.json [--library]

The text is a JSON object of three lists, ``src``, ``mt`` and ``ref``. The model has the shape of
wmt22-comet-da (XLM-R large) and random weights. ``--library`` runs ``predict`` of unbabel-comet
instead, on the same checkpoint; both sides load and warm up before the clock starts.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

PLACE = Path("/tmp/mtbench-gpu-bench")  # noqa: S108 - a bench, on a machine of one's own
SHAPE = {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16}
WORDS = 303_000_000  # weights that each sub-word is multiplied with: 24 layers of XLM-R large


def checkpoint() -> Path:
    """The checkpoint, made once."""
    import torch
    import yaml

    from mtbench.metrics.comet.model import CometModel
    from tests.support.tiny_comet import build_encoder

    file = PLACE / "checkpoints" / "model.ckpt"
    if file.is_file():
        return file
    encoder = PLACE / "encoder"
    build_encoder(encoder, 3)
    (encoder / "model.safetensors").unlink()
    config = json.loads((encoder / "config.json").read_text("utf-8"))
    config |= {**SHAPE, "intermediate_size": 4096, "vocab_size": 250_002}
    (encoder / "config.json").write_text(json.dumps(config), "utf-8")
    values = {
        "class_identifier": "regression_metric",
        "encoder_model": "XLM-RoBERTa",
        "pretrained_model": str(encoder),
        "layer_norm": False,
        "layer_transformation": "sparsemax",
    }
    torch.manual_seed(3)
    model = CometModel("regression_metric", values, encoder)
    state = {name: torch.randn(shape) * 0.03 for name, shape in model.shapes()}
    state |= {n: torch.ones_like(w) for n, w in state.items() if "LayerNorm.weight" in n}
    state |= {n: torch.zeros_like(w) for n, w in state.items() if n.startswith("layerwise")}
    state["layerwise_attention.gamma"] = torch.ones(1)
    file.parent.mkdir(parents=True)
    (PLACE / "hparams.yaml").write_text(yaml.safe_dump(values), "utf-8")
    content = {"state_dict": state, "hyper_parameters": values}
    torch.save(content | {"pytorch-lightning_version": "2.0.0"}, file)
    return file


def limits() -> None:
    """What the card multiplies, in TFLOP/s, on square matrices of random numbers."""
    import torch

    print(torch.cuda.get_device_name(0), "torch", torch.__version__)
    for name, dtype, tf32 in (
        ("fp32", torch.float32, False),
        ("tf32", torch.float32, True),
        ("bf16", torch.bfloat16, False),
    ):
        torch.backends.cuda.matmul.allow_tf32 = tf32
        a = torch.randn(8192, 8192, device="cuda", dtype=dtype)
        for _ in range(3):
            a @ a
        torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(10):
            a @ a
        torch.cuda.synchronize()
        print(f"limit {name}: {10 * 2 * 8192**3 / (time.perf_counter() - start) / 1e12:.0f}")
    torch.backends.cuda.matmul.allow_tf32 = False


def ours(text: dict[str, list[str]], precision: str) -> dict[str, Any]:
    """Scores and seconds of our inference."""
    import torch

    from mtbench.metrics.comet.session import CometSession, Settings

    start = time.perf_counter()
    session = CometSession(Settings(str(checkpoint()), precision=precision, device="cuda"))
    session.load()
    load = time.perf_counter() - start
    names: dict[str, int] = {}
    triples = [
        [names.setdefault(one, len(names)) for one in (s, r, m)]
        for s, r, m in zip(text["src"], text["ref"], text["mt"], strict=True)
    ]
    request = {"texts": list(names), "systems": [triples]}
    assert session._model is not None
    words = sum(map(len, session._model.words.tokenize(list(names)).ids))
    assert session._sentences is not None
    times = []
    for _ in range(3):  # the first warms up
        session._sentences.store.close()  # nothing is remembered
        torch.cuda.synchronize()
        start = time.perf_counter()
        found = session.score(request, lambda _done, _all: None)
        times.append(time.perf_counter() - start)
    seconds = min(times[1:])
    memory = torch.cuda.max_memory_allocated() >> 20
    rate = 2 * WORDS * words / seconds / 1e12
    print(
        f"mtbench {precision}: load {load:.1f} s, {len(triples) / seconds:.0f} segments/s, "
        f"{words / seconds:.0f} sub-words/s, {rate:.0f} TFLOP/s, {memory} MiB, runs {times}"
    )
    session.close()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    return {"scores": found["scores"][0]}


def library(text: dict[str, list[str]]) -> None:
    """The library's own ``predict`` on the same segments."""
    import comet

    start = time.perf_counter()
    model = comet.load_from_checkpoint(str(checkpoint()), local_files_only=True)
    print(f"library: load {time.perf_counter() - start:.1f} s")
    samples = [
        {"src": s, "mt": m, "ref": r}
        for s, m, r in zip(text["src"], text["mt"], text["ref"], strict=True)
    ]
    scores = []
    for size in (16, 64, 256):
        model.predict(samples[:64], batch_size=size, gpus=1, progress_bar=False)
        start = time.perf_counter()
        scores = model.predict(samples, batch_size=size, gpus=1, progress_bar=False).scores
        seconds = time.perf_counter() - start
        print(f"library fp32, batch {size}: {len(samples) / seconds:.0f} segments/s")
    (PLACE / "library.json").write_text(json.dumps(scores), "utf-8")


def main() -> None:
    """Runs one side."""
    parser = argparse.ArgumentParser()
    parser.add_argument("text", type=Path)
    parser.add_argument("--library", action="store_true")
    given = parser.parse_args()
    text = json.loads(given.text.read_text("utf-8"))
    if given.library:
        library(text)
        return
    limits()
    exact = ours(text, "fp32")["scores"]
    for precision in ("tf32", "bf16"):
        found = ours(text, precision)["scores"]
        worst = max(abs(a - b) for a, b in zip(found, exact, strict=True))
        print(f"mtbench {precision}: largest deviation from fp32 {worst:.1e}")
    said = PLACE / "library.json"
    if said.is_file():
        theirs = json.loads(said.read_text("utf-8"))
        worst = max(abs(a - b) for a, b in zip(theirs, exact, strict=True))
        print(f"mtbench fp32: largest deviation from predict {worst:.1e}")


if __name__ == "__main__":
    main()
