"""What machines put around or into a translation, each by its own name.

Every detector looks at what is in the hypothesis and nowhere in its source or references: a text
about markup may hold markup.
"""

from __future__ import annotations

import html.entities
import re
from collections.abc import Callable, Iterable, Sequence

from mtbench.health.texts import SegmentTexts
from mtbench.health.wishes import closing, wishes_itself
from mtbench.text.markup import ENTITY

_SHOWN = 60  # characters of evidence

_THINKING = re.compile(
    r"</?(?:think|thinking|thought|reasoning|reflection|scratchpad|analysis)>"
    r"|<\|(?:channel|message|start|return|constrain)\|>|◁/?think▷|\[/?THINK(?:ING)?\]"
    r"|\bassistantfinal\b|\banalysis(?=We\b|The user\b|User\b)",
    re.IGNORECASE,
)
_CONTROL = re.compile(
    r"</?s>|<(?:pad|unk|bos|eos|mask|sep|cls|blank|EOT)>|<\|[A-Za-z_0-9/ -]{1,40}\|>"
    r"|<(?:start|end)_of_(?:turn|text)>|\[/?INST\]|<</?SYS>>"
    r"|\[(?:CLS|SEP|PAD|UNK|MASK|EOS|BOS)\]|▁|\w@@(?=\s|$)|(?<=\s)@-@(?=\s)|</w>|<0x[0-9A-F]{2}>"
    r"|<extra_id_[0-9]+>|<2[a-z]{2,3}>|>>[a-z]{2,3}(?:_[A-Z][a-z]{3})?<<|__[a-z]{2,3}__|⁇"
    r"|(?<![\w-])[a-z]{3}_(?:Latn|Cyrl|Arab|Hans|Hant|Jpan|Hang|Deva|Thai|Hebr|Grek)(?![\w-])"
    r"|[ĠĊ](?=\w)",
)
_MARKDOWN = re.compile(
    r"```|~~~|\*\*[^*\n]{1,200}\*\*|^#{1,6}[ \t]\S|^[ \t]{0,3}>[ \t]\S|__[^_\n]{2,200}__",
    re.MULTILINE,
)
_NUMBERED = re.compile(
    r"(?:^|\n)[ \t]*(?:\(?([1-9])[.)]|(?:option|alternative|variante?|версия|вариант|选项|選項)"
    r"[ \t]*([1-9])[:.)])[ \t]*\S",
    re.IGNORECASE,
)
_TURN = re.compile(
    r"(?:^|\n)[ \t]*(?:\*\*)?(?:user|human|assistant|system|ai|bot|q|a|source|target|input|output|"
    r"english|german|french|spanish|italian|russian|chinese|japanese|czech|ukrainian|"
    r"benutzer|utilisateur|usuario|utente|пользователь|用户|用戶|ユーザー|사용자)"
    r"[ \t]*(?:\*\*)?[:：]",
    re.IGNORECASE,
)

