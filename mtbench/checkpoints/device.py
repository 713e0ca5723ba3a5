"""One rule for devices: what ``--device`` names, and what ``auto`` takes.

Imports nothing of mtbench but its errors: the workers of other environments use it, too.
"""

from __future__ import annotations

from mtbench.errors import Unavailable
from mtbench.packages import require


def pick_device(wanted: str) -> str:
    """The torch device for a ``--device``: ``auto`` is cuda, else mps, else cpu.

    Args:
        wanted: ``auto``, ``cpu``, ``mps``, ``cuda`` or ``cuda:N``.

    Raises:
        MissingExtra: If torch is not installed.
        Unavailable: If this machine has no such device.

    Example:
        >>> pick_device("cpu")
        'cpu'
    """
    if wanted == "cpu":
        return "cpu"
    torch = require("torch", "a neural model", "hf")
    cuda = torch.cuda.is_available()
    mps = torch.backends.mps.is_available()
    if wanted == "auto":
        return "cuda" if cuda else "mps" if mps else "cpu"
    there = mps if wanted == "mps" else cuda and _index(wanted) < torch.cuda.device_count()
    if not there:
        raise Unavailable(
            f"this machine has no device {wanted!r}", hint="--device cpu, or auto for what there is"
        )
    return wanted


def _index(device: str) -> int:
    _, _, number = device.partition(":")
    return int(number) if number else 0
