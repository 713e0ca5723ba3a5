"""Time and memory of importing a large TMX file and of validating a large corpus file.

    python tests/bench/formats.py --megabytes 1000

Each step runs in a process of its own; its peak memory is that of the process, Python and numpy
included. The file is made of a fixed vocabulary, seeded, so that every run is of the same bytes.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# fmt: off
ENGLISH = [
    "government", "announced", "monday", "rules", "would", "apply", "from", "next", "year", "after",
    "long", "debate", "parliament", "many", "people", "hope", "prices", "fall", "soon", "others",
]
ITALIAN = [
    "governo", "annunciato", "regole", "applicheranno", "prossimo", "anno", "dopo", "lungo",
    "dibattito", "parlamento", "molte", "persone", "sperano", "prezzi", "scendano", "presto",
]
# fmt: on


def _unit(number: int, draw: random.Random) -> str:
    length = draw.randint(8, 40)
    english, italian = draw.choices(ENGLISH, k=length), draw.choices(ITALIAN, k=length)
    return (
        f'<tu tuid="{number}"><prop type="x-doc">{number // 20}</prop>'
        f'<tuv xml:lang="en"><seg>{" ".join(english)} {number}.</seg></tuv>'
        f'<tuv xml:lang="it"><seg>{" ".join(italian)} {number}.</seg></tuv></tu>\n'
    )


def make_tmx(path: Path, size: int) -> None:
    """A TMX file of at least so many bytes."""
    draw = random.Random(0)
    number = 0
    written = 0
    with path.open("w", encoding="utf-8") as stream:
        stream.write('<?xml version="1.0"?>\n<tmx version="1.4"><header srclang="en"/><body>\n')
        while written < size:
            number += 1
            written += stream.write(_unit(number, draw))
        stream.write("</body></tmx>\n")


def measure(*arguments: str) -> tuple[float, float, int, int]:
    """Seconds, seconds of a processor, peak memory in MiB, exit code of an mtbench command."""
    start = time.monotonic()
    command = [sys.executable, "-m", "mtbench", *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - start
    busy = usage.ru_utime + usage.ru_stime
    return seconds, busy, usage.ru_maxrss // 1024, process.returncode


def main() -> None:
    """Makes the files, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--folder", type=Path, default=None)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as scratch:
        tmx, corpus = Path(scratch) / "big.tmx", Path(scratch) / "corpus"
        make_tmx(tmx, given.megabytes * 1_000_000)
        steps = (
            ("corpus import", tmx, ("corpus", "import", str(tmx), "-o", str(corpus))),
            ("corpus validate", corpus / "en-it.jsonl", ("corpus", "validate", str(corpus))),
        )
        for title, read, arguments in steps:
            seconds, busy, peak, code = measure(*arguments)
            megabytes = read.stat().st_size / 1e6
            print(
                f"{title}: {megabytes:.0f} MB in {seconds:.1f} s ({busy:.1f} s of a processor, "
                f"{megabytes / busy:.1f} MB/s), peak {peak} MiB, exit code {code}",
                flush=True,
            )


if __name__ == "__main__":
    main()
