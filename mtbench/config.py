"""Where things are: the workspace, its corpora and its model cards."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import Field, ValidationError

from mtbench.errors import CardError, RequestError, UnknownName
from mtbench.files.digests import digest_json
from mtbench.files.writing import read_toml
from mtbench.plugins import BACKENDS, METRICS, first_defect, parse_options
from mtbench.servers.secrets import key_in
from mtbench.settings import read_settings
from mtbench.types import CorpusCard, Json, Record, SystemCard

CORPUS_CARD = "card.toml"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+@-]{0,99}\Z")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._+@-]+")
LIMITED = re.compile(r"@first[0-9]+\Z")
_RENAMED = re.compile(r"([^\W_][^=:/\\\n\r\t]{0,79})=(.+)", re.DOTALL)
_INLINE = re.compile(r"(?P<backend>[a-z][a-z0-9-]*):(?P<target>.*)\Z", re.DOTALL)


class Workspace(Record):
    """The folders in use.

    Attributes:
        corpora: Folders that hold corpora, the workspace's own first.
        models: Folders that hold model cards, the workspace's own first.
        results: Where results go.
        cache: Where converted weights and embeddings are kept.
    """

    corpora: tuple[Path, ...]
    models: tuple[Path, ...]
    results: Path
    cache: Path


def workspace(results: str | None = None, environment: Mapping[str, str] = os.environ) -> Workspace:
    """The workspace of the current folder: flags over environment over pyproject over defaults.

    Args:
        results: ``--results``, where given.
        environment: ``MTBENCH_CORPORA``, ``MTBENCH_MODELS``, ``MTBENCH_RESULTS`` and
            ``MTBENCH_CACHE`` are read from here.

    Raises:
        RequestError: If ``[tool.mtbench]`` of ``pyproject.toml`` is malformed.
    """
    import platformdirs

    settings = read_settings()

    def setting(name: str, default: str) -> str:
        return environment.get(f"MTBENCH_{name.upper()}") or str(settings.get(name, default))

    return Workspace(
        corpora=_own_and_shipped(Path(setting("corpora", "corpora")), "corpora"),
        models=_own_and_shipped(Path(setting("models", "models")), "models"),
        results=Path(results or setting("results", "results")),
        cache=Path(setting("cache", platformdirs.user_cache_dir("mtbench"))),
    )


def shipped(name: str) -> Path:
    """The folder of corpora or model cards that comes with mtbench; in a checkout, its own."""
    package = Path(__file__).resolve().parent
    inside, beside = package / "share" / name, package.parent / name
    return inside if inside.is_dir() else beside


def _own_and_shipped(own: Path, name: str) -> tuple[Path, ...]:
    folders = [folder for folder in (own, shipped(name)) if folder.is_dir()]
    if len(folders) == 2 and folders[0].resolve() == folders[1].resolve():
        return (folders[0],)
    return tuple(folders)


# --- systems --------------------------------------------------------------------------------


def card_names(folders: tuple[Path, ...]) -> dict[str, Path]:
    """Name → file of every model card, a workspace's own before a shipped one."""
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.toml")):
            found.setdefault(path.stem, path)
    return dict(sorted(found.items()))


def read_system_card(path: Path) -> SystemCard:
    """A model card from its file; its name is the file's stem.

    Raises:
        CardError: With the file and the key that does not hold.
        UnknownName: If its back end does not exist.
    """
    values = read_toml(path)
    for key in ("name", "inline"):
        if key in values:
            raise CardError(f"{path}: {key}: not a key of a card", hint="a card's name is its file")
    check_name(path.stem, str(path))
    try:
        card = SystemCard.model_validate({**values, "name": path.stem})
    except ValidationError as error:
        raise CardError(f"{path}: {first_defect(error, 'key')}", hint=_keys(SystemCard)) from error
    except RequestError as error:
        raise CardError(f"{path}: {error.message}", hint=error.hint) from error
    return card


