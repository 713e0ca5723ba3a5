"""The flags that a segment of an output may have, and the words for them, for every view."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

DETECTORS = 8  # the number of these rules; what another one counted is counted again


class Flag(NamedTuple):
    """One thing that may be wrong with a hypothesis.

    Attributes:
        name: In files and options.
        title: For people.
        counted: After a number of segments.
        explained: In one clause.
        garbage: Whether it is surely no translation of the system's own: such counts stand in the
            default table.
        fault: Whether the segment counts as flagged. One that is the reference has no fault that
            could be seen in it; it only says nothing of the system.
    """

    name: str
    title: str
    counted: str
    explained: str
    garbage: bool = False
    fault: bool = True


FLAGS: tuple[Flag, ...] = (
    Flag("empty", "empty", "empty", "the translation has nothing that can be seen", True),
    Flag("copied", "copied", "copied", "the translation is the source as it stands", True),
    Flag(
        "reference", "reference itself", "that are the reference itself",
        "a reference, letter for letter, in an output that is so more often than by chance",
        garbage=True, fault=False,
    ),
    Flag("off_target", "off-target", "off-target", "not in the target language, or in part", True),
    Flag("loop", "looping", "looping", "something said again and again", True),
    Flag("doubled", "doubled", "doubled", "the whole translation stands there twice", True),
    Flag("truncated", "broken off", "broken off", "too short, and without an end", True),
    Flag("chatter", "chatter", "with chatter", "talk about the translation, or around it", True),
    Flag("thinking", "thinking", "with thinking", "a model's thoughts, or marks of them", True),
    Flag("turns", "invented turn", "with invented turns", "a conversation that goes on", True),
    Flag("alternatives", "alternatives", "with alternatives", "several numbered ones", True),
    Flag("answered", "answered", "answered", "a sentence where the source has no word", True),
    Flag(
        "control", "control marks", "with control marks",
        "marks of decoders, tokenizers or chat templates", True,
    ),
    Flag(
        "mojibake", "mojibake", "with mojibake",
        "characters that were read in the wrong encoding, or lost", True,
    ),
    Flag("entities", "entity", "with entities", "a character as an entity of HTML", True),
    Flag("hidden", "hidden characters", "with hidden characters", "characters nobody sees", True),
    Flag("markdown", "Markdown", "with Markdown", "Markdown that the source has not", True),
    Flag(
        "placeholders", "placeholder or tag", "with changed placeholder or tag",
        "a placeholder or tag is lost, added, doubled or moved",
    ),
    Flag("blanks", "blank or hot key", "with blank or hot key", "at the ends, lost or gained"),
    Flag("numbers", "lost number", "with lost number", "a number of the source is not there"),
    Flag("urls", "lost address", "with lost address", "an address of the source is not there"),
    Flag(
        "length", "odd length", "of odd length",
        "over three times, or under a third of, the usual length",
    ),
)  # fmt: skip
NAMES = tuple(flag.name for flag in FLAGS)
GARBAGE = tuple(flag.name for flag in FLAGS if flag.garbage)
BY_NAME = {flag.name: flag for flag in FLAGS}


def faulty(flags: Iterable[str]) -> bool:
    """Whether a segment with these flags counts as flagged.

    Example:
        >>> faulty(["reference"]), faulty(["reference", "numbers"])
        (False, True)
    """
    return any(flag not in BY_NAME or BY_NAME[flag].fault for flag in flags)
