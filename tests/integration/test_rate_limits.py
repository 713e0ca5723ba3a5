"""Servers that say "later": waited for, said, never an error while patience lasts."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from mtbench.errors import BackendError, Later
from mtbench.languages import LanguagePair
from mtbench.plugins import make_backend
from mtbench.servers.headers import wait_asked
from mtbench.servers.pacing import Pace
from mtbench.servers.patience import Patience, Window
from mtbench.stages.translation import plan, translate
from mtbench.types import Runtime, Source
from tests.support.killing import until
from tests.support.server import Asked, Say, Server, chat_server, shout

EN_DE = LanguagePair.parse("en-de")


@pytest.fixture
def server() -> Iterator[Server]:
    with chat_server(shout) as found:
        yield found


def translated(
    server: Server, count: int, sleep: Any = None, **options: Any
) -> tuple[dict[str, str | None], int]:
    """Segment → text, and how many requests it took."""
    given = {"model": "tiny", "base_url": f"{server.url}/v1", "prompt": "Text:\n{text}", **options}
    made = make_backend("openai", given, EN_DE, Runtime())
    sources = [Source(id=f"s{n}", text=f"text {n}") for n in range(count)]
    found: dict[str, str | None] = {}
    with made:
        translate(
            plan(sources, made, Runtime(), frozenset()),
            made,
            lambda batch: found.update((f.hypothesis.id, f.hypothesis.text) for f in batch),
            sleep=sleep,
        )
    return found, len(server.bodies("/v1/chat/completions"))


class Limit:
    """A server's own limit: so many requests per window, whose length a test can bear."""

    def __init__(self, server: Server, requests: int, seconds: float, refusal: Say) -> None:
        self.requests, self.seconds, self.refusal = requests, seconds, refusal
        self.lock = threading.Lock()
        self.taken: list[float] = []
        self.refused = 0
        self.usual = server.usual
        server.usual = self.answer

    def answer(self, asked: Asked) -> Say:
        now = time.monotonic()
        with self.lock:
            self.taken = [moment for moment in self.taken if moment > now - self.seconds]
            if len(self.taken) >= self.requests:
                self.refused += 1
                return self.refusal
            self.taken.append(now)
        return self.usual(asked)


def later(**headers: str) -> Say:
    body = {"error": {"message": "Rate limit reached", "code": "rate_limit_exceeded"}}
    return Say(body, status=429, headers={n.replace("_", "-"): v for n, v in headers.items()})


@pytest.mark.parametrize("headers", [{}, {"Retry_After": "1"}], ids=["silent", "Retry-After"])
def test_a_limit_is_waited_out(server: Server, headers: dict[str, str]) -> None:
    limit = Limit(server, 20, 2.0, later(**headers))
    found, asked = translated(server, 45, concurrency=4)
    assert all(text is not None for text in found.values())
    assert len(found) == 45
    assert asked == 45 + limit.refused
    # Those who were under way when it began, and one look at a time behind them.
    assert limit.refused <= 20


def test_a_server_that_bears_few_requests_at_once_is_asked_by_few(server: Server) -> None:
    """It refuses the fifth at once: with sixteen calls most would be refused without an end."""
    usual, inside, refused, lock = server.usual, 0, 0, threading.Lock()

    def bears_four(asked: Asked) -> Say:
        nonlocal inside, refused
        if asked.method != "POST":
            return usual(asked)
        with lock:
            inside += 1
            full = inside > 4
            refused += full
        time.sleep(0.02)
        with lock:
            inside -= 1
        return later(Retry_After="0.05") if full else usual(asked)

    server.usual = bears_four
    found, asked = translated(server, 120, concurrency=16)
    assert len(found) == 120
    assert all(found.values())
    assert asked == 120 + refused
    assert refused <= 60


def test_a_window_shrinks_once_for_calls_that_were_refused_together() -> None:
    window = Window(16)
    for _ in range(16):
        window.enter()
    begun = window.shrunk
    for _ in range(16):
        window.shrink(begun)
        window.left()
    assert window.room == 8
    for _ in range(100):
        window.shrink(window.shrunk)
    assert window.room == 1
    for _ in range(1000):
        window.grow()
    assert window.room == 16


def test_waiting_for_room_ends_where_nobody_waits_any_more() -> None:
    window = Window(1)
    window.enter()

    def stopped(_: float) -> None:
        raise BackendError("stopped")

    with pytest.raises(BackendError, match="stopped"):
        window.enter(stopped)