class MetricCard(Record):
    """A metric with options under a name of its own: ``metrics/NAME.toml``.

    Attributes:
        name: The file's stem.
        metric: The metric that it is.
        options: Its options.
    """

    name: str
    metric: str
    options: dict[str, Json] = Field(default_factory=dict)


def metric_card(name: str, folder: Path = Path("metrics")) -> MetricCard | None:
    """The card of that name in the workspace, if there is one and no metric has that name.

    Raises:
        CardError: With the file and the key that does not hold.
        RequestError: If the metric cannot go by another name.
    """
    path = folder / f"{name}.toml"
    if not NAME.match(name) or not path.is_file():
        return None
    if name in METRICS.origins():
        raise CardError(f"{path}: a metric is called {name} already", hint="rename the card")
    values = read_toml(path)
    try:
        card = MetricCard.model_validate({**values, "name": name})
    except ValidationError as error:
        raise CardError(f"{path}: {first_defect(error, 'key')}") from error
    for text in _texts(card.options):
        if (found := key_in(text)) is not None:
            raise CardError(
                f"{path}: {found.where}: a key among the options would be kept with the results",
                hint=f"set it in the environment, as {found.variable} or such, and name it there",
            )
    try:
        kind = METRICS.get(card.metric)
    except UnknownName as error:
        raise CardError(f"{path}: {error.message}", hint=error.hint) from error
    if kind.kind is None:
        raise CardError(f"{path}: {card.metric} cannot go by another name", hint="--metric-option")
    parse_options(kind.Options, {**card.options, "name": name}, f"{path}: options")
    return card


def _keys(kind: type[Record]) -> str:
    keys = [name for name in kind.model_fields if name not in ("name", "inline")]
    return f"keys of a card: {', '.join(keys)}"


def find_system(spec: str, folders: tuple[Path, ...]) -> SystemCard:
    """The system that ``--model`` names: a card's name, a path to a card, or BACKEND:TARGET.

    ``NAME=`` before any of these gives it another name.

    Raises:
        UnknownName: With the nearest known names.
        RequestError: If a target or a name cannot be.
        CardError: If the card is malformed.
    """
    _check_unicode(spec)
    cards = card_names(folders)
    inline = _INLINE.match(spec)
    path = cards.get(spec)
    if path is None and spec.endswith(".toml") and (Path(spec).is_file() or not inline):
        if not Path(spec).is_file():
            raise UnknownName("model card", spec, cards)
        path = Path(spec)
    if path is not None:
        return _checked(read_system_card(path), folders, (), str(path))
    renamed = name_given(spec)
    if renamed is not None and name_given(renamed[1]) is None:
        card = find_system(renamed[1], folders)
        return card.model_copy(update={"name": renamed[0], "inline": True})
    if not inline:
        known = [*cards, *(f"{name}:" for name in BACKENDS.origins())]
        raise UnknownName("model", spec, known)
    return _checked(_inline_card(inline["backend"], inline["target"]), folders, ())


def name_given(spec: str) -> tuple[str, str] | None:
    """The name that a user gives a system, and the system; None where none is given.

    Example:
        >>> name_given("old=hypotheses:out.txt"), name_given("command:tr a=b")
        (('old', 'hypotheses:out.txt'), None)
    """
    found = _RENAMED.fullmatch(spec)
    return (found[1], found[2]) if found else None


