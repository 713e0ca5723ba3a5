"""The words for zero to twelve: how short numbers are written where not in digits.

Cardinals are those of num2words 0.5.14 (``num2words(n, lang=…)``), for some languages added by
hand, with further forms and beginnings of them (feminine, ordinal, dual) after a stroke.
"""

from __future__ import annotations

import functools

from mtbench.languages import base_language

HIGHEST = 12
_MORE = 7  # letters that an inflected form may have more

_NUMERALS = {
    "am": "ዜሮ|አንድ|ሁለት|ሦስት|አራት|አምስት|ስድስት|ሰባት|ስምንት|ዘጠኝ|አሥር|አሥራ አንድ|አሥራ ሁለት",
    "ar": (
        "صفر/صفّر|واحد/واحدة/أول/الأولى|اثنان/اثنين/اثنتين/ثنائي/ثان|ثلاثة/ثالث/ثلاث|"
        "أربعة/رابع/أربع|خمسة/خامس/خمس|ستة/سادس|سبعة/سابع/سبع|ثمانية/ثامن/ثمان|"
        "تسعة/تاسع/تسع|عشرة/عاشر/عشر|أحد عشر/الحادي عشر|"
        "اثنا عشر/الثاني عشر/الثّاني عشر"
    ),
    "az": "sıfır|bir|iki|üç|dörd|beş|altı|yeddi|səkkiz|doqquz|on|on bir|on iki",
    "be": (
        "нуль|адзін|два|тры|чатыры|пяць|шэсць|сем|восем|дзевяць|дзесяць|адзінаццаць|"
        "дванаццаць"
    ),
    "bg": (
        "нула|един/една/едно/първ|два/две/втор|три/трет|четири|пет|шест|седем|осем|"
        "девет|десет|единадесет|дванадесет"
    ),
    "bn": "শূন্য|এক|দুই|তিন|চার|পাঁচ|ছয়|সাত|আট|নয়|দশ|এগারো|বারো",
    "ca": "zero|un/una/primer|dos/dues/segon|tres|quatre|cinc|sis|set|vuit|nou|deu|onze|dotze",
    "cs": (
        "nula|jedna/jeden/jedno/prvn|dva/dvě/dvou/dvoj|tři/tří/trojí|čtyři/čtyř|pět|"
        "šest|sedm|osm|devět|deset|jedenáct|dvanáct"
    ),
    "cy": "dim|un|dau|tri|pedwar|pump|chwech|saith|wyth|naw|deg|un ar ddeg|deuddeg",
    "da": "nul|et/en/én/først|to/anden/andet|tre|fire|fem|seks|syv|otte|ni|ti|elleve|tolv",
    "de": (
        "null|eins/ein/eine/einem/einen/einer/erst|zwei|drei/dritt/dreid|vier|fünf|"
        "sechs|sieben|acht|neun|zehn|elf|zwölf"
    ),
    "el": (
        "μηδέν/μηδεν|ένα/μία/μια/ένας/πρώτ|δύο/δυο/δεύτερ|τρία/τρεις/τρίτ|"
        "τέσσερα/τέσσερ|πέντε|έξι|επτά/εφτά|οκτώ/οχτώ|εννέα/εννιά|δέκα|έντεκα|δώδεκα"
    ),
    "en": (
        "zero/none/no|one/a/an/once/first/single|two/twice/second/double/both|"
        "three/third/triple|four|five/fifth|six|seven|eight|nine|ten|eleven|twelve"
    ),
    "eo": "nul|unu|du|tri|kvar|kvin|ses|sep|ok|naŭ|dek|dek unu|dek du",
    "es": (
        "cero|uno/un/una/primer|dos/segundo/doble/ambos|tres/tercer|cuatro|cinco|"
        "seis|siete|ocho|nueve|diez|once|doce"
    ),
    "et": (
        "null|üks/ühe/esime|kaks/kahe/tei|kolm|neli/nelja|viis/viie|kuus/kuue|seitse|"
        "kaheksa|üheksa|kümme|üksteist|kaksteist"
    ),
    "eu": "zero|bat/lehen|bi|hiru|lau|bost|sei|zazpi|zortzi|bederatzi|hamar|hamaika|hamabi",
    "fa": "صفر|یک|دو|سه|چهار|پنج|شش|هفت|هشت|نه|ده|یازده|دوازده",
    "fi": (
        "nolla|yksi/yhd/yht/ensimm|kaksi/kahd/kaht/toi|kolme/kolmi|neljä|"
        "viisi/viid/viit|kuusi/kuud/kuut|seitsemän|kahdeksan|yhdeksän|kymmenen|"
        "yksitoista|kaksitoista"
    ),
    "fr": (
        "zéro|un/une/premier/première|deux/second/double|trois|quatre|cinq|six|sept|"
        "huit|neuf|dix|onze|douze"
    ),
    "gl": (
        "cero|un/unha/primeir|dous/dúas/segund|tres/terceir|catro|cinco|seis|sete|"
        "oito|nove|dez|once|doce"
    ),
    "he": (
        "אפס|אחת/אחד/ראשו|שתיים/שני/שתי/שנ|שלוש|ארבע|חמש|שש|שבע|שמונה|תשע|עשר|"
        "אחת עשרה|שתים עשרה"
    ),
    "hi": "शून्य|एक|दो|तीन|चार|पांच/पाँच|छह/छः/छ|सात|आठ|नौ|दस|ग्यारह|बारह",
    "hr": (
        "nula|jedan/jedn/prv|dva/dvije/drug|tri/treć|četiri|pet|šest|sedam|osam|"
        "devet|deset|jedanaest|dvanaest"
    ),
    "hu": (
        "nulla|egy/els|kettő/két/második|három/harma|négy/négye|öt/ötö|hat|hét|nyolc|"
        "kilenc|tíz|tizenegy|tizenkettő"
    ),
    "id": (
        "nol|satu/se/pertama/sebuah|dua|tiga|empat|lima|enam|tujuh|delapan|sembilan|"
        "sepuluh|sebelas|dua belas"
    ),
    "is": "núll|einn|tveir|þrír|fjórir|fimm|sex|sjö|átta|níu|tíu|ellefu|tólf",
    "it": (
        "zero|uno/un/una/prim|due/doppi/second/entramb|tre/terz|quattro|cinque|sei|"
        "sette|otto|nove|dieci|undici|dodici"
    ),
    "ja": "零|一/１|二/両|三|四|五|六|七|八|九|十|十一|十二",
    "kk": "нөл|бір|екі|үш|төрт|бес|алты|жеті|сегіз|тоғыз|он|он бір|он екі",
    "kn": "ಸೊನ್ನೆ|ಒಂದು|ಎರಡು|ಮೂರು|ನಾಲ್ಕು|ಐದು|ಆರು|ಏಳು|ಎಂಟು|ಒಂಬತ್ತು|ಹತ್ತು|ಹನ್ನೊಂದು|ಹನ್ನೆರಡು",
    "ko": (
        "영|일/한/하나/첫|이/두/둘|삼/세/셋|사/네/넷|오/다섯|"
        "육/여섯|칠/일곱|팔/여덟|구/아홉|십/열|십일|십이"
    ),
    "lt": (
        "nulis|vienas|du|trys|keturi|penki|šeši|septyni|aštuoni|devyni|dešimt|"
        "vienuolika|dvylika"
    ),
    "lv": (
        "nulle|viens|divi|trīs|četri|pieci|seši|septiņi|astoņi|deviņi|desmit|"
        "vienpadsmit|divpadsmit"
    ),
    "nl": "nul|één/een/eerst|twee/tweed|drie|vier|vijf|zes|zeven|acht|negen|tien|elf|twaalf",
    "no": "null|en/én/ett/et/først|to/andre|tre|fire|fem|seks|syv|åtte|ni|ti|elleve|tolv",
    "pl": (
        "zero|jeden/jedn/pierwsz|dwa/dwie/dwóch/dwu/drug/podwój|"
        "trzy/trzec/trój/trzech|cztery/czter/czwart|pięć/pięci|sześć|siedem|osiem|"
        "dziewięć|dziesięć|jedenaście|dwanaście"
    ),
    "pt": (
        "zero|um/uma/primeir|dois/duas/segund/dupl|três/terceir|quatro|cinco|seis|"
        "sete|oito|nove|dez|onze|doze"
    ),
    "ro": (
        "zero|unu/un/o/una/prim|doi/două/dubl|trei|patru|cinci|șase|șapte|opt|nouă|"
        "zece|unsprezece|doisprezece"
    ),
    "ru": (
        "ноль/нул|один/одн/перв|два/две/двух/двум/двой/втор/дваж|"
        "три/трё/трёх/трех/трет/трой/треть|четыре/четыр/четвёр/четвер|пять/пят|шесть|семь|"
        "восемь|девять|десять|одиннадцать|двенадцать"
    ),
    "sk": (
        "nula|jeden/jedn/prv|dva/dve/dvoch/druh/dvoj|tri/troch/tret|štyri|päť|šesť|"
        "sedem|osem|deväť|desať|jedenásť|dvanásť"
    ),
    "sl": (
        "nič|ena/en/prv|dve/dva/dveh/drug|tri|štiri|pet|šest|sedem|osem|devet|deset|"
        "enajst|dvanajst"
    ),
    "sr": (
        "nula|jedan/један/једн/prv/jedn|dva/два/две/dve/drug|tri/три|četiri/четири|"
        "pet/пет|šest/шест|sedam/седам|osam/осам|devet/девет|deset/десет|jedanaest|"
        "dvanaest"
    ),
    "sv": (
        "noll|ett/en/först|två/andra/dubbel|tre/tredj|fyra|fem|sex|sju|åtta|nio|tio|"
        "elva|tolv"
    ),
    "te": "సున్న|ఒకటి|రెండు|మూడు|నాలుగు|అయిదు|ఆరు|ఏడు|ఎనిమిది|తొమ్మిది|పది|పదకొండు|పన్నెండు",
    "tg": "сифр|як|ду|се|чор|панҷ|шаш|ҳафт|ҳашт|нӯҳ|даҳ|ёздаҳ|дувоздаҳ",
    "th": "ศูนย์|หนึ่ง|สอง|สาม|สี่|ห้า|หก|เจ็ด|แปด|เก้า|สิบ|สิบเอ็ด|สิบสอง",
    "tr": "sıfır|bir/ilk/tek|iki/çift/ikinci|üç|dört|beş|altı|yedi|sekiz|dokuz|on|onbir|oniki",
    "uk": (
        "нуль/нул|один/одн/перш|два/дві/двох/двом/друг/подвій|три/трьо/трет|"
        "чотири/чотирьо|п'ять|шість|сім|вісім|дев'ять|десять|одинадцять|дванадцять"
    ),
    "vi": "không|một/đầu|hai|ba|bốn/tư|năm/lăm|sáu|bảy|tám|chín|mười|mười một|mười hai",
    "zh": "零/〇|一|二/两/兩/双|三|四|五|六|七|八|九|十|十一|十二",
}  # fmt: skip
_SAME = {"nb": "no", "nn": "no", "bs": "hr", "ms": "id", "cmn": "zh", "yue": "zh"}


@functools.cache
def forms(number: int, tag: str) -> tuple[str, ...]:
    """How a number may be spelled in a language, casefolded; empty where it is not known.

    Args:
        number: 0 to 12.
        tag: The language.

    Example:
        >>> forms(2, "it")
        ('due', 'doppi', 'second', 'entramb')
    """
    language = base_language(tag)
    listed = _NUMERALS.get(_SAME.get(language, language))
    if listed is None or not 0 <= number <= HIGHEST:
        return ()
    return tuple(form.casefold() for form in listed.split("|")[number].split("/"))


def known(tag: str) -> bool:
    """Whether the words of a language are known."""
    return bool(forms(1, tag))


def spells(form: str, word: str) -> bool:
    """Whether a word is a form of a numeral, by its beginning.

    Example:
        >>> spells("drei", "dreimal"), spells("due", "durante")
        (True, False)
    """
    stem = form[:-2] if len(form) > 6 else form[:-1] if len(form) > 4 else form
    return word.startswith(stem) and len(word) <= len(form) + _MORE
