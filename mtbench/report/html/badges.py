"""What is remarkable about a row, as badges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from mtbench.errors import MtbenchError
from mtbench.plugins import BACKENDS
from mtbench.report.html import flags
from mtbench.report.html.content import SetContent
from mtbench.report.words import row_notes
from mtbench.types import Realignment, Row, RunRecord

LOOK = "mtbench evaluate or score, called again, looks; mtbench doctor says what it needs"
USUAL_LENGTH = (0.8, 1.25)  # characters of the hypotheses over those of the references


@dataclass(frozen=True, slots=True)
class Badge:
    """A few words beside a row.

    Attributes:
        text: The words.
        kind: ``plain``, ``warn``, ``bad`` or ``suspect``.
        title: The same at length.
        flag: The flag whose segments it stands for; 0 for none.
        opens: The part below the table that explains it: ``notes``, ``suspicions`` or nothing.
    """

    text: str
    kind: str = "plain"
    title: str = ""
    flag: int = 0
    opens: str = ""


def badges(one: SetContent, row: Row) -> Iterator[Badge]:
    """The badges of a row."""
    if row.baseline:
        yield Badge("baseline", title="it stands outside the ranking")
    if row.failures:
        yield _flag(flags.FAILED, row.failures, "bad")
    yield from _seen(one, row)
    yield from _cut(row)
    if (run := one.runs.get(row.system)) is not None and run.realigned is not None:
        yield _realigned(run.realigned)
    ratio = row.length_ratio
    if ratio is not None and not USUAL_LENGTH[0] <= ratio <= USUAL_LENGTH[1]:
        text = f"length × {ratio:.2f}"
        yield Badge(text, "warn", "characters of the translations over those of the references")
    kinds: dict[str, list[str]] = {}
    for suspicion in one.suspicions:
        if row.system in suspicion.systems:
            kinds.setdefault(suspicion.kind, []).append(suspicion.evidence)
    for kind, evidence in kinds.items():
        yield Badge(f"suspect: {kind}", "suspect", " · ".join(evidence), opens="suspicions")
    yield from _favoured(row)
    if row.via:
        yield Badge(f"via {', '.join(row.via)}", title="languages that the text passed through")
    if notes := " · ".join(row_notes(row)):
        yield Badge("note", "warn", notes, opens="notes")


def _seen(one: SetContent, row: Row) -> Iterator[Badge]:
    """Flags that were counted, or that nobody looked, with what to do."""
    seen = Counter(name for said in one.evidence.get(row.system, {}).values() for name in said)
    for name, bit in flags.BY_NAME.items():
        if seen[name]:
            yield _flag(bit, seen[name], "warn")
    if row.off_target is None and row.off_target_reason:
        why = f"nobody looked: {row.off_target_reason.rstrip('.')}. {LOOK}"
        yield Badge("not looked for flags", "warn", why, opens="notes")


def _cut(row: Row) -> Iterator[Badge]:
    """Metrics that read only the beginning of some texts."""
    for metric, cell in row.cells.items():
        if cell.cut:
            text = f"{metric} read {cell.cut:,} of {row.segments:,} cut"
            yield Badge(text, "warn", "; ".join(cell.notes), opens="notes")


def _realigned(found: Realignment) -> Badge:
    """Whole documents that were laid on the segments."""
    lost = f", {found.omitted:,} omitted" if found.omitted else ""
    more = f", {found.added:,} added" if found.added else ""
    title = (
        f"whole documents, laid on the segments by {found.version}: {found.documents:,} documents; "
        f"omitted segments count as empty, additions: {found.additions}"
    )
    return Badge(f"realigned{lost}{more}", "warn", title)


def _favoured(row: Row) -> Iterator[Badge]:
    """Metrics that may favour the system: judged by itself, decoded for one."""
    for metric, cell in row.cells.items():
        for text in cell.favoured:
            yield Badge(text, "warn", f"{metric}: why stands in the notes", opens="notes")


def _flag(bit: int, count: int, kind: str) -> Badge:
    return Badge(
        f"{count:,} {flags.COUNTED.get(bit, flags.NAMES[bit])}",
        kind,
        flags.EXPLAINED[bit],
        flag=bit,
    )


def seconds(row: Row, run: RunRecord | None) -> float | None:
    """Seconds per segment, where they are those of translating."""
    if run is not None and not _is_timed(run.card.backend):
        return None
    return row.seconds_per_segment


def _is_timed(backend: str) -> bool:
    """Whether a back end's seconds are those of translating; yes where it is not installed."""
    try:
        return BACKENDS.get(backend).timed
    except MtbenchError:
        return True


def seconds_text(value: float | None) -> str:
    """Seconds per segment in three digits."""
    if value is None:
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.3g}"
