"""The SGML of WMT and NIST until 2020: one file for the sources, for each reference, each system.

It is no XML: a text may hold a bare ``&`` or ``<``, or a tag, which is text like the rest, as it is
to mteval and sacreBLEU; element names come in any case. Read as a stream by the parser for such
markup that Python has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from mtbench.corpora.formats.plain import language_of_name
from mtbench.corpora.formats.segments import ImportedSegment, Remarks, Wanted
from mtbench.errors import DataError, RequestError
from mtbench.files.inputs import opened
from mtbench.languages import normalise_tag

_SIDES = {"srcset": "source", "refset": "reference", "tstset": "output"}
_BLOCK = 1 << 16
_LONGEST = 10_000_000  # characters of a text
_UNKNOWN = ("", "any", "xx")


@dataclass
class SgmlFile:
    """One file: the texts of one side.

    Attributes:
        path: The file.
        side: ``source``, ``reference`` or ``output``.
        languages: Of the sources and, except of a source file, of its own texts; where said.
        name: Of the translator or system, where said.
        segments: Document and segment → text and line.
        documents: Document → what is said of it.
    """

    path: Path
    side: str
    languages: tuple[str | None, str | None]
    name: str = ""
    segments: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    documents: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def language(self) -> str | None:
        """Of its own texts, by what it says or else by its name: ``newstest2019-src.en.sgm``."""
        said = self.languages[0] if self.side == "source" else self.languages[1]
        return said or language_of_name(
            Path(self.path.name.lower().removesuffix(".gz")).with_suffix("")
        )


class _Reader(HTMLParser):
    def __init__(self, path: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.path = path
        self.file: SgmlFile | None = None
        self._document = ""
        self._segment: str | None = None
        self._text: list[str] = []
        self._length = 0
        self._line = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        line = self.getpos()[0]
        if tag in _SIDES:
            if self.file is not None:
                raise DataError(f"{self.path}:{line}: a second <{tag}> in one file")
            languages = tuple(_said(values.get(key, "")) for key in ("srclang", "trglang"))
            self.file = SgmlFile(self.path, _SIDES[tag], (languages[0], languages[1]))
            self.file.name = values.get("refid") or values.get("sysid") or ""
        elif tag == "doc":
            if self.file is None:
                raise DataError(f"{self.path}:{line}: a <doc> outside of srcset, refset, tstset")
            self._document = values.get("docid", "")
            if not self._document:
                raise DataError(f"{self.path}:{line}: a <doc> without docid")
            self.file.documents.setdefault(self._document, values)
            self.file.name = self.file.name or values.get("sysid", "")
        elif tag == "seg":
            if not self._document or self._segment is not None:
                raise DataError(f"{self.path}:{line}: a <seg> where none can stand")
            self._segment = values.get("id", "")
            self._text, self._length, self._line = [], 0, line
            if not self._segment:
                raise DataError(f"{self.path}:{line}: a <seg> without id")
        else:
            self.handle_data(self.get_starttag_text() or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("doc", "seg", *_SIDES):
            self.handle_data(f"</{tag}>")
        if tag == "doc":
            self._document = ""
        if tag != "seg" or self._segment is None or self.file is None:
            return
        key = (self._document, self._segment)
        if key in self.file.segments:
            raise DataError(
                f"{self.path}:{self._line}: segment {key[1]!r} of {key[0]!r} stands twice"
            )
        self.file.segments[key] = ("".join(self._text).strip(), self._line)
        self._segment = None

    def handle_data(self, data: str) -> None:
        if self._segment is None:
            return
        self._text.append(data)
        self._length += len(data)
        if self._length > _LONGEST:
            raise DataError(f"{self.path}:{self._line}: a text of more than {_LONGEST} characters")

    def end(self) -> SgmlFile:
        self.close()
        if self._segment is not None:
            raise DataError(f"{self.path}:{self._line}: a <seg> without end: the file is cut off")
        if self._document:
            raise DataError(f"{self.path}: ends within document {self._document!r}: it is cut off")
        if self.file is None or not self.file.segments:
            raise DataError(f"{self.path}: no segments")
        return self.file


def read_sgml(path: Path) -> SgmlFile:
    """One file.

    Raises:
        RequestError: If it cannot be read.
        DataError: With file and line, if it does not hold together or is not UTF-8.
    """
    import codecs

    reader = _Reader(path)
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    with opened(path) as stream:
        try:
            while block := stream.read(_BLOCK):
                reader.feed(decoder.decode(block))
            reader.feed(decoder.decode(b"", final=True))
        except UnicodeDecodeError as error:
            raise DataError(
                f"{path}:{reader.getpos()[0]}: not UTF-8", hint="convert the file to UTF-8"
            ) from error
    return reader.end()


def read_wmt_sgml(
    paths: Sequence[Path], wanted: Wanted, remarks: Remarks
) -> Iterator[ImportedSegment]:
    """A source file, its references and systems' outputs as segments; ids are ``DOCUMENT/SEGMENT``.

    Args:
        paths: In any order; which side each is, it says itself.
        wanted: The direction.
        remarks: Told of segments left out.

    Raises:
        DataError: If a file does not hold together, or is not of the same documents.
        RequestError: If there is not one source file, or nothing tells the languages.
    """
    files = [read_sgml(path) for path in paths]
    sources = [file for file in files if file.side == "source"]
    if len(sources) != 1:
        raise RequestError(
            f"{len(sources)} source files (srcset) among {', '.join(str(p) for p in paths)}",
            hint="give the source file and its references: news-src.en.sgm news-ref.de.sgm",
        )
    source = sources[0]
    others = [file for file in files if file is not source]
    tags = {file.language or file.languages[1] for file in others} - {None}
    left = source.language
    if len(wanted.pairs) == 1:
        left, tags = wanted.pairs[0].source, {wanted.pairs[0].target}
    if left is None or len(tags) != 1:
        raise RequestError(
            f"{source.path}: neither the files nor their names tell the languages",
            hint="say the direction, such as --pair en-de",
        )
    pair = wanted.match(left, str(tags.pop()), str(source.path))
    if pair is None:
        return
    for file in others:
        _check_same(file, source)
    references = _by_name(others, "reference")
    outputs = _by_name(others, "output")
    for (document, number), (text, line) in source.segments.items():
        key = (document, number)
        mine = {
            name: file.segments[key][0] for name, file in references.items() if key in file.segments
        }
        said = source.documents[document]
        yield ImportedSegment(
            pair=pair,
            id=f"{document}/{number}",
            source=text,
            references=tuple(mine.values()),
            reference_names=tuple(mine) if len(references) > 1 else (),
            document=document,
            domain=said.get("genre") or None,
            original_language=_said(said.get("origlang", "")),
            outputs={
                n: file.segments[key][0] for n, file in outputs.items() if key in file.segments
            },
            where=f"{source.path}:{line}",
        )


def _check_same(file: SgmlFile, source: SgmlFile) -> None:
    stray = next((key for key in file.segments if key not in source.segments), None)
    if stray is not None:
        raise DataError(
            f"{file.path}:{file.segments[stray][1]}: segment {stray[1]!r} of {stray[0]!r} "
            f"is not in {source.path}",
            hint="give files of one test set",
        )


def _by_name(files: Sequence[SgmlFile], side: str) -> dict[str, SgmlFile]:
    found: dict[str, SgmlFile] = {}
    for file in files:
        if file.side != side:
            continue
        name = file.name or file.path.name.split(".")[0]
        if name in found:
            name = file.path.stem
        if name in found:
            raise DataError(f"{file.path}: a second {side} named {name!r}")
        found[name] = file
    return found


def _said(language: str) -> str | None:
    if language.lower() in _UNKNOWN:
        return None
    try:
        return normalise_tag(language)
    except RequestError:
        return None
