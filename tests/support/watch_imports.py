"""A program: imports the modules it is given, and fails if anything happens on import.

What the light packages do that mtbench stands on does not count: they are imported before.
"""

# ruff: noqa: F401 - what is imported first matters here

from __future__ import annotations

import importlib
import importlib.metadata
import logging
import multiprocessing
import os
import pathlib
import platform
import signal
import socket
import subprocess
import sys
import threading
import types
import warnings
from typing import Any

import click
import numpy as np
import pydantic
import regex  # type: ignore[import-untyped]
import tomli_w

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
THEIRS = ("os", "collections.abc", "_collections_abc")  # get and getenv

seen: list[str] = []


def caller() -> str:
    frame: types.FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_globals.get("__name__") in THEIRS:
        frame = frame.f_back
    return "" if frame is None else str(frame.f_globals.get("__name__", ""))


class Watched(type(os.environ)):  # type: ignore[misc]
    """The environment, which notes who reads it."""

    def __init__(self, real: Any) -> None:
        self.__dict__.update(real.__dict__)

    def __getitem__(self, key: str) -> str:
        if caller().startswith("mtbench"):
            seen.append(f"environment: {key}")
        return str(super().__getitem__(key))


def audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and arguments[2] & WRITING:
        seen.append(f"opened for writing: {arguments[0]}")
    if event.startswith(("socket.", "subprocess.", "os.system", "os.exec", "os.fork")):
        seen.append(event)


def state() -> tuple[Any, ...]:
    handler = signal.getsignal(signal.SIGINT)
    return (
        list(warnings.filters),
        handler,
        threading.active_count(),
        pathlib.Path.cwd(),
        np.geterr(),
    )


def handlers() -> list[str]:
    loggers = [logging.root, *logging.root.manager.loggerDict.values()]
    return [
        repr(handler)
        for logger in loggers
        for handler in getattr(logger, "handlers", ())
        if not isinstance(handler, logging.NullHandler)
    ]


if __name__ == "__main__":
    os.environ = Watched(os.environ)  # noqa: B003 - watched, not replaced
    before = state()
    sys.addaudithook(audit)
    for name in sys.argv[1:]:
        importlib.import_module(name)
    if before != state():
        sys.exit(f"changed: {before} to {state()}")
    if found := seen + handlers():
        sys.exit("\n".join(found))
