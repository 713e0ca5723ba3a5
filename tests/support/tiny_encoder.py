"""A real tiny checkpoint in the format of sentence-transformers, laid out as LaBSE is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
WORDS = ("the", "of", "and", "in", "il", "la", "die", "und", "das", "lighthouse", "faro", "1847")


def make_encoder(folder: Path, pooling: str = "cls_token", *, dense: bool = True) -> Path:
    """Writes a checkpoint with random weights, always the same ones.

    Args:
        folder: Where to.
        pooling: ``cls_token``, ``mean_tokens`` or ``max_tokens``.
        dense: Whether a dense layer with tanh stands behind the pooling, as in LaBSE.
    """
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *WORDS]
    vocabulary += [f"##{letter}" for letter in LETTERS]
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    BertTokenizerFast(str(folder / "vocab.txt"), model_max_length=64).save_pretrained(str(folder))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        config = BertConfig(
            vocab_size=len(vocabulary),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=64,
            max_position_embeddings=64,
            initializer_range=0.6,
        )
        model = BertModel(config, add_pooling_layer=False).eval()
        weight, bias = torch.randn(24, 32), torch.randn(24)
    model.save_pretrained(str(folder))
    kinds = ["Transformer", "Pooling", *(["Dense"] if dense else []), "Normalize"]
    modules = [
        {
            "idx": at,
            "name": str(at),
            "path": f"{at}_{kind}" if at else "",
            "type": f"sentence_transformers.models.{kind}",
        }
        for at, kind in enumerate(kinds)
    ]
    _json(folder / "modules.json", modules)
    _json(folder / "sentence_bert_config.json", {"max_seq_length": 48, "do_lower_case": False})
    for module in modules[1:]:
        (folder / str(module["path"])).mkdir(exist_ok=True)
    modes = ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens")
    _json(
        folder / "1_Pooling" / "config.json",
        {"word_embedding_dimension": 32, **{f"pooling_mode_{m}": m == pooling for m in modes}},
    )
    if dense:
        from safetensors.torch import save_file

        _json(
            folder / "2_Dense" / "config.json",
            {
                "in_features": 32,
                "out_features": 24,
                "bias": True,
                "activation_function": "torch.nn.modules.activation.Tanh",
            },
        )
        save_file(
            {"linear.weight": weight, "linear.bias": bias},
            str(folder / "2_Dense" / "model.safetensors"),
        )
    return folder


def _json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1), encoding="utf-8")
