"""A client of OpenAI-compatible chat servers: vLLM, llama.cpp, Ollama, the vendors.

Shared by the back end ``openai`` and by metrics that ask an LLM for a judgement.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from mtbench.errors import (
    BackendError,
    RequestError,
    SegmentError,
    TransientError,
    Unavailable,
    UnusableAnswer,
)
from mtbench.servers.answers import (
    AnswerContent,
    Tokens,
    assembled,
    error_within,
    is_stream,
    said,
    tokens,
)
from mtbench.servers.client import (
    JsonClient,
    Reply,
    ServerOptions,
    ServerUrl,
    for_message,
    no_quota_left,
    reach,
    require_success,
    unencrypted,
)
from mtbench.servers.finishing import ending
from mtbench.servers.headers import wait_asked
from mtbench.servers.pacing import Pace
from mtbench.servers.prices import Price, cost
from mtbench.servers.secrets import Secret, VariableName, called_like_a_key, key_in_words
from mtbench.servers.terms import OTHER_NAME, Terms, field_named
from mtbench.types import Json, Record

log = logging.getLogger(__name__)

_CONCESSIONS = 8  # changes of the terms at most, so that no two servers behind one address play us
_OF_A_TEXT = ("content_filter", "context_length_exceeded")  # codes, whatever setting is named
_LONG = 6000  # bytes of a request, below which no server's context ends
_BYTES_A_TOKEN = 16  # no tokenizer of running text has so many on average
OPENAI = "https://api.openai.com/v1"


class Message(Record):
    """One turn of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


