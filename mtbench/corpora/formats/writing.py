"""Segments → a corpus folder, streamed: pair files, systems' outputs, card."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType

import numpy as np

from mtbench.config import CORPUS_CARD, plain_name, read_corpus_card
from mtbench.corpora.codes import refuse_codes
from mtbench.corpora.formats.parts import PairParts, Part, check_ids
from mtbench.corpora.formats.segments import ImportedSegment, Remarks, written_line
from mtbench.errors import DataError, RequestError
from mtbench.files.digests import digest_file
from mtbench.files.writing import check_writable, read_toml, write_text
from mtbench.languages import LanguagePair, normalise_tag
from mtbench.text.belongs import LOOKED_AT
from mtbench.types import CorpusCard, Json, Record

HYPOTHESES = "hypotheses"
"""Folder inside a corpus where systems' outputs go: ``hypotheses/SYSTEM/SRC-TGT.jsonl``."""


class WrittenFile(Record):
    """A pair file that was written.

    Attributes:
        pair: Its direction.
        path: The file.
        segments: How many there are.
        documents: How many documents they stand in; 0 where the format names none.
        references: How many references a segment has; None where that varies.
        reference_names: Their names, where they have such.
        systems: System → number of segments of which its output was kept.
    """

    pair: LanguagePair
    path: str
    segments: int
    documents: int
    references: int | None
    reference_names: tuple[str, ...]
    systems: dict[str, int]


