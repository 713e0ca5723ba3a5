"""``mtbench models check``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from mtbench.cli import common, completion
from mtbench.errors import BackendError, DataError, MtbenchError, RequestError
from mtbench.interruptions import unmasked

if TYPE_CHECKING:
    from mtbench.config import Workspace
    from mtbench.languages import LanguagePair
    from mtbench.pipeline.checking import Checked
    from mtbench.pipeline.resolve import ResolvedSystem
    from mtbench.plugins import Backend
    from mtbench.types import Json

SAMPLES = {
    "de": ("Das ist ein kurzer Satz.", "Wo ist der Bahnhof?", "Im Jahr 2019 kaufte er 15 Bücher."),
    "en": ("This is a short sentence.", "Where is the station?", "He bought 15 books in 2019."),
    "es": ("Esta es una frase corta.", "¿Dónde está la estación?", "En 2019 compró 15 libros."),
    "fr": ("Ceci est une courte phrase.", "Où est la gare ?", "En 2019, il a acheté 15 livres."),
    "it": ("Questa è una breve frase.", "Dov'è la stazione?", "Nel 2019 comprò 15 libri."),
    "pt": ("Esta é uma frase curta.", "Onde fica a estação?", "Em 2019 ele comprou 15 livros."),
}


@click.command(epilog="Example: mtbench models check apertium-ca --pair en-it")
@click.argument("model", metavar="M", shell_complete=completion.models)
@click.option(
    "--pair", "pairs", multiple=True, metavar="SRC-TGT", help="Default: all it names; of any, one."
)
@click.option(
    "--text",
    "texts",
    multiple=True,
    metavar="TEXT",
    help="What to translate. Default: three short sentences.",
)
@click.option(
    "--contract",
    is_flag=True,
    help="Also hold it against the whole contract: odd texts, fresh starts (loads it many times).",
)
@click.option(
    "--show",
    is_flag=True,
    help="Print the request for the first text as it would go out, and send none.",
)
@common.runtime_options
@common.format_option("table", "json")
@common.talk_options
def check(
    model: str,
    pairs: tuple[str, ...],
    texts: tuple[str, ...],
    contract: bool,
    show: bool,
    results: str | None,
    device: str,
    batch_size: int | None,
    seed: int,
    force: bool,
    style: str,
    verbose: bool,
    quiet: bool,
) -> None:
    """Load a system and translate in each direction, twice and in other batches; time it."""
    from mtbench.config import workspace
    from mtbench.languages import LanguagePair
    from mtbench.pipeline import checking
    from mtbench.pipeline.resolve import resolve_systems

    space = workspace(results)
    (system,) = resolve_systems((model,), space)
    card = system.card
    runtime = common.runtime(device, batch_size, seed, force, str(space.cache))
    _check_translates(system)
    wanted = [LanguagePair.parse(pair) for pair in pairs] or _default_pairs(system, space)
    rows = []
    for pair in wanted:
        if not card.serves(pair):
            raise RequestError(f"{card.name} does not serve {pair}")
        given = texts or SAMPLES.get(pair.source.partition("-")[0])
        if given is None:
            raise RequestError(f"no sample text in {pair.source!r}", hint="give one with --text")
        make = partial(system.backend, pair, runtime)
        backend = make()
        backend.check()
        if show:
            common.emit_json(_request(backend, given))
            continue
        try:
            with unmasked():
                rows.append(checking.check(card.name, backend, given))
                if contract:
                    _hold(card.name, make, given)
        except MtbenchError:
            raise
        except Exception as error:
            # A back end may be foreign code: whatever it raises is its own failure.
            raise BackendError(
                f"{card.name} failed: {type(error).__name__}: {error}",
                hint="-v shows where it failed",
            ) from error
    if show:
        return
    if style == "json":
        common.emit_json([row.model_dump(mode="json") for row in rows])
        return
    header = ["pair", "translation", "load s", "segment s", "characters/s", "deterministic"]
    common.emit(common.grid([*header, "batches"], [_shown(row) for row in rows]))


def _request(backend: Backend, texts: Sequence[str]) -> dict[str, Json]:
    """What would be sent for the first of the texts, the others being its document."""
    from mtbench.types import Source

    sources = [Source(id=str(n), text=text, document="1") for n, text in enumerate(texts, start=1)]
    backend.sources(sources)
    together = backend.unit == "document"
    return {"pair": str(backend.pair), **backend.request(sources if together else sources[:1])}


def _shown(row: Checked) -> list[str]:
    seen = "same again" if row.repeatable else "differed"
    batches = {True: "do not matter", False: "matter", None: f"fixed: {row.batching}"}
    return [
        row.pair,
        row.translation,
        f"{row.load_seconds:.3f}",
        f"{row.segment_seconds:.3f}",
        f"{row.characters_per_second:,.0f}",
        f"{'yes' if row.deterministic else 'not promised'}, {seen}",
        "one sentence"
        if row.batching == "free" and row.order_free is None
        else batches[row.order_free],
    ]


def _hold(name: str, make: Callable[[], Backend], texts: Sequence[str]) -> None:
    from mtbench.testing import ODD_TEXTS, ContractBroken, check_backend
    from mtbench.types import Source

    every = [*texts, texts[0], *ODD_TEXTS]
    sources = [Source(id=str(n), text=text, document="1") for n, text in enumerate(every)]
    try:
        check_backend(make, sources=sources, plain=len(texts) + 1)
    except ContractBroken as broken:
        raise DataError(f"{name} breaks the contract of back ends: {broken}") from broken


def _check_translates(system: ResolvedSystem) -> None:
    if system.kind.one_test_set(system.options):
        raise RequestError(
            f"{system.name} is translations that exist already: there is nothing to load",
            hint="score or evaluate hold the file against its test set",
        )


def _default_pairs(system: ResolvedSystem, space: Workspace) -> list[LanguagePair]:
    """The pairs a card names; of one that serves any, the first that a corpus here has."""
    from mtbench.config import find_corpora
    from mtbench.corpora.load import pair_files
    from mtbench.languages import LanguagePair

    named = [LanguagePair.parse(pair) for pair in system.card.pairs if pair != "*"]
    if named:
        return named
    try:
        here = [file.pair for place in find_corpora((), space) for file in pair_files(*place)]
    except MtbenchError:  # nothing here needs a corpus, whole or broken
        here = []
    for pair in [*here, LanguagePair(source="en", target="de")]:
        if pair.source.partition("-")[0] in SAMPLES and system.serves(pair):
            return [pair]
    raise RequestError(f"{system.name} names no pair", hint="name one with --pair en-it")
