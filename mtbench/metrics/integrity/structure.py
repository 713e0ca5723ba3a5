"""What gives a text its form: tags within tags, JSON, Markdown, lines, addresses."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from mtbench.metrics.integrity.found import Kept, kept, quoted
from mtbench.text import markup
from mtbench.text.patterns import ADDRESS
from mtbench.types import Json

_VOID = frozenset(
    {"area", "br", "col", "hr", "img", "input", "link", "meta", "wbr", "x", "bx", "ex"}
)
_BARE_AMPERSAND = re.compile(r"&(?![A-Za-z][A-Za-z0-9]{1,31};|#)")
_ESCAPED = re.compile(r"&(?:[gl]t|quot|#\d)")  # no part of an address: &lt;https://a.org&gt;
_TRAILING = ".,;:!?'\"*_"
_LINK = re.compile(
    r"(!?)\[[^\]\n]{0,300}\]\(\s{0,9}([^()\s]{1,500})(?:\s+\"[^\"\n]{0,200}\")?\s{0,9}\)"
)
_CODE = re.compile(r"(?<!`)`([^`\n]{1,200})`(?!`)")
_FENCE = re.compile(r"^\s{0,9}(?:```|~~~)", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}(?=\s)", re.MULTILINE)
_BULLET = re.compile(r"^\s{0,9}(?:[-*+]|\d{1,3}[.)])(?=\s)", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n[^\S\n]{0,99}\n\s{0,99}")
WRAPPED = 25  # characters of a line that goes on in the next
DEEP = 200  # levels of JSON or of tags, beyond which nobody translates


def placeholders(source: str, hypothesis: str) -> Kept | None:
    """Placeholders of a program.

    Example:
        >>> placeholders("Delete {0} of %d files?", "%d Dateien löschen?")
        Kept(things=2, evidence=("'{0}' lost",))
    """
    return _marks(source, hypothesis, tags=False)


def tags(source: str, hypothesis: str) -> Kept | None:
    """Tags, with their attributes.

    Example:
        >>> tags("Press <b>Stop</b>", "Drücken Sie <b>Halt</b>")
        Kept(things=2, evidence=())
    """
    return _marks(source, hypothesis, tags=True)


def _marks(source: str, hypothesis: str, *, tags: bool) -> Kept | None:
    ours = [mark for mark in markup.marks(source) if mark.startswith("<") is tags]
    found = [
        one
        for one in markup.differences(source, hypothesis)
        if one.mark.startswith("<") is tags and (ours or one.kind == "added")
    ]
    return kept(len(ours), (f"{quoted(one.mark)} {one.kind}" for one in found))


def html(source: str, hypothesis: str) -> Kept | None:
    """Tags within tags: closed as they were opened, each inside the same ones as in the source.

    Only where the source itself is well-formed.

    Example:
        >>> html("<ul><li>One</li></ul>", "<ul><li>Uno</ul></li>").evidence
        ("'</ul>' closes no open tag, or not the last one",)
    """
    ours = markup.tags(source)
    escaped = bool(markup.ENTITY.search(source)) and not _BARE_AMPERSAND.search(source)
    if not ours and not escaped:
        return None
    wanted, broken = _nested(ours)
    if broken and not escaped:
        return None
    found = []
    if escaped and (bare := _BARE_AMPERSAND.search(hypothesis)):
        found.append(f"{quoted(hypothesis[bare.start() : bare.start() + 12])} is not escaped")
    if not broken:
        paths, wrong = _nested(markup.tags(hypothesis))
        elsewhere = wanted - paths if sum(paths.values()) == sum(wanted.values()) else Counter()
        if wrong:
            found.append(wrong)
        elif elsewhere:
            found.append(f"{quoted(next(iter(elsewhere)))} is not there")
    return kept(sum(wanted.values()) or 1, found)


def _nested(some: Sequence[str]) -> tuple[Counter[str], str]:
    """How often each path of elements (``ul/li``) occurs, and what is not well-formed."""
    opened: list[str] = []
    paths: Counter[str] = Counter()
    for mark in some:
        name = markup.name_of(mark).lower()
        if mark.startswith("</"):
            if not opened or opened.pop() != name:
                return paths, f"{quoted(mark)} closes no open tag, or not the last one"
            continue
        paths["/".join((*opened, name))] += 1
        if not mark.endswith("/>") and name not in _VOID:
            opened.append(name)
            if len(opened) > DEEP:
                return paths, f"{quoted(mark)} stands more than {DEEP} levels deep"
    return paths, f"{quoted(f'<{opened[-1]}>')} is not closed" if opened else ""


def parse_json(text: str) -> Json:
    """A text that is a JSON object or list, read; None for any other.

    Example:
        >>> parse_json('{"a": 1}'), parse_json("{0} files"), parse_json("3")
        ({'a': 1}, None, None)
    """
    inner = text.strip()
    if not inner.startswith(("{", "[")) or not inner.endswith(("}", "]")):
        return None
    try:
        return json.loads(inner, object_pairs_hook=_no_key_twice)
    except (ValueError, RecursionError):
        return None


def _no_key_twice(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key twice")
    return found


def json_structure(source: Json, hypothesis: str) -> tuple[Kept, tuple[tuple[str, str], ...]]:
    """Whether a translation of JSON is JSON of the same structure, and its pairs of texts.

    Keys, numbers, true, false and null stay, and lists keep their length.

    Args:
        source: The source, read.
        hypothesis: The translation as it stands.

    Returns:
        What is kept (a thing per value), and each text of the source with that in its place;
        none where the translation is no JSON.

    Example:
        >>> json_structure({"title": "Yes", "n": 1}, '{"title": "Sì", "n": 1}')
        (Kept(things=2, evidence=()), (('Yes', 'Sì'),))
        >>> json_structure({"title": "Yes"}, '{"titolo": "Sì"}')[0].evidence
        ("the key 'title' is not there", "there is a key 'titolo'")
    """
    theirs = parse_json(hypothesis)
    things = sum(1 for _ in _leaves(source, 0))
    if theirs is None:
        return Kept(max(1, things), ("no valid JSON",)), ()
    faults: list[str] = []
    pairs: list[tuple[str, str]] = []
    _compare(source, theirs, "", faults, pairs, 0)
    return Kept(max(1, things, len(faults)), tuple(faults)), tuple(pairs)


def _leaves(value: Json, depth: int) -> Iterator[Json]:
    if isinstance(value, dict | list) and depth < DEEP:
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _leaves(inner, depth + 1)
    else:
        yield value


def _compare(
    ours: Json,
    theirs: Json,
    where: str,
    faults: list[str],
    pairs: list[tuple[str, str]],
    depth: int,
) -> None:
    at = f" in {quoted(where)}" if where else ""
    if type(ours) is not type(theirs) or depth >= DEEP:
        faults.append(f"another type of value{at}")
    elif isinstance(ours, dict):
        faults.extend(
            f"the key {quoted(key)} is not there{at}" for key in ours if key not in theirs
        )
        faults.extend(f"there is a key {quoted(key)}{at}" for key in theirs if key not in ours)
        for key in ours.keys() & theirs.keys():
            _compare(ours[key], theirs[key], f"{where}.{key}".strip("."), faults, pairs, depth + 1)
    elif isinstance(ours, list):
        if len(ours) != len(theirs):
            faults.append(f"{len(theirs)} items instead of {len(ours)}{at}")
        else:
            for place, (one, other) in enumerate(zip(ours, theirs, strict=True)):
                _compare(one, other, f"{where}[{place}]", faults, pairs, depth + 1)
    elif isinstance(ours, str):
        pairs.append((ours, theirs))
    elif ours != theirs:
        faults.append(f"{theirs!r} instead of {ours!r}{at}")


def urls(source: str, hypothesis: str) -> Kept | None:
    """Addresses of the web and of mail, outside of tags.

    Example:
        >>> urls("See https://a.org/x.", "Siehe https://a.org/y.").evidence
        ("'https://a.org/x' lost, there is 'https://a.org/y'",)
    """
    wanted = list(dict.fromkeys(_addresses(source)))
    if not wanted:
        return None
    there = set(_addresses(hypothesis))
    lost = [one for one in wanted if one not in there and not _stands(one, hypothesis)]
    others = [one for one in there if one not in wanted]
    instead = f", there is {quoted(others[0])}" if len(others) == 1 else ""
    return kept(len(wanted), (f"{quoted(one)} lost{instead}" for one in lost))


def _addresses(text: str) -> list[str]:
    if "://" not in text and "www." not in text and "@" not in text:
        return []
    found = [_ESCAPED.split(one)[0] for one in ADDRESS.findall(markup.TAG.sub(" ", text))]
    return [bare for one in found if len(bare := one.rstrip(_TRAILING).rstrip("/")) > 4]


def _stands(address: str, text: str) -> bool:
    """Whether an address stands in a text that writes no blanks around it."""
    at = text.find(address)
    after = text[at + len(address) : at + len(address) + 1]
    return at >= 0 and not (after.isascii() and after.isalnum())


def markdown(source: str, hypothesis: str) -> Kept | None:
    """Links with their targets, code, fences, headings and lists of Markdown.

    Example:
        >>> markdown("See [the docs](docs/a.md)", "Siehe [Doku](docs/b.md)").evidence
        ("link to 'docs/a.md' lost",)
    """
    things, lost = 0, []
    if "](" in source:
        links = Counter(f"{mark}{target}" for mark, target in _LINK.findall(source))
        there = Counter(f"{mark}{target}" for mark, target in _LINK.findall(hypothesis))
        things += sum(links.values())
        lost += [f"link to {quoted(one.lstrip('!'))} lost" for one in (links - there).elements()]
    if "`" in source:
        code = [one for one in _CODE.findall(source) if "' " not in one and not one.endswith("'")]
        things += len(code)
        lost += [f"code {quoted(one)} lost" for one in code if one not in hypothesis]
    if "\n" not in source.strip():
        return kept(things, lost)
    for name, pattern in (("fences", _FENCE), ("headings", _HEADING), ("items of lists", _BULLET)):
        wanted = len(pattern.findall(source))
        if wanted and (name != "items of lists" or wanted > 1):
            things += wanted
            if (found := len(pattern.findall(hypothesis))) != wanted:
                lost.append(f"{found} {name} instead of {wanted}")
    return kept(things, lost)


def lines(source: str, hypothesis: str) -> Kept | None:
    r"""Lines of a text of several; paragraphs, where its lines were wrapped.

    Example:
        >>> lines("Name:\nAge:", "Nome: Età:").evidence
        ('1 line instead of 2',)
    """
    if "\n" not in source.strip():
        return None
    wrapped = _wrapped(source)
    count, what = (_blocks, "paragraph") if wrapped else (_lines, "line")
    wanted, found = count(source), count(hypothesis)
    if wanted < 2:
        return None
    if found == wanted:
        return kept(wanted, ())
    return kept(wanted, (f"{found} {what}{'s' * (found != 1)} instead of {wanted}",))


def _wrapped(text: str) -> bool:
    """Whether lines of a text end where a sentence goes on, so that their number says nothing."""
    some = [line.strip() for line in text.split("\n")]
    return any(
        len(one) >= WRAPPED and (one[-1].isalnum() or one[-1] == ",") and other[:1].islower()
        for one, other in itertools.pairwise(some)
    )


def _blocks(text: str) -> int:
    return len(_BLANK_LINES.split(text.strip()))


def _lines(text: str) -> int:
    return text.strip().count("\n") + 1


def hot_keys(source: str, hypothesis: str) -> Kept | None:
    """The mark of a menu's or button's hot key.

    Example:
        >>> hot_keys("_Open", "Öffnen").evidence
        ("'_O' lost",)
    """
    key = markup.hot_key(source)
    if key is None:
        return None
    lost = [one.mark for one in markup.edges(source, hypothesis) if one.kind == "hot key"]
    return kept(1, (f"{quoted(one)} lost" for one in lost))
