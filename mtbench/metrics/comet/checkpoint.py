"""Which checkpoint a name means, where its parts lie, and loading it without running its code."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from mtbench.checkpoints import hub
from mtbench.checkpoints.digests import remembered_digest
from mtbench.errors import MissingWeights, RequestError
from mtbench.metrics.comet.identity import TOKENIZERS, configuration_digest
from mtbench.metrics.comet.model import DEFAULTS, CometModel, hyper_parameters
from mtbench.metrics.comet.quiet import quiet
from mtbench.packages import require

log = logging.getLogger(__name__)

CHECKPOINT = "checkpoints/model.ckpt"
HPARAMS = "hparams.yaml"
ENCODER = "xlm-roberta-large"  # of a checkpoint that names none

# Commits of the hub, so that a name means the same weights everywhere.
PINNED = {
    "Unbabel/wmt22-comet-da": "2760a223ac957f30acfb18c8aa649b01cf1d75f2",
    "Unbabel/wmt22-cometkiwi-da": "1ad785194e391eebc6c53e2d0776cada8f83179a",
    "Unbabel/XCOMET-XL": "6a123c5e8e6dccab25e5fcffa3c8b417abadb462",
}

# What COMET reads of an encoder beside a checkpoint that holds its weights.
ENCODER_FILES = ("config.json", "tokenizer*", "sentencepiece*", "special_tokens_map.json", "vocab*")
# The hub moved these; a cache may hold either name.
ENCODER_NAMES = {
    "xlm-roberta-large": "FacebookAI/xlm-roberta-large",
    "xlm-roberta-base": "FacebookAI/xlm-roberta-base",
}

_METRICS = {
    "Unbabel/wmt22-comet-da": "comet",
    "Unbabel/wmt22-cometkiwi-da": "cometkiwi",
    "Unbabel/XCOMET-XL": "xcomet",
}


@dataclass(frozen=True)
class Located:
    """A checkpoint found on this machine.

    Attributes:
        model: What a signature calls it: the hub's id, or a folder's name.
        path: The checkpoint file; empty where it, or its encoder, was left on the hub.
        revision: The hub's commit, where it comes from there.
        sha256: Digest of the file, where it does not.
        kind: COMET's class identifier.
        encoder: Folder with the encoder's configuration and tokenizer.
        encoder_model: COMET's name for the encoder's architecture.
        config: Digest of what a score follows from beside the weights; empty without a path.
        segments: What a unified checkpoint reads, in order.
        hparams: Hyper-parameters as the checkpoint's ``hparams.yaml`` has them.
        left: What was left on the hub.
    """

    model: str
    path: str
    revision: str | None
    sha256: str | None
    kind: str
    encoder: str
    encoder_model: str
    config: str = ""
    segments: tuple[str, ...] = ()
    hparams: dict[str, Any] = field(default_factory=dict, repr=False)
    left: tuple[hub.Fetch, ...] = ()

    def facts(self) -> dict[str, Any]:
        """As JSON, without the hyper-parameters."""
        found = asdict(self)
        del found["hparams"]
        return found


def locate(
    model: str,
    revision: str | None = None,
    *,
    offline: bool = False,
    fetch: bool = True,
    trust: bool = False,
    cache: str = "",
) -> Located:
    """Finds a checkpoint: on disk, in the hub's cache, or on the hub.

    Args:
        model: A hub id, a folder, or a ``.ckpt`` file.
        revision: Commit, branch or tag of the hub.
        offline: Never ask the hub.
        fetch: Whether to download what is not here; if not, the hub is asked for its commit.
        trust: Whether hyper-parameters may be read by unpickling.
        cache: Folder where digests of large files are remembered.

    Returns:
        The checkpoint; without a path or a class where it was left on the hub.

    Raises:
        MissingWeights: If it is not here and cannot be had.
        RequestError: If it is no COMET checkpoint.
    """
    asked = _Asked(offline, fetch, trust, cache)
    given = Path(model).expanduser()
    if given.is_file():
        if revision:
            raise RequestError(f"a revision goes with a hub id, not with the file {model}")
        return _describe(given, _label(given), None, asked)
    if given.is_dir():
        if revision:
            raise RequestError(f"a revision goes with a hub id, not with the folder {model}")
        return _describe(_in_folder(given), given.resolve().name, None, asked)
    if not hub.is_hub_id(model) or model.endswith(".ckpt"):
        raise MissingWeights(
            f"there is no COMET checkpoint {model}",
            hint="name a .ckpt file, a folder that holds checkpoints/model.ckpt, or a hub id",
        )
    wanted = revision or PINNED.get(model)
    snapshot = hub.cached_snapshot(model, wanted, [CHECKPOINT, HPARAMS], any_other=not revision)
    if snapshot is None:
        listing = hub.listing(model, wanted, offline=offline, fetch=fetch_line(model))
        if not {CHECKPOINT, HPARAMS} <= listing.files.keys():
            raise RequestError(f"{model} is on the hub but is no COMET checkpoint")
        if not fetch:
            return _left(model, listing.commit, None, listing.fetch([CHECKPOINT, HPARAMS]))
        snapshot = hub.download(listing, [CHECKPOINT, HPARAMS], fetch=fetch_line(model))
    return _describe(snapshot / CHECKPOINT, model, snapshot.name, asked)


def fetch_line(model: str) -> str:
    """The command that fetches a checkpoint and what it needs."""
    metric = _METRICS.get(model) or f"comet --comet-model {shlex.quote(model)}"
    return f"mtbench metrics fetch {metric}"


def _label(file: Path) -> str:
    folder = file.resolve().parent
    if folder.name == "checkpoints" and folder.parent.name:
        return folder.parent.name
    return file.stem


def _in_folder(folder: Path) -> Path:
    found = folder / CHECKPOINT
    if found.is_file():
        return found
    files = sorted(folder.glob("*.ckpt")) or sorted(folder.glob("checkpoints/*.ckpt"))
    if len(files) != 1:
        raise MissingWeights(
            f"{folder} holds {'no' if not files else 'several'} COMET checkpoints",
            why=f"looked for {CHECKPOINT} and *.ckpt",
            hint="name the .ckpt file itself",
        )
    return files[0]


@dataclass(frozen=True)
class _Asked:
    """How far to go for a checkpoint; see ``locate``."""

    offline: bool
    fetch: bool
    trust: bool
    cache: str


def _describe(path: Path, model: str, revision: str | None, asked: _Asked) -> Located:
    hparams = _hparams(path, asked.trust)
    kind = str(hparams.get("class_identifier", ""))
    if kind not in DEFAULTS:
        raise RequestError(
            f"{model}: not a class of COMET checkpoint that mtbench scores with: {kind!r}",
            why="known: " + ", ".join(sorted(DEFAULTS)),
        )
    sha256 = None if revision else remembered_digest(path, asked.cache)
    encoder = _encoder(path, hparams, model if revision else str(path), asked)
    if isinstance(encoder, hub.Fetch):
        return _left(model, revision, sha256, encoder)
    values = hyper_parameters(kind, hparams)
    return Located(
        model=model,
        path=str(path),
        revision=revision,
        sha256=sha256,
        kind=kind,
        encoder=str(encoder),
        encoder_model=str(values["encoder_model"]),
        config=configuration_digest(hparams, encoder),
        segments=tuple(values.get("input_segments", ())),
        hparams=hparams,
    )


def _hparams(path: Path, trust: bool) -> dict[str, Any]:
    for folder in (path.parent.parent, path.parent):
        file = folder / HPARAMS
        if file.is_file():
            yaml = require("yaml", "COMET", "comet")
            try:
                found = yaml.safe_load(file.read_text(encoding="utf-8"))
            except yaml.YAMLError as error:
                line = str(error).splitlines()[0]
                raise RequestError(f"{file}: not plain YAML: {line}") from error
            if not isinstance(found, dict):
                raise RequestError(f"{file}: holds no hyper-parameters")
            return found
    content = read(path, trust)
    found = dict(content.get("hyper_parameters") or {})
    if "class_identifier" not in found:
        raise RequestError(
            f"{path}: no {HPARAMS} beside it, and it does not say which class of COMET it is",
            hint=f"put the checkpoint's {HPARAMS} into {path.parent.parent}",
        )
    return found


def local_encoder(path: Path, name: str) -> Path | None:
    """Where an encoder's configuration and tokenizer lie on this machine.

    A checkpoint names its encoder by a hub id or by a path of the machine it was trained on; a
    path that is not there is looked for beside the checkpoint.

    Args:
        path: The checkpoint file.
        name: Its encoder's name.

    Raises:
        MissingWeights: If it can only have lain in a folder that is not there.
    """
    given = Path(name)
    if _is_encoder(given):
        return given
    for place in (path.parent.parent, path.parent, path.parent.parent.parent):
        for beside in (place / "encoder", place / given.name):
            if _is_encoder(beside):
                return beside
    if not hub.is_hub_id(name):
        raise MissingWeights(
            f"{path}: its encoder is not where the checkpoint says: {name}",
            hint=f"put the encoder's config.json and tokenizer into {path.parent.parent}/encoder",
        )
    for repo in dict.fromkeys((name, ENCODER_NAMES.get(name, name))):
        for tokenizer in TOKENIZERS:
            found = hub.cached_snapshot(repo, None, ["config.json", tokenizer], any_other=True)
            if found is not None:
                return found
    return None


def _left(model: str, revision: str | None, sha256: str | None, what: hub.Fetch) -> Located:
    return Located(model, "", revision, sha256, kind="", encoder="", encoder_model="", left=(what,))


def _encoder(path: Path, hparams: dict[str, Any], model: str, asked: _Asked) -> Path | hub.Fetch:
    """Where the encoder's configuration and tokenizer lie, or what of them was left on the hub."""
    name = str(hparams.get("pretrained_model", ENCODER))
    here = local_encoder(path, name)
    if here is not None:
        return here
    line = fetch_line(model)
    listing = hub.listing(ENCODER_NAMES.get(name, name), offline=asked.offline, fetch=line)
    wanted = [n for n in listing.files if any(fnmatchcase(n, one) for one in ENCODER_FILES)]
    if not asked.fetch:
        return listing.fetch(wanted)
    found = hub.download(listing, wanted, fetch=line)
    if not _is_encoder(found):
        raise MissingWeights(f"{name} on the hub holds no tokenizer that COMET reads")
    return found


