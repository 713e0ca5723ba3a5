"""How well and how fast raw documents are aligned, beside other aligners.

    python -m tests.bench.documents [--seeds 3] [--stories 24] [--shortest 20] [--hard]
        [--forms text,wrapped,bare,pages] [--noise one,both] [--baselines FOLDER]
    python -m tests.bench.documents --speed
    python -m tests.bench.documents --fit

Noisy documents are made from Debian's documentation in four languages (``apt-get download``, kept
in --folder): 6 % of paragraphs missing, 10 % run together with the next, four lines of parallel
boilerplate in each document, everything shuffled. All documents of a seed go through one call of
``build_corpus``, which is told nothing. The other aligners are told which documents belong
together and get them with boilerplate taken out; each aligns paragraphs alone.

A pair counts as right if it is exactly the smallest set of paragraphs that says the same on both
sides. Beside that, links are counted as in the field's alignment tasks: each paragraph of one side
with each of the other that a pair holds. Pages are divided into two halves: weights are fitted on
one, figures are of the other.

The same documents go through the real readers in other forms: ``wrapped`` at a width, a layout
with blank lines or indents drawn for each; ``bare``, wrapped with neither; ``pages`` of three site
builders whose templates no rule was written with. The other aligners then get what blank lines
divide, or what trafilatura or justext find on a page.

The baselines come from a folder of their own:
``pip install --target FOLDER galechurch==0.1.0 sentweave==0.3.3``.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import random
import re
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import numpy as np

from mtbench.documents.boilerplate import line_key, recurring
from mtbench.documents.build import build_corpus
from mtbench.documents.records import BuildOptions
from mtbench.encoders.packaged import EmbeddedEncoder, SentenceEncoder, Vectors
from tests.bench.layout import WIDTHS, layouts
from tests.bench.pages import Extractor, justext, trafilatura
from tests.support.debian_docs import Page, fetch, pages
from tests.support.fresh_pages import REPORTED
from tests.support.noisy_documents import Bead, NoisyDocument, Row, gold_beads, make_documents
from tests.support.site_pages import SitePage
from tests.support.site_pages import page as site_page

ORDER = ("en", "it", "de", "fr")
BINS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.99, 1.0)
FEWEST, MOST = 15, 60
RUNS = ((0,), (0, 1), (0, 1, 2), (0, 2))  # steps between the paragraphs of a segment
WRAPPED = ("blank lines", "blank lines, a margin", "indents", "hanging indents")
Key = tuple[int, str, str]  # story and two languages
Found = dict[tuple[Key, Bead], float]
Aligner = Callable[[list[str], list[str]], list[Bead]]
Reader = Callable[[NoisyDocument, Path], list[str]]


@dataclass
class Tally:
    """Pairs of one method, over all seeds."""

    right: int = 0
    wrong: int = 0
    gold: int = 0
    links: list[int] = field(default_factory=lambda: [0, 0, 0])  # right, found, gold
    seconds: float = 0.0
    sure: list[tuple[float, bool]] = field(default_factory=list)

    def add(self, found: Found, gold: set[tuple[Key, Bead]], seconds: float) -> None:
        """Counts what one call found."""
        hits = found.keys() & gold
        self.right += len(hits)
        self.wrong += len(found) - len(hits)
        self.gold += len(gold)
        ours, theirs = _links(found), _links(gold)
        counts = (len(ours & theirs), len(ours), len(theirs))
        self.links = [a + b for a, b in zip(self.links, counts, strict=True)]
        self.seconds += seconds
        self.sure += [(confidence, pair in gold) for pair, confidence in found.items()]

    def row(self, name: str) -> str:
        """A line of the table."""
        precision = self.right / max(self.right + self.wrong, 1)
        recall = self.right / max(self.gold, 1)
        f1 = 2 * self.right / max(self.right + self.wrong + self.gold, 1)
        right, found, gold = self.links
        scores = f"{precision:.4f} | {recall:.4f} | {f1:.4f} | {2 * right / (found + gold):.4f}"
        return f"| {name} | {scores} | {self.seconds:.1f} |"

    def bins(self) -> Iterator[str]:
        """Precision by confidence."""
        for low, high in itertools.pairwise(BINS):
            last = high == BINS[-1]
            part = [ok for c, ok in self.sure if low <= c < high or (last and c == high)]
            if part:
                yield f"| {low:.2f} to {high:.2f} | {len(part)} | {sum(part) / len(part):.4f} |"


def _links(beads: Iterable[tuple[Key, Bead]]) -> set[tuple[Key, int, int]]:
    return {(key, i, j) for key, (left, right) in beads for i in left for j in right}


def halves(everything: Sequence[Page], shortest: int) -> tuple[list[list[Row]], list[list[Row]]]:
    """Stories to tune on and stories to report on: no page is in both."""
    shuffled = sorted(everything, key=lambda page: page.name)
    random.Random(7).shuffle(shuffled)
    middle = len(shuffled) // 2
    return _stories(shuffled[:middle], shortest), _stories(shuffled[middle:], shortest)


def _stories(some: Sequence[Page], shortest: int) -> list[list[Row]]:
    found: list[list[Row]] = []
    for page in some:
        rows: list[Row] = [r for r in page.rows if min(map(len, r.values())) >= shortest]
        parts = [rows[i : i + MOST] for i in range(0, len(rows), MOST)]
        found += [part for part in parts if len(part) >= FEWEST]
    return found


def draw(pool: Sequence[list[Row]], seed: int, stories: int, *, hard: bool) -> list[NoisyDocument]:
    """Noisy documents of some stories."""
    return make_documents(chosen(pool, seed, stories), seed, one_side=not hard)


def chosen(pool: Sequence[list[Row]], seed: int, stories: int) -> list[list[Row]]:
    """The stories of a draw."""
    return random.Random(100 + seed).sample(list(pool), stories)


def by_story(
    documents: Sequence[NoisyDocument],
) -> Iterator[tuple[Key, NoisyDocument, NoisyDocument]]:
    """Every two documents of a story, the source first as in a corpus."""
    stories: dict[int, dict[str, NoisyDocument]] = defaultdict(dict)
    for document in documents:
        stories[document.story][document.language] = document
    for story, versions in sorted(stories.items()):
        tags = [tag for tag in ORDER if tag in versions]
        for at, one in enumerate(tags):
            for two in tags[at + 1 :]:
                yield (story, one, two), versions[one], versions[two]


def gold_of(documents: Sequence[NoisyDocument]) -> set[tuple[Key, Bead]]:
    """What should be found."""
    return {
        (key, bead) for key, one, two in by_story(documents) for bead in gold_beads(one, two)[0]
    }


def without_boilerplate(documents: Sequence[NoisyDocument]) -> list[list[int]]:
    """For each document the places of what does not recur."""
    common = recurring([d.paragraphs for d in documents], [d.language for d in documents])
    return [
        [i for i, p in enumerate(d.paragraphs) if (d.language, line_key(p)) not in common]
        for d in documents
    ]


def ours(
    documents: Sequence[NoisyDocument],
    encoder: SentenceEncoder,
    paths: Sequence[Path] | None = None,
) -> tuple[Found, float]:
    """One call for all documents; its segments brought back to paragraphs by their text."""
    where: dict[tuple[str, str], list[tuple[int, tuple[int, ...]]]] = defaultdict(list)
    for document, kept in zip(documents, without_boilerplate(documents), strict=True):
        for steps in RUNS:
            for i in range(len(kept) - steps[-1]):
                run = tuple(kept[i + step] for step in steps)
                text = " ".join(document.paragraphs[k] for k in run)
                where[document.language, text].append((document.story, run))
    with tempfile.TemporaryDirectory() as folder:
        paths = paths or written(documents, "text", Path(folder))
        start = time.perf_counter()
        built = build_corpus(paths, BuildOptions(languages=ORDER), encoder)
        seconds = time.perf_counter() - start
    found: Found = {}
    for name, content in built.files.items():
        if not name.endswith(".jsonl"):
            continue
        one, two = name.removesuffix(".jsonl").split("-")
        for line in content.splitlines():
            row = json.loads(line)
            lefts, rights = where[one, row["src"]], where[two, row["ref"]]
            story, left = lefts[0] if lefts else (-1, (-1 - len(found),))
            other, right = rights[0] if rights else (-2, (-1 - len(found),))
            key = (story if story == other else -1, one, two)
            found[key, (left, right)] = row["alignment"]
    return found, seconds


def written(documents: Sequence[NoisyDocument], form: str, folder: Path) -> list[Path]:
    """The documents as files of a form."""
    paths = []
    for number, document in enumerate(documents):
        path = folder / f"{number}.{'html' if form == 'pages' else 'txt'}"
        chance = random.Random(number)
        if form == "text":
            document.write(path)
        elif form == "pages":
            others = [d.paragraphs for d in documents if d.language == document.language]
            teasers = [list(one[:3]) for one in chance.sample(others, 3)]
            template = REPORTED[document.story % len(REPORTED)]
            made = site_page(template, document.language, document.paragraphs, teasers, number)
            path.write_text(made.html, encoding="utf-8")
        else:
            layout = "neither" if form == "bare" else chance.choice(WRAPPED)
            width = chance.choice(WIDTHS)
            path.write_text(layouts(document.paragraphs, width)[layout], encoding="utf-8")
        paths.append(path)
    return paths


class Remembering(SentenceEncoder):
    """The embedded encoder, each text encoded once, so that seconds are those of alignment."""

    def __init__(self) -> None:
        self._encoder = EmbeddedEncoder(together=True)
        self._known: dict[str, Vectors] = {}
        self.name, self.version = self._encoder.name, self._encoder.version

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of the texts."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known.update(zip(new, self._encoder.encode(new), strict=True))
        if not texts:
            return np.zeros((0, 512), dtype=np.float32)
        return np.stack([self._known[text] for text in texts])


def one_to_one(encoder: SentenceEncoder, margin: float = 0.5) -> Aligner:
    """The plain dynamic program over the same embeddings: cosine less a margin, 1-1 alone."""
    from mtbench.documents.align import best_path

    def aligner(left: list[str], right: list[str]) -> list[Bead]:
        cosine = (encoder.encode(left) @ encoder.encode(right).T).astype(np.float64)
        steps = best_path({(1, 1): cosine - margin}, len(left), len(right))
        return [((i,), (j,)) for i, j, _ in steps]

    return aligner


def galechurch() -> Aligner:
    """Gale and Church (1993), lengths alone."""
    library = import_module("galechurch")

    def aligner(left: list[str], right: list[str]) -> list[Bead]:
        beads = library.align(left, right).beads
        pairs = [
            (_span(b.source_start, b.source_end), _span(b.target_start, b.target_end))
            for b in beads
        ]
        return [pair for pair in pairs if pair[0] and pair[1]]

    return aligner


def _span(start: int, end: int) -> tuple[int, ...]:
    return tuple(range(start, end))


def sentweave(encoder: SentenceEncoder) -> Aligner:
    """Vecalign's dynamic program over the same embeddings, with the same shapes of pairs."""
    library = import_module("sentweave")

    def aligner(left: list[str], right: list[str]) -> list[Bead]:
        with contextlib.redirect_stdout(sys.stderr):
            found = library.align(left, right, encoder=encoder, alignment_max_size=4).alignments
        pairs = [(tuple(a.src_indices), tuple(a.tgt_indices)) for a in found]
        return [pair for pair in pairs if pair[0] and pair[1]]

    return aligner


