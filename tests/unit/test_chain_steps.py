"""What a chain asks its steps for: in which groups, and what never twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pytest

from mtbench.backends.chain import Chain
from mtbench.backends.chain_steps import StepCaller
from mtbench.errors import BackendError, SegmentError, TransientError, UnusableAnswer
from mtbench.languages import LanguagePair
from mtbench.plugins import Backend
from mtbench.stages.translation import plan, translate
from mtbench.types import Finished, Runtime, Source, Translation

EN_IT = LanguagePair.parse("en-it")
Batching = Literal["free", "single", "document", "whole"]


class Step(Backend):
    """Notes what it is asked; raises what is set against a text, so many times."""

    def __init__(self, batching: Batching, *, by_id: bool = False) -> None:
        super().__init__(Backend.Options(), EN_IT, Runtime())
        self.batching = batching
        self.by_id = by_id
        self.calls: list[str] = []
        self.raises: dict[str, list[BackendError]] = {}

    def translate(self, batch: Sequence[Source]) -> list[Translation | SegmentError | str]:
        self.calls.append("".join(source.text for source in batch))
        for source in batch:
            if self.raises.get(source.text):
                raise self.raises[source.text].pop(0)
        return [source.text.upper() for source in batch]


def sources(*documents: str) -> list[Source]:
    """Sources of one letter each; a word is a document."""
    return [
        Source(id=letter, text=letter, document=document)
        for document in documents
        for letter in document
    ]


def shown(answers: Sequence[Translation | SegmentError]) -> str:
    return "".join(a.text if isinstance(a, Translation) else "-" for a in answers)


@pytest.mark.parametrize(
    ("batching", "groups"),
    [
        ("free", ["abcde"]),
        ("single", ["a", "b", "c", "d", "e"]),
        ("document", ["ab", "cde"]),
        ("whole", ["abcde"]),
    ],
)
def test_a_step_is_given_what_its_batching_asks_for(batching: Batching, groups: list[str]) -> None:
    step = Step(batching)
    assert shown(StepCaller(step)(sources("ab", "cde"), 5)) == "ABCDE"
    assert step.calls == groups


@pytest.mark.parametrize(
    ("batching", "by_id", "expected", "asked"),
    [
        ("free", False, "ABC-E", ["abcde", "a", "b", "c", "d", "e"]),
        ("single", False, "ABC-E", ["a", "b", "c", "d", "e"]),
        ("document", False, "AB---", ["ab", "cde"]),
        ("document", True, "ABC-E", ["ab", "cde", "c", "d", "e"]),
    ],
)
def test_a_failure_that_is_raised_reaches_no_further_than_it_must(
    batching: Batching, by_id: bool, expected: str, asked: list[str]
) -> None:
    step = Step(batching, by_id=by_id)
    step.raises["d"] = [SegmentError("no")] * 9
    assert shown(StepCaller(step)(sources("ab", "cde"), 5)) == expected
    assert step.calls == asked


def test_an_unusable_answer_is_put_up_with_a_few_times() -> None:
    for times, expected in [(2, "ABC"), (3, "A-C")]:
        step = Step("single")
        step.raises["b"] = [UnusableAnswer("empty")] * times
        assert shown(StepCaller(step)(sources("abc"), 3)) == expected
        assert step.calls == ["a", "b", "b", "b", "c"]


def test_what_fails_the_whole_batch_is_for_the_stage_to_judge() -> None:
    for batching in ("single", "document", "whole"):
        step = Step(batching)
        step.raises["a"] = [UnusableAnswer("empty")]
        caller = StepCaller(step)
        with pytest.raises(UnusableAnswer):
            caller(sources("a"), 1)
        assert shown(caller(sources("a"), 1)) == "A"


def test_a_free_step_is_given_no_more_at_once_than_it_likes() -> None:
    step = Step("free")
    step.preferred_batch = 2
    assert shown(StepCaller(step)(sources("abcde"), 5)) == "ABCDE"
    assert step.calls == ["ab", "cd", "e"]


def test_after_a_break_the_rest_is_asked_for() -> None:
    step = Step("single")
    step.raises["c"] = [TransientError("busy")]
    caller, given = StepCaller(step), sources("abcd")
    with pytest.raises(TransientError):
        caller(given, 4)
    assert shown(caller(given, 4)) == "ABCD"
    assert step.calls == ["a", "b", "c", "c", "d"]
    caller.forget(given)
    caller(given[:1], 1)
    assert step.calls[-1] == "a"


def test_answers_of_a_free_step_are_good_in_any_batch() -> None:
    step = Step("free")
    caller, given = StepCaller(step), sources("abcd")
    caller(given[:3], 3)
    assert shown([*caller(given[1:2], 1), *caller(given, 4)]) == "BABCD"
    assert step.calls == ["abc", "d"]
    document = Step("document")
    caller = StepCaller(document)
    caller(given, 4)
    caller(given[:3], 3)
    assert document.calls == ["abcd", "abc"]


def chain_of(*steps: Step) -> Chain:
    options = Chain.Options(steps=("identity:",) * len(steps), via=("es",) * (len(steps) - 1))
    found = Chain(options, EN_IT, Runtime())
    found.steps = list(steps)
    found.batching = "document"
    return found


def test_a_batch_that_is_given_up_costs_the_first_step_nothing_more() -> None:
    """Five tries of the second step, and the first was asked once."""
    first, second = Step("document"), Step("single")
    second.raises["B"] = [TransientError("busy", retry_after=0, answered=True)] * 5
    found: dict[str, Finished] = {}
    given = sources("abc", "de")
    with chain_of(first, second) as chain:
        translate(
            plan(given, chain, Runtime(), frozenset()),
            chain,
            lambda batch: found.update((f.hypothesis.id, f) for f in batch),
            sleep=lambda _: None,
        )
    assert first.calls == ["abc", "de"]
    assert second.calls == ["A", *["B"] * 5, "D", "E"]
    assert [found[name].hypothesis.text for name in "abcde"] == [None, None, None, "D", "E"]


def test_a_step_that_answers_for_fewer_is_named() -> None:
    class Short(Step):
        def translate(self, batch: Sequence[Source]) -> list[Translation | SegmentError | str]:
            return []

    with pytest.raises(BackendError, match="step Short of the chain gave 0 translations for 2"):
        StepCaller(Short("free"))(sources("ab"), 2)
