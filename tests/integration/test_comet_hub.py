"""The hub and its cache, against a small server that speaks like it.

Each check runs in a process of its own, because huggingface-hub reads its address and its cache's
place when it is imported.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.support.comet_samples import CORPUS

ROOT = CORPUS.parents[1]
COMMIT = "0123456789abcdef0123456789abcdef01234567"
OTHER = "89abcdef0123456789abcdef0123456789abcdef"


class Hub(ThreadingHTTPServer):
    """Repositories by name: path → bytes; ``gated`` ones refuse their files."""

    def __init__(self, repositories: dict[str, dict[str, bytes]], gated: set[str]) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.repositories = repositories
        self.gated = gated
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Answer(BaseHTTPRequestHandler):
    """The few answers of the hub that a download needs."""

    server: Hub

    def log_message(self, *_: Any) -> None:
        """Says nothing."""

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        for repo, files in self.server.repositories.items():
            about, _, revision = self.path.partition("/revision/")
            if about == f"/api/models/{repo}":
                if (revision or "main") not in ("main", COMMIT):
                    self._send(404, b"", {"X-Error-Code": "RevisionNotFound"}, body)
                    return
                found = {
                    "id": repo,
                    "sha": COMMIT,
                    "gated": "manual" if repo in self.server.gated else False,
                    "siblings": [{"rfilename": name} for name in files],
                }
                self._send(200, json.dumps(found).encode(), {}, body)
                return
            name = self.path.removeprefix(f"/{repo}/resolve/{COMMIT}/")
            if name in files and repo in self.server.gated:
                self._send(403, b"", {"X-Error-Code": "GatedRepo"}, body)
                return
            if name in files:
                etag = hashlib.sha256(files[name]).hexdigest()
                self._send(200, files[name], {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT}, body)
                return
        self._send(404, b"", {"X-Error-Code": "RepoNotFound"}, body)

    def _send(self, status: int, content: bytes, headers: dict[str, str], body: bool) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content)


@pytest.fixture
def hub(tiny_comet: Callable[[str], Path]) -> Iterator[Hub]:
    model = tiny_comet("regression").parent.parent
    encoder = model.parent / "encoder"
    hparams = (model / "hparams.yaml").read_text()
    hparams = hparams.replace(str(encoder), "org/tiny-xlmr")
    files = {
        "hparams.yaml": hparams.encode(),
        "checkpoints/model.ckpt": (model / "checkpoints" / "model.ckpt").read_bytes(),
        "README.md": b"not needed",
    }
    tokenizer = {
        name: (encoder / name).read_bytes() for name in ("config.json", "tokenizer.json")
    } | {"model.safetensors": b"not needed either"}
    server = Hub(
        {
            "org/tiny": files,
            "org/closed": files,
            "org/tiny-xlmr": tokenizer,
            "org/text": {"a": b""},
        },
        gated={"org/closed"},
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


PROGRAM = """
import json, sys, time
from mtbench.errors import MtbenchError
from mtbench.metrics.comet.fetch import cached, fetch
from mtbench.plugins import make_metric
from mtbench.types import Runtime, ScoringView
from mtbench.languages import LanguagePair

given = json.loads(sys.argv[1])
view = ScoringView(pair=LanguagePair(source="en", target="de"), ids=("1",), sources=("a",),
                   references=(("b",),), documents=(None,))
found = {}
start = time.monotonic()
try:
    metric = make_metric("comet", given["options"], Runtime(offline=given.get("offline", False)))
    for step in given["steps"]:
        if step == "check":
            metric.check()
        elif step == "check view":
            metric.check(view)
        elif step == "signature":
            found["signature"] = str(metric.signature(view))
        elif step == "fetch":
            found["path"] = str(fetch(given["options"]["model"], given["options"].get("revision")))
        elif step == "cached":
            found["cached"] = [entry.model_dump() for entry in cached()]
except MtbenchError as error:
    found |= {"error": type(error).__name__, "code": error.exit_code, "lines": error.lines()}
