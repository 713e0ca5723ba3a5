"""A small workspace to begin with, and what to do next in the one that is there."""

from __future__ import annotations

import json
from pathlib import Path

from mtbench.config import Workspace, corpus_folders, shipped
from mtbench.distribution import DISTRIBUTION
from mtbench.errors import RequestError
from mtbench.files.writing import check_writable, write_text

_SENTENCES = (
    ("Good morning, how can I help you?", "Buongiorno, come posso aiutarla?"),
    ("The parcel was delivered on Monday.", "Il pacco è stato consegnato lunedì."),
    ("Please restart the device and try again.", "Riavviare il dispositivo e riprovare."),
    ("The museum is closed on public holidays.", "Il museo è chiuso nei giorni festivi."),
    ("All prices include taxes.", "Tutti i prezzi sono comprensivi di tasse."),
    ("Thank you for your patience.", "Grazie per la pazienza."),
)
_CARD = """\
title = "Example: replace it with segments of your own"
version = "1"
licence = "CC0-1.0"
original_language = "en"

[origin]
en = "human"
it = "human"
"""
_MODEL = """\
# The source, copied: a floor that any system has to beat. A card of your own:
# mtbench models new my-system hf:Helsinki-NLP/opus-mt-en-it --pair en-it
backend = "identity"
pairs = ["*"]
licence = "CC0-1.0"
notes = "The source, copied."
"""
_GATE = f"""\
# Fails a pull request in which a system got worse. baseline.csv is the leaderboard to hold against:
# cp results/leaderboard.csv baseline.csv, and commit it.
name: translation quality
on: pull_request
permissions:
  contents: read
jobs:
  gate:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: pip install {DISTRIBUTION}
      - run: mtbench corpus validate corpora
      - run: >-
          mtbench evaluate --model copy --corpus example --metric chrf --format md
          >> "$GITHUB_STEP_SUMMARY"
      - if: hashFiles('baseline.csv') != ''
        run: >-
          mtbench compare baseline.csv results/leaderboard.csv --fail-on worse --format md
          >> "$GITHUB_STEP_SUMMARY"
"""
_SETTINGS = """\
# Defaults of the commands that are given here; an option on the command line comes first.
# mtbench doctor shows them, and each run says those that it takes.
[tool.mtbench]
metrics = ["chrf"]     # of evaluate and score; mtbench metrics list names them all
seed = 0               # of everything drawn at random
device = "auto"        # auto, cpu, cuda, cuda:N, cuda:all or mps
alpha = 0.05           # of compare and meta: what counts as significant
results = "results"    # folders: corpora, models, results, cache
"""
_IGNORED = """\
# What a run leaves behind before it is done; results themselves are worth committing.
results/.locks/
*.part.jsonl
*.tmp
"""


def example_files() -> dict[str, str]:
    """The files of a small workspace, by name.

    Example:
        >>> sorted(example_files())[0]
        '.github/workflows/mtbench.yml'
    """
    lines = (
        json.dumps({"id": f"{n}", "src": source, "ref": reference}, ensure_ascii=False)
        for n, (source, reference) in enumerate(_SENTENCES, start=1)
    )
    return {
        "corpora/example/card.toml": _CARD,
        "corpora/example/en-it.jsonl": "".join(f"{line}\n" for line in lines),
        "models/copy.toml": _MODEL,
        "pyproject.toml": _SETTINGS,
        ".github/workflows/mtbench.yml": _GATE,
        ".gitignore": _IGNORED,
    }


def begin(folder: Path) -> tuple[list[Path], list[Path]]:
    """Writes a small workspace into a folder; what is there already stays as it is.

    Args:
        folder: Where; made if need be.

    Returns:
        The files written, and those that were there.

    Raises:
        RequestError: If it is no folder.
        Unavailable: If it cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise RequestError(f"{folder}: not a folder", hint="name a folder for the workspace")
    check_writable(folder)
    written, kept = [], []
    for name, text in example_files().items():
        path = folder / name
        if path.exists() or path.is_symlink():
            kept.append(path)
            continue
        write_text(path, text)
        written.append(path)
    return written, kept


def next_steps(space: Workspace) -> list[tuple[str, str]]:
    """What to do next in a workspace: a sentence and a command each, the first thing first.

    Args:
        space: The workspace.

    Example:
        >>> from mtbench.config import workspace
        >>> next_steps(workspace("nowhere"))[-1]
        ('see every command', 'mtbench --help')
    """
    steps: list[tuple[str, str]] = []
    own = space.corpora[:1] if space.corpora[:1] != (shipped("corpora"),) else ()
    here = list(corpus_folders(own))
    if any(space.results.glob("*/*/*/run.json")):
        steps += [
            ("see the leaderboard of what is stored", "mtbench leaderboard"),
            ("read every segment in the browser", "mtbench report -o report"),
            ("see the worst segments", "mtbench segments --worst 10"),
        ]
    if here:
        steps.append(
            ("translate and score", f"mtbench evaluate --model identity --corpus {here[0]}")
        )
    else:
        steps.append(("make a small workspace to begin with", "mtbench init my-evaluation"))
    steps += [
        (
            "score translations that exist",
            "mtbench score --hypotheses out.it --reference ref.it --pair en-it",
        ),
        ("see what can run on this machine", "mtbench doctor"),
        ("see every command", "mtbench --help"),
    ]
    return steps
