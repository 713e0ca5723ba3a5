"""The metrics ``comet``, ``cometkiwi`` and ``xcomet``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar

from mtbench.checkpoints.batches import block_on
from mtbench.checkpoints.device import pick_device
from mtbench.checkpoints.hub import Fetch, LeftOnHub
from mtbench.checkpoints.int8 import require_exact
from mtbench.checkpoints.precision import Precision, check_precision
from mtbench.errors import MetricError, RequestError
from mtbench.metrics.comet.languages import COVERED_ENCODERS, XLMR, refuse_uncovered, uncovered
from mtbench.metrics.comet.scorer import CometScorer
from mtbench.metrics.comet.session import CometSession, Settings
from mtbench.metrics.comet.signature import comet_signature
from mtbench.packages import require_installed
from mtbench.plugins import Blocks, MeanMetric, Scorer
from mtbench.types import HeldCheckpoint, Json, MetricInfo, Record, Runtime, ScoringView, Signature
from mtbench.types.findings import AgreementCurve

LICENCES = {
    "Unbabel/wmt22-comet-da": "Apache-2.0",
    "Unbabel/wmt22-cometkiwi-da": "CC-BY-NC-SA-4.0",
    "Unbabel/XCOMET-XL": "CC-BY-NC-SA-4.0",
    "Unbabel/XCOMET-XXL": "CC-BY-NC-SA-4.0",
}


CURVES = {
    "Unbabel/wmt20-comet-da": AgreementCurve(a=97.33333333332897, b=0.7266990738678005),
    "Unbabel/wmt22-comet-da": AgreementCurve(a=96.22374133884283, b=2.8359194570556636),
    "Unbabel/wmt22-cometkiwi-da": AgreementCurve(a=98.88141616584615, b=2.719280643871758),
    "Unbabel/wmt23-cometkiwi-da-xl": AgreementCurve(a=96.39080593943235, b=1.8888877927713834),
    "Unbabel/wmt23-cometkiwi-da-xxl": AgreementCurve(a=96.23167242471065, b=1.2826577343149304),
    "Unbabel/XCOMET-XL": AgreementCurve(a=96.56738237041118, b=1.4535595865214588),
    "Unbabel/XCOMET-XXL": AgreementCurve(a=98.93432477039522, b=1.1629533711748128),
}
_ROUNDED = "int8"  # too far from the published scores; half precision is near enough


class CometFamily(MeanMetric):
    """What the three metrics share.

    Attributes:
        name: As in ``--metric``.
        kinds: Classes of checkpoint it scores with.
        siblings: Class of checkpoint → the metric to ask for instead.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    description: ClassVar[str]
    paper: ClassVar[str]
    kinds: ClassVar[frozenset[str]]
    siblings: ClassVar[dict[str, str]] = {
        "regression_metric": "comet",
        "referenceless_regression_metric": "cometkiwi",
        "unified_metric": "comet or cometkiwi",
        "xcomet_metric": "xcomet",
    }

    class Options(Record):
        """Options of a COMET metric.

        Attributes:
            model: The checkpoint: a hub id, a folder, or a ``.ckpt`` file.
            revision: Commit, branch or tag of the hub; by default a pinned commit.
            precision: What the encoder runs at; ``tf32`` is for CUDA devices, ``int8`` for
                processors.
            trust_checkpoint: Whether a checkpoint may run code while it is read.
        """

        model: str
        revision: str | None = None
        precision: Precision = "fp32"
        trust_checkpoint: bool = False

    options: Options

    def __init__(self, options: Record, runtime: Runtime) -> None:
        super().__init__(options, runtime)
        if not isinstance(options, CometFamily.Options):
            raise TypeError(f"not options of {self.name}: {options!r}")
        self.wanted = options
        self._facts: dict[str, Any] | None = None
        self._session: CometSession | None = None
        self._loaded: dict[str, Any] = {}

    @property
    def with_reference(self) -> bool:
        """Whether references are read."""
        return True

    @property
    def info(self) -> MetricInfo:
        """What the metric is and needs."""
        return MetricInfo(
            name=self.name,
            title=self.title,
            needs=("source", "reference") if self.with_reference else ("source",),
            neural=True,
            decimals=4,
            unit_scale=100.0,
            languages=tuple(sorted(XLMR)),
            licence=LICENCES.get(self.wanted.model, "that of the checkpoint"),
            extra="comet",
            description=self.description,
            reference=self.paper,
        )

    @classmethod
    def agreement_curve(cls, signature: Signature) -> AgreementCurve | None:
        """The curve of the checkpoint."""
        if signature.get("precision") == _ROUNDED:
            return None
        return CURVES.get(signature.get("model") or "")

    @classmethod
    def here(cls) -> tuple[HeldCheckpoint, ...]:
        """The COMET checkpoints in the hub's cache."""
        from mtbench.metrics.comet.fetch import cached

        return cached()

    @property
    def settings(self) -> Settings:
        """What a session needs to know."""
        return Settings(
            model=self.wanted.model,
            revision=self.wanted.revision,
            precision=self.wanted.precision,
            trust=self.wanted.trust_checkpoint,
            device=self.runtime.device,
            batch_size=self.runtime.batch_size,
            cache=self.runtime.cache,
            offline=self.runtime.offline,
        )

    def check(self, view: ScoringView | None = None) -> None:
        """Says before any work whether this can run here, and on this test set.

        Without a test set nothing is downloaded: the checkpoint is here, or the hub has it. With
        one, a checkpoint that is not here is fetched now, before anything is translated.

        Raises:
            Unavailable: If torch or transformers is not installed, or the checkpoint cannot be had.
            LeftOnHub: If it would be fetched, and the runtime says to look only.
            RequestError: If the test set or the checkpoint does not suit the metric.
        """
        if view is not None:
            self._check_view(view)
        self._check_precision()
        facts = self._locate(fetch=view is not None and not self.runtime.look_only)
        if view is not None and facts["left"]:
            raise LeftOnHub([Fetch(**one) for one in facts["left"]])
        self._check_class(facts)

    def _check_precision(self) -> None:
        if not self.runtime.engine.elsewhere:
            require_installed(("torch",), "COMET", "comet")
            check_precision(self.wanted.precision, self.runtime)
            if self.wanted.precision == "int8":
                require_exact()

    def _check_view(self, view: ScoringView) -> None:
        if not self.runtime.force:
            refuse_uncovered(self.name, view.pair)
        if self.with_reference:
            self._reference_count(view)

    def _reference_count(self, view: ScoringView) -> int:
        counts = [len(one) for one in view.references or ()]
        if not counts or not min(counts):
            first = f"segment {view.ids[counts.index(0)]} has none" if counts else "there are none"
            raise RequestError(
                f"{self.name} needs references, and {first}",
                hint="cometkiwi needs none",
            )
        if min(counts) != max(counts):
            odd = next(at for at, count in enumerate(counts) if count != counts[0])
            raise RequestError(
                f"{self.name} needs the same number of references for every segment",
                why=f"{view.ids[0]} has {counts[0]}, {view.ids[odd]} has {counts[odd]}",
                hint="name one that all segments have: --reference NAME",
            )
        return counts[0]

    def _check_class(self, facts: dict[str, Any]) -> None:
        kind, model = facts["kind"], facts["model"]
        if not facts["path"]:
            return  # still on the hub: what it is shows once it is here
        if kind not in self.kinds:
            raise RequestError(
                f"{self.name} cannot score with {model}: it is a {kind}",
                hint=f"ask for --metric {self.siblings[kind]}",
            )
        segments = facts["segments"]
        if kind == "unified_metric" and ("ref" in segments) < self.with_reference:
            raise RequestError(
                f"{self.name} cannot score with {model}: it reads no reference",
                hint="ask for --metric cometkiwi",
            )
        if kind == "unified_metric" and not self.with_reference and "src" not in segments:
            raise RequestError(
                f"{self.name} cannot score with {model}: it reads no source",
                hint="ask for --metric comet",
            )
        encoder = facts["encoder_model"]
        if encoder not in COVERED_ENCODERS and not self.runtime.force:
            raise RequestError(
                f"{model}: which languages its encoder {encoder} has seen is not known to mtbench",
                hint="take --force if they are yours: the signature will say so",
            )

    def fetch(self) -> tuple[Path, ...]:
        """Downloads the checkpoint and what its encoder needs, unless they are here."""
        return (Path(self._locate(fetch=True)["path"]),)

    def _locate(self, fetch: bool) -> dict[str, Any]:
        if self._facts is None or (fetch and not self._facts["path"]):
            session = self._session or CometSession(self.settings)
            try:
                self._facts = session.locate(fetch)
            finally:
                if session is not self._session:
                    session.close()
        return self._facts

    def signature(self, view: ScoringView) -> Signature:
        """How a score on this test set would be computed. Downloads nothing."""
        facts = self._locate(fetch=False)
        known = facts["encoder_model"] in COVERED_ENCODERS or not facts["path"]
        return comet_signature(
            facts,
            self.wanted.precision,
            self._reference_count(view) if self.with_reference else None,
            forced=self.runtime.force and (bool(uncovered(view.pair)) or not known),
        )

    def warnings(self, notes: Mapping[str, Json]) -> tuple[str, ...]:
        """Says of how many segments only the beginning was read."""
        cut = {**notes}.get("cut")
        if not cut:
            return ()
        sides = [ids for side, ids in cut.items() if side != "limit"]
        longest = sorted({one for ids in sides for one in ids})
        shown = ", ".join(longest[:5]) + (" …" if len(longest) > 5 else "")
        return (
            f"{self.name} read only the first {cut.get('limit')} sub-words in {len(longest)} "
            f"segments: {shown}",
        )

    def __enter__(self) -> CometFamily:
        session = CometSession(self.settings)
        try:
            self._facts = session.locate(fetch=True)
            self._check_class(self._facts)
            self._loaded = session.load()
        except BaseException:
            session.close()
            raise
        self._session = session
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def compare_with_oracle(self) -> dict[str, Json]:
        """Scores a sample with unbabel-comet's own ``predict``, too, and compares at fp32."""
        session = CometSession(self.settings)
        try:
            self._check_class(session.locate(fetch=True))
            return session.compare()
        finally:
            session.close()

    def encoded_before(self, view: ScoringView) -> tuple[int, int] | None:
        """Sources and references whose embeddings lie in the cache."""
        if not self._locate(fetch=False)["path"]:
            return None
        references = (one for several in view.references or () for one in several)
        texts = dict.fromkeys([*(view.sources or ()), *(references if self.with_reference else ())])
        session = CometSession(self.settings)
        try:
            session.locate(fetch=False)
            return session.encoded_before(list(texts))
        finally:
            session.close()

    def blocks(self) -> Blocks:
        """As the scorers divide a test set on this device, which needs no weights."""
        return Blocks(block_on(pick_device(self.runtime.device)), CometScorer.fixed_notes)

    def prepare(self, view: ScoringView) -> Scorer:
        """A scorer for a test set; its sources and references are encoded with the first system.

        Raises:
            MetricError: Outside ``with metric:``.
            RequestError: If the test set does not suit the metric.
        """
        if self._session is None:
            raise MetricError(f"{self.name} was asked to score before its weights were loaded")
        self._check_view(view)
        return CometScorer(self.name, self._session, view, self.with_reference, self._loaded)


