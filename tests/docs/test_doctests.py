"""The examples in the docstrings of the public seams run, and every public name there has one."""

from __future__ import annotations

import doctest
import importlib

import pytest

import mtbench

MODULES = (
    "mtbench.api.calls",
    "mtbench.api.corpora",
    "mtbench.api.door",
    "mtbench.api.found",
    "mtbench.api.tables",
    "mtbench.functions",
    "mtbench.plugins",
    "mtbench.seams",
    "mtbench.testing",
    "mtbench.testing.backends",
    "mtbench.testing.contract",
    "mtbench.testing.fakes",
    "mtbench.testing.metrics",
    "mtbench.errors",
    "mtbench.languages",
    "mtbench.metrics.judge_prompts",
    "mtbench.pipeline.evaluation",
    "mtbench.report.segments_text",
    "mtbench.significance.autorank",
    "mtbench.types.base",
    "mtbench.types.corpora",
    "mtbench.types.scores",
    "mtbench.types.signatures",
    "mtbench.types.systems",
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert failed == 0


@pytest.mark.parametrize("name", ["mtbench", "mtbench.plugins", "mtbench.testing"])
def test_every_public_class_and_function_has_an_example(name: str) -> None:
    module = importlib.import_module(name)
    bare = [
        public
        for public in module.__all__
        if (callable(thing := getattr(module, public)) and hasattr(thing, "__module__"))
        and str(thing.__module__).startswith("mtbench.")
        and ">>>" not in (thing.__doc__ or "")
    ]
    assert not bare


def test_every_public_method_of_the_front_door_has_an_example() -> None:
    bare = [
        f"{public}.{method}"
        for public in mtbench.__all__
        if isinstance(thing := getattr(mtbench, public), type)
        for method, function in vars(thing).items()
        if not method.startswith("_")
        and (callable(function) or isinstance(function, property))
        and ">>>" not in (function.__doc__ or "")
    ]
    assert not bare
