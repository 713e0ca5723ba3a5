"""Whatever stands in texts and constraints, integrity looks at it; what is kept is kept."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from mtbench.languages import LanguagePair
from mtbench.plugins import make_metric
from mtbench.types import Constraints, LengthLimit, Runtime, ScoringView
from tests.support.examples import examples

PIECES = st.sampled_from(
    ["%s", "%1$d", "{0}", "{n, plural, one {x} other {y}}", "<b>", "</b>", '<a href="x">', "12",
     "1,250.5", "3 pm", "https://a.org/x", "[x](y)", "`code`", "\n", "1:30",
     '{"a": "b"}', "[1, 2]", "&amp;",
     "_O", "%", "{", "}", "<", "]", "１２", "١٢", "万", "İ", "\u200f", "\0"]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=6), max_size=8).map("".join)
NAMES = st.text(min_size=1, max_size=5).filter(lambda name: bool(name.strip()))
ASKED = st.none() | st.builds(
    Constraints,
    terms=st.dictionaries(NAMES, st.lists(NAMES, min_size=1, max_size=2).map(tuple), max_size=2),
    do_not_translate=st.lists(NAMES, max_size=2).map(tuple),
    length=st.none() | st.builds(LengthLimit, max=st.integers(1, 30)),
)


@settings(max_examples=examples(200), deadline=None)
@given(
    st.lists(st.tuples(TEXTS, TEXTS, ASKED), min_size=1, max_size=4),
    st.sampled_from(["en-de", "en-zh", "de-ar", "en-tr", "ja-en", "en-ka"]),
)
def test_every_text_is_looked_at(
    rows: list[tuple[str, str, Constraints | None]], pair: str
) -> None:
    view = ScoringView(
        pair=LanguagePair.parse(pair),
        ids=tuple(map(str, range(len(rows)))),
        sources=tuple(source for source, _, _ in rows),
        references=None,
        documents=("d",) * len(rows),
        constraints=tuple(asked for _, _, asked in rows),
    )
    scorer = make_metric("integrity", {}, Runtime()).prepare(view)
    found = scorer.statistics({"x": [text for _, text, _ in rows]})["x"]
    evidence, notes = dict(scorer.annotations("x")), dict(scorer.notes("x"))
    json.dumps([evidence, notes])
    assert {name for name, row in zip(view.ids, found, strict=True) if row[0] == 0} == set(evidence)
    for counts in notes["kinds"].values():
        assert 0 <= counts["kept"] <= counts["things"]
        assert counts["intact"] <= counts["segments"]


@settings(max_examples=examples(200), deadline=None)
@given(TEXTS)
def test_a_copy_keeps_all_that_stands_in_its_source(text: str) -> None:
    view = ScoringView(pair=LanguagePair.parse("en-de"), ids=("a",), sources=(text,),
                       references=None, documents=(None,))  # fmt: skip
    scorer = make_metric("integrity", {}, Runtime()).prepare(view)
    assert scorer.statistics({"x": [text]})["x"].tolist() == [[100.0, 1.0]], scorer.annotations("x")
