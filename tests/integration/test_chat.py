"""The chat client against a real local server that misbehaves by script."""

from __future__ import annotations

import logging
import socket
import threading
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from email.utils import formatdate
from typing import Any

import pytest
from pydantic import ValidationError

from mtbench.errors import (
    BackendError,
    MissingEngine,
    MtbenchError,
    SegmentError,
    TransientError,
    Unavailable,
)
from mtbench.servers.chat import Chat, ChatOptions, Message
from mtbench.servers.connections import BODY_LIMIT
from mtbench.servers.headers import retry_after
from mtbench.servers.prices import Price
from tests.support.killing import SECONDS
from tests.support.server import Asked, Say, Server, chat_answer, chat_server
from tests.support.workspace import Space

KEY = "sk-very/secret-0123456789"
HELLO = (Message(role="user", content="Hello"),)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("TINY_KEY", KEY)
    with chat_server(lambda messages: messages[-1]["content"].upper()) as found:
        yield found


def chat(server: Server, **options: Any) -> Chat:
    given = {"model": "tiny", "base_url": f"{server.url}/v1", "api_key_env": "TINY_KEY"}
    return Chat(ChatOptions.model_validate({**given, "timeout": SECONDS, **options}))


def failing(server: Server, say: Say, **options: Any) -> MtbenchError:
    """What one answer of the server makes of a request."""
    server.script.append(say)
    with chat(server, **options) as client, pytest.raises(MtbenchError) as caught:
        client.complete(HELLO)
    return caught.value


# --- a server that behaves ----------------------------------------------------------------------


def test_a_whole_answer(server: Server) -> None:
    prices = {"input": 2.0, "output": 6.0, "currency": "EUR"}
    with chat(server, stop=("\n",), price=prices, extra_body={"min_p": 0.1}) as client:
        answer = client.complete(HELLO)
        client.complete(HELLO)
        usage = client.usage()
    assert answer.model_dump() == {
        "text": "HELLO",
        "model": "tiny-1",
        "fingerprint": "fp_1",
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "reasoning_tokens": None,
        "finish_reason": "stop",
        "thinking": None,
        "thinking_in": None,
        "settled": None,
        "read_short": None,
    }
    # 20 tokens read at 2 and 10 written at 6 per million.
    assert usage == {
        "requests": 2,
        "prompt_tokens": 20,
        "completion_tokens": 10,
        "cost_EUR": 0.0001,
    }
    assert server.bodies("/v1/chat/completions")[0] == {
        "model": "tiny",
        "messages": [{"role": "user", "content": "Hello"}],
        "temperature": 0.0,
        "max_tokens": 2048,
        "stop": ["\n"],
        "min_p": 0.1,
    }
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"


def test_settings_that_are_not_sent(server: Server) -> None:
    options = {"temperature": None, "max_tokens_field": "max_completion_tokens", "max_tokens": 7}
    with chat(server, **options) as client:
        client.complete(HELLO, seed=3)
    with chat(server, temperature=0.0) as client:
        client.complete(HELLO, seed=3)
    with chat(server, temperature=0.7, top_p=0.9, seed=11) as client:
        client.complete(HELLO, seed=3)
    first, second, third = server.bodies("/v1/chat/completions")
    assert first.keys() == {"model", "messages", "max_completion_tokens", "seed"}
    assert "seed" not in second
    assert (third["seed"], third["top_p"]) == (11, 0.9)


def test_check_asks_for_the_models(server: Server) -> None:
    client = chat(server)
    client.check()
    assert client.listed == frozenset({"tiny"})
    assert len(client.notes()) == 1
    other = chat(server, model="large")
    other.check()
    assert any("does not list a model 'large'" in note for note in other.notes())


def test_requests_run_at_once_up_to_a_bound(server: Server) -> None:
    three = threading.Barrier(3)  # nobody is answered before three are asking

    def usual(asked: Asked) -> Say:
        three.wait(SECONDS)
        return chat_answer("yes")

    server.usual = usual
    with chat(server, concurrency=3) as client, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.complete(HELLO).text, range(9)))
        usage = client.usage()
    assert answers == ["yes"] * 9
    assert usage["requests"] == 9
    assert server.most_at_once == 3


# --- and one that does not ----------------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 529])
def test_worth_another_try(server: Server, status: int) -> None:
    error = failing(server, Say({"error": {"message": "busy"}}, status=status))
    assert isinstance(error, TransientError)
    assert str(status) in error.message
    assert error.why == "busy"
    assert error.retry_after is None


