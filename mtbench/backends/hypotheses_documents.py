"""Outputs of whole documents, in paragraphs of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field

from mtbench.corpora.formats.recognise import require_text
from mtbench.errors import DataError, RequestError
from mtbench.files.digests import digest_file, digest_tree
from mtbench.files.jsonl import read_objects
from mtbench.files.writing import read_lines
from mtbench.languages import LanguagePair
from mtbench.plugins import Backend
from mtbench.types import WHOLE_DOCUMENT, Additions, Json, Record, Runtime, Source, Translation

_HINT = 'write one {"doc": "…", "mt": "…"} a line, or a folder of DOC.txt'


class HypothesesDocuments(Backend):
    """Reads translations of whole documents, which are laid on the segments afterwards.

    A JSONL file holds a line per document with ``doc`` and ``mt``; a folder holds ``DOC.txt``. The
    documents are those of the test set, each exactly once. The inline target is the path.
    """

    class Options(Record):
        """Which file.

        Attributes:
            path: A JSONL file, or a folder.
            additions: What becomes of text that is no segment's translation: with ``keep`` it stays
                with the segment before it, with ``leave-out`` it is in no segment. Counted either
                way.
        """

        path: Annotated[str, Field(min_length=1)]
        additions: Additions = "keep"

    batching = "document"
    unit = "document"
    preferred_batch = 1024
    timed = False

    options: Options

    def __init__(
        self, options: HypothesesDocuments.Options, pair: LanguagePair, runtime: Runtime
    ) -> None:
        super().__init__(options, pair, runtime)
        self.realigns = options.additions
        self._found: dict[str, str] = {}

    @classmethod
    def from_target(cls, target: str) -> dict[str, Json]:
        """The path, as it is."""
        if not target:
            raise RequestError(
                "hypotheses-documents: needs a path",
                hint="write hypotheses-documents:FILE_OR_FOLDER",
            )
        return {"path": target}

    @classmethod
    def one_test_set(cls, options: Record) -> bool:
        """A file or folder is the output for one test set."""
        return True

    def check(self) -> None:
        """Whether the file or folder is there."""
        path = Path(self.options.path)
        if not path.exists():
            raise RequestError(f"no such file or folder: {path}", hint="check the path")

    def identity(self) -> dict[str, Json]:
        """The digest of what is read."""
        path = Path(self.options.path)
        return {"file": digest_tree(path) if path.is_dir() else digest_file(path)}

    def provenance(self) -> dict[str, Json]:
        """Path and digest."""
        return {"path": self.options.path, "digest": self.identity()["file"]}

    def sources(self, sources: Sequence[Source]) -> None:
        """Reads the documents and holds them against the sources.

        Raises:
            RequestError: If a segment is of no document.
            DataError: If a document is missing, unknown, there twice, or stands in two places.
        """
        blank = next((source.id for source in sources if source.document is None), None)
        if blank is not None:
            raise RequestError(
                f"segment {blank!r} is of no document, so that no output of one can be its own",
                hint="give the documents of plain files by --documents FILE",
            )
        wanted = [source.document or "" for source in sources]
        starts = [now for before, now in zip(["", *wanted], wanted, strict=False) if now != before]
        split = [name for name, times in Counter(starts).items() if times > 1]
        if split:
            raise DataError(
                f"the segments of document {split[0]!r} do not stand together",
                hint="put them one after the other, in the test set and in --documents",
            )
        self._found = self._read(set(wanted))
        missing = [name for name in dict.fromkeys(wanted) if name not in self._found]
        if missing:
            raise DataError(
                f"{self.options.path}: no translation of {len(missing)} documents, the first being "
                f"{missing[0]!r}",
                hint="an empty text stands for a document that was not translated",
            )

    def _read(self, wanted: set[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for where, name, text in self._documents(Path(self.options.path)):
            if name not in wanted:
                raise DataError(f"{where}: no document {name!r} in this test set", hint=_HINT)
            if name in found:
                raise DataError(f"{where}: document {name!r} a second time")
            found[name] = text
        return found

    def _documents(self, path: Path) -> Iterator[tuple[str, str, str]]:
        if path.is_dir():
            for one in sorted(path.iterdir()):
                if one.name.startswith("."):
                    continue
                if one.suffix != ".txt":
                    raise DataError(f"{one}: not a DOC.txt", hint=_HINT)
                require_text(one)
                yield str(one), one.stem, "\n".join(line for _, line in read_lines(one))
            return
        for at, row in read_objects(path):
            name, text = row.get("doc"), row.get("mt")
            if not isinstance(name, str) or not isinstance(text, str):
                raise DataError(f"{path}:{at}: doc and mt are not two strings", hint=_HINT)
            yield f"{path}:{at}", name, text

    def translate(self, batch: Sequence[Source]) -> list[Translation]:
        """A document's text with its first segment; nothing yet with the others."""
        text = self._found[batch[0].document or ""]
        first = Translation(text=text, kept={WHOLE_DOCUMENT: text})
        return [first, *(Translation(text="") for _ in batch[1:])]
