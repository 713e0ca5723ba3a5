"""A call that nothing has changed for since it was answered gets the same answer at once.

An answer rests on files: corpora, cards, outputs handed over, what was stored, and the code. Each
is known by device, inode, size and times, the time of its last change of state among them, which
no program can set. Where all of that is as it was, the answer is read; no file is hashed or loaded
again, however many segments there are. Where the answer may rest on something else (weights, a
server, a program, a plug-in), none is kept. ``verify`` never looks here: it hashes.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mtbench.config import Workspace
from mtbench.engine.versions import versions
from mtbench.errors import MtbenchError
from mtbench.files.digests import digest_json
from mtbench.files.states import files_below, named_state
from mtbench.pipeline.code import code_states
from mtbench.pipeline.resolve import chosen_files, resolve_systems
from mtbench.pipeline.work import Request
from mtbench.plugins import BUILTIN_BACKENDS, BUILTIN_METRICS, DEFAULT_METRICS, METRICS
from mtbench.results import INLINE_SEGMENTS
from mtbench.results.kept import KeptAnswer, read_kept, write_kept
from mtbench.text import identify
from mtbench.types import Leaderboard

log = logging.getLogger(__name__)

_OF_LOCKS = ".locks"


class Unchanged:
    """What was answered to a call, and whether that holds still.

    Args:
        request: What is asked for.
        space: Where things are.
    """

    def __init__(self, request: Request, space: Workspace) -> None:
        self._request, self._space = request, space
        self._before = self._inputs()
        asked = [str(Path.cwd()), space.model_dump(mode="json"), request.model_dump(mode="json")]
        self._path = space.cache / "answers" / f"{digest_json(asked)}.json"

    def answer(self) -> KeptAnswer | None:
        """The answer of before, where nothing that it rests on has changed."""
        found = read_kept(KeptAnswer, self._path) if self._before is not None else None
        if found is None or found.rests_on != digest_json([self._before, self.stored()]):
            return None
        log.info("nothing has changed since this was answered: %s", self._path)
        return found

    def stored(self, *, with_board: bool = True) -> list[Any]:
        """The states of the files of results.

        Args:
            with_board: Whether ``leaderboard.csv`` is among them.
        """
        root = self._space.results
        found = (
            path for path in files_below(root) if _OF_LOCKS not in path.relative_to(root).parts
        )
        board = root / "leaderboard.csv"
        return [named_state(path) for path in found if with_board or path != board]

    def keep(self, board: Leaderboard, lines: tuple[str, ...]) -> None:
        """Keeps an answer, if it is a large one and its inputs have not changed meanwhile.

        Args:
            board: The leaderboard of the call, whole and without failures.
            lines: What was said that is to be said again.
        """
        segments = max((row.segments for table in board.tables for row in table.rows), default=0)
        if self._before is None or segments < INLINE_SEGMENTS or self._before != self._inputs():
            return
        rests_on = digest_json([self._before, self.stored()])
        write_kept(self._path, KeptAnswer(rests_on=rests_on, lines=lines, board=board))

    def _inputs(self) -> list[Any] | None:
        """The states of all that is read and not written; None where there may be more."""
        names = self._request.metrics or DEFAULT_METRICS
        kinds = [self._request.metric_kinds.get(name, name) for name in names]
        if not all(kind in BUILTIN_METRICS for kind in kinds) or identify.unavailable():
            return None
        try:
            if not all(METRICS.get(kind).recomputable for kind in kinds):
                return None
            return list(self._known_inputs())
        except (MtbenchError, OSError, _More):
            return None

    def _known_inputs(self) -> Iterator[Any]:
        """One entry per file, card and package.

        Raises:
            _More: If a system rests on something else than files.
        """
        yield versions()
        yield identify.version()
        yield code_states()
        files = chosen_files(self._request, self._space)
        for file in files:
            yield [str(file.pair), file.reversed, named_state(file.path.resolve())]
            card = file.path.parent / "card.toml"
            yield named_state(card.resolve()) if card.is_file() else None
        for system in resolve_systems(
            self._request.models, self._space, realign=self._request.realign
        ):
            if system.card.backend not in BUILTIN_BACKENDS:
                raise _More
            yield [system.card.model_dump(mode="json"), system.options.model_dump(mode="json")]
            for file in files:
                if system.serves(file.pair):
                    rests_on = system.backend(file.pair, self._request.runtime).files()
                    if rests_on is None:
                        raise _More
                    yield [named_state(path.resolve()) for path in rests_on]


class _More(Exception):
    """What was asked rests on more than files."""
