"""``metricx``: MetricX-23 and MetricX-24, on plain transformers.

A checkpoint is an mT5 whose decoder takes one step; the logit of one word of its vocabulary there
is the score, from 0 (no error) to 25. Only that step and that row of the head are computed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np

from mtbench.checkpoints.batches import Feed, Ids, block_on, tensors
from mtbench.checkpoints.device import pick_device
from mtbench.checkpoints.digests import digest_files
from mtbench.checkpoints.folders import (
    Checkpoint,
    cache_folder,
    cached,
    chosen_files,
    fetch,
    find,
    read_config,
)
from mtbench.checkpoints.precision import DTYPES, Wide, arithmetic, check_precision
from mtbench.checkpoints.torch_models import load_model, no_gradients, release
from mtbench.errors import MetricError, MissingWeights, RequestError
from mtbench.languages import base_language, language_name, usual_tag
from mtbench.metrics.guards import checked_column, require_references
from mtbench.metrics.releases import NUMBERS_OF
from mtbench.packages import require, require_installed
from mtbench.plugins import Advance, Array, Blocks, MeanMetric, Scorer
from mtbench.types import Json, MetricInfo, Record, ScoringView, Signature

Version = Literal["23", "24"]

SCORE_ID = 250089  # the word of mT5's vocabulary whose logit is the score: <extra_id_10>
WORST = 25.0
LIMITS: Mapping[Version, int] = {"23": 1024, "24": 1536}  # sub-words, the end token among them
FEW = 10  # scores that say nothing of a checkpoint
MOST = 0.9  # of them on an end of the scale: a checkpoint that gives no scores of it

# Xue et al. 2021, "mT5: A Massively Multilingual Pre-trained Text-to-Text Transformer", table 6.
LANGUAGES = frozenset({
    "af", "am", "ar", "az", "be", "bg", "bn", "ca", "ceb", "co", "cs", "cy", "da", "de", "el",
    "en", "eo", "es", "et", "eu", "fa", "fi", "fil", "fr", "fy", "ga", "gd", "gl", "gu", "ha",
    "haw", "he", "hi", "hmn", "ht", "hu", "hy", "id", "ig", "is", "it", "ja", "jv", "ka", "kk",
    "km", "kn", "ko", "ku", "ky", "la", "lb", "lo", "lt", "lv", "mg", "mi", "mk", "ml", "mn",
    "mr", "ms", "mt", "my", "ne", "nl", "no", "ny", "pa", "pl", "ps", "pt", "ro", "ru", "sd",
    "si", "sk", "sl", "sm", "sn", "so", "sq", "sr", "st", "su", "sv", "sw", "ta", "te", "tg",
    "th", "tr", "uk", "ur", "uz", "vi", "xh", "yi", "yo", "zh", "zu",
})  # fmt: skip

_SIZES = ("large", "xl", "xxl")
PUBLISHED = frozenset(
    f"google/metricx-{name}"
    for size in _SIZES
    for name in (
        f"23-{size}-v2p0",
        f"23-qe-{size}-v2p0",
        f"24-hybrid-{size}-v2p6",
        f"24-hybrid-{size}-v2p6-bfloat16",
    )
)


# Commits of the hub, as caches of others name them, so that a name means the same weights.
PINNED = {
    "google/metricx-23-xxl-v2p0": "599c176bdfb5fb56689ab368a0522dc0513f86da",
    "google/metricx-24-hybrid-xxl-v2p6": "0ff238ccb517eb0b2998dd6d299528b040c5caec",
    "google/metricx-24-hybrid-xxl-v2p6-bfloat16": "3d9c6f7fd11b58d3eceeb68ee39fe7d2c761ee20",
    "google/mt5-xl": "63fc6450d80515b48e026b69ef2fbbd426433e84",
    "google/mt5-xxl": "e07c395916dfbc315d4e5e48b4a54a1e8821b5c0",
}


def pinned(model: str, *, weights: bool = True) -> str | None:
    """The commit to ask for where the user names none; None for the latest, or what is here.

    A copy in the cache under ``main`` is not fetched again under another commit: the signature
    names the one that was used.

    Args:
        model: Hub id.
        weights: Whether weights are needed, or the tokenizer alone.
    """
    commit = PINNED.get(model)
    if commit is None or cached(model, commit, weights=weights, tokenizer=False):
        return commit
    return None if cached(model, None, weights=weights, tokenizer=False) else commit


class Pieces(NamedTuple):
    """One input: its sub-words, and which of its texts were cut."""

    ids: Ids
    cut: tuple[str, ...]


class MetricX(MeanMetric):
    """MetricX: errors as a human would count them, 0 to 25; lower is better."""

    place: ClassVar[int] = 90
    trained_on: ClassVar[str] = "MQM and direct assessments of WMT up to 2022, synthetic errors"
    blind_spots: ClassVar[tuple[str, ...]] = (
        "it favours systems that were decoded or chosen by it",
        "segments are judged without their document",
    )
    agreement: ClassVar[tuple[str, ...]] = (
        "SPA on WMT24 en-de, en-es, ja-zh (Freitag et al. 2024): Hybrid-XL .884, .806, .859; "
        "Large .879, .795, .845",
    )

    class Options(Record):
        """Options of ``metricx``.

        Attributes:
            model: A hub id such as ``google/metricx-24-hybrid-xl-v2p6``, or a folder.
            revision: Commit, branch or tag of the hub; by default the pinned commit where one is
                known, else the latest.
            tokenizer: Hub id or folder of mT5's ``spiece.model``; by default the one in the
                checkpoint's folder, else that of the mT5 of its size.
            version: ``23`` or ``24``, which decides on the form of the input; by default as the
                name says, else 24.
            reference_free: Score without references; by default only where the name says ``qe``.
            precision: Of the arithmetic; by default as the name says, else ``fp32``. ``tf32`` is
                for CUDA devices.
        """

        model: str = "google/metricx-24-hybrid-large-v2p6"
        revision: str | None = None
        tokenizer: str | None = None
        version: Version | None = None
        reference_free: bool | None = None
        precision: Wide | None = None

    options: Options
    _model: Any = None
    _checkpoint: Checkpoint | None = None

    @property
    def version(self) -> Version:
        """Which MetricX it is."""
        if self.options.version is not None:
            return self.options.version
        return "23" if "metricx-23" in self.options.model.lower() else "24"

    @property
    def reference_free(self) -> bool:
        """Whether no reference is read."""
        if self.options.reference_free is not None:
            return self.options.reference_free
        return "-qe-" in self.options.model.lower()

    @property
    def precision(self) -> str:
        """Of the arithmetic."""
        named = "bf16" if self.options.model.lower().endswith("bfloat16") else "fp32"
        return self.options.precision or named

    @property
    def info(self) -> MetricInfo:
        """What the metric is and needs."""
        needs: tuple[Literal["source", "reference"], ...] = ("source", "reference")
        if self.reference_free:
            needs = ("source",)
        elif self.version == "23":
            needs = ("reference",)
        return MetricInfo(
            name="metricx",
            title=f"MetricX-{self.version}",
            needs=needs,
            higher_is_better=False,
            bounds=(0.0, WORST),
            neural=True,
            decimals=3,
            unit_scale=4.0,
            languages=tuple(sorted(LANGUAGES)),
            licence="Apache-2.0" if self.options.model in PUBLISHED else "that of the checkpoint",
            extra="hf",
            description="Learned from human error annotation; 0 to 25 errors, fewer are better.",
            reference=(
                "Juraska et al. 2024, MetricX-24: The Google Submission to the WMT 2024 Metrics "
                "Shared Task"
            ),
        )

    # --- before any work ----------------------------------------------------------------------

    def check(self, view: ScoringView | None = None) -> None:
        """Says before any work whether this can run here, and on this test set.

        Without a test set nothing is downloaded but a configuration; with one, weights that are
        not here are fetched now, before anything is translated.

        Raises:
            Unavailable: If a package is missing, or the weights cannot be had.
            RequestError: If the test set or the checkpoint does not suit the metric.
        """
        require_installed(("torch", "transformers"), "metricx", "hf")
        require("sentencepiece", "metricx", "hf")
        if view is not None:
            self._refuse(view)
        check_precision(self.precision, self.runtime)
        self._found()
        if view is not None:
            self.fetch()

    def fetch(self) -> tuple[Path, ...]:
        """Downloads checkpoint and tokenizer where they are not here."""
        found = self._found()
        return fetch(found), fetch(self._tokenizer(found))

    def _refuse(self, view: ScoringView) -> None:
        if "reference" in self.info.needs:
            counts = {len(one) for one in require_references(view, "metricx")}
            if len(counts) > 1:
                raise RequestError(
                    "metricx needs the same number of references for every segment",
                    hint="name one that all segments have: --reference NAME",
                )
        for tag in self._unknown(view):
            if not self.runtime.force:
                raise RequestError(
                    f"metricx's encoder has not seen {language_name(tag)} ({tag})",
                    hint="--force scores it all the same and marks the signature",
                )

    @staticmethod
    def _unknown(view: ScoringView) -> list[str]:
        tags = (view.pair.source, view.pair.target)
        known = [base_language(tag) for tag in tags]
        return [
            tag
            for tag, base in zip(tags, known, strict=True)
            if base not in LANGUAGES and usual_tag(base) not in LANGUAGES
        ]

    def _found(self) -> Checkpoint:
        if self._checkpoint is None:
            revision = self.options.revision or pinned(self.options.model)
            found = find(self.options.model, revision, self.runtime, tokenizer=False)
            kind = _model_type(found.folder)
            if kind != "mt5":
                raise RequestError(
                    f"metricx cannot score with {self.options.model}: it is no mT5 ({kind})",
                    hint="name a checkpoint of MetricX, such as google/metricx-24-hybrid-xl-v2p6",
                )
            self._checkpoint = found
        return self._checkpoint

    def _tokenizer(self, found: Checkpoint) -> Checkpoint:
        """Where the sentencepiece model of mT5 is."""
        named = self.options.tokenizer
        if named is None and (found.folder / "spiece.model").is_file():
            return found
        if named is None:
            size = next((s for s in reversed(_SIZES) if f"-{s}-" in self.options.model), "large")
            named = f"google/mt5-{size}"
        return find(named, pinned(named, weights=False), self.runtime, weights=False)

    def signature(self, view: ScoringView) -> Signature:
        """Version, checkpoint with its commit or digest, precision, references."""
        found = self._found()
        if found.commit is not None:
            weights = {"revision": found.commit[:12]}
        else:
            files = [p for p in chosen_files(found.folder) if p.name != "spiece.model"]
            weights = {"sha256": digest_files(files, cache_folder(self.runtime))[:12]}
        count = view.reference_count if "reference" in self.info.needs else 0
        signed = Signature.of(
            metricx=self.version,
            model=self.options.model if found.commit is not None else found.folder.name,
            **weights,
            input="+".join(["candidate", *self.info.needs]),
            precision=self.precision,
            refs={None: "var", 0: "none", 1: "r1"}.get(count, f"r{count}avg"),
        )
        if self._unknown(view):
            signed = signed.plus(forced="yes")
        return signed.plus(mtbench=NUMBERS_OF["metricx"])

    # --- scoring ------------------------------------------------------------------------------

    def __enter__(self) -> MetricX:
        device = pick_device(self.runtime.device)
        folder, tokenizer = self.fetch()
        self._model = LoadedMetricX(
            folder,
            tokenizer / "spiece.model",
            self.options.model,
            device=device,
            precision=self.precision,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        reader, self._model = self._model, None
        if reader is not None:
            reader.model = None
            release(reader.device)

    def blocks(self) -> Blocks:
        """As the scorers divide a test set on this device, which needs no weights."""
        return Blocks(block_on(pick_device(self.runtime.device)), MetricXScorer.fixed_notes)

    def prepare(self, view: ScoringView) -> Scorer:
        """A scorer for a test set.

        Raises:
            MetricError: Outside ``with metric:``.
            RequestError: If the test set does not suit the metric.
        """
        if self._model is None:
            raise MetricError("metricx was asked to score before its weights were loaded")
        self._refuse(view)
        return MetricXScorer(self._model, view, self.version)

    def warnings(self, notes: Mapping[str, Json]) -> tuple[str, ...]:
        """Says how many inputs were cut, and where the checkpoint can hardly be a MetricX."""
        found = []
        ends, count = notes.get("at_an_end", 0), notes.get("scored", 0)
        if count >= FEW and ends >= MOST * count:
            found.append(
                f"{ends} of {count} scores lie on an end of the scale, 0 or 25: "
                f"{self.options.model} may be an mT5 that was never trained to be a MetricX"
            )
        if cut := dict(notes.get("cut") or {}):
            limit = cut.pop("limit", None)
            counts = ", ".join(f"the {side} of {len(ids)}" for side, ids in cut.items())
            found.append(
                f"metricx read only the first {limit} sub-words: it did not see all of {counts}"
            )
        return tuple(found)


def _model_type(folder: Path) -> str:
    return str(read_config(folder).get("model_type", "no model type"))


def _own_head() -> dict[str, Json]:
    """MetricX has a head of its own, whatever its configuration says.

    transformers 5 calls every mT5 tied, saves that, and loads a head of its own all the same;
    transformers 4 would put the embeddings in its place, and scale what goes into it.
    """
    from transformers import __version__ as installed

    return {"tie_word_embeddings": False} if installed.startswith("4.") else {}


class LoadedMetricX:
    """A loaded checkpoint: texts → scores.

    Args:
        folder: Of the checkpoint.
        pieces: mT5's sentencepiece model.
        name: Of the checkpoint, for messages.
        device: As torch names it.
        precision: Of the arithmetic.

    Attributes:
        feed: How inputs go through the model.
    """

    def __init__(
        self,
        folder: Path,
        pieces: Path,
        name: str,
        *,
        device: str,
        precision: str,
    ) -> None:
        require(
            "torch", "metricx", "hf"
        )  # what is broken of it would be said as transformers' fault
        sentencepiece = require("sentencepiece", "metricx", "hf")
        kind = require("transformers", "metricx", "hf").MT5ForConditionalGeneration
        if not pieces.is_file():
            raise MissingWeights(f"{pieces.parent} has no spiece.model", hint="name mT5's folder")
        self.device = device
        self._pieces = sentencepiece.SentencePieceProcessor(model_file=str(pieces))
        self.model = load_model(
            kind,
            folder,
            name,
            dtype=DTYPES[precision],
            device=device,
            settings=_own_head(),
        )
        words = self.model.lm_head.weight.shape[0]
        if words <= SCORE_ID:
            raise RequestError(f"{name} is no MetricX: it knows {words} sub-words, not 250,112")
        self._row = self.model.lm_head.weight[SCORE_ID].detach().clone()
        self.model.lm_head = None  # a tenth of the weights, of which one row is read
        self._precision = precision
        # The decoder's one step costs the same for one input as for many, and its last digits
        # follow from how many there are: batches are never left to chance.
        self.feed = Feed(device, "MetricX", padded=True)

    def read(self, parts: Sequence[tuple[str, str]], limit: int) -> Pieces:
        """The sub-words of an input.

        They are those of mT5's tokenizer without the end token, as MetricX was trained. What
        stands in a text never becomes a special token.

        Args:
            parts: Label and text of each part, in order.
            limit: Sub-words at most, with the end token that is then taken away.
        """
        text = " ".join(f"{label}: {content}" for label, content in parts)
        ids = tuple(self._pieces.encode(text))
        if len(ids) < limit:
            return Pieces(ids, ())
        cut, before = [], ""
        for label, content in parts:
            before = f"{before} {label}: {content}".lstrip()
            if len(self._pieces.encode(before)) >= limit:
                cut.append("hypothesis" if label == "candidate" else label)
        return Pieces(ids[: limit - 1], tuple(cut))

    def score(self, inputs: Iterable[Ids]) -> dict[Ids, float]:
        """Scores of inputs, each different one read once.

        Raises:
            MetricError: If one is no number.
            Unavailable: If not even one input fits into the device's memory.
        """
        found: dict[Ids, float] = {}
        with arithmetic(self._precision):
            for batch, scores in self.feed.run(set(inputs), self._forward):
                found.update(zip(batch, scores, strict=True))
        return found

    def _forward(self, batch: Sequence[Ids]) -> list[float]:
        import torch

        rows, mask, own = tensors(batch, self.device)
        with no_gradients():
            read = self.model.encoder(input_ids=rows, attention_mask=mask).last_hidden_state
            step = self.model.decoder(
                input_ids=torch.zeros((len(rows), 1), dtype=torch.long, device=self.device),
                encoder_hidden_states=read,
                encoder_attention_mask=mask,
                use_cache=False,
            ).last_hidden_state[:own, 0]
            scores = step @ self._row
        found = np.asarray(scores.float().cpu().numpy(), dtype=np.float64)
        if not np.isfinite(found).all():
            raise MetricError("metricx gave a score that is no number", hint="try precision=fp32")
        return [float(score) for score in np.clip(found, 0.0, WORST)]


class MetricXScorer(Scorer):
    """MetricX made ready for one test set.

    Args:
        reader: With the checkpoint loaded.
        view: The test set.
        version: Decides on the form of the input.
    """

    fixed_notes = frozenset({"limit"})

    def __init__(self, reader: LoadedMetricX, view: ScoringView, version: Version) -> None:
        self.block = block_on(reader.device)
        self._reader = reader
        self._view = view
        self._version = version
        self._notes: dict[str, dict[str, Json]] = {}

    def statistics(
        self, outputs: Mapping[str, Sequence[str]], advance: Advance | None = None
    ) -> dict[str, Array]:
        """Rows ``(score, 1)`` of all systems; several references are averaged."""
        known: dict[tuple[tuple[str, str], ...], Pieces] = {}
        limit = LIMITS[self._version]
        wanted: dict[str, list[list[Pieces]]] = {}
        for name, texts in outputs.items():
            column = checked_column(name, texts, self._view)
            wanted[name] = []
            for at, text in enumerate(column):
                forms = [tuple(parts) for parts in self._parts(at, text)]
                for parts in forms:
                    if parts not in known:
                        known[parts] = self._reader.read(parts, limit)
                wanted[name].append([known[parts] for parts in forms])
        found = {}
        for name, texts in outputs.items():
            rows = found[name] = self._scored(wanted[name])
            self._notes[name] = self._facts(texts, wanted[name], limit)
            if advance is not None:
                advance(len(texts))
            ends = int(np.isin(rows[:, 0], (0.0, WORST)).sum())
            self._notes[name] |= {"at_an_end": ends, "scored": len(rows)}
        return found

    def _scored(self, segments: Sequence[Sequence[Pieces]]) -> Array:
        """Rows of a system, by itself: who else is scored does not change its batches."""
        scores = self._reader.score(one.ids for several in segments for one in several)
        return MeanMetric.rows(
            [float(np.mean([scores[one.ids] for one in several])) for several in segments]
        )

    def _parts(self, at: int, text: str) -> list[list[tuple[str, str]]]:
        """The parts of the inputs of a segment, one input for each reference."""
        view = self._view
        sources = [] if view.sources is None else [("source", view.sources[at])]
        candidate = ("candidate", text)
        references = [] if view.references is None else view.references[at]
        if self._version == "24":
            if not references:
                return [[*sources, candidate]]
            return [[*sources, candidate, ("reference", one)] for one in references]
        if not references:
            return [[candidate, *sources]]
        return [[candidate, ("reference", one)] for one in references]

    def _facts(
        self, texts: Sequence[str], segments: Sequence[Sequence[Pieces]], limit: int
    ) -> dict[str, Json]:
        found: dict[str, Json] = {"empty_hypotheses": sum(not text.strip() for text in texts)}
        cut: dict[str, Json] = {}
        for name, pieces in zip(self._view.ids, segments, strict=True):
            for side in sorted({side for one in pieces for side in one.cut}):
                cut.setdefault(side, []).append(name)
        if cut:
            found["cut"] = {"limit": limit, **cut}
        if said := self._reader.feed.said():
            found["batches"] = said
        return found

    def notes(self, system: str) -> Mapping[str, Json]:
        """Empty hypotheses, and inputs that were cut: the reference is lost first."""
        return self._notes.get(system, {})
