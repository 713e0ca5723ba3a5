"""Raw documents to a corpus: what is fixed by hand, what comes out, what is told."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from mtbench.documents import build as stage
from mtbench.documents.records import Build, BuildOptions
from mtbench.errors import RequestError, UnknownName
from mtbench.languages import LanguagePair
from tests.support.story import STORIES, encoder, write, write_stories

pytestmark = pytest.mark.slow  # sentences are encoded: weights

NAVIGATION = {
    "en": "Home | News | Sport | Contact us",
    "it": "Home | Notizie | Sport | Contattaci",
    "de": "Startseite | Nachrichten | Sport | Kontakt",
}


def build_corpus(paths: Sequence[str], options: BuildOptions | None = None) -> Build:
    return stage.build_corpus(paths, options, encoder())


def rows(build: Build, file: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in build.files[file].splitlines()]


def texts(build: Build, file: str) -> list[dict[str, object]]:
    """Segments without their confidence, which depends on all languages of a story."""
    return [{k: v for k, v in row.items() if k != "alignment"} for row in rows(build, file)]


def test_stories_and_languages_are_found_whatever_the_order(tmp_path: Path) -> None:
    documents = write_stories(tmp_path, "en", "it", "de")
    build = build_corpus(documents)
    assert sorted(build.files) == ["card.toml", "en-de.jsonl", "en-it.jsonl", "it-de.jsonl"]
    english = sorted(text for story in STORIES.values() for text in story["en"])
    assert sorted(str(row["src"]) for row in rows(build, "en-it.jsonl")) == english
    random.Random(3).shuffle(documents)
    again = build_corpus(documents)
    assert again.files == build.files
    assert again.report == build.report


def test_a_segment_has_one_id_in_all_files(tmp_path: Path) -> None:
    build = build_corpus(write_stories(tmp_path, "en", "it", "de"))
    italian = {row["id"]: row["ref"] for row in rows(build, "en-it.jsonl")}
    german = {row["id"]: row["ref"] for row in rows(build, "en-de.jsonl")}
    for row in rows(build, "it-de.jsonl"):
        assert italian[row["id"]] == row["src"]
        assert german[row["id"]] == row["ref"]
    first = rows(build, "en-it.jsonl")[0]
    assert str(first["id"]) == f"{first['doc']}/1"


def test_names_of_files_are_in_no_output(tmp_path: Path) -> None:
    one = build_corpus(write_stories(tmp_path / "a", "en", "it"))
    renamed = []
    for path in write_stories(tmp_path / "b", "en", "it"):
        renamed.append(str(Path(path).rename(path.replace(".txt", "-other.txt"))))
    assert build_corpus(renamed).files == one.files


def test_a_language_is_added_by_one_document_without_moving_an_id(tmp_path: Path) -> None:
    two = build_corpus(write_stories(tmp_path / "a", "en", "it"))
    three = build_corpus(write_stories(tmp_path / "b", "en", "it", "de"))
    assert texts(three, "en-it.jsonl") == texts(two, "en-it.jsonl")
    assert "en-de.jsonl" in three.files and "it-de.jsonl" in three.files


def test_english_is_the_source_and_then_the_order_asked_for(tmp_path: Path) -> None:
    documents = write_stories(tmp_path, "de", "it", "en")
    ordered = BuildOptions(languages=("de", "it", "en"))
    assert sorted(build_corpus(documents, ordered).report.files) == [
        "de-it.jsonl",
        "en-de.jsonl",
        "en-it.jsonl",
    ]


def test_a_direction_asked_for_is_the_only_one(tmp_path: Path) -> None:
    documents = write_stories(tmp_path, "en", "it", "de")
    wanted = BuildOptions(pairs=(LanguagePair.parse("it-en"),))
    build = build_corpus(documents, wanted)
    assert sorted(build.files) == ["card.toml", "it-en.jsonl"]
    straight = rows(build_corpus(documents), "en-it.jsonl")
    turned = rows(build, "it-en.jsonl")
    assert [(r["src"], r["ref"]) for r in turned] == [(r["ref"], r["src"]) for r in straight]
    with pytest.raises(RequestError, match="no document is in Spanish"):
        build_corpus(documents, BuildOptions(pairs=(LanguagePair.parse("en-es"),)))


def test_every_paragraph_is_in_a_segment_or_left_out_with_a_reason(tmp_path: Path) -> None:
    documents = []
    for index, story in enumerate(STORIES.values()):
        for language, paragraphs in story.items():
            text = [NAVIGATION[language], *paragraphs, "* * *"]
            if (index, language) == (0, "en"):
                text.append("Maria Rossi is a writer who lives in Ancona with two cats.")
            documents.append(write(tmp_path, f"{index}{language}.txt", text))
    stranger = ["Sourdough needs flour, water and patience.", "Feed it once a day."]
    documents.append(write(tmp_path, "alone.txt", stranger))
    documents.append(write(tmp_path, "again.txt", stranger))
    report = build_corpus(documents).report
    reasons = {(d.reason, d.text) for d in report.dropped}
    assert {text for reason, text in reasons if reason == "boilerplate"} == set(NAVIGATION.values())
    assert {text for reason, text in reasons if reason == "no words"} == {"* * *"}
    assert {text for reason, text in reasons if reason == "no translation"} == set(stranger)
    assert {text for reason, text in reasons if reason == "duplicate"} == set(stranger)
    assert [text for reason, text in reasons if reason == "one-sided"] == [
        "Maria Rossi is a writer who lives in Ancona with two cats."
    ]
    for entry in report.documents:
        left_out = [d for d in report.dropped if d.document == entry.name]
        assert entry.kept + len(left_out) == entry.paragraphs
    notes = {Path(d.name).name: d.note for d in report.documents if d.note}
    assert notes["alone.txt"] == f"the same text as {tmp_path / 'again.txt'}"
    assert notes["again.txt"] == "no translation of it is here"


def test_a_document_given_twice_is_not_taken_for_boilerplate(tmp_path: Path) -> None:
    documents = write_stories(tmp_path, "en", "it")
    expected = build_corpus(documents)
    copy = write(tmp_path, "copy.txt", STORIES["bakery"]["en"])
    assert build_corpus([*documents, copy]).files["en-it.jsonl"] == expected.files["en-it.jsonl"]
    corrected = [*STORIES["bakery"]["en"], "This article was corrected on Monday."]
    version = write(tmp_path, "version.txt", corrected)
    build = build_corpus([*documents, version])
    assert len(rows(build, "en-it.jsonl")) == 6
    assert any("a version of" in d.note for d in build.report.documents)
    assert build_corpus([*documents, documents[0]]).files == expected.files


def test_the_language_can_be_said(tmp_path: Path) -> None:
    short = write(tmp_path, "short.txt", ["Guten Tag."])
    documents = [*write_stories(tmp_path, "en", "it"), short]
    with pytest.raises(RequestError, match=r"too short.*--language"):
        build_corpus(documents)
    report = build_corpus(documents, BuildOptions(language_of={"short.txt": "de"})).report
    assert [d.language for d in report.documents if d.name == short] == ["de"]


def test_a_language_that_is_none_of_those_named_is_refused(tmp_path: Path) -> None:
    documents = write_stories(tmp_path, "en", "it", "de")
    with pytest.raises(RequestError, match="its language is German"):
        build_corpus(documents, BuildOptions(languages=("en", "it")))


def test_stories_can_be_said(tmp_path: Path) -> None:
    documents = write_stories(tmp_path, "en", "it")
    wrong = {documents[0]: "mine", documents[3]: "mine"}
    build = build_corpus(documents, BuildOptions(story_of=wrong))
    fixed = [s for s in build.report.stories if s.match is None]
    assert [set(s.documents.values()) for s in fixed] == [{documents[0], documents[3]}]


@pytest.mark.parametrize(
    ("story_of", "message"),
    [
        ({"none.txt": "a"}, "unknown document in --story: 'none.txt'"),
        ({"00.txt": "a"}, "only .*00.txt has the label"),
        ({"00.txt": "a", "10.txt": "a"}, "both in English"),
    ],
)
def test_a_story_that_cannot_be_is_refused(
    tmp_path: Path, story_of: dict[str, str], message: str
) -> None:
    documents = write_stories(tmp_path, "en", "it")
    with pytest.raises(RequestError, match=message):
        build_corpus(documents, BuildOptions(story_of=story_of))


def test_a_name_that_is_several_documents_is_refused(tmp_path: Path) -> None:
    documents = [*write_stories(tmp_path / "a", "en"), *write_stories(tmp_path / "b", "it")]
    with pytest.raises(RequestError, match="is the name of 2 documents"):
        build_corpus(documents, BuildOptions(language_of={"00.txt": "en"}))
    with pytest.raises(UnknownName, match="--language"):
        build_corpus(documents, BuildOptions(language_of={"99.txt": "en"}))


def test_a_document_of_nothing_but_boilerplate_is_told(tmp_path: Path) -> None:
    documents = write_stories(tmp_path, "en", "it")
    menu = ["Read more stories like this one in our archive", "Subscribe to the newsletter today"]
    for index, other in enumerate(
        ["The ferry is late.", "A new bridge opened.", "It rained again."]
    ):
        documents.append(write(tmp_path, f"menu{index}.txt", [*menu, other]))
    documents.append(write(tmp_path, "only.txt", menu))
    report = build_corpus(documents).report
    notes = {Path(d.name).name: d.note for d in report.documents}
    assert notes["only.txt"] == "nothing but boilerplate"


def test_the_card_says_how_the_corpus_came_to_be(tmp_path: Path) -> None:
    card = build_corpus(write_stories(tmp_path, "en", "it")).files["card.toml"]
    assert (
        "Aligned automatically from raw documents by mtbench corpus build (unit: paragraph" in card
    )
    assert '"en-it.jsonl" = ' in card


def test_sentences_have_one_id_in_all_files(tmp_path: Path) -> None:
    documents = write_stories(tmp_path, "en", "it", "de")
    build = build_corpus(documents, BuildOptions(unit="sentence"))
    found = rows(build, "en-it.jsonl")
    assert len(found) == 7
    texts = {str(row["src"]): row for row in found}
    oil = texts["Its lamp burned whale oil and could be seen from twenty miles away."]
    stairs = texts["The keeper climbed the stairs four times a night."]
    assert (
        oil["ref"]
        == "La sua lampada bruciava olio di balena e si vedeva da venti miglia di distanza."
    )
    assert stairs["ref"] == "Il guardiano saliva le scale quattro volte per notte."
    assert (oil["id"], stairs["id"]) == (f"{oil['doc']}/2.1", f"{oil['doc']}/2.2")
    german = {row["id"]: row["ref"] for row in rows(build, "en-de.jsonl")}
    assert german[stairs["id"]] == "Der Wärter stieg viermal in der Nacht die Treppe hinauf."
    assert [row["id"] for row in rows(build, "it-de.jsonl")] == [row["id"] for row in found]


def test_a_joined_sentence_names_its_parts_and_a_lone_one_is_told(tmp_path: Path) -> None:
    english = [
        "The ferry to the island leaves at eight in the morning. It takes forty minutes. Dogs "
        "travel for free.",
    ]
    italian = [
        "Il traghetto per l'isola parte alle otto di mattina e impiega quaranta minuti. I cani "
        "viaggiano gratis. Il bar di bordo vende panini al formaggio e vino rosso della casa.",
    ]
    en = write(tmp_path, "a.txt", [*STORIES["bakery"]["en"], *english])
    it = write(tmp_path, "b.txt", [*STORIES["bakery"]["it"], *italian])
    build = build_corpus(
        [en, it], BuildOptions(unit="sentence", story_of={"a.txt": "one", "b.txt": "one"})
    )
    leaves = "The ferry to the island leaves at eight in the morning."
    ferry = {str(r["id"]).split("/")[1]: r["src"] for r in rows(build, "en-it.jsonl")[3:]}
    assert ferry == {
        "4.1+4.2": f"{leaves} It takes forty minutes.",
        "4.3": "Dogs travel for free.",
    }
    lone = [d for d in build.report.dropped if d.sentence is not None]
    assert [(d.document, d.paragraph, d.sentence, d.reason) for d in lone] == [
        (it, 4, 3, "one-sided")
    ]
    assert build.report.pairs[0].joined == 1