def test_how_long_to_wait(server: Server) -> None:
    error = failing(server, Say({}, status=429, headers={"Retry-After": "7"}))
    assert isinstance(error, TransientError)
    assert error.retry_after == 7.0
    date = formatdate(time.time() + 3600, usegmt=True)
    error = failing(server, Say({}, status=503, headers={"Retry-After": date}))
    assert isinstance(error, TransientError)
    assert error.retry_after is not None
    assert 3000 < error.retry_after <= 3600


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 60.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, now=40.0) == seconds


@pytest.mark.parametrize(
    "say",
    [
        Say(b'{"choices": [{"message": {"content": "Hal'),
        Say(b'{"choices": [{"message"', declared=500),
        Say(b"<html>Bad gateway</html>"),
        Say(b"\xff\xfe"),
        Say(b"[" * 100_000),
        Say({"object": "chat.completion"}),
        Say({"choices": [{"finish_reason": "stop"}]}),
        Say(["nothing"]),
        Say(reset=True),
    ],
    ids=["cut JSON", "cut body", "HTML", "not UTF-8", "deep", "no choices", "no message",
         "a list", "reset"],
)  # fmt: skip
def test_half_an_answer_is_worth_another_try(server: Server, say: Say) -> None:
    assert isinstance(failing(server, say), TransientError)
    with chat(server) as client:
        assert client.complete(HELLO).text == "HELLO"


@pytest.mark.parametrize(
    "say",
    [Say(chat_answer("late").body, wait=300.0), Say(chat_answer("drop by drop").body, drip=1.0)],
    ids=["silent", "a byte now and then"],
)
def test_nobody_waits_longer_than_the_time_out(server: Server, say: Say) -> None:
    error = failing(server, say, timeout=0.6)
    assert isinstance(error, TransientError)
    assert "no whole answer within 0.6 seconds" in error.message


def test_slow_headers_are_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def drip(listener: socket.socket) -> None:
        with suppress(OSError), listener.accept()[0] as connection:
            for byte in b"HTTP/1.1 200 OK\r\n" + b"X-Slow: " + b"a" * 10_000:
                connection.sendall(bytes([byte]))
                if over.wait(0.05):
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,), daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        given = ChatOptions(model="tiny", base_url=address, timeout=0.6)
        with Chat(given) as client, pytest.raises(TransientError, match="no whole answer"):
            client.complete(HELLO)
        over.set()
        thread.join()


def test_a_body_without_end_is_bounded(server: Server) -> None:
    error = failing(server, Say(b" " * (BODY_LIMIT + 100_000)), timeout=SECONDS)
    assert isinstance(error, TransientError)
    assert f"more than {BODY_LIMIT} bytes" in error.message


@pytest.mark.parametrize(
    ("say", "reason"),
    [
        (chat_answer(""), "empty"),
        (chat_answer(" \n"), "empty"),
        (chat_answer(None), "empty"),
        (chat_answer("Hal", finish_reason="length"), "cut after 2048 tokens"),
        (chat_answer("", finish_reason="content_filter"), "filter withheld"),
        (chat_answer(None, message={"refusal": "I cannot help with that."}), "refused: I cannot"),
        (chat_answer(None, finish_reason="tool_calls"), "ended for the reason 'tool_calls'"),
        (Say({"error": {"message": "context is 4096 tokens"}}, status=400), "4096 tokens"),
        (Say({"error": {"message": "bad", "param": "messages"}}, status=400), "bad"),
        (Say({"error": "too large"}, status=413), "too large"),
        (
            Say({"error": {"message": "no", "param": "prompt", "code": "content_filter"}}, 400),
            "answered 400: no",
        ),
        (
            Say(
                {
                    "error": {
                        "message": "long",
                        "param": "max_tokens",
                        "code": "context_length_exceeded",
                    }
                },
                400,
            ),
            "answered 400: long",
        ),
        (
            Say(
                {
                    "error": {
                        "message": "'max_tokens' is too large: 4000. This model's maximum "
                        "context length is 4096 tokens and your request has 200 input tokens",
                        "param": "max_tokens",
                    }
                },
                400,
            ),
            "too large: 4000",
        ),
        (Say({"error": {"message": "bad", "param": ["x"]}}, status=400), "bad"),
        (Say({"error": {"message": "bad", "param": "messages[0].content"}}, status=400), "bad"),
        (chat_answer("Hallo", finish_reason={"type": "stop"}), "no text for the reason"),
    ],
)
def test_what_fails_for_this_text_alone(server: Server, say: Say, reason: str) -> None:
    error = failing(server, say)
    assert isinstance(error, SegmentError)
    assert reason in error.message


