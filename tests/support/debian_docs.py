"""Real parallel text in four languages: documentation that Debian packages, fetched at need.

Texts belong together by paragraph id (LibreOffice's help) or because the pages of all languages
have the same structure (manuals). Nothing of it is kept in the repository.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "de", "fr", "it")
PACKAGES = (
    *(f"libreoffice-help-{tag}" for tag in ("en-us", "de", "fr", "it")),
    *(f"debian-reference-{tag}" for tag in LANGUAGES),
    *(f"debian-faq{tag}" for tag in ("", "-de", "-fr", "-it")),
    *(f"maint-guide{tag}" for tag in ("", "-de", "-fr", "-it")),
    *(f"developers-reference{tag}" for tag in ("", "-de", "-fr", "-it")),
    "installation-guide-amd64",
)
SHORTEST = 20
LONGEST = 2000
Row = dict[str, str]

_BLOCKS = ("p", "h1", "h2", "h3", "h4", "dt", "li")


@dataclass(frozen=True)
class Page:
    """One page in four languages: rows of texts that are translations of each other."""

    name: str
    rows: tuple[Row, ...]


def fetch(folder: Path, packages: Sequence[str] = PACKAGES) -> Path:
    """Downloads and unpacks packages into a folder, once; returns their root."""
    root = folder / "root"
    done = folder / "done"
    if done.is_file() and done.read_text() == " ".join(packages):
        return root
    apt, dpkg = shutil.which("apt-get"), shutil.which("dpkg-deb")
    if apt is None or dpkg is None:
        raise SystemExit("this benchmark takes its texts from Debian packages: needs apt-get")
    (folder / "packages").mkdir(parents=True, exist_ok=True)
    subprocess.run([apt, "download", "-qq", *packages], cwd=folder / "packages", check=True)
    for package in sorted((folder / "packages").glob("*.deb")):
        subprocess.run([dpkg, "-x", str(package), str(root)], check=True)
    done.write_text(" ".join(packages))
    return root


def pages(root: Path) -> list[Page]:
    """Every page that all four languages have, cleaned; no text stands in two rows."""
    seen: set[tuple[str, str]] = set()
    found = []
    for name, rows in [*_help_pages(root), *_manual_pages(root)]:
        kept = []
        for row in rows:
            keys = {(tag, _key(text)) for tag, text in row.items()}
            if _usable(row) and not keys & seen:
                kept.append(row)
                seen |= keys
        if kept:
            found.append(Page(name, tuple(kept)))
    return found


def _key(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()


def _usable(row: Row) -> bool:
    """Whether a row is translated text: long enough, and in no two languages the same."""
    texts = [_key(text) for text in row.values()]
    lengths = [len(text) for text in row.values()]
    return (
        len(set(texts)) == len(texts)
        and min(lengths) >= SHORTEST
        and max(lengths) <= min(LONGEST, 3 * min(lengths) + 30)
        and all(sum(c.isalpha() for c in text) > len(text) / 2 for text in row.values())
    )


def _help_pages(root: Path) -> Iterator[tuple[str, list[Row]]]:
    base = root / "usr/share/libreoffice/help"
    folders = {"en": "en-US", "de": "de", "fr": "fr", "it": "it"}
    for path in sorted((base / "en-US/text").rglob("*.html")):
        name = path.relative_to(base / "en-US")
        files = {tag: base / folder / name for tag, folder in folders.items()}
        if not all(file.is_file() for file in files.values()):
            continue
        by_id = {tag: _by_id(file) for tag, file in files.items()}
        yield (
            str(name),
            [
                {tag: by_id[tag][key] for tag in LANGUAGES}
                for key in by_id["en"]
                if all(key in texts for texts in by_id.values())
            ],
        )


def _by_id(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for area in _tree(path).xpath('//div[@id="DisplayArea"]')[:1]:
        for element in area.iter("p", "h1", "h2", "h3", "h4"):
            if element.get("id"):
                found.setdefault(element.get("id"), _text(element))
    return found


def _manual_pages(root: Path) -> Iterator[tuple[str, list[Row]]]:
    for files in _manual_files(root):
        blocks = {tag: _blocks(file) for tag, file in files.items()}
        if len({tuple(tag for tag, _ in found) for found in blocks.values()}) == 1:
            rows = [
                dict(zip(LANGUAGES, texts, strict=True))
                for texts in zip(*([t for _, t in blocks[tag]] for tag in LANGUAGES), strict=True)
            ]
            yield str(files["en"].relative_to(root)), rows


def _manual_files(root: Path) -> Iterator[dict[str, Path]]:
    doc = root / "usr/share/doc"
    layouts = (
        (root / "usr/share/debian-reference", dict.fromkeys(LANGUAGES, "")),
        (doc / "debian/FAQ", {"en": "", "de": "de", "fr": "fr", "it": "it"}),
        (root / "usr/share/developers-reference", {"en": "", "de": "de", "fr": "fr", "it": "it"}),
        (doc / "installation-guide-amd64", {tag: tag for tag in LANGUAGES}),
        (doc, {tag: f"maint-guide{'' if tag == 'en' else '-' + tag}/html" for tag in LANGUAGES}),
    )
    for base, folders in layouts:
        for path in sorted((base / folders["en"]).glob("*.html")):
            stem = path.name.removesuffix(".html").removesuffix(".en")
            files = {
                tag: next(
                    (
                        file
                        for name in (f"{stem}.{tag}.html", f"{stem}.html")
                        if (file := base / folders[tag] / name).is_file()
                    ),
                    None,
                )
                for tag in LANGUAGES
            }
            whole = {tag: file for tag, file in files.items() if file is not None}
            if len(whole) == len(LANGUAGES) and len(set(whole.values())) == len(LANGUAGES):
                yield whole


def _blocks(path: Path) -> list[tuple[str, str]]:
    """Blocks in order that hold no block themselves: their tag and text."""
    return [
        (element.tag, _text(element))
        for element in _tree(path).iter(*_BLOCKS)
        if next(element.iterdescendants(*_BLOCKS), None) is None
    ]


def _tree(path: Path) -> Any:  # lxml has no types
    from lxml import html

    parser = html.HTMLParser(encoding="utf-8", no_network=True)
    return html.document_fromstring(path.read_bytes(), parser=parser)


def _text(element: Any) -> str:
    return " ".join(element.text_content().split())
