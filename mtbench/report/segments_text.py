"""Segments with scores, flags and texts as text, CSV, JSON lines, and rows of a sheet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence

from mtbench.files.spreadsheets import quoted
from mtbench.types import Json
from mtbench.types.segments import ScoredSegment

Value = str | float | None
_CLOSE = (",", ":")  # as the page of a report writes JSON


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
        lines += [(metric, text) for metric, said in one.said.items() for text in in_words(said)]
        texts = [f"  {name:<9}  {printable(text)}" for name, text in lines if text is not None]
        blocks.append("\n".join([printable("  ".join(facts)), *texts]))
    return "\n\n".join(blocks)


def to_lines(segments: Sequence[ScoredSegment]) -> str:
    r"""Tab-separated with a header: test set, system, id and a score per metric; no texts.

    Example:
        >>> one = ScoredSegment(corpus="news", pair="en-it", system="mine", id="a",
        ...                     scores={"ter": 1})
        >>> to_lines([one]).splitlines()[1].split("\t")
        ['news/en-it', 'mine', 'a', '1.000000']
    """
    metrics = _metrics(segments)
    lines = [("test_set", "system", "id", *metrics)]
    for one in segments:
        scores = (one.scores.get(metric) for metric in metrics)
        shown = ["" if score is None else f"{score:.6f}" for score in scores]
        names = (f"{one.corpus}/{one.pair}", one.system, one.id)
        lines.append((*(" ".join(name.split()) for name in names), *shown))
    return "".join("\t".join(line) + "\n" for line in lines)


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
        "said",
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
            "; ".join(
                f"{metric}: {text}" for metric, said in one.said.items() for text in in_words(said)
            )
            or None,
        ]


def in_words(said: Json) -> list[str]:
    """What a metric said of a segment, a clause each: marked errors, evidence by kind, reasons.

    Example:
        >>> in_words({"error_spans": [{"severity": "major", "text": "gatto", "start": 3}]})
        ['major “gatto”']
        >>> in_words({"numbers": ["'12' lost"]})
        ["numbers: '12' lost"]
    """
    if not isinstance(said, dict):
        return [json.dumps(said, ensure_ascii=False, separators=_CLOSE)]
    found = []
    for key, value in said.items():
        if key in ("error_spans", "unlocated") and isinstance(value, list):
            found += [_mark(one, located=key == "error_spans") for one in value]
        elif isinstance(value, list) and all(isinstance(one, str) for one in value):
            found += [f"{key}: {one}" for one in value]
        elif isinstance(value, str):
            found.append(f"{key}: {value}")
        else:
            found.append(f"{key}: {json.dumps(value, ensure_ascii=False, separators=_CLOSE)}")
    return found


def _mark(span: Mapping[str, Json], *, located: bool) -> str:
    category = f" {span['category']}" if span.get("category") else ""
    where = "" if located else ", not found in the translation"
    return f"{span.get('severity', 'error')}{category} “{span.get('text', '')}”{where}"


def _metrics(segments: Sequence[ScoredSegment]) -> list[str]:
    return list(dict.fromkeys(metric for one in segments for metric in one.scores))


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
