"""What is printed: data on stdout and nothing else; talk, errors included, on stderr."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import click

from mtbench.errors import MtbenchError, Unavailable

if TYPE_CHECKING:
    from mtbench.types import Json


def prepare() -> None:
    """Sets the standard streams to UTF-8; bytes of file names that are none pass as they came.

    A stream that is closed (``>&-``) is one that nobody reads.
    """
    if sys.stdout is None:
        sys.stdout = io.StringIO()
    if sys.stderr is None:
        sys.stderr = io.StringIO()
    for stream, errors in ((sys.stdout, "surrogateescape"), (sys.stderr, "backslashreplace")):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors=errors)


def emit(text: str) -> None:
    """Data on stdout, ending in one newline.

    A reader that has gone (``| head``) is no failure: the rest is thrown away.

    Raises:
        Unavailable: If stdout cannot be written otherwise (a full disk).
    """
    try:
        click.echo(text.rstrip("\n"))
        sys.stdout.flush()
    except BrokenPipeError:
        discard(sys.stdout)
    except OSError as error:
        discard(sys.stdout)
        raise Unavailable(f"standard output cannot be written: {error.strerror or error}") from None


def emit_json(document: Json) -> None:
    """One JSON document on stdout."""
    emit(json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False))


def emit_failed(document: Mapping[str, Json], error: MtbenchError) -> NoReturn:
    """What was found, with the error it led to, as one JSON document; leaves with its code."""
    emit_json({**document, **error_document(error.lines(), error.exit_code)})
    raise click.exceptions.Exit(error.exit_code)


def say(text: str) -> None:
    """Talk on stderr, whether or not anybody reads it."""
    try:
        click.echo(text, err=True)
    except OSError:
        discard(sys.stderr)


def tell(text: str) -> None:
    """Lines of a report on stderr, foreign text in them made printable."""
    say("\n".join(printable(line) for line in text.split("\n")))


def error_text(lines: Sequence[str]) -> str:
    """An error as a user reads it: one to three lines, with nothing in them that is not shown."""
    first, *rest = (printable(line) for line in lines)
    return "\n".join([f"mtbench: {first}", *(f"  {line}" for line in rest)])


def error_document(lines: Sequence[str], code: int) -> dict[str, Any]:
    """An error as JSON."""
    message, *rest = lines
    return {"error": {"message": message, "details": rest, "exit_code": code}}


def printable(text: str) -> str:
    """Foreign text in a message: line ends become spaces, other control characters escapes."""
    return "".join(
        c if c.isprintable() else " " if c in "\n\r\t" else c.encode("unicode_escape").decode()
        for c in text
    )


def discard(stream: TextIO) -> None:
    """Lets what is still buffered go nowhere, so that Python does not complain at exit."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
