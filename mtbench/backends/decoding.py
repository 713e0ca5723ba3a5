"""Options of decoding that back ends with weights of their own share."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from mtbench.types import Json, Record

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
