"""Eight bits on processors: a model's linear layers in whole numbers, everything else as it was.

Weights are rounded once, for each output by its largest; inputs each time, **for each sub-word by
its own largest**. PyTorch's dynamic quantisation takes one scale for all that is in a batch, so
that a result changes with its neighbours; here it cannot: products of whole numbers are exact, in
whatever order they are summed. Same scheme: Dettmers et al. 2022, "LLM.int8()", without outliers
set apart; Yao et al. 2022, "ZeroQuant", token-wise.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from mtbench.errors import Unavailable

MOST = 127  # of a signed byte; -128 has no counterpart


def quantise(model: Any) -> None:
    """Puts every linear layer of a model in eight bits, in place.

    Args:
        model: A torch module in single precision, on a processor.

    Raises:
        Unavailable: If this processor's products of bytes are not exact.
    """
    import torch

    require_exact()
    kind = _layer()
    seen = Rows()
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if type(child) is torch.nn.Linear:
                setattr(module, name, kind(child, seen))


class Rows:
    """The last input in eight bits: query, key and value are made of the same one."""

    def __init__(self) -> None:
        self._given: Any = None
        self._found: tuple[Any, Any] | None = None

    def of(self, given: Any) -> tuple[Any, Any]:
        """Bytes of shape (n, width), and the scale of each row, of shape (n, 1).

        Args:
            given: Of shape (…, width), single precision.
        """
        if given is self._given and self._found is not None:
            return self._found
        rows = given.reshape(-1, given.shape[-1])
        scale = rows.abs().amax(dim=1, keepdim=True).clamp_(min=1e-30).div_(MOST)
        self._given, self._found = given, (_bytes(rows / scale), scale)
        return self._found


def _bytes(scaled: Any) -> Any:
    import torch

    return scaled.round_().clamp_(-MOST, MOST).to(torch.int8)


@cache
def _layer() -> Any:
    """The class of a layer; torch is imported only here."""
    import torch

    class Int8Linear(torch.nn.Module):
        """A linear layer on bytes."""

        def __init__(self, linear: Any, seen: Rows) -> None:
            super().__init__()
            weight = linear.weight.detach()
            scale = weight.abs().amax(dim=1, keepdim=True).clamp_(min=1e-30).div_(MOST)
            self._seen = seen
            self._weight: Any = _bytes(weight / scale).t()
            self._scale: Any = scale.view(1, -1)
            self._bias: Any = linear.bias

        def forward(self, given: Any) -> Any:
            """Of shape (…, outputs), single precision."""
            rows, scale = self._seen.of(given)
            found = torch._int_mm(rows, self._weight).float()
            found.mul_(scale).mul_(self._scale)
            if self._bias is not None:
                found.add_(self._bias)
            return found.view(*given.shape[:-1], -1)

    return Int8Linear


@cache
def require_exact() -> None:
    """Some processors add products of bytes in 16 bits, where large ones overflow.

    Raises:
        Unavailable: If this one does.
    """
    import torch

    width = 256
    rows = torch.full((32, width), MOST, dtype=torch.int8)
    rows[1::2] = -MOST
    try:
        found = torch._int_mm(rows, torch.full((64, width), MOST, dtype=torch.int8).t())
    except (AttributeError, RuntimeError) as error:
        raise Unavailable(
            "precision int8: this PyTorch has no products of bytes here",
            why=str(error)[:160],
            hint="--precision fp32",
        ) from error
    expected = rows[:, :1].to(torch.int32) * (MOST * width)
    if not bool((found == expected).all()):
        raise Unavailable(
            "precision int8: this processor's products of bytes are not exact",
            hint="--precision fp32",
        )
