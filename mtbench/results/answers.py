"""What calls were answered, kept in the cache."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from mtbench.errors import MtbenchError
from mtbench.files.inputs import readable
from mtbench.files.writing import read_json, write_json
from mtbench.results.lines import record
from mtbench.types import Leaderboard, Record


class KeptAnswer(Record):
    """What a call was answered.

    Attributes:
        rests_on: Digest of the states of all files, and of what was asked.
        lines: What was said of the request and of the scores.
        board: The leaderboard of the call.
    """

    rests_on: str
    lines: tuple[str, ...]
    board: Leaderboard


def read_answer(path: Path) -> KeptAnswer | None:
    """An answer of before; None where there is none that can be read."""
    if not readable(path):
        return None
    try:
        return record(KeptAnswer, read_json(path), path)
    except MtbenchError:  # of another version, or damaged: it is found again
        return None


def write_answer(path: Path, answer: KeptAnswer) -> None:
    """Keeps an answer; where it cannot be written, the next call takes longer."""
    with suppress(MtbenchError):
        write_json(path, answer.model_dump(mode="json"))
