"""How each family of encoder–decoder checkpoints is told the languages.

=========  ===========================================  ==================================
family     source side                                  target side
=========  ===========================================  ==================================
marian     nothing, or ``>>fra<<`` before the text      (the same)
nllb       code before the text (``eng_Latn``)          first token forced (``deu_Latn``)
m2m100     code before the text (``__en__``)            first token forced (``__de__``)
mbart      code after the text (``en_XX``)              decoder starts with the code
mbart50    code before the text (``en_XX``)             first token forced (``de_DE``)
madlad     ``<2de>`` before the text                    nothing
t5         a sentence before the text                   nothing
=========  ===========================================  ==================================

Only the small files of a checkpoint are read, so that a wrong direction is known before any work.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mtbench.checkpoints.folders import read_config
from mtbench.errors import MtbenchError, RequestError
from mtbench.languages import LanguagePair, base_language, normalise_tag
from mtbench.packages import require
from mtbench.types import Json

# Distances of langcodes: up to the first, two tags are names of one language (no, nb); from the
# second on, a text in one is not what somebody means who asks for the other.
_SAME, _OTHER = 1, 10
# Codes that stand for a language they are not the BCP-47 tag of: OPUS's own, and NLLB's names of
# the member of a macrolanguage that it was trained on.
_ALIASES = {"pob": "pt-BR", "pbt_Arab": "ps", "quy_Latn": "qu", "kor_Hang": "ko"}
_MARKER = re.compile(r">>([A-Za-z_-]+)<<\Z")
_MADLAD = re.compile(r"<2([A-Za-z_]+)>\Z")
_FLORES = re.compile(r"[a-z]{3}_[A-Z][a-z]{3}\Z")
_MBART = re.compile(r"[a-z]{2}_[A-Z]{2}\Z")
_M2M = re.compile(r"__([a-z]{2,3})__\Z")


class UnservedPair(RequestError):
    """The checkpoint does not translate in this direction."""


@dataclass(frozen=True, slots=True)
class Direction:
    """How a checkpoint is told one direction.

    Attributes:
        family: As in the table above, or ``plain`` for one that is told nothing.
        source_code: What the tokenizer is given as source language.
        target_code: What the tokenizer is given as target language.
        prefix: Text put before every source.
        first_token: Token that the output must begin with.
        start_token: Token that the decoder starts from, where not the checkpoint's own.
        notes: What a reader must know of the choice of codes.
    """

    family: str
    source_code: str | None = None
    target_code: str | None = None
    prefix: str = ""
    first_token: str | None = None
    start_token: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What the options say of the direction, over what the checkpoint's files say."""

    source_code: str | None = None
    target_code: str | None = None
    prefix: str | None = None


def direction(folder: Path, pair: LanguagePair, said: Said, model: str) -> Direction:
    """How the checkpoint in a folder is told a direction.

    Args:
        folder: Of a checkpoint; only its small files are read.
        pair: The direction.
        said: Codes and prefix from the options.
        model: The checkpoint's name, for messages.

    Raises:
        UnservedPair: If the checkpoint does not have a language.
        RequestError: If its family is told by a prefix that only the user knows.
    """
    config = read_config(folder)
    tokenizer = read_config(folder, "tokenizer_config.json")
    kind = str(config.get("model_type") or _kind_by(tokenizer))
    if kind == "marian":
        return _marian(folder, pair, said, model, config, tokenizer)
    if kind in {"m2m_100", "mbart"}:
        return _coded(folder, pair, said, model, kind, tokenizer)
    if said.prefix is not None:
        return Direction("t5" if "t5" in kind else "plain", prefix=said.prefix)
    if "t5" in kind:
        return _t5(folder, pair, said, model, config)
    raise RequestError(
        f"{model}: how models of the type {kind!r} are told the languages is not known",
        hint='say what stands before each source by the option prefix (prefix = "" for nothing)',
    )


def _kind_by(tokenizer: dict[str, Json]) -> str:
    """The type of a model whose configuration does not say it, as after a conversion."""
    named = str(tokenizer.get("tokenizer_class", "")).removesuffix("Fast").removesuffix("Tokenizer")
    return {
        "Marian": "marian",
        "Nllb": "m2m_100",
        "M2M100": "m2m_100",
        "MBart": "mbart",
        "MBart50": "mbart",
        "T5": "t5",
    }.get(named, "")


# --- Marian -----------------------------------------------------------------------------------


