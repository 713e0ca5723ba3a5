"""Precisions of arithmetic: what they are called, and where there are any.

Imports nothing heavy: ``--help`` shows them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from mtbench.errors import RequestError

if TYPE_CHECKING:
    from mtbench.types import Runtime

Precision = Literal["fp32", "tf32", "bf16", "fp16", "int8"]
Wide = Literal["fp32", "tf32", "bf16"]  # whose numbers reach as far as single precision's

DTYPES: Mapping[str, str] = {
    "fp32": "float32",
    "tf32": "float32",
    "bf16": "bfloat16",
    "fp16": "float16",
}
_KIND_OF: Mapping[str, str] = {"tf32": "cuda", "int8": "cpu"}  # precision → the one kind of device


def refuse_precision(precision: str, device: Any) -> None:
    """Says which precision a device does not have.

    Raises:
        RequestError: If it is TF32, and the device no GPU; or eight bits, and it is no processor.

    Example:
        >>> refuse_precision("bf16", "cpu")
    """
    kind = str(device).partition(":")[0]
    if (of := _KIND_OF.get(precision, kind)) != kind:
        named = {"cuda": "CUDA devices", "cpu": "processors"}[of]
        hint = "fp32 is what runs everywhere" if of == "cuda" else "bf16, or --device cpu"
        raise RequestError(
            f"precision {precision} is arithmetic of {named}, and this is {kind}", hint=hint
        )


def check_precision(precision: str, runtime: Runtime) -> None:
    """Device and precision before any work; what other machines have, they say themselves.

    Raises:
        RequestError: As ``refuse_precision``.
        Unavailable: If this machine has no such device.
    """
    from mtbench.checkpoints.device import pick_device

    named = runtime.device != "auto"  # which would only cost the import of torch
    if (named or precision in _KIND_OF) and not runtime.engine.elsewhere:
        refuse_precision(precision, pick_device(runtime.device))


@contextmanager
def arithmetic(precision: str) -> Iterator[None]:
    """Matrix products of single precision in TF32 where that is asked for, and only there."""
    import torch

    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    try:
        yield
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before
