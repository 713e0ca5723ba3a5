"""Language tags and pairs: BCP-47, with FLORES-style tags accepted and mapped."""

from __future__ import annotations

import functools
import re
from contextlib import suppress
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict
from pydantic.functional_validators import AfterValidator

from mtbench.errors import RequestError

_SIMPLE = re.compile(r"(?P<language>[a-z]{2})(-[A-Z]{2})?\Z")
# ISO 639-1, without deprecated codes: known without a table of langcodes.
_TWO_LETTERS = """
aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da
de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz
ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln
lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi
pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti
tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
_ISO_639_1 = frozenset(_TWO_LETTERS.split())
# FLORES has both Akan and Twi, which BCP-47 counts as one of its kinds.
_NO_MACRO = frozenset({"twi_Latn"})
_TAG = re.compile(
    r"(?P<language>[a-z]{2,3})"
    r"(-(?P<script>[A-Z][a-z]{3}))?"
    r"(-(?P<region>[A-Z]{2}|[0-9]{3}))?"
    r"(-(?P<variant>[a-z0-9]{5,8}))?\Z"
)
_FLORES = re.compile(r"(?P<language>[a-z]{3})_(?P<script>[A-Z][a-z]{3})\Z")
_START_OF_LANGUAGE = re.compile(r"[a-z]{2,3}\Z")


@functools.lru_cache(maxsize=4096)
def normalise_tag(tag: str) -> str:
    """A language tag in its canonical spelling: ``de-ch`` → ``de-CH``, ``ita_Latn`` → ``it``.

    Args:
        tag: A BCP-47 tag, in any case, or a FLORES-style tag (``zho_Hans``).

    Raises:
        RequestError: If it is no language tag, or one of no language (``jp``).

    Example:
        >>> normalise_tag("DE_ch"), normalise_tag("ita_Latn"), normalise_tag("twi_Latn")
        ('de-CH', 'it', 'tw')
    """
    simple = _SIMPLE.match(tag)
    if simple and simple.group("language") in _ISO_639_1:
        return tag
    import langcodes  # only tags that are not already in plain form need its tables
    from langcodes.tag_parser import LanguageTagError

    wanted = tag.strip()
    if not re.fullmatch(r"[A-Za-z0-9]+([-_][A-Za-z0-9]+)*", wanted) or len(wanted) > 40:
        raise RequestError(f"not a language tag: {tag!r}", hint="write BCP-47, such as de or pt-BR")
    # FLORES names single languages where BCP-47 names the macrolanguage: cmn_Hans is zh-Hans.
    flores = bool(_FLORES.match(wanted))
    try:
        found = langcodes.standardize_tag(wanted, macro=flores and wanted not in _NO_MACRO)
    except LanguageTagError as error:
        raise RequestError(
            f"not a language tag: {tag!r}", why=str(error), hint="write BCP-47, such as de or pt-BR"
        ) from error
    if not _TAG.match(found):
        raise RequestError(f"not a language tag: {tag!r}", hint="write BCP-47, such as de or pt-BR")
    if not langcodes.Language.get(found).is_valid():
        raise RequestError(f"no language: {tag!r}", hint=_meant(wanted))
    if flores:
        return _without_default_script(found)
    return found


def _meant(tag: str) -> str:
    """What a tag that is none may stand for: a country's code for its language."""
    language = language_of_country(base_language(tag.replace("_", "-")))
    if language is None:
        return "write BCP-47, such as de or pt-BR"
    return f"{language_name(language)} is {language}"


def language_of_country(code: str) -> str | None:
    """The language most used in a country, by CLDR; None where the code is no country's.

    Example:
        >>> language_of_country("jp"), language_of_country("xx")
        ('ja', None)
    """
    import langcodes

    if len(code) != 2:
        return None
    country = langcodes.Language.make(territory=code.upper())
    if not country.is_valid() or country.territory_name().startswith("Unknown"):
        return None
    likely = country.maximize()
    if likely.language == "zh":
        return "zh-Hant" if likely.script == "Hant" else "zh"
    return likely.language


