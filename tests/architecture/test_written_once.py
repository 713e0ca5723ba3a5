"""A rule is written once: no pattern, table or constant in two modules, no body in two rooms.

What stands in two places on purpose is an exception, with its reason. An exception that holds no
longer fails too, so that the list only shrinks: take its line away.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence

import pytest

from tests.support.modules import modules, source
from tests.support.twice import Trees, Twice, bodies, constants, patterns, tables

Exceptions = Mapping[tuple[str, str], str]
"""What is found, and the modules that it stands in → the reason."""

SHOWN = "--help shows it without importing numpy; this line fails once the two differ"
PATTERNS: Exceptions = {}
TABLES: Exceptions = {
    ("'missing' 'not-noninferior' 'worse'", "boards.comparison.diffing cli.compare"): SHOWN,
    ("'document' 'domain' 'length' 'original_language'", "boards.slices cli.common"): SHOWN,
}
CONSTANTS: Exceptions = {}
BODIES: Exceptions = {}


@pytest.mark.parametrize(
    ("find", "exceptions"),
    [(patterns, PATTERNS), (tables, TABLES), (constants, CONSTANTS), (bodies, BODIES)],
    ids=["patterns", "tables", "constants", "bodies"],
)
def test_a_rule_is_written_once(
    find: Callable[[Trees], Sequence[Twice]], exceptions: Exceptions
) -> None:
    found = {
        (one.what, " ".join(place.removeprefix("mtbench.") for place in one.places)): one
        for one in find({module: source(module) for module in modules()})
    }
    assert not [str(one) for key, one in found.items() if key not in exceptions], (
        "written twice: give it one home below both"
    )
    assert not set(exceptions) - set(found), "written once by now: take the exception away"


ONE_ROOM = """
PAUSE = 0.25
SPACES = re.compile(r"\\s{2,}")
KINDS = ("gold", "silver", "bronze")

def first(rows):
    kept = []
    for row in rows:
        if row.value > 3:
            kept.append(row.value)
    log.debug(kept)
    return sorted(kept)
"""
ANOTHER = """
_PAUSE = 0.25
KIND = {"silver", "bronze", "gold"}

def second(items: list) -> list:
    \'\'\'Words.\'\'\'
    found = []
    for item in items:
        if item.value > 12:
            found.append(item.value)
    log.debug(
        found
    )
    return sorted(found)

def squeeze(text):
    return re.sub(r"\\s{2,}", " ", text)
"""


def test_the_search_finds_what_differs_in_names_only() -> None:
    trees = {"mtbench.a.one": ast.parse(ONE_ROOM), "mtbench.b.two": ast.parse(ANOTHER)}
    for find in (patterns, tables, constants, bodies):
        assert [one.places for one in find(trees)] == [("mtbench.a.one", "mtbench.b.two")]


def test_a_body_may_stand_twice_in_one_room() -> None:
    trees = {"mtbench.a.one": ast.parse(ONE_ROOM), "mtbench.a.two": ast.parse(ANOTHER)}
    assert not bodies(trees)


def test_the_search_tells_apart_what_calls_something_else() -> None:
    other = ANOTHER.replace("log.debug", "log.error")
    trees = {"mtbench.a.one": ast.parse(ONE_ROOM), "mtbench.b.two": ast.parse(other)}
    assert not bodies(trees)
