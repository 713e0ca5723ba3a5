"""How well the article of a web page is found, beside other extractors.

    python -m tests.bench.pages --texts FOLDER [--baselines FOLDER] [--developed] [--show]

Pages are made from real text in four languages (NTREX's eng, ita, deu, fra.txt with its
documents.tsv, which are not in the repository) in the templates of three site builders, none of
which the rules were developed with; ``--developed`` shows the fourteen that were. What counts is
each paragraph of the article (headline, headings, items, cells, preformatted parts) that is found
as a paragraph, and each paragraph around it that is in what was found. The baselines give lines of
text; a paragraph of the article counts for them wherever it stands in a line. What stands around
counts as kept, for all alike, where it is a line or, from 20 characters on, a part of one.

Readability comes from a folder of its own: ``pip install --target FOLDER readability-lxml``;
trafilatura and justext are what the extra ``text`` installs.
"""

from __future__ import annotations

import argparse
import resource
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

from mtbench.documents.pages import article
from mtbench.documents.paragraphs import clean
from tests.support.fresh_pages import FRESH, REPORTED
from tests.support.site_pages import DEVELOPED, KNOWN, SitePage, Template, page

FILES = {"en": "eng", "it": "ita", "de": "deu", "fr": "fra"}
FEWEST = 8
SHORT = 20
Extractor = Callable[[SitePage, str], list[str]]


def texts(folder: Path, language: str) -> list[list[str]]:
    """Documents of a language that are long enough for a page."""
    names = (folder / "documents.tsv").read_text("utf-8").splitlines()
    lines = (folder / f"{FILES[language]}.txt").read_text("utf-8").splitlines()
    found: dict[str, list[str]] = defaultdict(list)
    for name, line in zip(names, lines, strict=True):
        if clean(line):
            found[name].append(clean(line))
    return [lines for lines in found.values() if len(lines) >= FEWEST]


def pages(
    folder: Path, templates: Sequence[Template], most: int | None
) -> Iterator[tuple[Template, str, SitePage]]:
    """Every text of every language in every template."""
    for language in FILES:
        documents = texts(folder, language)
        for at, lines in enumerate(documents[:most]):
            others = [documents[(at + k) % len(documents)] for k in (1, 2, 3)]
            for number, template in enumerate(templates):
                yield template, language, page(template, language, lines, others, 100 * at + number)


def ours(one: SitePage, language: str) -> list[str]:
    return list(article(one.html)[0])


def trafilatura(one: SitePage, language: str) -> list[str]:
    found = import_module("trafilatura").extract(one.html, include_comments=False)
    return (found or "").splitlines()


def justext(one: SitePage, language: str) -> list[str]:
    module = import_module("justext")
    name = {"en": "English", "it": "Italian", "de": "German", "fr": "French"}[language]
    found = module.justext(one.html, module.get_stoplist(name))
    return [paragraph.text for paragraph in found if not paragraph.is_boilerplate]


def readability(one: SitePage, language: str) -> list[str]:
    module, lxml_html = import_module("readability"), import_module("lxml.html")
    summary = module.Document(one.html).summary()
    return [str(text) for text in lxml_html.fromstring(summary).itertext()]


def score(one: SitePage, found: Sequence[str], *, exact: bool) -> tuple[int, int, int, int]:
    """Found and all of the article, found and all of the rest."""
    lines = [clean(line) for line in found]
    there = set(lines)
    text = "\n".join(lines)

    def held(part: str) -> bool:
        part = clean(part)
        return part in there if exact else part in text

    def kept(part: str) -> bool:
        return part in there or (len(part) >= SHORT and part in text)

    article = [held(part) for part in one.article]
    own = "\n".join(map(clean, one.article))
    rest = [kept(part) for part in map(clean, one.rest) if part not in own]
    return sum(article), len(article), sum(rest), len(rest)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--baselines", type=Path)
    parser.add_argument("--developed", action="store_true")
    parser.add_argument("--texts-per-language", type=int, metavar="N", help="the first N alone")
    parser.add_argument("--show", action="store_true", help="what ours gets wrong")
    given = parser.parse_args()
    extractors: dict[str, Extractor] = {
        "mtbench": ours, "trafilatura": trafilatura, "justext": justext,
    }  # fmt: skip
    if given.baselines:
        sys.path.append(str(given.baselines))
        extractors["readability"] = readability
    templates = DEVELOPED + KNOWN + FRESH if given.developed else REPORTED
    made = list(pages(given.texts, templates, given.texts_per_language))
    print(f"{len(made)} pages\n\n| extractor | template | article found | rest kept | CPU s |")
    print("|---|---|---|---|---|")
    for name, extract in extractors.items():
        tallies: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        started = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        for template, language, one in made:
            found = extract(one, language)
            counts = score(one, found, exact=name == "mtbench")
            for key in (template.__name__, language, "all"):
                tallies[key] = [a + b for a, b in zip(tallies[key], counts, strict=True)]
            if given.show and name == "mtbench":
                _show(one, found, template.__name__)
        used = resource.getrusage(resource.RUSAGE_SELF).ru_utime - started
        for key, (right, gold, wrong, around) in tallies.items():
            seconds = f"{used:.1f}" if key == "all" else ""
            print(f"| {name} | {key} | {right / gold:.4f} | {wrong / around:.4f} | {seconds} |")


def _show(one: SitePage, found: Sequence[str], template: str) -> None:
    there = set(found)
    for text in one.article:
        if clean(text) not in there:
            print(f"missed\t{template}\t{text[:90]}")
    whole = "\n".join(found)
    for text in map(clean, one.rest):
        if text in there or (len(text) >= SHORT and text in whole):
            print(f"kept\t{template}\t{text[:90]}")


if __name__ == "__main__":
    main()
