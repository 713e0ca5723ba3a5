"""The code of this package: what other code has made and kept is not taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mtbench
from mtbench.config import Workspace
from mtbench.engine.versions import versions
from mtbench.files.digests import digest_json
from mtbench.files.parsed import Memory
from mtbench.files.states import files_below, named_state


def code_states() -> list[Any]:
    """The states of the files of this package's code."""
    return [named_state(path) for path in files_below(Path(mtbench.__file__).parent, ".py")]


def memory_of(space: Workspace) -> Memory:
    """What large files were parsed to before, by this very code."""
    return Memory(space.cache / "columns", digest_json([versions(), code_states()]))
