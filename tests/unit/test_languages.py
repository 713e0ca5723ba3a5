"""Tags and pairs: BCP-47, FLORES, and what is neither."""

from __future__ import annotations

import pytest

from mtbench.errors import RequestError
from mtbench.languages import LanguagePair, base_language, language_name, normalise_tag


# FLORES-200 codes and what BCP-47 calls them; sr, uz, az have a default script other than Latin
# or several, zh always says which.
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("en", "en"),
        ("EN", "en"),
        ("de-ch", "de-CH"),
        ("DE_ch", "de-CH"),
        ("zh-hans", "zh-Hans"),
        ("pt-br", "pt-BR"),
        ("es-419", "es-419"),
        ("ita", "it"),
        ("deu", "de"),
        ("ast", "ast"),
        ("eng_Latn", "en"),
        ("ita_Latn", "it"),
        ("zho_Hans", "zh-Hans"),
        ("zho_Hant", "zh-Hant"),
        ("cmn_Hans", "zh-Hans"),
        ("srp_Cyrl", "sr"),
        ("arb_Arab", "ar"),
        ("hin_Deva", "hi"),
        ("jpn_Jpan", "ja"),
        ("kor_Hang", "ko"),
        ("ast_Latn", "ast"),
    ],
)
def test_tags(given: str, expected: str) -> None:
    assert normalise_tag(given) == expected


@pytest.mark.parametrize(
    "given",
    ["", " ", "e", "english", "en us", "../en", "en/it", "ën", "x" * 50, "en-", "1"],
)
def test_not_tags(given: str) -> None:
    with pytest.raises(RequestError, match="not a language tag"):
        normalise_tag(given)


@pytest.mark.parametrize(
    ("given", "source", "target"),
    [
        ("en-it", "en", "it"),
        (" en-it ", "en", "it"),
        ("pt-BR-en", "pt-BR", "en"),
        ("en-pt-BR", "en", "pt-BR"),
        ("zh-Hans-zh-Hant", "zh-Hans", "zh-Hant"),
        ("sr-Latn-RS-de-CH", "sr-Latn-RS", "de-CH"),
        ("es-419-en", "es-419", "en"),
        ("eng_Latn-ita_Latn", "en", "it"),
        ("deu-ita", "de", "it"),
        ("en-ast", "en", "ast"),
    ],
)
def test_pairs(given: str, source: str, target: str) -> None:
    pair = LanguagePair.parse(given)
    assert (pair.source, pair.target) == (source, target)


@pytest.mark.parametrize(
    "given", ["", "en", "en-", "-en", "en-it-de", "en_it", "pt-br-en", "english-italian", "en--it"]
)
def test_not_pairs(given: str) -> None:
    with pytest.raises(RequestError, match="not a language"):
        LanguagePair.parse(given)


def test_parts_and_names() -> None:
    assert base_language("zh-Hans") == "zh"
    assert language_name("it") == "Italian"
    assert language_name("pt-BR") == "Portuguese (Brazil)"
    assert language_name("nonsense!") == "nonsense!"
