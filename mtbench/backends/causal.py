"""LLMs through transformers, asked for translations by their chat template."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import Field

from mtbench.backends.decoding import (
    DEFAULT_NEW_TOKENS,
    Decoder,
    SamplingOptions,
    decoding_parameters,
    torch_dtype,
)
from mtbench.backends.prompts import Prompt, Prompter, PromptOptions
from mtbench.backends.seq2seq import sampling_settings
from mtbench.checkpoints.batches import to_device
from mtbench.checkpoints.tokenization import first_line, load_tokenizer
from mtbench.checkpoints.torch_models import load_model, release, seeded
from mtbench.errors import RequestError, SegmentError
from mtbench.packages import require
from mtbench.text.thinking import split_thinking
from mtbench.types import Json, Source, Translation


class CausalOptions(PromptOptions, SamplingOptions):
    """How an LLM is asked and how it writes.

    Attributes:
        chat: Whether the checkpoint's chat template is used; without it, turns are joined by
            blank lines, for models that only continue text (give them ``stop``); behind worked
            examples the prompt ends in a blank line, too.
        chat_template_options: Values for the chat template, such as ``enable_thinking = false``.
        stop: Texts at which an answer ends; they are no part of it.
    """

    chat: bool = True
    chat_template_options: dict[str, Json] = Field(default_factory=dict)
    stop: tuple[str, ...] = ()


class Asking:
    """What an LLM is given, in its own tokens; needs its tokenizer and no weights.

    Args:
        folder: Of the checkpoint.
        model: Its name, for messages.
        options: How it is asked.
        prompter: Makes requests of sources.

    Attributes:
        window: Positions of the model; None for no limit, or before it is loaded.

    Raises:
        RequestError: If it is to be asked as a chat and has no template for one.
    """

    def __init__(
        self, folder: Path, model: str, options: CausalOptions, prompter: Prompter
    ) -> None:
        self._name = model
        self._options = options
        self._prompter = prompter
        self._decoding = causal_decoding(options)
        self.window: Any = None
        self.tokenizer = load_tokenizer(folder, model)
        if options.chat and not getattr(self.tokenizer, "chat_template", None):
            raise RequestError(
                f"{model} has no chat template",
                hint="for a model that only continues text: chat = false, and stop",
            )
        self._special = control_tokens(self.tokenizer)

    def tokens(self, batch: Sequence[Source]) -> tuple[int, int]:
        """Tokens of the prompts of a batch that can be asked for, and of its sources."""
        prompts = [self.prompt(request) for request in self._prompter.requests(batch)]
        read = sum(len(prompt) for prompt in prompts if isinstance(prompt, list))
        texts = [source.text for source in batch]
        ids = self.tokenizer(texts, add_special_tokens=False, verbose=False).input_ids
        return read, sum(map(len, ids))

    def prompt(self, request: Prompt) -> list[int] | SegmentError:
        """The ids of a request, refused where it does not fit or spells control tokens."""
        for source in request.sources:
            for text in (source.text, source.context or "", source.instruction or ""):
                if spelled := next((t for t in self._special if t in text), None):
                    return SegmentError(
                        f"the source spells the model's control token {spelled!r}, "
                        "which would be taken for one"
                    )
        ids = self._chat_ids(request) if self._options.chat else self._plain_ids(request)
        room = self._room()
        if room is not None and len(ids) > room:
            return SegmentError(
                f"the prompt is {len(ids)} tokens long, and {self._name} takes {room} beside an "
                f"answer of {self._decoding['max_new_tokens']}",
                hint="lower max_new_tokens, or show fewer examples",
            )
        return ids

    def _room(self) -> int | None:
        wanted = self._options.max_input_tokens
        window = self.window
        if not isinstance(window, int):
            return wanted
        room = window - int(self._decoding["max_new_tokens"])
        return room if wanted is None else min(room, wanted)

    def _chat_ids(self, request: Prompt) -> list[int]:
        from jinja2 import TemplateError

        messages = [message.model_dump() for message in request.messages]
        try:
            text = self.tokenizer.apply_chat_template(
                messages,
                tokenize=False,
                add_generation_prompt=True,
                **self._options.chat_template_options,
            )
        except TemplateError as error:
            raise RequestError(
                f"the chat template of {self._name} refuses the prompt: {first_line(error)}"
            ) from error
        # The template has put the special tokens where they belong.
        return list(self.tokenizer(text, add_special_tokens=False, verbose=False).input_ids)

    def _plain_ids(self, request: Prompt) -> list[int]:
        turns = [message.content for message in request.messages]
        text = "\n\n".join(turns) + str(self._decoding.get("before_answer", ""))
        return list(self.tokenizer(text, verbose=False).input_ids)


class Causal:
    """One LLM.

    Args:
        folder: Of the checkpoint, complete.
        model: Its name, for messages.
        options: How it is asked and how it writes.
        prompter: Makes requests of sources.
        dtype: ``float32``, ``tf32``, ``bfloat16`` or ``float16``.
        device: A torch device.
        batch_size: Most requests decoded together.
    """

    def __init__(
        self,
        folder: Path,
        model: str,
        options: CausalOptions,
        prompter: Prompter,
        *,
        dtype: str,
        device: str,
        batch_size: int,
    ) -> None:
        self._name = model
        self._options = options
        self._prompter = prompter
        self._device = device
        self._asking = Asking(folder, model, options, prompter)
        self.tokenizer = self._asking.tokenizer
        transformers = require("transformers", f"the model {model}", "hf")
        self.model = load_model(
            transformers.AutoModelForCausalLM,
            folder,
            model,
            dtype=torch_dtype(dtype),
            device=device,
        )
        self.decoding = causal_decoding(options)
        self.decoder = Decoder(device, dtype, batch_size, int(self.decoding["beam_size"]))
        self.model.generation_config = self._generation()
        if options.chat:  # a template that refuses a system message does so before any work
            self._asking.prompt(prompter.requests([Source(id="", text="…")])[0])
        self._ends = _ids(self.model.generation_config.eos_token_id)
        self._asking.window = getattr(self.model.config, "max_position_embeddings", None)

    def _generation(self) -> Any:
        """The search as the options want it, with the checkpoint's special tokens."""
        from transformers import GenerationConfig

        own, tokenizer = self.model.generation_config, self.tokenizer
        ends = _ids(own.eos_token_id) or _ids(tokenizer.eos_token_id)
        if not ends:
            raise RequestError(f"{self._name} has no token that ends an answer")
        pad = own.pad_token_id if own.pad_token_id is not None else tokenizer.pad_token_id
        return GenerationConfig(
            bos_token_id=own.bos_token_id,
            eos_token_id=ends,
            pad_token_id=ends[0] if pad is None else pad,
            num_beams=self.decoding["beam_size"],
            max_new_tokens=self.decoding["max_new_tokens"],
            length_penalty=self._options.length_penalty,
            no_repeat_ngram_size=self._options.no_repeat_ngram_size,
            repetition_penalty=self._options.repetition_penalty,
            early_stopping=False,
            use_cache=True,
            stop_strings=list(self._options.stop) or None,
            **sampling_settings(self._options),
        )

    def translate(self, batch: Sequence[Source], seed: int) -> list[Translation | SegmentError]:
        """Translations of a batch, in its order, or why a source has none.

        Raises:
            RequestError: If the chat template refuses the prompt.
        """
        requests = self._prompter.requests(batch)
        prompts = [self._asking.prompt(request) for request in requests]
        rows = [(i, ids) for i, ids in enumerate(prompts) if isinstance(ids, list)]
        with seeded(seed if self._options.sampling else None, self._device):
            answers = self.decoder.run(rows, len, self._search)
        found: list[Translation | SegmentError] = []
        for number, (request, prompt) in enumerate(zip(requests, prompts, strict=True)):
            answer = prompt if isinstance(prompt, SegmentError) else answers[number]
            found += self._read(request, answer)
        return found

    def _read(
        self, request: Prompt, answer: str | SegmentError
    ) -> Sequence[Translation | SegmentError]:
        if isinstance(answer, SegmentError):
            return [answer] * len(request.sources)
        thinking, text = split_thinking(answer, "\n".join(one.text for one in request.sources))
        try:
            if thinking and not text:
                raise SegmentError(
                    "the model thought and gave no answer",
                    hint="raise max_new_tokens, or switch thinking off "
                    "(chat_template_options = {enable_thinking = false})",
                )
            first, *others = self._prompter.read(request, text)
        except SegmentError as error:
            return [error] * len(request.sources)
        kept = dict(first.kept) | ({"thinking": thinking} if thinking else {})
        return [replace(first, kept=kept), *others]

    def _search(self, rows: list[list[int]]) -> list[str | SegmentError]:
        import torch

        longest = max(map(len, rows))
        pad = self.model.generation_config.pad_token_id
        ids = torch.tensor([[pad] * (longest - len(row)) + row for row in rows])
        mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows])
        # Only a stop text needs the tokenizer, to look for it across tokens.
        stopping = {"tokenizer": self.tokenizer} if self._options.stop else {}
        made = self.model.generate(
            input_ids=to_device(ids, self._device),
            attention_mask=to_device(mask, self._device),
            **stopping,
        )
        return [self._answer(row) for row in made[:, longest:].tolist()]

    def _answer(self, row: list[int]) -> str | SegmentError:
        """What was written until a token or text that ends it; nothing where nothing did."""
        end = next((i for i, token in enumerate(row) if token in self._ends), None)
        text = str(
            self.tokenizer.decode(
                row[:end], skip_special_tokens=True, clean_up_tokenization_spaces=False
            )
        )
        stops = [at for stop in self._options.stop if (at := text.find(stop)) >= 0]
        if stops:
            return text[: min(stops)]
        if end is None:
            return SegmentError(
                f"the answer was cut after {self.decoding['max_new_tokens']} tokens",
                hint="raise the option max_new_tokens",
            )
        return text

    def close(self) -> None:
        """Gives the memory back."""
        self.model = None
        release(self._device)