def _is_encoder(folder: Path) -> bool:
    return (folder / "config.json").is_file() and any((folder / t).is_file() for t in TOKENIZERS)


def read(path: Path, trust: bool) -> dict[str, Any]:
    """A checkpoint's content, its tensors mapped and not yet read.

    Only tensors and plain values are accepted: nothing in the file can run.

    Raises:
        RequestError: If it holds anything else and is not trusted, or is no checkpoint.
    """
    import pickle
    import zipfile

    torch = require("torch", "COMET", "comet")

    def content(*, mapped: bool) -> Any:
        with quiet():
            return torch.load(path, map_location="cpu", weights_only=not trust, mmap=mapped)

    try:
        try:
            found = content(mapped=zipfile.is_zipfile(path))
        except RuntimeError as error:
            if "mmap" not in str(error):
                raise
            log.warning("%s: its file system lets no file be mapped: it is read whole", path)
            found = content(mapped=False)
    except pickle.UnpicklingError as error:
        reason = next((x for x in str(error).splitlines() if "nsupported" in x), "")
        raise RequestError(
            f"{path}: holds more than tensors and plain values, which loading it would run",
            why=reason.strip()[:200] or None,
            hint="only if you trust where it comes from: --trust-checkpoint",
        ) from error
    except (RuntimeError, EOFError, OSError, ValueError) as error:
        raise RequestError(
            f"{path}: cannot be read as a checkpoint", why=str(error).splitlines()[0][:200]
        ) from error
    if not isinstance(found, dict) or not isinstance(found.get("state_dict"), dict):
        raise RequestError(f"{path}: not a COMET checkpoint: there is no state_dict in it")
    return found


