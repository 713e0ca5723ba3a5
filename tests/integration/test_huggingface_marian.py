"""``hf`` on a real, tiny MarianMT checkpoint, held against transformers called plainly."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from mtbench.backends.huggingface import HuggingFace
from mtbench.backends.seq2seq import Seq2Seq
from mtbench.backends.tokenization import Encoded
from mtbench.checkpoints.tokenization import quiet
from mtbench.errors import DataError, MissingWeights, RequestError, SegmentError, Unavailable
from mtbench.languages import LanguagePair
from mtbench.plugins import make_backend, parse_options
from mtbench.types import Runtime, Source, Translation
from tests.support.checkpoints import checkpoint
from tests.support.sources import texts
from tests.support.tiny_marian import ENGLISH, GERMAN

EN_DE = LanguagePair.parse("en-de")
UNSEEN = (
    "Rain.",
    "The bank in Turin voted on Tuesday.",
    "A river of steel; a valley of bamboo: 3.5 % of all bicycles (see page 10).",
    "Nobody asked the editor who wrote the new rules after the rain, and nobody answered.",
)
SOURCES = tuple(Source(id=f"s{i}", text=text) for i, text in enumerate(ENGLISH + UNSEEN))


@pytest.fixture(scope="module")
def marian() -> Path:
    return checkpoint("marian")


@pytest.fixture
def runtime(tmp_path: Path) -> Runtime:
    return Runtime(device="cpu", cache=str(tmp_path / "cache"))


def backend(
    model: Path | str, runtime: Runtime, pair: str = "en-de", **options: Any
) -> HuggingFace:
    made = make_backend("hf", {"model": str(model), **options}, LanguagePair.parse(pair), runtime)
    assert isinstance(made, HuggingFace)
    return made


@pytest.fixture(scope="module")
def plain(marian: Path) -> Iterator[Any]:
    """What a user would write: tokenizer, one generate a text, decode."""
    from transformers import MarianMTModel, MarianTokenizer

    with quiet():
        tokenizer = MarianTokenizer.from_pretrained(marian)
        model = MarianMTModel.from_pretrained(marian).eval()

    def translate(text: str, **settings: Any) -> str:
        rows = tokenizer(text, return_tensors="pt")
        made = model.generate(**rows, **settings)
        return str(tokenizer.decode(made[0], skip_special_tokens=True))

    yield translate


@pytest.mark.parametrize("beam", [1, 4])
def test_translates_as_transformers_does(
    marian: Path, runtime: Runtime, plain: Any, beam: int
) -> None:
    with backend(marian, runtime, beam_size=beam, max_new_tokens=80) as hf:
        found = texts(hf.translate(SOURCES))
    assert found == [plain(s.text, num_beams=beam, max_new_tokens=80) for s in SOURCES]
    assert found[0] == GERMAN[0]
    assert len(set(found)) > len(ENGLISH)


def test_an_output_does_not_depend_on_its_batch(marian: Path, runtime: Runtime) -> None:
    with backend(marian, runtime, max_new_tokens=80) as hf:
        together = texts(hf.translate(SOURCES))
        alone = [texts(hf.translate([source]))[0] for source in SOURCES]
        backwards = texts(hf.translate(SOURCES[::-1]))[::-1]
    assert together == alone == backwards
    small = runtime.model_copy(update={"batch_size": 2})
    with backend(marian, small, max_new_tokens=80) as hf:
        assert texts(hf.translate(SOURCES)) == together


def test_options_of_the_search_reach_it(marian: Path, runtime: Runtime, plain: Any) -> None:
    options: dict[str, Any] = {
        "no_repeat_ngram_size": 2,
        "repetition_penalty": 1.3,
        "length_penalty": 0.2,
    }
    with backend(marian, runtime, beam_size=3, max_new_tokens=60, **options) as hf:
        found = texts(hf.translate(SOURCES))
    expected = [plain(s.text, num_beams=3, max_new_tokens=60, **options) for s in SOURCES]
    assert found == expected
    with backend(marian, runtime, beam_size=3, max_new_tokens=60) as hf:
        assert texts(hf.translate(SOURCES)) != expected


def test_a_cut_output_is_marked(marian: Path, runtime: Runtime) -> None:
    with backend(marian, runtime, beam_size=1, max_new_tokens=5) as hf:
        (answer,) = hf.translate(SOURCES[:1])
    assert isinstance(answer, Translation)
    assert answer.kept == {"output_cut": {"limit": 5}}
    assert GERMAN[0].startswith(answer.text[:10])


def test_a_long_source_is_refused_unless_cutting_is_asked_for(
    marian: Path, runtime: Runtime
) -> None:
    long = Source(id="long", text=" ".join(ENGLISH * 10))
    with backend(marian, runtime, beam_size=1, max_new_tokens=5) as hf:
        refused, *others = hf.translate([long, *SOURCES[:2]])
        assert others == hf.translate(SOURCES[:2])
    assert isinstance(refused, SegmentError)
    assert "sub-words long" in refused.message
    assert "takes 512" in refused.message
    with backend(marian, runtime, beam_size=1, max_new_tokens=5, truncate=True) as hf:
        (answer,) = hf.translate([long])
    assert isinstance(answer, Translation)
    assert answer.kept["source_cut"]["limit"] == 512
    assert answer.kept["source_cut"]["sub_words"] > 512


def test_control_tokens_in_a_text_are_text(marian: Path, runtime: Runtime) -> None:
    hostile = Source(id="x", text="The bank </s> <pad> voted.")
    with backend(marian, runtime, beam_size=1, max_new_tokens=20) as hf:
        assert isinstance(hf._engine, Seq2Seq)
        (encoded,) = hf._engine.tokenizer.encode([hostile.text], 512, truncate=False)
        eos = hf._engine.tokenizer.inner.eos_token_id
        pad = hf._engine.tokenizer.inner.pad_token_id
    assert isinstance(encoded, Encoded)
    assert encoded.ids.count(eos) == 1
    assert encoded.ids[-1] == eos
    assert pad not in encoded.ids


def test_a_text_that_begins_like_a_code_is_text(marian: Path, runtime: Runtime) -> None:
    with backend(marian, runtime) as hf:
        assert isinstance(hf._engine, Seq2Seq)
        encode = hf._engine.tokenizer.encode
        (marked,) = encode([">>fra<< The bank"], 512, truncate=False)
        (plain,) = encode(["fra The bank"], 512, truncate=False)
    assert isinstance(marked, Encoded)
    assert isinstance(plain, Encoded)
    assert len(marked.ids) > len(plain.ids)


def test_sampling_draws_by_the_seed(marian: Path, runtime: Runtime) -> None:
    import torch

    def drawn(seed: int, batch: Sequence[Source]) -> list[str]:
        given = runtime.model_copy(update={"seed": seed})
        with backend(marian, given, temperature=1.5, top_k=50, max_new_tokens=30) as hf:
            assert not hf.deterministic
            assert hf.batching == "document"
            return texts(hf.translate(batch))

    torch.manual_seed(7)
    before = torch.rand(1).item()
    torch.manual_seed(7)
    first = drawn(0, SOURCES[5:8])
    assert torch.rand(1).item() == before, "the global generator is left as it was"
    assert first == drawn(0, SOURCES[5:8])
    assert first != drawn(1, SOURCES[5:8])


def test_half_precision_fixes_its_batches(marian: Path, runtime: Runtime) -> None:
    with backend(marian, runtime, dtype="bfloat16", beam_size=1, max_new_tokens=20) as hf:
        assert hf.batching == "document"
        assert hf.provenance()["dtype"] == "bfloat16"
        assert len(hf.translate(SOURCES[:2])) == 2


def test_what_is_recorded(marian: Path, runtime: Runtime) -> None:
    hf = backend(marian, runtime)
    hf.check()
    assert hf.notes() == ()
    identity = hf.identity()
    assert identity["decoding"]["beam_size"] == 4
    with hf:
        record = hf.provenance()
    assert record["weights"] == identity["weights"]
    assert record["tokenizer"] == "MarianTokenizer"
    assert record["architecture"] == "MarianMTModel"
    assert record["decoding"]["max_new_tokens"] == 511
    assert {"torch", "transformers"} <= set(record["versions"])
    json.dumps(record)


def test_the_identity_follows_the_files(marian: Path, runtime: Runtime, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(marian, copy)
    (copy / "README.md").write_text("of no consequence")
    same = backend(copy, runtime).identity()["weights"]
    assert same == backend(marian, runtime).identity()["weights"]
    settings = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**settings, "scale_embedding": False}))
    assert backend(copy, runtime).identity()["weights"] != same


# --- directions -------------------------------------------------------------------------------


def test_a_wrong_direction_is_refused_before_work(marian: Path, runtime: Runtime) -> None:
    with pytest.raises(RequestError, match="does not translate en-fr"):
        backend(marian, runtime, pair="en-fr").check()
    options = parse_options(HuggingFace.Options, {"model": str(marian)}, "test")
    assert HuggingFace.serves(options, EN_DE)
    assert HuggingFace.serves(options, LanguagePair.parse("en-de-CH"))
    assert not HuggingFace.serves(options, LanguagePair.parse("de-en"))


@pytest.mark.parametrize(
    ("name", "pair", "served"),
    [
        ("Helsinki-NLP/opus-mt-en-de", "en-de", True),
        ("Helsinki-NLP/opus-mt-en-de", "en-it", False),
        ("Helsinki-NLP/opus-mt-tc-big-en-it", "en-it", True),
        ("Helsinki-NLP/opus-mt-tc-big-en-it", "en-fr", False),
        ("Helsinki-NLP/opus-mt-en-ROMANCE", "en-fr", True),
        ("Helsinki-NLP/opus-mt-gmw-gmw", "en-de", True),
        ("facebook/nllb-200-distilled-600M", "en-it", True),
    ],
)
def test_a_name_alone_may_say_the_direction(name: str, pair: str, served: bool) -> None:
    options = parse_options(HuggingFace.Options, {"model": name}, "test")
    assert HuggingFace.serves(options, LanguagePair.parse(pair)) is served


def test_several_targets_go_by_a_marker(runtime: Runtime) -> None:
    folder = checkpoint("marian-multi")
    with backend(folder, runtime, beam_size=1, max_new_tokens=80) as hf:
        record = hf.provenance()
        assert texts(hf.translate(SOURCES[:1])) == [GERMAN[0]]
        assert isinstance(hf._engine, Seq2Seq)
        (encoded,) = hf._engine.tokenizer.encode(["Rain."], 512, truncate=False)
        marker = hf._engine.tokenizer.inner.convert_tokens_to_ids(">>deu<<")
    assert record["prefix"] == ">>deu<< "
    assert isinstance(encoded, Encoded)
    assert encoded.ids[0] == marker
    french = backend(folder, runtime, pair="en-fr")
    french.check()
    assert french._direction is not None
    assert french._direction.prefix == ">>fra<< "
    brazilian = backend(folder, runtime, pair="en-pt-BR")
    brazilian.check()
    assert brazilian._direction is not None
    assert brazilian._direction.prefix == ">>pob<< "
    with pytest.raises(RequestError, match="does not know the language 'it'"):
        backend(folder, runtime, pair="en-it").check()
    with pytest.raises(RequestError, match="no language code 'ita'"):
        backend(folder, runtime, target_code="ita").check()


# --- weights that are not there, or not whole -----------------------------------------------------


def test_pickled_weights_are_read_as_tensors_alone(runtime: Runtime, tmp_path: Path) -> None:
    folder = checkpoint("marian-pickled")
    assert not (folder / "model.safetensors").exists()
    with backend(folder, runtime, beam_size=1, max_new_tokens=5) as hf:
        assert len(hf.translate(SOURCES[:1])) == 1
    copy = tmp_path / "hostile"
    shutil.copytree(folder, copy)
    import torch

    mark = tmp_path / "mark"

    class Hostile:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (mark,))

    torch.save({"model.shared.weight": Hostile()}, copy / "pytorch_model.bin")
    hf = backend(copy, runtime)
    hf.check()
    with pytest.raises(MissingWeights, match="weights cannot be loaded"), hf:
        pass
    assert not mark.exists()


def test_damaged_and_missing_files_are_named(
    marian: Path, runtime: Runtime, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(MissingWeights, match=r"no config\.json"):
        backend(empty, runtime).check()
    copy = tmp_path / "copy"
    shutil.copytree(marian, copy)
    (copy / "model.safetensors").unlink()
    with pytest.raises(MissingWeights, match="no weights"):
        backend(copy, runtime).check()
    (copy / "target.spm").rename(copy / "elsewhere.spm")
    with pytest.raises(MissingWeights, match=r"target\.spm is missing"):
        backend(copy, runtime).check()
    (copy / "elsewhere.spm").rename(copy / "target.spm")
    (copy / "model.safetensors").write_bytes(b"not safetensors")
    hf = backend(copy, runtime)
    hf.check()
    with pytest.raises(MissingWeights, match="cannot be loaded"), hf:
        pass
    (copy / "config.json").write_text("{")
    with pytest.raises(DataError, match=r"config\.json: not JSON"):
        backend(copy, runtime).check()


def test_weights_that_would_be_filled_at_random_are_refused(
    marian: Path, runtime: Runtime, tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    copy = tmp_path / "copy"
    shutil.copytree(marian, copy)
    weights = load_file(copy / "model.safetensors")
    del weights["model.encoder.layers.0.fc1.weight"]
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(MissingWeights, match="1 weights are missing"), backend(copy, runtime):
        pass


def test_no_such_folder_and_no_such_device(marian: Path, runtime: Runtime, tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match="no such folder"):
        backend(tmp_path / "nowhere", runtime).check()
    import torch

    if not torch.cuda.is_available():
        elsewhere = runtime.model_copy(update={"device": "cuda"})
        with pytest.raises(Unavailable, match="no device 'cuda'"):
            backend(marian, elsewhere).check()


@pytest.mark.parametrize(
    ("options", "defect"),
    [
        ({"top_p": 0.9}, "temperature above 0"),
        ({"temperature": 0.7, "beam_size": 4}, "beam_size = 1"),
        ({"beam_size": 0}, "beam_size"),
        ({"trust_remote_code": True}, "there is no such option"),
    ],
)
def test_options_that_cannot_be(options: dict[str, Any], defect: str, runtime: Runtime) -> None:
    with pytest.raises(RequestError, match=defect):
        backend("any", runtime, **options)


def test_outputs_longer_than_the_decoder_are_refused(marian: Path, runtime: Runtime) -> None:
    with pytest.raises(RequestError, match="the model can make 511"):
        backend(marian, runtime, max_new_tokens=512).check()
    with pytest.raises(RequestError, match="max_input_tokens is 600"):
        backend(marian, runtime, max_input_tokens=600).__enter__()


def test_inline_targets() -> None:
    assert HuggingFace.from_target("a/b") == {"model": "a/b"}
    assert HuggingFace.from_target("a/b@v1") == {"model": "a/b", "revision": "v1"}
    for wrong in ("", "@main", "a/b@"):
        with pytest.raises(RequestError):
            HuggingFace.from_target(wrong)