# The word "translation", as it stands before or after one.
_TRANSLATION = (
    "translat(?:ion|ed text)|übersetzung|traduction|traduzione|traducción|tradução|traducció|"
    "vertaling|oversættelse|oversettelse|översättning|käännös|fordítás|tłumaczenie|překlad|"
    "preklad|prevod|prijevod|превод|перевод|переклад|пераклад|traducere|μετάφραση|çeviri|"
    "terjemahan|bản dịch|翻译|翻譯|译文|譯文|翻訳|訳文|번역|คำแปล|अनुवाद|الترجمة|ترجمة|ترجمه|תרגום"
)
_LABEL = re.compile(rf"\A.{{0,40}}?\b(?:{_TRANSLATION})[^.:：\n]{{0,40}}[:：]", re.IGNORECASE)
# How a remark of a translator begins.
_REMARK = (
    "translator's note|translator's notes|translation note|translation notes|note|notes|"
    "explanation|hinweis|anmerkung|erklärung|remarque|nota|notă|nóta|spiegazione|"
    "explicación|explicação|poznámka|vysvětlení|uwaga|przypis|napomena|opomba|megjegyzés|"
    "huomautus|huom|anmärkning|obs|bemærkning|merknad|opmerking|pastaba|piezīme|märkus|"
    "athugasemd|shënim|not(?=:)|açıklama|catatan|ghi chú|lưu ý|chú thích|примечание|"
    "примечания|прим|пояснение|примітка|пояснення|бележка|забележка|заўвага|напомена|"
    "σημείωση|υποσημείωση|注|注意|注释|註釋|说明|說明|备注|備註|译注|譯註|译者注|譯者註|解释|解釋|注記|補足|備考|訳注|訳者注|참고|"
    "설명|주석|비고|역주|역자 주|หมายเหตุ|คำอธิบาย|ໝາຍເຫດ|ចំណាំ|កំណត់ចំណាំ|မှတ်ချက်|ملاحظة|ملاحظات|"
    "توضيح|یادداشت|نکته|توضیح|نوٹ|הערה|הערת|टिप्पणी|नोट|टीप|দ্রষ্টব্য|টীকা|নোট|குறிப்பு|"
    "గమనిక|ಗಮನಿಸಿ|കുറിപ്പ്|નોંધ|ਨੋਟ|සටහන|შენიშვნა|ծանոթություն|ማስታወሻ"
)
# Vowel signs at the end of a word are no part of it for ``\b``.
_NOTE = re.compile(
    rf"\n[ \t]*[(\[*_（【]{{0,3}}(?:{_REMARK})(?!\w)[^:：\n]{{0,30}}[:：]", re.IGNORECASE
)
_PREAMBLE = re.compile(
    r"\A[\s\"'*]*(?:sure|certainly|of course|okay|ok|here(?:'s| is| are)|natürlich|gerne|sicher|"
    r"hier ist|bien sûr|voici|certo|certamente|ecco|claro|por supuesto|aquí (?:está|tienes)|"
    r"aqui está|konečně|zde je|tady je|tu je|oto|конечно|вот|звичайно|ось|разбира се|ето|tabii|"
    r"işte|"
    r"当然|好的|以下是|以下為|這是|这是|もちろん|以下|네|물론|다음은|แน่นอน|นี่คือ|"
    r"chắc chắn|đây là|بالتأكيد|إليك|"
    r"بالطبع|בטח|הנה|ज़रूर|यहाँ|यह रहा)[^\n:：]{0,80}[:：]",
    re.IGNORECASE,
)
_REFUSAL = re.compile(
    r"\bas an ai\b|\bas a (?:large )?language model\b|\bi(?:'m| am) (?:sorry|unable)\b.{0,60}"
    r"\b(?:translat|assist|help|cannot|can't|provide|reproduc)|\bi (?:can't|cannot|won't) "
    r"(?:translat|assist|help|provide|reproduc)|\bi apologi[sz]e, but\b|\bals (?:ki|sprachmodell)\b"
    r"|es tut mir leid, aber ich|je suis désolé, mais je|en tant qu'(?:ia|intelligence)"
    r"|lo siento, pero no puedo|mi dispiace, ma non posso|desculpe, mas não posso"
    r"|извините, но я не могу|как (?:ии|языковая модель)|вибачте, але я не можу"
    r"|抱歉，我(?:无法|不能)|很抱歉，但我|作为(?:一个)?(?:ai|人工智能)|申し訳ありませんが、"
    r"|죄송하지만|ขออภัย แต่|xin lỗi, nhưng|عذرًا، لا يمكنني"
    r"|mnie przykro, ale nie mogę|omlouvám se, ale nemohu"
    # An apology, that it cannot be, and what: to translate, to help, to do as asked.
    r"|(?:извините|простите|прошу прощения|к сожалению),? (?:но )?я не (?:могу|в состоянии)\b"
    r"[^.!?\n]{0,40}(?:перев|помо|выполн|ответ|обработ|предостав|запрос)"
    r"|\bя не могу (?:выполнить|обработать) (?:этот|ваш|данный) запрос"
    r"|(?:вибачте|перепрошую|на жаль),? (?:але )?я не можу\b[^.!?\n]{0,40}"
    r"(?:перекла|допомо|викона|запит)"
    r"|(?:抱歉|对不起|對不起)[，,。！!]?\s*(?:但|但是)?我?(?:无法|無法|不能)[^。！？\n]{0,20}"
    r"(?:翻译|翻譯|协助|協助|帮助|幫助|提供|请求|請求|满足|滿足|回答|处理|處理)"
    r"|我(?:无法|無法|不能)(?:满足|滿足|处理|處理|完成|翻译|翻譯)(?:这个|這個|该|該|此|您的|你的)?(?:请求|請求|要求)"
    r"|(?:申し訳(?:あり|ござい)ません|すみません|ごめんなさい)が?[、。]?[^。\n]{0,40}"
    r"(?:翻訳|手伝い|リクエスト|要望|応え|対応)[^。\n]{0,20}(?:できません|できかねます|いたしかねます)"
    r"|죄송[^.\n]{0,50}(?:번역|도와|도움|요청)[^.\n]{0,30}(?:없습니다|못합니다|어렵습니다)"
    r"|(?:ขออภัย|ขอโทษ)(?:ครับ|ค่ะ|นะครับ|นะคะ)?[\s,]{0,3}(?:แต่\s?)?(?:ฉัน|ผม|ดิฉัน|เรา)?\s?ไม่สามารถ"
    r"[^\n]{0,20}(?:แปล|ช่วย|ตอบ|ดำเนินการ)"
    r"|(?:عذر[ا\u064b]{0,2}|آسف|أعتذر|نعتذر)[^.\n]{0,20}لا (?:يمكنني|أستطيع)[^.\n]{0,30}"
    r"(?:ترجم|مساعد|تلبية|طلب|تقديم)"
    r"|xin lỗi,? (?:nhưng )?tôi không thể (?:dịch|giúp|hỗ trợ|thực hiện|đáp ứng)"
    r"|(?:क्षमा करें|माफ़ करें|मुझे खेद है)[^।\n]{0,40}(?:अनुवाद|मदद|सहायता|अनुरोध)[^।\n]{0,30}नहीं"
    r"|tut mir leid[^.\n]{0,20}ich kann[^.\n]{0,40}nicht[^.\n]{0,20}"
    r"(?:übersetzen|helfen|erfüllen|bearbeiten)"
    r"|désolée?[^.\n]{0,15}je ne (?:peux|suis)[^.\n]{0,40}(?:tradui|aider|répondre|demande)"
    r"|lo siento[^.\n]{0,15}no puedo[^.\n]{0,30}(?:traduc|ayud|asist|solicitud)"
    r"|mi dispiace[^.\n]{0,15}non posso[^.\n]{0,30}(?:tradu|aiut|assist|richiesta)"
    r"|desculpe[^.\n]{0,15}não posso[^.\n]{0,30}(?:tradu|ajud|atend|solicita)",
    re.IGNORECASE | re.DOTALL,
)
_TALK = re.compile(
    r"\bthe translation (?:of the (?:text|sentence|source)|into \w+)\b"
    r"|\bthis (?:translation|text) (?:is|has been|was) (?:translated|already|kept)",
    re.IGNORECASE,
)
_SORRY = re.compile(
    r"\b(?:sorry|apolog|regret|unable|not able|can't|cannot|won't|unfortunately|pardon|forgive|"
    r"excuse|AI|language model|désolé|leid|siento|"
    r"dispiace)|抱歉|対|죄송|извин|не могу",
    re.IGNORECASE,
)
# What UTF-8 looks like where it was read as Windows-1252.
_CP1252 = re.compile("[\u0080-\u00ffŒœŠšŽžŸƒˆ˜–—‘’‚“”„†‡•…‰‹›€™]{2,}")
_PLAUSIBLE = re.compile(
    "[\u00a0-\u017f\u0370-\u06ff\u0900-\u0e7f\u2010-\u2044\u20ac\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7af\uff00-\uffef]+"
)
_QUESTIONED = re.compile(r"[^\W\d_]\?(?=[^\W\d_])")
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u00ad]")
_PARTING = re.compile("[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff]")  # ask for U+200B
_SPECIAL = re.compile(r"[<\[◁▁@⁇_ĠĊ>*`~#]")
_STEMS = (
    " ai", "language model", "sorry", "unable", "i can", "i won", "apolog", "sprachmodell",
    "als ki", "leid", "désolé", "en tant qu", "siento", "dispiace", "desculpe", "извините",
    "модель", "как ии", "вибачте", "抱歉", "作为", "申し訳", "죄송", "ขออภัย", "xin lỗi", "عذر",
    "przykro", "omlouvám", "простите", "прощения", "сожалению", "не могу", "на жаль",
    "перепрошую", "对不起", "對不起", "我无法", "我無法", "我不能", "すみません", "ごめん", "ขอโทษ",
    "آسف", "عتذر", "क्षमा", "माफ़", "खेद",
)  # fmt: skip

