"""Language tags and pairs: BCP-47, with FLORES-style tags accepted and mapped."""

from __future__ import annotations

import functools
import re
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict
from pydantic.functional_validators import AfterValidator

from mtbench.errors import RequestError

_SIMPLE = re.compile(r"[a-z]{2}(-[A-Z]{2})?\Z")
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
        RequestError: If it is no language tag.
    """
    if _SIMPLE.match(tag):
        return tag
    import langcodes  # only tags that are not already in plain form need its tables
    from langcodes.tag_parser import LanguageTagError

    wanted = tag.strip()
    if not re.fullmatch(r"[A-Za-z0-9]+([-_][A-Za-z0-9]+)*", wanted) or len(wanted) > 40:
        raise RequestError(f"not a language tag: {tag!r}", hint="write BCP-47, such as de or pt-BR")
    # FLORES names single languages where BCP-47 names the macrolanguage: cmn_Hans is zh-Hans.
    flores = bool(_FLORES.match(wanted))
    try:
        found = langcodes.standardize_tag(wanted, macro=flores)
    except LanguageTagError as error:
        raise RequestError(
            f"not a language tag: {tag!r}", why=str(error), hint="write BCP-47, such as de or pt-BR"
        ) from error
    if not _TAG.match(found):
        raise RequestError(f"not a language tag: {tag!r}", hint="write BCP-47, such as de or pt-BR")
    if flores:
        return _without_default_script(found)
    return found


def _without_default_script(tag: str) -> str:
    import langcodes

    language = langcodes.Language.get(tag)
    bare = langcodes.Language.make(language=language.language)
    usual = bare.maximize().script
    # Korean's own default names Hangul with Hanja, FLORES Hangul alone: both are just Korean.
    same = language.script in (usual, {"Kore": "Hang"}.get(usual or ""))
    return str(bare.to_tag()) if language.script and same and language.language != "zh" else tag


def base_language(tag: str) -> str:
    """The language subtag alone: ``de-CH`` → ``de``."""
    return tag.split("-", 1)[0]


def language_name(tag: str) -> str:
    """The English name of a language, as prompts and tables show it; the tag if unknown."""
    import langcodes
    from langcodes.tag_parser import LanguageTagError

    try:
        return langcodes.Language.get(tag).display_name("en")
    except (LanguageTagError, ImportError):
        return tag


LanguageTag = Annotated[str, AfterValidator(normalise_tag)]


class LanguagePair(BaseModel):
    """A translation direction.

    Attributes:
        source: Tag of the language translated from.
        target: Tag of the language translated into.
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
