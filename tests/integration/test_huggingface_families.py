"""``hf`` on real, tiny checkpoints of every multilingual family, against their documented use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mtbench.backends.families import Direction
from mtbench.backends.huggingface import HuggingFace
from mtbench.checkpoints.tokenization import quiet
from mtbench.errors import RequestError
from mtbench.languages import LanguagePair
from mtbench.types import Runtime, Source, Translation
from tests.support.checkpoints import checkpoint
from tests.support.tiny_marian import ENGLISH, GERMAN

TEXTS = (*ENGLISH, "Rain.", "The bank in Turin voted on Tuesday.")
LONGEST = 90


def nllb(folder: Path) -> tuple[Any, Any, dict[str, Any]]:
    from transformers import M2M100ForConditionalGeneration, NllbTokenizer

    tokenizer = NllbTokenizer.from_pretrained(folder, src_lang="eng_Latn")
    model = M2M100ForConditionalGeneration.from_pretrained(folder)
    return tokenizer, model, {"forced_bos_token_id": tokenizer.convert_tokens_to_ids("deu_Latn")}


def m2m100(folder: Path) -> tuple[Any, Any, dict[str, Any]]:
    from transformers import M2M100ForConditionalGeneration, M2M100Tokenizer

    tokenizer = M2M100Tokenizer.from_pretrained(folder, src_lang="en")
    model = M2M100ForConditionalGeneration.from_pretrained(folder)
    return tokenizer, model, {"forced_bos_token_id": tokenizer.get_lang_id("de")}


def mbart(folder: Path) -> tuple[Any, Any, dict[str, Any]]:
    from transformers import MBartForConditionalGeneration, MBartTokenizer

    tokenizer = MBartTokenizer.from_pretrained(folder, src_lang="en_XX", tgt_lang="de_DE")
    model = MBartForConditionalGeneration.from_pretrained(folder)
    return tokenizer, model, {"decoder_start_token_id": tokenizer.lang_code_to_id["de_DE"]}


def mbart50(folder: Path) -> tuple[Any, Any, dict[str, Any]]:
    from transformers import MBart50Tokenizer, MBartForConditionalGeneration

    tokenizer = MBart50Tokenizer.from_pretrained(folder, src_lang="en_XX", tgt_lang="de_DE")
    model = MBartForConditionalGeneration.from_pretrained(folder)
    return tokenizer, model, {"forced_bos_token_id": tokenizer.lang_code_to_id["de_DE"]}


def t5(folder: Path) -> tuple[Any, Any, dict[str, Any]]:
    from transformers import T5ForConditionalGeneration, T5Tokenizer

    tokenizer = T5Tokenizer.from_pretrained(folder, legacy=True)
    return tokenizer, T5ForConditionalGeneration.from_pretrained(folder), {}


# Checkpoint → documented use, text before the source, and family with its codes.
CASES: dict[str, tuple[Callable[[Path], tuple[Any, Any, dict[str, Any]]], str, list[str | None]]]
CASES = {
    "nllb": (nllb, "", ["nllb", "eng_Latn", "deu_Latn"]),
    "m2m100": (m2m100, "", ["m2m100", "en", "de"]),
    "m2m100-bare": (m2m100, "", ["m2m100", "en", "de"]),
    "mbart": (mbart, "", ["mbart", "en_XX", "de_DE"]),
    "mbart50": (mbart50, "", ["mbart50", "en_XX", "de_DE"]),
    "madlad": (t5, "<2de> ", ["madlad", None, "de"]),
    "t5": (t5, "translate English to German: ", ["t5", None, None]),
}


@pytest.fixture
def runtime(tmp_path: Path) -> Runtime:
    return Runtime(device="cpu", cache=str(tmp_path))


def backend(folder: Path, runtime: Runtime, pair: str = "en-de", **options: Any) -> HuggingFace:
    given = HuggingFace.Options.model_validate({"model": str(folder), **options})
    return HuggingFace(given, LanguagePair.parse(pair), runtime)


@pytest.mark.parametrize("family", CASES)
def test_translates_as_its_documentation_says(family: str, runtime: Runtime) -> None:
    load, prefix, told = CASES[family]
    folder = checkpoint(family)
    with quiet():
        tokenizer, model, settings = load(folder)
    expected = []
    for text in TEXTS:
        rows = tokenizer(prefix + text, return_tensors="pt")
        made = model.eval().generate(**rows, num_beams=2, max_new_tokens=LONGEST, **settings)
        expected.append(tokenizer.decode(made[0], skip_special_tokens=True))
    if family == "m2m100-bare":
        expected = [text.removeprefix("__de__ ") for text in expected]

    hf = backend(folder, runtime, beam_size=2, max_new_tokens=LONGEST)
    with hf:
        record = hf.provenance()
        answers = hf.translate([Source(id=str(i), text=t) for i, t in enumerate(TEXTS)])
        alone = [hf.translate([Source(id="x", text=text)])[0] for text in TEXTS]
    assert [record["family"], record["source_code"], record["target_code"]] == told
    assert record["prefix"] == prefix
    assert answers == alone
    assert [answer.text for answer in answers if isinstance(answer, Translation)] == expected
    assert expected[0] == GERMAN[0]


@pytest.mark.parametrize(
    ("name", "pair", "source", "target"),
    [
        ("nllb", "en-zh-Hant", "eng_Latn", "zho_Hant"),
        ("nllb", "nb-ar", "nob_Latn", "arb_Arab"),
        ("nllb-bare", "en-ko", "eng_Latn", "kor_Hang"),
        ("m2m100", "en-nb", "en", "no"),
        ("m2m100-bare", "it-fr", "it", "fr"),
        ("mbart", "en-ro", "en_XX", "ro_RO"),
        ("mbart50", "pt-BR-zh", "pt_XX", "zh_CN"),
        ("madlad", "en-zh-TW", None, "zh_Hant"),
    ],
)
def test_codes_of_other_languages(
    name: str, pair: str, source: str | None, target: str, runtime: Runtime
) -> None:
    hf = backend(checkpoint(name), runtime, pair)
    hf.check()
    assert hf._direction is not None
    assert (hf._direction.source_code, hf._direction.target_code) == (source, target)


@pytest.mark.parametrize(
    ("name", "pair", "message"),
    [
        ("nllb", "en-tlh", "does not know the language 'tlh'"),
        ("mbart", "en-pt", "does not know the language 'pt'"),
        ("madlad", "en-it", "does not know the language 'it'"),
        ("t5", "en-it", "does not translate en-it"),
    ],
)
def test_languages_that_a_checkpoint_lacks(
    name: str, pair: str, message: str, runtime: Runtime
) -> None:
    folder = checkpoint(name)
    with pytest.raises(RequestError, match=message):
        backend(folder, runtime, pair).check()
    options = HuggingFace.Options(model=str(folder))
    assert not HuggingFace.serves(options, LanguagePair.parse(pair))
    assert HuggingFace.serves(options, LanguagePair.parse("en-de"))


def test_a_region_that_the_model_does_not_tell_apart_is_noted(runtime: Runtime) -> None:
    hf = backend(checkpoint("nllb"), runtime, "en-de-CH")
    hf.check()
    assert hf.notes() == ("de-CH goes to the model as deu_Latn",)
    exact = backend(checkpoint("nllb"), runtime, "en-de-CH", target_code="deu_Latn")
    exact.check()
    assert exact.notes() == ()


def test_a_prefix_from_the_card_goes_before_its_own(runtime: Runtime) -> None:
    hf = backend(checkpoint("t5"), runtime, "en-it", prefix="translate English to Italian: ")
    hf.check()
    assert hf._direction == Direction("t5", prefix="translate English to Italian: ")
