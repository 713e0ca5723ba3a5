"""What servers of machine translation have in common; each vendor has a module of its own.

A server takes some texts per request, up to a size. Longer texts are cut and put together again;
what came back is told by text, so that a request that fails makes nobody ask for the others again.
"""

from __future__ import annotations

import json
import logging
import threading
from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from types import TracebackType
from typing import Annotated, ClassVar, NamedTuple, cast

from pydantic import Field, field_validator

from mtbench.backends.guidance import Guidance, GuidanceOptions
from mtbench.errors import (
    BackendError,
    MissingEngine,
    RequestError,
    RunFailed,
    SegmentError,
    TransientError,
    Unavailable,
)
from mtbench.languages import LanguagePair
from mtbench.plugins import Backend
from mtbench.servers.client import (
    JsonClient,
    Reply,
    ServerOptions,
    ServerUrl,
    for_message,
    no_quota_left,
    require_success,
    unencrypted,
)
from mtbench.servers.codes import code_among, same_code
from mtbench.servers.pacing import Pace
from mtbench.servers.prices import CharacterPrice, cost
from mtbench.servers.secrets import Secret, VariableName, called_like_a_key, key_in_words
from mtbench.text.pieces import Piece, joined, pieces
from mtbench.types import Json, Record, Runtime, Source, Translation

log = logging.getLogger(__name__)

CHECK_SECONDS = 15.0


class TranslatorOptions(ServerOptions):
    """Options of every server of machine translation.

    Attributes:
        api_key_env: NAME of the environment variable that holds the key.
        source_code: The server's code of the source language, where the guess is wrong.
        target_code: The server's code of the target language, likewise.
        glossary: A TMX, CSV or TSV file of terms, ``{src}`` and ``{tgt}`` filled in. How many of
            them the translations use is counted; what the server is told stands in its own options.
        price: From the card: for a million characters.
    """

    api_key_env: VariableName | None = None
    source_code: str | None = None
    target_code: str | None = None
    glossary: Annotated[str | None, Field(exclude=True)] = None
    price: Annotated[CharacterPrice | None, Field(exclude=True)] = None


class VendorOptions(TranslatorOptions):
    """Options that every vendor has.

    Attributes:
        base_url: The server's address, where it is not the vendor's usual one.
        settings: More fields of the request, as the vendor names them.
    """

    base_url: ServerUrl | None = None
    settings: dict[str, Json] = Field(default_factory=dict)

    @field_validator("settings")
    @classmethod
    def _no_key_in_it(cls, settings: dict[str, Json]) -> dict[str, Json]:
        if (name := called_like_a_key(settings)) is not None:
            raise ValueError(f"{name!r} looks like a key: name its variable by api_key_env")
        return settings


class Limits(NamedTuple):
    """What a vendor takes in one request.

    Attributes:
        texts: So many texts.
        size: All of them together, by ``measure``.
        one: Each of them, by ``measure``.
        measure: The size of a text.
    """

    texts: int
    size: int
    one: int
    measure: Callable[[str], int]


class VendorAnswer(NamedTuple):
    """A vendor's answer to one text.

    Attributes:
        text: The translation.
        engine: The model or system that made it, where the vendor tells.
        billed: Characters that it charges for, where it tells.
    """

    text: str
    engine: str | None = None
    billed: int | None = None


class Codes(NamedTuple):
    """The vendor's codes of languages.

    Attributes:
        sources: That it translates from.
        targets: That it translates into.
    """

    sources: frozenset[str]
    targets: frozenset[str]


Wanted = tuple[str, str | None]
"""A text to be translated, and the context that goes with it."""


def as_sent(text: str) -> int:
    """A text's size in a request's JSON, in bytes."""
    return len(json.dumps(text)) + 2


def in_bytes(text: str) -> int:
    """A text's size in UTF-8."""
    return len(text.encode())


