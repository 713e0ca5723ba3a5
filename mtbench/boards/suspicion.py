"""What makes a leaderboard's numbers suspect; no finding changes a score.

Each finding comes with its evidence and a sentence on what to do.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mtbench.health.likeness import find_likeness
from mtbench.plugins import METRICS, likeness_metrics
from mtbench.text.scripts import has_words, unspaced_letters
from mtbench.types import SystemCard, TestSetFacts
from mtbench.types.findings import Suspicion, Suspicions

Array = NDArray[np.float64]
ENOUGH_SYSTEMS = 6  # below that nothing can stand out
WEAK_SYSTEMS = 10  # below that standing out says little
LONG = 8  # words from which on an exact match is no accident; without spaces 16 letters
OUTLYING = 3.5  # robust z (Iglewicz & Hoaglin 1993)
TWIN_SHARE = 0.5  # of the long segments; unrelated systems of WMT22 reach 0.29
NEARLY = 0.9  # of the characters
MOVED = 0.2  # points of a lexical score that hygiene alone may move

_ASK = (
    "Ask how the reference came to be: one that was post-edited from this system, or that the "
    "system has seen, looks the same. Rank by a second reference or a reference-free metric."
)
_QUOTES = str.maketrans(
    {**dict.fromkeys("“”„«»‟″", '"'), **dict.fromkeys("‘’‚‹›‛′", "'"), "–": "-", "—": "-"}
)


@dataclass(frozen=True)
class Evidence:
    """What is known of one test set.

    Attributes:
        ids: Segment ids.
        sources: Their texts; empty where they are not at hand.
        references: For each segment its references.
        outputs: Candidate → hypotheses.
        cards: Candidate → its card.
        facts: Of the test set.
        scores: Metric → candidate → system score.
        segment_scores: Metric → candidate → array of shape (n,).
        higher_is_better: Metric → its direction.
        normalised: Lexical metric → candidate → its score on normalised text.
    """

    ids: tuple[str, ...]
    sources: Sequence[str]
    references: Sequence[tuple[str, ...]]
    outputs: Mapping[str, Sequence[str]]
    cards: Mapping[str, SystemCard]
    facts: TestSetFacts
    scores: Mapping[str, Mapping[str, float]]
    segment_scores: Mapping[str, Mapping[str, Array]]
    higher_is_better: Mapping[str, bool]
    normalised: Mapping[str, Mapping[str, float]]


def suspicions(known: Evidence) -> Suspicions:
    """Everything suspect about one test set's table."""
    findings = (
        *reference_itself(known),
        *reference_affinity(known),
        *twins(known),
        *metric_disagreement(known),
        *optimised(known),
        *hygiene(known),
        *seen_in_training(known),
    )
    return Suspicions(findings=findings, unexamined=tuple(_unexamined(known)))


def _unexamined(known: Evidence) -> Iterator[str]:
    if not any(known.references):
        yield "reference affinity and text hygiene: the references are not at hand"
    elif len(known.outputs) < ENOUGH_SYSTEMS:
        yield (
            f"reference affinity: among {len(known.outputs)} systems nothing can stand out; "
            f"it takes {ENOUGH_SYSTEMS}"
        )
    elif _affinity_metric(known) is None:
        fit = " or ".join(likeness_metrics(METRICS.origins()))
        yield f"reference affinity: not all systems have a score by {fit}"
    if len(known.outputs) > 1 and not any(map(_is_long, next(iter(known.outputs.values())))):
        yield f"twins and exact matches: no segment has {LONG} words or more"
    if known.facts.date is None:
        yield "training data: the corpus's card has no date"
    else:
        silent = [name for name, card in known.cards.items() if card.training_cutoff is None]
        if silent:
            yield f"training data: no training_cutoff in the cards of {', '.join(sorted(silent))}"


def robust_z(values: Mapping[str, float]) -> dict[str, float]:
    """How far each value is from the median, in units of 1.4826 median absolute deviations.

    Source: Iglewicz & Hoaglin 1993, How to detect and handle outliers. Where more than half of
    the values are equal, the mean absolute deviation (times 1.2533) takes the place of the median.
    """
    column = np.array(list(values.values()), dtype=np.float64)
    away = np.abs(column - np.median(column))
    spread = 1.4826 * float(np.median(away)) or 1.2533 * float(np.mean(away))
    if spread == 0:
        return dict.fromkeys(values, 0.0)
    z = (column - np.median(column)) / spread
    return {name: float(value) for name, value in zip(values, z, strict=True)}


