"""What tells checkpoints, and numbers made with them, from one another."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mtbench.errors import RequestError
from mtbench.files.digests import digest_file, digest_json, digest_text

TOKENIZERS = ("tokenizer.json", "sentencepiece.bpe.model", "sentencepiece.model", "vocab.txt")

# Where a checkpoint's parts lie, and notes of the program that wrote them: they may differ between
# two copies of one checkpoint, and no score follows from them.
_PLACES = ("pretrained_model", "load_pretrained_weights", "local_files_only")
_NOTES = ("_name_or_path", "architectures", "dtype", "torch_dtype", "transformers_version")


def configuration_digest(hparams: Mapping[str, Any], encoder: Path) -> str:
    """Digest of all that a score follows from beside the weights.

    Args:
        hparams: The checkpoint's hyper-parameters.
        encoder: Folder with the encoder's configuration and tokenizer.

    Raises:
        RequestError: If the configuration cannot be read.
    """
    file = encoder / "config.json"
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RequestError(f"{file}: not JSON: {error}") from error
    if not isinstance(config, dict):
        raise RequestError(f"{file}: holds no configuration of an encoder")
    words = next(encoder / name for name in TOKENIZERS if (encoder / name).is_file())
    return digest_json(
        {
            "hparams": _plain({k: v for k, v in hparams.items() if k not in _PLACES}),
            "encoder": {k: v for k, v in config.items() if k not in _NOTES},
            "tokenizer": [words.name, digest_file(words)],
        }
    )


def _plain(values: Mapping[str, Any]) -> Any:
    """As JSON; what JSON has no form for (a date, a number that is none) as it is written."""
    return json.loads(json.dumps(values, default=repr), parse_constant=str)


def embeddings_key(facts: Iterable[object]) -> str:
    """Name of a set of embeddings: equal only where every fact is."""
    return digest_text("".join(f"{fact}\n" for fact in facts))[:32]
