"""BLEU's tokenizers: which one a target language needs, and whether it can run here.

All tokenizing is sacreBLEU's own. What stands here keeps it from downloading in the middle of a
run, from hanging without a network and from failing with a traceback.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Literal, cast, get_args

from mtbench.checkpoints.hub import Fetch, LeftOnHub
from mtbench.distribution import install_line
from mtbench.errors import MissingExtra, MissingWeights, Unavailable
from mtbench.files.digests import digest_file
from mtbench.files.temporary import replacing
from mtbench.files.writing import write_text
from mtbench.languages import base_language
from mtbench.packages import require
from mtbench.servers.environment import check_environment
from mtbench.text.scripts import CHINESE, HAN_LANGUAGES, UNSPACED

TokenizerName = Literal[
    "13a",
    "char",
    "flores101",
    "flores200",
    "intl",
    "ja-mecab",
    "ko-mecab",
    "none",
    "spBLEU-1K",
    "zh",
]
Tokenize = Callable[[str], str]

TOKENIZERS: tuple[str, ...] = get_args(TokenizerName)
SentencePieceName = Literal["flores200", "flores101", "spBLEU-1K"]
SENTENCEPIECE: tuple[str, ...] = get_args(SentencePieceName)

_BY_LANGUAGE: dict[str, TokenizerName] = {
    "ja": "ja-mecab",
    "ko": "ko-mecab",
    **dict.fromkeys(CHINESE, "zh"),
}

MECAB = {"ja-mecab": ("ja", "Japanese"), "ko-mecab": ("ko", "Korean")}
_PATIENCE = 8.0  # seconds in which a server must have answered
_DOWNLOAD_PATIENCE = 120.0
_LARGEST = 256 << 20


def tokenizer_for(target: str) -> TokenizerName:
    """The tokenizer BLEU needs for a target language: ``13a`` where none is special.

    Args:
        target: A BCP-47 tag; script and region do not matter.
    """
    return _BY_LANGUAGE.get(base_language(target), "13a")


def finds_words(name: str, target: str) -> bool:
    """Whether a tokenizer finds the words of a language.

    Args:
        name: One of ``TOKENIZERS``, or ``tercom``, TER's own, which goes by spaces as it stands.
        target: A BCP-47 tag.
    """
    language = base_language(target)
    if language in UNSPACED - HAN_LANGUAGES:  # no tokenizer of sacreBLEU's finds their words
        return name in (*SENTENCEPIECE, "char")
    if name in ("13a", "intl", "none", "tercom"):
        return _BY_LANGUAGE.get(language, "13a") not in ("zh", "ja-mecab")
    return True


def tokenizer_signature(name: str) -> str:
    """What sacreBLEU's signature says of a tokenizer, known without its model.

    Raises:
        MissingExtra: For the MeCab tokenizers, whose signature names their version.
    """
    if name in SENTENCEPIECE:
        signed = str(_spm_models()[name]["signature"])
        other = other_model(name)
        return signed if other is None else f"{signed}-{other[:8]}"
    return str(load_tokenizer(name).signature())


class _Tokenizer:
    """The shape of sacreBLEU's tokenizers."""

    def __call__(self, line: str) -> str:
        raise NotImplementedError

    def signature(self) -> str:
        raise NotImplementedError


def load_tokenizer(name: str) -> _Tokenizer:
    """A tokenizer of sacreBLEU's, made ready.

    Raises:
        MissingExtra: If packages that it needs are not installed.
        MissingWeights: If its model is not here; it is never downloaded by this call.
        Unavailable: If its dictionary is not the one that scores are comparable under.
    """
    if name in SENTENCEPIECE:
        _require_sentencepiece(name)
        if not model_is_here(name):
            raise _missing(name, model_path(name), "it has not been downloaded")
    bleu = import_module("sacrebleu.metrics.bleu")
    try:
        return cast("_Tokenizer", bleu._get_tokenizer(name)())
    except RuntimeError as error:
        if name not in MECAB:
            raise _missing(name, model_path(name), str(error)) from error
        extra, language = MECAB[name]
        why = " ".join(str(error).split())
        raise MissingExtra(f"BLEU of {language} text", extra, why) from error
    except OSError as error:
        raise _missing(name, model_path(name), str(error)) from error
    except AssertionError as error:
        raise Unavailable(
            f"the tokenizer {name} found another dictionary than the one scores are defined by",
            why=str(error),
            hint=f"reinstall it: {install_line(MECAB[name][0])} --force-reinstall",
        ) from error


def check_tokenizer(name: str, *, offline: bool = False, look_only: bool = False) -> None:
    """Says within seconds whether a tokenizer can run here.

    Args:
        name: One of ``TOKENIZERS``.
        offline: Whether no server may be asked.
        look_only: Whether nothing may be asked for but the hub's file list.

    Raises:
        LeftOnHub: If its model would be fetched, and it is only to be looked.
        MissingExtra: If packages that it needs are not installed.
        MissingWeights: If its model is neither here nor to be had.
        Unavailable: If its dictionary is not the right one.
    """
    if name in SENTENCEPIECE and not model_is_here(name):
        _require_sentencepiece(name)
        if look_only and not offline:
            raise LeftOnHub([Fetch(str(_spm_models()[name]["url"]))])
        _probe(name, offline=offline)
    else:
        load_tokenizer(name)


