"""``ct2`` on real, tiny checkpoints, held against ``hf`` and against the library called bare."""

from __future__ import annotations

import json
import shutil
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mtbench.backends.ctranslate2 import CTranslate2
from mtbench.backends.huggingface import HuggingFace
from mtbench.errors import MissingWeights, RequestError, SegmentError, Unavailable
from mtbench.languages import LanguagePair
from mtbench.types import Runtime, Source, Translation
from tests.support.checkpoints import checkpoint
from tests.support.sources import texts
from tests.support.tiny_marian import ENGLISH, GERMAN

EN_DE = LanguagePair.parse("en-de")
SOURCES = tuple(
    Source(id=f"s{i}", text=text)
    for i, text in enumerate((*ENGLISH, "Rain.", "The bank in Turin voted on Tuesday."))
)
LONGEST = 120


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Runtime:
    return Runtime(device="cpu", cache=str(tmp_path_factory.mktemp("cache")))


def backend(
    model: Path | str, runtime: Runtime, pair: LanguagePair = EN_DE, **options: Any
) -> CTranslate2:
    given = CTranslate2.Options.model_validate(
        {"model": str(model), "max_new_tokens": LONGEST, **options}
    )
    return CTranslate2(given, pair, runtime)


@pytest.mark.parametrize(
    "name", ["marian", "marian-multi", "nllb", "m2m100", "mbart", "mbart50", "madlad", "t5"]
)
def test_greedy_outputs_agree_with_transformers(name: str, runtime: Runtime) -> None:
    folder = checkpoint(name)
    with backend(folder, runtime, beam_size=1, quantization="float32") as ct2:
        found = texts(ct2.translate(SOURCES))
        told = ct2.provenance()
    options = HuggingFace.Options(model=str(folder), beam_size=1, max_new_tokens=LONGEST)
    with HuggingFace(options, EN_DE, runtime) as hf:
        answers = hf.translate(SOURCES)
        record = hf.provenance()
    whole = [i for i, a in enumerate(answers) if isinstance(a, Translation) and not a.kept]
    assert len(whole) >= 5, "only outputs that end by themselves can be compared"
    assert [found[i] for i in whole] == [texts(answers)[i] for i in whole]
    assert found[0] == GERMAN[0]
    for key in ("family", "source_code", "target_code", "prefix", "tokenizer", "weights"):
        assert told[key] == record[key]


@pytest.mark.parametrize("quantization", ["int8", "float32"])
@pytest.mark.parametrize("beam", [1, 4])
def test_an_output_does_not_depend_on_its_batch(
    quantization: str, beam: int, runtime: Runtime
) -> None:
    options: dict[str, Any] = {"quantization": quantization, "beam_size": beam}
    with backend(checkpoint("marian"), runtime, **options) as ct2:
        together = texts(ct2.translate(SOURCES))
        alone = [texts(ct2.translate([source]))[0] for source in SOURCES]
    with backend(checkpoint("marian"), runtime, **options, batch_tokens=40) as ct2:
        assert texts(ct2.translate(SOURCES[::-1]))[::-1] == together == alone


def test_calls_may_run_at_once(runtime: Runtime) -> None:
    with backend(checkpoint("marian"), runtime) as ct2:
        expected = texts(ct2.translate(SOURCES))
        with ThreadPoolExecutor(ct2.max_concurrency) as pool:
            found = list(pool.map(lambda _: texts(ct2.translate(SOURCES)), range(6)))
    assert found == [expected] * 6


def test_says_what_it_ran(runtime: Runtime) -> None:
    ct2 = backend(checkpoint("marian"), runtime, inter_threads=2)
    ct2.check()
    identity = ct2.identity()
    with ct2:
        record = ct2.provenance()
    assert identity["quantization"] == record["quantization"] == "int8"
    assert record["compute_type"].startswith("int8")
    assert (record["inter_threads"], record["intra_threads"]) == (2, 1)
    assert record["decoding"] == identity["decoding"]
    json.dumps([record, identity])
    layout = ct2.options.model_copy(update={"inter_threads": 1, "batch_tokens": 64})
    assert layout.model_dump() == ct2.options.model_dump(), "the layout is no part of the request"


# --- conversion -------------------------------------------------------------------------------


def test_a_checkpoint_is_converted_once(tmp_path: Path) -> None:
    runtime = Runtime(device="cpu", cache=str(tmp_path))
    with backend(checkpoint("marian"), runtime) as ct2:
        ct2.translate(SOURCES[:1])
    (made,) = (tmp_path / "ct2").glob("*/model.bin")
    before = made.stat().st_mtime_ns
    with backend(checkpoint("marian"), runtime, beam_size=2) as ct2:
        ct2.translate(SOURCES[:1])
    assert made.stat().st_mtime_ns == before
    with backend(checkpoint("marian"), runtime, quantization="float32") as ct2:
        ct2.translate(SOURCES[:1])
    assert len(list((tmp_path / "ct2").glob("*/model.bin"))) == 2
    assert not list((tmp_path / "ct2").glob("*.unfinished"))


def test_an_unfinished_conversion_is_made_again(tmp_path: Path) -> None:
    runtime = Runtime(device="cpu", cache=str(tmp_path))
    with backend(checkpoint("marian"), runtime):
        pass
    (made,) = (tmp_path / "ct2").glob("*/")
    (made / "mtbench.json").unlink()
    (made / "model.bin").write_bytes(b"cut off")
    unfinished = made.with_name(made.name + ".unfinished")
    unfinished.mkdir()
    (unfinished / "left").write_text("over")
    with backend(checkpoint("marian"), runtime, beam_size=1) as ct2:
        assert texts(ct2.translate(SOURCES[:1])) == [GERMAN[0]]
    assert not unfinished.exists()


