"""What the Tab key offers for names: cards, corpora, directions, metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress

import click
from click.shell_completion import CompletionItem

from mtbench.errors import MtbenchError


def models(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of cards, else files: a card may be a path."""
    from mtbench.config import card_names, workspace

    return _or_files(lambda: card_names(workspace().models), incomplete)


def corpora(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of corpora, else files."""
    from mtbench.config import corpus_folders, workspace

    return _or_files(lambda: corpus_folders(workspace().corpora), incomplete)


def pairs(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Directions that files of corpora are named by, and the other way round."""
    from mtbench.config import corpus_folders, workspace
    from mtbench.languages import LanguagePair

    found = set()
    with suppress(MtbenchError):
        for folder in corpus_folders(workspace().corpora).values():
            for path in folder.glob("*.jsonl"):
                with suppress(MtbenchError):
                    pair = LanguagePair.parse(path.stem)
                    found |= {str(pair), f"{pair.target}-{pair.source}"}
    return _begin(sorted(found), incomplete)


def metrics(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of metrics, plug-ins' among them."""
    from mtbench.plugins import METRICS

    with suppress(MtbenchError):
        return _begin(METRICS.origins(), incomplete)
    return []


def _or_files(names: Callable[[], Iterable[str]], incomplete: str) -> list[CompletionItem]:
    with suppress(MtbenchError):
        found = _begin(names(), incomplete)
        if found:
            return found
    return [CompletionItem(incomplete, type="file")]


def _begin(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]
