"""Hugging Face data sets: from the hub, from its cache, or from a local folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from logging import CRITICAL
from pathlib import Path
from typing import Any

from mtbench.checkpoints.bars import bar
from mtbench.checkpoints.hub import (
    check_hub_environment,
    download_line,
    hub_errors,
    repository_folder,
)
from mtbench.checkpoints.network import offline, unreachable
from mtbench.checkpoints.problems import Problem, problem_of, refusal, said
from mtbench.corpora.formats.presets import Row
from mtbench.corpora.formats.segments import ImportedSegment, Remarks, Wanted
from mtbench.corpora.formats.tables import read_rows
from mtbench.errors import DataError, RequestError, UnknownName
from mtbench.files.inputs import as_it_is
from mtbench.languages import base_language, normalise_tag
from mtbench.packages import require
from mtbench.types import Json

_READING = "reading Hugging Face data sets"
_WORDS = {"keep_default_na": False}
_SAVED = ("dataset_info.json", "dataset_dict.json", "state.json")


def read_hub(
    name: str,
    mapping: Mapping[str, tuple[str, ...]],
    wanted: Wanted,
    remarks: Remarks,
    *,
    config: str | None = None,
    split: str | None = None,
    revision: str | None = None,
) -> Iterator[ImportedSegment]:
    """Rows of a data set as segments; an id that no column gives is the row's number.

    Args:
        name: Id on the hub, or a local folder.
        mapping: From ``columns.parse_map``; a ``translation`` feature needs none.
        wanted: The directions.
        remarks: Told of columns left out.
        config: The configuration ("subset"), where it has several.
        split: The split, where it has several.
        revision: Of a set on the hub.

    Raises:
        Unavailable: If the hub does not answer and the set is not in the cache.
        RequestError: If the set, configuration, split or a column is not there.
    """
    rows = hub_rows(name, config=config, split=split, revision=revision)
    yield from read_rows(rows, mapping, wanted, remarks, name)


def hub_rows(
    name: str, *, config: str | None = None, split: str | None = None, revision: str | None = None
) -> Iterator[Row]:
    """Rows of a data set with their numbers, from 1, and places. Raises as ``read_hub``."""
    rows = _one_split(_load(name, config, revision), split, name)
    label = "/".join(part for part in (name, config, split) if part)
    number = 0
    try:
        for row in rows:
            number += 1
            yield number, f"{label}:{number}", _plain(row)
    except _generation_errors() as error:
        raise DataError(f"{label}:{number + 1}: cannot be read: {said(error)}") from error


def _generation_errors() -> tuple[type[Exception], ...]:
    datasets = require("datasets", _READING, "data")
    return (datasets.exceptions.DatasetsError, *_parser_errors())


def _parser_errors() -> tuple[type[Exception], ...]:
    """What parsers of Arrow and Parquet raise on bytes that do not hold: not of one kind."""
    pyarrow = require("pyarrow", _READING, "data")
    broad = (ValueError, OSError, RuntimeError, LookupError, TypeError, AttributeError)
    return (pyarrow.ArrowException, *broad)


def _saved(folder: Path, datasets: Any) -> Any:
    """A data set that ``save_to_disk`` wrote.

    The library maps its files into memory, where a file that is shorter than it says ends the
    process by a signal: so each is read through once before.

    Raises:
        DataError: If a file does not hold.
    """
    pyarrow = require("pyarrow", _READING, "data")
    where = folder
    try:
        for path in sorted(folder.rglob("*.arrow")):
            where = path
            with pyarrow.OSFile(str(path)) as stream, pyarrow.ipc.open_stream(stream) as batches:
                for batch in batches:
                    batch.validate(full=True)
        where = folder
        return datasets.load_from_disk(str(folder))
    except (datasets.exceptions.DatasetsError, *_parser_errors()) as error:
        raise DataError(
            f"{where}: not a data set as save_to_disk writes it: {said(error)}",
            hint="save it again where it came from",
        ) from error


def configs_of(name: str, wanted: Wanted) -> list[str]:
    """The configurations of a set that are named by the languages or directions asked for.

    Raises:
        Unavailable: If the hub does not answer.
        RequestError: If no direction is asked for.
        UnknownName: If a language has no configuration, or more than one.
    """
    if not wanted.pairs:
        raise RequestError(f"{name} holds many languages", hint="say which, such as --pair en-it")
    datasets = require("datasets", _READING, "data")
    with _reaching(name):
        names = [str(config) for config in datasets.get_dataset_config_names(name)]
    found: dict[str, None] = {}
    for pair in wanted.pairs:
        whole = [c for c in names if _direction_of(c) == (pair.source, pair.target)]
        whole = whole or [c for c in names if _near(_direction_of(c), pair.source, pair.target)]
        if len(whole) == 1:
            found[whole[0]] = None
            continue
        for tag in (pair.source, pair.target):
            single = [config for config in names if _language_of(config) == tag]
            if len(single) != 1:
                raise UnknownName(f"configuration of {name} for", tag, names)
            found[single[0]] = None
    return list(found)


def _language_of(config: str) -> str | None:
    try:
        return normalise_tag(config)
    except RequestError:
        return None


def _direction_of(config: str) -> tuple[str, str] | None:
    source, dash, target = config.partition("-")
    tags = (_language_of(source), _language_of(target)) if dash else (None, None)
    return (tags[0], tags[1]) if tags[0] and tags[1] else None


def _near(direction: tuple[str, str] | None, source: str, target: str) -> bool:
    return (
        direction is not None
        and source in (direction[0], base_language(direction[0]))
        and target in (direction[1], base_language(direction[1]))
    )


def _load(name: str, config: str | None, revision: str | None) -> Any:
    datasets = require("datasets", _READING, "data")
    _quieten(datasets)
    folder = Path(name)
    try:
        if folder.is_dir():
            if any((folder / marker).is_file() for marker in _SAVED):
                return _saved(folder, datasets)
            literally = _words(datasets.load_dataset_builder(name, config))
            found = datasets.load_dataset(name, config, streaming=True, **literally)
            if literally:  # 007 is a number to pandas, where a whole column is of such
                columns: Mapping[str, Json] = next(iter(next(iter(found.values()))), {})
                texts = datasets.Features(dict.fromkeys(columns, datasets.Value("string")))
                literally["features"] = texts
                found = datasets.load_dataset(name, config, streaming=True, **literally)
            return found
        with _reaching(name, revision) as away, bar(name, _arriving(datasets, name), None):
            if away:
                return _kept(datasets, name, config, revision)
            builder = datasets.load_dataset_builder(name, config, revision=revision)
            return datasets.load_dataset(name, config, revision=revision, **_words(builder))
    except (datasets.exceptions.DatasetsError, ValueError, OSError, RuntimeError) as error:
        # The library tells a missing configuration, an unreadable file and a refused script
        # apart only by these broad classes.
        raise RequestError(
            f"{name}: cannot be loaded: {said(error)}",
            hint="name the configuration by --config where it has several",
        ) from error


def _words(builder: Any) -> dict[str, Any]:
    """What lets a set of CSV keep the texts ``None``, ``null`` and ``NA``, which pandas drops."""
    return dict(_WORDS) if hasattr(builder.config, "keep_default_na") else {}


def _kept(datasets: Any, name: str, config: str | None, revision: str | None) -> Any:
    """A set from the library's cache, where it is named by how it was read; ours come first."""
    try:
        return datasets.load_dataset(name, config, revision=revision, **_WORDS)
    except ValueError:
        return datasets.load_dataset(name, config, revision=revision)


