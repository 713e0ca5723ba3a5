"""Talking JSON to a server that may misbehave: bounded in time and size, keys kept to themselves.

A server that answers badly raises ``TransientError`` where another try may help and
``BackendError`` where it cannot. No exception that leaves here carries a request, because a
request carries the key.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator

from mtbench.errors import BackendError, MissingEngine, TransientError, Unavailable
from mtbench.types import Json

if TYPE_CHECKING:
    import httpx

BODY_LIMIT = 16 * 1024 * 1024  # bytes of an answer; a translation is thousands of times smaller
CONNECT_SECONDS = 10.0
_LOCAL = {"localhost", "127.0.0.1", "::1"}
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,63}\Z")


# --- what options may say --------------------------------------------------------------------


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
        whole = bool(parts.scheme in {"http", "https"} and parts.hostname)
        _ = parts.port
    except ValueError:
        whole = False
    if not whole:
        raise ValueError("not an http or https address")
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise ValueError("an address must hold no user name, password or key")
    if parts.query or parts.fragment:
        raise ValueError("an address must hold no query (?…) or fragment (#…), nor a key in one")
    return url.strip().rstrip("/")


def _checked_variable(name: str) -> str:
    if not _VARIABLE.match(name):
        # The value is not repeated: somebody may have written the key itself.
        raise ValueError("write the NAME of an environment variable, in capitals, not a key")
    return name


ServerUrl = Annotated[str, AfterValidator(_checked_url)]
VariableName = Annotated[str, AfterValidator(_checked_variable)]


def unencrypted(url: str) -> bool:
    """Whether what is sent there crosses a network in the clear."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname not in _LOCAL


class Secret:
    """A key from the environment, known by its variable's name; never shown.

    Args:
        variable: Name of the environment variable.

    Raises:
        Unavailable: If the variable is not set, or holds what cannot be a key.
    """

    __slots__ = ("_value", "variable")

    def __init__(self, variable: str) -> None:
        self.variable = variable
        value = os.environ.get(variable, "").strip()
        if not value:
            raise Unavailable(
                f"the environment variable {variable} holds no key",
                hint=f"set it in the shell that runs mtbench: export {variable}=…",
            )
        if not (value.isascii() and value.isprintable()):
            raise Unavailable(f"what the environment variable {variable} holds cannot be a key")
        self._value = value

    def reveal(self) -> str:
        """The key itself, for a request."""
        return self._value

    def redact(self, value: Json) -> Json:
        """A text, or JSON with texts in it, without the key."""
        if isinstance(value, str):
            return value.replace(self._value, f"[{self.variable}]")
        if isinstance(value, list):
            return [self.redact(item) for item in value]
        if isinstance(value, dict):
            return {self.redact(key): self.redact(item) for key, item in value.items()}
        return value

    def __repr__(self) -> str:
        return f"Secret({self.variable})"

    def __reduce__(self) -> str | tuple[Any, ...]:
        raise TypeError("a key is not written anywhere")


