"""Work on Ray: a cluster that runs already, or one on this machine that is started and stopped.

Ray is asked for little: processes on its nodes (actors) that each hold one function, and the
calls to them. What is lost with a process or a node is asked again of another one.
"""

from __future__ import annotations

import atexit
import logging
import os
import queue
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from mtbench import packages
from mtbench.engine.local import available_processes
from mtbench.engine.versions import difference, versions
from mtbench.errors import RequestError, RunFailed, Unavailable
from mtbench.files.temporary import ScratchFolder
from mtbench.processes import guard
from mtbench.processes.pipe import Served, ShardLost
from mtbench.types import Engine

log = logging.getLogger(__name__)

ATTEMPTS = 3  # workers that one shard may cost
STARTS = 60.0  # seconds that a worker may take to start before it is given up
LOOKS = 1.0  # seconds that work waits for it before the next one that is free is asked
REACHED = 5.0  # seconds within which somebody answers at an address
_STORE = 200_000_000  # bytes of the object store of a cluster of our own: shards are small
_LOG_TAIL = 600  # characters of a lost worker's log that are shown

_lock = threading.RLock()
_connected: str | None = None  # the address in use
_session = Path("/tmp/ray/session_latest")  # noqa: S108 - where Ray keeps its logs


def connect(on: Engine) -> Any:
    """The module ``ray``, connected to the cluster; once per process, which disconnects at its end.

    Args:
        on: Names the address; without one, a cluster on this machine starts.

    Raises:
        MissingExtra: If Ray is not installed.
        Unavailable: If no cluster answers there, or one of its nodes has other versions.
    """
    global _connected
    with _lock, _signals_kept():
        require()
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        address = on.address or "local"
        if address != "local":
            _take_mode(address)
        ray = packages.require("ray", "--engine ray", "ray")
        packages.require("ray.exceptions", "--engine ray", "ray")
        if ray.is_initialized():
            if _connected not in (None, address):
                raise RequestError(f"this process is connected to Ray at {_connected} already")
            return ray
        _reachable(address)
        (_start if address == "local" else _join)(ray, address)
        _connected = address
        try:
            _check_nodes(ray)
        except BaseException:
            ray.shutdown()
            raise
        return ray


def require() -> None:
    """Says whether Ray is installed; does not load it.

    Raises:
        MissingExtra: If not.
    """
    packages.require_installed(("ray",), "--engine ray", "ray")


def workers(on: Engine, *, gpu: bool = False) -> int:
    """How many workers the cluster has room for, or as many as are asked for, if those are fewer.

    Args:
        on: Where; ``processes`` says how many are asked for.
        gpu: Whether each of them gets a GPU to itself, where there are any.
    """
    resources = connect(on).cluster_resources()
    room = int(resources.get("CPU", 1))
    if gpu and resources.get("GPU"):
        room = min(room, int(resources["GPU"]))
    return max(1, min(on.processes or room, room))


