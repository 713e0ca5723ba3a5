"""Badges of systems that a metric may favour."""

from __future__ import annotations

import pytest

from mtbench.boards.favours import favours
from mtbench.languages import LanguagePair
from mtbench.types import MetricInfo, Score, SystemCard


def badges(judge: str, optimised: tuple[str, ...] = (), **card: object) -> list[str]:
    score = Score(
        metric="strict", kind="judge", info=MetricInfo(name="strict", title="S", needs=("source",)),
        signature="a:b", corpus="c", pair=LanguagePair.parse("en-it"), system="x", score=1.0,
        segments=1, output_digest="1", sources_digest="2", references_digest="3",
        testset_digest="4", notes={"judged_by": judge} if judge else {},
    )  # fmt: skip
    values = {"name": "x", "backend": "openai", "optimised_for": optimised, **card}
    return [one.badge for one in favours(SystemCard.model_validate(values), score)]


@pytest.mark.parametrize(
    ("judge", "card", "expected"),
    [
        ("gpt-4.1", {"options": {"model": "gpt-4.1"}}, ["judged by itself"]),
        ("openai/GPT-4.1", {"options": {"model": "gpt-4.1"}}, ["judged by itself"]),
        ("gpt-4.1", {"options": {"model": "gpt-4o-mini"}}, ["judged by its family"]),
        ("gpt-4.1", {"name": "GPT-4", "backend": "hypotheses"}, ["judged by its family"]),
        ("Qwen/Qwen3-8B", {"options": {"model": "qwen2.5"}}, ["judged by its family"]),
        ("gpt-4.1", {"options": {"model": "claude-3-5-sonnet"}}, []),
        ("my-model", {"options": {"model": "our-model"}}, []),
        ("my-model", {"lineage": "my-model"}, ["judged by itself"]),
        ("gpt-4.1", {"name": "one"}, []),
        ("", {"optimised_for": ["strict"]}, ["decoded for strict"]),
        ("", {"optimised_for": ["judge", "comet"]}, ["decoded for judge"]),
    ],
)
def test_badges(judge: str, card: dict[str, object], expected: list[str]) -> None:
    assert badges(judge, **card) == expected  # type: ignore[arg-type]
