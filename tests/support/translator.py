"""A program that "translates" to upper case and misbehaves on request: a test's counterpart.

Run as ``python translator.py BEHAVIOUR``; it knows nothing of mtbench.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path


def lines() -> Iterator[str]:
    for line in sys.stdin:
        yield line.rstrip("\n")


def say(line: str) -> None:
    print(line, flush=True)


def streaming() -> None:
    for line in lines():
        say(line.upper())


def buffering() -> None:
    read = list(lines())
    sys.stdout.write("".join(line.upper() + "\n" for line in read))


def counting() -> None:
    """Shows in each answer which process gave it, and as its how-manieth line."""
    for number, line in enumerate(lines(), start=1):
        say(f"{os.getpid()} {number} {line}")


def short() -> None:
    for line in list(lines())[1:]:
        say(line.upper())


def long() -> None:
    say("Loading the model ...")
    streaming()


def dying() -> None:
    for number, line in enumerate(lines(), start=1):
        say(line.upper())
        if number == 2:
            print("out of memory", file=sys.stderr)
            sys.exit(3)


def failing_at_the_end() -> None:
    streaming()
    sys.exit(5)


def crashing() -> None:
    next(lines())
    os.abort()


def noisy() -> None:
    for line in lines():
        sys.stderr.write("x" * 100_000 + "\n")
        say(line.upper())
    print("all done", file=sys.stderr)


def deaf() -> None:
    """Answers without reading, then waits to be ended."""
    say("A")
    time.sleep(600)


def silent() -> None:
    time.sleep(600)


def stubborn() -> None:
    """Starts a child, leaves its number, and both ignore polite requests."""
    code = "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    child = subprocess.Popen([sys.executable, "-c", code])
    Path(sys.argv[2]).write_text(str(child.pid), encoding="utf-8")
    next(lines())
    time.sleep(600)


def latin() -> None:
    for _ in lines():
        sys.stdout.buffer.write(b"\xe9t\xe9\n")


def pair() -> None:
    for line in lines():
        say(f"{sys.argv[2]}>{sys.argv[3]}: {line}")


def rows() -> Iterator[dict[str, str]]:
    for line in lines():
        yield json.loads(line)


def objects() -> None:
    for row in rows():
        say(json.dumps({"id": row["id"], "mt": row["src"].upper(), "tokens": len(row["src"])}))


def backwards() -> None:
    for row in reversed(list(rows())):
        say(json.dumps({"id": row["id"], "mt": row["src"].upper()}))


def fields() -> None:
    for row in rows():
        say(json.dumps({"id": row["id"], "mt": " ".join(sorted(row))}))


def refusing() -> None:
    for row in rows():
        refuses = row["src"] == "Two."
        say(json.dumps({"id": row["id"], "error": "too rude"} if refuses else
                       {"id": row["id"], "mt": row["src"].upper()}))  # fmt: skip


def forgetting() -> None:
    for row in rows():
        if row["src"] != "Two.":
            say(json.dumps({"id": row["id"], "mt": row["src"].upper()}))


def inventing() -> None:
    for row in rows():
        say(json.dumps({"id": row["id"] + "x", "mt": ""}))


def repeating() -> None:
    for row in rows():
        say(json.dumps({"id": row["id"], "mt": ""}))
        say(json.dumps({"id": row["id"], "mt": ""}))


def unended() -> None:
    """Does not end its last line."""
    sys.stdout.write("\n".join(line.upper() for line in lines()))


def torn() -> None:
    """Is killed in the middle of its third line, or of a character in it."""
    upper = [line.upper() for line in lines()]
    end = b"TH\xc3" if len(sys.argv) > 2 else b"TH"
    sys.stdout.buffer.write("".join(f"{line}\n" for line in upper[:2]).encode() + end)
    sys.stdout.flush()
    os.kill(os.getpid(), signal.SIGKILL)


def filtered() -> None:
    """Hands its answers to a child that writes them, the last one in two halves, after its end."""
    answers = [line if line.startswith("{") else line.upper() for line in lines()]
    text = "".join(_answered(answer) + "\n" for answer in answers)
    code = (
        "import sys, time\n"
        "text = sys.stdin.read(); time.sleep(0.7)\n"
        "sys.stdout.write(text[:-4]); sys.stdout.flush(); time.sleep(0.7)\n"
        "sys.stdout.write(text[-4:])\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, text=True)
    assert child.stdin is not None
    child.stdin.write(text)
    child.stdin.close()
    os._exit(0)


def _answered(line: str) -> str:
    if not line.startswith("{"):
        return line
    row = json.loads(line)
    return json.dumps({"id": row["id"], "mt": row["src"]})


def endless() -> None:
    while True:
        say("y")


def spinning() -> None:
    """Repeats its last line for ever."""
    last = ""
    for line in lines():
        last = line.upper()
        say(last)
    while True:
        say(last)


def leaving() -> None:
    """Leaves a child behind that holds its output open."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    Path(sys.argv[2]).write_text(str(child.pid), encoding="utf-8")
    streaming()


if __name__ == "__main__":
    globals()[sys.argv[1]]()
