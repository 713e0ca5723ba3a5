"""A device without room, on any machine: a real model, given too much, says what CUDA says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def room_for(module: Any, rows: int) -> Iterator[list[int]]:
    """Inside, a torch module runs out of memory at more rows than these.

    Yields:
        How many rows it was given, call by call.
    """
    import torch

    asked: list[int] = []

    def before(_module: Any, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        ids = named.get("input_ids", given[0] if given else None)
        if ids is None:
            return
        asked.append(len(ids))
        if len(ids) > rows:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    handle = module.register_forward_pre_hook(before, with_kwargs=True)
    try:
        yield asked
    finally:
        handle.remove()
