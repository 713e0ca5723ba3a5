"""Imports in one line, for tests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mtbench.corpora.formats.importing import ImportReport, ImportRequest, import_corpus
from mtbench.languages import LanguagePair


def take(folder: Path, *inputs: Path | str, pairs: Iterable[str] = (), **more: Any) -> ImportReport:
    """Imports into a folder."""
    return import_corpus(
        ImportRequest(
            inputs=tuple(str(name) for name in inputs),
            output=folder,
            pairs=tuple(LanguagePair.parse(pair) for pair in pairs),
            **more,
        )
    )


def lines(folder: Path, pair: str) -> list[dict[str, Any]]:
    """The lines of a pair file."""
    text = (folder / f"{pair}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.split("\n") if line]


def write_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    """Writes rows as JSONL."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")
    return path