def _without_default_script(tag: str) -> str:
    import langcodes

    language = langcodes.Language.get(tag)
    bare = langcodes.Language.make(language=language.language)
    usual = bare.maximize().script
    # Korean's own default names Hangul with Hanja, FLORES Hangul alone: both are just Korean.
    same = language.script in (usual, {"Kore": "Hang"}.get(usual or ""))
    return str(bare.to_tag()) if language.script and same and language.language != "zh" else tag


# Chief members of macro-languages, and older codes → the tag that lists of languages have.
_USUAL_TAGS = {
    "als": "sq", "arb": "ar", "azj": "az", "cmn": "zh", "ekk": "et", "fil": "tl", "gaz": "om",
    "in": "id", "iw": "he", "khk": "mn", "kmr": "ku", "lvs": "lv", "mo": "ro", "nb": "no",
    "nn": "no", "npi": "ne", "ory": "or", "pbt": "ps", "pes": "fa", "plt": "mg", "prs": "fa",
    "sh": "sr", "swh": "sw", "uzn": "uz", "ydd": "yi", "zsm": "ms",
}  # fmt: skip


def usual_tag(base: str) -> str:
    """The tag by which lists of a model's languages name a language.

    Args:
        base: From ``base_language``.

    Example:
        >>> usual_tag("cmn"), usual_tag("it")
        ('zh', 'it')
    """
    return _USUAL_TAGS.get(base, base)


def base_language(tag: str) -> str:
    """The language subtag alone.

    Example:
        >>> base_language("de-CH")
        'de'
    """
    return tag.split("-", 1)[0]


def language_name(tag: str) -> str:
    """The English name of a language, as prompts and tables show it; the tag if unknown.

    Example:
        >>> language_name("de")
        'German'
    """
    import langcodes
    from langcodes.tag_parser import LanguageTagError

    try:
        return langcodes.Language.get(tag).display_name("en")
    except (LanguageTagError, ImportError):
        return tag


def language_names(tag: str) -> frozenset[str]:
    """What people call a language, in English and in itself, in small letters.

    Example:
        >>> sorted(language_names("it"))
        ['italian', 'italiano']
    """
    import langcodes
    from langcodes.tag_parser import LanguageTagError

    found = set()
    for one in (tag, base_language(tag)):
        with suppress(LanguageTagError, ImportError):
            language = langcodes.Language.get(one)
            found |= {language.display_name("en").casefold(), language.autonym().casefold()}
    return frozenset(found)


LanguageTag = Annotated[str, AfterValidator(normalise_tag)]


class LanguagePair(BaseModel):
    """A translation direction.

    Attributes:
        source: Tag of the language translated from.
        target: Tag of the language translated into.

    Example:
        >>> pair = LanguagePair.parse("en-it")
        >>> pair.target, str(pair.reversed)
        ('it', 'it-en')
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: LanguageTag
    target: LanguageTag

    @classmethod
    def parse(cls, text: str) -> LanguagePair:
        """Reads ``en-it``, ``pt-BR-en``, ``zh-Hans-en``, ``eng_Latn-ita_Latn``.

        Raises:
            RequestError: If the text does not split into two language tags.
        """
        parts = text.strip().split("-")
        starts = [i for i, part in enumerate(parts) if i and _starts_language(part)]
        if len(parts) == 2:
            starts = [1]
        if len(starts) != 1:
            raise RequestError(
                f"not a language pair: {text!r}",
                hint="write SOURCE-TARGET with the region in capitals: en-it, pt-BR-en",
            )
        at = starts[0]
        return cls(
            source=normalise_tag("-".join(parts[:at])), target=normalise_tag("-".join(parts[at:]))
        )

    @property
    def reversed(self) -> LanguagePair:
        """The other direction."""
        return LanguagePair(source=self.target, target=self.source)

    def __str__(self) -> str:
        return f"{self.source}-{self.target}"

    def __lt__(self, other: Any) -> bool:
        if not isinstance(other, LanguagePair):
            return NotImplemented
        return (self.source, self.target) < (other.source, other.target)


def _starts_language(part: str) -> bool:
    return bool(_START_OF_LANGUAGE.match(part) or _FLORES.match(part))
