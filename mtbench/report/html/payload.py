"""What the page's script reads: facts as one JSON document, segments as compressed parts.

A part is base64 over zlib over JSON, so that nothing in a text can end the element it stands in.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from mtbench.report.html import badges, flags, wording
from mtbench.report.html.content import Array, Content, SetContent
from mtbench.report.html.disagreement import disagreement
from mtbench.report.html.sampling import Sample
from mtbench.types import Json, Row
from mtbench.types.findings import Sliced

SEGMENTS_PER_PART = 5_000


def facts(content: Content, samples: Sequence[Sample | None]) -> dict[str, Json]:
    """Everything but the segments.

    Args:
        content: What to show.
        samples: For each test set what is held of it; None for all.
    """
    board = content.board
    keys = {bit: name for name, bit in flags.BY_NAME.items()}
    return {
        "metrics": {
            name: {
                "title": info.title,
                "higher": info.higher_is_better,
                "decimals": info.decimals,
                "indicative": info.segment_level == "indicative",
            }
            for name, info in board.metrics.items()
        },
        "flags": [
            {"bit": bit, "name": name, "key": keys.get(bit), "explained": flags.EXPLAINED[bit]}
            for bit, name in flags.NAMES.items()
        ],
        "sets": [
            _set_facts(one, content) | (_whole(held, one) if held else {})
            for one, held in zip(content.sets, samples, strict=True)
        ],
    }


def _set_facts(one: SetContent, content: Content) -> dict[str, Json]:
    table = one.table
    metrics = content.board.metrics
    info = metrics.get(table.rank_metric) if table.rank_metric else None
    return {
        "key": one.name,
        "corpus": table.corpus,
        "source": table.pair.source,
        "target": table.pair.target,
        "segments": len(one.ids),
        "metrics": [m for m in table.metrics if m in one.scores],
        "rank_metric": table.rank_metric,
        "rows": [_row(row, one) for row in table.rows],
        "systems": list(one.systems),
        "tests": [
            {
                "a": test.a,
                "b": test.b,
                "delta": test.delta,
                "p": test.p_adjusted,
                "winner": test.winner,
                "verdict": wording.verdict(test, info) if info else "",
            }
            for test in wording.paired_tests(table)
        ],
        "why_untested": table.verdict,
        "groups": _groups(one.sliced),
        "human": _human_means(one),
        "parts": -(-len(one.ids) // SEGMENTS_PER_PART),
        "notes": list(one.notes),
    }


def _whole(held: Sample, one: SetContent) -> dict[str, Json]:
    """What a page that holds some of the segments says of all of them."""
    return {
        "segments": len(held.content.ids),
        "parts": -(-len(held.content.ids) // SEGMENTS_PER_PART),
        "of": len(one.ids),
        "sentence": held.sentence,
        "groups": _groups(held.content.sliced),
        "pairs": held.pairs,
        "spreads": held.spreads,
        "notes": list(held.content.notes),
    }


def _row(row: Row, one: SetContent) -> dict[str, Json]:
    terms: dict[str, Json] = {"terms": row.terms.model_dump()} if row.terms else {}
    return terms | {
        "system": row.system,
        "baseline": row.baseline,
        "rank": row.rank,
        "cluster": row.cluster,
        "seconds": badges.seconds(row, one.runs.get(row.system)),
        "cells": {
            name: {
                "score": cell.score,
                "low": cell.interval.low if cell.interval else None,
                "high": cell.interval.high if cell.interval else None,
                "reliable": cell.interval.reliable if cell.interval else True,
                "partial": cell.partial,
                "signature": cell.signature,
            }
            for name, cell in row.cells.items()
            if cell.score is not None
        },
    }


def _groups(several: Sequence[Sliced]) -> list[Json]:
    return [
        {
            "by": sliced.by,
            "label": part.label,
            "metric": sliced.metric,
            "segments": part.segments,
            "scores": {
                one.system: [
                    _short(one.score),
                    *(
                        (_short(one.interval.low), _short(one.interval.high))
                        if one.interval
                        else (None, None)
                    ),
                ]
                for one in part.scores
            },
        }
        for sliced in several
        for part in sliced.slices
    ]


def _human_means(one: SetContent) -> dict[str, Json] | None:
    if one.human is None:
        return None
    return {
        "source": one.human.source,
        "means": {
            system: [_short(float(np.nanmean(scores))), int(np.isfinite(scores).sum())]
            for system, scores in one.human.scores.items()
            if np.isfinite(scores).any()
        },
    }


def parts(one: SetContent, higher_is_better: Mapping[str, bool]) -> Iterator[str]:
    """The segments of a test set, in parts of ``SEGMENTS_PER_PART``.

    Args:
        one: The test set.
        higher_is_better: Metric → its direction.
    """
    shares = disagreement(one.scores, higher_is_better)
    for start in range(0, len(one.ids), SEGMENTS_PER_PART):
        yield packed(_part(one, shares, start, min(start + SEGMENTS_PER_PART, len(one.ids))))


def packed(document: Json) -> str:
    """A JSON document, compressed, as text."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # A lone surrogate is no text that any input of ours can hold; JSON's own escape would hide it.
    return base64.b64encode(zlib.compress(text.encode("utf-8"), 9)).decode("ascii")


