"""COMET on a GPU: as on the CPU, and from run to run the same. Skipped where there is no device.

python -m pytest tests/gpu
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtbench.engine.devices import spread
from mtbench.plugins import make_metric
from mtbench.types import Engine, Runtime
from tests.support.blocks import blocks
from tests.support.comet_samples import metric, paragraphs, scores, view

torch = pytest.importorskip("torch")
if not torch.cuda.is_available():
    pytest.skip("no CUDA device here", allow_module_level=True)
pytest.importorskip("comet", reason="the library makes the tiny checkpoints")

TOLERANCE = 1e-4
KINDS = [
    ("comet", "regression"),
    ("comet", "regression+norm"),
    ("comet", "regression+max"),
    ("cometkiwi", "qe"),
    ("comet", "unified"),
    ("cometkiwi", "unified-qe"),
    ("xcomet", "xcomet"),
]
LONG = {language: " ".join(2 * paragraphs(language)) for language in ("en", "de", "it")}
TEST_SET = view(
    [*paragraphs("en"), "Yes.", LONG["en"], "None."],
    [(one,) for one in (*paragraphs("de"), "Ja.", LONG["de"], "Keine.")],
)
OUTPUTS = {
    "it": [*paragraphs("it"), "Sì.", LONG["it"], ""],
    "copy": [*paragraphs("en"), "Yes.", LONG["en"], "None."],
}
GPU, CPU = Runtime(device="cuda"), Runtime(device="cpu")


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_single_precision_is_the_cpu_s(
    name: str, kind: str, tiny_comet: Callable[[str], Path]
) -> None:
    there = scores(name, tiny_comet(kind), TEST_SET, OUTPUTS, GPU)
    here = scores(name, tiny_comet(kind), TEST_SET, OUTPUTS, CPU)
    for system in OUTPUTS:
        assert np.abs(there[system] - here[system]).max() < TOLERANCE


@pytest.mark.parametrize("precision", ["fp32", "tf32", "bf16", "fp16"])
@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_scoring_again_gives_the_same_bytes(
    name: str, kind: str, precision: str, tiny_comet: Callable[[str], Path]
) -> None:
    one = scores(name, tiny_comet(kind), TEST_SET, OUTPUTS, GPU, precision=precision)
    two = scores(name, tiny_comet(kind), TEST_SET, OUTPUTS, GPU, precision=precision)
    alone = scores(
        name, tiny_comet(kind), TEST_SET, {"it": OUTPUTS["it"]}, GPU, precision=precision
    )
    for system in OUTPUTS:
        assert one[system].tobytes() == two[system].tobytes()
    assert alone["it"].tobytes() == one["it"].tobytes(), "whatever is scored beside it"


def test_half_precision_is_near_and_tf32_leaves_no_trace(tiny_comet: Callable[[str], Path]) -> None:
    model = tiny_comet("regression")
    exact = scores("comet", model, TEST_SET, OUTPUTS, GPU)
    for precision in ("tf32", "bf16", "fp16"):
        found = scores("comet", model, TEST_SET, OUTPUTS, GPU, precision=precision)
        assert 0 < np.abs(found["it"] - exact["it"]).max() < 0.05
    again = scores("comet", model, TEST_SET, OUTPUTS, GPU)
    assert again["it"].tobytes() == exact["it"].tobytes()
    assert not torch.backends.cuda.matmul.allow_tf32


def test_a_device_without_room_has_batches_halved(
    tiny_comet: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is really taken away, not simulated: the whole batch runs out of it."""
    texts = [f"{number} " + LONG["en"] for number in range(64)]
    test_set = view(texts, [(one,) for one in texts])
    outputs = {"x": texts}
    with metric("comet", tiny_comet("regression"), GPU) as entered:
        expected = entered.prepare(test_set).statistics(outputs)["x"]
    with metric("comet", tiny_comet("regression"), GPU) as entered:
        torch.cuda.empty_cache()
        _, total = torch.cuda.mem_get_info()
        torch.cuda.set_per_process_memory_fraction(
            (torch.cuda.memory_reserved() + (32 << 20)) / total
        )
        try:
            scorer: Any = entered.prepare(test_set)
            rows = scorer.statistics(outputs)["x"]
        finally:
            torch.cuda.set_per_process_memory_fraction(1.0)
    assert np.abs(rows - expected).max() < TOLERANCE
    assert "halved" in scorer.notes("x")["batches"]


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="there are no two CUDA devices here")
def test_several_devices_equal_one(
    tiny_comet: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mtbench.checkpoints.batches.KEPT_ON_GPU", 2)
    options = {"model": str(tiny_comet("regression"))}
    device, engine = spread("cuda:all", Engine())
    one_of_them = engine.model_copy(update={"devices": engine.devices[:1]})
    several, one = (
        blocks(make_metric("comet", options, Runtime(device=device, engine=on)), TEST_SET, OUTPUTS)
        for on in (engine, one_of_them)
    )
    assert [(system, block.ids) for system, block in several] == [(s, b.ids) for s, b in one]
    for (_, block), (_, other) in zip(several, one, strict=True):
        assert block.rows.tobytes() == other.rows.tobytes()
