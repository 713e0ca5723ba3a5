"""Each suspicion: found where it is, not found where it is not."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from mtbench.boards.suspicion import (
    Evidence,
    exact_matches,
    hygiene,
    metric_disagreement,
    optimised,
    plain_spelling,
    reference_affinity,
    robust_z,
    seen_in_training,
    suspicions,
    twins,
)
from mtbench.types import SystemCard, TestSetFacts
from mtbench.types.findings import Suspicion

LONG = "one two three four five six seven eight"


def evidence(
    outputs: Mapping[str, Sequence[str]], references: Sequence[str], **more: Any
) -> Evidence:
    """What is known of a small test set."""
    count = len(references)
    given: dict[str, Any] = {
        "ids": tuple(f"s{i}" for i in range(count)),
        "sources": ("",) * count,
        "references": tuple((r,) for r in references),
        "outputs": outputs,
        "cards": {name: SystemCard(name=name, backend="identity") for name in outputs},
        "facts": TestSetFacts(segments=count),
        "scores": {},
        "segment_scores": {},
        "higher_is_better": {},
        "normalised": {},
    }
    return Evidence(**(given | more))


def test_robust_z_by_hand() -> None:
    # Median 3, absolute deviations 2 1 0 1 97: their median is 1.
    found = robust_z({"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0, "e": 100.0})
    assert found["e"] == pytest.approx(97 / 1.4826)
    assert found["c"] == 0.0
    assert robust_z({"a": 5.0, "b": 5.0}) == {"a": 0.0, "b": 0.0}


def test_exact_matches_count_long_segments_alone() -> None:
    known = evidence({"a": [LONG, "short", LONG]}, [LONG, "short", f"{LONG} nine"])
    assert exact_matches(known) == {"a": (1, 2)}


@pytest.mark.parametrize(("systems", "found"), [(6, ["odd"]), (5, [])])
def test_reference_affinity_needs_six_systems(systems: int, found: list[str]) -> None:
    references = [f"{LONG} {i}" for i in range(20)]
    outputs = {f"m{i}": [f"{i} {r}" for r in references] for i in range(systems - 1)}
    outputs["odd"] = references
    chrf = {name: 60.0 + i / 10 for i, name in enumerate(outputs)} | {"odd": 90.0}
    known = evidence(outputs, references, scores={"chrf": chrf})
    assert [f.systems[0] for f in reference_affinity(known)] == found
    if found:
        (finding,) = reference_affinity(known)
        assert "20 of 20" in finding.evidence
        assert "weak" in finding.evidence


def test_a_better_system_without_exact_matches_is_not_suspect() -> None:
    references = [f"{LONG} {i}" for i in range(20)]
    outputs = {f"m{i}": [f"{i} {r}" for r in references] for i in range(7)}
    chrf = {name: 60.0 + i / 10 for i, name in enumerate(outputs)} | {"m6": 90.0}
    assert not reference_affinity(evidence(outputs, references, scores={"chrf": chrf}))


def test_twins() -> None:
    references = [LONG] * 4
    same = [f"{LONG} {i}" for i in range(4)]
    known = evidence(
        {"a": same, "b": [*same[:2], "x " + LONG, "y " + LONG], "c": ["no"] * 4}, references
    )
    (finding,) = twins(known)
    assert finding.systems == ("a", "b")
    assert "2 of them word for word" in finding.evidence


def test_twins_may_differ_in_a_letter() -> None:
    texts = [f"{LONG} nine ten {i}" for i in range(4)]
    known = evidence({"a": texts, "b": [text.replace("one", "One") for text in texts]}, texts)
    (finding,) = twins(known)
    assert finding.evidence == (
        "4 of 4 long segments are the same in 9 of 10 characters or more, 0 of them word for word"
    )
    reworded = [" ".join(reversed(text.split())) for text in texts]
    assert not twins(evidence({"a": texts, "b": reworded}, texts))


def test_texts_without_spaces_are_compared_by_their_letters() -> None:
    texts = [f"我们今天早上在市场旁边的新桥上见面{'一二三四'[i]}" for i in range(4)]
    (finding,) = twins(evidence({"a": texts, "b": texts}, texts))
    assert "4 of 4" in finding.evidence
    assert exact_matches(evidence({"a": texts}, texts)) == {"a": (4, 4)}


def test_twins_among_short_segments_are_not_looked_for_and_that_is_said() -> None:
    short = ["桥", "no", "yes"]
    found = suspicions(evidence({"a": short, "b": short}, short))
    assert "twins and exact matches: no segment has 8 words or more" in found.unexamined


def test_metrics_that_disagree_on_two_systems_name_segments() -> None:
    n = 30
    high, low = np.linspace(60, 70, n), np.linspace(50, 61, n)
    known = evidence(
        {"a": ["x"] * n, "b": ["y"] * n},
        ["z"] * n,
        segment_scores={"chrf": {"a": high, "b": low}, "ter": {"a": high, "b": low}},
        higher_is_better={"chrf": True, "ter": False},
    )
    (finding,) = metric_disagreement(known)
    assert finding.systems == ("a", "b")
    assert len(finding.segments) == 5
    agreeing = evidence(
        {"a": ["x"] * n, "b": ["y"] * n},
        ["z"] * n,
        segment_scores={"chrf": {"a": high, "b": low}, "bleu": {"a": high, "b": low}},
        higher_is_better={"chrf": True, "bleu": True},
    )
    assert not metric_disagreement(agreeing)


def test_hygiene_names_who_changes_places_by_it() -> None:
    def found(before: dict[str, float], after: dict[str, float]) -> list[Suspicion]:
        texts = {name: ["x"] for name in before}
        return hygiene(evidence(texts, ["x"], scores={"bleu": before}, normalised={"bleu": after}))

    before = {"a": 40.0, "b": 41.0, "c": 39.0}
    (finding,) = found(before, {"a": 41.0, "b": 42.0, "c": 47.0})
    assert finding.systems == ("c",)
    assert "+8.0" in finding.evidence and "change places with a, b" in finding.evidence
    # Who is first stays first, however far it moves; alone, there is nobody to change places with.
    assert not found(before, {"a": 41.0, "b": 48.0, "c": 40.0})
    (alone,) = found({"a": 40.0}, {"a": 41.0})
    assert "change places" not in alone.evidence


def test_plain_spelling() -> None:
    assert plain_spelling("Cafe\u0301  « oui » – ‘non’") == "Café \" oui \" - 'non'"


def test_cards_tell_what_is_optimised_and_what_was_seen() -> None:
    card = SystemCard(
        name="a",
        backend="hf",
        optimised_for=("comet", "bleurt"),
        training_cutoff=datetime.date(2023, 1, 1),
    )
    known = evidence(
        {"a": ["x"]},
        ["x"],
        cards={"a": card},
        facts=TestSetFacts(segments=1, date=datetime.date(2022, 1, 30)),
        scores={"comet": {"a": 0.8}},
    )
    (marked,) = optimised(known)
    assert "comet" in marked.evidence
    (seen,) = seen_in_training(known)
    assert "2022-01-30" in seen.evidence
    found = suspicions(known)
    assert {f.kind for f in found.findings} == {"optimised for a metric", "seen in training"}


def test_what_was_not_looked_at_is_said() -> None:
    known = evidence({"a": [LONG], "b": [LONG]}, [LONG])
    assert suspicions(known).unexamined == (
        "reference affinity: among 2 systems nothing can stand out; it takes 6",
        "training data: the corpus's card has no date",
    )
    dated = TestSetFacts(segments=1, date=datetime.date(2022, 1, 30))
    known = evidence({"b": [LONG], "a": [LONG]}, [LONG], facts=dated)
    known = dataclasses.replace(known, references=((),))
    assert suspicions(known).unexamined == (
        "reference affinity and text hygiene: the references are not at hand",
        "training data: no training_cutoff in the cards of a, b",
    )
    many = evidence({f"s{n}": [LONG] for n in range(6)}, [LONG], facts=dated)
    assert "reference affinity: not all systems have a score by chrf or bleu" in (
        suspicions(many).unexamined
    )
