"""Which rows of two sides belong together, and whether they may be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mtbench.boards.comparison.sides import Side, SideRow
from mtbench.errors import RequestError, UnknownName
from mtbench.plugins import primary_metrics
from mtbench.types import MetricInfo, Signature

ROUNDED = 1.01e-6  # scores in a CSV have six decimals
DIFFERENTLY = "was computed differently"

Matched = tuple[SideRow | None, SideRow | None]


def match_rows(
    old: Side, new: Side, by_system: bool, renamed: Mapping[str, str] | None = None
) -> list[Matched]:
    """Rows of both sides under one key, and those of one side alone; sorted.

    Args:
        old: The first side.
        new: The second.
        by_system: Whether the system's name is part of the key.
        renamed: Name on the old side → name on the new one, where they differ.

    Raises:
        RequestError: If the sides have no row in common.
        UnknownName: If a side has no system of a name given.
    """
    names = dict(renamed or {})
    for side, given in ((old, names.keys()), (new, names.values())):
        known = {row.system for row in side.rows}
        for name in given:
            if name not in known:
                raise UnknownName(f"system of {side.name}", name, known)
    sides = [_keyed(old, by_system, names), _keyed(new, by_system, {})]
    keys = sorted({*sides[0], *sides[1]})
    found = [(sides[0].get(key), sides[1].get(key)) for key in keys]
    if found and not any(a is not None and b is not None for a, b in found):
        raise RequestError(
            f"{old.name} and {new.name} have no row in common",
            why=f"the first has {_some(old)}, the second {_some(new)}",
            hint="rows are matched by corpus, src, tgt and system: pair other names with "
            "--rename OLD=NEW, or compare two folders of runs",
        )
    if not found:
        raise RequestError(f"{old.name} and {new.name} have no rows")
    return found


def _some(side: Side) -> str:
    if not side.rows:
        return "no rows"
    row = side.rows[0]
    more = f" and {len(side.rows) - 1} more" if len(side.rows) > 1 else ""
    return f"{row.system} on {row.test_set}{more}"


def note_renames(pairs: Sequence[Matched], notes: list[str]) -> None:
    """Adds a note where one system alone has gone from a test set and one alone has come."""
    gone: dict[str, list[str]] = {}
    come: dict[str, list[str]] = {}
    for old, new in pairs:
        if old is not None and new is None:
            gone.setdefault(old.test_set, []).append(old.system)
        elif new is not None and old is None:
            come.setdefault(new.test_set, []).append(new.system)
    found = [
        (gone[name][0], come[name][0])
        for name in gone
        if len(gone[name]) == len(come.get(name, ())) == 1
    ]
    notes += [
        f"{before} is missing and {after} is new: if they are one system, compare them with "
        f"--rename {before}={after}"
        for before, after in dict.fromkeys(found)
    ]


def _keyed(
    side: Side, by_system: bool, names: Mapping[str, str]
) -> dict[tuple[str, str, str], SideRow]:
    found: dict[tuple[str, str, str], SideRow] = {}
    for row in side.rows:
        system = names.get(row.system, row.system)
        key = (row.corpus, str(row.pair), system if by_system else "")
        if key in found:
            raise RequestError(f"{side.name}: two rows on {row.test_set} and no way to tell which")
        found[key] = row
    return found


def choose_metrics(old: Side, new: Side, metrics: Sequence[str]) -> tuple[str, ...]:
    """The metrics to compare: those asked for, or all that either side has.

    Raises:
        UnknownName: If neither side has one that was asked for.
    """
    known = tuple(dict.fromkeys([*old.metrics, *new.metrics]))
    for metric in metrics:
        if metric not in known:
            raise UnknownName("metric of these leaderboards", metric, known)
    return tuple(metrics) or known


def choose_primary(
    old: Side,
    new: Side,
    both: Sequence[tuple[SideRow, SideRow]],
    compared: Sequence[str],
    notes: list[str],
) -> tuple[str, ...]:
    """The one metric that decides: what the old side named before anyone looked.

    Where no side names one, the first of comet and chrf, then of all, that some row has on both
    sides.
    """
    for side in (old, new):
        named = sorted(side.rank_metrics & set(compared))
        if len(named) > 1:
            notes.append(
                f"{side.name} names several primary metrics ({', '.join(named)}): "
                f"{named[0]} decides; --metric says otherwise"
            )
        if named:
            return (named[0],)
    shared = [
        metric
        for metric in (*primary_metrics(compared), *compared)
        if any(None not in (score_of(a, metric), score_of(b, metric)) for a, b in both)
    ]
    return tuple(shared[:1]) or (compared[0],)


def check_margins(
    margins: Mapping[str, float], compared: Sequence[str], infos: Mapping[str, MetricInfo]
) -> dict[str, float]:
    """The margins, each above 0 and of a metric that is compared.

    Raises:
        RequestError: If one is not.
        UnknownName: If a metric is not compared.
    """
    for metric, margin in margins.items():
        if metric not in compared:
            raise UnknownName("metric of this comparison", metric, compared)
        if not margin > 0:
            raise RequestError(f"the margin of {metric} is above 0, not {margin:g}")
        if metric not in infos:
            raise RequestError(f"a margin needs a metric whose direction is known, not {metric}")
    return dict(margins)


def other_test_set(old: SideRow, new: SideRow) -> str | None:
    """What differs between the test sets of two rows, if something does."""
    a, b = old.testset_digest, new.testset_digest
    if a is None or b is None or a == b:
        return None
    return f"the test sets differ: {a[:8]} in {old.where}, {b[:8]} in {new.where}"


def computed_otherwise(metric: str, old: SideRow, new: SideRow) -> str | None:
    """What differs between how two scores were computed, if something does."""
    cells = [row.cells.get(metric) for row in (old, new)]
    signatures = [cell.signature if cell and cell.score is not None else None for cell in cells]
    a, b = signatures
    if a is None or b is None or a == b or is_partial(old, metric) != is_partial(new, metric):
        return None  # a whole and a partial output are not compared at all
    return f"{metric} {DIFFERENTLY}: {_differing(a, b)}"


def out_of_bounds(metric: str, row: SideRow, info: MetricInfo | None) -> str | None:
    """Why a value can be no score of the metric, if it cannot."""
    score = score_of(row, metric)
    if score is None or info is None or info.bounds is None:
        return None
    low, high = info.bounds
    if low - ROUNDED <= score <= high + ROUNDED:
        return None
    return f"{row.where}: {score:g} is no {metric}, which lies between {low:g} and {high:g}"


def _differing(old: str, new: str) -> str:
    """The fields of two signatures that differ, in words."""
    try:
        a, b = (dict(Signature.parse(text).fields) for text in (old, new))
    except ValueError:
        return f"{old!r} against {new!r}"
    fields = [key for key in {**a, **b} if a.get(key) != b.get(key)]
    found = [f"{key} {a.get(key, 'absent')} → {b.get(key, 'absent')}" for key in fields]
    return ", ".join(found) or "the same fields in another order"


def note_unknown(
    both: Sequence[tuple[SideRow, SideRow]], compared: Sequence[str], notes: list[str]
) -> None:
    """Adds notes on what is taken on trust: test sets and signatures that rows do not name."""
    undigested = sum(a.testset_digest is None or b.testset_digest is None for a, b in both)
    if undigested:
        notes.append(
            f"{undigested} of {len(both)} rows do not say which test set they are of: that both "
            "sides used the same one is taken on trust"
        )
    for metric in compared:
        unsigned = sum(
            any(c is not None and c.score is not None and c.signature is None
                for c in (a.cells.get(metric), b.cells.get(metric)))
            for a, b in both
        )  # fmt: skip
        if unsigned:
            notes.append(
                f"{metric}: {unsigned} of {len(both)} rows have no signature: that both sides "
                "computed it alike is taken on trust"
            )
        if any(_unidentified(metric, row) for pair in both for row in pair):
            notes.append(
                f"{metric}: off-target was not looked at: languages were not identified, since the "
                "extra 'text' was not installed"
            )


def _unidentified(metric: str, row: SideRow) -> bool:
    """Whether a score would have counted languages, and nothing identified them."""
    cell = row.cells.get(metric)
    if cell is None or cell.score is None or cell.signature is None:
        return False
    try:
        return Signature.parse(cell.signature).get("lid") == "none"
    except ValueError:
        return False


def score_of(row: SideRow | None, metric: str) -> float | None:
    """The score of a row under a metric, where there is one."""
    cell = row.cells.get(metric) if row is not None else None
    return cell.score if cell is not None else None


def is_partial(row: SideRow | None, metric: str) -> bool:
    """Whether failed segments count as empty in a row's score."""
    cell = row.cells.get(metric) if row is not None else None
    return cell is not None and cell.score is not None and cell.partial


def same_output(old: SideRow, new: SideRow) -> bool | None:
    """Whether both rows were made from the same output; None where one does not say."""
    if old.output_digest is None or new.output_digest is None:
        return None
    return old.output_digest == new.output_digest


def signed_alike(metric: str, old: SideRow, new: SideRow) -> bool:
    """Whether both scores have one and the same signature."""
    a, b = old.cells[metric].signature, new.cells[metric].signature
    return a is not None and a == b
