"""Hugging Face checkpoints → CTranslate2 folders, made once and kept in the cache."""

from __future__ import annotations

import shutil
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from mtbench.checkpoints.folders import Checkpoint, cache_folder, fetch, read_config
from mtbench.checkpoints.tokenization import first_line, load_tokenizer, quiet
from mtbench.errors import MissingWeights, RequestError
from mtbench.files.digests import digest_json
from mtbench.files.writing import check_writable, write_json
from mtbench.packages import require
from mtbench.types import Json, Runtime

CONVERTIBLE = ("marian", "m2m_100", "mbart", "mt5", "t5", "umt5")
_LAYOUT = 1  # of what a converted folder holds; another number means another folder


def require_convertible(folder: Path, model: str) -> None:
    """Says before any work whether a checkpoint is of a type that can be converted.

    Raises:
        RequestError: If not.
    """
    kind = read_config(folder).get("model_type")
    if kind not in CONVERTIBLE:
        raise RequestError(
            f"{model}: models of the type {kind!r} cannot be converted",
            hint=f"convertible types are {', '.join(CONVERTIBLE)}; the back end hf may run it",
        )


def converted(
    checkpoint: Checkpoint, identity: dict[str, Json], quantization: str, runtime: Runtime
) -> tuple[Path, Path]:
    """The CTranslate2 form of a checkpoint, converted where it has not been yet.

    It stands in the cache under a digest of weights, quantization and converter; processes that
    want the same one at the same time wait for the first.

    Args:
        checkpoint: What to convert.
        identity: What tells its weights apart.
        quantization: Of the weights.
        runtime: Its cache holds the result.

    Returns:
        The converted folder, and the checkpoint's own folder.

    Raises:
        MissingWeights: If the checkpoint cannot be had or converted.
        Unavailable: If the cache cannot be written.
    """
    from filelock import FileLock

    ctranslate2 = require("ctranslate2", "the back end ct2", "ct2")
    facts = {
        "weights": identity,
        "quantization": quantization,
        "ctranslate2": ctranslate2.__version__,
        "layout": _LAYOUT,
    }
    home = cache_folder(runtime) / "ct2"
    place = home / digest_json(facts)[:32]
    folder = fetch(checkpoint)
    if (place / "mtbench.json").is_file():
        return place, folder
    check_writable(home)
    with FileLock(home / f"{place.name}.lock"):
        if not (place / "mtbench.json").is_file():
            work = home / f"{place.name}.unfinished"
            _convert(folder, checkpoint.model, work, quantization)
            write_json(work / "mtbench.json", {"model": checkpoint.model, **facts})
            shutil.rmtree(place, ignore_errors=True)
            work.rename(place)
    return place, folder


def _convert(folder: Path, model: str, target: Path, quantization: str) -> None:
    require("torch", "converting a checkpoint", "hf")
    from ctranslate2.converters import TransformersConverter

    class Converter(TransformersConverter):  # type: ignore[misc]
        """The library's converter, kept to local files and to tensors."""

        def load_model(self, model_class: Any, model_name_or_path: str, **settings: Any) -> Any:
            found = model_class.from_pretrained(
                model_name_or_path,
                **settings,
                local_files_only=True,
                trust_remote_code=False,
                weights_only=True,
            )
            # The converter reads from this how the decoder starts; older checkpoints lack it.
            named = read_config(folder, "tokenizer_config.json").get("tokenizer_class")
            if named and not getattr(found.config, "tokenizer_class", None):
                found.config.tokenizer_class = str(named).removesuffix("Fast")
            if found.config.model_type == "marian":
                _require_zero_start(found, model)
            if found.config.model_type == "mbart":
                # So is every mBART; only files written by older releases say it.
                found.config.normalize_before = found.config.normalize_embedding = True
            return found

        def load_tokenizer(
            self, tokenizer_class: Any, model_name_or_path: str, **settings: Any
        ) -> Any:
            found = load_tokenizer(folder, model)
            if found.bos_token is None:
                found.bos_token = found.eos_token  # never used, but the format wants one
            return found

    from safetensors import SafetensorError

    broken = (OSError, ValueError, KeyError, RuntimeError, NotImplementedError, AttributeError)
    try:
        with quiet():
            Converter(str(folder)).convert(str(target), quantization=quantization, force=True)
    except (*broken, SafetensorError, UnpicklingError) as error:
        shutil.rmtree(target, ignore_errors=True)
        raise MissingWeights(
            f"{model} cannot be converted for CTranslate2",
            why=f"{type(error).__name__}: {first_line(error)}",
            hint="the back end hf may run it as it is",
        ) from error


def _require_zero_start(found: Any, model: str) -> None:
    """Refuses a Marian checkpoint that its conversion would change.

    The converter drops the last row of the vocabulary, taken to be the padding, and lets the
    decoder start from zeros in its place. Fine-tuning in transformers may have moved that row.

    Raises:
        RequestError: If the row is another, or not zero.
    """
    weights = found.get_decoder().get_input_embeddings().weight
    start = found.config.decoder_start_token_id
    if start != len(weights) - 1 or bool(weights[start].any()):
        raise RequestError(
            f"{model} cannot be converted faithfully: its decoder does not start from zeros",
            why="CTranslate2 would start it from zeros, and its outputs would differ",
            hint="the back end hf runs it as it is",
        )
