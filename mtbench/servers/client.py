"""Talking JSON to a server that may misbehave: bounded in time and size, keys kept to themselves.

A server that answers badly raises ``TransientError`` where another try may help and
``BackendError`` where it cannot. No exception that leaves here carries a request, because a
request carries the key.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from mtbench.errors import USUAL_PATIENCE, BackendError, Later, MissingEngine, TransientError
from mtbench.servers.connections import BODY_LIMIT, Connections, Response, TooLong
from mtbench.servers.environment import certificate_problem, check_environment, proxy_before
from mtbench.servers.headers import wait_asked
from mtbench.servers.pacing import Pace
from mtbench.servers.patience import persistent
from mtbench.servers.secrets import Secret, key_in_words, without_parts
from mtbench.types import Json, Record

log = logging.getLogger(__name__)

_JSON = {"Content-Type": "application/json; charset=UTF-8"}
MOST_AT_ONCE = 1024  # requests of one process: each is a thread that waits
_FIRST_ATTEMPTS = 3  # at a question before any work
_LONGEST_FIRST_WAIT = 30.0  # seconds between two of them
_UNHEARD_WAITS = (0.5, 1.5)  # seconds, likewise, while nobody has answered at all
_SAID_LIMIT = 20_000  # characters of an error page that are looked at for a message of 200
# Nobody is behind it, or has time: for this request as for the next one. 520 to 530 are those of
# proxies before vendors' servers, and 529 is "overloaded".
_NOBODY_THERE = frozenset({502, 503, 504, *range(520, 531)})
_EMPTY_ACCOUNT = frozenset(
    {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "access_terminated"}
)
_LOADING = re.compile(r"\bloading\b", re.IGNORECASE)  # llama.cpp, TGI
_TITLE = re.compile(r"<title[^<>]*>([^<]+)</title>", re.IGNORECASE)
_LOCAL = {"localhost", "127.0.0.1", "::1"}


# --- what options may say --------------------------------------------------------------------


def _can_be_asked(host: str | None, url: str) -> bool:
    if not host or not url.isprintable() or " " in url:
        return False
    if not all(0 < len(label) < 64 for label in host.removesuffix(".").split(".")):
        return False
    if host.isascii() and ":" not in host:
        return True
    import httpx

    try:
        return bool(httpx.URL(url).host)
    except httpx.InvalidURL:
        return False


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
        whole = parts.scheme in {"http", "https"} and _can_be_asked(parts.hostname, url.strip())
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


ServerUrl = Annotated[str, AfterValidator(_checked_url)]


class ServerOptions(Record):
    """How a server is asked; none of it says anything about what comes out.

    Attributes:
        timeout: Seconds for a whole answer.
        concurrency: Requests at once.
        patience: Seconds for which a server that says "later" is waited for.
        requests_per_minute: Sent at most; what the server names is learnt.
    """

    timeout: Annotated[float, Field(gt=0, exclude=True)] = 60.0
    concurrency: Annotated[int, Field(ge=1, le=MOST_AT_ONCE, exclude=True)] = 4
    patience: Annotated[float, Field(ge=0, exclude=True)] = USUAL_PATIENCE
    requests_per_minute: Annotated[int | None, Field(ge=1, exclude=True)] = None


def unencrypted(url: str) -> bool:
    """Whether what is sent there crosses a network in the clear."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname not in _LOCAL


# --- asking -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's whole answer.

    Attributes:
        status: HTTP status.
        body: What its JSON holds, untouched; None where it is no JSON.
        content: The body as it came.
        retry_after: Seconds that the server asked to wait, where it did.
        url: What was asked.
        sent: Bytes of the request.
        headers: Of the answer, names in small letters.
        secret: The key that was sent, to be taken out of messages.
    """

    status: int
    body: Json = field(repr=False)
    content: bytes = field(repr=False)
    retry_after: float | None = None
    url: str = ""
    sent: int = 0
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret: Secret | None = None

    @property
    def error(self) -> Json:
        """What the server says went wrong, as it says so; None where it says nothing."""
        body = self.body
        if isinstance(body, list) and len(body) == 1:
            body = body[0]  # as Google's servers put it
        fields = body if isinstance(body, dict) else {}
        return fields.get("error", fields.get("message", fields.get("detail")))

    def of_quota(self) -> bool:
        """Whether a 429 says that an account is empty, which no waiting mends."""
        error = self.error if isinstance(self.error, dict) else {}
        words = {error.get("code"), error.get("type")} if self.status == 429 else set()
        return any(str(word) in _EMPTY_ACCOUNT for word in words)

    def loaded_in(self) -> float | None:
        """Seconds after which a model will be there, as Hugging Face's servers estimate them."""
        told = self.body.get("estimated_time") if isinstance(self.body, dict) else None
        return float(told) if isinstance(told, int | float) and 0 < told < 1e4 else None

    def said(self) -> str:
        """What the server says went wrong, for a message: one line, the key taken out."""
        error = self.error
        if isinstance(error, dict):
            error = error.get("message")
        if isinstance(error, list) and error:
            error = "; ".join(_defect(one) for one in error)
        if isinstance(error, str):
            return for_message(error, self.secret)
        text = "" if self.body in ({}, []) else self.content.decode("utf-8", "replace")
        title = _TITLE.search(text[:_SAID_LIMIT])  # of a page for people
        return for_message(title[1] if title else text, self.secret)

    def refusal(self) -> str | None:
        """What the server says of a key that it refuses; None where it says nothing."""
        return without_parts(self.said(), self.secret) or None


