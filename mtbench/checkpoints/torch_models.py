"""What every torch model here needs: safe loading, seeds, memory given back."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from mtbench.checkpoints.batches import fitting_on
from mtbench.checkpoints.tokenization import first_line, quiet
from mtbench.errors import MissingWeights
from mtbench.packages import require
from mtbench.types import Json, Source

_NO_MAPPING = "No such device (os error 19)"  # in the words of safetensors
_ON_A_DISK = "its file system lets no file be mapped into memory: copy the checkpoint to another"
_CALLED_DTYPE = "4.56"  # of transformers; before, the word was torch_dtype


def load_model(
    kind: Any,
    folder: Path,
    model: str,
    *,
    dtype: str,
    device: str,
    settings: Mapping[str, Json] | None = None,
) -> Any:
    """A checkpoint's weights in evaluation mode.

    Safetensors where there are any; a pickled file is read as tensors alone. Code that comes with
    a checkpoint is never run.

    Args:
        kind: A class of transformers.
        folder: The checkpoint's.
        model: Its name, for messages.
        dtype: As torch names it.
        device: Likewise.
        settings: Of its configuration, in the place of what the checkpoint says.

    Raises:
        MissingWeights: If the files are damaged or do not fit the model.
        Unavailable: If they do not fit into the device's memory.
    """
    torch = require("torch", f"the model {model}", "hf")
    transformers = require("transformers", f"the model {model}", "hf")
    from packaging.version import Version
    from safetensors import SafetensorError

    recent = Version(transformers.__version__) >= Version(_CALLED_DTYPE)
    given: dict[str, Any] = {"dtype" if recent else "torch_dtype": getattr(torch, dtype)}
    if recent:
        given["weights_only"] = True  # what earlier releases do without the word
    broken = (OSError, ValueError, KeyError, RuntimeError, ImportError)
    try:
        with quiet():
            found = kind.from_pretrained(
                str(folder),
                trust_remote_code=False,
                local_files_only=True,
                output_loading_info=True,
                **given,
                **(settings or {}),
            )
    except (*broken, SafetensorError, UnpicklingError) as error:
        raise MissingWeights(
            f"{model}: its weights cannot be loaded",
            why=f"{type(error).__name__}: {first_line(error)}",
            hint=_ON_A_DISK if _NO_MAPPING in str(error) else None,
        ) from error
    loaded, info = found
    if missing := sorted(info["missing_keys"]):
        raise MissingWeights(
            f"{model}: {len(missing)} weights are missing, {missing[0]} among them",
            why="transformers would fill them with random numbers",
        )
    with fitting_on(device, f"the weights of {model}"):
        return loaded.eval().to(device)


@contextmanager
def no_gradients() -> Iterator[None]:
    """Inference alone."""
    import torch

    with torch.inference_mode():
        yield


@contextmanager
def seeded(seed: int | None, device: str) -> Iterator[None]:
    """Random numbers from a seed inside, the generators as they were outside; None for neither."""
    if seed is None:
        yield
        return
    import torch

    devices = [device] if device.startswith("cuda") else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield


def seed_for(seed: int, batch: list[Source]) -> int:
    """A batch's own seed, so that a run that goes on draws what it would have drawn."""
    ids = "\n".join([str(seed), *(source.id for source in batch)])
    return int.from_bytes(hashlib.sha256(ids.encode()).digest()[:7], "big")


def release(device: str) -> None:
    """Gives freed memory back to the device."""
    gc.collect()
    if device.startswith("cuda"):
        import torch

        torch.cuda.empty_cache()
