"""A real MetricX checkpoint, tiny but for mT5's whole vocabulary, with random weights.

It is laid out as the published ones are: no tokenizer in the checkpoint's folder, mT5's in one
beside it, of which only ``spiece.model`` is there.
"""

from __future__ import annotations

from pathlib import Path

from mtbench.checkpoints.tokenization import quiet
from mtbench.metrics.metricx import SCORE_ID
from tests.support.tiny_marian import ENGLISH, GERMAN, train_sentencepiece

WORDS = 250_112
LABELS = ("source: a candidate: b reference: c",)


def make_metricx(folder: Path) -> Path:
    """Makes ``folder/checkpoint`` and ``folder/mt5``; gives the former."""
    import torch
    from transformers import MT5Config, MT5ForConditionalGeneration

    checkpoint, tokenizer = folder / "checkpoint", folder / "mt5"
    for one in (checkpoint, tokenizer):
        one.mkdir(parents=True)
    train_sentencepiece(
        ENGLISH + GERMAN + LABELS, tokenizer / "spiece.model", 320,
        pad_id=0, eos_id=1, unk_id=2, bos_id=-1, byte_fallback=False,
    )  # fmt: skip
    torch.manual_seed(0)
    model = MT5ForConditionalGeneration(
        MT5Config(
            vocab_size=WORDS, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_decoder_layers=2,
            num_heads=4, dropout_rate=0.0, feed_forward_proj="gated-gelu",
            tie_word_embeddings=False, decoder_start_token_id=0,
        )
    ).eval()  # fmt: skip
    with torch.no_grad():
        step = model(
            input_ids=torch.tensor([[5, 6, 7, 8]]),
            decoder_input_ids=torch.tensor([[0]]),
            output_hidden_states=True,
        ).decoder_hidden_states[-1][0, 0]
        # Scores around the middle of the scale, where nothing is clamped.
        model.lm_head.weight[SCORE_ID] = 12.5 * step / step.dot(step)
    with quiet():
        model.save_pretrained(checkpoint)
    (tokenizer / "config.json").write_text('{"model_type": "mt5"}', encoding="utf-8")
    return checkpoint
