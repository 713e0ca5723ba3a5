"""Checkpoints in the layout of transformers: what takes part, what is missing, where they are.

Nothing here imports torch or transformers, so that ``check`` answers within seconds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from mtbench.checkpoints import hub
from mtbench.errors import DataError, MissingWeights, RequestError
from mtbench.types import Json, Runtime

_SAFE = re.compile(r"model(-\d+-of-\d+)?\.safetensors\Z|model\.safetensors\.index\.json\Z")
_PICKLED = re.compile(r"pytorch_model(-\d+-of-\d+)?\.bin\Z|pytorch_model\.bin\.index\.json\Z")
_SMALL = (".json", ".spm", ".model", ".txt", ".jinja", ".bpe", ".tiktoken")
_TOKENIZERS = (
    "tokenizer.json",
    "tokenizer.model",
    "sentencepiece.bpe.model",
    "spiece.model",
    "vocab.json",
    "vocab.txt",
)
_FIRST_LOOK = ("config.json", "tokenizer_config.json", "special_tokens_map.json")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a checkpoint is, or where it can be had.

    Attributes:
        model: As asked for: a hub id or a folder.
        revision: As asked for; None for a folder.
        commit: The hub commit that the revision stands for; None for a folder.
        folder: Where its files are; a look at the first of them where it is not ``complete``.
        listing: What the hub holds, where it is not complete.
        files: Names of the files to fetch where it is not complete.
        weights: Whether weights were asked for, or the tokenizer alone.
        tokenizer: Whether a tokenizer was, or the weights alone.
    """

    model: str
    revision: str | None
    commit: str | None
    folder: Path
    listing: hub.Listing | None = None
    files: tuple[str, ...] = ()
    weights: bool = True
    tokenizer: bool = True

    @property
    def complete(self) -> bool:
        """Whether all files are here."""
        return self.listing is None

    @property
    def pinned(self) -> bool:
        """Whether the request alone fixes the weights: a folder does not change under a name."""
        return self.commit is None or self.revision == self.commit

    def note(self) -> str | None:
        """What a reader must know where the revision is not pinned."""
        if self.pinned:
            return None
        return (
            f"revision {self.revision} of {self.model} is not pinned; "
            f"it stood at {self.commit} in this run"
        )


