"""Holm's correction, clusters, rank ranges, and who stands outside."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from mtbench.significance import Ranking, holm, paired_test, rank
from mtbench.significance.ranking import clusters
from tests.support.lexical_rows import mean, mean_rows

Array = NDArray[np.float64]


def test_holm_against_r() -> None:
    # R 4.2: p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm")
    assert holm([0.01, 0.02, 0.03, 0.04, 0.05]) == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])
    # By hand: 4 · 0.005, 3 · 0.01, 2 · 0.03, and 0.04 lifted to the one before.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_lies_between_nothing_and_bonferroni(p_values: list[float]) -> None:
    corrected = holm(p_values)
    for p, q in zip(p_values, corrected, strict=True):
        assert p <= q <= min(1.0, len(p_values) * max(p_values))
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    assert [corrected[i] for i in order] == sorted(corrected)


def test_a_boundary_needs_every_pair_across_it() -> None:
    everyone = [("a", "b"), ("a", "c"), ("a", "d"), ("b", "c"), ("b", "d"), ("c", "d")]
    assert clusters("abcd", everyone) == [["a"], ["b"], ["c"], ["d"]]
    assert clusters("abcd", []) == [["a", "b", "c", "d"]]
    # b and c are not separated, though a beats c and b beats d.
    assert clusters("abcd", [p for p in everyone if p != ("b", "c")]) == [["a"], ["b", "c"], ["d"]]
    # One missing pair across two boundaries removes both.
    assert clusters("abcd", [p for p in everyone if p != ("a", "d")]) == [["a", "b", "c", "d"]]
    assert clusters("abcd", [p for p in everyone if p != ("a", "c")]) == [["a", "b", "c"], ["d"]]


def levels(n: int = 60, **offsets: float) -> dict[str, Array]:
    """Systems whose segment scores share their noise, apart by an offset and a little more."""
    shared = np.random.default_rng(0).random(n)
    return {
        name: mean_rows(shared + offset + np.random.default_rng(i).normal(0, 0.01, n))
        for i, (name, offset) in enumerate(offsets.items(), start=1)
    }


def by_name(ranking: Ranking) -> dict[str, tuple[int | None, int | None, int | None, int | None]]:
    return {r.system: (r.rank, r.cluster, r.rank_low, r.rank_high) for r in ranking.systems}


def test_ranks_clusters_and_ranges() -> None:
    systems = levels(low=0.0, top=1.0, middle=0.5, other=0.5001)
    ranking = rank(systems, mean, seed=1, metric="comet", baselines=[])
    assert ranking.sentence is None and ranking.pairs == 6 and ranking.resamples == 10_000
    assert ranking.method == "approximate randomization"
    found = by_name(ranking)
    assert found["top"] == (1, 1, 1, 1)
    assert found["middle"] == (2, 2, 2, 3)
    assert found["other"] == (2, 2, 2, 3)
    assert found["low"] == (4, 3, 4, 4)
    assert ranking.systems[0].system == "top"
    assert len(ranking.tests) == 6
    test = ranking.test("low", "top")
    assert test is not None and test.winner == "top" and test.correction == "holm"
    assert test.family == 6 and test.p_adjusted >= test.p
    assert (test.wins, test.losses, test.ties) == (60, 0, 0)


def test_lower_can_be_better() -> None:
    ranking = rank(levels(worst=1.0, best=0.0), mean, seed=1, higher_is_better=False)
    assert by_name(ranking) == {"best": (1, 1, 1, 1), "worst": (2, 2, 2, 2)}
    (test,) = ranking.tests
    assert test.winner == "best" and test.delta < 0
    assert (test.wins, test.losses) == (60, 0)


def test_everyone_in_one_cluster_shares_the_first_rank() -> None:
    ranking = rank(levels(a=0.0, b=0.0001, c=0.0002), mean, seed=1)
    assert {r.rank for r in ranking.systems} == {1} and {r.cluster for r in ranking.systems} == {1}
    assert {(r.rank_low, r.rank_high) for r in ranking.systems} == {(1, 3)}


def test_baselines_stand_outside_the_family() -> None:
    systems = levels(a=1.0, b=0.5, identity=0.0)
    ranking = rank(systems, mean, seed=1, baselines=["identity"])
    assert ranking.pairs == 1
    last = ranking.systems[-1]
    assert (last.system, last.baseline, last.rank, last.cluster) == ("identity", True, None, None)
    assert last.score is not None and last.interval is not None
    assert by_name(ranking)["b"] == (2, 2, 2, 2)


def test_a_row_without_a_value_is_unranked_with_its_reason() -> None:
    systems = levels(a=1.0, b=0.5, odd=0.2)
    ranking = rank(
        systems,
        mean,
        seed=1,
        unranked={"c": "no comet score", "odd": "another signature: precision:bf16"},
    )
    assert ranking.pairs == 1
    rows = {r.system: r for r in ranking.systems}
    assert rows["c"].score is None and rows["c"].unranked == "no comet score"
    assert rows["odd"].score is not None and rows["odd"].rank is None
    assert ranking.test("a", "odd") is None


def test_nobody_is_ranked_on_seven_paragraphs() -> None:
    ranking = rank(levels(7, a=1.0, b=0.5, c=0.2, d=0.1), mean, seed=1)
    assert ranking.method == "exact randomization"
    assert ranking.sentence == (
        "nobody can be ranked here, because with 7 segments no p-value can be smaller than "
        "0.0156, which times 6 pairs exceeds 0.05"
    )
    assert all(r.rank is None and r.unranked is not None for r in ranking.systems)
    assert [t.p for t in ranking.tests] == [2 / 128] * 6
    # Three pairs fit: 3 × 0.015625 ≤ 0.05.
    assert rank(levels(7, a=1.0, b=0.5, c=0.2), mean, seed=1).sentence is None
    few = rank(levels(4, a=1.0, b=0.5), mean, seed=1).sentence
    assert few is not None and few.endswith("smaller than 0.125, above 0.05")


def test_one_system_needs_no_test() -> None:
    ranking = rank(levels(a=1.0), mean, seed=1)
    assert by_name(ranking) == {"a": (1, 1, 1, 1)} and not ranking.tests and ranking.method is None


def test_company_and_order_change_only_the_correction() -> None:
    systems = levels(a=0.003, b=0.0, c=0.002)
    three = rank(systems, mean, seed=4, resamples=2_000)
    turned = rank(dict(reversed(systems.items())), mean, seed=4, resamples=2_000)
    assert turned == three
    two = rank({"a": systems["a"], "b": systems["b"]}, mean, seed=4, resamples=2_000)
    in_company, alone = three.test("a", "b"), two.test("a", "b")
    assert in_company is not None and alone is not None
    assert (in_company.p, in_company.interval) == (alone.p, alone.interval)
    assert {r.system: r.interval for r in two.systems}["a"] == next(
        r.interval for r in three.systems if r.system == "a"
    )


def test_documents_as_units() -> None:
    units = np.repeat(np.arange(25), 4)
    ranking = rank(levels(100, a=1.0, b=0.0), mean, seed=1, units=units)
    assert (ranking.unit, ranking.units) == ("document", 25)
    (test,) = ranking.tests
    assert (test.unit, test.units, test.wins) == ("document", 25, 100)
    assert test.detectable is None and not test.interval.reliable


def test_the_record_of_a_test() -> None:
    systems = levels(40, a=0.01, b=0.0)
    test = paired_test(("a", systems["a"]), ("b", systems["b"]), mean, seed=0, metric="comet")
    assert test.delta == test.score_a - test.score_b
    assert test.interval.low < test.delta < test.interval.high
    assert test.interval.low < test.interval_90.low and test.interval_90.high < test.interval.high
    # The standard error of a mean of 40 paired deltas, against the bootstrap's.
    deltas = systems["a"][:, 0] - systems["b"][:, 0]
    assert test.standard_error == pytest.approx(deltas.std() / np.sqrt(40), rel=0.1)
    assert test.detectable == pytest.approx(2.8 * test.standard_error)
    assert test.sides == 2 and test.correction == "none" and test.baseline == "b"
    assert test.floor == 1 / 10_001


def test_a_copy_is_no_different() -> None:
    rows = levels(40, a=0.0)["a"]
    test = paired_test(("a", rows), ("copy", rows.copy()), mean, seed=0)
    assert test.p == 1.0 and test.winner is None and test.delta == 0.0
    assert (test.wins, test.losses, test.ties) == (0, 0, 40)
    assert test.floor == 1.0 and test.standard_error == 0.0


def test_the_floor_counts_units_that_differ() -> None:
    rows = levels(40, a=0.0)["a"]
    other = rows.copy()
    other[:3, 0] -= 1
    test = paired_test(("a", rows), ("b", other), mean, seed=0)
    assert test.floor == 0.25
    assert test.p == pytest.approx(0.25, abs=0.02)


def test_names_and_shapes_must_fit() -> None:
    rows = levels(40, a=0.0)["a"]
    with pytest.raises(ValueError, match="one name"):
        paired_test(("a", rows), ("a", rows), mean, seed=0)
    with pytest.raises(ValueError, match="different shapes"):
        paired_test(("a", rows), ("b", rows[:-1]), mean, seed=0)
    with pytest.raises(ValueError, match="identity"):
        rank({"a": rows}, mean, seed=0, baselines=["identity"])
