"""What a chat server's answer says: its text, its thinking, how it ended, what it took.

Servers agree on ``choices[0].message.content`` and on little else. Text comes as a string, as a
list of parts, or as a stream of events though nobody asked for one; thinking in fields of its own,
in parts, or in the text (``mtbench.text.thinking``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from mtbench.text.thinking import split_thinking
from mtbench.types import Json

# vLLM, SGLang, DeepSeek, OpenRouter, Ollama, LiteLLM.
_THINKING_FIELDS = (
    "reasoning_content",
    "reasoning",
    "thinking",
    "reasoning_text",
    "reasoning_details",
    "thinking_blocks",
)
_WORDS = ("text", "thinking", "reasoning", "content", "value", "summary")  # of a part, or a block
_STREAM = (b"data:", b"event:", b": ", b":\n")


class AnswerContent(NamedTuple):
    """What a message says.

    Attributes:
        text: The answer, without thinking.
        thinking: What the model wrote for itself; None where it wrote nothing.
        thinking_in: Where that stood: ``field``, ``parts`` or ``text``.
        refusal: Why the model refuses, in its words; empty where it does not.
    """

    text: str
    thinking: str | None
    thinking_in: str | None
    refusal: str


class Tokens(NamedTuple):
    """What an answer took, as the server counts; None where it does not say.

    Attributes:
        read: Of the prompt.
        written: Of the answer, thinking among them.
        thought: Of the thinking alone.
    """

    read: int | None
    written: int | None
    thought: int | None


def said(message: Mapping[str, Json], source: str = "") -> AnswerContent:
    """What a message says.

    Args:
        message: ``choices[0].message``.
        source: What the model worked on, whose own marks are no thinking.

    Example:
        >>> said({"content": "Hallo.", "reasoning": "German, then."}).thinking
        'German, then.'
        >>> said({"content": [{"type": "thinking", "thinking": "hm"},
        ...                   {"type": "text", "text": "Hallo."}]}).text
        'Hallo.'
    """
    texts: list[str] = []
    thoughts: list[str] = []
    refusals = [_words(message.get("refusal"))]
    content = message.get("content")
    for part in content if isinstance(content, list) else [content]:
        kind = _kind(part)
        if "thinking" in kind or "reasoning" in kind:
            thoughts.append(_words(part))
        elif kind == "refusal" and isinstance(part, dict):
            refusals.append(_words(part.get("refusal")))
        elif kind in ("text", "output_text"):
            texts.append(_words(part))
    found = split_thinking("".join(texts), source)
    apart = next((words for name in _THINKING_FIELDS if (words := _words(message.get(name)))), "")
    every = {"field": apart, "parts": "\n".join(filter(None, thoughts)), "text": found.thinking}
    places = [place for place, words in every.items() if words]
    return AnswerContent(
        text=found.answer,
        thinking="\n".join(words for words in every.values() if words) or None,
        thinking_in=" and ".join(places) or None,
        refusal=" ".join(filter(None, refusals)).strip(),
    )


def _kind(part: Json) -> str:
    """Of a part of a message; one that does not say it is named by what it holds."""
    if not isinstance(part, dict) or "text" in part:
        return str(part.get("type", "text")) if isinstance(part, dict) else "text"
    held = next((name for name in ("thinking", "reasoning") if name in part), "text")
    return str(part.get("type", held))


def _words(value: Json) -> str:
    """The text of a field, part or list of parts, however deep a server nests it."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(map(_words, value))
    if isinstance(value, dict):
        return next((words for name in _WORDS if (words := _words(value.get(name)))), "")
    return ""


def tokens(usage: Json) -> Tokens:
    """What an answer took.

    Example:
        >>> tokens({"prompt_tokens": 9, "completion_tokens": 5,
        ...         "completion_tokens_details": {"reasoning_tokens": 3}})
        Tokens(read=9, written=5, thought=3)
    """
    fields = usage if isinstance(usage, dict) else {}
    read = _count(fields.get("prompt_tokens", fields.get("input_tokens")))
    written = _count(fields.get("completion_tokens", fields.get("output_tokens")))
    details = fields.get("completion_tokens_details", fields.get("output_tokens_details"))
    apart = details.get("reasoning_tokens") if isinstance(details, dict) else None
    thought = _count(fields.get("reasoning_tokens") if apart is None else apart)
    every = _count(fields.get("total_tokens"))
    if written is not None and thought and every == (read or 0) + written + thought:
        written += thought  # Gemini and xAI count an answer without its thinking
    return Tokens(read, written, thought)


def _count(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def error_within(whole: Json) -> tuple[int, Json] | None:
    """The status and error that an answer of status 200 holds; None where it holds none.

    Gateways that have begun to answer, or think that they have, put what went wrong into the body,
    or into its choice.

    Example:
        >>> error_within({"error": {"message": "Rate limit exceeded", "code": 429}})
        (429, {'message': 'Rate limit exceeded', 'code': 429})
        >>> error_within({"choices": [{"message": {"content": "Hallo."}}]})
    """
    body = whole if isinstance(whole, dict) else {}
    choices = body.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    error = choice.get("error") if isinstance(choice, dict) else body.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    if isinstance(code, str) and code.isdecimal():
        code = int(code)
    status = isinstance(code, int) and 400 <= code < 600
    return (code, error) if status and isinstance(code, int) else None


# --- streams ----------------------------------------------------------------------------------


def is_stream(content: bytes) -> bool:
    """Whether a body is a stream of events."""
    return content.lstrip().startswith(_STREAM)


def assembled(content: bytes) -> Json:
    r"""The answer that a stream of events makes; None where it breaks off.

    Args:
        content: The whole body, events and all.

    Example:
        >>> parts = [{"choices": [{"delta": {"content": "Hal"}}]},
        ...          {"choices": [{"delta": {"content": "lo."}, "finish_reason": "stop"}]}]
        >>> body = "".join(f"data: {json.dumps(part)}\n\n" for part in parts) + "data: [DONE]\n"
        >>> assembled(body.encode())["choices"][0]["message"]["content"]
        'Hallo.'
    """
    answer: dict[str, Json] = {}
    message: dict[str, Json] = {}
    finished: Json = None
    ended = False
    for event in _events(content):
        if event is None:
            ended = True
            continue
        if "error" in event:
            return {"error": event["error"]}
        answer |= {key: value for key, value in event.items() if value and key != "choices"}
        choices = event.get("choices")
        first = choices[0] if isinstance(choices, list) and choices else None
        if isinstance(first, dict):
            delta = first.get("delta", first.get("message"))
            _join(message, delta if isinstance(delta, dict) else {})
            finished = first.get("finish_reason") or finished
    if not (ended or finished):
        return None
    return answer | {"choices": [{"message": message, "finish_reason": finished}]}


def _events(content: bytes) -> Iterator[dict[str, Json] | None]:
    """The events of a stream; None for the one that ends it."""
    for line in content.decode("utf-8", "replace").splitlines():
        data = line.removeprefix("data:").strip()
        if not line.startswith("data:") or not data:
            continue
        if data == "[DONE]":
            yield None
            continue
        try:
            event = json.loads(data)
        except (ValueError, RecursionError):
            continue  # cut in the middle: nothing ends the stream then
        if isinstance(event, dict):
            yield event


def _join(message: dict[str, Json], delta: Mapping[str, Json]) -> None:
    for name, value in delta.items():
        before = message.get(name)
        if isinstance(before, str) and isinstance(value, str) and name != "role":
            message[name] = before + value
        elif isinstance(before, list) and isinstance(value, list):
            message[name] = [*before, *value]
        elif value is not None:
            message[name] = value
