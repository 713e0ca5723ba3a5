"""Tokenizers of encoders that come with a bare sentencepiece model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mtbench.errors import RequestError
from mtbench.metrics.comet.words import ROBERTA, Words
from tests.support.tiny_comet import SENTENCES

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder such as XLM-R was first published in: no tokenizer.json."""
    pieces = pytest.importorskip("sentencepiece")
    pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("bare")
    pieces.SentencePieceTrainer.train(
        sentence_iterator=iter([text for text, _ in SENTENCES]),
        model_prefix=str(folder / "sentencepiece.bpe"),
        vocab_size=200,
        model_type="unigram",
        minloglevel=2,
    )
    settings = {"tokenizer_class": "XLMRobertaTokenizer", "model_max_length": 512}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    (folder / "config.json").write_text(json.dumps({"model_type": "xlm-roberta"}))
    return folder


def test_a_bare_sentencepiece_model_is_read_or_said(bare: Path) -> None:
    """Sub-words are sentencepiece's own, moved by one for the mark that XLM-R has before them."""
    import sentencepiece

    try:
        words = Words(bare, ROBERTA, 514)
    except RequestError as error:
        # transformers converts such a file by a module that wants another release of protobuf.
        assert "its tokenizer cannot be read" in error.message
        assert "tokenizer.json" in str(error.hint)
        pytest.skip(f"said, not read: {error.why}")
    own = sentencepiece.SentencePieceProcessor(model_file=str(bare / "sentencepiece.bpe.model"))
    texts = [text for text, _ in SENTENCES]
    for text, ids in zip(texts, words.tokenize(texts).ids, strict=True):
        expected = [3 if one == own.unk_id() else one + 1 for one in own.encode(text)]
        assert list(ids) == [0, *expected, 2]
