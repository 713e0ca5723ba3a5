"""The command line as it describes itself."""

from __future__ import annotations

import click

from mtbench.cli.main import cli


def verbs() -> list[list[str]]:
    """Every verb, with its words: ``["corpus", "show"]``; groups too."""
    found: list[list[str]] = []

    def walk(group: click.Group, words: list[str]) -> None:
        context = click.Context(group)
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None, name
            found.append([*words, name])
            if isinstance(command, click.Group):
                walk(command, [*words, name])

    walk(cli, [])
    return found