class Vendor(Backend):
    """A server of machine translation: several texts per request, several requests at once.

    Each text is translated alone. No vendor promises that the same text gets the same translation
    tomorrow, so none is called deterministic, and what it runs is called unpinned, with the day.
    """

    options: TranslatorOptions
    deterministic = False
    billed = True

    title: str
    address: ClassVar[str]
    key_env: ClassVar[str]
    limits: Limits

    def __init__(self, options: Record, pair: LanguagePair, runtime: Runtime) -> None:
        super().__init__(options, pair, runtime)
        self.options = cast("TranslatorOptions", options)
        self.max_concurrency = self.options.concurrency
        self.patience = self.options.patience
        self._guidance = Guidance(self._told_of(), pair)
        self._secret: Secret | None = None
        self._client: JsonClient | None = None
        self._codes: tuple[str, str] | None = None
        self._lock = threading.Lock()
        self._held: dict[Wanted, VendorAnswer] = {}
        self._sums: Counter[str] = Counter()
        self._found: tuple[str, ...] = ()

    # --- what a vendor says of itself ---------------------------------------------------------

    def _told_of(self) -> GuidanceOptions:
        """Terms, and the context that the vendor is told where its options name any."""
        names = GuidanceOptions.model_fields.keys() - {"tone"}
        given = {name: getattr(self.options, name) for name in names if hasattr(self.options, name)}
        return GuidanceOptions(**given)

    def _url(self) -> str:
        other = self.options.base_url if isinstance(self.options, VendorOptions) else None
        return other or self.address

    def _variable(self) -> str:
        """The environment variable that holds the key; empty where none is shown."""
        return self.options.api_key_env or self.key_env

    def _authorised(self, method: str, url: str, content: bytes, key: str) -> dict[str, str]:
        """The headers that show a key."""
        return {}

    def _with_key(self, body: Json, key: str) -> Json:
        """A body that shows a key, where headers don't."""
        return body

    @abstractmethod
    def _listed(self, client: JsonClient) -> Codes:
        """The languages that the vendor lists; asks nothing that is billed."""

    @abstractmethod
    def _path(self) -> str:
        """Where texts are sent to, below the address."""

    @abstractmethod
    def _body(self, texts: Sequence[str], context: str | None) -> Json:
        """A request for texts that share a context."""

    @abstractmethod
    def _answers(self, reply: Reply) -> list[VendorAnswer]:
        """What an answer says; a lookup that fails means that it says no translation."""

    def _refused(self, reply: Reply) -> RunFailed | None:
        """What a refusal means, where its status alone does not say it."""
        return None

    # --- before a run --------------------------------------------------------------------------

    def _new_client(self, seconds: float) -> JsonClient:
        variable = self._variable()
        self._secret = Secret(variable) if variable else None
        return JsonClient(
            self._url(),
            secret=self._secret,
            bearer=False,
            headers=lambda method, url, content: self._authorised(
                method, url, content, self._key()
            ),
            seconds=seconds,
            connections=self.options.concurrency,
            name=self.title,
            pace=Pace(self.options.requests_per_minute),
        )

    def _key(self) -> str:
        return self._secret.reveal() if self._secret else ""

    def check(self) -> None:
        """Whether the key is accepted and the direction served; costs nothing."""
        _ = self._guidance.terms  # reads them
        with self._new_client(min(self.options.timeout, CHECK_SECONDS)) as client:
            listed = self._listed(client)
            self._look_further(client)
        source, target = self.options.source_code, self.options.target_code
        self._codes = (
            self._code(self.pair.source, listed.sources, "from", source),
            self._code(self.pair.target, listed.targets, "into", target),
        )

    def _look_further(self, client: JsonClient) -> None:
        """What else can be known before work; asks nothing that is billed."""

    def _code(self, tag: str, listed: frozenset[str], way: str, given: str | None) -> str:
        wanted = given or tag
        code = code_among(wanted, listed, read=way == "from")
        if code is None or (given and not same_code(given, code)):
            raise RequestError(
                f"{self.title} does not translate {way} {wanted!r}",
                hint=f"it translates {way} {', '.join(sorted(listed))}",
            )
        return code

    def _require_listing(self, reply: Reply) -> None:
        """Passes a list of languages; says what stands in its place.

        Raises:
            Unavailable: If the key is refused, the quota is used up, or nobody answers.
        """
        if reply.status == 200 and reply.body is not None:
            return
        error = self._judged(reply)
        if reply.status in {401, 403}:
            raise Unavailable(error.message, why=error.why, hint=error.hint)
        hint = error.hint or ("try again later" if reply.status >= 429 else "correct its address")
        raise MissingEngine(error.message, why=error.why, hint=hint)

    def _judged(self, reply: Reply) -> RunFailed:
        """What a refusal means."""
        told = self._refused(reply)
        if told is not None:
            return told
        what = f"{self.title} answered {reply.status}"
        if reply.status in {400, 413, 422}:
            return SegmentError(f"{what}: {reply.said()}")  # of these texts; others may be taken
        try:
            require_success(reply, self.title, self._secret)
        except RunFailed as error:
            return error
        return TransientError(f"{what} without an answer", answered=True)

    def _no_quota(self, reply: Reply) -> BackendError:
        return no_quota_left(self.title, reply)

    def _key_refused(self, reply: Reply) -> BackendError:
        said = f"{self.title} refused {key_in_words(self._secret)} (status {reply.status})"
        return BackendError(said, why=reply.refusal(), hint="check the key and what it may do")

    def _wrong_option(self, reply: Reply) -> BackendError:
        what = f"{self.title} answered {reply.status}: {reply.said()}"
        return BackendError(what, hint="correct the options of the model's card")

    def notes(self) -> tuple[str, ...]:
        """An engine nobody can pin; codes that are not exactly the languages; what was cut."""
        found = [*self._guidance.notes(), *(self._found or (self._unpinned({}),))]
        if self._codes and not all(
            map(same_code, (self.pair.source, self.pair.target), self._codes)
        ):
            found.append(f"{self.pair} goes to {self.title} as {' to '.join(self._codes)}")
        if self._variable() and unencrypted(self._url()):
            found.append(f"the key goes unencrypted to {self._url()}")
        return tuple(found)

    def _unpinned(self, engines: Mapping[str, int], day: str = "") -> str:
        named = f" ({', '.join(sorted(engines))})" if engines else ""
        when = f"; it is that of {day}" if day else ""
        return f"{self.title}'s engine{named} is unpinned: the vendor may change it{when}"

    def identity(self) -> dict[str, Json]:
        """The terms that are counted, and the context that goes with each text."""
        told = self._guidance.digest()
        return {"told": told} if told else {}

    def provenance(self) -> dict[str, Json]:
        """Vendor, address and codes; never the key."""
        price = self.options.price
        return {
            "vendor": self.title,
            "url": f"{self._url()}/{self._path()}",
            "api_key_env": self._variable() or None,
            "codes": list(self._codes or ()),
            "price": price.model_dump() if price else None,
        }

    def sources(self, sources: Sequence[Source]) -> None:
        """Keeps what stands around each segment, where it is to be told."""
        self._guidance.sources(sources)

    def request(self, batch: Sequence[Source]) -> dict[str, Json]:
        """The first request for a batch, whole; the key by its variable's name."""
        wanted = [(part.text, self._context(s)) for s in batch for part in self._cut(s)]
        texts, context = next(self._packed(wanted))
        url = f"{self._url()}/{self._path()}"
        key = f"${self._variable()}" if self._variable() else ""
        headers = self._authorised("POST", url, b"", key)
        body = self._with_key(self._body(texts, context), key)
        return {"url": url, "headers": dict(headers), "body": body}

    # --- a run ---------------------------------------------------------------------------------

    def __enter__(self) -> Vendor:
        if self._codes is None:
            self.check()
        self._sums.clear()
        self._held.clear()
        self._found = ()
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

    def translate(self, batch: Sequence[Source]) -> list[Translation | SegmentError]:
        """Translates a batch, in as few requests as the vendor's limits allow.

        Raises:
            Later: For a rate limit.
            TransientError: For a broken server.
            SegmentError: If it refuses these texts.
            BackendError: If it refuses every text: a key, a direction, an empty account.
        """
        cut = [self._cut(source) for source in batch]
        wanted = dict.fromkeys(
            (part.text, self._context(source))
            for source, parts in zip(batch, cut, strict=True)
            for part in parts
        )
        with self._lock:
            found = {one: self._held[one] for one in wanted if one in self._held}
        for texts, context in self._packed([one for one in wanted if one not in found]):
            answers = zip(texts, self._post(texts, context), strict=True)
            new = {(text, context): told for text, told in answers}
            found |= new
            with self._lock:
                self._held |= new  # until the batch is whole: another try asks for the rest alone
        with self._lock:
            for one in wanted:
                self._held.pop(one, None)
        return [
            self._translation(
                source, parts, [found[part.text, self._context(source)] for part in parts]
            )
            for source, parts in zip(batch, cut, strict=True)
        ]

    def _context(self, source: Source) -> str | None:
        return self._guidance.context(source) if self._guidance.surrounded else None

    def _cut(self, source: Source) -> list[Piece]:
        limits = self.limits
        return pieces(source.text, lambda part: limits.measure(part) <= limits.one)

    def _packed(self, wanted: Sequence[Wanted]) -> Iterator[tuple[list[str], str | None]]:
        """Texts that share a context, as many as a request may hold."""
        limits = self.limits
        texts: list[str] = []
        size = 0
        shared: str | None = None
        for text, context in wanted:
            more = limits.measure(text)
            full = len(texts) == limits.texts or size + more > limits.size
            if texts and (full or context != shared):
                yield texts, shared
                texts, size = [], 0
            texts.append(text)
            size += more
            shared = context
        if texts:
            yield texts, shared

    def _post(self, texts: Sequence[str], context: str | None) -> list[VendorAnswer]:
        if self._client is None or self._codes is None:
            raise RuntimeError("translate is called inside `with backend:`")
        body = self._with_key(self._body(texts, context), self._key())
        reply = self._client.post(self._path(), body)
        if reply.status != 200 or reply.body is None:
            raise self._judged(reply)
        try:
            answers = self._answers(reply)
        except (KeyError, TypeError, IndexError, AttributeError, ValueError):
            answers = []
        if len(answers) != len(texts) or not all(isinstance(one.text, str) for one in answers):
            raise TransientError(
                f"{self.title}: {len(answers)} translations of {len(texts)} texts",
                why=reply.said() if reply.error is not None else None,
                answered=True,
            )
        self._count(texts, answers)
        return answers

    def _count(self, texts: Sequence[str], answers: Sequence[VendorAnswer]) -> None:
        with self._lock:
            self._sums.update(requests=1, characters=sum(map(len, texts)))
            billed = [one.billed for one in answers if one.billed is not None]
            if billed:
                self._sums.update(characters_billed=sum(billed))

    def _translation(
        self, source: Source, parts: list[Piece], answers: Sequence[VendorAnswer]
    ) -> Translation | SegmentError:
        texts = [one.text for one in answers]
        if not all(text.strip() for text in texts):
            return SegmentError("the answer is empty")
        pair = self.pair
        whole = texts[0] if len(texts) == 1 else joined(parts, texts, pair.source, pair.target)
        engine = answers[0].engine
        if self._secret is not None and any(map(self._secret.repeated_in, (whole, engine or ""))):
            return SegmentError("the answer repeats the key of the server")
        kept: dict[str, Json] = {"engine": for_message(engine)} if engine else {}
        kept |= {"pieces": len(texts)} if len(texts) > 1 else {}
        return Translation(text=whole, kept=kept | self._guidance.used(source.text, whole))

    def summary(self, kept: Sequence[Mapping[str, Json]]) -> dict[str, Json]:
        """Which engines answered and when, what was cut, how many terms were used."""
        engines = Counter(str(one["engine"]) for one in kept if one.get("engine"))
        cut = sum("pieces" in one for one in kept)
        day = datetime.now(timezone.utc).date().isoformat()
        said = [self._unpinned(engines, day)]
        if len(engines) > 1:
            by = (f"{count} by {name}" for name, count in sorted(engines.items()))
            said.append(f"{self.title} answered by several engines: {', '.join(by)}")
        if cut:
            said.append(f"{cut} segments were longer than {self.title} takes and went in pieces")
        recall = self._guidance.recall(kept)
        if recall:
            said.append(self._guidance.recall_in_words(recall))
        self._found = tuple(said)
        for sentence in said[1:]:
            log.warning("%s", sentence)
        engine: dict[str, Json] = {"pinned": False, "as_of": day}
        engine |= {"answered_as": dict(sorted(engines.items()))} if engines else {}
        found: dict[str, Json] = {"engine": engine}
        return found | ({"glossary": recall} if recall else {})

    def usage(self) -> dict[str, float]:
        """Requests that were answered, characters sent and billed, and their cost."""
        with self._lock:
            sums: dict[str, float] = dict(self._sums)
        return sums | (cost(sums, self.options.price) if self.options.price and sums else {})
