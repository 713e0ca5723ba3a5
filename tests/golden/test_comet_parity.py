"""Scores against the library's own ``predict`` at fp32, class by class, on real text.

The expected numbers are made on the spot by unbabel-comet itself
(``load_from_checkpoint(...).predict(samples, batch_size=..., gpus=0)``), from the same checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtbench.types import Runtime
from tests.support.comet_samples import metric, paragraphs, scores, view
from tests.support.tiny_comet import Library, build_plain

TOLERANCE = 1e-5
CLASSES = [
    ("comet", "regression"),
    ("comet", "unified"),
    ("cometkiwi", "qe"),
    ("cometkiwi", "unified"),
    ("cometkiwi", "unified-qe"),
    ("xcomet", "xcomet"),
]
# A layer mix that normalises, where a batch might matter even at single precision.
NORMALISING = [
    ("comet", "regression+norm"),
    ("comet", "unified+norm"),
    ("cometkiwi", "qe+norm"),
    ("xcomet", "xcomet+norm"),
]
VARIANTS = [
    ("comet", "regression+cls"),
    ("comet", "regression+max"),
    ("comet", "regression+one-layer"),
    ("comet", "regression+softmax"),
    ("comet", "regression+patch"),
    ("comet", "unified+patch"),
]

LONG = {language: " ".join(2 * paragraphs(language)) for language in ("en", "de", "it")}
SOURCES = (*paragraphs("en"), "Yes.", LONG["en"], "An empty answer follows.")
REFERENCES = (*paragraphs("de"), "Ja.", LONG["de"], "Es folgt eine leere Antwort.")
# Two systems: another language's text with an empty hypothesis, and one that copies half.
OUTPUTS = {
    "other": (*paragraphs("it"), "Sì.", LONG["it"], ""),
    "copies": tuple(
        source if at % 2 else reference
        for at, (source, reference) in enumerate(zip(SOURCES, REFERENCES, strict=True))
    ),
}


@pytest.fixture(scope="module")
def library(tiny_comet: Callable[[str], Path]) -> Callable[[str], Library]:
    """The library's model of each class, loaded once."""
    loaded: dict[str, Library] = {}

    def get(kind: str) -> Library:
        if kind not in loaded:
            loaded[kind] = Library(tiny_comet(kind))
        return loaded[kind]

    return get


def samples(name: str, hypotheses: Sequence[str], references: Sequence[str]) -> list[Any]:
    """Segments as the library takes them."""
    rows = []
    for source, hypothesis, reference in zip(SOURCES, hypotheses, references, strict=True):
        row = {"src": source, "mt": hypothesis, "ref": reference}
        if name == "cometkiwi":
            del row["ref"]
        rows.append(row)
    return rows


def references_of(name: str, *columns: Sequence[str]) -> list[tuple[str, ...]] | None:
    return None if name == "cometkiwi" else list(zip(*columns, strict=True))


def test_the_long_segment_is_longer_than_the_encoder_reads(
    tiny_comet: Callable[[str], Path],
) -> None:
    from tokenizers import Tokenizer

    words = Tokenizer.from_file(str(tiny_comet("regression").parents[2] / "encoder/tokenizer.json"))
    assert len(words.encode(LONG["en"]).ids) > 600
    with metric("comet", tiny_comet("regression")) as entered:
        scorer = entered.prepare(view(SOURCES, references_of("comet", REFERENCES)))
        scorer.statistics(OUTPUTS)
    assert scorer.notes("other")["cut"]["source"] == ["s9"]
    assert scorer.notes("other")["cut"]["limit"] == 510


@pytest.mark.parametrize(("name", "kind"), CLASSES + NORMALISING + VARIANTS)
def test_segment_and_system_scores(
    name: str, kind: str, tiny_comet: Callable[[str], Path], library: Callable[[str], Library]
) -> None:
    test_set = view(SOURCES, references_of(name, REFERENCES))
    with metric(name, tiny_comet(kind)) as ours:
        scorer = ours.prepare(test_set)
        rows = scorer.statistics(OUTPUTS)
        for system, hypotheses in OUTPUTS.items():
            theirs = library(kind).predict(samples(name, hypotheses, REFERENCES))
            assert np.abs(rows[system][:, 0] - theirs.scores).max() < TOLERANCE
            assert abs(ours.pool(rows[system].sum(axis=0)) - theirs.system_score) < TOLERANCE
    spread = np.ptp(rows["other"][:, 0])
    assert spread > 1000 * TOLERANCE, "a checkpoint that scores all alike would prove nothing"


