"""Score files: a header, and the statistics it follows from in it or beside it."""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from pathlib import Path

import numpy as np

from mtbench.errors import DataError, RequestError
from mtbench.files.columns import shared
from mtbench.files.inputs import as_it_is
from mtbench.files.writing import read_json, replacing, write_text
from mtbench.results.lines import one_key_a_line, record
from mtbench.types import Json, MetricResult, Score, Statistics

INLINE_SEGMENTS = 20_000  # above this, arrays go into a compressed file beside the JSON
_BEYOND = 1e100  # no count or score; sums of such have no number
_ARRAYS = ("arrays", "segment_ids", "segment_scores", "statistics")
_SAID_WHERE_THERE_IS_SOME = ("kind", "unjudged")
_DAMAGED = (
    *(OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, EOFError),
    *(RuntimeError, SyntaxError, MemoryError, tokenize.TokenError, zipfile.BadZipFile, zlib.error),
)  # what readers of archives and arrays raise on bytes that do not hold: not of one kind


def write_score(path: Path, result: MetricResult) -> None:
    """Writes a score with the statistics it follows from.

    Raises:
        Unavailable: If the place cannot be written.
    """
    statistics = result.statistics
    document = result.score.model_dump(mode="json")
    for key in [key for key in _SAID_WHERE_THERE_IS_SOME if not document[key]]:
        del document[key]
    if len(statistics.ids) > INLINE_SEGMENTS:
        beside = path.with_suffix(".npz")
        with replacing(beside) as stream:
            np.savez_compressed(
                stream,
                ids=np.array(statistics.ids),
                rows=statistics.rows,
                segment_scores=statistics.segment_scores,
            )
        document["arrays"] = beside.name
    else:
        document["segment_ids"] = list(statistics.ids)
        document["segment_scores"] = [
            None if np.isnan(score) else score for score in statistics.segment_scores.tolist()
        ]
        document["statistics"] = [
            [int(v) if v.is_integer() else v for v in row] for row in statistics.rows.tolist()
        ]
    write_text(path, one_key_a_line(document))


def read_score(path: Path) -> Score:
    """A score without its arrays.

    Raises:
        DataError: If the file does not hold.
    """
    return _header(read_json(path), path)


def read_result(path: Path) -> MetricResult:
    """A score with the statistics it follows from.

    Raises:
        DataError: If a file does not hold.
    """
    document = read_json(path)
    score = _header(document, path)
    try:
        if "arrays" in document:
            with (
                as_it_is(path.with_suffix(".npz")) as packed,
                np.load(packed, allow_pickle=False) as arrays,
            ):
                statistics = Statistics(
                    shared(arrays["ids"].tolist()), arrays["rows"], arrays["segment_scores"]
                )
        else:
            ids = tuple(document["segment_ids"])
            rows = np.array(document["statistics"], dtype=np.float64).reshape(len(ids), -1)
            scores = np.array(document["segment_scores"], dtype=np.float64)
            statistics = Statistics(ids, rows, scores)
        scored = statistics.segment_scores
        if score.unjudged:
            scored = scored[[name not in score.unjudged for name in statistics.ids]]
        for numbers in (statistics.rows, scored):
            if not (np.abs(numbers) < _BEYOND).all():  # nor is one that is none
                raise ValueError("a number beyond all bounds")
    except (*_DAMAGED, RequestError) as error:
        raise DataError(
            f"{path}: the statistics cannot be read: {error}",
            hint="remove the file to score again",
        ) from error
    return MetricResult(score, statistics)


def remove_score(path: Path) -> None:
    """Removes a score and the arrays beside it."""
    path.unlink(missing_ok=True)
    path.with_suffix(".npz").unlink(missing_ok=True)


def _header(document: Json, path: Path) -> Score:
    if not isinstance(document, dict):
        raise DataError(f"{path}: not a score")
    return record(Score, {k: v for k, v in document.items() if k not in _ARRAYS}, path)
