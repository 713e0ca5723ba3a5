"""How well whole documents are laid on their segments, beside other programs.

    python -m tests.bench.realign --data FOLDER [--set wmt24/en-ru ...] [--system GPT-4 ...]
        [--contender NAME ...] [--seed N] [--seeds N] [--half]

FOLDER holds ``wmt24``, ``wmt22`` and ``ntrex``, which are not in the repository. Outputs of the
systems are made into whole documents: 5 % of the segments are dropped, behind 5 % of the sentences
stands one of NTREX in the same language, and lines end anywhere between sentences
(``tests.support.damaged_documents``). Links are pairs of a sentence and the segment it is laid on;
an added sentence has none. BLEU and chrF are of the segments as they were laid, less those of the
true ones. Damage is drawn ``--seeds`` times, and all documents of these are counted together.
Seconds are of this process's CPU for the first of them; for the others, vectors of texts that stand
in several are kept.

Contenders: ``mtbench``; ``characters``, the same without an encoder; ``told``, the same if it knew
which sentences are added, which bounds what can be reached; ``chrf``, a program that lays
runs of words so that their chrF with the references is greatest; ``vecalign``, sentences of the
output laid on sentences of the source by their vectors, as SEGALE does it (vecalign's program with
its many-to-many moves and its cost of leaving out, but by the embedded encoder for LASER);
``mweralign``, from an environment of its own (``--mweralign PYTHON``).

The weights were fitted on Claude-3.5, eTranslation and LT22, and on WMT21, on every other document
(``realign_fit``);
``--half`` counts only documents that none of that has seen.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import sacrebleu
from numpy.typing import NDArray

from mtbench.documents.likelihood import KnownSegments, encoded
from mtbench.documents.realign import Realigner
from mtbench.encoders.packaged import EmbeddedEncoder, SentenceEncoder, Vectors
from tests.support.damaged_documents import (
    Damaged,
    Set,
    damaged,
    foreign,
    sentences,
    true_texts,
    wmt22,
    wmt24,
)

SETS = {
    "wmt24/en-ru": ["GPT-4", "ONLINE-B", "NVIDIA-NeMo", "Yandex"],
    "wmt24/en-zh": ["GPT-4", "ONLINE-B", "NVIDIA-NeMo", "HW-TSC"],
    "wmt22/fr-de": [],
    "wmt22/de-fr": [],
}
MOST_IN_A_MOVE = 4  # sentences of one side that vecalign puts together
SKIPPED = 0.4  # of a usual distance: what a sentence costs there that has no other side
Array = NDArray[np.float64]
Numbers = NDArray[np.int64]
Spans = list[tuple[int | None, int, int]]
Contender = Callable[[Set, Sequence[Damaged]], list[Spans]]


class Counts(NamedTuple):
    """How a contender did on some documents.

    Attributes:
        f1: Of links.
        found: Share of the dropped segments of which nothing was found.
        false: Share of the others likewise.
        bleu: Of the segments as they were laid, less that of the true ones.
        chrf: Likewise.
        dropped: Segments.
        others: Segments that were not dropped.
    """

    f1: float
    found: float
    false: float
    bleu: float
    chrf: float
    dropped: float
    others: float


class Kept(SentenceEncoder):
    """An encoder that encodes a text once."""

    def __init__(self, encoder: SentenceEncoder) -> None:
        self.name, self.version, self._encoder = encoder.name, encoder.version, encoder
        self._known: dict[str, Vectors] = {}

    def encode(self, texts: Sequence[str]) -> Vectors:
        """As ``SentenceEncoder`` has it."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self._encoder.encode(new), strict=True))
        return np.stack([self._known[text] for text in texts])

    def forget(self) -> None:
        """Forgets all texts."""
        self._known.clear()


# --- contenders ---------------------------------------------------------------------------------


def ours(encoder: SentenceEncoder | None) -> Contender:
    """What ``--realign`` does."""

    @lru_cache(maxsize=1)
    def made(sources: tuple[str, ...], references: tuple[str, ...]) -> Realigner:
        return Realigner(KnownSegments(sources, references, encoder))

    def lay(one: Set, documents: Sequence[Damaged]) -> list[Spans]:
        program = made(tuple(one.sources), tuple(one.references))
        return [
            [
                (None if at is None else document.segments[at], start, end)
                for at, start, end in program.lay(document.text, document.segments).spans
            ]
            for document in documents
        ]

    return lay


