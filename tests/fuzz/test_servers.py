"""Whatever a server answers, it is a translation that stands in the answer, or a named failure.

Answers of vendors and LLMs, damaged as files are, with other statuses, kinds and headers; pages of
proxies; and the files that requests are made of: glossaries, examples, prompts.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mtbench.backends.guidance import Guidance, GuidanceOptions, read_glossary
from mtbench.backends.prompts import Prompter, PromptOptions
from mtbench.errors import MtbenchError, UnusableAnswer
from mtbench.languages import LanguagePair
from mtbench.metrics.judge import Judge
from mtbench.metrics.judge_prompts import Form, Protocol, read_answer
from mtbench.plugins import Backend, make_backend
from mtbench.servers import answers, headers
from mtbench.stages.translation import plan, translate
from mtbench.types import Finished, Runtime, Source
from tests.fuzz.mutants import mutants
from tests.fuzz.test_readers import HTML, MUTANTS, PAIR, table, tmx, tried
from tests.support.server import Asked, Say, Server, chat_answer, chat_server, shout
from tests.support.vendors import KEY, VENDORS, Vendor
from tests.support.workspace import SENTENCES

SOURCES = [Source(id=f"s{n}", text=text, document="d") for n, (text, _) in enumerate(SENTENCES[:3])]
EN_DE = LanguagePair.parse("en-de")
COUNT = MUTANTS // 12
USUAL = {"timeout": 120.0, "concurrency": 1, "patience": 0}
LANGUAGES = "/languages"
STATUSES = (200, 200, 200, 200, 201, 204, 301, 400, 403, 404, 408, 413, 429, 456, 500, 502, 503)
KINDS = ("application/json", "text/html", "text/event-stream", "application/octet-stream", "")
PAGE = f"{HTML}<h1>502 Bad Gateway</h1>\x1b]0;x\x07</html>".encode()


def strings(value: Any) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def run(made: Backend) -> list[Finished]:
    found: list[Finished] = []
    made.check()
    made.sources(SOURCES)
    batches = plan(SOURCES, made, made.runtime, frozenset())
    with made:
        translate(batches, made, lambda done: found.extend(done), sleep=lambda _: None)
    return found


def asked_for(
    made: Callable[[], Backend], server: Server, answer: bytes, path: str
) -> Counter[str]:
    """How often all, some or none came, over damaged answers; what came stands in the answer."""
    usual, chance, codes = server.usual, random.Random(7), Counter[str]()
    for name, content in [("whole", answer), ("page", PAGE), *mutants(answer, COUNT, number=9)]:
        status = 200 if name == "whole" else chance.choice(STATUSES)
        more = {"Content-Type": chance.choice(KINDS), "Retry-After": chance.choice(("0", "x", ""))}
        say = Say(content, status, {} if name == "whole" else more)
        server.usual = instead(usual, path, say)
        try:
            found = run(made())
        except MtbenchError as error:
            assert error.exit_code in (1, 2, 3, 4), name
            assert 1 <= len(error.lines()) <= 3, name
            codes[str(error.exit_code)] += 1
            continue
        except Exception as error:
            raise AssertionError(f"{name} {status} {content[:2000]!r}") from error
        texts = [one.hypothesis.text for one in found if one.hypothesis.text is not None]
        if any(texts):
            said = "\n".join(strings(readable(content)))
            assert status < 300, (name, status)
            for text in filter(None, texts):
                assert text in said or text in said.replace("\n", ""), (name, text)
        codes["all" if len(texts) == len(SOURCES) else "some" if texts else "none"] += 1
    server.usual = usual
    print(path, dict(codes))
    return codes


def instead(usual: Callable[[Asked], Say], path: str, say: Say) -> Callable[[Asked], Say]:
    """What a server says whose answers at a path are replaced."""
    return lambda asked: (
        say if path in asked.path and (asked.body or path == LANGUAGES) else usual(asked)
    )


def readable(content: bytes) -> Any:
    """The JSON of a body, or of each event of a stream."""
    try:
        return json.loads(content)
    except ValueError:
        lines = content.decode("utf-8", "replace").split("\n")
        return [json.loads(line[5:]) for line in lines if line.startswith('data:{"')]


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda one: "-".join([one.backend, *one.options]))
def test_answers_of_vendors(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in vendor.environment.items():
        monkeypatch.setenv(name, value)
    with Server(vendor.answer) as server:
        given = {"base_url": server.url, **USUAL, **vendor.options}

        def made() -> Backend:
            return make_backend(vendor.backend, given, EN_DE, Runtime())

        run(made())
        with server.lock:
            last = next(a for a in reversed(server.asked) if vendor.path in a.path)
        answer = json.dumps(vendor.answer(last).body, ensure_ascii=False).encode()
        codes = asked_for(made, server, answer, vendor.path)
    assert codes["all"] >= 1 and len(codes) > 1


def test_answers_of_libretranslate() -> None:
    def usual(asked: Asked) -> Say:
        if asked.path == LANGUAGES:
            return Say([{"code": "en", "name": "English", "targets": ["de", "en"]}])
        return Say({"translatedText": asked.body["q"].upper()})

    with Server(usual) as server:
        given = {"url": server.url, **USUAL}

        def made() -> Backend:
            return make_backend("libretranslate", given, EN_DE, Runtime())

        answer = json.dumps({"translatedText": "THE CAT", "alternatives": []}).encode()
        codes = asked_for(made, server, answer, "/translate")
        listed = b'[{"code": "en", "name": "English", "targets": ["de", "en"]}, {"code": "de"}]'
        for name, content in mutants(listed, COUNT, number=9):
            server.usual = instead(usual, LANGUAGES, Say(content))
            try:
                run(made())
            except MtbenchError as error:
                assert error.exit_code in (1, 2, 3, 4), name
    assert codes["all"] >= 1 and len(codes) > 1


STREAM = b"".join(
    b"data:" + json.dumps(part, separators=(",", ":")).encode() + b"\n\n"
    for part in (
        {"choices": [{"delta": {"role": "assistant", "content": "THE "}}]},
        {"choices": [{"delta": {"content": "CAT.", "reasoning_content": "hm"}}]},
        {"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 9}},
    )
)
ANSWER = json.dumps(
    chat_answer(None).body
    | {
        "choices": [
            {
                "message": {
                    "role": "assistant",
                    "content": [
                        {"type": "thinking", "thinking": "hm"},
                        {"type": "text", "text": "X"},
                    ],
                },
                "finish_reason": "stop",
            }
        ]
    }
)


@pytest.mark.parametrize("kind", ["text", "parts", "stream"])
def test_answers_of_llms(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    text = json.dumps(chat_answer("THE CAT <think>a</think> sat.").body).encode()
    answer = {"text": text, "parts": ANSWER.encode(), "stream": STREAM}[kind]
    with chat_server(shout) as server:
        given = {"model": "tiny", "base_url": f"{server.url}/v1", **USUAL}

        def made() -> Backend:
            return make_backend("openai", given, EN_DE, Runtime())

        codes = asked_for(made, server, answer, "/chat/completions")
    assert codes["all"] >= 1 and len(codes) > 1


def test_what_answers_say() -> None:
    for name, content in mutants(ANSWER.encode(), MUTANTS, number=2):
        try:
            value = json.loads(content)
        except (ValueError, RecursionError):
            continue
        choices = value.get("choices") if isinstance(value, dict) else None
        first = choices[0] if isinstance(choices, list) and choices else {}
        message = first.get("message") if isinstance(first, dict) else None
        if isinstance(message, dict):
            found = answers.said(message, "The cat.")
            assert found.text in "".join(strings(message)), name
        if isinstance(value, dict):
            answers.tokens(value.get("usage"))
    for _, content in mutants(STREAM, MUTANTS, number=2):
        answers.assembled(content)


WAITS = (
    "120", "Wed, 21 Oct 2026 07:28:00 GMT", "6m0s", "1h2m3s", "350ms", "1970-01-01T00:01:00Z",
)  # fmt: skip


@pytest.mark.parametrize("header", WAITS)
def test_headers_that_ask_to_wait(header: str) -> None:
    names = ("retry-after", "retry-after-ms", "x-ratelimit-reset", "x-ratelimit-reset-requests")
    for name, content in mutants(header.encode(), MUTANTS, number=3):
        text = content.decode("latin-1")
        for one in names:
            told = {one: text, "x-ratelimit-remaining-requests": "0"}
            wait = headers.wait_asked(told, f"try again in {text}", now=0.0)
            assert wait is None or 0 <= wait < float("inf"), (name, one, text)


JUDGED: dict[tuple[Protocol, Form], str] = {
    ("da", "json"): '{"score": 71}',
    ("esa", "json"): '{"errors": [{"text": "gatto", "severity": "minor"}], "score": 80.5}',
    ("mqm", "json"): '{"errors": [{"text": "gatto", "category": "style", "severity": "major"}]}',
    ("da", "number"): "Score: 87",
    ("mqm", "gemba-mqm"): 'Critical:\nno-error\nMajor:\nstyle - "gatto"\nMinor:\nno-error\n',
}


@pytest.mark.parametrize("kind", JUDGED, ids="-".join)
def test_answers_of_judges(kind: tuple[Protocol, Form]) -> None:
    codes: Counter[str] = Counter()
    for name, content in mutants(JUDGED[kind].encode(), MUTANTS, number=4):
        try:
            rating = read_answer(content.decode("utf-8", "replace"), *kind, "Il gatto sedeva.")
        except UnusableAnswer as error:
            assert str(error), name
            codes["refused"] += 1
        else:
            assert 0 <= rating.score <= 100, (name, content)
            codes["taken"] += 1
    print(kind, dict(codes))
    assert codes["taken"] and codes["refused"]


# --- what requests are made of ----------------------------------------------------------------

EXAMPLES = "".join(json.dumps({"src": s, "ref": r}) + "\n" for s, r in SENTENCES)
GLOSSARIES = {"x.tmx": tmx(), "x.csv": table(","), "x.tsv": table("\t")}


def named(path: Path, tried: Iterable[tuple[str, MtbenchError | None]]) -> None:
    codes: Counter[int] = Counter()
    for name, error in tried:
        codes[error.exit_code if error else 0] += 1
        if error is not None:
            assert error.exit_code in (1, 2), name
            assert 1 <= len(error.lines()) <= 3, name
            assert path.name in str(error), (name, str(error))
    print(path.name, dict(codes))
    assert codes[0] and len(codes) > 1


@pytest.mark.parametrize("name", GLOSSARIES)
def test_glossaries(name: str, tmp_path: Path) -> None:
    path = tmp_path / name

    def read(at: Path) -> None:
        terms = read_glossary(at, PAIR)
        assert all(term.strip() for term in terms), terms
        assert all(one.strip() for known in terms.values() for one in known), terms
        guidance = Guidance(GuidanceOptions(glossary=str(at)), PAIR)
        guidance.told(SOURCES)
        guidance.used(SOURCES[0].text, SENTENCES[0][1])

    named(path, tried(read, path, GLOSSARIES[name].encode()))


def test_examples(tmp_path: Path) -> None:
    path = tmp_path / "shots.jsonl"

    def read(at: Path) -> None:
        prompter = Prompter(PromptOptions(examples=str(at)), PAIR)
        prompter.sources([Source(id="1", text="Quite another text.")])
        prompter.requests([Source(id="1", text="Quite another text.")])

    named(path, tried(read, path, EXAMPLES.encode()))


def test_prompts_of_judges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    path = tmp_path / "prompt.txt"
    template = "Rate {translation} of {source} from {source_language}: {{0}} to 100.\n" * 3

    def read(at: Path) -> None:
        given = {"model": "tiny", "prompt": str(at), "base_url": f"{server.url}/v1"}
        Judge(Judge.Options.model_validate(given), Runtime()).check()

    with chat_server(shout) as server:
        named(path, tried(read, path, template.encode(), 2 * COUNT))
