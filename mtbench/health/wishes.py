"""The polite words with which a chat model ends an answer, after the translation."""

from __future__ import annotations

import re
from collections.abc import Sequence

TAIL = 240  # characters at the end in which an answer takes its leave
LAST = 2  # sentences of it
LONGEST = 160  # characters of such a sentence

_SENTENCE = re.compile(r"[^\W_][^\n.!?…。！？।؟]*")
_IN_THAI = re.compile(r" (?=หวังว่า|หากคุณ|หากมี|ถ้าคุณ)")  # which ends sentences by blanks
# How such a sentence begins, and what it goes on with, in small letters; English first.
_WISHES: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (
        ("i hope this", "i hope that", "i hope it", "i hope the trans", "hope this", "hope it"),
        ("help", "useful"),
    ),
    (("let me know if", "let me know whether", "please let me know", "just let me know"), ()),
    (("feel free to", "please feel free", "don't hesitate to", "please don't hesitate"), ()),
    (
        ("if you have any", "if you need any", "if you'd like"),
        ("question", "help", "further", "me"),
    ),
    (("is there anything else",), ()),
    (("希望这", "希望這", "希望以上", "希望我的", "希望能", "希望对", "希望對", "希望该", "希望此"),
     ("帮", "幫", "有用")),
    (("如果您", "如果你", "如您", "如有", "若您", "如需"),
     ("问题", "問題", "疑问", "疑問", "告诉", "告訴", "告知", "联系", "聯", "随时", "隨時")),
    (("请随时", "請隨時", "欢迎随时", "歡迎隨時"), ()),
    (("お役に立て", "これがお役", "この翻訳がお役", "少しでもお役"), ()),
    (("参考になれば", "ご参考になれば"), ()),
    (("他に", "ほかに", "その他", "何か"), ("質問", "お知らせ", "お申し付け", "遠慮なく")),
    (("도움이 되", "도움이 됐", "이것이 도움", "이 번역이", "번역이 도움", "제 번역이"),
     ("바랍", "바라", "좋겠")),
    (("더 필요", "추가로", "다른 질문", "궁금한", "더 궁금"), ("말씀", "알려", "문의")),
    (("надеюсь", "надеемся"), ("помо", "полез")),
    (("если у вас", "если вам", "если тебе", "дайте знать", "дайте мне знать", "обращайтесь"),
     ("вопрос", "нуж", "понадоб", "знать", "если")),
    (("сподіваюся", "сподіваюсь", "сподіваємо"), ("допомо", "корисн")),
    (("якщо у вас", "якщо вам", "дайте знати"), ("питан", "запитан", "потріб", "знати")),
    (("надявам се", "надам се", "спадзяюся", "се надевам"), ("помо", "полез", "корис", "дапам")),
    (("آمل أن", "أتمنى أن", "نأمل أن", "أرجو أن"),
     ("مفيد", "يساعد", "ساعد", "يفيد", "أفاد", "عون")),
    (("إذا كان لديك", "إذا كنت بحاجة", "إذا احتجت", "لا تتردد", "لا تترددي"),
     ("سؤال", "أسئلة", "استفسار", "مساعدة", "في")),
    (("امیدوارم",), ("مفید", "کمک")),
    (("امید ہے",), ("مدد", "مفید")),
    (("אני מקווה", "מקווה ש", "מקווים ש"), ("עוזר", "עזר", "יעזור", "מועיל", "שימושי", "תועלת")),
    (("ich hoffe",), ("hilft", "hilfreich", "helfen", "geholfen", "weiter")),
    (("lassen sie es mich wissen", "lassen sie mich wissen", "lass es mich wissen",
      "lass mich wissen", "bei weiteren fragen", "wenn sie weitere", "falls sie weitere",
      "wenn du weitere", "falls du weitere", "wenn sie noch fragen", "falls sie noch fragen",
      "melden sie sich gern"), ()),
    (("j'espère que", "j’espère que"), ("aide", "utile")),
    (("n'hésitez pas à", "n’hésitez pas à", "n'hésite pas à", "si vous avez d'autres",
      "si vous avez besoin"), ()),
    (("espero que",), ("ayud", "útil", "sirv", "ajud")),
    (("avísame", "avíseme", "hágame saber", "házmelo saber", "no dudes en", "no dude en",
      "si necesitas", "si necesita", "si tienes alguna", "si tiene alguna"), ()),
    (("me avise", "não hesite em", "se precisar de", "se tiver alguma", "fique à vontade"), ()),
    (("spero che",), ("aiut", "utile")),
    (("fammi sapere", "mi faccia sapere", "non esitare", "non esiti", "se hai altre",
      "se ha altre", "se hai bisogno"), ()),
    (("mam nadzieję", "daj znać", "jeśli masz", "jeśli potrzebujesz", "w razie pytań"),
     ("pomo", "przyda", "pomóc", "znać", "pyta", "pomocy")),
    (("doufám", "dúfam", "dejte mi vědět", "dajte mi vedieť", "pokud máte", "ak máte"),
     ("pomo", "pomů", "pomô", "užit", "vědět", "vedieť", "dotaz", "otáz")),
    (("nadam se", "upam, da", "upam da"), ("pomo", "pomag", "koris")),
    (("sper că", "sper ca"), ("ajut", "util", "folos")),
    (("remélem",), ("segít", "hasznos")),
    (("umarım",), ("yardım", "işe", "işin", "fayda")),
    (("başka bir sorunuz", "başka bir şey", "herhangi bir sorunuz"), ()),
    (("ik hoop dat", "hopelijk", "laat het me weten", "laat het mij weten"),
     ("help", "geholp", "nuttig", "weten")),
    (("jag hoppas", "hoppas att", "hoppas det", "jeg håber", "håber det", "jeg håper", "håper det"),
     ("hjälp", "nytta", "hjælp", "hjelp", "nytte")),
    (("toivottavasti", "toivon, että"), ("auttaa", "apua", "hyöty", "hyödy")),
    (("loodan, et", "tikiuosi", "ceru, ka"), ("abi", "aitab", "padė", "naudin", "palīdz", "noder")),
    (("ελπίζω", "ελπίζουμε"), ("βοηθ", "βοήθ", "χρήσιμ")),
    (("หวังว่า",), ("ช่วย", "ประโยชน์")),
    (("หากคุณ", "หากมี", "ถ้าคุณ"), ("คำถาม", "เพิ่มเติม", "สอบถาม")),
    (("tôi hy vọng", "hy vọng"), ("giúp", "hữu ích")),
    (("nếu bạn cần", "nếu bạn có", "nếu cần"), ("thêm", "câu hỏi", "cho tôi biết", "hãy")),
    (("semoga",), ("membantu", "bermanfaat", "berguna")),
    (("jika anda", "beri tahu saya", "beritahu saya"), ("pertanyaan", "bantuan", "tahu saya")),
    (("sana makatulong", "sana nakatulong"), ()),
    (("मुझे आशा है", "आशा है", "मुझे उम्मीद है", "उम्मीद है", "आशा करता", "आशा करती"),
     ("मदद", "सहाय", "उपयोगी")),
    (("আশা করি",), ("সাহায্য", "উপকার", "কাজে")),
)  # fmt: skip
SHORTEST = 2  # characters that tell most other sentences from these
_BEGINNINGS = frozenset(start[:SHORTEST] for starts, _ in _WISHES for start in starts)
# A source that hopes, offers or asks by itself, in whatever words.
_OF_ITSELF = re.compile(
    r"hope|hoping|wish|help|useful|let (?:me|us) know|question|feel free|hesitat|anything else",
    re.IGNORECASE,
)