def _marian(
    folder: Path,
    pair: LanguagePair,
    said: Said,
    model: str,
    config: dict[str, Json],
    tokenizer: dict[str, Json],
) -> Direction:
    if said.prefix is not None:
        return Direction("marian", prefix=said.prefix)
    codes = sorted(
        match.group(1)
        for token in read_config(folder, "vocab.json")
        if (match := _MARKER.match(token))
    )
    source = tokenizer.get("source_lang") or config.get("source_lang")
    _require_same(model, source, pair.source, pair)
    if not codes:
        target = tokenizer.get("target_lang") or config.get("target_lang")
        _require_same(model, target, pair.target, pair)
        return Direction("marian")
    code, notes = _code_for(said.target_code, pair.target, codes, model)
    return Direction("marian", target_code=code, prefix=f">>{code}<< ", notes=notes)


def _require_same(model: str, named: Json, tag: str, pair: LanguagePair) -> None:
    """Refuses a direction that the checkpoint's files contradict.

    Names of groups of languages (``roa``, ``ROMANCE``, ``mul``) contradict nothing.
    """
    found = _tag(named) if isinstance(named, str) else None
    if found is None or len(base_language(found)) != 2 or _distance(tag, found) < _OTHER:
        return
    raise UnservedPair(f"{model} does not translate {pair}: its files name {named!r}, not {tag!r}")


def pair_in_name(model: str) -> tuple[str, str] | None:
    """The direction that an OPUS-MT name gives away: ``…/opus-mt-tc-big-en-it`` → (en, it)."""
    match = re.search(r"opus-mt-(?:tc-(?:\w+-)?)?([a-z]{2,3})-([a-z]{2,3})\Z", model)
    if match is None:
        return None
    source, target = _tag(match.group(1)), _tag(match.group(2))
    if source is None or target is None or len(source) != 2 or len(target) != 2:
        return None
    return source, target


def name_contradicts(model: str, pair: LanguagePair) -> bool:
    """Whether a checkpoint's name alone says that it does not serve a direction."""
    named = pair_in_name(model)
    if named is None:
        return False
    return _distance(pair.source, named[0]) >= _OTHER or _distance(pair.target, named[1]) >= _OTHER


# --- NLLB, M2M100, mBART ----------------------------------------------------------------------


def _coded(
    folder: Path,
    pair: LanguagePair,
    said: Said,
    model: str,
    kind: str,
    tokenizer: dict[str, Json],
) -> Direction:
    named = str(tokenizer.get("tokenizer_class", "")).removesuffix("Fast")
    tokens = _special_tokens(folder, tokenizer)
    if named in {"", "NllbTokenizer", "PreTrainedTokenizer"} and any(map(_FLORES.match, tokens)):
        named = "NllbTokenizer"
    if kind == "m2m_100":
        family = "nllb" if named == "NllbTokenizer" else "m2m100"
    else:
        family = "mbart50" if named == "MBart50Tokenizer" else "mbart"
    shape = {"nllb": _FLORES, "m2m100": _M2M}.get(family, _MBART)
    matches = [match for token in tokens if (match := shape.match(token))]
    codes = [m.group(1) if m.groups() else m.group() for m in matches]
    codes = codes or _known_codes(family, tokenizer)
    source, notes = _code_for(said.source_code, pair.source, codes, model)
    target, more = _code_for(said.target_code, pair.target, codes, model)
    token = f"__{target}__" if family == "m2m100" else target
    if family == "mbart":
        return Direction(family, source, target, start_token=token, notes=notes + more)
    return Direction(family, source, target, first_token=token, notes=notes + more)


def _special_tokens(folder: Path, tokenizer: dict[str, Json]) -> list[str]:
    """Special tokens by the small files, whichever of them says."""
    found: dict[str, None] = {}
    for source in (tokenizer, read_config(folder, "special_tokens_map.json")):
        for token in source.get("additional_special_tokens") or ():
            found[token["content"] if isinstance(token, dict) else token] = None
        for token in (source.get("added_tokens_decoder") or {}).values():
            found[token["content"]] = None
    for token in read_config(folder, "added_tokens.json"):
        found[token] = None
    return list(found)


def _known_codes(family: str, tokenizer: dict[str, Json]) -> list[str]:
    """The family's own list, for a checkpoint whose files leave it to the tokenizer's class."""
    name = {"m2m100": "m2m_100"}.get(family, family)
    module = importlib.import_module(f"transformers.models.{name}.tokenization_{name}")
    found = module.FAIRSEQ_LANGUAGE_CODES
    if isinstance(found, dict):
        found = found[tokenizer.get("language_codes", "m2m100")]
    return list(found)


# --- T5 and MADLAD ----------------------------------------------------------------------------


