"""Where a device's memory runs out, batches are halved and the work goes on: real classes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtbench.backends.huggingface import HuggingFace
from mtbench.checkpoints.batches import padded_batches, ran_out
from mtbench.encoders.checkpoint import CheckpointEncoder
from mtbench.errors import MissingWeights, SegmentError, Unavailable
from mtbench.languages import LanguagePair
from mtbench.plugins import make_backend, make_metric
from mtbench.types import Runtime, Source, Translation
from tests.support.checkpoints import checkpoint
from tests.support.comet_samples import view
from tests.support.memory import room_for
from tests.support.tiny_encoder import make_encoder
from tests.support.tiny_marian import ENGLISH, GERMAN

pytest.importorskip("torch")
pytest.importorskip("transformers")

CPU = Runtime(device="cpu")
TEXTS = tuple(f"{text} {number}" for number in range(4) for text in ENGLISH)
TEST_SET = view(TEXTS, [(GERMAN[at % len(GERMAN)],) for at in range(len(TEXTS))])
OUTPUT = [GERMAN[(at + 1) % len(GERMAN)] for at in range(len(TEXTS))]


def metricx() -> Any:
    folder = checkpoint("metricx")
    options = {"model": str(folder), "tokenizer": str(folder.parent / "mt5")}
    return make_metric("metricx", options, CPU)


def test_metricx_goes_on_with_half() -> None:
    with metricx() as made:
        scorer = made.prepare(TEST_SET)
        expected = scorer.statistics({"x": OUTPUT})["x"]
        assert scorer.notes("x")["batches"] == "fixed by content"
        with room_for(made._model.model.encoder, 3) as asked:
            found = scorer.statistics({"x": OUTPUT})["x"]
        assert max(asked) > 3 and asked[-1] <= 3
        assert np.abs(found - expected).max() < 1e-5
        assert "halved" in scorer.notes("x")["batches"]
        with room_for(made._model.model.encoder, 0), pytest.raises(Unavailable, match="too little"):
            scorer.statistics({"x": OUTPUT})


def test_metricx_scores_do_not_depend_on_who_else_is_scored() -> None:
    outputs = {"x": OUTPUT, "y": [text.upper() for text in OUTPUT], "z": list(TEXTS)}
    with metricx() as made:
        together = made.prepare(TEST_SET).statistics(outputs)
        alone = made.prepare(TEST_SET).statistics({"x": OUTPUT})
    assert together["x"].tobytes() == alone["x"].tobytes()


def test_an_encoder_goes_on_with_half(tmp_path: Path) -> None:
    encoder: Any = CheckpointEncoder(str(make_encoder(tmp_path / "tiny")), "cpu")
    alike = [f"il faro {a}{b}" for a in "abcdefgh" for b in "0123"]
    expected = encoder.encode(alike)
    assert not encoder.feed.fitting.halved
    with room_for(encoder._model, 4) as asked:
        found = encoder.encode(alike)
    assert max(asked) > 4 and asked[-1] <= 4
    assert np.array_equal(found, expected), "of one length: nothing is padded"
    assert encoder.feed.fitting.halved
    with room_for(encoder._model, 0), pytest.raises(Unavailable, match="too little memory"):
        encoder.encode(alike)


@pytest.mark.parametrize("kind", ["marian", "llm"])
def test_hf_goes_on_with_half_and_fails_only_what_fits_nowhere(kind: str) -> None:
    options: dict[str, Any] = {"model": str(checkpoint(kind))}
    if kind == "llm":
        options |= {"prompt": "{tgt}: {text}", "max_new_tokens": 40}
    made = make_backend("hf", options, LanguagePair.parse("en-de"), CPU)
    assert isinstance(made, HuggingFace)
    sources = [Source(id=str(at), text=text) for at, text in enumerate(ENGLISH)]
    made.check()
    with made:
        engine: Any = made._engine
        expected = made.translate(sources)
        inner = engine.model.get_encoder() if kind == "marian" else engine.model
        assert "batches" not in made.summary([])
        with room_for(inner, 2 if kind == "marian" else 8):
            if kind == "llm":
                sources = [Source(id=str(at), text=text) for at, text in enumerate(ENGLISH * 3)]
                expected = expected * 3
            found = made.translate(sources)
        assert [texts(one) for one in found] == [texts(one) for one in expected]
        assert "halved" in str(made.summary([])["batches"])
        with room_for(inner, 0):
            failed = made.translate(sources[:2])
    assert all(isinstance(one, SegmentError) for one in failed)
    assert "too little memory for this segment alone" in str(failed[0])


def test_weights_that_do_not_fit_are_said_in_a_line(
    monkeypatch: pytest.MonkeyPatch, tiny_comet: Callable[[str], Path], tmp_path: Path
) -> None:
    import torch

    def full(*_: Any, **__: Any) -> None:
        raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    options = {"model": str(tiny_comet("regression"))}
    folder = make_encoder(tmp_path / "tiny")
    monkeypatch.setattr(torch.nn.Module, "to", full)
    with (
        pytest.raises(Unavailable, match="cpu has too little memory for the weights of"),
        metricx(),
    ):
        pass
    with pytest.raises(Unavailable, match="too little memory for the weights of"):
        CheckpointEncoder(str(folder), "cpu")
    with (
        pytest.raises(Unavailable, match="too little memory for COMET's weights") as caught,
        make_metric("comet", options, CPU),
    ):
        pass
    assert caught.value.lines()[1:] == [
        "CUDA out of memory. Tried to allocate 2.00 GiB.",
        "a smaller checkpoint",
    ]


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="a file that cannot be mapped")
def test_weights_on_a_file_system_that_maps_no_files_are_said_to_be(tmp_path: Path) -> None:
    folder = make_encoder(tmp_path / "tiny")
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").symlink_to("/proc/self/environ")
    with pytest.raises(MissingWeights, match="its weights cannot be loaded") as caught:
        CheckpointEncoder(str(folder), "cpu")
    assert "lets no file be mapped into memory" in str(caught.value.hint)


def texts(answer: Translation | SegmentError) -> str:
    assert isinstance(answer, Translation)
    return answer.text


def test_what_is_said_of_memory_is_known_and_nothing_else() -> None:
    import torch

    assert ran_out(torch.cuda.OutOfMemoryError("CUDA out of memory."))
    assert ran_out(RuntimeError("MPS backend out of memory (MPS allocated: 1.00 GB)"))
    assert ran_out(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to"))
    assert not ran_out(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    assert not ran_out(ValueError("out of memory"))


def test_little_is_padding() -> None:
    """Real lengths: sorted, a batch of a GPU holds hardly more than its own sub-words."""
    drawn = np.random.default_rng(3)
    lengths = np.clip(drawn.lognormal(3.4, 0.6, 4000).astype(int), 3, 510)
    rows = [(at, *[7] * (int(length) - 1)) for at, length in enumerate(lengths)]
    found = list(padded_batches(rows))
    padded = sum(len(batch) * len(batch[0]) for batch in found)
    assert sum(map(len, rows)) / padded > 0.88
