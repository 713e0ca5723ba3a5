"""``mtbench verify``."""

from __future__ import annotations

import click

from mtbench.cli import common
from mtbench.errors import VerificationFailed


@click.command(epilog="Example: mtbench verify results")
@click.argument("results", required=False)
@common.format_option("table", "json")
@common.talk_options
def verify(results: str | None, style: str, verbose: bool, quiet: bool) -> None:
    """Hash the chain from corpus to scores again, and compute the lexical scores again."""
    from mtbench.config import workspace
    from mtbench.pipeline.verification import verify as findings_of

    findings = list(findings_of(workspace(results)))
    failed = [finding for finding in findings if finding.holds is False]
    unseen = [finding for finding in findings if finding.holds is None]
    if failed:
        first = failed[0]
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        raise VerificationFailed(
            f"{first.where}: does not hold: {first.what}{more}", why=first.detail or None
        )
    if style == "json":
        common.emit_json([finding.model_dump() for finding in findings])
        return
    shown = findings if verbose else unseen
    for finding in shown:
        mark = "holds" if finding.holds else "not looked at"
        common.emit(f"{finding.where}: {mark}: {finding.what} {finding.detail}".rstrip())
    common.emit(f"{len(findings) - len(unseen)} checks hold, {len(unseen)} could not be made")
