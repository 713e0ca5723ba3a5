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
    longer than ``SECONDS``. The standard library asks: the workers of other environments do, too.
    """
    if offline():
        return False
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(_answers()), daemon=True)
    thread.start()
    thread.join(SECONDS)
    return bool(answers and answers[0])


def _answers() -> bool:
    import ssl
    import urllib.error
    import urllib.parse
    import urllib.request

    endpoint = os.environ.get("HF_ENDPOINT") or DEFAULT_ENDPOINT
    if urllib.parse.urlsplit(endpoint).scheme not in ("http", "https"):
        return False
    question = urllib.request.Request(endpoint, method="HEAD")  # noqa: S310 - scheme seen above
    try:
        with urllib.request.urlopen(question, timeout=SECONDS):  # noqa: S310
            return True
    except urllib.error.HTTPError:
        return True  # whatever it says, it answers
    except urllib.error.URLError as error:
        # A certificate that only the hub's own client knows how to trust: let that one try.
        return isinstance(error.reason, ssl.SSLCertVerificationError)
    except (OSError, ValueError):
        return False
