"""``mtbench completion``: the Tab key completes commands, options and names."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import click

from mtbench.cli import common
from mtbench.cli.lazy import LazyGroup
from mtbench.cli.output import emit, say
from mtbench.errors import RequestError, Unavailable

SHELLS = ("bash", "zsh", "fish")
MARK = "# mtbench: completion"
"""Ends each line that we add to a file that is not ours, so that it is not added twice."""


@click.group(
    cls=LazyGroup,
    verbs={
        "install": (
            "mtbench.cli.completion_install:install",
            "Have the shell complete mtbench's commands, options and names.",
        )
    },
    epilog="Example: mtbench completion install",
)
def completion() -> None:
    """Complete commands, options and names of cards, corpora and metrics by the Tab key."""


@click.command(epilog="Example: mtbench completion install --shell zsh")
@click.option(
    "--shell",
    type=click.Choice(SHELLS),
    help="The shell. Default: the one that SHELL names.",
)
@click.option("--show", is_flag=True, help="Print the script and write nothing.")
@common.taken_talk_options
def install(shell: str | None, show: bool) -> None:
    """Have the shell complete mtbench's commands, options and names."""
    name = shell or Path(os.environ.get("SHELL", "")).name
    if name not in SHELLS:
        raise RequestError(
            f"no completion for the shell {name!r}" if name else "SHELL does not name a shell",
            hint=f"--shell {', '.join(SHELLS[:-1])} or {SHELLS[-1]}",
        )
    script = _script(name)
    if show:
        emit(script.rstrip("\n"))
        return
    for path, changed in write(name, script):
        say(f"{path}: {'written' if changed else 'there already'}")
    say(f"it works in every new {name}")


def write(shell: str, script: str) -> list[tuple[Path, bool]]:
    """Puts a script where a shell finds it; a second call changes nothing.

    Args:
        shell: One of ``SHELLS``.
        script: What the shell is to run.

    Returns:
        The files, and for each whether it was changed.

    Raises:
        Unavailable: If one cannot be written.
    """
    from mtbench.files.writing import write_bytes

    home = Path.home()
    settings = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    if shell == "fish":  # it reads this folder by itself
        file, start = settings / "fish" / "completions" / "mtbench.fish", None
    else:
        file = data / "mtbench" / f"completion.{shell}"
        folder = os.environ.get("ZDOTDIR") if shell == "zsh" else None
        start = Path(folder or home) / f".{shell}rc"
    wanted = [(file, script)]
    if start is not None:
        wanted.append((start, _with_line(_text(start), file)))
    done = []
    for path, text in wanted:
        changed = not path.is_file() or _text(path) != text
        if changed:
            mode = path.stat().st_mode if path.is_file() else None
            # A .bashrc is often a link into another folder.
            write_bytes(path.resolve(), text.encode("utf-8", "surrogateescape"))
            if mode is not None:
                path.chmod(mode)
        done.append((path, changed))
    return done


def _text(path: Path) -> str:
    """A file's text, whatever its bytes; empty where there is none."""
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise Unavailable(f"{path}: cannot be read: {error.strerror}") from error


def _with_line(before: str, file: Path) -> str:
    """A shell's start-up file with the one line that reads a script, instead of any other of ours.

    Example:
        >>> once = _with_line("alias l=ls", Path("/x y"))
        >>> once.splitlines()
        ['alias l=ls', ". '/x y'  # mtbench: completion"]
        >>> _with_line(once, Path("/x y")) == once
        True
    """
    kept = [line for line in before.splitlines(True) if not line.rstrip().endswith(MARK)]
    if kept and not kept[-1].endswith("\n"):
        kept[-1] += "\n"
    return "".join([*kept, f". {shlex.quote(str(file))}  {MARK}\n"])


def _script(shell: str) -> str:
    """What click makes of our commands for a shell."""
    from click.shell_completion import get_completion_class

    from mtbench.cli.main import cli

    kind = get_completion_class(shell)
    if kind is None:
        raise RequestError(f"click has no completion for {shell}")
    return kind(cli, {}, "mtbench", "_MTBENCH_COMPLETE").source()