def closing(text: str) -> str | None:
    """The wish with which an answer ends after something else; None where there is none.

    Example:
        >>> closing("Der Markt öffnet um acht. Ich hoffe, das hilft Ihnen!")
        'Ich hoffe, das hilft Ihnen'
        >>> closing("Ich hoffe, das hilft Ihnen!") is None
        True
    """
    tail = text[-TAIL:]
    if "\u0e2b" in tail:
        tail = _IN_THAI.sub("\n", tail)
    said = [found.group() for found in _SENTENCE.finditer(tail)]
    before = 1 if len(text) <= TAIL else 0  # what is cut off stands before all of them
    last = said[max(before, len(said) - LAST) :]
    return next((one.strip() for one in last if _is_wish(one)), None)


def wishes_itself(texts: Sequence[str]) -> bool:
    """Whether a source or reference hopes, offers or asks, so that a translation does, too.

    Example:
        >>> wishes_itself(["He hopes that it works."]), wishes_itself(["The market opens."])
        (True, False)
    """
    return any(_OF_ITSELF.search(text) or _wishes_somewhere(text.casefold()) for text in texts)


def _wishes_somewhere(small: str) -> bool:
    return any(start in small for starts, _ in _WISHES for start in starts)


def _is_wish(sentence: str) -> bool:
    if sentence[:SHORTEST].casefold() not in _BEGINNINGS or len(sentence) > LONGEST:
        return False
    small = sentence.casefold()
    return any(
        small.startswith(starts) and (not then or any(one in small for one in then))
        for starts, then in _WISHES
    )