class RayCrew:
    """Processes of a cluster that each hold a function of the same making.

    A process or node that is lost costs the shard it worked on, which another process does again.

    Args:
        factory: ``module:function``, makes the function.
        arguments: For the factory.
        size: How many at most; fewer where the cluster has no room.
        on: Where.
        gpu: Whether each gets a GPU to itself, where there are any.
        stays: Whether the processes are kept for the next crew of that kind.

    Raises:
        Unavailable: As ``connect``.
    """

    def __init__(
        self,
        factory: str,
        arguments: Mapping[str, Any],
        size: int,
        on: Engine,
        *,
        gpu: bool = False,
        stays: bool = False,
    ) -> None:
        self._ray = connect(on)
        self.size = min(size, workers(on, gpu=gpu))
        gpus = 1 if gpu and self._ray.cluster_resources().get("GPU") else 0
        kind = self._ray.remote(_Hand).options(num_cpus=1, num_gpus=gpus)
        self._make: Callable[[], Any] = kind.remote
        self._work = (factory, dict(arguments))
        self._idle: queue.SimpleQueue[_Seat] = queue.SimpleQueue()
        self._stays = stays
        with _lock:
            kept = [_KEPT.pop() for _ in range(min(self.size, len(_KEPT)))] if stays else []
            while _KEPT:  # what nobody needs now leaves its room to those that do
                self._kill(_KEPT.pop())
        self._seats = kept + [_Seat() for _ in range(self.size - len(kept))]
        self._left = self.size
        self._over = False
        for seat in self._seats:
            seat.actor = seat.actor or self._make()
            self._idle.put(seat)

    def ask(self, item: Any) -> Any:
        """The function's result for an item, by the next process that is free; from any thread.

        Raises:
            MtbenchError: As the function did.
            RunFailed: If it fails otherwise.
            ShardLost: If several processes ended at it.
        """
        lost: list[str] = []
        while True:
            seat = self._idle.get()
            stays = True
            try:
                if not self._started(seat):
                    stays = not self._let_go(seat)
                    continue
                fine, answer = self._ray.get(seat.actor.do.remote(self._work, item))
            except self._lost_errors() as error:
                lost.append(self._end_of(seat, error))
                if self._over or len(lost) == ATTEMPTS:
                    raise self._given_up(lost) from error
                log.warning("%s; its work is done again", lost[-1])
                continue
            except self._full_errors() as error:
                raise RunFailed(
                    "Ray's object store is full, and so is the disk that it spills to",
                    why=_first_line(error),
                    hint=f"make room on every node, here where {_session.parent} lies; what was "
                    "finished is kept",
                ) from error
            except self._ray.exceptions.RayError as error:
                raise RunFailed(
                    f"Ray failed at work for {self._work[0]}: {_first_line(error)}",
                    hint="what was finished is kept; the same command goes on from there",
                ) from error
            finally:
                if stays:
                    self._idle.put(seat)
            if not fine:
                raise answer
            return answer

    def end(self) -> None:
        """Ends the processes, whatever they do."""
        self._over = True
        idle = []
        with suppress(queue.Empty):
            while True:
                idle.append(self._idle.get_nowait())
        for seat in self._seats:
            if self._stays and seat in idle and seat.where:
                _KEPT.append(seat)
            else:
                self._kill(seat)

    def _lost_errors(self) -> tuple[type[Exception], ...]:
        found = self._ray.exceptions
        return (
            found.RayActorError,
            found.WorkerCrashedError,
            found.NodeDiedError,
            found.OutOfMemoryError,
            found.LocalRayletDiedError,
        )

    def _full_errors(self) -> tuple[type[Exception], ...]:
        found = self._ray.exceptions
        return found.ObjectStoreFullError, found.OutOfDiskError

    def _started(self, seat: _Seat) -> bool:
        """Whether a seat's process answers; else the next one that is free does the work."""
        if seat.where:
            return True
        if seat.actor is None:
            seat.actor = self._make()
        if seat.first is None:
            seat.first, seat.since = seat.actor.who.remote(), time.monotonic()
        ready, _ = self._ray.wait([seat.first], timeout=LOOKS)
        if ready:
            here, theirs = self._ray.get(seat.first)
            if other := difference(versions(), theirs):
                raise Unavailable(f"the worker {here[0]} {other}", hint=_SAME)
            seat.where = here
        return bool(ready)

    def _let_go(self, seat: _Seat) -> bool:
        """Whether a seat has found no room for too long and is given up.

        Raises:
            RunFailed: If it was the last one.
        """
        if time.monotonic() - seat.since < STARTS:
            return False
        self._kill(seat)
        with _lock:
            self._left -= 1
        if not self._left:
            raise RunFailed(
                f"the cluster had no room for a worker within {STARTS:.0f} seconds",
                hint="other work may fill it: try again later, or with fewer --actors",
            )
        log.warning("the cluster has room for %d workers", self._left)
        return True

    def _end_of(self, seat: _Seat, error: Exception) -> str:
        """What became of a process, in a sentence; the seat is free for another one."""
        where, seat.where = seat.where, ()
        self._kill(seat)
        said = "was ended for want of memory" if _of_memory(self._ray, error) else "was lost"
        if not where:
            return f"a worker {said}: {_first_line(error)}"
        words = "" if self._over else _last_words(where)
        return f"the worker {where[0]} {said}{': ' if words else ''}{words}"

    def _kill(self, seat: _Seat) -> None:
        actor, seat.actor, seat.first = seat.actor, None, None
        if actor is not None:
            with suppress(Exception):  # it may be gone, and Ray with it
                self._ray.kill(actor)

    def _given_up(self, lost: list[str]) -> ShardLost:
        memory = any("memory" in one for one in lost)
        return ShardLost(
            f"{len(lost)} workers ended, one after the other, at the same work",
            why=lost[-1],
            hint="fewer --actors leave more memory to each" if memory else None,
        )


