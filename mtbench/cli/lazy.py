"""A group of commands that imports a command only when it is called."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click

from mtbench.errors import UnknownName
from mtbench.settings import defaults_of


class LazyGroup(click.Group):
    """A group whose commands are named in a table: name → (``module:object``, one sentence).

    The workspace's settings are the defaults of options.

    Args:
        verbs: The table, in the order to list them.
        arguments: As for ``click.Group``.
    """

    def __init__(
        self, *args: Any, verbs: Mapping[str, tuple[str, str]] | None = None, **arguments: Any
    ) -> None:
        super().__init__(*args, **arguments)
        self._verbs = dict(verbs or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the table's order."""
        return list(self._verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name.

        Raises:
            UnknownName: If there is none.
            RequestError: If the settings do not hold.
        """
        if cmd_name not in self._verbs:
            if cmd_name.startswith("-"):
                return None
            raise UnknownName("command", cmd_name, self._verbs)
        if ctx.parent is None:
            ctx.default_map = {cmd_name: defaults_of(cmd_name)}
        module, _, attribute = self._verbs[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in ``--help``, from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self._verbs.items()])
