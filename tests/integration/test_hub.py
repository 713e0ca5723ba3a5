"""Checkpoints from a hub: asked for before work, fetched once, never asked for again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mtbench.checkpoints.hub import leftovers
from tests.support.checkpoints import checkpoint
from tests.support.hub import COMMIT, Hub, Trouble, contents, cut, status, tls
from tests.support.killing import SECONDS
from tests.support.server import Say

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
def server(served: Path) -> Iterator[Hub]:
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
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_asks_first_fetches_once_and_then_stays_at_home(server: Hub, tmp_path: Path) -> None:
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


def test_a_tokenizer_alone_needs_no_weights(server: Hub, tmp_path: Path) -> None:
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


def test_half_a_download_is_no_checkpoint(server: Hub, tmp_path: Path) -> None:
    look(server.url, tmp_path, ("acme/tiny", None, False, True))
    (weights,) = tmp_path.glob("hub/models--acme--tiny/snapshots/*/model.safetensors")
    weights.unlink()
    (offline,) = look(server.url, tmp_path, ("acme/tiny", None, True, False))
    assert offline["code"] == 3
    (again,) = look(server.url, tmp_path, ("acme/tiny", None, False, True))
    assert "model.safetensors" in again["files"]


def test_what_cannot_be_had_is_said_before_work(server: Hub, tmp_path: Path) -> None:
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
    (failure,) = look(gone.url, tmp_path, ("acme/tiny", None, False, False))
    (forbidden,) = look(gone.url, tmp_path, ("acme/tiny", None, False, False), HF_HUB_OFFLINE="1")
    assert failure["code"] == forbidden["code"] == 3
    assert failure["lines"][1] == f"{gone.url} takes no connection (Connection refused)"
    assert forbidden["lines"][1] == "HF_HUB_OFFLINE forbids to ask it"


# --- a hub that has a bad day ---------------------------------------------------------------

ASK = ("acme/tiny", None, False, True)
OTHER = "89abcdef0123456789abcdef0123456789abcdef"
ABOUT, HEAD, GET = "GET /api/models/", "HEAD /acme/tiny/resolve", "GET /acme/tiny/resolve"
WEIGHTS = "model.safetensors"


def slow(say: Say) -> Say:
    return replace(say, wait=300.0)


@pytest.mark.parametrize(
    "trouble",
    [
        [Trouble(ABOUT, status(503), times=2)],
        [Trouble(ABOUT, status(429, Retry_After="1"))],
        [Trouble(HEAD, status(502))],
        [Trouble(GET, status(429, Retry_After="1"))],
        [Trouble(GET, status(500))],
        [Trouble(ABOUT, slow)],
        [Trouble(HEAD, slow)],
        [Trouble(GET, lambda say: replace(say, reset=True))],
    ],
    ids=["about-503", "about-429", "head-502", "get-429", "get-500", "slow", "slow-head", "reset"],
)
def test_a_fault_that_passes_is_waited_out(
    trouble: list[Trouble], server: Hub, tmp_path: Path
) -> None:
    server.trouble = trouble
    (found,) = look(server.url, tmp_path, ASK, HF_HUB_ETAG_TIMEOUT="3", HF_HUB_DOWNLOAD_TIMEOUT="3")
    assert WEIGHTS in found.get("files", ()), found
    assert all(one.times == 0 for one in trouble)


def test_a_broken_download_goes_on_where_it_broke(server: Hub, tmp_path: Path) -> None:
    large = {**server.repositories["acme/tiny"], WEIGHTS: bytes(25_000_000)}
    server.repositories["acme/tiny"] = large  # the library writes blocks of 10 MB
    server.trouble = [Trouble(f"GET /acme/tiny/resolve/{COMMIT}/{WEIGHTS}", cut(0.5))]
    (found,) = look(server.url, tmp_path, ASK)
    assert WEIGHTS in found.get("files", ()), found
    with server.lock:
        ranges = [
            asked.headers["range"]
            for asked in server.asked
            if asked.path.endswith(WEIGHTS) and asked.headers.get("range", "bytes=0-") != "bytes=0-"
        ]
    assert ranges, "the second half alone is asked for"


@pytest.mark.parametrize(
    ("change", "why", "hint"),
    [
        (status(503, Retry_After="900"), "the hub answers 503", "try again later"),
        (status(429, Retry_After="900"), "asks to wait 900 seconds", "try again later"),
        (status(401), "refuses this account (status 401)", "hf auth login"),
        (status(404), "the hub", ""),
    ],
)
def test_a_fault_that_stays_is_named(
    change: Callable[[Say], Say], why: str, hint: str, server: Hub, tmp_path: Path
) -> None:
    server.trouble = [Trouble(ABOUT, change, times=99)]
    (failure,) = look(server.url, tmp_path, ASK)
    assert failure["code"] == 3
    assert why in " ".join(failure["lines"])
    assert hint in failure["lines"][-1]


def test_the_same_command_goes_on_from_there(server: Hub, tmp_path: Path) -> None:
    server.trouble = [Trouble(f"GET /acme/tiny/resolve/{COMMIT}/{WEIGHTS}", status(403), times=99)]
    (failure,) = look(server.url, tmp_path, ASK)
    assert failure["code"] == 3
    assert "refuses this account (status 403)" in failure["lines"][1]
    asked = len(server.requests())
    server.trouble = []
    (found,) = look(server.url, tmp_path, ASK)
    assert WEIGHTS in found["files"]
    fetched = {line.rsplit("/", 1)[-1] for line in server.requests()[asked:] if GET in line}
    assert fetched == {WEIGHTS}, "what came whole is not fetched again"


def test_a_download_that_broke_off_goes_on_as_it_says(server: Hub, tmp_path: Path) -> None:
    """Releases of the library until 1.17 keep a part of a file; later ones begin it again."""
    large = {**server.repositories["acme/tiny"], WEIGHTS: bytes(25_000_000)}
    server.repositories["acme/tiny"] = large
    server.trouble = [Trouble(f"GET /acme/tiny/resolve/{COMMIT}/{WEIGHTS}", cut(0.5), times=99)]
    (failure,) = look(server.url, tmp_path, ASK)
    assert failure["code"] == 3, failure
    asked = len(server.asked)
    server.trouble = []
    (found,) = look(server.url, tmp_path, ASK)
    assert WEIGHTS in found["files"]
    with server.lock:
        ranges = [
            one.headers.get("range", "bytes=0-")
            for one in server.asked[asked:]
            if one.method == "GET" and one.path.endswith(WEIGHTS)
        ]
    goes_on = ranges[0] != "bytes=0-"
    assert ("goes on from there" in failure["lines"][-1]) == goes_on
    assert ("begins again" in failure["lines"][-1]) != goes_on


def test_parts_that_a_killed_download_left_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = tmp_path / "models--acme--tiny" / "blobs"
    blobs.mkdir(parents=True)
    monkeypatch.setattr("mtbench.checkpoints.hub.cache_folder", lambda: tmp_path)
    assert leftovers() == (0, 0)
    for name in ("aa.0123abcd.incomplete", "bb.0123abcd.incomplete", "cc.incomplete", "dd"):
        (blobs / name).write_bytes(b"1234")
    os.utime(blobs / "aa.0123abcd.incomplete", (1, 1))
    os.utime(blobs / "cc.incomplete", (1, 1))  # an earlier release goes on with it
    assert leftovers() == (1, 4)


def test_a_branch_that_moves_meanwhile_mixes_nothing(server: Hub, tmp_path: Path) -> None:
    def move(say: Say) -> Say:
        server.move(OTHER)
        return say

    server.trouble = [Trouble(f"HEAD /acme/tiny/resolve/{COMMIT}/config.json", move)]
    found, again = look(server.url, tmp_path, ASK, ("acme/tiny", None, True, False))
    assert WEIGHTS in found.get("files", ()), found
    assert found["commit"] == again["commit"] == COMMIT
    (moved,) = look(server.url, tmp_path, ("acme/tiny", OTHER, False, True))
    assert moved["commit"] == OTHER


def test_a_file_of_another_length_than_the_hub_says_is_no_checkpoint(
    server: Hub, tmp_path: Path
) -> None:
    where = f"GET /acme/tiny/resolve/{COMMIT}/{WEIGHTS}"
    server.trouble = [Trouble(where, lambda say: replace(say, body=say.body[:1000]), times=99)]
    (failure,) = look(server.url, tmp_path, ASK)
    assert failure["code"] == 3, failure
    assert not list(tmp_path.glob(f"hub/models--acme--tiny/snapshots/*/{WEIGHTS}"))


def test_a_self_signed_certificate_is_said_as_such(served: Path, tmp_path: Path) -> None:
    with tls(Hub({"acme/tiny": contents(served)}), tmp_path) as address:
        (failure,) = look(address, tmp_path / "home", ASK)
    assert failure["code"] == 3
    assert "the certificate of https://127.0.0.1" in failure["lines"][1]
    assert "self-signed certificate" in failure["lines"][1]


def test_a_dead_proxy_is_said_as_such(server: Hub, tmp_path: Path) -> None:
    with Hub({}) as gone:
        pass
    more = {"http_proxy": gone.url, "NO_PROXY": "", "no_proxy": ""}
    (failure,) = look(server.url, tmp_path, ASK, **more)
    assert failure["code"] == 3
    assert "the proxy 127.0.0.1:" in failure["lines"][1]
    assert "(http_proxy) takes no connection" in failure["lines"][1]


def test_storage_of_large_files_that_is_out_of_reach(server: Hub, tmp_path: Path) -> None:
    """Xet: the hub answers, and the storage that it names does not, as behind many a firewall."""
    pytest.importorskip("hf_xet")
    with Hub({}) as gone:
        pass
    token = {
        "X-Xet-Cas-Url": gone.url,
        "X-Xet-Access-Token": "t",
        "X-Xet-Token-Expiration": str(int(time.time()) + 3600),
    }
    stored = {"X-Xet-Hash": "a" * 64, "X-Xet-Refresh-Route": f"{server.url}/token"}
    server.trouble = [
        Trouble("GET /token", lambda _: Say({}, headers=token), times=99),
        Trouble(
            f"HEAD /acme/tiny/resolve/{COMMIT}/{WEIGHTS}",
            lambda say: replace(say, headers={**say.headers, **stored}),
            times=99,
        ),
    ]
    hurry = {"HF_XET_CLIENT_RETRY_MAX_ATTEMPTS": "1", "HF_XET_CLIENT_RETRY_MAX_DURATION": "1s"}
    (failure,) = look(server.url, tmp_path, ASK, **hurry)
    assert failure["code"] == 3
    assert "storage of large files (xet) failed" in failure["lines"][1]
    assert "HF_HUB_DISABLE_XET=1" in failure["lines"][1]
    (found,) = look(server.url, tmp_path, ASK, HF_HUB_DISABLE_XET="1")
    assert WEIGHTS in found["files"]
