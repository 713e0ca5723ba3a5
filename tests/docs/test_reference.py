"""The reference is what the code says, and nothing in the code is missing from it."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest

import mtbench
from mtbench.corpora.formats.exporting import TARGETS
from mtbench.corpora.formats.importing import FORMATS
from mtbench.plugins import BUILTIN_BACKENDS, BUILTIN_METRICS
from mtbench.report.csv_table import LEADING, METRIC_SUFFIXES, TRAILING
from tests.docs import reference
from tests.docs.reference import REFERENCE, ROOT, commands, error_classes

RESULTS = ROOT / "results"
COMMANDS = dict(commands())


@pytest.mark.parametrize("path", reference.pages(), ids=lambda p: p.name)
def test_a_generated_page_is_fresh(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == reference.pages()[path], (
        "run: python -m tests.docs.reference"
    )


def test_no_schema_is_left_over() -> None:
    assert set((REFERENCE / "schemas").iterdir()) <= set(reference.pages())


def section(page: str, title: str) -> str:
    """A section of a page, without the title."""
    text = (REFERENCE / page).read_text(encoding="utf-8")
    return text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_is_documented(name: str) -> None:
    shown = section("cli.md", name)
    for parameter in COMMANDS[name].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{parameter.name} has no help"
            assert all(re.search(rf"(?m)^ +.*{re.escape(o)}\b", shown) for o in parameter.opts)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_help_text_with_an_example(name: str) -> None:
    command = COMMANDS[name]
    assert (command.help or "").strip()
    shown = re.sub(r"\s+", " ", reference.help_text(name, command))
    assert re.search(r"Example: mtbench( |$)", shown)


@pytest.mark.parametrize(
    ("name", "option", "formats"),
    [("mtbench corpus export", "kind", TARGETS), ("mtbench corpus import", "kind", FORMATS)],
)
def test_help_names_every_format(name: str, option: str, formats: tuple[str, ...]) -> None:
    (found,) = (p for p in COMMANDS[name].params if p.name == option)
    assert str(found.metavar).split("|") == list(formats)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_example_of_a_command_parses(name: str) -> None:
    _, _, example = (COMMANDS[name].epilog or "").partition("Example: ")
    words = shlex.split(example.partition(" && ")[0])
    called = words.pop(0)
    while isinstance(COMMANDS[called], click.Group):
        called = f"{called} {words.pop(0)}"
    COMMANDS[called].make_context(called, words)
    assert called.startswith(name)


def test_the_python_reference_has_each_name_once_with_an_example() -> None:
    page = (REFERENCE / "python-api.md").read_text(encoding="utf-8")
    _, *entries = page.split("\n### ")
    names = [entry.split("\n", 1)[0] for entry in entries]
    assert len(set(names)) == len(names)
    assert set(mtbench.__all__) <= set(names)
    assert [n for n, e in zip(names, entries, strict=True) if "\n>>> " not in e] == []
    for inside in (
        "pydantic.",
        "pydantic_",
        "FieldInfo",
        "Annotated[",
        "model_config",
        "object at 0x",
    ):
        assert inside not in page.replace("ValidationError", "")


def test_every_error_and_exit_code_is_documented() -> None:
    page = (REFERENCE / "exit-codes.md").read_text(encoding="utf-8")
    for kind in error_classes():
        assert f"| `{kind.__name__}` | {kind.exit_code} |" in page
        assert f"\n| {kind.exit_code} | " in page


def test_every_metric_and_back_end_is_documented() -> None:
    for name in BUILTIN_METRICS:
        assert section("metrics.md", name)
    for name in BUILTIN_BACKENDS:
        assert section("back-end-options.md", name)
    for page in ("metrics.md", "back-end-options.md"):
        for row in re.findall(r"(?m)^\| `.*", (REFERENCE / page).read_text(encoding="utf-8")):
            assert re.split(r"(?<!\\)\|", row)[4].strip(), f"an option without a meaning: {row}"


def test_every_column_of_the_leaderboard_is_documented() -> None:
    page = section("records.md", "Columns of the leaderboard CSV")
    for column in (*LEADING, *(f"METRIC{s}" for s in METRIC_SUFFIXES), *TRAILING):
        assert f"| `{column}` |" in page


def documents() -> list[tuple[str, Any]]:
    """Stored files of ours, with the record they hold."""
    found: list[tuple[str, Any]] = []
    for path in sorted(RESULTS.glob("*/en-fr/*/run.json")):
        found.append(("RunRecord", json.loads(path.read_text("utf-8"))))
    for path in sorted(RESULTS.glob("*/en-fr/*/scores/*.json")):
        score = json.loads(path.read_text("utf-8"))
        for beside in ("statistics", "segment_ids", "segment_scores"):
            del score[beside]
        found.append(("Score", score))
    return found


def test_stored_files_hold_by_the_schemas() -> None:
    assert {name for name, _ in documents()} == {"RunRecord", "Score"}
    for name, document in documents():
        schema = json.loads((REFERENCE / "schemas" / f"{name}.json").read_text("utf-8"))
        jsonschema.validate(document, schema)


def test_stored_outputs_are_as_described() -> None:
    for path in RESULTS.glob("*/en-fr/*/output.jsonl"):
        for line in path.read_text("utf-8").splitlines():
            assert {"id", "mt"} <= set(json.loads(line))
