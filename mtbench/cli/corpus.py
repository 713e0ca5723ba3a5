"""``mtbench corpus``."""

from __future__ import annotations

import click

from mtbench.cli.lazy import LazyGroup

VERBS = {
    "build": ("mtbench.cli.corpus_build:build", "Raw documents to an aligned corpus."),
    "import": ("mtbench.cli.corpus_import:import_", "Corpora in other formats to corpus files."),
    "export": ("mtbench.cli.corpus_export:export", "Corpora and scores to other formats."),
    "seal": ("mtbench.cli.corpus_seal:seal", "Take edited files into the card."),
    "list": ("mtbench.cli.corpus_show:list_", "List corpora."),
    "show": ("mtbench.cli.corpus_show:show", "Statistics of a corpus."),
    "validate": ("mtbench.cli.corpus_validate:validate", "Every defect, as file:line: message."),
}


@click.group(cls=LazyGroup, verbs=VERBS, epilog="Example: mtbench corpus show china-blockchain")
def corpus() -> None:
    """Build, import, seal, list, show and validate corpora."""
