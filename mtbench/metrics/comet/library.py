"""What unbabel-comet itself says of a few segments: a program of its own.

It is run as a file by the interpreter of whichever environment holds unbabel-comet, and imports
nothing of mtbench. It reads one JSON object from standard input and writes one to standard output,
which nothing else reaches. Without ``path`` it says versions alone, and imports nothing heavy.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import sys
from typing import Any

PACKAGES = ("unbabel-comet", "torch", "transformers")
CLASSES = {
    "regression_metric": "RegressionMetric",
    "referenceless_regression_metric": "ReferencelessRegression",
    "unified_metric": "UnifiedMetric",
    "xcomet_metric": "XCOMETMetric",
}


def main() -> None:
    """Answers the one question that is asked."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        os.environ |= {"TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}
        asked = json.load(sys.stdin)
        answer: dict[str, Any] = {"versions": versions()}
        if "path" in asked:
            answer["scores"] = _predict(asked)
        json.dump(answer, out)


def versions() -> dict[str, str]:
    """Of the library and what it stands on, as far as they are installed."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _predict(asked: dict[str, Any]) -> list[float]:
    """Scores by ``predict`` at single precision, with the library's own classes."""
    import comet.encoders.minilm
    import comet.models

    # The one encoder whose tokenizer the library takes from the hub whatever the checkpoint says.
    words = comet.encoders.minilm.XLMRobertaTokenizerFast

    class Here:
        @staticmethod
        def from_pretrained(_name: str, **options: Any) -> Any:
            return words.from_pretrained(asked["encoder"], **options)

    comet.encoders.minilm.XLMRobertaTokenizerFast = Here
    options = {"layer_transformation": "softmax"} if asked["softmax"] else {}
    model = getattr(comet.models, CLASSES[asked["kind"]]).load_from_checkpoint(
        asked["path"],
        map_location="cpu",
        hparams_file=asked["hparams"],
        strict=False,
        weights_only=not asked["trust"],
        pretrained_model=asked["encoder"],
        load_pretrained_weights=False,
        local_files_only=True,
        **options,
    )
    kind, _, number = asked["device"].partition(":")
    found = model.float().predict(
        asked["samples"],
        batch_size=len(asked["samples"]),
        gpus=0 if kind == "cpu" else 1,
        devices=None if kind == "cpu" else [int(number or 0)],
        num_workers=0,
        progress_bar=False,
    )
    return [float(score) for score in found.scores]


if __name__ == "__main__":
    main()
