"""A German system that anybody can train without a model hub, on Debian's documentation.

The steps are those of docs/how-to/train-a-german-system.md::

    python tests/recipes/german.py data  FOLDER          # fetch and align, a minute
    python tests/recipes/german.py train FOLDER en de    # a phrase-based system, minutes
    python tests/recipes/german.py translate FOLDER en de < sources > translations

The first step needs ``apt-get`` and ``dpkg-deb`` (and no root), the others the package
``sil-machine[thot]``. Nothing of mtbench is imported: it may live in an environment of its own.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

PACKAGES = {"de": "libreoffice-help-de", "en": "libreoffice-help-en-us"}
FOLDERS = {"de": "de", "en": "en-US"}
LONGEST = 30  # words of a paragraph that is learnt from: training time grows with its square
TUNING_ROUNDS = 25  # by default the trainer takes 100, each a translation of 1,000 segments
WORD = re.compile(r"[\w-]+")
HELD_OUT = 40  # one file in so many is kept for testing

# Where the models are; up to 10 translations of each phrase of up to 7 words; 10 hypotheses a
# stack; no reordering beyond phrases; best-first search.
CONFIGURATION = """-tm tm/src_trg
-lm lm/trg.lm
-W 10
-A 7
-S 10
-nomon 0
-be
-h 6
-olp 0 0 1 5 1 0
"""


class Paragraphs(HTMLParser):
    """Text of the elements that carry a paragraph's or heading's id: id → text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._name = ""
        self._tag = ""
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        name = dict(attrs).get("id") or ""
        if not self._name and re.match(r"(par|hd)_id", name):
            self._name, self._tag, self._text = name, tag, []

    def handle_endtag(self, tag: str) -> None:
        if self._name and tag == self._tag:
            self.found[self._name] = " ".join("".join(self._text).split())
            self._name = ""

    def handle_data(self, data: str) -> None:
        if self._name:
            self._text.append(data)


def paragraphs(file: Path) -> dict[str, str]:
    """The paragraphs of a page by their ids."""
    reader = Paragraphs()
    reader.feed(file.read_text(encoding="utf-8"))
    reader.close()
    return reader.found


def useful(german: str, english: str) -> bool:
    """Whether a pair looks like a translation that can be learnt from."""
    words = len(german.split()), len(english.split())
    return (
        min(words) >= 2
        and max(words) <= LONGEST
        and max(words) <= 2 * min(words) + 3
        and german != english
        and sum(map(str.isalpha, german)) > len(german) / 2
    )


def aligned(root: Path) -> Iterator[tuple[str, str, str, str]]:
    """(page, paragraph id, German, English) of all pages that are there in both languages."""
    help_folder = root / "usr/share/libreoffice/help"
    english_root = help_folder / FOLDERS["en"] / "text"
    for english_file in sorted(english_root.rglob("*.html")):
        page = english_file.relative_to(english_root).as_posix()
        german_file = help_folder / FOLDERS["de"] / "text" / page
        if not german_file.is_file():
            continue
        english, german = paragraphs(english_file), paragraphs(german_file)
        for name, text in english.items():
            if useful(german.get(name, ""), text):
                yield page, name, german[name], text