def _check_unicode(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise RequestError(
            f"not UTF-8: {text!r}", hint="rename the file; results are kept in UTF-8"
        ) from error


def _inline_card(backend: str, target: str) -> SystemCard:
    kind = BACKENDS.get(backend)
    options = kind.from_target(target)
    name = _name_of_target(backend, target)
    return SystemCard(
        name=name, backend=backend, options=options, inline=True, baseline=backend == "identity"
    )


def _name_of_target(backend: str, target: str) -> str:
    last = target.rstrip("/").rsplit("/", 1)[-1]
    if backend.startswith("hypotheses") and not Path(target).is_dir():
        last = Path(last).stem
    shown = "".join(c if c.isprintable() else "-" for c in last)
    return shown.strip(" '\"")[:80] or backend


def _checked(
    card: SystemCard, folders: tuple[Path, ...], seen: tuple[str, ...], path: str | None = None
) -> SystemCard:
    """The card with the steps of a chain spelled out and its options validated.

    Raises:
        CardError: With the file, where there is one.
    """
    if path is None:
        return _validated(card, folders, seen, f"--model {card.backend}:")
    try:
        return _validated(card, folders, seen, "options")
    except CardError:
        raise
    except RequestError as error:
        raise CardError(f"{path}: {error.message}", why=error.why, hint=error.hint) from error


def _validated(
    card: SystemCard, folders: tuple[Path, ...], seen: tuple[str, ...], where: str
) -> SystemCard:
    if card.backend == "chain":
        steps = card.options.get("steps", [])
        if isinstance(steps, list):
            if card.name in seen:
                raise RequestError(f"the chain {card.name} contains itself")
            options = {
                **card.options,
                "steps": [_step(s, folders, (*seen, card.name)) for s in steps],
            }
            card = card.model_copy(update={"options": options})
    for text in _texts(card.options):
        if (found := key_in(text)) is not None:
            # It is not repeated: cards, results and logs would hold it.
            raise RequestError(
                f"{where}: {found.where}: a key among the options would be kept with the results",
                hint=f"set it in the environment, as {found.variable} or such, and name it there",
            )
    kind = BACKENDS.get(card.backend)
    options_record = parse_options(kind.Options, system_options(card), where)
    via = card.via or kind.via(options_record)
    return card.model_copy(update={"via": tuple(via)})


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def _step(step: Json, folders: tuple[Path, ...], seen: tuple[str, ...]) -> Json:
    if not isinstance(step, str):
        return step
    cards = card_names(folders)
    if step in seen:
        raise RequestError(f"the chain {seen[0]} contains itself")
    if step in cards:
        card = _checked(read_system_card(cards[step]), folders, seen, str(cards[step]))
    else:
        card = find_system(step, folders)
    found: dict[str, Json] = {"backend": card.backend, "options": system_options(card)}
    return found if card.pairs == ("*",) else {**found, "pairs": list(card.pairs)}


def system_options(card: SystemCard) -> dict[str, Json]:
    """The options a card's back end is made from: a back end that counts costs gets its price."""
    wants = "price" in BACKENDS.get(card.backend).Options.model_fields
    return {**card.options, "price": card.price} if wants and card.price else dict(card.options)


def folder_name(card: SystemCard) -> str:
    """The system's folder under results: its name, with eight digits for an inline one."""
    if not card.inline:
        return card.name
    plain = plain_name(card.name) or card.backend
    return f"{plain}-{digest_json([card.backend, card.options])[:8]}"


def plain_name(name: str) -> str:
    """A name of others as far as a folder can bear it; empty where nothing of it can.

    Example:
        >>> plain_name("Sys/1")
        'Sys-1'
    """
    return _NOT_IN_NAMES.sub("-", name).strip("-.")


def check_name(name: str, where: str) -> None:
    """Says whether a name can be a folder of results.

    Raises:
        RequestError: If not.
    """
    if not NAME.match(name):
        raise RequestError(
            f"{where}: {name!r} cannot name a folder of results",
            hint="use letters, digits and . _ + @ -, starting with a letter or digit",
        )


# --- corpora --------------------------------------------------------------------------------


def corpus_folders(folders: tuple[Path, ...]) -> dict[str, Path]:
    """Name → folder of every corpus, a workspace's own before a shipped one."""
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.iterdir()):
            if path.is_dir() and not path.name.startswith(".") and any(path.glob("*.jsonl")):
                found.setdefault(path.name, path)
    return dict(sorted(found.items()))


