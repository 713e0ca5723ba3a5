"""COMET's head sees rows in blocks of one size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

ROWS = 32  # rows given to a head at once, always: its result depends on their number


def by_rows(head: Callable[..., Any], *sides: Any) -> Any:
    """What a head says of rows, given to it in blocks of exactly ``ROWS``.

    Args:
        head: From tensors of shape (ROWS, …) to one of ROWS elements.
        sides: Tensors of shape (n, …), of one n.

    Returns:
        Tensor of shape (n,).
    """
    import torch

    found = []
    for start in range(0, len(sides[0]), ROWS):
        block = [side[start : start + ROWS] for side in sides]
        own = len(block[0])
        filled = [side.new_zeros((ROWS, *side.shape[1:])) for side in block]
        for target, side in zip(filled, block, strict=True):
            target[:own] = side
        found.append(head(*filled).view(-1)[:own])
    return torch.cat(found)