def exact_matches(known: Evidence) -> dict[str, tuple[int, int]]:
    """Candidate → hypotheses of 8 words and more that equal a reference, and how many there are."""
    long = [
        at
        for at, references in enumerate(known.references)
        if references and all(map(_is_long, references))
    ]
    return {
        name: (sum(texts[at].strip() in _stripped(known.references[at]) for at in long), len(long))
        for name, texts in known.outputs.items()
    }


def _is_long(text: str) -> bool:
    """Whether an equal text would be no accident."""
    return len(text.split()) >= LONG or (unspaced_letters(text) > 0 and has_words(text, LONG))


def _stripped(references: tuple[str, ...]) -> set[str]:
    return {reference.strip() for reference in references}


def reference_itself(known: Evidence) -> Iterator[Suspicion]:
    """Systems that are the reference in more segments than chance gives."""
    for name, texts in sorted(known.outputs.items()):
        if alike := find_likeness(known.sources, texts, known.references):
            yield Suspicion(
                kind="reference itself", systems=(name,), evidence=alike.sentence(), advice=_ASK
            )


def reference_affinity(known: Evidence) -> list[Suspicion]:
    """Systems nearer to the reference than the others by score and by exact matches alike."""
    names = set(known.outputs)
    metric = _affinity_metric(known)
    if metric is None or len(names) < ENOUGH_SYSTEMS or not any(known.references):
        return []
    matches = exact_matches(known)
    shares = {name: hits / max(of, 1) for name, (hits, of) in matches.items()}
    by_score, by_match = robust_z(known.scores[metric]), robust_z(shares)
    weak = (
        "" if len(names) >= WEAK_SYSTEMS else f"; with {len(names)} systems this is weak evidence"
    )
    found = []
    for name in sorted(names):
        if by_score[name] >= OUTLYING and by_match[name] >= OUTLYING:
            hits, of = matches[name]
            found.append(
                Suspicion(
                    kind="reference affinity",
                    systems=(name,),
                    evidence=f"{metric} {known.scores[metric][name]:.1f} (robust z "
                    f"{by_score[name]:.1f}), and {hits} of {of} long segments equal the reference "
                    f"word for word ({shares[name]:.0%}, robust z {by_match[name]:.1f}){weak}",
                    advice=_ASK,
                )
            )
    return found


def _affinity_metric(known: Evidence) -> str | None:
    names = set(known.outputs)
    fit = likeness_metrics(known.scores)
    return next((metric for metric in fit if names == set(known.scores[metric])), None)


def twins(known: Evidence) -> list[Suspicion]:
    """Pairs of systems whose long outputs are mostly the same, or nearly."""
    from rapidfuzz.distance.Levenshtein import normalized_similarity

    found = []
    for a, b in combinations(sorted(known.outputs), 2):
        pairs = [
            (x.strip(), y.strip())
            for x, y in zip(known.outputs[a], known.outputs[b], strict=True)
            if _is_long(x) or _is_long(y)
        ]
        same = sum(x == y for x, y in pairs)
        near = sum(normalized_similarity(x, y, score_cutoff=NEARLY) > 0 for x, y in pairs)
        if pairs and near >= TWIN_SHARE * len(pairs):
            found.append(
                Suspicion(
                    kind="twins",
                    systems=(a, b),
                    evidence=f"{near} of {len(pairs)} long segments are the same in 9 of 10 "
                    f"characters or more, {same} of them word for word",
                    advice="Count them as one system: they are likely one model under two names, "
                    "and a ranking of both says little.",
                )
            )
    return found