def _part(one: SetContent, shares: Array | None, start: int, stop: int) -> dict[str, Json]:
    span = range(start, stop)
    return {
        "ids": list(one.ids[start:stop]),
        "documents": list(one.documents[start:stop]),
        "domains": list(one.domains[start:stop]),
        "sources": list(one.sources[start:stop]) if one.sources is not None else None,
        "references": (
            [list(r) for r in one.references[start:stop]] if one.references is not None else None
        ),
        "hypotheses": [list(one.hypotheses[s][start:stop]) for s in one.systems],
        "failures": [
            {str(at - start): one.failures[s][at] for at in span if at in one.failures[s]}
            for s in one.systems
        ],
        "flags": [_flags(one, s, span) for s in one.systems],
        "evidence": [
            {
                str(at - start): {str(flags.BY_NAME[name]): said for name, said in seen[at].items()}
                for at in span
                if at in seen
            }
            for seen in (one.evidence.get(s, {}) for s in one.systems)
        ],
        "scores": {
            metric: [_column(by_system.get(s), start, stop) for s in one.systems]
            for metric, by_system in one.scores.items()
        },
        "annotations": {
            metric: [
                {str(at - start): said[at] for at in span if at in said}
                for said in (by_system.get(s, {}) for s in one.systems)
            ]
            for metric, by_system in one.annotations.items()
        },
        "cut": [_cut(one, s, span) for s in one.systems],
        "human": (
            [_column(one.human.scores.get(s), start, stop) for s in one.systems]
            if one.human
            else None
        ),
        "judges": (
            [_column(one.human.counts.get(s), start, stop) for s in one.systems]
            if one.human
            else None
        ),
        "disagreement": _column(shares, start, stop),
    }


def _flags(one: SetContent, system: str, span: range) -> list[int]:
    seen = one.evidence.get(system, {})
    return [
        flags.flags(
            one.hypotheses[system][at],
            one.references[at] if one.references is not None else (),
            seen.get(at, ()),
        )
        for at in span
    ]


def _cut(one: SetContent, system: str, span: range) -> dict[str, list[str]]:
    """Position of a segment → the metrics that read only its beginning."""
    found: dict[str, list[str]] = {}
    for metric, by_system in one.cut.items():
        for at in by_system.get(system, ()):
            if at in span:
                found.setdefault(str(at - span.start), []).append(metric)
    return found


def _column(values: Array | None, start: int, stop: int) -> list[float | None] | None:
    if values is None:
        return None
    return [_short(float(value)) for value in values[start:stop]]


def _short(value: float | None) -> float | None:
    """Six significant digits: more than any table shows, and a third of the bytes."""
    if value is None or not np.isfinite(value):
        return None
    return float(f"{value:.6g}")