class ChatOptions(ServerOptions):
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
        tokens_per_minute: Read and written at most, as estimated from the answers so far.
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
    timeout: Annotated[float, Field(gt=0, exclude=True)] = 120.0
    tokens_per_minute: Annotated[int | None, Field(ge=1, exclude=True)] = None
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
        reasoning_tokens: Of the written tokens those of thinking, where it says so.
        finish_reason: Why it ended, as the server says it.
        thinking: What the model wrote for itself before, or beside, the answer.
        thinking_in: Where that stood: ``field``, ``parts`` or ``text``.
        settled: How the request was changed to be taken; see ``Terms.record``.
        read_short: Whether the server counts so few tokens of the request that it cannot have read
            all of it; None where it does not seem so.
    """

    text: str
    model: str | None = None
    fingerprint: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    finish_reason: str | None = None
    thinking: str | None = None
    thinking_in: str | None = None
    settled: dict[str, Json] | None = None
    read_short: bool | None = None


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
        self._terms = Terms()
        self._pace = Pace(options.requests_per_minute, options.tokens_per_minute)

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
            pace=self._pace,
        )

    def check(self) -> None:
        """Whether the key is there and the server answers; costs nothing.

        Raises:
            Unavailable: If the key is missing or refused, or the server does not answer.
            RequestError: If the address lacks its ``/v1``.
        """
        with self._new_client(min(self.options.timeout, 15.0)) as client:
            reply = reach(client, "models")
            hint = self._address_hint() if reply.status == 404 else None
            if hint is not None and reach(client, "v1/models").status in {200, 401, 403}:
                raise RequestError(f"{self.name} answered 404 to {reply.url}", hint=hint)
        if reply.status in {401, 403}:
            raise Unavailable(
                f"{self.name} refused {key_in_words(self._secret)} (status {reply.status})",
                why=reply.refusal(),
                hint="check the key, or name its variable by the option api_key_env"
                if self._secret
                else "name the variable that holds the key by the option api_key_env",
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
        found += self._terms.sentences()
        several = self.options.extra_body.get("n")
        if isinstance(several, int) and several > 1:
            found.append(f"{several} answers are asked for (n) and paid for; the first is taken")
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
        self._terms = Terms()
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

    def complete(
        self, messages: Sequence[Message], *, seed: int | None = None, source: str = ""
    ) -> ChatAnswer:
        """One answer.

        Where the server says that it does not know a setting, the request is made again as it
        wants it, and so is every later one (``mtbench.servers.terms``).

        Args:
            messages: The chat so far.
            seed: Sent where the options name none and the temperature draws.
            source: What the messages give to work on: its own marks are no thinking.

        Raises:
            TransientError: If another try may help.
            UnusableAnswer: If this answer is refused, withheld or empty; another may not be.
            SegmentError: If these messages get no usable answer: too long, cut, thought away.
            BackendError: If no request would.
        """
        if self._client is None:
            raise RuntimeError("complete is called inside `with chat:`")
        wanted = self._request(messages, seed)
        for _ in range(_CONCESSIONS):
            terms = self._terms
            request = terms.applied(wanted)
            reply = _as_meant(self._client.post("chat/completions", request))
            if reply.status not in {400, 422} or not self._settled(reply, terms, request):
                break
        self._require_success(reply, frozenset({*wanted, *request} - {"messages"}))
        return self._answer(reply, source, terms)

    def shown(self, messages: Sequence[Message], *, seed: int | None = None) -> dict[str, Json]:
        """A request as it would go out first, for people; never the key."""
        variable = self.options.key_variable
        return {
            "url": f"{self.options.base_url}/chat/completions",
            "headers": {"Authorization": f"Bearer ${variable}"} if variable else {},
            "body": self._request(messages, seed),
        }

    def _settled(self, reply: Reply, terms: Terms, request: dict[str, Json]) -> bool:
        """Whether a refusal has led to other terms, which are worth another request."""
        with self._lock:
            if self._terms != terms:
                return True  # another call has settled it meanwhile
            better = None if self._settings_accepted else terms.after(reply.error, request.keys())
            if better is None:
                return False
            self._terms = better
        log.warning("%s: %s (%s)", self.name, better.sentences()[-1], reply.said())
        return True

    def settled(self) -> Terms:
        """How requests are changed to be taken by the server, as far as is known."""
        return self._terms

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
        if reply.status == 422 and (named := field_named(reply.error)):
            error = {"param": named, "message": reply.said()}
        if reply.status == 402 or reply.of_quota():
            raise no_quota_left(self.name, reply)
        if reply.status in {400, 413, 422}:
            what = f"{self.name} answered {reply.status}: {reply.said()}"
            if self._of_a_setting(error, settings):
                # Of a setting, not of this text: every other request would get the same.
                limits = error.get("param") in OTHER_NAME
                others = " (max_tokens, or max_tokens_field for its name)" if limits else ""
                raise BackendError(what, hint=f"correct the options of the model's card{others}")
            raise SegmentError(what)
        if reply.status == 404:
            raise BackendError(
                f"{self.name} answered 404 to {reply.url}",
                why=reply.said() or None,
                hint=self._address_hint() or f"does it serve the model {self.options.model!r}?",
            )
        if reply.status == 200 and is_stream(reply.content):
            return
        require_success(reply, self.name, self._secret)

    def _address_hint(self) -> str | None:
        """What to write where an address looks unfinished."""
        base = self.options.base_url
        whole, found, _ = base.partition("/chat/completions")
        if found:
            return f"the address ends before /chat/completions: base_url = {whole!r}"
        if re.search(r"/(?:v\d|openai|api)(?:/|beta|\Z)", urlsplit(base).path):
            return None
        return f"the address of most servers ends in /v1: base_url = {base + '/v1'!r}"

    def _of_a_setting(self, error: dict[str, Json], settings: frozenset[str]) -> bool:
        """Whether a refusal is about what every request holds, as far as the server says."""
        if self._settings_accepted or error.get("code") in _OF_A_TEXT:
            return False
        named, message = error.get("param"), error.get("message")
        if not isinstance(named, str):
            return False
        if named in OTHER_NAME and isinstance(message, str):
            # vLLM names it where a text leaves too little room beside it.
            return not re.search(r"context|input|prompt", message, re.IGNORECASE)
        return re.split(r"[.\[]", named)[0] in settings

    def _answer(self, reply: Reply, source: str, terms: Terms) -> ChatAnswer:
        whole = assembled(reply.content) if is_stream(reply.content) else reply.body
        if whole is None:
            raise TransientError(f"{self.name}: the stream broke off", answered=True)
        body: dict[str, Json] = whole if isinstance(whole, dict) else {}
        took = tokens(body.get("usage"))
        self._add(took)
        if took.read is not None and took.written is not None:
            self._pace.counted(reply.sent, took.read + took.written)
        choices = body.get("choices")
        if choices == [] and reply.error is None:
            # Gemini's servers and gateways before them say so of what their filter has caught.
            raise UnusableAnswer("the server gave no choices: its filter may have withheld them")
        choice = choices[0] if isinstance(choices, list) and choices else None
        message = choice.get("message") if isinstance(choice, dict) else None
        if isinstance(choice, dict) and "message" in choice and message is None:
            message = {}  # of an answer that a filter withheld, as the reason for its end says
        if not isinstance(choice, dict) or not isinstance(message, dict):
            why = reply.said() if reply.error is not None else None
            raise TransientError(f"{self.name}: an answer without choices", why=why, answered=True)
        self._settings_accepted = True
        found = said(message, source)
        text = self._usable(found, choice.get("finish_reason"), took)
        answer = ChatAnswer(
            text=text,
            model=_text(body.get("model")),
            fingerprint=_text(body.get("system_fingerprint")),
            prompt_tokens=took.read,
            completion_tokens=took.written,
            reasoning_tokens=took.thought,
            finish_reason=_text(choice.get("finish_reason")),
            thinking=found.thinking,
            thinking_in=found.thinking_in,
            settled=terms.record() or None,
            read_short=_read_short(reply.sent, took.read),
        )
        self._require_no_key(answer)
        return answer

    def _require_no_key(self, answer: ChatAnswer) -> None:
        kept = (
            answer.text,
            answer.model,
            answer.fingerprint,
            answer.finish_reason,
            answer.thinking,
        )
        if self._secret is not None and any(self._secret.repeated_in(one or "") for one in kept):
            raise SegmentError("the answer repeats the key of the server")

    def _usable(self, found: AnswerContent, finished: Json, took: Tokens) -> str:
        """The text of a message that says something and was not broken off."""
        if found.refusal:
            raise UnusableAnswer(f"the model refused: {for_message(found.refusal, self._secret)}")
        if finished is not None and not isinstance(finished, str):
            raise SegmentError("the answer gives no text for the reason that it ended")
        how = ending(finished)
        reason = for_message(finished or "", self._secret)[:40]
        if (
            how in ("complete", "cut")
            and not found.text.strip()
            and (found.thinking or took.thought)
        ):
            # Another try would think as long, and is paid for: it is not asked again.
            raise SegmentError(
                f"the model thought and gave no answer (max_tokens {self.options.max_tokens}, "
                f"ended: {reason or 'not said'})",
                hint="raise the option max_tokens, or switch thinking off by extra_body (such as "
                "reasoning_effort, or chat_template_kwargs = {enable_thinking = false})",
            )
        if how == "cut":
            raise SegmentError(
                f"the answer was cut after {self.options.max_tokens} tokens (ended: {reason})",
                hint="raise the option max_tokens",
            )
        if how == "withheld":
            raise UnusableAnswer(f"the server's filter withheld the answer (ended: {reason})")
        if how == "broken":
            raise TransientError(
                f"{self.name} broke the answer off (ended: {reason})", answered=True
            )
        if how is None or how == "calls":
            raise SegmentError(f"the answer ended for the reason {reason!r}")
        if not found.text.strip():
            raise UnusableAnswer("the answer is empty")
        return found.text

    def _add(self, took: Tokens) -> None:
        """Counts an answer, a useless one too: it was paid for."""
        with self._lock:
            sums = self._sums
            sums["requests"] = sums.get("requests", 0) + 1
            if took.read is None or took.written is None:
                sums["requests_without_usage"] = sums.get("requests_without_usage", 0) + 1
                return
            sums["prompt_tokens"] = sums.get("prompt_tokens", 0) + took.read
            sums["completion_tokens"] = sums.get("completion_tokens", 0) + took.written
            if took.thought is not None:
                sums["reasoning_tokens"] = sums.get("reasoning_tokens", 0) + took.thought

    def usage(self) -> dict[str, float]:
        """Sums since entered: requests, tokens, and ``cost_CUR`` where the price is known."""
        with self._lock:
            sums = dict(self._sums)
        if self.options.price is not None and "prompt_tokens" in sums:
            sums |= cost(sums, self.options.price)
        return sums


def _as_meant(reply: Reply) -> Reply:
    """A reply by the status that its body names, where that is an error in spite of its own."""
    whole = assembled(reply.content) if is_stream(reply.content) else reply.body
    within = error_within(whole) if reply.status == 200 else None
    if within is None:
        return reply
    status, error = within
    text = json.dumps(error) if status == 429 else ""
    asked = wait_asked(reply.headers, text)
    return replace(reply, status=status, body={"error": error}, content=b"", retry_after=asked)


def _read_short(sent: int, read: int | None) -> bool | None:
    """Whether a server has cut what it was to read, as Ollama does beyond its context."""
    return True if read and sent > _LONG and read * _BYTES_A_TOKEN < sent else None


def _text(value: Json) -> str | None:
    return value[:200] if isinstance(value, str) else None
