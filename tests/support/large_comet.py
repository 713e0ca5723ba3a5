"""A COMET checkpoint of the shape of Unbabel/wmt22-comet-da, for measuring time and memory.

XLM-R large (24 layers of 1,024, a vocabulary of 250,002) and its head: 581 M parameters, 2.3 GB.
The weights are random, as those of the published one take a network; the tokenizer is trained on
the text that will be scored.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

SHAPES = {
    "large": {
        "vocab_size": 250002,
        "hidden_size": 1024,
        "num_hidden_layers": 24,
        "num_attention_heads": 16,
        "intermediate_size": 4096,
    },
    # To try a benchmark out: nothing follows from its times.
    "small": {
        "vocab_size": 8002,
        "hidden_size": 256,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "intermediate_size": 1024,
    },
}
VOCABULARY = 8000


def build_large(folder: Path, texts: Iterable[str], shape: str = "large") -> Path:
    """A regression checkpoint with random weights.

    Args:
        folder: Where to; made if it is not there.
        texts: What its tokenizer is trained on.
        shape: One of ``SHAPES``.

    Returns:
        The checkpoint file.
    """
    from mtbench.metrics.comet.quiet import quiet

    encoder = folder / "encoder"
    encoder.mkdir(parents=True, exist_ok=True)
    size = SHAPES[shape]
    with quiet():
        import torch
        import yaml
        from comet.models import RegressionMetric
        from transformers import XLMRobertaConfig

        _tokenizer(texts).save_pretrained(encoder)
        XLMRobertaConfig(
            **size, max_position_embeddings=514, type_vocab_size=1,
            layer_norm_eps=1e-5, pad_token_id=1, bos_token_id=0, eos_token_id=2,
        ).save_pretrained(encoder)  # fmt: skip
        torch.manual_seed(0)
        model = RegressionMetric(
            encoder_model="XLM-RoBERTa", pretrained_model=str(encoder), layer="mix", pool="avg",
            layer_transformation="sparsemax", layer_norm=False, activations="Tanh", dropout=0.1,
            hidden_sizes=[3 * size["hidden_size"], size["hidden_size"]],
            load_pretrained_weights=False, local_files_only=True,
        )  # fmt: skip
    hparams = json.loads(json.dumps({**model.hparams, "class_identifier": "regression_metric"}))
    file = folder / "checkpoints" / "model.ckpt"
    file.parent.mkdir(exist_ok=True)
    (folder / "hparams.yaml").write_text(yaml.safe_dump(hparams))
    torch.save(
        {
            "state_dict": model.state_dict(),
            "hyper_parameters": hparams,
            "epoch": 0,
            "global_step": 0,
            "pytorch-lightning_version": "2.6.0",
        },
        file,
    )
    return file


def _tokenizer(texts: Iterable[str]) -> Any:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from tokenizers.trainers import UnigramTrainer
    from transformers import XLMRobertaTokenizerFast

    words = Tokenizer(models.Unigram())
    words.normalizer = normalizers.NFKC()
    words.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    trainer = UnigramTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        unk_token="<unk>",  # noqa: S106 - a token of the vocabulary
        show_progress=False,
    )
    words.train_from_iterator(texts, trainer)
    words.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return XLMRobertaTokenizerFast(tokenizer_object=words, model_max_length=512)
