"""A test set and the texts of a system → which segment has which flag, and on what evidence."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from mtbench.engine.work import Worker, build, naming, run
from mtbench.files.columns import Derived, column
from mtbench.files.digests import digest_rows
from mtbench.health import detectors, garbage
from mtbench.health.detectors import Detector
from mtbench.health.flags import DETECTORS, NAMES
from mtbench.health.language import LanguageCheck
from mtbench.health.likeness import Likeness, find_likeness
from mtbench.health.texts import SegmentTexts
from mtbench.languages import LanguagePair, base_language
from mtbench.text import identify
from mtbench.types import Engine, Json, Signature

Advance = Callable[[int], object]

_SHARD = 500  # segments
_DETECTORS: Mapping[str, Detector] = {**detectors.DETECTORS, **garbage.DETECTORS}


class Looked(NamedTuple):
    """What was found in one output.

    Attributes:
        evidence: SegmentTexts id → flag → what was seen; only segments that have one.
        judged: Segments whose language could be judged.
        likeness: How much of it is the reference; None where that is no more than chance.
    """

    evidence: dict[str, dict[str, str]]
    judged: int
    likeness: Likeness | None = None

    def counts(self) -> dict[str, int]:
        """Flag → segments that have it.

        Where no segment's language could be judged, or languages are not identified here, nobody
        has looked for ``off_target``; what letters and words alone have told is kept as evidence.
        """
        found = Counter(flag for flags in self.evidence.values() for flag in flags)
        looked = self.judged and identify.unavailable() is None
        names = NAMES if looked else [name for name in NAMES if name != "off_target"]
        return {name: found[name] for name in names}


class KeptLook:
    """What was found in an output, set aside: the evidence on very many segments lies on disk.

    Args:
        looked: What was found.

    Example:
        >>> KeptLook(Looked({"s1": {"empty": "no text"}}, 1)).looked().evidence
        {'s1': {'empty': 'no text'}}
    """

    def __init__(self, looked: Looked) -> None:
        self._evidence = column(looked.evidence.items(), tuple)
        self._rest = looked.judged, looked.likeness

    def looked(self) -> Looked:
        """It, in memory again."""
        return Looked(dict(self._evidence), *self._rest)


_KEPT = 64
# What was looked at last: the pipeline looks at every output, and the metric of that name, too.
_RECENT: OrderedDict[str, KeptLook] = OrderedDict()


def signature(*, references: bool) -> Signature:
    """What the flags depend on beside the texts: the rules, the identifier, references or none.

    Example:
        >>> signature(references=True).get("refs")
        'yes'
    """
    refs = "yes" if references else "no"
    return Signature.of(detectors=DETECTORS, refs=refs, lid=identify.version())


def length_ratio(
    references: Sequence[tuple[str, ...]], texts: Sequence[str | None]
) -> float | None:
    """Characters of an output over those of its references, of their mean where there are several.

    None where a segment has no reference.
    """
    if not references or not all(references):
        return None
    characters = sum(sum(map(len, several)) / len(several) for several in references)
    return round(sum(len(text or "") for text in texts) / characters, 6) if characters else None


def _first(texts: Sequence[str]) -> str:
    return texts[0] if texts else ""


class Looker:
    """Looks at the outputs for one test set.

    Args:
        pair: The direction.
        ids: SegmentTexts ids.
        sources: The source texts.
        references: For each segment its references; empty where there are none.
        engine: Where the work runs.
    """

    def __init__(
        self,
        pair: LanguagePair,
        ids: Sequence[str],
        sources: Sequence[str],
        references: Sequence[tuple[str, ...]],
        engine: Engine | None = None,
    ) -> None:
        self._pair, self._ids = pair, ids
        self._sources, self._references = sources, references
        self._engine = engine
        firsts = Derived(_first, references)
        self._usual = detectors.usual_ratio(sources, firsts) if any(firsts) else None

    def look(self, texts: Sequence[str | None], advance: Advance | None = None) -> Looked:
        """The flags of an output; of one that was looked at just now they are known.

        Args:
            texts: One per segment; None for a failure, which has no flag.
            advance: Called with the number of segments looked at since the last call.
        """
        key = digest_rows(
            [str(self._pair), name, source, text, *references]
            for name, source, text, references in zip(
                self._ids, self._sources, texts, self._references, strict=True
            )
        )
        if known := _RECENT.get(key):
            if advance is not None:
                advance(len(texts))
            return known.looked()
        looked = self._look(texts, advance)
        _RECENT[key] = KeptLook(looked)
        if len(_RECENT) > _KEPT:
            _RECENT.popitem(last=False)
        return looked

    def _look(self, texts: Sequence[str | None], advance: Advance | None) -> Looked:
        usual = self._usual
        if usual is None:
            usual = detectors.usual_ratio(self._sources, [text or "" for text in texts])
        arguments: dict[str, Json] = {
            "source": self._pair.source,
            "target": self._pair.target,
            "usual": usual,
        }
        worker = Worker(factory="mtbench.health.look:make", arguments=arguments)
        evidence: dict[str, dict[str, str]] = {}
        judged = at = 0
        shards = -(-len(texts) // _SHARD)
        looked = run(
            worker,
            self._shards(texts),
            shards,
            self._engine,
            work=build(worker),
            lost=naming(self._ids, _SHARD),
        )
        for found in looked:
            for name, (flags, told) in zip(self._ids[at : at + _SHARD], found, strict=True):
                judged += told
                if flags:
                    evidence[name] = flags
            at += len(found)
            if advance is not None:
                advance(len(found))
        alike = find_likeness(self._sources, texts, self._references)
        for at in alike.same if alike else ():
            evidence.setdefault(self._ids[at], {})["reference"] = "a reference, letter for letter"
        return Looked(evidence, judged, alike)

    def _shards(self, texts: Sequence[str | None]) -> Iterator[list[SegmentTexts | None]]:
        rows = zip(self._sources, texts, self._references, strict=True)
        shard: list[SegmentTexts | None] = []
        for source, text, references in rows:
            shard.append(None if text is None else SegmentTexts(source, text, references))
            if len(shard) == _SHARD:
                yield shard
                shard = []
        if shard:
            yield shard


def make(source: str, target: str, usual: float) -> Callable[[Any], Any]:
    """What looks at a shard of segments, in whatever process.

    Args:
        source: Tag of the language translated from.
        target: Tag of the language translated into.
        usual: Median of characters of translations over those of sources.
    """
    check = LanguageCheck(source, target)

    def look(shard: Sequence[SegmentTexts | None]) -> list[tuple[dict[str, str], bool]]:
        there = [SegmentTexts(*one) for one in shard if one is not None]
        repeating = detectors.repeating([one.hypothesis for one in there])
        check.ahead(there)
        found = (
            _one(one._replace(repeats=repeats), check, usual)
            for one, repeats in zip(there, repeating, strict=True)
        )
        return [({}, False) if one is None else next(found) for one in shard]

    return look


def _one(segment: SegmentTexts, check: LanguageCheck, usual: float) -> tuple[dict[str, str], bool]:
    if said := detectors.empty(segment):
        return {"empty": said}, False
    flags = {flag: said for flag, of in _DETECTORS.items() if (said := of(segment))}
    if flags.get("placeholders") and "control" in flags:
        # A decoder's mark is no tag of a text: it has a name of its own.
        plain = segment._replace(hypothesis=garbage.without_control(segment.hypothesis))
        del flags["placeholders"]
        if said := detectors.placeholders(plain):
            flags["placeholders"] = said
    if said := detectors.truncated(segment, usual, base_language(check.target)):
        flags["truncated"] = said
    if said := detectors.length(segment, usual):
        flags["length"] = said
    seen = check.look(segment.hypothesis, segment.source, segment.references)
    if seen.kind == "other":
        if not check.recognises(segment.references):
            return flags, False
        flags["off_target"] = seen.seen
    return flags, seen.kind != "undecided"
