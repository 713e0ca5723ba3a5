"""Codes of languages, against the published lists of the families."""

from __future__ import annotations

import pytest

from mtbench.backends.families import name_contradicts, pair_in_name, resolve_code
from mtbench.languages import LanguagePair


def words(text: str) -> list[str]:
    return text.split()


NLLB = words(
    """
    ace_Arab ace_Latn acm_Arab afr_Latn arb_Arab ary_Arab als_Latn azb_Arab azj_Latn
    bos_Latn cat_Latn ckb_Arab dan_Latn deu_Latn eng_Latn est_Latn fra_Latn gaz_Latn
    hrv_Latn ind_Latn ita_Latn jpn_Jpan khk_Cyrl kmr_Latn kor_Hang lvs_Latn nno_Latn
    nob_Latn npi_Deva ory_Orya pbt_Arab pes_Arab plt_Latn por_Latn prs_Arab quy_Latn
    spa_Latn srp_Cyrl swh_Latn tgl_Latn uzn_Latn ydd_Hebr yue_Hant zho_Hans zho_Hant
    zsm_Latn
    """
)
M2M100 = words(
    """
    af ar bs ca da de en es et fr ha he hr id it ja ko lv ms nl no pt ro sr sw tl yi zh
    """
)
MBART50 = words(
    """
    ar_AR cs_CZ de_DE en_XX es_XX et_EE fr_XX hi_IN it_IT ja_XX ko_KR lv_LV pt_XX ro_RO
    sw_KE tl_XX zh_CN
    """
)
MADLAD = words(
    """
    de en fr pt zh zh_Latn sr sr_Latn fil no
    """
)
OPUS = words(
    """
    cmn_Hans cmn_Hant deu fra ita pob por ron spa
    """
)


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("en", "eng_Latn"),
        ("de", "deu_Latn"),
        ("ar", "arb_Arab"),
        ("fa", "pes_Arab"),
        ("lv", "lvs_Latn"),
        ("et", "est_Latn"),
        ("sw", "swh_Latn"),
        ("ms", "zsm_Latn"),
        ("id", "ind_Latn"),
        ("ne", "npi_Deva"),
        ("uz", "uzn_Latn"),
        ("az", "azj_Latn"),
        ("sq", "als_Latn"),
        ("mn", "khk_Cyrl"),
        ("ko", "kor_Hang"),
        ("ps", "pbt_Arab"),
        ("qu", "quy_Latn"),
        ("sr", "srp_Cyrl"),
        ("zh", "zho_Hans"),
        ("zh-TW", "zho_Hant"),
        ("zh-Hans", "zho_Hans"),
        ("yue", "yue_Hant"),
        ("nn", "nno_Latn"),
    ],
)
def test_nllb(tag: str, code: str) -> None:
    assert resolve_code(tag, NLLB) == (code, True)


@pytest.mark.parametrize(
    ("tag", "codes", "code", "exact"),
    [
        ("no", NLLB, "nob_Latn", False),
        ("nb", M2M100, "no", False),
        ("de-CH", M2M100, "de", False),
        ("pt-PT", M2M100, "pt", False),
        ("pt", MBART50, "pt_XX", True),
        ("zh", MBART50, "zh_CN", True),
        ("en-GB", MBART50, "en_XX", False),
        ("fil", M2M100, "tl", True),
        ("sr-Latn", MADLAD, "sr_Latn", True),
        ("sr", MADLAD, "sr", True),
        ("it", OPUS, "ita", True),
        ("pt-BR", OPUS, "pob", True),
        ("pt", OPUS, "por", True),
        ("zh-Hant", OPUS, "cmn_Hant", True),
    ],
)
def test_other_families(tag: str, codes: list[str], code: str, exact: bool) -> None:
    assert resolve_code(tag, codes) == (code, exact)


@pytest.mark.parametrize(
    ("tag", "codes"),
    [
        ("it", ["eng_Latn"]),
        ("sr-Latn", NLLB),
        ("zh-Hant", M2M100),
        ("hr", ["srp_Cyrl"]),
        ("de", ["nl", "lb"]),
        ("ca", ["es", "fr"]),
        ("de", ["ROMANCE", "??", ""]),
    ],
)
def test_no_other_language_stands_in(tag: str, codes: list[str]) -> None:
    assert resolve_code(tag, codes) is None


@pytest.mark.parametrize(
    ("name", "pair"),
    [
        ("Helsinki-NLP/opus-mt-en-de", ("en", "de")),
        ("Helsinki-NLP/opus-mt-tc-big-en-it", ("en", "it")),
        ("Helsinki-NLP/opus-mt-tc-base-fin-deu", ("fi", "de")),
        ("gsarti/opus-mt-tc-en-pl", ("en", "pl")),
        ("Helsinki-NLP/opus-mt-en-ROMANCE", None),
        ("Helsinki-NLP/opus-mt-mul-en", None),
        ("Helsinki-NLP/opus-mt-tc-big-gmq-en", None),
        ("facebook/nllb-200-distilled-600M", None),
    ],
)
def test_the_direction_in_a_name(name: str, pair: tuple[str, str] | None) -> None:
    assert pair_in_name(name) == pair


def test_a_name_speaks_for_near_languages() -> None:
    assert not name_contradicts("a/opus-mt-en-no", LanguagePair.parse("en-nb"))
    assert not name_contradicts("a/opus-mt-en-de", LanguagePair.parse("en-GB-de-AT"))
    assert name_contradicts("a/opus-mt-en-de", LanguagePair.parse("de-en"))
    assert not name_contradicts("a/opus-mt-en-ROMANCE", LanguagePair.parse("en-de"))
