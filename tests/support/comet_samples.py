"""Real text to score, and the ways tests ask a COMET metric about it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from mtbench.languages import LanguagePair
from mtbench.metrics.comet.metric import CometFamily
from mtbench.plugins import Array, make_metric
from mtbench.types import Runtime, ScoringView

CORPUS = Path(__file__).resolve().parents[2] / "corpora" / "china-blockchain"


@cache
def paragraphs(language: str) -> tuple[str, ...]:
    """Seven paragraphs of one news story in ``en``, ``de`` or ``it``, aligned."""
    pair = {"en": "en-de", "de": "en-de", "it": "en-it"}[language]
    rows = [json.loads(x) for x in (CORPUS / f"{pair}.jsonl").read_text("utf-8").splitlines()]
    return tuple(row["src"] if language == "en" else row["ref"] for row in rows)


def view(
    sources: Sequence[str], references: Sequence[Sequence[str]] | None, pair: str = "en-de"
) -> ScoringView:
    """A test set of those texts; ids are ``s1``, ``s2`` …"""
    return ScoringView(
        pair=LanguagePair.parse(pair),
        ids=tuple(f"s{number}" for number in range(1, len(sources) + 1)),
        sources=tuple(sources),
        references=None if references is None else tuple(map(tuple, references)),
        documents=(None,) * len(sources),
    )


def metric(name: str, model: Path | str, runtime: Runtime | None = None, **options: Any) -> Any:
    """A COMET metric on a checkpoint."""
    found = make_metric(name, {"model": str(model), **options}, runtime or Runtime(device="cpu"))
    assert isinstance(found, CometFamily)
    return found


def scores(
    name: str,
    model: Path | str,
    test_set: ScoringView,
    outputs: Mapping[str, Sequence[str]],
    runtime: Runtime | None = None,
    **options: Any,
) -> dict[str, Array]:
    """System → segment scores of shape (n,)."""
    with metric(name, model, runtime, **options) as entered:
        rows = entered.prepare(test_set).statistics(outputs)
    return {system: table[:, 0] for system, table in rows.items()}
