"""Everything that looks at a text: scripts, word units, the language, patterns that stay linear."""

from __future__ import annotations

import re
from types import ModuleType

import pytest

from mtbench.documents import doubts, markup
from mtbench.errors import RequestError
from mtbench.health import detectors, language
from mtbench.plugins import require
from mtbench.text import anchors, identify, numbers, patterns, scripts
from mtbench.text.belongs import belongs
from mtbench.text.identify import DocumentLanguages
from mtbench.text.scripts import UNSPACED, joiner, scripts_of, word_units

THAI = (
    "นายกเทศมนตรีเปิดสะพานใหม่ข้ามแม่น้ำเมื่อเช้านี้ และกล่าวขอบคุณชาวเมืองทุกคนที่ช่วยกันสร้าง "
    "สะพานเดิมถูกน้ำท่วมพัดหายไปเมื่อปีที่แล้ว ตั้งแต่นั้นมาผู้คนต้องข้ามแม่น้ำด้วยเรือ"
)
LAO = "ເຈົ້າເມືອງໄດ້ເປີດຂົວໃໝ່ຂ້າມແມ່ນ້ຳໃນຕອນເຊົ້ານີ້ ແລະໄດ້ຂອບໃຈຊາວເມືອງທຸກຄົນທີ່ຊ່ວຍກັນສ້າງ"


def test_a_thai_document_is_told_like_any_other() -> None:
    """It has hardly a space, so that it was "too short" by words and by code points."""
    assert DocumentLanguages().identify(THAI, "a.txt")[0] == "th"
    assert DocumentLanguages(["lo", "th", "km", "my"]).identify(LAO, "a.txt")[0] == "lo"


def test_a_document_of_a_few_words_is_not_guessed_at() -> None:
    with pytest.raises(RequestError, match="too short"):
        DocumentLanguages().identify("สวัสดี", "a.txt")


@pytest.mark.parametrize(
    ("text", "units"),
    [("", 0), ("one two", 2), ("今天早上", 2), ("iPhone 今天早上", 3), ("Привет, мир", 2)],
)
def test_word_units_of_any_script(text: str, units: int) -> None:
    assert word_units(text) == units


def test_one_notion_of_what_is_written_without_spaces() -> None:
    assert {joiner(tag) for tag in UNSPACED} == {""}
    assert joiner("zh-Hant") == "" and joiner("ko") == joiner("de") == " "
    assert scripts_of("sr") == {"CYRILLIC", "LATIN"} and scripts_of("sr-Latn") == {"LATIN"}
    assert scripts_of("tlh") == frozenset() or "LATIN" in scripts_of("tlh")


@pytest.mark.parametrize(
    ("text", "tag", "kind"),
    [
        ("Шеф полиции сказал, что Билл Гейтс и Ant McPartlin не приедут.", "ru", "target"),
        ("今年は「I'm A Celebrity」の司会をHolly Willoughbyが務めます。", "ja", "target"),
        ("Кметът откри новия мост над реката и благодари на всички хора от града.", "ru", "other"),
        ("Сьогодні вранці мер відкрив новий міст через річку.", "ru", "other"),
        ("這個國家的語言非常豐富。", "zh", "other"),
        ("這個國家的語言非常豐富。", "zh-Hant", "target"),
        ("佢哋今日冇嚟，因為落緊大雨。", "zh-Hant", "other"),
        ("今天早上市长为一座横跨河流的新桥举行了开通仪式。", "ja", "other"),
        ("Starosta otvoril nový most a poďakoval ľuďom z mesta za ich pomoc.", "cs", "other"),
        ("Merci", "de", "undecided"),
    ],
)
def test_letters_and_scripts_decide_first(text: str, tag: str, kind: str) -> None:
    assert belongs(text, tag).kind == kind


def test_a_broken_identifier_leaves_scripts_and_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(module: str, what: str, extra: str) -> ModuleType:
        made = ModuleType(module)
        made.LangDetectConfig = lambda **options: None  # type: ignore[attr-defined]
        return made

    monkeypatch.setattr(identify, "require", broken)
    identify._detector.cache_clear()
    try:
        assert "does not work here" in (identify.unavailable() or "")
        assert identify.version() == "none"
        assert belongs("Доброе утро, дорогие друзья и коллеги", "de").kind == "other"
        assert belongs("Good morning, dear friends and colleagues", "de").kind == "undecided"
    finally:
        monkeypatch.setattr(identify, "require", require)
        identify._detector.cache_clear()


PATTERNS = [
    (f"{module.__name__}.{name}", value)
    for module in (anchors, detectors, doubts, language, markup, numbers, patterns, scripts)
    for name, value in vars(module).items()
    if isinstance(value, re.Pattern)
]
HOSTILE = {
    "letters": "a" * 60_000,
    "a capital and letters": "A" + "a" * 60_000,
    "dots": "." * 60_000,
    "digits": "1" * 60_000,
    "stops and spaces": ". " * 30_000,
    "quotes": '."' * 30_000,
    "at signs": "a@" * 30_000,
    "mail": "a.b-c" * 12_000 + "@",
    "opened tags": "<a " * 20_000,
    "front matter": "---\n" + "-a: b\n" * 10_000,
    "blanks": " " * 60_000,
}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_patterns_take_time_linear_in_the_text(hostile: str) -> None:
    """A quadratic one would take minutes here, an exponential one for ever."""
    for _, pattern in PATTERNS:
        for _ in pattern.finditer(HOSTILE[hostile]):
            pass


RELATIVES = [
    ("sk", "Ktorý z nich bol podľa vás lepší? Myslím, že sa to nedá povedať.", "cs"),
    ("cs", "Podle nás to není pravda, protože který z nich by to byl řekl.", "sk"),
    ("es", "El hombre y la mujer viven en una casa muy grande con su hijo.", "pt"),
    ("pt", "O homem e a mulher moram em uma casa muito grande com o seu filho.", "es"),
    ("bg", "Това е къщата, която видях вчера, и тя ще бъде продадена.", "ru"),
    ("be", "Гэта дом, які яны купілі, калі ён быў яшчэ новы.", "uk"),
    ("ru", "Это дом, который они купили, когда он был ещё новым.", "be"),
    ("sv", "Det är inte huset som jag såg när jag var här från början.", "da"),
    ("et", "See on maja, mida ma nägin, aga ta ei ole enam siin.", "fi"),
]


@pytest.mark.parametrize(("written", "text", "wanted"), RELATIVES)
def test_relatives_are_told_by_their_letters_and_words(
    written: str, text: str, wanted: str
) -> None:
    assert belongs(text, wanted).kind == "other"
    assert belongs(text, wanted).language == written
    assert belongs(text, written).kind != "other"


def test_a_text_that_names_nobody_is_not_taken_for_the_written_sibling() -> None:
    assert belongs("Dette er en test av hvordan det går når vi ikke vet noe", "nb").kind == "target"
    assert belongs("Ti store hester løp over broen", "da").kind != "other"


def test_variables_and_markup_say_nothing_of_a_language() -> None:
    text = "<span color='$color'>$number_or_percent</span> 召回费用 很高"
    assert belongs(text, "zh").kind != "other"


def test_bokmal_is_known_by_its_sibling() -> None:
    french = "Les enfants jouent dans le jardin avec leurs amis depuis ce matin"
    assert belongs(french, "nb").kind == "other"
