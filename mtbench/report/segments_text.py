"""Segments with scores, flags and texts as text, CSV, JSON lines, and rows of a sheet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence

from mtbench.files.spreadsheets import quoted
from mtbench.types.segments import ScoredSegment

Value = str | float | None


def to_text(segments: Sequence[ScoredSegment], printable: Callable[[str], str]) -> str:
    """For a terminal: a line of facts for each, its texts below.

    Args:
        segments: In the order to show.
        printable: Makes foreign text harmless.
    """
    blocks = []
    for one in segments:
        facts = [f"{one.corpus}/{one.pair}", one.id, one.system]
        facts += [f"{metric} {_number(value)}" for metric, value in one.scores.items()]
        if one.difference is not None:
            facts.append(f"difference {one.difference:+.4g}")
        facts += one.flags or ()
        lines = [("source", one.source), ("output", one.output)]
        lines += [("reference", text) for text in one.references]
        if one.output is None:
            lines[1] = ("output", "(no translation)")
        texts = [f"  {name:<9}  {printable(text)}" for name, text in lines if text is not None]
        blocks.append("\n".join([printable("  ".join(facts)), *texts]))
    return "\n\n".join(blocks)


def to_jsonl(segments: Sequence[ScoredSegment]) -> str:
    """One JSON object per line."""
    return "".join(
        json.dumps(one.model_dump(mode="json"), ensure_ascii=False, allow_nan=False) + "\n"
        for one in segments
    )


def to_csv(segments: Sequence[ScoredSegment]) -> str:
    """With a header; no cell is one that a spreadsheet would run."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    names = columns(segments)
    writer.writerow([quoted(name) for name in names])
    for row in rows(segments):
        writer.writerow([quoted(cell) if isinstance(cell, str) else cell for cell in row])
    return stream.getvalue()


def columns(segments: Sequence[ScoredSegment]) -> list[str]:
    """The header of ``rows``."""
    count = max((len(one.references) for one in segments), default=1)
    references = ["reference", *(f"reference_{at}" for at in range(2, count + 1))]
    fixed = ["system", "corpus", "pair", "document", "domain"]
    return [
        "id",
        "source",
        "output",
        *references,
        *_metrics(segments),
        "difference",
        "flags",
        *fixed,
    ]


def rows(segments: Sequence[ScoredSegment]) -> Iterator[list[Value]]:
    """One row per segment, empty cells being None."""
    metrics = _metrics(segments)
    count = max(1, max((len(one.references) for one in segments), default=1))
    for one in segments:
        references: list[Value] = [*one.references, *[None] * (count - len(one.references))]
        yield [
            one.id,
            one.source,
            one.output,
            *references,
            *(one.scores.get(metric) for metric in metrics),
            one.difference,
            None if one.flags is None else " ".join(one.flags),
            one.system,
            one.corpus,
            one.pair,
            one.document,
            one.domain,
        ]


def _metrics(segments: Sequence[ScoredSegment]) -> list[str]:
    return list(dict.fromkeys(metric for one in segments for metric in one.scores))


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
