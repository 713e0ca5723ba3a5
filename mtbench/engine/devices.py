"""Several GPUs of one machine: a process for each."""

from __future__ import annotations

import importlib.util
import os

from mtbench.packages import require
from mtbench.types import Engine

ALL = "cuda:all"


def spread(device: str, engine: Engine) -> tuple[str, Engine]:
    """Device and engine for ``cuda:all``: as many processes as GPUs, each of which sees its own.

    Any other device stays as it is. The actors of Ray have one GPU each without being told. Where
    there is none, whatever computes says so.

    Args:
        device: As the user named it.
        engine: Where work is to run.

    Example:
        >>> spread("cpu", Engine())[0]
        'cpu'
    """
    if device != ALL:
        return device, engine
    found = () if engine.kind == "ray" else visible()
    if not found:
        return "cuda", engine
    several = len(found) if len(found) > 1 else None
    return "cuda", engine.model_copy(update={"processes": several, "devices": found})


def visible() -> tuple[str, ...]:
    """The GPUs that this process may use, as ``CUDA_VISIBLE_DEVICES`` names them."""
    if importlib.util.find_spec("torch") is None:
        return ()
    count = require("torch", "a neural model", "hf").cuda.device_count()
    named = [name for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name]
    return tuple(named[:count] or map(str, range(count)))
