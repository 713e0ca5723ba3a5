"""Apertium's translation modes: finding them, reading them, and their stream format.

A mode file is one line of shell: programs joined by ``|``, with ``$1`` and ``$2`` for switches.
It is split into words here, never run by a shell.
"""

from __future__ import annotations

import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

from mtbench.errors import MissingEngine, RequestError
from mtbench.languages import base_language, normalise_tag

# Programs that with -z answer each input that ends with NUL at once, and whose answer does not
# depend on earlier inputs. apertium-tagger and cg-proc know -z as well but remember: up to a
# third of all segments then come out differently with another order of the same input.
_FORGETFUL = frozenset(
    {
        "apertium-anaphora",
        "apertium-interchunk",
        "apertium-postchunk",
        "apertium-pretransfer",
        "apertium-transfer",
        "lrx-proc",
        "lsx-proc",
        "lt-proc",
    }
)

# Languages whose pairs are packaged under ISO 639-3 codes in newer data, 639-1 in older.
_THREE = {
    "an": "arg", "ca": "cat", "en": "eng", "eo": "epo", "es": "spa", "eu": "eus", "fr": "fra",
    "gl": "glg", "it": "ita", "oc": "oci", "pt": "por", "ro": "ron", "sc": "srd",
}  # fmt: skip

INSTALL = (
    "apt-get install --no-install-recommends apertium apertium-eng-spa apertium-spa-ita "
    "apertium-eng-cat apertium-cat-ita apertium-fra-cat apertium-fr-es apertium-es-pt "
    "apertium-por-cat"
)


@dataclass(frozen=True, slots=True)
class Stage:
    """A program of a mode.

    Attributes:
        argv: The program and its arguments, set to end each answer with NUL.
        remembers: Whether it may not be given one input after another.
    """

    argv: tuple[str, ...]
    remembers: bool


@dataclass(frozen=True, slots=True)
class Mode:
    """One hop: a translation mode.

    Attributes:
        name: As ``apertium -l`` lists it: ``eng-cat``.
        stages: Its programs in order.
        files: Its data files.
    """

    name: str
    stages: tuple[Stage, ...]
    files: tuple[Path, ...]


def parse_path(path: str) -> tuple[str, ...]:
    """Codes along a path: ``en-ca-it`` → ``("en", "ca", "it")``.

    Raises:
        RequestError: If it does not name two languages or more.
    """
    codes = tuple(path.split("-"))
    if len(codes) < 2 or not all(re.fullmatch(r"[a-z]{2,3}(_[A-Za-z0-9_]+)?", c) for c in codes):
        raise RequestError(
            f"not a path of languages: {path!r}",
            hint="write the codes from source to target: en-ca-it",
        )
    return codes


def tag_of(code: str) -> str:
    """The BCP-47 tag of an Apertium code: ``eng`` → ``en``, ``pt_BR`` → ``pt-BR``."""
    base, _, variant = code.partition("_")
    region = variant if re.fullmatch(r"[A-Z]{2}", variant) else ""
    return normalise_tag(f"{base}-{region}" if region else base)


def data_folder(option: str) -> Path:
    """Where Apertium's modes and data are.

    Raises:
        MissingEngine: If Apertium is not installed.
    """
    program = shutil.which("apertium")
    if program is None:
        raise MissingEngine("Apertium is not installed", hint=f"install it with: {INSTALL}")
    return Path(option) if option else Path(program).parent.parent / "share" / "apertium"


def find_mode(folder: Path, source: str, target: str) -> Mode:
    """The mode of one hop, under whichever codes it is installed.

    Raises:
        MissingEngine: If it is not installed.
    """
    names = [f"{a}-{b}" for a in _spellings(source) for b in _spellings(target)]
    for name in names:
        path = folder / "modes" / f"{name}.mode"
        if path.is_file():
            return _read_mode(name, path)
    raise MissingEngine(
        f"Apertium has no mode {source}-{target} in {folder / 'modes'}",
        why=f"from {source} it has here: {', '.join(_reached(folder, source)) or 'none'}",
        hint=f"install it with: {INSTALL}",
    )


def _reached(folder: Path, source: str) -> list[str]:
    starts = tuple(f"{code}-" for code in _spellings(source))
    names = (path.stem for path in (folder / "modes").glob("*.mode"))
    return sorted(name for name in names if name.startswith(starts) and "_" not in name)


def _spellings(code: str) -> list[str]:
    base, _, variant = code.partition("_")
    two = base_language(tag_of(base))
    spellings = dict.fromkeys([base, _THREE.get(two, two), two])
    return [f"{s}_{variant}" if variant else s for s in spellings]


def _read_mode(name: str, path: Path) -> Mode:
    stages, files = [], []
    for part in path.read_text(encoding="utf-8").strip().split("|"):
        words = shlex.split(part)
        if not words:
            raise MissingEngine(f"{path}: not a mode file", hint="install the pair again")
        # $1 asks the generator for unmarked unknown words; $2 is for showing ambiguity.
        arguments = ["-n" if word == "$1" else word for word in words[1:] if word != "$2"]
        files += [Path(word) for word in arguments if word.startswith("/")]
        program = words[0]
        stages.append(Stage((program, "-z", *arguments), program not in _FORGETFUL))
    return Mode(name, tuple(stages), tuple(files))


_SPECIAL = re.compile(r"([\[\]^$/\\@<>{}])")
_SPACE = re.compile(r"[ \t\r\n~]+")


def deformat(text: str) -> str:
    """A plain text in Apertium's stream format, as ``apertium-destxt`` would write it.

    Special characters are escaped; white space other than a single blank is set in brackets,
    where no rule touches it; blank lines and the end count as the end of a sentence.
    """
    return _SPACE.sub(_blank, _SPECIAL.sub(r"\\\1", text)) + ".[]"


def _blank(match: re.Match[str]) -> str:
    space = match.group()
    if space == " ":
        return space
    return f".[][{space}]" if space.count("\n") > 1 else f"[{space}]"


def reformat(stream: str) -> str:
    """The plain text of a stream, as ``apertium-retxt`` would write it."""
    out: list[str] = []
    text = stream.replace(".[]", "")
    inside = False
    at = 0
    while at < len(text):
        character = text[at]
        if character == "\\" and at + 1 < len(text):
            out.append(text[at + 1])
            at += 2
            continue
        if character == ("]" if inside else "["):
            inside = not inside
        else:
            out.append(character)
        at += 1
    return "".join(out)
