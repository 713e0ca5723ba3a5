"""Killed at any moment of any stage, the same command ends in the same bytes, and leaves nothing.

``MTBENCH_KILLS=50`` kills so many times; ``pytest -s`` shows the figures.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.test_resume import without_times
from tests.support.dying import die_at
from tests.support.killing import Child
from tests.support.server import Asked, Say, Server, chat_answer
from tests.support.story import write_stories
from tests.support.workspace import SENTENCES, Space, sentences

KILLS = int(os.environ.get("MTBENCH_KILLS", "15"))


@dataclass(frozen=True)
class Stage:
    """A command, and what has to be there before.

    Attributes:
        line: The command line.
        scored: Whether there are results before.
        done: A code of the second call that is right where the first had just ended.
    """

    line: str
    scored: bool = False
    done: int = 0

    @property
    def words(self) -> list[str]:
        return self.line.split()


EVALUATE = "evaluate --corpus news --metric bleu,chrf --model identity --model hypotheses:one.txt"
ON = "--corpus news --pair en-it"
STAGES = {
    "translation": Stage("translate --model slow --corpus news"),
    "several systems": Stage(f"{EVALUATE} --model slow"),
    "counted metrics": Stage(
        "evaluate --corpus news --model identity --metric bleu,chrf,ter,health,integrity"
    ),
    "plain files": Stage(
        "score --hypotheses one.txt --reference one.txt --pair en-it --metric chrf --results plain"
    ),
    "building": Stage("corpus build raw/00.txt raw/01.txt raw/10.txt raw/11.txt -o built"),
    "import": Stage("corpus import x.tmx -o taken --pair en-it", done=2),
    "export": Stage("corpus export news --to tmx -o given", done=2),
    "seal": Stage("corpus seal corpora/news"),
    "leaderboard": Stage("leaderboard --seed 7", scored=True),
    "report": Stage("report -o page", scored=True),
    "segments": Stage("segments --worst 5 -o worst.csv", scored=True),
    "scores": Stage(
        f"scores import own.csv {ON} --metric own --higher-is-better", scored=True, done=2
    ),
    "judgements": Stage("human import people.csv", scored=True, done=2),
    "plan": Stage(f"human plan {ON} --n 4 -o plan", scored=True, done=2),
    "workspace": Stage("init fresh"),
}


def prepared(space: Space) -> None:
    """Whatever any stage takes in."""
    space.corpus(rows=[{**row, "id": f"s{n}"} for n, row in enumerate(sentences() * 3)])
    space.card("slow", 'backend = "slow"\n[options]\nseconds = 0.002\nbatching = "single"\n')
    space.file("one.txt", [reference for _, reference in SENTENCES] * 3)
    units = "".join(
        f'<tu><tuv xml:lang="en"><seg>{s}</seg></tuv><tuv xml:lang="it"><seg>{r}</seg></tuv></tu>\n'
        for s, r in SENTENCES
    )
    space.file("x.tmx", f'<tmx version="1.4"><header/><body>{units}</body></tmx>')
    (space.root / "raw").mkdir()
    write_stories(space.root / "raw", "en", "it")
    rows = [f"{system},s{n},{n % 5}" for system in ("identity", "one") for n in range(24)]
    space.file("own.csv", ["system,id,score", *rows])
    space.file("people.csv", ["system,id,score", *rows])


class Places:
    """Copies of a workspace, each for one command line in a process of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.made = 0

    def new(self) -> Path:
        self.made += 1
        return Path(shutil.copytree(self.root, self.root.parent / f"place{self.made}"))

    def run(self, words: Sequence[str], place: Path, event: int = 0) -> Child:
        def before() -> None:
            os.chdir(place)
            count = place.parent / "count" if not event else None
            die_at(event, place, count)

        return Child(*words, log=place.parent / "said.txt", before=before)

    def whole(self, words: Sequence[str]) -> tuple[dict[str, object], int, float]:
        """What an uninterrupted run leaves, how often it touches a file, and its seconds."""
        place = self.new()
        began = time.monotonic()
        code = self.run(words, place).wait()
        took = time.monotonic() - began
        assert code == 0, (place.parent / "said.txt").read_text("utf-8")
        return left(place), len((self.root.parent / "count").read_bytes()), took


