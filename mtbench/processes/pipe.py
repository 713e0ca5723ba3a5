"""What the processes of one run say to each other, and the far end of it.

Messages are pickles behind their length. Both ends are this program, joined by anonymous pipes;
nothing from a file or a network is ever read this way.
"""

from __future__ import annotations

import os
import pickle
import struct
import sys
from collections.abc import Callable
from importlib import import_module
from typing import IO, Any

from mtbench.errors import MtbenchError

_LENGTH = struct.Struct("<Q")


class Ended(Exception):
    """The other side has closed the pipe."""


def send(stream: IO[bytes] | None, value: Any) -> None:
    """Writes a message.

    Raises:
        OSError: If the other side is gone.
    """
    if stream is None:
        raise BrokenPipeError
    content = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(content)))
    stream.write(content)
    stream.flush()


def receive(stream: IO[bytes] | None) -> Any:
    """Reads a message.

    Raises:
        Ended: If there is none any more.
    """
    if stream is None:
        raise Ended
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise Ended
    (length,) = _LENGTH.unpack(head)
    content = stream.read(length)
    if len(content) < length:
        raise Ended
    return pickle.loads(content)  # noqa: S301  - written by the process at the other end, ours


def serve() -> None:
    """Makes a worker and works until the pipe closes."""
    stdin, stdout = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get in between
    work: Callable[[Any], Any] | None = None
    try:
        factory, arguments = receive(stdin)
        while True:
            item = receive(stdin)
            try:
                if work is None:
                    module, _, name = factory.partition(":")
                    work = getattr(import_module(module), name)(**arguments)
                answer = (True, work(item))
            except MtbenchError as error:
                answer = (False, (None, error.message, error.why, error.hint))
            except Exception as error:  # noqa: BLE001  - whatever it is, it belongs to the caller
                answer = (False, (type(error).__name__, str(error), None, None))
            send(stdout, answer)
    except (Ended, BrokenPipeError):
        return