@pytest.mark.parametrize(("name", "kind"), CLASSES + NORMALISING)
@pytest.mark.parametrize("size", [1, 3])
def test_any_batch_size_and_order(
    name: str,
    kind: str,
    size: int,
    tiny_comet: Callable[[str], Path],
    library: Callable[[str], Library],
) -> None:
    order = np.random.default_rng(size).permutation(len(SOURCES))
    shuffled = view(
        [SOURCES[at] for at in order],
        references_of(name, [REFERENCES[at] for at in order]),
    )
    outputs = {"other": [OUTPUTS["other"][at] for at in order]}
    runtime = Runtime(device="cpu", batch_size=size)
    ours = scores(name, tiny_comet(kind), shuffled, outputs, runtime)["other"]
    theirs = library(kind).predict(
        [samples(name, OUTPUTS["other"], REFERENCES)[at] for at in order], batch_size=4
    )
    assert np.abs(ours - theirs.scores).max() < TOLERANCE


def test_a_checkpoint_made_without_the_library_is_one_of_its_own(tmp_path: Path) -> None:
    """Where the library cannot be installed, tests make theirs so."""
    file = build_plain(tmp_path)
    outputs = {"other": OUTPUTS["other"][:3]}
    test_set = view(SOURCES[:3], references_of("comet", REFERENCES[:3]))
    ours = scores("comet", file, test_set, outputs)["other"]
    rows = samples("comet", OUTPUTS["other"], REFERENCES)[:3]
    assert np.abs(ours - Library(file).predict(rows).scores).max() < TOLERANCE
    assert np.ptp(ours) > 1000 * TOLERANCE


@pytest.mark.parametrize(("name", "kind"), CLASSES)
def test_one_segment(
    name: str, kind: str, tiny_comet: Callable[[str], Path], library: Callable[[str], Library]
) -> None:
    expected = library(kind).predict(samples(name, OUTPUTS["other"], REFERENCES)[:1])
    one = view(SOURCES[:1], references_of(name, REFERENCES[:1]))
    ours = scores(name, tiny_comet(kind), one, {"other": OUTPUTS["other"][:1]})["other"]
    assert ours.shape == (1,)
    assert abs(ours[0] - expected.scores[0]) < TOLERANCE


@pytest.mark.parametrize(
    ("name", "kind"), [("comet", "regression"), ("comet", "unified"), ("xcomet", "xcomet")]
)
def test_several_references_are_averaged(
    name: str, kind: str, tiny_comet: Callable[[str], Path], library: Callable[[str], Library]
) -> None:
    second = OUTPUTS["copies"]
    test_set = view(SOURCES, references_of(name, REFERENCES, second))
    ours = scores(name, tiny_comet(kind), test_set, {"other": OUTPUTS["other"]})["other"]
    theirs = [
        library(kind).predict(samples(name, OUTPUTS["other"], column)).scores
        for column in (REFERENCES, second)
    ]
    assert np.abs(ours - np.mean(theirs, axis=0)).max() < TOLERANCE
    signature = metric(name, tiny_comet(kind)).signature(test_set)
    assert signature.get("refs") == "r2avg"


@pytest.mark.parametrize("reference_free", [False, True])
def test_error_spans_are_the_library_s(
    reference_free: bool, tiny_comet: Callable[[str], Path], library: Callable[[str], Library]
) -> None:
    with metric("xcomet", tiny_comet("xcomet"), reference_free=reference_free) as ours:
        given = None if reference_free else references_of("xcomet", REFERENCES)
        scorer = ours.prepare(view(SOURCES, given))
        rows = scorer.statistics(OUTPUTS)
    found = 0
    for system, hypotheses in OUTPUTS.items():
        rows_given = samples("cometkiwi" if reference_free else "xcomet", hypotheses, REFERENCES)
        theirs = library("xcomet").predict(rows_given)
        assert np.abs(rows[system][:, 0] - theirs.scores).max() < TOLERANCE
        for number, spans in enumerate(theirs.metadata.error_spans, start=1):
            mine = scorer.annotations(system)[f"s{number}"]["error_spans"]
            assert [{**span, "confidence": None} for span in mine] == [
                {**span, "confidence": None} for span in spans
            ]
            assert [span["confidence"] for span in mine] == pytest.approx(
                [span["confidence"] for span in spans], abs=TOLERANCE
            )
            found += len(mine)
    assert found > 10, "no spans would prove nothing"
