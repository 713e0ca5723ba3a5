"""The model hub, through huggingface-hub and its cache: models and data sets, for every room.

What is on this machine is used without asking the network anything. What is not is looked up
once (commit, files, sizes), fetched once at that commit, retried and resumed; where that cannot
be, one message says why. Nothing here imports torch or transformers.
"""

from __future__ import annotations

import os
import re
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from mtbench.checkpoints.bars import bar
from mtbench.checkpoints.network import FORBIDDEN, unreachable
from mtbench.checkpoints.problems import Problem, problem_of, refusal
from mtbench.errors import MissingWeights, TransientError, Unavailable
from mtbench.packages import require
from mtbench.servers.environment import check_environment
from mtbench.servers.headers import LONGEST_REQUESTED_WAIT
from mtbench.servers.patience import persistent

T = TypeVar("T")
Kind = Literal["model", "dataset"]

MAIN = "main"
COMMIT = re.compile(r"[0-9a-f]{40}\Z")
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?\Z", re.ASCII)
# Where the storage of large files (xet) is out of reach, its client tries for six minutes.
_XET_PATIENCE = {"HF_XET_CLIENT_RETRY_MAX_ATTEMPTS": "2", "HF_XET_CLIENT_RETRY_MAX_DURATION": "10s"}
_PART = re.compile(r"\.[0-9a-f]{8}\.incomplete\Z")
_UNDER_WAY = 3600.0  # seconds since something was last written
_TRIES = 4
_PATIENCE = 20.0  # seconds after which no new try begins; the library has tried, too, by then


def is_hub_id(text: str) -> bool:
    """Whether a text could name a repository of the hub: ``OWNER/NAME`` or ``NAME``.

    Example:
        >>> is_hub_id("Helsinki-NLP/opus-mt-en-de"), is_hub_id("../models/mine")
        (True, False)
    """
    return bool(_HUB_ID.match(text)) and ".." not in text and "--" not in text


@dataclass(frozen=True, slots=True)
class Fetch:
    """What would be downloaded.

    Attributes:
        what: A repository of the hub, or an address.
        revision: The commit; empty where there is none.
        files: How many.
        bytes: Of all of them that are not here; None where nobody says.
    """

    what: str
    revision: str = ""
    files: int = 1
    bytes: int | None = None


class LeftOnHub(MissingWeights):
    """Where nothing is to be fetched (``--dry-run``): the hub has it, and it is not here yet.

    Args:
        fetches: What would be downloaded.
    """

    def __init__(self, fetches: Sequence[Fetch]) -> None:
        self.fetches = tuple(fetches)
        super().__init__(f"{', '.join(one.what for one in fetches)} would be fetched")


@dataclass(frozen=True, slots=True)
class Listing:
    """What a repository of the hub holds.

    Attributes:
        repo: Its id.
        revision: As asked for.
        commit: The commit that the revision stands for.
        files: Path → bytes of every file; None where the hub does not say.
        kind: Model or data set.
    """

    repo: str
    revision: str
    commit: str
    files: Mapping[str, int | None]
    kind: Kind = "model"

    def missing(self, names: Sequence[str]) -> tuple[str, ...]:
        """Those of some files that are not in the cache."""
        place = repository_folder(self.repo, self.kind) / "snapshots" / self.commit
        return tuple(name for name in names if not (place / name).is_file())

    def fetch(self, names: Sequence[str]) -> Fetch:
        """What downloading some files would take; what is cached is left out."""
        left = self.missing(names)
        return Fetch(self.repo, self.commit, len(left), self.size(left))

    def size(self, names: Sequence[str]) -> int:
        """Bytes of some files."""
        return sum(self.files.get(name) or 0 for name in names)


# --- this machine -----------------------------------------------------------------------------


def cache_folder() -> Path:
    """Where the hub's cache lies.

    Raises:
        MissingExtra: If huggingface-hub is not installed.
    """
    return Path(_client().constants.HF_HUB_CACHE)


