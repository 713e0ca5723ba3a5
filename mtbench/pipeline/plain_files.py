"""Plain files given to ``score`` → a test set with a name of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from mtbench.config import check_name
from mtbench.corpora.formats.recognise import require_text
from mtbench.corpora.load import plain
from mtbench.errors import DataError, RequestError
from mtbench.files.columns import column
from mtbench.files.writing import columns_told, read_lines, taken_off
from mtbench.languages import LanguagePair
from mtbench.pipeline.resolve import ResolvedSet, limited
from mtbench.results import Results
from mtbench.types import Origin, TestSet

UNNAMED = "plain"


@dataclass(frozen=True, slots=True)
class PlainFiles:
    """What a user gives instead of a corpus.

    Attributes:
        pair: The direction.
        source: File of sources, where given.
        references: Files of references.
        documents: File with one document id per line, where given.
        name: What to call the test set; None for the common stem of the files' names.
        reference_origin: How the references came to be, where known.
    """

    pair: LanguagePair
    source: str | None = None
    references: tuple[str, ...] = ()
    documents: str | None = None
    name: str | None = None
    reference_origin: Origin | None = None


def plain_test_set(given: PlainFiles, limit: int | None, results: Results) -> ResolvedSet:
    """The test set that files make, one segment per line.

    A set without a name is called by the common stem of its files' names; where the results
    folder has another set of that name, eight digits of its digest tell the two apart.

    Args:
        given: The files.
        limit: Only the first so many segments.
        results: Where it will be scored.

    Raises:
        RequestError: If there is nothing to score against, or the name cannot be.
        DataError: If the files do not go together.
    """
    if given.name is not None:
        check_name(given.name, "--name")
    if given.source is None and not given.references:
        raise RequestError("nothing to score against", hint="give --reference FILE or --corpus")
    texts = [*given.references, *([given.source] if given.source else ())]
    paths = dict.fromkeys([*texts, *([given.documents] if given.documents else ())])
    columns = {path: _lines(path) for path in paths}
    counts = {path: len(lines) for path, lines in columns.items()}
    if len(set(counts.values())) > 1:
        shown = ", ".join(f"{path} has {count}" for path, count in counts.items())
        raise DataError(f"files of different numbers of lines: {shown}")
    count = next(iter(counts.values()))
    if not count:
        raise DataError(f"{next(iter(counts))}: no lines")
    for path in given.references:
        _check_filled(path, columns[path])
    found = plain(
        columns[given.source] if given.source is not None else None,
        [columns[path] for path in given.references],
        given.pair,
        given.name or common_stem(texts),
        count,
        columns[given.documents] if given.documents else None,
    )
    said = [s for path in paths for s in taken_off(Path(path))]
    said += [s for path in texts for s in columns_told(Path(path))]
    found = found.model_copy(update={"taken_off": tuple(said)})
    if given.reference_origin is not None:
        found = found.model_copy(update={"origins": (given.reference_origin,) * count})
    if given.name is None and _is_taken(limited(found, limit).test_set, results):
        found = found.model_copy(update={"corpus": f"{found.corpus}-{found.digest()[:8]}"})
    return limited(found, limit)


def common_stem(paths: Sequence[str]) -> str:
    """What file names have in common at their beginning.

    Example:
        >>> common_stem(["data/wmt22.src.en", "data/wmt22.ref.de"])
        'wmt22'
        >>> common_stem(["ref.de"])
        'ref'
        >>> common_stem(["a.en", "b.de"])
        'plain'
    """
    names = [Path(path).name for path in paths]
    common = Path(names[0]).stem if len(names) == 1 else _common_beginning(names)
    stem = "".join(c if c.isascii() and (c.isalnum() or c in "._+-") else "-" for c in common)
    stem = stem.strip("._+-")
    return stem[:80] if len(stem) > 1 else UNNAMED


def _common_beginning(names: Sequence[str]) -> str:
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    return "".join(letters[0] for letters in alike)


def _is_taken(test_set: TestSet, results: Results) -> bool:
    """Whether the results folder has another test set of that name and direction."""
    labels = results.read_labels(test_set.corpus, test_set.pair)
    return labels is not None and labels.testset_digest != test_set.digest()


def _lines(path: str) -> Sequence[str]:
    require_text(Path(path))
    return column(line for _, line in read_lines(Path(path)))


def _check_filled(path: str, lines: Sequence[str]) -> None:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            raise DataError(f"{path}:{number}: an empty reference", hint="remove the segment")
