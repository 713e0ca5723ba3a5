"""Never lost, never doubled: whatever ends a run, the same command goes on from there."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from mtbench.cli.main import run
from tests.support.killing import SECONDS, Child, Gate, alive, started, started_by, until
from tests.support.modules import ROOT
from tests.support.slow import Slow
from tests.support.workspace import SENTENCES, Space, times, tree

COMMAND = ("evaluate", "--model", "slow", "--metric", "bleu", "--metric", "chrf")
FOLDER = Path("news/en-it/slow")
SEGMENTS = 24
PART = "output.*.part.jsonl"


def rows() -> list[dict[str, str]]:
    """Six documents of two to six segments, two texts twice."""
    found: list[dict[str, str]] = []
    for document, length in enumerate([2, 6, 4, 3, 5, 4], start=1):
        for _ in range(length):
            n = len(found)
            source, reference = SENTENCES[n % len(SENTENCES)]
            extra = "" if n in (8, 9) else f" {n}"
            found.append(
                {
                    "id": f"s{n + 1}",
                    "src": f"{source}{extra}",
                    "ref": f"{reference}{extra}",
                    "doc": f"d{document}",
                }
            )
    assert len(found) == SEGMENTS
    return found


@pytest.fixture
def slow(space: Space) -> Space:
    space.corpus(rows=rows())
    return space


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gate:
    """Where the back end is held up after three answers."""
    made = Gate(tmp_path / "gate", 3)
    monkeypatch.setattr(Slow, "gate", made)
    return made


def card(space: Space, batching: str, seconds: float, **more: object) -> None:
    options = {"log": "log.txt", "seconds": seconds, "batching": batching, **more}
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in options.items())
    space.card("slow", f'backend = "slow"\n[options]\n{lines}')


def finished(results: Path) -> set[str]:
    """Ids that are on disk in a part file or an output."""
    found = set()
    for part in (results / FOLDER).glob(PART):
        for line in part.read_bytes().split(b"\n")[1:-1]:
            found |= {entry["id"] for entry in json.loads(line)["batch"]}
    output = results / FOLDER / "output.jsonl"
    if output.exists() and (results / FOLDER / "run.json").exists():
        found |= {json.loads(line)["id"] for line in output.read_text("utf-8").splitlines()}
    return found


def lasting(results: Path) -> dict[str, bytes]:
    """What must be the same, whatever happened on the way."""
    return {
        name: content
        for name, content in tree(results).items()
        if not name.endswith(("run.json", "leaderboard.csv"))
    }


def logged(log: Path) -> list[str]:
    return log.read_text("utf-8").split() if log.exists() else []


@pytest.mark.parametrize("batching", ["free", "document", "single"])
def test_killed_at_any_moment(slow: Space, batching: str) -> None:
    """20 random points over the three ways of batching."""
    card(slow, batching, 0.0)
    assert slow(*COMMAND, "--results", "whole").code == 0
    whole = lasting(slow.root / "whole")
    assert f"{FOLDER}/output.jsonl" in whole
    (slow.root / "log.txt").unlink()
    card(slow, batching, 0.004)
    generator = random.Random(f"points of {batching}")
    for point in range({"free": 8, "document": 7, "single": 5}[batching]):
        results, log = slow.root / f"results{point}", slow.root / "log.txt"
        child = Child(*COMMAND, "--results", str(results), log=slow.root / "said.txt")
        child.wait_for(log)
        time.sleep(generator.uniform(0, SEGMENTS * 0.006))
        child.kill()
        before, started = finished(results), logged(log)
        assert run([*COMMAND, "--results", str(results), "--quiet"]) == 0
        after = logged(log)[len(started) :]
        assert not before & set(after), "a finished segment was translated again"
        assert before | set(after) >= {row["id"] for row in rows() if row["src"]} - {"s10"}
        assert len(after) == len(set(after))
        assert not list((results / FOLDER).glob(PART))
        again = lasting(results)
        # The pause of the back end is one of its options, and so in run.json alone.
        assert again == whole
        log.unlink()


def test_killed_again_and_again(slow: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    """One run of many sittings is the run of one sitting, and adds up their time."""
    card(slow, "document", 0.01)
    results = slow.root / "results"
    gate = Gate(slow.root / "gate", 6)  # no document has more segments, and two have fewer than all
    monkeypatch.setattr(Slow, "gate", gate)

    def kept() -> int:
        return sum(part.stat().st_size for part in (results / FOLDER).glob(PART))

    for sitting in range(4):
        size = kept()
        child = Child(*COMMAND, log=slow.root / "said.txt")
        until(lambda: kept() > size)  # noqa: B023
        child.kill()
        assert len(finished(results)) > sitting
    gate.open()
    assert slow(*COMMAND).code == 0
    times_translated = {
        name: logged(slow.root / "log.txt").count(name) for name in finished(results)
    }
    assert len(times_translated) == SEGMENTS
    run_record = json.loads((results / FOLDER / "run.json").read_text("utf-8"))
    assert run_record["seconds"] >= SEGMENTS * 0.01
    assert run_record["translated"] == SEGMENTS


def test_cut_off_in_mid_line(slow: Space) -> None:
    """A line that was being written when the machine stopped is done again, and only that."""
    card(slow, "single", 0.0, broken=["late"], obstacle="obstacle")
    slow.file("obstacle", "")
    assert slow(*COMMAND).code == 4
    (part,) = (slow.root / "results" / FOLDER).glob(PART)
    whole = part.read_bytes()
    known = finished(slow.root / "results")
    assert known
    for cut in (1, 20, len(whole.split(b"\n")[-2])):
        part.write_bytes(whole[:-cut])
        left = finished(slow.root / "results")
        assert left < known
        (slow.root / "log.txt").unlink()
        assert slow(*COMMAND).code == 4
        assert not left & set(logged(slow.root / "log.txt"))
        assert finished(slow.root / "results") == known
    part.write_bytes(b'{"run_digest": "of another run"}\n' + whole.split(b"\n", 1)[1])
    (slow.root / "log.txt").unlink()
    assert slow(*COMMAND).code == 4
    assert set(logged(slow.root / "log.txt")) == known
    (slow.root / "obstacle").unlink()
    assert slow(*COMMAND).code == 0


def test_interrupted_by_hand(slow: Space, gate: Gate) -> None:
    card(slow, "single", 0.0)
    child = Child(*COMMAND, log=slow.root / "said.txt")
    child.wait_for(slow.root / "results" / FOLDER / PART)
    assert child.interrupt(signal.SIGINT, gate) == 130
    said = (slow.root / "said.txt").read_text("utf-8")
    assert said.endswith("mtbench: interrupted; what was finished is kept\n")
    assert "Traceback" not in said
    before, started = finished(slow.root / "results"), logged(slow.root / "log.txt")
    assert before
    assert slow(*COMMAND).code == 0
    after = logged(slow.root / "log.txt")[len(started) :]
    assert sorted(before | set(after)) == sorted(finished(slow.root / "results"))
    assert not before & set(after)


def test_interrupted_with_calls_under_way(slow: Space, gate: Gate) -> None:
    """What concurrent calls were about to bring is kept too."""
    card(slow, "single", 0.0, at_once=4)
    child = Child(*COMMAND, log=slow.root / "said.txt")
    child.wait_for(slow.root / "results" / FOLDER / PART)
    assert child.interrupt(signal.SIGINT, gate) == 130
    before, started = finished(slow.root / "results"), logged(slow.root / "log.txt")
    assert before == set(started)
    assert slow(*COMMAND).code == 0
    assert not before & set(logged(slow.root / "log.txt")[len(started) :])


def test_a_program_of_its_own_is_killed(slow: Space) -> None:
    """The same with a real process and a real engine that is a program."""
    slow.file(
        "engine.py",
        "import json, os, sys, time\n"
        "for number, line in enumerate(sys.stdin):\n"
        "    row = json.loads(line)\n"
        "    while number > 8 and os.path.exists('gate'): time.sleep(0.01)\n"
        "    with open('log.txt', 'a') as log: print(row['id'], file=log)\n"
        "    print(json.dumps({'id': row['id'], 'mt': row['src'].upper()}), flush=True)\n",
    )
    slow.card(
        "slow",
        f'backend = "command"\n[options]\nargv = ["{sys.executable}", "engine.py"]\n'
        'protocol = "jsonl"\n',
    )
    assert slow(*COMMAND, "--results", "whole").code == 0
    (slow.root / "log.txt").unlink()
    slow.file("gate", "")
    child = Child(*COMMAND, log=slow.root / "said.txt")
    child.wait_for(slow.root / "results" / FOLDER / PART)
    child.kill()
    until(lambda: not started_by(child.pid))
    (slow.root / "gate").unlink()
    before, started = finished(slow.root / "results"), logged(slow.root / "log.txt")
    assert before < {row["id"] for row in rows()}
    assert slow(*COMMAND).code == 0
    assert not before & set(logged(slow.root / "log.txt")[len(started) :])
    assert lasting(slow.root / "results") == lasting(slow.root / "whole")


@pytest.mark.parametrize("documents", [True, False])
def test_a_program_that_dies_midway(slow: Space, documents: bool) -> None:
    """What it had answered is kept: whole documents, or every answer where there are none."""
    if not documents:
        slow.corpus(rows=[{k: v for k, v in row.items() if k != "doc"} for row in rows()])
    slow.file(
        "engine.py",
        "import json, os, sys\n"
        "for number, line in enumerate(sys.stdin):\n"
        "    if number == 11 and not os.path.exists('well'): sys.exit('out of memory')\n"
        "    row = json.loads(line)\n"
        "    with open('log.txt', 'a') as log: print(row['id'], file=log)\n"
        "    print(json.dumps({'id': row['id'], 'mt': row['src'].upper()}), flush=True)\n",
    )
    slow.card(
        "slow",
        f'backend = "command"\n[options]\nargv = ["{sys.executable}", "engine.py"]\n'
        'protocol = "jsonl"\n',
    )
    answer = slow(*COMMAND)
    assert answer.code == 4, answer
    assert "out of memory" in answer.err
    before = finished(slow.root / "results")
    assert before == {f"s{n}" for n in range(1, 9 if documents else 12)}
    (slow.root / "log.txt").unlink()
    slow.file("well", "")
    assert slow(*COMMAND).code == 0
    assert set(logged(slow.root / "log.txt")) == {row["id"] for row in rows()} - before
    assert slow(*COMMAND, "--results", "whole").code == 0
    assert lasting(slow.root / "results") == lasting(slow.root / "whole")


ENGINE_OF_LINES = """
import sys, time
for line in sys.stdin:
    time.sleep({seconds})
    with open("log.txt", "a") as log: print(line.strip(), file=log)
    print(line.strip().upper(), flush=True)
