"""The tables of the README, made from stored results: ``python -m tests.docs.readme_tables``."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
RESULTS = ROOT / "results"
NAMES = {"en": "English", "it": "Italian", "de": "German", "fr": "French"}
MACHINE_MADE = {frozenset({"it", "de"})}
METRICS = (("bleu", "BLEU", 1), ("chrf", "chrF", 1), ("semsim", "SemSim", 3))
WMT22 = ROOT.parent / "shared" / "wmt22"

Row = Mapping[str, str]


def read_leaderboard(path: Path) -> list[dict[str, str]]:
    """Rows of a leaderboard CSV."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def bundled_table(results: Path = RESULTS) -> str:
    """What the offline systems scored on the bundled corpus."""
    rows = read_leaderboard(results / "leaderboard.csv")
    lines = [
        f"| direction | system | rank | {' | '.join(t for _, t, _ in METRICS)} | paragraphs won |",
        "|:--|:--|--:|" + "--:|" * (len(METRICS) + 1),
    ]
    for src, tgt in dict.fromkeys((row["src"], row["tgt"]) for row in rows):
        group = [row for row in rows if (row["src"], row["tgt"]) == (src, tgt)]
        wins = paragraphs_won(results, group)
        for number, row in enumerate(best_first(group)):
            name = direction(results, row) if number == 0 else ""
            scores = [cell(row[metric], decimals) for metric, _, decimals in METRICS]
            won = wins.get(row["system"])
            shown = "" if won is None else f"{won} of {row['segments']}"
            cells = [name, row["system"], row["rank"] or "–", *scores, shown]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def direction(results: Path, row: Row) -> str:
    """A direction with what a reader must know of it."""
    run = _run(results, row)
    name = f"{NAMES[row['src']]} → {NAMES[row['tgt']]}, {row['segments']} paragraphs"
    if run["test_set"]["reversed"]:
        name += ", reversed"
    if frozenset({row["src"], row["tgt"]}) in MACHINE_MADE:
        name += "; similarity of two machine-made texts"
    elif run["test_set"]["reference_origin"] == "machine":
        name += "; reference machine-made"
    return name


def best_first(group: Sequence[Row]) -> list[Row]:
    """Candidates by chrF, then the baseline."""
    return sorted(group, key=lambda r: (r["system"] == "identity", -float(r["chrf"] or 0)))


def paragraphs_won(results: Path, group: Sequence[Row]) -> dict[str, int]:
    """Candidate → paragraphs on which its chrF is the highest; of two equal ones neither wins."""
    candidates = [row for row in group if row["system"] != "identity"]
    if len(candidates) < 2:
        return {}
    scores = {row["system"]: _segment_scores(results, row) for row in candidates}
    won = dict.fromkeys(scores, 0)
    for values in zip(*scores.values(), strict=True):
        best = [name for name, value in zip(scores, values, strict=True) if value == max(values)]
        if len(best) == 1:
            won[best[0]] += 1
    return won


def _folder(results: Path, row: Row) -> Path:
    return results / row["corpus"] / f"{row['src']}-{row['tgt']}" / row["system"]


def _run(results: Path, row: Row) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads((_folder(results, row) / "run.json").read_text())
    return found


def _segment_scores(results: Path, row: Row) -> list[float]:
    (path,) = (_folder(results, row) / "scores").glob("chrf@*.json")
    found: list[float] = json.loads(path.read_text())["segment_scores"]
    return found


def cell(value: str, decimals: int) -> str:
    """A number in its customary decimals."""
    return f"{float(value):.{decimals}f}" if value else "–"


def wmt22_table(rows: Iterable[Row]) -> str:
    """BLEU and chrF of the WMT22 systems, from the leaderboard of a run over them."""
    found = {(row["src"], row["system"].split(".hyp.")[-1]): row for row in rows}
    lines = []
    for src, tgt in (("de", "fr"), ("fr", "de")):
        group = {name: row for (s, name), row in found.items() if s == src}
        if not group:
            continue
        count = int(next(iter(group.values()))["segments"])
        lines += [
            f"| {NAMES[src]} → {NAMES[tgt]} (n = {count:,}) | rank | BLEU | chrF |",
            "|:--|--:|--:|--:|",
        ]
        for name, row in sorted(group.items(), key=lambda item: -float(item[1]["chrf"])):
            cells = [name, row["rank"] or "–", cell(row["bleu"], 1), cell(row["chrf"], 1)]
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines).rstrip()


def replace(text: str, name: str, table: str) -> str:
    """The text with the table between its marks."""
    pattern = rf"(<!-- table: {name} -->\n).*?(<!-- end of table -->)"
    found, count = re.subn(
        pattern, lambda m: f"{m.group(1)}{table}\n{m.group(2)}", text, flags=re.DOTALL
    )
    if count != 1:
        raise SystemExit(f"README.md holds {count} places for the table {name!r}")
    return found


def section(text: str, name: str) -> str:
    """The table that stands between its marks."""
    match = re.search(rf"<!-- table: {name} -->\n(.*?)\n<!-- end of table -->", text, re.DOTALL)
    if match is None:
        raise SystemExit(f"README.md holds no place for the table {name!r}")
    return match.group(1)


def main() -> None:
    """Writes the tables into the README; the second one where the WMT22 data is at hand."""
    text = replace(README.read_text(encoding="utf-8"), "bundled", bundled_table())
    if WMT22.is_dir():
        from tests.support.wmt22_board import evaluate_wmt22

        text = replace(text, "wmt22", wmt22_table(evaluate_wmt22(WMT22)))
    else:
        print("no WMT22 data here: its table stays as it is", file=sys.stderr)
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
