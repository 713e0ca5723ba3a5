"""Work on Ray: a simulated cluster of several nodes, and one that is started and stopped."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtbench.cli.main import run as run_command
from mtbench.engine import cluster, work
from mtbench.engine.versions import versions
from mtbench.engine.work import Worker, naming, run
from mtbench.errors import RequestError, RunFailed, Unavailable
from mtbench.files.temporary import sweep
from mtbench.plugins import make_backend, make_metric
from mtbench.processes.pipe import ShardLost
from mtbench.stages import scoring, travel
from mtbench.types import Engine, Runtime
from tests.integration.test_elsewhere import PAIR, TEXTS, translated, view
from tests.support.blocks import blocks
from tests.support.killing import SECONDS, alive, matching, started, started_by, until
from tests.support.workspace import SENTENCES, Space

pytest.importorskip("ray", reason="the extra 'ray' is not installed")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Ray and /proc")

COMMAND = [
    sys.executable, "-m", "mtbench", "evaluate", "--corpus", "china-blockchain",
    "--pair", "en-it", "--model", "identity", "--metric", "bleu", "--metric", "chrf",
    "--metric", "semsim",
]  # fmt: skip
DOUBLER = Worker(factory="tests.support.workers:doubler", arguments={"plus": 1})


@pytest.fixture(scope="module")
def nodes() -> Iterator[Any]:
    """A cluster of three nodes, each of one processor."""
    kind: Any = import_module("ray.cluster_utils").Cluster
    store = 80_000_000
    found = kind(initialize_head=True, head_node_args={"num_cpus": 1, "object_store_memory": store})
    for _ in range(2):
        found.add_node(num_cpus=1, object_store_memory=store)
    found.wait_for_nodes(timeout=SECONDS)
    yield found
    cluster._KEPT.clear()
    cluster.connect(Engine(kind="ray", address=found.address)).shutdown()
    cluster._connected = None
    found.shutdown()
    os.environ.pop("RAY_AUTH_MODE", None)


@pytest.fixture
def engine(nodes: Any) -> Engine:
    return Engine(kind="ray", address=nodes.address)


def test_results_come_in_order_from_all_nodes(engine: Engine) -> None:
    assert work.size_of(engine) == 3
    assert work.size_of(engine.model_copy(update={"processes": 2})) == 2
    found = list(run(DOUBLER, range(600), 600, engine))
    assert [value for value, _ in found] == [2 * item + 1 for item in range(600)]
    processes = {process for _, process in found}
    assert os.getpid() not in processes
    assert 1 < len(processes) <= 3
    again = list(run(DOUBLER, range(600), 600, engine))
    assert {process for _, process in again} <= processes, "processes are kept for the next work"


def test_errors_cross_as_they_are(engine: Engine) -> None:
    ours = Worker(factory="tests.support.workers:failing", arguments={"kind": "ours"})
    with pytest.raises(RunFailed) as caught:
        list(run(ours, range(10), 10, engine))
    assert caught.value.lines() == ["segment five", "it is odd", "leave it out"]
    theirs = Worker(factory="tests.support.workers:failing", arguments={"kind": "theirs"})
    with pytest.raises(RunFailed, match="ZeroDivisionError: five"):
        list(run(theirs, range(10), 10, engine))


def test_a_shard_that_ends_three_workers_fails_alone(
    engine: Engine, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    killer = Worker(factory="tests.support.workers:killer", arguments={"folder": str(tmp_path)})
    lost: list[tuple[int, ShardLost]] = []

    def note(number: int, error: Any) -> int:
        lost.append((number, error))
        return -1

    found = list(run(killer, range(40), 40, engine, lost=note))
    assert found == [-1 if item == 5 else item for item in range(40)]
    ((number, error),) = lost
    assert number == 5
    assert error.message == "3 workers ended, one after the other, at the same work"
    assert "the worker is about to die" in str(error.why), "the log of the worker reaches the user"
    # What one worker was lost at is done by another.
    assert len(list(tmp_path.glob("20.*"))) == 2
    assert capfd.readouterr().out == "", "tables and JSON stand there: Ray says nothing"


def test_lost_segments_are_named(engine: Engine, tmp_path: Path) -> None:
    killer = Worker(factory="tests.support.workers:killer", arguments={"folder": str(tmp_path)})
    ids = [f"s{number}" for number in range(20)]
    with pytest.raises(RunFailed, match="segments 's10' to 's11': 3 workers ended"):
        list(run(killer, range(10), 10, engine, lost=naming(ids, 2)))


def test_a_node_that_goes_costs_its_shards(nodes: Any, engine: Engine) -> None:
    node = nodes.add_node(num_cpus=1, object_store_memory=80_000_000)
    nodes.wait_for_nodes(timeout=SECONDS)
    slow = Worker(factory="tests.support.workers:slow", arguments={}, shared=False)
    results = run(slow, range(60), 60, engine)
    found = [next(results) for _ in range(8)]
    nodes.remove_node(node, allow_graceful=False)
    found += results
    assert found == list(range(60))


def test_other_versions_are_named(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    cluster.connect(engine)
    here = {**versions(), "mtbench": "0.0.1"}
    monkeypatch.setattr("mtbench.engine.cluster.versions", lambda: here)
    with pytest.raises(Unavailable, match=r"the node .* has mtbench .* \(0\.0\.1 here\)"):
        cluster._check_nodes(ray)


def test_comet_and_translations_are_the_same_there(
    engine: Engine, tiny_comet: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mtbench.checkpoints.batches.KEPT", 4)
    two = engine.model_copy(update={"processes": 2})
    outputs = {"one": [text.lower() for text in TEXTS], "two": TEXTS}
    options = {"model": str(tiny_comet("regression"))}
    here, there = (
        blocks(make_metric("comet", options, Runtime(device="cpu", engine=where)), view(), outputs)
        for where in (Engine(), two)
    )
    assert [(name, block.ids) for name, block in here] == [(n, b.ids) for n, b in there]
    for (_, one), (_, other) in zip(here, there, strict=True):
        np.testing.assert_allclose(one.rows, other.rows, rtol=0, atol=1e-6)
    system = make_backend("identity", {}, PAIR, Runtime(engine=two))
    assert translated(travel.placed("identity", system)) == translated(system)


def test_a_part_that_ends_workers_has_no_score_and_says_why() -> None:
    part = (view(), {"one": TEXTS})
    found = scoring._Finished(scoring._Places(view().ids), ())
    found.add(travel.unscored(part, ShardLost("3 workers ended", why="no memory"))["one"])
    assert not found.there.any()
    assert set(found.unjudged.values()) == {"3 workers ended; no memory"}


def test_no_cluster_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(Unavailable, match=f"no Ray cluster at 127.0.0.1:{port}"):
            cluster._reachable(f"127.0.0.1:{port}")
        taken.listen()
        monkeypatch.setattr(cluster, "REACHED", 0.5)
        with pytest.raises(Unavailable, match=f"no Ray cluster at 127.0.0.1:{port}: timed out"):
            cluster._reachable(f"127.0.0.1:{port}")
    for wrong in ("here", "ray://head:10001", "head:port"):
        with pytest.raises(RequestError, match="neither HOST:PORT nor auto"):
            cluster._reachable(wrong)


@pytest.mark.parametrize(
    ("said", "known"),
    [
        (b"\0\0\x1e\4\0\0\0\0\0", True),  # as gRPC begins
        (b"HTTP/1.1 505 HTTP Version Not Supported\r\n", False),
        (b"-ERR wrong number of arguments for 'pri' command\r\n", False),  # Redis, on Ray's port
        (b"", False),
    ],
)
def test_what_is_no_cluster_is_known_by_its_first_words(said: bytes, known: bool) -> None:
    here, there = socket.socketpair()
    with here, there:
        there.sendall(said)
        there.shutdown(socket.SHUT_WR)
        assert cluster._speaks_grpc(here) is known


def test_a_real_cluster_is_known_by_its_first_words(nodes: Any) -> None:
    cluster._reachable(nodes.address)


def test_tokens_are_asked_for_where_the_node_here_does(
    nodes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A driver that asks for tokens hears nothing from a cluster that has none, and vice versa."""
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    cluster._take_mode(nodes.address)
    assert os.environ["RAY_AUTH_MODE"] == "token", "what the user says counts"
    monkeypatch.delenv("RAY_AUTH_MODE")
    cluster._take_mode("127.0.0.1:1")  # no node of it runs here
    assert "RAY_AUTH_MODE" not in os.environ
    cluster._take_mode(nodes.address)
    assert os.environ["RAY_AUTH_MODE"] == "disabled"


