from __future__ import annotations

import importlib.util
from collections.abc import Sequence

import numpy as np
import pytest

from mtbench.errors import DataError, MetricError, RequestError
from mtbench.metrics import lexical_scorer
from mtbench.metrics.counters import BleuCounter, Counter, TerCounter
from mtbench.metrics.lexical_base import Lexical, make_counter
from mtbench.metrics.lexical_scorer import sample_of, within_budget
from mtbench.plugins import Array
from mtbench.types import Signature
from tests.support.lexical import (
    FIRST,
    REFERENCE_A,
    REFERENCE_B,
    SECOND,
    by_segment,
    metric_of,
    rows_of,
    score_of,
    view_of,
)

NAMES = ("bleu", "chrf", "chrf++", "ter")


def make(name: str) -> Lexical:
    metric = metric_of(name)
    assert isinstance(metric, Lexical)
    return metric


@pytest.mark.parametrize("name", NAMES)
def test_counts_must_agree(name: str) -> None:
    scorer = make(name).prepare(view_of([["a"], ["b"], ["c"]]))
    with pytest.raises(DataError, match=r"sys has 2 hypotheses for 3 segments.* s3"):
        scorer.statistics({"good": ["a", "b", "c"], "sys": ["a", "b"]})
    with pytest.raises(DataError, match="sys has 4 hypotheses for 3 segments"):
        scorer.statistics({"sys": ["a", "b", "c", "d"]})


@pytest.mark.parametrize("name", NAMES)
def test_a_segment_without_reference_is_named(name: str) -> None:
    view = view_of([["a"], [], ["c"]])
    for ask in (make(name).check, make(name).prepare):
        with pytest.raises(RequestError, match="s2 has none"):
            ask(view)


def test_no_references_and_no_segments_are_refused() -> None:
    nothing = view_of([["a"]]).model_copy(update={"references": None})
    with pytest.raises(RequestError, match="needs references"):
        make("chrf").check(nothing)
    with pytest.raises(RequestError, match="without segments"):
        make("chrf").check(view_of([]))


def test_a_hypothesis_must_be_text() -> None:
    with pytest.raises(DataError, match="s2 is not a text: None"):
        make("bleu").prepare(view_of([["a"], ["b"]])).statistics(
            {"sys": ["a", None]}  # type: ignore[list-item]
        )


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_hypothesis_counts_as_empty(name: str) -> None:
    metric, view = make(name), view_of([["das ist ein Haus"], ["und ein Baum"]])
    scorer = metric.prepare(view)
    found = scorer.statistics({"sys": ["das ist ein Haus", ""], "other": [" ", "x"]})
    worst = 100.0 if name == "ter" else 0.0
    assert metric.segment_scores(found["sys"])[1] == worst
    assert scorer.notes("sys")["empty_hypotheses"] == 1
    assert scorer.notes("other")["empty_hypotheses"] == 1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "text", ["zwei\nZeilen hier drin", "a\u2028b c\x85d", "\ud800 allein", "\0"]
)
def test_odd_text_scores_as_sacrebleu_scores_it(name: str, text: str) -> None:
    metric, texts = make(name), [text, "zwei Zeilen"]
    streams = [["zwei Zeilen hier drin", text], [text, "eine"]]
    theirs = metric.sacrebleu("de").corpus_score(texts, streams).score
    ours = score_of(metric, view_of(by_segment(*streams)), texts)
    assert ours == pytest.approx(theirs, abs=1e-9)


def test_half_a_character_is_refused_where_a_tokenizer_cannot_read_it() -> None:
    if importlib.util.find_spec("MeCab") is None:
        pytest.skip("MeCab is not installed")
    scorer = make("bleu").prepare(view_of([["今日"], ["明日"]], "ja"))
    with pytest.raises(DataError, match="sys: the text of s2 is no Unicode"):
        scorer.statistics({"sys": ["今日", "明\ud800"]})
    with pytest.raises(DataError, match="the references: the text of s1"):
        make("bleu").prepare(view_of([["\ud800"]], "ja")).statistics({"sys": ["今日"]})


@pytest.mark.parametrize("name", NAMES)
def test_numbers_of_references_may_vary(name: str) -> None:
    references = [
        (a, b)[: 1 + at % 2] for at, (a, b) in enumerate(by_segment(REFERENCE_A, REFERENCE_B))
    ]
    metric, view = make(name), view_of(references)
    assert metric.signature(view).get("nrefs") == "var"
    rows = rows_of(metric, view, FIRST)
    for at, texts in enumerate(references):
        alone = rows_of(metric, view_of([texts]), [FIRST[at]])
        assert rows[at].tolist() == alone[0].tolist()


def test_signatures_are_read_again_and_carry_what_sacrebleu_leaves_out() -> None:
    view = view_of(by_segment(REFERENCE_A))
    plain = metric_of("bleu").signature(view)
    assert Signature.parse(str(plain)) == plain
    assert str(metric_of("bleu", {"max_ngram_order": 3}).signature(view)) == f"{plain}|order:3"
    chrf = metric_of("chrf").signature(view)
    assert str(metric_of("chrf", {"beta": 1}).signature(view)) == f"{chrf}|beta:1"
    assert str(metric_of("chrf++").signature(view)) == str(chrf).replace("nw:0", "nw:2")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("bleu", {"tokenize": "moses"}),
        ("bleu", {"tokenise": "13a"}),
        ("bleu", {"max_ngram_order": 0}),
        ("spbleu", {"tokenize": "13a"}),
        ("chrf", {"beta": 0}),
        ("chrf++", {"word_order": 0}),
        ("ter", {"lowercase": True}),
    ],
)
def test_options_that_do_not_hold(name: str, options: dict[str, object]) -> None:
    with pytest.raises(RequestError, match=f"metric {name}".replace("+", r"\+")):
        metric_of(name, options)


