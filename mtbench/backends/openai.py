"""``openai``: any OpenAI-compatible chat server, asked for translations."""

from __future__ import annotations

import json
import logging
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Annotated, cast

from pydantic import Field

from mtbench.backends.prompts import Prompt, Prompter, PromptOptions
from mtbench.errors import RequestError, SegmentError, UnusableAnswer
from mtbench.files.digests import canonical_json, digest_text
from mtbench.languages import LanguagePair
from mtbench.plugins import Backend
from mtbench.servers.chat import Chat, ChatAnswer, ChatOptions
from mtbench.types import Json, Record, Runtime, Source, Translation

log = logging.getLogger(__name__)

ANSWERS_OF_ANOTHER_MODEL = 3  # in a row; behind them nobody is asked any more


class OpenAI(Backend):
    """An LLM behind a chat server: vLLM, llama.cpp, Ollama, the vendors.

    Never deterministic: servers promise nothing, at temperature 0 neither. A segment's request
    does not depend on other segments; a document's request holds all of it.
    """

    class Options(ChatOptions, PromptOptions):
        """Options of ``openai``: those of the server and those of the prompt.

        Attributes:
            several_models: Whether the server may answer by several models, as routers do; else a
                run is by the model that answers first.
        """

        several_models: Annotated[bool, Field(exclude=True)] = False

    options: Options
    deterministic = False
    billed = True

    def __init__(self, options: Record, pair: LanguagePair, runtime: Runtime) -> None:
        super().__init__(options, pair, runtime)
        self.options = cast("OpenAI.Options", options)
        self.batching = "document" if self.options.unit == "document" else "single"
        self.max_concurrency = self.options.concurrency
        self.patience = self.options.patience
        self._chat = Chat(self.options)
        self.unit = self.options.unit
        if self.batching == "single":
            self.by_id = self.options.seed is None and self.options.drawn  # by seeds of their own
        self._prompter = Prompter(self.options, pair)
        self.realigns = "keep" if self._prompter.whole else None
        self.by_id = self.by_id or self._prompter.guidance.surrounded
        self._unusable: Counter[tuple[str, ...]] = Counter()  # answers, by their segments' ids
        self._model: str | None = None  # that the run is by
        self._other: str | None = None
        self._by_others = 0  # answers in a row
        self._lock = threading.Lock()
        self._found: tuple[str, ...] = ()
        self._earlier: frozenset[str] | None = None  # how the requests of an earlier call went out

    @classmethod
    def from_target(cls, target: str) -> dict[str, Json]:
        """``openai:MODEL``, at OpenAI's own address."""
        if not target:
            raise RequestError(
                "openai: needs a model's name", hint="for another server, write a card (base_url)"
            )
        return {"model": target}

    def check(self) -> None:
        """Whether examples and glossary can be read, the key is there, and the server answers."""
        self._prompter.digest()  # reads them
        self._chat.check()

    def sources(self, sources: Sequence[Source]) -> None:
        """Holds the examples against the test set."""
        self._prompter.sources(sources)

    def notes(self) -> tuple[str, ...]:
        """Weights nobody can pin; what the prompt leaves out."""
        return self._chat.notes() + self._prompter.notes() + self._found

    def identity(self) -> dict[str, Json]:
        """The prompt and its examples, and a seed that is sent; what the server runs is unknown."""
        found: dict[str, Json] = {"prompt": self._prompter.digest()}
        if self.options.seed is None and self.options.drawn:
            found["seed"] = self.runtime.seed
        return found

    def provenance(self) -> dict[str, Json]:
        """Server, model, decoding and prompt; never the key."""
        given = self.options
        return {
            "base_url": given.base_url,
            "model": given.model,
            "api_key_env": given.key_variable,
            "decoding": {
                "temperature": given.temperature,
                "top_p": given.top_p,
                given.max_tokens_field: given.max_tokens,
                "seed": given.seed,
                "stop": list(given.stop),
                **given.extra_body,
            },
            "unit": given.unit,
            "prompt": self._prompter.record(),
            "price": given.price.model_dump() if given.price else None,
        }

    def asked(self, batch: Sequence[Source]) -> list[str]:
        """The messages of the batch's requests."""
        return self._prompter.said(batch)

    def request(self, batch: Sequence[Source]) -> dict[str, Json]:
        """The first request for a batch, whole; the key by its variable's name."""
        first = self._prompter.requests(batch)[0]
        seed = self._seed(tuple(source.id for source in first.sources), 0)
        return self._chat.shown(first.messages, seed=seed)

    def __enter__(self) -> OpenAI:
        self._unusable.clear()
        self._model, self._by_others, self._found = None, 0, ()
        self._earlier = None
        self._chat.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._chat.__exit__(kind, error, trace)

    def translate(self, batch: Sequence[Source]) -> list[Translation]:
        """Translates a batch; see ``mtbench.servers.chat`` for what servers make it raise."""
        found: list[Translation] = []
        for request in self._prompter.requests(batch):
            found += self._translations(request)
        return found

    def _translations(self, request: Prompt) -> list[Translation]:
        asked = tuple(source.id for source in request.sources)
        attempt = self._unusable[asked]
        try:
            source = "\n".join(one.text for one in request.sources)
            seed = self._seed(asked, attempt)
            self._require_the_model()
            answer = self._chat.complete(request.messages, seed=seed, source=source)
            self._require_the_model(answer.model)
            self._compare_settings(answer)
            first, *others = self._prompter.read(request, answer.text)
        except UnusableAnswer:
            self._unusable[asked] += 1  # another request draws another answer
            raise
        kept = first.kept | _facts(answer, attempt)
        return [replace(first, kept=kept), *others]

    def _require_the_model(self, name: str | None = None) -> None:
        """Refuses answers of another model than the first one; asks no more where none else come.

        Raises:
            SegmentError: If the answer is of another model, or would be.
        """
        if self.options.several_models:
            return
        with self._lock:
            if name is not None:
                self._model = self._model or name
                other = name != self._model
                self._by_others = self._by_others + 1 if other else 0
                if other:
                    self._other = name
            over = self._by_others >= ANSWERS_OF_ANOTHER_MODEL
        if over or (name is not None and name != self._model):
            raise SegmentError(
                f"the server answers as {self._other!r}, and the run is by {self._model!r}",
                hint="ask for a model by its dated name, or allow several_models in the card",
            )

    def goes_on(self, kept: Sequence[Mapping[str, Json]]) -> None:
        """The model that a run has begun with is the one that it goes on with."""
        names = Counter(str(one["model"]) for one in kept if one.get("model"))
        if names:
            self._model = names.most_common(1)[0][0]
        settled = frozenset(_settled(one) for one in kept if "raw_beside" not in one)
        self._earlier = settled or None

    def _compare_settings(self, answer: ChatAnswer) -> None:
        """Says once where requests go out otherwise than in the call that the run began with."""
        now = canonical_json(answer.settled or {})
        with self._lock:
            earlier, new = self._earlier, self._earlier is not None and now not in self._earlier
            self._earlier = None if new else earlier
        if new and earlier is not None:
            before = " or ".join(sorted(earlier))
            log.warning(
                "%s takes requests otherwise than in the call that began this run: "
                "changed by %s now, by %s then; the run is by both",
                self._chat.name,
                now,
                before,
            )

    def summary(self, kept: Sequence[Mapping[str, Json]]) -> dict[str, Json]:
        """Models and states of the server that answered, and how requests were changed for it."""
        asked = [one for one in kept if "raw_beside" not in one]
        models, states = (
            Counter(str(one[key]) for one in asked if one.get(key))
            for key in ("model", "fingerprint")
        )
        terms = Counter(map(_settled, asked))
        changed: list[Json] = [json.loads(text) for text in sorted(terms) if text != "{}"]
        said = [f"{c} answers are by {n}" for n, c in models.items()] if len(models) > 1 else []
        if len(states) > 1:
            said.append(f"the server was in {len(states)} states (fingerprints) during the run")
        short = sum(bool(one.get("read_short")) for one in asked)
        if short:
            said.append(
                f"{short} requests were read in part, by the server's own count of tokens: raise "
                "its context (Ollama: OLLAMA_CONTEXT_LENGTH)"
            )
        if len(terms) > 1:
            said.append("not all requests went out with the same settings: see negotiated")
        recall = self._prompter.guidance.recall(kept)
        if recall:
            said.append(self._prompter.guidance.recall_in_words(recall))
        self._found = tuple(said)
        for sentence in said:
            log.warning("%s", sentence)
        found: dict[str, Json] = {"negotiated": changed} if changed else {}
        found |= {"glossary": recall} if recall else {}
        found |= {"answered_as": dict(models)} if models else {}
        return found | ({"fingerprints": dict(states)} if states else {})

    def _seed(self, asked: tuple[str, ...], attempt: int) -> int:
        """A request's own seed, so that a run that goes on asks as it would have asked."""
        name = f"{self.runtime.seed}\n{attempt}\n" + "\n".join(asked)
        return int(digest_text(name)[:7], 16)

    def usage(self) -> dict[str, float]:
        """Requests, tokens and cost."""
        return self._chat.usage()


def _settled(kept: Mapping[str, Json]) -> str:
    return canonical_json(kept.get("settled") or {})


def _facts(answer: ChatAnswer, attempt: int) -> dict[str, Json]:
    found = answer.model_dump(exclude={"text"}, exclude_none=True)
    return found | ({"attempts": attempt + 1} if attempt else {})