@pytest.mark.parametrize(
    ("say", "reason"),
    [
        (Say({"error": {"message": f"Incorrect key {KEY}"}}, status=401), "refused the key in"),
        (Say({}, status=403), "refused the key in TINY_KEY"),
        (Say({"error": {"message": "no model tiny"}}, status=404), "no model tiny"),
        (Say({"error": {"message": "pay", "code": "insufficient_quota"}}, status=429), "quota"),
        (Say({"error": {"message": "of 0", "param": "temperature"}}, status=400), "of 0"),
        (Say({"error": {"message": "only 1", "param": "stop[0]"}}, status=400), "only 1"),
        (Say({}, status=302, headers={"Location": "http://elsewhere.invalid/"}), "a redirect"),
    ],
)
def test_what_fails_for_every_text(server: Server, say: Say, reason: str) -> None:
    error = failing(server, say, stop=["x"])
    assert type(error) is BackendError
    assert reason in str(error)


def test_a_setting_that_was_accepted_is_not_what_is_wrong(server: Server) -> None:
    refused = Say({"error": {"message": "3000 tokens", "param": "max_tokens"}}, status=400)
    assert type(failing(server, refused)) is BackendError
    with chat(server) as client:
        client.complete(HELLO)
        server.script.append(refused)
        with pytest.raises(SegmentError, match="3000 tokens"):
            client.complete(HELLO)


def test_an_error_in_place_of_an_answer_is_told(server: Server) -> None:
    error = failing(server, Say({"error": {"message": f"moderation of {KEY}"}}))
    assert isinstance(error, TransientError)
    assert error.why == "moderation of [TINY_KEY]"


def test_paid_answers_count_even_if_useless(server: Server) -> None:
    server.script.append(chat_answer("Hal", finish_reason="length"))
    server.script.append(Say({"choices": [{"message": {"content": "x"}}]}))
    with chat(server) as client:
        with pytest.raises(SegmentError):
            client.complete(HELLO)
        client.complete(HELLO)
        assert client.usage() == {
            "requests": 2,
            "requests_without_usage": 1,
            "prompt_tokens": 10,
            "completion_tokens": 5,
        }


