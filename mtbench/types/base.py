"""What every record is built on."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Json = Any
Origin = Literal["human", "machine", "unknown"]
SCHEMA_VERSION = 1


class Record(BaseModel):
    """Base of every record."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
