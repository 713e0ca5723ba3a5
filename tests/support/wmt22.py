"""Reading the WMT22 French-German data where it is present."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

_DOCUMENT, _ATTRIBUTE = re.compile(r"<doc ([^>]*)>"), re.compile(r'(\w+)="([^"]*)"')
PAIRS = ("de-fr", "fr-de")


def lines_of(path: Path) -> list[str]:
    """Lines of a file, which end at a line feed alone."""
    return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")


@lru_cache(maxsize=4)
def reference_of(folder: Path, pair: str) -> list[str]:
    """Reference A."""
    target = pair.split("-")[1]
    return lines_of(folder / "references" / f"generaltest2022.{pair}.ref.A.{target}")


@lru_cache(maxsize=4)
def outputs_of(folder: Path, pair: str) -> dict[str, list[str]]:
    """System → hypotheses."""
    start = f"generaltest2022.{pair}.hyp."
    paths = sorted((folder / "system-outputs").glob(f"{start}*"))
    return {path.stem.removeprefix(start): lines_of(path) for path in paths}


def documents_of(folder: Path, pair: str) -> list[tuple[str, str]]:
    """Of each segment, the name and the domain of its document."""
    found: list[tuple[str, str]] = []
    document, inside = ("", ""), False
    for line in lines_of(folder / f"wmttest2022.{pair}.all.xml"):
        if match := _DOCUMENT.search(line):
            said = dict(_ATTRIBUTE.findall(match.group(1)))
            document = (said["id"], said.get("domain", ""))
        inside = (inside or "<src" in line) and "</src>" not in line
        found += [document] * (inside and "<seg " in line)
    return found


def published_scores(folder: Path, pair: str) -> dict[tuple[str, str], float]:
    """(system, name of the metric there) → score."""
    found = {}
    for line in lines_of(folder / "automatic-scores.tsv")[1:]:
        direction, system, _, _, metric, score = line.split("\t")
        if direction == pair:
            found[system, metric] = float(score)
    return found
