"""``transformers serve`` (5.x, extra ``serving``), of the Python that a variable names."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PYTHON = "MTBENCH_SERVE_PYTHON"
needs_a_server = pytest.mark.skipif(
    PYTHON not in os.environ, reason=f"{PYTHON} names no Python with transformers[serving] 5.x"
)


@contextmanager
def serving(folder: Path, log: Path) -> Iterator[str]:
    """``transformers serve`` with a checkpoint, on a free port; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(os.environ[PYTHON])
    command = [
        str(program), "-m", "transformers.cli.transformers", "serve", str(folder), "--host",
        "127.0.0.1", "--port", str(port), "--device", "cpu",
    ]  # fmt: skip
    surroundings = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    with log.open("wb") as stream:
        child = subprocess.Popen(
            command, stdout=stream, stderr=stream, env={**surroundings, "HF_HUB_OFFLINE": "1"}
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(child, url, log)
        yield url
    finally:
        child.terminate()
        child.wait(30)


def _wait(child: subprocess.Popen[bytes], url: str, log: Path) -> None:
    for _ in range(240):
        if child.poll() is not None:
            raise AssertionError(log.read_text("utf-8", "replace")[-2000:])
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:  # noqa: S310 - ours
                json.load(answer)
                return
        except OSError:
            time.sleep(0.25)
    raise AssertionError("the server does not answer")