class _Seat:
    """A place for a process: its handle, and its name, number and host once it runs."""

    def __init__(self) -> None:
        self.actor: Any = None
        self.where: tuple[Any, ...] = ()
        self.first: Any = None  # the promise that says where it runs
        self.since = 0.0  # when it was given


_KEPT: list[_Seat] = []  # processes that are free for the next crew


class _Hand:
    """What runs in a process of the cluster: it holds the function it was last asked for."""

    def __init__(self) -> None:
        self._made_of: tuple[str, Mapping[str, Any]] | None = None
        self._served: Served | None = None

    def who(self) -> tuple[tuple[Any, ...], dict[str, str]]:
        """Where it runs, and with which versions."""
        number, host = os.getpid(), socket.gethostname()
        return (f"{number} on {host}", number, host), versions()

    def do(self, work: tuple[str, Mapping[str, Any]], item: Any) -> tuple[bool, Any]:
        """The function's result, or the error in its place."""
        if self._served is None or self._made_of != work:
            self._made_of, self._served = work, Served(*work)
        return self._served.answer(item)


_SAME = "install the same versions on every node, extras included"
_ROUNDS = 10  # of asking the nodes, a second apart, while the list of them changes


def _check_nodes(ray: Any) -> None:
    """Holds the versions on every node against those here.

    Raises:
        Unavailable: Naming the first node that differs.
    """
    for left in reversed(range(_ROUNDS)):
        try:
            _ask_nodes(ray)
            return
        except ray.exceptions.TaskUnschedulableError as error:
            # A node that has just come or gone is in the list of nodes and not in the scheduler's.
            if not left:
                raise Unavailable(f"a node does not answer: {_first_line(error)}") from error
            time.sleep(1)


def _ask_nodes(ray: Any) -> None:
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    nodes = [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]

    def probe() -> Any:  # travels by value: a node may have no mtbench to import it from
        try:
            from mtbench.engine.versions import versions as found

            return found()
        except ImportError as error:
            return str(error)

    asked = {
        node["NodeManagerHostname"] + " " + node["NodeManagerAddress"]: ray.remote(probe)
        .options(
            num_cpus=0,
            max_retries=1,
            scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False),
        )
        .remote()
        for node in nodes
    }
    for name, promise in asked.items():
        try:
            theirs = ray.get(promise, timeout=STARTS)
        except ray.exceptions.TaskUnschedulableError:
            raise
        except ray.exceptions.RayError as error:
            raise Unavailable(f"the node {name} does not answer: {_first_line(error)}") from error
        if isinstance(theirs, str):
            raise Unavailable(f"the node {name} has no mtbench: {theirs}", hint=_SAME)
        if other := difference(versions(), theirs):
            raise Unavailable(f"the node {name} {other}", hint=_SAME)


def _start(ray: Any, _: str) -> None:
    """Starts a cluster on this machine; it ends with this process, however that ends."""
    # The name of a socket inside may not be longer than 107 bytes.
    short = "/tmp" if len(tempfile.gettempdir()) > 20 else None  # noqa: S108
    scratch = ScratchFolder(short)

    def end() -> None:
        ray.shutdown()
        scratch.remove()

    atexit.register(end)
    before = os.environ.get(guard.MARK)
    os.environ[guard.MARK] = guard.environment()[guard.MARK]
    try:
        _init(
            ray,
            "local",
            num_cpus=available_processes(),
            include_dashboard=False,
            object_store_memory=_STORE,
            _temp_dir=str(scratch.path),
        )
    finally:
        os.environ.pop(guard.MARK)
        if before is not None:
            os.environ[guard.MARK] = before


def _join(ray: Any, address: str) -> None:
    _init(ray, address)


def _take_mode(address: str) -> None:
    """Has Ray ask for tokens and show them where the node that runs here does, and only there.

    ``ray start`` does where the user has a token, which whatever starts Ray may have made before
    or since; by itself Ray would ask for them at ``auto`` alone, and never at ``HOST:PORT``. Called
    before Ray is imported, which reads the environment then.
    """
    if _MODE in os.environ:
        return
    end = b"" if address == "auto" else b":" + address.rpartition(":")[2].encode()
    found = set()
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended, or is somebody else's
            program, *words = entry.read_bytes().split(b"\0")
            known = (word.startswith(b"--gcs-address=") and word.endswith(end) for word in words)
            if program.endswith(b"/raylet") and any(known):
                values = (entry.parent / "environ").read_bytes().split(b"\0")
                start = f"{_MODE}=".encode()
                modes = [v.removeprefix(start).decode() for v in values if v.startswith(start)]
                found.add(modes[0] if modes else "disabled")
    if len(found) == 1:
        os.environ[_MODE] = found.pop()