def cached_snapshot(
    repo: str, revision: str | None, required: Sequence[str], *, any_other: bool = False
) -> Path | None:
    """A model's snapshot in the cache that holds every required file. No network.

    Args:
        repo: The repository.
        revision: Commit, branch or tag; None for ``main``.
        required: Paths inside the repository.
        any_other: Whether another snapshot will do where that revision is not there: ``main``
            first, then the newest.

    Returns:
        Its folder, whose name is the commit.
    """
    folder = repository_folder(repo, "model")
    wanted = [revision or MAIN, *([MAIN] if any_other else [])]
    candidates = []
    for name in wanted:
        reference = folder / "refs" / name
        commit = reference.read_text().strip() if reference.is_file() else name
        candidates.append(folder / "snapshots" / commit)
    if any_other and (folder / "snapshots").is_dir():
        others = [path for path in (folder / "snapshots").iterdir() if path.is_dir()]
        candidates += sorted(others, key=lambda path: (-path.stat().st_mtime, path.name))
    for snapshot in candidates:
        if snapshot.is_dir() and all((snapshot / name).is_file() for name in required):
            return snapshot
    return None


def leftovers() -> tuple[int, int]:
    """Files that ended downloads have left in the cache, and their bytes; nothing reads them.

    Releases of the library from 1.18 on give each download a name of its own; where its process
    was killed, the part stays. What was written within the last hour may be under way.
    """
    try:
        cache = cache_folder()
    except Unavailable:
        return 0, 0
    sizes = []
    for path in cache.glob("*s--*/blobs/*.incomplete"):
        try:
            found = path.stat()
        except OSError:
            continue
        if _PART.search(path.name) and time.time() - found.st_mtime > _UNDER_WAY:
            sizes.append(found.st_size)
    return len(sizes), sum(sizes)


def repository_folder(repo: str, kind: Kind) -> Path:
    """Where the cache keeps a repository."""
    return cache_folder() / f"{kind}s--{repo.replace('/', '--')}"


def _client() -> Any:
    for module in ("constants", "errors", "utils"):
        require(f"huggingface_hub.{module}", "a checkpoint from the hub", "hf")
    return require("huggingface_hub", "a checkpoint from the hub", "hf")


# --- the hub ----------------------------------------------------------------------------------


def listing(
    repo: str,
    revision: str | None = None,
    *,
    kind: Kind = "model",
    offline: bool = False,
    fetch: str | None = None,
) -> Listing:
    """What a repository holds, and that this account may read it. Downloads nothing.

    Args:
        repo: The repository.
        revision: Commit, branch or tag; None for ``main``.
        kind: Model or data set.
        offline: Whether asking is forbidden.
        fetch: The command that fetches it where there is a network, for the message.

    Raises:
        MissingWeights: With one clear reason why it cannot be had.
        MissingExtra: If huggingface-hub is not installed.
    """
    hub = _client()
    line = fetch or download_line(repo)

    def ask() -> Listing:
        seconds = hub.constants.HF_HUB_ETAG_TIMEOUT
        info = hub.HfApi().repo_info(
            repo, revision=revision, repo_type=kind, files_metadata=True, timeout=seconds
        )
        files = {one.rfilename: one.size for one in info.siblings or ()}
        if info.gated and files:  # what is in it is open to see; only asking for a file tells
            address = hub.hf_hub_url(repo, min(files), revision=info.sha, repo_type=kind)
            hub.get_hf_file_metadata(address, timeout=seconds)
        return Listing(repo, revision or MAIN, str(info.sha), files, kind)

    _require_network(hub, repo, offline, line, kind)
    return _patiently(hub, ask, repo, revision, line, kind)


def download(wanted: Listing, names: Sequence[str], *, fetch: str | None = None) -> Path:
    """The folder of a snapshot with some of its files, those downloaded that are not here yet.

    Args:
        wanted: From ``listing``: its commit is what is fetched, wherever the branch has moved.
        names: Of the files.
        fetch: The command that fetches them where there is a network, for the message.

    Raises:
        MissingWeights: With one clear reason why they cannot be had; what came whole is kept.
    """
    hub = _client()
    line = fetch or download_line(wanted.repo)
    place = repository_folder(wanted.repo, wanted.kind)

    def get() -> Path:
        found = Path(
            hub.snapshot_download(
                wanted.repo,
                revision=wanted.commit,
                repo_type=wanted.kind,
                allow_patterns=[_literal(name) for name in names],
            )
        )
        if missing := [name for name in names if not (found / name).is_file()]:
            raise FileNotFoundError(f"{missing[0]} did not come")
        return found

    _require_network(hub, wanted.repo, False, line, wanted.kind)
    for name, value in _XET_PATIENCE.items():
        os.environ.setdefault(name, value)
    left = wanted.missing(names)
    with bar(wanted.repo, [place / "blobs"], wanted.size(left) or None):
        found = _patiently(hub, get, wanted.repo, wanted.revision, line, wanted.kind)
    _remember_revision(place, wanted)
    return found


