"""What every record is built on."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, WrapSerializer, WrapValidator

from mtbench.files.columns import Column

T = TypeVar("T")


def _finite(value: Any) -> Any:
    """Refuses what is no JSON number, however deep it stands."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is not a finite number")
    elif isinstance(value, dict):
        for inner in value.values():
            _finite(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _finite(inner)
    return value


Json = Annotated[Any, AfterValidator(_finite)]


def _held(value: Any, validate: Callable[[Any], Sequence[T]]) -> Sequence[T]:
    return value if isinstance(value, Column) else tuple(validate(value))


def _written(value: Sequence[T], write: Callable[[Sequence[T]], Any]) -> Any:
    return write(tuple(value))


ColumnOf = Annotated[Sequence[T], WrapValidator(_held), WrapSerializer(_written)]
"""A field of one value per segment: a tuple, or of very many a column."""
Origin = Literal["human", "machine", "post-edited", "synthetic", "unknown"]
SCHEMA_VERSION = 1


CLOSED = ConfigDict(extra="forbid", allow_inf_nan=False)


class Record(BaseModel):
    """Base of every record but those that there are a million of.

    One per segment is a data class with slots instead, validated alike, in a third of the memory.

    Example:
        >>> class Options(Record):
        ...     beams: int = 4
        >>> Options(beams=2)
        Options(beams=2)
    """

    model_config = ConfigDict(frozen=True, **CLOSED)