def find_corpora(wanted: tuple[str, ...], space: Workspace) -> list[tuple[Path, str | None]]:
    """The corpora that ``--corpus`` names, each with a single file's name where one was named.

    Args:
        wanted: Names, paths of folders or of pair files, or globs of either; empty for every
            corpus of the first folder of corpora.
        space: The workspace.

    Raises:
        UnknownName: If one is not found.
        RequestError: If two corpora of one folder name were found, or no corpus at all.
    """
    known = corpus_folders(space.corpora)
    if not wanted:
        found: list[tuple[Path, str | None]] = [
            (path, None) for path in corpus_folders(space.corpora[:1]).values()
        ]
        if not found:
            raise RequestError(
                "there is no corpus here", hint="make one at corpora/NAME/SRC-TGT.jsonl"
            )
    else:
        found = [hit for name in wanted for hit in _find_corpus(name, known, space)]
    unique = list(dict.fromkeys((path.resolve(), file) for path, file in found))
    names: dict[str, Path] = {}
    for path, _ in unique:
        if names.setdefault(path.name, path) != path:
            raise RequestError(
                f"two corpora named {path.name!r}: {names[path.name]} and {path}",
                hint="their results would share a folder; rename one, or evaluate them apart",
            )
        _check_corpus_name(path)
    display = {path.resolve(): path for path, _ in found}
    return [(display[path], file) for path, file in unique]


def _check_corpus_name(path: Path) -> None:
    check_name(path.name, str(path))
    if LIMITED.search(path.name):
        raise RequestError(
            f"{path}: {path.name!r} is how the first segments of another corpus are called",
            hint="rename the folder",
        )


Hit = tuple[Path, str | None]


def _find_corpus(name: str, known: Mapping[str, Path], space: Workspace) -> list[Hit]:
    if name in known:
        return [(known[name], None)]
    path = Path(name)
    if hit := _corpus_at(path):
        return [hit]
    if hits := _corpora_like(name, space):
        return hits
    if path.is_dir():
        raise RequestError(
            f"{path}: not a corpus: there is no SRC-TGT.jsonl in it",
            hint="make one with mtbench corpus build or mtbench corpus import",
        )
    if path.is_file():
        raise RequestError(
            f"{path}: not a corpus file: it is no SRC-TGT.jsonl",
            hint="convert it with mtbench corpus import",
        )
    raise UnknownName("corpus", name, known)


def _corpus_at(path: Path) -> Hit | None:
    if path.is_dir() and any(path.glob("*.jsonl")):
        return path, None
    return (path.parent, path.name) if path.is_file() and path.suffix == ".jsonl" else None


def _corpora_like(name: str, space: Workspace) -> list[Hit]:
    """What a glob names: corpora of the first folder that has such, else paths."""
    from fnmatch import fnmatchcase
    from glob import glob

    if not any(mark in name for mark in "*?["):
        return []
    for folder in space.corpora:
        named = [path for key, path in corpus_folders((folder,)).items() if fnmatchcase(key, name)]
        if named:
            return [(path, None) for path in named]
    return [hit for match in sorted(glob(name)) if (hit := _corpus_at(Path(match)))]  # noqa: PTH207


def read_corpus_card(folder: Path) -> CorpusCard | None:
    """The card of a corpus, or None where it has none.

    Raises:
        CardError: With the file and the key that does not hold.
    """
    path = folder / CORPUS_CARD
    if not path.is_file():
        return None
    values = read_toml(path)
    try:
        return CorpusCard.model_validate(values)
    except ValidationError as error:
        raise CardError(f"{path}: {first_defect(error, 'key')}", hint=_keys(CorpusCard)) from error
    except RequestError as error:
        raise CardError(f"{path}: {error.message}", hint=error.hint) from error
