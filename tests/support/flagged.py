"""Outputs with something wrong: a lost number, a source left standing; beside a sound one."""

from __future__ import annotations

import json
from pathlib import Path

from mtbench.cli.main import run

SOURCE = "In the year 1987 the harbour was rebuilt by the people of the town, number {}."
TARGET = "Im Jahr 1987 wurde der Hafen von den Menschen der Stadt neu gebaut, Nummer {}."
SEGMENTS = 6


def evaluate_flagged(folder: Path) -> None:
    """Makes a corpus ``mine`` and two outputs in the current folder, and scores them by chrF.

    ``poor`` loses the number in segment ``s4`` and leaves the source standing in ``s5``; all else
    it has in common with ``good``.

    Args:
        folder: The current folder.
    """
    corpus = folder / "corpora" / "mine"
    corpus.mkdir(parents=True)
    rows = [
        {"id": f"s{n}", "src": SOURCE.format(n), "ref": TARGET.format(n)} for n in range(SEGMENTS)
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (corpus / "en-de.jsonl").write_text(lines, encoding="utf-8")
    good = [TARGET.format(n).replace("neu gebaut", "wieder errichtet") for n in range(SEGMENTS)]
    poor = [*good[:4], good[4].replace("1987", ""), SOURCE.format(5)]
    models = []
    for name, texts in {"good": good, "poor": poor}.items():
        (folder / f"{name}.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")
        models += ["--model", f"hypotheses:{name}.txt"]
    assert run(["evaluate", *models, "--corpus", "mine", "--metric", "chrf", "--quiet"]) == 0