found["seconds"] = time.monotonic() - start
print(json.dumps(found))
"""


class Machine:
    """A machine with a cache of its own, and the hub at an address."""

    def __init__(self, home: Path, address: str) -> None:
        self.home = home
        self.address = address

    def run(self, model: str, *steps: str, offline: bool = False, **options: str) -> Any:
        given = {"options": {"model": model, **options}, "steps": steps, "offline": offline}
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, json.dumps(given)],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={"HF_HOME": str(self.home), "HF_ENDPOINT": self.address, "PATH": "/usr/bin:/bin"},
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stderr == "", "nothing of the hub's talk reaches the terminal"
        return json.loads(done.stdout)

    def files(self) -> set[str]:
        return {p.name for p in self.home.rglob("*") if p.is_symlink() or p.suffix == ".ckpt"}


@pytest.fixture
def machine(tmp_path: Path, hub: Hub) -> Machine:
    return Machine(tmp_path / "home", hub.address)


def test_checked_without_a_download_then_fetched_then_never_asked_again(
    machine: Machine, hub: Hub
) -> None:
    before = machine.run("org/tiny", "check", "signature")
    assert "revision:0123456789ab|" in before["signature"]
    assert machine.files() == set()
    after = machine.run("org/tiny", "check", "check view", "signature")
    # What its configuration and tokenizer are shows once they are here.
    fields = [one for one in after["signature"].split("|") if not one.startswith("config:")]
    assert "|config:" in after["signature"]
    assert "|".join(fields) == before["signature"]
    assert machine.files() >= {"model.ckpt", "hparams.yaml", "config.json", "tokenizer.json"}
    assert not machine.files() & {"README.md", "model.safetensors"}, "only what is needed"
    asked = len(hub.asked)
    again = machine.run("org/tiny", "check", "check view", "signature")
    assert again["signature"] == after["signature"]
    assert len(hub.asked) == asked, "what is here is used without asking"


def test_fetched_ahead_it_serves_offline(machine: Machine) -> None:
    fetched = machine.run("org/tiny", "cached", "fetch", "cached")
    assert fetched["path"].endswith(f"snapshots/{COMMIT}/checkpoints/model.ckpt")
    machine.address = "http://127.0.0.1:9"
    found = machine.run("org/tiny", "check", "check view", "signature", "cached", offline=True)
    assert "error" not in found
    assert "model:org/tiny|revision:0123456789ab|" in found["signature"]
    assert [entry["model"] for entry in found["cached"]] == ["org/tiny"]
    assert found["cached"][0]["revision"] == COMMIT
    assert found["cached"][0]["bytes"] > 100_000
    assert found["cached"][0]["encoder"] is True


@pytest.mark.parametrize(
    ("model", "options", "lines"),
    [
        (
            "org/closed",
            {},
            [
                "org/closed is gated: the hub asks for an account that has accepted its licence",
                "accept it at https://huggingface.co/org/closed, then run: hf auth login",
            ],
        ),
        (
            "org/nothing",
            {},
            [
                "there is no org/nothing on the hub, or it is private",
                "check the name, or run: hf auth login",
            ],
        ),
        ("org/tiny", {"revision": "v7"}, ["org/tiny has no revision 'v7' on the hub"]),
    ],
)
@pytest.mark.parametrize("step", ["check", "check view"])
def test_one_clear_message_each(
    step: str, model: str, options: dict[str, Any], lines: list[str], machine: Machine
) -> None:
    found = machine.run(model, step, **options)
    assert (found["error"], found["code"]) == ("MissingWeights", 3)
    assert found["lines"] == lines
    assert machine.files() == set()


def test_a_repository_that_holds_something_else(machine: Machine) -> None:
    found = machine.run("org/text", "check view")
    assert found["code"] == 2
    assert found["lines"][0] == "org/text is on the hub but is no COMET checkpoint"


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "http://hub.invalid"])
def test_no_network_is_noticed_within_seconds(address: str, machine: Machine) -> None:
    machine.address = address
    found = machine.run("org/tiny", "check view")
    assert (found["error"], found["code"]) == ("MissingWeights", 3)
    assert found["lines"][0] == "org/tiny is not on this machine"
    assert "the hub cannot be reached" in found["lines"][1]
    assert found["lines"][2].endswith("mtbench metrics fetch comet --comet-model org/tiny")
    assert found["seconds"] < 10


def test_a_named_revision_is_not_served_by_another(machine: Machine) -> None:
    machine.run("org/tiny", "fetch")
    assert "error" not in machine.run("org/tiny", "check", revision="main", offline=True)
    assert "error" not in machine.run("org/tiny", "check", revision=COMMIT, offline=True)
    found = machine.run("org/tiny", "check", revision=OTHER, offline=True)
    assert found["lines"][0] == "org/tiny is not on this machine"
