"""Tiny but real COMET checkpoints of every class, made without a network.

Each is built by the library's own class, with an XLM-R of two layers and a tokenizer trained on
the sentences below, and saved as Lightning saves it. The weights are random, wide enough for
scores to differ between segments.
"""

from __future__ import annotations

import itertools
import json
import os
import warnings
from pathlib import Path
from typing import Any

HIDDEN = 64
LAYERS = 2

SENTENCES = (
    ("The bridge was closed for repairs until the end of March.", "en"),
    ("Die Brücke war bis Ende März wegen Reparaturen gesperrt.", "de"),
    ("Le pont est resté fermé pour travaux jusqu'à la fin du mois de mars.", "fr"),
    ("Il ponte è rimasto chiuso per lavori fino alla fine di marzo.", "it"),
    ("Prices rose by 3.4 percent last year, said the central bank.", "en"),
    ("Die Preise stiegen im vergangenen Jahr um 3,4 Prozent, teilte die Zentralbank mit.", "de"),
    ("Les prix ont augmenté de 3,4 % l'an dernier, selon la banque centrale.", "fr"),
    ("I prezzi sono aumentati del 3,4 per cento l'anno scorso, ha detto la banca centrale.", "it"),
    ("Who would have thought that a small village could host so many visitors?", "en"),
    ("Wer hätte gedacht, dass ein kleines Dorf so viele Gäste beherbergen könnte?", "de"),
    ("Qui aurait cru qu'un petit village puisse accueillir autant de visiteurs ?", "fr"),
    ("Chi avrebbe mai pensato che un piccolo paese potesse ospitare così tanti visitatori?", "it"),
    ("She opened the window, and the noise of the street filled the room.", "en"),
    ("Sie öffnete das Fenster, und der Lärm der Straße erfüllte das Zimmer.", "de"),
    ("Elle ouvrit la fenêtre, et le bruit de la rue remplit la pièce.", "fr"),
    ("Aprì la finestra e il rumore della strada riempì la stanza.", "it"),
)

KINDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "regression": ("RegressionMetric", "regression_metric", {"pool": "avg", "layer": "mix"}),
    "qe": (
        "ReferencelessRegression",
        "referenceless_regression_metric",
        {"pool": "avg", "layer": "mix"},
    ),
    "unified": (
        "UnifiedMetric",
        "unified_metric",
        {"sent_layer": "mix", "word_layer": LAYERS, "input_segments": ["mt", "src", "ref"]},
    ),
    "unified-qe": (
        "UnifiedMetric",
        "unified_metric",
        {"sent_layer": "mix", "word_layer": LAYERS, "input_segments": ["mt", "src"]},
    ),
    "xcomet": ("XCOMETMetric", "xcomet_metric", {"sent_layer": "mix", "word_layer": LAYERS}),
}

# What checkpoints of a class may differ in, written ``KIND+VARIANT``.
VARIANTS: dict[str, dict[str, Any]] = {
    "": {},
    "norm": {"layer_norm": True},
    "cls": {"pool": "cls"},
    "max": {"pool": "max"},
    "one-layer": {"layer": 1},
    "softmax": {"layer_transformation": "softmax"},
    "patch": {"layer_transformation": "sparsemax_patch"},
}