def at_blank_lines(document: NoisyDocument, path: Path) -> list[str]:
    """The paragraphs of a text as blank lines divide it."""
    blocks = re.split(r"\n\s*\n", path.read_text("utf-8"))
    return [" ".join(block.split()) for block in blocks]


def extracted(extractor: Extractor) -> Reader:
    """The lines that an extractor finds on a page."""
    return lambda document, path: extractor(
        SitePage(path.read_text("utf-8"), [], []), document.language
    )


def theirs(
    documents: Sequence[NoisyDocument], paths: Sequence[Path], reader: Reader, aligner: Aligner
) -> tuple[Found, float]:
    """Another aligner, told the stories and given what was read, boilerplate taken out."""
    start = time.perf_counter()
    read = [reader(document, path) for document, path in zip(documents, paths, strict=True)]
    common = recurring(read, [d.language for d in documents])
    kept: dict[int, list[tuple[int, str]]] = {}
    for document, texts in zip(documents, read, strict=True):
        places: dict[str, list[int]] = defaultdict(list)
        for at, text in enumerate(document.paragraphs):
            places[text].append(at)
        kept[id(document)] = [
            (places[text].pop(0) if places[text] else -1 - number, text)
            for number, text in enumerate(texts)
            if (document.language, line_key(text)) not in common
        ]
    found: Found = {}
    for key, one, two in by_story(documents):
        left, right = kept[id(one)], kept[id(two)]
        for a, b in aligner([text for _, text in left], [text for _, text in right]):
            found[key, (tuple(left[i][0] for i in a), tuple(right[j][0] for j in b))] = 1.0
    return found, time.perf_counter() - start


