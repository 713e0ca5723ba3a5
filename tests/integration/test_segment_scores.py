"""Scores of single segments in one command, as ``sacrebleu -sl`` and ``comet-score`` give them."""

from __future__ import annotations

import csv
import io
import json

import pytest
import sacrebleu

from tests.support.workspace import SENTENCES, Space

REFERENCES = [reference for _, reference in SENTENCES]
OUTPUTS = [text.replace("il ", "lo ") for text in REFERENCES]


@pytest.fixture
def files(space: Space) -> tuple[str, ...]:
    space.file("out.it", OUTPUTS)
    space.file("ref.it", REFERENCES)
    return (
        "score", "--hypotheses", "out.it", "--reference", "ref.it", "--pair", "en-it",
        "--metric", "bleu,chrf", "--segments",
    )  # fmt: skip


def test_they_are_sacrebleus(space: Space, files: tuple[str, ...]) -> None:
    done = space(*files)
    assert done.code == 0, done.err
    header, *lines = [line.split("\t") for line in done.out.splitlines()]
    assert header == ["test_set", "system", "id", "bleu", "chrf"]
    assert [line[2] for line in lines] == [str(n) for n in range(1, len(OUTPUTS) + 1)]
    for line, hypothesis, reference in zip(lines, OUTPUTS, REFERENCES, strict=True):
        bleu = sacrebleu.sentence_bleu(hypothesis, [reference]).score
        chrf = sacrebleu.sentence_chrf(hypothesis, [reference]).score
        assert [float(score) for score in line[3:]] == pytest.approx([bleu, chrf], abs=1e-6)
    assert not list(space.root.glob("results*"))


def test_with_texts_as_csv_and_json(space: Space, files: tuple[str, ...]) -> None:
    rows = list(csv.DictReader(io.StringIO(space(*files, "--format", "csv").out)))
    assert [row["output"] for row in rows] == OUTPUTS
    records = json.loads(space(*files, "--format", "json").out)
    assert [one["references"] for one in records] == [[text] for text in REFERENCES]
    assert space(*files, "--format", "latex").code == 2


def test_only_systems_of_this_call_are_shown(space: Space) -> None:
    space.corpus()
    assert (
        space("evaluate", "--model", "identity", "--corpus", "news", "--metric", "chrf").code == 0
    )
    space.file("mine.txt", OUTPUTS)
    done = space(
        "score", "--hypotheses", "mine.txt", "--corpus", "news", "--metric", "chrf", "--segments"
    )
    assert {line.split("\t")[1] for line in done.out.splitlines()[1:]} == {"mine"}
