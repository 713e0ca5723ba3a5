"""Run as a program: waits until the process that started it is gone, then ends what that left.

It is told process groups on standard input, ``+NUMBER`` and ``-NUMBER``, one per line, and knows
a mark that every program was started with: where the system shows what programs were started
with, it also finds those that left their group. Needs the standard library alone, and little of
it: it starts in some milliseconds.
"""

import os
import select
import signal
import sys
import time
from contextlib import suppress

VARIABLE = b"MTBENCH_STARTED_BY="
SHORTEST = 24  # bytes of a mark
LOOKS = 40  # at what is left, until nothing is
PAUSE = 0.05  # seconds between two of them


def main(parent: int, mark: str) -> None:
    """Watches.

    Args:
        parent: Number of the process that started this one.
        mark: What the environment of every program holds that it started.
    """
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)  # they are meant for the process that is watched
    os.chdir("/")
    groups: set[int] = set()
    killed = _listen(parent, groups)
    # What was just being started when the process was killed shows its mark a moment later.
    clean = -2 if killed else 0
    for _ in range(LOOKS):
        clean = clean + 1 if not _end(groups, mark.encode()) else min(clean, 0)
        if clean > 0:
            return
        time.sleep(PAUSE)


def _listen(parent: int, groups: set[int]) -> bool:
    """Keeps the groups until the process closes the pipe (False) or is gone (True)."""
    watched = [0]
    if hasattr(os, "pidfd_open"):
        with suppress(OSError):  # gone already, or the system does not do it
            watched.append(os.pidfd_open(parent))
    pending = b""
    while os.getppid() == parent:
        ready, _, _ = select.select(watched, [], [], None if len(watched) > 1 else 1.0)
        if 0 in ready:
            block = os.read(0, 65536)
            if not block:
                return os.getppid() != parent
            *lines, pending = (pending + block).split(b"\n")
            for line in lines:
                number = max(int(line[1:]), 2)  # 0 would be our own group, 1 everybody's
                groups.add(number) if line[:1] == b"+" else groups.discard(number)
        elif ready:
            return True
    return True


def _end(groups: set[int], mark: bytes) -> bool:
    """Ends what is left; whether something was."""
    found = False
    for group in list(groups):
        try:
            os.killpg(group, signal.SIGKILL)
            found = True
        except (ProcessLookupError, PermissionError):
            groups.discard(group)
    for number in _marked(mark):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(number, signal.SIGKILL)
            found = True
    return found


def _marked(mark: bytes) -> list[int]:
    """Processes that bear the mark; none where the system does not show it.

    Only a word of its own in the variable for it counts, and only one that nobody can have by
    chance: whoever is found here is ended.
    """
    if len(mark) < SHORTEST:
        return []
    found = []
    try:
        numbers = [entry.name for entry in os.scandir("/proc") if entry.name.isdigit()]
    except OSError:
        return []
    for number in numbers:
        with suppress(OSError):
            stream = os.open(f"/proc/{number}/environ", os.O_RDONLY)
            with suppress(OSError):
                for value in os.read(stream, 1 << 22).split(b"\0"):
                    if value.startswith(VARIABLE) and mark in value[len(VARIABLE) :].split():
                        found.append(int(number))
            os.close(stream)
    return found


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
