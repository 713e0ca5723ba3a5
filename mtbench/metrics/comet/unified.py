"""Pair-encoding classes: hypothesis, source and reference are read together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtbench.metrics.comet.encode import BATCH, Ids, batches, by_rows, depends_on_batch, tensors

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Triple:
    """Sub-words of a hypothesis and of what it is compared with."""

    mt: Ids
    src: Ids
    ref: Ids | None


@dataclass(frozen=True)
class Read:
    """What a model says of one joined sequence.

    Attributes:
        score: The sentence score.
        words: Probability of each label for each sub-word of the hypothesis, shape (words,
            labels); None for a model without word-level training.
    """

    score: np.float32
    words: Array | None


class Pairs:
    """Joined sequences of unified and XCOMET checkpoints.

    Args:
        model: The loaded model.
        device: Where it is.
        size: Sequences in a batch, at most.
        exact: Whether the encoder runs at single precision.
    """

    def __init__(self, model: Any, device: Any, size: int, exact: bool) -> None:
        self._model = model
        self._device = device
        self._size = size
        self._sentences: Any = None  # what the head was given last
        model.estimator.register_forward_pre_hook(self._remember)
        self.encoded = 0
        self.by_content = (not exact or bool(model.hparams.layer_norm)) and depends_on_batch(
            self._probe, len(model.encoder.tokenizer)
        )
        if self.by_content:
            self._size = BATCH  # the user's size would be part of the content

    def joined(self, triple: Triple) -> list[tuple[Ids, bool]]:
        """The sequences a triple is read as, and whether each had to be cut.

        With source and reference there are three, as in ``UnifiedMetric.concat_inputs``:
        hypothesis and source, hypothesis and reference, all of them.
        """
        wanted = self._model.hparams.input_segments
        source = [triple.src] if "src" in wanted else []
        reference = [triple.ref] if "ref" in wanted and triple.ref is not None else []
        if source and reference:
            parts = [source, reference, source + reference]
        else:
            parts = [source + reference]
        return [self._join([triple.mt, *part]) for part in parts]

    def _join(self, parts: Sequence[Ids]) -> tuple[Ids, bool]:
        """As ``Encoder.concat_sequences`` joins sequences: cut at the encoder's positions."""
        encoder = self._model.encoder
        pad = encoder.tokenizer.pad_token_id
        plain = [[one for one in part if one != pad] for part in parts]
        joined = plain[0]
        for part in plain[1:]:
            joined = encoder.tokenizer.build_inputs_with_special_tokens(joined[1:-1], part[1:-1])
        special = 1 + len(plain) * encoder.size_separator
        if sum(len(part) - 2 for part in plain) > encoder.max_positions - special:
            return tuple(joined[: encoder.max_positions]), len(joined) > encoder.max_positions
        return tuple(joined), False

    def read(
        self, groups: Sequence[Sequence[Triple]], advance: Callable[[int, int], None]
    ) -> list[list[list[Read]]]:
        """What the model says of every sequence of every triple, each different one read once.

        Args:
            groups: For each system its triples.
            advance: Called after each batch with the sequences done and all there are.

        Returns:
            For each system, for each triple, for each of its sequences.
        """
        found: list[list[list[Read]]] = []
        sequences = [
            [[(ids, len(triple.mt)) for ids, _ in self.joined(triple)] for triple in triples]
            for triples in groups
        ]
        every = [{key for triple in group for key in triple} for group in sequences]
        rounds = every if self.by_content else [set().union(*every)]
        total, done = sum(map(len, rounds)), 0
        for number, wanted in enumerate(rounds):
            known: dict[tuple[Ids, int], Read] = {}
            for batch in self._read(wanted, known):
                done += batch
                advance(done, total)
            for group in [sequences[number]] if self.by_content else sequences:
                found.append([[known[key] for key in triple] for triple in group])
        return found

    def _read(
        self, wanted: set[tuple[Ids, int]], known: dict[tuple[Ids, int], Read]
    ) -> Iterator[int]:
        lengths: dict[Ids, list[int]] = {}
        for ids, words in sorted(wanted):
            lengths.setdefault(ids, []).append(words)
        for batch in batches(lengths, self._size):
            scores, labels = self._run(batch, [max(lengths[ids]) for ids in batch])
            self.encoded += len(batch)
            for at, ids in enumerate(batch):
                for words in lengths[ids]:
                    part = None if labels is None else labels[at, :words]
                    known[ids, words] = Read(scores[at], part)
            yield sum(len(lengths[ids]) for ids in batch)

    def _run(self, batch: Sequence[Ids], words: Sequence[int]) -> tuple[Array, Array | None]:
        import torch

        found, own = self._forward(batch, words)
        with torch.inference_mode():
            head = by_rows(self._model.estimator, self._sentences[:own])
        scores = head.float().cpu().numpy()
        if not self._model.word_level:
            return scores, None
        labels = found.logits[:own, : max(words)].float().softmax(dim=2).cpu().numpy()
        return scores, labels

    def _forward(self, batch: Sequence[Ids], words: Sequence[int]) -> tuple[Any, int]:
        import torch

        ids, own = tensors(batch, self._device)
        extra = {}
        if self._model.encoder.uses_token_type_ids:
            kinds = torch.ones_like(ids)
            for row, count in enumerate(words):
                kinds[row, :count] = 0
            extra["token_type_ids"] = kinds
        with torch.inference_mode():
            return self._model.forward(ids, torch.ones_like(ids), **extra), own

    def _remember(self, _head: Any, given: tuple[Any, ...]) -> None:
        self._sentences = given[0]

    def _probe(self, batch: Sequence[Ids]) -> Any:
        import torch

        found, own = self._forward(batch, [len(batch[0])] * len(batch))
        sentences = self._sentences[:own]
        if not self._model.word_level:
            return sentences
        return torch.cat((sentences, found.logits[:own].flatten(start_dim=1)), dim=1)


def mean_score(reads: Sequence[Read]) -> float:
    """The score of a unified checkpoint: the mean over what it read."""
    return float(np.mean(np.array([one.score for one in reads], dtype=np.float32)))