class CorpusWriter:
    """Writes a corpus folder; nothing stands under its final name before all of it holds.

    Args:
        folder: The corpus.
        remarks: Told of segments left out, and of what the reader of a result must know.
        force: Whether pair files that are there already may be replaced.
        numbered: Whether ids are numbers counted from 1, whatever the format says.
        reference: Name of the one reference to keep, of several.
        dedup: ``exact`` or ``source`` to leave out segments that repeat an earlier one; they are
            counted in any case.
    """

    def __init__(
        self,
        folder: Path,
        remarks: Remarks,
        *,
        force: bool = False,
        numbered: bool = False,
        reference: str | None = None,
        dedup: str | None = None,
    ) -> None:
        self.folder = folder
        self._remarks = remarks
        self._force = force
        self._numbered = numbered
        self._reference = reference
        self._dedup = dedup
        self._seen: dict[LanguagePair, tuple[set[int], set[int]]] = {}
        self._new = False
        self._first: dict[LanguagePair, list[ImportedSegment]] = {}
        self._files: dict[LanguagePair, PairParts] = {}
        self._systems: dict[str, str] = {}
        self._listed: frozenset[str] = frozenset()

    def __enter__(self) -> CorpusWriter:
        self._new = not self.folder.exists()
        check_writable(self.folder)
        card = None if self._force else read_corpus_card(self.folder)
        self._listed = frozenset(card.files if card is not None else ())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for file in self._files.values():
            for part in file.parts():
                part.drop()
        if self._new:
            with suppress(OSError):  # it holds something, as it should
                self.folder.rmdir()

    @property
    def empty(self) -> bool:
        """Whether no segment has come yet."""
        return not self._files

    def add(self, segment: ImportedSegment) -> None:
        """Writes one segment.

        Raises:
            DataError: If a corpus file cannot hold it (unless such are left out).
            RequestError: If its pair file is there already.
            Unavailable: If the place cannot be written.
        """
        try:
            segment, line = self._checked(segment)
        except DataError as error:
            self._remarks.refuse(error, segment.where)
            return
        if self._repeats(segment):
            return
        file = self._file(segment.pair)
        if self._numbered:
            segment = replace(segment, id=str(file.part.count + 1))
            line = written_line(segment)
        self._note_names(file, segment)
        file.part.write(line)
        file.remember(segment.id, segment.where)
        if len(first := self._first.setdefault(segment.pair, [])) < LOOKED_AT:
            first.append(segment)
        file.reference_counts.add(len(segment.references))
        if not segment.references:
            self._remarks.noted("segments without a reference", segment.where)
        if segment.document is not None and segment.document != file.document:
            file.documents.append(hash(segment.document))
        file.document = segment.document
        for system, text in segment.outputs.items():
            self._output(file, segment, system).write(_output_line(segment.id, text))

    def _repeats(self, segment: ImportedSegment) -> bool:
        """Whether a segment is left out as one that repeats an earlier one."""
        pairs, sources = self._seen.setdefault(segment.pair, (set(), set()))
        source, pair = hash(segment.source), hash((segment.source, segment.references))
        exact, same = pair in pairs, source in sources
        pairs.add(pair)
        sources.add(source)
        if not same:
            return False
        what = "source and references" if exact else "source"
        if self._dedup == "source" or (self._dedup == "exact" and exact):
            self._remarks.left_out(
                f"segments that repeat the {what} of an earlier one", segment.where
            )
            return True
        told = f"segments that repeat the {what} of an earlier one (--dedup leaves them out)"
        self._remarks.suspicious(told, segment.where)
        return False

    def _checked(self, segment: ImportedSegment) -> tuple[ImportedSegment, bytes]:
        where = segment.where
        if self._reference is not None and segment.reference_names:
            kept = dict(zip(segment.reference_names, segment.references, strict=True))
            text = kept.get(self._reference)
            segment = replace(
                segment,
                references=() if text is None else (text,),
                reference_names=() if text is None else (self._reference,),
            )
        if segment.original_language is not None:
            try:
                tag = normalise_tag(segment.original_language)
            except RequestError as error:
                raise DataError(f"{where}: original language: {error.message}") from error
            segment = replace(segment, original_language=tag)
        return segment, written_line(segment)

    def _file(self, pair: LanguagePair) -> PairParts:
        if pair not in self._files:
            path = self.folder / f"{pair}.jsonl"
            if path.exists() and not self._force and path.name in self._listed:
                raise _there(path)
            self._files[pair] = PairParts(path)
        return self._files[pair]

    def _note_names(self, file: PairParts, segment: ImportedSegment) -> None:
        """A reference's place in the list is its name, so no earlier one may be missing."""
        names = segment.reference_names
        if names == file.names[: len(names)]:
            return
        if file.names == names[: len(file.names)] and (file.names or not file.part.count):
            file.names = names
            return
        missing = next(n for n in (*file.names, *names) if n not in names or n not in file.names)
        raise DataError(
            f"{segment.where}: segment {segment.id!r} has the references {', '.join(names)}, "
            f"others {', '.join(file.names) or 'unnamed ones'}",
            hint=f"keep one of them: --reference {missing}",
        )

    def _output(self, file: PairParts, segment: ImportedSegment, system: str) -> Part:
        if system not in file.outputs:
            name = plain_name(system) or "system"
            if self._systems.setdefault(name, system) != system:
                raise DataError(
                    f"{segment.where}: the systems {self._systems[name]!r} and {system!r} "
                    f"would share the folder {name}"
                )
            path = self.folder / HYPOTHESES / name / f"{segment.pair}.jsonl"
            file.outputs[system] = Part(path, self.folder)
        return file.outputs[system]

    def finish(self, card: CorpusCard) -> tuple[WrittenFile, ...]:
        """Puts everything in its place and writes the card.

        Args:
            card: What to say of the corpus; checksums and reference names are filled in, and
                fields of a card that is there already are kept.

        Raises:
            DataError: If there is no segment, or two have one id.
            RequestError: If a file is there that holds something else, or the texts' script says
                that a tag is a country's code.
            CardError: If the card that is there already is malformed.
        """
        if self.empty:
            raise DataError(f"nothing to write into {self.folder}: no segment was read")
        written, digests = [], {}
        for pair, file in sorted(self._files.items()):
            sources = (segment.source for segment in self._first[pair])
            firsts = (s.references[0] for s in self._first[pair] if s.references)
            refuse_codes(pair, sources, firsts, str(file.part.path))
            for part in file.parts():
                digest = part.close()
                # Without a card it may be what a killed import had finished: that is no other.
                if part.path.exists() and not self._force and digest_file(part.path) != digest:
                    raise _there(part.path)
            digests[file.part.path.name] = file.part.digest
            check_ids(file)
            written.append(self._described(pair, file))
        names = self._common_names()
        self._note_comments()
        text = _card_text(self.folder, card, names, digests)
        for file in self._files.values():
            for part in file.parts():
                part.place()
        write_text(self.folder / CORPUS_CARD, text)
        self._files = {}
        return tuple(written)

    def _note_comments(self) -> None:
        path = self.folder / CORPUS_CARD
        if path.is_file() and b"#" in path.read_bytes():
            self._remarks.noted(f"{path} is written again, without its comments")

    def _described(self, pair: LanguagePair, file: PairParts) -> WrittenFile:
        documents = len(np.unique(np.frombuffer(file.documents, dtype=np.int64)))
        if documents < len(file.documents):
            self._remarks.suspicious(f"documents of {pair} whose segments stand apart in the file")
        for system, part in file.outputs.items():
            if part.count < file.part.count:
                self._remarks.noted(
                    f"{system} has no output for {file.part.count - part.count} segments of {pair}"
                )
        counts = file.reference_counts
        return WrittenFile(
            pair=pair,
            path=str(file.part.path),
            segments=file.part.count,
            documents=documents,
            references=next(iter(counts)) if len(counts) == 1 else None,
            reference_names=file.names,
            systems={system: part.count for system, part in sorted(file.outputs.items())},
        )

    def _common_names(self) -> tuple[str, ...]:
        """Names for the card, which holds one list for all its files."""
        longest = max((file.names for file in self._files.values()), key=len)
        for pair, file in self._files.items():
            if file.names != longest[: len(file.names)]:
                self._remarks.noted(
                    f"the references of {pair} are named {', '.join(file.names)}, those of another "
                    f"file {', '.join(longest)}, so the card names none"
                )
                return ()
        return longest


def _there(path: Path) -> RequestError:
    return RequestError(
        f"{path} is there already", hint="replace it by --force, or choose another -o"
    )


def _output_line(identifier: str, text: str) -> bytes:
    return (json.dumps({"id": identifier, "mt": text}, ensure_ascii=False) + "\n").encode("utf-8")


def _card_text(
    folder: Path, card: CorpusCard, names: tuple[str, ...], digests: Mapping[str, str]
) -> str:
    import tomli_w

    values: dict[str, Json] = {}
    files: dict[str, str] = {}
    before = read_corpus_card(folder)
    if before is not None:
        values = dict(read_toml(folder / CORPUS_CARD))
        files = dict(before.files)
    fresh = card.model_dump(exclude_defaults=True, exclude={"files"})
    values = {**fresh, **values} if before is not None else fresh
    if names and "reference_names" not in values:
        values["reference_names"] = list(names)
    values["files"] = dict(sorted({**files, **digests}.items()))
    return tomli_w.dumps(values)
