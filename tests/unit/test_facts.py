from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtbench.corpora.describe import CorpusFacts, describe
from mtbench.corpora.load import load, pair_files
from mtbench.significance import bootstrap_interval, choose_unit
from mtbench.significance.limits import limits_of_test, separable_systems, smallest_p
from tests.support.imports import write_jsonl


def _facts(folder: Path, rows: list[dict[str, Any]], card: str = "") -> CorpusFacts:
    write_jsonl(folder / "en-it.jsonl", rows)
    (folder / "card.toml").write_text(card, encoding="utf-8")
    test_set = load(pair_files(folder)[0])
    return describe(test_set, limits_of_test(test_set.documents))


# By hand: 2 / 2^7 = 1/64, 2 / 2^10 = 1/512.
@pytest.mark.parametrize(("units", "p"), [(1, 1.0), (2, 0.5), (7, 0.015625), (10, 0.001953125)])
def test_the_smallest_p_of_a_small_set(units: int, p: float) -> None:
    assert smallest_p(units) == p


# By hand: k systems have k (k - 1) / 2 pairs, and 0.05 / 0.015625 = 3.2, 0.05 * 512 = 25.6.
@pytest.mark.parametrize(("units", "systems"), [(1, 1), (5, 1), (6, 2), (7, 3), (10, 7)])
def test_how_many_systems_a_small_set_can_separate(units: int, systems: int) -> None:
    assert separable_systems(smallest_p(units)) == systems


@pytest.mark.parametrize("units", [40, 500, 100_000])
def test_a_large_set_sets_no_limit(units: int) -> None:
    assert separable_systems(smallest_p(units)) is None


def test_counts_lengths_and_labels(tmp_path: Path) -> None:
    facts = _facts(
        tmp_path / "c",
        [
            {"id": "1", "src": "One two", "ref": "Uno", "doc": "d", "domain": "news",
             "alignment": 0.5, "key": 1},
            {"id": "2", "src": "Three", "ref": ["Tre", "3"], "doc": "d", "alignment": 0.9},
            {"id": "3", "src": "Four", "doc": "e", "origin": "machine"},
        ],
        'original_language = "en"\nreference_names = ["A", "B"]\n',
    )  # fmt: skip

    assert (facts.test_set, facts.source, facts.target) == ("c/en-it", "en", "it")
    assert facts.segments == 3
    assert facts.references == {0: 1, 1: 1, 2: 1}
    assert facts.reference_names == ("A", "B")
    assert facts.source_lengths.model_dump() == {
        "characters": 16, "words": 4, "shortest": 4, "median": 5.0, "longest": 7,
    }  # fmt: skip
    assert facts.reference_lengths is not None
    assert facts.reference_lengths.characters == 7
    assert (facts.documents, facts.longest_document) == (2, 2)
    assert facts.domains == {"": 2, "news": 1}
    assert facts.original_languages == {"en": 3}
    assert facts.origins == {"": 2, "machine": 1}
    assert facts.alignment is not None
    assert facts.alignment.model_dump() == {"segments": 2, "lowest": 0.5, "median": 0.7}
    assert facts.extra_keys == {"key": 1}
    assert (facts.unit, facts.units, facts.smallest_p) == ("segment", 3, 0.25)
    assert not facts.reliable


def test_documents_are_the_unit_from_twenty_on(tmp_path: Path) -> None:
    rows = [{"id": str(n), "src": "x", "doc": str(n // 2)} for n in range(40)]

    assert (_facts(tmp_path / "a", rows).unit, _facts(tmp_path / "b", rows[:38]).unit) == (
        "document",
        "segment",
    )


def test_the_facts_name_the_unit_that_a_score_was_resampled_by(tmp_path: Path) -> None:
    """24 documents, and one segment that stands alone: 25 units, too few to rely on."""
    rows = [
        {"id": str(n), "src": f"one {n}", "ref": f"uno {n}", "doc": str(n // 3)} for n in range(72)
    ]
    rows[40].pop("doc")

    facts = _facts(tmp_path / "c", rows)
    test_set = load(pair_files(tmp_path / "c")[0])
    chosen = choose_unit(test_set.documents)
    statistics = np.arange(72.0)[:, None]
    interval = bootstrap_interval(
        statistics, lambda totals: totals[..., 0], seed=1, units=chosen.index
    )

    assert (facts.unit, facts.units, facts.reliable) == ("document", 25, False)
    assert (chosen.unit, chosen.units, interval.reliable) == ("document", 25, False)
    assert facts.documents == 24


def test_a_set_without_references(tmp_path: Path) -> None:
    facts = _facts(tmp_path / "c", [{"id": "1", "src": "x"}])

    assert facts.reference_lengths is None
    assert facts.references == {0: 1}
    assert facts.domains == {}
    assert facts.alignment is None
