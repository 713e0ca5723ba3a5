"""A system's scores as model repositories of the hub take them: YAML, written as JSON scalars.

``.eval_results/NAME.yaml`` is what the hub reads now, one value per task of a data set
(https://huggingface.co/docs/hub/eval-results); ``model-index`` in the front matter of a model's
README is what it read before, and what other tools still read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from mtbench.types import Json, Leaderboard, MetricInfo, Row, Table

HUB = "https://huggingface.co/datasets/"


def data_set_of(url: str) -> str | None:
    """The id of a data set of the hub, from its address.

    Example:
        >>> data_set_of("https://huggingface.co/datasets/openlanguagedata/flores_plus")
        'openlanguagedata/flores_plus'
        >>> data_set_of("https://example.org/corpus") is None
        True
    """
    parts = [part for part in url.removeprefix(HUB).split("/") if part]
    return "/".join(parts[:2]) if url.startswith(HUB) and parts else None


def to_eval_results(
    board: Leaderboard, system: str, urls: Mapping[str, str], dates: Mapping[str, str]
) -> tuple[str, list[str]]:
    """Entries of ``.eval_results``: per test set the metric that ranks, else the first.

    Args:
        board: The leaderboard.
        system: Whose scores.
        urls: Corpus → where its card says that it comes from.
        dates: ``CORPUS/SRC-TGT`` → when the system ran.

    Returns:
        The YAML, and the corpora of which the hub has no data set.
    """
    entries: list[Json] = []
    missing: list[str] = []
    for table, row in _rows(board, system):
        data_set = data_set_of(urls.get(table.corpus, ""))
        if data_set is None:
            missing.append(table.corpus)
            continue
        metric = next(m for m in [table.rank_metric, *table.metrics] if m and _scored(row, m))
        entry: dict[str, Json] = {
            "dataset": {"id": data_set, "task_id": str(table.pair)},
            "value": _rounded(row, metric),
            "evaluation_framework": "mtbench",
            "notes": _note(board.metrics.get(metric), row, metric),
        }
        if date := dates.get(f"{table.corpus}/{table.pair}", "")[:10]:
            entry["date"] = date
        entries.append(entry)
    return "".join(_item(entry) for entry in entries), list(dict.fromkeys(missing))


def to_model_index(board: Leaderboard, system: str, urls: Mapping[str, str]) -> str:
    """The ``model-index`` of a model's README: every test set and metric."""
    results: list[Json] = []
    for table, row in _rows(board, system):
        pair = str(table.pair)
        results.append(
            {
                "task": {"type": "translation", "name": f"Translation {pair}"},
                "dataset": {
                    "name": f"{table.corpus} {pair}",
                    "type": data_set_of(urls.get(table.corpus, "")) or table.corpus,
                    "config": pair,
                    "revision": row.testset_digest,
                },
                "metrics": [
                    {
                        "type": metric,
                        "name": info.title if (info := board.metrics.get(metric)) else metric,
                        "value": _rounded(row, metric),
                        "args": {"signature": row.cells[metric].signature or ""},
                    }
                    for metric in table.metrics
                    if _scored(row, metric)
                ],
            }
        )
    head = f"model-index:\n- name: {json.dumps(system, ensure_ascii=False)}\n  results:\n"
    return head + "".join(_item(result, "  ") for result in results)


def _rows(board: Leaderboard, system: str) -> Iterator[tuple[Table, Row]]:
    """Test sets with a whole score of a system."""
    for table in board.tables:
        for row in table.rows:
            if row.system == system and any(_scored(row, metric) for metric in table.metrics):
                yield table, row


def _scored(row: Row, metric: str) -> bool:
    cell = row.cells.get(metric)
    return cell is not None and cell.score is not None and not cell.partial


def _rounded(row: Row, metric: str) -> float:
    return round(row.cells[metric].score or 0.0, 6)


def _note(info: MetricInfo | None, row: Row, metric: str) -> str:
    cell = row.cells[metric]
    parts = [info.title if info else metric]
    if cell.interval is not None:
        parts.append(f"95 % interval {cell.interval.low:.4g} to {cell.interval.high:.4g}")
    return ", ".join([*parts, f"{row.segments} segments, {cell.signature}"])


def _item(entry: Json, indent: str = "") -> str:
    """An entry of a YAML list, a key per line."""
    lines = _lines(entry)
    return "".join(
        f"{indent}{'- ' if number == 0 else '  '}{line}\n" for number, line in enumerate(lines)
    )


def _lines(value: Json) -> Iterator[str]:
    if not isinstance(value, Mapping):
        raise TypeError("an entry is a mapping")
    for key, inner in value.items():
        if isinstance(inner, Mapping):
            yield f"{key}:"
            yield from (f"  {line}" for line in _lines(inner))
        elif isinstance(inner, Sequence) and not isinstance(inner, str):
            yield f"{key}:"
            for one in inner:
                yield from _item(one).splitlines()
        else:
            yield f"{key}: {json.dumps(inner, ensure_ascii=False)}"
