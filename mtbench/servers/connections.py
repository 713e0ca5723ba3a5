"""Connections to one server, kept alive: a request gets its whole answer within its time, or none.

The HTTP library bounds each read. A server that sends a byte now and then would be read for ever,
so the library's streams are wrapped here: they know until when their request may wait, and look
up often enough to hear that nobody waits any more. Each connection has a pool of its own, because
a pool looks at all of its connections at every request.
"""

from __future__ import annotations

import queue
import ssl
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit

from mtbench.interruptions import LISTENS
from mtbench.servers.environment import proxy_before

if TYPE_CHECKING:
    from httpcore import NetworkBackend, NetworkStream
else:  # the library asks for their methods alone
    NetworkBackend = NetworkStream = object

BODY_LIMIT = 16 * 1024 * 1024  # bytes of an answer; a translation is thousands of times smaller
CONNECT_SECONDS = 10.0
_KEPT_SECONDS = 60.0  # of a connection that nobody uses; one that the server closes is noticed
_AT_ONCE = 64 * 1024  # bytes written between two looks at the clock
_GZIP_OR_ZLIB = 47  # zlib's window for either, by the header of what comes


class TooLong(Exception):
    """An answer of more than ``BODY_LIMIT`` bytes."""


class Response(NamedTuple):
    """A whole answer.

    Attributes:
        status: HTTP status.
        headers: Names in small letters.
        content: The body.
    """

    status: int
    headers: dict[str, str]
    content: bytes


class Connections:
    """Up to so many connections to one server, for any thread.

    Args:
        url: The server's address; paths are put after it.
        headers: That go with each request.
        at_once: Most requests at once; more of them wait, within their time.
        seconds: For a whole request.
    """

    def __init__(
        self, url: str, headers: Mapping[str, str], *, at_once: int, seconds: float
    ) -> None:
        self._url = _in_ascii(url)
        # The library's own would lack the brackets of an IPv6 address.
        host = {"Host": urlsplit(self._url).netloc, "Accept": "*/*", "Accept-Encoding": "identity"}
        self._headers = _as_bytes(host | dict(headers))
        self._seconds = seconds
        pool = _settings(self._url)
        self._lines = [_Line(pool) for _ in range(at_once)]
        self._free: queue.LifoQueue[_Line] = queue.LifoQueue()  # the one used last is warm
        for line in reversed(self._lines):
            self._free.put(line)
        self._closed = False

    def request(
        self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]
    ) -> Response:
        """Sends a request and reads its answer.

        Raises:
            TimeoutError: If there is no whole answer in time.
            TooLong: If it is longer than any can be.
            httpcore.ConnectError, httpcore.ProxyError: If there is no connection.
            Exception: ``httpcore``'s others and ``OSError``, if it breaks.
        """
        import httpcore

        until = time.monotonic() + self._seconds
        wanted = self._headers + _as_bytes(headers)
        try:
            with self._line(until) as line:
                stream = line.pool.stream(
                    method, _in_ascii(f"{self._url}/{path}"), headers=wanted, content=content
                )
                with stream as answer:
                    body = _read(answer.iter_stream(), BODY_LIMIT)
        except (queue.Empty, httpcore.TimeoutException) as error:
            raise TimeoutError from error
        names = {name.decode("latin-1").lower(): value for name, value in answer.headers}
        found = {name: value.decode("latin-1") for name, value in names.items()}
        return Response(answer.status, found, _unpacked(body, found.get("content-encoding", "")))

    @contextmanager
    def _line(self, until: float) -> Iterator[_Line]:
        line = self._free.get(timeout=self._seconds)
        try:
            line.until = until
            if self._closed:
                line.until = 0.0
            yield line
        finally:
            self._free.put(line)

    def close(self) -> None:
        """Ends all connections; requests under way end without an answer."""
        self._closed = True
        until = time.monotonic() + 2 * LISTENS
        for line in self._lines:
            line.until = 0.0
        for _ in self._lines:
            with suppress(queue.Empty):
                self._free.get(timeout=max(0.0, until - time.monotonic()))
        for line in self._lines:
            line.pool.close()
            self._free.put(line)  # who still waits for one hears that there is no time left


