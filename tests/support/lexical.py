"""What the tests of the lexical metrics share: views, sample text, sacreBLEU's own programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mtbench.languages import LanguagePair
from mtbench.plugins import Array, Metric, make_metric
from mtbench.types import Runtime, ScoringView

# Hypotheses of two systems with two references, with what tends to go wrong: numbers,
# apostrophes, dashes, markup, an empty line, a repetition, other scripts.
FIRST = (
    "Der Preis stieg im Mai um 3,5 % auf 1.250 Euro – ein Rekord.",
    "Das Haus steht noch immer leer, weil niemand die Miete zahlen will.",
    "",
    "Er sagte: &quot;Das geht so nicht!&quot;",
    "Nur ein Wort",
    "L'eau qu'il a bue n'était pas potable, dit-on (selon l'AFP).",
    "北京的天气今天很好, 明天会下雨。",
    "und und und und und und das Ende der Geschichte",
)
SECOND = (
    "Im Mai ist der Preis um 3,5% auf 1250 Euro gestiegen, ein Rekord.",
    "Immer noch steht das Haus leer, da keiner die Miete bezahlen möchte.",
    "Ganz ohne Vorlage.",
    'Er hat gesagt: "Das geht so nicht!"',
    "Ein Wort nur",
    "L’eau qu’il a bue était non potable, dit-on, selon l’AFP.",
    "今天北京天气很好，明天有雨。",
    "und das ist das Ende der Geschichte",
)
REFERENCE_A = (
    "Im Mai stieg der Preis um 3,5 % auf 1.250 Euro: ein Rekord.",
    "Das Haus steht immer noch leer, weil keiner die Miete zahlen will.",
    "Diese Zeile fehlt.",
    'Er sagte: "So geht das nicht!"',
    "Nur ein einziges Wort",
    "L'eau qu'il a bue n'était pas potable, dit-on (d'après l'AFP).",
    "今天北京的天气很好，明天会下雨。",
    "und das war das Ende der Geschichte",
)
REFERENCE_B = (
    "Der Preis erreichte im Mai mit 1.250 Euro einen Rekord, ein Plus von 3,5 %.",
    "Weil niemand die Miete zahlen will, steht das Haus noch immer leer.",
    "Hier fehlt eine Zeile.",
    '"Das geht so nicht", sagte er.',
    "Bloß ein Wort",
    "Selon l'AFP, l'eau bue n'était pas potable.",
    "北京今天天气不错，明天有雨。",
    "Das war das Ende der Geschichte.",
)


def view_of(references: Sequence[Sequence[str]], target: str = "de") -> ScoringView:
    """A view from references by segment."""
    return ScoringView(
        pair=LanguagePair(source="en", target=target),
        ids=tuple(f"s{number}" for number in range(1, len(references) + 1)),
        sources=None,
        references=tuple(tuple(texts) for texts in references),
        documents=(None,) * len(references),
    )


def by_segment(*streams: Sequence[str]) -> list[tuple[str, ...]]:
    """References by segment from one sequence a reference."""
    return list(zip(*streams, strict=True))


def streams_of(references: Sequence[Sequence[str]]) -> list[list[str | None]]:
    """References as sacreBLEU takes them: one sequence a reference, None where there is none."""
    width = max(len(texts) for texts in references)
    return [
        [texts[which] if which < len(texts) else None for texts in references]
        for which in range(width)
    ]


def metric_of(name: str, options: Mapping[str, Any] | None = None) -> Metric:
    """A metric with options and no network."""
    return make_metric(name, dict(options or {}), Runtime(offline=True))


def rows_of(metric: Metric, view: ScoringView, texts: Sequence[str]) -> Array:
    """Statistics of one system."""
    with metric:
        return metric.prepare(view).statistics({"system": texts})["system"]


def score_of(metric: Metric, view: ScoringView, texts: Sequence[str]) -> float:
    """System score of one system."""
    return float(metric.pool(rows_of(metric, view, texts).sum(axis=0)))


def sacrebleu_cli(
    folder: Path,
    texts: Sequence[str],
    streams: Sequence[Sequence[str]],
    *arguments: str,
    environment: Mapping[str, str] | None = None,
) -> str:
    """What ``python -m sacrebleu REFERENCES -i HYPOTHESES ARGUMENTS`` prints."""
    paths = []
    for number, lines in enumerate([texts, *streams]):
        path = folder / f"{number}.txt"
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        paths.append(str(path))
    command = [sys.executable, "-m", "sacrebleu", *paths[1:], "-i", paths[0], *arguments]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **(environment or {})},
    )
    return done.stdout


def sacrebleu_json(
    folder: Path,
    texts: Sequence[str],
    streams: Sequence[Sequence[str]],
    *arguments: str,
    environment: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Likewise, as JSON with thirteen decimals, one record a metric."""
    found = json.loads(
        sacrebleu_cli(folder, texts, streams, "-w", "13", *arguments, environment=environment)
    )
    return [found] if isinstance(found, dict) else list(found)
