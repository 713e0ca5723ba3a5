"""Segments that metrics disagree on → a campaign for human judges.

The format is that of pearmut (https://github.com/zouharvi/pearmut): a JSON document with
``campaign_id``, ``info`` and ``data``, a list of documents, each a list of items with ``src``,
``ref``, ``tgt`` (system → text) and ``item_id``. It shows texts letter by letter, a few tags of
HTML excepted: so they are given as they are, and only such tags are kept from working.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence

from mtbench.errors import RequestError
from mtbench.judgements.pearmut import ORIGIN
from mtbench.languages import LanguagePair
from mtbench.report.html import Content, SetContent, disagreement, most_disputed
from mtbench.types import Json

MOST_OF_TITLE = 60  # characters; file names have an end

# What pearmut 1.1 takes for markup: these tags anywhere, media at the beginning of a text.
_TAG = re.compile(r"<(?=/?(?:br|strong|b|i|p|em|h1|h2|h3)>)|^<(?=(?:audio|video|img|iframe) )")
_WORD_JOINER = "\u2060"


def campaign(content: Content, *, segments: int, users: int, protocol: str) -> dict[str, Json]:
    """A campaign of the segments that metrics disagree on most, for judges who share them.

    Only segments that every system translated are asked about.

    Args:
        content: The report.
        segments: The most to ask about, over all test sets together.
        users: How many judges there are.
        protocol: ``ESA``, ``DA`` or ``MQM``.

    Raises:
        RequestError: If there is nothing to ask: fewer than two metrics or systems, no
            disagreement, no source texts, or a system whose name pearmut refuses.
    """
    directions = {name: info.higher_is_better for name, info in content.board.metrics.items()}
    candidates: list[tuple[float, str, SetContent, int]] = []
    for one in content.sets:
        shares = disagreement(one.scores, directions)
        if shares is None or one.sources is None:
            continue
        whole = [
            at
            for at in most_disputed(shares, one.ids, len(one.ids))
            if all(one.hypotheses[system][at] is not None for system in one.systems)
        ]
        candidates += [(float(shares[at]), one.name, one, at) for at in whole]
    if not candidates:
        raise RequestError(
            "there is no segment to ask judges about",
            why="it takes two systems, two metrics that order them differently, and the corpus",
        )
    candidates.sort(key=lambda found: (-found[0], found[1], found[2].ids[found[3]]))
    chosen = candidates[:segments]
    return campaign_of(
        content.title,
        [[_item(one, at, share)] for share, _, one, at in chosen],
        users=users,
        protocol=protocol,
    )


def campaign_of(
    title: str, data: Sequence[Sequence[Mapping[str, Json]]], *, users: int, protocol: str
) -> dict[str, Json]:
    """A campaign as pearmut loads it.

    Args:
        title: Of what; part of its name.
        data: Documents, each of items.
        users: How many judges share them.
        protocol: ``ESA``, ``DA`` or ``MQM``.

    Raises:
        RequestError: If a system has a name that pearmut refuses.
    """
    _check_names({system for document in data for one in document for system in one["tgt"]})
    return {
        "campaign_id": _campaign_id(title, data),
        "info": {"assignment": "single-stream", "protocol": protocol, "users": users},
        "data": data,
    }


def _campaign_id(title: str, data: Json) -> str:
    """A name that tells campaigns apart; pearmut makes files of that name."""
    digest = hashlib.sha256(json.dumps(data, sort_keys=True).encode("utf-8")).hexdigest()
    words = re.sub(r"[^\w-]+", "-", title).strip("-")[:MOST_OF_TITLE]
    return "-".join(filter(None, ("mtbench", words, digest[:8])))


def _item(one: SetContent, at: int, share: float) -> dict[str, Json]:
    return item(
        (one.table.corpus, one.table.pair, one.ids[at]),
        (one.sources or ())[at],
        one.references[at] if one.references is not None else (),
        {system: one.hypotheses[system][at] or "" for system in one.systems},
        disagreement=round(share, 4),
    )


def item(
    what: tuple[str, LanguagePair, str],
    source: str,
    references: Sequence[str],
    outputs: Mapping[str, str],
    **more: Json,
) -> dict[str, Json]:
    """A segment with translations to judge.

    Args:
        what: Corpus, direction, segment.
        source: Its source.
        references: Its references; the first is shown.
        outputs: System → its translation.
        more: What comes back beside the answers.
    """
    corpus, pair, segment = what
    found: dict[str, Json] = {
        "item_id": f"{corpus}/{pair}:{segment}",
        "instructions": f"Translation from {pair.source} to {pair.target}",
        "src": plain(source),
    }
    if references:
        found["ref"] = plain(references[0])
    found["tgt"] = {system: plain(text) for system, text in outputs.items()}
    # Keys that pearmut does not know come back in its annotations.
    found[ORIGIN] = {"corpus": corpus, "pair": str(pair), "id": segment, **more}
    return found


def plain(text: str) -> str:
    """A text that pearmut shows as it stands: an invisible joiner keeps its tags from working."""
    return _TAG.sub(f"<{_WORD_JOINER}", text)


def _check_names(systems: Iterable[str]) -> None:
    for system in sorted(systems):
        if system.isdigit() or '"' in system or "&" in system:
            raise RequestError(
                f"pearmut takes no system of this name: {system!r}",
                why='digits alone and the signs " and & are not told apart there',
                hint="rename the system",
            )
