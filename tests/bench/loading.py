"""How long the weights of a large checkpoint take to load: COMET's file, and a system's.

``python -m tests.bench.loading FOLDER`` makes both there once (2.3 GB each, random weights) and
loads each twice, every time in a process of its own. Seconds are those of the clock and of the CPU.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from tests.support.comet_samples import paragraphs
from tests.support.large_comet import build_large

_COMET = """
from mtbench.metrics.comet import checkpoint
located = checkpoint.locate(given)
begin()
checkpoint.load(located, False)
"""
_SYSTEM = """
import transformers
from pathlib import Path
from mtbench.checkpoints.torch_models import load_model
begin()
load_model(transformers.AutoModelForSeq2SeqLM, Path(given), given, dtype="float32", device="cpu")
"""
_FRAME = """
import json, resource, sys, time
import torch, transformers, transformers.modeling_utils
given, at = sys.argv[1], []
def begin():
    at[:] = [time.perf_counter(), time.process_time()]
{}
wall, cpu = time.perf_counter() - at[0], time.process_time() - at[1]
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
print(json.dumps({{"seconds": round(wall, 2), "cpu": round(cpu, 2), "peak_gb": round(peak, 2)}}))
"""


def system(folder: Path, *, pickled: bool) -> Path:
    """A seq2seq checkpoint of 2.3 GB with random weights."""
    import torch
    from transformers import M2M100Config, M2M100ForConditionalGeneration

    place = folder / ("pickled" if pickled else "safe")
    if not (place / "config.json").is_file():
        size = {"d_model": 1024, "vocab_size": 128112, "encoder_layers": 12, "decoder_layers": 12}
        wide = {"encoder_ffn_dim": 4096, "decoder_ffn_dim": 4096}
        torch.manual_seed(0)
        model = M2M100ForConditionalGeneration(M2M100Config(**size, **wide))
        model.save_pretrained(place, safe_serialization=not pickled)
    return place


def timed(program: str, given: Path) -> dict[str, float]:
    """What one load in a process of its own took."""
    command = [sys.executable, "-c", _FRAME.format(program), str(given)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Prints a line per load."""
    folder = Path(sys.argv[1])
    comet = folder / "comet" / "checkpoints" / "model.ckpt"
    began = time.perf_counter()
    if not comet.is_file():
        build_large(folder / "comet", paragraphs("en"))
    made = [("comet .ckpt", _COMET, comet)]
    made += [
        (f"hf {name}", _SYSTEM, system(folder, pickled=name == "pickled"))
        for name in ("safetensors", "pickled")
    ]
    print(f"made in {time.perf_counter() - began:.0f} s")
    for name, program, place in made:
        for turn in ("first", "second"):
            print(f"{name:16} {turn:7} {timed(program, place)}")


if __name__ == "__main__":
    main()
