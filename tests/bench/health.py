"""How well output health finds what is wrong, and what it takes: per language and detector.

Real text of NTREX-128 (700 aligned lines), read beside the checkout. Thresholds were fixed on its
first half; figures are of the second one. Run: ``python -m tests.bench.health [--first]``.
"""

from __future__ import annotations

import html
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from mtbench.health.detectors import usual_ratio
from mtbench.health.look import make
from mtbench.health.texts import SegmentTexts
from mtbench.text.scripts import joiner, word_units

TEXTS = Path(__file__).resolve().parents[3] / "shared" / "ntrex"
TAGS = {
    "arb": "ar", "bul": "bg", "ces": "cs", "deu": "de", "fra": "fr", "heb": "he", "hin": "hi",
    "ita": "it", "jpn": "ja", "kor": "ko", "pol": "pl", "por": "pt", "rus": "ru", "slk": "sk",
    "spa": "es", "srp-Cyrl": "sr", "tha": "th", "tur": "tr", "ukr": "uk", "vie": "vi",
    "zho-CN": "zh", "zho-TW": "zh-Hant",
}  # fmt: skip
RELATIVES = {
    "cs": "sk", "sk": "cs", "ru": "bg", "bg": "ru", "uk": "ru", "sr": "bg", "es": "pt",
    "pt": "es", "it": "es", "fr": "it", "zh": "zh-Hant", "zh-Hant": "zh", "ja": "zh", "pl": "cs",
}  # fmt: skip
Damage = Callable[[str, str], tuple[str, str]]  # source and text → both, damaged


def _half(source: str, text: str, tag: str) -> str:
    """The first half of a translation, and the second half of its source."""
    space = joiner(tag)
    units = text.split() if space else list(text)
    words = source.split()
    return f"{space.join(units[: len(units) // 2])} {' '.join(words[len(words) // 2 :])}"


def _mojibake(source: str, text: str) -> tuple[str, str]:
    raw = text.encode("utf-8")
    return source, "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in raw)


DAMAGES: dict[str, Damage] = {
    "loop": lambda s, t: (s, f"{t} " + " ".join([t.split()[-1][-12:]] * 9)),
    "doubled": lambda s, t: (s, f"{t} {t}"),
    "truncated": lambda s, t: (s, t[: int(len(t) * 0.45)].rstrip(" .,。，、")),
    "control": lambda s, t: (s, f"{t}</s>"),
    "mojibake": _mojibake,
    "entities": lambda s, t: (s, html.escape(f"{t} “&”", quote=True)),
    "hidden": lambda s, t: (s, f"{t[:5]}\u200b{t[5:]}"),
    "thinking": lambda s, t: (s, f"<think>Let me see.</think>{t}"),
    "markdown": lambda s, t: (s, f"**{t}**"),
    "turns": lambda s, t: (s, f"{t}\n\nUser: And now?"),
    "alternatives": lambda s, t: (s, f"1. {t}\n2. {t[::-1]}"),
    "placeholders": lambda s, t: (f"{s} {{0}}", t),
    "numbers": lambda s, t: (f"{s} 48,217", t),
    "urls": lambda s, t: (f"{s} https://example.org/x", t),
}


def lines(name: str, half: slice) -> list[str]:
    """One half of a language's lines."""
    return (TEXTS / f"{name}.txt").read_text("utf-8").split("\n")[:700][half]


def flagged(tag: str, sources: Sequence[str], texts: Sequence[str]) -> tuple[Counter[str], int]:
    """Flags of texts as English's translations without a reference, and how many were judged."""
    look = make("en", tag, usual_ratio(sources, texts))
    found = look([SegmentTexts(s, t) for s, t in zip(sources, texts, strict=True)])
    return Counter(flag for flags, _ in found for flag in flags), sum(j for _, j in found)


def row(name: str, tag: str, texts: dict[str, list[str]], sources: list[str]) -> list[str]:
    """One language: false flags, and recall per kind, in per cent."""
    kept = [at for at, text in enumerate(texts[name]) if word_units(text) >= 5]
    own, english = [texts[name][at] for at in kept], [sources[at] for at in kept]
    n = len(kept)
    counts, judged = flagged(tag, english, own)
    any_flag = sum(counts.values()) - counts["off_target"]
    others = [texts[other][at] for other in texts if other != name for at in kept[::10]]
    others_source = [sources[at] for other in texts if other != name for at in kept[::10]]
    cells = [tag, str(n), f"{100 * judged / n:.1f}", f"{100 * counts['off_target'] / n:.2f}"]
    cells.append(f"{100 * any_flag / n:.2f}")
    cells.append(f"{100 * flagged(tag, english, english)[0]['off_target'] / n:.1f}")
    found = flagged(tag, others_source, others)[0]["off_target"]
    cells.append(f"{100 * found / len(others):.1f}")
    mixed = [_half(s, t, tag) for s, t in zip(english, own, strict=True)]
    cells.append(f"{100 * flagged(tag, english, mixed)[0]['off_target'] / n:.1f}")
    near = next((key for key, value in TAGS.items() if value == RELATIVES.get(tag)), None)
    if near is None:
        cells.append("–")
    else:
        relative = [texts[near][at] for at in kept]
        share = 100 * flagged(tag, english, relative)[0]["off_target"] / n
        cells.append(f"{RELATIVES[tag]} {share:.1f}")
    return cells


def damage_row(tag: str, own: list[str], sources: list[str]) -> list[str]:
    """Recall of the other detectors on text that was damaged on purpose, in per cent."""
    usual = usual_ratio(sources, own)
    look = make("en", tag, usual)
    cells = [tag]
    for flag, damage in DAMAGES.items():
        pairs = [damage(s, t) for s, t in zip(sources, own, strict=True)]
        found = look([SegmentTexts(s, t) for s, t in pairs])
        cells.append(f"{100 * sum(flag in flags for flags, _ in found) / len(pairs):.0f}")
    return cells


def main() -> None:
    """Prints both tables, as Markdown, and the time."""
    half = slice(0, 350) if "--first" in sys.argv else slice(350, 700)
    sources = lines("eng", half)
    texts = {name: lines(name, half) for name in TAGS}
    head = "language n judged off-target any-other whole-source whole-other half relative"
    for title in (head.split(), ["---"] * 9):
        print("| " + " | ".join(title) + " |")
    for name, tag in TAGS.items():
        print("| " + " | ".join(row(name, tag, texts, sources)) + " |", flush=True)
    for title in (["language", *DAMAGES], ["---"] * (1 + len(DAMAGES))):
        print("| " + " | ".join(title) + " |")
    for name, tag in TAGS.items():
        keep = [at for at, text in enumerate(texts[name]) if word_units(text) >= 5]
        own, english = [texts[name][at] for at in keep], [sources[at] for at in keep]
        print("| " + " | ".join(damage_row(tag, own, english)) + " |", flush=True)
    for tag, name in (("de", "deu"), ("ru", "rus"), ("zh", "zho-CN")):
        started = time.process_time()
        for _ in range(3):
            flagged(tag, sources, texts[name])
        taken = (time.process_time() - started) / 3 / len(sources)
        print(f"{tag}: {1e6 * taken:.0f} µs of CPU per segment")


if __name__ == "__main__":
    main()
