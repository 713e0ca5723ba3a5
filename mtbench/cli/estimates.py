"""What ``--dry-run`` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mtbench.cli.common import grid
from mtbench.cli.output import emit, emit_json

if TYPE_CHECKING:
    from mtbench.pipeline import Estimate


def emit_estimates(estimates: Sequence[Estimate], style: str) -> None:
    """What ``--dry-run`` found."""
    if style == "json":
        emit_json([estimate.model_dump(mode="json") for estimate in estimates])
        return
    rows = []
    for one in estimates:
        cost = "–" if one.cost is None else f"{one.cost:,.4f} {one.currency}"
        counts = [f"{one.to_translate:,} of {one.segments:,}", f"{one.calls:,}"]
        counts += [f"{one.characters:,}", f"{one.tokens_read:,}", f"{one.tokens_written:,}"]
        row = [one.test_set, one.system, *counts, cost, " ".join(one.to_score) or "–"]
        rows.append(row)
    header = ["test set", "system", "to translate", "calls", "characters"]
    emit(grid([*header, "tokens in", "tokens out", "cost", "to score"], rows))
    by_bytes = any(one.counted_by == "bytes" and one.to_translate for one in estimates)
    rule = ", at 4 bytes each where a system does not count them itself" if by_bytes else ""
    emit(f"Tokens in include prompts{rule}; tokens out are those of the sources.")
    for one in estimates:
        for metric, sums in one.judging.items():
            said = ", ".join(f"{value:,.4g} {key}" for key, value in sums.items())
            emit(f"{metric} of {one.system} on {one.test_set}: about {said or 'unknown'}.")
        for metric, (known, count) in one.encoded.items():
            emit(
                f"{metric} of {one.system} on {one.test_set}: {known:,} of {count:,} texts of "
                "sources and references are encoded already; different hypotheses are encoded "
                "once each."
            )
    from rich.filesize import decimal

    for fetch in dict.fromkeys(fetch for one in estimates for fetch in one.to_fetch):
        size = "of unknown size" if fetch.bytes is None else decimal(fetch.bytes)
        files = f"{fetch.files} file{'s' if fetch.files != 1 else ''}"
        at = f" at {fetch.revision[:12]}" if fetch.revision else ""
        emit(f"To be fetched: {fetch.what}{at}, {files}, {size}.")
