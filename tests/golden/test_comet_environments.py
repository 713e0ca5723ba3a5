"""COMET by our inference in other environments, against the library's own ``predict`` in this one.

``MTBENCH_TEST_PYTHONS`` names their interpreters, separated like ``PATH``; ``.ci/comet`` makes
environments with transformers 4.44 and 5. This interpreter is always among them. The expected
numbers come from ``comet.load_from_checkpoint(...).predict(...)`` at fp32, on the same checkpoints.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("comet", reason="unbabel-comet makes the expected scores")

from tests.golden.test_comet_parity import (
    CLASSES,
    NORMALISING,
    OUTPUTS,
    REFERENCES,
    SOURCES,
    TOLERANCE,
    VARIANTS,
    references_of,
    samples,
)
from tests.support import comet_families
from tests.support.modules import ROOT
from tests.support.tiny_comet import Library

pytestmark = pytest.mark.slow

OTHERS = [one for one in os.environ.get("MTBENCH_TEST_PYTHONS", "").split(os.pathsep) if one]
NONE: Any = pytest.param(
    "", marks=pytest.mark.skip(reason="MTBENCH_TEST_PYTHONS names no other; .ci/comet makes them")
)
FAMILIES = [
    (metric, f"{kind}+{family}")
    for family in comet_families.FAMILIES
    for metric, kind in (("comet", "regression"), ("comet", "unified"), ("cometkiwi", "qe"))
]
ALL = CLASSES + NORMALISING + VARIANTS + FAMILIES
SIZES = (1, 3, 16)
SEVERAL = [("comet", "regression"), ("comet", "unified"), ("xcomet", "xcomet")]


@pytest.fixture(scope="module")
def questions(
    tiny_comet: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[dict[str, Any]], list[list[float]]]:
    """All questions, and what the library answers."""
    folder = tmp_path_factory.mktemp("families")
    asked: list[dict[str, Any]] = []
    expected: list[list[float]] = []
    for metric, kind in ALL:
        of_family = (metric, kind) in FAMILIES
        file = comet_families.build(folder, kind) if of_family else tiny_comet(kind)
        with comet_families.words_from(file.parents[2] / "encoder"):
            library = Library(file)
        given = [REFERENCES, OUTPUTS["copies"]] if (metric, kind) in SEVERAL else [REFERENCES]
        said = [
            library.predict(samples(metric, OUTPUTS["other"], column)).scores for column in given
        ]
        for number, columns in enumerate([given[:1], given][: len(given)]):
            for size in SIZES if number == 0 else SIZES[:1]:
                asked.append(
                    {
                        "name": f"{metric} {kind}, batches of {size}, {len(columns)} references",
                        "kind": kind,
                        "metric": metric,
                        "model": str(file),
                        "batch_size": size,
                        "sources": SOURCES,
                        "references": references_of(metric, *columns),
                        "outputs": OUTPUTS["other"],
                    }
                )
                expected.append(np.mean(said[: len(columns)], axis=0).tolist())
    return asked, expected


@pytest.mark.parametrize("python", [sys.executable, *(OTHERS or [NONE])])
def test_scores_are_the_library_s(
    python: str, questions: tuple[list[dict[str, Any]], list[list[float]]]
) -> None:
    asked, expected = questions
    done = subprocess.run(
        [python, "-W", "ignore", "-m", "tests.support.comet_elsewhere"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answered = json.loads(done.stdout)
    wrong = []
    largest: dict[str, float] = {}
    for question, ours, theirs in zip(asked, answered.pop("scores"), expected, strict=True):
        assert np.ptp(theirs) > 100 * TOLERANCE, f"{question['name']}: all alike proves nothing"
        if isinstance(ours, str):
            wrong.append(f"{question['name']}: {ours}")
            continue
        deviation = float(np.abs(np.subtract(ours, theirs)).max())
        kind = f"{question['metric']} {question['kind']}"
        largest[kind] = max(largest.get(kind, 0.0), deviation)
        if not deviation < TOLERANCE:
            wrong.append(f"{question['name']}: {deviation:.1e}")
    print(f"{answered}: {len(asked)} questions, largest deviation {max(largest.values()):.1e}")
    for kind, deviation in sorted(largest.items()):
        print(f"  {kind}: {deviation:.1e}")
    assert wrong == []
