"""MQM as Google and WMT publish it, and segment scores of mt-metrics-eval.

Raw MQM has a line per marked error with the columns ``system doc doc_id seg_id rater source target
category severity``; the marked words stand between ``<v>`` and ``</v>``. Weights are those of
Freitag et al. (2021), "Experts, Errors, and Context", TACL: non-translation 25, major 5, minor 1,
minor Fluency/Punctuation 0.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mtbench.errors import DataError
from mtbench.judgements.values import number
from mtbench.types.judgements import ErrorSpan, Judgement, JudgementFile

NON_TRANSLATION, MAJOR, MINOR, MINOR_PUNCTUATION = 25.0, 5.0, 1.0, 0.1

_RAW = {"system", "seg_id", "rater", "source", "target", "category", "severity"}
_AVERAGE = ("system", "seg_id")
_OPEN, _CLOSE = "<v>", "</v>"
_NO_ERROR = {"no-error", "no error", "neutral"}
_NONE = "None"


def is_raw(header: str) -> bool:
    """Whether a first line is the header of raw MQM."""
    return set(header.split("\t")) >= _RAW


def is_average(header: str) -> bool:
    """Whether a first line is the header of averaged MQM: ``system mqm_avg_score seg_id``."""
    words = header.split()
    return len(words) == 3 and (words[0], words[2]) == _AVERAGE and "score" in words[1]


def is_segment_scores(path: Path, first: str) -> bool:
    """Whether a file is ``.seg.score``: a system and a score per line, all segments in order."""
    return path.name.endswith(".seg.score") and len(first.split()) == 2


def weight(category: str, severity: str) -> float:
    """What an error costs.

    Args:
        category: In lower case, such as ``fluency/punctuation``.
        severity: In lower case, such as ``minor``.

    Raises:
        ValueError: If the severity is none.

    Example:
        >>> weight("fluency/punctuation", "minor"), weight("accuracy/omission", "major")
        (0.1, 5.0)
    """
    if severity in _NO_ERROR or category in _NO_ERROR:
        return 0.0
    if category.replace("-", " ").startswith("non translation"):
        return NON_TRANSLATION
    if severity in ("major", "critical"):
        return MAJOR
    if severity == "minor":
        return MINOR_PUNCTUATION if category == "fluency/punctuation" else MINOR
    raise ValueError(f"no severity: {severity!r}")


def read_raw(path: Path, lines: Sequence[tuple[int, str]]) -> JudgementFile:
    """Raw MQM → a judgement per rater, segment and system: minus the weights of its errors.

    Raises:
        DataError: With file and line.
    """
    header = lines[0][1].split("\t")
    marked: dict[tuple[str, str, str], list[tuple[str, dict[str, str]]]] = {}
    for at, line in lines[1:]:
        if not line.strip():
            continue
        fields = line.split("\t")
        if len(fields) != len(header):
            raise DataError(f"{path}:{at}: {len(fields)} fields instead of {len(header)}")
        row = dict(zip(header, fields, strict=True))
        key = (row["system"], row["seg_id"], row["rater"])
        marked.setdefault(key, []).append((f"{path}:{at}", row))
    found, odd = [], 0
    for (system, segment, rater), rows in marked.items():
        spans, cost = [], 0.0
        for where, row in rows:
            category, severity = row["category"].strip().lower(), row["severity"].strip().lower()
            try:
                cost += weight(category, severity)
            except ValueError as error:
                raise DataError(
                    f"{where}: {error}", hint="severities are major, minor and no-error"
                ) from error
            if severity not in _NO_ERROR:
                spans.append(_span(row["target"], severity, category))
                odd += spans[-1].start is None
        found.append(
            Judgement(
                segment=segment, system=system, score=-min(cost, NON_TRANSLATION), corpus=None,
                pair=None, where=rows[0][0], rater=rater, document=rows[0][1].get("doc"),
                spans=tuple(spans), text=_unmarked(rows[0][1]["target"]),
            )
        )  # fmt: skip
    notes = (f"{odd} errors are marked in the source or nowhere",) if odd else ()
    return JudgementFile(tuple(found), "mqm", "raw MQM", notes, lowest=-NON_TRANSLATION, highest=0)


def _unmarked(target: str) -> str:
    return target.replace(_OPEN, "").replace(_CLOSE, "")


def _span(target: str, severity: str, category: str) -> ErrorSpan:
    start, end = target.find(_OPEN), target.find(_CLOSE)
    if start < 0 or end < start:
        return ErrorSpan(None, None, severity, category)
    return ErrorSpan(start, end - len(_OPEN), severity, category)


def read_averages(path: Path, lines: Sequence[tuple[int, str]]) -> JudgementFile:
    """Averages over raters; ``None`` where nobody judged.

    Raises:
        DataError: With file and line.
    """
    found = []
    for at, line in lines[1:]:
        fields = line.split()
        if len(fields) not in (0, 3):
            raise DataError(f"{path}:{at}: {len(fields)} fields instead of 3")
        if fields and fields[1] != _NONE:
            found.append(_scored(fields[0], fields[2], fields[1], f"{path}:{at}", 0))
    return JudgementFile(tuple(found), "mqm", "averaged MQM", highest=0)


def read_segment_scores(path: Path, lines: Sequence[tuple[int, str]]) -> JudgementFile:
    """``.seg.score``: the segments of a system are numbered from 1 in the order of its lines.

    Raises:
        DataError: With file and line.
    """
    return JudgementFile(tuple(_numbered(path, lines)), "scores", ".seg.score")


def _numbered(path: Path, lines: Iterable[tuple[int, str]]) -> Iterator[Judgement]:
    seen: dict[str, int] = {}
    for at, line in lines:
        fields = line.split()
        if not fields:
            continue
        if len(fields) != 2:
            raise DataError(f"{path}:{at}: {len(fields)} fields instead of 2")
        seen[fields[0]] = seen.get(fields[0], 0) + 1
        if fields[1] != _NONE:
            yield _scored(fields[0], str(seen[fields[0]]), fields[1], f"{path}:{at}")


def _scored(
    system: str, segment: str, score: str, where: str, highest: float | None = None
) -> Judgement:
    return Judgement(
        segment, system, number(score, where, highest=highest), corpus=None, pair=None, where=where
    )
