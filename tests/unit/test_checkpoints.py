"""One rule each, for back ends, metrics, encoders and data sets: device, digests, hub, errors."""

from __future__ import annotations

import ast
import os
import socket
import ssl
from pathlib import Path

import pytest

from mtbench.checkpoints import digests, network
from mtbench.checkpoints.device import pick_device
from mtbench.checkpoints.digests import digest_files, remembered_digest
from mtbench.checkpoints.hub import is_hub_id
from mtbench.checkpoints.problems import Problem, problem_of, refusal
from mtbench.errors import Unavailable
from mtbench.files import states
from tests.support.modules import modules, source

# --- devices --------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cuda", "mps", "device"),
    [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_auto_is_cuda_then_mps_then_cpu(
    cuda: bool, mps: bool, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert pick_device("auto") == device


def test_a_device_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert pick_device("cuda:1") == "cuda:1"
    with pytest.raises(Unavailable, match="no device 'cuda:2'"):
        pick_device("cuda:2")


def test_nobody_else_looks_for_devices() -> None:
    wrong = []
    for module in modules():
        if module == "mtbench.checkpoints.device":
            continue
        wrong += [
            f"{module}:{node.lineno}"
            for node in ast.walk(source(module))
            if isinstance(node, ast.Attribute)
            and node.attr == "is_available"
            and isinstance(node.value, ast.Attribute)
        ]
    assert not wrong, "ask mtbench.checkpoints.device"


# --- digests --------------------------------------------------------------------------------


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(digests, "_SMALL", 0)
    monkeypatch.setattr(states, "_SETTLED", -1.0)
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"one" * 100)
    return path


def test_a_file_that_has_not_changed_is_not_read_again(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    first = remembered_digest(weights, cache)
    monkeypatch.setattr(digests, "digest_file", lambda _: pytest.fail("read again"))
    assert remembered_digest(weights, cache) == first


def test_weights_changed_behind_the_clock_are_seen(weights: Path, tmp_path: Path) -> None:
    """The same name, size and time of change: as a copy that keeps times leaves it."""
    cache = tmp_path / "cache"
    before = weights.stat()
    first = digest_files([weights], cache), remembered_digest(weights, cache)
    weights.write_bytes(b"two" * 100)
    os.utime(weights, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert weights.stat().st_mtime_ns == before.st_mtime_ns
    second = digest_files([weights], cache), remembered_digest(weights, cache)
    assert first[0] != second[0]
    assert first[1] != second[1]


def test_a_file_that_may_still_be_written_is_not_remembered(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(states, "_SETTLED", 3600.0)
    remembered_digest(weights, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


# --- names ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["LaBSE", "Unbabel/wmt22-comet-da", "google/mt5-small.v1_1"])
def test_ids_of_the_hub(name: str) -> None:
    assert is_hub_id(name)


@pytest.mark.parametrize(
    "name",
    ["", "/no/such", "../x", "a/../b", "a/b/c", "a b", "~/x", "x" * 97, "-a/b", "a--b", "aé/x"],
)
def test_no_ids_of_the_hub(name: str) -> None:
    assert not is_hub_id(name)


# --- errors ---------------------------------------------------------------------------------


class ProxyError(OSError):
    """Named as those of requests, httpx and httpx2 are."""


class ConnectError(Exception):
    """As httpx has it: no OSError."""


class ReadTimeout(Exception):
    """As above."""


def caused(error: BaseException, cause: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (
            caused(ConnectError("no"), ssl.SSLCertVerificationError(
                1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
                "self-signed certificate (_ssl.c:1006)")),
            "certificate", "self-signed certificate",
        ),
        (caused(ConnectError("no"), ConnectionResetError(104, "reset")), "broken", "reset"),
        (ProxyError("Tunnel connection failed: 403 Forbidden"), "proxy", "403 Forbidden"),
        (ReadTimeout("slow"), "broken", "in time"),
        (OSError(28, "No space left on device", "/cache/x"), "full", "/cache/x"),
        (PermissionError(13, "Permission denied", "/cache/x"), "locked", "Permission denied"),
        (OSError("Consistency check failed: file should be of size 3"), "broken", "shorter"),
        (RuntimeError("Data processing error: CAS service error: Reqwest Error"), "broken", "xet"),
        (ValueError("odd https://x.y/z?Signature=secret"), "other", "https://x.y/z?…"),
    ],
)  # fmt: skip
def test_what_an_error_means(error: BaseException, kind: str, words: str) -> None:
    found = problem_of(error)
    assert found.kind == kind
    assert words in found.why


def test_one_wording_for_models_and_data_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "https://hub.example/")
    problem = Problem("gated", "no")
    model = refusal("a/b", None, problem, "fetch")
    data = refusal("a/b", None, problem, "fetch", kind="dataset")
    assert model.message == data.message
    assert "https://hub.example/a/b" in str(model.hint)
    assert "https://hub.example/datasets/a/b" in str(data.hint)


# --- the network ----------------------------------------------------------------------------


def test_a_hub_behind_a_dead_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: nobody answers
        port = taken.getsockname()[1]
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        monkeypatch.setenv("HF_ENDPOINT", "http://hub.example")
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        network._no_connection.cache_clear()
        try:
            reason = str(network.unreachable())
            assert f"the proxy 127.0.0.1:{port} (http_proxy) takes no connection" in reason
        finally:
            network._no_connection.cache_clear()
