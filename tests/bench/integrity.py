"""How well ``integrity`` finds what a translation has lost: recall and precision per kind.

Real messages of programs with their human translations, from catalogues (``.mo``) of Debian
packages; the rules were fixed on those of GNOME. Of each message with something to keep of a
kind, the human translation is looked at as it is, and damaged once. Where its translator lost
something, that counts as a false alarm here, so that precision is a lower bound. JSON, Markdown
and terms are made of the same messages. Run, with packages unpacked into a folder::

    apt-get download libreoffice-l10n-de; dpkg-deb -x libreoffice-l10n-de*.deb FOLDER
    python -m tests.bench.integrity FOLDER de it … [--alarms FILE]
"""

from __future__ import annotations

import argparse
import gettext
import json
import random
import re
import resource
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mtbench.languages import LanguagePair
from mtbench.metrics.integrity import constrained, structure
from mtbench.metrics.integrity.found import Kept
from mtbench.metrics.integrity.numbers import numbers
from mtbench.plugins import make_metric
from mtbench.text import markup
from mtbench.text.patterns import ADDRESS
from mtbench.text.terms import stands, uses
from mtbench.types import Constraints, Runtime, ScoringView

_DIGITS = re.compile(r"(?<![\w%{$.,])\d+(?![\w}])")
_WORD = re.compile(r"[A-Za-z]{4,}")
NAMES = (
    "LibreOffice", "Writer", "Calc", "Impress", "Math", "Basic", "PDF", "HTML", "XML", "ODF",
    "JavaScript", "Java", "Python", "Unicode", "OpenDocument", "Microsoft", "Windows", "Google",
    "JPEG", "PNG", "SVG", "MathML", "MySQL", "JDBC", "ODBC", "LDAP", "GIMP", "Evolution",
)  # fmt: skip


class Pair(NamedTuple):
    """A message and its translation."""

    source: str
    text: str


Damage = Callable[[Pair, random.Random], str | None]


def read(folder: Path, locale: str) -> list[Pair]:
    """All messages of a language, each once."""
    found: dict[Pair, None] = {}
    for path in sorted(folder.glob(f"**/{locale}/LC_MESSAGES/*.mo")):
        with path.open("rb") as stream:
            catalogue = vars(gettext.GNUTranslations(stream))["_catalog"]
        for key, text in catalogue.items():
            source = key.rpartition("\x04")[2] if isinstance(key, str) else ""
            if source and text and text != source and source != "translator-credits":
                found.setdefault(Pair(source, text))
    return list(found)


def _placeholder(pair: Pair, draw: random.Random) -> str | None:
    some = [mark for mark in markup.marks(pair.source) if not mark.startswith("<")]
    some = [mark for mark in some if mark in pair.text]
    if not some:
        return None
    mark = draw.choice(some)
    other = draw.choice(["", f"{mark[0]} {mark[1:]}", mark[:-1], f"{mark[0]}x{mark[1:]}"])
    return pair.text.replace(mark, other, 1)


def _tag(pair: Pair, draw: random.Random) -> str | None:
    some = [tag for tag in markup.tags(pair.source) if tag in pair.text]
    if not some:
        return None
    tag = draw.choice(some)
    return pair.text.replace(tag, draw.choice(["", tag.replace("<", "&lt;"), f"<x{tag[1:]}"]), 1)


def _nesting(pair: Pair, draw: random.Random) -> str | None:
    """Two neighbouring tags of a text change places."""
    some = list(markup.TAG.finditer(pair.text))
    places = [at for at in range(len(some) - 1) if some[at].group() != some[at + 1].group()]
    if not places or not markup.tags(pair.source):
        return None
    at = draw.choice(places)
    one, two = some[at], some[at + 1]
    between = pair.text[one.end() : two.start()]
    return f"{pair.text[: one.start()]}{two.group()}{between}{one.group()}{pair.text[two.end() :]}"


def _number(pair: Pair, draw: random.Random) -> str | None:
    there = {match.group() for match in _DIGITS.finditer(markup.without_marks(pair.source))}
    some = [m for m in _DIGITS.finditer(pair.text) if m.group() in there]
    if not some:
        return None
    match = draw.choice(some)
    if sum(one.group() == match.group() for one in some) > 1:
        return None  # the same number stands there again
    old = match.group()
    new = draw.choice(["", str(int(old) + draw.choice([1, 7, 20])), old + str(draw.randint(1, 9))])
    return pair.text[: match.start()] + new + pair.text[match.end() :]


def _url(pair: Pair, draw: random.Random) -> str | None:
    some = [url for url in ADDRESS.findall(pair.source) if url in pair.text]
    if not some:
        return None
    url = draw.choice(some)
    other = draw.choice(["", url.replace("/", "/ ", 3), url[:-3] + "xyz", url.replace(".", ",", 1)])
    return pair.text.replace(url, other)


