"""A checkpoint at work, in this process or in another interpreter."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, Protocol

import mtbench
from mtbench import errors
from mtbench.errors import MetricError, MissingEngine, MtbenchError, Unavailable
from mtbench.metrics.comet.session import Advance, LocalSession, Reply, Request, Settings
from mtbench.processes import guard

VARIABLE = "MTBENCH_COMET_PYTHON"

# The other interpreter is given this package and nothing else of this environment: its own
# packages are the reason why it was asked for.
_START = """
import importlib.util, sys
folder = sys.argv[1]
spec = importlib.util.spec_from_file_location(
    "mtbench", folder + "/__init__.py", submodule_search_locations=[folder])
module = importlib.util.module_from_spec(spec)
sys.modules["mtbench"] = module
spec.loader.exec_module(module)
from mtbench.metrics.comet.worker import main
main()
"""


class Session(Protocol):
    """What a metric asks of a checkpoint; see ``LocalSession``."""

    def version(self) -> str:
        """Version of unbabel-comet."""

    def locate(self, fetch: bool) -> dict[str, Any]:
        """Facts about the checkpoint."""

    def load(self) -> dict[str, Any]:
        """Reads the weights."""

    def score(self, request: Request, advance: Advance) -> Reply:
        """Scores segments of several systems at once."""

    def close(self) -> None:
        """Lets the weights go."""


def open_session(settings: Settings) -> Session:
    """A session in this process, or in the interpreter that ``MTBENCH_COMET_PYTHON`` names.

    Raises:
        MissingEngine: If there is no such interpreter.
    """
    python = os.environ.get(VARIABLE)
    return WorkerSession(settings, python) if python else LocalSession(settings)


class WorkerSession:
    """A checkpoint in another interpreter, spoken to through a pipe.

    Args:
        settings: Of the session.
        python: The interpreter; unbabel-comet is installed there, mtbench need not be.

    Raises:
        MissingEngine: If there is no such interpreter.
    """

    def __init__(self, settings: Settings, python: str) -> None:
        found = shutil.which(python)
        if found is None:
            raise MissingEngine(
                f"{VARIABLE} names {python!r}, which is no program",
                hint="name the python of an environment in which unbabel-comet is installed",
            )
        self._python = found
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close
        self._process = subprocess.Popen(  # noqa: S603 - the user named it
            [found, "-I", "-c", _START, str(Path(mtbench.__file__).resolve().parent)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            encoding="utf-8",
            env=guard.environment(),
        )
        try:
            self._ask({"do": "open", "settings": asdict(settings)})
        except BaseException:
            self.close()
            raise

    def version(self) -> str:
        """Version of unbabel-comet."""
        return str(self._ask({"do": "version"}))

    def locate(self, fetch: bool) -> dict[str, Any]:
        """Facts about the checkpoint."""
        return dict(self._ask({"do": "locate", "fetch": fetch}))

    def load(self) -> dict[str, Any]:
        """Reads the weights."""
        return dict(self._ask({"do": "load"}))

    def score(self, request: Request, advance: Advance) -> Reply:
        """Scores segments of several systems at once."""
        return dict(self._ask({"do": "score", "request": request}, advance))

    def close(self) -> None:
        """Ends the worker."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()

    def _ask(self, record: dict[str, Any], advance: Advance | None = None) -> Any:
        for answer in self._answers(record):
            if "progress" in answer:
                if advance is not None:
                    advance(*answer["progress"])
            elif "error" in answer:
                raise self._error(answer["error"])
            else:
                return answer["done"]
        raise self._died()

    def _answers(self, record: dict[str, Any]) -> Iterator[dict[str, Any]]:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise self._died()
        try:
            stdin.write(json.dumps(record) + "\n")
            stdin.flush()
        except OSError:
            raise self._died() from None
        for line in stdout:
            yield json.loads(line)

    def _error(self, record: dict[str, Any]) -> MtbenchError:
        if record["type"] == "MissingExtra":
            return Unavailable(
                f"{self._python}, which {VARIABLE} names, has no unbabel-comet",
                why=record.get("why"),
                hint=f"{self._python} -m pip install unbabel-comet 'setuptools<80.9' 'pyarrow<26'",
            )
        kind = getattr(errors, record["type"], MetricError)
        if not (isinstance(kind, type) and issubclass(kind, MtbenchError)):
            kind = MetricError
        return kind(record["message"], why=record.get("why"), hint=record.get("hint"))

    def _died(self) -> MetricError:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        status = self._process.returncode
        reason = lines[-1][:300] if lines else f"status {status}"
        if status == -9:
            reason = "it was killed, probably because memory ran out"
        return MetricError(f"the COMET worker ({self._python}) ended", why=reason)
