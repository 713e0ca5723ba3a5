"""Encoder–decoder checkpoints through transformers: load, batch, search."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mtbench.backends.decoding import (
    Decoder,
    SamplingOptions,
    cut_facts,
    decoding_of,
    source_limit,
    torch_dtype,
)
from mtbench.backends.families import Direction
from mtbench.backends.tokenization import Encoded, Tokenizer
from mtbench.checkpoints.batches import to_device
from mtbench.checkpoints.folders import read_config
from mtbench.checkpoints.torch_models import load_model, release, seeded
from mtbench.errors import SegmentError
from mtbench.packages import require
from mtbench.types import Json, Source, Translation

# Special tokens come from the checkpoint; everything else of its own generation settings gives
# way to the options, so that two systems are decoded alike unless a card says otherwise.
_FROM_CHECKPOINT = (
    "bos_token_id",
    "eos_token_id",
    "pad_token_id",
    "decoder_start_token_id",
    "forced_bos_token_id",
    "forced_eos_token_id",
    "bad_words_ids",
    "suppress_tokens",
    "begin_suppress_tokens",
)


class Seq2Seq:
    """One encoder–decoder checkpoint in one direction.

    Args:
        folder: Of the checkpoint, complete.
        direction: How the languages are told.
        model: Its name, for messages.
        options: Of decoding.
        dtype: ``float32``, ``tf32``, ``bfloat16`` or ``float16``.
        device: A torch device.
        batch_size: Most segments decoded together.
    """

    def __init__(
        self,
        folder: Path,
        direction: Direction,
        model: str,
        options: SamplingOptions,
        *,
        dtype: str,
        device: str,
        batch_size: int,
    ) -> None:
        self._options = options
        self._direction = direction
        self._device = device
        self.tokenizer = Tokenizer(folder, direction, model)
        transformers = require("transformers", f"the model {model}", "hf")
        self.model = load_model(
            transformers.AutoModelForSeq2SeqLM,
            folder,
            model,
            dtype=torch_dtype(dtype),
            device=device,
        )
        config = read_config(folder)
        self._limit = source_limit(self.tokenizer, options, config, model)
        self.decoding = decoding_of(options, config)
        self.decoder = Decoder(device, dtype, batch_size, int(self.decoding["beam_size"]))
        self.model.generation_config = self._generation()

    def _generation(self) -> Any:
        """The search as the options want it, with the checkpoint's special tokens."""
        from transformers import GenerationConfig

        own = self.model.generation_config
        settings = {name: getattr(own, name, None) for name in _FROM_CHECKPOINT}
        if self._direction.first_token is not None:
            settings["forced_bos_token_id"] = self.tokenizer.token_id(self._direction.first_token)
        if self._direction.start_token is not None:
            start = self.tokenizer.token_id(self._direction.start_token)
            settings["decoder_start_token_id"] = start
        if settings["decoder_start_token_id"] is None:
            settings["decoder_start_token_id"] = self.model.config.decoder_start_token_id
        if settings["pad_token_id"] is None:
            settings["pad_token_id"] = self.tokenizer.inner.pad_token_id
        return GenerationConfig(
            **settings,
            num_beams=self.decoding["beam_size"],
            max_new_tokens=self.decoding["max_new_tokens"],
            length_penalty=self._options.length_penalty,
            no_repeat_ngram_size=self._options.no_repeat_ngram_size,
            repetition_penalty=self._options.repetition_penalty,
            early_stopping=False,
            use_cache=True,
            **sampling_settings(self._options),
        )

    def translate(self, batch: Sequence[Source], seed: int) -> list[Translation | SegmentError]:
        """Translations of a batch, in its order, or why a source has none.

        Inside, sources go sorted by length and padded with masks.
        """
        texts = [source.text for source in batch]
        encoded = self.tokenizer.encode(texts, self._limit, self._options.truncate)
        rows = [(i, row) for i, row in enumerate(encoded) if isinstance(row, Encoded)]
        with seeded(seed if self._options.sampling else None, self._device):
            found = self.decoder.run(rows, lambda row: len(row.ids), self._search)
        return [row if isinstance(row, SegmentError) else found[i] for i, row in enumerate(encoded)]

    def _search(self, rows: Sequence[Encoded]) -> list[Translation]:
        inputs = self.tokenizer.inner.pad(
            {"input_ids": [row.ids for row in rows]}, padding=True, return_tensors="pt"
        )
        made = self.model.generate(
            input_ids=to_device(inputs.input_ids, self._device),
            attention_mask=to_device(inputs.attention_mask, self._device),
        )
        search = self.model.generation_config
        outputs = [_until_end(row, search.eos_token_id) for row in made[:, 1:].tolist()]
        # A forced language code is no part of the text, and not every vocabulary calls it special.
        forced = search.forced_bos_token_id
        said = [row[1:] if row and row[0] == forced else row for row in outputs]
        texts = self.tokenizer.decode(said)
        return [
            Translation(text=text, kept=self._facts(row, len(output)))
            for text, row, output in zip(texts, rows, outputs, strict=True)
        ]

    def _facts(self, row: Encoded, length: int) -> dict[str, Json]:
        return cut_facts(row, self._limit, length, self.decoding["max_new_tokens"])

    def close(self) -> None:
        """Gives the memory back."""
        self.model = None
        release(self._device)


def _until_end(row: list[int], end: int | list[int] | None) -> list[int]:
    """An output with its end token, without what fills the row up to the longest."""
    ends = set(end) if isinstance(end, list) else {end}
    stop = next((i for i, token in enumerate(row) if token in ends), len(row))
    return row[: stop + 1]


def sampling_settings(options: SamplingOptions) -> dict[str, Json]:
    """Settings of transformers for drawing, or for not drawing."""
    if not options.sampling:
        return {"do_sample": False}
    return {
        "do_sample": True,
        "temperature": options.temperature,
        "top_k": options.top_k,
        "top_p": options.top_p,
    }
