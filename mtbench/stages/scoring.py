"""Test set + outputs + metric → scores with the statistics they follow from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mtbench.errors import DataError, MetricError, PartialOutput
from mtbench.plugins import Advance, Array, Metric
from mtbench.types import (
    Hypothesis,
    MetricInfo,
    MetricResult,
    Score,
    ScoringView,
    Signature,
    Statistics,
    SystemOutput,
    TestSet,
)


def view(test_set: TestSet, info: MetricInfo) -> ScoringView:
    """What a metric is given of a test set: what it declared, and nothing else.

    Raises:
        DataError: If the metric needs references and a segment has none.
    """
    if "reference" in info.needs:
        for source, references in zip(test_set.sources, test_set.references, strict=True):
            if not references:
                raise DataError(
                    f"{test_set.name}: segment {source.id!r} has no reference, "
                    f"which {info.name} needs",
                    hint="score with a reference-free metric (mtbench metrics list)",
                )
    return ScoringView(
        pair=test_set.pair,
        ids=test_set.ids,
        sources=tuple(s.text for s in test_set.sources) if "source" in info.needs else None,
        references=test_set.references if _gives_references(test_set, info) else None,
        documents=test_set.documents,
    )


def _gives_references(test_set: TestSet, info: MetricInfo) -> bool:
    if "reference" in info.needs:
        return True
    return "reference" in info.uses and all(test_set.references)


def signature(
    metric: Metric, scoring_view: ScoringView, test_set: TestSet, *, failures: bool
) -> Signature:
    """The whole signature: the metric's own, the reference where one was chosen, failures."""
    found = metric.signature(scoring_view)
    if test_set.reference_names and "reference" in (*metric.info.needs, *metric.info.uses):
        found = found.plus(ref=",".join(test_set.reference_names))
    return found.of_partial() if failures else found


def check_output(test_set: TestSet, output: SystemOutput, *, allow_partial: bool) -> None:
    """Says whether an output belongs to a test set and may be scored.

    Raises:
        DataError: At the first id that differs.
        PartialOutput: If it has failures and they may not count as empty.
    """
    ids = test_set.ids
    if len(ids) != len(output.hypotheses):
        raise DataError(
            f"{test_set.name}: {len(output.hypotheses)} hypotheses of {output.run.system} "
            f"for {len(ids)} segments"
        )
    for expected, hypothesis in zip(ids, output.hypotheses, strict=True):
        if expected != hypothesis.id:
            raise DataError(
                f"{test_set.name}: {output.run.system} has {hypothesis.id!r} "
                f"where the test set has {expected!r}"
            )
    failed = [h for h in output.hypotheses if h.failure is not None]
    if failed and not allow_partial:
        raise PartialOutput(
            f"{test_set.name}: {output.run.system} has no translation of {len(failed)} of "
            f"{len(ids)} segments, the first being {failed[0].id!r}",
            why=failed[0].failure,
            hint="run again to try them again, or count them as empty with --allow-partial",
        )


def score(
    test_set: TestSet,
    outputs: Mapping[str, SystemOutput],
    metric: Metric,
    scoring_view: ScoringView,
    signatures: Mapping[str, Signature],
    advance: Advance | None = None,
) -> dict[str, MetricResult]:
    """Scores of all systems of a call at once, by an entered metric.

    Args:
        test_set: What the outputs translate.
        outputs: System → output, checked by ``check_output``.
        metric: Entered.
        scoring_view: From ``view``.
        signatures: System → whole signature, from ``signature``.
        advance: Called with the number of segments finished since the last call.

    Returns:
        System → result, without interval.

    Raises:
        MetricError: If the metric gives statistics of another shape, or a non-finite score.
    """
    scorer = metric.prepare(scoring_view)
    rows = scorer.statistics({name: output.texts for name, output in outputs.items()}, advance)
    options = metric.options.model_dump(mode="json")
    sources_digest = test_set.sources_digest()
    references_digest = test_set.references_digest()
    testset_digest = test_set.digest()
    found = {}
    for name, output in outputs.items():
        table = _checked(rows, name, len(test_set), metric.info.name)
        whole = float(metric.pool(table.sum(axis=0)))
        segments = np.asarray(metric.segment_scores(table), dtype=np.float64)
        if not np.isfinite(whole) or not np.isfinite(segments).all():
            raise MetricError(f"{metric.info.name} gave {name} a score that is no finite number")
        header = Score(
            metric=metric.info.name,
            info=metric.info,
            options=options,
            signature=str(signatures[name]),
            corpus=test_set.corpus,
            pair=test_set.pair,
            system=output.run.system,
            score=whole,
            segments=len(test_set),
            failures=sum(h.failure is not None for h in output.hypotheses),
            output_digest=output.run.output_digest,
            documents=by_label(table, test_set.documents, metric),
            domains=by_label(table, test_set.domains, metric),
            annotations=dict(scorer.annotations(name)),
            notes=dict(scorer.notes(name)),
            sources_digest=sources_digest,
            references_digest=references_digest,
            testset_digest=testset_digest,
        )
        found[name] = MetricResult(header, Statistics(test_set.ids, table, segments))
    return found


def _checked(rows: Mapping[str, Array], name: str, segments: int, metric: str) -> Array:
    table = rows.get(name)
    if table is None or table.ndim != 2 or len(table) != segments:
        shape = None if table is None else table.shape
        raise MetricError(f"{metric} gave {name} statistics of shape {shape}, not ({segments}, k)")
    return np.asarray(table, dtype=np.float64)


def by_label(rows: Array, labels: Sequence[str | None], metric: Metric) -> dict[str, float]:
    """Score over the segments of each label, in order of first appearance.

    Args:
        rows: Statistics of shape (n, k).
        labels: For each segment its label; segments without one are left out.
        metric: Whose ``pool`` makes scores of sums.
    """
    groups: dict[str, list[int]] = {}
    for at, label in enumerate(labels):
        if label is not None:
            groups.setdefault(label, []).append(at)
    return {label: float(metric.pool(rows[at].sum(axis=0))) for label, at in groups.items()}


def surface(test_set: TestSet, hypotheses: Sequence[Hypothesis]) -> dict[str, float]:
    """What can be counted without a metric.

    Returns:
        ``empty`` (a failure is none) and ``copied`` (the source as it stands), counts;
        ``length_ratio``, characters of the hypotheses over characters of the references (their
        mean where there are several), absent where there are none.
    """
    texts = [hypothesis.text or "" for hypothesis in hypotheses]
    found: dict[str, float] = {
        "empty": sum(h.text is not None and not h.text.strip() for h in hypotheses),
        "copied": sum(
            text.strip() == source.text.strip()
            for text, source in zip(texts, test_set.sources, strict=True)
        ),
    }
    characters = sum(
        sum(map(len, references)) / len(references)
        for references in test_set.references
        if references
    )
    if characters and all(test_set.references):
        found["length_ratio"] = round(sum(map(len, texts)) / characters, 6)
    return found