def _t5(
    folder: Path, pair: LanguagePair, said: Said, model: str, config: dict[str, Json]
) -> Direction:
    codes = sorted(m.group(1) for piece in _pieces(folder) if (m := _MADLAD.match(piece)))
    if codes:
        code, notes = _code_for(said.target_code, pair.target, codes, model)
        return Direction("madlad", target_code=code, prefix=f"<2{code}> ", notes=notes)
    tasks = config.get("task_specific_params") or {}
    name = f"translation_{base_language(pair.source)}_to_{base_language(pair.target)}"
    known = sorted(task for task in tasks if task.startswith("translation_"))
    if name in tasks and tasks[name].get("prefix"):
        return Direction("t5", prefix=str(tasks[name]["prefix"]))
    if known:
        raise UnservedPair(
            f"{model} does not translate {pair}",
            hint=f"its files name {', '.join(known)}; for another, give the option prefix",
        )
    raise RequestError(
        f"{model}: its files do not say how it is told the languages",
        hint='say what stands before each source: prefix = "translate English to German: "',
    )


def _pieces(folder: Path) -> Iterable[str]:
    """The vocabulary of a sentence-piece tokenizer."""
    if (folder / "tokenizer.json").is_file():
        found = read_config(folder, "tokenizer.json")
        yield from (token["content"] for token in found.get("added_tokens", ()))
        vocabulary = found.get("model", {}).get("vocab", ())
        yield from (entry if isinstance(entry, str) else entry[0] for entry in vocabulary)
        return
    model = folder / "spiece.model"
    if model.is_file():
        pieces = require("sentencepiece", f"the checkpoint {folder}", "hf")
        processor = pieces.SentencePieceProcessor(model_file=str(model))
        yield from (processor.id_to_piece(i) for i in range(processor.get_piece_size()))


# --- codes --------------------------------------------------------------------------------------


def _code_for(
    said: str | None, tag: str, codes: list[str], model: str
) -> tuple[str, tuple[str, ...]]:
    """The checkpoint's code for a language, and what to note where it is not exactly that.

    Raises:
        UnservedPair: If it has none.
        RequestError: If the code from the options is none of its codes.
    """
    if said is not None:
        if said not in codes:
            raise RequestError(
                f"{model} has no language code {said!r}", hint=f"it has {_some(codes)}"
            )
        return said, ()
    found = resolve_code(tag, codes)
    if found is None:
        raise UnservedPair(
            f"{model} does not know the language {tag!r}", hint=f"it has {_some(codes)}"
        )
    code, exact = found
    return code, () if exact else (f"{tag} goes to the model as {code}",)


def resolve_code(tag: str, codes: list[str]) -> tuple[str, bool] | None:
    """A checkpoint's code for a language.

    Args:
        tag: Of the language.
        codes: What the checkpoint has, in whatever spelling its family uses.

    Returns:
        The code, and whether it says all that the tag says; None where there is no code for the
        language in this script.
    """
    literal = [code for code in codes if _literal(code) == tag]  # es_MX beside es, quy_Latn
    if literal:
        return min(literal, key=len), True
    tags = {code: found for code in codes if (found := _tag(code)) is not None}
    exact = [code for code, found in tags.items() if found == tag]
    if exact:
        return min(exact, key=len), True
    ranked = sorted(
        (distance, len(code), code)
        for code, found in tags.items()
        if (distance := _closeness(tag, found)) is not None
    )
    return (ranked[0][2], ranked[0][0] == 0) if ranked else None


def _literal(code: str) -> str | None:
    """A code as the tag that it spells, its region included; None where it spells none."""
    try:
        return normalise_tag(code)
    except MtbenchError:
        return None


def _closeness(wanted: str, found: str) -> int | None:
    """0 for the same language; 1 for another region; more for another name; None else."""
    import langcodes

    one, two = (
        langcodes.Language.get(tag).prefer_macrolanguage().maximize() for tag in (wanted, found)
    )
    if one.script != two.script:
        return None
    if base_language(wanted) == base_language(found) or one.language == two.language:
        return 0 if one.territory == two.territory or "-" not in wanted else 1
    distance = _distance(wanted, found)
    return 1 + distance if distance <= _SAME else None


def _distance(wanted: str, found: str) -> int:
    import langcodes

    return int(min(langcodes.tag_distance(wanted, found), langcodes.tag_distance(found, wanted)))


def _tag(code: str) -> str | None:
    """A checkpoint's code as a tag: ``deu`` → ``de``, ``en_XX`` → ``en``, ``pob`` → ``pt-BR``."""
    if code in _ALIASES:
        return _ALIASES[code]
    if _MBART.match(code):
        # mBART's regions are those of its training data, not what its output is limited to.
        code = code if code == "zh_CN" else code[:2]
    return _literal(code)


def _some(codes: list[str]) -> str:
    shown = ", ".join(codes[:12])
    return f"{shown} and {len(codes) - 12} more" if len(codes) > 12 else shown
