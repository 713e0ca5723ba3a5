"""Finding and fetching checkpoints through huggingface-hub's cache, and only through it.

What is on this machine is used without asking the network anything. What is not is fetched once,
and where that cannot be, one message says why within seconds.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mtbench.checkpoints.network import reachable
from mtbench.errors import MissingExtra, MissingWeights
from mtbench.metrics.comet.quiet import quiet

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?\Z")
ETAG_SECONDS = 5.0
_DEFAULTS = {
    "Unbabel/wmt22-comet-da": "comet",
    "Unbabel/wmt22-cometkiwi-da": "cometkiwi",
    "Unbabel/XCOMET-XL": "xcomet",
}


def is_hub_id(text: str) -> bool:
    """Whether a text could name a repository of the hub: ``ORGANISATION/NAME`` or ``NAME``."""
    return bool(HUB_ID.match(text)) and ".." not in text


def _hub() -> Any:
    try:
        with quiet():
            import huggingface_hub
            import huggingface_hub.constants
            import huggingface_hub.errors
            import huggingface_hub.utils
    except ImportError as error:
        raise MissingExtra("COMET", "comet", str(error)) from error
    return huggingface_hub


def cache_folder() -> Path:
    """Where the hub's cache lies.

    Raises:
        MissingExtra: If huggingface-hub is not installed.
    """
    return Path(_hub().constants.HF_HUB_CACHE)


def cached_snapshot(
    repo: str, revision: str | None, required: Sequence[str], *, any_other: bool = True
) -> Path | None:
    """A snapshot in the cache that holds every required file.

    Args:
        repo: The repository.
        revision: Commit, branch or tag; None for ``main``.
        required: Paths inside the repository.
        any_other: Whether another snapshot will do where that revision is not there: ``main``
            first, then the newest.

    Returns:
        Its folder, whose name is the commit.
    """
    folder = cache_folder() / f"models--{repo.replace('/', '--')}"
    wanted = [revision or "main"]
    if any_other:
        wanted.append("main")
    candidates = []
    for name in wanted:
        reference = folder / "refs" / name
        commit = reference.read_text().strip() if reference.is_file() else name
        candidates.append(folder / "snapshots" / commit)
    if any_other and (folder / "snapshots").is_dir():
        others = [path for path in (folder / "snapshots").iterdir() if path.is_dir()]
        candidates += sorted(others, key=lambda path: (-path.stat().st_mtime, path.name))
    for snapshot in candidates:
        if all((snapshot / name).is_file() for name in required):
            return snapshot
    return None


def fetch_snapshot(repo: str, revision: str | None, patterns: Sequence[str]) -> Path:
    """Downloads what matches the patterns into the cache.

    Raises:
        MissingWeights: With one clear reason: gated, missing, offline, interrupted.
    """
    hub = _hub()
    _require_network(hub, repo)
    bars = sys.stderr is not None and sys.stderr.isatty()
    try:
        with quiet(), _progress(hub, shown=bars):
            found = hub.snapshot_download(
                repo,
                revision=revision,
                allow_patterns=list(patterns),
                etag_timeout=ETAG_SECONDS,
            )
    except (OSError, ValueError) as error:  # every error of the hub, of requests, of the disk
        raise hub_error(repo, revision, error) from error
    return Path(found)


def commit_of(repo: str, revision: str | None, file: str) -> str:
    """The commit that a file of the hub would come from, without downloading it.

    Raises:
        MissingWeights: With one clear reason why it could not be had.
    """
    hub = _hub()
    _require_network(hub, repo)
    try:
        with quiet():
            found = hub.HfApi().model_info(repo, revision=revision, timeout=ETAG_SECONDS)
            if found.gated:  # what is in it is open to see; only asking for a file tells
                hub.get_hf_file_metadata(
                    hub.hf_hub_url(repo, file, revision=found.sha), timeout=ETAG_SECONDS
                )
    except (OSError, ValueError) as error:  # as above
        raise hub_error(repo, revision, error) from error
    return str(found.sha)


def _require_network(hub: Any, repo: str) -> None:
    """Refuses within seconds where the hub does not answer at all."""
    if hub.constants.HF_HUB_OFFLINE:
        raise offline(repo, "HF_HUB_OFFLINE is set")
    if not reachable():
        raise offline(repo, "the hub cannot be reached")


def hub_error(repo: str, revision: str | None, error: Exception) -> MissingWeights:
    """The one message for a checkpoint that the hub does not give."""
    errors = _hub().errors
    if isinstance(error, errors.GatedRepoError):
        return MissingWeights(
            f"{repo} is gated: the hub asks for an account that has accepted its licence",
            hint=f"accept it at https://huggingface.co/{repo}, then run: hf auth login",
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return MissingWeights(f"{repo} has no revision {revision!r} on the hub")
    if isinstance(error, errors.RepositoryNotFoundError):
        return MissingWeights(
            f"there is no {repo} on the hub, or it is private",
            hint="check the name, or run: hf auth login",
        )
    if isinstance(error, errors.LocalEntryNotFoundError):
        reason = type(error.__cause__ or error).__name__
        return offline(repo, f"the hub cannot be reached ({reason})")
    if isinstance(error, errors.EntryNotFoundError):
        return MissingWeights(f"{repo} is on the hub but is no COMET checkpoint", why=_first(error))
    if isinstance(error, errors.HfHubHTTPError):
        return offline(repo, f"the hub answered: {_first(error)}")
    if isinstance(error, _connection_errors()):
        return offline(repo, f"the hub cannot be reached ({type(error).__name__})")
    return offline(repo, f"{type(error).__name__}: {_first(error)}")


def _connection_errors() -> tuple[type[Exception], ...]:
    import requests

    return (ConnectionError, requests.ConnectionError, requests.Timeout)


def offline(repo: str, why: str, *, fetch: str | None = None) -> MissingWeights:
    """The error for what is not here where the network cannot help.

    Args:
        repo: What is missing.
        why: Why it cannot be had.
        fetch: The checkpoint to be fetched for it, if not that itself.
    """
    model = fetch or repo
    what = _DEFAULTS.get(model) or f"comet --comet-model {shlex.quote(model)}"
    hint = f"fetch it where there is a network: mtbench metrics fetch {what}"
    return MissingWeights(f"{repo} is not on this machine", why=why, hint=hint)


def _first(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else ""


class _progress:  # noqa: N801 - reads as a verb where it is used
    """Progress bars of the hub only where a terminal can show them."""

    def __init__(self, hub: Any, *, shown: bool) -> None:
        self._utils = hub.utils
        self._shown = shown

    def __enter__(self) -> None:
        self._before = self._utils.are_progress_bars_disabled()
        if not self._shown:
            self._utils.disable_progress_bars()

    def __exit__(self, *_: object) -> None:
        if not self._shown and not self._before:
            self._utils.enable_progress_bars()
