"""What servers charge: by the token or by the character."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from mtbench.types import Record

MILLION = 1e6


class _Money(Record):
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"


class Price(_Money):
    """What a server charges for a million tokens.

    Attributes:
        input: For a million tokens read.
        output: For a million tokens written.
        currency: Of both.

    Example:
        >>> Price(input=2, output=8).total({"prompt_tokens": 1e6, "completion_tokens": 5e5})
        6.0
    """

    input: Annotated[float, Field(ge=0)]
    output: Annotated[float, Field(ge=0)]

    def total(self, usage: Mapping[str, float]) -> float:
        """For what was read and written, rounded to a millionth."""
        read, written = usage.get("prompt_tokens", 0), usage.get("completion_tokens", 0)
        return round((read * self.input + written * self.output) / MILLION, 6)


class CharacterPrice(_Money):
    """What a vendor charges for a million characters.

    Attributes:
        characters: For a million characters of the source.
        currency: Of it.

    Example:
        >>> CharacterPrice(characters=20).total({"characters": 500_000})
        10.0
    """

    characters: Annotated[float, Field(ge=0)]

    def total(self, usage: Mapping[str, float]) -> float:
        """For what the vendor says it bills, else for what was sent, rounded to a millionth."""
        billed = usage.get("characters_billed", usage.get("characters", 0))
        return round(billed * self.characters / MILLION, 6)


def cost(usage: Mapping[str, float], price: Price | CharacterPrice) -> dict[str, float]:
    """What usage costs, named as ``usage`` names it.

    Example:
        >>> cost({"characters": 1000}, CharacterPrice(characters=25, currency="EUR"))
        {'cost_EUR': 0.025}
    """
    return {f"cost_{price.currency}": price.total(usage)}