"""


WAITING = ENGINE_OF_LINES.replace(
    "    time.sleep",
    "    if line.startswith(open('stop').read()): time.sleep(600)\n    time.sleep",
)


def program(space: Space, code: str, name: str = "engine.py", **options: object) -> None:
    """A card for a program that reads and writes lines."""
    space.file(name, code)
    given = {"argv": [sys.executable, name], **options}
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in given.items())
    space.card("slow", f'backend = "command"\n[options]\n{lines}')


def lines_of(log: Path) -> list[str]:
    return log.read_text("utf-8").splitlines() if log.exists() else []


def run_record(results: Path) -> dict[str, Any]:
    return dict(json.loads((results / FOLDER / "run.json").read_text("utf-8")))


def stopped_at(space: Space, line: str, answered: int) -> None:
    """Starts a run whose program waits at a line, and kills it there."""
    space.file("stop", line)
    child = Child(*COMMAND, log=space.root / "said.txt")
    until(lambda: len(lines_of(space.root / "log.txt")) >= answered)
    time.sleep(0.1)  # some of it may be read
    child.kill()
    until(lambda: not started_by(child.pid))
    space.file("stop", "\0")


STARTS_AGAIN = "slow on news/en-it: the interrupted run starts again; which line belongs to which"


def test_a_program_of_lines_that_is_killed_starts_again(slow: Space) -> None:
    """10 points. Its lines count at its end alone: all of it is asked again, and that is said."""
    program(slow, WAITING.format(seconds=0.0))
    slow.file("stop", "\0")
    assert slow(*COMMAND, "--results", "whole").code == 0
    whole = lasting(slow.root / "whole")
    log = slow.root / "log.txt"
    sent = lines_of(log)
    log.unlink()
    program(slow, WAITING.format(seconds=0.01))
    generator, again = random.Random("lines"), 0
    for point in range(10):
        at = generator.randrange(10, len(sent)) if point % 2 else 0
        held = sent[at] if at else "\0"
        slow.file("stop", held)
        results = slow.root / f"results{point}"
        child = Child(*COMMAND, "--results", str(results), log=slow.root / "said.txt")
        if at:
            until(lambda: lines_of(log) == sent[:at])  # noqa: B023
        else:
            child.wait_for(log)
            time.sleep(generator.uniform(0, len(sent) * 0.012))
        child.kill()
        until(lambda: not started_by(child.pid))  # noqa: B023
        slow.file("stop", "\0")
        over = bool(finished(results))  # the program had ended
        log.unlink(missing_ok=True)
        answer = slow(*COMMAND, "--results", str(results))
        assert answer.code == 0
        if not over:
            assert STARTS_AGAIN in answer.err
            assert lines_of(log) == sent
            again += 1
        assert run_record(results)["notes"] == []
        assert lasting(results) == whole
        assert STARTS_AGAIN not in slow(*COMMAND, "--results", str(results)).err
        log.unlink(missing_ok=True)
    assert again >= 5


def test_lines_that_the_first_version_set_aside_are_not_used(slow: Space) -> None:
    """It kept them in a file of their own: the run starts again, and the file goes."""
    program(slow, ENGINE_OF_LINES.format(seconds=0.0))
    assert slow(*COMMAND).code == 0
    digest = run_record(slow.root / "results")["run_digest"]
    (slow.root / "results" / FOLDER / "run.json").unlink()
    (slow.root / "results" / FOLDER / "output.jsonl").unlink()
    aside = slow.root / "results" / FOLDER / f"output.{digest[:16]}.scratch.jsonl"
    aside.write_text('["s1", "not what it answers", 0.1]\n', "utf-8")
    (slow.root / "log.txt").unlink()
    answer = slow(*COMMAND)
    assert answer.code == 0
    assert STARTS_AGAIN in answer.err
    assert not aside.exists()
    assert len(lines_of(slow.root / "log.txt")) == sum(bool(row["src"]) for row in rows())


def test_a_line_too_many_is_found_out_however_the_answers_repeat(slow: Space) -> None:
    """Two lines for the first source, and one answer to every two of the others."""
    code = WAITING.format(seconds=0.0).replace("line.strip().upper()", "answer")
    code = code.replace(
        "    with open",
        "    answer = f'{int(line.split()[-1]) // 2:03}' if line.split()[-1].isdigit() else 'x'\n"
        "    if answer == '000': print('two lines', flush=True)\n    with open",
    )
    slow.corpus(
        rows=[{"id": f"s{n}", "src": f"Sentence {n}", "ref": f"{n // 2:03}"} for n in range(24)]
    )
    program(slow, code)
    slow.file("stop", "\0")
    first = slow(*COMMAND, "--results", "whole")
    assert first.code == 4
    assert "lines for 24 segments" in first.err
    log = slow.root / "log.txt"
    for stop in range(6, 14):
        log.unlink()
        stopped_at(slow, f"Sentence {stop}\n", stop)
        assert slow(*COMMAND).code == 4
        assert not (slow.root / "results" / FOLDER / "run.json").exists()


def test_a_program_that_remembers_starts_again(slow: Space) -> None:
    """It numbers what it has seen: nothing of an interrupted run can be taken over."""
    code = WAITING.format(seconds=0.0).replace("for line", "count = 0\nfor line", 1)
    code = code.replace("    with open", "    count += 1\n    with open")
    code = code.replace("line.strip().upper()", "count, line.strip()")
    program(slow, code, memory="run")
    slow.file("stop", "\0")
    assert slow(*COMMAND, "--results", "whole").code == 0
    log = slow.root / "log.txt"
    sent = lines_of(log)
    log.unlink()
    stopped_at(slow, sent[15], 15)
    log.unlink()
    assert slow(*COMMAND).code == 0
    assert lines_of(log) == sent
    assert run_record(slow.root / "results")["batching"] == "whole"
    assert lasting(slow.root / "results") == lasting(slow.root / "whole")


def test_a_program_of_lines_that_dies_midway(slow: Space) -> None:
    code = WAITING.format(seconds=0.0).replace("time.sleep(600)", "sys.exit('out of memory')")
    program(slow, code)
    slow.file("stop", "\0")
    assert slow(*COMMAND, "--results", "whole").code == 0
    log = slow.root / "log.txt"
    sent = lines_of(log)
    slow.file("stop", sent[15])
    log.unlink()
    answer = slow(*COMMAND)
    assert answer.code == 4
    assert "out of memory" in answer.err
    assert "nothing of it counts before its end: the same command starts it again" in answer.err
    slow.file("stop", "\0")
    log.unlink()
    answer = slow(*COMMAND)
    assert answer.code == 0
    assert STARTS_AGAIN in answer.err
    assert lines_of(log) == sent
    assert lasting(slow.root / "results") == lasting(slow.root / "whole")


def test_a_failure_never_takes_the_place_of_what_was_finished(slow: Space) -> None:
    """A program that refuses another segment of a document each time."""
    code = (
        "import json, os, sys\n"
        "runs = int(open('runs').read())\n"
        "open('runs', 'w').write(str(runs + 1))\n"
        "for number, line in enumerate(sys.stdin):\n"
        "    row = json.loads(line)\n"
        "    bad = number == runs\n"
        "    told = {'error': 'no'} if bad else {'mt': row['src'].upper()}\n"
        "    print(json.dumps({'id': row['id'], **told}), flush=True)\n"
    )
    slow.corpus(
        rows=[{"id": f"s{n}", "src": f"Text {n}", "ref": "x", "doc": "d"} for n in range(4)]
    )
    program(slow, code, protocol="jsonl")
    slow.file("runs", "0")
    assert slow(*COMMAND).code == 4
    assert slow(*COMMAND).code == 0
    output = (slow.root / "results" / FOLDER / "output.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["mt"] for line in output] == [f"TEXT {n}" for n in range(4)]


def test_a_retry_that_fails_leaves_the_partial_output_in_use(slow: Space) -> None:
    code = (
        "import json, sys\n"
        "if open('mode').read() == 'down': sys.exit('no memory')\n"
        "for line in sys.stdin:\n"
        "    row = json.loads(line)\n"
        "    told = {'error': 'no'} if row['id'] == 's3' else {'mt': row['src'].upper()}\n"
        "    print(json.dumps({'id': row['id'], **told}), flush=True)\n"
    )
    program(slow, code, protocol="jsonl")
    slow.file("mode", "up")
    assert slow(*COMMAND).code == 4
    slow.file("mode", "down")
    answer = slow(*COMMAND)
    assert answer.code == 4
    assert "no memory" in answer.err
    answer = slow(*COMMAND, "--allow-partial", "--format", "json")
    assert answer.code == 0
    assert "its stored output, which is partial, is used" in answer.err
    (row,) = answer.json["tables"][0]["rows"]
    assert row["failures"] == 1
    assert row["cells"]["chrf"]["partial"]


def test_trying_other_options_costs_nothing_that_was_finished(slow: Space) -> None:
    card(slow, "single", 0.0, broken=["late"], obstacle="obstacle")
    slow.file("obstacle", "")
    assert slow(*COMMAND).code == 4
    before = finished(slow.root / "results")
    assert before
    card(slow, "single", 0.0, broken=[" "], obstacle="obstacle")
    assert slow(*COMMAND).code == 4
    assert finished(slow.root / "results") == before
    card(slow, "single", 0.0, broken=["late"], obstacle="obstacle")
    (slow.root / "obstacle").unlink()
    (slow.root / "log.txt").unlink()
    assert slow(*COMMAND).code == 0
    assert not before & set(logged(slow.root / "log.txt"))
    assert not list((slow.root / "results").rglob(PART))


def test_ended_by_a_scheduler(slow: Space) -> None:
    """SIGTERM unwinds as an interruption does: what runs is ended, and the code says why."""
    telling = "import os\nopen('pid', 'w').write(str(os.getpid()))\n"
    program(slow, telling + WAITING.format(seconds=0.0))
    slow.file("stop", rows()[3]["src"])
    command = [sys.executable, "-m", "mtbench", *COMMAND]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with started(*command, env=environment, stderr=subprocess.PIPE) as child:
        until(lambda: len(lines_of(slow.root / "log.txt")) >= 3)
        child.send_signal(signal.SIGTERM)
        _, said = child.communicate(timeout=SECONDS)
    assert child.returncode == 128 + signal.SIGTERM
    assert said.endswith("mtbench: ended by SIGTERM; what was finished is kept\n")
    assert not alive(int((slow.root / "pid").read_text("utf-8")))


def test_two_processes_on_one_results_folder(slow: Space, gate: Gate) -> None:
    card(slow, "single", 0.0)
    first = Child(*COMMAND, log=slow.root / "first.txt")
    first.wait_for(slow.root / "results" / FOLDER / PART)
    second = Child(*COMMAND, log=slow.root / "second.txt")
    third = Child("evaluate", "--model", "identity", "--metric", "chrf", log=slow.root / "3.txt")
    told = "another process is at results/news/en-it/slow"
    until(lambda: second.ended() or told in (slow.root / "second.txt").read_text("utf-8"))
    gate.open()
    assert (first.wait(), second.wait(), third.wait()) == (0, 0, 0)
    assert told in (slow.root / "second.txt").read_text("utf-8")
    assert sorted(logged(slow.root / "log.txt")) == sorted(finished(slow.root / "results"))
    assert slow("verify").code == 0
    csv = (slow.root / "results/leaderboard.csv").read_text("utf-8")
    assert csv.count("\n") == 3


def test_the_second_call_computes_nothing(slow: Space) -> None:
    card(slow, "free", 0.0)
    assert slow(*COMMAND).code == 0
    before, log = times(slow.root / "results"), logged(slow.root / "log.txt")
    assert len(before) == 8  # run, output, kept, health, two scores, test set, leaderboard
    answer = slow(*COMMAND)
    assert answer.code == 0
    assert times(slow.root / "results") == before
    assert logged(slow.root / "log.txt") == log
    again = slow(*COMMAND, "--batch-size", "3", "--device", "cpu")
    assert again.code == 0
    assert times(slow.root / "results") == before
    assert again.out == answer.out
    assert slow(*COMMAND, "--seed", "7").code == 0
    scores = {p.name for p in (slow.root / "results" / FOLDER / "scores").iterdir()}
    assert changed(slow, before) == scores | {"leaderboard.csv"}, "intervals alone are made again"
    assert logged(slow.root / "log.txt") == log


def changed(space: Space, before: dict[str, int]) -> set[str]:
    after = times(space.root / "results")
    assert set(before) <= set(after)
    return {Path(name).name for name in after if before.get(name) != after[name]}


def test_counts_of_other_detectors_are_made_again(slow: Space) -> None:
    card(slow, "free", 0.0)
    assert slow(*COMMAND).code == 0
    path = slow.root / "results" / FOLDER / "run.json"
    before = json.loads(path.read_text("utf-8"))
    assert "detectors:" in before["health_signature"]
    older = {**before, "health": {**before["health"], "copied": 99.0, "odd": 1.0}}
    path.write_text(json.dumps({**older, "health_signature": "detectors:0"}), "utf-8")
    (slow.root / "log.txt").unlink()
    assert slow(*COMMAND).code == 0
    assert json.loads(path.read_text("utf-8")) == before
    assert not logged(slow.root / "log.txt"), "nothing was translated for it"


def test_a_new_model_computes_only_itself(slow: Space) -> None:
    card(slow, "free", 0.0)
    assert slow(*COMMAND).code == 0
    before = times(slow.root / "results")
    assert slow(*COMMAND, "--model", "identity").code == 0
    after = times(slow.root / "results")
    new = {name for name in after if before.get(name) != after[name]}
    assert new == {name for name in after if "/identity/" in name} | {"leaderboard.csv"}


def test_a_new_metric_computes_only_itself(slow: Space) -> None:
    card(slow, "free", 0.0)
    assert slow(*COMMAND).code == 0
    before = times(slow.root / "results")
    assert slow(*COMMAND, "--metric", "ter").code == 0
    (ter,) = (slow.root / "results" / FOLDER / "scores").glob("ter@*")
    assert changed(slow, before) == {ter.name, "leaderboard.csv"}


def test_the_licence_line_of_a_card_translates_nothing(slow: Space) -> None:
    card(slow, "free", 0.0)
    assert slow(*COMMAND).code == 0
    before = times(slow.root / "results")
    path = slow.root / "models/slow.toml"
    path.write_text('licence = "MIT"\nnotes = "New."\n' + path.read_text("utf-8"), "utf-8")
    assert slow(*COMMAND).code == 0
    assert changed(slow, before) == {"run.json"}
    record = json.loads((slow.root / "results" / FOLDER / "run.json").read_text("utf-8"))
    assert record["card"]["licence"] == "MIT"


def test_a_changed_option_translates_and_scores_again(slow: Space) -> None:
    card(slow, "free", 0.0)
    assert slow(*COMMAND).code == 0
    outputs = tree(slow.root / "results")
    log = len(logged(slow.root / "log.txt"))
    card(slow, "document", 0.0)
    assert slow(*COMMAND, "--metric", "ter").code == 0
    assert len(logged(slow.root / "log.txt")) == log + SEGMENTS
    after = tree(slow.root / "results")
    assert after[f"{FOLDER}/output.jsonl"] != outputs[f"{FOLDER}/output.jsonl"]
    assert slow("verify").code == 0
    card(slow, "free", 0.0)
    assert slow(*COMMAND).code == 0  # the score by TER, which nobody asked for, is not left stale
    assert not list((slow.root / "results" / FOLDER / "scores").glob("ter@*"))
    assert slow("verify").code == 0


def test_a_changed_source_translates_its_pair_again(slow: Space) -> None:
    slow.corpus(pair="en-de", rows=rows())
    card(slow, "free", 0.0)
    assert slow(*COMMAND).code == 0
    before = times(slow.root / "results")
    slow.corpus(rows=[{**rows()[0], "src": "Something else."}, *rows()[1:]])
    assert slow(*COMMAND).code == 0
    after = times(slow.root / "results")
    new = {name for name in after if before.get(name) != after[name]}
    assert new == {name for name in after if name.startswith("news/en-it/")} | {"leaderboard.csv"}


def test_a_changed_reference_scores_again_and_translates_nothing(slow: Space) -> None:
    card(slow, "free", 0.0)
    assert slow(*COMMAND).code == 0
    before, log = times(slow.root / "results"), logged(slow.root / "log.txt")
    slow.corpus(rows=[{**rows()[0], "ref": "Tutt'altro."}, *rows()[1:]])
    assert slow("verify").code == 1
    assert slow(*COMMAND).code == 0
    assert logged(slow.root / "log.txt") == log
    scores = {p.name for p in (slow.root / "results" / FOLDER / "scores").iterdir()}
    kept = {"run.json", "health.json", "test_set.json", "leaderboard.csv"}
    assert changed(slow, before) == scores | kept
    assert slow("verify").code == 0


def test_a_partial_output(slow: Space) -> None:
    """Kept, not scored unless asked for; then failures count as empty and the signature says so."""
    card(slow, "free", 0.0, refused=["museum"], obstacle="obstacle")
    slow.file("obstacle", "")
    answer = slow(*COMMAND)
    answer.refused(4, "slow has no translation of 3 of 24 segments", "refused", "--allow-partial")
    record = json.loads((slow.root / "results" / FOLDER / "run.json").read_text("utf-8"))
    assert (record["status"], record["failures"]) == ("partial", 3)
    assert not list((slow.root / "results").glob("**/scores/*"))
    lines = (slow.root / "results" / FOLDER / "output.jsonl").read_text("utf-8").splitlines()
    failed = [row for row in map(json.loads, lines) if row["mt"] is None]
    assert [row["failure"] for row in failed] == [
        f"segment {row['id']} is refused" for row in failed
    ]

    partial = slow(*COMMAND, "--allow-partial", "--format", "json")
    assert partial.code == 0
    (row,) = partial.json["tables"][0]["rows"]
    assert row["failures"] == 3
    assert row["empty"] == 0  # a failure is none
    assert row["cells"]["chrf"]["signature"].endswith("|failures:empty")
    empty = [json.loads(line)["mt"] or "" for line in lines]
    slow.file("filled.txt", empty)
    filled = slow("score", "--hypotheses", "filled.txt", "--corpus", "news", "--metric", "chrf",
                  "--format", "json", "--results", "other")  # fmt: skip
    score = filled.json["tables"][0]["rows"][0]["cells"]["chrf"]["score"]
    assert row["cells"]["chrf"]["score"] == score
    assert slow("verify").code == 0

    # A whole output beside it, under another signature: not ranked together.
    both = slow(*COMMAND, "--model", "identity", "--allow-partial", "--format", "json")
    cells = {r["system"]: r["cells"]["chrf"] for r in both.json["tables"][0]["rows"]}
    assert cells["identity"]["score"] is not None
    assert (cells["slow"]["score"], cells["slow"]["partial"]) == (score, True)
    assert not cells["identity"]["partial"]
    assert all(r["rank"] is None for r in both.json["tables"][0]["rows"])

    # The obstacle is gone: only what failed is asked for again.
    (slow.root / "obstacle").unlink()
    (slow.root / "log.txt").unlink()
    assert slow(*COMMAND).code == 0
    assert sorted(logged(slow.root / "log.txt")) == sorted(row["id"] for row in failed)
    assert slow(*COMMAND, "--results", "whole").code == 0
    assert lasting(slow.root / "results").keys() >= lasting(slow.root / "whole").keys()
    whole = lasting(slow.root / "whole")
    results = lasting(slow.root / "results")
    assert {name: results[name] for name in whole} == whole
    assert slow("verify").code == 0


def test_killed_while_failures_are_tried_again(
    slow: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the partial output had is still not translated twice."""
    card(slow, "single", 0.0, refused=["museum", "train"], obstacle="obstacle")
    slow.file("obstacle", "")
    assert slow(*COMMAND).code == 4
    before = set(logged(slow.root / "log.txt"))
    assert len(before) == 18
    (slow.root / "obstacle").unlink()
    (slow.root / "log.txt").unlink()
    gate = Gate(slow.root / "gate", 3)
    monkeypatch.setattr(Slow, "gate", gate)
    child = Child(*COMMAND, log=slow.root / "said.txt")
    child.wait_for(slow.root / "results" / FOLDER / PART)
    child.kill()
    gate.open()
    assert before <= finished(slow.root / "results")
    assert slow(*COMMAND).code == 0
    assert not before & set(logged(slow.root / "log.txt"))
    assert len(finished(slow.root / "results")) == SEGMENTS


