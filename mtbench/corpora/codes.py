"""A country's code in the place of its language's, told by the script of the texts."""

from __future__ import annotations

from collections.abc import Iterable

from mtbench.errors import RequestError
from mtbench.languages import LanguagePair, language_name
from mtbench.text.belongs import meant_instead


def refuse_codes(
    pair: LanguagePair, sources: Iterable[str], references: Iterable[str], where: str
) -> None:
    """Refuses texts whose script says that a country's code was meant for its language.

    Raises:
        RequestError: Naming the tag that is meant.
    """
    for tag, texts in ((pair.source, sources), (pair.target, references)):
        found = meant_instead(tag, texts)
        if found is not None:
            raise RequestError(
                f"{where}: its texts in {language_name(tag)} ({tag}) are written in {found[0]}",
                hint=f"{language_name(found[1])} is {found[1]}"
                if found[1]
                else "write the tag of the language that they are in",
            )
