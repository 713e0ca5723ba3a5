"""The flags that a segment of an output may have, and the words for them, for every view."""

from __future__ import annotations

from typing import NamedTuple

DETECTORS = 2  # the number of these rules; what another one counted is counted again


class Flag(NamedTuple):
    """One thing that may be wrong with a hypothesis.

    Attributes:
        name: In files and options.
        title: For people.
        counted: After a number of segments.
        explained: In one clause.
        garbage: Whether it is surely no translation: such counts stand in the default table.
    """

    name: str
    title: str
    counted: str
    explained: str
    garbage: bool = False


FLAGS: tuple[Flag, ...] = (
    Flag("empty", "empty", "empty", "the translation has nothing that can be seen", True),
    Flag("copied", "copied", "copied", "the translation is the source as it stands", True),
    Flag("off_target", "off-target", "off-target", "not in the target language, or in part", True),
    Flag("loop", "looping", "looping", "something said again and again", True),
    Flag("chatter", "chatter", "with chatter", "talk about the translation, or around it", True),
    Flag("answered", "answered", "answered", "a sentence where the source has no word", True),
    Flag("numbers", "lost number", "with lost number", "a number of the source is not there"),
    Flag("urls", "lost address", "with lost address", "an address of the source is not there"),
    Flag(
        "length", "odd length", "of odd length",
        "over three times, or under a third of, the usual length",
    ),
)  # fmt: skip
NAMES = tuple(flag.name for flag in FLAGS)
BY_NAME = {flag.name: flag for flag in FLAGS}
