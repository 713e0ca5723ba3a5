"""What was found before, kept in the cache with a digest of all that it rests on."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from mtbench.errors import MtbenchError
from mtbench.files.inputs import readable
from mtbench.files.writing import read_json, write_json
from mtbench.results.lines import record
from mtbench.types import Leaderboard, Record
from mtbench.types.findings import Ranking


class KeptFinding(Record):
    """Something that holds as long as what it rests on is as it was.

    Attributes:
        rests_on: Digest of that.
    """

    rests_on: str


class KeptAnswer(KeptFinding):
    """What a call was answered.

    Attributes:
        lines: What was said of the request and of the scores.
        board: The leaderboard of the call.
    """

    lines: tuple[str, ...]
    board: Leaderboard


class KeptRanking(KeptFinding):
    """The ranking of one test set by one metric.

    Attributes:
        ranking: With the tests of all pairs.
    """

    ranking: Ranking


K = TypeVar("K", bound=KeptFinding)


def read_kept(kind: type[K], path: Path) -> K | None:
    """What was kept before; None where there is nothing that can be read."""
    if not readable(path):
        return None
    try:
        return record(kind, read_json(path), path)
    except MtbenchError:  # of another version, or damaged: it is found again
        return None


def write_kept(path: Path, found: KeptFinding) -> None:
    """Keeps it; where it cannot be written, the next call takes longer."""
    with suppress(MtbenchError):
        write_json(path, found.model_dump(mode="json"))
