"""Readers that could die by a signal, or hang for good, are tried in a process of their own."""

from __future__ import annotations

import json
import os
import signal
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from mtbench.errors import MtbenchError

SLOWEST = 120  # seconds per mutant, on a busy machine; a hang, not a measure


class Outcome(NamedTuple):
    """What a reader did with a mutant.

    Attributes:
        mutant: Its name.
        code: The exit code: 0 where it was taken.
        lines: The error as a user reads it.
    """

    mutant: str
    code: int
    lines: list[str]


def tried_in_child(
    mutants: Iterable[tuple[str, bytes]], put: Callable[[bytes], object], read: Callable[[], object]
) -> Iterator[Outcome]:
    """What a reader does with each mutant.

    Args:
        mutants: Each with its name.
        put: Writes one where the reader looks.
        read: The reader.

    Raises:
        AssertionError: If it raised what is no error of ours, died, or took too long; with the
            mutant's name.
    """
    receiving, sending = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        os.close(receiving)
        try:
            _try_all(mutants, put, read, sending)
        finally:
            os._exit(0)
    os.close(sending)
    begun = "none"
    with os.fdopen(receiving, encoding="utf-8") as stream:
        for line in stream:
            told = json.loads(line)
            if "begun" in told:
                begun = told["begun"]
                continue
            assert "bug" not in told, f"{begun}: {told.get('bug')}"
            yield Outcome(begun, told["code"], told["lines"])
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status == 0, f"{begun}: ended by {signal.Signals(-status).name}"


def _try_all(
    mutants: Iterable[tuple[str, bytes]],
    put: Callable[[bytes], object],
    read: Callable[[], object],
    sending: int,
) -> None:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    warnings.simplefilter("ignore", RuntimeWarning)  # of numbers that are no statistics
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)  # what native code says as it panics

    def tell(**facts: object) -> None:
        os.write(sending, (json.dumps(facts) + "\n").encode())

    for name, content in mutants:
        tell(begun=name)
        signal.alarm(SLOWEST)
        put(content)
        try:
            read()
        except MtbenchError as error:
            tell(code=error.exit_code, lines=error.lines())
        except BaseException as error:  # noqa: BLE001 - a panic of native code is no Exception
            said = "".join(traceback.format_exception(error)[-12:])
            tell(bug=f"{content[:500]!r} {said}")
        else:
            tell(code=0, lines=[])
        signal.alarm(0)


def written(path: Path) -> Callable[[bytes], object]:
    """Writes a mutant to a file, whatever stands there."""
    return path.write_bytes
