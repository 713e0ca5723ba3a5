"""Variables about proxies and certificates that do not hold are named, whoever would use them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mtbench.checkpoints import network
from mtbench.checkpoints.folders import find
from mtbench.errors import MtbenchError
from mtbench.servers.environment import check_environment
from mtbench.types import Runtime
from tests.support.hub import Hub, tls
from tests.support.server import Server, chat_server, shout
from tests.support.workspace import Space

BROKEN = [
    ("http_proxy", "ftp://127.0.0.1:9", 2),
    ("HTTPS_PROXY", "http://", 2),
    ("ALL_PROXY", "socks5://127.0.0.1:99999", 2),
    ("ALL_PROXY", "socks5://127.0.0.1:1080", 3),
    ("SSL_CERT_FILE", "/no/such/file.pem", 2),
    ("SSL_CERT_FILE", "HERE/empty.pem", 2),
    ("SSL_CERT_DIR", "/no/such/folder", 2),
    ("REQUESTS_CA_BUNDLE", "/no/such/file.pem", 2),
    ("NO_PROXY", "localhost,[::1]", 2),
    ("no_proxy", "localhost,::1/128", 2),
]


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No settings of this machine, and nothing remembered of the hub."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    network._no_connection.cache_clear()
    yield
    network._no_connection.cache_clear()


def place(value: str, folder: Path) -> str:
    (folder / "empty.pem").write_text("nothing\n")
    return value.replace("HERE", str(folder))


def card(space: Space, server: Server) -> None:
    options = f'[options]\nmodel = "tiny"\nbase_url = "{server.url}/v1"\n'
    space.card("chat", f'backend = "openai"\n{options}')


@pytest.mark.parametrize(("name", "value", "code"), BROKEN)
def test_a_server_is_not_asked(
    name: str, value: str, code: int, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    space.corpus("small")
    monkeypatch.setattr("mtbench.servers.environment.importlib.util.find_spec", lambda _: None)
    with chat_server(shout) as server:
        card(space, server)
        monkeypatch.setenv(name, place(value, space.root))
        space("translate", "--model", "chat").refused(code, name)


@pytest.mark.parametrize(("name", "value", "code"), BROKEN)
def test_the_hub_is_not_asked(
    name: str, value: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("huggingface_hub")
    monkeypatch.setattr("mtbench.servers.environment.importlib.util.find_spec", lambda _: None)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv(name, place(value, tmp_path))
    with pytest.raises(MtbenchError) as caught:
        find("nobody/has-made-this", None, Runtime())
    assert caught.value.exit_code == code
    assert name in caught.value.message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("http_proxy", "proxy.example:3128"),
        ("HTTPS_PROXY", "http://user:pass@proxy.example:3128/"),
        ("NO_PROXY", "localhost, 127.0.0.1,10.0.0.0/8,.example.org,*,::1,host:8080"),
        ("SSL_CERT_FILE", ""),
    ],
)
def test_what_holds_is_let_through(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import httpx

    monkeypatch.setenv(name, value)
    check_environment()
    httpx.Client().close()


@pytest.mark.parametrize("entry", ["[::1]", "::1/128", "a:b"])
def test_what_the_library_cannot_read_of_no_proxy_is_refused(
    entry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import httpx

    monkeypatch.setenv("NO_PROXY", f"localhost,{entry}")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:1")
    with pytest.raises(MtbenchError, match="NO_PROXY"):
        check_environment()
    with pytest.raises(httpx.InvalidURL):
        httpx.Client()


def test_a_password_of_a_proxy_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "ftp://me:secret@proxy.example")
    with pytest.raises(MtbenchError) as caught:
        check_environment()
    assert "secret" not in str(caught.value)


def test_a_dead_proxy_before_a_server(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    space.corpus("small")
    with Hub({}) as gone:
        pass
    with chat_server(shout) as server:
        card(space, server)
        monkeypatch.setenv("http_proxy", gone.url)
        answer = space("translate", "--model", "chat")
    answer.refused(3, "through the proxy 127.0.0.1:", "correct http_proxy")
    assert "start the server" not in answer.err


def test_a_self_signed_certificate_of_a_server(space: Space) -> None:
    space.corpus("small")
    with tls(Hub({}), space.root) as address:
        options = f'[options]\nmodel = "tiny"\nbase_url = "{address}/v1"\n'
        space.card("chat", f'backend = "openai"\n{options}')
        answer = space("translate", "--model", "chat")
    answer.refused(3, "the certificate of https://127.0.0.1", "self-signed", "SSL_CERT_FILE")
    assert "start the server" not in answer.err
