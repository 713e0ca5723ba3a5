"""A real MarianMT checkpoint with random weights, a few hundred kilobytes, made without a network.

Run as a script to make one in a folder::

    python -m tests.support.tiny_marian FOLDER [--targets fra ita] [--base]

``--base`` gives the shape of opus-mt-base (six layers, 512 dimensions, 58,101 sub-words).
"""

from __future__ import annotations

import argparse
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtbench.checkpoints.tokenization import quiet

ENGLISH = (
    "The weather was mild in the valley, and the river ran high after the rain.",
    "Prices rose by 3.5 % in March; the bank had expected 2.9 %.",
    "“Who wrote this?” asked the editor. Nobody answered.",
    "The committee meets on Tuesday at 10:15 a.m. to vote on the new rules (see page 7).",
    "A small company from Turin builds bicycles out of bamboo & recycled steel.",
)
GERMAN = (
    "Das Wetter im Tal war mild, und der Fluss führte nach dem Regen viel Wasser.",
    "Die Preise stiegen im März um 3,5 %; die Bank hatte 2,9 % erwartet.",
    "„Wer hat das geschrieben?“, fragte die Redakteurin. Niemand antwortete.",
    "Der Ausschuss tagt am Dienstag um 10.15 Uhr und stimmt über die neuen Regeln ab (siehe S. 7).",
    "Eine kleine Firma aus Turin baut Fahrräder aus Bambus & wiederverwertetem Stahl.",
)


@dataclass(frozen=True)
class Shape:
    """Size of a model."""

    width: int = 64
    feed_forward: int = 128
    layers: int = 2
    heads: int = 4
    vocabulary: int = 400


BASE = Shape(width=512, feed_forward=2048, layers=6, heads=8, vocabulary=58101)


def train_sentencepiece(lines: tuple[str, ...], path: Path, size: int, **more: Any) -> list[str]:
    """Trains a sub-word model on a few lines, writes it, and gives its pieces in id order."""
    import sentencepiece

    buffer = io.BytesIO()
    settings: dict[str, Any] = {
        "model_type": "unigram",
        "hard_vocab_limit": False,
        "character_coverage": 1.0,
        "minloglevel": 2,
        **more,
    }
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines * max(1, 200 // len(lines))),
        model_writer=buffer,
        vocab_size=size,
        **settings,
    )
    path.write_bytes(buffer.getvalue())
    model = sentencepiece.SentencePieceProcessor(model_file=str(path))
    return [model.id_to_piece(i) for i in range(model.get_piece_size())]


def make_marian(
    folder: Path,
    *,
    shape: Shape = Shape(),
    source: str = "en",
    target: str = "de",
    targets: tuple[str, ...] = (),
    seed: int = 0,
    steps: int = 120,
    pickled: bool = False,
    moved_padding: bool = False,
    lines: tuple[tuple[str, ...], tuple[str, ...]] = (ENGLISH, GERMAN),
    pieces_a_side: int = 180,
) -> Path:
    """Writes a checkpoint as the converted OPUS-MT models are laid out.

    Args:
        folder: Where to.
        shape: Its size.
        source: Source language in its files.
        target: Target language in its files.
        targets: Codes of a model with several targets (``fra`` → ``>>fra<<``).
        seed: Of its weights.
        steps: Training steps on the five sentences.
        pickled: Weights as ``pytorch_model.bin`` in place of safetensors.
        moved_padding: Whether training moves the row that the decoder starts from, which is zero
            in the published models.
        lines: Source and target text that the sub-words are trained on.
        pieces_a_side: Sub-words a side; the vocabulary is filled up with words that no text has.
    """
    import torch
    from transformers import GenerationConfig, MarianMTModel, MarianTokenizer

    folder.mkdir(parents=True, exist_ok=True)
    markers = [f">>{code}<<" for code in targets]
    pieces = ["</s>", "<unk>", *markers]
    for name, side in zip(("source.spm", "target.spm"), lines, strict=True):
        trained = train_sentencepiece(
            side, folder / name, pieces_a_side, bos_id=-1, pad_id=-1, eos_id=0, unk_id=1
        )
        seen = set(pieces)
        pieces += [piece for piece in trained if piece not in seen]
    pieces += [f"▁filler{i}" for i in range(shape.vocabulary - 1 - len(pieces))]
    pieces.append("<pad>")  # OPUS-MT has it last
    pad = len(pieces) - 1
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), "utf-8")
    settings = {"source_lang": source, "target_lang": target, "model_max_length": 512}
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "MarianTokenizer", **settings})
    )
    torch.manual_seed(seed)
    model = MarianMTModel(_config(shape, len(pieces), pad)).eval()
    model.generation_config = GenerationConfig(
        pad_token_id=pad,
        eos_token_id=0,
        decoder_start_token_id=pad,
        forced_eos_token_id=0,
        bad_words_ids=[[pad]],
        max_length=512,
        num_beams=4,
    )
    if steps:
        with quiet():
            tokenizer = MarianTokenizer.from_pretrained(folder, local_files_only=True)
        teach(
            model,
            tokenizer,
            [markers[0] + " " if markers else ""] * len(ENGLISH),
            steps,
            None if moved_padding else pad,
        )
    model.save_pretrained(folder, safe_serialization=not pickled)
    return folder


def _config(shape: Shape, words: int, pad: int) -> Any:
    from transformers import MarianConfig

    return MarianConfig(
        vocab_size=words,
        d_model=shape.width,
        encoder_layers=shape.layers,
        decoder_layers=shape.layers,
        encoder_attention_heads=shape.heads,
        decoder_attention_heads=shape.heads,
        encoder_ffn_dim=shape.feed_forward,
        decoder_ffn_dim=shape.feed_forward,
        max_position_embeddings=512,
        activation_function="swish",
        scale_embedding=True,
        static_position_embeddings=True,
        share_encoder_decoder_embeddings=True,
        pad_token_id=pad,
        eos_token_id=0,
        bos_token_id=0,
        decoder_start_token_id=pad,
        forced_eos_token_id=0,
    )


def teach(
    model: Any, tokenizer: Any, prefixes: list[str], steps: int, still: int | None = None
) -> None:
    """Overfits a model to the five sentences, so that its outputs follow from its inputs.

    Args:
        model: To be trained, in place.
        tokenizer: Its tokenizer, set to the direction.
        prefixes: Text before each source.
        steps: Training steps.
        still: A row of the embeddings that stays zero.
    """
    import torch

    rows = tokenizer(
        [prefix + text for prefix, text in zip(prefixes, ENGLISH, strict=True)],
        text_target=list(GERMAN),
        padding=True,
        return_tensors="pt",
    )
    rows["labels"][rows["labels"] == tokenizer.pad_token_id] = -100
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(steps):
        optimizer.zero_grad()
        model(**rows).loss.backward()
        optimizer.step()
        if still is not None:
            model.get_input_embeddings().weight.data[still] = 0.0
    model.eval()


def main() -> None:
    """Makes one from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--targets", nargs="*", default=())
    parser.add_argument("--base", action="store_true")
    given = parser.parse_args()
    make_marian(
        given.folder,
        shape=BASE if given.base else Shape(),
        steps=0 if given.base else 120,
        targets=tuple(given.targets),
    )


if __name__ == "__main__":
    main()