# --- a cluster of one's own: whole programs ------------------------------------------------------


def test_the_same_bytes_as_here(tmp_path: Path) -> None:
    for kind in ("local", "ray"):
        done = subprocess.run(
            [*COMMAND, "--results", kind, "--engine", kind], cwd=tmp_path, capture_output=True
        )
        assert done.returncode == 0, done.stderr
    files = {
        path.relative_to(tmp_path / "local")
        for path in (tmp_path / "local").rglob("*")
        if path.is_file() and path.name not in ("run.json", "leaderboard.csv", ".gitignore")
        and path.suffix != ".lock"
    }  # fmt: skip
    assert len(files) >= 5
    for file in files:
        assert (tmp_path / "local" / file).read_bytes() == (tmp_path / "ray" / file).read_bytes()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_nothing_is_left_behind(number: signal.Signals) -> None:
    code = (
        # A job that a shell runs in the background ignores interruptions, and hands that on.
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from mtbench.engine.work import Worker, run; from mtbench.types import Engine\n"
        "slow = Worker(factory='tests.support.workers:slow', arguments={})\n"
        "from mtbench.engine import cluster\n"
        "for _ in run(slow, range(9000), 9000, Engine(kind='ray')):\n"
        "    print(cluster._session.parent, flush=True)\n"
    )
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with started(sys.executable, "-c", code, **pipes) as child:
        assert child.stdout is not None
        logs = Path(child.stdout.readline().strip())
        assert logs.is_dir()
        left = started_by(child.pid)
        assert len(left) >= 4  # raylet, global store, workers
        child.send_signal(number)
        child.wait(SECONDS)
    until(lambda: not any(alive(one) for one in left), "a process was left behind")
    assert logs.is_dir() is (number == signal.SIGKILL)
    sweep(logs.parent)  # as whoever next starts a cluster does
    assert not logs.exists()