Patterns = Iterable[re.Pattern[str]]


def _new(segment: SegmentTexts, patterns: Patterns) -> str | None:
    """What patterns find in a hypothesis and neither its source nor its references hold."""
    known = ""
    for pattern in patterns:
        for match in pattern.finditer(segment.hypothesis):
            known = known or "\n".join((segment.source, *segment.references)).casefold()
            if match.group().strip().casefold() not in known:
                return repr(match.group().strip()[:_SHOWN])
    return None


def thinking(segment: SegmentTexts) -> str | None:
    """A model's thoughts, or the marks around them."""
    if not _SPECIAL.search(segment.hypothesis) and "nalysis" not in segment.hypothesis:
        return None
    return _new(segment, (_THINKING,))


def control(segment: SegmentTexts) -> str | None:
    """Marks of decoders, sub-word tokenizers and chat templates."""
    if not _SPECIAL.search(segment.hypothesis):
        return None
    return _new(segment, (_CONTROL,))


def without_control(text: str) -> str:
    """A text without the marks of decoders, tokenizers and chat templates.

    Example:
        >>> without_control("Ja.</s>")
        'Ja.'
    """
    return _CONTROL.sub("", text)


def markdown(segment: SegmentTexts) -> str | None:
    """Markdown that the source has not."""
    if not _SPECIAL.search(segment.hypothesis):
        return None
    texts = (segment.source, *segment.references)
    if any(_MARKDOWN.search(text) for text in texts):
        return None
    return _new(segment, (_MARKDOWN,))


