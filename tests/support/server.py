"""A real local HTTP server that misbehaves by script."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Self


@dataclass(frozen=True)
class Asked:
    """A request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    content: bytes = b""


@dataclass(frozen=True)
class Say:
    """An answer.

    Attributes:
        body: JSON, or bytes sent as they are.
        status: HTTP status.
        headers: More headers.
        wait: Seconds before the first byte.
        drip: Seconds between single bytes of the body; 0 sends it at once.
        declared: Content-Length, where it is not the body's.
        reset: Whether the connection is reset in place of any answer.
    """

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0
    drip: float = 0.0
    declared: int | None = None
    reset: bool = False


class Server:
    """Serves on a free local port; what it was asked stays in ``asked``.

    Args:
        usual: The answer to a request for which nothing is scripted.
    """

    def __init__(self, usual: Callable[[Asked], Say]) -> None:
        self.usual = usual
        self.script: deque[Say] = deque()
        self.asked: list[Asked] = []
        self.lock = threading.Lock()
        self.clients: set[int] = set()  # ports; each connection has another one
        self.now = 0
        self.most_at_once = 0
        self._stopping = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                pass

        for method in ("GET", "POST", "HEAD"):
            setattr(Handler, f"do_{method}", lambda handler: self._serve(handler))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def wrap(self, context: ssl.SSLContext) -> None:
        """Speaks TLS; before it is entered."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def bodies(self, path: str) -> list[Any]:
        """What was posted to a path."""
        with self.lock:
            return [a.body for a in self.asked if a.path == path and a.method == "POST"]

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        content = handler.rfile.read(length)
        asked = Asked(
            handler.command,
            handler.path,
            {name.lower(): value for name, value in handler.headers.items()},
            json.loads(content) if content[:1] in (b"{", b"[") else content.decode() or None,
            content,
        )
        with self.lock:
            self.asked.append(asked)
            self.clients.add(handler.client_address[1])
            scripted = self.script and asked.method == "POST"
            say = self.script.popleft() if scripted else None
            self.now += 1
            self.most_at_once = max(self.most_at_once, self.now)
        try:
            self._answer(handler, say or self.usual(asked))
        except (BrokenPipeError, ConnectionResetError):
            handler.close_connection = True
        finally:
            with self.lock:
                self.now -= 1

    def _answer(self, handler: BaseHTTPRequestHandler, say: Say) -> None:
        if say.wait and self._stopping.wait(say.wait):
            handler.close_connection = True
            return
        if say.reset:
            linger = struct.pack("ii", 1, 0)
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            handler.connection.close()
            handler.close_connection = True
            return
        content = say.body if isinstance(say.body, bytes) else json.dumps(say.body).encode()
        handler.send_response(say.status)
        length = len(content) if say.declared is None else say.declared
        for name, value in {"Content-Length": str(length), **say.headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        if handler.command == "HEAD":
            return
        if not say.drip:
            handler.wfile.write(content)
        for i in range(len(content) if say.drip else 0):
            handler.wfile.write(content[i : i + 1])
            handler.wfile.flush()
            if self._stopping.is_set():
                return
            time.sleep(say.drip)
        if length != len(content):
            handler.close_connection = True


def chat_answer(text: str | None, **choice: Any) -> Say:
    """A whole answer of a chat server."""
    message = {"role": "assistant", "content": text, **choice.pop("message", {})}
    return Say(
        {
            "model": "tiny-1",
            "system_fingerprint": "fp_1",
            "choices": [{"message": message, "finish_reason": "stop", **choice}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 5},
        }
    )


def chat_server(answer: Callable[[list[dict[str, str]]], str]) -> Server:
    """A chat server whose model is a function of the messages."""

    def usual(asked: Asked) -> Say:
        if asked.path == "/v1/models":
            return Say({"data": [{"id": "tiny"}]})
        return chat_answer(answer(asked.body["messages"]))

    return Server(usual)


def shout(messages: list[dict[str, str]]) -> str:
    """A model: a text in capitals, each paragraph of a document likewise."""
    said = messages[-1]["content"]
    if "JSON object" not in said:
        return said.split("Text:\n")[-1].upper()
    numbered = json.loads(said[said.index("\n\n{") :])
    return json.dumps({number: text.upper() for number, text in numbered.items()})
