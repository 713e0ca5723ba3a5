"""Scores and signatures against the ``sacrebleu`` program itself."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.lexical import (
    FIRST,
    REFERENCE_A,
    REFERENCE_B,
    SECOND,
    by_segment,
    metric_of,
    rows_of,
    sacrebleu_cli,
    sacrebleu_json,
    score_of,
    view_of,
)

# Metric → options of ours, and the flags that ask the program for the same; one call a line.
CASES: list[tuple[dict[str, dict[str, Any]], str]] = [
    ({"bleu": {}, "chrf": {}, "ter": {}}, ""),
    (
        {"bleu": {"lowercase": True}, "chrf": {"lowercase": True}, "ter": {"case_sensitive": True}},
        "-lc --chrf-lowercase --ter-case-sensitive",
    ),
    (
        {"bleu": {"tokenize": "intl"}, "chrf": {"whitespace": True}, "ter": {"normalized": True}},
        "-tok intl --chrf-whitespace --ter-normalized",
    ),
    (
        {"bleu": {"tokenize": "char"}, "chrf": {"eps_smoothing": True}, "ter": {"no_punct": True}},
        "-tok char --chrf-eps-smoothing --ter-no-punct",
    ),
    (
        {
            "bleu": {"tokenize": "none"},
            "chrf": {"char_order": 4},
            "ter": {"normalized": True, "asian_support": True},
        },
        "-tok none --chrf-char-order 4 --ter-normalized --ter-asian-support",
    ),
    ({"bleu": {"tokenize": "zh"}, "chrf++": {}}, "-tok zh --chrf-word-order 2"),
    (
        {"bleu": {"smooth_method": "floor"}, "chrf": {"word_order": 1}},
        "-s floor --chrf-word-order 1",
    ),
    ({"bleu": {"smooth_method": "floor", "smooth_value": 0.01}}, "-s floor -sv 0.01"),
    ({"bleu": {"smooth_method": "add-k"}}, "-s add-k"),
    ({"bleu": {"smooth_method": "none"}}, "-s none"),
]


@pytest.mark.parametrize(
    ("texts", "streams"), [(FIRST, (REFERENCE_A,)), (SECOND, (REFERENCE_A, REFERENCE_B))]
)
@pytest.mark.parametrize(("metrics", "flags"), CASES)
def test_score_and_signature_are_those_of_the_program(
    metrics: dict[str, dict[str, Any]],
    flags: str,
    texts: Sequence[str],
    streams: Sequence[Sequence[str]],
    tmp_path: Path,
) -> None:
    names = [name.rstrip("+") for name in metrics]
    printed = sacrebleu_json(tmp_path, texts, streams, *flags.split(), "-m", *names)
    found = {result["name"].lower()[:4]: result for result in printed}
    view = view_of(by_segment(*streams))
    for name, options in metrics.items():
        metric, theirs = metric_of(name, options), found[name[:4]]
        assert score_of(metric, view, texts) == pytest.approx(theirs["score"], abs=1e-9)
        assert str(metric.signature(view)) == theirs["signature"]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("bleu", ["-m", "bleu"]),
        ("chrf", ["-m", "chrf"]),
        ("chrf++", ["-m", "chrf", "--chrf-word-order", "2"]),
        ("ter", ["-m", "ter"]),
    ],
)
def test_segment_scores_are_those_of_sentence_level(
    name: str, arguments: list[str], tmp_path: Path
) -> None:
    metric, view = metric_of(name), view_of(by_segment(REFERENCE_A, REFERENCE_B))
    printed = sacrebleu_cli(
        tmp_path, FIRST, [REFERENCE_A, REFERENCE_B], "-sl", "-b", "-w", "13", *arguments
    )
    ours = metric.segment_scores(rows_of(metric, view, FIRST))
    assert ours == pytest.approx([float(line) for line in printed.split()], abs=1e-9)


# python -m sacrebleu reference-a.txt reference-b.txt -i first.txt -w 13 -m METRIC
# (and --chrf-word-order 2 for chrf++) with sacreBLEU 2.6.0, on the texts of
# tests/support/lexical.py.
FROZEN = {
    "bleu": 58.6682337787926,
    "chrf": 68.3950399058568,
    "chrf++": 66.2322155542558,
    "ter": 38.1818181818182,
}


@pytest.mark.parametrize("name", sorted(FROZEN))
def test_scores_stay(name: str) -> None:
    view = view_of(by_segment(REFERENCE_A, REFERENCE_B))
    assert score_of(metric_of(name), view, FIRST) == pytest.approx(FROZEN[name], abs=1e-9)


@pytest.mark.parametrize(
    ("target", "package", "tokenizer", "texts", "reference"),
    [
        (
            "ja",
            "MeCab",
            "ja-mecab",
            ["今日は天気がいいです。", "明日は雨が降るでしょう。"],
            ["今日は天気がとてもいいです。", "明日は雨になるでしょう。"],
        ),
        (
            "ko",
            "mecab_ko",
            "ko-mecab",
            ["오늘은 날씨가 좋습니다.", "내일은 비가 올 것입니다."],
            ["오늘 날씨가 아주 좋습니다.", "내일은 비가 내릴 것입니다."],
        ),
        (
            "zh-Hans",
            "sacrebleu",
            "zh",
            ["北京的天气今天很好, 明天会下雨。", "他说 GDP 增长了 3.5%。"],
            ["今天北京的天气很好，明天会下雨。", "他说，GDP增长了3.5%。"],
        ),
    ],
)
def test_the_target_language_chooses_the_tokenizer(
    target: str,
    package: str,
    tokenizer: str,
    texts: list[str],
    reference: list[str],
    tmp_path: Path,
) -> None:
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    metric, view = metric_of("bleu"), view_of(by_segment(reference), target)
    metric.check(view)
    (theirs,) = sacrebleu_json(tmp_path, texts, [reference], "-m", "bleu", "-tok", tokenizer)
    assert score_of(metric, view, texts) == pytest.approx(theirs["score"], abs=1e-9)
    assert str(metric.signature(view)) == theirs["signature"]


def test_several_systems_at_once_score_as_each_alone() -> None:
    view = view_of(by_segment(REFERENCE_A, REFERENCE_B))
    for name in ("bleu", "chrf", "chrf++", "ter"):
        metric = metric_of(name)
        together = metric.prepare(view).statistics({"a": FIRST, "b": SECOND, "c": FIRST})
        assert np.array_equal(together["a"], rows_of(metric, view, FIRST))
        assert np.array_equal(together["b"], rows_of(metric, view, SECOND))
        assert np.array_equal(together["c"], together["a"])
