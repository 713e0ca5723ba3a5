"""How long ``mtbench VERB --help`` takes beside what it cannot be faster than: ``import click``.

Run as ``python -m tests.bench.startup [ROUNDS]``. Prints the least CPU time and the median
wall time of each verb, taken in turns so that a busy machine slows all alike, and the ratio of CPU
times; ends with 1 where a verb is above the bound.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time

from tests.support.cli import verbs

BOUND = 3.0
BASE = "import click"


def commands() -> dict[str, list[str]]:
    """What is timed, by how it is shown."""
    helps = {" ".join(["mtbench", *verb, "--help"]): verb for verb in [[], *verbs()]}
    return {
        BASE: ["-c", BASE],
        **{name: ["-m", "mtbench", *verb, "--help"] for name, verb in helps.items()},
    }


def seconds(arguments: list[str]) -> tuple[float, float]:
    """CPU and wall seconds of one interpreter."""
    began, before = time.perf_counter(), used_by_children()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return used_by_children() - before, time.perf_counter() - began


def used_by_children() -> float:
    """CPU seconds of the interpreters that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main(rounds: int) -> int:
    """Times and prints; 1 above the bound."""
    timed = commands()
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in timed}
    for _ in range(rounds):
        for name, arguments in timed.items():
            taken[name].append(seconds(arguments))
    least = {name: min(cpu for cpu, _ in times) for name, times in taken.items()}
    for name, times in taken.items():
        wall = statistics.median(wall for _, wall in times)
        ratio = least[name] / least[BASE]
        print(f"{name:32} CPU {least[name]:.3f} s, wall {wall:.3f} s, {ratio:.2f}x")
    return int(max(least.values()) > BOUND * least[BASE])


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