def find(
    model: str,
    revision: str | None,
    runtime: Runtime,
    *,
    weights: bool = True,
    tokenizer: bool = True,
    also: tuple[str, ...] = (),
) -> Checkpoint:
    """Finds a checkpoint: a folder, else the hub's local cache, else the hub itself.

    The hub is asked only where the cache has no complete copy, and only about existence and
    access; ``fetch`` downloads.

    Args:
        model: A folder, or a hub id such as ``Helsinki-NLP/opus-mt-en-de``.
        revision: A branch, tag or commit; ``main`` where None.
        runtime: Its ``offline`` forbids the hub.
        weights: Whether weights are needed, or the tokenizer alone.
        tokenizer: Whether a tokenizer is, or the weights alone.
        also: Patterns of further files that take part; the first names one that must be there.

    Raises:
        RequestError: If the name is neither a folder nor a hub id.
        MissingWeights: If it is not here and cannot be had.
        LeftOnHub: If it is to be had, and the runtime says to look only.
        MissingExtra: If the hub's client is not installed.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        if revision is not None:
            raise RequestError(
                f"{model}: a folder has no revision", hint="leave out the option revision"
            )
        if problem := _incomplete(folder, weights, tokenizer):
            raise MissingWeights(f"{folder}: {problem}", hint="name the folder of a checkpoint")
        return Checkpoint(model, None, None, folder, weights=weights, tokenizer=tokenizer)
    if not hub.is_hub_id(model):
        raise MissingWeights(
            f"{model}: no such folder", hint="name a folder or a hub id: OWNER/NAME"
        )
    found = cached(model, revision, weights=weights, tokenizer=tokenizer, required=also[:1])
    if found is None:
        found = _on_the_hub(model, revision or hub.MAIN, runtime, weights, also)
    return replace(found, tokenizer=tokenizer)


def cached(
    model: str,
    revision: str | None,
    *,
    weights: bool = True,
    tokenizer: bool = True,
    required: tuple[str, ...] = (),
) -> Checkpoint | None:
    """The complete copy of a hub checkpoint in the local cache, if there is one. No network."""
    if not hub.is_hub_id(model):
        return None
    found = hub.cached_snapshot(model, revision, (_FIRST_LOOK[0], *required))
    if found is None or _incomplete(found, weights, tokenizer):
        return None
    return Checkpoint(model, revision or hub.MAIN, found.name, found, weights=weights)


def fetch(checkpoint: Checkpoint) -> Path:
    """The folder of a checkpoint, downloaded where it is not here yet.

    Raises:
        MissingWeights: If the download fails.
    """
    if checkpoint.listing is None:
        return checkpoint.folder
    folder = hub.download(checkpoint.listing, checkpoint.files)
    if problem := _incomplete(folder, checkpoint.weights, checkpoint.tokenizer):
        raise MissingWeights(f"{checkpoint.model}: {problem} after the download")
    return folder


def _on_the_hub(
    model: str, revision: str, runtime: Runtime, weights: bool, also: tuple[str, ...]
) -> Checkpoint:
    listing = hub.listing(model, revision, offline=runtime.offline)
    names = _chosen(listing.files)
    if not weights:
        names = [name for name in names if name.endswith(_SMALL)]
    elif not any(name.endswith((".safetensors", ".bin")) for name in names):
        raise MissingWeights(f"{model} on the hub holds no weights that PyTorch can load")
    if _FIRST_LOOK[0] not in names:
        raise MissingWeights(f"{model} on the hub holds no {_FIRST_LOOK[0]}")
    names += [n for n in listing.files if n not in names and any(fnmatchcase(n, p) for p in also)]
    if runtime.look_only:
        raise hub.LeftOnHub([listing.fetch(names)])
    folder = hub.download(listing, [name for name in _FIRST_LOOK if name in names])
    return Checkpoint(
        model, revision, listing.commit, folder, listing, tuple(sorted(names)), weights
    )


def _chosen(names: Iterable[str]) -> list[str]:
    """The files that are needed: safetensors rather than pickles, nothing of other frameworks."""
    top = [name for name in names if "/" not in name]
    weights = [n for n in top if _SAFE.match(n)] or [n for n in top if _PICKLED.match(n)]
    small = [n for n in top if n.endswith(_SMALL) and not n.endswith(".index.json")]
    return sorted({*weights, *small})


def chosen_files(folder: Path) -> list[Path]:
    """The files of a checkpoint that take part: configuration, tokenizer, weights."""
    return [folder / name for name in _chosen(p.name for p in folder.iterdir() if p.is_file())]


def _incomplete(folder: Path, weights: bool = True, tokenizer: bool = True) -> str | None:
    """What is missing from a checkpoint's folder; None where nothing is."""
    if not (folder / "config.json").is_file():
        return "there is no config.json"
    names = {path.name for path in folder.iterdir()}
    if tokenizer and (problem := _no_tokenizer(folder, names)):
        return problem
    if not weights:
        return None
    for single, index in (
        ("model.safetensors", "model.safetensors.index.json"),
        ("pytorch_model.bin", "pytorch_model.bin.index.json"),
    ):
        if single in names:
            return None
        if index in names:
            shards = set(read_config(folder, index).get("weight_map", {}).values())
            missing = sorted(shards - names)
            return f"{missing[0]} is missing" if missing else None
    return "there are no weights (model.safetensors or pytorch_model.bin)"


def _no_tokenizer(folder: Path, names: set[str]) -> str | None:
    """What a tokenizer lacks: a download that was broken off may have left the weights alone."""
    if read_config(folder).get("model_type") == "marian":
        missing = sorted({"source.spm", "target.spm", "vocab.json"} - names)
        return f"{missing[0]} is missing" if missing else None
    if names.isdisjoint(_TOKENIZERS):
        return f"there is no tokenizer ({', '.join(_TOKENIZERS[:3])} …)"
    return None


def read_config(folder: Path, name: str = "config.json") -> dict[str, Json]:
    """A JSON object of a checkpoint's folder; empty where there is no such file.

    Raises:
        DataError: If it is no JSON object.
    """
    path = folder / name
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_bytes())
    except ValueError as error:
        raise DataError(f"{path}: not JSON: {error}") from error
    if not isinstance(found, dict):
        raise DataError(f"{path}: not a JSON object")
    return found


def cache_folder(runtime: Runtime) -> Path:
    """The folder for what can be made again: the runtime's, else the user's."""
    if runtime.cache:
        return Path(runtime.cache)
    import platformdirs

    return Path(platformdirs.user_cache_dir("mtbench"))
