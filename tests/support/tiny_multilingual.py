"""Real tiny checkpoints of the multilingual families, laid out as the published ones are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mtbench.checkpoints.tokenization import quiet
from tests.support.tiny_marian import ENGLISH, GERMAN, teach, train_sentencepiece

_SIZES: dict[str, Any] = {
    "d_model": 64,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 128,
    "decoder_ffn_dim": 128,
    "max_position_embeddings": 256,
    "dropout": 0.0,
    "attention_dropout": 0.0,
    "activation_dropout": 0.0,
}
_FAIRSEQ = {"unk_id": 0, "bos_id": 1, "eos_id": 2, "pad_id": -1}


def make_nllb(folder: Path, *, steps: int = 60, published_layout: bool = True) -> Path:
    """NLLB: codes such as ``eng_Latn`` before the source, the first output token forced.

    Args:
        folder: Where to.
        steps: Training steps.
        published_layout: Whether its files list the codes, as those of the published models do.
    """
    from transformers import M2M100Config, M2M100ForConditionalGeneration, NllbTokenizer

    folder.mkdir(parents=True, exist_ok=True)
    spm = folder / "sentencepiece.bpe.model"
    train_sentencepiece(ENGLISH + GERMAN, spm, 260, **_FAIRSEQ)
    tokenizer = NllbTokenizer(str(spm), src_lang="eng_Latn", tgt_lang="deu_Latn")
    model = _seeded(
        M2M100ForConditionalGeneration,
        M2M100Config(
            vocab_size=len(tokenizer),
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            decoder_start_token_id=tokenizer.eos_token_id,
            encoder_layerdrop=0.0,
            decoder_layerdrop=0.0,
            scale_embedding=True,
            **_SIZES,
        ),
    )
    _save(folder, model, tokenizer, steps)
    if not published_layout:
        _forget(folder, "additional_special_tokens", "added_tokens_decoder")
    return folder


def make_m2m100(folder: Path, *, steps: int = 60, published_layout: bool = True) -> Path:
    """M2M100: codes such as ``__en__``; see ``make_nllb``."""
    from transformers import M2M100Config, M2M100ForConditionalGeneration, M2M100Tokenizer
    from transformers.models.m2m_100.tokenization_m2m_100 import (
        FAIRSEQ_LANGUAGE_CODES as M2M100_CODES,
    )

    folder.mkdir(parents=True, exist_ok=True)
    spm = folder / "sentencepiece.bpe.model"
    pieces = train_sentencepiece(ENGLISH + GERMAN, spm, 260, **_FAIRSEQ)
    words = ["<s>", "<pad>", "</s>", "<unk>", *pieces[3:]]
    vocabulary = folder / "vocab.json"
    vocabulary.write_text(json.dumps({word: i for i, word in enumerate(words)}), "utf-8")
    codes: dict[str, Any] = {
        "additional_special_tokens": [f"__{code}__" for code in M2M100_CODES["m2m100"]]
    }
    tokenizer = M2M100Tokenizer(
        str(vocabulary),
        str(spm),
        src_lang="en",
        tgt_lang="de",
        **(codes if published_layout else {}),
    )
    model = _seeded(
        M2M100ForConditionalGeneration,
        M2M100Config(
            vocab_size=max(tokenizer.lang_code_to_id.values()) + 9,
            pad_token_id=1,
            bos_token_id=0,
            eos_token_id=2,
            decoder_start_token_id=2,
            encoder_layerdrop=0.0,
            decoder_layerdrop=0.0,
            **_SIZES,
        ),
    )
    return _save(folder, model, tokenizer, steps)


def make_mbart(folder: Path, *, fifty: bool, steps: int = 60) -> Path:
    """MBart (the decoder starts with the code) or mBART-50 (the first token is forced)."""
    from transformers import (
        MBart50Tokenizer,
        MBartConfig,
        MBartForConditionalGeneration,
        MBartTokenizer,
    )

    folder.mkdir(parents=True, exist_ok=True)
    spm = folder / "sentencepiece.bpe.model"
    train_sentencepiece(ENGLISH + GERMAN, spm, 260, **_FAIRSEQ)
    kind = MBart50Tokenizer if fifty else MBartTokenizer
    tokenizer = kind(str(spm), src_lang="en_XX", tgt_lang="de_DE")
    model = _seeded(
        MBartForConditionalGeneration,
        MBartConfig(
            vocab_size=len(tokenizer),
            pad_token_id=1,
            bos_token_id=0,
            eos_token_id=2,
            decoder_start_token_id=2 if fifty else tokenizer.convert_tokens_to_ids("ro_RO"),
            forced_eos_token_id=2,
            scale_embedding=True,
            add_final_layer_norm=True,
            **_SIZES,
        ),
    )
    return _save(folder, model, tokenizer, steps)


def make_t5(folder: Path, *, madlad: bool, steps: int = 60) -> Path:
    """T5 with ``translate English to German: ``, or MADLAD with ``<2de>`` before the source."""
    from transformers import T5Config, T5ForConditionalGeneration, T5Tokenizer

    folder.mkdir(parents=True, exist_ok=True)
    spm = folder / "spiece.model"
    symbols = {"user_defined_symbols": ["<2de>", "<2fr>", "<2zh_Hant>"]} if madlad else {}
    prefix = "<2de> " if madlad else "translate English to German: "
    train_sentencepiece(
        (*ENGLISH, *GERMAN, prefix), spm, 260, pad_id=0, eos_id=1, unk_id=2, bos_id=-1, **symbols
    )
    tokenizer = T5Tokenizer(str(spm), extra_ids=0, legacy=True, model_max_length=512)
    tasks = {} if madlad else {"translation_en_to_de": {"prefix": prefix}}
    model = _seeded(
        T5ForConditionalGeneration,
        T5Config(
            vocab_size=len(tokenizer),
            d_model=64,
            d_kv=16,
            d_ff=128,
            num_layers=2,
            num_decoder_layers=2,
            num_heads=4,
            dropout_rate=0.0,
            feed_forward_proj="gated-gelu" if madlad else "relu",
            tie_word_embeddings=not madlad,
            decoder_start_token_id=0,
            pad_token_id=0,
            eos_token_id=1,
            task_specific_params=tasks,
        ),
    )
    return _save(folder, model, tokenizer, steps, prefix)


def _seeded(kind: Any, config: Any) -> Any:
    import torch

    torch.manual_seed(0)
    return kind(config).eval()


def _save(folder: Path, model: Any, tokenizer: Any, steps: int, prefix: str = "") -> Path:
    if steps:
        teach(model, tokenizer, [prefix] * len(ENGLISH), steps)
    with quiet():
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    return folder


def _forget(folder: Path, *keys: str) -> None:
    for name in ("tokenizer_config.json", "special_tokens_map.json"):
        found = json.loads((folder / name).read_text("utf-8"))
        kept = {key: value for key, value in found.items() if key not in keys}
        (folder / name).write_text(json.dumps(kept), "utf-8")
    (folder / "added_tokens.json").unlink(missing_ok=True)
