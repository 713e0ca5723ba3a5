"""COMET in eight bits, on real classes and tiny checkpoints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mtbench.checkpoints.int8 import require_exact
from mtbench.errors import RequestError, Unavailable
from mtbench.types import Engine, Runtime
from tests.support.comet_samples import metric, paragraphs, scores, view

pytest.importorskip("torch")

TEST_SET = view(paragraphs("en"), [(one,) for one in paragraphs("de")])
OUTPUTS = {"it": list(paragraphs("it")), "copy": list(paragraphs("en"))}
KINDS = [
    ("comet", "regression"),
    ("comet", "regression+norm"),
    ("cometkiwi", "qe"),
    ("comet", "unified"),
    ("xcomet", "xcomet"),
]


@pytest.fixture(scope="module", autouse=True)
def _exact() -> None:
    try:
        require_exact()
    except Unavailable as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_scores_are_near_and_those_of_a_system_are_its_own(
    name: str, kind: str, tiny_comet: Callable[[str], Path]
) -> None:
    model = tiny_comet(kind)
    exact = scores(name, model, TEST_SET, OUTPUTS)
    found = scores(name, model, TEST_SET, OUTPUTS, precision="int8")
    again = scores(
        name, model, TEST_SET, {"it": OUTPUTS["it"]}, Runtime(device="cpu", batch_size=3),
        precision="int8",
    )  # fmt: skip
    assert found["it"].tobytes() == again["it"].tobytes()
    near = 0.1 if kind != "xcomet" else 1.0  # where a label tips over, a span's penalty goes
    for system in OUTPUTS:
        assert 0 < np.abs(found[system] - exact[system]).max() < near


def test_it_signs_itself(tiny_comet: Callable[[str], Path]) -> None:
    model = tiny_comet("regression")
    assert metric("comet", model, precision="int8").signature(TEST_SET).get("precision") == "int8"


def test_what_a_device_does_not_have_is_refused_before_work(
    tiny_comet: Callable[[str], Path],
) -> None:
    model = tiny_comet("regression")
    with pytest.raises(RequestError, match="tf32 is arithmetic of CUDA devices, and this is cpu"):
        metric("comet", model, precision="tf32").check(TEST_SET)
    elsewhere = Runtime(device="cpu", engine=Engine(kind="ray"))
    metric("comet", model, elsewhere, precision="tf32").check(TEST_SET)  # its workers say it
