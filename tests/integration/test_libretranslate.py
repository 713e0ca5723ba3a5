"""``libretranslate`` through the translate stage, against a real local server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from mtbench.backends.libretranslate import LibreTranslate
from mtbench.errors import (
    BackendError,
    MissingEngine,
    MtbenchError,
    RequestError,
    SegmentError,
    TransientError,
    Unavailable,
)
from mtbench.languages import LanguagePair
from mtbench.plugins import make_backend
from mtbench.stages.translation import plan, translate
from mtbench.types import Finished, Runtime, Source, Translation
from tests.support.server import Asked, Say, Server

KEY = "libre-secret-0123"
SOURCES = tuple(Source(id=f"s{i}", text=f"Text {i}.") for i in range(5))
LANGUAGES = [
    {"code": "en", "name": "English", "targets": ["de", "en", "zh-Hans", "zt", "pb", "pt"]},
    {"code": "de", "name": "German", "targets": ["de", "en"]},
]


def usual(asked: Asked) -> Say:
    if asked.path == "/languages":
        return Say(LANGUAGES)
    return Say({"translatedText": asked.body["q"].upper()})


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(usual) as found:
        yield found


def backend(server: Server, pair: str = "en-de", **options: Any) -> LibreTranslate:
    given = {"url": server.url, "timeout": 5.0, **options}
    made = make_backend("libretranslate", given, LanguagePair.parse(pair), Runtime())
    assert isinstance(made, LibreTranslate)
    return made


def test_translates(server: Server) -> None:
    made = backend(server)
    found: dict[str, Finished] = {}
    waits: list[float] = []
    made.check()
    server.script += [Say({"error": "slow down"}, status=429, headers={"Retry-After": "3"})]
    with made:
        batches = plan(SOURCES, made, made.runtime, frozenset())
        translate(
            batches,
            made,
            lambda batch: found.update((f.hypothesis.id, f) for f in batch),
            sleep=waits.append,
        )
        usage = made.usage()
    assert {s.id: s.text.upper() for s in SOURCES} == {
        name: finished.hypothesis.text for name, finished in found.items()
    }
    assert 0 < max(waits) <= 3.0  # less what has passed since it was said
    assert usage == {"requests": 5, "characters": 5 * len("Text 0.")}
    asked = server.bodies("/translate")[-1]
    assert asked.keys() == {"q", "source", "target", "format"}
    assert (asked["source"], asked["target"], asked["format"]) == ("en", "de", "text")


def test_an_empty_answer_fails_and_several_are_asked_for_again(server: Server) -> None:
    server.script += [Say({"translatedText": ["A", "B"]}), Say({"translatedText": "TEXT 0."})]
    server.script += [Say({"translatedText": " "})]
    made = backend(server, concurrency=1)
    found: list[Finished] = []
    with made:
        batches = plan(SOURCES[:2], made, made.runtime, frozenset())
        translate(batches, made, found.extend, sleep=lambda _: None)
    first, second = (finished.hypothesis for finished in found)
    assert (first.text, second.failure) == ("TEXT 0.", "the answer is empty")


def test_a_request_is_shown_without_its_key(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIBRE_KEY", KEY)
    made = backend(server, api_key_env="LIBRE_KEY")
    made.check()
    assert made.request(SOURCES[:1]) == {
        "url": f"{server.url}/translate",
        "headers": {},
        "body": {
            "q": "Text 0.",
            "source": "en",
            "target": "de",
            "format": "text",
            "api_key": "$LIBRE_KEY",
        },
    }


def test_earlier_runs_keep_their_names(server: Server) -> None:
    made = backend(server, glossary="terms.csv", price={"characters": 1, "currency": "EUR"})
    assert made.options.model_dump().keys() == {"url", "api_key_env", "source_code", "target_code"}
    assert made.batching == "single"


@pytest.mark.parametrize(
    ("pair", "codes"),
    [
        ("en-de", ["en", "de"]),
        ("en-de-CH", ["en", "de"]),
        ("en-zh", ["en", "zh-Hans"]),
        ("en-zh-Hans", ["en", "zh-Hans"]),
        ("en-zh-Hant", ["en", "zt"]),
        ("en-pt-BR", ["en", "pb"]),
    ],
)
def test_codes(server: Server, pair: str, codes: list[str]) -> None:
    made = backend(server, pair)
    made.check()
    assert made.provenance()["codes"] == codes
    assert any(" goes to " in n for n in made.notes()) == ("-".join(codes) != pair)


def test_directions_that_the_server_lacks(server: Server) -> None:
    with pytest.raises(RequestError, match="does not translate from 'it'"):
        backend(server, "it-de").check()
    with pytest.raises(RequestError, match="does not translate into 'fr'"):
        backend(server, "de-fr").check()
    made = backend(server, "de-fr", target_code="en")
    made.check()
    server.usual = lambda asked: Say([{"code": c, "name": c} for c in ("en", "de", "fr")])
    backend(server, "de-fr").check()


@pytest.mark.parametrize(
    ("say", "error", "reason"),
    [
        (Say({"error": "boom"}, status=500), TransientError, "boom"),
        (Say(b'{"translatedText": "Te'), TransientError, "not whole JSON"),
        (Say({"text": "?"}), TransientError, "0 translations of 1 texts"),
        (Say(reset=True), TransientError, "connection broke"),
        (Say({"translatedText": "late"}, wait=300), TransientError, "no whole answer"),
        (Say({"translatedText": ["A", "B"]}), TransientError, "2 translations of 1 texts"),
        (Say({"error": "request exceeds text limit"}, status=400), SegmentError, "text limit"),
        (Say(b"<html>413 Too Large</html>", status=413), SegmentError, "413 Too Large"),
        (Say({"error": "unfit"}, status=422), SegmentError, "unfit"),
        (Say({"error": "moderated"}), TransientError, "moderated"),
        (Say({"error": "xx is not supported"}, status=400), BackendError, "not supported"),
        (Say({"error": "Invalid API key"}, status=403), BackendError, "refused"),
        (Say({"error": "nothing here"}, status=404), BackendError, "nothing here"),
    ],
)
def test_a_server_that_misbehaves(
    server: Server, say: Say, error: type[MtbenchError], reason: str
) -> None:
    made = backend(server, timeout=2.0 if say.wait else 120.0)
    made.check()
    server.script.append(say)
    with made, pytest.raises(error, match=reason) as caught:
        made.translate(SOURCES[:1])
    assert type(caught.value) is error


def test_the_key_goes_into_the_body_and_nowhere_else(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIBRE_KEY", KEY)
    made = backend(server, api_key_env="LIBRE_KEY")
    made.check()
    with made:
        made.translate(SOURCES[:1])
        server.script.append(Say({"error": f"key {KEY} expired"}, status=500))
        with pytest.raises(TransientError, match="expired") as caught:
            made.translate(SOURCES[:1])
        record = made.provenance()
    assert server.bodies("/translate")[0]["api_key"] == KEY
    assert all("authorization" not in asked.headers for asked in server.asked)
    shown = json.dumps([record, made.identity(), made.notes()]) + str(caught.value) + repr(made)
    assert KEY not in shown
    monkeypatch.delenv("LIBRE_KEY")
    with pytest.raises(Unavailable, match="LIBRE_KEY holds no key"):
        backend(server, api_key_env="LIBRE_KEY").check()


def test_a_translation_does_not_depend_on_how_the_key_is_spelled(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("TEXT", "translatedText", "de", "0"):
        monkeypatch.setenv("LIBRE_KEY", key)
        with backend(server, api_key_env="LIBRE_KEY") as made:
            assert made.translate(SOURCES[:1]) == [Translation(text="TEXT 0.")]
    monkeypatch.setenv("LIBRE_KEY", KEY)
    server.script.append(Say({"translatedText": f"Text {KEY}"}))
    with backend(server, api_key_env="LIBRE_KEY") as made:
        (failed,) = made.translate(SOURCES[:1])
    assert str(failed) == "the answer repeats the key of the server"


def test_a_busy_server_is_asked_again_before_work(server: Server) -> None:
    busy = Say({"error": "slow down"}, status=429, headers={"Retry-After": "0"})
    answers = [busy, Say({}, status=503, headers={"Retry-After": "0"})]
    server.usual = lambda asked: answers.pop(0) if answers else Say(LANGUAGES)
    made = backend(server)
    made.check()
    assert made.provenance()["codes"] == ["en", "de"]
    assert len(server.asked) == 3
    server.usual = lambda asked: busy
    with pytest.raises(MissingEngine, match="answered 429; slow down; try again later"):
        made.check()
    assert len(server.asked) == 6


def test_servers_that_are_not_there_or_are_others() -> None:
    another = pytest.raises(MissingEngine, match="does not answer as LibreTranslate")
    with Server(lambda asked: Say("<html>", status=404)) as other, another:
        backend(other).check()
    with pytest.raises(MissingEngine, match="no connection"):
        backend(other).check()


@pytest.mark.parametrize(
    "target", ["", "localhost:5000", "http://user:hunter2@host", "http://host/?api_key=hunter2"]
)
def test_targets_that_cannot_be(target: str) -> None:
    with pytest.raises(RequestError, match="libretranslate: url") as caught:
        LibreTranslate.from_target(target)
    assert "hunter2" not in str(caught.value)
    assert LibreTranslate.from_target("http://localhost:5000/") == {"url": "http://localhost:5000"}
