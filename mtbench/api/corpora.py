"""Corpora from Python: read one, build one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from mtbench.api import tables
from mtbench.api.talk import Talk

if TYPE_CHECKING:
    from mtbench.documents.records import BuildReport
    from mtbench.languages import LanguagePair
    from mtbench.types import Json, TestSet

T = TypeVar("T")

_COLUMNS = {
    "src": ("src", "source", "sources"),
    "ref": ("ref", "reference", "references", "target"),
    "id": ("id",),
    "doc": ("doc", "document"),
    "domain": ("domain",),
    "original_language": ("original_language",),
    "origin": ("origin",),
}


def load_corpus(corpus: str | Path | Any, pair: str, *, name: str = "texts") -> TestSet:
    """A test set of a corpus, or of a table of yours.

    Args:
        corpus: Its name or path; or a mapping of lists, a data frame of pandas, polars or pyarrow,
            or a data set of ``datasets``, with the columns ``src`` and ``ref`` (a text or a list of
            texts), and ``id``, ``doc`` and ``domain`` where there are such; or with a column
            ``translation``, language → text, as many data sets have it.
        pair: The direction.
        name: What to call the test set of a table.

    Raises:
        UnknownName: If there is no such corpus or direction.
        DataError: If a line or row does not hold, saying which.
        RequestError: If a table has no column for the sources.

    Example:
        >>> import mtbench
        >>> str(mtbench.load_corpus("china-blockchain", "en-it").pair)
        'en-it'
        >>> mine = {"src": ["Yes.", "No."], "ref": ["Sì.", "No."]}
        >>> mtbench.load_corpus(mine, "en-it", name="mine").name
        'mine/en-it'
    """
    from mtbench.config import find_corpora, workspace
    from mtbench.corpora.load import load, pair_files
    from mtbench.errors import UnknownName
    from mtbench.languages import LanguagePair

    direction = LanguagePair.parse(pair)
    if not isinstance(corpus, str | Path):
        return _of_table(corpus, direction, name)
    folders = find_corpora((str(corpus),), workspace())
    files = [file for folder, only in folders for file in pair_files(folder, only)]
    for file in files:
        if file.pair == direction:
            return load(file)
    raise UnknownName(f"language pair of {corpus}", pair, [str(file.pair) for file in files])


def _of_table(table: Any, pair: LanguagePair, name: str) -> TestSet:
    """The test set of a table: its rows are read by the rules of a corpus file."""
    from mtbench.config import check_name
    from mtbench.corpora.load import of_rows
    from mtbench.errors import RequestError

    check_name(name, "name")
    found = tables.columns(table)
    if found is None:
        raise RequestError(f"no corpus and no table: {table!r:.60}")
    columns = _chosen(found, pair)
    count = len(columns["src"])
    columns.setdefault("id", [str(at) for at in range(1, count + 1)])
    rows = (_row(columns, at, name) for at in range(count))
    return of_rows(rows, pair, name, lambda number: tables.row(name, number - 1))


def _row(columns: Mapping[str, Sequence[Any]], at: int, name: str) -> dict[str, Json]:
    """A row by the keys of a corpus line, without what a frame marks as absent.

    Raises:
        RequestError: If a value is none that such a line can hold.
        DataError: If a text is none that a file can hold.
    """
    from mtbench.errors import DataError, RequestError
    from mtbench.files.digests import canonical_json
    from mtbench.files.jsonl import BadLine, parse_object

    values = {key: column[at] for key, column in columns.items()}
    found = {key: tables.plain(value) for key, value in values.items() if not tables.absent(value)}
    for key, value in found.items():
        try:
            canonical_json(value)
        except (TypeError, ValueError):
            raise RequestError(f"{key}[{at}]: {value!r:.60} is no text") from None
    try:
        return parse_object(canonical_json(found))
    except BadLine as error:
        raise DataError(f"{tables.row(name, at)}: {error.message}", hint=error.hint) from error


def _chosen(found: Mapping[str, Sequence[Any]], pair: LanguagePair) -> dict[str, Sequence[Any]]:
    from mtbench.errors import DataError, RequestError

    if "translation" in found and not set(_COLUMNS["src"]) & set(found):
        both = list(found["translation"])
        tags = (str(pair.source), str(pair.target))
        lacking = [tag for tag in tags if not all(tag in one for one in both)]
        if lacking:
            raise RequestError(f"the column translation has no {lacking[0]}")
        found = {
            **found,
            "src": [one[tags[0]] for one in both],
            "ref": [one[tags[1]] for one in both],
        }
    columns = {
        key: found[there]
        for key, names in _COLUMNS.items()
        if (there := next((one for one in names if one in found), None)) is not None
    }
    if "src" not in columns:
        raise RequestError(
            f"a table without a column src: it has {', '.join(found)}", hint="rename one to src"
        )
    counts = {key: len(column) for key, column in columns.items()}
    if len(set(counts.values())) > 1:
        shown = ", ".join(f"{key} has {count}" for key, count in counts.items())
        raise DataError(f"columns of different lengths: {shown}")
    return columns


def build_corpus(
    documents: Sequence[str | Path],
    output: str | Path,
    *,
    languages: Sequence[str] = (),
    language_of: Mapping[str, str] | None = None,
    story_of: Mapping[str, str] | None = None,
    pairs: Sequence[str] = (),
    unit: str = "paragraph",
    encoder: str = "",
    title: str = "",
    licence: str = "",
    force: bool = False,
    progress: bool = False,
) -> BuildReport:
    r"""Aligns raw documents into corpus files, as ``mtbench corpus build`` does.

    Args:
        documents: Files of text, in any mix of languages and stories.
        output: The corpus folder to make; its name is the corpus's.
        languages: Tags to expect; of two, the one named first is the source.
        language_of: File → its language, where the text does not show it.
        story_of: File → label; documents of one label are one story.
        pairs: Directions to write; by default one for every two languages.
        unit: ``paragraph`` or ``sentence``.
        encoder: What compares texts; by default the one that comes with the extra ``text``.
        title: For the card.
        licence: For the card.
        force: Replace corpus files that are there and differ.
        progress: Show what happens.

    Returns:
        What was found, kept, left out and looks odd.

    Raises:
        RequestError: If no two of the documents are translations of each other.
        DataError: If a document cannot be read.

    Example:
        >>> import mtbench, tempfile
        >>> from pathlib import Path
        >>> texts = {
        ...     "a.txt": "The bakery closes in March 2024.\n\nMarta Keller is 71 years old.",
        ...     "b.txt": "Il forno chiude a marzo 2024.\n\nMarta Keller ha 71 anni.",
        ... }
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     files = [Path(folder) / name for name in texts]
        ...     for file in files:
        ...         _ = file.write_text(texts[file.name], "utf-8")
        ...     built = mtbench.build_corpus(
        ...         files, f"{folder}/bakery", languages=["en", "it"], encoder="lexical",
        ...         story_of=dict.fromkeys(map(str, files), "bakery"),
        ...     )
        ...     read = mtbench.load_corpus(f"{folder}/bakery", "en-it")
        >>> [(one.pair, one.segments) for one in built.pairs], len(read)
        ([('en-it', 2)], 2)
    """
    from mtbench.config import read_corpus_card
    from mtbench.documents.build import build_corpus as build
    from mtbench.documents.records import BuildOptions
    from mtbench.documents.write import check_folder, write_corpus
    from mtbench.errors import RequestError
    from mtbench.languages import LanguagePair, normalise_tag
    from mtbench.types import CorpusCard

    folder, talk = Path(output), Talk(aloud=progress)
    check_folder(folder)
    card = (read_corpus_card(folder) if folder.is_dir() else None) or CorpusCard()
    said = {key: value for key, value in (("title", title), ("licence", licence)) if value}
    options = BuildOptions.model_validate(
        {
            "languages": [normalise_tag(tag) for tag in languages],
            "language_of": {k: normalise_tag(tag) for k, tag in (language_of or {}).items()},
            "story_of": dict(story_of or {}),
            "pairs": [LanguagePair.parse(pair) for pair in pairs],
            "unit": unit,
            "encoder": encoder,
            "card": card.model_copy(update=said),
        }
    )

    def track(what: str, items: Sequence[T]) -> Iterable[T]:
        talk.start(what, len(items))
        for item in items:
            yield item
            talk.advance(1)
        talk.stop()

    built = build([str(one) for one in documents], options, track=track)
    if not built.report.pairs:
        raise RequestError(
            "no two of these documents are translations of each other",
            hint="say which belong together by story_of={FILE: LABEL}",
        )
    written = write_corpus(built, folder, force=force)
    for line in written.told(folder):
        talk.say(line)
    return built.report
