"""How numbers, ranks and test sets are put in words, the same in every format."""

from __future__ import annotations

from collections.abc import Iterator

from mtbench.health.flags import BY_NAME as FLAGS
from mtbench.types import Cell, Leaderboard, MetricInfo, Row, Table

ORIGINS = {
    "human": "human",
    "machine": "machine-made",
    "post-edited": "post-edited",
    "synthetic": "synthetic",
    "unknown": "of unknown origin",
}
REFERENCE_MEANS = {
    "machine": "a score here says how much a system resembles another machine",
    "synthetic": "a score here says how much a system resembles what made them",
    "post-edited": "a score here favours the system whose output was edited, and those like it; "
    "for that system TER is HTER here, the edits that a person made, and chrF is of that kind",
}
SMALL = 30
NAMED_UNASKED = 3  # scores left out that are named without being asked for
PARTIAL = "†"  # behind a score in which failed segments count as empty
NOTED = "‡"  # behind a score that is not to be read without its note
PARTIAL_MEANS = (
    f"{PARTIAL}: segments without a translation count as empty, those that the metric gave no "
    "score are left out; such a score is in no ranking"
)


def heading(table: Table) -> str:
    """``china-blockchain en→it``."""
    return f"{table.corpus} {table.pair.source}→{table.pair.target}"


def circumstances(table: Table) -> str:
    """What a reader must know of the test set, in one line."""
    facts = table.facts
    parts = [_count(facts.segments, "segment")]
    if facts.documents:
        parts[0] += f" in {_count(facts.documents, 'document')}"
    if facts.documents == 1:
        parts.append("nothing here speaks for texts other than this document")
    if facts.source_origin:
        parts.append(f"source {ORIGINS[facts.source_origin]}")
    if facts.reference_origin:
        parts.append(f"reference {ORIGINS[facts.reference_origin]}")
    if facts.reference_origins:
        counted = (f"{n} {ORIGINS.get(o, o)}" for o, n in facts.reference_origins.items())
        parts.append(f"references {', '.join(counted)}")
    if facts.reference_of:
        parts.append(f"references made of outputs of {', '.join(facts.reference_of)}")
    if facts.references and facts.references > 1:
        parts.append(f"{facts.references} references")
    if facts.reversed:
        parts.append("reversed direction")
    if facts.segments < SMALL:
        parts.append("a smoke test, not a benchmark")
    return "; ".join(parts)


def rank(row: Row) -> str:
    """``1``, ``2 (2–4)``, or a dash for an unranked row; the range is the row's own."""
    if row.rank is None:
        return "–"
    if row.rank == row.rank_low == row.rank_high:
        return str(row.rank)
    return f"{row.rank} ({rank_range(row.rank_low, row.rank_high)})"


def rank_range(low: int | None, high: int | None) -> str:
    """``2–4``, or ``2`` where both ends are one."""
    return str(low) if low == high else f"{low}–{high}"


def outside_its_range(row: Row) -> bool:
    """Whether a row shares its cluster's rank without being able to hold it itself."""
    if row.rank is None or row.rank_low is None or row.rank_high is None:
        return False
    return not row.rank_low <= row.rank <= row.rank_high


def column(name: str, info: MetricInfo | None) -> str:
    """A metric's title with its direction."""
    if info is None:
        return name
    return f"{info.title} {'↑' if info.higher_is_better else '↓'}"


def value(cell: Cell, info: MetricInfo | None) -> str:
    """A score in its customary decimals, marked where it is partial or noted; a dash for none."""
    if cell.score is None or info is None:
        return "–"
    marks = (PARTIAL if cell.partial else "") + (NOTED if cell.notes else "")
    return f"{cell.score:.{info.decimals}f}{marks}"


def interval(cell: Cell, info: MetricInfo | None) -> str:
    """``[20.1, 30.4]``, with a question mark where it is unreliable."""
    if cell.interval is None or info is None:
        return ""
    low, high = cell.interval.low, cell.interval.high
    mark = "" if cell.interval.reliable else "?"
    return f"[{low:.{info.decimals}f}, {high:.{info.decimals}f}]{mark}"


def terms(row: Row) -> str:
    """How many terms of its glossary a system used: ``75.0 % (6/8)``; empty for none."""
    found = row.terms
    return f"{found.share:.1%} ({found.used}/{found.asked})".replace("%", " %") if found else ""


def remarks(row: Row) -> str:
    """What is remarkable about an output, in few words."""
    found = []
    if row.baseline:
        found.append("baseline")
    if row.reference_made:
        found.append("reference made of it")
    if row.failures:
        found.append(f"{row.failures} failed")
    found += [f"{count} {FLAGS[flag].counted}" for flag, count in row.garbage.items()]
    found += [f"{cell.cut} cut by {name}" for name, cell in row.cells.items() if cell.cut]
    if row.via:
        found.append(f"via {', '.join(row.via)}")
    return ", ".join(found)


