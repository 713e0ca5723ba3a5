"""What a translator is told beyond the text: a tone, terms of a glossary, the text around it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field

from mtbench.corpora.formats.delimited import RECOGNISED
from mtbench.corpora.formats.segments import ImportedSegment, Remarks, Wanted
from mtbench.corpora.formats.tables import read_table
from mtbench.corpora.formats.tmx import read_tmx
from mtbench.errors import DataError, RequestError
from mtbench.files.digests import digest_json
from mtbench.languages import LanguagePair
from mtbench.text.terms import uses
from mtbench.types import Json, Record, Source

Terms = Mapping[str, tuple[str, ...]]
"""Term of the source language → the translations that are right for it."""


class GuidanceOptions(Record):
    """What an LLM is told beyond the text; each counts by what it says in the prompt's digest.

    Attributes:
        tone: How the translation is to sound, in words: ``formal; address the reader as Sie``.
        glossary: A TMX, CSV or TSV file of terms (columns ``src`` and ``ref``); ``{src}`` and
            ``{tgt}`` in its name are filled in. The terms that a text holds are told with it, and
            how many of them the translations use is recorded.
        context_before: Segments of the same document that are shown before each.
        context_after: Likewise behind it.
    """

    tone: Annotated[str, Field(exclude=True)] = ""
    glossary: Annotated[str | None, Field(exclude=True)] = None
    context_before: Annotated[int, Field(ge=0, le=50, exclude=True)] = 0
    context_after: Annotated[int, Field(ge=0, le=50, exclude=True)] = 0


def read_glossary(path: Path, pair: LanguagePair, remarks: Remarks | None = None) -> Terms:
    """The terms of a file, those for one direction.

    Args:
        path: TMX, CSV or TSV.
        pair: The direction.
        remarks: Takes what there is to say of the reading.

    Raises:
        RequestError: If there is no such file, or none of its columns can be a side.
        DataError: If it does not hold, or has no term for the direction.
    """
    if not path.is_file():
        raise RequestError(f"glossary: there is no file {path}")
    wanted, remarks = Wanted([pair]), remarks or Remarks()
    kind = path.suffix.casefold().lstrip(".")
    found: dict[str, list[str]] = {}
    for entry in _entries(path, kind, wanted, remarks):
        if not any(map(str.strip, entry.references)):
            remarks.left_out("terms without a translation", entry.where)
            continue
        found.setdefault(entry.source.strip(), []).extend(entry.references)
    if not found:
        raise DataError(f"{path}: the glossary has no term for {pair}")
    return {term: tuple(dict.fromkeys(known)) for term, known in found.items()}


def _entries(path: Path, kind: str, wanted: Wanted, remarks: Remarks) -> Iterable[ImportedSegment]:
    if kind == "tmx":
        return read_tmx(path, wanted, remarks)
    if kind in ("csv", "tsv"):
        return read_table(path, kind, {}, (), wanted, remarks, RECOGNISED)
    raise RequestError(f"glossary: {path}: neither TMX, CSV nor TSV")


class Guidance:
    """Tone, terms and context, ready to be put into prompts.

    Args:
        options: What there is to say.
        pair: The direction.
    """

    def __init__(self, options: GuidanceOptions, pair: LanguagePair) -> None:
        self.options = options
        self._pair = pair
        self._terms: Terms | None = None
        self._remarks = Remarks()
        self._around: dict[str, tuple[str, ...]] = {}

    @property
    def surrounded(self) -> bool:
        """Whether a request holds texts of other segments."""
        return bool(self.options.context_before or self.options.context_after)

    @property
    def given(self) -> bool:
        """Whether there is anything to say."""
        return bool(self.options.tone or self.options.glossary) or self.surrounded

    @property
    def terms(self) -> Terms:
        """The glossary's; empty where there is none."""
        if self._terms is None:
            name = self.options.glossary
            filled = (name or "").replace("{src}", self._pair.source)
            path = Path(filled.replace("{tgt}", self._pair.target)).expanduser()
            self._terms = read_glossary(path, self._pair, self._remarks) if name else {}
        return self._terms

    def notes(self) -> tuple[str, ...]:
        """What was seen when the glossary was read: a guessed encoding, rows that are left out."""
        found = self._remarks.all() if self.terms else ()
        # The options that remarks name are those of an import.
        return tuple(
            str(one).split("; --")[0].replace(": ", " in the glossary: ", 1)
            for one in found
            if one.sort != "noted"
        )

    def digest(self) -> dict[str, Json]:
        """What counts in a prompt's digest; empty where nothing is said."""
        given = self.options
        found: dict[str, Json] = {"tone": given.tone} if given.tone else {}
        if self.terms:
            found["glossary"] = digest_json(
                {term: list(known) for term, known in self.terms.items()}
            )
        if self.surrounded:
            found["around"] = [given.context_before, given.context_after]
        return found

    def sources(self, sources: Sequence[Source]) -> None:
        """Keeps what stands around each segment in its document."""
        before, after = self.options.context_before, self.options.context_after
        self._around = {}
        for at, source in enumerate(sources if self.surrounded else ()):
            near = [*range(max(0, at - before), at), *range(at + 1, at + 1 + after)]
            self._around[source.id] = tuple(
                sources[i].text
                for i in near
                if i < len(sources) and sources[i].document == source.document is not None
            )

    def context(self, source: Source) -> str | None:
        """The corpus's own context of a segment, and the segments around it."""
        return "\n".join(filter(None, [source.context, *self._around.get(source.id, ())])) or None

    def told(self, sources: Sequence[Source]) -> str:
        """Tone and terms for texts, in lines; empty where there is nothing to say."""
        lines = [f"Tone: {self.options.tone.strip()}"] if self.options.tone.strip() else []
        held = {term: known for s in sources for term, known in self.held(s.text).items()}
        if held:
            lines.append("Terms, to be translated like this:")
            lines += [f"- {term}: {' or '.join(known)}" for term, known in held.items()]
        return "\n".join(lines)

    def held(self, text: str) -> Terms:
        """The terms that a source text has."""
        return {
            term: known for term, known in self.terms.items() if uses(term, text, self._pair.source)
        }

    def used(self, source: str, translation: str) -> dict[str, Json]:
        """What a translation made of the terms of its source; empty where it has none."""
        held = self.held(source)
        hit = [t for t, known in held.items() if self._any(known, translation)]
        missed: list[Json] = [term for term in held if term not in hit]
        return {"terms": len(held), "terms_missed": missed} if held else {}

    def _any(self, known: Sequence[str], translation: str) -> bool:
        return any(uses(one, translation, self._pair.target) for one in known)

    def recall(self, kept: Iterable[Mapping[str, Json]]) -> dict[str, Json]:
        """Terms asked for and used, over what ``used`` said of each segment."""
        sums: Counter[str] = Counter()
        for one in kept:
            missed = one.get("terms_missed")
            if isinstance(missed, list) and isinstance(count := one.get("terms"), int):
                sums.update(asked=count, used=count - len(missed))
        if not sums["asked"]:
            return {}
        return {**sums, "recall": round(sums["used"] / sums["asked"], 6)}

    @staticmethod
    def recall_in_words(recall: Mapping[str, Json]) -> str:
        """What ``recall`` found, for people.

        Example:
            >>> Guidance.recall_in_words({"asked": 8, "used": 6, "recall": 0.75})
            'glossary: 6 of 8 terms used (recall 75.0%)'
        """
        used, asked, share = recall["used"], recall["asked"], recall["recall"]
        return f"glossary: {used} of {asked} terms used (recall {share:.1%})"