@pytest.mark.parametrize("disk", ["free", "full"])
def test_a_full_object_store_goes_to_disk_and_a_full_disk_is_said(disk: str) -> None:
    code = (
        "from mtbench.engine import cluster\n"
        "from mtbench.engine.work import Worker, run\n"
        "from mtbench.errors import RunFailed\n"
        "from mtbench.types import Engine\n"
        "cluster._STORE, two = 80_000_000, Engine(kind='ray', processes=2)\n"
        "sizes = Worker(factory='tests.support.workers:sizes', arguments={})\n"
        "items = [b'x' * (60_000_000 + n) for n in range(6)]\n"
        "try:\n"
        "    print(list(run(sizes, items, 6, two)) == [len(item) for item in items])\n"
        "except RunFailed as error:\n"
        "    print(*error.lines(), sep='; ')\n"
    )
    # So much of the disk may be used: none for "full".
    room = {"RAY_local_fs_capacity_threshold": "0.000001"} if disk == "full" else {}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=os.environ | room,
        timeout=2 * SECONDS,
    )
    assert done.returncode == 0, done.stderr
    if disk == "free":
        assert done.stdout == "True\n"
    else:
        assert done.stdout.startswith("Ray's object store is full, and so is the disk that it")
        assert "make room on every node" in done.stdout


