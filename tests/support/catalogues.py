"""Real translations of programs' messages: the catalogues of packages of Debian, fetched at need.

English messages and their translations by people into some forty languages: stories and rules
of a game, tips, errors, with placeholders and tags of real programs. Nothing of it is kept here.
"""

from __future__ import annotations

import gettext
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

PACKAGES = (
    "wesnoth-1.16-data", "gnucash-common", "kmymoney-common", "digikam-data", "kdenlive-data",
    "gimp-data",
)  # fmt: skip
SHORTEST, LONGEST = 60, 400  # characters of an English message


class Message(NamedTuple):
    """One message in English and in another language."""

    source: str
    text: str


def messages(root: Path, locale: str, half: int) -> list[Message]:
    """One half of a language's messages, told by a digest of the English ones, in its order.

    Args:
        root: Where the packages were unpacked.
        locale: The language, as folders of catalogues are named: ``pt_BR``.
        half: 0 or 1.
    """
    found: dict[str, Message] = {}
    for path in sorted(root.glob(f"**/locale/{locale}/LC_MESSAGES/*.mo")):
        with path.open("rb") as stream:
            catalogue = vars(gettext.GNUTranslations(stream))["_catalog"]
        for key, text in catalogue.items():
            source = _bare(key) if isinstance(key, str) else ""
            text = _bare(text)
            if SHORTEST <= len(source) <= LONGEST and "\n" not in source and text != source:
                name = sha256(source.encode()).hexdigest()
                if int(name[0], 16) % 2 == half:
                    found.setdefault(name, Message(source, text))
    return [found[name] for name in sorted(found)]


def _bare(text: str) -> str:
    """A message without what tells equal ones apart: a context before it."""
    text = text.rpartition("\x04")[2]
    before, mark, after = text.partition("^")  # as Wesnoth writes it
    return after if mark and " " not in before else text
