"""What sentence-transformers puts behind a transformer: pooling, dense layers, normalising."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mtbench.checkpoints.folders import read_config
from mtbench.errors import DataError, MissingWeights, RequestError
from mtbench.packages import require

Layer = Callable[[Any, Any], Any]
"""Vectors and attention mask → vectors."""

_ACTIVATIONS = {"Tanh": "tanh", "ReLU": "relu", "GELU": "gelu", "Sigmoid": "sigmoid"}


def read_layers(folder: Path, model: str, device: str) -> list[Layer]:
    """The layers of a model after its transformer, in order.

    Raises:
        RequestError: If one is of a kind that is not known.
        MissingWeights: If a dense layer's weights are missing or do not fit.
        DataError: If a file of it is malformed.
    """
    found: list[Layer] = []
    for module in _modules(folder):
        kind = str(module.get("type", "")).rsplit(".", 1)[-1]
        where = folder / str(module.get("path", ""))
        if kind == "Transformer":
            if module.get("path"):
                raise RequestError(f"{model}: its transformer lies in a folder of its own")
        elif kind == "Pooling":
            found.append(_pooling(read_config(where), model))
        elif kind == "Dense":
            found.append(_dense(where, model, device))
        elif kind != "Normalize":  # every vector is brought to length 1 in the end
            raise RequestError(
                f"{model}: has a layer of a kind that mtbench does not know: {kind}",
                hint="name another encoder, such as LaBSE",
            )
    return found


def _modules(folder: Path) -> list[dict[str, Any]]:
    path = folder / "modules.json"
    try:
        found = json.loads(path.read_bytes())
    except ValueError as error:
        raise DataError(f"{path}: not JSON: {error}") from error
    if not isinstance(found, list) or not all(isinstance(module, dict) for module in found):
        raise DataError(f"{path}: not a list of objects")
    return sorted(found, key=lambda module: int(module.get("idx", 0)))


def _pooling(config: dict[str, Any], model: str) -> Layer:
    if config.get("pooling_mode_cls_token"):
        return lambda vectors, mask: vectors[:, 0]
    if config.get("pooling_mode_max_tokens"):
        return lambda vectors, mask: vectors.masked_fill(~mask.bool()[:, :, None], -1e9).max(1)[0]
    if config.get("pooling_mode_mean_tokens", True):
        return _mean
    chosen = [key for key, on in config.items() if key.startswith("pooling_mode") and on]
    raise RequestError(f"{model}: pools in a way that mtbench does not know: {', '.join(chosen)}")


def _mean(vectors: Any, mask: Any) -> Any:
    weights = mask[:, :, None].to(vectors.dtype)
    return (vectors * weights).sum(1) / weights.sum(1).clamp(min=1e-9)


def _dense(folder: Path, model: str, device: str) -> Layer:
    torch = require("torch", f"the encoder {model}", "hf")
    config = read_config(folder)
    activation = str(config.get("activation_function", "")).rsplit(".", 1)[-1]
    if activation not in (*_ACTIVATIONS, "Identity"):
        raise RequestError(f"{model}: has an activation that mtbench does not know: {activation}")
    weights = {key: value.to(device) for key, value in _weights(folder, torch).items()}
    matrix, bias = weights.get("linear.weight"), weights.get("linear.bias")
    if matrix is None:
        raise MissingWeights(f"{folder}: a dense layer without weights")
    function = _ACTIVATIONS.get(activation)

    def dense(vectors: Any, mask: Any) -> Any:
        found = torch.nn.functional.linear(vectors, matrix, bias)
        return found if function is None else getattr(torch.nn.functional, function)(found)

    return dense


def _weights(folder: Path, torch: Any) -> dict[str, Any]:
    safe, pickled = folder / "model.safetensors", folder / "pytorch_model.bin"
    try:
        if safe.is_file():
            from safetensors.torch import load_file

            return dict(load_file(safe))
        return dict(torch.load(pickled, map_location="cpu", weights_only=True))
    except (OSError, ValueError, RuntimeError) as error:
        raise MissingWeights(
            f"{folder}: its weights cannot be read", why=str(error)[:160]
        ) from error
