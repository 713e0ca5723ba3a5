"""Raw documents to a corpus in memory."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import tomli_w

from mtbench.digests import digest_json, digest_text
from mtbench.documents import axis, match
from mtbench.documents.boilerplate import line_key, recurring
from mtbench.documents.identify import LanguageIdentifier
from mtbench.documents.read import read_paragraphs
from mtbench.documents.records import (
    Build,
    BuildOptions,
    BuildReport,
    Document,
)
from mtbench.documents.scoring import align
from mtbench.documents.similarity import Encoded
from mtbench.embeddings import EmbeddedEncoder, SentenceEncoder
from mtbench.types import CorpusCard

DEFAULT_ORDER = ("en", "it", "de", "fr")
ID_DIGITS = 4
Advance = Callable[[str], None]


def build_corpus(
    paths: Sequence[Path | str],
    options: BuildOptions | None = None,
    encoder: SentenceEncoder | None = None,
) -> Build:
    """Builds a corpus from raw documents."""
    options = options or BuildOptions()
    documents = read_documents(paths, options)
    encoder = encoder or EmbeddedEncoder()
    order = _language_order(documents, options)
    documents = sorted(documents, key=lambda d: (order.index(d.language), d.key))
    common = recurring([d.paragraphs for d in documents], [d.language for d in documents])
    kept_units = [
        [i for i, p in enumerate(d.paragraphs) if (d.language, line_key(p)) not in common]
        for d in documents
    ]
    encoded = [
        Encoded([d.paragraphs[i] for i in units], encoder)
        for d, units in zip(documents, kept_units, strict=True)
    ]
    languages = [d.language for d in documents]
    fixed = {
        i: label
        for i, d in enumerate(documents)
        if (label := _by_file(options.story_of, d.name)) is not None
    }
    ranked = match.links(encoded, match.candidates(encoded, languages))
    groups = match.stories(len(documents), languages, ranked, fixed)
    names = _group_names([documents[group[0]] for group in groups])
    rows: dict[str, list[tuple[str, tuple[int, ...], dict[str, Any]]]] = {}
    joined: dict[str, int] = {}
    used: dict[int, set[int]] = {i: set() for i in range(len(documents))}
    for group, name in zip(groups, names, strict=True):
        beads = {
            (a, b): align(encoded[group[a]], encoded[group[b]])
            for a in range(len(group))
            for b in range(a + 1, len(group))
        }
        for (a, b), numbered in axis.number(beads).items():
            left, right = group[a], group[b]
            pair = f"{languages[left]}-{languages[right]}"
            for bead, numbers in numbered.items():
                used[left].update(kept_units[left][i] for i in bead.left)
                used[right].update(kept_units[right][j] for j in bead.right)
                joined[pair] = joined.get(pair, 0) + bead.joined
                rows.setdefault(pair, []).append(
                    (
                        name,
                        numbers,
                        {
                            "id": f"{name}/{'+'.join(map(str, numbers))}",
                            "src": " ".join(encoded[left].texts[i] for i in bead.left),
                            "ref": " ".join(encoded[right].texts[j] for j in bead.right),
                            "doc": name,
                            "alignment": bead.confidence,
                        },
                    )
                )
    files = {}
    for pair in sorted(rows):
        rows[pair].sort(key=lambda row: row[:2])
        files[f"{pair}.jsonl"] = "".join(
            json.dumps(row, ensure_ascii=False) + "\n" for _, _, row in rows[pair]
        )
    digests = {name: digest_text(content) for name, content in files.items()}
    files["card.toml"] = card_text(options.card.model_copy(update={"files": digests}))
    return Build(
        files=files,
        report=BuildReport(unit="paragraph", encoder=f"{encoder.name} {encoder.version}"),
    )


def read_documents(paths: Sequence[Path | str], options: BuildOptions) -> list[Document]:
    """Reads documents and identifies their languages."""
    identifier = LanguageIdentifier(options.languages)
    found = []
    for path in paths:
        name = str(path)
        paragraphs = read_paragraphs(Path(path), name)
        said = _by_file(options.language_of, name)
        if said is not None:
            language, confidence = said, 1.0
        else:
            language, confidence = identifier.identify("\n".join(paragraphs), name)
        content = [unicodedata.normalize("NFC", p) for p in paragraphs]
        found.append(
            Document(
                name=name,
                language=language,
                language_confidence=confidence,
                paragraphs=paragraphs,
                key=digest_json([language, content]),
            )
        )
    return found


def _by_file(table: Mapping[str, str], name: str) -> str | None:
    return table.get(name, table.get(Path(name).name))


def _language_order(documents: Sequence[Document], options: BuildOptions) -> list[str]:
    wanted = list(options.languages) or list(DEFAULT_ORDER)
    if "en" in wanted:
        wanted.remove("en")
    wanted.insert(0, "en")
    there = {d.language for d in documents}
    return [t for t in wanted if t in there] + sorted(there - set(wanted))


def _group_names(firsts: Sequence[Document]) -> list[str]:
    digits = ID_DIGITS
    while len({d.key[:digits] for d in firsts}) < len(firsts):
        digits += 1
    return [d.key[:digits] for d in firsts]


def card_text(card: CorpusCard) -> str:
    """A corpus card as TOML, fields that say nothing left out."""
    values = card.model_dump(exclude_defaults=True)
    return tomli_w.dumps(values, multiline_strings=True)
