"""A session behind a pipe: one JSON record a line in, one or more a line out.

In: ``{"do": "open", "settings": {…}}``, then ``locate``, ``load``, ``score``, ``version``. Out:
``{"progress": [done, total]}`` any number of times, then ``{"done": …}`` or ``{"error": {…}}``.
Standard output belongs to the records: whatever else would be written there goes to standard
error. The worker ends when its input does.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import TYPE_CHECKING, Any, TextIO

from mtbench.errors import MissingExtra, MtbenchError

if TYPE_CHECKING:
    from mtbench.metrics.comet.session import LocalSession


def main() -> None:
    """Answers records until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the other side, which then closes
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        session: LocalSession | None = None
        for line in sys.stdin:
            record = json.loads(line)
            try:
                if record["do"] == "open":
                    session = _open(record["settings"])
                    _say(out, {"done": None})
                elif session is not None:
                    _say(out, {"done": _answer(session, record, out)})
            except MtbenchError as error:
                _say(out, {"error": _as_record(error)})
            except Exception as error:  # noqa: BLE001 - whatever fails here is reported there
                name = type(error).__name__
                text = f"{name}: {error}".splitlines()[0][:300]
                _say(out, {"error": {"type": "MetricError", "message": f"COMET failed: {text}"}})
        if session is not None:
            session.close()


def _open(settings: dict[str, Any]) -> LocalSession:
    try:
        from mtbench.metrics.comet.session import LocalSession, Settings
    except ImportError as error:  # not even numpy
        raise MissingExtra("COMET", "comet", str(error)) from error
    return LocalSession(Settings(**settings))


def _answer(session: LocalSession, record: dict[str, Any], out: TextIO) -> Any:
    def progress(done: int, total: int) -> None:
        _say(out, {"progress": [done, total]})

    match record["do"]:
        case "version":
            return session.version()
        case "locate":
            return session.locate(bool(record["fetch"]))
        case "load":
            return session.load()
        case "score":
            return session.score(record["request"], progress)
        case other:
            raise MtbenchError(f"not a record of the COMET worker: {other!r}")


def _as_record(error: MtbenchError) -> dict[str, Any]:
    return {
        "type": type(error).__name__,
        "message": error.message,
        "why": error.why,
        "hint": error.hint,
    }


def _say(out: TextIO, record: dict[str, Any]) -> None:
    out.write(json.dumps(record) + "\n")
    out.flush()
