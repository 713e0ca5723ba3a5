"""How often the layout of a plain text, and the lines of a PDF, give back the paragraphs they hold.

    python -m tests.bench.layout --texts FOLDER [--languages ces,por,...] [--pdf FOLDER]

Texts are one file per language, a sentence per line (NTREX's, which are not in the repository);
one to four sentences make a paragraph. Each draw is wrapped at 60 to 100 columns in every layout.
A paragraph counts where it comes back letter by letter. The rules were written against English,
German, Japanese and Hindi, then against French, Italian, Polish, Russian, Arabic, Korean, Thai,
simplified Chinese, Hebrew, Turkish and Vietnamese; the languages by default are others.

With --pdf, the texts are set by typst (``pip install --target FOLDER typst``) on pages with
headers, page numbers, footnotes and headings, in one column and in two.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
import textwrap
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

from mtbench.documents.layout import read_text
from mtbench.documents.pdf import read_pdf
from mtbench.languages import normalise_tag
from mtbench.text.scripts import without_spaces

DRAWS = 12
LANGUAGES = "ces,por,spa,srp-Cyrl,ukr,slk,zho-TW,bul"
SENTENCES = ((1,), (1, 2, 3), (2, 3, 4))
WIDTHS = (60, 66, 72, 76, 80, 100)
Lines = Callable[[str, str, str], str]
WORD_OR_SIGN = r"[\u2e80-\uffef]\s*|[^\s\u2e80-\uffef]+\s*"
NEVER_FIRST = frozenset("，。、）」』！？")
SPECIAL = re.compile(r"([\\#$*_@<>`\[\]~\"'/=+-])")
TYPESET = {
    "one column": "#set page(numbering: \"1\", header: [The title])\n#set par(justify: true)",
    "indents": (
        "#set page(numbering: \"1\")\n"
        "#set par(justify: true, first-line-indent: 1.2em, spacing: 0.65em)"
    ),
    "ragged": "#set page(numbering: \"1 of 1\")\n#set par(justify: false)",
    "two columns": "#set page(columns: 2, numbering: \"1\")\n#set par(justify: true)",
    "two columns, indents": (
        "#set page(columns: 2)\n"
        "#set par(justify: true, first-line-indent: 1em, spacing: 0.65em)"
    ),
    "small pages": (
        "#set page(paper: \"a5\", numbering: \"1\", header: [Running #h(1fr) head])\n"
        "#set par(justify: true)\n#set text(size: 9pt)"
    ),
}  # fmt: skip


def paragraphs(lines: Sequence[str], sizes: Sequence[int], chance: random.Random) -> Iterator[str]:
    """Lines run together to paragraphs."""
    at = 0
    while at < len(lines):
        size = chance.choice(sizes)
        if text := " ".join(" ".join(lines[at : at + size]).split()):
            yield text
        at += size


def filled(text: str, width: int, first: str = "", rest: str = "") -> str:
    """A paragraph wrapped at a width in columns: between words, or any signs without spaces."""
    lines = [first]
    for word in re.findall(WORD_OR_SIGN, text):
        if _columns(lines[-1] + word.rstrip()) > width and word not in NEVER_FIRST:
            lines.append(rest)
        lines[-1] += word
    return "\n".join(line.rstrip() for line in lines)


def _columns(text: str) -> int:
    return sum(1 + (east_asian_width(sign) in "WF") for sign in text)


def layouts(some: Sequence[str], width: int) -> dict[str, str]:
    """One text in every layout."""
    plain = [filled(text, width) for text in some]
    indented = [filled(text, width, "    ") for text in some]
    return {
        "a line each": "\n".join(some),
        "a line each, blank lines": "\n\n".join(some),
        "blank lines": "\n\n".join(plain),
        "blank lines, a margin": textwrap.indent("\n\n".join(plain), " " * 6),
        "indents": "\n".join(indented),
        "indents and blank lines": "\n\n".join(indented),
        "hanging indents": "\n".join(filled(text, width, "", "    ") for text in some),
        "double-spaced": "\n\n\n".join(plain).replace("\n", "\n\n").replace("\n" * 6, "\n" * 3),
        "neither": "\n".join(plain),
    }


def _set(some: Sequence[str], language: str, style: str, typst: Any) -> tuple[str, ...]:
    """The paragraphs of a PDF that typst sets."""
    body = []
    for at, text in enumerate(some):
        note = f"#footnote[On {_plain(text[5:40])}: {_plain(text[-50:-2])}.]" if at % 4 == 1 else ""
        body.append(_plain(text) + note)
    start = (
        f'#set text(lang: "{normalise_tag(language).split("-")[0]}", hyphenate: true)\n'
        f"#set smartquote(enabled: false)\n#set super(typographic: false)\n{style}\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.pdf"
        path.write_bytes(typst.compile((start + "\n\n".join(body)).encode()))
        return read_pdf(path, "a.pdf")[0]


def _plain(text: str) -> str:
    return SPECIAL.sub(r"\\\1", text)


def _key(text: str) -> str:
    """A paragraph as it is compared: typst may write one sign for another, or leave a space out."""
    plain = text.replace("’", "'").replace("‘", "'").replace("…", "...")
    return re.sub(r"[\s\u2010\u2011\u2013\u2014\u00ad-]+", "", plain)


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--languages", default=LANGUAGES)
    parser.add_argument("--pdf", type=Path, help="folder with typst")
    arguments = parser.parse_args()
    if arguments.pdf:
        sys.path.append(str(arguments.pdf))
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for language in arguments.languages.split(","):
        lines = (arguments.texts / f"{language}.txt").read_text("utf-8").splitlines()
        for seed in range(DRAWS):
            chance = random.Random(seed)
            start = chance.randint(0, len(lines) - 60)
            some = lines[start : start + chance.randint(8, 60)]
            wanted = list(paragraphs(some, SENTENCES[seed % len(SENTENCES)], chance))
            found = {
                name: read_text(text).paragraphs
                for name, text in layouts(wanted, chance.choice(WIDTHS)).items()
            }
            if arguments.pdf and seed < 3:
                typst = import_module("typst")
                found |= {
                    f"PDF, {name}": _set(wanted, language, style, typst)
                    for name, style in TYPESET.items()
                }
            for name, got in found.items():
                spaced = not without_spaces(wanted[-1][:1])  # else a space may fall at a line end
                key = str if spaced and not name.startswith("PDF") else _key
                hits = Counter(map(key, got)) & Counter(map(key, wanted))
                for at, number in enumerate((hits.total(), len(got), len(wanted))):
                    counts[name][at] += number
    print("| layout | precision | recall | F1 |\n|---|--:|--:|--:|")
    for name, (right, got_all, all_wanted) in counts.items():
        scores = right / got_all, right / all_wanted, 2 * right / (got_all + all_wanted)
        print(f"| {name} | " + " | ".join(f"{score:.3f}" for score in scores) + " |")


if __name__ == "__main__":
    main()
