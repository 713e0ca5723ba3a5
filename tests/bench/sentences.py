"""How well ``corpus build --unit sentence`` aligns sentences within aligned paragraphs.

Paragraphs of several sentences are put together from real ones of one sentence each, whose
translations are known (documentation that Debian packages, in four languages). Some sentences are
left out on one side. A pair counts as right if it is one of the known ones and nothing else.

    python -m tests.bench.sentences --folder FOLDER [--documents 12]
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from itertools import combinations
from pathlib import Path

from mtbench.documents.build import build_corpus
from mtbench.documents.records import BuildOptions
from mtbench.documents.sentences import splitter
from tests.support.debian_docs import LANGUAGES, Row, fetch, pages

IN_A_PARAGRAPH = 4
IN_A_DOCUMENT = 8
MISSING = 0.06


def sentences(root: Path) -> list[Row]:
    """Rows that are one sentence in each language."""
    return [
        row
        for page in pages(root)
        for row in page.rows
        if all(
            row[tag][0].isupper()
            and row[tag][-1] in ".!?"
            and splitter(tag)[0](row[tag]) == [row[tag]]
            for tag in LANGUAGES
        )
    ]


def main() -> None:
    """Measures, and prints one line per language pair."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True, help="Where packages are unpacked.")
    parser.add_argument("--documents", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    draw = random.Random(given.seed)
    rows = sentences(fetch(given.folder))
    size = IN_A_PARAGRAPH * IN_A_DOCUMENT
    starts = draw.sample(range(0, len(rows) - size, size), given.documents)
    there: dict[str, set[int]] = {tag: set() for tag in LANGUAGES}
    index: dict[tuple[str, str], int] = {}
    with tempfile.TemporaryDirectory() as name:
        paths: list[str] = []
        story_of: dict[str, str] = {}
        for start in starts:
            for tag in LANGUAGES:
                paragraphs = []
                for first in range(start, start + size, IN_A_PARAGRAPH):
                    kept = [
                        number
                        for number in range(first, first + IN_A_PARAGRAPH)
                        if draw.random() >= MISSING
                    ]
                    there[tag].update(kept)
                    index.update({(tag, rows[number][tag]): number for number in kept})
                    paragraphs.append(" ".join(rows[number][tag] for number in kept))
                path = Path(name) / f"{start}-{tag}.txt"
                path.write_text("\n\n".join(p for p in paragraphs if p), encoding="utf-8")
                paths.append(str(path))
                story_of[str(path)] = str(start)
        options = BuildOptions(languages=LANGUAGES, story_of=story_of, unit="sentence")
        build = build_corpus(paths, options)
    for source, target in combinations(LANGUAGES, 2):
        lines = build.files[f"{source}-{target}.jsonl"].splitlines()
        pairs = [(row["src"], row["ref"]) for row in map(json.loads, lines)]
        right = sum(index.get((source, a), -1) == index.get((target, b), -2) for a, b in pairs)
        wanted = len(there[source] & there[target])
        precision, recall = right / len(pairs), right / wanted
        score = 2 * precision * recall / (precision + recall)
        print(
            f"{source}-{target}: {wanted} known, {len(pairs)} found; precision {precision:.4f}, "
            f"recall {recall:.4f}, F1 {score:.4f}"
        )


if __name__ == "__main__":
    main()
