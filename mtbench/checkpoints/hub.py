"""Checkpoints by hub name or folder: found on this machine first, fetched only when they are not.

Nothing here imports torch or transformers, so that ``check`` answers within seconds.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mtbench.checkpoints.network import reachable
from mtbench.errors import DataError, MissingWeights, MtbenchError, RequestError, Unavailable
from mtbench.files.digests import digest_file, digest_rows
from mtbench.files.writing import write_json
from mtbench.plugins import require
from mtbench.types import Json, Runtime

HUB_SECONDS = 5.0  # a hub that has not answered by then counts as out of reach

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?\Z")
_COMMIT = re.compile(r"[0-9a-f]{40}\Z")
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
        complete: Whether all files are here.
        files: Names of the files to fetch where it is not complete.
        weights: Whether weights were asked for, or the tokenizer alone.
    """

    model: str
    revision: str | None
    commit: str | None
    folder: Path
    complete: bool
    files: tuple[str, ...] = ()
    weights: bool = True

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


def find(model: str, revision: str | None, runtime: Runtime, *, weights: bool = True) -> Checkpoint:
    """Finds a checkpoint: a folder, else the hub's local cache, else the hub itself.

    The hub is asked only where the cache has no complete copy, and only about existence and
    access; ``fetch`` downloads.

    Args:
        model: A folder, or a hub id such as ``Helsinki-NLP/opus-mt-en-de``.
        revision: A branch, tag or commit; ``main`` where None.
        runtime: Its ``offline`` forbids the hub.
        weights: Whether weights are needed, or the tokenizer alone.

    Raises:
        RequestError: If the name is neither a folder nor a hub id.
        MissingWeights: If it is not here and cannot be had.
        MissingExtra: If the hub's client is not installed.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        if revision is not None:
            raise RequestError(
                f"{model}: a folder has no revision", hint="leave out the option revision"
            )
        if problem := _incomplete(folder, weights):
            raise MissingWeights(f"{folder}: {problem}", hint="name the folder of a checkpoint")
        return Checkpoint(model, None, None, folder, complete=True, weights=weights)
    if not _HUB_ID.match(model):
        raise MissingWeights(
            f"{model}: no such folder", hint="name a folder or a hub id: OWNER/NAME"
        )
    wanted = revision or "main"
    return cached(model, wanted, weights=weights) or _ask_hub(model, wanted, runtime, weights)


def cached(model: str, revision: str | None, *, weights: bool = True) -> Checkpoint | None:
    """The complete copy of a hub checkpoint in the local cache, if there is one. No network."""
    hub = require("huggingface_hub", "a model from the hub", "hf")
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    wanted = revision or "main"
    try:
        found = Path(hub.snapshot_download(model, revision=wanted, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError):
        return None
    if _incomplete(found, weights):
        return None
    return Checkpoint(model, wanted, found.name, found, complete=True, weights=weights)


def fetch(checkpoint: Checkpoint) -> Path:
    """The folder of a checkpoint, downloaded where it is not here yet.

    Raises:
        MissingWeights: If the download fails.
    """
    if checkpoint.complete:
        return checkpoint.folder
    import huggingface_hub as hub

    try:
        folder = Path(
            hub.snapshot_download(
                checkpoint.model,
                revision=checkpoint.commit,
                allow_patterns=list(checkpoint.files),
                etag_timeout=HUB_SECONDS,
            )
        )
    except OSError as error:
        raise _unreachable(checkpoint.model, error) from error
    if problem := _incomplete(folder, checkpoint.weights):
        raise MissingWeights(f"{checkpoint.model}: {problem} after the download")
    return folder


def _ask_hub(model: str, revision: str, runtime: Runtime, weights: bool) -> Checkpoint:
    import huggingface_hub as hub

    if runtime.offline or hub.constants.HF_HUB_OFFLINE:
        raise MissingWeights(
            f"{model} is not in the local cache, and this run is offline",
            hint=f"fetch it where there is a network: hf download {model}",
        )
    if not reachable():
        raise MissingWeights(
            f"{model} is not in the local cache, and the hub cannot be reached",
            hint=f"where there is a network: hf download {model}",
        )
    try:
        info = hub.HfApi().model_info(model, revision=revision, timeout=HUB_SECONDS)
        names = tuple(_chosen(sibling.rfilename for sibling in info.siblings or ()))
        if not weights:
            names = tuple(name for name in names if name.endswith(_SMALL))
        elif not any(name.endswith((".safetensors", ".bin")) for name in names):
            raise MissingWeights(f"{model} on the hub holds no weights that PyTorch can load")
        if _FIRST_LOOK[0] not in names:
            raise MissingWeights(f"{model} on the hub holds no {_FIRST_LOOK[0]}")
        # The first file also proves that a gated model may be read; asked for by the revision's
        # name, it leaves in the cache which commit that name stands for.
        wanted, folder = revision, Path()
        for name in _FIRST_LOOK:
            if name in names:
                path = hub.hf_hub_download(model, name, revision=wanted, etag_timeout=HUB_SECONDS)
                folder = Path(path).parent
                wanted = folder.name
    except OSError as error:
        raise _unreachable(model, error) from error
    return Checkpoint(model, revision, wanted, folder, complete=False, files=names, weights=weights)


def _unreachable(model: str, error: OSError) -> MtbenchError:
    from huggingface_hub.errors import (
        GatedRepoError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    if isinstance(error, GatedRepoError):
        return MissingWeights(
            f"{model} is gated: its owner must let you in",
            hint=f"accept its terms at https://huggingface.co/{model}, then: hf auth login",
        )
    if isinstance(error, RepositoryNotFoundError):
        return MissingWeights(
            f"{model}: no such folder here, and no such model on the hub (or a private one)",
            hint="check the spelling; for a private model: hf auth login",
        )
    if isinstance(error, RevisionNotFoundError):
        return MissingWeights(f"{model} has no such revision on the hub")
    return MissingWeights(
        f"{model} is not in the local cache, and the hub cannot be reached",
        why=f"{type(error).__name__}: {str(error).splitlines()[0][:160] if str(error) else ''}",
        hint=f"where there is a network: hf download {model}",
    )


def _chosen(names: Json) -> list[str]:
    """The files that are needed: safetensors rather than pickles, nothing of other frameworks."""
    top = [name for name in names if "/" not in name]
    weights = [n for n in top if _SAFE.match(n)] or [n for n in top if _PICKLED.match(n)]
    small = [n for n in top if n.endswith(_SMALL) and not n.endswith(".index.json")]
    return sorted({*weights, *small})


def chosen_files(folder: Path) -> list[Path]:
    """The files of a checkpoint that take part: configuration, tokenizer, weights."""
    return [folder / name for name in _chosen(p.name for p in folder.iterdir() if p.is_file())]


def _incomplete(folder: Path, weights: bool = True) -> str | None:
    """What is missing from a checkpoint's folder; None where nothing is."""
    if not (folder / "config.json").is_file():
        return "there is no config.json"
    names = {path.name for path in folder.iterdir()}
    if problem := _no_tokenizer(folder, names):
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


def digest_files(paths: list[Path], runtime: Runtime) -> str:
    """Digest of names and bytes of files; a file that has not changed is not read again.

    What was read is remembered in the cache folder by real path, size and modification time.
    """
    memory = Path(cache_folder(runtime)) / "file-digests.json"
    known: dict[str, Json] = {}
    with suppress(OSError, ValueError, TypeError):
        known = dict(json.loads(memory.read_bytes()))
    fresh = False
    rows = []
    for path in sorted(paths, key=lambda p: p.name):
        state = path.stat()
        key = f"{path.resolve()}|{state.st_size}|{state.st_mtime_ns}"
        if key not in known:
            known[key], fresh = digest_file(path), True
        rows.append([path.name, known[key]])
    if fresh:
        with suppress(Unavailable):  # only a shortcut for the next time
            write_json(memory, known)
    return digest_rows(rows)


def cache_folder(runtime: Runtime) -> Path:
    """The folder for what can be made again: the runtime's, else the user's."""
    if runtime.cache:
        return Path(runtime.cache)
    import platformdirs

    return Path(platformdirs.user_cache_dir("mtbench"))
