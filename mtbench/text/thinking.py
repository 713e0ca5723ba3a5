"""A model's thinking, told from its answer where both come in one text.

Chat templates of thinking models put marks around the thoughts, and servers that do not know the
marks hand them on as they are. Marks by family:

- ``<think>…</think>`` (DeepSeek R1, Qwen3, QwQ, GLM, MiniMax, ERNIE, Hunyuan) and its variants;
  some templates open it themselves, so that the closing mark alone comes,
- ``[THINK]…[/THINK]`` (Magistral), ``◁think▷…◁/think▷`` (Kimi), ``<seed:think>`` (Seed-OSS),
- ``<|START_THINKING|>…<|END_THINKING|>`` (Cohere Command A), with ``<|START_RESPONSE|>`` behind it,
- ``<|channel|>analysis<|message|>…`` (gpt-oss, "Harmony"), also with its marks dropped by the
  server: ``analysis…assistantfinal…``; ``<|channel>thought … <channel|>`` (Gemma 4),
- ``<unused94>thought … <unused95>`` (MedGemma),
- "Here is my thought process: … Here is my response:" (Granite 3.2).

Which models write which: https://docs.vllm.ai/en/latest/features/reasoning_outputs/ and the
parsers it names.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Thought(NamedTuple):
    """A text, split.

    Attributes:
        thinking: What stood between marks, without them; None where there are none.
        answer: The rest; empty where the thinking never ended.
    """

    thinking: str | None
    answer: str


_NAMES = "think|thinking|thought|thoughts|reasoning|reflection|scratchpad|analysis|seed:think"
# What opens, what closes, and marks around the answer that may follow.
_KINDS = tuple(
    (re.compile(opens, re.IGNORECASE), re.compile(closes, re.IGNORECASE))
    for opens, closes in (
        (rf"<(?:{_NAMES})>", rf"</(?:{_NAMES})>"),
        (r"\[THINK(?:ING)?\]", r"\[/THINK(?:ING)?\]"),
        (r"◁think▷", r"◁/think▷"),
        (r"<\|START_THINKING\|>", r"<\|END_THINKING\|>"),
        (r"<\|begin_of_thought\|>", r"<\|end_of_thought\|>"),
        (r"<\|channel>thought\b", r"<channel\|>"),
        (r"<unused94>(?:thought\b)?", r"<unused95>"),
        (r"here(?:'s| is) my thought process:", r"here(?:'s| is) my response:"),
    )
)
_ALONE = _KINDS[:4]  # whose closing mark may come alone, because the template has opened it
_AROUND_ANSWER = (
    ("<answer>", "</answer>"),
    ("<response>", "</response>"),
    ("<|START_RESPONSE|>", "<|END_RESPONSE|>"),
    ("<|begin_of_solution|>", "<|end_of_solution|>"),
)
_CHANNEL = re.compile(
    r"<\|channel\|>\s*(?P<name>\w+)(?!\w)[^<]*(?:<\|constrain\|>[^<]*)?<\|message\|>(?P<said>.*?)"
    r"(?=<\|(?:end|return|call|channel|start)\|>|\Z)",
    re.DOTALL,
)
_BARE_CHANNELS = re.compile(
    r"analysis(?=\S)(?P<thought>.*?)assistant\s*final(?P<said>.*)", re.DOTALL
)


def split_thinking(text: str, source: str = "") -> Thought:
    r"""A model's thinking and its answer.

    Only what stands before the answer is taken for thinking, and marks that the source holds as
    often are a part of the text.

    Args:
        text: As the model wrote it.
        source: What it was asked to work on.

    Example:
        >>> split_thinking("<think>German, then.</think>\n\nHallo.")
        Thought(thinking='German, then.', answer='Hallo.')
        >>> split_thinking("Write </think> at the end.", "Schreibe </think> ans Ende.")
        Thought(thinking=None, answer='Write </think> at the end.')
    """
    stripped = text.strip()
    found = _by_channels(stripped, source) or _by_marks(stripped, source)
    return found if found is not None else Thought(None, text)


def _by_channels(text: str, source: str) -> Thought | None:
    said = [(m["name"].casefold(), m["said"].strip()) for m in _CHANNEL.finditer(text)]
    if said and "<|channel|>" not in source and text.startswith("<|"):
        answer = "\n".join(words for name, words in said if name == "final")
        return Thought("\n".join(words for name, words in said if name != "final"), answer)
    bare = _BARE_CHANNELS.fullmatch(text)
    if bare is not None and "assistantfinal" not in source:
        return Thought(bare["thought"].strip(), bare["said"].strip())
    return None


def _by_marks(text: str, source: str) -> Thought | None:
    for opens, closes in _KINDS:
        begun = opens.match(text)
        if begun is None or _count(opens, text) <= _count(opens, source):
            continue
        ended = closes.search(text, begun.end())
        if ended is None:
            return Thought(text[begun.end() :].strip(), "")
        rest = _by_marks(text[ended.end() :].strip(), source)  # some models think twice
        answer = _bare(text[ended.end() :]) if rest is None else rest.answer
        thoughts = [text[begun.end() : ended.start()].strip()]
        thoughts += [rest.thinking] if rest is not None and rest.thinking else []
        return Thought("\n".join(thoughts), answer)
    for opens, closes in _ALONE:
        ended = closes.search(text)
        if ended is not None and _count(closes, text) > _count(closes, source):
            if opens.search(text, 0, ended.start()):
                continue  # a pair within the text: no template has opened it
            return Thought(text[: ended.start()].strip(), _bare(text[ended.end() :]))
    return None


def _bare(answer: str) -> str:
    """An answer without the marks that some models put around theirs, too."""
    answer = answer.strip()
    for opens, closes in _AROUND_ANSWER:
        if answer.startswith(opens):
            return answer.removeprefix(opens).removesuffix(closes).strip()
    return answer


def _count(mark: re.Pattern[str], text: str) -> int:
    return sum(1 for _ in mark.finditer(text))