class _Line(NetworkBackend):
    """One connection at most, and until when it may be waited for.

    Args:
        settings: Of its pool.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        import httpcore

        self.until = 0.0
        self._network = httpcore.SyncBackend()
        self.pool = httpcore.ConnectionPool(
            max_connections=1,
            keepalive_expiry=_KEPT_SECONDS,
            network_backend=self,
            **settings,
        )

    def left(self, most: float) -> float:
        """Seconds that may be waited for, so many at most.

        Raises:
            httpcore.ReadTimeout: If there are none.
        """
        import httpcore

        seconds = self.until - time.monotonic()
        if seconds <= 0:
            raise httpcore.ReadTimeout("the time of the request is over")
        return min(seconds, most)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> NetworkStream:
        stream = self._network.connect_tcp(
            host, port, self.left(CONNECT_SECONDS), local_address, socket_options
        )
        return _Stream(stream, self)


class _Stream(NetworkStream):
    """What a connection reads and writes: by its line's time, and no packet more than needed."""

    def __init__(self, stream: NetworkStream, line: _Line) -> None:
        self._stream = stream
        self._line = line
        self._unsent = b""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        import httpcore

        self._flush()
        while True:
            try:
                return self._stream.read(max_bytes, self._line.left(LISTENS))
            except httpcore.ReadTimeout:
                self._line.left(LISTENS)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._unsent += buffer  # head and body go out together

    def _flush(self) -> None:
        import httpcore

        unsent, self._unsent = self._unsent, b""
        with suppress(httpcore.WriteError):  # the server may have answered all the same
            for start in range(0, len(unsent), _AT_ONCE):
                self._stream.write(unsent[start : start + _AT_ONCE], self._line.left(float("inf")))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> NetworkStream:
        seconds = self._line.left(CONNECT_SECONDS)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, seconds), self._line)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _settings(url: str) -> dict[str, Any]:
    """A pool's settings: certificates where anything is encrypted, the proxy before the server."""
    import httpcore

    before = proxy_before(url)
    encrypted_proxy = before is not None and before.parts.scheme == "https"
    trusted = None
    if encrypted_proxy or urlsplit(url).scheme == "https":
        import httpx

        trusted = httpx.create_ssl_context()
    found: dict[str, Any] = {"ssl_context": trusted}
    if before is not None:
        who = [unquote(part or "") for part in (before.parts.username, before.parts.password)]
        host = f"[{before.host}]" if ":" in before.host else before.host
        found["proxy"] = httpcore.Proxy(
            f"{before.parts.scheme}://{host}:{before.port}",
            auth=(who[0], who[1]) if any(who) else None,
            ssl_context=trusted if encrypted_proxy else None,
        )
    return found


def _in_ascii(url: str) -> str:
    if url.isascii():
        return url
    import httpx

    return str(httpx.URL(url))


def _as_bytes(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def _read(chunks: Iterable[bytes], limit: int) -> bytes:
    held = bytearray()
    for chunk in chunks:
        held += chunk
        if len(held) > limit:
            raise TooLong
    return bytes(held)


def _unpacked(content: bytes, encoding: str) -> bytes:
    """A body that came compressed though nobody asked for it.

    Example:
        >>> _unpacked(zlib.compress(b"yes"), "deflate"), _unpacked(b"yes", "")
        (b'yes', b'yes')
    """
    if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        return content
    try:
        unpacking = zlib.decompressobj(_GZIP_OR_ZLIB)
        found = unpacking.decompress(content, BODY_LIMIT + 1)
    except zlib.error:
        return content  # which is no JSON, then
    if len(found) > BODY_LIMIT:
        raise TooLong
    return found
