"""A client of OpenAI-compatible chat servers: vLLM, llama.cpp, Ollama, the vendors.

Shared by the back end ``openai`` and by metrics that ask an LLM for a judgement.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Annotated, Literal

from pydantic import Field, field_validator

from mtbench.errors import BackendError, SegmentError, TransientError, Unavailable, UnusableAnswer
from mtbench.servers.client import (
    JsonClient,
    Reply,
    ServerUrl,
    for_message,
    reach,
    require_success,
    unencrypted,
)
from mtbench.servers.secrets import Secret, VariableName, called_like_a_key, key_in_words
from mtbench.types import Json, Record

_OF_A_TEXT = ("content_filter", "context_length_exceeded")  # codes, whatever setting is named
OPENAI = "https://api.openai.com/v1"


class Price(Record):
    """What a server charges.

    Attributes:
        input: For a million tokens read.
        output: For a million tokens written.
        currency: Of both.
    """

    input: Annotated[float, Field(ge=0)]
    output: Annotated[float, Field(ge=0)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"


class Message(Record):
    """One turn of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


class ChatOptions(Record):
    """Which server and model, and how it writes.

    Attributes:
        model: The model's name on the server.
        base_url: The server's address, up to and including ``/v1``.
        api_key_env: NAME of the environment variable that holds the key.
        temperature: 0 for the likeliest answer; None leaves it to the server.
        top_p: Draw from the likeliest tokens that hold this much probability.
        max_tokens: Longest answer; a longer one is a failure, not cut.
        max_tokens_field: What the server calls that; OpenAI's reasoning models want
            ``max_completion_tokens``.
        seed: Sent where given; the run's seed where the temperature is above 0.
        stop: Texts at which the server stops writing.
        extra_body: More fields of the request, for a server's own settings.
        timeout: Seconds for a whole answer.
        concurrency: Requests at once.
        price: From the card, for the sums of the record.
    """

    model: Annotated[str, Field(min_length=1)]
    base_url: ServerUrl = OPENAI
    api_key_env: VariableName | None = None
    temperature: Annotated[float, Field(ge=0, le=5)] | None = 0.0
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] = 2048
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    seed: int | None = None
    stop: tuple[str, ...] = ()
    extra_body: dict[str, Json] = Field(default_factory=dict)
    # None of these says anything about what comes out.
    timeout: Annotated[float, Field(gt=0, exclude=True)] = 120.0
    concurrency: Annotated[int, Field(ge=1, le=64, exclude=True)] = 4
    price: Annotated[Price | None, Field(exclude=True)] = None

    @field_validator("extra_body")
    @classmethod
    def _no_key_in_it(cls, body: dict[str, Json]) -> dict[str, Json]:
        if (name := called_like_a_key(body)) is not None:
            # The value is not repeated, and a card and a result would hold it.
            raise ValueError(f"{name!r} looks like a key: name its variable by api_key_env")
        return body

    @property
    def drawn(self) -> bool:
        """Whether an answer may be drawn: a seed is sent then."""
        return self.temperature is None or self.temperature > 0

    @property
    def key_variable(self) -> str | None:
        """The variable that holds the key: OpenAI's own customary one for its own address."""
        if self.api_key_env is None and self.base_url == OPENAI:
            return "OPENAI_API_KEY"
        return self.api_key_env