def _line(pair: Pair, draw: random.Random) -> str | None:
    text = pair.text.strip()
    return text.replace("\n\n", " ").replace("\n", " ") if "\n" in text else None


def _hot_key(pair: Pair, draw: random.Random) -> str | None:
    key = markup.hot_key(pair.source)
    if key is None or pair.text.count(key[0]) != 1:
        return None
    return pair.text.replace(key[0], "")


DAMAGES: Mapping[str, Damage] = {
    "placeholders": _placeholder, "tags": _tag, "html": _nesting, "numbers": _number, "urls": _url,
    "lines": _line, "hot_keys": _hot_key,
}  # fmt: skip
DETECTORS: Mapping[str, Callable[[str, str], Kept | None]] = {
    "placeholders": structure.placeholders, "tags": structure.tags, "html": structure.html,
    "urls": structure.urls, "lines": structure.lines, "hot_keys": structure.hot_keys,
    "markdown": structure.markdown,
}  # fmt: skip


class Counted:
    """Counts of one kind: looked at, false alarms, damaged, found."""

    def __init__(self) -> None:
        self.looked = self.alarms = self.damaged = self.found = 0

    def __str__(self) -> str:
        share = self.found / self.damaged if self.damaged else float("nan")
        # As many damaged as sound ones: a flag is right so often.
        false = self.alarms / self.looked if self.looked else float("nan")
        sure = share / (share + false) if share + false else float("nan")
        return (
            f"{self.looked:6d} {self.alarms:5d} {100 * false:6.2f} % {self.damaged:6d} "
            f"{100 * share:6.1f} % {100 * sure:6.1f} %"
        )


def natural(pairs: Sequence[Pair], tag: str, alarms: list[str]) -> dict[str, Counted]:
    """Kinds that stand in the messages themselves."""
    counted: dict[str, Counted] = defaultdict(Counted)
    for pair in pairs:
        draw = random.Random(pair.source)
        for kind, damage in DAMAGES.items():
            one = _look(kind, pair.source, pair.text, tag)
            if one is None or not one.things:
                continue
            counts = counted[kind]
            counts.looked += 1
            if one.evidence:
                counts.alarms += 1
                alarms.append(f"{tag}\t{kind}\t{one.evidence[0]}\t{pair.source!r}\t{pair.text!r}")
                continue
            damaged = damage(pair, draw)
            if damaged is not None and damaged != pair.text:
                counts.damaged += 1
                after = _look(kind, pair.source, damaged, tag)
                if after is not None and after.evidence:
                    counts.found += 1
                else:
                    alarms.append(f"{tag}\tmissed {kind}\t\t{pair.source!r}\t{damaged!r}")
    return counted


def _look(kind: str, source: str, text: str, tag: str) -> Kept | None:
    return numbers(source, text, tag) if kind == "numbers" else DETECTORS[kind](source, text)


def made(pairs: Sequence[Pair], tag: str) -> Iterator[tuple[str, Counted]]:
    """JSON and Markdown of three messages each, and names that stand on both sides."""
    short = [pair for pair in pairs if 3 < len(pair.source) < 200]
    plain = [pair for pair in short if not set("`[]#\n") & set(pair.source + pair.text)]
    three = list(zip(plain[::3], plain[1::3], plain[2::3], strict=False))[:1500]
    yield "json", _json(three)
    yield "markdown", _markdown(three)
    names = Counted()
    for pair in pairs:
        for name in NAMES:
            asked = Constraints(do_not_translate=(name,))
            one = constrained.do_not_translate(asked, pair.source, pair.text)
            if one is None:
                continue
            names.looked += 1
            names.alarms += bool(one.evidence)
            if not one.evidence:
                other = pair.text.replace(name, name.lower().swapcase()[::-1])
                names.damaged += 1
                after = constrained.do_not_translate(asked, pair.source, other)
                names.found += bool(after and after.evidence)
    yield "do_not_translate", names


def _json(three: Sequence[tuple[Pair, Pair, Pair]]) -> Counted:
    counts = Counted()
    for number, (a, b, c) in enumerate(three):
        source = {"title": a.source, "items": [b.source, {"text": c.source}], "count": number}
        target = {"title": a.text, "items": [b.text, {"text": c.text}], "count": number}
        text = json.dumps(target, ensure_ascii=False, indent=number % 3)
        kept, _ = structure.json_structure(source, text)
        counts.looked += 1
        counts.alarms += bool(kept.evidence)
        wrong = [
            text.replace('"title"', '"titel"'), text.replace('"count": ', '"count": "', 1) + '"',
            text.replace('"', "”", 1), text.replace(f'"count": {number}', '"count": null'),
            text.rstrip("}\n "), json.dumps({**target, "items": [b.text]}, ensure_ascii=False),
        ][number % 6]  # fmt: skip
        counts.damaged += 1
        counts.found += bool(structure.json_structure(source, wrong)[0].evidence)
    return counts