def test_want_of_memory_is_survived(tmp_path: Path) -> None:
    """A worker that takes too much."""
    measures: Any = import_module("ray._private.utils")  # within the limits of a container, too
    total, used = measures.get_system_memory(), measures.get_used_memory()
    if total - used < 11e9:
        pytest.skip(f"needs 11 GB of free memory, and there are {(total - used) / 1e9:.1f}")
    code = (
        "from mtbench.engine import cluster\n"
        "from mtbench.engine.work import Worker, run\n"
        "from mtbench.types import Engine\n"
        "two = Engine(kind='ray', processes=2)\n"
        "hog = Worker(factory='tests.support.workers:hog', arguments={'megabytes': 6500})\n"
        "found = list(run(hog, range(9), 9, two, lost=lambda number, error: str(error)))\n"
        "print([at for at, one in enumerate(found) if one != at])\n"
        "print(found[5])\n"
    )
    environment = os.environ | {
        "RAY_memory_usage_threshold": str((used + 4e9) / total),
        "RAY_memory_monitor_refresh_ms": "100",
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment,
        timeout=2 * SECONDS,
    )
    assert done.returncode == 0, done.stderr
    lost, why = done.stdout.splitlines()
    assert lost == "[5]"
    assert why.startswith("3 workers ended, one after the other, at the same work; ")
    assert "was ended for want of memory" in why
    assert "fewer --actors leave more memory to each" in why


@pytest.mark.parametrize("option", [("--ray-address", "auto"), ("--actors", "2")])
def test_options_of_a_cluster_go_with_it(
    option: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["evaluate", "--model", "identity", *option]) == 2
    assert option[0] in capsys.readouterr().err


def test_a_driver_that_is_killed_goes_on_with_its_next_call(
    tiny_comet: Callable[[str], Path], space: Space
) -> None:
    texts = [f"{n} {source}" for n in range(4) for source, _ in SENTENCES]
    space.corpus(rows=[{"id": f"s{n}", "src": text} for n, text in enumerate(texts)])
    space.file("one.txt", [text.upper() for text in texts])
    words = ["evaluate", "--corpus", "news", "--model", "hypotheses:one.txt", "--device", "cpu"]
    words += ["--metric", "cometkiwi", "--cometkiwi-model", str(tiny_comet("unified-qe"))]
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from mtbench.checkpoints import batches\n"
        "from mtbench.cli.main import run\n"
        "from mtbench.results.part import ScoringPart\n"
        "from tests.support.killing import Gate\n"
        "batches.KEPT, append = 4, ScoringPart.append\n"
        "gate = Gate(Path('gate'), 2) if 'held' in sys.argv else int\n"
        "def held(*given):\n"
        "    gate()\n"
        "    append(*given)\n"
        "ScoringPart.append = held\n"
        "sys.exit(run(sys.argv[2:]))\n"
    )
    call = [sys.executable, "-c", code]
    one_thread = os.environ | {"OMP_NUM_THREADS": "1", "MTBENCH_COMET_PYTHON": "off"}
    options: dict[str, Any] = {"cwd": space.root, "env": one_thread, "stdout": subprocess.DEVNULL}
    there = ["--engine", "ray", "--actors", "2"]
    with (space.root / "log").open("w", encoding="utf-8") as log:
        with started(*call, "held", *words, *there, stderr=log, **options) as child:
            part = space.root / "results/news/en-it/*/scores/cometkiwi@*.part.jsonl"

            def two_blocks() -> bool:
                assert child.poll() is None, (space.root / "log").read_text("utf-8")
                return any(len(p.read_text("utf-8").split("\n")) > 3 for p in matching(part))

            until(two_blocks, "no block was finished")
            left = started_by(child.pid)
            assert len(left) >= 4  # raylet, global store, workers
            child.kill()
            child.wait(SECONDS)
        until(lambda: not any(alive(one) for one in left), "a process was left behind")
        (kept,) = (path.read_text("utf-8") for path in matching(part))
        for words_more, folder in ((there, "results"), ([], "here")):
            more = [*words, *words_more, "--results", folder]
            done = subprocess.run([*call, "on", *more], stderr=log, timeout=2 * SECONDS, **options)
            assert done.returncode == 0, (space.root / "log").read_text("utf-8")
    resumed, straight = (
        json.loads(path.read_text("utf-8"))
        for folder in ("results", "here")
        for path in matching(space.root / folder / "news/en-it/*/scores/cometkiwi@*.json")
    )
    assert resumed == straight
    first = json.loads(kept.split("\n")[1])
    assert 0 < len(first["ids"]) < len(texts)
