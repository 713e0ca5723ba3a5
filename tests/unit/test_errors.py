"""Every error knows its exit code and says itself in one to three lines."""

from __future__ import annotations

import inspect

import pytest

from mtbench import errors
from mtbench.distribution import install_line
from mtbench.errors import (
    AnswerIsNo,
    MissingExtra,
    MtbenchError,
    RequestError,
    RunFailed,
    TransientError,
    Unavailable,
    UnknownName,
)

KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, MtbenchError)
]
CODES = {AnswerIsNo: 1, RequestError: 2, Unavailable: 3, RunFailed: 4}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not MtbenchError])
def test_every_kind_has_the_code_of_its_family(kind: type[MtbenchError]) -> None:
    families = [family for family in CODES if issubclass(kind, family)]
    assert len(families) == 1
    assert kind.exit_code == CODES[families[0]]


def test_the_drawing_in_the_module_names_every_kind() -> None:
    for kind in KINDS:
        assert f" {kind.__name__} " in f" {errors.__doc__} ".replace("\n", " "), kind


def test_lines() -> None:
    assert MtbenchError("what").lines() == ["what"]
    assert MtbenchError("what", why="cause", hint="do").lines() == ["what", "cause", "do"]
    assert str(MtbenchError("what", hint="do")) == "what; do"
    assert TransientError("busy", retry_after=3.5).retry_after == 3.5


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("blue", ["bleu", "chrf"], "did you mean 'bleu'?"),
        ("chr", ["chrf", "chrf++", "bleu"], "did you mean 'chrf' or 'chrf++'?"),
        ("xyz", ["bleu", "chrf"], "known: bleu, chrf"),
        ("xyz", [f"n{i}" for i in range(10)], "known: n0, n1, n2, n3, n4, n5, n6, n7 and 2 more"),
        ("xyz", [], "there is no metric here"),
    ],
)
def test_unknown_names_suggest(name: str, known: list[str], hint: str) -> None:
    error = UnknownName("metric", name, known)
    assert error.lines() == [f"unknown metric: {name!r}", hint]
    assert UnknownName("metric", name, known, hint="look there").hint == "look there"


def test_a_missing_extra_says_what_to_type() -> None:
    error = MissingExtra("COMET", "comet", "ImportError: no torch")
    assert error.lines()[-1] == f"install it with: {install_line('comet')}"
    assert error.extra == "comet"
