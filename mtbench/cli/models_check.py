"""``mtbench models check``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from mtbench.cli import common
from mtbench.errors import DataError, RequestError, SegmentError

if TYPE_CHECKING:
    from mtbench.config import Workspace
    from mtbench.languages import LanguagePair
    from mtbench.plugins import Backend
    from mtbench.types import Json, SystemCard

SAMPLES = {
    "de": "Das ist ein kurzer Satz.",
    "en": "This is a short sentence.",
    "es": "Esta es una frase corta.",
    "fr": "Ceci est une courte phrase.",
    "it": "Questa è una breve frase.",
    "pt": "Esta é uma frase curta.",
}


@click.command(epilog="Example: mtbench models check apertium-ca --pair en-it")
@click.argument("model", metavar="M")
@click.option(
    "--pair", "pairs", multiple=True, metavar="SRC-TGT", help="Default: all it names; of any, one."
)
@click.option("--text", metavar="TEXT", help="What to translate. Default: a short sentence.")
@common.runtime_options
@common.format_option("table", "json")
@common.talk_options
def check(
    model: str,
    pairs: tuple[str, ...],
    text: str | None,
    results: str | None,
    device: str,
    batch_size: int | None,
    seed: int,
    force: bool,
    style: str,
    verbose: bool,
    quiet: bool,
) -> None:
    """Load a system, translate a segment in each direction, twice, and time it."""
    from mtbench.config import find_system, system_options, workspace
    from mtbench.languages import LanguagePair
    from mtbench.plugins import make_backend

    space = workspace(results)
    card = find_system(model, space.models)
    runtime = common.runtime(device, batch_size, seed, force, str(space.cache))
    _check_translates(card)
    wanted = [LanguagePair.parse(pair) for pair in pairs] or _default_pairs(card, space)
    rows = []
    for pair in wanted:
        if not card.serves(pair):
            raise RequestError(f"{card.name} does not serve {pair}")
        backend = make_backend(card.backend, system_options(card), pair, runtime)
        backend.check()
        rows.append(_tried(card, backend, pair, text or SAMPLES.get(pair.source)))
    if style == "json":
        common.emit_json(rows)
        return
    header = ["pair", "translation", "load s", "segment s", "repeatable"]
    common.emit(common.grid(header, [[str(v) for v in row.values()] for row in rows]))


def _check_translates(card: SystemCard) -> None:
    from mtbench.config import system_options
    from mtbench.plugins import BACKENDS, parse_options

    kind = BACKENDS.get(card.backend)
    options = parse_options(kind.Options, system_options(card), f"model {card.name}: options")
    if kind.one_test_set(options):
        raise RequestError(
            f"{card.name} holds the output for one test set: it cannot translate a sample",
            hint="mtbench evaluate --dry-run checks it against its test set",
        )


def _default_pairs(card: SystemCard, space: Workspace) -> list[LanguagePair]:
    """The pairs a card names; of one that serves any, the first that a corpus here has."""
    from mtbench.config import find_corpora
    from mtbench.corpus import pair_files
    from mtbench.errors import MtbenchError
    from mtbench.languages import LanguagePair
    from mtbench.plugins import BACKENDS, parse_options

    named = [LanguagePair.parse(pair) for pair in card.pairs if pair != "*"]
    if named:
        return named
    kind = BACKENDS.get(card.backend)
    options = parse_options(kind.Options, card.options, f"model {card.name}: options")
    try:
        here = [file.pair for place in find_corpora((), space) for file in pair_files(*place)]
    except MtbenchError:  # nothing here needs a corpus, whole or broken
        here = []
    for pair in [*here, LanguagePair(source="en", target="de")]:
        if pair.source in SAMPLES and kind.serves(options, pair):
            return [pair]
    raise RequestError(f"{card.name} names no pair", hint="name one with --pair en-it")


def _tried(
    card: SystemCard, backend: Backend, pair: LanguagePair, text: str | None
) -> dict[str, Json]:
    from mtbench.types import Source, Translation

    if text is None:
        raise RequestError(f"no sample text in {pair.source!r}", hint="give one with --text")
    source = Source(id="1", text=text, document="1")
    backend.sources([source])
    began = time.perf_counter()
    with backend:
        loaded = time.perf_counter()
        answers = [backend.translate([source]) for _ in range(2)]
        done = time.perf_counter()
    for answer in answers:
        if len(answer) != 1:
            raise DataError(f"{card.name} gave {len(answer)} translations for one segment")
        if isinstance(answer[0], SegmentError):
            raise answer[0]
    texts = [a[0].text if isinstance(a[0], Translation) else str(a[0]) for a in answers]
    if backend.deterministic and texts[0] != texts[1]:
        raise DataError(f"{card.name} says it is deterministic, and translated one text two ways")
    return {
        "pair": str(pair),
        "translation": texts[0],
        "load_seconds": round(loaded - began, 3),
        "segment_seconds": round((done - loaded) / 2, 3),
        "repeatable": texts[0] == texts[1],
    }
