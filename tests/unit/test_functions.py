"""Which code a function's answers follow from."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

import numpy as np

from mtbench.functions import UNPINNED, identity

WORD = "one"
HELD = object()


def helper(text: str) -> str:
    return text + WORD


def calls_helper(text: str) -> str:
    return helper(text)


def reads_object(text: str) -> str:
    return f"{text}{HELD}"


def uses_packages(text: str) -> str:
    return json.dumps(np.asarray([len(text)]).tolist())


def inner(text: str) -> list[str]:
    return [helper(word) for word in text.split()]


def recursive(n: int) -> int:
    return recursive(n - 1) if n else 0


def test_plain_functions_are_pinned() -> None:
    for function in (helper, calls_helper, uses_packages, inner, recursive, json.dumps, str.upper):
        assert identity(function).startswith("sha256:"), function
    assert len({identity(f) for f in (helper, calls_helper, inner, uses_packages)}) == 4


def test_values_that_a_function_names_are_part_of_it(monkeypatch: Any) -> None:
    before = identity(helper), identity(calls_helper), identity(inner)
    monkeypatch.setitem(globals(), "WORD", "two")
    after = identity(helper), identity(calls_helper), identity(inner)
    assert all(a != b for a, b in zip(before, after, strict=True))


def test_closures_and_defaults_are_part_of_it() -> None:
    def made(word: str) -> Callable[[str], str]:
        def joined(text: str, other: str = word) -> str:
            return text + word + other

        return joined

    assert identity(made("a")) == identity(made("a")) != identity(made("b"))
    partial = functools.partial(helper, text="x")
    assert identity(partial) != identity(functools.partial(helper, text="y"))


def test_what_rests_on_more_is_unpinned() -> None:
    held = {"model": object()}
    typed: dict[str, Any] = {}
    exec("def typed(text): return text", typed)  # noqa: S102
    for thing in (reads_object, lambda text: held["model"], object(), typed["typed"]):
        assert identity(thing) == UNPINNED


def test_what_its_author_says_counts() -> None:
    def one(text: str) -> str:
        return f"{text}{HELD}"

    one.identity = "my model 3"  # type: ignore[attr-defined]
    assert identity(one) == "said:my model 3"
