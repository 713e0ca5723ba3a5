"""What is odd about a segment, and what is not."""

from __future__ import annotations

import pytest

from mtbench.documents.doubts import doubts
from mtbench.documents.segments import AlignedSegment
from mtbench.languages import LanguagePair

PAIR = LanguagePair.parse("en-it")
LANGUAGES = ("en", "it")


def reasons(source: str, reference: str, confidence: float = 0.98) -> tuple[str, ...]:
    segment = AlignedSegment(
        story="a1f3",
        numbers=((1, 0),),
        left=0,
        right=1,
        left_places=((0, -1),),
        right_places=((0, -1),),
        source=source,
        target=reference,
        confidence=confidence,
    )
    found = doubts([segment], PAIR, LANGUAGES)
    return found[0].reasons if found else ()


@pytest.mark.parametrize(
    ("source", "reference", "reason"),
    [
        (
            "It was founded by the China Energy Commission. securities regulation, it said.",
            "Fu fondata dalla China Securities Regulatory Commission, secondo la dichiarazione.",
            "broken sentence (“Commission. securities”) in en",
        ),
        (
            "The statement was issued by sixteen agencies.",
            "La dichiarazione è stata emessa da sedici enti e dal",
            "no end of sentence (“…da sedici enti e dal”) in it",
        ),
        (
            "and the ministry of education signed it.",
            "Anche il ministero dell'istruzione l'ha firmata.",
            "no beginning of a sentence (“and the ministry of …”) in en",
        ),
        (
            "In 2019 the bank opened 164 branches.",
            "Nel 2018 la banca aprì 164 filiali.",
            "numbers differ: 2018, 2019",
        ),
        (
            "The keeper climbed the stairs.",
            "Il guardiano saliva le scale quattro volte per notte, anche d'inverno e con la neve.",
            "odd length: it is 2.8 times as long as usual",
        ),
        (
            "Industrial and Commercial Bank of China Ltd.",
            "Industrial and Commercial Bank of China Ltd",
            "near-copy: both sides say it in the same words",
        ),
        (
            "The president said that the country should go on.",
            "Il presidente ha detto https://example.org/a il paese dovrebbe continuare.",
            "a link in it alone",
        ),
    ],
)
def test_what_is_odd(source: str, reference: str, reason: str) -> None:
    assert reason in reasons(source, reference)


def test_low_confidence_is_odd() -> None:
    source, reference = "The tower belongs to the town.", "La torre appartiene al comune."
    assert reasons(source, reference) == ()
    assert reasons(source, reference, 0.31) == ("low confidence (0.31)",)


@pytest.mark.parametrize(
    ("source", "reference"),
    [
        ("Bank of China Co. and others signed.", "Bank of China Co. e altri hanno firmato."),
        ("China selects pilot zones", "La Cina seleziona zone pilota"),
        ("It cost 1,234.50 euros at 10:30.", "Costava 1.234,50 euro alle 10.30."),
        ("On 12/07/2022 it rained.", "Il 2022-12-07 ha piovuto."),
        ("Is it far? “No,” he said. “Go!”", "È lontano? «No», disse. «Vai!»"),
        ("the iPhone", "l'iPhone"),
    ],
)
def test_what_is_not_odd(source: str, reference: str) -> None:
    assert reasons(source, reference) == ()


def test_a_length_is_odd_against_what_is_usual_in_the_file() -> None:
    def segment(number: int, source: str, reference: str) -> AlignedSegment:
        return AlignedSegment(
            story="a1f3",
            numbers=((number, 0),),
            left=0,
            right=1,
            left_places=((0, -1),),
            right_places=((0, -1),),
            source=source,
            target=reference,
            confidence=0.99,
        )

    long, short = "word " * 20, "word " * 8
    usual = [segment(n, f"{long}{n}.", f"{short}{n}.") for n in range(1, 12)]
    assert not [d for d in doubts(usual, PAIR, LANGUAGES) if "odd length" in d.reasons[0]]
    odd = segment(12, long + "x.", long + "y.")
    found = [d.id for d in doubts([*usual, odd], PAIR, LANGUAGES) if "odd" in d.reasons[-1]]
    assert found == ["a1f3/12"]


def test_few_segments_in_a_script_without_spaces_have_no_usual_length() -> None:
    pair = LanguagePair.parse("en-zh")
    segment = AlignedSegment(
        story="a1f3",
        numbers=((1, 0),),
        left=0,
        right=1,
        left_places=((0, -1),),
        right_places=((0, -1),),
        source="Today the tower belongs to the town, which opens it on Sundays.",
        target="如今这座塔属于镇政府，每个星期日开放。",
        confidence=0.99,
    )
    assert doubts([segment], pair, ("en", "zh")) == []


def file_of(*texts: tuple[str, str]) -> list[tuple[str, ...]]:
    """Reasons for each segment of a file."""
    segments = [
        AlignedSegment("a1f3", ((at, 0),), 0, 1, ((at, -1),), ((at, -1),), source, target, 0.98)
        for at, (source, target) in enumerate(texts, start=1)
    ]
    told = {doubt.id: doubt.reasons for doubt in doubts(segments, PAIR, LANGUAGES)}
    return [told.get(segment.id, ()) for segment in segments]


PLAIN = ("The keeper climbed the stairs.", "Il guardiano saliva le scale.")


def test_a_segment_is_seen_beside_the_others_of_its_file() -> None:
    assert file_of(PLAIN, PLAIN, ("Home", "Pagina"), ("A line of text.", "Una riga."))[:3] == [
        ("stands 2 times in this file",),
        ("stands 2 times in this file",),
        ("one word",),
    ]
    assert file_of(
        ("The keeper climbed the stairs of", "Il guardiano saliva le scale della"),
        ("the tower four times a night.", "torre quattro volte per notte."),
    ) == [
        ("half a sentence: the next segment goes on with it",),
        ("half a sentence: it goes on with the segment before",),
    ]
    long = "The keeper climbed the stairs. " * 70, "Il guardiano saliva le scale. " * 70
    assert file_of(long) == [("long: 2,170 characters, more than most systems translate at once",)]


def test_a_translated_menu_is_still_a_menu() -> None:
    menu = [("Our news", "Le novità"), ("All sport", "Lo sport"), ("The shop", "Il negozio"),
            ("About us", "Chi siamo")]  # fmt: skip
    reason = ("one of 4 short lines in a row, like those of a menu",)
    assert file_of(PLAIN, *menu) == [(), *[reason] * 4]
    assert file_of(PLAIN, *menu[:3]) == [()] * 4
