"""The JSONL of the WMT25 General Machine Translation task, and of its human evaluation.

Source of the shape: the README and scripts of
https://github.com/wmt-conference/wmt25-general-mt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Literal

from mtbench.corpora.formats.presets import Row, text_at
from mtbench.corpora.formats.segments import (
    OTHER_LANGUAGES,
    ImportedSegment,
    Remarks,
    Wanted,
)
from mtbench.errors import DataError, RequestError
from mtbench.languages import LanguagePair
from mtbench.types import Json

Unit = Literal["paragraph", "document"]

_EMPTY_LINE = "\n\n"
_PART = "_#_"
_REFERENCE = re.compile(r"ref[A-Z]?\Z")
_NUMBERED = re.compile(r"(?P<document>.+)_#_[0-9]+\Z", re.DOTALL)
_LANGUAGES = ("src_lang", "tgt_lang")
_TEXTS = ("src_text", "tgt_text", "refs", "prompt_instruction", "scores")
_USED = frozenset({"doc_id", "domain", *_LANGUAGES, *_TEXTS})


def wmt25(
    rows: Iterable[Row], wanted: Wanted, remarks: Remarks, unit: Unit = "paragraph"
) -> Iterator[ImportedSegment]:
    """WMT25: documents of paragraphs, or (of the human evaluation) a paragraph a row.

    Documents are divided at empty lines, as its organisers did; ids are theirs
    (``DOCUMENT_#_NUMBER``). The instruction given to systems is kept with each segment, and what
    precedes it in its document is its context. Outputs of systems become hypotheses.

    Args:
        rows: In the order of the file.
        wanted: The directions.
        remarks: Told of documents that could not be divided, and of what is left out.
        unit: ``document`` to leave documents whole.

    Raises:
        DataError: If a row lacks a key or its direction is none.
    """
    document = ""
    before: list[str] = []
    for _, where, row in rows:
        whole = _row(row, wanted, where)
        if whole is None:
            remarks.left_out(f"rows {OTHER_LANGUAGES}", where)
            continue
        if row.get("scores"):
            remarks.noted("rows whose human scores are left out", where)
        numbered = _NUMBERED.match(whole.id) if "tgt_text" in row else None
        if numbered and whole.id.count(_PART) > 2:
            if numbered["document"] != document:
                document, before = numbered["document"], []
            context = _EMPTY_LINE.join(before) or None
            yield replace(whole, document=document, context=context)
            before.append(whole.source)
        elif unit == "document":
            yield whole
        else:
            yield from _paragraphs(whole, remarks)


def _row(row: Mapping[str, Json], wanted: Wanted, where: str) -> ImportedSegment | None:
    name = text_at(row, "doc_id", where)
    parts = name.split(_PART)
    pair = _pair(row, parts[0], wanted, where)
    if pair is None:
        return None
    references, outputs = _targets(row, where)
    return ImportedSegment(
        pair=pair,
        id=name,
        source=text_at(row, "src_text", where),
        references=tuple(references.values()),
        reference_names=tuple(references),
        document=name,
        domain=row.get("domain") or (parts[1] if len(parts) > 2 else None),
        original_language=pair.source,
        instruction=row.get("prompt_instruction") or None,
        extra={k: v for k, v in row.items() if k not in _USED and v is not None},
        outputs=outputs,
        where=where,
    )


def _paragraphs(whole: ImportedSegment, remarks: Remarks) -> Iterator[ImportedSegment]:
    texts = [whole.source, *whole.references, *whole.outputs.values()]
    divided = [text.split(_EMPTY_LINE) for text in texts]
    if len({len(parts) for parts in divided}) > 1 or any(
        not part.strip() for parts in divided for part in parts
    ):
        remarks.noted(
            "documents kept whole, their paragraphs do not correspond one to one", whole.where
        )
        yield whole
        return
    first_output = 1 + len(whole.references)
    for at, aligned in enumerate(zip(*divided, strict=True)):
        yield replace(
            whole,
            id=f"{whole.id}{_PART}{at}",
            source=aligned[0],
            references=aligned[1:first_output],
            outputs=dict(zip(whole.outputs, aligned[first_output:], strict=True)),
            context=_EMPTY_LINE.join(divided[0][:at]) or None,
        )


def _pair(row: Mapping[str, Json], prefix: str, wanted: Wanted, where: str) -> LanguagePair | None:
    if row.get("src_lang") is not None:
        return wanted.match(text_at(row, "src_lang", where), text_at(row, "tgt_lang", where), where)
    try:
        stated = LanguagePair.parse(prefix)
    except RequestError as error:
        raise DataError(f"{where}: doc_id: {error.message}", hint=error.hint) from error
    return wanted.match(stated.source, stated.target, where)


def _targets(row: Mapping[str, Json], where: str) -> tuple[dict[str, str], dict[str, str]]:
    """References and systems' outputs, by name."""
    given: dict[str, Json] = {}
    for key in ("refs", "tgt_text"):
        value = row.get(key)
        if value is not None and not isinstance(value, Mapping):
            raise DataError(f"{where}: {key}: not an object")
        given.update(value or {})
    references: dict[str, str] = {}
    outputs: dict[str, str] = {}
    for name, value in sorted(given.items()):
        text = value.get("ref") if isinstance(value, Mapping) else value
        if text is None:
            continue
        if not isinstance(text, str):
            raise DataError(f"{where}: {name}: not text")
        (references if _REFERENCE.match(name) else outputs)[name] = text
    return references, outputs
