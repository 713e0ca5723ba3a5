"""How well output health finds what is wrong, and what it takes: per language and detector.

Two sources of real text, read beside the checkout: NTREX-128 (news, 700 aligned lines in 23
languages) and the message catalogues of programs in Debian (``--catalogues DIR``: fetched there
where they are not). Thresholds were fixed on one half of each; figures are of the other one.

    python -m tests.bench.health [--catalogues DIR] [--first] [--speed] [--wmt24]

``--wmt24`` looks at English–Russian and English–Chinese of WMT24, on which nothing was fixed:
references and systems without a reference, as outputs of systems are.
"""

from __future__ import annotations

import argparse
import html
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mtbench.health.detectors import usual_ratio
from mtbench.health.look import make
from mtbench.health.texts import SegmentTexts
from mtbench.text import identify
from mtbench.text.cut import find_cut
from mtbench.text.scripts import has_words, joiner
from tests.support import catalogues
from tests.support.debian_docs import fetch

SHARED = Path(__file__).resolve().parents[3] / "shared"
TEXTS, WMT24 = SHARED / "ntrex", SHARED / "wmt24"
TAGS = {
    "arb": "ar", "bul": "bg", "ces": "cs", "deu": "de", "fra": "fr", "heb": "he", "hin": "hi",
    "ita": "it", "jpn": "ja", "kor": "ko", "pol": "pl", "por": "pt", "rus": "ru", "slk": "sk",
    "spa": "es", "srp-Cyrl": "sr", "tha": "th", "tur": "tr", "ukr": "uk", "vie": "vi",
    "zho-CN": "zh", "zho-TW": "zh-Hant",
}  # fmt: skip
LOCALES = {
    "ar": "ar", "be": "be", "bg": "bg", "ca": "ca", "cs": "cs", "da": "da", "de": "de", "el": "el",
    "es": "es", "et": "et", "fi": "fi", "fr": "fr", "gl": "gl", "he": "he", "hr": "hr", "hu": "hu",
    "it": "it", "ja": "ja", "ko": "ko", "lt": "lt", "lv": "lv", "nb": "nb", "nl": "nl", "pl": "pl",
    "pt_BR": "pt", "ro": "ro", "ru": "ru", "sk": "sk", "sl": "sl", "sr": "sr", "sv": "sv",
    "tr": "tr", "uk": "uk", "vi": "vi", "zh_CN": "zh", "zh_TW": "zh-Hant",
}  # fmt: skip
MOST = 400  # messages of a catalogue
ENOUGH = 300  # segments of a language, under which it is not shown
Damage = Callable[[str, str], tuple[str, str]]  # source and text → both, damaged


# Where Claude-3.5 refuses in English, from 0, found by reading its output.
REFUSALS = {
    "en-ru": (245, 438, 452, 458, 536, 704, 705, 711, 713, 775, 778),
    "en-zh": (458, 473, 704, 705, 711, 734, 775, 778, 782),
}


class Lines(NamedTuple):
    """Sources and their translations by people, of five words or more."""

    sources: list[str]
    texts: list[str]


def _half(source: str, text: str, tag: str) -> str:
    """The first half of a translation, and the second half of its source."""
    space = joiner(tag)
    units = text.split() if space else list(text)
    words = source.split()
    return f"{space.join(units[: len(units) // 2])} {' '.join(words[len(words) // 2 :])}"


def _mojibake(source: str, text: str) -> tuple[str, str]:
    raw = text.encode("utf-8")
    return source, "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in raw)


def _number(text: str) -> str:
    """A number as it is written in another convention, or in digits of the language."""
    for first, zero in (("\u0900", "\u0966"), ("\u0600", "\u0660"), ("\u0e00", "\u0e50")):
        if any(first <= letter < chr(ord(first) + 0x80) for letter in text):
            return "".join(chr(ord(zero) + int(digit)) for digit in "48217")
    return "48.217"