class ChatAnswer(Record):
    """A whole answer.

    Attributes:
        text: What the model wrote, untouched.
        model: The model that the server says it was.
        fingerprint: The server's name for its own state, where it gives one.
        prompt_tokens, completion_tokens: As counted by the server; None where it does not say.
    """

    text: str
    model: str | None = None
    fingerprint: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class Chat:
    """Asks one model on one server, from any thread.

    Args:
        options: Which, and how.
    """

    def __init__(self, options: ChatOptions) -> None:
        self.options = options
        self.listed: frozenset[str] | None = None
        self._client: JsonClient | None = None
        self._secret: Secret | None = None
        self._lock = threading.Lock()
        self._sums: dict[str, float] = {}
        self._settings_accepted = False

    @property
    def name(self) -> str:
        """The server in messages."""
        return f"the server {self.options.base_url}"

    def _new_client(self, seconds: float) -> JsonClient:
        variable = self.options.key_variable
        self._secret = Secret(variable) if variable else None
        return JsonClient(
            self.options.base_url,
            secret=self._secret,
            seconds=seconds,
            connections=self.options.concurrency,
            name=self.name,
        )

    def check(self) -> None:
        """Whether the key is there and the server answers; costs nothing.

        Raises:
            Unavailable: If the key is missing or refused, or the server does not answer.
        """
        with self._new_client(min(self.options.timeout, 15.0)) as client:
            reply = reach(client, "models")
        if reply.status in {401, 403}:
            raise Unavailable(
                f"{self.name} refused {key_in_words(self._secret)} (status {reply.status})",
                hint="check the key, or name its variable by the option api_key_env",
            )
        entries = reply.body.get("data") if isinstance(reply.body, dict) else None
        if reply.status == 200 and isinstance(entries, list):
            names = (entry.get("id") for entry in entries if isinstance(entry, dict))
            self.listed = frozenset(name for name in names if isinstance(name, str))

    def notes(self) -> tuple[str, ...]:
        """What a reader must know: weights that nobody can pin, a key in the clear."""
        found = [
            f"the weights behind {self.options.model!r} at {self.options.base_url} cannot be "
            "pinned: the server may change them"
        ]
        listed = self.listed or frozenset()
        alike = any(name.split(":")[0] == self.options.model for name in listed)
        if listed and self.options.model not in listed and not alike:
            found.append(f"the server does not list a model {self.options.model!r}")
        if self.options.key_variable and unencrypted(self.options.base_url):
            found.append(f"the key goes unencrypted to {self.options.base_url}")
        return tuple(found)

    def __enter__(self) -> Chat:
        self._sums = {}
        self._settings_accepted = False
        self._client = self._new_client(self.options.timeout)
        self._client.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._client is not None:
            self._client.__exit__(kind, error, trace)
            self._client = None

    def complete(self, messages: Sequence[Message], *, seed: int | None = None) -> ChatAnswer:
        """One answer.

        Args:
            messages: The chat so far.
            seed: Sent where the options name none and the temperature draws.

        Raises:
            TransientError: If another try may help.
            UnusableAnswer: If this answer is refused, withheld or empty; another may not be.
            SegmentError: If these messages get no usable answer: too long, cut.
            BackendError: If no request would.
        """
        if self._client is None:
            raise RuntimeError("complete is called inside `with chat:`")
        request = self._request(messages, seed)
        reply = self._client.post("chat/completions", request)
        self._require_success(reply, frozenset(request) - {"messages"})
        return self._answer(reply)

    def _request(self, messages: Sequence[Message], seed: int | None) -> dict[str, Json]:
        given = self.options
        wanted: dict[str, Json] = {
            "model": given.model,
            "messages": [message.model_dump() for message in messages],
            "temperature": given.temperature,
            "top_p": given.top_p,
            given.max_tokens_field: given.max_tokens,
            "seed": given.seed if given.seed is not None else (seed if given.drawn else None),
            "stop": list(given.stop) or None,
        }
        return {key: value for key, value in wanted.items() if value is not None} | given.extra_body

    def _require_success(self, reply: Reply, settings: frozenset[str]) -> None:
        error: dict[str, Json] = reply.error if isinstance(reply.error, dict) else {}
        if reply.status == 429 and error.get("code") == "insufficient_quota":
            raise BackendError(f"{self.name}: the account has no quota left", why=reply.said())
        if reply.status in {400, 413, 422}:
            what = f"{self.name} answered {reply.status}: {reply.said()}"
            if self._of_a_setting(error, settings):
                # Of a setting, not of this text: every other request would get the same.
                raise BackendError(what, hint="correct the options of the model's card")
            raise SegmentError(what)
        require_success(reply, self.name, self._secret)

    def _of_a_setting(self, error: dict[str, Json], settings: frozenset[str]) -> bool:
        """Whether a refusal is about what every request holds, as far as the server says."""
        if self._settings_accepted or error.get("code") in _OF_A_TEXT:
            return False
        named, message = error.get("param"), error.get("message")
        if named == self.options.max_tokens_field and isinstance(message, str):
            # vLLM names it where a text leaves too little room beside it.
            return not re.search(r"context|input|prompt", message, re.IGNORECASE)
        return isinstance(named, str) and re.split(r"[.\[]", named)[0] in settings

    def _answer(self, reply: Reply) -> ChatAnswer:
        body: dict[str, Json] = reply.body if isinstance(reply.body, dict) else {}
        usage = body["usage"] if isinstance(body.get("usage"), dict) else {}
        read, written = (_count(usage.get(f"{what}_tokens")) for what in ("prompt", "completion"))
        self._add(read, written)
        choices = body.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        message = choice.get("message") if isinstance(choice, dict) else None
        if not isinstance(choice, dict) or not isinstance(message, dict):
            said = reply.said() if reply.error is not None else None
            raise TransientError(f"{self.name}: an answer without choices", why=said, answered=True)
        self._settings_accepted = True
        text = self._usable(message, choice.get("finish_reason"))
        names = [_text(body.get(name)) or "" for name in ("model", "system_fingerprint")]
        if self._secret is not None and any(map(self._secret.repeated_in, [text, *names])):
            raise SegmentError("the answer repeats the key of the server")
        return ChatAnswer(
            text=text,
            model=_text(body.get("model")),
            fingerprint=_text(body.get("system_fingerprint")),
            prompt_tokens=read,
            completion_tokens=written,
        )

    def _usable(self, message: dict[str, Json], finished: Json) -> str:
        """The text of a message that says something and was not broken off."""
        refusal = message.get("refusal")
        if isinstance(refusal, str) and refusal.strip():
            raise UnusableAnswer(f"the model refused: {for_message(refusal, self._secret)}")
        if finished == "length":
            raise SegmentError(
                f"the answer was cut after {self.options.max_tokens} tokens",
                hint="raise the option max_tokens",
            )
        if finished == "content_filter":
            raise UnusableAnswer("the server's filter withheld the answer")
        if finished is not None and not isinstance(finished, str):
            raise SegmentError("the answer gives no text for the reason that it ended")
        if finished not in {None, "stop", "eos", "end_turn"}:
            reason = for_message(str(finished), self._secret)[:40]
            raise SegmentError(f"the answer ended for the reason {reason!r}")
        text = message.get("content")
        if not isinstance(text, str) or not text.strip():
            raise UnusableAnswer("the answer is empty")
        return text

    def _add(self, read: int | None, written: int | None) -> None:
        """Counts an answer, a useless one too: it was paid for."""
        with self._lock:
            sums = self._sums
            sums["requests"] = sums.get("requests", 0) + 1
            if read is None or written is None:
                sums["requests_without_usage"] = sums.get("requests_without_usage", 0) + 1
                return
            sums["prompt_tokens"] = sums.get("prompt_tokens", 0) + read
            sums["completion_tokens"] = sums.get("completion_tokens", 0) + written

    def usage(self) -> dict[str, float]:
        """Sums since entered: requests, tokens, and ``cost_CUR`` where the price is known."""
        with self._lock:
            sums = dict(self._sums)
        if self.options.price is not None and "prompt_tokens" in sums:
            sums |= cost(sums, self.options.price)
        return sums


def cost(usage: dict[str, float], price: Price) -> dict[str, float]:
    """What tokens cost: ``{"cost_USD": …}``, rounded to a millionth."""
    total = (
        usage.get("prompt_tokens", 0) * price.input
        + usage.get("completion_tokens", 0) * price.output
    ) / 1e6
    return {f"cost_{price.currency}": round(total, 6)}


def _count(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _text(value: Json) -> str | None:
    return value[:200] if isinstance(value, str) else None
