"""How a COMET score was computed, in one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mtbench.metrics.releases import NUMBERS_OF
from mtbench.types import Signature

DIGITS = 12
REPRODUCES = "2.2.7"  # the release of unbabel-comet whose scores these are


def comet_signature(
    facts: Mapping[str, Any], precision: str, references: int | None, *, forced: bool
) -> Signature:
    """The signature of a COMET score.

    ``comet:2.2.7|model:Unbabel/wmt22-comet-da|revision:2760a223ac95|config:…|precision:fp32|…``

    Args:
        facts: Of the checkpoint, as a session locates it.
        precision: What the encoder runs at.
        references: References of each segment; None where none are read.
        forced: Whether a guard was overridden.
    """
    if facts["revision"]:
        weights = ("revision", str(facts["revision"])[:DIGITS])
    else:
        weights = ("sha256", str(facts["sha256"])[:DIGITS])
    fields = [("comet", REPRODUCES), ("model", str(facts["model"])), weights]
    if facts["config"]:  # not known while it is on the hub
        fields.append(("config", str(facts["config"])[:DIGITS]))
    fields += [("precision", precision), ("refs", _references(references))]
    if forced:
        fields.append(("forced", "yes"))
    fields.append(("mtbench", NUMBERS_OF["comet"]))
    return Signature(fields=tuple(fields))


def _references(count: int | None) -> str:
    if not count:
        return "none"
    return "r1" if count == 1 else f"r{count}avg"
