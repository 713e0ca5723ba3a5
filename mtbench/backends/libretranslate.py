"""``libretranslate``: a LibreTranslate server."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from types import TracebackType
from typing import cast

from pydantic import ValidationError

from mtbench.errors import (
    BackendError,
    MissingEngine,
    RequestError,
    SegmentError,
    TransientError,
    UnusableAnswer,
)
from mtbench.languages import LanguagePair, base_language
from mtbench.plugins import Backend, first_defect
from mtbench.servers.client import (
    JsonClient,
    Reply,
    ServerOptions,
    ServerUrl,
    reach,
    require_success,
    unencrypted,
)
from mtbench.servers.pacing import Pace
from mtbench.servers.secrets import Secret, VariableName
from mtbench.types import Json, Record, Runtime, Source, Translation


class LibreTranslate(Backend):
    """A LibreTranslate server, one segment a request, several requests at once.

    The same server gives the same output again; what it runs is not known here, so the run is
    not called deterministic.
    """

    class Options(ServerOptions):
        """Options of ``libretranslate``.

        Attributes:
            url: The server's address.
            api_key_env: NAME of the environment variable that holds the key, where it wants one.
            source_code: The server's code of the source language, where the guess is wrong.
            target_code: The server's code of the target language, likewise.
        """

        url: ServerUrl
        api_key_env: VariableName | None = None
        source_code: str | None = None
        target_code: str | None = None

    options: Options
    batching = "single"
    deterministic = False

    def __init__(self, options: Record, pair: LanguagePair, runtime: Runtime) -> None:
        super().__init__(options, pair, runtime)
        self.options = cast("LibreTranslate.Options", options)
        self.max_concurrency = self.options.concurrency
        self.patience = self.options.patience
        self._codes: tuple[str, str] | None = None
        self._secret: Secret | None = None
        self._client: JsonClient | None = None
        self._lock = threading.Lock()
        self._requests = 0
        self._characters = 0

    @classmethod
    def from_target(cls, target: str) -> dict[str, Json]:
        """``libretranslate:http://localhost:5000``."""
        try:
            return {"url": cls.Options(url=target).url}
        except ValidationError as error:
            # The address is not repeated: it may hold a password.
            raise RequestError(
                f"libretranslate: {first_defect(error)}",
                hint="such as libretranslate:http://localhost:5000",
            ) from None

    @property
    def _name(self) -> str:
        return f"the server {self.options.url}"

    def _new_client(self, seconds: float) -> JsonClient:
        variable = self.options.api_key_env
        self._secret = Secret(variable) if variable else None
        # The key goes into the body of a request, as this server wants it, not into a header.
        return JsonClient(
            self.options.url,
            secret=self._secret,
            bearer=False,
            seconds=seconds,
            connections=self.options.concurrency,
            name=self._name,
            pace=Pace(self.options.requests_per_minute),
        )

    def check(self) -> None:
        """Whether the server answers and translates in this direction."""
        with self._new_client(min(self.options.timeout, 15.0)) as client:
            reply = reach(client, "languages")
        targets = _targets(reply)
        if targets is None and (reply.status == 429 or reply.status >= 500):
            raise MissingEngine(
                f"{self._name} answered {reply.status}", why=reply.said(), hint="try again later"
            )
        if targets is None:
            raise MissingEngine(
                f"{self._name} does not answer as LibreTranslate does (status {reply.status})",
                hint="correct its address",
            )
        source = self.options.source_code or _code(self.pair.source, targets)
        if source not in targets:
            raise RequestError(
                f"{self._name} does not translate from {self.pair.source!r}",
                hint=f"it translates from {', '.join(sorted(targets))}",
            )
        target = self.options.target_code or _code(self.pair.target, targets[source])
        if target not in targets[source]:
            raise RequestError(
                f"{self._name} does not translate {self.pair}",
                hint=f"from {source} it translates to {', '.join(sorted(targets[source]))}",
            )
        self._codes = source, target

    def notes(self) -> tuple[str, ...]:
        """Models nobody can pin; codes that are not exactly the languages; a key in the clear."""
        found = [f"the models of {self.options.url} cannot be pinned: the server may change them"]
        if self._codes and self._codes != (self.pair.source, self.pair.target):
            found.append(f"{self.pair} goes to the server as {' to '.join(self._codes)}")
        if self.options.api_key_env and unencrypted(self.options.url):
            found.append(f"the key goes unencrypted to {self.options.url}")
        return tuple(found)

    def provenance(self) -> dict[str, Json]:
        """Server and codes; never the key."""
        return {
            "url": self.options.url,
            "codes": list(self._codes or ()),
            "api_key_env": self.options.api_key_env,
            "format": "text",
        }

    def __enter__(self) -> LibreTranslate:
        if self._codes is None:
            self.check()
        self._requests = self._characters = 0
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

    def translate(self, batch: Sequence[Source]) -> list[str | Translation]:
        """Translates a batch, one request per segment.

        Raises:
            TransientError: For an overloaded or broken server.
            UnusableAnswer: If it answers with nothing, or with several translations.
            SegmentError: If it refuses this text.
            BackendError: If it refuses every text: a key, a direction.
        """
        return [self._one(source) for source in batch]

    def _one(self, source: Source) -> str:
        if self._client is None or self._codes is None:
            raise RuntimeError("translate is called inside `with backend:`")
        body = {"q": source.text, "source": self._codes[0], "target": self._codes[1]}
        key = {"api_key": self._secret.reveal()} if self._secret else {}
        reply = self._client.post("translate", {**body, "format": "text", **key})
        with self._lock:
            self._requests += 1
            self._characters += len(source.text)
        self._require_success(reply)
        text = reply.body.get("translatedText") if isinstance(reply.body, dict) else None
        if isinstance(text, list):
            raise UnusableAnswer(f"the server gave {len(text)} translations of one text")
        if not isinstance(text, str):
            said = reply.said() if reply.error is not None else None
            raise TransientError(
                f"{self._name}: an answer without a translation", why=said, answered=True
            )
        if not text.strip():
            raise UnusableAnswer("the answer is empty")
        if self._secret is not None and self._secret.repeated_in(text):
            raise SegmentError("the answer repeats the key of the server")
        return text

    def _require_success(self, reply: Reply) -> None:
        if reply.status in {400, 413, 422}:
            what = f"{self._name} answered {reply.status}: {reply.said()}"
            error = reply.error if isinstance(reply.error, str) else ""
            if reply.status == 400 and ("not supported" in error or "API key" in error):
                raise BackendError(what, hint="correct the options of the model's card")
            # Too long for this server, or not to its liking; other texts may be.
            raise SegmentError(what)
        require_success(reply, self._name, self._secret)

    def usage(self) -> dict[str, float]:
        """Requests, and characters sent: what public servers count."""
        with self._lock:
            return {"requests": self._requests, "characters": self._characters}


def _targets(reply: Reply) -> dict[str, set[str]] | None:
    """Source code → target codes, as the server lists them; None where it lists nothing."""
    if reply.status != 200 or not isinstance(reply.body, list) or not reply.body:
        return None
    found: dict[str, set[str]] = {}
    for entry in reply.body:
        if not isinstance(entry, dict) or not isinstance(entry.get("code"), str):
            return None
        targets = entry.get("targets")
        found[entry["code"]] = {str(t) for t in targets} if isinstance(targets, list) else set()
    codes = set(found)
    # Servers before version 1.3 list no targets: each language goes into each.
    return {code: targets or codes - {code} for code, targets in found.items()}


def _code(tag: str, codes: dict[str, set[str]] | set[str]) -> str:
    """The server's code of a language: its tag, its tag with the script, its base."""
    older = {"zh-Hant": "zt", "pt-BR": "pb"}.get(tag, tag)
    tried = (tag, older, *(["zh-Hans"] if tag == "zh" else []), base_language(tag))
    return next((code for code in tried if code in codes), tag)
