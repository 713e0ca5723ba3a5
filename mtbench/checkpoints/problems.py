"""One table for what goes wrong between this machine and the hub.

The hub's library speaks through three HTTP libraries, by release (requests, httpx, httpx2), and
wraps their errors and its own in one another. So errors are known by the names of their classes,
along the whole chain of causes; nothing of these libraries is imported. The workers of other
environments use this module, too.
"""

from __future__ import annotations

import errno
import os
import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from mtbench.checkpoints.network import endpoint
from mtbench.errors import MissingWeights
from mtbench.servers.environment import causes, certificate_problem
from mtbench.servers.headers import retry_after

Kind = Literal[
    "gated", "missing", "revision", "file", "token", "busy", "broken", "certificate", "proxy",
    "full", "locked", "offline", "other",
]  # fmt: skip

_NO_PARTS = "1.18"  # the library keeps no part of a file from this release on
_QUERY = re.compile(r"\?\S+")  # of an address: it may hold a signature
_BROKEN = frozenset(
    {
        "ChunkedEncodingError", "ConnectError", "ConnectionError", "ConnectTimeout",
        "IncompleteRead", "NetworkError", "ProtocolError", "ReadError", "ReadTimeout",
        "RemoteProtocolError", "Timeout", "TimeoutError", "TimeoutException", "WriteError",
    }
)  # fmt: skip
_DISK: dict[int | None, Kind] = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EACCES: "locked",
    errno.EPERM: "locked",
    errno.EROFS: "locked",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong.

    Attributes:
        kind: ``gated``, ``missing`` (or private), ``revision`` or ``file`` (not there), ``token``
            (refused), ``busy`` (429, 5xx), ``broken`` (connection), ``certificate``, ``proxy``,
            ``disk``, ``offline``, ``other``.
        why: In a few words.
        seconds: How long the hub asked to wait, where it did.
    """

    kind: Kind
    why: str
    seconds: float | None = None

    @property
    def transient(self) -> bool:
        """Whether another try may help."""
        return self.kind in ("busy", "broken")


def problem_of(error: BaseException) -> Problem:
    """What an error of the hub's library, of its HTTP library or of the disk means."""
    chain = list(causes(error))
    names = [{kind.__name__ for kind in type(one).__mro__} for one in chain]
    every = frozenset().union(*names)
    for kind, name in (
        ("gated", "GatedRepoError"),
        ("revision", "RevisionNotFoundError"),
        ("missing", "RepositoryNotFoundError"),
        ("missing", "DatasetNotFoundError"),
    ):
        if name in every:
            return Problem(kind, said(error))  # type: ignore[arg-type]
    if "OfflineModeIsEnabled" in every:
        return Problem("offline", "HF_HUB_OFFLINE forbids to ask it")
    for one, called in zip(chain, names, strict=True):
        if "EntryNotFoundError" in called and "LocalEntryNotFoundError" not in called:
            return Problem("file", said(one))
        status = getattr(getattr(one, "response", None), "status_code", None)
        if status is not None:
            return _answered(int(status), one)
    return _unanswered(chain, names, every)


def _answered(status: int, error: BaseException) -> Problem:
    if status in (401, 403):
        return Problem("token", f"the hub refuses this account (status {status})")
    if status in (408, 429) or status >= 500:
        headers = getattr(getattr(error, "response", None), "headers", None) or {}
        seconds = retry_after(headers.get("Retry-After"))
        asked = f" and asks to wait {seconds:,.0f} seconds" if seconds else ""
        busy = {429: "too many requests"}.get(status, "the fault is the hub's")
        return Problem("busy", f"the hub answers {status}: {busy}{asked}", seconds)
    return Problem("other", f"the hub answers {status}: {said(error)}")


