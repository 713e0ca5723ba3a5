"""``openai`` through the translate stage, against a real local server that misbehaves by script."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mtbench.backends.openai import OpenAI
from mtbench.errors import BackendError, DataError, MissingEngine, RequestError
from mtbench.languages import LanguagePair
from mtbench.plugins import make_backend
from mtbench.stages.translation import plan, translate
from mtbench.types import Finished, Hypothesis, Runtime, Source
from tests.support.server import Say, Server, chat_answer, chat_server, shout

EN_DE = LanguagePair.parse("en-de")
SOURCES = tuple(
    Source(id=f"{document}/{number}", text=f"Text {document}{number}.", document=document)
    for document in "ab"
    for number in (1, 2, 3)
)


@pytest.fixture
def server() -> Iterator[Server]:
    with chat_server(shout) as found:
        yield found


def backend(server: Server, seed: int = 0, **options: Any) -> OpenAI:
    given = {"model": "tiny", "base_url": f"{server.url}/v1", "timeout": 5.0, **options}
    made = make_backend("openai", given, EN_DE, Runtime(seed=seed))
    assert isinstance(made, OpenAI)
    return made


def run(made: OpenAI) -> tuple[dict[str, Finished], list[float]]:
    """What the stage makes of it, and how long it would have waited."""
    found: dict[str, Finished] = {}
    waits: list[float] = []
    made.check()
    made.sources(SOURCES)
    batches = plan(SOURCES, made, made.runtime, frozenset())
    with made:
        translate(
            batches,
            made,
            lambda batch: found.update((f.hypothesis.id, f) for f in batch),
            sleep=waits.append,
        )
    return found, waits


def hypotheses(found: dict[str, Finished]) -> list[Hypothesis]:
    return [found[source.id].hypothesis for source in SOURCES]


EXPECTED = [Hypothesis(id=source.id, text=source.text.upper()) for source in SOURCES]


@pytest.mark.parametrize("unit", ["segment", "document"])
def test_translates_by_segment_and_by_document(server: Server, unit: str) -> None:
    made = backend(server, unit=unit, price={"input": 1, "output": 1})
    found, _ = run(made)
    assert hypotheses(found) == EXPECTED
    requests = server.bodies("/v1/chat/completions")
    assert len(requests) == (6 if unit == "segment" else 2)
    assert made.usage()["cost_USD"] == pytest.approx(15e-6 * len(requests))
    kept = found["a/1"].kept
    assert kept["model"] == "tiny-1"
    assert kept["prompt_tokens"] == 10
    assert kept["removed"] == []
    assert found["a/2"].kept == (
        {**kept, "raw": "TEXT A2."} if unit == "segment" else {"raw_beside": "a/1"}
    )


def test_a_server_in_trouble_is_asked_again(server: Server) -> None:
    server.script += [
        Say({}, status=429, headers={"Retry-After": "11"}),
        Say({}, status=500),
        Say(reset=True),
        Say(b'{"choices": ['),
    ]
    found, waits = run(backend(server, concurrency=1))
    assert hypotheses(found) == EXPECTED
    assert 5 < waits[0] <= 11.0  # less what has passed since it was said
    assert len(waits) == 4
    assert len(server.bodies("/v1/chat/completions")) == 10


def test_what_fails_is_that_segments_failure(server: Server) -> None:
    usual = server.usual

    def answer(asked: Any) -> Say:
        said = asked.body["messages"][-1]["content"] if asked.body else ""
        if "a2" in said:
            return chat_answer(None, message={"refusal": "I would rather not."})
        if "b1" in said:
            return Say({}, status=503)
        if "b3" in said:
            return chat_answer("TEXT", finish_reason="length")
        return usual(asked)

    server.usual = answer
    found, waits = run(backend(server))
    failures = {h.id: h.failure for h in hypotheses(found) if h.failure}
    assert failures.keys() == {"a/2", "b/1", "b/3"}
    assert failures["a/2"] == "the model refused: I would rather not."
    assert "answered 503" in str(failures["b/1"])
    assert "cut after" in str(failures["b/3"])
    # Five attempts at a server in trouble, three at one that refuses, one where it would be cut.
    asked = [body["messages"][-1]["content"][-3:] for body in server.bodies("/v1/chat/completions")]
    assert [asked.count(text) for text in ("b1.", "a2.", "b3.")] == [5, 3, 1]
    assert waits


@pytest.mark.parametrize(
    "say", [Say({}, status=503), Say({}, status=504), Say(reset=True), Say({}, status=521)]
)
def test_a_server_that_is_gone_ends_the_run(server: Server, say: Say) -> None:
    made = backend(server, concurrency=1)
    made.check()
    server.usual = lambda asked: say
    with made, pytest.raises(BackendError, match="does not answer"):
        translate(
            plan(SOURCES, made, made.runtime, frozenset()),
            made,
            lambda _: None,
            sleep=lambda _: None,
        )
    assert len(server.bodies("/v1/chat/completions")) == 15, "three times five attempts"


MANY = tuple(Source(id=f"m{number}", text=f"Text {number:03}.") for number in range(100))


def test_texts_that_a_server_cannot_bear_are_not_its_end(server: Server) -> None:
    usual = server.usual

    def answer(asked: Any) -> Say:
        said = asked.body["messages"][-1]["content"] if asked.body else ""
        return Say({"error": "odd"}, 500) if "00" in said or "05" in said else usual(asked)

    server.usual = answer
    made = backend(server, concurrency=1)
    found: dict[str, Finished] = {}
    with made:
        translate(
            plan(MANY, made, made.runtime, frozenset()),
            made,
            lambda batch: found.update((f.hypothesis.id, f) for f in batch),
            sleep=lambda _: None,
        )
    failed = {name for name, finished in found.items() if finished.hypothesis.failure}
    assert failed == {f"m{number}" for number in (*range(10), *range(50, 60))} | {"m5"}
    assert "answered 500; odd" in str(found["m3"].hypothesis.failure)
    # After three in a row that took five attempts, the seven others take one each.
    assert len(server.bodies("/v1/chat/completions")) == 80 + 2 * (3 * 5 + 7)


def test_a_server_that_fails_at_everything_is_not_asked_for_everything(server: Server) -> None:
    server.usual = lambda asked: Say({}, status=500)
    made = backend(server, concurrency=1)
    with made, pytest.raises(BackendError, match=r"failed 30 times in a row: .* answered 500"):
        translate(
            plan(MANY, made, made.runtime, frozenset()),
            made,
            lambda _: None,
            sleep=lambda _: None,
        )
    assert len(server.bodies("/v1/chat/completions")) == 3 * 5 + 27


def test_a_wrong_key_ends_the_run(server: Server) -> None:
    made = backend(server)
    made.check()
    server.usual = lambda asked: Say({}, status=401)
    with made, pytest.raises(BackendError, match="refused a request without a key"):
        made.translate(SOURCES[:1])
    assert len(server.bodies("/v1/chat/completions")) == 1


def test_a_document_that_lost_a_paragraph_is_asked_for_again(server: Server) -> None:
    server.script += [chat_answer('{"1": "A"}'), chat_answer("Gladly! Which language?")]
    found, _ = run(backend(server, unit="document", concurrency=1, temperature=0.5))
    assert hypotheses(found) == EXPECTED
    assert found["a/1"].kept["attempts"] == 3
    seeds = [body["seed"] for body in server.bodies("/v1/chat/completions")]
    assert len(set(seeds)) == 4, "each attempt draws anew"


def test_and_fails_as_a_whole_when_it_never_comes(server: Server) -> None:
    server.script += [chat_answer('{"1": "A", "2": "B", "3": "C", "4": "D"}')] * 3
    found, _ = run(backend(server, unit="document", concurrency=1))
    assert [h.failure is not None for h in hypotheses(found)] == [True] * 3 + [False] * 3
    assert "holds 4 translations by number, asked for were 3" in str(
        found["a/2"].hypothesis.failure
    )


@pytest.mark.parametrize(
    ("useless", "reason"),
    [
        (chat_answer(""), "the answer is empty"),
        (chat_answer("```\n```"), "the answer is empty"),
        (chat_answer(None, message={"refusal": "No."}), "the model refused: No."),
        (
            chat_answer("", finish_reason="content_filter"),
            "the server's filter withheld the answer (ended: content_filter)",
        ),
    ],
    ids=["empty", "an empty fence", "refused", "filtered"],
)
def test_an_answer_without_a_translation_is_asked_for_again(
    server: Server, useless: Say, reason: str
) -> None:
    """Three times in all, by other seeds where answers are drawn; each of them is counted."""
    server.script += [useless] * 2
    made = backend(server, concurrency=1, temperature=1.0, price={"input": 1, "output": 1})
    found, waits = run(made)
    assert hypotheses(found) == EXPECTED
    assert found["a/1"].kept["attempts"] == 3
    assert len(waits) == 2
    assert all(0 <= wait <= 4 for wait in waits)
    bodies = server.bodies("/v1/chat/completions")
    assert len({body["seed"] for body in bodies[:3]}) == 3
    usage = made.usage()
    assert (usage["requests"], usage["prompt_tokens"]) == (8, 80)
    assert usage["cost_USD"] == pytest.approx(8 * 15e-6)

    server.script += [useless] * 3
    found, _ = run(backend(server, concurrency=1))
    assert [h.failure for h in hypotheses(found)] == [reason] + [None] * 5
    assert len(server.bodies("/v1/chat/completions")) == 8 + 8


@pytest.mark.parametrize("useless", [chat_answer(""), chat_answer("Sure! {}")])
@pytest.mark.parametrize("paragraphs", [1, 3])
def test_a_document_without_a_translation_is_asked_for_again(
    server: Server, useless: Say, paragraphs: int
) -> None:
    server.script += [useless] * 2
    made = backend(server, unit="document")
    found: list[Finished] = []
    sources = SOURCES[:paragraphs]
    with made:
        batches = plan(sources, made, made.runtime, frozenset())
        translate(batches, made, found.extend, sleep=lambda _: None)
    assert [f.hypothesis for f in found] == EXPECTED[:paragraphs]
    assert len(server.asked) == 3


def test_seeds_belong_to_the_request(server: Server) -> None:
    for seed in (0, 0, 1):
        with backend(server, seed=seed, temperature=1.0) as made:
            made.translate(SOURCES[:1])
            made.translate(SOURCES[1:2])
    seeds = [body["seed"] for body in server.bodies("/v1/chat/completions")]
    assert seeds[:2] == seeds[2:4]
    assert len(set(seeds)) == 4


def test_examples_and_context_reach_the_server(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "shots.jsonl"
    path.write_text('{"src": "Snow.", "ref": "Schnee."}\n')
    source = Source(id="1", text="Rain.", context="June.", instruction="Formal.")
    made = backend(server, examples=str(path), system="You translate.")
    with made:
        made.translate([source])
    (body,) = server.bodies("/v1/chat/completions")
    assert [m["role"] for m in body["messages"]] == ["system", "user", "assistant", "user"]
    assert "June." in body["messages"][-1]["content"]
    assert "Formal." in body["messages"][-1]["content"]
    with pytest.raises(DataError, match="held out"):
        made.sources([Source(id="s", text="Snow.")])


def test_what_is_recorded(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINY_KEY", "sk-secret")
    made = backend(server, api_key_env="TINY_KEY", unit="document")
    made.check()
    assert not made.deterministic
    assert made.batching == "document"
    with made:
        record = made.provenance()
    assert record["unit"] == "document"
    assert record["prompt"]["digest"] == made.identity()["prompt"]
    assert record["decoding"]["temperature"] == 0.0
    assert "sk-secret" not in json.dumps([record, made.identity(), made.notes()])
    assert "cannot be pinned" in made.notes()[0]
    other = backend(server, concurrency=9, timeout=1.0, price={"input": 1, "output": 2})
    assert other.options.model_dump() == backend(server).options.model_dump()


def test_known_before_work(server: Server, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="cannot be read"):
        backend(server, examples=str(tmp_path / "nowhere.jsonl")).check()
    assert not server.asked
    with Server(lambda asked: Say({})) as gone:
        pass
    with pytest.raises(MissingEngine, match="no connection"):
        backend(gone).check()


def test_inline_targets() -> None:
    assert OpenAI.from_target("gpt-x") == {"model": "gpt-x"}
    with pytest.raises(RequestError, match="model's name"):
        OpenAI.from_target("")
