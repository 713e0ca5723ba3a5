"""``judge``: a language model behind a chat server, asked for scores or errors per segment."""

from __future__ import annotations

import statistics
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mtbench.errors import USUAL_PATIENCE, BackendError, MetricError, RequestError, SegmentError
from mtbench.files.digests import digest_text
from mtbench.files.writing import read_lines
from mtbench.metrics.judge_guard import addressing
from mtbench.metrics.judge_prompts import (
    CAP,
    VERSION,
    Form,
    Protocol,
    Rating,
    check_template,
    filled,
    located,
    own_prompt,
    read_answer,
    schema,
)
from mtbench.metrics.releases import NUMBERS_OF
from mtbench.plugins import SegmentMetric
from mtbench.servers.chat import OPENAI, Chat, ChatOptions, Message
from mtbench.servers.client import MOST_AT_ONCE, ServerUrl
from mtbench.servers.prices import Price, cost
from mtbench.servers.secrets import VariableName
from mtbench.types import (
    Candidate,
    Json,
    Judged,
    MetricInfo,
    Record,
    Runtime,
    ScoringView,
    Signature,
)

USUAL_ANSWER: Mapping[Protocol, int] = {"da": 10, "esa": 100, "mqm": 100}  # tokens
BYTES_PER_TOKEN = 2  # fewer than any tokenizer needs on average: for the bound of the cost