def data(folder: Path) -> None:
    """Fetches the packages and writes ``train.de``, ``train.en`` and a held-out corpus."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["apt-get", "download", *PACKAGES.values()], cwd=folder, check=True)
    root = folder / "unpacked"
    for package in PACKAGES.values():
        newest = max(folder.glob(f"{package}_*.deb"))
        subprocess.run(["dpkg-deb", "-x", str(newest), str(root)], check=True)
    seen: set[tuple[str, str]] = set()
    train: list[tuple[str, str]] = []
    held_out: list[dict[str, str]] = []
    for page, name, german, english in aligned(root):
        if (german, english) in seen:
            continue
        seen.add((german, english))
        if int(hashlib.sha256(page.encode()).hexdigest(), 16) % HELD_OUT == 0:
            row = {"id": f"{page}#{name}", "src": english, "ref": german, "doc": page}
            held_out.append(row)
        else:
            train.append((german, english))
    for language, side in (("de", 0), ("en", 1)):
        lines = "".join(pair[side] + "\n" for pair in train)
        (folder / f"train.{language}").write_text(lines, encoding="utf-8")
    corpus = folder / "libreoffice-help"
    corpus.mkdir(exist_ok=True)
    rows = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in held_out)
    (corpus / "en-de.jsonl").write_text(rows, encoding="utf-8")
    (corpus / "card.toml").write_text(
        'title = "LibreOffice help, held out"\nlicence = "MPL-2.0"\nreversible = true\n'
        'original_language = "en"\norigin = { en = "human", de = "human" }\n',
        encoding="utf-8",
    )
    print(f"{len(train)} pairs to learn from, {len(held_out)} held out in {corpus}")


def train(folder: Path, source: str, target: str, rounds: int = TUNING_ROUNDS) -> None:
    """Trains a phrase-based system and the casing of its target language."""
    from machine.corpora import TextFileTextCorpus
    from machine.tokenization import LatinWordTokenizer
    from machine.translation import UnigramTruecaserTrainer
    from machine.translation.thot import ThotSmtModelTrainer

    model = folder / f"{source}-{target}"
    model.mkdir(parents=True, exist_ok=True)
    (model / "smt.cfg").write_text(CONFIGURATION, encoding="utf-8")
    sides = [TextFileTextCorpus(folder / f"train.{tag}") for tag in (source, target)]
    tokenizer = LatinWordTokenizer()
    casing = UnigramTruecaserTrainer(model / "casing.txt", sides[1], tokenizer)
    casing.train()
    casing.save()
    with ThotSmtModelTrainer(
        "hmm",
        sides[0].align_rows(sides[1]),
        model / "smt.cfg",
        tokenizer,
        tokenizer,
        lowercase_source=True,
        lowercase_target=True,
    ) as trainer:
        # The trainer has no option for how long its weights are tuned.
        trainer._model_weight_tuner.max_function_evaluations = rounds
        trainer.train()
        trainer.save()
        print({name: round(value, 3) for name, value in trainer.stats.metrics.items()})


def translate(folder: Path, source: str, target: str) -> None:
    """Translates standard input line by line."""
    from machine.tokenization import LatinWordDetokenizer, LatinWordTokenizer
    from machine.translation import UnigramTruecaser
    from machine.translation.thot import ThotSmtModel

    known = words((folder / f"train.{target}").read_text(encoding="utf-8").lower())
    folder = folder / f"{source}-{target}"
    tokenizer = LatinWordTokenizer()
    with ThotSmtModel(
        "hmm",
        folder / "smt.cfg",
        tokenizer,
        tokenizer,
        LatinWordDetokenizer(),
        lowercase_source=True,
        lowercase_target=True,
        truecaser=UnigramTruecaser(folder / "casing.txt"),
    ) as model:
        for line in sys.stdin:
            text = recased(model.translate(line.strip()).translation, line, known)
            print(text[:1].upper() + text[1:], flush=True)


def words(text: str) -> set[str]:
    """The words of a text."""
    return set(WORD.findall(text))


def recased(text: str, source: str, known: set[str]) -> str:
    """Gives words that were copied, because no translation is known, the case they came with."""
    cases = {word.lower(): word for word in words(source)}

    def case(word: re.Match[str]) -> str:
        found = word.group()
        return found if found.lower() in known else cases.get(found.lower(), found)

    return WORD.sub(case, text)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description="Train a German system on Debian's documentation.")
    steps = parser.add_subparsers(dest="step", required=True)
    steps.add_parser("data").add_argument("folder", type=Path)
    for name in ("train", "translate"):
        step = steps.add_parser(name)
        step.add_argument("folder", type=Path)
        step.add_argument("source", choices=("de", "en"))
        step.add_argument("target", choices=("de", "en"))
        if name == "train":
            step.add_argument("--rounds", type=int, default=TUNING_ROUNDS)
    given = parser.parse_args()
    if given.step == "data":
        data(given.folder)
    elif given.step == "train":
        train(given.folder, given.source, given.target, given.rounds)
    else:
        translate(given.folder, given.source, given.target)


if __name__ == "__main__":
    main()
