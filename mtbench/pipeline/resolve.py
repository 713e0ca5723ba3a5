"""A request → records: cards, read options, back-end classes, test sets and their places.

Here and nowhere else in the pipeline the workspace is asked for what a request names; everything
behind it works on these records.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mtbench.config import (
    Workspace,
    find_corpora,
    find_system,
    folder_name,
    shipped,
    system_options,
)
from mtbench.corpora import load as corpora
from mtbench.corpora import parsed
from mtbench.errors import RequestError, UnknownName
from mtbench.files.digests import digest_json
from mtbench.files.parsed import Memory
from mtbench.files.writing import count_lines
from mtbench.languages import LanguagePair
from mtbench.pipeline.code import memory_of
from mtbench.pipeline.work import Request, Watcher
from mtbench.plugins import BACKENDS, Backend, Metric, parse_options
from mtbench.types import Json, Record, Runtime, Source, SystemCard, TestSet


@dataclass(frozen=True, slots=True)
class ResolvedSystem:
    """A system that a request names.

    Attributes:
        card: Its card.
        kind: The class of its back end.
        options: Its options, read by that class's own record.
        folder: Its folder under results.
        realign: Whether documents that come back in other paragraphs are laid on their segments.
    """

    card: SystemCard
    kind: type[Backend]
    options: Record
    folder: str
    realign: bool = False

    @property
    def name(self) -> str:
        """The system's name."""
        return self.card.name

    def serves(self, pair: LanguagePair) -> bool:
        """Whether card and options leave the direction possible."""
        return self.card.serves(pair) and self.kind.serves(self.options, pair)

    def backend(self, pair: LanguagePair, runtime: Runtime) -> Backend:
        """The back end in one direction; touches nothing."""
        made = self.kind(self.options, pair, runtime)
        if self.realign and made.unit == "document" and made.realigns is None:
            made.realigns = "keep"
        return made


def run_digest(
    system: ResolvedSystem,
    test_set: TestSet,
    identity: Mapping[str, Json],
    batching: str,
    *,
    laid: tuple[str, str] | None,
) -> str:
    """What tells one run from another.

    Args:
        system: With its options.
        test_set: What is translated.
        identity: What the back end's answers rest on beyond its options.
        batching: How batches are fixed, where they matter.
        laid: By which method and references whole documents are laid on segments; None where
            they are not.
    """
    aligned = {"realigned": list(laid)} if laid else {}
    return digest_json(
        {
            **aligned,
            "backend": system.card.backend,
            "options": system.options.model_dump(mode="json"),
            "identity": dict(identity),
            "pair": str(test_set.pair),
            "sources": test_set.sources_digest(),
            "batching": batching,
        }
    )


@dataclass(frozen=True, slots=True)
class ResolvedSet:
    """A test set that a request names.

    Attributes:
        test_set: The segments that ``--limit`` leaves.
        sources: All sources of the test set, those beyond the limit included.
        place: Folder of its corpus; empty for plain files and for what comes with mtbench.
    """

    test_set: TestSet
    sources: Sequence[Source]
    place: str = ""

    @property
    def name(self) -> str:
        """``CORPUS/SRC-TGT``."""
        return self.test_set.name


@dataclass(frozen=True, slots=True)
class Own:
    """What is handed over from Python and no name stands for.

    Attributes:
        systems: Beside those that the request names.
        metrics: By the names that the request has for them.
    """

    systems: tuple[ResolvedSystem, ...] = ()
    metrics: Mapping[str, Metric] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.systems or self.metrics)


NOTHING_OF_ONES_OWN = Own()


def limited(whole: TestSet, limit: int | None, place: str = "") -> ResolvedSet:
    """A test set under ``--limit``."""
    test_set = corpora.first(whole, limit) if limit else whole
    return ResolvedSet(test_set, whole.sources, place)


