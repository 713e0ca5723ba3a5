"""What holds of the lexical metrics whatever the text."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtbench.metrics.lexical import Bleu, Chrf, Ter
from mtbench.metrics.lexical_base import Lexical
from mtbench.types import Json
from tests.support.examples import examples
from tests.support.lexical import metric_of, rows_of, streams_of, view_of

WORDS = (
    *("der", "die", "und", "Haus", "Haus.", "3,5", "1.250"),
    *("l'eau", "d'un", "(ja)", "北京", "ende!", "—", "dog's,", "&amp;", "\u00a0", "\t", ""),
)
NAMES = ("bleu", "chrf", "chrf++", "ter")
VARIANTS: tuple[tuple[str, dict[str, Json]], ...] = (
    *((name, {}) for name in NAMES),
    ("bleu", {"tokenize": "intl", "lowercase": True}),
    ("bleu", {"tokenize": "zh", "smooth_method": "add-k", "max_ngram_order": 3}),
    ("chrf", {"whitespace": True, "lowercase": True, "beta": 1}),
    ("chrf++", {"eps_smoothing": True}),
    ("ter", {"normalized": True}),
    ("ter", {"normalized": True, "no_punct": True, "asian_support": True}),
    ("ter", {"case_sensitive": True, "no_punct": True}),
)

sentence = st.one_of(
    st.text(max_size=30),
    st.lists(st.sampled_from(WORDS), max_size=20).map(" ".join),
)
segments = st.lists(
    st.tuples(st.lists(sentence, min_size=1, max_size=3), sentence), min_size=1, max_size=6
)
Segments = list[tuple[list[str], str]]


@pytest.mark.parametrize(("name", "options"), VARIANTS)
@given(data=segments)
@settings(max_examples=examples(30), deadline=None)
def test_rows_and_scores_are_sacrebleus(
    name: str, options: dict[str, Json], data: Segments
) -> None:
    references = [texts for texts, _ in data]
    hypotheses = [text for _, text in data]
    metric, view = metric_of(name, options), view_of(references)
    rows = rows_of(metric, view, hypotheses)
    assert isinstance(metric, Lexical)
    theirs = metric.sacrebleu("de")
    assert rows.tolist() == theirs._extract_corpus_statistics(hypotheses, streams_of(references))
    score = theirs.corpus_score(hypotheses, streams_of(references)).score
    assert float(metric.pool(rows.sum(axis=0))) == pytest.approx(score, abs=1e-9)
    ours = str(metric.signature(view)).partition("|order:")[0].partition("|beta:")[0]
    assert ours == str(theirs.get_signature())


def test_references_of_normalized_ter_are_prepared_twice() -> None:
    """As sacreBLEU does it: "dog's," becomes "dog's ," and then "dog 's ,", a word more."""
    metric = metric_of("ter", {"normalized": True})
    rows = rows_of(metric, view_of([["the dog's, then"]]), ["the dog's, then"])
    assert rows.tolist() == [[2.0, 5.0]]


@pytest.mark.parametrize("name", NAMES)
@given(data=segments, order=st.randoms(use_true_random=False), cut=st.integers(0, 6))
@settings(max_examples=examples(40), deadline=None)
def test_parts_sum_to_the_whole_in_any_order(
    name: str, data: Segments, order: random.Random, cut: int
) -> None:
    metric = metric_of(name)

    def summed(part: Segments) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        rows = rows_of(metric, view_of([texts for texts, _ in part]), [text for _, text in part])
        return np.asarray(rows.sum(axis=0))

    whole = summed(data)
    parts = [part for part in (data[:cut], data[cut:]) if part]
    assert np.sum([summed(part) for part in parts], axis=0) == pytest.approx(whole)
    shuffled = list(data)
    order.shuffle(shuffled)
    assert summed(shuffled) == pytest.approx(whole)


@given(texts=st.lists(sentence, min_size=1, max_size=5))
@settings(max_examples=examples(30), deadline=None)
def test_the_reference_scores_the_maximum(texts: list[str]) -> None:
    texts = [*texts, "vier Wörter sind genug"]
    view = view_of([[text] for text in texts])
    for name in NAMES:
        metric = metric_of(name)
        score = float(metric.pool(rows_of(metric, view, texts).sum(axis=0)))
        assert score == pytest.approx(0.0 if name == "ter" else 100.0, abs=1e-9)


def test_three_words_have_no_maximum() -> None:
    view = view_of([["nur drei Wörter"]])
    rows = rows_of(metric_of("bleu"), view, ["nur drei Wörter"])
    assert float(metric_of("bleu").pool(rows.sum(axis=0))) == 0.0
    assert metric_of("bleu").segment_scores(rows) == pytest.approx([100.0])


counts = st.lists(st.integers(0, 12), min_size=4, max_size=4)


@given(
    correct=counts,
    more=counts,
    lengths=st.tuples(st.integers(0, 40), st.integers(0, 40)),
    method=st.sampled_from(["exp", "floor", "add-k", "none"]),
    value=st.sampled_from([None, 0.5, 2.0]),
    effective=st.booleans(),
)
@settings(max_examples=examples(150), deadline=None)
def test_pooled_bleu_is_sacrebleus_formula(
    correct: list[int],
    more: list[int],
    lengths: tuple[int, int],
    method: str,
    value: float | None,
    effective: bool,
) -> None:
    from sacrebleu.metrics.bleu import BLEU

    total = [one + other for one, other in zip(correct, more, strict=True)]
    theirs = BLEU.compute_bleu(
        list(correct), list(total), *lengths, method, value, effective_order=effective
    )
    metric = metric_of(
        "bleu", {"smooth_method": method, "smooth_value": value, "effective_order": effective}
    )
    totals = np.asarray([*lengths, *correct, *total], dtype=float)
    assert float(metric.pool(totals)) == pytest.approx(theirs.score, abs=1e-9)


@given(
    triples=st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)), min_size=6, max_size=6
    ),
    beta=st.integers(1, 3),
    eps=st.booleans(),
)
@settings(max_examples=examples(150), deadline=None)
def test_pooled_chrf_is_sacrebleus_formula(
    triples: list[tuple[int, int, int]], beta: int, eps: bool
) -> None:
    from sacrebleu.metrics.chrf import CHRF

    flat = [
        number
        for ours, theirs, both in triples
        for number in (ours, theirs, min(ours, theirs, both))
    ]
    score = CHRF(beta=beta, eps_smoothing=eps)._compute_score_from_stats(flat).score
    metric = metric_of("chrf", {"beta": beta, "eps_smoothing": eps})
    assert float(metric.pool(np.asarray(flat, dtype=float))) == pytest.approx(score, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "width"), [("bleu", 10), ("chrf", 18), ("chrf++", 24), ("ter", 2)]
)
def test_pooling_goes_over_all_leading_axes(name: str, width: int) -> None:
    metric = metric_of(name)
    totals = np.random.default_rng(7).integers(0, 30, size=(5, 3, width)).astype(float)
    pooled = metric.pool(totals)
    assert pooled.shape == (5, 3)
    for at in np.ndindex(5, 3):
        assert pooled[at] == metric.pool(totals[at])
    assert metric.pool(np.zeros((2, width))).tolist() == [0.0, 0.0]


def test_translation_edit_rate_without_a_word_of_reference() -> None:
    assert metric_of("ter").pool(np.asarray([[0.0, 0.0], [2.0, 0.0], [3.0, 2.0]])).tolist() == [
        0.0,
        100.0,
        150.0,
    ]


def test_every_metric_declares_itself() -> None:
    for kind in (Bleu, Chrf, Ter):
        metric = kind(kind.Options(), metric_of("bleu").runtime)
        assert metric.info.segment_level == "indicative"
        assert metric.info.needs == ("reference",)
        assert metric.info.licence and metric.info.reference and metric.info.description
    assert not metric_of("ter").info.higher_is_better
    assert metric_of("ter").info.bounds is None
