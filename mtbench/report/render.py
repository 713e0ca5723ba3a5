"""A leaderboard in any of the formats of ``--format``."""

from __future__ import annotations

from mtbench.types import Leaderboard


def render(board: Leaderboard, style: str, *, verbose: bool = False) -> str:
    """The leaderboard as text.

    Args:
        board: What to show.
        style: ``table``, ``csv``, ``json``, ``md`` or ``latex``.
        verbose: Signatures and exclusions too.
    """
    if style == "csv":
        from mtbench.report.csv_table import to_csv

        return to_csv(board)
    if style == "json":
        return board.model_dump_json(indent=1)
    if style == "md":
        from mtbench.report.markdown import to_markdown

        return to_markdown(board)
    if style == "latex":
        from mtbench.report.latex import to_latex

        return to_latex(board)
    from mtbench.report.text import to_text

    return to_text(board, verbose=verbose)