def _unanswered(
    chain: list[BaseException], names: list[set[str]], every: frozenset[str]
) -> Problem:
    told = " ".join(str(one) for one in chain)
    if reason := certificate_problem(chain[0]) or ("SSLError" in every and said(chain[-1])):
        return Problem("certificate", f"the certificate of {endpoint()} does not hold: {reason}")
    if "ProxyError" in every:
        return Problem("proxy", f"the proxy does not let through: {said(chain[-1])}")
    for one in chain:
        if isinstance(one, OSError) and one.errno in _DISK:
            place = f" ({one.filename})" if one.filename else ""
            return Problem(_DISK[one.errno], f"{os.strerror(one.errno or 0)}{place}")
    if "XetAuthenticationError" in every:
        return Problem("token", "the hub's storage of large files (xet) refuses this account")
    if re.search(r"\bxet\b|\bCAS\b|/reconstructions/", told, re.IGNORECASE):
        reason = f"the hub's storage of large files (xet) failed: {said(chain[-1])}"
        return Problem("broken", f"{reason}; HF_HUB_DISABLE_XET=1 goes around it")
    if any("Timeout" in name for name in every):
        return Problem("broken", "the hub did not answer in time")
    if every & _BROKEN:
        return Problem("broken", f"the connection broke: {said(chain[-1])}")
    if "Consistency check failed" in told:
        return Problem("broken", "a file came shorter or longer than the hub says it is")
    if "LocalEntryNotFoundError" in every:
        return Problem("broken", "the hub cannot be reached")
    return Problem("other", f"{type(chain[0]).__name__}: {said(chain[0])}")


def goes_on() -> str:
    """What the same command does after a download that broke off, by the release of the library.

    Until 1.17 it kept what had come of a file, and went on behind it. Since then each process
    writes to a file of its own, which no other goes on with.
    """
    from packaging.version import Version

    try:
        release = Version(version("huggingface-hub"))
    except PackageNotFoundError:
        release = None
    if release is None or release >= Version(_NO_PARTS):
        return (
            "the same command fetches the rest: files that came whole are kept, and the one that "
            "broke off begins again"
        )
    return "the same command goes on from there: what came is kept"


def said(error: BaseException) -> str:
    """The first line of what an error says, without the query of an address."""
    lines = str(error).strip().splitlines()
    return _QUERY.sub("?…", lines[0])[:200] if lines else type(error).__name__


def refusal(
    repo: str, revision: str | None, problem: Problem, fetch: str, *, kind: str = "model"
) -> MissingWeights:
    """The error for what the hub does not give, in one wording for models and data sets.

    Args:
        repo: What was asked for.
        revision: Of it, where one was named.
        problem: What went wrong.
        fetch: The command that fetches it where there is a network.
        kind: ``model`` or ``dataset``.
    """
    page = f"{endpoint()}/{'datasets/' if kind == 'dataset' else ''}{repo}"
    if problem.kind == "gated":
        return MissingWeights(
            f"{repo} is gated: the hub asks for an account that has accepted its terms",
            hint=f"accept them at {page}, then run: hf auth login",
        )
    if problem.kind == "missing":
        return MissingWeights(
            f"there is no {repo} on the hub (or it is private), and no such folder here",
            hint="check the name, or run: hf auth login",
        )
    if problem.kind == "revision":
        return MissingWeights(
            f"{repo} has no revision {revision or 'main'!r} on the hub",
            hint=f"see those that there are: {page}",
        )
    hints = {
        "token": "renew the token: hf auth login",
        "busy": "try again later: what came whole is kept",
        "broken": goes_on(),
        "certificate": "name your own authority's file: SSL_CERT_FILE and REQUESTS_CA_BUNDLE",
        "proxy": "correct HTTPS_PROXY, HTTP_PROXY or ALL_PROXY, or except the hub by NO_PROXY",
        "full": "make room, or name another folder by HF_HOME",
        "locked": "name a folder that you may write to: HF_HOME",
    }
    hint = hints.get(problem.kind, f"fetch it where there is a network: {fetch}")
    return MissingWeights(f"{repo} is not on this machine", why=problem.why, hint=hint)
