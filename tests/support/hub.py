"""A model hub on this machine: enough of the Hugging Face hub's HTTP interface to serve models."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.support.server import Asked, Say, Server

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def hub(models: dict[str, Path], gated: frozenset[str] = frozenset()) -> Server:
    """Serves folders as models, each at one commit that ``main`` and ``v1`` stand for."""

    def answer(asked: Asked) -> Say:
        parts = asked.path.split("?")[0].strip("/").split("/")
        if parts == [""]:
            return Say("a hub")
        if parts[:2] == ["api", "models"]:
            return _info(models, "/".join(parts[2:4]), parts[5] if len(parts) > 5 else "main")
        if len(parts) == 5 and parts[2] == "resolve":
            return _file(models, "/".join(parts[:2]), parts[4], gated)
        return Say({"error": "not here"}, status=404)

    return Server(answer)


def _info(models: dict[str, Path], name: str, revision: str) -> Say:
    if name not in models:
        return Say({"error": "no"}, status=404, headers={"X-Error-Code": "RepoNotFound"})
    if revision not in {"main", "v1", COMMIT}:
        return Say({"error": "no"}, status=404, headers={"X-Error-Code": "RevisionNotFound"})
    files = [{"rfilename": path.name} for path in sorted(models[name].iterdir())]
    return Say({"id": name, "sha": COMMIT, "siblings": files})


def _file(models: dict[str, Path], name: str, file: str, gated: frozenset[str]) -> Say:
    if name in gated:
        return Say({"error": "no"}, status=403, headers={"X-Error-Code": "GatedRepo"})
    path = models.get(name, Path()) / file
    if not path.is_file():
        return Say({"error": "no"}, status=404, headers={"X-Error-Code": "EntryNotFound"})
    content = path.read_bytes()
    etag = hashlib.sha256(content).hexdigest()
    return Say(content, headers={"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT})
