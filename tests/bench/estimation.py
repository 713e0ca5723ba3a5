"""Coverage and width of estimates from few human scores: ``python -m tests.bench.estimation``.

Human scores are the MQM of WMT21 zh-en where it is at hand, else drawn with their shape; metrics
are made from them with a given correlation. Each line: how many were judged, coverage of the
estimate's and of the classical 95 % interval, mean and largest ratio of their widths, and what the
judged are worth.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mtbench.judgements.read import read_judgements
from mtbench.significance.estimation import Design, estimate_mean
from tests.conftest import SHARED

Array = NDArray[np.float64]
DRAWS = 4_000
SEGMENTS = 650
HUMAN = SHARED / "wmt21-zh-en" / "mqm.avg_seg_scores.tsv"


def human_scores(generator: np.random.Generator) -> Array:
    """MQM of the first system, or errors drawn from a skewed distribution."""
    if HUMAN.is_file():
        judged = read_judgements(HUMAN).judgements
        first = judged[0].system
        return np.array([one.score for one in judged if one.system == first])
    return -np.minimum(25, generator.gamma(0.8, 6, SEGMENTS))


def metric_of(human: Array, correlation: float, generator: np.random.Generator) -> Array:
    """A score that correlates with the human one exactly so far on the whole set."""
    noise = generator.standard_normal(len(human))
    centred = (human - human.mean()) / human.std()
    noise -= noise.mean() + (noise @ centred) / len(human) * centred
    noise /= noise.std()
    return np.asarray(correlation * centred + np.sqrt(1 - correlation**2) * noise)


def simulate(
    human: Array, metric: Array, count: int, draws: int, generator: np.random.Generator
) -> tuple[float, float, float, float, float]:
    """Coverage of both intervals, mean and largest ratio of widths, mean worth."""
    truth, held, plain_held = human.mean(), 0, 0
    ratios, widths, plain_widths, worth = [], [], [], []
    strata = np.zeros(len(human), dtype=np.int64)
    for _ in range(draws):
        drawn = np.zeros(len(human), dtype=bool)
        drawn[generator.choice(len(human), count, replace=False)] = True
        found = estimate_mean(human, Design(drawn, strata), metric)
        plain = estimate_mean(human, Design(drawn, strata))
        held += found.low <= truth <= found.high
        plain_held += plain.low <= truth <= plain.high
        widths.append(found.high - found.low)
        plain_widths.append(plain.high - plain.low)
        ratios.append(widths[-1] / plain_widths[-1])
        worth.append(found.worth)
    mean_ratio = float(np.mean(widths) / np.mean(plain_widths))
    return held / draws, plain_held / draws, mean_ratio, max(ratios), float(np.mean(worth))


def main() -> None:
    """Prints the table."""
    generator = np.random.Generator(np.random.PCG64(5))
    human = human_scores(generator)
    print("correlation  judged  coverage  classical  width  largest  worth")
    for correlation in (0.0, 0.2, 0.5, 0.8):
        metric = metric_of(human, correlation, generator)
        for count in (100, 200):
            held, plain, ratio, largest, worth = simulate(human, metric, count, DRAWS, generator)
            print(
                f"{correlation:11.1f}  {count:6d}  {held:8.4f}  {plain:9.4f}  {ratio:5.3f}  "
                f"{largest:7.3f}  {worth:5.0f}"
            )


if __name__ == "__main__":
    main()
