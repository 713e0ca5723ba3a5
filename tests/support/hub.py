"""A model hub on this machine: enough of the Hugging Face hub's HTTP interface to serve models.

Models and data sets, each at one commit that ``main`` and ``v1`` stand for; file lists with sizes,
range requests, gated repositories; and trouble by script, as real hubs make it.
"""

from __future__ import annotations

import hashlib
import json
import ssl
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

from tests.support.server import Asked, Say, Server

COMMIT = "0123456789abcdef0123456789abcdef01234567"
Files = Mapping[str, bytes]


@dataclass
class Trouble:
    """What goes wrong with some answers.

    Attributes:
        where: Part of ``METHOD PATH`` of the requests it happens to.
        change: What becomes of the answer.
        times: How often; then all is well.
    """

    where: str
    change: Callable[[Say], Say]
    times: int = 1


def status(code: int, **headers: str) -> Callable[[Say], Say]:
    """Another answer altogether, with headers such as ``Retry_After``."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: Say({"error": "no"}, status=code, headers=named)


def cut(share: float) -> Callable[[Say], Say]:
    """A connection that ends after a share of the body."""

    def change(say: Say) -> Say:
        return replace(say, body=say.body[: int(len(say.body) * share)], declared=len(say.body))

    return change


class Hub(Server):
    """The hub: repositories (a data set's name begins with ``datasets/``) and their trouble.

    Args:
        repositories: Name → path → content.
        gated: Names of those whose files are refused.
    """

    def __init__(self, repositories: Mapping[str, Files], gated: Iterable[str] = ()) -> None:
        super().__init__(self._usual)
        self.repositories = dict(repositories)
        self.gated = frozenset(gated)
        self.commit = COMMIT
        self.earlier: set[str] = set()
        self.trouble: list[Trouble] = []

    def requests(self) -> list[str]:
        """``METHOD PATH`` of every request so far."""
        with self.lock:
            return [f"{asked.method} {asked.path}" for asked in self.asked]

    def _usual(self, asked: Asked) -> Say:
        say = self._answer_to(asked)
        line = f"{asked.method} {asked.path}"
        with self.lock:
            for one in self.trouble:
                if one.times > 0 and one.where in line:
                    one.times -= 1
                    return one.change(say)
        return say

    def _answer_to(self, asked: Asked) -> Say:
        path = unquote(asked.path.split("?")[0]).strip("/")
        if not path:
            return Say("a hub")
        if path.startswith("api/"):
            return self._about(path.removeprefix("api/").removeprefix("models/"), asked)
        before, found, after = path.partition("/resolve/")
        if found:
            revision, _, file = after.partition("/")
            return self._file(before, revision, file, asked)
        return _missing("EntryNotFound")

    def move(self, commit: str) -> None:
        """Another commit becomes ``main``; the one before can still be had."""
        self.earlier.add(self.commit)
        self.commit = commit

    def _revisions(self) -> set[str]:
        return {"main", "v1", self.commit, *self.earlier}

    def _about(self, path: str, asked: Asked) -> Say:
        name = next((n for n in self.repositories if f"{path}/".startswith(f"{n}/")), None)
        if name is None:
            return _missing("RepoNotFound")
        verb, _, revision = path[len(name) :].strip("/").partition("/")
        revision, _, under = revision.partition("/")
        if (revision or "main") not in self._revisions():
            return _missing("RevisionNotFound")
        files = self.repositories[name]
        if verb == "tree":
            return Say([_entry(one, files[one]) for one in files if one.startswith(under)])
        if verb == "paths-info":
            wanted = (asked.body or {}).get("paths", [])
            return Say([_entry(one, files[one]) for one in wanted if one in files])
        siblings = [{"rfilename": one, "size": len(files[one])} for one in files]
        sha = revision if revision in self.earlier else self.commit
        gated = "manual" if name in self.gated else False
        about = {"id": name.removeprefix("datasets/"), "sha": sha, "gated": gated}
        return Say({**about, "private": False, "tags": [], "downloads": 0, "siblings": siblings})

    def _file(self, name: str, revision: str, file: str, asked: Asked) -> Say:
        if name not in self.repositories:
            return _missing("RepoNotFound")
        if revision not in self._revisions():
            return _missing("RevisionNotFound")
        if name in self.gated:
            return Say({"error": "no"}, status=403, headers={"X-Error-Code": "GatedRepo"})
        content = self.repositories[name].get(file)
        if content is None:
            return _missing("EntryNotFound")
        commit = revision if revision in self.earlier else self.commit
        headers = {"ETag": f'"{_digest(content)}"', "X-Repo-Commit": commit}
        headers["Accept-Ranges"] = "bytes"
        asked_range = asked.headers.get("range", "")
        if not asked_range.startswith("bytes="):
            return Say(content, headers=headers)
        start, _, end = asked_range.removeprefix("bytes=").partition("-")
        first, last = int(start), min(int(end or len(content)), len(content) - 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        return Say(content[first : last + 1], status=206, headers=headers)


def _entry(path: str, content: bytes) -> dict[str, object]:
    return {"type": "file", "path": path, "size": len(content), "oid": _digest(content)[:40]}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _missing(code: str) -> Say:
    return Say({"error": "no"}, status=404, headers={"X-Error-Code": code})


def contents(folder: Path) -> dict[str, bytes]:
    """Path → content of a folder's files."""
    every = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in every}


def comet_hub(model: Path, encoder: Path) -> Hub:
    """A hub with a COMET checkpoint, as ``org/tiny`` and as the default one, and its encoder.

    Args:
        model: Folder of the checkpoint.
        encoder: Folder of its encoder.
    """
    hparams = (model / "hparams.yaml").read_text().replace(str(encoder), "org/tiny-xlmr")
    files = {
        "hparams.yaml": hparams.encode(),
        "checkpoints/model.ckpt": (model / "checkpoints" / "model.ckpt").read_bytes(),
        "README.md": b"not needed",
    }
    names = ("config.json", "tokenizer.json")
    tokenizer = {name: (encoder / name).read_bytes() for name in names}
    return Hub(
        {
            "org/tiny": files,
            "org/closed": files,
            "Unbabel/wmt22-comet-da": files,
            "org/tiny-xlmr": tokenizer | {"model.safetensors": b"not needed either"},
            "org/text": {"a": b""},
        },
        gated={"org/closed"},
    )


def at_home(hub: Server, home: Path, **more: str) -> dict[str, str]:
    """The environment of a process with a cache of its own and this hub."""
    return {
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(home),
        "MTBENCH_CACHE": str(home / "mtbench"),
        "NO_PROXY": "127.0.0.1",
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        **more,
    }


def as_json(text: str) -> dict[str, object]:
    """One JSON object."""
    found = json.loads(text)
    assert isinstance(found, dict)
    return found


@contextmanager
def tls(hub: Hub, folder: Path) -> Iterator[str]:
    """The hub's address, spoken to by TLS with a self-signed certificate."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        [*command, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    hub.wrap(context)
    with hub:
        yield hub.url.replace("http://", "https://")
