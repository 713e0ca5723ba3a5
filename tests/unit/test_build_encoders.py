"""Encoders of alignment: which one sees what, a real checkpoint, and none at all."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from mtbench.documents.build import build_corpus
from mtbench.documents.encoders import Remembering, choose
from mtbench.documents.records import BuildOptions
from mtbench.encoders.calibration import sample_cosines, usual_cosines
from mtbench.encoders.lexical import LexicalEncoder
from mtbench.encoders.packaged import SentenceEncoder, Vectors
from mtbench.errors import MissingWeights, RequestError
from tests.support.story import STORIES, encoder, write_stories

pytestmark = pytest.mark.slow  # checkpoints

TEXTS = ["the lighthouse of the town", "il faro del paese 1847", "die und das", "a " * 80]


class Counting(SentenceEncoder):
    name = "counting"
    version = "1"
    languages = ("en",)

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: list[str]) -> Vectors:  # type: ignore[override]
        self.asked += texts
        return np.ones((len(texts), 1), dtype=np.float32)


def test_languages_that_no_encoder_serves_get_the_lexical_one_with_a_warning() -> None:
    assert choose("", ["en", "it"]).warnings == ()
    mixed = choose("", ["en", "it", "hu"])
    assert (mixed.main.name, mixed.other and mixed.other.name) == ("usem3", "lexical")
    assert "does not serve Hungarian (hu)" in mixed.warnings[0]
    assert "LaBSE" in mixed.warnings[0]
    alone = choose("", ["en", "hu"])
    assert (alone.main.name, alone.other) == ("lexical", None)
    asked = choose("embedded", ["en", "hu"])
    assert asked.main.name == "usem3" and "was not made for Hungarian" in asked.warnings[0]
    assert choose("lexical", ["en", "hu"]).warnings == ()


def test_a_text_is_encoded_once() -> None:
    counting = Counting()
    remembering = Remembering(counting)
    remembering.encode(["a", "b", "a"])
    assert remembering.encode(["b", "c"]).shape == (2, 1)
    assert counting.asked == ["a", "b", "c"]
    assert remembering.encode([]).shape[0] == 0


def test_lexical_vectors_see_names_numbers_and_words_of_one_origin() -> None:
    lexical = LexicalEncoder()
    texts = [
        "In 1847 the observatory of Greenwich had 164 telescopes.",
        "Nel 1847 l'osservatorio di Greenwich aveva 164 telescopi.",
        "Il pane di segale si cuoce lentamente in un forno molto caldo.",
    ]
    vectors = lexical.encode(texts)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    cosines = vectors @ vectors.T
    assert cosines[0, 1] > 0.6 > 0.5 > cosines[0, 2]
    assert np.array_equal(lexical.encode(texts[1:2])[0], vectors[1])
    assert lexical.encode(["", "* * *"]).shape == (2, vectors.shape[1])


def test_documents_of_a_language_without_an_encoder_are_aligned_by_spelling(
    tmp_path: Path,
) -> None:
    swedish = {
        "lighthouse": [
            "Fyren på udden tändes för första gången 1847, efter nio års arbete.",
            "Lampan brann med valolja.",
        ],
    }
    documents = write_stories(tmp_path, "en", "it")
    path = tmp_path / "sv.txt"
    path.write_text("\n\n".join(swedish["lighthouse"]), encoding="utf-8")
    options = BuildOptions(story_of={"00.txt": "fyr", "01.txt": "fyr", "sv.txt": "fyr"})
    build = build_corpus([*documents, str(path)], options)
    assert build.report.encoder.startswith("usem3 ") and "lexical 1" in build.report.encoder
    assert any("Swedish (sv)" in warning for warning in build.report.warnings)
    without = build_corpus(documents, BuildOptions(story_of={"00.txt": "fyr", "01.txt": "fyr"}))
    assert build.files["en-it.jsonl"] == without.files["en-it.jsonl"]
    rows = [json.loads(line) for line in build.files["en-sv.jsonl"].splitlines()]
    assert (STORIES["lighthouse"]["en"][0], swedish["lighthouse"][0]) in [
        (row["src"], row["ref"]) for row in rows
    ]


# By sentence-transformers 5.7.0 on the same checkpoints:
# a SentenceTransformer of the folder that make_encoder wrote, on cpu, and its encode of TEXTS.
GOLDEN: dict[tuple[str, bool], list[list[float]]] = {
    ("cls_token", True): [
        [-0.219325, -0.193002, -0.161885, 0.13583],
        [0.215942, -0.220275, 0.220289, -0.220126],
        [-0.239255, -0.123176, 0.039733, -0.236531],
        [0.038852, -0.226424, -0.22523, -0.22642],
    ],
    ("mean_tokens", False): [
        [0.07065, -0.168688, 0.032714, -0.023072],
        [-0.031011, -0.385048, 0.070726, 0.049511],
        [0.000381, -0.21634, 0.046844, -0.000668],
        [0.080956, -0.127245, -0.049157, -0.047298],
    ],
    ("max_tokens", True): [
        [-0.208365, -0.212706, 0.202834, -0.212774],
        [0.214602, -0.21619, 0.216193, -0.216194],
        [-0.227867, -0.219587, 0.197893, -0.224421],
        [0.221585, -0.224265, 0.144613, -0.224265],
    ],
}


@pytest.mark.parametrize(("pooling", "dense"), GOLDEN)
def test_a_checkpoint_gives_what_sentence_transformers_gives(
    tmp_path: Path, pooling: str, dense: bool
) -> None:
    pytest.importorskip("torch")
    from mtbench.encoders.checkpoint import CheckpointEncoder
    from tests.support.tiny_encoder import make_encoder

    checkpoint = CheckpointEncoder(str(make_encoder(tmp_path / "tiny", pooling, dense=dense)))
    found = checkpoint.encode(TEXTS)
    assert np.abs(found[:, :4] - np.array(GOLDEN[pooling, dense])).max() < 1e-4
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-4)
    assert checkpoint.cut == 1  # the fourth text has more than 48 sub-words
    alone = np.stack([checkpoint.encode([text])[0] for text in TEXTS])
    assert np.abs(alone - found).max() < 2e-5


def test_a_corpus_is_built_by_a_checkpoint_and_says_so(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from tests.support.tiny_encoder import make_encoder

    folder = make_encoder(tmp_path / "tiny")
    documents = write_stories(tmp_path / "raw", "en", "it")
    labels = {"00.txt": "a", "01.txt": "a", "10.txt": "b", "11.txt": "b"}
    options = BuildOptions(encoder=str(folder), story_of=labels)
    build = build_corpus(documents, options)
    assert build.report.encoder.startswith("tiny ")
    assert build.files == build_corpus(documents[::-1], options).files
    assert any("longer than the encoder reads" in warning for warning in build.report.warnings)


def test_cosines_are_read_as_the_encoder_gives_them() -> None:
    low, high = sample_cosines(encoder())
    assert (round(low, 2), round(high, 2)) == (0.04, 0.75)
    assert usual_cosines(low, high) == pytest.approx((0.15, 0.85), abs=0.005)
    assert usual_cosines(0.7, 0.9) == pytest.approx((0.731, 0.928), abs=0.001)


def test_what_is_no_encoder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    from mtbench.encoders.checkpoint import CheckpointEncoder
    from tests.support.tiny_encoder import make_encoder

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(MissingWeights, match="sentence-transformers/LaBSE is not on this machine"):
        CheckpointEncoder("LaBSE")
    with pytest.raises(MissingWeights, match="no such folder"):
        CheckpointEncoder("no/such/folder")
    folder = make_encoder(tmp_path / "a")
    modules = json.loads((folder / "modules.json").read_text())
    modules[2]["type"] = "sentence_transformers.models.LSTM"
    (folder / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(RequestError, match="does not know: LSTM"):
        CheckpointEncoder(str(folder))
    modules[2]["type"] = "sentence_transformers.models.Dense"
    (folder / "modules.json").write_text(json.dumps(modules))
    shutil.rmtree(folder / "2_Dense")
    with pytest.raises((RequestError, MissingWeights)):
        CheckpointEncoder(str(folder))
    (folder / "modules.json").unlink()
    with pytest.raises(RequestError, match="not a sentence-transformers model"):
        CheckpointEncoder(str(folder))