# --- asking -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's whole answer.

    Attributes:
        status: HTTP status.
        body: What its JSON holds; None where it is no JSON.
        text: The beginning of the body, the key taken out.
        retry_after: Seconds that the server asked to wait, where it did.
    """

    status: int
    body: Json
    text: str
    retry_after: float | None


class JsonClient:
    """Requests to one server, from any thread.

    Requests run in an event loop of its own, because only there the whole of a request has a
    deadline: a server that sends a byte now and then keeps nobody waiting for longer.

    Args:
        url: The server's address; paths are put after it.
        secret: Taken out of whatever the server says, where there is one.
        bearer: Whether it is sent as a bearer token.
        seconds: Longest time for a whole request.
        connections: Most requests at once.
        name: What the server is called in messages.
    """

    def __init__(
        self,
        url: str,
        *,
        secret: Secret | None = None,
        bearer: bool = True,
        seconds: float = 120.0,
        connections: int = 4,
        name: str = "the server",
    ) -> None:
        self.url = url
        self._secret = secret
        self._bearer = bearer
        self._seconds = seconds
        self._connections = connections
        self.name = name
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._client: httpx.AsyncClient | None = None

    def __enter__(self) -> JsonClient:
        import httpx

        headers = {"Accept-Encoding": "identity", "User-Agent": "mtbench"}
        if self._secret is not None and self._bearer:
            headers["Authorization"] = f"Bearer {self._secret.reveal()}"
        self._client = httpx.AsyncClient(
            headers=headers,
            # A redirect could carry the key elsewhere.
            follow_redirects=False,
            timeout=httpx.Timeout(self._seconds, connect=min(CONNECT_SECONDS, self._seconds)),
            limits=httpx.Limits(max_connections=self._connections),
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="mtbench-requests", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        loop, client, thread = self._loop, self._client, self._thread
        self._loop = self._client = self._thread = None
        if loop is None or client is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(_closed(client), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()

    def get(self, path: str) -> Reply:
        """Asks for a path.

        Raises:
            TransientError: If there is no whole answer.
        """
        return self._ask("GET", path, None)

    def post(self, path: str, body: Mapping[str, Json]) -> Reply:
        """Sends JSON to a path.

        Raises:
            TransientError: If there is no whole answer.
        """
        return self._ask("POST", path, body)

    def _ask(self, method: str, path: str, body: Mapping[str, Json] | None) -> Reply:
        if self._loop is None:
            raise RuntimeError("requests are made inside `with client:`")
        asked = asyncio.run_coroutine_threadsafe(self._within_time(method, path, body), self._loop)
        try:
            outcome = asked.result()
        except BaseException:
            asked.cancel()  # Ctrl-C: nobody waits for the answer any more
            raise
        if isinstance(outcome, str):
            raise TransientError(f"{self.name}: {outcome}")
        return outcome

    async def _within_time(
        self, method: str, path: str, body: Mapping[str, Json] | None
    ) -> Reply | str:
        """The reply, or in one sentence why there is none."""
        import httpx

        try:
            return await asyncio.wait_for(self._request(method, path, body), self._seconds)
        except (asyncio.TimeoutError, httpx.TimeoutException):
            return f"no whole answer within {self._seconds:g} seconds"
        except httpx.ConnectError:
            return f"no connection to {self.url}"
        except (httpx.HTTPError, OSError) as error:
            return f"the connection broke ({type(error).__name__})"

    async def _request(
        self, method: str, path: str, body: Mapping[str, Json] | None
    ) -> Reply | str:
        assert self._client is not None  # noqa: S101 - _ask has looked
        content = None if body is None else json.dumps(body).encode()
        kind = {} if body is None else {"Content-Type": "application/json"}
        async with self._client.stream(
            method, f"{self.url}/{path}", content=content, headers=kind
        ) as response:
            held = bytearray()
            async for chunk in response.aiter_bytes():
                held += chunk
                if len(held) > BODY_LIMIT:
                    return f"an answer of more than {BODY_LIMIT} bytes"
        return self._reply(response, bytes(held))

    def _reply(self, response: httpx.Response, content: bytes) -> Reply:
        body, text = _json_or_none(content), content[:2000].decode("utf-8", "replace")
        if self._secret is not None:
            body, text = self._secret.redact(body), self._secret.redact(text)
        return Reply(
            status=response.status_code,
            body=body,
            text=text,
            retry_after=retry_after(response.headers.get("retry-after")),
        )


async def _closed(client: httpx.AsyncClient) -> None:
    current = asyncio.current_task()
    others = [task for task in asyncio.all_tasks() if task is not current]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await client.aclose()


def _json_or_none(content: bytes) -> Json:
    try:
        return json.loads(content, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is no JSON")


def retry_after(header: str | None, now: float | None = None) -> float | None:
    """Seconds that a ``Retry-After`` header asks for: a number, or a date."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            moment = parsedate_to_datetime(header).timestamp()
        except (ValueError, TypeError, OverflowError):
            return None
        seconds = moment - (time.time() if now is None else now)
    return max(seconds, 0.0) if seconds < 1e9 else None


# --- judging ----------------------------------------------------------------------------------


def said_by(reply: Reply) -> str:
    """What a server says went wrong, in one line of at most 200 characters."""
    body: Json = reply.body if isinstance(reply.body, dict) else {}
    error: Json = body.get("error", body.get("message", body.get("detail")))
    if isinstance(error, dict):
        error = error.get("message")
    text = error if isinstance(error, str) else reply.text
    return " ".join(text.split())[:200]


def require_success(reply: Reply, name: str, secret: Secret | None) -> None:
    """Passes an answer that can be read; judges every other by its status.

    A status that speaks of one request alone (400, 413, 422) is for the caller to judge first.

    Raises:
        TransientError: For 408, 409, 425, 429 and 5xx, and for a success that is no JSON.
        BackendError: For everything else: another try would be answered the same.
    """
    status = reply.status
    if 200 <= status < 300:
        if reply.body is None:
            raise TransientError(f"{name}: the answer is not whole JSON")
        return
    if status in {401, 403}:
        # Some servers repeat a part of the key: what they say is left out.
        raise BackendError(
            f"{name} refused {key_in_words(secret)} (status {status})",
            hint="check the key and what it may do",
        )
    if status in {408, 409, 425, 429} or status >= 500:
        raise TransientError(
            f"{name} answered {status}", why=said_by(reply) or None, retry_after=reply.retry_after
        )
    if 300 <= status < 400:
        raise BackendError(f"{name} answered {status}, a redirect", hint="correct its address")
    raise BackendError(f"{name} answered {status}", why=said_by(reply) or None)


def key_in_words(secret: Secret | None) -> str:
    """What a server was shown."""
    return f"the key in {secret.variable}" if secret else "a request without a key"


def reach(client: JsonClient, path: str) -> Reply:
    """A first question, before any work.

    Raises:
        MissingEngine: If the server does not answer.
    """
    try:
        return client.get(path)
    except TransientError as error:
        raise MissingEngine(
            error.message, hint=f"start the server, or correct its address: {client.url}"
        ) from None
