"""Relatives told from each other by their letters and their most frequent words.

An identifier confuses languages that share most of their words. Their alphabets differ in some
letters, and their articles, prepositions, pronouns and forms of "to be" in spelling: two of these
that only a relative has, and none that only the language itself has, decide.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import NamedTuple

ENOUGH = 2  # letters and words that only one of two languages has
TIMES = 3  # as many as of the other's, where there are such
_CAPPED = 2  # of one letter; names carry it into texts of any language

# The letters by which relatives differ; a line is one family.
_LETTERS: tuple[Mapping[str, str], ...] = (
    {
        "cs": "áčďéěíňóřšťúůýž", "sk": "áäčďéíĺľňóôŕšťúýž", "pl": "ąćęłńóśźż", "sl": "čšž",
        "hr": "čćđšž",
    },
    {
        "ru": "абвгдеёжзийклмнопрстуфхцчшщыьэюя", "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
        "be": "абвгдеёжзійклмнопрстуўфхцчшыьэюя", "bg": "абвгдежзийклмнопрстуфхцчшщъьюя",
        "sr": "абвгдђежзијклљмнњопрстћуфхцчџш", "mk": "абвгдѓежзѕијклљмнњопрстќуфхцчџш",
        "kk": "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщыіьэюя",
        "ky": "абвгдеёжзийклмнңоөпрстуүфхцчшщыьэюя",
        "mn": "абвгдеёжзийклмноөпрстуүфхцчшщыьэюя",
        "tt": "аәбвгдеёжҗзийклмнңоөпрстуүфхһцчшщыьэюя",
    },
    {"da": "æøå", "nb": "æøå", "sv": "äöå"},
    {"fi": "äöå", "et": "äöõü"},
    {"es": "áéíñóúü¿¡", "pt": "ãáâàçéêíóôõú", "gl": "áéíñóúü", "ca": "àçéèíïóòúü·",
     "ro": "ăâîșțşţ"},
    {"lt": "ąčęėįšųūž", "lv": "āčēģīķļņšūž"},
    {"fa": "پچژگ", "ur": "پچژگٹڈڑںے", "ar": "ةىأإ"},
)  # fmt: skip
# Words of closed classes, the most frequent ones.
_WORDS: Mapping[str, str] = {
    "cs": "a v na se že je s z o do to k i ve pro jako za by ale po jsou od jeho které byl "
    "který která není při nebo jejich bylo byla byly také mezi více podle aby když už "
    "této tohoto tím jen ještě před jsem jsme být bude budou může mohou můžete než tak "
    "své svou pouze zde nelze pokud jej ji co kde si jak ze ho pod nad u tom tým bez tu "
    "ne",
    "sk": "a v na sa že je s z o do to k i vo pre ako za by ale po sú od jeho ktoré bol ktorý "
    "ktorá nie pri alebo ich bolo bola boli aj tiež medzi viac podľa aby keď už tejto "
    "tohto tým len ešte pred som sme byť bude budú môže môžu môžete než tak svoje svoju "
    "iba tu ak čo kde si ju ho také tím tom so ste bez jej nad pod u",
    "pl": "w i na z się nie że do jest o jak po co to za od dla oraz przez był ale przy może "
    "są która które który tym tego jego jej lub czy już tylko także będzie przed ten ta "
    "te gdy jeśli pod nad ze a aby była było były ich jako je by tak bez tu u",
    "sl": "in v je na za se da so ki z s ne po pa tudi kot od iz ali bo bi ni pri do kjer še "
    "že le med lahko če ko samo ta to te svoje zaradi o k a jih pred sta ste ga si bilo "
    "pod bila kako",
    "hr": "i u je na se da za od su s a o ne iz kao koji koja koje što će ili bi po samo nije "
    "ako do kako te više bio može kada sve sa ta to bila bilo bez pri ga si ni pa ali "
    "tom",
    "es": "es de la que el en y a los se del las un por con no una su para al lo como más o "
    "pero sus le ha me si sin sobre este ya entre cuando todo esta ser son dos también "
    "fue había era muy hasta desde hay nos está han e ni les sur va",
    "pt": "de a o que e do da em um para é com não uma os no se na por mais as dos como mas "
    "foi ao ele das tem à seu sua ou ser quando muito há nos já está eu também só pelo "
    "pela até isso ela entre era depois sem mesmo aos la lo los las este esta me são "
    "num numa todo sobre desde si isto dar sul",
    "gl": "de a o que e do da en un para é con non unha os no se na por máis as dos como pero "
    "foi ao das ten á seu súa ou ser cando moi hai nos xa está tamén só polo pola ata "
    "isto ela entre era despois sen mesmo aos lo la los las este esta me son nun nunha "
    "todo sobre desde si eu mais até",
    "ca": "de la i el que a en les per els un del no una amb és es al com més se dels va seva "
    "o són però ha seu si aquest aquesta també quan molt hi entre sobre fins des ser ja "
    "ni me lo pel pels dos han on",
    "it": "di e il la che in a per è del un una non con da sono le i della si al dei nel alla "
    "ha come più anche gli delle ma se lo nella su dal questo questa o essere stato "
    "dalla ai sul era ne tra fra sua qui quando hai",
    "fr": "de la le et les des en un du une que est pour dans qui par sur au pas il plus ne "
    "ce se sont avec ou son aux cette mais ses comme été être ont sa si a y me on elle "
    "entre à ma non moi lui eu ni va nos ai dos foi ca mai su",
    "ro": "de și şi în a la cu o pe nu că un din se să mai este care pentru sau ce fost sunt "
    "ca au fi prin dar al lui după doar acest această te e i are le lor si va ele per "
    "sa",
    "da": "og i at det er en til på som for med den af de har ikke om et han men var fra kan vi "
    "så eller når sig efter meget blev op ud nu hvis der over ved mod jeg skal",
    "nb": "og i å at det er en til på som for med den av de har ikke om et han men var fra kan "
    "vi så eller når seg etter mye ble opp ut nå hvis der over ved mot jeg skal bare noe",
    "sv": "och i att det är en till på som för med den av de har inte om ett han men var från "
    "kan vi så eller när sig efter mycket blev upp ut nu där över vid mot jag ska",
    "de": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als "
    "auch es an werden aus er hat dass sie nach wird bei einer um am sind noch wie "
    "einem über so war was worden tot",
    "nl": "de van het een en in is dat op te zijn voor met die niet aan er om ook als bij maar "
    "naar door wordt uit deze over worden nog kan tot hij of wel was",
    "fi": "ja on ei se että oli hän mutta ovat kun kuin myös tai joka jos sekä ole voi jotka "
    "tämä sen mukaan olla niin ennen",
    "et": "ja on ei see et oli ta aga kui ka või mis kes ning pole siis kas selle oma seda olla "
    "ole nii enne võib saab",
    "lt": "ir į iš su kad yra tai kaip bet ar už po nuo apie buvo dėl jo tik arba jei nėra "
    "bus šis pagal o to tiek tas kas",
    "lv": "un ir uz ar no ka par tas kā bet vai pēc bija lai tikai nav kas tiek būs šī šo ja "
    "var pie to kad šis tik jo",
    "ru": "и в не на что он с как это по но из у за от так же для вы или его если есть был "
    "она они мы была было были может также только который при до я к ее её их а о все "
    "то во со",
    "uk": "і в не на що він з як це по але із у за від так же для ви або його якщо є був вона "
    "вони ми була було були може також лише який при до та й ще про щоб я к їх а о все "
    "то які ці той",
    "be": "і ў не на што ён з як гэта па але у за ад так для вы або яго калі ёсць быў яна яны "
    "мы была было былі можа таксама толькі які пры да й я к іх а ці то",
    "bg": "и в не на че той с като това по но от за се да е са със който която които бил беше "
    "може също само при до или ако има ще си ги го а му към така был она о то все й ви "
    "я била как ми из",
    "mk": "и во не на дека тој со како ова по но од за се да е кој која кои бил беше може само "
    "при до или ако има ќе си го ги а му кон така што сите ја то он",
    "sr": "и у не на да он с као ово по али из за се је су са који која које био била може "
    "такође само при до или ако има ће од што како ова си а му о ја то кад но их они па",
}  # fmt: skip
_WHOLE = re.compile(r"[\w-]+")  # the "e" of "e-mail" is no word
_CAPITALISED = re.compile(r"(?<![\w'’-])[A-ZÀ-ÖØ-ÞĀČĎĒĚĢĪĶĻŁŅŇŘŚŠŤŪŮŹŻŽА-ЯЁЄІЇҐЎЂЈЉЊЋЏЃЅЌ]\w*")
_FAMILIES = ("cs sk pl sl hr", "es pt gl ca it fr ro", "da nb sv", "de nl", "fi et", "lt lv",
             "ru uk be bg mk sr")  # fmt: skip
_SAME = {"no": "nb", "bs": "hr", "sh": "hr"}


class Told(NamedTuple):
    """What letters and words say of a text.

    Attributes:
        language: The language itself, or the relative that they speak for.
        sure: Whether they decide.
        seen: The letters and words that do.
    """

    language: str
    sure: bool
    seen: tuple[str, ...] = ()


class _Relative(NamedTuple):
    """What tells a language from one relative."""

    name: str
    letters: frozenset[str]
    words: frozenset[str]
    own_letters: frozenset[str]
    own_words: frozenset[str]


def known(base: str) -> bool:
    """Whether a base language has relatives that are told here.

    Example:
        >>> known("sk"), known("ja")
        (True, False)
    """
    return bool(_relatives(base))


def tell(text: str, base: str) -> Told | None:
    """Which of a language and its relatives a text is in; None where nothing speaks for any.

    Args:
        text: The text, without noise.
        base: The language that it should be in.

    Example:
        >>> tell("Ktorý z nich bol podľa vás lepší?", "cs").language
        'sk'
        >>> tell("Nic takového tam není, pokud vím.", "cs")
        Told(language='cs', sure=True, seen=())
    """
    found = _tell(text, base)
    if found is None or not found.sure or found.language == base:
        return found
    # Names carry letters of their own language into texts of any.
    without = _tell(_CAPITALISED.sub(" ", text), base)
    return found._replace(sure=without is not None and without[:2] == found[:2])


def _tell(text: str, base: str) -> Told | None:
    lower = text.casefold()
    there, words = set(lower), set(_WHOLE.findall(lower))
    best: tuple[int, _Relative, int, int] | None = None
    certain = leans = True
    for relative in _relatives(base):
        theirs = _evidence(lower, there & relative.letters) + len(words & relative.words)
        ours = _evidence(lower, there & relative.own_letters) + len(words & relative.own_words)
        silent = not (relative.own_letters or relative.own_words)
        leans = leans and not theirs and (silent or ours > 0)
        certain = certain and (not theirs if silent else ours >= max(ENOUGH, TIMES * theirs))
        if theirs and (best is None or theirs - ours > best[0]):
            best = theirs - ours, relative, theirs, ours
    if certain or leans:
        return Told(base, certain)
    if best is None:
        return None
    _, relative, theirs, ours = best
    if theirs <= ours:
        return None
    seen = (*sorted(there & relative.letters), *sorted(words & relative.words))
    return Told(relative.name, theirs >= ENOUGH and theirs > TIMES * ours, seen)


def frequent_words(text: str, base: str, *, unlike: str = "") -> int | None:
    """How many of a language's most frequent words a text has; None where they are not known.

    Args:
        text: The text.
        base: The language.
        unlike: A language whose own ones do not count.

    Example:
        >>> frequent_words("Opozorilo: vir in cilj sta isti kanal.", "sl")
        2
    """
    if base not in _WORDS:
        return None
    others = _WORDS.get(unlike, "").split()
    wanted = set(_WORDS[base].split()).difference(others)
    return len(wanted.intersection(_WHOLE.findall(text.casefold())))


def holds_strange_letters(text: str, base: str) -> bool:
    """Whether a text has a letter that only a relative of its language writes.

    Example:
        >>> holds_strange_letters("Це їжа", "ru"), holds_strange_letters("Это еда", "ru")
        (True, False)
    """
    there = set(text.casefold())
    return any(there & relative.letters for relative in _relatives(base))


def _evidence(lower: str, letters: set[str]) -> int:
    """Letters that tell, some of each at most."""
    return sum(min(_CAPPED, lower.count(letter)) for letter in letters)


@functools.cache
def _relatives(base: str) -> tuple[_Relative, ...]:
    base = _SAME.get(base, base)
    letters = next((group for group in _LETTERS if base in group), {})
    family = next((names.split() for names in _FAMILIES if base in names.split()), [])
    found = []
    for name in dict.fromkeys((*letters, *family)):
        mine, its = letters.get(base, ""), letters.get(name, "")
        ours, theirs = _WORDS.get(base, "").split(), _WORDS.get(name, "").split()
        if name not in (base, _SAME.get(name)):
            both = bool(ours and theirs)
            found.append(
                _Relative(
                    name,
                    frozenset(its).difference(mine) if mine else frozenset(),
                    frozenset(theirs).difference(ours) if both else frozenset(),
                    frozenset(mine).difference(its) if its else frozenset(),
                    frozenset(ours).difference(theirs) if both else frozenset(),
                )
            )
    return tuple(found)