def compare(
    pool: Sequence[list[Row]],
    seeds: int,
    stories: int,
    *,
    hard: bool,
    form: str,
    baselines: bool,
    encoder: Remembering,
) -> Tally:
    """Prints the rows of one form and noise; returns what is ours."""
    aligners: dict[str, Aligner] = {"1-1 dynamic program, same embeddings": one_to_one(encoder)}
    if baselines:
        aligners |= {"galechurch": galechurch(), "sentweave": sentweave(encoder)}
    readers: dict[str, Reader] = {"": at_blank_lines}
    if form == "pages":
        readers = {"trafilatura + ": extracted(trafilatura), "justext + ": extracted(justext)}
    mine = Tally()
    tallies = {reader + name: Tally() for reader in readers for name in aligners}
    for seed in range(seeds):
        documents = draw(pool, seed, stories, hard=hard)
        gold = gold_of(documents)
        encoder.encode([p for d in documents for p in d.paragraphs])
        with tempfile.TemporaryDirectory() as folder:
            paths = written(documents, form, Path(folder))
            mine.add(*_swap(ours(documents, encoder, paths), gold))
            for (before, reader), (name, aligner) in itertools.product(
                readers.items(), aligners.items()
            ):
                found = theirs(documents, paths, reader, aligner)
                tallies[before + name].add(*_swap(found, gold))
        print(f"seed {seed}: {len(documents)} documents, {len(gold)} pairs", file=sys.stderr)
    what = f"{form}, {'both sides' if hard else 'one side'}"
    for name, tally in sorted(
        {"mtbench corpus build": mine, **tallies}.items(), key=lambda item: -item[1].right
    ):
        print(tally.row(f"{what} | {name}"), flush=True)
    return mine


