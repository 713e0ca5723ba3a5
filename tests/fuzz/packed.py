"""Archives damaged inside: a member is, and the whole is packed again; and archives cut short."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Iterator

from tests.fuzz.mutants import MUTATORS, Mutator, missing_middle, other_bytes, truncation

OUTSIDE: tuple[Mutator, ...] = (other_bytes, truncation, missing_middle)


def packed_mutants(seed: bytes, count: int, number: int = 0) -> Iterator[tuple[str, bytes]]:
    """So many of an archive, every fourth damaged as a whole, the others in one member."""
    chance = random.Random(number)
    with zipfile.ZipFile(io.BytesIO(seed)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for at in range(count):
        if at % 4 == 3:
            mutate = OUTSIDE[at // 4 % len(OUTSIDE)]
            yield f"{mutate.__name__}-{at}", mutate(seed, chance)
            continue
        mutate = MUTATORS[at % len(MUTATORS)]
        name = chance.choice(sorted(n for n, content in members.items() if content))
        yield (
            f"{name}-{mutate.__name__}-{at}",
            packed({**members, name: mutate(members[name], chance)}),
        )


def packed(members: dict[str, bytes]) -> bytes:
    """An archive of these."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()
