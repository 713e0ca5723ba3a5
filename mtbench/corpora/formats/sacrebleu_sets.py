"""The test sets that sacreBLEU knows by name."""

from __future__ import annotations

import importlib
import socket
import threading
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from itertools import zip_longest
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mtbench.corpora.formats.segments import ImportedSegment, Remarks, Wanted
from mtbench.errors import DataError, RequestError, Unavailable, UnknownName
from mtbench.files.inputs import readable
from mtbench.files.temporary import ScratchFolder
from mtbench.files.writing import read_lines
from mtbench.languages import LanguagePair

_SECONDS = 8.0  # without an answer for so long, the server counts as not reachable
_FIELDS = {
    "docid": "document",
    "domain": "domain",
    "genre": "domain",
    "origlang": "original_language",
}


def read_sacrebleu_set(name: str, wanted: Wanted, remarks: Remarks) -> Iterator[ImportedSegment]:
    """The segments of a test set, with all its references; ids are line numbers.

    Archives that sacreBLEU has fetched before are used where their checksums hold; otherwise it
    fetches them. Its text files are made of them once more: those of a sacreBLEU that was killed
    may end at one line on both sides, and nothing in them tells.

    Args:
        name: As in ``sacrebleu --list``: ``wmt22``, ``wmt19/dev``, ``mtnt2019`` …
        wanted: The directions; all of the set if it names none.
        remarks: Told of text files that no archive stands beside.

    Raises:
        UnknownName: If there is no such set, or it lacks a direction.
        Unavailable: If it is not here and its server does not answer.
        DataError: If its files have different numbers of lines.
    """
    from sacrebleu.dataset import DATASETS

    if name not in DATASETS:
        raise UnknownName("sacreBLEU test set", name, DATASETS)
    pairs: dict[str, LanguagePair] = {}
    for spelled in DATASETS[name].langpairs:
        try:
            stated = LanguagePair.parse(spelled)
        except RequestError:
            continue  # a subset that names no direction
        pair = wanted.match(stated.source, stated.target, name)
        if pair is not None:
            pairs[spelled] = pair
    if pairs:
        with _made_anew(DATASETS[name], name, list(pairs), remarks) as dataset:
            for spelled, pair in pairs.items():
                yield from _direction(dataset, name, spelled, pair)


@contextmanager
def _made_anew(dataset: Any, name: str, pairs: Sequence[str], remarks: Remarks) -> Iterator[Any]:
    """The set in a folder of its own, its texts to be made from archives whose checksums hold."""
    utils: Any = importlib.import_module("sacrebleu.utils")
    raw = Path(dataset._rawdir)
    archives = [raw / dataset._get_tarball_filename(url) for url in dataset.data or ()]
    if not all(map(readable, archives)) and _texts_are_there(dataset, pairs):
        remarks.suspicious(
            f"texts of {name} as sacreBLEU left them, and no archive to hold them against: "
            f"{dataset._outdir}"
        )
        yield dataset
        return
    with _fetching(dataset, name):
        dataset.maybe_download()
    for path, known in zip(archives, dataset.md5 or [None] * len(archives), strict=True):
        if known is not None and utils.get_md5sum(str(path)) != known:
            raise Unavailable(
                f"the sacreBLEU test set {name!r} did not arrive whole",
                why=f"{path} is not the file of which sacreBLEU knows the checksum",
                hint=f"delete it and try again: rm {path}",
            )
    scratch = ScratchFolder()
    try:
        fresh = copy(dataset)
        fresh._outdir, fresh._rawdir = str(scratch.path), str(scratch.path / "raw")
        Path(fresh._rawdir).mkdir()
        for path in archives:
            own = Path(fresh._rawdir) / path.name
            own.symlink_to(path.resolve())
            utils.extract_tarball(str(own), fresh._rawdir)
        yield fresh
    finally:
        scratch.remove()


def _texts_are_there(dataset: Any, pairs: Sequence[str]) -> bool:
    """Whether the text files of every direction stand where sacreBLEU keeps them."""
    folder = Path(dataset._outdir)
    start = dataset.name.replace("/", "_")
    return all(readable(folder / f"{start}.{pair}.src") for pair in pairs)


def _direction(
    dataset: Any, name: str, spelled: str, pair: LanguagePair
) -> Iterator[ImportedSegment]:
    place = f"sacrebleu:{name} {spelled}"
    with _fetching(dataset, name):
        files = [Path(path) for path in dataset.get_files(spelled)]
        fields = [str(field) for field in dataset.fieldnames(spelled)]
    columns = {field: path for field, path in zip(fields, files, strict=True) if _needed(field)}
    references = _reference_fields(list(columns))
    streams = {field: read_lines(path) for field, path in columns.items()}
    for number, rows in enumerate(zip_longest(*streams.values()), start=1):
        if any(row is None for row in rows):
            short = next(f for f, row in zip(columns, rows, strict=True) if row is None)
            raise DataError(f"{place}: {short} ends after {number - 1} lines, other fields go on")
        texts = {field: row[1] for field, row in zip(columns, rows, strict=True)}
        kept = {n: texts[field] for n, field in references.items() if texts[field].strip()}
        yield ImportedSegment(
            pair=pair,
            id=str(number),
            source=texts["src"],
            references=tuple(kept.values()),
            reference_names=tuple(kept) if tuple(kept) != ("ref",) else (),
            where=f"{place}:{number}",
            **{ours: texts[f] for f, ours in _FIELDS.items() if texts.get(f)},  # type: ignore[arg-type]
        )


def _needed(field: str) -> bool:
    return field in ("src", "ref", *_FIELDS) or field.startswith("ref:")


def _reference_fields(fields: Sequence[str]) -> dict[str, str]:
    """Name → field; of a set with named references the unnamed one is an alias of the first."""
    named = {f.removeprefix("ref:"): f for f in sorted(fields) if f.startswith("ref:")}
    return named or ({"ref": "ref"} if "ref" in fields else {})


@contextmanager
def _fetching(dataset: Any, name: str) -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_SECONDS)
    try:
        _look_up_hosts(dataset)
        yield
    except OSError as error:
        raise Unavailable(
            f"the sacreBLEU test set {name!r} is not here and cannot be fetched",
            why=f"{', '.join(dataset.data or ())}: {error}",
            hint="try again with a connection; files fetched once are used again",
        ) from error
    except SystemExit as error:  # sacreBLEU ends the program where a checksum does not hold
        raise Unavailable(
            f"the sacreBLEU test set {name!r} did not arrive whole",
            hint=f"delete what is in the folder {name} of ~/.sacrebleu and try again",
        ) from error
    finally:
        socket.setdefaulttimeout(before)


def _look_up_hosts(dataset: Any) -> None:
    """Looks up the names of the servers that are needed; a look-up itself knows no time-out.

    Raises:
        TimeoutError: If one is not answered in time.
    """
    if urllib.request.getproxies():
        return  # then the proxy looks names up
    raw = Path(dataset._rawdir)
    for url in dataset.data or ():
        host = urlsplit(url).hostname
        there = (raw / dataset._get_tarball_filename(url)).exists()
        if host and not there and not _answered(host):
            raise TimeoutError(f"the name {host} is not found in {_SECONDS:.0f} seconds")


def _answered(host: str) -> bool:
    """Whether a look-up ends in time, with whatever answer."""

    def look_up() -> None:
        with suppress(OSError):
            socket.getaddrinfo(host, None)

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(_SECONDS)
    return not thread.is_alive()
