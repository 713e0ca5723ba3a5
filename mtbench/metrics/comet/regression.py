"""Sentence-embedding classes: each text is encoded once, whatever it takes part in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtbench.checkpoints.batches import Feed, Ids, depends_on_batch, digest, group_digest, tensors
from mtbench.metrics.comet.cache import Store
from mtbench.metrics.comet.heads import by_rows
from mtbench.metrics.comet.model import CometModel

Vectors = NDArray[np.float32]

_PROBES = (11, 24, 48)  # lengths in sub-words


class Sentences:
    """Sentence embeddings of regression and reference-free regression checkpoints.

    Args:
        model: The loaded model.
        device: Where it is.
        size: Sequences in a batch, at most; None for the usual number.
        exact: Whether the encoder runs at single precision.

    Attributes:
        store: Where embeddings are kept.
        encoded: How many sequences were encoded.
        feed: How sequences go through the encoder.
    """

    def __init__(self, model: CometModel, device: Any, size: int | None, exact: bool) -> None:
        self._model = model
        self._device = device
        self.store = Store()
        self._width = model.width
        self.encoded = 0
        self.feed = Feed(device, "COMET", size=size)
        probed = not self.feed.by_content and (not exact or model.normalises)
        if probed and depends_on_batch(self._run, len(model.words)):
            self.feed = Feed(device, "COMET", by_content=True)

    def score(
        self,
        systems: Sequence[Sequence[tuple[Ids, Ids | None, Ids]]],
        advance: Callable[[int, int], None],
    ) -> list[list[float]]:
        """Scores of every system's (source, reference, hypothesis).

        Args:
            systems: For each system its segments, as sub-words.
            advance: Called after each batch with the sequences done and all there are.
        """
        given: dict[Ids, None] = {}
        for system in systems:
            for source, reference, _ in system:
                given[source] = None
                if reference is not None:
                    given[reference] = None
        hypotheses = [[hypothesis for _, _, hypothesis in system] for system in systems]
        vector = self.vectors([given, *hypotheses], frozenset(given), advance)
        return [
            self._estimate(
                [vector(0, source) for source, _, _ in system],
                [vector(0, ref) for _, ref, _ in system if ref is not None],
                [vector(group, hypothesis) for _, _, hypothesis in system],
            )
            for group, system in enumerate(systems, start=1)
        ]

    def vectors(
        self,
        groups: Sequence[Iterable[Ids]],
        keep: frozenset[Ids],
        advance: Callable[[int, int], None],
    ) -> Callable[[int, Ids], Vectors]:
        """Embeds what is not embedded yet.

        Args:
            groups: The sequences of sources and references together, then of each system.
            keep: Sequences whose embeddings are worth keeping on disk.
            advance: Called after each batch with the sequences done and all there are.

        Returns:
            A look-up of (group, sequence) → vector of shape (d,).
        """
        salts = [b""] * len(groups)
        known: dict[tuple[bytes, Ids], Vectors] = {}
        unions: dict[bytes, dict[Ids, None]] = {}
        for at, group in enumerate(groups):
            members = dict.fromkeys(group)
            if self.feed.by_content:
                salts[at] = group_digest(members)
            unions.setdefault(salts[at], {}).update(members)
        missing: dict[bytes, list[Ids]] = {}
        for salt, members in unions.items():
            found = self.store.get({ids: salt + digest(ids) for ids in members}, self._width)
            known |= {(salt, ids): vector for ids, vector in found.items()}
            missing[salt] = [ids for ids in members if ids not in found]
            # In a group fixed by content one missing vector means encoding the group again.
            if missing[salt] and self.feed.by_content:
                missing[salt] = list(members)
        total, done = sum(map(len, missing.values())), 0
        for salt, sequences in missing.items():
            for batch, embedded in self.feed.run(sequences, self._embed):
                fresh = dict(zip(batch, embedded, strict=True))
                known |= {(salt, ids): vector for ids, vector in fresh.items()}
                self.store.put(
                    {salt + digest(ids): vector for ids, vector in fresh.items()},
                    {salt + digest(ids) for ids in fresh if ids in keep},
                )
                self.encoded += len(batch)
                done += len(batch)
                advance(done, total)
        return lambda group, ids: known[salts[group], ids]

    def _estimate(
        self, sources: list[Vectors], references: list[Vectors], hypotheses: list[Vectors]
    ) -> list[float]:
        """Scores from embeddings; no references for a reference-free checkpoint."""
        import torch

        if not sources:
            return []
        sides = [
            torch.from_numpy(np.stack(side)).to(self._device)
            for side in (sources, hypotheses, references)
            if side
        ]
        with torch.inference_mode():
            scores: list[float] = by_rows(self._model.estimate, *sides).float().cpu().tolist()
        return scores

    def fingerprint(self) -> str:
        """Digest of what the model makes of a few fixed sequences, to the last bit.

        Two models, precisions, devices or builds of the stack that differ here differ everywhere,
        whatever the files they were read from are called and say.
        """
        words = max(len(self._model.words) - 8, 1)
        found = hashlib.sha256()
        for length in _PROBES:
            probe = tuple((7 + 17 * at) % words + 4 for at in range(length))
            found.update(self._embed([probe]).tobytes())
        return found.hexdigest()

    def _embed(self, batch: Sequence[Ids]) -> Vectors:
        found: Vectors = self._run(batch).float().cpu().numpy()
        return found

    def _run(self, batch: Sequence[Ids]) -> Any:
        import torch

        ids, mask, own = tensors(batch, self._device, self._model.words.pad)
        with torch.inference_mode():
            return self._model.embed(ids, mask)[:own]
