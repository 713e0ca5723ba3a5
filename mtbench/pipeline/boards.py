"""A results folder → its leaderboard."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mtbench.files import write_text
from mtbench.leaderboard import Entry, Ranked, build
from mtbench.pipeline.scores import belongs
from mtbench.report.csv_table import to_csv
from mtbench.results import Results
from mtbench.types import Leaderboard, Score


def board(
    results: Results,
    *,
    preferred: Mapping[str, str] | None = None,
    sort: str | None = None,
    missing: Mapping[str, str] | None = None,
) -> Leaderboard:
    """The leaderboard of everything in a results folder."""
    entries = []
    for folder in results.runs():
        run = folder.read_run()
        if run is None:
            continue
        scores, stale = [], []
        for path in folder.score_paths():
            stored = folder.read_score(path)
            if belongs(stored, run):
                scores.append(stored)
            else:
                stale.append(f"{folder.system}: {path.name} is of another output")
        entries.append(Entry(folder.system, run, tuple(scores), tuple(stale)))
    return build(entries, _ranker(results), preferred=preferred, sort=sort, missing=missing)


def _ranker(results: Results) -> Callable[[Sequence[Score], frozenset[str]], Ranked]:
    def rank(scores: Sequence[Score], baselines: frozenset[str]) -> Ranked:
        return Ranked({}, "")

    return rank


def write_leaderboard(folder: Path, found: Leaderboard) -> Path:
    """Writes ``leaderboard.csv`` and returns where it is."""
    path = folder / "leaderboard.csv"
    write_text(path, to_csv(found))
    return path
