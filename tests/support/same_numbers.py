"""Says whether two leaderboards hold the same numbers.

``python -m tests.support.same_numbers A.csv B.csv``.

Outputs of engines are compared by digest and lexical scores to the last of six decimals; scores of
neural metrics, whose last digits depend on the processor, to 0.0005.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

KEY = ("corpus", "src", "tgt", "system")
IGNORED = ("seconds_per_segment", "mtbench_version")
NEURAL = ("comet", "semsim")
NEURAL_TOLERANCE = 5e-4

Row = dict[str, str]


def rows(path: Path) -> dict[tuple[str, ...], Row]:
    """Rows of a leaderboard by corpus, pair and system."""
    with path.open(encoding="utf-8", newline="") as stream:
        return {tuple(row[k] for k in KEY): row for row in csv.DictReader(stream)}


def differences(expected: Row, found: Row) -> list[str]:
    """Columns that differ, each with both values."""
    return [
        f"{column}: {value!r} became {found.get(column)!r}"
        for column, value in expected.items()
        if column not in IGNORED and not _same(column, value, found.get(column, ""))
    ]


def _same(column: str, a: str, b: str) -> bool:
    if a == b:
        return True
    if column.startswith(NEURAL) and not column.endswith("_signature") and a and b:
        return abs(float(a) - float(b)) <= NEURAL_TOLERANCE
    return False


def main(expected_path: str, found_path: str) -> int:
    expected, found = rows(Path(expected_path)), rows(Path(found_path))
    common = [key for key in expected if key in found]
    wrong = {key: differences(expected[key], found[key]) for key in common}
    wrong = {key: lines for key, lines in wrong.items() if lines}
    for key, lines in wrong.items():
        print(f"differs from {expected_path}: {' '.join(key)}: {'; '.join(lines[:3])}")
    for key in expected:
        if key not in found:
            print(f"not in this run: {' '.join(key)}")
    new = [key for key in found if key not in expected]
    if new:
        print(f"{len(new)} rows more than in {expected_path}")
    if wrong or not common:
        print(f"{len(wrong)} of {len(common)} rows differ from the committed ones")
        print("(another version of an engine translates otherwise: compare run.json of both)")
        return 1
    print(f"all {len(common)} rows hold the committed numbers")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
