"""A leaderboard as LaTeX tables (booktabs)."""

from __future__ import annotations

from mtbench.report import words
from mtbench.types import Leaderboard, Table

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
    return "\n".join(_one(board, table) for table in board.tables)


def _one(board: Leaderboard, table: Table) -> str:
    shown = [m for m in table.metrics if any(r.cells[m].score is not None for r in table.rows)]
    titles = [words.column(m, board.metrics.get(m)) for m in shown]
    lines = [
        r"\begin{table}",
        r"  \centering",
        rf"  \begin{{tabular}}{{rl{'r' * len(shown)}}}",
        r"    \toprule",
        "    " + " & ".join(map(escaped, ["rank", "system", *titles])) + r" \\",
        r"    \midrule",
    ]
    for row in table.rows:
        scores = [words.value(row.cells[m], board.metrics.get(m)) for m in shown]
        cells = [words.rank(row), row.system, *scores]
        lines.append("    " + " & ".join(map(escaped, cells)) + r" \\")
    notes = " ".join(
        escaped(f"{note.rstrip('.')}.")
        for note in [
            *words.footnotes(board, table, verbose=False, intervals=False),
            *words.signatures(table),
        ]
    )
    caption = f"{escaped(words.heading(table))}: {escaped(words.circumstances(table))}. {notes}"
    return "\n".join(
        [
            *lines,
            r"    \bottomrule",
            r"  \end{tabular}",
            rf"  \caption{{{caption}}}",
            r"\end{table}",
            "",
        ]
    )


def escaped(text: str) -> str:
    """Text that LaTeX sets as it stands."""
    return "".join(_SPECIAL.get(character, character) for character in " ".join(text.split()))
