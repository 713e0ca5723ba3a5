"""Sentence-transformers checkpoints as encoders, through transformers alone."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from mtbench.checkpoints.device import pick_device
from mtbench.checkpoints.digests import digest_files
from mtbench.checkpoints.folders import cache_folder, chosen_files, fetch, find, read_config
from mtbench.checkpoints.tokenization import load_tokenizer, quiet
from mtbench.checkpoints.torch_models import load_model
from mtbench.encoders.calibration import LEAST, sample_cosines, usual_cosines
from mtbench.encoders.layers import Layer, read_layers
from mtbench.encoders.packaged import SentenceEncoder, Vectors
from mtbench.errors import RequestError
from mtbench.files.digests import digest_file, digest_json
from mtbench.packages import require
from mtbench.types import Runtime

OWNER = "sentence-transformers"
TEXTS_AT_ONCE = 16
_MODULES = ("modules.json", "sentence_bert_config.json", "config_sentence_transformers.json")
_POOLED = frozenset({"bert", "camembert", "roberta", "xlm-roberta", "xlm-roberta-xl"})
# What stands behind the transformer; the first of it makes a model one of this format.
_BEHIND = (*_MODULES, "*_Pooling/config.json", "*_Dense/*", "*_Normalize/*")


class CheckpointEncoder(SentenceEncoder):
    """A model of the sentence-transformers format, such as LaBSE.

    Args:
        model: A folder, a hub id, or the name of a model of ``sentence-transformers``.
        device: As of ``--device``.

    Attributes:
        usual: Cosines of unrelated texts and of translations, measured on a few sentences.
        remark: What a user must know of it; empty where there is nothing.
        cut: Texts so far that were longer than the model reads.

    Raises:
        MissingExtra: If torch or transformers is not installed.
        MissingWeights: If it is not here and cannot be had.
        RequestError: If it is no sentence encoder, or one of a kind that is not known.
    """

    def __init__(self, model: str, device: str = "auto") -> None:
        self._torch = require("torch", f"the encoder {model}", "hf")
        transformers = require("transformers", f"the encoder {model}", "hf")
        folder, commit = locate(model)
        self.name = Path(model).name if Path(model).expanduser().is_dir() else model
        self.version = commit or _digest(folder)
        self._device = pick_device(device)
        self._layers: list[Layer] = read_layers(folder, model, self._device)
        self._tokenizer = load_tokenizer(folder, model)
        self._model = load_model(
            _bare(transformers, read_config(folder)),
            folder,
            model,
            dtype="float32",
            device=self._device,
        )
        settings = read_config(folder, "sentence_bert_config.json")
        self.cut = 0
        self._lower = bool(settings.get("do_lower_case"))
        self._most = _limit(settings, self._tokenizer, self._model)
        self._prompt = _prompt(read_config(folder, "config_sentence_transformers.json"))
        low, high = sample_cosines(self)
        self.cut = 0  # of the documents, not of the sample
        self.usual = usual_cosines(low, high)
        self.remark = ""
        if high - low < LEAST:
            self.remark = (
                f"{self.name} hardly tells translations (cosine {high:.2f}) from other texts "
                f"({low:.2f}): it may not be multilingual"
            )

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of the texts, each unique one encoded once."""
        unique = list(dict.fromkeys(texts))
        by_length = sorted(unique, key=lambda text: (len(text), text))
        found: dict[str, Any] = {}
        for start in range(0, len(by_length), TEXTS_AT_ONCE):
            batch = by_length[start : start + TEXTS_AT_ONCE]
            found.update(zip(batch, self._vectors(batch), strict=True))
        if not texts:
            return np.zeros((0, self._model.config.hidden_size), dtype=np.float32)
        return np.stack([found[text] for text in texts])

    def _vectors(self, texts: Sequence[str]) -> Any:
        torch = self._torch
        given = [self._prompt + (text.lower() if self._lower else text) for text in texts]
        with quiet():
            lengths = [len(ids) for ids in self._tokenizer(given)["input_ids"]]
        self.cut += sum(length > self._most for length in lengths)
        entered = self._tokenizer(
            given, padding=True, truncation=True, max_length=self._most, return_tensors="pt"
        ).to(self._device)
        with torch.inference_mode():
            vectors = self._model(**entered, return_dict=True).last_hidden_state
            for layer in self._layers:
                vectors = layer(vectors, entered["attention_mask"])
            unit = torch.nn.functional.normalize(vectors.float(), dim=-1)
        # Bits that depend on the neighbours in a batch are rounded off.
        return np.round(unit.cpu().numpy().astype(np.float64), 5).astype(np.float32)


def _bare(transformers: Any, config: dict[str, Any]) -> Any:
    """The model's class; where it would have a head that nothing here uses, without it.

    Checkpoints often lack that head's weights, and missing weights are refused.
    """
    kind = transformers.AutoModel
    if config.get("model_type") not in _POOLED:
        return kind
    load = functools.partial(kind.from_pretrained, add_pooling_layer=False)
    return SimpleNamespace(from_pretrained=load)


def locate(model: str) -> tuple[Path, str | None]:
    """The folder of a model, fetched where it is not here, and its commit.

    Raises:
        MissingWeights: If it is not here and cannot be had.
        RequestError: If it is no sentence-transformers model.
    """
    wanted = model
    if not Path(model).expanduser().is_dir() and "/" not in model:
        wanted = f"{OWNER}/{model}"
    found = find(wanted, None, Runtime(), also=_BEHIND)
    folder = fetch(found)
    if not (folder / _MODULES[0]).is_file():
        raise RequestError(
            f"{model}: not a sentence-transformers model: there is no {_MODULES[0]}",
            hint="name one that is, such as LaBSE or paraphrase-multilingual-MiniLM-L12-v2",
        )
    return folder, found.commit[:8] if found.commit else None


def _digest(folder: Path) -> str:
    """Eight digits for all that takes part: transformer, tokenizer, and the layers behind it."""
    layers = [path for pattern in _BEHIND for path in sorted(folder.glob(pattern))]
    behind = [[path.relative_to(folder).as_posix(), digest_file(path)] for path in layers]
    files = digest_files(chosen_files(folder), cache_folder(Runtime()))
    return digest_json([files, behind])[:8]


def _limit(settings: dict[str, Any], tokenizer: Any, model: Any) -> int:
    positions = getattr(model.config, "max_position_embeddings", None)
    if positions is not None and model.config.model_type in ("xlm-roberta", "roberta"):
        positions -= 2  # these count positions from the padding index on
    known = [settings.get("max_seq_length"), tokenizer.model_max_length, positions]
    return min(int(n) for n in known if n)


def _prompt(settings: dict[str, Any]) -> str:
    name = settings.get("default_prompt_name")
    return str(settings.get("prompts", {}).get(name, "")) if name else ""
