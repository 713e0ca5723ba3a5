"""The 13 systems of WMT22 French-German, where the data is present."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mtbench.metrics.ter import Reference, count_edits, load_levenshtein
from tests.support.lexical import by_segment, metric_of, view_of
from tests.support.wmt22 import PAIRS, outputs_of, published_scores, reference_of

# sacrebleu REFERENCE-A -i OUTPUT -m ter -w 13, sacreBLEU 2.6.0.
TER = {
    "fr-de": {
        "Lan-Bridge": 45.8169690168942,
        "Online-A": 44.5047066891092,
        "Online-B": 41.8583629449536,
        "Online-G": 44.7758867901004,
        "Online-W": 26.8031918209588,
        "Online-Y": 44.0465058288137,
        "eTranslation": 42.2355214762172,
    },
    "de-fr": {
        "LT22": 60.9959717438263,
        "Online-A": 49.1447253196334,
        "Online-B": 34.5554323077821,
        "Online-G": 50.1838986514099,
        "Online-W": 47.2210870453617,
        "Online-Y": 45.5484850253955,
    },
}


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize(("name", "column"), [("bleu", "bleu-A"), ("chrf", "chrf-A")])
def test_published_scores(wmt22: Path, pair: str, name: str, column: str) -> None:
    metric = metric_of(name)
    view = view_of(by_segment(reference_of(wmt22, pair)), pair.split("-")[1])
    published = published_scores(wmt22, pair)
    found = metric.prepare(view).statistics(outputs_of(wmt22, pair))
    assert len(found) == {"fr-de": 7, "de-fr": 6}[pair]
    for system, rows in found.items():
        score = float(metric.pool(rows.sum(axis=0)))
        assert score == pytest.approx(published[system, column], abs=1e-6), system


@pytest.mark.parametrize("pair", PAIRS)
def test_translation_edit_rate_of_whole_outputs(wmt22: Path, pair: str) -> None:
    metric = metric_of("ter")
    view = view_of(by_segment(reference_of(wmt22, pair)), pair.split("-")[1])
    found = metric.prepare(view).statistics(outputs_of(wmt22, pair))
    scores = {system: float(metric.pool(rows.sum(axis=0))) for system, rows in found.items()}
    assert scores == pytest.approx(TER[pair], abs=1e-9)


@pytest.mark.parametrize("pair", PAIRS)
def test_edits_of_every_segment_are_sacrebleus(wmt22: Path, pair: str) -> None:
    from sacrebleu.metrics.lib_ter import translation_edit_rate
    from sacrebleu.tokenizers.tokenizer_ter import TercomTokenizer

    words = TercomTokenizer()
    levenshtein = load_levenshtein()
    references = [words(text).split() for text in reference_of(wmt22, pair)]
    # Another fortieth of the segments for each system.
    for first, texts in enumerate(outputs_of(wmt22, pair).values()):
        for at in range(first, len(texts), 40):
            hypothesis = words(texts[at]).split()
            theirs, _ = translation_edit_rate(hypothesis, references[at])
            assert count_edits(hypothesis, Reference(references[at]), levenshtein) == theirs


@pytest.mark.parametrize("name", ["bleu", "chrf", "chrf++"])
def test_counts_of_every_segment_are_sacrebleus(wmt22: Path, name: str) -> None:
    metric = metric_of(name)
    reference = reference_of(wmt22, "de-fr")[::7]
    view = view_of(by_segment(reference), "fr")
    outputs = {system: texts[::7] for system, texts in outputs_of(wmt22, "de-fr").items()}
    found = metric.prepare(view).statistics(outputs)
    theirs = metric.sacrebleu("fr")  # type: ignore[attr-defined]
    for system, texts in outputs.items():
        rows = theirs._extract_corpus_statistics(texts, [reference])
        assert np.array_equal(found[system], np.asarray(rows, dtype=float)), system
