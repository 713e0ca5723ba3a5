"""Contents of reports, made up but whole."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np

from mtbench.languages import LanguagePair
from mtbench.plugins import Array
from mtbench.report.html import Content, SetContent
from mtbench.significance import rank
from mtbench.types import (
    Cell,
    Interval,
    Json,
    Leaderboard,
    MetricInfo,
    Row,
    RunRecord,
    SystemCard,
    Table,
    TestSetFacts,
)
from mtbench.types.findings import Slice, Sliced, SliceScore

METRICS = {
    "bleu": MetricInfo(name="bleu", title="BLEU", needs=("reference",), segment_level="indicative"),
    "chrf": MetricInfo(name="chrf", title="chrF", needs=("reference",)),
    "ter": MetricInfo(name="ter", title="TER", needs=("reference",), higher_is_better=False),
}
WORDS = (
    "the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "while", "seven",
    "wizards", "quietly", "measure", "every", "translation", "of", "an", "old", "harbour",
    "report", "about", "rain", "and", "trade",
)  # fmt: skip


def run_record(system: str, segments: int, notes: str = "") -> RunRecord:
    return RunRecord(
        corpus="news",
        pair=LanguagePair.parse("en-de"),
        card=SystemCard(name=system, backend="hypotheses", notes=notes, licence=notes, url=notes),
        system=system,
        run_digest="1" * 64,
        testset_digest="2" * 64,
        test_set=TestSetFacts(segments=segments),
        sources_digest="3" * 64,
        output_digest="4" * 64,
        segments=segments,
        failures=0,
        status="complete",
        started="2026-01-02T03:04:05+00:00",
        versions={"mtbench": "0.1.0"},
    )


def content(
    segments: int = 60,
    systems: Sequence[str] = ("alpha", "beta", "gamma"),
    *,
    pair: str = "en-de",
    corpus: str = "news",
    texts: Sequence[str] = (),
    title: str = "A report",
    documents: int = 4,
    notes: str = "",
    metrics: Sequence[str] = ("bleu", "chrf", "ter"),
) -> Content:
    """A report on one test set whose systems differ by chance and a little by quality.

    Args:
        segments: How many there are.
        systems: Their names.
        pair: The direction.
        corpus: The corpus's name.
        texts: Used in turn for sources, references and hypotheses; made up where empty.
        title: Of the report.
        documents: How many documents; their names are texts where there are some.
        notes: Of the cards.
        metrics: Which to score.
    """
    chance = random.Random(1)
    stream = chance.choices(WORDS, k=20_000)

    def text(at: int) -> str:
        if texts:
            return texts[at % len(texts)]
        start = chance.randrange(len(stream) - 24)
        return " ".join(stream[start : start + chance.randint(6, 24)])

    sources = tuple(text(at) for at in range(segments))
    references = tuple((text(at + 1),) for at in range(segments))
    hypotheses = {name: tuple(text(at + 2) for at in range(segments)) for name in systems}
    scores = _scores(segments, systems, metrics)
    labels = [f"doc {at * documents // segments}" for at in range(segments)]
    labels = [texts[at % len(texts)] for at in range(segments)] if texts else labels
    table = _table(corpus, pair, systems, scores, notes)
    infos = {name: METRICS[name] for name in metrics}
    board = Leaderboard(metrics=infos, tables=(table,), mtbench_version="0.1.0")
    return Content(
        title=title,
        board=board,
        sets=[
            SetContent(
                table=table,
                ids=tuple(f"s{at}" for at in range(segments)),
                systems=tuple(row.system for row in table.rows),
                hypotheses=hypotheses,
                failures={name: {} for name in systems},
                models={name: name for name in systems},
                runs={name: run_record(name, segments, notes) for name in systems},
                scores=scores,
                sliced=_sliced(systems, metrics[0], labels),
                sources=sources,
                references=references,
                documents=labels,
                domains=labels,
                notes=(notes,) if notes else (),
            )
        ],
        results="results",
    )


def _scores(
    segments: int, systems: Sequence[str], metrics: Sequence[str]
) -> dict[str, dict[str, Array]]:
    generator = np.random.default_rng(1)
    base = generator.uniform(20, 80, segments)
    return {
        metric: {
            name: base + generator.normal(2.0 * number, 6, segments)
            for number, name in enumerate(systems)
        }
        for metric in metrics
    }


def _cell(metric: str, scores: Array) -> Cell:
    mean = float(scores.mean())
    interval = Interval(
        low=mean - 2, high=mean + 2, resamples=1000, seed=0, unit="segment", units=len(scores),
        reliable=True,
    )  # fmt: skip
    return Cell(score=mean, signature=f"metric:{metric}|version:1", interval=interval)


def _table(
    corpus: str,
    pair: str,
    systems: Sequence[str],
    scores: dict[str, dict[str, Array]],
    notes: str,
) -> Table:
    primary = "chrf" if "chrf" in scores else next(iter(scores))
    rows = {name: np.column_stack([v, np.ones_like(v)]) for name, v in scores[primary].items()}

    def pool(sums: Array) -> Array:
        return np.asarray(sums[..., 0] / sums[..., 1])

    # The tests are real ones, on few segments so that they are quick.
    found = rank(
        {name: array[:200] for name, array in rows.items()},
        pool,
        metric=primary,
        higher_is_better=METRICS[primary].higher_is_better,
        seed=0,
        segment_scores={name: array[:200, 0] for name, array in rows.items()},
    )
    tests: list[Json] = [test.model_dump(mode="json") for test in found.tests]
    placed = {row.system: row for row in found.systems}
    table_rows = []
    for name in (row.system for row in found.systems):
        cells = {metric: _cell(metric, by_system[name]) for metric, by_system in scores.items()}
        table_rows.append(
            Row(
                system=name,
                folder="folder",
                rank=placed[name].rank,
                rank_low=placed[name].rank_low,
                rank_high=placed[name].rank_high,
                cluster=placed[name].cluster,
                cells=cells,
                segments=len(next(iter(scores.values()))[name]),
                seconds_per_segment=0.1 * (1 + list(systems).index(name)),
                notes=(notes,) if notes else (),
                testset_digest="2" * 64,
                output_digest="4" * 64,
            )
        )
    return Table(
        corpus=corpus,
        pair=LanguagePair.parse(pair),
        facts=TestSetFacts(segments=table_rows[0].segments, documents=4),
        metrics=tuple(scores),
        rank_metric=primary,
        verdict=notes or "Some pairs differ.",
        rows=tuple(table_rows),
        tests=tuple(tests),
    )


def _sliced(systems: Sequence[str], metric: str, labels: Sequence[str]) -> list[Sliced]:
    interval = Interval(
        low=40, high=60, resamples=1000, seed=0, unit="segment", units=3, reliable=True
    )
    scores = tuple(
        SliceScore(system=name, score=50.0 + at, interval=interval)
        for at, name in enumerate(systems)
    )
    slices = tuple(Slice(label=label, segments=3, scores=scores) for label in dict.fromkeys(labels))
    bands = [
        Slice(label=f"{band} characters", segments=3, scores=scores) for band in ("1–49", "50–99")
    ]
    return [
        Sliced(by="length", metric=metric, slices=tuple(bands)),
        *(Sliced(by=by, metric=metric, slices=slices) for by in ("domain", "document")),
    ]
