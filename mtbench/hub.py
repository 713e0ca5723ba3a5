"""Whether a model hub can be reached, answered within seconds."""

from __future__ import annotations

import functools
import os
import threading

SECONDS = 4.0
DEFAULT_ENDPOINT = "https://huggingface.co"


def offline() -> bool:
    """Whether the user forbids the hub (``HF_HUB_OFFLINE``)."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}


@functools.lru_cache(maxsize=1)
def reachable() -> bool:
    """Whether the hub answers (``HF_ENDPOINT`` and proxies as set); asked once a process.

    Name look-ups know no time-out, so the question is put in a thread that is not waited for
    longer than ``SECONDS``.
    """
    if offline():
        return False
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(_answers()), daemon=True)
    thread.start()
    thread.join(SECONDS)
    return bool(answers and answers[0])


def _answers() -> bool:
    import httpx

    endpoint = os.environ.get("HF_ENDPOINT") or DEFAULT_ENDPOINT
    try:
        httpx.head(endpoint, timeout=SECONDS, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return False
    return True
