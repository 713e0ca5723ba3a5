"""The contract of metrics, as checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from mtbench.languages import LanguagePair
from mtbench.plugins import Array, Metric
from mtbench.testing.contract import require, require_json
from mtbench.types import Record, ScoringView, Signature


class MetricCase(Record):
    """A small test set with outputs of several systems.

    Attributes:
        pair: The direction.
        sources: The source texts.
        references: For each segment its references.
        outputs: System → hypotheses. ``reference`` copies the first references.

    Example:
        >>> DEFAULT_CASE.texts([6])["reference"]
        ['No.']
    """

    pair: LanguagePair
    sources: tuple[str, ...]
    references: tuple[tuple[str, ...], ...]
    outputs: dict[str, tuple[str, ...]]

    def view(self, metric: Metric, at: Sequence[int] | None = None) -> ScoringView:
        """What the metric declared that it needs, of some of the segments."""
        chosen = range(len(self.sources)) if at is None else at
        needs = metric.info.needs
        return ScoringView(
            pair=self.pair,
            ids=tuple(f"s{index}" for index in chosen),
            sources=tuple(self.sources[i] for i in chosen) if "source" in needs else None,
            references=tuple(self.references[i] for i in chosen) if "reference" in needs else None,
            documents=tuple(None for _ in chosen),
        )

    def texts(self, at: Sequence[int]) -> dict[str, list[str]]:
        """The hypotheses of some of the segments."""
        return {name: [texts[i] for i in at] for name, texts in self.outputs.items()}


_ENGLISH = (
    "The house on the hill is very big and old.",
    "Where can I find the railway station, please?",
    "He bought 15 books in 2019 and read all of them.",
    "“Never again,” she said – and left 😀.",
    "First line here.\nSecond line there.",
    "The house on the hill is very big and old.",
    "No.",
)
_ITALIAN = (
    "La casa sulla collina è molto grande e vecchia.",
    "Dove posso trovare la stazione ferroviaria, per favore?",
    "Ha comprato 15 libri nel 2019 e li ha letti tutti.",
    "«Mai più», disse, e se ne andò 😀.",
    "Prima riga qui.\nSeconda riga là.",
    "La casa sulla collina è molto grande e vecchia.",
    "No.",
)
_OTHER = (
    "La casa sul colle è grande e molto vecchia.",
    "Dov'è la stazione?",
    "Nel 2019 ha comprato 15 libri e li ha letti.",
    "",
    "Prima riga. Seconda riga.",
    "La casa sul colle è grande e molto vecchia.",
    "?",
)

DEFAULT_CASE = MetricCase(
    pair=LanguagePair(source="en", target="it"),
    sources=_ENGLISH,
    references=tuple((text,) for text in _ITALIAN),
    outputs={
        "reference": _ITALIAN,
        "other": _OTHER,
        "copy": _ENGLISH,
        "empty": ("",) * len(_ENGLISH),
    },
)


def check_metric(
    make: Callable[[], Metric],
    *,
    case: MetricCase = DEFAULT_CASE,
    tolerance: float = 1e-6,
    sensible: bool = True,
) -> None:
    """Holds a metric against its contract; it must be able to run here.

    The statistics contract first of all: a row per segment, whatever the other segments and the
    other systems are, so that the sum over any subset gives its score; ``pool`` on arrays of any
    shape, and without weights. Then signatures, bounds, what is counted as worst, and what is
    kept in files.

    Args:
        make: Makes the metric; called several times.
        case: What to score; it has empty, repeated, copied and multi-line hypotheses by default.
        tolerance: How far statistics of one segment may be apart in two calls (neural metrics
            compute in floating point, in batches).
        sensible: Whether the references themselves must score better than nothing at all; false
            for weights that were never trained.

    Raises:
        ContractBroken: With what was asked and what came.
        MtbenchError: Whatever the metric itself raises beyond the contract.

    Example:
        >>> from mtbench.testing import ExactMatch
        >>> from mtbench.types import Record, Runtime
        >>> check_metric(lambda: ExactMatch(Record(), Runtime()))
    """
    metric = make()
    info = metric.info
    require(info == make().info, "two equal metrics describe themselves differently")
    require(bool(info.needs), "a metric needs the source, the reference or both")
    view = case.view(metric)
    metric.check()
    metric.check(view)
    _check_signature(make, view)
    everything = list(range(len(case.sources)))
    with metric as entered:
        require(entered is metric, "entering a metric gives another object")
        rows = _rows(metric, case, everything)
        _check_independence(metric, case, rows, tolerance)
    # What is stored must be scored again anywhere: by a metric that was never entered.
    _check_scores(make(), rows, tolerance)
    if sensible and "reference" in info.needs:
        best, none = (_pooled(make(), rows[name].sum(axis=0)) for name in ("reference", "empty"))
        require(
            best > none if info.higher_is_better else best < none,
            f"the references score {best}, and nothing at all scores {none}",
        )


def _check_signature(make: Callable[[], Metric], view: ScoringView) -> None:
    metrics = make(), make()
    one, two = (metric.signature(view) for metric in metrics)
    require(one == two, f"two equal metrics sign differently: {one} and {two}")
    require(bool(one.fields), "the signature is empty")
    require(Signature.parse(str(one)) == one, f"the signature does not read back: {one}")


def _rows(metric: Metric, case: MetricCase, at: Sequence[int]) -> dict[str, Array]:
    scorer = metric.prepare(case.view(metric, at))
    steps: list[int] = []
    found = scorer.statistics(case.texts(at), steps.append)
    require(set(found) == set(case.outputs), f"statistics for {sorted(found)} alone")
    require(all(step >= 0 for step in steps), f"advance was called with {steps}")
    ids = set(case.view(metric, at).ids)
    for name, rows in found.items():
        require(
            rows.ndim == 2 and len(rows) == len(at) and rows.shape[1] > 0,
            f"statistics of {name} have the shape {rows.shape}, for {len(at)} segments",
        )
        require(bool(np.isfinite(rows).all()), f"statistics of {name} are not finite")
        annotations = dict(scorer.annotations(name))
        require(annotations.keys() <= ids, f"annotations of unknown segments: {set(annotations)}")
        require_json(annotations, f"annotations of {name}")
        require_json(dict(scorer.notes(name)), f"notes on {name}")
    widths = {rows.shape[1] for rows in found.values()}
    require(len(widths) == 1, f"rows of different widths for different systems: {widths}")
    return found


def _check_independence(
    metric: Metric, case: MetricCase, rows: dict[str, Array], tolerance: float
) -> None:
    """A row depends on its own segment and hypothesis, and on nothing else."""
    everything = list(range(len(case.sources)))
    middle = len(everything) // 2
    halves = [_rows(metric, case, half) for half in (everything[:middle], everything[middle:])]
    backwards = _rows(metric, case, everything[::-1])
    for name, whole in rows.items():
        joined = np.concatenate([half[name] for half in halves])
        _close(whole, joined, f"{name}: two halves of the test set", tolerance)
        _close(whole, backwards[name][::-1], f"{name}: the test set backwards", tolerance)
        alone = MetricCase(
            pair=case.pair,
            sources=case.sources,
            references=case.references,
            outputs={name: case.outputs[name]},
        )
        _close(whole, _rows(metric, alone, everything)[name], f"{name} without the other systems",
               tolerance)  # fmt: skip


def check_statistics(
    make: Callable[[], Metric], rows: Mapping[str, Array], *, tolerance: float = 1e-6
) -> None:
    """Holds what a metric makes of stored statistics against its contract, without weights.

    ``check_metric`` does this too; alone it serves a metric whose statistics come from elsewhere.

    Args:
        make: Makes the metric.
        rows: System → array of shape (n, k).
        tolerance: How far a score may lie outside the bounds.

    Raises:
        ContractBroken: With what was asked and what came.

    Example:
        >>> from mtbench.testing import ExactMatch
        >>> from mtbench.types import Record, Runtime
        >>> rows = {"x": np.array([[100.0, 1.0], [0.0, 1.0]])}
        >>> check_statistics(lambda: ExactMatch(Record(), Runtime()), rows)
    """
    _check_scores(make(), dict(rows), tolerance)


def _check_scores(metric: Metric, rows: dict[str, Array], tolerance: float) -> None:
    names = sorted(rows)
    totals = np.stack([rows[name].sum(axis=0) for name in names])
    scores = np.asarray(metric.pool(totals), dtype=np.float64)
    require(scores.shape == (len(names),), f"pool of {totals.shape} has the shape {scores.shape}")
    for name, total, score in zip(names, totals, scores, strict=True):
        _close(np.asarray(_pooled(metric, total)), np.asarray(score), f"pool of {name}", 1e-12)
    cube = np.broadcast_to(totals, (2, 3, *totals.shape))
    pooled = np.asarray(metric.pool(cube), dtype=np.float64)
    require(pooled.shape == cube.shape[:-1], f"pool of {cube.shape} has the shape {pooled.shape}")
    _close(pooled, np.broadcast_to(scores, cube.shape[:-1]), "pool of several at once", 1e-12)
    for name in names:
        segments = np.asarray(metric.segment_scores(rows[name]), dtype=np.float64)
        require(
            segments.shape == (len(rows[name]),),
            f"segment scores of {name} have the shape {segments.shape}",
        )
        require(bool(np.isfinite(segments).all()), f"segment scores of {name} are not finite")
        _within(metric, segments, f"a segment of {name}", tolerance)
        _check_worst(metric, rows[name], tolerance)
    require(bool(np.isfinite(scores).all()), f"scores are not finite: {scores}")
    _within(metric, scores, "a system", tolerance)


def _check_worst(metric: Metric, rows: Array, tolerance: float) -> None:
    """No segment counted as worst makes a score better."""
    worst = metric.worst_rows(rows)
    if worst is None:
        return
    require(worst.shape == rows.shape, f"worst rows of {rows.shape} have the shape {worst.shape}")
    sign = 1.0 if metric.info.higher_is_better else -1.0
    before = sign * _pooled(metric, rows.sum(axis=0))
    for at in range(len(rows)):
        after = sign * _pooled(metric, rows.sum(axis=0) - rows[at] + worst[at])
        require(
            after <= before + tolerance,
            f"segment {at} counted as worst makes the score better: {before} becomes {after}",
        )


def _pooled(metric: Metric, totals: Array) -> float:
    return float(metric.pool(totals))


def _within(metric: Metric, scores: Array, what: str, tolerance: float) -> None:
    if metric.info.bounds is not None:
        low, high = metric.info.bounds
        require(
            bool((scores >= low - tolerance).all() and (scores <= high + tolerance).all()),
            f"{what} scores {scores.min()} … {scores.max()}, outside {low} … {high}",
        )


def _close(one: Array, other: Array, what: str, tolerance: float) -> None:
    apart = float(np.abs(one - other).max(initial=0.0))
    require(apart <= tolerance, f"{what}: statistics differ by {apart:g}")
