"""A checkpoint at work, in this process or in another interpreter."""

from __future__ import annotations

from typing import Any, Protocol

from mtbench.metrics.comet.session import Advance, LocalSession, Reply, Request, Settings


class Session(Protocol):
    """What a metric asks of a checkpoint; see ``LocalSession``."""

    def version(self) -> str:
        """Version of unbabel-comet."""

    def locate(self, fetch: bool) -> dict[str, Any] | None:
        """Facts about the checkpoint."""

    def load(self) -> dict[str, Any]:
        """Reads the weights."""

    def score(self, request: Request, advance: Advance) -> Reply:
        """Scores segments of several systems at once."""

    def close(self) -> None:
        """Lets the weights go."""


def open_session(settings: Settings) -> Session:
    """A session in this process."""
    return LocalSession(settings)
