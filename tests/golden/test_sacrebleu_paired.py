"""sacreBLEU's paired tests, run by its own command, against its formulas on our draws.

The command, for two systems of WMT22 de-fr cut to the first 250 segments:

    sacrebleu REF -i A B -m bleu ter --paired-ar --paired-ar-n 2000 -f json
    sacrebleu REF -i A B -m bleu ter --paired-bs --paired-bs-n 2000 -f json

(chrF is left out of the second: ``--paired-bs -f json -m chrf`` fails on a float32 in 2.6.0.)
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtbench.significance.draws import multinomial_counts, swap_masks
from mtbench.significance.paired import paired_bootstrap, paired_test
from tests.support.lexical_rows import POOLS, Array, rows, wmt22_lines
from tests.support.sacrebleu_formulas import paired_ar, paired_bs

SEGMENTS = 250
TRIALS = 2000
SYSTEMS = ("Online-A", "Online-B", "Online-Y", "Online-G")


@pytest.fixture(scope="module")
def texts(wmt22: Path) -> dict[str, list[str]]:
    reference, outputs = wmt22_lines(wmt22, "de-fr")
    chosen = {name: outputs[name][:SEGMENTS] for name in SYSTEMS}
    return {"reference": reference[:SEGMENTS], **chosen}


def sacrebleu(
    folder: Path, texts: dict[str, list[str]], kind: str, metrics: list[str]
) -> dict[tuple[str, str], dict[str, Any]]:
    """What ``sacrebleu --paired-*`` says: (metric, system) → score and p."""
    for name, lines in texts.items():
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "sacrebleu", "reference", "-i", *SYSTEMS,
         "-m", *metrics, f"--paired-{kind}", f"--paired-{kind}-n", str(TRIALS), "-f", "json"],
        cwd=folder, capture_output=True, text=True, check=True,
        env={**os.environ, "SACREBLEU_SEED": "12345"},
    )  # fmt: skip
    answer = {}
    for row in json.loads(found.stdout):
        for key, value in row.items():
            if key != "system":
                answer[(key.lower().removesuffix("2"), Path(row["system"]).name)] = value
    return answer


def statistics(texts: dict[str, list[str]], metric: str) -> dict[str, Array]:
    return {name: rows(metric, texts[name], texts["reference"]) for name in SYSTEMS}


def close(p: float, q: float) -> bool:
    """Two independent estimates from TRIALS draws each, within five standard errors."""
    middle = (p + q) / 2
    allowed = 5 * np.sqrt(2 * middle * (1 - middle) / TRIALS) + 2 / TRIALS
    return bool(abs(p - q) <= allowed)


def test_paired_ar(tmp_path: Path, texts: dict[str, list[str]]) -> None:
    metrics = ["bleu", "chrf", "ter"]
    theirs = sacrebleu(tmp_path, texts, "ar", metrics)
    masks = np.concatenate(list(swap_masks(SEGMENTS, TRIALS, 7))).astype(np.float64)
    for metric in metrics:
        found, pool = statistics(texts, metric), POOLS[metric]
        base = found[SYSTEMS[0]]
        for name in SYSTEMS[1:]:
            other = found[name]
            one = pool(masks @ base + (1 - masks) @ other)
            two = pool((1 - masks) @ base + masks @ other)
            observed = float(pool(base.sum(axis=0)) - pool(other.sum(axis=0)))
            their = theirs[(metric, name)]
            assert their["score"] == pytest.approx(float(pool(other.sum(axis=0))), abs=1e-9)
            assert close(paired_ar(one - two, observed), their["p_value"]), (metric, name)
            # Theirs and ours differ by ties alone.
            ours = paired_test(("a", base), ("b", other), pool, seed=3, resamples=TRIALS)
            assert close(ours.p, their["p_value"]), (metric, name)


def test_paired_bs(tmp_path: Path, texts: dict[str, list[str]]) -> None:
    metrics = ["bleu", "ter"]
    theirs = sacrebleu(tmp_path, texts, "bs", metrics)
    counts = np.concatenate(list(multinomial_counts(SEGMENTS, TRIALS, 7)))
    apart = 0
    for metric in metrics:
        found, pool = statistics(texts, metric), POOLS[metric]
        base = found[SYSTEMS[0]]
        for name in SYSTEMS[1:]:
            deltas = pool(counts @ base) - pool(counts @ found[name])
            observed = float(pool(base.sum(axis=0)) - pool(found[name].sum(axis=0)))
            their = theirs[(metric, name)]["p_value"]
            assert close(paired_bs(deltas, observed), their), (metric, name)
            signed = paired_bootstrap(base, found[name], pool, resamples=TRIALS, seed=7)
            apart += not close(signed, their)
    assert apart  # centring the signed delta is another definition, and it shows


def test_a_copy_is_different_to_sacrebleu_alone(texts: dict[str, list[str]]) -> None:
    base = statistics(texts, "bleu")[SYSTEMS[0]]
    assert paired_ar(np.zeros(99), 0.0) == 1 / 100
    assert paired_test(("a", base), ("b", base.copy()), POOLS["bleu"], seed=0).p == 1.0
    assert paired_bootstrap(base, base, POOLS["bleu"], resamples=99, seed=0) == 1.0
