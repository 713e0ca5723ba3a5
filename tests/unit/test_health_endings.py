"""What chat models put after a translation: wishes and remarks, in the language of the answer."""

from __future__ import annotations

from itertools import pairwise

import pytest

from mtbench.health.garbage import chatter
from mtbench.health.texts import SegmentTexts
from tests.bench.health import TAGS, TEXTS
from tests.support.wmt22 import lines_of

SOURCE = "The market opens at eight."
ANSWERS = {
    "ar": "يفتح السوق في الثامنة.",
    "de": "Der Markt öffnet um acht.",
    "el": "Η αγορά ανοίγει στις οκτώ.",
    "es": "El mercado abre a las ocho.",
    "fr": "Le marché ouvre à huit heures.",
    "he": "השוק נפתח בשמונה.",
    "hi": "बाज़ार आठ बजे खुलता है।",
    "it": "Il mercato apre alle otto.",
    "ja": "市場は八時に開きます。",
    "ko": "시장은 여덟 시에 엽니다.",
    "pl": "Targ otwiera się o ósmej.",
    "pt": "O mercado abre às oito.",
    "ru": "Рынок открывается в восемь.",
    "th": "ตลาดเปิดแปดโมง",
    "tr": "Pazar sekizde açılır.",
    "uk": "Ринок відкривається о восьмій.",
    "vi": "Chợ mở cửa lúc tám giờ.",
    "zh": "市场八点开门。",
}
WISHES = [
    ("ar", "آمل أن يكون هذا مفيدًا!"),
    ("ar", "إذا كان لديك أي أسئلة أخرى، فلا تتردد في طرحها."),
    ("de", "Ich hoffe, das hilft Ihnen weiter!"),
    ("de", "Lassen Sie es mich wissen, wenn Sie weitere Hilfe benötigen."),
    ("el", "Ελπίζω να βοηθάει!"),
    ("es", "Espero que esto te ayude."),
    ("es", "No dudes en preguntarme si necesitas algo más."),
    ("fr", "J’espère que cela vous aidera !"),
    ("fr", "N'hésitez pas à me demander si vous avez d'autres questions."),
    ("he", "אני מקווה שזה עוזר!"),
    ("hi", "मुझे आशा है कि यह मददगार होगा।"),
    ("it", "Spero che questo ti sia utile!"),
    ("it", "Fammi sapere se hai bisogno di altro."),
    ("ja", "お役に立てば幸いです。"),
    ("ja", "他にご質問がございましたら、お知らせください。"),
    ("ko", "도움이 되었기를 바랍니다!"),
    ("pl", "Mam nadzieję, że to pomoże!"),
    ("pt", "Espero que isso ajude!"),
    ("ru", "Надеюсь, это поможет!"),
    ("ru", "Если у вас есть ещё вопросы, обращайтесь."),
    ("th", "หวังว่าจะเป็นประโยชน์นะคะ"),
    ("tr", "Umarım yardımcı olur!"),
    ("uk", "Сподіваюся, це допоможе!"),
    ("vi", "Hy vọng bản dịch này hữu ích!"),
    ("zh", "希望这对您有帮助！"),
    ("zh", "如果您有其他问题，请随时告诉我。"),
]
REMARKS = [
    ("ar", "ملاحظة: ترجمة حرفية."),
    ("el", "Σημείωση: κατά λέξη."),
    ("hi", "टिप्पणी: शब्दशः।"),
    ("ja", "訳注：直訳です。"),
    ("ko", "(역주: 직역)"),
    ("ru", "Примечание переводчика: дословно."),
    ("th", "หมายเหตุ: แปลตามตัวอักษร"),
    ("zh", "（译者注：直译）"),
]


@pytest.mark.parametrize("gap", [" ", "\n\n"])
@pytest.mark.parametrize(("tag", "wish"), WISHES)
def test_a_wish_after_the_translation_is_chatter(tag: str, wish: str, gap: str) -> None:
    assert chatter(SegmentTexts(SOURCE, ANSWERS[tag] + gap + wish))


@pytest.mark.parametrize(("tag", "wish"), WISHES)
def test_a_wish_of_the_source_is_translated(tag: str, wish: str) -> None:
    asked = "The market opens at eight. I hope this helps; let me know if you have questions."
    assert chatter(SegmentTexts(asked, f"{ANSWERS[tag]} {wish}")) is None
    assert chatter(SegmentTexts(SOURCE, wish)) is None  # there is nothing that it could end


@pytest.mark.parametrize(("tag", "remark"), REMARKS)
def test_a_remark_after_a_blank_line_is_chatter(tag: str, remark: str) -> None:
    assert chatter(SegmentTexts(SOURCE, f"{ANSWERS[tag]}\n\n{remark}"))
    noted = f"{SOURCE}\n\nNote: word by word."
    assert chatter(SegmentTexts(noted, f"{ANSWERS[tag]}\n\n{remark}")) is None


@pytest.mark.skipif(not TEXTS.is_dir(), reason="NTREX-128 does not lie beside the checkout")
@pytest.mark.parametrize("name", TAGS)
def test_no_line_of_the_news_is_chatter(name: str) -> None:
    sources, texts = (lines_of(TEXTS / f"{one}.txt")[:700] for one in ("eng", name))
    pairs = list(zip(sources, texts, strict=True))
    # Two lines as one, too: then each second one ends what the first one says.
    pairs += [(f"{a} {c}", f"{b} {d}") for (a, b), (c, d) in pairwise(pairs)]
    assert not [text for source, text in pairs if chatter(SegmentTexts(source, text))]