def test_a_count_that_is_not_sacrebleus_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = BleuCounter.count

    def wrong(self: BleuCounter, *block: Sequence[Sequence[str]]) -> Array:
        rows = right(self, *block)
        rows[:, 2] += 1
        return rows

    monkeypatch.setattr(BleuCounter, "count", wrong)
    with pytest.raises(MetricError, match="bleu of sys is not sacreBLEU's"):
        make("bleu").prepare(view_of(by_segment(REFERENCE_A))).statistics({"sys": FIRST})


@pytest.mark.parametrize("name", NAMES)
def test_progress_reaches_all_segments_of_all_systems(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lexical_scorer, "BLOCK", 3)
    steps: list[int] = []
    scorer = make(name).prepare(view_of(by_segment(REFERENCE_A)))
    found = scorer.statistics({"a": FIRST, "b": SECOND, "c": FIRST}, steps.append)
    assert sum(steps) == 3 * len(FIRST)
    assert len(steps) == 3
    assert all(len(rows) == len(FIRST) for rows in found.values())


def test_equal_hypotheses_are_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[str] = []
    right = TerCounter.count

    def watched(
        self: TerCounter, references: Sequence[Sequence[str]], hypotheses: Sequence[Sequence[str]]
    ) -> Array:
        counted.extend(text for texts in hypotheses for text in texts)
        return right(self, references, hypotheses)

    monkeypatch.setattr(TerCounter, "count", watched)
    make("ter").prepare(view_of(by_segment(REFERENCE_A))).statistics(
        {"a": FIRST, "b": FIRST, "c": SECOND}
    )
    assert sorted(counted) == sorted([*FIRST, *SECOND])


@pytest.mark.parametrize("name", NAMES)
def test_other_processes_count_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    metric, view = make(name), view_of(by_segment(REFERENCE_A, REFERENCE_B) * 20)
    outputs = {"a": FIRST * 20, "b": SECOND * 20}
    here = metric.prepare(view).statistics(outputs)
    monkeypatch.setattr("mtbench.engine.work.TRIAL", 0.0)
    monkeypatch.setattr("mtbench.engine.work.WORTH_IT", 0.0)
    monkeypatch.setattr("mtbench.engine.local.available_processes", lambda: 2)
    there = metric.prepare(view).statistics(outputs)
    for system in outputs:
        assert np.array_equal(here[system], there[system])


def test_a_counter_is_made_from_plain_data() -> None:
    counter = make_counter("mtbench.metrics.lexical:Chrf", {"char_order": 2}, "de")
    assert isinstance(counter, Counter)
    assert counter(([["ab"]], [["ab", "b"]])).tolist() == [
        [2, 2, 2, 1, 1, 1],
        [1, 2, 1, 0, 1, 0],
    ]


def test_a_very_long_segment_is_counted_too() -> None:
    # More different characters than fit into one integer six times over: sacreBLEU counts it.
    long = "".join(chr(0x4E00 + number) for number in range(900))
    metric, view = make("chrf"), view_of([[long], ["kurz"], [long[::-1]]], "zh")
    texts = [long[:500], "kurz", long[::-1]]
    rows = rows_of(metric, view, texts)
    theirs = metric.sacrebleu("zh")._extract_corpus_statistics(texts, [[long, "kurz", long[::-1]]])
    assert rows.tolist() == theirs


@pytest.mark.parametrize("name", NAMES)
def test_large_blocks_are_counted_in_parts(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    metric, view = make(name), view_of(by_segment(REFERENCE_A, REFERENCE_B))
    whole = rows_of(metric, view, FIRST)
    monkeypatch.setattr("mtbench.metrics.counters.LARGEST", 500)
    assert np.array_equal(rows_of(metric, view, FIRST), whole)


def test_no_systems_no_statistics() -> None:
    assert make("bleu").prepare(view_of([["a"]])).statistics({}) == {}


@pytest.mark.parametrize(("count", "wanted"), [(3, 16), (16, 16), (17, 16), (2000, 16)])
def test_samples_are_spread_and_stay_inside(count: int, wanted: int) -> None:
    for offset in range(5):
        found = sample_of(count, wanted, offset)
        assert found == sorted(set(found))
        assert found[0] >= 0 and found[-1] < count
        assert len(found) == min(count, wanted)


def test_long_segments_do_not_make_the_check_long(monkeypatch: pytest.MonkeyPatch) -> None:
    assert within_budget({0: 0.3, 5: 9.0, 7: 0.1, 9: 0.2}, 0.5) == [0, 7]
    assert within_budget({0: 30.0, 5: 9.0}, 0.5) == [5]
    long = " ".join(f"wort{number % 40}" for number in range(400))
    checked: list[int] = []
    right = lexical_scorer.within_budget

    def watched(seconds: dict[int, float], budget: float) -> list[int]:
        checked.extend(right(seconds, budget))
        return right(seconds, budget)

    monkeypatch.setattr(lexical_scorer, "within_budget", watched)
    view = view_of([[long], ["ein Haus am See"], [long]])
    rows = rows_of(make("ter"), view, [long[9:], "am See ein Haus", long])
    assert rows[1:].tolist() == [[1.0, 4.0], [0.0, 400.0]]
    assert checked == [1]