def resolve_systems(
    specs: Sequence[str],
    space: Workspace,
    own: Sequence[ResolvedSystem] = (),
    *,
    realign: bool = False,
) -> list[ResolvedSystem]:
    """The systems that ``--model`` names, and those that were handed over.

    Args:
        specs: As given.
        space: Where cards are.
        own: Handed over.
        realign: ``--realign``.

    Raises:
        RequestError: If none is named or two have one name.
    """
    if not specs and not own:
        raise RequestError("no model named", hint="name one with --model (mtbench models list)")
    found: dict[str, ResolvedSystem] = {}
    named = (
        resolve_system(find_system(spec, space.models), realign=realign)
        for spec in dict.fromkeys(specs)
    )
    for one in (*named, *own):
        if one.name in found:
            raise RequestError(
                f"two systems named {one.name!r} in one call",
                hint="name one of them otherwise: NAME=FILE for files, NAME=MODEL for --model",
            )
        found[one.name] = one
    return list(found.values())


def resolve_system(card: SystemCard, *, realign: bool = False) -> ResolvedSystem:
    """A card with its options read.

    Where documents are to be realigned, a back end that can ask for them as text is told so.

    Raises:
        RequestError: Naming the option that does not hold.
        UnknownName: If its back end does not exist.
    """
    kind = BACKENDS.get(card.backend)
    options = parse_options(kind.Options, system_options(card), f"model {card.name}: options")
    folder = folder_name(card)
    if realign and "realign" in kind.Options.model_fields and not getattr(options, "realign", True):
        card = card.model_copy(update={"options": {**card.options, "realign": True}})
        options = parse_options(kind.Options, system_options(card), f"model {card.name}: options")
    return ResolvedSystem(card, kind, options, folder, realign)


def resolve_sets(request: Request, space: Workspace, watcher: Watcher) -> list[ResolvedSet]:
    """The test sets that ``--corpus``, ``--pair`` and ``--limit`` name.

    Args:
        request: What is asked for.
        space: Where corpora are.
        watcher: Told how far the reading of a large file is.

    Raises:
        UnknownName: If a corpus or a pair is not there.
        DataError: If a corpus file does not hold.
    """
    memory = memory_of(space)
    return [
        limited(
            _read(file, memory, request.reference, watcher),
            request.limit,
            _place(file.path.parent.resolve()),
        )
        for file in chosen_files(request, space)
    ]


def _read(
    file: corpora.PairFile, memory: Memory, reference: str | None, watcher: Watcher
) -> TestSet:
    began = False

    def told(count: int) -> None:
        """Nobody counts the lines of a file that is small, or need not be read again."""
        nonlocal began
        if not began:
            what = f"reading {file.path.parent.name} {file.pair}"
            watcher.start(what, count_lines(file.path))
            began = True
        watcher.advance(count)

    try:
        return parsed.load(file, memory, reference=reference, told=told)
    finally:
        if began:
            watcher.stop()


def chosen_files(request: Request, space: Workspace) -> list[corpora.PairFile]:
    """The files and directions that ``--corpus`` and ``--pair`` name; no file is read but cards.

    Raises:
        UnknownName: If a corpus or a pair is not there.
    """
    folders = find_corpora(request.corpora, space)
    chosen = _unique(file for folder, only in folders for file in corpora.pair_files(folder, only))
    known = {str(file.pair) for file in chosen}
    for pair in request.pairs:
        if pair not in known:
            raise UnknownName("pair", pair, known)
    return [file for file in chosen if not request.pairs or str(file.pair) in request.pairs]


def _unique(files: Iterable[corpora.PairFile]) -> list[corpora.PairFile]:
    """Each direction once, where a corpus and a file of it were both named."""
    return list({(f.path.resolve(), str(f.pair)): f for f in files}.values())


def _place(folder: Path) -> str:
    """How a run records where its corpus lay: from the current folder where it is inside."""
    if folder.is_relative_to(shipped("corpora")):
        return ""
    inside = folder.is_relative_to(Path.cwd())
    return str(folder.relative_to(Path.cwd()) if inside else folder)