def build(folder: Path, kind: str, *, seed: int = 3) -> Path:
    """A checkpoint of a class.

    Args:
        folder: Where ``encoder/`` lies or is made, and ``KIND/`` is made.
        kind: One of ``KINDS``, perhaps with ``+`` and one of ``VARIANTS``.
        seed: Of the random weights.

    Returns:
        ``folder/KIND/checkpoints/model.ckpt``.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    encoder = folder / "encoder"
    if not (encoder / "config.json").is_file():
        build_encoder(encoder, seed)
    from mtbench.metrics.comet.quiet import quiet

    with quiet():
        return _build(folder / kind, encoder, *kind.partition("+")[::2], seed)


def _build(place: Path, encoder: Path, kind: str, variant: str, seed: int) -> Path:
    import comet.models
    import torch

    name, identifier, options = KINDS[kind]
    torch.manual_seed(seed)
    model = getattr(comet.models, name)(**_given(encoder) | options | VARIANTS[variant])
    # Unequal weights, so that more than one layer counts.
    mix = model.layerwise_attention
    for number, weight in enumerate(mix.scalar_parameters if mix else ()):
        weight.data.fill_(0.1 * number)
    if kind == "xcomet":
        _balance_labels(model)
    hparams = json.loads(json.dumps(dict(model.hparams) | {"class_identifier": identifier}))
    return _save(place, model.state_dict(), hparams)


def _given(encoder: Path) -> dict[str, Any]:
    return {
        "encoder_model": "XLM-RoBERTa",
        "pretrained_model": str(encoder.resolve()),
        "layer_transformation": "sparsemax",
        "layer_norm": False,
        "dropout": 0.1,
        "hidden_sizes": [2 * HIDDEN, HIDDEN],
        "activations": "Tanh",
        "load_pretrained_weights": True,
        "local_files_only": True,
    }


def _save(place: Path, state: dict[str, Any], hparams: dict[str, Any]) -> Path:
    """The folder of a checkpoint, as Lightning saves it."""
    import torch
    import yaml

    (place / "checkpoints").mkdir(parents=True, exist_ok=True)
    (place / "hparams.yaml").write_text(yaml.safe_dump(hparams), encoding="utf-8")
    file = place / "checkpoints" / "model.ckpt"
    torch.save(
        {
            "epoch": 0,
            "global_step": 0,
            "pytorch-lightning_version": "2.6.6",
            "state_dict": state,
            "hparams_name": "kwargs",
            "hyper_parameters": hparams,
        },
        file,
    )
    return file


def _bundled() -> list[str]:
    corpus = Path(__file__).resolve().parents[2] / "corpora" / "china-blockchain"
    rows = [
        json.loads(line)
        for file in sorted(corpus.glob("*.jsonl"))
        for line in file.read_text("utf-8").splitlines()
    ]
    return [row[side] for row in rows for side in ("src", "ref")]


def _balance_labels(model: Any) -> None:
    """Makes word labels differ from word to word, so that there are error spans."""
    import torch

    texts = [text for text, _ in SENTENCES]
    encoded = model.encoder.tokenizer(texts, return_tensors="pt", padding=True)
    model.eval()
    with torch.inference_mode():
        logits = model.forward(encoded["input_ids"], encoded["attention_mask"]).logits
        mean = logits[encoded["attention_mask"].bool()].mean(dim=0)
    model.hidden2tag.bias.data.sub_(mean)


def build_plain(folder: Path, *, seed: int = 3) -> Path:
    """A regression checkpoint such as the library saves, made without it.

    Returns:
        ``folder/regression/checkpoints/model.ckpt``; its encoder is ``folder/encoder``.
    """
    import torch
    from transformers import XLMRobertaModel

    encoder, place = folder / "encoder", folder / "regression"
    encoder.mkdir(parents=True, exist_ok=True)
    words = _words(2000)
    words.save(str(encoder / "tokenizer.json"))
    torch.manual_seed(seed)
    model = XLMRobertaModel(_xlmr(words.get_vocab_size()), add_pooling_layer=False)
    model.save_pretrained(encoder)
    state = {f"encoder.model.{name}": value for name, value in model.state_dict().items()}
    mix = "layerwise_attention"
    state |= {f"{mix}.scalar_parameters.{n}": torch.tensor([0.1 * n]) for n in range(LAYERS + 1)}
    state |= {
        f"{mix}.gamma": torch.ones(1),
        f"{mix}.dropout_mask": torch.zeros(LAYERS + 1),
        f"{mix}.dropout_fill": torch.full((LAYERS + 1,), -1e20),
    }
    sizes = (6 * HIDDEN, 2 * HIDDEN, HIDDEN, 1)
    for number, (before, after) in enumerate(itertools.pairwise(sizes)):
        layer = torch.nn.Linear(before, after)
        state[f"estimator.ff.{3 * number}.weight"] = layer.weight.detach()
        state[f"estimator.ff.{3 * number}.bias"] = layer.bias.detach()
    _, identifier, options = KINDS["regression"]
    hparams = _given(encoder) | options | {"class_identifier": identifier, "final_activation": None}
    return _save(place, state, hparams)


def build_encoder(folder: Path, seed: int, vocabulary: int = 2000) -> None:
    """An XLM-R of two layers with a tokenizer of its own kind."""
    words = _words(vocabulary)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch
        from transformers import XLMRobertaModel, XLMRobertaTokenizerFast

        folder.mkdir(parents=True, exist_ok=True)
        XLMRobertaTokenizerFast(tokenizer_object=words, model_max_length=512).save_pretrained(
            folder
        )
        torch.manual_seed(seed)
        config = _xlmr(words.get_vocab_size())
        XLMRobertaModel(config, add_pooling_layer=False).save_pretrained(folder)


def _xlmr(vocabulary: int) -> Any:
    from transformers import XLMRobertaConfig

    return XLMRobertaConfig(
        vocab_size=vocabulary,
        hidden_size=HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        intermediate_size=4 * HIDDEN,
        max_position_embeddings=514,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
        initializer_range=0.2,
    )


def _words(vocabulary: int) -> Any:
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from tokenizers.trainers import UnigramTrainer

    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    words = Tokenizer(models.Unigram())
    words.normalizer = normalizers.NFKC()
    words.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    words.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    words.train_from_iterator(
        [*(text for text, _ in SENTENCES), *_bundled()],
        UnigramTrainer(
            vocab_size=vocabulary,
            special_tokens=special,
            unk_token="<unk>",  # noqa: S106 - a token of the vocabulary
            show_progress=False,
        ),
    )
    words.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    return words


class Library:
    """The library's own ``predict`` on a checkpoint, at fp32, on the CPU."""

    def __init__(self, checkpoint: Path) -> None:
        from mtbench.metrics.comet.quiet import quiet

        with quiet():
            import comet

            self._model = comet.load_from_checkpoint(str(checkpoint), local_files_only=True)
        self._said: dict[str, Any] = {}

    def predict(self, samples: list[dict[str, str]], batch_size: int = 16) -> Any:
        """Its ``Prediction``: ``scores``, ``system_score``, perhaps ``metadata``."""
        from mtbench.metrics.comet.quiet import quiet

        asked = json.dumps([samples, batch_size])
        if asked not in self._said:
            with quiet():
                self._said[asked] = self._model.predict(
                    samples, batch_size=batch_size, gpus=0, num_workers=0, progress_bar=False
                )
        return self._said[asked]
