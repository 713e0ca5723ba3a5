"""Checkpoints from a hub: asked for before work, fetched once, never asked for again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.checkpoints import checkpoint
from tests.support.hub import COMMIT, Hub, contents
from tests.support.server import Server

ROOT = Path(__file__).resolve().parents[2]
LOOK = """
import json, sys
from mtbench.checkpoints.folders import fetch, find
from mtbench.errors import MtbenchError
from mtbench.types import Runtime
for model, revision, offline, get in json.loads(sys.argv[1]):
    try:
        weights = get != "tokenizer"
        found = find(model, revision, Runtime(offline=offline), weights=weights)
        folder = fetch(found) if get else found.folder
        said = {"complete": found.complete, "commit": found.commit, "note": found.note(),
                "files": sorted(p.name for p in folder.iterdir())}
    except MtbenchError as error:
        said = {"code": error.exit_code, "lines": error.lines()}
    print(json.dumps(said))
assert "torch" not in sys.modules and "transformers" not in sys.modules
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published repository: weights in two formats, other frameworks' files, code, a README."""
    folder = tmp_path_factory.mktemp("served") / "tiny"
    shutil.copytree(checkpoint("marian-untrained"), folder)
    for name in ("pytorch_model.bin", "tf_model.h5", "rust_model.ot", "modeling.py", "README.md"):
        (folder / name).write_text("of no use")
    return folder


@pytest.fixture
def server(served: Path) -> Iterator[Server]:
    files = contents(served)
    with Hub(
        {"acme/tiny": files, "acme/closed": files, "acme/empty": {}}, {"acme/closed"}
    ) as found:
        yield found


def look(
    endpoint: str, home: Path, *asked: tuple[str, str | None, bool, bool | str], **more: str
) -> list[dict[str, Any]]:
    """What a process of its own finds, with a cache of its own."""
    environment = {
        **os.environ,
        "HF_ENDPOINT": endpoint,
        "HF_HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "NO_PROXY": "127.0.0.1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        **more,
    }
    environment.pop("HF_TOKEN", None)
    done = subprocess.run(
        [sys.executable, "-c", LOOK, json.dumps(asked)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_asks_first_fetches_once_and_then_stays_at_home(server: Server, tmp_path: Path) -> None:
    before, fetched, after, pinned = look(
        server.url,
        tmp_path,
        ("acme/tiny", None, False, False),
        ("acme/tiny", None, False, True),
        ("acme/tiny", None, False, False),
        ("acme/tiny", COMMIT, True, False),
    )
    assert not before["complete"]
    assert before["commit"] == COMMIT
    assert before["note"] == (
        f"revision main of acme/tiny is not pinned; it stood at {COMMIT} in this run"
    )
    assert "model.safetensors" not in before["files"]
    assert fetched["files"] == [
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "source.spm",
        "target.spm",
        "tokenizer_config.json",
        "vocab.json",
    ]
    assert after["complete"]
    assert pinned["complete"]
    assert pinned["note"] is None
    asked = len(server.asked)
    (again,) = look(server.url, tmp_path, ("acme/tiny", None, False, True))
    assert again["complete"]
    assert len(server.asked) == asked, "what is here is not asked for"


def test_a_tokenizer_alone_needs_no_weights(server: Server, tmp_path: Path) -> None:
    fetched, offline, whole = look(
        server.url,
        tmp_path,
        ("acme/tiny", None, False, "tokenizer"),
        ("acme/tiny", None, True, "tokenizer"),
        ("acme/tiny", None, True, True),
    )
    assert "vocab.json" in fetched["files"]
    assert "model.safetensors" not in fetched["files"]
    assert offline["complete"]
    assert whole["code"] == 3


def test_half_a_download_is_no_checkpoint(server: Server, tmp_path: Path) -> None:
    look(server.url, tmp_path, ("acme/tiny", None, False, True))
    (weights,) = tmp_path.glob("hub/models--acme--tiny/snapshots/*/model.safetensors")
    weights.unlink()
    (offline,) = look(server.url, tmp_path, ("acme/tiny", None, True, False))
    assert offline["code"] == 3
    (again,) = look(server.url, tmp_path, ("acme/tiny", None, False, True))
    assert "model.safetensors" in again["files"]


def test_what_cannot_be_had_is_said_before_work(server: Server, tmp_path: Path) -> None:
    found = look(
        server.url,
        tmp_path,
        ("acme/closed", None, False, False),
        ("acme/nothing", None, False, False),
        ("acme/tiny", "v9", False, False),
        ("acme/empty", None, False, False),
        ("acme/tiny", None, True, False),
        ("acme/tiny", "v1", False, False),
    )
    *failures, tagged = found
    assert [failure["code"] for failure in failures] == [3] * 5
    said = [" ".join(failure["lines"]) for failure in failures]
    assert "is gated" in said[0]
    assert "hf auth login" in said[0]
    assert "there is no acme/nothing on the hub" in said[1]
    assert "has no revision 'v9'" in said[2]
    assert "no weights that PyTorch can load" in said[3]
    assert "this run is offline" in said[4]
    assert tagged["note"].startswith("revision v1 of acme/tiny is not pinned")


def test_a_hub_out_of_reach_is_noticed_within_seconds(tmp_path: Path) -> None:
    with Hub({}) as gone:
        pass
    started = time.perf_counter()
    (failure,) = look(gone.url, tmp_path, ("acme/tiny", None, False, False))
    (forbidden,) = look(gone.url, tmp_path, ("acme/tiny", None, False, False), HF_HUB_OFFLINE="1")
    assert time.perf_counter() - started < 20
    assert failure["code"] == forbidden["code"] == 3
    assert failure["lines"][1] == f"{gone.url} takes no connection (Connection refused)"
    assert forbidden["lines"][1] == "HF_HUB_OFFLINE forbids to ask it"
