"""One system's output from a file in the XML format of the WMT shared tasks."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from mtbench.errors import DataError, RequestError, UnknownName
from mtbench.files.writing import unreadable
from mtbench.languages import LanguagePair, base_language


@dataclass(frozen=True, slots=True)
class Row:
    """A segment of the file.

    Attributes:
        source: Its source text.
        hypothesis: What the system made of it.
        line: Line of the hypothesis in the file.
    """

    source: str
    hypothesis: str
    line: int


@dataclass(slots=True)
class _Side:
    """The segments of one side of a document: segment id → (text, line)."""

    language: str
    segments: dict[str, tuple[str, int]] = field(default_factory=dict)


@dataclass(slots=True)
class _Document:
    name: str
    line: int
    source: _Side
    outputs: dict[str, _Side] = field(default_factory=dict)


class _Reader:
    """Collects sources and outputs; refuses a document type, and with it every entity trick."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.documents: list[_Document] = []
        self._side: _Side | None = None
        self._segment: str | None = None
        self._text: list[str] = []
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._line = 0

    def read(self) -> list[_Document]:
        try:
            with self.path.open("rb") as stream:
                self._parser.ParseFile(stream)
        except expat.ExpatError as error:
            raise DataError(
                f"{self.path}:{error.lineno}: not well-formed XML: {expat.ErrorString(error.code)}"
            ) from error
        except OSError as error:
            raise unreadable(self.path, error) from error
        return self.documents

    def _refuse(self, *_: object) -> None:
        raise DataError(
            f"{self.path}:{self._parser.CurrentLineNumber}: a document type declaration",
            hint="remove it; WMT files have none",
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        line = self._parser.CurrentLineNumber
        if name == "doc":
            self.documents.append(_Document(attributes.get("id", ""), line, _Side("")))
        elif name in ("src", "hyp") and self.documents:
            self._side = _Side(attributes.get("lang", ""))
            if name == "src":
                self.documents[-1].source = self._side
            else:
                self._add_output(attributes.get("system", ""), self._side, line)
        elif name == "seg" and self._side is not None:
            self._segment, self._text, self._line = attributes.get("id", ""), [], line

    def _add_output(self, system: str, side: _Side, line: int) -> None:
        outputs = self.documents[-1].outputs
        if system in outputs:
            raise DataError(f"{self.path}:{line}: a second output of {system!r} in one document")
        outputs[system] = side

    def _end(self, name: str) -> None:
        if name in ("src", "hyp"):
            self._side = None
        elif name == "seg" and self._side is not None and self._segment is not None:
            if self._segment in self._side.segments:
                raise DataError(
                    f"{self.path}:{self._line}: a second segment {self._segment!r} in one text"
                )
            self._side.segments[self._segment] = ("".join(self._text), self._line)
            self._segment = None

    def _characters(self, text: str) -> None:
        if self._segment is not None:
            self._text.append(text)


def read_output(path: Path, pair: LanguagePair, system: str | None = None) -> list[Row]:
    """Reads one system's output, in the order of the file.

    Args:
        path: A WMT XML file: ``doc`` elements with a ``src`` and ``hyp`` elements of ``seg``.
        pair: The direction; documents in other languages are another test set's.
        system: The system's name; may be left out where the file has only one.

    Raises:
        RequestError: If there is no such file or system.
        DataError: If the file does not hold.
    """
    documents = [
        document
        for document in _Reader(path).read()
        if _same(document.source.language, pair.source)
    ]
    if not documents:
        raise DataError(f"{path}: no document with a source in {pair.source}")
    chosen = _chosen(path, documents, pair, system)
    rows: list[Row] = []
    for document in documents:
        rows += _rows(path, document, chosen)
    return rows


def _same(written: str, tag: str) -> bool:
    return base_language(written.lower().replace("_", "-")) == base_language(tag)


def _chosen(path: Path, documents: list[_Document], pair: LanguagePair, system: str | None) -> str:
    names = {
        name
        for document in documents
        for name, side in document.outputs.items()
        if _same(side.language, pair.target)
    }
    if system is not None:
        if system not in names:
            raise UnknownName(f"system in {path}", system, names)
        return system
    if len(names) != 1:
        raise RequestError(
            f"{path}: holds the outputs of {len(names)} systems into {pair.target}",
            why=", ".join(sorted(names)) or None,
            hint="name one by the option 'system' of a card",
        )
    return names.pop()


def _rows(path: Path, document: _Document, system: str) -> list[Row]:
    output = document.outputs.get(system)
    where = f"{path}:{document.line}: document {document.name!r}"
    if output is None:
        raise DataError(f"{where} has no output of {system!r}")
    if list(output.segments) != list(document.source.segments):
        raise DataError(
            f"{where} has {len(document.source.segments)} source segments and "
            f"{len(output.segments)} of {system!r}, or in another order"
        )
    return [
        Row(source=text, hypothesis=output.segments[name][0], line=output.segments[name][1])
        for name, (text, _) in document.source.segments.items()
    ]