class Comet(CometFamily):
    """COMET with references: regression and unified checkpoints."""

    place: ClassVar[int] = 60
    primary: ClassVar[int | None] = 10
    trained_on: ClassVar[str] = "direct assessments of WMT 2017 to 2020 (wmt22-comet-da)"
    blind_spots: ClassVar[tuple[str, ...]] = (
        "a fluent text in the wrong language, or a copied source, may score high",
        "numbers and names: one that is wrong costs little",
        "it favours systems that were decoded or chosen by it",
    )
    stand_in: ClassVar[str | None] = "semsim"

    name = "comet"
    title = "COMET"
    description = "Learned from human judgements; reads source, hypothesis and reference."
    paper = "Rei et al. 2022, COMET-22: Unbabel-IST 2022 Submission for the Metrics Shared Task"
    kinds = frozenset({"regression_metric", "unified_metric"})

    class Options(CometFamily.Options):
        """Options of COMET with references."""

        model: str = "Unbabel/wmt22-comet-da"


class CometKiwi(CometFamily):
    """COMET without references: unified and reference-free regression checkpoints."""

    place: ClassVar[int] = 70

    name = "cometkiwi"
    title = "CometKiwi"
    description = "Learned from human judgements; reads source and hypothesis, no reference."
    paper = "Rei et al. 2022, CometKiwi: IST-Unbabel 2022 Submission for the QE Shared Task"
    kinds = frozenset({"referenceless_regression_metric", "unified_metric"})

    class Options(CometFamily.Options):
        """Options of COMET without references."""

        model: str = "Unbabel/wmt22-cometkiwi-da"

    @property
    def with_reference(self) -> bool:
        """Whether references are read."""
        return False


class XComet(CometFamily):
    """XCOMET: a score and the error spans it follows from."""

    place: ClassVar[int] = 80

    name = "xcomet"
    title = "XCOMET"
    description = "Learned from human judgements; a score and error spans with severities."
    paper = "Guerreiro et al. 2024, xCOMET: Transparent Machine Translation Evaluation"
    kinds = frozenset({"xcomet_metric"})

    class Options(CometFamily.Options):
        """Options of XCOMET.

        Attributes:
            reference_free: Score without references even where there are some.
        """

        model: str = "Unbabel/XCOMET-XL"
        reference_free: bool = False

    @property
    def with_reference(self) -> bool:
        """Whether references are read."""
        return not (isinstance(self.wanted, XComet.Options) and self.wanted.reference_free)