def download_line(repo: str) -> str:
    """The command that fetches a repository."""
    return f"hf download {repo}"


def hub_errors() -> type[Exception]:
    """The base of what the library's HTTP library raises: from release 1 on, it is no OSError."""
    found: type[Exception] = _client().errors.HTTPError
    return found


def check_hub_environment() -> None:
    """Says which variable about proxies or certificates does not hold.

    Raises:
        RequestError: If one does not hold.
        Unavailable: If one asks for a SOCKS proxy, and the package for it is not installed.
    """
    # From release 1 on, the library speaks through httpx.
    check_environment("socks" if issubclass(hub_errors(), OSError) else "socksio")


def _literal(name: str) -> str:
    """A pattern that matches a file's name alone."""
    return re.sub(r"([*?[])", r"[\1]", name)


def _remember_revision(place: Path, wanted: Listing) -> None:
    """Notes in the cache which commit a branch or tag stood for, as the library itself does."""
    if wanted.revision == wanted.commit:
        return
    reference = place / "refs" / wanted.revision
    try:
        reference.parent.mkdir(parents=True, exist_ok=True)
        reference.write_text(wanted.commit)
    except OSError:
        return  # the commit is asked for again


def _require_network(hub: Any, repo: str, offline: bool, line: str, kind: Kind) -> None:
    """Refuses within seconds where the hub may not be asked, or does not answer at all."""
    reason = FORBIDDEN if hub.constants.HF_HUB_OFFLINE else None
    reason = reason or ("this run is offline" if offline else None)
    if reason is None:
        check_hub_environment()
    reason = reason or unreachable()
    if reason:
        raise refusal(repo, None, Problem("offline", reason), line, kind=kind)


def _patiently(
    hub: Any, act: Callable[[], T], repo: str, revision: str | None, line: str, kind: Kind
) -> T:
    """Does something with the hub, again where that may help, after the time it asks for.

    What has arrived of a file is kept by the library until this process ends, and by some releases
    beyond (``problems.goes_on``).
    """
    began = time.monotonic()

    def attempt(_: Sequence[None]) -> T:
        try:
            with _silent(hub):
                return act()
        except (OSError, ValueError, RuntimeError, hub_errors()) as error:
            problem = problem_of(error)
            late = time.monotonic() - began > _PATIENCE
            if not problem.transient or late or (problem.seconds or 0.0) > LONGEST_REQUESTED_WAIT:
                raise refusal(repo, revision, problem, line, kind=kind) from error
            raise TransientError(problem.why, retry_after=problem.seconds) from error

    try:
        return persistent(attempt, [None], attempts=_TRIES)
    except TransientError as error:
        problem = problem_of(error.__cause__ or error)
        raise refusal(repo, revision, problem, line, kind=kind) from error


@contextmanager
def _silent(hub: Any) -> Iterator[None]:
    """Keeps the library's own bars and warnings off the terminal, and its own questions away.

    Release 2 asks the hub which program it might be run by (``/api/agent-harnesses``), unless
    telemetry is off.
    """
    utils, logs, constants = hub.utils, hub.utils.logging, hub.constants
    reported = constants.HF_HUB_DISABLE_TELEMETRY
    bars, verbosity = not utils.are_progress_bars_disabled(), logs.get_verbosity()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        utils.disable_progress_bars()
        logs.set_verbosity(logs.CRITICAL)
        constants.HF_HUB_DISABLE_TELEMETRY = True
        try:
            yield
        finally:
            constants.HF_HUB_DISABLE_TELEMETRY = reported
            logs.set_verbosity(verbosity)
            if bars:
                utils.enable_progress_bars()