def test_a_conversion_that_would_change_the_outputs_is_refused(runtime: Runtime) -> None:
    ct2 = backend(checkpoint("marian-finetuned"), runtime)
    ct2.check()
    with pytest.raises(RequestError, match="cannot be converted faithfully"), ct2:
        pass


def test_types_that_cannot_be_converted(tmp_path: Path, runtime: Runtime) -> None:
    shutil.copytree(checkpoint("marian"), tmp_path / "m")
    config = json.loads((tmp_path / "m" / "config.json").read_text())
    (tmp_path / "m" / "config.json").write_text(json.dumps({**config, "model_type": "llama"}))
    with pytest.raises(RequestError, match="type 'llama' cannot be converted"):
        backend(tmp_path / "m", runtime).check()


def test_a_precision_that_this_machine_lacks_is_refused(runtime: Runtime) -> None:
    import ctranslate2

    lacking = {"int16", "int8_float16", "float16"} - ctranslate2.get_supported_compute_types("cpu")
    if not lacking:
        pytest.skip("this processor computes in every precision")
    with pytest.raises(Unavailable, match="does not compute in"):
        backend(checkpoint("marian"), runtime, quantization=min(lacking)).check()
    with pytest.raises(Unavailable, match="'mps'"):
        elsewhere = runtime.model_copy(update={"device": "mps"})
        backend(checkpoint("marian"), elsewhere).check()


# --- a folder that was converted elsewhere --------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as ``ct2-transformers-converter --copy_files`` leaves it."""
    from ctranslate2.converters import TransformersConverter

    names = ["vocab.json", "source.spm", "target.spm", "tokenizer_config.json"]
    place = tmp_path_factory.mktemp("converted") / "opus-en-de"
    converter = TransformersConverter(str(checkpoint("marian")), copy_files=names)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*sacremoses")  # where it is not installed
        converter.convert(str(place), quantization="float32")
    return place


def test_a_converted_folder_runs_as_the_library_does(folder: Path, runtime: Runtime) -> None:
    import ctranslate2
    from transformers import MarianTokenizer

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*sacremoses")  # where it is not installed
        tokenizer = MarianTokenizer.from_pretrained(checkpoint("marian"))
    translator = ctranslate2.Translator(str(folder), device="cpu")
    rows = [tokenizer.convert_ids_to_tokens(tokenizer.encode(s.text)) for s in SOURCES]
    results = translator.translate_batch(rows, beam_size=3, max_decoding_length=LONGEST)
    expected = [tokenizer.decode(tokenizer.convert_tokens_to_ids(r.hypotheses[0])) for r in results]
    assert CTranslate2.from_target(str(folder)) == {"model": str(folder)}
    with backend(folder, runtime, beam_size=3) as ct2:
        assert texts(ct2.translate(SOURCES)) == expected
        assert ct2.provenance()["compute_type"] == "float32"
    assert CTranslate2.serves(CTranslate2.Options(model=str(folder)), EN_DE)
    assert not CTranslate2.serves(CTranslate2.Options(model=str(folder)), EN_DE.reversed)


def test_a_folder_without_a_tokenizer_is_given_one(
    folder: Path, runtime: Runtime, tmp_path: Path
) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(folder, bare)
    for name in ("vocab.json", "source.spm", "target.spm", "tokenizer_config.json"):
        (bare / name).unlink()
    with pytest.raises(MissingWeights, match="no tokenizer beside"):
        backend(bare, runtime).check()
    given = str(checkpoint("marian"))
    with backend(bare, runtime, tokenizer=given, beam_size=1) as ct2:
        assert texts(ct2.translate(SOURCES[:1])) == [GERMAN[0]]
        assert ct2.identity()["checkpoint"]["files"]
    options = CTranslate2.Options(model=str(bare), tokenizer=given)
    assert not CTranslate2.serves(options, EN_DE.reversed)
    with pytest.raises(RequestError, match="a folder has no revision"):
        backend(bare, runtime, tokenizer=given, revision="main").check()


def test_a_damaged_folder_is_named(folder: Path, runtime: Runtime, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    (copy / "model.bin").write_bytes(b"not a model")
    with pytest.raises(MissingWeights, match="CTranslate2 cannot load"), backend(copy, runtime):
        pass


# --- limits -----------------------------------------------------------------------------------


def test_nothing_is_cut_without_a_word(runtime: Runtime) -> None:
    long = Source(id="long", text=" ".join(ENGLISH * 10))
    with backend(checkpoint("marian"), runtime) as ct2:
        refused, *others = ct2.translate([long, *SOURCES])
        (alone,) = ct2.translate([long])
        assert others == ct2.translate(SOURCES)
    for found in (refused, alone):
        assert isinstance(found, SegmentError)
        assert "takes 512" in found.message
    with backend(checkpoint("marian"), runtime, truncate=True, max_new_tokens=5) as ct2:
        cut, short = ct2.translate([long, SOURCES[0]])
    assert isinstance(cut, Translation)
    assert isinstance(short, Translation)
    assert cut.kept["source_cut"]["limit"] == 512
    assert short.kept == {"output_cut": {"limit": 5}}
    with backend(checkpoint("marian"), runtime) as ct2:
        (whole,) = ct2.translate(SOURCES[:1])
    assert isinstance(whole, Translation)
    assert whole.kept == {}
