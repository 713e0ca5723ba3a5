"""Pair-encoding classes: hypothesis, source and reference are read together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtbench.checkpoints.batches import Feed, Ids, depends_on_batch, tensors
from mtbench.metrics.comet.heads import by_rows
from mtbench.metrics.comet.model import CometModel

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
        size: Sequences in a batch, at most; None for the usual number.
        exact: Whether the encoder runs at single precision.
    """

    def __init__(self, model: CometModel, device: Any, size: int | None, exact: bool) -> None:
        self._model = model
        self._device = device
        self.encoded = 0
        self.feed = Feed(device, "COMET", size=size)
        probed = not self.feed.by_content and (not exact or model.normalises)
        if probed and depends_on_batch(self._probe, len(model.words)):
            self.feed = Feed(device, "COMET", by_content=True)

    def joined(self, triple: Triple) -> list[tuple[Ids, bool]]:
        """The sequences a triple is read as, and whether each had to be cut.

        With source and reference there are three, as in ``UnifiedMetric.concat_inputs``:
        hypothesis and source, hypothesis and reference, all of them.
        """
        wanted = self._model.segments
        source = [triple.src] if "src" in wanted else []
        reference = [triple.ref] if "ref" in wanted and triple.ref is not None else []
        if source and reference:
            parts = [source, reference, source + reference]
        else:
            parts = [source + reference]
        return [self._model.words.join([triple.mt, *part]) for part in parts]

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
        rounds = every if self.feed.by_content else [set().union(*every)]
        total, done = sum(map(len, rounds)), 0
        for number, wanted in enumerate(rounds):
            known: dict[tuple[Ids, int], Read] = {}
            for batch in self._read(wanted, known):
                done += batch
                advance(done, total)
            for group in [sequences[number]] if self.feed.by_content else sequences:
                found.append([[known[key] for key in triple] for triple in group])
        return found

    def _read(
        self, wanted: set[tuple[Ids, int]], known: dict[tuple[Ids, int], Read]
    ) -> Iterator[int]:
        lengths: dict[Ids, list[int]] = {}
        for ids, words in sorted(wanted):
            lengths.setdefault(ids, []).append(words)

        def work(batch: list[Ids]) -> tuple[Array, Array | None]:
            return self._run(batch, [max(lengths[ids]) for ids in batch])

        for batch, (scores, labels) in self.feed.run(lengths, work):
            self.encoded += len(batch)
            for at, ids in enumerate(batch):
                for words in lengths[ids]:
                    part = None if labels is None else labels[at, :words]
                    known[ids, words] = Read(scores[at], part)
            yield sum(len(lengths[ids]) for ids in batch)

    def _run(self, batch: Sequence[Ids], words: Sequence[int]) -> tuple[Array, Array | None]:
        import torch

        with torch.inference_mode():
            first, logits = self._read_batch(batch, words)
            scores = by_rows(self._model.head, first).float().cpu().numpy()
            if logits is None:
                return scores, None
            labels = logits[:, : max(words)].float().softmax(dim=2).cpu().numpy()
        return scores, labels

    def _read_batch(self, batch: Sequence[Ids], words: Sequence[int]) -> tuple[Any, Any]:
        import torch

        ids, mask, own = tensors(batch, self._device, self._model.words.pad)
        kinds = None
        if self._model.words.marks.kinds:
            kinds = torch.ones_like(ids)
            for row, count in enumerate(words):
                kinds[row, :count] = 0
        first, logits = self._model.read(ids, mask, kinds)
        return first[:own], None if logits is None else logits[:own]

    def _probe(self, batch: Sequence[Ids]) -> Any:
        import torch

        with torch.inference_mode():
            first, logits = self._read_batch(batch, [len(batch[0])] * len(batch))
            return first if logits is None else torch.cat((first, logits.flatten(1)), dim=1)


def mean_score(reads: Sequence[Read]) -> float:
    """The score of a unified checkpoint: the mean over what it read."""
    return float(np.mean(np.array([one.score for one in reads], dtype=np.float32)))
