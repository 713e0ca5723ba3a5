"""``mtbench models``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mtbench.cli import common, completion
from mtbench.cli.lazy import LazyGroup

if TYPE_CHECKING:
    from mtbench.types import Json

VERBS = {
    "list": ("mtbench.cli.models:list_", "List the candidate systems."),
    "show": ("mtbench.cli.models:show", "Show a system's card."),
    "new": ("mtbench.cli.models_new:new", "Write a commented card."),
    "check": ("mtbench.cli.models_check:check", "Load a system and translate one segment."),
}


@click.group(cls=LazyGroup, verbs=VERBS, epilog="Example: mtbench models check identity")
def models() -> None:
    """The candidate systems: model cards, and what can run here."""


@click.command("list", epilog="Example: mtbench models list")
@common.format_option("table", "json")
@common.taken_talk_options
def list_(style: str) -> None:
    """List every card with its back end, pairs and licence."""
    from mtbench.config import card_names, find_system, workspace
    from mtbench.errors import MtbenchError

    space = workspace()
    cards: list[dict[str, Json]] = []
    rows = []
    for name in card_names(space.models):
        try:
            card = find_system(name, space.models)
        except MtbenchError as error:
            # One broken card must not hide the others; to use it is an error.
            cards.append({"name": name, "error": str(error)})
            rows.append([name, "", "", error.message])
        else:
            cards.append({**card.model_dump(mode="json"), "error": None})
            rows.append([name, card.backend, " ".join(card.pairs), card.licence or "unknown"])
    if style == "json":
        common.emit_json(cards)
        return
    common.emit(common.grid(["name", "back end", "pairs", "licence"], rows))


@click.command("show", epilog="Example: mtbench models show identity")
@click.argument("model", metavar="M", shell_complete=completion.models)
@common.format_option("table", "json")
@common.taken_talk_options
def show(model: str, style: str) -> None:
    """Show a card with its options as they would be used."""
    from mtbench.config import find_system, workspace
    from mtbench.plugins import BACKENDS, parse_options

    card = find_system(model, workspace().models)
    options = parse_options(BACKENDS.get(card.backend).Options, card.options, card.name)
    values = card.model_dump(mode="json", exclude={"options"}) | {
        "options": options.model_dump(mode="json")
    }
    if style == "json":
        common.emit_json(values)
        return
    common.emit(common.grid(["key", "value"], [[k, _shown(v)] for k, v in values.items() if v]))


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} = {inner!r}" for key, inner in value.items())
    if isinstance(value, list):
        return " ".join(map(str, value))
    return str(value)
