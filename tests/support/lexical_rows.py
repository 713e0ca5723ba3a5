"""Sufficient statistics of BLEU, chrF and TER by sacreBLEU itself, and their pooling.

Independent of mtbench's own metrics: statistics come from sacreBLEU's extraction and
``tests/unit/test_support_lexical_rows.py`` holds the pooling against its corpus scores.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Pool = Callable[[Array], Array]


def metric(name: str) -> Any:
    from sacrebleu import metrics

    return getattr(metrics, {"bleu": "BLEU", "chrf": "CHRF", "ter": "TER"}[name])()


def rows(name: str, hypotheses: Sequence[str], references: Sequence[str]) -> Array:
    found = metric(name)._extract_corpus_statistics(list(hypotheses), [list(references)])
    return np.asarray(found, dtype=np.float64)


def pool_bleu(totals: Array) -> Array:
    """Corpus BLEU with exponential smoothing: (..., 10) → (...)."""
    system, reference = totals[..., 0], totals[..., 1]
    correct, total = totals[..., 2:6], totals[..., 6:10]
    misses = np.cumsum((correct == 0) & (total > 0), axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.where(correct > 0, correct, 0.5 ** misses.astype(np.float64)) / total
        logs = np.log(100 * precision).sum(axis=-1) / 4
        penalty = np.where(system < reference, np.exp(1 - reference / system), 1.0)
        score = penalty * np.exp(logs)
    dead = (total == 0).any(axis=-1) | (correct == 0).all(axis=-1)
    return np.where(dead, 0.0, score)


def pool_chrf(totals: Array) -> Array:
    """chrF with β = 2, averaged over the orders that both sides have: (..., 18) → (...)."""
    hypothesis, reference, match = totals[..., 0::3], totals[..., 1::3], totals[..., 2::3]
    used = (hypothesis > 0) & (reference > 0)
    count = used.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = (np.where(used, match / hypothesis, 0.0)).sum(axis=-1) / count
        recall = (np.where(used, match / reference, 0.0)).sum(axis=-1) / count
        score = 100 * 5 * precision * recall / (4 * precision + recall)
    return np.where((count == 0) | (precision + recall == 0), 0.0, score)


def pool_ter(totals: Array) -> Array:
    """Edits over reference length: (..., 2) → (...)."""
    edits, length = totals[..., 0], totals[..., 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        score = 100 * edits / length
    return np.where(length > 0, score, np.where(edits > 0, 100.0, 0.0))


POOLS: dict[str, Pool] = {"bleu": pool_bleu, "chrf": pool_chrf, "ter": pool_ter}


def mean(totals: Array) -> Array:
    """A mean of ``(score, 1)`` rows."""
    return np.asarray(totals[..., 0] / totals[..., 1], dtype=np.float64)


def mean_rows(scores: Sequence[float] | Array) -> Array:
    column = np.asarray(scores, dtype=np.float64)
    return np.stack([column, np.ones_like(column)], axis=1)


def wmt22_lines(folder: Path, pair: str) -> tuple[list[str], dict[str, list[str]]]:
    """The reference and every system's output of a WMT22 test set."""
    target = pair.split("-")[1]
    (reference,) = (folder / "references").glob(f"*.{pair}.ref.A.{target}")
    outputs = {
        path.name.split(".hyp.")[1].removesuffix(f".{target}"): _lines(path)
        for path in sorted((folder / "system-outputs").glob(f"*.{pair}.hyp.*"))
    }
    return _lines(reference), outputs


def wmt22_documents(folder: Path, pair: str) -> list[str]:
    """The document of each segment, in order."""
    text = (folder / f"wmttest2022.{pair}.all.xml").read_text(encoding="utf-8")
    found = []
    for document in re.findall(r"<doc\b.*?</doc>", text, flags=re.DOTALL):
        (name,) = re.findall(r'<doc\b[^>]*\bid="([^"]*)"', document)
        source = document.partition("<src")[2].partition("</src>")[0]
        found += [name] * source.count("<seg ")
    return found


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