def entities(segment: SegmentTexts) -> str | None:
    """A character written as an entity of HTML."""
    if "&" not in segment.hypothesis:
        return None
    known = "\n".join((segment.source, *segment.references))
    for match in ENTITY.finditer(segment.hypothesis):
        name = match.group()
        if (name[1] == "#" or name[1:] in html.entities.html5) and name not in known:
            return repr(name)
    return None


def chatter(segment: SegmentTexts) -> str | None:
    """Talk about the translation, before or after it, in any of some thirty languages."""
    hypothesis, lower = segment.hypothesis, segment.hypothesis.lower()
    texts = (segment.source, *segment.references)
    patterns = [_TALK] if "translation" in lower or "this text" in lower else []
    if ":" in hypothesis[:140] or "：" in hypothesis[:140]:
        patterns += [_LABEL, _PREAMBLE]
    if "\n" in hypothesis:
        patterns.append(_NOTE)
    for pattern in patterns:
        if (found := _new(segment, (pattern,))) and not any(pattern.search(t) for t in texts):
            if pattern is _PREAMBLE and any(":" in t[:120] or "：" in t[:120] for t in texts):
                continue
            return found
    if (wish := closing(hypothesis)) and not wishes_itself(texts):
        return repr(wish[:_SHOWN])
    return _refusing(segment, texts, lower)


