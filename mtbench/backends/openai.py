"""``openai``: any OpenAI-compatible chat server, asked for translations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import cast

from mtbench.backends.prompts import Prompt, Prompter, PromptOptions
from mtbench.errors import RequestError, UnusableAnswer
from mtbench.files.digests import digest_text
from mtbench.languages import LanguagePair
from mtbench.plugins import Backend
from mtbench.servers.chat import Chat, ChatAnswer, ChatOptions
from mtbench.types import Json, Record, Runtime, Source, Translation


class OpenAI(Backend):
    """An LLM behind a chat server: vLLM, llama.cpp, Ollama, the vendors.

    Never deterministic: servers promise nothing, at temperature 0 neither. A segment's request
    does not depend on other segments; a document's request holds all of it.
    """

    class Options(ChatOptions, PromptOptions):
        """Options of ``openai``: those of the server and those of the prompt."""

    options: Options
    deterministic = False
    billed = True

    def __init__(self, options: Record, pair: LanguagePair, runtime: Runtime) -> None:
        super().__init__(options, pair, runtime)
        self.options = cast("OpenAI.Options", options)
        self.batching = "document" if self.options.unit == "document" else "single"
        self.max_concurrency = self.options.concurrency
        self._chat = Chat(self.options)
        self.unit = self.options.unit
        if self.batching == "single":
            self.by_id = self.options.seed is None and self.options.drawn  # by seeds of their own
        self._prompter = Prompter(self.options, pair)
        self._unusable: Counter[tuple[str, ...]] = Counter()  # answers, by their segments' ids

    @classmethod
    def from_target(cls, target: str) -> dict[str, Json]:
        """``openai:MODEL``, at OpenAI's own address."""
        if not target:
            raise RequestError(
                "openai: needs a model's name", hint="for another server, write a card (base_url)"
            )
        return {"model": target}

    def check(self) -> None:
        """Whether the examples can be read, the key is there, and the server answers."""
        self._prompter.examples()
        self._chat.check()

    def sources(self, sources: Sequence[Source]) -> None:
        """Holds the examples against the test set."""
        self._prompter.sources(sources)

    def notes(self) -> tuple[str, ...]:
        """Weights nobody can pin; what the prompt leaves out."""
        return self._chat.notes() + self._prompter.notes()

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

    def __enter__(self) -> OpenAI:
        self._unusable.clear()
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
            answer = self._chat.complete(request.messages, seed=self._seed(asked, attempt))
            first, *others = self._prompter.read(request, answer.text)
        except UnusableAnswer:
            self._unusable[asked] += 1  # whoever asks again draws anew
            raise
        kept = first.kept | _facts(answer, attempt)
        return [first.model_copy(update={"kept": kept}), *others]

    def _seed(self, asked: tuple[str, ...], attempt: int) -> int:
        """A request's own seed, so that a run that goes on asks as it would have asked."""
        name = f"{self.runtime.seed}\n{attempt}\n" + "\n".join(asked)
        return int(digest_text(name)[:7], 16)

    def usage(self) -> dict[str, float]:
        """Requests, tokens and cost."""
        return self._chat.usage()


def _facts(answer: ChatAnswer, attempt: int) -> dict[str, Json]:
    found = answer.model_dump(exclude={"text"}, exclude_none=True)
    return found | ({"attempts": attempt + 1} if attempt else {})
