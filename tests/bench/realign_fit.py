"""Fits what each witness of a realignment weighs, by greatest likelihood.

    python -m tests.bench.realign_fit --data FOLDER [--rounds N] [--seed N] [--only NAME ...]

Damaged documents (``tests.support.damaged_documents``) are laid as they truly are; the weights are
those of the conditional random field (``mtbench.documents.runs``) that makes this likeliest, by
Adam, from those that are there and with the squared distance from them as a penalty. It is
every other document of WMT24 (Claude-3.5, and NVIDIA-NeMo, which hallucinates), and every fourth
of WMT22 (eTranslation, LT22) and WMT21 (MiSS); ``tests.bench.realign --half`` counts documents that
are none of these. What it prints goes into ``mtbench/documents/realign_weights.py``. Weights of
hallucinations start from round numbers, and the one of loops stays there: documents that have loops
are longer than those that are fitted on. A hallucination is made rarer by ``RARER`` than it is in
these documents, a third of which are a hallucinating system's.

The sum over all ways to lay a document is written here a second time, in torch, which derives it;
that both give the same sum is checked on each document of the first round.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mtbench.documents import likelihood as seen
from mtbench.documents.edges import OF_PLACE
from mtbench.documents.likelihood import KnownSegments, Witnesses
from mtbench.documents.pieces import AT_COMMA, WITHIN, CutText, cut
from mtbench.documents.realign import MOST, whole_lengths
from mtbench.documents.realign_weights import BY_CHARACTERS, BY_VECTORS, RealignWeights
from mtbench.documents.runs import (
    LONGEST,
    MORE,
    MOST_DEVIATION,
    MOST_RATIO,
    Field,
    chances,
)
from mtbench.encoders.packaged import EmbeddedEncoder
from tests.support.damaged_documents import Damaged, Set, damaged, foreign, wmt22, wmt24
from tests.support.wmt22 import lines_of

MOST_PLACES = 2500  # pieces of a document times its segments, which bounds time
TOGETHER, SPEED = 12, 0.06
PENALTY = 0.002
OF_LENGTHS = ("precision", "loose")  # are fitted by their logarithms
HALLUCINATED, LOOSE = (-3.5, -0.5, -0.5, 4.0), (0.1, 0.5)  # where these weights start
RARER = 1.0  # logarithm: other systems hallucinate less than those that are fitted on
_REFUSES = re.compile(r"\b(I|the|text|translat\w*) [a-z']+ [a-z]+ ,")
_NO = -1e30

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]
Tensor = Any  # torch is imported where it is used
Weighed = dict[str, Tensor]


class Example(NamedTuple):
    """A damaged document and what is seen of it, as arrays.

    Attributes:
        pieces: Of the text.
        expected: Characters of each segment's translation.
        owner: Segment of each piece, -1 for none.
        clause: What is seen of clauses: (clauses, segments, names).
        single: What n-grams and dictionary say of pieces beyond that: (pieces, segments, 2).
        begin: What is seen of beginnings: (pieces, segments, names).
        end: Of ends.
        loops: How much of each piece's sentence repeats itself, and of the piece: (pieces, 2).
    """

    pieces: CutText
    expected: Array
    owner: Numbers
    clause: Array
    single: Array
    begin: Array
    end: Array
    loops: Array


def examples(folder: Path, encoder: EmbeddedEncoder, seed: int) -> Iterator[Example]:
    """All that is fitted on."""
    for one, hypotheses in _sets(folder):
        known = KnownSegments(one.sources, one.references, encoder)
        ratio = sum(map(len, one.references)) / sum(map(len, one.sources))
        documents = damaged(one, hypotheses, foreign(folder / "ntrex", one.target), seed)
        for document in documents[::2] if one.pair[:2] == "en" else documents[::4]:
            pieces = cut(document.text, capitals=known.capitals)
            if 0 < len(pieces.spans) * len(document.segments) <= MOST_PLACES:
                expected = [max(2.0, len(one.sources[at]) * ratio) for at in document.segments]
                yield _example(document, pieces, known, np.array(expected))


def _sets(folder: Path) -> Iterator[tuple[Set, list[str]]]:
    for pair in ("en-ru", "en-zh"):
        one = wmt24(folder / "wmt24", pair)
        # What the system says of itself, and not of the source, is no translation.
        said = [text.split("```")[0].strip() for text in one.systems["Claude-3.5"]]
        yield one, ["" if _REFUSES.search(text) else text for text in said]
        yield one, one.systems["NVIDIA-NeMo"]
    for pair, system in (("fr-de", "eTranslation"), ("de-fr", "LT22")):
        one = wmt22(folder / "wmt22", pair)
        yield one, one.systems[system]
    here = folder / "wmt21-zh-en"
    sources = lines_of(here / "source.txt")
    names = [str(at // 9) for at in range(len(sources))]  # no boundaries are published with it
    references = lines_of(here / "reference.txt")
    one = Set("zh-en", sources, references, names, [""] * len(sources), {})
    (file,) = (here / "systems").glob("MiSS*")
    yield one, lines_of(file)


def _example(document: Damaged, pieces: CutText, known: KnownSegments, expected: Array) -> Example:
    found = Witnesses(document.text, pieces, known, document.segments)
    local, lengths, clause = found.local, pieces.lengths, pieces.clause
    mean = max(local.there.sum() / max(1.0, lengths.sum()), 1e-9)
    of_grams = (local.found - seen.CHANCE * local.there[:, None]) / mean
    single = np.stack([of_grams, local.dictionary], axis=2)
    sums = np.zeros((clause[-1] + 1, *single.shape[1:]))
    np.add.at(sums, clause, single)
    share = lengths / np.maximum(np.bincount(clause, lengths), 1e-9)[clause]
    single -= sums[clause] * share[:, None, None]
    begin, end = found.edges()
    owner = _owners(document, pieces)
    return Example(pieces, expected, owner, found.features(), single, begin, end, found.loops())


def _owners(document: Damaged, pieces: CutText) -> Numbers:
    """The segment that most characters of each piece are of; blanks go with what is before."""
    place = {at: number for number, at in enumerate(document.segments)}
    of_character = np.full(len(document.text), -2)
    for start, end, at in document.sentences:
        of_character[start:end] = -1 if at is None else place[at]
    found: list[int] = []
    for start, end in pieces.spans:
        own = of_character[start:end][of_character[start:end] > -2]
        values, counts = np.unique(own, return_counts=True)
        found.append(int(values[counts.argmax()]) if len(own) else found[-1] if found else -1)
    return np.array(found)


class _Laid:
    """What speaks for runs of an example under some weights."""

    def __init__(self, one: Example, weights: Weighed) -> None:
        import torch

        pieces = one.pieces
        self.one, self.added, self.precision = one, weights["added"], weights["precision"].exp()
        self.loose = weights["loose"].exp()
        share = (
            pieces.lengths
            / np.maximum(np.bincount(pieces.clause, pieces.lengths), 1e-9)[pieces.clause]
        )
        odds = (torch.as_tensor(one.clause) @ weights["clause"]).clamp(-MOST, MOST)
        gain = odds[torch.as_tensor(pieces.clause)] * torch.as_tensor(share[:, None])
        once = 1 - one.loops[:, 1]
        gain = gain + torch.as_tensor(one.single) @ weights["single"]
        self.gain = gain * torch.as_tensor(once[:, None])
        self.before = _before(self.gain)
        self.begin = torch.as_tensor(one.begin) @ weights["begin"]
        self.end = torch.as_tensor(one.end) @ weights["end"]
        logs = torch.as_tensor(np.log(one.expected))
        self.omitted = weights["omitted"][0] + weights["omitted"][1] * logs
        strange = weights["hallucinated"]
        self.hallucinated = strange[0] + strange[1] * logs
        of_piece = strange[2] + strange[3] * torch.as_tensor(one.loops[:, 0])
        whole = np.bincount(pieces.sentence, pieces.lengths)[pieces.sentence]
        self.strange_begin = (
            torch.as_tensor(one.begin[:, 0, :OF_PLACE]) @ weights["begin"][:OF_PLACE]
        )
        self.strange = _before(of_piece * torch.as_tensor(pieces.lengths / whole))
        kinds = [torch.as_tensor((pieces.behind == kind) * 1.0) for kind in (AT_COMMA, WITHIN)]
        begun = self.added[1] * kinds[0] + self.added[2] * kinds[1]
        self.added_begin = torch.cat([begun, torch.zeros(1)])
        self.lengths = whole_lengths(pieces.lengths * once)
        self.length = np.concatenate([[0.0], np.cumsum(self.lengths)])
        self.written = np.concatenate([[0.0], np.cumsum(pieces.lengths)])
        count = len(pieces.spans)
        self.first = np.append(np.flatnonzero(np.diff(pieces.sentence, prepend=-1)), count)

    def field(self) -> Field:
        """The same, as the program has it."""
        pieces = self.one.pieces
        return Field(
            pieces.sentence,
            self.lengths,
            pieces.lengths,
            self.gain.detach().numpy(),
            self.begin.detach().numpy(),
            self.end.detach().numpy(),
            self.one.expected,
            self.omitted.detach().numpy(),
            self.added_begin[:-1].detach().numpy(),
            float(self.added[0].detach()),
            _both(self.precision),
            self.hallucinated.detach().numpy(),
            self.strange.diff().detach().numpy(),
            self.strange_begin.detach().numpy(),
            _both(self.loose),
        )

    def of_length(self, length: Tensor, expected: float, precision: Tensor) -> Tensor:
        """What lengths speak for, as the program has it."""
        difference = (length - expected) ** 2 / (6 * expected + 20)
        ratio = ((length + 1) / (expected + 1)).log() ** 2
        most = difference.clamp(max=MOST_DEVIATION), ratio.clamp(max=MOST_RATIO)
        return -precision[0] * most[0] - precision[1] * most[1]

    def of_hallucination(self, at: int, starts: Tensor, ends: Tensor) -> Tensor:
        """What speaks for runs as a segment's hallucinations."""
        import torch

        expected = float(self.one.expected[at])
        said, written = (torch.as_tensor(one) for one in (self.length, self.written))
        filled = (said[ends] - said[starts]).clamp(min=round(expected))
        filled = torch.minimum(filled, written[ends] - written[starts]).clamp(min=0.0)
        of_length = self.of_length(filled, expected, self.loose)
        of_pieces = self.strange[ends] - self.strange[starts] + self.strange_begin[starts]
        return self.hallucinated[at] + of_pieces + of_length

    def all_ways(self) -> Tensor:
        """Logarithm of the sum over all ways to lay the text."""
        import torch

        first, sentence = torch.as_tensor(self.first), torch.as_tensor(self.one.pieces.sentence)
        length, before = torch.as_tensor(self.length), self.before
        whole = before[first[1:]] - before[first[:-1]]
        soft = torch.logaddexp(whole, self.added[0].expand_as(whole))
        size = (length[first[1:]] - length[first[:-1]])[:, None]
        inner, own = _before(soft), _before(size * (whole - soft).exp())
        closed, opened = first[sentence + 1], first[sentence]
        opening = before[closed] - before[:-1] - inner[sentence + 1]
        opening_length = (length[closed] - length[:-1])[:, None] - own[sentence + 1]
        closing = before[1:] - before[opened] + inner[sentence]
        closing_length = (length[1:] - length[opened])[:, None] + own[sentence]
        ends = torch.arange(1, len(sentence) + 1)[:, None]
        ahead = torch.full((len(sentence) + 1,), _NO)
        ahead[0] = 0.0
        for at, expected in enumerate(self.one.expected.tolist()):
            ahead = self._with_additions(ahead)
            least = self.length[1:] - LONGEST * expected - MORE
            reach = int((ends[:, 0].numpy() - np.searchsorted(self.length, least)).max())
            starts = ends - torch.arange(1, max(1, reach) + 1)
            there, starts = starts >= 0, starts.clamp(min=0)
            alone = starts >= opened[ends - 1]
            lengths = torch.where(
                alone,
                length[ends] - length[starts],
                closing_length[ends - 1, at] + opening_length[starts, at],
            )
            score = torch.where(
                alone,
                before[ends, at] - before[starts, at],
                closing[ends - 1, at] + opening[starts, at],
            )
            score = score + self.of_length(lengths, expected, self.precision)
            score = score + self.begin[starts, at] + self.end[ends - 1, at]
            score = torch.logaddexp(score, self.of_hallucination(at, starts, ends)) + ahead[starts]
            sums = torch.logsumexp(torch.where(there, score, torch.tensor(_NO)), 1)
            left = ahead + self.omitted[at]
            ahead = torch.cat([left[:1], torch.logaddexp(left[1:], sums)])
        return self._with_additions(ahead)[-1]

    def _with_additions(self, ahead: Tensor) -> Tensor:
        import torch

        sentence = torch.as_tensor(self.one.pieces.sentence)
        begun = torch.cat([sentence, sentence[-1:] + 1])
        ended = torch.cat([torch.zeros(1), sentence + 1.0])
        sums = torch.logcumsumexp(ahead + self.added_begin - self.added[0] * begun, 0)
        behind = torch.cat([torch.full((1,), _NO), sums[:-1]]) + self.added[0] * ended
        return torch.logaddexp(ahead, behind)

    def true_way(self) -> Tensor | None:
        """What speaks for the true way; None where the program cannot lay the text so."""
        import torch

        total = torch.zeros(())
        laid = np.zeros(len(self.one.owner), dtype=bool)
        for at, expected in enumerate(self.one.expected.tolist()):
            own = np.flatnonzero(self.one.owner == at)
            if not len(own):
                total = total + self.omitted[at]
                continue
            start, end = int(own[0]), int(own[-1]) + 1
            longest = LONGEST * expected + MORE
            if laid[start:end].any() or self.length[end] - self.length[start] > longest:
                return None
            laid[start:end] = True
            gain, length = self._true_run(at, start, end)
            run = gain + self.of_length(length, expected, self.precision)
            strange = self.of_hallucination(at, *torch.tensor([start, end]))
            run = run + self.begin[start, at] + self.end[end - 1, at]
            total = total + torch.logaddexp(run, strange)
        begun = np.flatnonzero(~laid & np.append(True, laid[:-1]))
        for start in begun.tolist():
            behind = np.flatnonzero(laid[start:])
            end = start + int(behind[0]) if len(behind) else len(laid)
            sentence = self.one.pieces.sentence
            many = float(sentence[end - 1] - sentence[start] + 1)
            total = total + self.added_begin[start] + self.added[0] * many
        return total

    def _true_run(self, at: int, start: int, end: int) -> tuple[Tensor, Tensor]:
        """What speaks for a run's sentences, each as what it is, and their expected length."""
        import torch

        sentence, before = self.one.pieces.sentence, self.before[:, at]
        gain, length = torch.zeros(()), torch.zeros(())
        ends = sentence[start], sentence[end - 1]
        for number in range(ends[0], ends[1] + 1):
            a, b = max(start, self.first[number]), min(end, self.first[number + 1])
            here, size = before[b] - before[a], self.length[b] - self.length[a]
            own = (self.one.owner[a:b] == at).mean() >= 0.5
            if number in ends:
                gain, length = gain + here, length + size
            else:
                gain = gain + (here if own else self.added[0])
                length = length + size * torch.sigmoid(here - self.added[0])
        return gain, length


