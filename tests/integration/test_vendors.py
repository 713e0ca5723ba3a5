"""Vendors of machine translation, against stand-ins that answer as their pages say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from mtbench.backends.vendors import Vendor as VendorBackEnd
from mtbench.errors import BackendError, Later, MtbenchError, RequestError, SegmentError
from mtbench.languages import LanguagePair
from mtbench.plugins import make_backend
from mtbench.stages.translation import plan, translate
from mtbench.testing import check_backend
from mtbench.types import Finished, Runtime, Source
from tests.support.server import Say, Server
from tests.support.vendor_clients import REQUESTS, TEXTS
from tests.support.vendors import ACCESS, KEY, VENDORS, Vendor, query, texts_of
from tests.support.workspace import Space, sentences, tree

SOURCES = [Source(id=f"s{n}", text=f"Text {n}.", document="d") for n in range(5)]


@pytest.fixture(params=VENDORS, ids=lambda one: "-".join([one.backend, *one.options]))
def vendor(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Vendor:
    found: Vendor = request.param
    for name, value in found.environment.items():
        monkeypatch.setenv(name, value)
    return found


@pytest.fixture
def server(vendor: Vendor) -> Iterator[Server]:
    with Server(vendor.answer) as found:
        yield found


def make(vendor: Vendor, server: Server, pair: str = "en-de", **options: Any) -> VendorBackEnd:
    given = {"base_url": server.url, "timeout": 5.0, "concurrency": 1, **vendor.options, **options}
    made = make_backend(vendor.backend, given, LanguagePair.parse(pair), Runtime())
    assert isinstance(made, VendorBackEnd)
    return made


def run(made: VendorBackEnd, sources: list[Source]) -> tuple[dict[str, Finished], list[float]]:
    found: dict[str, Finished] = {}
    waits: list[float] = []
    made.check()
    made.sources(sources)
    with made:
        translate(
            plan(sources, made, made.runtime, frozenset()),
            made,
            lambda done: found.update((one.hypothesis.id, one) for one in done),
            sleep=waits.append,
        )
    return found, waits


def translations(server: Server) -> list[Any]:
    """The requests for translations, lists of languages left out."""
    with server.lock:
        return [a for a in server.asked if a.method == "POST" and texts_of(a)]


def only(name: str) -> Vendor:
    return next(one for one in VENDORS if one.backend == name)


# --- every vendor --------------------------------------------------------------------------------


def test_it_keeps_to_the_contract_of_a_back_end(vendor: Vendor, server: Server) -> None:
    check_backend(lambda: make(vendor, server))


def test_segments_share_a_request_where_the_vendor_takes_several(
    vendor: Vendor, server: Server
) -> None:
    made = make(vendor, server)
    found, _ = run(made, [*SOURCES, Source(id="again", text="Text 0.", document="d")])
    assert {name: one.hypothesis.text for name, one in found.items()} == {
        **{s.id: s.text.upper() for s in SOURCES},
        "again": "TEXT 0.",
    }
    requests = len(SOURCES) if vendor.backend == "amazon" else 1
    assert len(translations(server)) == requests
    usage = made.usage()
    assert (usage["requests"], usage["characters"]) == (requests, 5 * len("Text 0."))
    if vendor.backend in {"deepl", "azure", "modernmt"}:  # they tell what they bill
        assert usage["characters_billed"] == usage["characters"]


def test_what_it_costs(vendor: Vendor, server: Server) -> None:
    made = make(vendor, server, price={"characters": 20.0, "currency": "EUR"})
    run(made, SOURCES)
    assert made.usage()["cost_EUR"] == round(35 * 20 / 1e6, 6)


def test_more_than_a_request_holds_is_split_and_long_texts_are_put_together_again(
    vendor: Vendor, server: Server
) -> None:
    """The stand-ins refuse what is above their limits: nothing here may be refused."""
    limits = make(vendor, server).limits
    sentence = "The cat sat on the mat — again. "
    paragraph = sentence * (limits.one // len(sentence) // 2)
    long = f"{paragraph}\n\n{paragraph}{paragraph}".strip()
    some = [Source(id=f"n{n}", text=f"Number {n}. " * 40, document="d") for n in range(150)]
    given = [Source(id="long", text=long, document="d"), *some]
    made = make(vendor, server)
    made.check()
    with made:
        answers = made.translate(given)
    assert [one.text for one in answers if not isinstance(one, SegmentError)] == [
        source.text.upper() for source in given
    ]
    sent = [texts_of(asked) for asked in translations(server)]
    assert max(map(len, sent)) <= limits.texts
    first = answers[0]
    assert not isinstance(first, SegmentError)
    assert isinstance(first.kept["pieces"], int)
    summary = made.summary([first.kept])
    assert "1 segments were longer than" in " ".join(made.notes())
    assert summary["engine"]["pinned"] is False


def test_a_broken_request_is_not_paid_twice(vendor: Vendor, server: Server) -> None:
    """Two requests in a batch: where the second fails, the first is not asked for again."""
    made = make(vendor, server)
    limits = made.limits
    long = "word " * ((limits.one - 200) // 5)
    count = limits.size // limits.one + 1
    given = [Source(id=f"w{n}", text=f"{n} {long}".strip(), document="d") for n in range(count)]
    made.check()
    with made:
        begun = len(translations(server))
        works = iter([True, False, True])
        server.usual = lambda asked: (
            vendor.answer(asked) if not texts_of(asked) or next(works) else Say(b"", status=500)
        )
        with pytest.raises(MtbenchError):
            made.translate(given)
        answers = made.translate(given)
    assert [one.text for one in answers if not isinstance(one, SegmentError)] == [
        source.text.upper() for source in given
    ]
    first, second, again = (texts_of(one) for one in translations(server)[begun:])
    assert second == again == [given[-1].text]
    assert first == [source.text for source in given[:-1]]


def test_a_later_is_waited_for(vendor: Vendor, server: Server) -> None:
    made = make(vendor, server)
    made.check()
    server.script.append(vendor.later)
    if vendor.backend == "amazon":  # its first POST lists languages
        server.script.clear()
        with made:
            server.script.append(vendor.later)
            with pytest.raises(Later):
                made.translate(SOURCES[:1])
        return
    found, waits = run_entered(made)
    assert len(found) == len(SOURCES)
    assert waits


def run_entered(made: VendorBackEnd) -> tuple[dict[str, Finished], list[float]]:
    found: dict[str, Finished] = {}
    waits: list[float] = []
    with made:
        batches = plan(SOURCES, made, made.runtime, frozenset())
        translate(
            batches,
            made,
            lambda done: found.update((one.hypothesis.id, one) for one in done),
            sleep=waits.append,
        )
    return found, waits


@pytest.mark.parametrize(
    "vendor", [one for one in VENDORS if one.empty], indirect=True, ids=lambda one: one.backend
)
def test_an_empty_account_ends_the_run(vendor: Vendor, server: Server) -> None:
    assert vendor.empty is not None  # the others bill afterwards
    made = make(vendor, server)
    made.check()
    server.script.append(vendor.empty)
    with pytest.raises(BackendError, match="no quota left"):
        run_entered(made)


def test_a_wrong_key_is_told_apart_and_never_repeated(
    vendor: Vendor, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = next(iter(vendor.environment))
    monkeypatch.setenv(variable, "wrong-key-0123456789")
    made = make(vendor, server)
    with pytest.raises(MtbenchError, match=variable) as caught:
        made.check()
        run_entered(made)
    assert "wrong-key" not in str(caught.value)


def test_no_key_is_said_before_anything_is_sent(
    vendor: Vendor, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(next(iter(vendor.environment)))
    with pytest.raises(MtbenchError, match="holds no key"):
        make(vendor, server).check()
    assert not server.asked


def test_a_language_that_it_does_not_offer(vendor: Vendor, server: Server) -> None:
    with pytest.raises(RequestError, match="does not translate into 'is'") as caught:
        make(vendor, server, "en-is").check()
    assert "it translates into" in (caught.value.hint or "")


CODES = {
    "deepl": ("EN", "PT-BR", "EN-US", "ZH-HANT"),
    "google": ("en", "pt", "en", "zh-TW"),
    "azure": ("en", "pt", "en", "zh-Hant"),
    "amazon": ("en", "pt", "en", "zh-TW"),
    "modernmt": ("en", "pt-BR", "en", "zh-TW"),
}


def test_codes_of_languages(vendor: Vendor, server: Server) -> None:
    source, brazil, english, hant = CODES[vendor.backend]
    for pair, wanted in (
        ("en-GB-pt-BR", [source, brazil]),
        ("en-zh-Hant", [source, hant]),
        ("de-en", ["DE" if vendor.backend == "deepl" else "de", english]),
    ):
        made = make(vendor, server, pair)
        made.check()
        assert made.provenance()["codes"] == wanted, pair
    assert any("goes to" in note for note in make_checked(vendor, server, "en-GB-pt-BR").notes())


def make_checked(vendor: Vendor, server: Server, pair: str) -> VendorBackEnd:
    made = make(vendor, server, pair)
    made.check()
    return made


def test_an_answer_that_is_none_is_no_translation(vendor: Vendor, server: Server) -> None:
    made = make(vendor, server)
    made.check()
    with made:
        bodies: list[Any] = [[], {}, {"translations": []}, {"data": None}, [1], "x", None]
        for body in bodies:
            server.script.append(Say(body))
            with pytest.raises(MtbenchError):
                made.translate(SOURCES[:1])


def test_one_empty_answer_fails_one_segment(vendor: Vendor, server: Server) -> None:
    """As DeepL answers some texts: no error, and no words (deepl-python, issue 80)."""
    made = make(vendor, server)
    found, _ = run(made, [*SOURCES, Source(id="void", text="\u2028", document="d")])
    assert found["void"].hypothesis.failure == "the answer is empty"
    assert all(found[one.id].hypothesis.text for one in SOURCES)
    assert found[SOURCES[0].id].hypothesis.failure is None


def test_an_answer_that_repeats_the_key_is_not_kept(vendor: Vendor, server: Server) -> None:
    made = make(vendor, server)
    found, _ = run(made, [Source(id="s", text=f"The key is {KEY}.", document="d")])
    assert "repeats the key" in (found["s"].hypothesis.failure or "")


def test_the_request_is_shown_with_the_name_of_the_key(vendor: Vendor, server: Server) -> None:
    made = make(vendor, server)
    made.check()
    before = len(server.asked)
    shown = json.dumps(made.request(SOURCES[:2]))
    assert KEY not in shown
    assert f"${next(iter(vendor.environment))}" in shown
    assert "Text 0." in shown
    assert len(server.asked) == before


# --- whole runs ----------------------------------------------------------------------------------


def test_a_run_keeps_no_key_and_a_dry_run_asks_for_nothing_that_is_billed(
    vendor: Vendor, server: Server, space: Space
) -> None:
    space.corpus("news", "en-de", sentences())
    lines = [f'base_url = "{server.url}"', *(f'{k} = "{v}"' for k, v in vendor.options.items())]
    options = "\n".join(lines)
    space.card(
        "paid",
        f'backend = "{vendor.backend}"\n[price]\ncharacters = 25.0\n[options]\n{options}\n',
    )
    command = ("evaluate", "--model", "paid", "--metric", "chrf")
    planned = space(*command, "--dry-run", "--format", "json")
    assert planned.code == 0, planned.err
    (estimate,) = planned.json
    characters = sum(len(line["src"]) for line in sentences())
    assert estimate["characters"] == characters
    assert estimate["cost"] == round(characters * 25 / 1e6, 6)
    assert not translations(server)
    done = space(*command)
    assert done.code == 0, done.err
    run_file = next((space.root / "results").rglob("run.json"))
    record = json.loads(run_file.read_text())
    assert record["provenance"]["engine"]["pinned"] is False
    assert any("unpinned" in note for note in record["notes"])
    assert record["usage"]["cost_USD"] == estimate["cost"]
    for name, content in tree(space.root / "results").items():
        for secret in vendor.environment.values():
            assert secret.encode() not in content or secret == ACCESS, name
    again = len(translations(server))
    assert space(*command).code == 0
    assert len(translations(server)) == again  # nothing is paid twice


# --- one vendor's own ----------------------------------------------------------------------------


def entered(name: str, monkeypatch: pytest.MonkeyPatch, server: Server, **options: Any) -> Any:
    vendor = only(name)
    for variable, value in vendor.environment.items():
        monkeypatch.setenv(variable, value)
    pair = options.pop("pair", "en-de")
    return make(vendor, server, pair, **options)


def test_deepl_options(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(only("deepl").answer) as server:
        made = entered(
            "deepl",
            monkeypatch,
            server,
            formality="formal",
            model_type="prefer_quality_optimized",
            glossary_id="def3a26b",
            context_before=1,
            settings={"split_sentences": "0"},
        )
        found, _ = run(made, SOURCES[:2])
        bodies = [asked.body for asked in translations(server)]
        assert [body.get("context") for body in bodies] == [None, "Text 0."]
        for body in bodies:
            assert body["formality"] == "more"
            assert body["model_type"] == "prefer_quality_optimized"
            assert body["glossary_id"] == "def3a26b"
            assert body["split_sentences"] == "0"
        assert found["s0"].kept == {"engine": "quality_optimized"}
        told = made.summary([one.kept for one in found.values()])
        assert told["engine"]["answered_as"] == {"quality_optimized": 2}
        assert any("(quality_optimized) is unpinned" in note for note in made.notes())


def test_deepl_has_no_formality_for_every_language(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(only("deepl").answer) as server:
        made = entered("deepl", monkeypatch, server, pair="de-en", formality="formal")
        with pytest.raises(RequestError, match="no formality for EN-US"):
            made.check()


def test_deepl_says_before_work_that_the_account_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    def empty(asked: Any) -> Say:
        if asked.path == "/v2/usage":
            return Say({"character_count": 500_000, "character_limit": 500_000})
        return only("deepl").answer(asked)

    with Server(empty) as server:
        made = entered("deepl", monkeypatch, server)
        with pytest.raises(MtbenchError, match="no quota left"):
            made.check()


def test_deepl_accounts_that_pay_nothing_have_an_address_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DEEPL_AUTH_KEY", "279a2e9d-83b3-c416-7e2d-f721593e42a0:fx")
    made = make_backend("deepl", {}, LanguagePair.parse("en-de"), Runtime())
    assert made.request(SOURCES[:1])["url"] == "https://api-free.deepl.com/v2/translate"


def test_google_advanced_uses_the_glossary(monkeypatch: pytest.MonkeyPatch) -> None:
    vendor = next(one for one in VENDORS if one.options)
    monkeypatch.setenv("GOOGLE_ACCESS_TOKEN", KEY)
    with Server(vendor.answer) as server:
        made = make(vendor, server, glossary_id="terms", model="general/translation-llm")
        found, _ = run(made, SOURCES[:1])
        body = translations(server)[0].body
        parent = "projects/mine/locations/global"
        assert body["model"] == f"{parent}/models/general/translation-llm"
        assert body["glossaryConfig"] == {"glossary": f"{parent}/glossaries/terms"}
        assert found["s0"].hypothesis.text == "TEXT 0. [terms]"


def test_azure_asks_for_the_system_that_is_named_and_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Server(only("azure").answer) as server:
        made = entered("azure", monkeypatch, server, category="mine-TECH", region="westeurope")
        found, _ = run(made, SOURCES[:1])
        asked = translations(server)[0]
        assert "category=mine-TECH&allowFallback=false" in asked.path
        assert asked.headers["ocp-apim-subscription-region"] == "westeurope"
        assert found["s0"].kept == {"engine": "Custom"}


def test_azure_says_that_a_regional_key_wants_its_region(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(only("azure").answer) as server:
        made = entered("azure", monkeypatch, server)
        made.check()
        server.script.append(only("azure").refused)
        with pytest.raises(BackendError) as caught:
            run_entered(made)
    assert "wants the option region" in (caught.value.hint or "")


def test_azure_prepares_a_system_and_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = {"error": {"code": 408001, "message": "The translation system is being prepared."}}
    with Server(only("azure").answer) as server:
        made = entered("azure", monkeypatch, server)
        made.check()
        server.script.append(Say(busy, status=408))
        found, waits = run_entered(made)
    assert len(found) == len(SOURCES)
    assert 30 < max(waits) <= 60  # less what has passed since it was said


def test_amazon_tone_terms_and_temporary_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "temporary-0123456789")
    with Server(only("amazon").answer) as server:
        made = entered("amazon", monkeypatch, server, formality="informal", glossary_id="our-terms")
        run(made, SOURCES[:1])
        asked = translations(server)[0]
    assert asked.body["Settings"] == {"Formality": "INFORMAL"}
    assert asked.body["TerminologyNames"] == ["our-terms"]
    assert asked.headers["x-amz-security-token"] == "temporary-0123456789"


def test_modernmt_memories_and_glossaries(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(only("modernmt").answer) as server:
        made = entered("modernmt", monkeypatch, server, memories=[7, 9], glossary_id=[3])
        run(made, SOURCES[:1])
        body = translations(server)[0].body
    assert (body["hints"], body["glossaries"]) == ("7,9", [3])


def test_terms_are_counted_in_what_a_vendor_gives(
    vendor: Vendor, server: Server, space: Space
) -> None:
    glossary = space.file("terms.csv", "src,ref\ntext,TEXT\nmat,Fußmatte\n")
    made = make(vendor, server, glossary=str(glossary))
    given = [Source(id="a", text="A text.", document="d"), Source(id="b", text="A mat.")]
    found, _ = run(made, given)
    assert found["b"].kept["terms_missed"] == ["mat"]
    recall = made.summary([one.kept for one in found.values()])["glossary"]
    assert (recall["asked"], recall["used"]) == (2, 1)


def test_settings_hold_no_key() -> None:
    with pytest.raises(RequestError, match="looks like a key"):
        make_backend(
            "deepl", {"settings": {"auth_key": "x" * 20}}, LanguagePair.parse("en-de"), Runtime()
        )


# --- as their own clients ask ------------------------------------------------------------------

AS_THEIRS: dict[str, dict[str, Any]] = {
    "deepl": {"formality": "formal", "context_before": 1},
    "google": {"model": "nmt"},
    "google, advanced": {
        "project": "mine",
        "model": "general/translation-llm",
        "glossary_id": "mine",
    },
    "azure": {"category": "mine"},
    "amazon": {"formality": "formal", "glossary_id": "mine"},
    "modernmt": {"memories": [3, 5]},
}


@pytest.mark.parametrize("name", AS_THEIRS)
def test_a_request_is_that_of_the_vendors_own_client(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``vendor_requests.json`` is what those clients sent: see ``tests.support.vendor_clients``."""
    options = AS_THEIRS[name]
    one = next(
        v
        for v in VENDORS
        if v.backend == name.partition(",")[0]
        and v.options.keys() <= options.keys()
        and ("project" in options) == ("project" in v.options)
    )
    for variable, value in one.environment.items():
        monkeypatch.setenv(variable, value)
    texts = ["Hi."] if name == "amazon" else TEXTS
    sources = [Source(id=f"s{n}", text=text, document="d") for n, text in enumerate(texts)]
    with Server(one.answer) as server:
        run(make(one, server, **options), sources)
        ours = translations(server)[-1]
    theirs = next(r for r in json.loads(REQUESTS.read_text("utf-8"))[name] if r["method"] == "POST")
    assert ours.path.partition("?")[0] == theirs["path"].partition("?")[0]
    left_out = {"$alt", "prettyPrint"}  # how an answer is to look
    theirs_query = {k: v for k, v in query(theirs["path"]).items() if k not in left_out}
    assert query(ours.path) == theirs_query
    if name == "azure":
        assert [{k.lower(): v for k, v in e.items()} for e in ours.body] == theirs["body"]
        return
    body = {key: value for key, value in theirs["body"].items() if value != []}
    if name == "deepl":  # texts with other contexts go apart
        body |= {"text": texts[1:], "context": texts[0]}
    assert ours.body == body | ({"format": "text/plain"} if name == "modernmt" else {})
