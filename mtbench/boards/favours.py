"""Why a metric may favour a system: it is the judge itself or of its family, or decoded for it."""

from __future__ import annotations

import re
from typing import NamedTuple

from mtbench.text.patterns import NO_LETTER_OR_DIGIT
from mtbench.types import Score, SystemCard

# Families of language models, by a word of their names.
_FAMILIES = frozenset(
    ["aya", "claude", "cohere", "deepseek", "eurollm", "gemini", "glm", "gpt", "grok", "kimi",
     "llama", "mistral", "nova", "olmo", "phi", "qwen", "tower", "yi"]
)  # fmt: skip
_SAME = {
    "chatgpt": "gpt", "codestral": "mistral", "gemma": "gemini", "magistral": "mistral",
    "ministral": "mistral", "mixtral": "mistral", "palm": "gemini", "qwq": "qwen",
    "towerinstruct": "tower", "vicuna": "llama",
}  # fmt: skip
_LETTERS = re.compile(r"[a-z]+")


class Favour(NamedTuple):
    """Why a score may be better than people would find the translations.

    Attributes:
        badge: In a few words.
        sentence: At length.
    """

    badge: str
    sentence: str


def favours(card: SystemCard, score: Score) -> tuple[Favour, ...]:
    """What a score's metric and a system's card have to do with each other.

    A judge's model stands in its score's ``notes`` (``judged_by``); a system's, in its back end's
    option ``model``, its lineage or its name.

    Args:
        card: Of the system.
        score: Of its output.
    """
    found = []
    judge = score.notes.get("judged_by")
    if isinstance(judge, str) and judge:
        model = card.options.get("model")
        names = [name for name in (model, card.lineage, card.name) if isinstance(name, str)]
        mine = family(judge)
        if any(_plain(name) == _plain(judge) for name in names):
            found.append(
                Favour(
                    "judged by itself",
                    f"judged by {judge}, which made these translations: a judge favours its own",
                )
            )
        elif mine is not None and mine in {family(name) for name in names}:
            found.append(
                Favour(
                    "judged by its family",
                    f"judged by {judge}, of its own family ({mine}): a judge favours its family",
                )
            )
    for metric in sorted({score.metric, score.kind or score.metric} & set(card.optimised_for)):
        found.append(
            Favour(
                f"decoded for {metric}",
                f"its card says that it is optimised for {metric}: it gains more there than by "
                "people's judgement",
            )
        )
    return tuple(found)


def family(name: str) -> str | None:
    """The family of a language model by its name; None for one that nobody knows.

    Example:
        >>> family("Qwen/Qwen2.5-7B-Instruct"), family("gpt-4.1-mini"), family("opus-mt-en-de")
        ('qwen', 'gpt', None)
    """
    words = (_SAME.get(word, word) for word in _LETTERS.findall(name.casefold()))
    return next((word for word in words if word in _FAMILIES), None)


def _plain(name: str) -> str:
    """A model's name without its provider, case and marks."""
    return NO_LETTER_OR_DIGIT.sub("", name.rsplit("/", 1)[-1].casefold())