def load(located: Located, trust: bool) -> CometModel:
    """The model, on the CPU, at single precision.

    Its weights are the file's, mapped into memory: they are read as they are first used, and
    processes with the same checkpoint share them.

    Raises:
        RequestError: If the checkpoint does not hold what its class needs.
        MissingExtra: If torch or transformers is not installed.
    """
    content = read(Path(located.path), trust)
    model = _built(located, content.get("hyper_parameters") or located.hparams)
    try:
        model.fill(content["state_dict"])
    except LookupError as error:
        raise RequestError(
            f"{located.path}: {error.args[0]}",
            hint="the file is incomplete or of another class; fetch it again",
        ) from error
    except ValueError as error:
        raise RequestError(
            f"{located.path}: its weights do not fit the model it describes", why=str(error)
        ) from error
    return model


def without_weights(located: Located) -> CometModel:
    """The model as its hyper-parameters describe it, for its tokenizer and shape.

    Raises:
        RequestError: If it cannot be built.
        MissingExtra: If torch or transformers is not installed.
    """
    return _built(located, located.hparams)


def _built(located: Located, values: Mapping[str, Any]) -> CometModel:
    # Read from beside the file, it decides on the spelling that means softmax: so the library.
    if located.hparams.get("layer_transformation") == "sparsemax_patch":
        values = {**values, "layer_transformation": "softmax"}
    for name in ("tokenizers", "transformers"):
        require(name, "COMET", "comet")
    try:
        with quiet():
            return CometModel(located.kind, values, Path(located.encoder))
    except (TypeError, ValueError, KeyError) as error:
        raise RequestError(
            f"{located.path}: the model it describes cannot be built",
            why=f"{type(error).__name__}: {error}".splitlines()[0][:300],
        ) from error
