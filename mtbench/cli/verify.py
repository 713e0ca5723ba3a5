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
    if style == "json":
        common.emit_json([finding.model_dump() for finding in findings])
        if failed:
            click.get_current_context().exit(VerificationFailed.exit_code)
        return
    marks = {True: "holds", False: "does not hold", None: "not looked at"}
    for finding in findings if verbose else failed + unseen:
        detail = f" ({finding.detail})" if finding.detail else ""
        common.emit(f"{finding.where}: {marks[finding.holds]}: {finding.what}{detail}")
    holding = len(findings) - len(unseen) - len(failed)
    common.emit(f"{holding} checks hold, {len(failed)} do not, {len(unseen)} could not be made")
    if failed:
        first = failed[0]
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        raise VerificationFailed(
            f"{first.where}: does not hold: {first.what}{more}", why=first.detail or None
        )
