"""Time and memory of importing memories, tables and spreadsheets, and of validating a corpus.

    python -m tests.bench.formats --units 5200 --rows 100000
    python -m tests.bench.formats --megabytes 1000

Each step runs in a process of its own; its peak memory is that of the process, Python and numpy
included. The file is made of a fixed vocabulary, seeded, so that every run is of the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import math
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.support import sheets

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


def make_tmx(path: Path, size: float, units: float = math.inf) -> None:
    """A TMX file of at least so many bytes, or so many units."""
    draw = random.Random(0)
    number = 0
    written = 0
    with path.open("w", encoding="utf-8") as stream:
        stream.write('<?xml version="1.0"?>\n<tmx version="1.4"><header srclang="en"/><body>\n')
        while written < size and number < units:
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


def make_table(path: Path, count: int) -> None:
    """A table of so many rows with ids, in the form that the name of the file says."""
    draw = random.Random(0)
    rows = [["id", "en", "it"]]
    for number in range(1, count + 1):
        length = draw.randint(8, 40)
        texts = (" ".join(draw.choices(words, k=length)) for words in (ENGLISH, ITALIAN))
        rows.append([str(number), *(f"{text} {number}." for text in texts)])
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(rows)
    elif path.suffix == ".xlsx":
        path.write_bytes(sheets.xlsx(rows))
    elif path.suffix == ".xlsb":
        path.write_bytes(sheets.xlsb(rows))
    else:
        cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
        lines = ("".join(map(cell.format, row)) for row in rows)
        path.write_bytes(
            sheets.ods_of("".join(f"<table:table-row>{line}</table:table-row>" for line in lines))
        )


def show(title: str, read: Path, arguments: Sequence[str]) -> None:
    """Measures a step and prints a line."""
    seconds, busy, peak, code = measure(*arguments)
    megabytes = read.stat().st_size / 1e6
    print(
        f"{title}: {megabytes:.1f} MB in {seconds:.1f} s ({busy:.1f} s of a processor, "
        f"{megabytes / busy:.1f} MB/s), peak {peak} MiB, exit code {code}",
        flush=True,
    )


def main() -> None:
    """Makes the files, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=0, help="of a memory")
    parser.add_argument("--units", type=int, default=0, help="of a memory")
    parser.add_argument("--rows", type=int, default=0, help="of a table in four forms")
    parser.add_argument("--folder", type=Path, default=None)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as scratch:
        folder = Path(scratch)
        for name, size, units in (
            (f"{given.units} units", math.inf, given.units),
            (f"{given.megabytes} MB", given.megabytes * 1e6, math.inf),
        ):
            if min(size, units):
                tmx, corpus = folder / "big.tmx", folder / name.replace(" ", "-")
                make_tmx(tmx, size, units)
                show(
                    f"import, TMX of {name}", tmx, ("corpus", "import", str(tmx), "-o", str(corpus))
                )
                validate = ("corpus", "validate", str(corpus))
                show("validate", corpus / "en-it.jsonl", validate)
        for form in ("csv", "xlsx", "xlsb", "ods") if given.rows else ():
            table = folder / f"table.{form}"
            make_table(table, given.rows)
            into = str(folder / form)
            arguments = ("corpus", "import", str(table), "-o", into, "--pair", "en-it")
            show(f"import, .{form} of {given.rows} rows", table, arguments)


if __name__ == "__main__":
    main()