def told(encoder: SentenceEncoder | None) -> Contender:
    """What ``--realign`` would do if it knew which sentences are added: a bound."""
    program = ours(encoder)

    def lay(one: Set, documents: Sequence[Damaged]) -> list[Spans]:
        found = []
        for document in documents:
            # A sentence with what stands before it, which is blank.
            starts = [0, *(end for _, end, _ in document.sentences)]
            own = [
                (start, end)
                for start, (_, end, owner) in zip(starts, document.sentences, strict=False)
                if owner is not None
            ]
            text = "".join(document.text[start:end] for start, end in own)
            places = [at for span in own for at in range(*span)]
            (spans,) = program(one, [document._replace(text=text)])
            found.append(
                [
                    (owner, places[a], places[b - 1] + 1)
                    for owner, start, end in spans
                    for a, b in pairwise(
                        [
                            start,
                            *(
                                at
                                for at in range(start + 1, end)
                                if places[at] > places[at - 1] + 1
                            ),
                            end,
                        ]
                    )
                ]
            )
        return found

    return lay


def by_chrf(one: Set, documents: Sequence[Damaged]) -> list[Spans]:
    """Cuts at words so that the sum of chrF with the references, by length, is greatest."""
    return [_chrf_of_document(one, document) for document in documents]


def _chrf_of_document(one: Set, document: Damaged) -> Spans:
    words = _words(document.text, han=one.target == "zh")
    if not words:
        return []
    best = np.full(len(words) + 1, -1e9)
    best[0] = 0
    backs: list[tuple[int | None, Numbers]] = []
    for at in document.segments:
        best, back = _chrf_of_segment(best, document.text, words, one.references[at])
        backs.append((at, back))
        # What is left over goes nowhere, at no cost: words between runs.
        leader = np.maximum.accumulate(best)
        places = np.where(best == leader, np.arange(len(best)), 0)
        backs.append((None, np.maximum.accumulate(places)))
        best = leader
    found: Spans = []
    here = int(np.argmax(best))
    for owner, back in reversed(backs):
        start = int(back[here])
        if start < here and owner is not None:
            found.append((owner, words[start][0], words[here - 1][1]))
        here = start
    return found[::-1]


def _chrf_of_segment(
    best: Array, text: str, words: Sequence[tuple[int, int]], reference: str
) -> tuple[Array, Numbers]:
    """Values after one more segment, and where its run begins."""
    hits, size = _matches(text, words, "".join(reference.split()))
    wanted = len("".join(reference.split()))
    after, back = best.copy(), np.arange(len(best))
    for start in np.flatnonzero(best[:-1] > -1e8).tolist():
        end = start + int(np.searchsorted(size[start:], size[start] + 2.5 * wanted + 40))
        ends = slice(start + 1, min(len(words), end) + 1)
        same = np.minimum(hits[ends] - hits[start], wanted)
        chrf = 5 * same / np.maximum(size[ends] - size[start] + 4 * wanted, 1)
        value = best[start] + chrf * wanted
        better = value > after[ends]
        after[ends][better] = value[better]
        back[ends][better] = start
    return after, back


def _matches(text: str, words: Sequence[tuple[int, int]], reference: str) -> tuple[Array, Array]:
    """Before each word: characters with whose n-gram the reference has one, and all characters."""
    order = 4 if len(reference) >= 12 else 2
    known = {reference[at : at + order] for at in range(len(reference))}
    plain = "".join(text[start:end] for start, end in words)
    hit = np.array([plain[at : at + order] in known for at in range(len(plain))], dtype=float)
    ends = np.cumsum([0, *(end - start for start, end in words)])
    return np.concatenate([[0.0], np.cumsum(hit)])[ends], ends.astype(np.float64)


def _words(text: str, *, han: bool) -> list[tuple[int, int]]:
    if han:
        return [(at, at + 1) for at, character in enumerate(text) if not character.isspace()]
    found, end = [], 0
    for word in text.split():
        start = text.index(word, end)
        end = start + len(word)
        found.append((start, end))
    return found


def by_sentence_vectors(encoder: SentenceEncoder) -> Contender:
    """SEGALE's scheme: sentences of both sides, many-to-many, by the cosines of their vectors."""

    def lay(one: Set, documents: Sequence[Damaged]) -> list[Spans]:
        draw = np.random.default_rng(0)
        return [_vector_path(one, document, encoder, draw) for document in documents]

    return lay


