"""Every regular expression of the package, how it is used, and what it takes longest over."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mtbench

_NEW = sys.version_info >= (3, 11)  # which moved them, and warns of their old names
constants: Any = importlib.import_module("re._constants" if _NEW else "sre_constants")
parser: Any = importlib.import_module("re._parser" if _NEW else "sre_parse")

PACKAGE = Path(mtbench.__file__).parent
MANY = 20  # repetitions from which a pattern may run over foreign text for long
REPEATS = tuple(
    getattr(constants, name)
    for name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
    if hasattr(constants, name)
)
CANDIDATES = "a0 .-A_\n<>\"'x@:/é中"
USUAL = (
    *"a0A <{[%&/-_=é中.|#`*\"'\n",
    *("a ", "0.", "0,000", "<a ", "a.", "a@", "{a,", "a-", "a\n", " \n", "://", "&a;", "a: "),
    *("```\n", "__", "**a", "\r\n", "<!---->", "('a', ", "~~~", "- ", "a:a@"),
)
"""What foreign texts repeat, tried on every pattern."""


_CALL = re.compile(r"\b(\w+)\.(match|fullmatch|search|finditer|findall|subn?|split)\(")


@dataclass(frozen=True)
class Use:
    """A pattern and the one way it is called (``finditer`` where it is searched for)."""

    where: str
    pattern: re.Pattern[Any]
    anchored: str | None

    def run(self, text: str) -> None:
        """Does what the package does with it."""
        subject: Any = text if isinstance(self.pattern.pattern, str) else text.encode("utf-8")
        if self.anchored:
            getattr(self.pattern, self.anchored)(subject)
        else:
            for _ in self.pattern.finditer(subject):
                pass


def uses() -> list[Use]:
    """All of them: of modules, whatever table they stand in, and in calls of ``re``."""
    sources = {path: path.read_text("utf-8") for path in sorted(PACKAGE.rglob("*.py"))}
    found: dict[tuple[Any, int, str | None], Use] = {}
    for use in (*_of_modules(sources), *_of_calls(sources)):
        found.setdefault((use.pattern.pattern, use.pattern.flags, use.anchored), use)
    return sorted(found.values(), key=lambda use: use.where)


def _of_modules(sources: dict[Path, str]) -> Iterator[Use]:
    calls: dict[tuple[str, str], set[str]] = {}
    for path, source in sources.items():
        module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        for name, call in _CALL.findall(source):
            calls.setdefault((module if name.startswith("_") else "", name), set()).add(call)
    for package in pkgutil.walk_packages([str(PACKAGE)], "mtbench."):
        if package.name.endswith("__main__"):
            continue
        for name, value in list(vars(importlib.import_module(package.name)).items()):
            ways = calls.get((package.name if name.startswith("_") else "", name), set())
            anchored = next(iter(ways)) if ways in ({"match"}, {"fullmatch"}) else None
            for pattern in _within(value):
                yield Use(f"{package.name}.{name}", pattern, anchored)


def _within(value: object) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, (dict, list, tuple, set, frozenset)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _within(one)


def _of_calls(sources: dict[Path, str]) -> Iterator[Use]:
    for path, source in sources.items():
        for node in ast.walk(ast.parse(source)):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="re"), attr=call),
                    args=[ast.Constant(value=str() | bytes() as text), *_],
                ) if call not in ("escape", "compile"):
                    anchored = call if call in ("match", "fullmatch") else None
                    where = f"{path.relative_to(PACKAGE)}:{node.lineno}"
                    yield Use(where, re.compile(text), anchored)


def of_size(part: str, size: int) -> str:
    """A part repeated to so many characters."""
    return (part * (size // len(part) + 1))[:size]


def pumps(use: Use) -> list[tuple[str, str]]:
    """What comes before, and what is repeated, to make the pattern try the most."""
    tree = list(parser.parse(use.pattern.pattern, use.pattern.flags))
    own = [(before, part) for before, part in _pumps(tree, "") if part]
    return list(dict.fromkeys([*own, *(("", part) for part in USUAL)]))


def _pumps(tree: list[Any], before: str) -> Iterator[tuple[str, str]]:
    for code, value in tree:
        if code in REPEATS:
            if value[1] > MANY:
                part = _example(value[2])
                yield from ((before, part), ("", before + part), (before, part + "\n"))
            yield from _pumps(list(value[2]), before)
        elif code is constants.BRANCH:
            for branch in value[1]:
                yield from _pumps(list(branch), before)
        elif code is constants.SUBPATTERN:
            yield from _pumps(list(value[3]), before)
        elif code in (constants.ASSERT, constants.ASSERT_NOT):
            yield from _pumps(list(value[1]), before)
        before += _example([(code, value)])
    yield "", before


def _example(tree: Any) -> str:
    """A text that a pattern takes, or nearly."""
    found = ""
    for code, value in tree:
        if code is constants.LITERAL:
            found += chr(value)
        elif code is constants.NOT_LITERAL:
            found += "b" if value == ord("a") else "a"
        elif code is constants.ANY:
            found += "a"
        elif code is constants.IN:
            found += _of_class(value)
        elif code is constants.BRANCH:
            found += _example(value[1][0])
        elif code is constants.SUBPATTERN:
            found += _example(value[3])
        elif code in REPEATS:
            found += _example(value[2]) * max(value[0], 1)
    return found


def _of_class(items: list[Any]) -> str:
    spelled = {
        constants.CATEGORY_DIGIT: r"\d",
        constants.CATEGORY_NOT_DIGIT: r"\D",
        constants.CATEGORY_SPACE: r"\s",
        constants.CATEGORY_NOT_SPACE: r"\S",
        constants.CATEGORY_WORD: r"\w",
        constants.CATEGORY_NOT_WORD: r"\W",
    }

    def inside(one: int) -> bool:
        hit = any(
            (code is constants.LITERAL and value == one)
            or (code is constants.RANGE and value[0] <= one <= value[1])
            or (code is constants.CATEGORY and re.match(spelled[value], chr(one)))
            for code, value in items
        )
        return hit is not any(code is constants.NEGATE for code, _ in items)

    own = [v if c is constants.LITERAL else v[0] for c, v in items if c in _WITH_LETTERS]
    return next((chr(one) for one in [*map(ord, CANDIDATES), *own] if inside(one)), "a")


_WITH_LETTERS = (constants.LITERAL, constants.RANGE)
