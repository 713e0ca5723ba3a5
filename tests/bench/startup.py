"""How long ``mtbench --help`` takes beside what it cannot be faster than: ``import click``.

Run as ``python tests/bench/startup.py [ROUNDS]``. Prints the best and the median time of each,
taken in turns so that a busy machine slows both alike, and their ratio; ends with 1 above the
bound.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

BOUND = 3.0
COMMANDS = {
    "import click": ["-c", "import click"],
    "mtbench --help": ["-m", "mtbench", "--help"],
    "mtbench evaluate --help": ["-m", "mtbench", "evaluate", "--help"],
}


def seconds(arguments: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main(rounds: int) -> int:
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, arguments in COMMANDS.items():
            taken[name].append(seconds(arguments))
    base = min(taken["import click"])
    for name, times in taken.items():
        median = statistics.median(times)
        print(f"{name:25} best {min(times):.3f} s, median {median:.3f} s, {min(times) / base:.2f}x")
    return int(min(taken["mtbench --help"]) > BOUND * base)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 15))