def footnotes(board: Leaderboard, table: Table, *, verbose: bool) -> Iterator[str]:
    """Sentences under a table."""
    if table.verdict:
        yield table.verdict
    yield from people_say(board, table)
    yield from reference_means(table)
    if has_partial(table):
        yield f"{PARTIAL_MEANS}."
    yield from (f"{NOTED} {sentence}" for sentence in score_notes(board, table))
    if outside := [row.system for row in table.rows if outside_its_range(row)]:
        yield (
            f"{', '.join(outside)}: the rank is that of the cluster, because not every system "
            "above beats every one in it; the range in brackets is the system's own."
        )
    yield from _of_headline(table)
    cells = [cell for row in table.rows for cell in row.cells.values()]
    if any(cell.interval and not cell.interval.reliable for cell in cells):
        yield f"?: intervals from fewer than {SMALL} units are unreliable."
    for note, systems in system_notes(table).items():
        yield f"{', '.join(systems)}: {note}"
    if verbose:
        yield from signatures(table)
    if verbose or len(table.excluded) <= NAMED_UNASKED:
        yield from (f"left out: {sentence}" for sentence in table.excluded)
    else:
        yield f"{_count(len(table.excluded), 'stored score')} left out (-v names them)."


def without_scores(board: Leaderboard) -> Iterator[str]:
    """Metrics that could not run here, and why: once, whatever the number of tables."""
    for metric, reason in board.missing.items():
        yield f"{metric}: no score here. {reason}"


def people_say(board: Leaderboard, table: Table) -> Iterator[str]:
    """How far people agree with the primary metric: one's own judgements, else the published."""
    if table.rank_metric is None:
        return
    info = board.metrics.get(table.rank_metric)
    title = info.title if info else table.rank_metric
    for one in table.people:
        yield (
            f"{title} orders {one.agreeing} of {one.pairs} pairs of systems as people do "
            f"({one.campaign}: {one.systems} systems on {one.segments} segments)."
        )
    if not table.people:
        known = "; ".join(table.published) or "not known; mtbench meta says it from human scores"
        yield f"{title}'s agreement with people: {known}."


def system_notes(table: Table) -> dict[str, list[str]]:
    """What a reader must know of outputs → the systems whose outputs it is true of."""
    found: dict[str, list[str]] = {}
    for row in table.rows:
        for note in row.notes:
            found.setdefault(note, []).append(row.system)
    return found


def score_notes(board: Leaderboard, table: Table) -> Iterator[str]:
    """What a reader must know of scores: each sentence once, with the systems it is about."""
    for metric in table.metrics:
        scored = [row for row in table.rows if row.cells[metric].score is not None]
        about: dict[str, list[str]] = {}
        for row in scored:
            for note in row.cells[metric].notes:
                about.setdefault(note, []).append(row.system)
        info = board.metrics.get(metric)
        title = info.title if info else metric
        for note, systems in about.items():
            whose = "" if len(systems) == len(scored) else f" of {', '.join(systems)}"
            yield f"{title}{whose}: {note.rstrip('.')}."


def row_notes(row: Row) -> Iterator[str]:
    """Everything a reader must know of one row and its scores."""
    yield from row.notes
    for metric, cell in row.cells.items():
        yield from (f"{metric}: {note}" for note in cell.notes)
    if outside_its_range(row):
        yield f"rank {row.rank} is the cluster's"


def reference_means(table: Table) -> Iterator[str]:
    """What a score means where references were not written by people who saw the source alone."""
    facts = table.facts
    origins = [facts.reference_origin] if facts.reference_origin else [*facts.reference_origins]
    for origin in origins:
        if origin in REFERENCE_MEANS:
            yield f"References {ORIGINS[origin]}: {REFERENCE_MEANS[origin]}."


def _of_headline(table: Table) -> Iterator[str]:
    """What one number over several metrics is over, or why there is none."""
    if table.headline is None:
        return
    cells = [row.cells[table.headline] for row in table.rows if not row.baseline]
    if any(cell.score is not None for cell in cells):
        metrics = ", ".join(table.headline_metrics)
        yield (
            f"{table.headline} is over {metrics}, and no ranking: it depends on who takes part, "
            "and favours systems that are optimised for one of them."
        )
    else:
        reason = next((cell.reason for cell in cells if cell.reason), "only baselines are here")
        yield f"{table.headline}: {reason}."


def has_partial(table: Table) -> bool:
    """Whether there is a score in which failed segments count as empty."""
    return any(cell.partial for row in table.rows for cell in row.cells.values())


def signatures(table: Table) -> Iterator[str]:
    """One line for each signature in the table."""
    for metric in table.metrics:
        found = {row.cells[metric].signature for row in table.rows}
        for signature in sorted(s for s in found if s):
            yield f"{metric}: {signature}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
