"""Connections to a server: through proxies, encrypted, kept alive, bounded, closed under way."""

from __future__ import annotations

import gzip
import os
import select
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from mtbench.servers.connections import BODY_LIMIT, Connections, TooLong
from tests.support.hub import Hub, tls
from tests.support.killing import SECONDS, until
from tests.support.server import Asked, Say, Server


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings of this machine."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith("SSL_CERT"):
            monkeypatch.delenv(name)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(lambda asked: Say({"path": asked.path})) as made:
        yield made


def connections(url: str, *, at_once: int = 1, seconds: float = SECONDS) -> Connections:
    return Connections(url, {"User-Agent": "test"}, at_once=at_once, seconds=seconds)


def get(url: str, path: str = "models") -> int:
    with closing(connections(url)) as made:
        return made.request("GET", path, None, {}).status


class Tunnel(socketserver.BaseRequestHandler):
    """A proxy that hands bytes on: by CONNECT, or by SOCKS 5 without a password."""

    def handle(self) -> None:
        client: socket.socket = self.request
        first = client.recv(1, socket.MSG_PEEK)
        if first == b"\x05":
            client.recv(1 + 1 + 255)
            client.sendall(b"\x05\x00")
            asked = client.recv(262)
            # Version, command, reserved, kind of address (1 IPv4, 3 a name).
            host = (
                socket.inet_ntoa(asked[4:8]) if asked[3] == 1 else asked[5 : 5 + asked[4]].decode()
            )
            port = int.from_bytes(asked[-2:], "big")
            client.sendall(b"\x05\x00\x00\x01" + bytes(6))
        else:
            head = client.recv(65536).decode()
            host, _, number = head.split()[1].rpartition(":")
            port = int(number)
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self.server.heads.append(head)  # type: ignore[attr-defined]
        with socket.create_connection((host, port)) as other:
            both = {client: other, other: client}
            while True:
                for ready in select.select(list(both), [], [])[0]:
                    if not (held := ready.recv(65536)):
                        return
                    both[ready].sendall(held)


@contextmanager
def tunnel() -> Iterator[tuple[str, list[str]]]:
    """Address of a proxy, and the heads of the requests by CONNECT."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Tunnel) as proxy:
        proxy.daemon_threads = True
        proxy.heads = []  # type: ignore[attr-defined]
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{proxy.server_address[1]}", proxy.heads  # type: ignore[attr-defined]
        proxy.shutdown()


def test_what_a_request_says_of_itself(server: Server) -> None:
    with closing(connections(f"{server.url}/v1")) as made:
        made.request("POST", "ä?q=ö", b"{}", {"X-One": "é"})
    asked = server.asked[0]
    host = server.url.removeprefix("http://")
    assert asked.path == "/v1/%C3%A4?q=%C3%B6"
    assert {name.lower(): value for name, value in asked.headers.items()} == {
        "host": host,
        "accept": "*/*",
        "accept-encoding": "identity",
        "user-agent": "test",
        "x-one": "Ã©",  # its bytes, read as headers are
        "content-length": "2",
    }


def test_a_proxy_is_asked_with_its_password(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url.replace("://", "://me:se%2Fcret@"))
    assert get("http://model.example:8000/v1") == 200
    asked = server.asked[0]
    assert asked.path == "http://model.example:8000/v1/models"
    assert asked.headers["proxy-authorization"] == "Basic bWU6c2UvY3JldA=="
    assert asked.headers["host"] == "model.example:8000"


@pytest.mark.parametrize(
    "excepted", ["127.0.0.1", "localhost, 127.0.0.1", "*"], ids=["one", "a list", "all"]
)
def test_servers_that_need_no_proxy(
    excepted: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", excepted)
    assert get(f"{server.url}/v1") == 200


def test_a_certificate_that_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tls(Hub({}), tmp_path) as address:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        assert get(address, "api/models") == 404  # of the hub, which has none


@pytest.mark.parametrize("kind", ["http", "socks5"])
def test_an_encrypted_server_behind_a_proxy(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "socks5":
        pytest.importorskip("socksio")
    with tls(Hub({}), tmp_path) as address, tunnel() as (proxy, heads):
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        monkeypatch.setenv("https_proxy", f"{kind}://{proxy}")
        assert get(address, "api/models") == 404
        assert [head.split()[0] for head in heads] == ["CONNECT"] * (kind == "http")


def test_a_drip_through_tls_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = Hub({})
    hub.usual = lambda asked: Say(b"x" * 100, drip=0.05)
    with tls(hub, tmp_path) as address:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        with closing(connections(address, seconds=0.5)) as made, pytest.raises(TimeoutError):
            made.request("GET", "models", None, {})


def test_a_connection_serves_again_and_one_that_broke_does_not(server: Server) -> None:
    server.script.extend([Say({}), Say({}), Say({}, wait=2 * SECONDS), Say({})])
    with closing(connections(f"{server.url}/v1")) as made:
        made.request("POST", "", b"{}", {})
        made.request("POST", "", b"{}", {})
        assert len(server.clients) == 1
        made._seconds = 0.6
        with pytest.raises(TimeoutError):
            made.request("POST", "", b"{}", {})
        made._seconds = SECONDS
        made.request("POST", "", b"{}", {})
    assert len(server.clients) == 2


def test_an_answer_that_nobody_asked_to_be_packed(server: Server) -> None:
    packed = gzip.compress(b'{"yes": 1}')
    server.script.append(Say(packed, headers={"Content-Encoding": "gzip"}))
    server.script.append(Say(b"no gzip", headers={"Content-Encoding": "gzip"}))
    bomb = gzip.compress(bytes(BODY_LIMIT + 1))
    server.script.append(Say(bomb, headers={"Content-Encoding": "gzip"}))
    with closing(connections(server.url)) as made:
        assert made.request("POST", "", b"{}", {}).content == b'{"yes": 1}'
        assert made.request("POST", "", b"{}", {}).content == b"no gzip"
        with pytest.raises(TooLong):
            made.request("POST", "", b"{}", {})


def test_who_waits_is_let_go_when_all_is_closed(server: Server) -> None:
    server.usual = lambda asked: Say({}, wait=2 * SECONDS)
    made = connections(server.url, at_once=2, seconds=2 * SECONDS)
    failures: list[BaseException] = []

    def ask() -> None:
        try:
            made.request("GET", "", None, {})
        except TimeoutError as error:
            failures.append(error)

    # One of them waits for its turn.
    threads = [threading.Thread(target=ask, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    until(lambda: len(server.asked) == 2)
    made.close()
    for thread in threads:
        thread.join(SECONDS)  # none of them is answered, or has waited for all of its time
        assert not thread.is_alive()
    assert len(failures) == 3


def test_an_address_of_ipv6_is_named_in_brackets() -> None:
    if not socket.has_ipv6:
        pytest.skip("this machine speaks no IPv6")
    heard: list[bytes] = []
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no address ::1")

    def answer() -> None:
        client, _ = listener.accept()
        with client:
            heard.append(client.recv(65536))
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    with listener:
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        port = listener.getsockname()[1]
        assert get(f"http://[::1]:{port}/v1") == 200
        thread.join()
    assert f"host: [::1]:{port}".encode() in heard[0].lower()


def test_nobody_else_is_asked(server: Server) -> None:
    """A redirect could carry the key elsewhere."""

    def moved(asked: Asked) -> Say:
        return Say({}, status=307, headers={"Location": f"{server.url}/elsewhere"})

    server.usual = moved
    assert get(f"{server.url}/v1") == 307
    assert [asked.path for asked in server.asked] == ["/v1/models"]
