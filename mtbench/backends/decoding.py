"""Options of decoding that back ends with weights of their own share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from pydantic import Field, model_validator

from mtbench.backends.families import Said
from mtbench.backends.tokenization import Encoded, Tokenizer
from mtbench.checkpoints.batches import DEVICE_BUDGET, Fitting, ran_out, within
from mtbench.checkpoints.precision import DTYPES, arithmetic
from mtbench.checkpoints.torch_models import no_gradients
from mtbench.errors import RequestError, SegmentError
from mtbench.types import Json, Record

K = TypeVar("K")
R = TypeVar("R")
A = TypeVar("A")
Count = Annotated[int, Field(ge=1)]
DEFAULT_BEAM = 4
DEFAULT_NEW_TOKENS = 512


class DecodingOptions(Record):
    """How an output is searched for.

    Attributes:
        beam_size: Beams; 1 is greedy. By default 4 for encoder–decoder models, 1 for LLMs.
        max_new_tokens: Longest output in sub-words; by default 512, or what the model can.
        length_penalty: Exponent of the length by which beams are compared.
        no_repeat_ngram_size: N-grams of this size occur once in an output; 0 for no such rule.
        repetition_penalty: Above 1, repeated tokens are less likely.
        truncate: Whether a source longer than the model takes is cut and marked, not refused.
        max_input_tokens: Longest source in sub-words, where not the checkpoint's own limit.
    """

    beam_size: Count | None = None
    max_new_tokens: Count | None = None
    length_penalty: float = 1.0
    no_repeat_ngram_size: Annotated[int, Field(ge=0)] = 0
    repetition_penalty: Annotated[float, Field(gt=0)] = 1.0
    truncate: bool = False
    max_input_tokens: Count | None = None


class CheckpointOptions(Record):
    """Which checkpoint, and how it is told the direction.

    Attributes:
        model: A hub id (``Helsinki-NLP/opus-mt-en-de``) or a folder.
        revision: Commit, tag or branch on the hub; pin it by a commit.
        source_code: The checkpoint's code of the source language, where the guess is wrong.
        target_code: The checkpoint's code of the target language, likewise.
        prefix: Text before every source, where the checkpoint's files do not say it.
    """

    model: Annotated[str, Field(min_length=1)]
    revision: str | None = None
    source_code: str | None = None
    target_code: str | None = None
    prefix: str | None = None

    @property
    def said(self) -> Said:
        """What the options say of the direction."""
        return Said(self.source_code, self.target_code, self.prefix)


class Decoder:
    """Rows of sub-words through a checkpoint that writes, as many at once as the device holds.

    Args:
        device: A torch device.
        dtype: As in ``hf``'s options.
        most: Rows decoded together, at most.
        beams: Of the search: each of them takes a row's memory.

    Attributes:
        halved: Whether memory ran out, so that batches were halved.
    """

    def __init__(self, device: str, dtype: str, most: int, beams: int) -> None:
        self._device = device
        self._arithmetic = dtype
        self._most = most
        self._budget = max(1, DEVICE_BUDGET // beams) if device.startswith("cuda") else None
        self._fitting = Fitting()

    @property
    def halved(self) -> bool:
        """Whether memory ran out."""
        return self._fitting.halved

    def run(
        self,
        rows: Sequence[tuple[K, R]],
        length: Callable[[R], int],
        search: Callable[[list[R]], Sequence[A]],
    ) -> dict[K, A | SegmentError]:
        """Answers to rows, those of like length together, longest first.

        Args:
            rows: What each is called, and the row.
            length: Of a row, in sub-words.
            search: Answers to some of them, in order.

        Returns:
            By name; an error in the place of an answer where even one row alone is too much.
        """
        found: dict[K, A | SegmentError] = {}

        def size(row: tuple[K, R]) -> int:
            return length(row[1])

        def work(some: list[tuple[K, R]]) -> Sequence[A | SegmentError]:
            try:
                return search([row for _, row in some])
            except RuntimeError as error:
                if len(some) > 1 or not ran_out(error):
                    raise
                return [self._too_much(size(some[0]))]

        ordered = sorted(rows, key=lambda row: -size(row))
        with no_gradients(), arithmetic(self._arithmetic):
            for batch in within(ordered, size, self._budget, self._most):
                for some, answers in self._fitting.run(batch, work, size):
                    found.update(zip((name for name, _ in some), answers, strict=True))
        return found

    def _too_much(self, length: int) -> SegmentError:
        return SegmentError(
            f"{self._device} has too little memory for this segment alone ({length} sub-words)",
            hint="--device cpu, a shorter max_new_tokens or a smaller dtype",
        )


class SamplingOptions(DecodingOptions):
    """Decoding that may draw.

    Attributes:
        temperature: 0 for no drawing, which is the default.
        top_k: Draw from the k likeliest tokens; 0 for all.
        top_p: Draw from the likeliest tokens that hold this much probability.
    """

    temperature: Annotated[float, Field(ge=0, le=5)] = 0.0
    top_k: Annotated[int, Field(ge=0)] = 0
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0

    @property
    def sampling(self) -> bool:
        """Whether decoding draws."""
        return self.temperature > 0

    @model_validator(mode="after")
    def _sampling_is_whole(self) -> SamplingOptions:
        if not self.sampling and (self.top_k or self.top_p < 1):
            raise ValueError("top_k and top_p need a temperature above 0")
        if self.sampling and (self.beam_size or 1) > 1:
            raise ValueError("sampling (temperature above 0) goes with beam_size = 1")
        return self


def torch_dtype(dtype: str) -> str:
    """What torch calls the numbers of a ``dtype`` of ``hf``: TF32 is how single ones multiply.

    Example:
        >>> torch_dtype("tf32")
        'float32'
    """
    return DTYPES.get(dtype, dtype)


def decoding_parameters(options: DecodingOptions, beam: int, new_tokens: int) -> dict[str, Json]:
    """The parameters as they take effect, for the record."""
    found: dict[str, Json] = {
        "beam_size": options.beam_size or beam,
        "max_new_tokens": options.max_new_tokens or new_tokens,
        "length_penalty": options.length_penalty,
        "no_repeat_ngram_size": options.no_repeat_ngram_size,
        "repetition_penalty": options.repetition_penalty,
        "truncate": options.truncate,
    }
    if isinstance(options, SamplingOptions) and options.sampling:
        found |= {
            "temperature": options.temperature,
            "top_k": options.top_k,
            "top_p": options.top_p,
        }
    return found


def cut_facts(row: Encoded, limit: int | None, length: int, longest: int) -> dict[str, Json]:
    """What is to be kept beside a translation whose source or output was cut."""
    facts: dict[str, Json] = {}
    if row.cut:
        facts["source_cut"] = {"sub_words": row.length, "limit": limit}
    if length >= longest:
        facts["output_cut"] = {"limit": longest}
    return facts


def positions(config: dict[str, Json]) -> int | None:
    """Number of positions of an encoder–decoder model; None where positions are relative."""
    found = config.get("max_position_embeddings")
    return (
        int(found) if isinstance(found, int) and "t5" not in config.get("model_type", "") else None
    )


def source_limit(
    tokenizer: Tokenizer, options: DecodingOptions, config: dict[str, Json], model: str
) -> int | None:
    """The longest source in sub-words: what the options say, within what the model can.

    Raises:
        RequestError: If the options ask for more than the model has positions.
    """
    room = positions(config)
    wanted = options.max_input_tokens
    if wanted is None:
        return tokenizer.limit(room)
    if room is not None and wanted > room:
        raise RequestError(f"{model} takes {room} sub-words, and max_input_tokens is {wanted}")
    return wanted


def decoding_of(options: DecodingOptions, config: dict[str, Json]) -> dict[str, Json]:
    """The decoding parameters as they take effect on a checkpoint.

    Raises:
        RequestError: If the options ask for longer outputs than the decoder has positions.
    """
    room = positions(config)
    most = None if room is None else room - 1  # one goes to the token that starts the decoder
    if options.max_new_tokens and most and options.max_new_tokens > most:
        raise RequestError(
            f"max_new_tokens is {options.max_new_tokens}, and the model can make {most}"
        )
    drawn = isinstance(options, SamplingOptions) and options.sampling
    beam = 1 if drawn else DEFAULT_BEAM
    return decoding_parameters(options, beam, min(DEFAULT_NEW_TOKENS, most or DEFAULT_NEW_TOKENS))