# --- SentencePiece models -------------------------------------------------------------------


# SHA-256 of models as they are published. FLORES-200's is that of NLLB-200's own tokenizer
# (sentencepiece.bpe.model), byte by byte the same file.
_PUBLISHED = {
    "flores200": "14bb8dfb35c0ffdea7bc01e56cea38b9e3d5efcdcb9c251d6b40538e1aab555a",
}


def other_model(name: str) -> str | None:
    """The digest of a model that is here and is not the one that scores are comparable under.

    That one is known by its digest; where it is not, it is the one that was used here first, whose
    digest is kept beside it.

    Args:
        name: One of ``SENTENCEPIECE``.
    """
    if not model_is_here(name):
        return None
    path = model_path(name)
    facts = path.stat()
    found = _digest(path, facts.st_mtime_ns, facts.st_size)
    wanted = _PUBLISHED.get(name) or _first_used(path, found)
    return None if found == wanted else found


@functools.lru_cache(maxsize=8)
def _digest(path: Path, _changed: int, _size: int) -> str:
    return digest_file(path)


def _first_used(path: Path, found: str) -> str:
    """The digest that is kept beside a model, written there at its first use."""
    beside = path.with_name(f"{path.name}.sha256")
    try:
        return beside.read_text("utf-8").split()[0]
    except (OSError, ValueError, IndexError):
        with suppress(Unavailable):  # a cache that cannot be written: nothing to hold it against
            write_text(beside, f"{found}  {path.name}\n")
        return found


def model_path(name: str) -> Path:
    """Where sacreBLEU keeps a tokenizer's model: below ``$SACREBLEU`` or ``~/.sacrebleu``."""
    utils = import_module("sacrebleu.utils")
    url = str(_spm_models()[name]["url"])
    return Path(utils.SACREBLEU_DIR) / "models" / url.rsplit("/", 1)[-1]


def model_is_here(name: str) -> bool:
    """Whether a tokenizer's model is in sacreBLEU's cache; an empty file is none."""
    path = model_path(name)
    return path.is_file() and path.stat().st_size > 0


def fetch_model(name: str, *, offline: bool = False) -> Path:
    """A tokenizer's model in sacreBLEU's cache, downloaded whole where it is not there yet.

    Raises:
        MissingWeights: If it cannot be had.
    """
    path = model_path(name)
    if model_is_here(name):
        return path
    if offline:
        raise _missing(name, path, "downloads are turned off")
    content = _within(_DOWNLOAD_PATIENCE, lambda: _download(name), name)
    try:
        with replacing(path) as file:
            file.stream.write(content)
    except OSError as error:
        raise _missing(name, path, f"cannot be written: {error.strerror or error}") from error
    return path


def _probe(name: str, *, offline: bool) -> None:
    path = model_path(name)
    if offline:
        raise _missing(name, path, "downloads are turned off")
    _within(_PATIENCE, lambda: _download(name, only_the_start=True), name)


def _download(name: str, *, only_the_start: bool = False) -> bytes:
    httpx = import_module("httpx")
    url = str(_spm_models()[name]["url"])
    content = bytearray()
    try:
        with httpx.stream("GET", url, follow_redirects=True, timeout=_PATIENCE / 2) as answer:
            answer.raise_for_status()
            for block in answer.iter_bytes():
                content += block
                if only_the_start:
                    break
                if len(content) > _LARGEST:
                    raise _missing(name, model_path(name), f"{url} sends more than a model")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        what = str(error) or type(error).__name__
        raise _missing(name, model_path(name), f"{url}: {what}") from error
    if not content:
        raise _missing(name, model_path(name), f"{url} sends nothing")
    return bytes(content)


def _within(seconds: float, work: Callable[[], bytes], name: str) -> bytes:
    """Runs ``work``, but not for longer: a name look-up has no time-out of its own."""
    check_environment()
    found: list[bytes] = []
    failed: list[MissingWeights] = []

    def run() -> None:
        try:
            found.append(work())
        except MissingWeights as error:
            failed.append(error)

    thread = threading.Thread(target=run, name=f"fetch-{name}", daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    if not found:
        raise _missing(name, model_path(name), f"no answer within {seconds:g} seconds")
    return found[0]


def _missing(name: str, path: Path, why: str) -> MissingWeights:
    return MissingWeights(
        f"the tokenizer {name} needs a SentencePiece model that is not here: {path}",
        why=why,
        hint=f"where there is a network, download {_spm_models()[name]['url']} to that place",
    )


def _require_sentencepiece(name: str) -> None:
    require("sentencepiece", f"the tokenizer {name}", "spbleu")


def _spm_models() -> dict[str, dict[str, str]]:
    module = import_module("sacrebleu.tokenizers.tokenizer_spm")
    return cast("dict[str, dict[str, str]]", module.SPM_MODELS)
