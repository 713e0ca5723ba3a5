"""AutoRank against WMT25's English–Italian: 33 systems, four metrics, recomputed to four decimals.

The values were made from the published segment scores beside them (GEMBA-ESA with two judges,
MetricX-24-Hybrid-XL, XCOMET-XL), and agree with the published ranks to their one decimal.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mtbench.significance.autorank import autorank, autorank_intervals

DATA = Path(__file__).resolve().parents[3] / "shared" / "wmt25-en-it"
Array = NDArray[np.float64]
METRICS = ("GEMBA-ESA-CMDA", "GEMBA-ESA-GPT4.1", "MetricX-24-Hybrid-XL", "XCOMET-XL")
UP = dict.fromkeys(METRICS, True)


@pytest.fixture(scope="module")
def published() -> dict[str, float]:
    if not DATA.is_dir():
        pytest.skip(f"{DATA} is not here")
    with (DATA / "autorank.csv").open(encoding="utf-8", newline="") as stream:
        return {row["system"]: float(row["autorank"]) for row in csv.DictReader(stream)}


@pytest.fixture(scope="module")
def scores(published: dict[str, float]) -> dict[str, Array]:
    """Metric → (systems, segments)."""
    found: dict[str, list[list[float]]] = {metric: [] for metric in METRICS}
    for system in published:
        path = DATA / "automatic_scores" / f"{system}.jsonl"
        documents = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        for metric in METRICS:
            found[metric].append([s for d in documents for s in d["metric_scores"][metric]])
    return {metric: np.array(rows) for metric, rows in found.items()}


def test_all_33_values_to_four_decimals(
    published: dict[str, float], scores: dict[str, Array]
) -> None:
    means = {metric: rows.mean(axis=1) for metric, rows in scores.items()}
    found = autorank(means, UP)
    assert len(published) == 33
    assert np.abs(found - np.array(list(published.values()))).max() < 1e-4


def test_intervals_hold_the_values(scores: dict[str, Array]) -> None:
    found = autorank({metric: rows.mean(axis=1) for metric, rows in scores.items()}, UP)
    low, high = autorank_intervals(scores, UP, resamples=500, seed=0)
    assert (low <= found + 1e-9).all()
    assert (found <= high + 1e-9).all()
    assert 0.0 < float(np.mean(high - low)) < 3.0


def test_ties_share_a_value_and_directions_turn() -> None:
    means = {"up": np.array([2.0, 2.0, 1.0]), "down": np.array([5.0, 5.0, 9.0])}
    assert autorank(means, {"up": True, "down": False}).tolist() == [1.0, 1.0, 3.0]
    assert autorank({"up": np.ones(4)}, {"up": True}).tolist() == [1.0] * 4