def _markdown(three: Sequence[tuple[Pair, Pair, Pair]]) -> Counted:
    counts = Counted()
    for number, (a, b, c) in enumerate(three):
        link, code = f"docs/page-{number}.md", f"make run-{number}"
        source = f"# {a.source}\n\n{b.source} [{c.source}]({link}) `{code}`"
        text = f"# {a.text}\n\n{b.text} [{c.text}]({link}) `{code}`"
        kept = structure.markdown(source, text)
        counts.looked += 1
        counts.alarms += bool(kept and kept.evidence)
        wrong = [
            text.replace(link, link[:-3]), text.replace("](", "] ("), text.replace(code, "make"),
            text.replace("# ", "", 1), text.replace("[", "", 1),
        ][number % 5]  # fmt: skip
        counts.damaged += 1
        after = structure.markdown(source, wrong)
        counts.found += bool(after and after.evidence)
    return counts


def glossary(pairs: Sequence[Pair], tag: str) -> str:
    """Terms of one word with one translation, looked for in longer messages that have them."""
    options: dict[str, Counter[str]] = defaultdict(Counter)
    for pair in pairs:
        source, text = pair.source.strip("~_.: "), pair.text.strip("~_.: ")
        if _WORD.fullmatch(source) and "~" not in source + text and "_" not in source + text:
            options[source.lower()][text] += 1
    terms = {
        source: next(iter(texts))
        for source, texts in options.items()
        if len(texts) == 1 and len(next(iter(texts)).split()) == 1
    }
    clean = [Pair(p.source.replace("~", ""), p.text.replace("~", "")) for p in pairs]
    longer = [p for p in clean if len(p.source.split()) > 3]
    counts = Counter[str]()
    for at, pair in enumerate(longer):
        other = longer[(at + len(longer) // 2) % len(longer)]
        for word in dict.fromkeys(w.lower() for w in _WORD.findall(pair.source)):
            target = terms.get(word)
            if target is None or stands(word, other.source.lower()):
                continue
            counts["asked"] += 1
            counts["exact"] += uses(target, pair.text, tag, inflected=False)
            counts["inflected"] += uses(target, pair.text, tag)
            counts["chance, exact"] += uses(target, other.text, tag, inflected=False)
            counts["chance, inflected"] += uses(target, other.text, tag)
    asked = max(1, counts["asked"])
    shares = ", ".join(
        f"{name} {100 * counts[name] / asked:.1f} %"
        for name in ("exact", "inflected", "chance, exact", "chance, inflected")
    )
    return f"terms ({len(terms)}) in {asked} places: {shares}"


def cost(pairs: Sequence[Pair], tag: str) -> float:
    """CPU microseconds per segment of the whole metric."""
    some = pairs[:5000]
    view = ScoringView(
        pair=LanguagePair(source="en", target=tag), ids=tuple(map(str, range(len(some)))),
        sources=tuple(p.source for p in some), references=None, documents=(None,) * len(some),
    )  # fmt: skip
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    scorer = make_metric("integrity", {}, Runtime()).prepare(view)
    scorer.statistics({"x": [p.text for p in some]})
    return 1e6 * (resource.getrusage(resource.RUSAGE_SELF).ru_utime - before) / len(some)


def main() -> None:
    """Prints a table per language, and one of all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("locales", nargs="+")
    parser.add_argument("--alarms", type=Path)
    given = parser.parse_args()
    alarms: list[str] = []
    total: dict[str, Counted] = defaultdict(Counted)
    header = f"{'kind':17}looked false  share    damaged found  precision"
    for locale in given.locales:
        tag = locale.replace("_", "-")
        pairs = read(given.folder, locale)
        counted = {**natural(pairs, tag, alarms), **dict(made(pairs, tag))}
        print(f"\n{locale}: {len(pairs)} messages, {cost(pairs, tag):.0f} µs each\n{header}")
        for kind, counts in counted.items():
            print(f"{kind:17}{counts}")
            for name, value in vars(counts).items():
                setattr(total[kind], name, getattr(total[kind], name) + value)
        print(glossary(pairs, tag))
    print(f"\nall\n{header}")
    for kind, counts in total.items():
        print(f"{kind:17}{counts}")
    if given.alarms:
        given.alarms.write_text("\n".join(alarms), "utf-8")


if __name__ == "__main__":
    main()
