"""``mtbench models new``."""

from __future__ import annotations

import inspect
import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, get_args

import click

from mtbench.cli import common
from mtbench.errors import RequestError

if TYPE_CHECKING:
    from mtbench.types import Record

FIELDS = (
    ("pairs", '["en-de"]', 'directions it serves; ["*"] for any'),
    ("licence", '""', "of the weights or the engine, as an SPDX identifier"),
    ("url", '""', "where it is described"),
    ("trained_on", "[]", "names of its training data, for contamination notes"),
    ("training_cutoff", "2024-01-31", "it has seen no data after this day"),
    ("optimised_for", "[]", "metrics that its decoding or training optimises"),
    ("lineage", '""', "systems of one lineage may be compared by small deltas of BLEU and chrF"),
    ("baseline", "false", "whether it stands outside rankings"),
    ("notes", '""', "what a user must know"),
)


@click.command(
    epilog="Example: mtbench models new my-model hf:Helsinki-NLP/opus-mt-en-de --pair en-de"
)
@click.argument("name")
@click.argument("model", metavar="BACKEND:TARGET")
@click.option("--pair", "pairs", multiple=True, metavar="SRC-TGT", help="Directions. Default: any.")
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    default="models",
    show_default=True,
    help="Folder to write the card into.",
)
@common.taken_talk_options
def new(name: str, model: str, pairs: tuple[str, ...], output: str) -> None:
    """Write a commented card for a system, ready to be filled in."""
    from mtbench.config import check_name, find_system
    from mtbench.files.writing import write_text
    from mtbench.languages import LanguagePair
    from mtbench.plugins import BACKENDS

    check_name(name, "models new")
    card = find_system(model, ())
    path = Path(output) / f"{name}.toml"
    if path.exists():
        raise RequestError(f"{path}: there already", hint="name another, or edit that one")
    kind = BACKENDS.get(card.backend)
    named = [str(LanguagePair.parse(pair)) for pair in pairs] or ["*"]
    lines = [f"backend = {_toml(card.backend)}", f"pairs = {_toml(named)}"]
    lines += [f"# {key} = {example}   # {text}" for key, example, text in FIELDS[1:]]
    lines += _price(kind.Options)
    lines += ["", "[options]"]
    lines += [f"{key} = {_toml(value)}" for key, value in card.options.items()]
    lines += list(_defaults(kind.Options, set(card.options)))
    write_text(path, "\n".join(lines) + "\n")
    find_system(str(path), ())
    common.emit(str(path))


def _price(options: type[Record]) -> Iterator[str]:
    """The table of what a server charges, where the back end counts costs."""
    field = options.model_fields.get("price")
    kinds = [kind for kind in get_args(field.annotation) if kind is not NoneType] if field else []
    if not kinds:
        return
    yield "# [price]"
    said = _descriptions(kinds[0])
    for name, amount in kinds[0].model_fields.items():
        default = amount.get_default()
        example = 20.0 if amount.is_required() else default
        yield f"# {name} = {_toml(example)}   # {said.get(name, '').rstrip('.').lower()}".rstrip()


def _defaults(options: type[Record], written: set[str]) -> Iterator[str]:
    """The options that are left at their defaults, commented out, each below what it is about."""
    said = _descriptions(options)
    for key, field in options.model_fields.items():
        if key in written or key == "price":  # a table of its own, for servers that charge
            continue
        default: Any = field.get_default(call_default_factory=True)
        plain = isinstance(default, str | int | float | bool | list | tuple)
        yield from textwrap.wrap(said[key], 96, initial_indent="## ", subsequent_indent="## ")
        yield f"# {key} = {_toml(default) if plain else ''}".rstrip()


def _descriptions(options: type[Record]) -> dict[str, str]:
    """Option → what the docstring of the record that declares it says of it."""
    found: dict[str, str] = {}
    for kind in reversed(options.__mro__):
        _, _, attributes = inspect.cleandoc(kind.__doc__ or "").partition("Attributes:\n")
        for name, text in _ENTRY.findall(attributes + "\n"):
            found[name] = " ".join(text.replace("``", "`").split())
    return found


# An entry is indented by four spaces, what goes on from it by more.
_ENTRY = re.compile(r"^ {4}(\w+): (.*(?:\n {5,}.*)*)", re.MULTILINE)


def _toml(value: Any) -> str:
    """A TOML value; strings, numbers, booleans and lists of them are written as JSON has them."""
    return json.dumps(value, ensure_ascii=False)