_MODE = "RAY_AUTH_MODE"
_TOKEN = "~/.ray/auth_token"  # noqa: S105 - a place


def _init(ray: Any, address: str, **options: Any) -> None:
    global _session
    with suppress(ImportError):
        # What nodes say of their workers Ray prints to stdout, where tables and JSON go.
        import_module("ray._private.worker").print_to_stdstream = _unheard  # type: ignore[attr-defined]
    try:
        context = ray.init(
            address=address,
            namespace="mtbench",
            log_to_driver=False,
            logging_level=logging.CRITICAL,
            **options,
        )
        _session = Path(context.address_info.get("session_dir", _session))
    except (RuntimeError, ValueError, OSError, TimeoutError, ray.exceptions.RayError) as error:
        if "ersion mismatch" in str(error):
            lines = [" ".join(line.split()) for line in str(error).splitlines() if line.strip()]
            raise Unavailable(
                f"the Ray cluster at {address} has other versions", why="; ".join(lines), hint=_SAME
            ) from error
        if address == "auto" and isinstance(error, ConnectionError):
            raise Unavailable(
                "no Ray cluster runs on this machine, which --ray-address auto looks for",
                hint="start one with `ray start --head`, or leave --ray-address out",
            ) from error
        where = "on this machine" if address == "local" else f"at {address}"
        raise Unavailable(
            f"no Ray cluster {where}: {_first_line(error)}",
            hint="run mtbench on a node of the cluster, with the address that `ray start` printed, "
            f"and its {_TOKEN} where it asks for tokens; or leave --ray-address out",
        ) from error


def _unheard(*_: object, **__: object) -> None:
    """Nothing."""


# A frame of HTTP/2: its length (3 bytes), its kind (4: settings), flags, and a stream (4 bytes).
_NO_SETTINGS = b"\0\0\0\4\0\0\0\0\0"


def _reachable(address: str) -> None:
    """Says at once that nobody is at an address; Ray itself tries for minutes.

    Raises:
        RequestError: If it is no address.
        Unavailable: If nobody answers.
    """
    if address in ("local", "auto"):
        return
    host, colon, port = address.rpartition(":")
    if "://" in address or not colon or not port.isdigit():
        raise RequestError(
            f"--ray-address: neither HOST:PORT nor auto: {address!r}",
            hint="name what `ray start --head` printed, such as 10.0.0.5:6379",
        )
    hint = "start one with `ray start --head`, or leave --ray-address out"
    try:
        with socket.create_connection((host, int(port)), timeout=REACHED) as there:
            known = os.environ.get("RAY_USE_TLS", "0") != "0" or _speaks_grpc(there)
    except (OSError, OverflowError) as error:
        raise Unavailable(f"no Ray cluster at {address}: {error}", hint=hint) from error
    if not known:
        raise Unavailable(f"what answers at {address} is no Ray cluster", hint=hint)


def _speaks_grpc(there: socket.socket) -> bool:
    """Whether somebody answers as HTTP/2 begins, with settings; Ray waits minutes for anybody."""
    there.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _NO_SETTINGS)
    said = b""
    while len(said) < len(_NO_SETTINGS) and (block := there.recv(len(_NO_SETTINGS))):
        said += block
    return said[3:4] == _NO_SETTINGS[3:4]


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Ray takes SIGTERM for itself when it is imported and started: it stays ours."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def _first_line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "no reason")


def _of_memory(ray: Any, error: Exception) -> bool:
    return isinstance(error, ray.exceptions.OutOfMemoryError) or "OutOfMemory" in str(error)


def _last_words(where: tuple[Any, ...]) -> str:
    """The end of a lost process's log: its text where it lies on this machine, else its place."""
    _, number, host = where
    pattern = f"logs/worker-*-{number}.err"
    if host != socket.gethostname():
        return f"its log is {_session / pattern} there"
    for path in _session.glob(pattern):
        with suppress(OSError):
            text = path.read_text(encoding="utf-8", errors="replace")
            lines = [line for line in text.splitlines() if line and not line.startswith(":")]
            return " | ".join(lines)[-_LOG_TAIL:] or "its log is empty"
    return f"its log is not at {_session / pattern}"
