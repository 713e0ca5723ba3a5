"""Which unit is resampled, and the warning where segments hang together."""

from __future__ import annotations

import numpy as np
import pytest

from mtbench.significance import choose_unit
from mtbench.significance.choice import intraclass_correlation


def test_documents_from_twenty_on() -> None:
    twenty = [f"d{i // 3}" for i in range(60)]
    found = choose_unit(twenty)
    assert (found.unit, found.units, found.documents) == ("document", 20, 20)
    assert found.index is not None and found.index[:4] == (0, 0, 0, 1)
    nineteen = choose_unit(twenty[:57])
    assert (nineteen.unit, nineteen.units, nineteen.documents) == ("segment", 57, 19)
    assert nineteen.index is None
    assert choose_unit([None] * 50).unit == "segment"


def test_a_segment_without_a_document_stands_alone() -> None:
    documents = [f"d{i // 2}" for i in range(40)] + [None, None, "d0"]
    found = choose_unit(documents)
    assert found.unit == "document" and found.units == 22 and found.documents == 20
    assert found.index is not None and found.index[-3:] == (20, 21, 0)


def test_intraclass_correlation_by_hand() -> None:
    # Groups (1, 3), (5, 7): means 2 and 6, grand mean 4. MSB = 2·4 + 2·4 = 16 on 1 degree of
    # freedom, MSW = (1+1+1+1) / 2 = 2; (16 - 2) / (16 + 2) = 7/9.
    found, size = intraclass_correlation(np.array([0, 0, 1, 1]), np.array([1.0, 3.0, 5.0, 7.0]))
    assert found == pytest.approx(7 / 9) and size == 2.0
    # Sizes 1 and 3: m₀ = 4 - 10/4 = 1.5.
    assert intraclass_correlation(np.array([0, 1, 1, 1]), np.arange(4.0))[1] == 1.5
    assert intraclass_correlation(np.array([0, 0, 1, 1]), np.zeros(4))[0] == 0.0


def test_a_warning_where_segments_hang_together() -> None:
    generator = np.random.default_rng(0)
    documents = [f"d{i // 15}" for i in range(150)]
    scores = np.repeat(generator.normal(0, 1, 10), 15) + generator.normal(0, 1, 150)
    found = choose_unit(documents, scores, seed=0)
    assert found.unit == "segment" and found.p is not None and found.p <= 0.01
    assert found.correlation == pytest.approx(0.5, abs=0.25)
    assert found.warning is not None and "hang together" in found.warning
    assert "10 documents are too few" in found.warning
    assert found == choose_unit(documents, scores, seed=0)
    independent = choose_unit(documents, generator.normal(0, 1, 150), seed=0)
    assert independent.warning is None and independent.p is not None


def test_differences_between_systems_count_too() -> None:
    # The two systems agree on average; one is better in some documents, the other in others.
    generator = np.random.default_rng(1)
    documents = [f"d{i // 15}" for i in range(150)]
    bias = np.repeat(np.array([1.0, -1.0] * 5), 15)
    scores = generator.normal(0, 1, (150, 2)) + np.stack([bias, -bias], axis=1)
    assert choose_unit(documents, scores.mean(axis=1)).warning is None
    assert choose_unit(documents, scores).warning is not None


@pytest.mark.slow
def test_false_warnings_are_rare() -> None:
    generator = np.random.default_rng(2)
    documents = [f"d{i // 5}" for i in range(50)]
    warned = sum(
        choose_unit(documents, generator.gamma(1.0, 1.0, (50, 3)), seed=i).warning is not None
        for i in range(40)
    )
    assert warned <= 3  # 1 % nominal: more than 3 of 40 has probability below 0.001


def test_nothing_to_look_at() -> None:
    assert choose_unit(["a"] * 9, np.arange(9.0)).p is None
    assert choose_unit(list("abcdefg"), np.arange(7.0)).p is None
    with pytest.raises(ValueError, match="no segments"):
        choose_unit([])