def _vector_path(
    one: Set, document: Damaged, encoder: SentenceEncoder, draw: np.random.Generator
) -> Spans:
    target = list(_spans_of_sentences(document.text))
    source = [(at, text) for at in document.segments for text in sentences(one.sources[at])]
    if not target or not source:
        return []
    left = _blocks([text for _, text in source], encoder)
    right = _blocks([document.text[a:b] for a, b in target], encoder)
    rows, columns = draw.integers(0, len(source), 100), draw.integers(0, len(target), 100)
    usual = float(np.mean(1 - np.sum(left[1][rows] * right[1][columns], axis=1)))
    found: Spans = []
    for (i, j), (a, b) in _vecalign(left, right, max(usual, 1e-6)):
        owners = [at for at, _ in source[i - a : i]]
        for number, (start, end) in enumerate(target[j - b : j]):
            found.append((owners[min(len(owners) - 1, number * len(owners) // b)], start, end))
    return found


def _blocks(texts: Sequence[str], encoder: SentenceEncoder) -> dict[int, Array]:
    """Vectors of each sentence, each two in a row, and so on."""
    sizes = range(1, min(MOST_IN_A_MOVE, len(texts)) + 1)
    return {
        size: encoded(
            encoder, [" ".join(texts[at : at + size]) for at in range(len(texts) - size + 1)]
        )
        for size in sizes
    }


def _vecalign(
    left: dict[int, Array], right: dict[int, Array], usual: float
) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """The cheapest path over sentences: where each move ends, and its size on both sides."""
    sizes = range(1, MOST_IN_A_MOVE + 1)
    moves = [(a, b) for a in sizes for b in sizes if a + b <= MOST_IN_A_MOVE + 1]
    shape = len(left[1]) + 1, len(right[1]) + 1
    best = np.full(shape, np.inf)
    best[0, 0] = 0
    back: dict[tuple[int, int], tuple[int, int]] = {}
    for i, j in np.ndindex(shape):
        for a, b in [(1, 0), (0, 1), *moves]:
            if i < a or j < b or not np.isfinite(best[i - a, j - b]):
                continue
            cost = SKIPPED
            if a and b:
                cosine = float(left[a][i - a] @ right[b][j - b])
                cost = (1 - cosine) * a * b / usual
            if best[i - a, j - b] + cost < best[i, j]:
                best[i, j], back[i, j] = best[i - a, j - b] + cost, (a, b)
    found = []
    i, j = shape[0] - 1, shape[1] - 1
    while (i, j) != (0, 0):
        a, b = back[i, j]
        if a and b:
            found.append(((i, j), (a, b)))
        i, j = i - a, j - b
    return found[::-1]


def _spans_of_sentences(text: str) -> Iterator[tuple[int, int]]:
    end = 0
    for line in text.split("\n"):
        for sentence in sentences(line):
            start = text.index(sentence, end)
            end = start + len(sentence)
            yield start, end


def by_mweralign(python: str) -> Contender:
    """The field's mwerSegmenter as packaged, in a Python of its own."""
    program = (
        "import json, sys; from mweralign import align_texts\n"
        "for line in sys.stdin:\n"
        "    references, text, language = json.loads(line)\n"
        "    out = align_texts('\\n'.join(references), text)\n"
        "    print(json.dumps(out.split('\\n')))\n"
    )

    def lay(one: Set, documents: Sequence[Damaged]) -> list[Spans]:
        han = one.target == "zh"

        def spaced(text: str) -> str:
            return " ".join("".join(text.split()) if han else text.split())

        lines = [
            json.dumps(
                [[spaced(one.references[at]) for at in d.segments], spaced(d.text), one.target]
            )
            for d in documents
            if d.text.strip()
        ]
        answer = subprocess.run(
            [python, "-c", program],
            input="\n".join(lines),
            capture_output=True,
            text=True,
            check=True,
        )
        answers = iter(json.loads(line) for line in answer.stdout.splitlines())
        found = []
        for document in documents:
            texts = next(answers) if document.text.strip() else []
            found.append(_walked(document, texts))
        return found

    return lay


def _walked(document: Damaged, texts: Sequence[str]) -> Spans:
    """Where texts that together are the document's lie in it."""
    letters = [at for at, character in enumerate(document.text) if not character.isspace()]
    found: Spans = []
    at = 0
    for segment, text in zip(document.segments, texts, strict=False):
        size = len("".join(text.split()))
        if size:
            last = min(at + size, len(letters)) - 1
            found.append((segment, letters[at], letters[last] + 1))
        at += size
    return found


# --- counting -----------------------------------------------------------------------------------


def counted(one: Set, documents: Sequence[Damaged], laid: Sequence[Spans]) -> Counts:
    """F1 of links, dropped segments found, others taken for dropped, and what scores become."""
    right = wrong = missed = 0
    own: list[int] = []  # positions of segments, by the documents; so are the next three
    dropped: list[bool] = []
    given_texts: list[str] = []
    true_of: list[str] = []
    blank = "" if one.target == "zh" else " "
    for document, spans in zip(documents, laid, strict=True):
        texts: dict[int, list[str]] = defaultdict(list)
        owner: list[int | None] = [None] * len(document.text)
        for segment, start, end in spans:
            owner[start:end] = [segment] * (end - start)
            if segment is not None:
                texts[segment].append(" ".join(document.text[start:end].split()))
        for start, end, truth in document.sentences:
            given = Counter(owner[start:end]).most_common(1)[0][0]
            if given is not None and given == truth:
                right += 1
            else:
                wrong += given is not None
                missed += truth is not None
        true = true_texts(one, [document])
        own += document.segments
        dropped += [at in document.dropped for at in document.segments]
        given_texts += [blank.join(texts[at]) for at in document.segments]
        true_of += [true[at] for at in document.segments]
    lost, empty = np.array(dropped), np.array([not text for text in given_texts])
    many = int(lost.sum()), int((~lost).sum())
    bleu, chrf = (
        scored(one, own, given_texts, metric) - scored(one, own, true_of, metric)
        for metric in ("bleu", "chrf")
    )
    return Counts(
        2 * right / max(1, 2 * right + wrong + missed),
        float((lost & empty).sum() / max(1, many[0])),
        float((empty & ~lost).sum() / max(1, many[1])),
        bleu,
        chrf,
        *many,
    )


def scored(one: Set, own: Sequence[int], texts: Sequence[str], metric: str) -> float:
    """BLEU or chrF."""
    references = [[one.references[at] for at in own]]
    if metric == "chrf":
        return float(sacrebleu.corpus_chrf(texts, references).score)
    tokenize = "zh" if one.target == "zh" else "13a"
    return float(sacrebleu.corpus_bleu(texts, references, tokenize=tokenize).score)


def load(folder: Path, name: str) -> Set:
    """A test set by its name here."""
    kind, pair = name.split("/")
    return wmt24(folder / kind, pair) if kind == "wmt24" else wmt22(folder / kind, pair)


def main() -> None:
    """Prints a line per system and contender, and means."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--set", action="append")
    parser.add_argument("--system", action="append")
    parser.add_argument("--contender", action="append")
    parser.add_argument("--mweralign", help="a Python that has it")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--seeds", type=int, default=1, help="how many, from --seed on")
    parser.add_argument("--half", action="store_true")
    given = parser.parse_args()
    encoder = Kept(EmbeddedEncoder(together=True))
    contenders: dict[str, Contender] = {
        "mtbench": ours(encoder),
        "characters": ours(None),
        "told": told(encoder),
        "chrf": by_chrf,
        "vecalign": by_sentence_vectors(encoder),
    }
    if given.mweralign:
        contenders["mweralign"] = by_mweralign(given.mweralign)
    print("set, system, contender, F1, dropped found, of, false, of, BLEU, chrF, seconds")
    for name in given.set or SETS:
        one = load(given.data, name)
        strangers = foreign(given.data / "ntrex", one.target)
        means: dict[str, list[Counts]] = defaultdict(list)
        for system in given.system or SETS.get(name) or sorted(one.systems):
            drawn = [
                damaged(one, one.systems[system], strangers, given.seed + number)
                for number in range(given.seeds)
            ]
            drawn = [documents[given.half :: 1 + given.half] for documents in drawn]
            for contender in given.contender or contenders:
                encoder.forget()
                before = time.process_time(), _of_children()
                laid = contenders[contender](one, drawn[0])
                spent = time.process_time() - before[0] + _of_children() - before[1]
                for documents in drawn[1:]:
                    laid += contenders[contender](one, documents)
                found = counted(one, [each for documents in drawn for each in documents], laid)
                means[contender].append(found)
                _say(name, system, contender, found, f"{spent:.1f}")
        for contender, all_of_it in means.items():
            _say(name, "mean", contender, Counts(*np.mean(all_of_it, axis=0)), "")


def _of_children() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime


def _say(name: str, system: str, contender: str, found: Counts, spent: str) -> None:
    print(
        f"{name:12} {system:14} {contender:11} {found.f1:.4f} {found.found:.3f} {found.dropped:5g} "
        f"{found.false:.4f} {found.others:5g} {found.bleu:+.2f} {found.chrf:+.2f} {spent}"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