def _defect(entry: Json) -> str:
    """One of the defects that a server lists: ``body.max_tokens: extra fields not permitted``."""
    if not isinstance(entry, dict):
        return str(entry)
    place = entry.get("loc")
    where = ".".join(map(str, place)) if isinstance(place, list) else ""
    what = str(entry.get("msg", entry.get("message", json.dumps(entry))))
    return f"{where}: {what}" if where else what


def for_message(text: str, secret: Secret | None = None) -> str:
    """A text from elsewhere in one line of at most 200 characters, without the key.

    Half a surrogate pair, which JSON may hold and no output can, is shown by its number.
    """
    text = text.encode("utf-8", "backslashreplace").decode()
    text = secret.redact(text, _SAID_LIMIT) if secret is not None else text[:_SAID_LIMIT]
    return " ".join(text.split())[:200]


Headers = Callable[[str, str, bytes], Mapping[str, str]]
"""Method, address and body of a request → what authorises it, for keys that are no bearer's."""


class JsonClient:
    """Requests to one server, from any thread.

    Args:
        url: The server's address; paths are put after it.
        secret: Taken out of whatever the server says, where there is one.
        bearer: Whether it is sent as a bearer token.
        headers: What else goes with each request.
        seconds: Longest time for a whole request.
        connections: Most requests at once.
        name: What the server is called in messages.
        pace: Requests per minute that are kept to; by default what the server names.
    """

    def __init__(
        self,
        url: str,
        *,
        secret: Secret | None = None,
        bearer: bool = True,
        headers: Headers | None = None,
        seconds: float = 120.0,
        connections: int = 4,
        name: str = "the server",
        pace: Pace | None = None,
    ) -> None:
        self.pace = pace or Pace()
        self.url = url
        self._secret = secret
        self._bearer = bearer
        self._headers = headers
        self._seconds = seconds
        self._connections = connections
        self.name = name
        self._open: Connections | None = None

    def __enter__(self) -> JsonClient:
        check_environment()
        headers = {"User-Agent": "mtbench"}
        if self._secret is not None and self._bearer:
            headers["Authorization"] = f"Bearer {self._secret.reveal()}"
        self._open = Connections(
            self.url, headers, at_once=self._connections, seconds=self._seconds
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def get(self, path: str) -> Reply:
        """Asks for a path.

        Raises:
            TransientError: If there is no whole answer.
        """
        return self._ask("GET", path, None)

    def post(self, path: str, body: Json) -> Reply:
        """Sends JSON to a path.

        Raises:
            Later: If the limit of requests per minute leaves no room now; nothing was sent.
            TransientError: If there is no whole answer.
        """
        content = json.dumps(body).encode()
        wait = self.pace.due(len(content))
        if wait > 0:
            raise Later(f"{self.name}: the limit per minute is used up", retry_after=wait)
        return self._ask("POST", path, content)

    def _ask(self, method: str, path: str, content: bytes | None) -> Reply:
        import httpcore

        if self._open is None:
            raise RuntimeError("requests are made inside `with client:`")
        url = f"{self.url}/{path}"
        headers = {} if content is None else _JSON
        if self._headers is not None:
            headers = {**headers, **self._headers(method, url, content or b"")}
        try:
            response = self._open.request(method, path, content, headers)
        except TimeoutError:
            raise self._no_reply(f"no whole answer within {self._seconds:g} seconds") from None
        except TooLong:
            what = f"an answer of more than {BODY_LIMIT} bytes"
            raise self._no_reply(what, answered=True) from None
        except (httpcore.ConnectError, httpcore.ProxyError) as error:
            raise self._no_connection(error) from None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            raise self._no_reply(f"the connection broke ({type(error).__name__})") from None
        return self._reply(response, url, len(content or b""))

    def _no_reply(self, why: str, *, answered: bool = False) -> TransientError:
        return TransientError(f"{self.name}: {why}", answered=answered)

    def _no_connection(self, error: Exception) -> TransientError:
        """What stands between here and the server: a certificate, a proxy, nobody."""
        if reason := certificate_problem(error):
            return TransientError(
                f"{self.name}: the certificate of {self.url} does not hold: {reason}",
                hint="name your own authority's file by SSL_CERT_FILE",
            )
        if before := proxy_before(self.url):
            proxy = f"{before.host}:{before.port}"
            said = f" ({for_message(str(error), self._secret)})" if str(error) else ""
            return TransientError(
                f"{self.name}: no connection to {self.url} through the proxy {proxy}{said}",
                hint=f"correct {before.variable}, or except the server by NO_PROXY",
            )
        return self._no_reply(f"no connection to {self.url}")

    def _reply(self, response: Response, url: str, sent: int) -> Reply:
        limited = response.status == 429
        text = response.content[:_SAID_LIMIT].decode("utf-8", "replace") if limited else ""
        if limited:
            self.pace.told(text)
        return Reply(
            status=response.status,
            body=_json_or_none(response.content),
            content=response.content,
            retry_after=wait_asked(response.headers, text),
            url=url,
            sent=sent,
            headers=response.headers,
            secret=self._secret,
        )


def _json_or_none(content: bytes) -> Json:
    try:
        return json.loads(content, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is no JSON")


# --- judging ----------------------------------------------------------------------------------


def require_success(reply: Reply, name: str, secret: Secret | None) -> None:
    """Passes an answer that can be read; judges every other by its status.

    A status that speaks of one request alone (400, 413, 422) is for the caller to judge first.

    Raises:
        Later: For 429, for 5xx that says when to come back, and while a model is loaded.
        TransientError: For 408, 409, 425 and 5xx, and for a success that is no JSON.
        BackendError: For everything else: another try would be answered the same.
    """
    status = reply.status
    if 200 <= status < 300:
        if reply.body is None:
            raise TransientError(f"{name}: the answer is not whole JSON", answered=True)
        return
    if status in {401, 403}:
        raise BackendError(
            f"{name} refused {key_in_words(secret)} (status {status})",
            why=reply.refusal(),
            hint="check the key and what it may do",
        )
    wait = reply.retry_after
    if status == 503 and wait is None and reply.error is not None and _LOADING.search(reply.said()):
        raise Later(f"{name} is not ready", why=reply.said(), retry_after=reply.loaded_in())
    if status == 429 or (status >= 500 and wait is not None):
        raise Later(f"{name} answered {status}", why=reply.said() or None, retry_after=wait)
    if status in {408, 409, 425} or status >= 500:
        raise TransientError(
            f"{name} answered {status}",
            why=reply.said() or None,
            retry_after=reply.retry_after,
            answered=status not in _NOBODY_THERE,
        )
    if 300 <= status < 400:
        raise BackendError(f"{name} answered {status}, a redirect", hint="correct its address")
    raise BackendError(f"{name} answered {status}", why=reply.said() or None)


def no_quota_left(name: str, reply: Reply) -> BackendError:
    """An account is empty: no waiting mends it."""
    return BackendError(
        f"{name}: the account has no quota left (status {reply.status})",
        why=reply.said() or None,
        hint="top it up, or name the key of another one; what was finished is kept",
    )


def reach(client: JsonClient, path: str) -> Reply:
    """A first question, before any work; asked again where the server says that it is busy.

    Raises:
        MissingEngine: If the server does not answer.
    """
    last: list[Reply] = []
    waits = iter(_UNHEARD_WAITS)

    def ask(paths: Sequence[str]) -> None:
        try:
            last[:] = [client.get(paths[0])]
        except TransientError as error:
            wait = next(waits, None) if not (last or error.answered) else None
            if wait == _UNHEARD_WAITS[0]:
                log.warning(
                    "%s; asking again for %g seconds, should it just be starting",
                    error.message,
                    sum(_UNHEARD_WAITS),
                )
            error.retry_after = wait
            raise
        if last[0].status == 429 or last[0].status >= 500:
            asked = last[0].retry_after
            wait = None if asked is None else min(asked, _LONGEST_FIRST_WAIT)
            raise TransientError(f"{client.name} answered {last[0].status}", retry_after=wait)

    try:
        persistent(ask, [path], attempts=_FIRST_ATTEMPTS)
    except TransientError as error:
        if last:
            return last[0]
        hint = error.hint or f"start the server, or correct its address: {client.url}"
        raise MissingEngine(error.message, why=error.why, hint=hint) from None
    return last[0]