def test_a_busy_server_that_never_answers(slow: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    """After some exhausted calls in a row the system counts as gone; what it gave is kept."""
    monkeypatch.setattr("mtbench.servers.patience.LONGEST_REQUESTED_WAIT", 0.0)
    card(slow, "single", 0.0, busy=["train", "bridge", "museum", "letter"], obstacle="obstacle")
    slow.file("obstacle", "")
    answer = slow(*COMMAND)
    answer.refused(4, "does not answer", "busy", "the same command")
    before = logged(slow.root / "log.txt")
    assert 0 < len(before) < SEGMENTS
    (slow.root / "obstacle").unlink()
    assert slow(*COMMAND).code == 0
    assert sorted(logged(slow.root / "log.txt")) == sorted(row["id"] for row in rows())


def test_one_system_fails_and_the_others_are_finished(slow: Space) -> None:
    card(slow, "single", 0.0, broken=["museum"])
    answer = slow(*COMMAND, "--model", "identity")
    answer.refused(4, "slow failed: ZeroDivisionError")
    assert "identity" in answer.out
    assert (slow.root / "results/leaderboard.csv").is_file()


def test_two_fresh_runs_give_identical_files(slow: Space) -> None:
    """Except for what took time: dates and seconds in ``run.json``, one column of the CSV."""
    card(slow, "free", 0.0)
    for results in ("one", "two"):
        code = subprocess.run(
            [sys.executable, "-c", _FRESH, *COMMAND, "--model", "identity", "--results", results],
            cwd=slow.root,
            env=_fresh_environment(results),
            check=False,
        ).returncode
        assert code == 0
    one, two = tree(slow.root / "one"), tree(slow.root / "two")
    assert one.keys() == two.keys()
    for name in one:
        assert without_times(name, one[name]) == without_times(name, two[name]), name


_FRESH = """
import sys
from mtbench import plugins
from mtbench.cli.main import main
plugins.BUILTIN_BACKENDS["slow"] = "tests.support.slow:Slow"
main()
"""


def _fresh_environment(results: str) -> dict[str, str]:
    hash_seed = {"one": "1", "two": "2"}[results]
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": hash_seed}


def without_times(name: str, content: bytes) -> object:
    if name.endswith("run.json"):
        record = json.loads(content)
        for key in ("started", "finished", "seconds"):
            del record[key]
        return json.dumps(record)
    if name.endswith(".csv"):
        table = [line.split(",") for line in content.decode().splitlines()]
        column = table[0].index("seconds_per_segment")
        return [[cell for i, cell in enumerate(row) if i != column] for row in table]
    return content
