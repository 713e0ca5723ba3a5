"""Which languages COMET's encoders have seen."""

from __future__ import annotations

import pytest

from mtbench.errors import RequestError
from mtbench.languages import LanguagePair, normalise_tag
from mtbench.metrics.comet.languages import XLMR, covered, refuse_uncovered, uncovered


def test_the_list_is_that_of_the_paper() -> None:
    # Conneau et al. 2020, table 6: 100 rows, of which zh twice, and six in a second script.
    assert len(XLMR) == 100 - 1 - 6


@pytest.mark.parametrize(
    "tag",
    ["en", "de-CH", "zh-Hans", "zh-Hant-TW", "pt-BR", "nb", "nn", "sr-Latn", "arb", "zho_Hant",
     "nob_Latn", "swh_Latn", "lvs_Latn", "ydd_Hebr", "fil", "prs"],
)  # fmt: skip
def test_covered_under_every_spelling(tag: str) -> None:
    assert covered(normalise_tag(tag))


@pytest.mark.parametrize("tag", ["sc", "yue", "ckb", "mt", "lb", "yo", "zu", "tyv", "bo"])
def test_languages_the_encoder_never_saw(tag: str) -> None:
    assert not covered(normalise_tag(tag))


def test_refused_by_name() -> None:
    with pytest.raises(RequestError) as caught:
        refuse_uncovered("comet", LanguagePair.parse("mt-sc"))
    assert "mt and sc" in caught.value.message
    assert "--force" in str(caught.value.hint)
    assert caught.value.exit_code == 2
    assert uncovered(LanguagePair.parse("en-sc")) == ("sc",)
    refuse_uncovered("comet", LanguagePair.parse("en-it"))
