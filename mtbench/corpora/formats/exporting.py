"""Test sets → plain text, TSV, CSV, TMX or the layout of mt-metrics-eval."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args

from mtbench.corpora.constraints import plain_constraints
from mtbench.corpora.formats.plain import text_file, write_lines
from mtbench.corpora.formats.segments import ImportedSegment
from mtbench.corpora.formats.tables import write_sheet, write_table
from mtbench.corpora.formats.tmx import write_tmx
from mtbench.corpora.formats.wmt_scores import labels, names_of_references, write_test_set
from mtbench.errors import RequestError
from mtbench.files.writing import replacing
from mtbench.types import Record, TestSet

_NOT_IN_FILES = re.compile(r"[^A-Za-z0-9_+@-]+")
Target = Literal["text", "tsv", "csv", "xlsx", "tmx", "mt-metrics-eval"]
TARGETS: tuple[Target, ...] = get_args(Target)


class ExportedSet(Record):
    """What was written of one test set.

    Attributes:
        test_set: ``CORPUS/SRC-TGT``.
        segments: How many.
        paths: The files.
        joined: In how many texts line ends became spaces.
    """

    test_set: str
    segments: int
    paths: tuple[str, ...]
    joined: int = 0


class SegmentsOf:
    """The segments of a test set, to be gone through as often as needed.

    Args:
        test_set: The test set.
    """

    def __init__(self, test_set: TestSet) -> None:
        self._set = test_set
        self._names = names_of_references(test_set)

    def __iter__(self) -> Iterator[ImportedSegment]:
        rows = zip(
            self._set.sources,
            self._set.references,
            self._set.domains,
            self._set.original_languages,
            self._set.origins,
            self._set.alignments,
            strict=True,
        )
        for source, references, domain, original_language, origin, alignment in rows:
            count = len(references)
            yield ImportedSegment(
                pair=self._set.pair,
                id=source.id,
                source=source.text,
                references=references,
                reference_names=self._names[:count] if len(self._names) >= count else (),
                document=source.document,
                domain=domain,
                original_language=original_language,
                origin=origin,
                alignment=alignment,
                context=source.context,
                instruction=source.instruction,
                constraints=plain_constraints(self._set.constraints.get(source.id)),
                extra=self._set.extras.get(source.id, {}),
            )


def export_test_set(
    test_set: TestSet, kind: Target, folder: Path, *, join: bool = False, force: bool = False
) -> ExportedSet:
    """Writes a test set into a folder.

    Files are called ``CORPUS.SRC-TGT.…`` (as at WMT: ``NAME.SRC-TGT.src.SRC``,
    ``NAME.SRC-TGT.ref.A.TGT``), except in the layout of mt-metrics-eval.

    Args:
        test_set: What to write.
        kind: The format.
        folder: Where to; made if it is not there.
        join: In plain text, whether line ends inside a text become spaces.
        force: Whether files that are there already are replaced.

    Raises:
        DataError: Naming the segment that the format cannot hold.
        RequestError: If a file is there already.
        Unavailable: If the folder cannot be written.
    """
    stem = f"{test_set.corpus}.{test_set.pair}"
    segments = SegmentsOf(test_set)
    joined = 0
    if kind == "mt-metrics-eval":
        paths, joined = write_test_set(test_set, folder, join=join)
    elif kind == "text":
        paths, joined = _text(test_set, folder, stem, join=join, force=force)
    else:
        path = folder / f"{stem}.{kind}"
        check_free([path], force=force)
        paths = [path]
        if kind == "tmx":
            with replacing(path) as raw:
                write_tmx(segments, raw)
        elif kind == "xlsx":
            with replacing(path) as raw:
                write_sheet(segments, raw)
        else:
            with text_file(path) as stream:
                write_table(segments, kind, stream)
    return ExportedSet(
        test_set=test_set.name,
        segments=len(test_set),
        paths=tuple(str(path) for path in paths),
        joined=joined,
    )


def check_free(paths: list[Path], *, force: bool) -> None:
    """Says whether files may be written.

    Raises:
        RequestError: If one is there already.
    """
    for path in paths:
        if path.exists() and not force:
            raise RequestError(f"{path} is there already", hint="replace it by --force")


def _text(
    test_set: TestSet, folder: Path, stem: str, *, join: bool, force: bool
) -> tuple[list[Path], int]:
    count = test_set.reference_count
    if count is None:
        raise RequestError(
            f"{test_set.name}: the number of references varies, so they are no files of lines",
            hint="keep one of them by --reference A, or export as --to csv",
        )
    names = labels(names_of_references(test_set), count, _NOT_IN_FILES)
    ids, pair = test_set.ids, test_set.pair
    files = {folder / f"{stem}.src.{pair.source}": [s.text for s in test_set.sources]}
    for at, name in enumerate(names):
        path = folder / f"{stem}.ref.{name}.{pair.target}"
        files[path] = [texts[at] for texts in test_set.references]
    check_free(list(files), force=force)
    joined = 0
    for path, texts in files.items():
        with text_file(path) as stream:
            joined += write_lines(zip(ids, texts, strict=True), stream, join=join)
    return list(files), joined
