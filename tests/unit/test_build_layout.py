"""How a plain text is laid out, found and said; the user's word goes before it."""

from __future__ import annotations

import textwrap
from collections import Counter
from pathlib import Path

import pytest

from mtbench.cli.main import run
from mtbench.documents.build import build_corpus
from mtbench.documents.layout import Layout, joined, read_text
from mtbench.documents.records import BuildOptions
from mtbench.errors import RequestError
from tests.support.parallel_text import LIBRARY
from tests.support.story import STORIES

PARAGRAPHS = (
    "The lighthouse on the cape was lit for the first time in 1847, after nine years of work, and "
    "it has been lit every night since then, but for the years of the war.",
    "Its lamp burned whale oil and could be seen from twenty miles away. The keeper climbed the "
    "stairs four times a night to wind the clockwork that turned the lens.",
    "Today the tower belongs to the town, which opens it to visitors every Sunday in summer.",
    "In winter nobody climbs the stairs, the door is locked, and gulls have the gallery for "
    "themselves; the lamp is lit by a clock in the harbour office, two miles away.",
)


def wrapped(first: str = "", rest: str = "", *, width: int = 60) -> list[str]:
    return [
        textwrap.fill(one, width, initial_indent=first, subsequent_indent=rest)
        for one in PARAGRAPHS
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\n".join(PARAGRAPHS), "a paragraph per line"),
        ("\r\n\r\n".join(PARAGRAPHS), "a paragraph per line"),
        ("\n\n".join(wrapped()), "wrapped at 60 columns, paragraphs apart by blank lines"),
        ("\n".join(wrapped("   ")), "wrapped at 60 columns, paragraphs that begin with an indent"),
        ("\n\n".join(wrapped("\t")), "wrapped at 67 columns, paragraphs that begin with an indent"),
        (
            "\n".join(wrapped("", "    ")),
            "wrapped at 59 columns, paragraphs of which all lines but the first are indented",
        ),
        ("\n".join(wrapped()), "wrapped at 60 columns, paragraphs that end with a short line"),
        (
            "\n\n\n".join(wrapped()).replace("\n", "\n\n"),
            "wrapped at 60 columns, double-spaced, paragraphs apart by blank lines",
        ),
        (
            textwrap.indent("\n\n".join(wrapped()), " " * 8),
            "wrapped at 68 columns, paragraphs apart by blank lines",
        ),
    ],
)
def test_every_layout_gives_the_same_paragraphs(text: str, words: str) -> None:
    assert read_text(text) == (PARAGRAPHS, words)


def test_japanese_is_joined_without_spaces() -> None:
    text = (
        "岬の灯台は九年の工事を経て一八四七年に初めて点灯された。"
        "その灯りは二十海里先からも見えたという。"
    )
    lines = [text[at : at + 16] for at in range(0, len(text), 16)]

    assert read_text("\n".join(lines)).paragraphs == (text,)


def test_items_of_a_list_and_short_headings_stay_apart() -> None:
    text = "The lighthouse\n" + wrapped()[0] + "\n- one\n- two\n\n" + wrapped()[1]

    assert read_text(text).paragraphs == (
        "The lighthouse", PARAGRAPHS[0], "- one", "- two", PARAGRAPHS[1],
    )  # fmt: skip


FULL = "The keeper wound the clockwork four times a night."
"""A paragraph of one line that just fills it at a width of 50."""


def test_a_full_line_ends_a_paragraph_where_paragraphs_are_sentences() -> None:
    """No sentence ends within a line, so none but a paragraph's ends with one."""
    sentences = [one["en"] for one in LIBRARY]
    some = [*sentences[:2], FULL, *sentences[2:]]
    text = "\n".join(textwrap.fill(one, len(FULL)) for one in some)

    assert read_text(text).paragraphs == tuple(some)


def test_a_full_line_goes_on_where_paragraphs_have_many_sentences() -> None:
    prose = f"{FULL} {' '.join(one['en'] for one in LIBRARY)} {' '.join(PARAGRAPHS)}"
    text = "\n".join(textwrap.fill(one, len(FULL)) for one in (prose, PARAGRAPHS[0]))

    assert read_text(text).paragraphs == (prose, PARAGRAPHS[0])


def test_paragraphs_that_begin_with_small_letters_stay_apart_at_an_even_margin() -> None:
    """Entries of a glossary: half of their first lines look as if a sentence went on."""
    words = ("lamp", "wick", "oil", "log")
    some = [f"{word}: {one}" for word, one in zip(words, PARAGRAPHS, strict=True)]
    some += [f"{word} (old)" for word in ("glass", "rope", "bell", "boat")]
    text = "\n".join(textwrap.fill(one, 60) for one in some)

    assert read_text(text).paragraphs == tuple(some)


def test_entries_in_small_letters_are_no_wrapped_text() -> None:
    entries = (
        "lamp", "wick: what the oil climbs", "oil", "log: where the keeper wrote what he had seen",
        "glass", "rope: for boats and bells", "bell: rung in fog", "boat", "stairs: 128 of them",
    )  # fmt: skip

    assert read_text("\n".join(entries)) == (entries, "a paragraph per line")


