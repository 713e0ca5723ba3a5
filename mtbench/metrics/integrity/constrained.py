"""What a corpus line asks of its translation: names, terms, a length, one way in a document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from mtbench.languages import LanguagePair
from mtbench.metrics.integrity.found import Kept, kept, listed, quoted
from mtbench.text.terms import stands, uses
from mtbench.types import Constraints, LengthLimit

_COUNTED: Mapping[str, Callable[[str], int]] = {
    "characters": len,
    "words": lambda text: len(text.split()),
    "bytes": lambda text: len(text.encode("utf-8", "surrogatepass")),
}


def do_not_translate(constraints: Constraints, source: str, hypothesis: str) -> Kept | None:
    """Names that stay as they are, of those that the source has.

    Example:
        >>> do_not_translate(Constraints(do_not_translate=("Tor",)), "Use Tor", "Usa la Torre")
        Kept(things=1, evidence=("'Tor' is not there",))
    """
    wanted = [name for name in constraints.do_not_translate if stands(name, source)]
    lost = (f"{quoted(name)} is not there" for name in wanted if not stands(name, hypothesis))
    return kept(len(wanted), lost)


def wanted_terms(
    constraints: Constraints, source: str, pair: LanguagePair, *, inflected: bool
) -> dict[str, tuple[str, ...]]:
    """The terms of a line that its source has.

    Example:
        >>> pair = LanguagePair.parse("en-it")
        >>> both = Constraints(terms={"cell": ("cella",), "row": ("riga",)})
        >>> wanted_terms(both, "Two cells", pair, inflected=True)
        {'cell': ('cella',)}
    """
    return {
        term: targets
        for term, targets in constraints.terms.items()
        if uses(term, source, pair.source, inflected=inflected)
    }


def terms(
    wanted: Mapping[str, Sequence[str]], hypothesis: str, tag: str, *, inflected: bool
) -> Kept | None:
    """Terms of a glossary, each by one of its translations.

    Example:
        >>> terms({"cell": ("cella", "casella")}, "Due celle", "it", inflected=True)
        Kept(things=1, evidence=())
    """
    lost = [
        f"{quoted(term)} is not {listed(targets)}"
        for term, targets in wanted.items()
        if not any(uses(one, hypothesis, tag, inflected=inflected) for one in targets)
    ]
    return kept(len(wanted), lost)


def length(limit: LengthLimit | None, hypothesis: str) -> Kept | None:
    """A translation of a length within the limits.

    Example:
        >>> length(LengthLimit(max=4), "Öffnen").evidence
        ('6 characters, more than 4',)
    """
    if limit is None:
        return None
    count = _COUNTED[limit.unit](hypothesis)
    if count > limit.max:
        return Kept(1, (f"{count} {limit.unit}, more than {limit.max}",))
    if count < limit.min:
        return Kept(1, (f"{count} {limit.unit}, fewer than {limit.min}",))
    return Kept(1)


def consistency(
    wanted: Sequence[Mapping[str, Sequence[str]]],
    hypotheses: Sequence[str],
    documents: Sequence[str | None],
    tag: str,
    *,
    inflected: bool,
) -> dict[int, Kept]:
    """Terms that may be translated in several ways, and are not in one way within a document.

    The way of most of a document's segments is its way; of equally many, the first.

    Args:
        wanted: For each segment the terms that its source has.
        hypotheses: For each segment its translation.
        documents: For each segment its document; those of none are not looked at.
        tag: The language of the translations.
        inflected: Whether other forms count.

    Returns:
        Position → what is kept, of segments with such a term.

    Example:
        >>> terms = [{"cell": ("cella", "casella")}] * 3
        >>> texts = ["La cella", "Le celle", "Una casella"]
        >>> consistency(terms, texts, ["d"] * 3, "it", inflected=True)[2].evidence
        ("'cell' is 'casella' here, elsewhere in the document 'cella'",)
    """
    used: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for at, (asked, text, document) in enumerate(zip(wanted, hypotheses, documents, strict=True)):
        for term, targets in asked.items() if document is not None else ():
            found = [one for one in targets if uses(one, text, tag, inflected=inflected)]
            if len(targets) > 1 and len(found) == 1:
                used.setdefault((document or "", term), []).append((at, found[0]))
    things: Counter[int] = Counter()
    evidence: dict[int, list[str]] = {}
    for (_, term), places in used.items():
        if len(places) > 1:
            ((way, _count),) = Counter(one for _, one in places).most_common(1)
            for at, one in places:
                things[at] += 1
                if one != way:
                    said = f"{quoted(term)} is {quoted(one)} here, elsewhere in the document "
                    evidence.setdefault(at, []).append(f"{said}{quoted(way)}")
    return {at: Kept(count, tuple(evidence.get(at, ()))) for at, count in things.items()}


def unmeasured(every: Iterable[Constraints | None]) -> dict[str, int]:
    """Keys of constraints that nobody measures → segments that have them.

    Example:
        >>> unmeasured([Constraints(other={"formality": "formal"}), None])
        {'formality': 1}
    """
    counts = Counter(key for one in every if one is not None for key in one.other)
    return dict(sorted(counts.items()))