DAMAGES: dict[str, tuple[str, Damage]] = {
    "empty": ("empty", lambda s, t: (s, "\u200b \ufeff")),
    "copied": ("copied", lambda s, t: (s, s)),
    "loop of words": ("loop", lambda s, t: (s, f"{t} " + " ".join([t.split()[-1][-12:]] * 9))),
    "loop of signs": ("loop", lambda s, t: (s, f"{t} {'□' * 30}")),
    "doubled": ("doubled", lambda s, t: (s, f"{t} {t}")),
    "truncated": ("truncated", lambda s, t: (s, t[: int(len(t) * 0.45)].rstrip(" .,。，、"))),
    "chatter before": ("chatter", lambda s, t: (s, f"Sure! Here is the translation:\n{t}")),
    "chatter after": ("chatter", lambda s, t: (s, f"{t}\n\nNote: I kept the names as they are.")),
    "thinking": ("thinking", lambda s, t: (s, f"<think>Let me see.</think>{t}")),
    "turns": ("turns", lambda s, t: (s, f"{t}\n\nUser: And now?")),
    "alternatives": ("alternatives", lambda s, t: (s, f"1. {t}\n2. {t[::-1]}")),
    "control": ("control", lambda s, t: (s, f"{t}</s>")),
    "mojibake": ("mojibake", _mojibake),
    "entities": ("entities", lambda s, t: (s, html.escape(f"{t} “&”", quote=True))),
    "hidden": ("hidden", lambda s, t: (s, f"{t[:5]}\u200b{t[5:]}")),
    "markdown": ("markdown", lambda s, t: (s, f"**{t}**")),
    "placeholder lost": ("placeholders", lambda s, t: (f"{s} {{0}}", t)),
    "placeholder doubled": ("placeholders", lambda s, t: (f"{s} %s", f"{t} %s %s")),
    "blanks": ("blanks", lambda s, t: (f"{s} ", t.strip())),
    "numbers": ("numbers", lambda s, t: (f"{s} 48,217", t)),
    "urls": ("urls", lambda s, t: (f"{s} https://example.org/x", t)),
    "length": ("length", lambda s, t: (s, f"{t} {' '.join(reversed(t.split()))} " * 3)),
}  # fmt: skip


def news(half: int) -> dict[str, Lines]:
    """Tag → one half of NTREX."""
    read = {
        name: (TEXTS / f"{name}.txt").read_text("utf-8").split("\n")[:700][half * 350 :][:350]
        for name in ("eng", *TAGS)
    }
    return {tag: _long(read["eng"], read[name]) for name, tag in TAGS.items()}


def messages(root: Path, half: int) -> dict[str, Lines]:
    """Tag → one half of the catalogues."""
    found = {}
    for locale, tag in LOCALES.items():
        several = catalogues.messages(root, locale, half)
        lines = _long([m.source for m in several], [m.text for m in several])
        if len(lines.texts) >= ENOUGH:
            found[tag] = Lines(lines.sources[:MOST], lines.texts[:MOST])
    return found


def _long(sources: Sequence[str], texts: Sequence[str]) -> Lines:
    kept = [(s, t) for s, t in zip(sources, texts, strict=True) if has_words(t, 5)]
    return Lines([s for s, _ in kept], [t for _, t in kept])


def flagged(tag: str, pairs: Sequence[tuple[str, str]]) -> tuple[Counter[str], int]:
    """Flags of texts as English's translations without a reference, and how many were judged."""
    look = make("en", tag, usual_ratio([s for s, _ in pairs], [t for _, t in pairs]))
    found = look([SegmentTexts(s, t) for s, t in pairs])
    return Counter(flag for flags, _ in found for flag in flags), sum(j for _, j in found)


def _relatives(tag: str, known: Mapping[str, Lines]) -> Iterator[str]:
    base = tag.partition("-")[0]
    for other in known:
        near = other.partition("-")[0]
        if other != tag and (near == base or identify.related(near, base)):
            yield other


def row(tag: str, known: Mapping[str, Lines]) -> list[str]:
    """One language: off-target's false flags, and recall per kind, in per cent."""
    own = known[tag]
    n, pairs = len(own.texts), list(zip(*own, strict=True))
    counts, judged = flagged(tag, pairs)
    near = list(_relatives(tag, known))
    far = [
        pair
        for other, lines in known.items()
        if other != tag and other not in near
        for pair in list(zip(*lines, strict=True))[::10]
    ]
    english = [(s, s) for s in own.sources]
    mixed = [(s, _half(s, t, tag)) for s, t in pairs]
    cells = [tag, str(n), f"{100 * judged / n:.1f}", f"{100 * counts['off_target'] / n:.2f}"]
    for several in (english, far, mixed):
        found = flagged(tag, several)[0]["off_target"]
        cells.append(f"{100 * found / len(several):.1f}")
    told = []
    for other in near:
        several = list(zip(*known[other], strict=True))
        seen, told_of = flagged(tag, several)
        unjudged = len(several) - told_of
        told.append(
            f"{other} {100 * seen['off_target'] / len(several):.0f} "
            f"({100 * unjudged / len(several):.0f})"
        )
    return [*cells, ", ".join(told) or "–"]


