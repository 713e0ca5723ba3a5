"""Shapes of public test sets: FLORES+ and WMT24++ (WMT25 is in ``wmt25``).

Each preset turns the set's own rows into segments. Sources of the shapes: the data set cards of
``openlanguagedata/flores_plus`` and ``google/wmt24pp``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from mtbench.corpora.formats.segments import (
    OTHER_LANGUAGES,
    ImportedSegment,
    Remarks,
    Wanted,
)
from mtbench.errors import DataError, RequestError
from mtbench.languages import LanguagePair, normalise_tag
from mtbench.types import CorpusCard, Json

Row = tuple[int, str, Mapping[str, Json]]  # number, place, values

CARDS = {
    "flores+": CorpusCard(
        title="FLORES+",
        licence="CC-BY-SA-4.0",
        url="https://huggingface.co/datasets/openlanguagedata/flores_plus",
        original_language="en",
    ),
    "wmt24++": CorpusCard(
        title="WMT24++",
        licence="Apache-2.0",
        url="https://huggingface.co/datasets/google/wmt24pp",
        original_language="en",
        notes="References are post-edits of the original translations, as its authors recommend.",
    ),
    "wmt25": CorpusCard(
        title="WMT25 General Machine Translation",
        url="https://github.com/wmt-conference/wmt25-general-mt",
    ),
}
"""Name of each preset → what the card says of the set."""


def text_at(row: Mapping[str, Json], key: str, where: str) -> str:
    """A value that must be there, as text.

    Raises:
        DataError: If it is missing or neither text nor a whole number.
    """
    value = row.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise DataError(f"{where}: {key}: " + ("missing" if value is None else "not text"))
    return value


# --- FLORES+ --------------------------------------------------------------------------------


def flores_language(row: Mapping[str, Json], where: str) -> str:
    """The language of a row, from its ISO 639-3 and ISO 15924 codes.

    Raises:
        DataError: If the row has none.
    """
    spelled = f"{text_at(row, 'iso_639_3', where)}_{text_at(row, 'iso_15924', where)}"
    try:
        return normalise_tag(spelled)
    except RequestError as error:
        raise DataError(f"{where}: {error.message}", hint=error.hint) from error


def flores(rows: Iterable[Row], wanted: Wanted, place: str) -> Iterator[ImportedSegment]:
    """FLORES+: a row is one sentence in one language; sentences of one id belong together.

    A segment's id is ``SPLIT/ID``, its document the page it was taken from. One language has
    2,009 sentences, so all rows are held.

    Args:
        rows: Of all languages, in any order.
        wanted: The directions.
        place: The files, for messages.

    Raises:
        RequestError: If no direction is asked for and there are more than two languages.
        DataError: If a sentence is there twice or lacks in one of a direction's languages.
    """
    languages: dict[str, dict[str, tuple[str, Mapping[str, Json]]]] = {}
    for _, where, row in rows:
        language = flores_language(row, where)
        identifier = text_at(row, "id", where)
        if row.get("split"):
            identifier = f"{text_at(row, 'split', where)}/{identifier}"
        sentences = languages.setdefault(language, {})
        if identifier in sentences:
            raise DataError(
                f"{where}: sentence {identifier!r} in {language} is also at "
                f"{sentences[identifier][0]}",
                hint="give one file per language; variants of one language go into corpora apart",
            )
        sentences[identifier] = (where, row)
    if not wanted.pairs and len(languages) != 2:
        raise RequestError(
            f"{place}: {len(languages)} languages ({', '.join(languages)})",
            hint="say the directions, such as --pair en-it",
        )
    for source in languages:
        for target in languages:
            forward = list(languages).index(source) < list(languages).index(target)
            if source == target or not (wanted.pairs or forward):
                continue
            pair = wanted.match(source, target, place)
            if pair is not None:
                yield from _flores_pair(pair, languages[source], languages[target], target)


def _flores_pair(
    pair: LanguagePair,
    sources: Mapping[str, tuple[str, Mapping[str, Json]]],
    targets: Mapping[str, tuple[str, Mapping[str, Json]]],
    target: str,
) -> Iterator[ImportedSegment]:
    for identifier, (where, row) in sources.items():
        if identifier not in targets:
            raise DataError(f"{where}: sentence {identifier!r} is not there in {target}")
        other_where, other = targets[identifier]
        kept = ("topic", "has_image", "has_hyperlink")
        yield ImportedSegment(
            pair=pair,
            id=identifier,
            source=text_at(row, "text", where),
            references=(text_at(other, "text", other_where),),
            document=row.get("url") or None,
            domain=row.get("domain") or None,
            original_language="en",
            origin="human",
            extra={key: row[key] for key in kept if row.get(key) is not None},
            where=where,
        )
    stray = next((i for i in targets if i not in sources), None)
    if stray is not None:
        raise DataError(f"{targets[stray][0]}: sentence {stray!r} is not there in {pair.source}")


# --- WMT24++ --------------------------------------------------------------------------------


def wmt24pp(rows: Iterable[Row], wanted: Wanted, remarks: Remarks) -> Iterator[ImportedSegment]:
    """WMT24++: the post-edit is the reference, the translation it was made from is kept beside.

    Rows marked ``is_bad_source`` and the canary rows are left out, as in its paper.

    Args:
        rows: Of one or more directions.
        wanted: The directions.
        remarks: Told of rows left out.

    Raises:
        DataError: If a row lacks a key or its direction is none.
    """
    for _, where, row in rows:
        try:
            stated = LanguagePair.parse(text_at(row, "lp", where))
        except RequestError as error:
            raise DataError(f"{where}: {error.message}", hint=error.hint) from error
        pair = wanted.match(stated.source, stated.target, where)
        if pair is None:
            remarks.left_out(f"rows {OTHER_LANGUAGES}", where)
            continue
        bad = row.get("is_bad_source")
        if not isinstance(bad, bool):
            raise DataError(f"{where}: is_bad_source: neither true nor false")
        if bad or row.get("domain") == "canary":
            what = "canary" if row.get("domain") == "canary" else "is_bad_source"
            remarks.left_out(f"rows, {what}", where)
            continue
        original = row.get("original_target")
        yield ImportedSegment(
            pair=pair,
            id=text_at(row, "segment_id", where),
            source=text_at(row, "source", where),
            references=(text_at(row, "target", where),),
            document=text_at(row, "document_id", where),
            domain=row.get("domain") or None,
            original_language="en",
            origin="human",
            extra={} if original is None else {"original_target": original},
            where=where,
        )
