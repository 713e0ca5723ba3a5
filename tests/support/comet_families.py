"""Tiny encoders of every family that COMET knows beside XLM-R, each with its own tokenizer."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.support import tiny_comet as tiny

# What a checkpoint is called (``KIND+FAMILY``) → COMET's name for its encoder.
FAMILIES = {
    "bert": "BERT",
    "rembert": "RemBERT",
    "minilm": "MiniLM",
    "xl": "XLM-RoBERTa-XL",
    "infoxlm": "XLM-RoBERTa",  # microsoft/infoxlm-large, of CometKiwi: 24 layers of XLM-R's kind
}


def build(folder: Path, kind: str, *, seed: int = 3) -> Path:
    """A checkpoint such as ``regression+rembert``; see ``tiny_comet.build``."""
    family = kind.partition("+")[2]
    place = folder / family
    if not (place / "encoder" / "config.json").is_file():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _encoder(place / "encoder", family, seed)
    given = {"": {}, family: {"encoder_model": FAMILIES[family]}}
    with patch.dict(tiny.VARIANTS, given), words_from(place / "encoder"):
        return tiny.build(place, kind, seed=seed)


@contextmanager
def words_from(encoder: Path) -> Iterator[None]:
    """Has the library's MiniLM take its tokenizer from a folder instead of the hub."""
    import comet.encoders.minilm as minilm

    kind = minilm.XLMRobertaTokenizerFast

    class Here:
        @staticmethod
        def from_pretrained(_: str, **options: Any) -> Any:
            return kind.from_pretrained(str(encoder), **options)

    with patch.object(minilm, "XLMRobertaTokenizerFast", Here):
        yield


def _encoder(folder: Path, family: str, seed: int) -> None:
    import torch
    import transformers

    folder.mkdir(parents=True, exist_ok=True)
    size = {"bert": _bert_words, "rembert": _rembert_words}.get(family, _xlmr_words)(folder)
    roberta = {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2}
    settings: dict[str, Any] = {
        "vocab_size": size,
        "hidden_size": tiny.HIDDEN,
        "num_hidden_layers": tiny.LAYERS,
        "num_attention_heads": 4,
        "intermediate_size": 4 * tiny.HIDDEN,
        "max_position_embeddings": 514,
        "type_vocab_size": 2 if family in ("bert", "rembert", "minilm") else 1,
        "initializer_range": 0.2,
    }
    if family in ("minilm", "xl", "infoxlm"):
        settings |= roberta
    if family == "infoxlm":  # as its published configuration has it
        settings |= {"output_past": True, "layer_norm_eps": 1e-5}
    if family == "rembert":
        settings |= {"input_embedding_size": 32, "output_embedding_size": 32}
    name = {
        "bert": "Bert",
        "rembert": "RemBert",
        "minilm": "Bert",
        "xl": "XLMRobertaXL",
        "infoxlm": "XLMRoberta",
    }[family]
    torch.manual_seed(seed)
    config = getattr(transformers, f"{name}Config")(**settings)
    getattr(transformers, f"{name}Model")(config).save_pretrained(folder)


def _texts() -> list[str]:
    return [text for text, _ in tiny.SENTENCES] + tiny._bundled()


def _xlmr_words(folder: Path) -> int:
    tiny.build_encoder(folder, 1)
    for weights in folder.glob("*.safetensors"):
        weights.unlink()
    return 2000


def _bert_words(folder: Path) -> int:
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertTokenizerFast

    words = BertWordPieceTokenizer(lowercase=False)
    words.train_from_iterator(_texts(), vocab_size=1500, show_progress=False)
    words.save_model(str(folder))
    vocabulary = str(folder / "vocab.txt")
    BertTokenizerFast(vocab_file=vocabulary, do_lower_case=False).save_pretrained(folder)
    return int(words.get_vocab_size())


def _rembert_words(folder: Path) -> int:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from tokenizers.trainers import UnigramTrainer
    from transformers import RemBertTokenizerFast

    special = ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"]
    words = Tokenizer(models.Unigram())
    words.normalizer = normalizers.NFKC()
    words.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    trainer = UnigramTrainer(
        vocab_size=1500,
        special_tokens=special,
        unk_token="<unk>",  # noqa: S106 - a token of the vocabulary
        show_progress=False,
    )
    words.train_from_iterator(_texts(), trainer)
    words.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    RemBertTokenizerFast(tokenizer_object=words).save_pretrained(folder)
    return int(words.get_vocab_size())