def _refusing(segment: SegmentTexts, texts: Sequence[str], lower: str) -> str | None:
    """That nothing was translated, and that it is a pity."""
    if not any(stem in lower for stem in _STEMS):
        return None
    if any(_SORRY.search(text) or _REFUSAL.search(text) for text in texts):
        return None
    return _new(segment, (_REFUSAL,))


def refused_whole(answer: str, source: str) -> bool:
    """Whether an answer says in words that nothing is translated, where much was to be.

    Only what begins so and is less than half as long as its source counts: a text of about its
    length may be the translation of an apology.

    Example:
        >>> refused_whole("I'm sorry, but I can't help with that.", "Der Hund schläft. " * 9)
        True
        >>> refused_whole("I'm sorry, but I can't help.", "Sajnálom, de nem tudok segíteni.")
        False
    """
    if 2 * len(answer) >= len(source) or not any(stem in answer.lower() for stem in _STEMS):
        return False
    found = _REFUSAL.search(answer)
    return found is not None and found.start() <= _SHOWN and not _REFUSAL.search(source)


def alternatives(segment: SegmentTexts) -> str | None:
    """Several numbered translations for one source."""
    if "\n" not in segment.hypothesis:
        return None
    numbers = {a or b for a, b in _NUMBERED.findall(segment.hypothesis)}
    if not {"1", "2"} <= numbers or any(
        _NUMBERED.search(text) for text in (segment.source, *segment.references)
    ):
        return None
    return f"{len(numbers)} numbered ones"


def turns(segment: SegmentTexts) -> str | None:
    """A conversation that goes on: turns that nobody had asked for."""
    if "\n" not in segment.hypothesis:
        return None
    found = _TURN.findall(segment.hypothesis)
    known = max(
        (len(_TURN.findall(text)) for text in (segment.source, *segment.references)), default=0
    )
    if not found or len(found) <= known:
        return None
    return repr(found[-1].strip())


def mojibake(segment: SegmentTexts) -> str | None:
    """Characters of a text that was read in the wrong encoding, or could not be read."""
    hypothesis = segment.hypothesis
    if hypothesis.isascii():
        return _questioned(segment)
    known = "\n".join((segment.source, *segment.references))
    if "\ufffd" in hypothesis and "\ufffd" not in known:
        return "the replacement character U+FFFD"
    for match in _CP1252.finditer(hypothesis):
        meant = _meant(match.group())
        if meant and match.group() not in known:
            return f"{match.group()[:20]!r} for {meant[:20]!r}"
    return _questioned(segment)


def _questioned(segment: SegmentTexts) -> str | None:
    """Letters that became question marks."""
    if segment.hypothesis.count("?") < 2:
        return None
    found = len(_QUESTIONED.findall(segment.hypothesis))
    elsewhere = (len(_QUESTIONED.findall(t)) for t in (segment.source, *segment.references))
    many = found >= 2 and found > max(elsewhere, default=0)
    return f"{found} question marks inside words" if many else None


def _meant(run: str) -> str | None:
    raw = bytearray()
    for character in run:
        try:
            raw += character.encode("cp1252")
        except UnicodeEncodeError:
            if ord(character) > 0xFF:
                return None
            raw.append(ord(character))
    try:
        meant = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return meant if _PLAUSIBLE.fullmatch(meant) else None


def hidden(segment: SegmentTexts) -> str | None:
    """Invisible characters that source and references have not."""
    hypothesis = segment.hypothesis
    if hypothesis.isascii():
        return None
    known = "".join((segment.source, *segment.references))
    new = [c for c in _INVISIBLE.findall(hypothesis) if c not in known]
    if new and _PARTING.search(hypothesis):
        new = [c for c in new if c != "\u200b"]
    return f"{len(new)} invisible, the first U+{ord(new[0]):04X}" if new else None


DETECTORS: dict[str, Callable[[SegmentTexts], str | None]] = {
    "chatter": chatter,
    "thinking": thinking,
    "turns": turns,
    "alternatives": alternatives,
    "control": control,
    "mojibake": mojibake,
    "entities": entities,
    "hidden": hidden,
    "markdown": markdown,
}