def damage_row(tag: str, own: Lines) -> list[str]:
    """Recall of a detector on text damaged on purpose, its precision among as much undamaged."""
    pairs = list(zip(*own, strict=True))
    whole, _ = flagged(tag, pairs)
    cells = [tag]
    for flag, damage in DAMAGES.values():
        look = make("en", tag, usual_ratio(*own))
        damaged = [SegmentTexts(*damage(s, t)) for s, t in pairs]
        hits = sum(flag in flags for flags, _ in look(damaged))
        precision = f"{100 * hits / (hits + whole[flag]):.1f}" if hits else "–"
        recall = f"{100 * hits / len(pairs):.0f}"
        cells.append(
            "100" if (recall, precision) == ("100", "100.0") else f"{recall} / {precision}"
        )
    right = [(f"{s} 48,217", f"{t} {_number(t)}") for s, t in pairs]
    cells.append(f"{100 * flagged(tag, right)[0]['numbers'] / len(pairs):.1f}")
    return cells


class Column(NamedTuple):
    """What was seen of one column of a test set.

    Attributes:
        name: The system, or ``reference``.
        off_target: Positions of flagged segments.
        judged: Segments of five words and more whose language was told.
        long: Segments of five words and more.
        cut: Whether its long translations are said to be cut.
        flags: Flag → segments.
    """

    name: str
    off_target: list[int]
    judged: int
    long: int
    cut: bool
    flags: Counter[str]


def wmt24(pair: str) -> Iterator[Column]:
    """The reference and systems of a pair of WMT24, without a reference given."""
    folder = WMT24 / pair
    sources = _column(folder / "source.txt")
    source, target = pair.split("-")
    for path in (folder / "reference.txt", *sorted((folder / "systems").glob("*.txt"))):
        texts = _column(path)
        segments = [SegmentTexts(s, t) for s, t in zip(sources, texts, strict=True)]
        seen = make(source, target, usual_ratio(sources, texts))(segments)
        long = [at for at, text in enumerate(texts) if has_words(text, 5)]
        yield Column(
            path.stem,
            [at for at, (flags, _) in enumerate(seen) if "off_target" in flags],
            sum(seen[at][1] for at in long),
            len(long),
            find_cut(texts, sources) is not None,
            Counter(flag for flags, _ in seen for flag in flags),
        )


def _column(path: Path) -> list[str]:
    return path.read_text("utf-8").removesuffix("\n").split("\n")


def show_wmt24() -> None:
    """Prints what is seen of WMT24."""
    for pair in REFUSALS:
        for one in wmt24(pair):
            share = 100 * one.judged / one.long
            where = one.off_target if len(one.off_target) < 20 else "…"
            print(
                f"{pair} {one.name}: {len(one.off_target)} off-target of {one.judged} judged "
                f"({share:.1f} % of {one.long}) {where}{' cut' if one.cut else ''} "
                f"{dict(one.flags)}"
            )


def tables(title: str, known: Mapping[str, Lines]) -> None:
    """Prints both tables of a source, as Markdown."""
    print(f"\n**{title}**\n")
    head = ["language", "n", "judged", "false flags", "English", "others", "half", "relatives"]
    for cells in (head, ["---"] * len(head), *(row(tag, known) for tag in known)):
        print("| " + " | ".join(cells) + " |", flush=True)
    print()
    head = ["language", *DAMAGES, "kept number flagged"]
    for cells in (head, ["---"] * len(head), *(damage_row(t, known[t]) for t in known)):
        print("| " + " | ".join(cells) + " |", flush=True)


def speed(known: Mapping[str, Lines]) -> None:
    """Prints microseconds of CPU per segment."""
    for tag in ("de", "ru", "zh"):
        sources, texts = known[tag]
        look = make("en", tag, usual_ratio(sources, texts))
        segments = [
            SegmentTexts(f"{s} {n}", f"{t} {n}", (f"{t} {n}",))
            for n in range(4)
            for s, t in zip(sources, texts, strict=True)
        ]
        started = time.process_time()
        look(segments)
        taken = (time.process_time() - started) / len(segments)
        long = sum(map(len, texts)) / len(texts)
        print(f"{tag}: {1e6 * taken:.0f} µs of CPU per segment of {long:.0f} characters")


def main() -> None:
    """Prints the tables of each source, or the time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--catalogues", type=Path)
    parser.add_argument("--first", action="store_true", help="the half thresholds were fixed on")
    parser.add_argument("--wmt24", action="store_true")
    parser.add_argument("--speed", action="store_true")
    given = parser.parse_args()
    half = 0 if given.first else 1
    if given.wmt24:
        show_wmt24()
        return
    if given.speed:
        speed(news(half))
        return
    tables("NTREX-128", news(half))
    if given.catalogues:
        root = fetch(given.catalogues, catalogues.PACKAGES)
        tables("Message catalogues of Debian", messages(root, half))


if __name__ == "__main__":
    main()