# --- keys ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "say",
    [
        Say({"error": {"message": f"key {KEY} is wrong"}}, status=401),
        Say({"error": {"message": f"key {KEY} is slow"}}, status=500),
        Say(f"<p>{KEY}</p>".encode(), status=502),
        Say({"error": {"message": f"{KEY} is no text"}}, status=400),
        Say(b'{"error": {"message": "' + KEY.replace("/", "\\/").encode() + b'"}}', status=404),
        Say(reset=True),
        Say(chat_answer("late").body, wait=300.0),
    ],
)
def test_a_key_never_leaves(server: Server, say: Say, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    error = failing(server, say, timeout=0.5)
    shown = "".join(traceback.format_exception(error, chain=True))
    seen: BaseException | None = error
    while seen is not None:
        shown += repr(seen) + str(vars(seen))
        seen = seen.__cause__ or seen.__context__
    shown += caplog.text + repr(chat(server)) + str(vars(chat(server)))
    assert KEY not in shown
    assert "very" not in shown
    assert "Bearer" not in shown


@pytest.mark.parametrize("key", ["test", "1", "content", "choices", "stop", "e"])
def test_an_answer_does_not_depend_on_how_the_key_is_spelled(
    server: Server, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("TINY_KEY", key)
    server.script.append(chat_answer("Il latest test è qui, choices content 1."))
    with chat(server) as client:
        answer = client.complete(HELLO)
    assert answer.text == "Il latest test è qui, choices content 1."
    assert (answer.model, answer.fingerprint) == ("tiny-1", "fp_1")


SPELLINGS = [
    KEY,
    KEY.replace("/", "\\/"),
    KEY.replace("/", "\\u002F"),
    KEY.replace("/", "%2f"),
]


@pytest.mark.parametrize("spelled", SPELLINGS)
def test_an_answer_that_gives_a_key_away_is_a_failure(server: Server, spelled: str) -> None:
    error = failing(server, chat_answer(f"Der Schlüssel ist {spelled}."))
    assert isinstance(error, SegmentError)
    assert error.message == "the answer repeats the key of the server"
    named = Say({**chat_answer("Hallo").body, "model": f"tiny-{spelled}"})
    assert "repeats the key" in failing(server, named).message


@pytest.mark.parametrize("spelled", SPELLINGS)
@pytest.mark.parametrize(
    "page", ['{"errors":["unknown token Bearer @ here"]}', '["@"]', "<p>@</p>", " " * 19_990 + "@"]
)
@pytest.mark.parametrize("status", [422, 404, 503])
def test_no_spelling_of_the_key_gets_into_a_message(
    server: Server, spelled: str, page: str, status: int
) -> None:
    error = failing(server, Say(page.replace("@", spelled).encode(), status=status))
    assert "secret" not in str(error)
    assert "sk-" not in str(error)
    if page[0] != " ":
        assert "[TINY_KEY]" in str(error)


def test_a_refusal_is_told_without_the_key(server: Server) -> None:
    error = failing(server, chat_answer(None, message={"refusal": f"I keep {KEY} to myself."}))
    assert error.message == "the model refused: I keep [TINY_KEY] to myself."


def test_a_deep_answer_is_no_bug(server: Server) -> None:
    deep = b'{"x":' + b"[" * 900 + b"]" * 900 + b',"choices":[{"message":{"content":"Hallo"}}]}'
    server.script.append(Say(deep))
    with chat(server) as client:
        assert client.complete(HELLO).text == "Hallo"


@pytest.mark.parametrize("unit", ["h", "m", "s", "ms", ""])
def test_a_time_of_thousands_of_digits_is_none_to_wait(server: Server, unit: str) -> None:
    endless = {"Retry-After": "9" * 5002 + unit}
    error = failing(server, Say({}, status=503, headers=endless))
    assert isinstance(error, TransientError) and error.retry_after is None


def test_half_a_surrogate_pair_can_be_told(server: Server) -> None:
    error = failing(server, Say(b'{"error":{"message":"no \\ud800 here"}}', status=404))
    assert "no \\ud800 here" in str(error)
    str(error).encode()


def test_a_missing_or_impossible_key(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TINY_KEY")
    with pytest.raises(Unavailable, match="TINY_KEY holds no key"):
        chat(server).check()
    monkeypatch.setenv("TINY_KEY", "sk-\nHost: evil")
    with pytest.raises(Unavailable, match="cannot be a key") as caught:
        chat(server).check()
    assert "evil" not in str(caught.value)
    assert not server.asked


def test_a_refused_key_is_known_before_work(server: Server) -> None:
    server.usual = lambda asked: Say({"error": {"message": f"bad {KEY}"}}, status=401)
    with pytest.raises(Unavailable, match="refused the key in TINY_KEY") as caught:
        chat(server).check()
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("This key has no access to gpt-5.", "This key has no access to gpt-5."),
        (f"Incorrect key: {KEY}.", "Incorrect key: [TINY_KEY]."),
        ("Incorrect key: sk-ve***********6789.", "Incorrect key: [TINY_KEY]"),
        ("key ends in …6789, begins with SK-VERY", "key ends in [TINY_KEY] begins with [TINY_KEY]"),
        ("key sk-proj-abcdefghijklmnopqrstuv", "key [TINY_KEY]"),
        ("\x1b[31mred\x1b[0m\nlines", "\x1b[31mred\x1b[0m lines"),  # escaped where it is printed
    ],
)
def test_what_a_server_says_of_a_key(server: Server, said: str, shown: str) -> None:
    refusal = Say({"error": {"message": said}}, status=401)
    server.usual = lambda asked: refusal
    with pytest.raises(Unavailable) as early:
        chat(server).check()
    assert early.value.why == shown
    assert failing(server, refusal).why == shown


def test_a_server_that_is_not_there(caplog: pytest.LogCaptureFixture) -> None:
    with Server(lambda asked: Say({})) as gone:
        address = gone.url
    client = Chat(ChatOptions(model="tiny", base_url=address))
    with pytest.raises(MissingEngine, match="no connection to"):
        client.check()
    (told,) = caplog.messages
    assert f"no connection to {address}; asking again for 2 seconds" in told


def test_a_quiet_call_has_errors_alone(space: Space, caplog: pytest.LogCaptureFixture) -> None:
    with Server(lambda asked: Say({})) as gone:
        address = gone.url
    space.corpus()
    url = f'backend = "openai"\n[options]\nmodel = "tiny"\nbase_url = "{address}/v1"\n'
    space.card("chat", url)
    ask = ("translate", "--model", "chat", "--corpus", "news")
    loud = space(*ask)
    assert loud.code == 3 and "asking again" in caplog.text
    (line,) = (line for line in loud.err.splitlines() if "asking again" in line)
    assert line.startswith("mtbench: "), "as all lines on stderr"
    caplog.clear()
    quiet = space(*ask, "-q")
    assert (quiet.code, caplog.text) == (3, "")
    assert quiet.err.startswith("mtbench: the server")
    assert space(*ask).code == 3 and "asking again" in caplog.text, "the next call is as before"


def test_a_server_that_is_being_started() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        client = Chat(ChatOptions(model="tiny", base_url=f"http://127.0.0.1:{port}"))
        done = threading.Thread(target=client.check)
        done.start()  # nobody listens yet
        taken.listen()
        taken.settimeout(60)
        line, _ = taken.accept()
        with line:
            line.recv(4096)
            line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n" + b'{"data": [{}]}')
            done.join()
    assert client.listed == frozenset()


@pytest.mark.parametrize(
    ("options", "defect"),
    [
        ({"base_url": "ftp://host/v1"}, "not an http or https address"),
        ({"base_url": "host/v1"}, "not an http or https address"),
        ({"base_url": "http://host:port/v1"}, "not an http or https address"),
        ({"base_url": "https://user:hunter2@host/v1"}, "no user name, password"),
        ({"base_url": "https://host/v1?key=hunter2"}, "no query"),
        ({"api_key_env": "sk-hunter2"}, "NAME of an environment variable"),
        ({"base_url": "http://exämple..de/v1"}, "not an http or https address"),
        ({"base_url": "http://example..de/v1"}, "not an http or https address"),
        ({"base_url": f"http://{'a' * 64}.de/v1"}, "not an http or https address"),
        ({"base_url": "http://-ä-.de/v1"}, "not an http or https address"),
        ({"base_url": "http://[::zz]/v1"}, "not an http or https address"),
        ({"base_url": "http://host/v1\x7f"}, "not an http or https address"),
        ({"base_url": "http://ho\tst/v1"}, "not an http or https address"),
        ({"extra_body": {"api_key": "sk-hunter2"}}, "looks like a key"),
        ({"extra_body": {"provider": {"api_key": "sk-hunter2"}}}, "provider.api_key"),
        ({"extra_body": {"list": [{"x": {"Token": "hunter2"}}]}}, "list.x.Token"),
        ({"extra_body": {"auth_token": "hunter2"}}, "looks like a key"),
        ({"extra_body": {"bearer": ["hunter2"]}}, "looks like a key"),
        ({"extra_body": {"key": "hunter2"}}, "looks like a key"),
        ({"temperature": 9}, "temperature"),
        ({"model": ""}, "model"),
    ],
)
def test_options_that_cannot_be(options: dict[str, Any], defect: str) -> None:
    from mtbench.errors import RequestError
    from mtbench.plugins import parse_options

    with pytest.raises(RequestError, match=defect) as caught:
        parse_options(ChatOptions, {"model": "tiny", **options}, "card")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "extra",
    [
        {"stop_token": "</s>", "max_tokens": 3, "logit_bias": {"key": 1}},
        {"schema": {"properties": {"key": {"type": "string"}}, "required": ["key"]}},
    ],
)
def test_settings_that_only_sound_like_keys(extra: dict[str, Any]) -> None:
    assert ChatOptions(model="x", extra_body=extra).extra_body == extra


@pytest.mark.parametrize(
    "url", ["http://[::1]:8000/v1", "http://my_server:8000/v1", "https://exämple.de/v1"]
)
def test_addresses_that_can_be(url: str) -> None:
    assert ChatOptions(model="x", base_url=url).base_url == url


def test_openais_own_variable() -> None:
    assert ChatOptions(model="x").key_variable == "OPENAI_API_KEY"
    assert ChatOptions(model="x", base_url="http://localhost:1/v1/").key_variable is None
    with pytest.raises(ValidationError):
        Price(input=-1, output=1)
