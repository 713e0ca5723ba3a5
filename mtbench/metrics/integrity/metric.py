"""The metric ``integrity``: the share of segments that keep all that a translation must keep."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar

from pydantic import field_validator

from mtbench.files.digests import canonical_json, digest_text
from mtbench.metrics.guards import checked_column
from mtbench.metrics.integrity import constrained, structure
from mtbench.metrics.integrity.found import Kept
from mtbench.metrics.integrity.numbers import numbers
from mtbench.seams import Advance, Array, MeanMetric, Scorer
from mtbench.types import Json, MetricInfo, Record, ScoringView, Signature

RULES = 1  # the number of these rules; it stands in the signature

_IN_TEXTS: Mapping[str, Callable[[str, str], Kept | None]] = {
    "placeholders": structure.placeholders,
    "tags": structure.tags,
    "html": structure.html,
    "urls": structure.urls,
    "markdown": structure.markdown,
    "lines": structure.lines,
    "hot_keys": structure.hot_keys,
}
_ASKED_FOR = ("do_not_translate", "terms", "consistency", "length")
KINDS = ("numbers", *_IN_TEXTS, "json", *_ASKED_FOR)
"""What a translation must keep: found in the source, or asked for by ``constraints``."""


class Integrity(MeanMetric):
    """Share of segments in which all is kept, in per cent.

    A segment scores 100 or 0; one that has nothing to keep scores 100, and how many have something
    stands beside the score.

    Example:
        >>> from mtbench.languages import LanguagePair
        >>> from mtbench.types import Runtime
        >>> metric = Integrity(Integrity.Options(), Runtime())
        >>> view = ScoringView(pair=LanguagePair.parse("en-it"), ids=("a", "b"), references=None,
        ...                    sources=("Open {0}", "Page 3 of 12"), documents=(None, None))
        >>> scorer = metric.prepare(view)
        >>> scorer.statistics({"x": ["Apri", "Pagina 3 di 12"]})["x"].tolist()
        [[0.0, 1.0], [100.0, 1.0]]
        >>> scorer.annotations("x")
        {'a': {'placeholders': ["'{0}' lost"]}}
    """

    place: ClassVar[int] = 120
    recomputable: ClassVar[bool] = True
    blind_spots: ClassVar[tuple[str, ...]] = (
        "a copied source keeps everything but its terms: it says nothing of the translation",
        "a number that is said otherwise (5 miles as 8 km, 'a dozen') counts as lost",
        "irregular forms of a term have to be named as terms of their own",
        "an address that is localised on purpose (de.example.org) counts as lost",
    )

    class Options(Record):
        """Options of ``integrity``.

        Attributes:
            kinds: The kinds to look at, joined by commas; ``all`` of them.
            inflected: Whether other forms of a term count as the term.
        """

        kinds: str = "all"
        inflected: bool = True

        @field_validator("kinds")
        @classmethod
        def _known(cls, kinds: str) -> str:
            names = [name.strip() for name in kinds.split(",")]
            for name in names if names != ["all"] else ():
                if name not in KINDS:
                    raise ValueError(f"{name!r} is none of {', '.join(KINDS)}")
            return ",".join(kind for kind in KINDS if kind in names) or "all"

        def chosen(self) -> tuple[str, ...]:
            """The kinds, in the order of ``KINDS``."""
            return KINDS if self.kinds == "all" else tuple(self.kinds.split(","))

    options: Options

    @property
    def info(self) -> MetricInfo:
        """What integrity is and needs."""
        return MetricInfo(
            name="integrity",
            title="Integrity",
            needs=("source",),
            uses=("constraints",),
            bounds=(0.0, 100.0),
            licence="Apache-2.0",
            description="Share of segments that keep what must survive a translation: "
            "placeholders, tags, numbers, addresses, structure, and what the corpus asks for "
            "(terms, names, length).",
            reference="mtbench",
        )

    def signature(self, view: ScoringView) -> Signature:
        """The rules, the kinds looked at, and which constraints the corpus has."""
        found = Signature.of(rules=RULES, kinds=self.options.kinds)
        if not self.options.inflected:
            found = found.plus(terms="exact")
        if view.constraints is None:
            return found.plus(constraints="none")
        asked = [
            [name, one.model_dump(mode="json")]
            for name, one in zip(view.ids, view.constraints, strict=True)
            if one is not None
        ]
        return found.plus(constraints=digest_text(canonical_json(asked))[:8])

    def prepare(self, view: ScoringView) -> Scorer:
        """A scorer for one test set."""
        return _IntegrityScorer(view, self.options)


class _IntegrityScorer(Scorer):
    def __init__(self, view: ScoringView, options: Integrity.Options) -> None:
        self._view = view
        self._kinds = options.chosen()
        self._inflected = options.inflected
        self._constraints = view.constraints or (None,) * len(view.ids)
        self._sources = view.sources or ("",) * len(view.ids)
        self._json = [structure.parse_json(text) for text in self._sources]
        self._terms = [
            {} if one is None else constrained.wanted_terms(
                one, source, view.pair, inflected=options.inflected
            )
            for one, source in zip(self._constraints, self._sources, strict=True)
        ]  # fmt: skip
        self._evidence: dict[str, dict[str, Json]] = {}
        self._notes: dict[str, dict[str, Json]] = {}

    def statistics(
        self, outputs: Mapping[str, Sequence[str]], advance: Advance | None = None
    ) -> dict[str, Array]:
        """Rows ``(100, 1)`` of intact segments, ``(0, 1)`` of others: (n, 2) per system."""
        found = {}
        for system, hypotheses in outputs.items():
            texts = checked_column(system, hypotheses, self._view)
            looked = self._look(texts)
            lost = {
                name: {kind: list(one.evidence) for kind, one in kinds.items() if one.evidence}
                for name, kinds in zip(self._view.ids, looked, strict=True)
            }
            self._evidence[system] = {name: kinds for name, kinds in lost.items() if kinds}
            self._notes[system] = self._counted(looked)
            found[system] = MeanMetric.rows([0.0 if lost[name] else 100.0 for name in lost])
            if advance is not None:
                advance(len(texts))
        return found

    def _look(self, texts: Sequence[str]) -> list[dict[str, Kept]]:
        found = [self._segment(at, text) for at, text in enumerate(texts)]
        if "consistency" in self._kinds and any(self._terms):
            same = constrained.consistency(
                self._terms,
                texts,
                self._view.documents,
                self._view.pair.target,
                inflected=self._inflected,
            )
            for at, one in same.items():
                found[at]["consistency"] = one
        return found

    def _segment(self, at: int, text: str) -> dict[str, Kept]:
        pairs: Sequence[tuple[str, str]] = ((self._sources[at], text),)
        found: dict[str, Kept | None] = {}
        if self._json[at] is not None and "json" in self._kinds:
            found["json"], pairs = structure.json_structure(self._json[at], text)
        for kind in self._kinds:
            if kind == "numbers" or kind in _IN_TEXTS:
                found[kind] = _joined(
                    numbers(source, each, self._view.pair.target)
                    if kind == "numbers"
                    else _IN_TEXTS[kind](source, each)
                    for source, each in pairs
                )
        found.update(self._asked_for(at, text))
        return {kind: one for kind, one in found.items() if one is not None}

    def _asked_for(self, at: int, text: str) -> dict[str, Kept | None]:
        asked = self._constraints[at]
        if asked is None:
            return {}
        every = {
            "do_not_translate": constrained.do_not_translate(asked, self._sources[at], text),
            "terms": constrained.terms(
                self._terms[at], text, self._view.pair.target, inflected=self._inflected
            ),
            "length": constrained.length(asked.length, text),
        }
        return {kind: one for kind, one in every.items() if kind in self._kinds}

    def _counted(self, looked: Sequence[Mapping[str, Kept]]) -> dict[str, Json]:
        """Segments with something to keep, and per kind; terms per document."""
        some = [kinds for kinds in looked if kinds]
        kinds: dict[str, dict[str, int]] = {}
        for each in some:
            for kind, one in each.items():
                counts = kinds.setdefault(kind, dict.fromkeys(_COUNTS, 0))
                values = (1, not one.evidence, one.things, one.things - len(one.evidence))
                for name, value in zip(_COUNTS, values, strict=True):
                    counts[name] += int(value)
        documents: dict[str, dict[str, int]] = {}
        for document, each in zip(self._view.documents, looked, strict=True):
            if document is not None and "terms" in each:
                counts = documents.setdefault(document, {"terms": 0, "kept": 0})
                counts["terms"] += each["terms"].things
                counts["kept"] += each["terms"].things - len(each["terms"].evidence)
        notes: dict[str, Json] = {
            "segments": len(looked),
            "with_something": len(some),
            "intact_of_those": sum(not any(k.evidence for k in each.values()) for each in some),
            "kinds": {kind: kinds[kind] for kind in KINDS if kind in kinds},
            "terms_by_document": documents,
            "unmeasured": constrained.unmeasured(self._constraints),
        }
        return {**notes, "warning": _said(notes)}

    def annotations(self, system: str) -> Mapping[str, Json]:
        """Segment id → kind → what is not kept of it."""
        return self._evidence.get(system, {})

    def notes(self, system: str) -> Mapping[str, Json]:
        """How many segments have something to keep, and how much of each kind is kept."""
        return self._notes.get(system, {})


def _said(notes: Mapping[str, Json]) -> list[str]:
    """How many segments have something to keep, and what is lost of each kind, in words."""
    segments, intact = notes["with_something"], notes["intact_of_those"]
    if not segments:
        found = ["no segment has anything to keep, so that 100 says nothing"]
    else:
        lost = [
            f"{kind} {counts['segments'] - counts['intact']} of {counts['segments']}"
            for kind, counts in notes["kinds"].items()
            if counts["intact"] < counts["segments"]
        ]
        found = [
            f"something to keep in {segments} of {notes['segments']} segments, all of it kept in "
            f"{intact} ({100 * intact / segments:.1f} %)"
            + (f"; lost: {', '.join(lost)}" if lost else "")
        ]
    for key, count in notes["unmeasured"].items():
        found.append(f"nobody measures the constraint {key!r} (segments that have it: {count})")
    return found


_COUNTS = ("segments", "intact", "things", "kept")


def _joined(several: Iterable[Kept | None]) -> Kept | None:
    some = [one for one in several if one is not None]
    if not some:
        return None
    return Kept(sum(one.things for one in some), sum((one.evidence for one in some), ()))