def causal_decoding(options: CausalOptions) -> dict[str, Json]:
    """The decoding parameters as they take effect: greedy unless the options say otherwise.

    Raises:
        RequestError: If the options ask for what an LLM cannot do.
    """
    if options.truncate:
        raise RequestError("truncate does not go with an LLM: a prompt cannot be cut at its end")
    found = decoding_parameters(options, 1, DEFAULT_NEW_TOKENS)
    del found["truncate"]
    if options.examples and not options.chat and not (options.prompt or "").endswith("\n\n"):
        # As in the examples, whose answers stand behind a blank line: else the model writes it
        # itself, and a stop text may be just that.
        found["before_answer"] = "\n\n"
    return found | {"stop": list(options.stop), "chat": options.chat}


def control_tokens(tokenizer: Any) -> list[str]:
    """What a tokenizer takes for more than text, wherever it is spelled.

    A vocabulary may be extended by ordinary words, which are none. ``<|…|>`` is one, also where a
    vendor did not mark it.
    """
    added = tokenizer.added_tokens_decoder.values()
    marked = {str(t) for t in added if t.special or re.fullmatch(r"<\|.+\|>", str(t))}
    return sorted(t for t in {*tokenizer.all_special_tokens, *marked} if t.strip())


def _ids(value: int | list[int] | None) -> list[int]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
