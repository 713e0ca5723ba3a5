"""What is written as a leaderboard is read back as it was, whatever names hold."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from mtbench.boards.comparison import read_side
from mtbench.languages import LanguagePair
from mtbench.report.csv_table import to_csv
from mtbench.types import Cell, Leaderboard, Row, Table, TestSetFacts
from tests.support.examples import examples

NAMES = st.text(
    st.one_of(
        st.sampled_from("=+-@,;\"'ab\u2028é"),
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]),
    ),
    min_size=1,
    max_size=8,
).filter(lambda name: name == name.strip() and name[0] != "'")
SCORES = st.floats(-1e6, 1e6).map(lambda value: round(value, 6))


@settings(max_examples=examples(80), deadline=None)
@given(
    corpus=NAMES,
    systems=st.dictionaries(NAMES, st.tuples(st.none() | SCORES, SCORES), min_size=1, max_size=4),
    signature=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1).filter(
        lambda text: text[0] != "'"
    ),
)
def test_round_trip(
    corpus: str, systems: dict[str, tuple[float | None, float]], signature: str
) -> None:
    rows = tuple(
        Row(
            system=system, folder=system, segments=3, testset_digest="t", output_digest="o",
            cells={
                "bleu": Cell(score=bleu, signature=signature), "new metric": Cell(score=other),
            },
        )
        for system, (bleu, other) in systems.items()
    )  # fmt: skip
    board = Leaderboard(
        metrics={},
        tables=(
            Table(
                corpus=corpus, pair=LanguagePair.parse("en-pt-BR"),
                facts=TestSetFacts(segments=3), metrics=("bleu", "new metric"), rows=rows,
            ),
        ),
        mtbench_version="0",
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "leaderboard.csv"
        path.write_bytes(to_csv(board).encode("utf-8"))
        side = read_side(path, known_metrics=("bleu",))
    # Default metrics have columns whether or not anyone has a score.
    assert set(side.metrics) >= {"bleu", "new metric"} and not side.notes
    found = {row.system: row for row in side.rows}
    assert set(found) == set(systems)
    for system, scores in systems.items():
        row = found[system]
        assert (row.corpus, str(row.pair)) == (corpus, "en-pt-BR")
        assert (row.cells["bleu"].score, row.cells["new metric"].score) == scores
        assert row.cells["bleu"].signature == signature
