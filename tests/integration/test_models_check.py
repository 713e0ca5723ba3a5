"""``models check`` shows what a back end promises, and finds out what does not hold."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import count
from typing import Any

import pytest

from mtbench.plugins import BUILTIN_BACKENDS, Backend
from mtbench.types import Json, Source, Translation
from tests.support.workspace import Space


class Upper(Backend):
    def translate(self, batch: Sequence[Source]) -> Any:
        return [source.text.upper() for source in batch]


class Drifting(Upper):
    """Says it is deterministic, and is not."""

    numbers = count()

    def translate(self, batch: Sequence[Source]) -> list[str]:
        return [f"{source.text} {next(self.numbers)}" for source in batch]


class Drawing(Drifting):
    deterministic = False


class Crowded(Upper):
    """Says that batches do not matter, and they do."""

    def translate(self, batch: Sequence[Source]) -> list[str]:
        return [f"{source.text} {len(batch)}" for source in batch]


class Whole(Crowded):
    batching = "document"


class Short(Upper):
    def translate(self, batch: Sequence[Source]) -> list[str]:
        return [source.text for source in batch][1:]


class Unkept(Upper):
    def translate(self, batch: Sequence[Source]) -> list[Translation]:
        return [Translation(text="x", kept={"score": float("nan")}) for _ in batch]


class Secretive(Upper):
    def provenance(self) -> dict[str, Json]:
        return {"model": object()}


class Defective(Upper):
    def translate(self, batch: Sequence[Source]) -> list[str]:
        raise ZeroDivisionError("a defect")


class Fragile(Upper):
    """Does well with sentences, and dies of odd texts."""

    def translate(self, batch: Sequence[Source]) -> list[str]:
        return [source.text.encode("latin-1").decode("latin-1") for source in batch]


@pytest.fixture
def check(space: Space, monkeypatch: pytest.MonkeyPatch) -> Any:
    def run(kind: type[Backend], *more: str) -> Any:
        monkeypatch.setitem(BUILTIN_BACKENDS, "mine", f"{__name__}:{kind.__name__}")
        monkeypatch.setitem(sys.modules, __name__, sys.modules[kind.__module__])
        space.card("mine", 'backend = "mine"\npairs = ["en-it", "it-en"]\n')
        return space("models", "check", "mine", *more)

    return run


def test_each_direction_is_loaded_timed_and_compared(check: Any) -> None:
    one, two = check(Upper, "--format", "json").json
    assert (one["pair"], two["pair"]) == ("en-it", "it-en")
    assert one["translation"] == "THIS IS A SHORT SENTENCE."
    assert one["load_seconds"] >= 0
    assert one["characters_per_second"] > 0
    assert (one["deterministic"], one["repeatable"], one["order_free"]) == (True, True, True)
    table = check(Upper).out
    assert "yes, same again" in table
    assert "do not matter" in table


def test_what_is_not_promised_is_said(check: Any) -> None:
    for row in check(Drawing, "--format", "json").json:
        assert (row["deterministic"], row["repeatable"], row["order_free"]) == (False, False, False)
    assert "not promised, differed" in check(Drawing).out
    for row in check(Whole, "--format", "json").json:
        assert (row["batching"], row["order_free"]) == ("document", None)
    assert "fixed: document" in check(Whole).out


@pytest.mark.parametrize(
    ("kind", "code", "words"),
    [
        (Drifting, 1, "says it is deterministic, and translated one text two ways"),
        (Crowded, 1, "says that batches do not matter"),
        (Short, 1, "gave 2 translations for 3 segments"),
        (Unkept, 4, "not a finite number"),
        (Secretive, 4, "provenance() cannot be written as JSON"),
        (Defective, 4, "mine failed: ZeroDivisionError: a defect"),
    ],
)
def test_what_does_not_hold(check: Any, kind: type[Backend], code: int, words: str) -> None:
    check(kind).refused(code, words)


def test_the_whole_contract(check: Any) -> None:
    assert check(Upper, "--contract", "--format", "json").code == 0
    assert check(Fragile).code == 0
    check(Fragile, "--contract").refused(4, "UnicodeEncodeError")


def test_a_program_is_run_twice(space: Space) -> None:
    """Its answers to one run are made at once: asked again, it would only repeat them."""
    space.file(
        "clock.py", "import os, sys\nfor line in sys.stdin: print(os.getpid(), line.strip())\n"
    )
    named = f"command:{sys.executable} clock.py"
    space("models", "check", named, "--pair", "en-it").refused(1, "says it is deterministic")
    assert space("models", "check", "command:tr a-z A-Z", "--pair", "en-it").code == 0


def test_a_file_of_translations_is_not_loaded(space: Space) -> None:
    space.file("out.it", "Ciao.\n")
    space("models", "check", "hypotheses:out.it", "--pair", "en-it").refused(2, "nothing to load")
