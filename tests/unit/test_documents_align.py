"""Documents matched and aligned: small stories with what the web does to them."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest

from mtbench.documents import axis, boundaries, stories
from mtbench.documents.align import SINGLE
from mtbench.documents.boilerplate import line_key, recurring
from mtbench.documents.cross_language import overlaps
from mtbench.documents.features import candidates
from mtbench.documents.records import Bead
from mtbench.documents.scoring import Counterparts, align, align_story, counterparts, weigh
from mtbench.documents.similarity import Embedded
from mtbench.documents.weights import ALONE
from mtbench.encoders.packaged import EmbeddedEncoder
from tests.support.noisy_documents import NoisyDocument, gold_beads, make_documents
from tests.support.parallel_text import LIBRARY, RESCUE

pytestmark = pytest.mark.slow  # sentences are encoded: weights

TAGS = ("en", "it", "de", "fr")


@cache
def encoder() -> EmbeddedEncoder:
    return EmbeddedEncoder(together=True)


def encoded(paragraphs: Sequence[str]) -> Embedded:
    return Embedded(paragraphs, encoder())


def texts(tag: str) -> list[str]:
    return [row[tag] for row in LIBRARY]


def beads_of(found: Sequence[Bead]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    return [(bead.left, bead.right) for bead in found]


@pytest.mark.parametrize("pair", list(itertools.combinations(TAGS, 2)))
def test_translations_align_one_to_one(pair: tuple[str, str]) -> None:
    found = align(encoded(texts(pair[0])), encoded(texts(pair[1])))
    assert beads_of(found) == [((i,), (i,)) for i in range(len(LIBRARY))]
    assert all(0.5 <= bead.confidence <= 1 for bead in found)


def test_a_paragraph_that_one_side_lacks_is_left_out() -> None:
    english, german = texts("en"), texts("de")
    del german[3]
    right = [i for i in range(len(LIBRARY)) if i != 3]
    assert beads_of(align(encoded(english), encoded(german))) == [
        ((i,), (j,)) for j, i in enumerate(right)
    ]


def test_paragraphs_run_together_are_joined() -> None:
    english, french = texts("en"), texts("fr")
    french[2:4] = [" ".join(french[2:4])]
    english[6:8] = [" ".join(english[6:8])]
    assert beads_of(align(encoded(english), encoded(french))) == [
        ((0,), (0,)),
        ((1,), (1,)),
        ((2, 3), (2,)),
        ((4,), (3,)),
        ((5,), (4,)),
        ((6,), (5, 6)),
    ]


@pytest.mark.parametrize(
    ("english", "german", "joined"),
    [
        ((), (2, 5), ((2, 3, 4), (2,))),
        ((2, 5), (), ((2,), (2, 3, 4))),
        ((2, 4), (3, 5), ((2, 3), (2, 3))),  # cut at different places
    ],
)
def test_runs_of_three_are_joined(
    english: tuple[int, ...],
    german: tuple[int, ...],
    joined: tuple[tuple[int, ...], tuple[int, ...]],
) -> None:
    one, two = texts("en"), texts("de")
    for side, cut in ((one, english), (two, german)):
        if cut:
            side[slice(*cut)] = [" ".join(side[slice(*cut)])]
    found = beads_of(align(encoded(one), encoded(two)))
    assert joined in found
    assert len(found) == len(LIBRARY) - 2


def test_a_paragraph_that_the_other_side_lacks_is_left_out_of_a_pair() -> None:
    english, german = texts("en"), texts("de")
    german[2:5] = [f"{german[2]} {german[4]}"]
    assert ((2, 4), (2,)) in beads_of(align(encoded(english), encoded(german)))
    assert ((2,), (2, 4)) in beads_of(align(encoded(german), encoded(english)))


def test_a_pair_says_the_same_or_a_part_of_it_or_is_none() -> None:
    english, german = texts("en"), texts("de")
    german[4:6] = [" ".join(german[4:6])]
    del english[5]  # the German paragraph says more
    both = encoded(english), encoded(german)
    found = candidates(*both, exact=True)
    said = weigh(found, both, ALONE)
    (at,) = np.flatnonzero((found[SINGLE].rows == 4) & (found[SINGLE].columns == 4))
    assert said.part[SINGLE][at] > 0.5 > said.same[SINGLE][at]
    total = overlaps(found, said.together(), (len(english), len(german)))
    assert total[4, 4] > 0.9
    assert total.max() <= 1
    assert beads_of(align(*both)) == [((i,), (i,)) for i in range(len(english)) if i != 4]


def test_two_texts_on_nothing_in_common_do_not_align() -> None:
    other = [row["de"] for row in RESCUE]
    assert align(encoded(texts("en")), encoded(other)) == []


def test_an_empty_document_aligns_with_nothing() -> None:
    assert align(encoded([]), encoded(texts("de"))) == []
    assert align(encoded(texts("de")), encoded([])) == []


def _aligned(documents: Sequence[NoisyDocument]) -> tuple[int, int, int]:
    """Right pairs, wrong ones and all there are, stories given."""
    common = recurring([d.paragraphs for d in documents], [d.language for d in documents])
    right = wrong = there = 0
    for story in sorted({d.story for d in documents}):
        versions = sorted((d for d in documents if d.story == story), key=lambda d: d.language)
        kept = [
            [i for i, p in enumerate(d.paragraphs) if (d.language, line_key(p)) not in common]
            for d in versions
        ]
        views = [
            encoded([d.paragraphs[i] for i in units])
            for d, units in zip(versions, kept, strict=True)
        ]
        pairs = {(a, b): (views[a], views[b]) for a, b in itertools.combinations(range(4), 2)}
        for (a, b), found in align_story(pairs).items():
            gold, _ = gold_beads(versions[a], versions[b])
            mine = {
                (tuple(kept[a][i] for i in bead.left), tuple(kept[b][j] for j in bead.right))
                for bead in found
            }
            right += len(mine & gold)
            wrong += len(mine - gold)
            there += len(gold)
    return right, wrong, there


def test_noisy_documents_align_with_few_mistakes() -> None:
    counts = [_aligned(make_documents([LIBRARY, RESCUE], seed, boilerplate=8)) for seed in range(4)]
    right, wrong, there = (sum(column) for column in zip(*counts, strict=True))
    assert right / (right + wrong) >= 0.97
    assert 2 * right / (right + wrong + there) >= 0.97


def test_a_third_language_shows_that_a_side_says_more() -> None:
    english, german, french = texts("en"), texts("de"), texts("fr")
    german[4:6] = [" ".join(german[4:6])]
    del french[5]
    views = {0: encoded(english), 1: encoded(german), 2: encoded(french)}
    pairs = {(a, b): (views[a], views[b]) for a, b in itertools.combinations(range(3), 2)}
    found = {pair: beads_of(beads) for pair, beads in align_story(pairs).items()}
    assert ((4, 5), (4,)) in found[0, 1]
    assert ((4,), (4,)) in found[0, 2]
    assert ((4,), (4,)) not in found[1, 2]


def test_stories_are_matched_and_boilerplate_keeps_none_apart() -> None:
    documents = make_documents([LIBRARY, RESCUE], 5, boilerplate=8)
    languages = [d.language for d in documents]
    common = recurring([d.paragraphs for d in documents], languages)
    views = [
        encoded([p for p in d.paragraphs if (d.language, line_key(p)) not in common])
        for d in documents
    ]
    ranked = stories.links(views, stories.candidates(views, languages))
    groups = stories._grouped(len(views), languages, ranked, {})
    expected: dict[int, list[int]] = {}
    for index, document in enumerate(documents):
        expected.setdefault(document.story, []).append(index)
    assert groups == sorted(expected.values())
    assert stories.comparable(views, ranked, groups) == []


MENU = (
    ("Line", "Linie"), ("Area", "Fläche"), ("Object", "Objekt"), ("Position", "Position"),
    ("Text", "Text"), ("Border", "Rahmen"), ("Shadow", "Schatten"), ("Column", "Spalte"),
    ("Row", "Zeile"), ("Page", "Seite"),
)  # fmt: skip


def menu(side: int, lacking: Sequence[int], joined: Sequence[int]) -> list[str]:
    """Lines of a menu that differ in a word or two, some missing, some run together."""
    frame = (
        "Choose {} in the dialog box of the object - tab {}.",
        "Wählen Sie im Dialog des Objekts {} – Register: {}.",
    )[side]
    rows = [frame.format(item[side], tab[side]) for item in MENU for tab in MENU[:3]]
    found = [row for number, row in enumerate(rows) if number not in lacking]
    for at in joined:
        found[at : at + 2] = [" ".join(found[at : at + 2])]
    return found


def test_documents_whose_lines_are_much_alike_belong_together_all_the_same() -> None:
    english = encoded(menu(0, (2, 3, 9, 17, 18, 25), (1, 10, 19)))
    german = encoded(menu(1, (5, 6, 13, 14, 22, 29), (3, 12)))
    beads = align(english, german, exact=False)
    assert stories.coverage(english, german, beads) < stories.TRANSLATION
    assert counterparts(english, german).share > 0.8
    [link] = stories.links([english, german], [(0, 1)])
    assert link.score > stories.TRANSLATION


@pytest.mark.parametrize(
    ("pairs", "uneven", "expected"),
    [(8.4, 0.63, True), (33.0, 0.49, True), (3.6, 1.05, False), (4.7, 0.91, False)],
)
def test_lengths_tell_translations_from_reports_on_one_event(
    pairs: float, uneven: float, expected: bool
) -> None:
    assert stories.even(Counterparts(0.75, pairs, uneven)) is expected


def test_what_recurs_in_a_language_is_boilerplate_where_its_translation_recurs_too() -> None:
    documents = [["Share this page", "One"], ["share  this PAGE!", "Two"], ["Teilen", "Eins"]]
    assert recurring(documents, ["en", "en", "de"]) == {("en", "share this page")}


def test_numbers_are_the_same_in_every_pair() -> None:
    def bead(left: Sequence[int], right: Sequence[int]) -> Bead:
        return Bead(left=tuple(left), right=tuple(right), confidence=0.9)

    joined = {
        (0, 1): [bead([0], [0]), bead([1, 2], [1])],
        (0, 2): [bead([0], [0]), bead([1], [1]), bead([2], [2])],
        (1, 2): [bead([0], [0]), bead([1], [1, 2])],
    }
    numbered = axis.number(joined)
    assert list(numbered[0, 1].values()) == [(1,), (2, 3)]
    assert list(numbered[0, 2].values()) == [(1,), (2,), (3,)]
    assert list(numbered[1, 2].values()) == [(1,), (2, 3)]


def test_two_pairs_that_a_third_language_says_are_one_never_share_their_numbers() -> None:
    """Two lines of a file would have one id: the build ended with a traceback."""
    first = Bead(left=(0,), right=(0,), confidence=0.8)
    second = Bead(left=(1,), right=(1,), confidence=0.7)
    story = {
        (0, 1): [Bead(left=(0, 1), right=(0,), confidence=0.9)],
        (0, 2): [Bead(left=(0, 1), right=(1,), confidence=0.9)],
        (1, 2): [first, second],
    }
    assert len(set(axis.number(story)[1, 2].values())) == 1

    kept = axis.distinct(story)

    assert kept == {**story, (1, 2): [first]}
    assert axis.number(kept)[1, 2] == {first: (1, 2)}
    assert boundaries.agreeing(story) == {**story, (1, 2): []}


def test_pairs_that_nothing_ties_to_the_finest_division_bear_numbers_of_their_own() -> None:
    """Two right pairs bore the same numbers, and the less sure one was left out."""
    single = [Bead(left=(i,), right=(i,), confidence=0.9) for i in range(2)]
    story = {
        (0, 1): [Bead(left=(0, 1, 2), right=(0, 1), confidence=0.9)],
        (1, 2): single,
    }
    assert axis.distinct(story) == story
    assert list(axis.number(story)[1, 2].values()) == [(1,), (2, 3)]


def rows_of(documents: Sequence[NoisyDocument], *, chance: random.Random) -> axis.Beads:
    """The right pairs of a story, with some confidence each."""
    return {
        (a, b): [
            Bead(left=left, right=right, confidence=round(chance.uniform(0.5, 0.999), 3))
            for left, right in sorted(gold_beads(documents[a], documents[b])[0])
        ]
        for a, b in itertools.combinations(range(len(documents)), 2)
    }


@pytest.mark.parametrize("seed", range(8))
def test_right_pairs_never_contradict_each_other_and_a_wrong_one_takes_none_with_it(
    seed: int,
) -> None:
    chance = random.Random(seed)
    documents = make_documents([[*LIBRARY, *RESCUE]], seed, merged=0.3, missing=0.15)
    right = rows_of(documents, chance=chance)
    assert boundaries.agreeing(right) == right
    pair = (0, 1)
    moved = [
        Bead(left=one.left, right=two.right, confidence=0.45)
        for one, two in itertools.pairwise(right[pair])
        if one.right[-1] + 1 == two.right[0]
    ]
    assert moved
    for wrong in moved:
        kept = [bead for bead in right[pair] if not {*bead.left} & {*wrong.left}]
        kept = [bead for bead in kept if not {*bead.right} & {*wrong.right}]
        mixed = {**right, pair: sorted([*kept, wrong], key=lambda bead: bead.left)}
        assert set(boundaries.agreeing(mixed)[pair]) >= set(kept)


def test_a_pair_that_crosses_what_two_other_languages_say_is_left_out() -> None:
    def bead(left: int, right: int, confidence: float = 0.9) -> Bead:
        return Bead(left=(left,), right=(right,), confidence=confidence)

    story = {(0, 1): [bead(1, 1)], (0, 2): [bead(1, 1)], (1, 2): [bead(0, 2, 0.8)]}
    assert boundaries.agreeing(story) == {**story, (1, 2): []}


def test_the_order_of_documents_changes_nothing() -> None:
    documents = make_documents([LIBRARY], seed=3)
    views = {d.language: encoded(d.paragraphs) for d in documents}
    names = sorted(views)
    first = align_story(
        {(a, b): (views[names[a]], views[names[b]]) for a, b in itertools.combinations(range(4), 2)}
    )
    random.Random(1).shuffle(documents)
    again = {d.language: encoded(d.paragraphs) for d in documents}
    second = align_story(
        {(a, b): (again[names[a]], again[names[b]]) for a, b in itertools.combinations(range(4), 2)}
    )
    assert first == second
