"""COMET's models, built on torch and transformers alone: encoder, layer mix, head.

Names of weights, defaults and formulas are those of unbabel-comet 2.2.7, whose checkpoints these
are: ``LayerwiseAttention``, ``FeedForward``, ``CometModel.compute_sentence_embedding``,
``RegressionMetric.estimate``, ``ReferencelessRegression.forward``, ``UnifiedMetric.forward``. Only
what scores is here; nothing that trains.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from mtbench.errors import RequestError
from mtbench.metrics.comet.words import BERT, REMBERT, ROBERTA, Marks, Words
from mtbench.types.judgements import Severity

if TYPE_CHECKING:
    from torch import Tensor

REGRESSION = {
    "encoder_model": "XLM-RoBERTa",
    "pool": "avg",
    "layer": "mix",
    "layer_transformation": "softmax",
    "layer_norm": True,
    "hidden_sizes": [3072, 1024],
    "activations": "Tanh",
    "final_activation": None,
}
UNIFIED = {
    "encoder_model": "XLM-RoBERTa",
    "sent_layer": "mix",
    "layer_transformation": "sparsemax",
    "layer_norm": True,
    "hidden_sizes": [3072, 1024],
    "activations": "Tanh",
    "final_activation": None,
    "input_segments": ["mt", "src", "ref"],
    "word_layer": 24,
    "word_level_training": False,
    "error_labels": ["minor", "major"],
}
# What a class takes where a checkpoint does not say.
DEFAULTS: dict[str, dict[str, Any]] = {
    "regression_metric": REGRESSION,
    "referenceless_regression_metric": REGRESSION | {"hidden_sizes": [2048, 1024]},
    "unified_metric": UNIFIED,
    "xcomet_metric": UNIFIED
    | {
        "encoder_model": "XLM-RoBERTa-XL",
        "layer_norm": False,
        "hidden_sizes": [2560, 1280],
        "word_layer": 36,
        "word_level_training": True,
        "error_labels": list(get_args(Severity)),
    },
}
POOLS = ("avg", "max", "cls", "default")
SIDES = {"regression_metric": 6, "referenceless_regression_metric": 4}  # vectors a head reads


# COMET's name for a family of encoders → its classes in transformers, without ``Config`` and
# ``Model``, and how it writes sequences.
FAMILIES: dict[str, tuple[str, Marks]] = {
    "XLM-RoBERTa": ("XLMRoberta", ROBERTA),
    "XLM-RoBERTa-XL": ("XLMRobertaXL", ROBERTA),
    "MiniLM": ("Bert", ROBERTA),  # BERT's layers, XLM-R's words
    "BERT": ("Bert", BERT),
    "RemBERT": ("RemBert", REMBERT),
}


def sparsemax(scores: Tensor) -> Tensor:
    """Euclidean projection onto the probability simplex, of a vector.

    Martins & Astudillo 2016, "From Softmax to Sparsemax", algorithm 1.

    Example:
        >>> import torch
        >>> [round(share, 6) for share in sparsemax(torch.tensor([1.0, 0.8, -2.0])).tolist()]
        [0.6, 0.4, 0.0]
    """
    import torch

    shifted = scores - scores.max()
    ordered = shifted.sort(descending=True).values
    sums = ordered.cumsum(0) - 1
    ranks = torch.arange(1, len(ordered) + 1, dtype=ordered.dtype)
    support = int((ranks * ordered > sums).sum())
    return torch.clamp(shifted - sums[support - 1] / support, min=0)


class CometModel:
    """A COMET model of any class.

    Args:
        kind: COMET's class identifier.
        given: Hyper-parameters, as a checkpoint has them.
        folder: With the encoder's configuration and tokenizer.

    Attributes:
        kind: COMET's class identifier.
        words: The tokenizer.
        width: Of a hidden state.
        segments: What a model of pairs reads, in order.
        labels: Labels of a sub-word, the first for none; empty without word-level training.
        encoder: The encoder; without weights until ``fill``.
        normalises: Whether the layer mix normalises.

    Raises:
        ValueError: If the hyper-parameters do not fit together.
        RequestError: If the encoder's configuration or tokenizer cannot be read.
    """

    def __init__(self, kind: str, given: Mapping[str, Any], folder: Path) -> None:
        values = hyper_parameters(kind, given)
        if values["encoder_model"] not in FAMILIES:
            raise ValueError(f"there is no family of encoders {values['encoder_model']!r}")
        family, marks = FAMILIES[values["encoder_model"]]
        config = _config(family, folder)
        self._count = int(config.num_hidden_layers) + 1  # the embeddings are a layer, too
        tagged = values.get("word_level_training", False)
        self.kind = kind
        self.width = int(config.hidden_size)
        self.words = Words(folder, marks, int(config.max_position_embeddings) - 2)
        self.segments = tuple(values.get("input_segments", ()))
        self.labels = ("O", *(f"I-{one}" for one in values["error_labels"])) if tagged else ()
        self.encoder = _encoder(family, config)
        self._pool = values.get("pool", "cls")
        if self._pool not in POOLS:
            raise ValueError(f"there is no pooling {self._pool!r}")
        self._layer = self._number(values.get("layer", values.get("sent_layer")))
        self._word_layer = self._number(values["word_layer"]) if self.labels else None
        self._sparse = values["layer_transformation"] == "sparsemax"
        self._hidden = tuple(int(size) for size in values["hidden_sizes"])
        final = values["final_activation"]
        self._activations = [_activation(values["activations"])] * len(self._hidden)
        self._activations.append(None if final is None else _activation(final))
        self.normalises = self._layer is None and bool(values["layer_norm"])
        self._weights: dict[str, Tensor] = {}
        self._mix: tuple[Tensor, ...] = ()

    @property
    def of_sentences(self) -> bool:
        """Whether each text is encoded by itself."""
        return self.kind in SIDES

    @property
    def with_reference(self) -> bool:
        """Whether a model of sentences reads references."""
        return self.kind == "regression_metric"

    def shapes(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Names of all weights, as in a checkpoint, and their shapes."""
        for name, weight in self.encoder.named_parameters():
            yield f"encoder.model.{name}", tuple(weight.shape)
        if self._layer is None:
            for layer in range(self._count):
                yield f"layerwise_attention.scalar_parameters.{layer}", (1,)
            yield "layerwise_attention.gamma", (1,)
        width = self.width * SIDES.get(self.kind, 1)
        for step, size in enumerate((*self._hidden, 1)):
            yield f"estimator.ff.{3 * step}.weight", (size, width)
            yield f"estimator.ff.{3 * step}.bias", (size,)
            width = size
        if self.labels:
            yield "hidden2tag.weight", (len(self.labels), self.width)
            yield "hidden2tag.bias", (len(self.labels),)

    def fill(self, weights: Mapping[str, Tensor]) -> None:
        """Gives the model its weights, in single precision, without copying them.

        Args:
            weights: Name → tensor; what the model does not have (losses, poolers) is left.

        Raises:
            LookupError: If weights are missing, saying how many and the first.
            ValueError: If a weight has another shape.
        """
        import torch

        wanted = dict(self.shapes())
        if missing := sorted(wanted.keys() - weights.keys()):
            raise LookupError(f"{len(missing)} weights are missing, the first is {missing[0]}")
        for name, shape in wanted.items():
            if (found := tuple(weights[name].shape)) != shape:
                raise ValueError(f"{name} is of shape {found}, not {shape}")
        single = {name: weights[name].to(torch.float32) for name in wanted}
        inside = "encoder.model."
        self.encoder.load_state_dict(
            {n.removeprefix(inside): w for n, w in single.items() if n.startswith(inside)},
            strict=False,
            assign=True,
        )
        for module in self.encoder.modules():
            for name, buffer in list(module.named_buffers(recurse=False)):
                module.register_buffer(name, _constant(name, buffer), persistent=False)
        self.encoder.eval()
        self.encoder.requires_grad_(False)
        self._weights = {n: w for n, w in single.items() if not n.startswith(inside)}
        self._mix = self._shares()

    def to(self, device: Any, encoder_dtype: Any = None) -> None:
        """Moves the model to a device, its encoder perhaps into another precision.

        Over 99 % of the time goes into the encoder, so all else keeps single precision and sees
        the encoder's hidden states in single precision.
        """
        self.encoder.to(device=device, dtype=encoder_dtype)
        self._weights = {name: weight.to(device) for name, weight in self._weights.items()}
        self._mix = tuple(share.to(device) for share in self._mix)

    def embed(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Sentence embeddings.

        Args:
            ids: Sub-words, of shape (n, length).
            mask: Which of them are no padding, of the same shape.

        Returns:
            Of shape (n, d), single precision.
        """
        layers = self._hidden_states(ids, mask)
        if self._pool == "default":
            return layers[-1][:, 0].float()
        if self._pool == "cls":
            return self._first(layers, mask)
        states = self._mixed(layers, mask)
        padded = ids.eq(self.words.pad).unsqueeze(-1)
        if self._pool == "max":
            return states.masked_fill(padded, float("-inf")).max(dim=1)[0]
        total = mask.unsqueeze(-1).expand(states.size()).float().sum(1)
        return states.masked_fill(padded, 0.0).sum(1) / total

    def estimate(
        self, source: Tensor, hypothesis: Tensor, reference: Tensor | None = None
    ) -> Tensor:
        """Scores of shape (n,) from sentence embeddings of shape (n, d)."""
        import torch

        by_source = (hypothesis * source, torch.abs(hypothesis - source))
        if reference is None:
            return self.head(torch.cat((hypothesis, source, *by_source), dim=1))
        by_reference = (hypothesis * reference, torch.abs(hypothesis - reference))
        return self.head(torch.cat((hypothesis, reference, *by_reference, *by_source), dim=1))

    def head(self, vectors: Tensor) -> Tensor:
        """Scores of shape (n,) from what the regression head reads, of shape (n, …)."""
        for step, activation in enumerate(self._activations):
            vectors = self._linear(f"estimator.ff.{3 * step}", vectors)
            vectors = vectors if activation is None else activation(vectors)
        return vectors.view(-1)

    def read(self, ids: Tensor, mask: Tensor, kinds: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """What a model of pairs makes of joined sequences.

        Args:
            ids: Sub-words, of shape (n, length).
            mask: Which of them are no padding, of the same shape.
            kinds: 0 for the first of the joined sequences, else 1; for families that ask for it.

        Returns:
            Vectors for the head, of shape (n, d), and logits of the labels of each sub-word, of
            shape (n, length, labels), where the model was trained on words.
        """
        layers = self._hidden_states(ids, mask, kinds)
        first = self._first(layers, mask)
        if self._word_layer is None:
            return first, None
        return first, self._linear("hidden2tag", layers[self._word_layer].float())

    def _linear(self, name: str, given: Tensor) -> Tensor:
        from torch.nn.functional import linear

        return linear(given, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _hidden_states(
        self, ids: Tensor, mask: Tensor, kinds: Tensor | None = None
    ) -> Sequence[Tensor]:
        extra = {} if kinds is None else {"token_type_ids": kinds}
        found: Sequence[Tensor] = self.encoder(
            input_ids=ids, attention_mask=mask, output_hidden_states=True, return_dict=True, **extra
        ).hidden_states
        return found

    def _mixed(self, layers: Sequence[Tensor], mask: Tensor) -> Tensor:
        """One layer, or the weighted sum of all, in single precision whatever theirs is."""
        if self._layer is not None:
            return layers[self._layer].float()
        pieces = (
            share * (_normalised(layer.float(), mask) if self.normalises else layer)
            for share, layer in zip(self._mix, layers, strict=True)
        )
        mixed: Tensor = self._weights["layerwise_attention.gamma"] * sum(pieces)
        return mixed

    def _first(self, layers: Sequence[Tensor], mask: Tensor) -> Tensor:
        """Of each sequence its first sub-word's vector; the others are mixed only if they count."""
        if not self.normalises:
            layers = [layer[:, :1] for layer in layers]
        return self._mixed(layers, mask)[:, 0]

    def _shares(self) -> tuple[Tensor, ...]:
        """What each layer counts for in the mix."""
        import torch

        if self._layer is not None:
            return ()
        names = [f"layerwise_attention.scalar_parameters.{one}" for one in range(self._count)]
        scalars = torch.cat([self._weights[name] for name in names])
        shares = sparsemax(scalars) if self._sparse else torch.softmax(scalars, dim=0)
        return tuple(torch.split(shares, 1))

    def _number(self, asked: Any) -> int | None:
        """A layer's number; None for the mix of all."""
        if asked == "mix":
            return None
        if not isinstance(asked, int) or not 0 <= asked < self._count:
            raise ValueError(f"the encoder has no layer {asked!r}, but 0 to {self._count - 1}")
        return asked


def hyper_parameters(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a model is built of: as given, else as its class has it by default.

    Example:
        >>> hyper_parameters("regression_metric", {"pool": "cls", "optimizer": "Adam"})["pool"]
        'cls'
    """
    usual = DEFAULTS[kind]
    values = usual | {name: value for name, value in given.items() if name in usual}
    # Releases of unbabel-comet from 2.2.4 on read this spelling as softmax, whatever it says.
    if values["layer_transformation"] == "sparsemax_patch":
        values["layer_transformation"] = "softmax"
    if kind == "xcomet_metric":
        fixed = ("input_segments", "word_level_training", "error_labels")
        values |= {name: usual[name] for name in fixed}
    return values


def _normalised(layer: Tensor, mask: Tensor) -> Tensor:
    """Less its mean, by its deviation, over what is no padding; a sequence at a time."""
    import torch

    rows, _, width = layer.shape
    given = mask.float()
    count = given.sum(1) * width
    given = given.unsqueeze(-1)
    mean = ((layer * given).view(rows, -1).sum(1) / count).view(rows, 1, 1)
    variance = (((layer - mean) * given) ** 2).view(rows, -1).sum(1) / count
    return (layer - mean) / torch.sqrt(variance + 1e-12).view(rows, 1, 1)


def _activation(name: str) -> Any:
    """An activation function by the name of its class in ``torch.nn``, in any case."""
    from torch import nn

    kind = getattr(nn, name.title(), None)
    if not (isinstance(kind, type) and issubclass(kind, nn.Module)):
        raise ValueError(f"there is no activation function {name!r}")
    return kind()


def _config(family: str, folder: Path) -> Any:
    import transformers

    file = folder / "config.json"
    try:
        read = json.loads(file.read_text(encoding="utf-8"))
        return getattr(transformers, f"{family}Config").from_dict(read)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise RequestError(
            f"{file}: not an encoder's configuration",
            why=f"{type(error).__name__}: {error}".splitlines()[0][:200],
        ) from error


def _encoder(family: str, config: Any) -> Any:
    """An encoder whose parameters have shapes and no memory yet."""
    import torch
    import transformers

    with torch.device("meta"):
        return getattr(transformers, f"{family}Model")(config, add_pooling_layer=False)


def _constant(name: str, buffer: Tensor) -> Tensor:
    """An encoder's buffer, which no checkpoint holds: it follows from its name and shape."""
    import torch

    if name == "position_ids":
        return torch.arange(buffer.shape[-1]).expand(buffer.shape)
    if name == "token_type_ids":
        return torch.zeros(buffer.shape, dtype=torch.long)
    raise ValueError(f"nothing is known of the encoder's buffer {name!r}")
