"""Sentence-transformers checkpoints as encoders, through transformers alone."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from mtbench.checkpoints.batches import Feed, Ids, tensors
from mtbench.checkpoints.device import pick_device
from mtbench.checkpoints.digests import digest_files
from mtbench.checkpoints.folders import (
    Checkpoint,
    cache_folder,
    chosen_files,
    fetch,
    find,
    read_config,
)
from mtbench.checkpoints.precision import DTYPES, Wide, arithmetic, refuse_precision
from mtbench.checkpoints.tokenization import load_tokenizer, quiet
from mtbench.checkpoints.torch_models import load_model, release
from mtbench.encoders.calibration import LEAST, sample_cosines, usual_cosines
from mtbench.encoders.layers import Layer, read_layers
from mtbench.encoders.packaged import SentenceEncoder, Vectors
from mtbench.errors import RequestError
from mtbench.files.digests import digest_file, digest_json
from mtbench.packages import require
from mtbench.types import Runtime

OWNER = "sentence-transformers"
_MODULES = ("modules.json", "sentence_bert_config.json", "config_sentence_transformers.json")
_POOLED = frozenset({"bert", "camembert", "roberta", "xlm-roberta", "xlm-roberta-xl"})
# What stands behind the transformer; the first of it makes a model one of this format.
_BEHIND = (*_MODULES, "*_Pooling/config.json", "*_Dense/*", "*_Normalize/*")


class CheckpointEncoder(SentenceEncoder):
    """A model of the sentence-transformers format, such as LaBSE.

    Args:
        model: A folder, a hub id, or the name of a model of ``sentence-transformers``.
        device: As of ``--device``.
        precision: Of the arithmetic of the transformer; the layers behind it are exact.

    Attributes:
        feed: How texts go through the model.
        usual: Cosines of unrelated texts and of translations, measured on a few sentences.
        remark: What a user must know of it; empty where there is nothing.
        cut: Texts so far that were longer than the model reads.

    Raises:
        MissingExtra: If torch or transformers is not installed.
        MissingWeights: If it is not here and cannot be had.
        RequestError: If it is no sentence encoder, or one of a kind that is not known.
    """

    def __init__(self, model: str, device: str = "auto", *, precision: Wide = "fp32") -> None:
        self._torch = require("torch", f"the encoder {model}", "hf")
        transformers = require("transformers", f"the encoder {model}", "hf")
        folder, found = locate(model)
        self.name = Path(model).name if Path(model).expanduser().is_dir() else model
        self.version = version_of(found)
        self._device = pick_device(device)
        refuse_precision(precision, self._device)
        self._precision = precision
        self.feed = Feed(self._device, f"the encoder {self.name}")
        self._layers: list[Layer] = read_layers(folder, model, self._device)
        self._tokenizer = load_tokenizer(folder, model)
        self._model = load_model(
            _bare(transformers, read_config(folder)),
            folder,
            model,
            dtype=DTYPES[precision],
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
        if not texts:
            return np.zeros((0, self._model.config.hidden_size), dtype=np.float32)
        unique = list(dict.fromkeys(texts))
        entered = self._entered(unique)
        found: dict[Ids, Any] = {}
        with arithmetic(self._precision):
            for batch, vectors in self.feed.run(set(entered), self._vectors):
                found.update(zip(batch, vectors, strict=True))
        by_text = dict(zip(unique, entered, strict=True))
        return np.stack([found[by_text[text]] for text in texts])

    @property
    def limit(self) -> int:
        """How many sub-words of a text are read."""
        return self._most

    def too_long(self, texts: Sequence[str]) -> list[bool]:
        """Which texts are longer than is read of them."""
        if not texts:
            return []
        with quiet():
            whole = self._tokenizer(self._given(texts))["input_ids"]
        return [len(ids) > self._most for ids in whole]

    def close(self) -> None:
        """Gives the memory back."""
        self._model = None
        release(self._device)

    def _given(self, texts: Sequence[str]) -> list[str]:
        return [self._prompt + (text.lower() if self._lower else text) for text in texts]

    def _entered(self, texts: Sequence[str]) -> list[Ids]:
        """The sub-words of texts, cut where they are longer than the model reads."""
        given = self._given(texts)
        with quiet():
            whole = self._tokenizer(given)["input_ids"]
            self.cut += sum(len(ids) > self._most for ids in whole)
            read = self._tokenizer(given, truncation=True, max_length=self._most)["input_ids"]
        return [tuple(ids) for ids in read]

    def _vectors(self, batch: Sequence[Ids]) -> Any:
        torch = self._torch
        pad = self._tokenizer.pad_token_id or 0
        ids, mask, own = tensors(batch, self._device, pad)
        with torch.inference_mode():
            vectors = self._model(
                input_ids=ids, attention_mask=mask, return_dict=True
            ).last_hidden_state.float()
            for layer in self._layers:
                vectors = layer(vectors, mask)
            unit = torch.nn.functional.normalize(vectors[:own], dim=-1)
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


def find_encoder(model: str, runtime: Runtime | None = None) -> Checkpoint:
    """A model, here or on the hub; nothing is downloaded but a configuration.

    Raises:
        MissingWeights: If it is not here and cannot be had.
        RequestError: If it is here, and no sentence-transformers model.
    """
    wanted = model
    if not Path(model).expanduser().is_dir() and "/" not in model:
        wanted = f"{OWNER}/{model}"
    found = find(wanted, None, runtime or Runtime(), also=_BEHIND)
    if found.commit is None:
        _require_format(found.folder, model)
    return found


def locate(model: str) -> tuple[Path, Checkpoint]:
    """The folder of a model, fetched where it is not here, and what is known of it.

    Raises:
        MissingWeights: If it is not here and cannot be had.
        RequestError: If it is no sentence-transformers model.
    """
    found = find_encoder(model)
    folder = fetch(found)
    _require_format(folder, model)
    return folder, found


def _require_format(folder: Path, model: str) -> None:
    if not (folder / _MODULES[0]).is_file():
        raise RequestError(
            f"{model}: not a sentence-transformers model: there is no {_MODULES[0]}",
            hint="name one that is, such as LaBSE or paraphrase-multilingual-MiniLM-L12-v2",
        )


def version_of(found: Checkpoint) -> str:
    """Eight digits of its commit on the hub, or of all that takes part."""
    return found.commit[:8] if found.commit else _digest(found.folder)


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
