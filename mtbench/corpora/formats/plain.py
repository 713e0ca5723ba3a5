"""Plain text, one segment per line, one file per side: Moses, fairseq, sacreBLEU, WMT."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from itertools import zip_longest
from pathlib import Path
from typing import IO, TextIO

from mtbench.corpora.formats.recognise import require_text
from mtbench.corpora.formats.segments import ImportedSegment, Remarks, Wanted
from mtbench.errors import DataError, RequestError
from mtbench.files.writing import columns_told, read_lines, replacing, taken_off
from mtbench.languages import LanguagePair, normalise_tag
from mtbench.text.lines import has_line_end, one_line

_SUFFIXES = frozenset({".txt", ".text", ".src", ".ref", ".hyp"})


def language_of_name(path: Path) -> str | None:
    """The language that a file's last suffix names (``train.de``), or None."""
    suffix = (path.with_suffix("") if path.suffix.lower() == ".gz" else path).suffix
    if not suffix or suffix in _SUFFIXES:
        return None
    try:
        return normalise_tag(suffix[1:])
    except RequestError:
        return None


def sides(
    paths: Sequence[Path], wanted: Wanted
) -> tuple[LanguagePair, Path, tuple[tuple[str, Path], ...]]:
    """The direction, the source file and the reference files, each with its name.

    With a direction given, suffixes that name its languages tell the sides; files without such
    suffixes are the source and then its references, in the order given. Without a direction,
    the suffixes must name two languages; the source is the one file with ``src`` in its name
    (``newstest.src.en``), or else the first.

    Raises:
        RequestError: If the files do not tell.
    """
    if len(paths) < 2:
        raise RequestError(
            f"{paths[0]}: plain text comes in two files or more",
            hint="give the source and then its references: train.en train.it",
        )
    if len(wanted.pairs) > 1:
        raise RequestError("plain text holds one direction", hint="give --pair once")
    marked = [path for path in paths if "src" in path.name.split(".")]
    if len(marked) == 1:
        paths = [*marked, *(path for path in paths if path not in marked)]
    tags = [language_of_name(path) for path in paths]
    if wanted.pairs:
        pair = wanted.pairs[0]
    elif tags[0] and len({tag for tag in tags[1:] if tag}) == 1 and all(tags[1:]):
        pair = LanguagePair(source=tags[0], target=str(tags[1]))
    else:
        raise RequestError(
            "the files' names do not tell the languages",
            hint="say the direction, the source file first: --pair en-it",
        )
    at = [i for i, tag in enumerate(tags) if tag == pair.source]
    if pair.target in tags or at:
        if len(at) != 1 or any(t != pair.target for i, t in enumerate(tags) if i != at[0]):
            raise RequestError(
                f"the files' names do not fit {pair}: " + ", ".join(p.name for p in paths),
                hint="one source file and its references",
            )
        source = paths[at[0]]
    else:
        source = paths[0]
    references = [path for path in paths if path is not source]
    return pair, source, tuple(zip(_names(references), references, strict=True))


def _names(references: Sequence[Path]) -> list[str]:
    """Names of several references: the part of the file names in which they differ."""
    if len(references) == 1:
        return [""]
    split = [path.name.split(".") for path in references]
    width = {len(parts) for parts in split}
    if len(width) == 1:
        differing = [i for i in range(width.pop()) if len({parts[i] for parts in split}) > 1]
        if len(differing) == 1:
            return [parts[differing[0]] for parts in split]
    return [path.name for path in references]


def read_plain(
    paths: Sequence[Path], wanted: Wanted, remarks: Remarks
) -> Iterator[ImportedSegment]:
    """Lines of parallel files as segments; ids are line numbers.

    Args:
        paths: The source file and one or more reference files.
        wanted: The direction.
        remarks: Told what is taken off the texts.

    Raises:
        DataError: If the files have different numbers of lines.
        RequestError: If they do not tell which is which.
    """
    for path in paths:
        require_text(path)
        for one in taken_off(path):
            remarks.changed(one)
        for one in columns_told(path):
            remarks.suspicious(one)
    pair, source, references = sides(paths, wanted)
    wanted.match(pair.source, pair.target, str(source))
    files = [source, *(path for _, path in references)]
    names = tuple(name for name, _ in references if name)
    streams = [read_lines(path) for path in files]
    for at, rows in enumerate(zip_longest(*streams), start=1):
        for path, row in zip(files, rows, strict=True):
            if row is None:
                raise DataError(
                    f"{path}: ends after {at - 1} lines, and {_longer(files, rows)} goes on",
                    hint="give files whose lines belong together one by one",
                )
        texts = [row[1] for row in rows if row]
        yield ImportedSegment(
            pair=pair,
            id=str(at),
            source=texts[0],
            references=tuple(texts[1:]),
            reference_names=names,
            where=f"{source}:{at}",
        )


def _longer(files: Sequence[Path], rows: Sequence[object]) -> Path:
    return next(path for path, row in zip(files, rows, strict=True) if row is not None)


@contextmanager
def text_file(path: Path) -> Iterator[TextIO]:
    """A UTF-8 text file that takes its place only if nothing goes wrong; ends stay as written.

    Raises:
        Unavailable: If the place cannot be written.
    """
    with replacing(path) as raw:
        stream = TextIOWrapper(raw, encoding="utf-8", newline="")
        try:
            yield stream
        finally:
            stream.detach()


def write_lines(texts: Iterable[tuple[str, str]], stream: IO[str], *, join: bool) -> int:
    """Writes one text per line.

    Args:
        texts: Segment ids and texts.
        stream: Opened with ``newline=""``.
        join: Whether line ends inside a text become spaces.

    Returns:
        In how many texts line ends became spaces.

    Raises:
        DataError: Naming the segment whose text holds a line end, unless they are joined.
    """
    joined = 0
    for identifier, text in texts:
        if has_line_end(text):
            if not join:
                raise DataError(
                    f"segment {identifier!r} has a line end inside, which plain text cannot hold",
                    hint="write spaces instead by --join-lines, or export as --to csv",
                )
            text = one_line(text)
            joined += 1
        stream.write(text + "\n")
    return joined