class Judge(SegmentMetric):
    """A language model as a judge: direct assessment, error spans, or MQM."""

    place: ClassVar[int] = 100
    blind_spots: ClassVar[tuple[str, ...]] = (
        "a model favours its own translations and those of its family",
        "the weights behind a server may change under one name",
        "own prompts: no published number of a judge compares",
    )

    kind: ClassVar[str | None] = "judge"
    billed = True

    class Options(Record):
        """Options of ``judge``.

        Attributes:
            name: As users ask for it.
            model: The model's name on the server.
            base_url: The server's address, up to and including ``/v1``.
            key_env: NAME of the environment variable that holds the key.
            protocol: ``da`` (0 to 100), ``esa`` (errors, then 0 to 100) or ``mqm`` (errors, weighed
                and capped at 25; lower is better).
            prompt: File of a prompt of your own with places such as ``{source}`` and
                ``{translation}``.
            answer: How the answer to it is written: ``json`` as to ours, ``number``, or the lists
                of ``gemba-mqm``.
            with_reference: Whether it is shown the references.
            context: Segments before each one, of its document, that it is shown.
            repeats: Answers per segment; the score is their mean.
            temperature: 0 for the likeliest answer; above it answers are drawn.
            max_tokens: Longest answer.
            structured: Whether the server is asked to hold the model to a JSON schema, where it
                can.
            price_in: What a million tokens read cost.
            price_out: What a million tokens written cost.
            max_cost: Stops before a call could make the sum of this run larger; needs the prices.
            concurrency: Requests at once.
            timeout: Seconds for a whole answer.
            patience: Seconds for which a server that says "later" is waited for.
            requests_per_minute: Sent at most; what the server names is learnt.
            tokens_per_minute: Read and written at most.
        """

        name: str = "judge"
        model: str = ""
        base_url: ServerUrl = OPENAI
        key_env: VariableName | None = None
        protocol: Protocol = "esa"
        prompt: str | None = None
        answer: Form = "json"
        with_reference: bool = False
        context: Annotated[int, Field(ge=0, le=50)] = 0
        repeats: Annotated[int, Field(ge=1, le=20)] = 1
        temperature: Annotated[float, Field(ge=0, le=5)] = 0.0
        max_tokens: Annotated[int, Field(ge=1)] = 1024
        structured: bool = True
        # None of these says anything about what comes out.
        price_in: Annotated[float | None, Field(ge=0, exclude=True)] = None
        price_out: Annotated[float | None, Field(ge=0, exclude=True)] = None
        max_cost: Annotated[float | None, Field(gt=0, exclude=True)] = None
        concurrency: Annotated[int, Field(ge=1, le=MOST_AT_ONCE, exclude=True)] = 4
        timeout: Annotated[float, Field(gt=0, exclude=True)] = 120.0
        patience: Annotated[float, Field(ge=0, exclude=True)] = USUAL_PATIENCE
        requests_per_minute: Annotated[int | None, Field(ge=1, exclude=True)] = None
        tokens_per_minute: Annotated[int | None, Field(ge=1, exclude=True)] = None

    options: Options

    def __init__(self, options: Record, runtime: Runtime) -> None:
        super().__init__(options, runtime)
        given = self.options
        self.max_concurrency = given.concurrency
        self.patience = given.patience
        self.context = given.context
        self._price: Price | None = None
        if given.price_in is not None and given.price_out is not None:
            self._price = Price(input=given.price_in, output=given.price_out)
        self._template: str | None = None
        self._chats = [Chat(self._chat_options(structured)) for structured in self._ways()]
        self._got: dict[tuple[str, ...], list[Rating]] = {}
        self._reserved = 0.0
        self._lock = threading.Lock()

    def _ways(self) -> tuple[bool, ...]:
        """With a schema first, then without, for servers that do not know one."""
        ours = self.options.answer == "json" and self.options.structured
        return (True, False) if ours else (False,)

    def _chat_options(self, structured: bool) -> ChatOptions:
        given = self.options
        body: dict[str, Json] = {}
        if structured:
            shape = {"name": "judgement", "schema": schema(given.protocol)}
            body["response_format"] = {"type": "json_schema", "json_schema": shape}
        return ChatOptions(
            model=given.model or "-",
            base_url=given.base_url,
            api_key_env=given.key_env,
            temperature=given.temperature,
            max_tokens=given.max_tokens,
            extra_body=body,
            timeout=given.timeout,
            concurrency=given.concurrency,
            requests_per_minute=given.requests_per_minute,
            tokens_per_minute=given.tokens_per_minute,
            price=self._price,
        )

    @property
    def info(self) -> MetricInfo:
        """What the metric is and needs."""
        mqm = self.options.protocol == "mqm"
        needs: tuple[Literal["source", "reference"], ...] = ("source",)
        if self.options.with_reference:
            needs = ("source", "reference")
        return MetricInfo(
            name=self.options.name,
            title=f"Judge ({self.options.protocol.upper()})",
            needs=needs,
            higher_is_better=not mqm,
            bounds=(0.0, CAP if mqm else 100.0),
            neural=True,
            decimals=2,
            unit_scale=4.0 if mqm else 1.0,
            licence="that of the model",
            description="A language model's judgement; own prompts, no published number compares.",
            reference="Kocmi and Federmann 2023, GEMBA; Kocmi et al. 2024, Error Span Annotation",
        )

    def check(self, view: ScoringView | None = None) -> None:
        """Whether a model is named, the prompt can be read, the key is there, the server answers.

        Raises:
            RequestError: If an option cannot work.
            Unavailable: If the key is missing or refused, or the server does not answer.
        """
        if not self.options.model:
            raise RequestError(
                "judge: no model named",
                hint="--metric-option judge.model=NAME, and judge.base_url=… for another server",
            )
        if self.options.max_cost is not None and self._price is None:
            raise RequestError("judge: max_cost needs price_in and price_out, per million tokens")
        if self.options.prompt is None and self.options.answer != "json":
            raise RequestError(f"judge: answer={self.options.answer} is for a prompt of your own")
        self._own_template()
        if view is None:
            self._chats[-1].check()

    def _own_template(self) -> str | None:
        if self.options.prompt is not None and self._template is None:
            path = Path(self.options.prompt)
            self._template = "\n".join(line for _, line in read_lines(path))
            check_template(self._template, str(path))
        return self._template

    def signature(self, view: ScoringView) -> Signature:
        """Model, server, protocol, prompt's digest, and what else an answer depends on."""
        given = self.options
        template = self._own_template()
        if template is None:
            example = Candidate(id="", pair=view.pair, hypothesis="", source="")
            prompt = f"{VERSION}.{digest_text(own_prompt(given.protocol, example)[0])[:8]}"
        else:
            prompt = f"own.{digest_text(template)[:8]}"
        count = view.reference_count if given.with_reference else 0
        return Signature.of(
            judge=given.protocol,
            model=given.model,
            server=given.base_url,
            prompt=prompt,
            answer=given.answer,
            refs={None: "var", 0: "none"}.get(count, f"r{count}"),
            context=given.context,
            temperature=given.temperature,
            repeats=given.repeats,
            mtbench=NUMBERS_OF["judge"],
        )

    # --- judging ------------------------------------------------------------------------------

    def __enter__(self) -> Judge:
        self._got.clear()
        self._reserved = 0.0
        for chat in self._chats:
            chat.__enter__()
        self._way = 0
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for chat in self._chats:
            chat.__exit__(kind, error, trace)

    def estimate(self, batch: Sequence[Candidate]) -> dict[str, float]:
        """Requests, tokens at four bytes each, answers of the usual length, and their cost."""
        texts = [message.content for one in batch for message in self._messages(one)]
        times = float(self.options.repeats)
        found = {
            "requests": times * len(batch),
            "prompt_tokens": times * sum(-(-len(text.encode()) // 4) for text in texts),
            "completion_tokens": times * len(batch) * USUAL_ANSWER[self.options.protocol],
        }
        return found | (cost(found, self._price) if self._price else {})

    def _messages(self, candidate: Candidate) -> list[Message]:
        template = self._own_template()
        if template is not None:
            return [Message(role="user", content=filled(template, candidate))]
        told, material = own_prompt(self.options.protocol, candidate)
        return [Message(role="system", content=told), Message(role="user", content=material)]

    def judge(self, batch: Sequence[Candidate]) -> list[Judged | SegmentError]:
        """Scores each candidate by as many answers as are asked for; see ``judge_prompts``."""
        return [self._one(candidate) for candidate in batch]

    def _one(self, candidate: Candidate) -> Judged | SegmentError:
        key = (candidate.id, candidate.hypothesis, *(text for c in candidate.context for text in c))
        verdicts = self._got.setdefault(key, [])
        messages = self._messages(candidate)
        while len(verdicts) < self.options.repeats:
            # What is answered stays so: another try asks for what is missing alone.
            bound = self._reserve(messages)
            if bound is None:
                return SegmentError(
                    f"not judged: max_cost={self.options.max_cost:g} could be exceeded"
                )
            try:
                answer = self._complete(messages, self._seed(key, len(verdicts)), candidate)
            finally:
                with self._lock:
                    self._reserved -= bound
            given = self.options
            verdicts.append(read_answer(answer, given.protocol, given.answer, candidate.hypothesis))
        del self._got[key]
        return self._judged(verdicts, candidate)

    def _complete(self, messages: Sequence[Message], seed: int, candidate: Candidate) -> str:
        way = self._way
        shown = f"{candidate.source}\n{candidate.hypothesis}"
        try:
            return self._chats[way].complete(messages, seed=seed, source=shown).text
        except BackendError as error:
            refused = any(f"answered {status}" in error.message for status in (400, 422))
            if way + 1 >= len(self._chats) or not refused or self.usage().get("requests"):
                if type(error) is BackendError:  # the whole failed, and not a segment or a call
                    raise MetricError(error.message, why=error.why, hint=error.hint) from error
                raise
            self._way = way + 1  # a server that does not know the schema is asked without
        return self._chats[self._way].complete(messages, seed=seed, source=shown).text

    def _seed(self, key: tuple[str, ...], number: int) -> int:
        return int(digest_text("\n".join([str(self.runtime.seed), str(number), *key]))[:7], 16)

    def _reserve(self, messages: Sequence[Message]) -> float | None:
        """The most that a call can cost, set aside; None where the limit would not hold."""
        limit, price = self.options.max_cost, self._price
        if limit is None or price is None:
            return 0.0
        read = sum(len(message.content.encode()) for message in messages) / BYTES_PER_TOKEN
        usage = {"prompt_tokens": read, "completion_tokens": float(self.options.max_tokens)}
        bound = sum(cost(usage, price).values())
        with self._lock:
            spent = sum(v for k, v in self.usage().items() if k.startswith("cost_"))
            if spent + self._reserved + bound > limit:
                return None
            self._reserved += bound
        return bound

    def _judged(self, verdicts: Sequence[Rating], candidate: Candidate) -> Judged:
        scores = [verdict.score for verdict in verdicts]
        annotation: dict[str, Json] = {}
        if self.options.protocol != "da" and self.options.answer != "number":
            spans = located(verdicts[0].errors, candidate.hypothesis)
            annotation["error_spans"] = [span for span in spans if "start" in span]
            if rest := [span for span in spans if "start" not in span]:
                annotation["unlocated"] = rest
        if (spoken := addressing(candidate.hypothesis, candidate.source)) is not None:
            annotation["addresses_the_judge"] = spoken
        if len(scores) > 1:
            annotation["scores"] = scores
        if reasons := [verdict.reason for verdict in verdicts if verdict.reason.strip()]:
            annotation["reasons"] = reasons
        return Judged(score=statistics.fmean(scores), annotation=annotation or None)

    def usage(self) -> dict[str, float]:
        """Requests, tokens and cost."""
        found: dict[str, float] = {}
        for chat in self._chats:
            for key, value in chat.usage().items():
                found[key] = round(found.get(key, 0.0) + value, 6)
        return found

    def summary(self, annotations: Mapping[str, Json]) -> dict[str, Json]:
        """Errors marked and not found in the text; how far the judge disagrees with itself."""
        kept = [one for one in annotations.values() if isinstance(one, dict)]
        found: dict[str, Json] = {"judged_by": self.options.model}
        if marked := [one for one in kept if "error_spans" in one]:
            found["errors"] = sum(
                len(one["error_spans"]) + len(one.get("unlocated", ())) for one in marked
            )
            found["unlocated_errors"] = sum(len(one.get("unlocated", ())) for one in marked)
        led = [name for name, one in annotations.items() if one and "addresses_the_judge" in one]
        if led:
            found["addressing_the_judge"] = len(led)
            found["warning"] = (
                f"translations that address the judge, which their sources do not: {len(led)}, the "
                f"first being {led[0]!r}; read them before believing their scores"
            )
        spreads = [statistics.stdev(one["scores"]) for one in kept if "scores" in one]
        if spreads:
            found["own_disagreement"] = round(statistics.fmean(spreads), 6)
        return found