def _swap(
    result: tuple[Found, float], gold: set[tuple[Key, Bead]]
) -> tuple[Found, set[tuple[Key, Bead]], float]:
    return result[0], gold, result[1]


def speed(pool: Sequence[list[Row]]) -> None:
    """Wall time of one call on 25 stories x 4 languages x 30 paragraphs, encoding included."""
    rows = [row for story in pool for row in story]
    for stories in (6, 12, 25):
        parts = [rows[i * 33 : (i + 1) * 33] for i in range(stories)]
        documents = make_documents(parts, 0)
        encoder = EmbeddedEncoder(together=True)
        before = time.process_time()
        _, seconds = ours(documents, encoder)
        busy = time.process_time() - before
        paragraphs = sum(len(d.paragraphs) for d in documents)
        size = f"{len(documents)} documents, {paragraphs} paragraphs"
        print(f"{size}: {seconds:.1f} s, {busy:.1f} s CPU")


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, add_help=True)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "debian-docs")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--stories", type=int, default=24)
    parser.add_argument("--shortest", type=int, default=20, help="characters of a paragraph")
    parser.add_argument("--hard", action="store_true", help="short for --noise both")
    parser.add_argument("--noise", default="one", help="one, both (every version by itself)")
    parser.add_argument("--forms", default="text", help="text, wrapped, bare, pages")
    parser.add_argument("--baselines", type=Path, help="folder with galechurch and sentweave")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--fit", action="store_true")
    arguments = parser.parse_args()
    tuned, held = halves(pages(fetch(arguments.folder)), arguments.shortest)
    if arguments.fit:
        from tests.bench.documents_fit import fit

        fit(tuned, arguments.seeds, arguments.stories)
    elif arguments.speed:
        speed(held)
    else:
        if arguments.baselines:
            sys.path.append(str(arguments.baselines))
        noises = "both" if arguments.hard else arguments.noise
        table(held, arguments, arguments.forms.split(","), noises.split(","))


def table(
    pool: Sequence[list[Row]],
    arguments: argparse.Namespace,
    forms: Sequence[str],
    noises: Sequence[str],
) -> None:
    """Prints one table of all forms and noises, and how far the confidences are to be believed."""
    encoder = Remembering()
    print("| documents | aligner | precision | recall | F1 | F1 of links | seconds |")
    print("|---|---|--:|--:|--:|--:|--:|")
    found = {
        (noise, form): compare(
            pool,
            arguments.seeds,
            arguments.stories,
            hard=noise == "both",
            form=form,
            baselines=bool(arguments.baselines),
            encoder=encoder,
        )
        for noise, form in itertools.product(noises, forms)
    }
    for (noise, form), tally in found.items():
        print(f"\n| confidence ({form}, {noise}) | pairs | precision |\n|---|--:|--:|")
        print("\n".join(tally.bins()))


if __name__ == "__main__":
    main()
