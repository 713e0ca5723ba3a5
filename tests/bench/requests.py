"""``mtbench translate`` against a server that takes its time, beside the ``openai`` package.

    python -m tests.bench.requests [--segments 1000] [--concurrency 16] [--latency 0.2]
        [--openai PYTHON]

The server is a process of its own that answers each request after ``--latency`` seconds, however
many there are. No client can be faster than ``ceil(segments / concurrency) * latency``; what is
printed is each side's time over that, its processor time (imports and, on our side, the reading of
corpus and card included), its highest memory and its connections. Our time is the ``seconds`` of
the run's record: from the first request until the last answer is on disk. Theirs begins with the
making of their client. ``--openai`` names a Python that has the ``openai`` package, in an
environment of its own; without it our side runs alone. Each side runs in a process of its own, by
turns, ``--repeats`` times. A machine that does other work says little by the wall.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ANSWER = {
    "model": "tiny-1",
    "choices": [{"message": {"role": "assistant", "content": "Ja."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 5},
}


def serve(latency: float) -> None:
    """Answers on a free port, which it prints; a line on stdin asks for the connections so far."""
    connections = 0
    body = json.dumps(ANSWER).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        try:
            while True:
                headers = await reader.readuntil(b"\r\n\r\n")
                lines = headers.lower().split(b"\r\n")
                sizes = [int(line[15:]) for line in lines if line.startswith(b"content-length:")]
                await reader.readexactly(sizes[0] if sizes else 0)
                await asyncio.sleep(latency)
                writer.write(head % len(body) + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        loop = asyncio.get_running_loop()
        while await loop.run_in_executor(None, sys.stdin.readline):
            print(connections, flush=True)

    asyncio.run(main())


def ours(url: str, segments: int, concurrency: int) -> list[float]:
    """Runs the command in a workspace of its own: answers, seconds, processor, memory."""
    from mtbench.cli.main import run

    with tempfile.TemporaryDirectory() as name:
        corpus, models = Path(name, "corpora", "many"), Path(name, "models")
        corpus.mkdir(parents=True)
        models.mkdir()
        lines = ({"id": f"d/{n}", "src": f"Sentence number {n}."} for n in range(segments))
        (corpus / "en-de.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        options = f'model = "tiny"\nbase_url = "{url}"\nconcurrency = {concurrency}\n'
        (models / "tiny.toml").write_text(f'backend = "openai"\n[options]\n{options}')
        os.chdir(name)
        run(["translate", "-q", "--model", "tiny", "--corpus", "many", "--pair", "en-de"])
        folder = Path(name, "results", "many", "en-de", "tiny")
        record = json.loads((folder / "run.json").read_text())
        done = sum('"mt"' in line for line in (folder / "output.jsonl").open())
        os.chdir("/")
    used = resource.getrusage(resource.RUSAGE_SELF)
    return [done, record["seconds"], used.ru_utime + used.ru_stime, used.ru_maxrss]


# What the other side runs, in an environment that has neither mtbench nor its tests.
THEIRS = """
import asyncio, json, resource, sys, time
from openai import AsyncOpenAI
async def main(url, segments, concurrency):
    client = AsyncOpenAI(base_url=url, api_key="none")
    gate = asyncio.Semaphore(concurrency)
    async def one(n):
        async with gate:
            content = f"Translate the text below from English to German. Text: Sentence number {n}."
            answer = await client.chat.completions.create(
                model="tiny", temperature=0.0, max_tokens=2048,
                messages=[{"role": "user", "content": content}])
            return answer.choices[0].message.content
    return len(await asyncio.gather(*map(one, range(segments))))
url, segments, concurrency = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
began = time.perf_counter()
done = asyncio.run(main(url, segments, concurrency))
used = resource.getrusage(resource.RUSAGE_SELF)
seconds = time.perf_counter() - began
print(json.dumps([done, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss]))
"""


def measured(name: str, command: list[str], given: argparse.Namespace) -> None:
    """Runs one side against a server of its own."""
    itself = [sys.executable, "-m", "tests.bench.requests"]
    with subprocess.Popen(
        [*itself, "--serve", "--latency", str(given.latency)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}/v1"
        whole = [*command, url, str(given.segments), str(given.concurrency)]
        out = subprocess.run(whole, stdout=subprocess.PIPE, text=True, check=True).stdout
        server.stdin.write("\n")
        server.stdin.flush()
        connections = server.stdout.readline().strip()
        server.stdin.close()
    done, seconds, processor, peak = json.loads(out.splitlines()[-1])
    ideal = math.ceil(given.segments / given.concurrency) * given.latency
    print(
        f"{name:24} {done:6} answers {seconds:7.2f} s  {seconds / ideal:5.2f} x ideal "
        f"({ideal:.2f} s)  {processor:6.2f} s processor  {peak / 1024:6.0f} MiB  "
        f"{connections} connections"
    )


def main() -> None:
    """Both sides, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--segments", type=int, default=1000)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--latency", type=float, default=0.2)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--openai", metavar="PYTHON")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(given.latency)
    elif given.one:
        print(json.dumps(ours(given.one[0], int(given.one[1]), int(given.one[2]))))
    else:
        ours_command = [sys.executable, "-m", "tests.bench.requests", "--one"]
        for _ in range(given.repeats):
            measured("mtbench", ours_command, given)
            if given.openai:
                measured("openai's async client", [given.openai, "-c", THEIRS], given)


if __name__ == "__main__":
    main()