def left(place: Path) -> dict[str, object]:
    """Every file but locks, whatever its name; what took time aside."""
    found = {
        path.relative_to(place).as_posix(): path.read_bytes()
        for path in sorted(place.rglob("*"))
        if path.is_file() and ".locks" not in path.parts
    }
    timed = ("run.json", "leaderboard.csv")
    return {
        name: without_times(name, content) if name.endswith(timed) else content
        for name, content in found.items()
    }


def kills_of(name: str) -> int:
    """How many fall to a stage: as even as may be, by the seed's order."""
    names = list(STAGES)
    random.Random("stages").shuffle(names)
    return KILLS // len(names) + (names.index(name) < KILLS % len(names))


@pytest.mark.parametrize("name", STAGES)
def test_the_same_bytes_and_nothing_left(name: str, space: Space) -> None:
    """Points are drawn among the changes to files and, every third, by time."""
    stage, chance = STAGES[name], random.Random(f"kills of {name}")
    prepared(space)
    if stage.scored:
        assert space(*EVALUATE.split()).code == 0
    places = Places(space.root)
    whole, events, took = places.whole(stage.words)
    for kill in range(kills_of(name)):
        place = places.new()
        event = chance.randint(1, events) if events and kill % 3 < 2 else 0
        if not event:
            child = places.run(stage.words, place, event=10**9)
            time.sleep(chance.uniform(0, took))
            killed = child.kill()
        else:
            killed = places.run(stage.words, place, event).wait()
            assert killed == -signal.SIGKILL, event
        again = places.run(stage.words, place, event=10**9).wait()
        said = (place.parent / "said.txt").read_text("utf-8")[-2000:]
        assert left(place) == whole, (event, said)
        assert again in (0, stage.done), (event, again, said)
        print(f"\n{name}: {events} changes, ", end="")
        print(f"killed at {event or 'a moment'} ({killed}), then {again}")


def _judge(asked: Asked) -> Say:
    if asked.path == "/v1/models":
        return Say({"data": [{"id": "tiny"}]})
    text = str(json.loads(asked.body["messages"][-1]["content"])["translation"])
    return chat_answer(json.dumps({"errors": [], "score": 90 - len(text) % 50}))


def test_a_judge_that_is_killed(space: Space) -> None:
    prepared(space)
    with Server(_judge) as server:
        words = ["evaluate", "--corpus", "news", "--model", "hypotheses:one.txt"]
        words += ["--metric", "judge", "--metric-option", "judge.model=tiny"]
        words += ["--metric-option", f"judge.base_url={server.url}/v1"]
        _neural(words, Places(space.root), "judge")


@pytest.mark.slow
def test_comet_that_is_killed(space: Space, tiny_comet: Callable[[str], Path]) -> None:
    prepared(space)
    words = ["evaluate", "--corpus", "news", "--model", "hypotheses:one.txt", "--device", "cpu"]
    words += ["--metric", "comet", "--comet-model", str(tiny_comet("regression"))]
    _neural(words, Places(space.root), "comet")


def _neural(words: Sequence[str], places: Places, name: str) -> None:
    whole, events, _ = places.whole(words)
    chance = random.Random(f"kills of {name}")
    for _ in range(max(1, KILLS // 25)):
        place, event = places.new(), chance.randint(1, events)
        # Of calls at once, answers come in another order and may be written in fewer pieces.
        assert places.run(words, place, event).wait() in (-signal.SIGKILL, 0)
        assert places.run(words, place, event=10**9).wait() == 0
        assert left(place) == whole, event
        print(f"\n{name}: {events} changes, killed at {event}")
