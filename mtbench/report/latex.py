"""A leaderboard as LaTeX tables (booktabs)."""

from __future__ import annotations

from mtbench.report import words
from mtbench.types import Leaderboard, MetricInfo, Row, Table

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "–": "--",
    "α": r"$\alpha$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "†": r"\dag{}",
    "‡": r"\ddag{}",
    "…": r"\dots{}",
    "→": r"$\rightarrow$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
}


def to_latex(board: Leaderboard) -> str:
    r"""The tables; needs ``\usepackage{booktabs}``."""
    missing = [f"% {escaped(line)}\n" for line in words.without_scores(board)]
    return "\n".join([*(_one(board, table) for table in board.tables), *missing])


def _one(board: Leaderboard, table: Table) -> str:
    shown = [m for m in table.metrics if any(r.cells[m].score is not None for r in table.rows)]
    titles = [words.column(m, board.metrics.get(m)) for m in shown]
    terms = ["terms"] if any(row.terms for row in table.rows) else []
    lines = [
        r"\begin{table}",
        r"  \centering",
        rf"  \begin{{tabular}}{{rl{'rl' * len(shown)}{'r' * len(terms)}}}",
        r"    \toprule",
        "    " + " & ".join(["rank", "system", *map(_over_both, titles), *terms]) + r" \\",
        r"    \midrule",
    ]
    best = {m: _best(board, table, m) for m in shown}
    for row in table.rows:
        cells = [escaped(words.rank(row)), escaped(row.system)]
        for m in shown:
            cells += _score(row, m, board.metrics.get(m), bold=row.system in best[m])
        cells += [escaped(words.terms(row))] if terms else []
        lines.append("    " + " & ".join(cells) + r" \\")
    notes = " ".join(
        escaped(f"{note.rstrip('.')}.")
        for note in [
            *words.footnotes(board, table, verbose=False),
            *([BOLD] if any(best.values()) else []),
            *words.signatures(table),
        ]
    )
    caption = f"{escaped(words.heading(table))}: {escaped(words.circumstances(table))}. {notes}"
    label = "".join(c if c.isascii() and c.isalnum() else "-" for c in table.corpus)
    return "\n".join(
        [
            *lines,
            r"    \bottomrule",
            r"  \end{tabular}",
            rf"  \caption{{{caption}}}",
            rf"  \label{{tab:{label}-{table.pair}}}",
            r"\end{table}",
            "",
        ]
    )


BOLD = (
    "Brackets: 95 % intervals. Bold: the best score of a column, baselines and partial scores "
    "aside; in the column that ranks, the first cluster"
)


def _over_both(title: str) -> str:
    return rf"\multicolumn{{2}}{{l}}{{{escaped(title)}}}"


def _best(board: Leaderboard, table: Table, metric: str) -> set[str]:
    """Systems whose score is set in bold; nobody where there is nobody to be better than."""
    info = board.metrics.get(metric)
    scores = {
        row.system: score
        for row in table.rows
        if not row.baseline
        and not row.cells[metric].partial
        and (score := row.cells[metric].score) is not None
    }
    if len(scores) < 2:
        return set()
    if metric == table.rank_metric and any(row.cluster for row in table.rows):
        return {row.system for row in table.rows if row.cluster == 1 and row.system in scores}
    best = (max if info is None or info.higher_is_better else min)(scores.values())
    return {system for system, score in scores.items() if score == best}


def _score(row: Row, metric: str, info: MetricInfo | None, *, bold: bool) -> list[str]:
    value = escaped(words.value(row.cells[metric], info))
    interval = escaped(words.interval(row.cells[metric], info))
    # A bracket at the beginning of a cell would be an option of the line end before it.
    small = rf"{{\footnotesize {{{interval}}}}}" if interval else ""
    return [rf"\textbf{{{value}}}" if bold else value, small]


def escaped(text: str) -> str:
    """Text that LaTeX sets as it stands."""
    return "".join(_SPECIAL.get(character, character) for character in " ".join(text.split()))
