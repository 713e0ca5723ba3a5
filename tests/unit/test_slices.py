"""Scores by domain, document, original language and length."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import pytest

from mtbench.boards.slices import By, Pool, labels_by, slice_scores
from mtbench.significance import bootstrap_interval, interval_of_part
from mtbench.types import Interval, Labels
from tests.support.lexical_rows import Array, mean, mean_rows, pool_ter


def estimator(rows: Array, pool: Pool, places: Sequence[int]) -> Interval:
    return bootstrap_interval(rows, pool, resamples=200, seed=0)


LABELS = Labels(
    testset_digest="t" * 64,
    ids=("1", "2", "3", "4"),
    documents=("d1", "d1", "d2", None),
    domains=("news", "chat", "news", "chat"),
    original_languages=("en", None, "de", "en"),
    source_characters=(500, 49, 50, 120),
)


@pytest.mark.parametrize(
    "by,expected",
    [
        ("domain", ("news", "chat", "news", "chat")),
        ("document", ("d1", "d1", "d2", None)),
        ("original_language", ("en", None, "de", "en")),
        (
            "length",
            ("400+ characters", "1–49 characters", "50–99 characters", "100–199 characters"),
        ),
    ],
)
def test_labels(by: By, expected: tuple[str | None, ...]) -> None:
    assert labels_by(LABELS, by) == expected


def test_scores_are_pooled_within_a_slice() -> None:
    # TER pools edits over length: (1 + 3) / (10 + 10), not the mean of 10 % and 30 %.
    rows = {"a": np.array([[1.0, 10], [5, 10], [3, 10], [0, 5]])}
    found = slice_scores(
        rows, labels_by(LABELS, "document"), pool_ter, estimator, by="document", metric="ter"
    )
    assert found.by == "document" and found.metric == "ter" and found.unlabelled == 1
    first, second = found.slices
    assert (first.label, first.segments, first.scores[0].score) == ("d1", 2, 30.0)
    assert (second.label, second.segments, second.scores[0].score) == ("d2", 1, 30.0)
    assert first.scores[0].doubtful


def test_every_system_on_every_slice_short_lengths_first() -> None:
    systems = {"b": mean_rows([1.0, 2.0, 3.0, 4.0]), "a": mean_rows([0.0, 0.0, 0.0, 1.0])}
    found = slice_scores(systems, labels_by(LABELS, "length"), mean, estimator, by="length")
    assert [s.label.split()[0] for s in found.slices] == ["1–49", "50–99", "100–199", "400+"]
    assert [s.system for s in found.slices[0].scores] == ["b", "a"]
    assert [[x.score for x in s.scores] for s in found.slices] == [[2, 0], [3, 0], [4, 1], [1, 0]]


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="4 rows of a against 3 labels"):
        slice_scores({"a": mean_rows([1, 2, 3, 4])}, ["x"] * 3, mean, estimator, by="domain")


def test_documents_are_the_unit_of_a_slice_that_has_twenty() -> None:
    """Segments of a document are alike here, so that those of few documents say little."""
    documents = [f"d{at // 4}" for at in range(120)]
    domains = ["news"] * 80 + ["chat"] * 40  # 20 documents, and 10
    scores = [float(at // 4 % 5) for at in range(120)]
    found = slice_scores(
        {"a": mean_rows(scores)},
        domains,
        mean,
        functools.partial(interval_of_part, documents=documents, seed=0),
        by="domain",
    )
    news, chat = (part.scores[0].interval for part in found.slices)
    assert news is not None and chat is not None
    assert (news.unit, news.units, news.reliable) == ("document", 20, False)
    assert (chat.unit, chat.units, chat.reliable) == ("segment", 40, True)
    by_segment = bootstrap_interval(mean_rows(scores[:80]), mean, seed=0)
    assert news.high - news.low > 1.5 * (by_segment.high - by_segment.low)


def test_many_slices_have_scores_alone_and_the_same_ones() -> None:
    rows = mean_rows(np.random.default_rng(0).random(200))
    labels = [f"d{at // 3}" if at % 7 else None for at in range(200)]
    one_by_one = slice_scores(
        {"x": rows},
        labels,
        mean,
        functools.partial(interval_of_part, documents=(None,) * 200, seed=0),
        by="document",
    )
    at_once = slice_scores({"x": rows}, labels, mean, None, by="document")
    assert [s.label for s in at_once.slices] == [s.label for s in one_by_one.slices]
    assert [s.segments for s in at_once.slices] == [s.segments for s in one_by_one.slices]
    for a, b in zip(at_once.slices, one_by_one.slices, strict=True):
        assert a.scores[0].interval is None and b.scores[0].interval is not None
        assert a.scores[0].score == pytest.approx(b.scores[0].score)
    nothing = slice_scores({"x": rows}, [None] * 200, mean, None, by="document")
    assert (nothing.slices, nothing.unlabelled) == ((), 200)