def test_one_line_and_a_time(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    server.script += [later(Retry_After="7")]
    waits: list[float] = []
    found, asked = translated(server, 3, sleep=waits.append, concurrency=1)
    assert (len(found), asked) == (3, 4)
    (wait,) = waits
    assert 0 < wait <= 7.0  # less what has passed since it was said
    (line,) = caplog.messages
    assert "answered 429 (Rate limit reached): waiting 7 seconds, until " in line


def test_a_limit_that_stays_is_no_failure_of_a_segment(server: Server) -> None:
    server.script += [later()] * 12
    found, asked = translated(server, 2, sleep=lambda _: None, concurrency=1)
    assert (None not in found.values(), asked) == (True, 14)


@pytest.mark.parametrize(("wait", "requests"), [("90", 1), (None, 6)])
def test_patience_has_an_end(server: Server, wait: str | None, requests: int) -> None:
    """A wait that is longer is not begun; waits that add up end it."""
    server.usual = lambda asked: later(**({"Retry_After": wait} if wait else {}))
    with pytest.raises(BackendError) as caught:
        translated(server, 2, sleep=lambda _: None, concurrency=1, patience=60)
    assert "patience of 60 seconds" in caught.value.message
    assert "the same command goes on from there" in str(caught.value.hint)
    assert "patience" in str(caught.value.hint)
    assert len(server.bodies("/v1/chat/completions")) == requests


def test_a_limit_of_the_card_is_kept_to() -> None:
    """No request is refused, because none is sent too early; the clock moves by what is waited."""
    pace = Pace(requests=3)
    moments = [0.0]

    def ask() -> float:
        wait = pace.due(100, now=moments[0])
        if wait > 0:
            raise Later("the limit per minute is used up", retry_after=wait)
        return moments[0]

    def sleep(seconds: float) -> None:
        moments[0] += seconds

    patience = Patience()
    went_out = [patience.through(ask, sleep) for _ in range(8)]
    assert went_out == pytest.approx([0, 0, 0, 60, 60, 60, 120, 120], abs=20)


def test_tokens_of_the_card_are_kept_to() -> None:
    pace = Pace(tokens=1000)
    pace.counted(1000, 500)  # half a token per byte
    assert [pace.due(800, now=0.0), pace.due(800, now=1.0)] == [0.0, 0.0]
    assert pace.due(800, now=2.0) == pytest.approx(58.0)
    assert pace.due(800, now=60.5) == 0.0
    assert Pace(tokens=10).due(5000, now=0.0) == 0.0, "a request larger than the limit goes alone"


def test_a_limit_that_the_server_names_is_learnt() -> None:
    pace = Pace()
    pace.told('{"error": {"message": "Limit: 20 requests per minute"}}')
    assert pace.requests == 20
    pace.told("5 requests per minute")
    assert pace.requests == 20
    for text in ("Rate limit reached for requests per day: Limit 200", "try again", "1000 tokens"):
        other = Pace()
        other.told(text)
        assert other.requests is None


@pytest.mark.parametrize(
    ("headers", "text", "seconds"),
    [
        ({"retry-after": "7"}, "", 7.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"}, "", 60.0),
        ({"retry-after-ms": "1500", "retry-after": "2"}, "", 1.5),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s"}, "", 360.0),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "350ms"}, "", 0.35),
        ({"x-ratelimit-remaining-requests": "9", "x-ratelimit-reset-requests": "6m0s"}, "", None),
        ({"x-ratelimit-reset": "100"}, "", 100.0),
        ({"x-ratelimit-reset": "1700000042000"}, "", None),  # half a century is no wait
        ({}, "Please try again in 20s.", 20.0),
        ({}, "Please try again in 1m2.5s.", 62.5),
        ({}, "Please retry after 3 seconds", 3.0),
        ({}, '{"details": [{"retryDelay": "23s"}]}', 23.0),
        ({}, "Rate limit reached: 20 requests per minute", None),
        ({"retry-after": "soon"}, "", None),
    ],
)
def test_how_long_a_server_asks_to_wait(
    headers: dict[str, str], text: str, seconds: float | None
) -> None:
    found = wait_asked(headers, text, now=40.0)
    assert found == (None if seconds is None else pytest.approx(seconds))


def test_a_reset_by_the_clock() -> None:
    for reset in ("1700000042", "1700000042000", "2023-11-14T22:14:02Z"):
        assert wait_asked({"x-ratelimit-reset": reset}, now=1_700_000_000.0) == 42.0


def test_only_one_looks_whether_a_limit_is_over() -> None:
    patience = Patience()
    limited = threading.Event()
    limited.set()
    asked: list[int] = []
    lock = threading.Lock()

    def ask() -> str:
        with lock:
            asked.append(1)
        time.sleep(0.05)
        if limited.is_set():
            raise Later("busy", retry_after=0.15)
        return "yes"

    answers: list[str] = []

    def call() -> None:
        answers.append(patience.through(ask, time.sleep))

    threads = [threading.Thread(target=call, daemon=True) for _ in range(6)]
    for thread in threads:
        thread.start()
    until(lambda: asked)
    before, began = len(asked), time.monotonic()
    time.sleep(0.6)
    looks, took = len(asked) - before, time.monotonic() - began
    limited.clear()
    for thread in threads:
        thread.join()
    assert answers == ["yes"] * 6
    # One after the other: each takes 0.05 seconds, and 0.15 or more are waited before it.
    assert looks <= 2 + took / 0.2