def _one_split(loaded: Any, split: str | None, name: str) -> Any:
    if not isinstance(loaded, Mapping):
        if split is not None:
            raise RequestError(f"{name} has no splits", hint="leave --split out")
        return loaded
    if split is not None:
        if split not in loaded:
            raise UnknownName(f"split of {name}", split, [str(key) for key in loaded])
        return loaded[split]
    if len(loaded) != 1:
        raise RequestError(
            f"{name} has {len(loaded)} splits: {', '.join(str(key) for key in loaded)}",
            hint="name one by --split",
        )
    return next(iter(loaded.values()))


@contextmanager
def _reaching(name: str, revision: str | None = None) -> Iterator[bool]:
    """Says what the hub does not give; where it cannot be asked, the library's cache serves.

    Yields:
        Whether it cannot be asked.

    Raises:
        Unavailable: If the set is needed from the hub, which does not give it.
        RequestError: If the hub has no such set or revision.
    """
    datasets = require("datasets", _READING, "data")
    hub = require("huggingface_hub.constants", _READING, "data")
    if not offline():
        check_hub_environment()
    reason = unreachable()
    before = (hub.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE)
    try:
        if reason:
            hub.HF_HUB_OFFLINE = True
            datasets.config.HF_HUB_OFFLINE = True
        yield bool(reason)
    except (OSError, datasets.exceptions.DatasetsError, hub_errors()) as error:
        problem = Problem("offline", reason) if reason else problem_of(error)
        if problem.kind in ("other", "file"):  # of the set, not of the hub
            raise
        found = refusal(name, revision, problem, _fetch_line(name), kind="dataset")
        if problem.kind in ("missing", "revision"):
            raise RequestError(found.message, why=found.why, hint=found.hint) from error
        raise found from error
    finally:
        hub.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE = before


def _arriving(datasets: Any, name: str) -> list[Path]:
    """Where files of a set arrive: the hub's cache, and the library's own."""
    own = Path(datasets.config.HF_DATASETS_CACHE) / name.replace("/", "___")
    return [repository_folder(name, "dataset") / "blobs", own]


def _fetch_line(name: str) -> str:
    return f"{download_line(name)} --repo-type dataset"


def _quieten(datasets: Any) -> None:
    datasets.utils.logging.set_verbosity(CRITICAL)  # what fails is said by the error itself
    datasets.disable_progress_bars()


def parquet_rows(path: Path) -> Iterator[Row]:
    """Rows of a Parquet file with their numbers, from 1, and places.

    Raises:
        DataError: If it is no Parquet file.
        MissingExtra: If the package that reads them is not installed.
    """
    parquet = require("pyarrow.parquet", "reading Parquet files", "data")
    number = 0
    try:
        with as_it_is(path) as stream, parquet.ParquetFile(stream) as file:
            for batch in file.iter_batches(batch_size=1024):
                for row in batch.to_pylist():
                    number += 1
                    yield number, f"{path}:{number}", _plain(row)
    except _parser_errors() as error:
        place = f"{path}:{number + 1}" if number else str(path)
        raise DataError(f"{place}: not Parquet that can be read: {said(error)}") from error


def _plain(row: Mapping[str, Json]) -> dict[str, Json]:
    """Values that JSON has not (dates) as text."""
    kinds = (str, int, float, bool, list, dict, type(None))
    return {key: value if isinstance(value, kinds) else str(value) for key, value in row.items()}
