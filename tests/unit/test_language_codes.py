"""Languages are languages: codes of countries are refused, and every code of FLORES survives."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mtbench.backends.families import resolve_code
from mtbench.cli.main import run
from mtbench.errors import RequestError
from mtbench.languages import LanguagePair, normalise_tag

# The languages of FLORES-200, which are those of NLLB (Costa-jussà et al. 2022, table 1).
_TABLE = """
ace_Arab ace_Latn acm_Arab acq_Arab aeb_Arab afr_Latn ajp_Arab aka_Latn als_Latn amh_Ethi
apc_Arab arb_Arab arb_Latn ars_Arab ary_Arab arz_Arab asm_Beng ast_Latn awa_Deva ayr_Latn
azb_Arab azj_Latn bak_Cyrl bam_Latn ban_Latn bel_Cyrl bem_Latn ben_Beng bho_Deva bjn_Arab
bjn_Latn bod_Tibt bos_Latn bug_Latn bul_Cyrl cat_Latn ceb_Latn ces_Latn cjk_Latn ckb_Arab
crh_Latn cym_Latn dan_Latn deu_Latn dik_Latn dyu_Latn dzo_Tibt ell_Grek eng_Latn epo_Latn
est_Latn eus_Latn ewe_Latn fao_Latn fij_Latn fin_Latn fon_Latn fra_Latn fur_Latn fuv_Latn
gaz_Latn gla_Latn gle_Latn glg_Latn grn_Latn guj_Gujr hat_Latn hau_Latn heb_Hebr hin_Deva
hne_Deva hrv_Latn hun_Latn hye_Armn ibo_Latn ilo_Latn ind_Latn isl_Latn ita_Latn jav_Latn
jpn_Jpan kab_Latn kac_Latn kam_Latn kan_Knda kas_Arab kas_Deva kat_Geor kaz_Cyrl kbp_Latn
kea_Latn khk_Cyrl khm_Khmr kik_Latn kin_Latn kir_Cyrl kmb_Latn kmr_Latn knc_Arab knc_Latn
kon_Latn kor_Hang lao_Laoo lij_Latn lim_Latn lin_Latn lit_Latn lmo_Latn ltg_Latn ltz_Latn
lua_Latn lug_Latn luo_Latn lus_Latn lvs_Latn mag_Deva mai_Deva mal_Mlym mar_Deva min_Arab
min_Latn mkd_Cyrl mlt_Latn mni_Beng mos_Latn mri_Latn mya_Mymr nld_Latn nno_Latn nob_Latn
npi_Deva nso_Latn nus_Latn nya_Latn oci_Latn ory_Orya pag_Latn pan_Guru pap_Latn pbt_Arab
pes_Arab plt_Latn pol_Latn por_Latn prs_Arab quy_Latn ron_Latn run_Latn rus_Cyrl sag_Latn
san_Deva sat_Olck scn_Latn shn_Mymr sin_Sinh slk_Latn slv_Latn smo_Latn sna_Latn snd_Arab
som_Latn sot_Latn spa_Latn srd_Latn srp_Cyrl ssw_Latn sun_Latn swe_Latn swh_Latn szl_Latn
tam_Taml taq_Latn taq_Tfng tat_Cyrl tel_Telu tgk_Cyrl tgl_Latn tha_Thai tir_Ethi tpi_Latn
tsn_Latn tso_Latn tuk_Latn tum_Latn tur_Latn twi_Latn tzm_Tfng uig_Arab ukr_Cyrl umb_Latn
urd_Arab uzn_Latn vec_Latn vie_Latn war_Latn wol_Latn xho_Latn ydd_Hebr yor_Latn yue_Hant
zho_Hans zho_Hant zsm_Latn zul_Latn
"""
FLORES = _TABLE.split()


def test_every_code_of_flores_survives_the_way_to_a_tag_and_back() -> None:
    tags = {code: normalise_tag(code) for code in FLORES}
    assert len(set(tags.values())) == len(FLORES)
    assert {code: resolve_code(tag, FLORES) for code, tag in tags.items()} == {
        code: (code, True) for code in FLORES
    }
    assert {normalise_tag(tag) for tag in tags.values()} == set(tags.values())


@pytest.mark.parametrize(
    ("tag", "codes", "code"),
    [
        ("es-MX", ["es", "es_ES", "es_MX"], "es_MX"),
        ("sr-Latn", ["srp_Cyrl", "srp_Latn"], "srp_Latn"),
        ("sr", ["srp_Cyrl", "srp_Latn"], "srp_Cyrl"),
        ("en", ["en_XX", "de_DE"], "en_XX"),
        ("ps", ["pbt_Arab", "pes_Arab"], "pbt_Arab"),
    ],
)
def test_a_family_s_own_code(tag: str, codes: list[str], code: str) -> None:
    found = resolve_code(tag, codes)
    assert found is not None and found[0] == code


@pytest.mark.parametrize(
    ("tag", "meant"),
    [
        ("jp", "Japanese is ja"), ("cn", "Chinese is zh"), ("cz", "Czech is cs"),
        ("gr", "Greek is el"), ("ua", "Ukrainian is uk"), ("dk", "Danish is da"),
        ("xx", "write BCP-47"), ("zzz", "write BCP-47"),
    ],
)  # fmt: skip
def test_a_code_of_no_language_is_refused_with_what_is_meant(tag: str, meant: str) -> None:
    with pytest.raises(RequestError, match="no language") as caught:
        LanguagePair.parse(f"en-{tag}")
    assert meant in (caught.value.hint or "")


@pytest.mark.parametrize("tag", ["kr", "tw", "my", "se", "ca", "br", "no", "tl", "yue", "gsw"])
def test_what_is_a_language_stays_one(tag: str) -> None:
    assert normalise_tag(tag) == tag


@pytest.mark.parametrize(
    ("tag", "text", "said"),
    [
        ("kr", "오늘 아침에 시장이 새 다리를 열었습니다.", "Korean is ko"),
        ("tw", "今天早上市長為一座新橋舉行了開通儀式。", "zh-Hant"),
        ("jp", "今朝、市長が新しい橋を開通させました。", "Japanese is ja"),
    ],
)
def test_files_under_a_country_s_code_are_refused(
    tag: str, text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    corpus = tmp_path / "corpora" / "mine"
    corpus.mkdir(parents=True)
    row = {"id": "1", "src": "The mayor opened a new bridge this morning.", "ref": text}
    (corpus / f"en-{tag}.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    assert run(["evaluate", "--model", "identity", "--corpus", "mine", "--metric", "chrf"]) in {
        1,
        2,
    }
    assert said in capsys.readouterr().err

    Path("hyp.txt").write_text(f"{text}\n", "utf-8")
    files = ["--hypotheses", "hyp.txt", "--reference", "hyp.txt"]
    assert run(["score", "--pair", f"en-{tag}", *files, "--metric", "chrf"]) == 2
    assert said in capsys.readouterr().err
