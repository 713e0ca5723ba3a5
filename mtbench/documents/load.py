"""Documents from files: text, language, and what a user fixed by hand."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from mtbench.documents.read import read_paragraphs
from mtbench.documents.records import BuildOptions, Document
from mtbench.errors import RequestError, UnknownName
from mtbench.files.digests import digest_json
from mtbench.languages import language_name
from mtbench.text.identify import DocumentLanguages

T = TypeVar("T")

DEFAULT_ORDER = ("en", "it", "de", "fr")


def read_documents(paths: Sequence[Path | str], options: BuildOptions) -> list[Document]:
    """Reads documents, identifies their languages, and brings them into the one order.

    Args:
        paths: The files, in any order; one given twice counts once.
        options: What the user fixed by hand.

    Returns:
        Documents by language, then content: the order given decides nothing.

    Raises:
        RequestError: If a file cannot be read, its language cannot be told, or something is
            fixed for a file that is not among them.
        DataError: If a file has no text.
    """
    names = list(dict.fromkeys(str(path) for path in paths))
    languages = by_document(options.language_of, names, "--language")
    layouts = by_document(options.layout_of, names, "--layout")
    identifier: DocumentLanguages | None = None
    found = []
    for name in names:
        paragraphs, encoding, left_out, read_as = read_paragraphs(
            Path(name),
            name,
            layouts.get(name, options.layout),
            notes=options.notes == "append",
        )
        if name in languages:
            language, confidence = languages[name], 1.0
        else:
            identifier = identifier or DocumentLanguages(options.languages)
            text = "\n".join(paragraphs)
            language, confidence = identifier.identify(text, name)
            _refuse_foreign(identifier.foreign(text), name, options)
        content = [unicodedata.normalize("NFC", p) for p in paragraphs]
        found.append(
            Document(
                name=name,
                language=language,
                language_confidence=confidence,
                encoding=encoding,
                left_out=dict(left_out),
                read_as=read_as,
                paragraphs=paragraphs,
                key=digest_json([language, content]),
            )
        )
    order = language_order({d.language for d in found}, options.languages)
    return sorted(found, key=lambda d: (order.index(d.language), d.key, d.name))


def _refuse_foreign(foreign: str | None, name: str, options: BuildOptions) -> None:
    if foreign is not None:
        raise RequestError(
            f"{name}: its language is {language_name(foreign)}, and --languages says "
            f"{','.join(options.languages)}",
            hint=f"leave it out, add {foreign}, or say --language {name}=TAG",
        )


def language_order(there: Iterable[str], wanted: Sequence[str]) -> list[str]:
    """Languages in the order that decides which of two is the source; English comes first.

    Args:
        there: The languages of the documents.
        wanted: The order asked for; empty for the default one.
    """
    first = list(wanted or DEFAULT_ORDER)
    present = set(there)
    english = sorted(tag for tag in present if tag == "en" or tag.startswith("en-"))
    known = [tag for tag in first if tag in present and tag not in english]
    return [*english, *known, *sorted(present - set(known) - set(english))]


def by_document(table: Mapping[str, T], names: Sequence[str], option: str) -> dict[str, T]:
    """A table by files as the user wrote them, as a table by documents.

    Raises:
        RequestError: If a file is not among the documents, or could be several of them.
    """
    found: dict[str, T] = {}
    for wanted, value in table.items():
        matching = [n for n in names if n == wanted] or [n for n in names if Path(n).name == wanted]
        if not matching:
            raise UnknownName(f"document in {option}", wanted, names)
        if len(matching) > 1:
            raise RequestError(
                f"{option}: {wanted!r} is the name of {len(matching)} documents",
                hint=f"write its path: {matching[0]}",
            )
        found[matching[0]] = value
    return found


def fixed_stories(documents: Sequence[Document], options: BuildOptions) -> dict[int, str]:
    """Document → label of the story that the user put it in.

    Raises:
        RequestError: If a file is not among the documents, a label is given to one document
            alone, or to two of one language.
    """
    labels = by_document(options.story_of, [d.name for d in documents], "--story")
    fixed = {i: labels[d.name] for i, d in enumerate(documents) if d.name in labels}
    for label in sorted(set(fixed.values())):
        members = [documents[i] for i, said in fixed.items() if said == label]
        if len(members) == 1:
            raise RequestError(
                f"--story: only {members[0].name} has the label {label!r}",
                hint="give the same label to each of its translations",
            )
        for one, two in itertools.pairwise(members):
            if one.language == two.language:
                raise RequestError(
                    f"--story: {one.name} and {two.name} are both in {language_name(one.language)}"
                    f" and both of the story {label!r}",
                    hint="a story has one document of each language",
                )
    return fixed
