"""MetricX, ``semsim``'s encoders and ``hf`` on a GPU. Skipped where there is no device.

python -m pytest tests/gpu
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtbench.engine.devices import spread
from mtbench.languages import LanguagePair
from mtbench.plugins import Array, make_backend, make_metric
from mtbench.stages.translation import plan, translate
from mtbench.stages.travel import placed
from mtbench.types import Engine, Finished, Runtime
from tests.support.blocks import blocks
from tests.support.checkpoints import checkpoint
from tests.support.comet_samples import paragraphs, view
from tests.support.sources import segments
from tests.support.tiny_encoder import make_encoder
from tests.support.tiny_marian import ENGLISH

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
if not torch.cuda.is_available():
    pytest.skip("no CUDA device here", allow_module_level=True)

TOLERANCE = 1e-4
NEAR = {"tf32": 0.01, "bf16": 0.05}  # of the scale: 1 for a cosine, 25 for MetricX
GPU, CPU = Runtime(device="cuda"), Runtime(device="cpu")
TEST_SET = view(
    [*paragraphs("en"), "Yes.", " ".join(paragraphs("en")), "None."],
    [(one,) for one in (*paragraphs("de"), "Ja.", " ".join(paragraphs("de")), "Keine.")],
)
OUTPUTS = {
    "it": [*paragraphs("it"), "Sì.", " ".join(paragraphs("it")), ""],
    "copy": [*paragraphs("en"), "Yes.", " ".join(paragraphs("en")), "None."],
}
TWO = pytest.mark.skipif(torch.cuda.device_count() < 2, reason="there are no two CUDA devices here")
METRICS = ["metricx", "semsim"]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_encoder(tmp_path_factory.mktemp("encoder") / "tiny")


def metric(name: str, encoder: Path, runtime: Runtime, precision: str = "fp32") -> Any:
    folder = checkpoint("metricx")
    options = {
        "metricx": {"model": str(folder), "tokenizer": str(folder.parent / "mt5")},
        "semsim": {"encoder": str(encoder)},
    }
    return make_metric(name, {**options[name], "precision": precision}, runtime)


def scores(
    made: Any, outputs: Mapping[str, Sequence[str]] = OUTPUTS
) -> tuple[dict[str, Array], dict[str, Any]]:
    with made:
        scorer = made.prepare(TEST_SET)
        rows = scorer.statistics(outputs)
    return {name: table[:, 0] for name, table in rows.items()}, dict(scorer.notes("it"))


@pytest.mark.parametrize("name", METRICS)
def test_single_precision_is_the_cpu_s(name: str, encoder: Path) -> None:
    (there, notes), (here, _) = (scores(metric(name, encoder, on)) for on in (GPU, CPU))
    for system in OUTPUTS:
        assert np.abs(there[system] - here[system]).max() < TOLERANCE
    assert notes["batches"] == "fixed by content"


@pytest.mark.parametrize("precision", ["fp32", "tf32", "bf16"])
@pytest.mark.parametrize("name", METRICS)
def test_scoring_again_gives_the_same_bytes(name: str, precision: str, encoder: Path) -> None:
    one, _ = scores(metric(name, encoder, GPU, precision))
    two, _ = scores(metric(name, encoder, GPU, precision))
    alone, _ = scores(metric(name, encoder, GPU, precision), {"it": OUTPUTS["it"]})
    for system in OUTPUTS:
        assert one[system].tobytes() == two[system].tobytes()
    assert alone["it"].tobytes() == one["it"].tobytes(), "whatever is scored beside it"


@pytest.mark.parametrize("precision", NEAR)
@pytest.mark.parametrize("name", METRICS)
def test_other_precisions_are_near_and_leave_no_trace(
    name: str, precision: str, encoder: Path
) -> None:
    made = metric(name, encoder, GPU)
    scale = 25.0 if name == "metricx" else 1.0
    exact, _ = scores(made)
    found, _ = scores(metric(name, encoder, GPU, precision))
    assert np.abs(found["it"] - exact["it"]).max() < NEAR[precision] * scale
    assert scores(made)[0]["it"].tobytes() == exact["it"].tobytes()
    assert not torch.backends.cuda.matmul.allow_tf32


@TWO
@pytest.mark.parametrize("name", METRICS)
def test_several_devices_equal_one(
    name: str, encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mtbench.checkpoints.batches.KEPT_ON_GPU", 3)
    device, engine = spread("cuda:all", Engine())
    one_of_them = engine.model_copy(update={"devices": engine.devices[:1]})
    several, one = (
        blocks(metric(name, encoder, Runtime(device=device, engine=on)), TEST_SET, OUTPUTS)
        for on in (engine, one_of_them)
    )
    assert [(system, block.ids) for system, block in several] == [(s, b.ids) for s, b in one]
    for (_, block), (_, other) in zip(several, one, strict=True):
        assert block.rows.tobytes() == other.rows.tobytes()


def translations(kind: str, runtime: Runtime, **options: Any) -> dict[str, str | None]:
    """Id → text, as the stage of translation asks for it."""
    given: dict[str, Any] = {"model": str(checkpoint(kind)), "max_new_tokens": 40, **options}
    if kind == "llm":
        given |= {"prompt": "{tgt}: {text}"}
    made = make_backend("hf", given, LanguagePair.parse("en-de"), runtime)
    made.check()
    sources = segments(f"{text} {number}" for number in range(9) for text in ENGLISH)
    found: dict[str, str | None] = {}

    def keep(batch: Sequence[Finished]) -> None:
        found.update((one.hypothesis.id, one.hypothesis.text) for one in batch)

    with placed("hf", made) as at_work:
        translate(plan(sources, made, runtime, frozenset()), at_work, keep)
    assert len(found) == len(sources)
    return found


@pytest.mark.parametrize("kind", ["marian", "llm"])
def test_translations_are_the_cpu_s_and_the_same_from_run_to_run(kind: str) -> None:
    there = translations(kind, GPU)
    assert there == translations(kind, CPU)
    assert there == translations(kind, GPU)


@pytest.mark.parametrize("dtype", ["tf32", "bfloat16", "float16"])
def test_other_dtypes_translate_the_same_from_run_to_run(dtype: str) -> None:
    one = translations("marian", GPU, dtype=dtype)
    assert one == translations("marian", GPU, dtype=dtype)
    exact = translations("marian", CPU)
    assert sum(one[name] == text for name, text in exact.items()) > 0.8 * len(exact)


@TWO
def test_several_devices_translate_as_one_does() -> None:
    device, engine = spread("cuda:all", Engine())
    assert translations("marian", Runtime(device=device, engine=engine)) == translations(
        "marian", GPU
    )