GERMAN = (
    "Wählen Sie Format und dann Linie.", "Wählen Sie Titel.", "Klicken Sie auf das Symbol.",
    "Wählen Sie im Menü Format den Eintrag Diagrammfläche und dann Register Transparenz.",
    "Rechtsklicken Sie auf ein Objekt und wählen Sie Linie und Linienspitzen im Menü.",
    "Wählen Sie in der Symbolleiste Zeichnung das Aufklappmenü Linienspitzen.",
    "Wählen Sie in der Symbolleiste Bild und Linie den Eintrag Flächenfüllung.",
)  # fmt: skip
"""Of a manual: what goes on begins with nouns, and many paragraphs are of one line."""


@pytest.mark.parametrize(
    ("between", "first", "rest", "words"),
    [
        ("\n\n", "", "", "paragraphs apart by blank lines"),
        ("\n", "    ", "", "paragraphs that begin with an indent"),
        ("\n", "", "    ", "paragraphs of which all lines but the first are indented"),
    ],
)
def test_layout_shows_what_goes_on_where_capitals_hide_it(
    between: str, first: str, rest: str, words: str
) -> None:
    text = between.join(
        textwrap.fill(one, 66, initial_indent=first, subsequent_indent=rest) for one in GERMAN
    )

    assert not any(line.strip()[:1].islower() for line in text.splitlines())
    found = read_text(text)
    assert found.paragraphs == GERMAN
    assert found.words.endswith(words)


def test_lines_that_stand_together_and_are_not_full_are_paragraphs() -> None:
    """Stanzas, addresses, items: some are as long as the longest, by chance."""
    text = "\n\n".join("\n".join(GERMAN[:3] + GERMAN[at : at + 1]) for at in (3, 4))

    assert read_text(text).words == "a paragraph per line"


@pytest.mark.parametrize("around", ["A heading\n\n", "\n\n".join(wrapped()) + "\n\n"])
def test_rows_of_a_table_are_paragraphs(around: str) -> None:
    rows = [f"| {name:<12} | {value:<12} |" for name, value in zip("abcde", "vwxyz", strict=True)]

    found = read_text(around + "\n".join(rows)).paragraphs

    assert found[-5:] == tuple(" ".join(row.split()) for row in rows)
    assert len(found) == 5 + around.count("\n\n")


def test_items_in_small_letters_begin_paragraphs_of_hanging_indents() -> None:
    """The lines that go on are known by the full ones before them."""
    some = [one[:1].lower() + one[1:] for one in PARAGRAPHS]
    some += [f"{word} of the lighthouse" for word in ("lamp", "wick", "glass", "rope", "boat")]
    text = "\n".join(textwrap.fill(one, 60, subsequent_indent="    ") for one in some)

    assert read_text(text) == (
        tuple(some),
        "wrapped at 59 columns, paragraphs of which all lines but the first are indented",
    )


def test_headlines_of_one_length_are_no_wrapped_text() -> None:
    lines = [f"A headline of some {word} words" for word in ("great", "small", "plain", "stark")]

    assert read_text("\n".join(lines)) == (tuple(lines), "a paragraph per line")


@pytest.mark.parametrize(
    ("one", "two", "whole"),
    [
        ("the won-", "derful lamp", "the wonderful lamp"),
        ("von Nord-", "und Südsee", "von Nord- und Südsee"),
        ("the San-", "Diego line", "the San-Diego line"),
        ("a well-", "known lamp", "a well-known lamp"),
        ("it is decades-", "long work", "it is decades-long work"),
        ("they said -", "and went", "they said - and went"),
    ],
)
def test_a_divided_word_is_made_whole(one: str, two: str, whole: str) -> None:
    words = Counter(("well-known", "decades", "long"))
    assert joined(one, two, words) == whole


def files(folder: Path) -> list[Path]:
    found = []
    for tag in ("en", "it"):
        found.append(folder / f"{tag}.txt")
        text = "\n\n".join(textwrap.fill(one, 60) for one in STORIES["bakery"][tag])
        found[-1].write_text(text, encoding="utf-8")
    return found


def test_the_layout_is_said_and_can_be_overruled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = files(tmp_path)
    output = str(tmp_path / "corpus")

    assert run(["corpus", "build", *map(str, paths), "-o", output]) == 0
    said = capsys.readouterr().err
    assert "read as: wrapped at 60 columns, paragraphs apart by blank lines" in said

    layouts: dict[str, Layout] = {"en.txt": "lines"}
    built = build_corpus(paths, BuildOptions(layout="blocks", layout_of=layouts))
    read_as = {d.language: d.read_as for d in built.report.documents}
    assert read_as["en"] == "a paragraph per line"
    assert read_as["it"].endswith("paragraphs apart by blank lines")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("--layout", "box"), "unknown --layout: 'box'"),
        (("--layout", "lines", "--layout", "blocks"), "--layout is given twice"),
        (("--layout", "no.txt=lines"), "unknown document in --layout"),
    ],
)
def test_a_wrong_layout_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given: tuple[str, ...], message: str
) -> None:
    paths = files(tmp_path)
    assert run(["corpus", "build", *map(str, paths), "-o", str(tmp_path / "c"), *given]) == 2
    assert message in capsys.readouterr().err


def test_a_layout_of_a_web_page_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<p>One.</p>", encoding="utf-8")
    with pytest.raises(RequestError, match=r"--layout: .*a\.html is not plain text"):
        build_corpus([tmp_path / "a.html"], BuildOptions(layout="lines"))