def metric_disagreement(known: Evidence) -> list[Suspicion]:
    """Systems and segments that two metrics order in opposite ways."""
    found = []
    metrics = [m for m in known.segment_scores if len(known.segment_scores[m]) > 1]
    for one, other in combinations(metrics, 2):
        shared = sorted(set(known.segment_scores[one]) & set(known.segment_scores[other]))
        for a, b in combinations(shared, 2):
            deltas = [_standardised(known, metric, a, b) for metric in (one, other)]
            means = [float(d.mean()) for d in deltas]
            errors = [float(d.std(ddof=1)) / len(d) ** 0.5 if len(d) > 1 else 0.0 for d in deltas]
            clear = all(abs(m) > 2 * e > 0 for m, e in zip(means, errors, strict=True))
            if clear and means[0] * means[1] < 0:
                gap = np.argsort(-np.abs(deltas[0] - deltas[1]), kind="stable")[:5]
                better, worse = (a, b) if means[0] > 0 else (b, a)
                found.append(
                    Suspicion(
                        kind="metric disagreement",
                        systems=(a, b),
                        evidence=f"by {one}, {better} is clearly better; by {other}, {worse} is",
                        advice="Read the segments named here before believing either metric.",
                        segments=tuple(known.ids[at] for at in gap),
                    )
                )
    return found


def _standardised(known: Evidence, metric: str, a: str, b: str) -> Array:
    """Differences by segment, better a positive, in units of their spread."""
    scores = known.segment_scores[metric]
    delta = scores[a] - scores[b] if known.higher_is_better[metric] else scores[b] - scores[a]
    spread = float(delta.std())
    return np.asarray(delta / spread if spread else delta, dtype=np.float64)


def optimised(known: Evidence) -> list[Suspicion]:
    """Systems whose card says that they are optimised for a metric in the table."""
    return [
        Suspicion(
            kind="optimised for a metric",
            systems=(name,),
            evidence=f"its card says that it is optimised for {metric}",
            advice=f"Do not rank it by {metric}: what is decoded for a metric gains more there "
            "than by people's judgement. Look at another one.",
        )
        for name, card in sorted(known.cards.items())
        for metric in card.optimised_for
        if metric in known.scores
    ]


def hygiene(known: Evidence) -> list[Suspicion]:
    """Systems whose lexical score moves by normal forms, quotes and spaces alone.

    Among several systems, those that change places with another one by it: what moves all alike
    lies in the reference. Among three and more, they must move otherwise than the median system.
    """
    said: dict[str, list[str]] = {}
    for metric, normalised in known.normalised.items():
        moved = {name: score - known.scores[metric][name] for name, score in normalised.items()}
        usual = float(np.median(list(moved.values()))) if len(moved) > 2 else 0.0
        for name, by in moved.items():
            past = _changing_places(name, known.scores[metric], normalised)
            if abs(by - usual) >= MOVED and (past or len(moved) == 1):
                before = known.scores[metric][name]
                beside = f", the median system {usual:+.1f}" if len(moved) > 2 else ""
                order = f" and change places with {', '.join(past)}" if past else ""
                said.setdefault(name, []).append(
                    f"{metric} {before + by:.1f} instead of {before:.1f} ({by:+.1f}{beside}){order}"
                )
    return [
        Suspicion(
            kind="hygiene",
            systems=(name,),
            evidence=f"with NFC, plain quotes and single spaces on both sides it would have "
            f"{' and '.join(lines)}",
            advice="The headline takes the text as it is. See whether spelling conventions alone "
            "make a difference before reading it as quality.",
        )
        for name, lines in sorted(said.items())
    ]


def _changing_places(
    name: str, before: Mapping[str, float], after: Mapping[str, float]
) -> list[str]:
    """The systems that stand on another side of one after the change."""
    return sorted(
        other
        for other in after
        if (before[name] - before[other]) * (after[name] - after[other]) < 0
    )


def seen_in_training(known: Evidence) -> list[Suspicion]:
    """Systems whose training data may hold the test set, by date."""
    if known.facts.date is None:
        return []
    return [
        Suspicion(
            kind="seen in training",
            systems=(name,),
            evidence=f"its training data ends {card.training_cutoff}, the test set was published "
            f"{known.facts.date}",
            advice="Evaluate it on texts younger than its training data.",
        )
        for name, card in sorted(known.cards.items())
        if card.training_cutoff is not None and card.training_cutoff >= known.facts.date
    ]


def plain_spelling(text: str) -> str:
    """NFC, straight quotes and dashes, single spaces: what hygiene compares with."""
    return " ".join(unicodedata.normalize("NFC", text).translate(_QUOTES).split())
