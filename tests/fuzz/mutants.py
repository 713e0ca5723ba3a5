"""Files damaged as files get damaged, each way by its name; the same seed, the same mutants."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

Mutator = Callable[[bytes, random.Random], bytes]
NUMBERS = (b"1e999", b"-1", b"9" * 5000, b"NaN", b"1_000", b"0x10", "٣".encode(), b"1e-400", b"")
ODD = (
    b"\0",
    b"\xff",
    b"\xed\xa0\x80",
    b"\r",
    b"\x1b[31m",
    "\u2028".encode(),
    b"\xef\xbb\xbf",
    b'"',
)


def other_bytes(seed: bytes, chance: random.Random) -> bytes:
    found = bytearray(seed)
    for _ in range(chance.randint(1, 8)):
        found[chance.randrange(len(found))] = chance.randrange(256)
    return bytes(found)


def odd_characters(seed: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(seed))
    return seed[:at] + chance.choice(ODD) + seed[at:]


def truncation(seed: bytes, chance: random.Random) -> bytes:
    return seed[: chance.randrange(len(seed))]


def missing_middle(seed: bytes, chance: random.Random) -> bytes:
    first, last = sorted(chance.randrange(len(seed)) for _ in range(2))
    return seed[:first] + seed[last:]


def nesting(seed: bytes, chance: random.Random) -> bytes:
    many = chance.choice((10, 300, 20_000))
    at = chance.randrange(len(seed))
    opening, closing = chance.choice(
        ((b"[", b"]"), (b'{"a":', b"}"), (b"<a>", b"</a>"), (b"(", b""))
    )
    return seed[:at] + opening * many + closing * many + seed[at:]


def huge_numbers(seed: bytes, chance: random.Random) -> bytes:
    digits = [at for at, one in enumerate(seed) if one in b"0123456789"]
    at = chance.choice(digits or [0])
    return seed[:at] + chance.choice(NUMBERS) + seed[at + 1 :]


def encodings(seed: bytes, chance: random.Random) -> bytes:
    name = chance.choice(("utf-16", "utf-32", "utf-16-le", "cp1252", "cp037", "utf-7", "shift_jis"))
    return seed.decode("utf-8", "replace").encode(name, "replace")


def repeated_keys(seed: bytes, chance: random.Random) -> bytes:
    """A line, or a piece of one between commas, stands twice."""
    mark = chance.choice((b"\n", b","))
    parts = seed.split(mark)
    at = chance.randrange(len(parts))
    return mark.join([*parts[: at + 1], *parts[at:]])


def swapped_columns(seed: bytes, chance: random.Random) -> bytes:
    mark = chance.choice((b"\t", b",", b"\n", b":"))
    parts = seed.split(mark)
    first, second = (chance.randrange(len(parts)) for _ in range(2))
    parts[first], parts[second] = parts[second], parts[first]
    return mark.join(parts)


MUTATORS: tuple[Mutator, ...] = (
    other_bytes,
    odd_characters,
    truncation,
    missing_middle,
    nesting,
    huge_numbers,
    encodings,
    repeated_keys,
    swapped_columns,
)


def mutants(seed: bytes, count: int, number: int = 0) -> Iterator[tuple[str, bytes]]:
    """So many, each with the name of its mutator; every fourth is damaged twice."""
    chance = random.Random(number)
    for at in range(count):
        mutate = MUTATORS[at % len(MUTATORS)]
        found = mutate(seed, chance)
        if at % 4 == 3 and found:
            found = chance.choice(MUTATORS)(found, chance)
        yield f"{mutate.__name__}-{at}", found
