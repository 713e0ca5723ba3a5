"""COMET's scores by our inference under another interpreter, with its own transformers and torch.

Run as ``PYTHON -m tests.support.comet_elsewhere``: a JSON list of questions comes in, and versions
and scores go out. A question is the arguments of ``comet_samples.scores`` with plain values.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import sys
from typing import Any

PACKAGES = ("transformers", "tokenizers", "torch", "numpy", "huggingface-hub")


def main() -> None:
    """Answers all questions."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        os.environ |= {"HF_HUB_OFFLINE": "1", "MTBENCH_COMET_PYTHON": "off"}
        import torch

        torch.set_num_threads(1)  # tiny models lose by more, on a busy machine
        answers = [answer(one) for one in json.load(sys.stdin)]
        versions = {name: importlib.metadata.version(name) for name in PACKAGES}
        json.dump({"python": sys.version.split()[0], **versions, "scores": answers}, out)


def answer(question: dict[str, Any]) -> list[float] | str:
    """Scores of one system, or what went wrong."""
    from mtbench.errors import MtbenchError
    from mtbench.types import Runtime
    from tests.support.comet_samples import scores, view

    runtime = Runtime(device="cpu", batch_size=question["batch_size"], force=True)
    test_set = view(question["sources"], question["references"])
    try:
        found = scores(
            question["metric"], question["model"], test_set, {"it": question["outputs"]}, runtime
        )
    except MtbenchError as error:
        return "; ".join(error.lines())
    return [float(score) for score in found["it"]]


if __name__ == "__main__":
    main()