def _both(values: Tensor) -> tuple[float, float]:
    first, second = values.detach().tolist()
    return first, second


def _before(values: Tensor) -> Tensor:
    import torch

    return torch.cat([torch.zeros(1, *values.shape[1:]), torch.cumsum(values, 0)])


def fitted(
    given: Sequence[Example],
    start: RealignWeights,
    rounds: int,
    seed: int,
    only: Sequence[str] = RealignWeights._fields,
) -> RealignWeights:
    """The likeliest weights; those that ``only`` does not name stay as they are."""
    import torch

    torch.set_default_dtype(torch.float64)
    usual = np.concatenate([one.clause.reshape(-1, len(start.clause)) for one in given]).std(0)
    scale = {"clause": torch.as_tensor(np.where(usual > 0, usual, 1.0))}
    first = {
        name: torch.tensor(value, dtype=torch.float64) for name, value in start._asdict().items()
    }
    for name in OF_LENGTHS:
        first[name] = first[name].log()
    first["clause"] = first["clause"] * scale["clause"]
    now = {name: value.clone().requires_grad_(name in only) for name, value in first.items()}
    program = torch.optim.Adam([now[name] for name in only], lr=SPEED)
    draw = random.Random(seed)
    order = list(given)
    means: Weighed = {}  # of the later half of rounds: steadier than the last weights
    steps = 0
    for number in range(rounds):
        program.param_groups[0]["lr"] = SPEED * (1 - number / rounds) + SPEED / 20
        draw.shuffle(order)
        losses = []
        for at in range(0, len(order), TOGETHER):
            weights = {name: value / scale.get(name, 1.0) for name, value in now.items()}
            own = [_loss(one, weights, check=not number) for one in order[at : at + TOGETHER]]
            moved = sum(((now[name] - first[name]) ** 2).sum() for name in now)
            program.zero_grad()
            (sum(own) / TOGETHER + PENALTY * moved).backward()
            program.step()
            if number >= rounds // 2:
                for name, value in now.items():
                    means[name] = means.get(name, 0.0) + value.detach()
                steps += 1
            losses += [float(loss.detach()) for loss in own]
        print(f"round {number + 1}: {np.mean(losses):.4f} per document", flush=True)
    mean = {name: value / steps / scale.get(name, 1.0) for name, value in means.items()}
    plain = {
        name: (value.exp() if name in OF_LENGTHS else value).tolist()
        for name, value in mean.items()
    }
    plain["hallucinated"][0] -= RARER
    return RealignWeights(
        **{name: tuple(round(v, 3) for v in value) for name, value in plain.items()}
    )


def _loss(one: Example, weights: Weighed, *, check: bool) -> Tensor:
    laid = _Laid(one, weights)
    true, every = laid.true_way(), laid.all_ways()
    if check:
        same, here = chances(laid.field()).evidence, float(every.detach())
        assert abs(same - here) < 1e-6, (same, here)
    return every * 0 if true is None else every - true


def main() -> None:
    """Prints the weights with an encoder, and without one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", action="append", choices=RealignWeights._fields)
    given = parser.parse_args()
    found = list(examples(given.data, EmbeddedEncoder(together=True), given.seed))
    print(f"{len(found)} documents", flush=True)
    for there in (BY_VECTORS, BY_CHARACTERS):
        known = [one._replace(clause=one.clause[..., : len(there.clause)]) for one in found]
        start = there._replace(hallucinated=HALLUCINATED, loose=LOOSE)
        only = given.only or RealignWeights._fields
        print(fitted(known, start, given.rounds, given.seed, only), flush=True)


if __name__ == "__main__":
    main()
