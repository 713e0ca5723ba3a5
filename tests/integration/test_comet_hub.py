"""The hub and its cache, against a small server that speaks like it.

Each check runs in a process of its own, because huggingface-hub reads its address and its cache's
place when it is imported.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.comet_samples import CORPUS
from tests.support.hub import COMMIT, Hub, comet_hub

ROOT = CORPUS.parents[1]
OTHER = "89abcdef0123456789abcdef0123456789abcdef"


@pytest.fixture
def hub(tiny_comet: Callable[[str], Path]) -> Iterator[Hub]:
    model = tiny_comet("regression").parent.parent
    with comet_hub(model, model.parent / "encoder") as found:
        yield found


PROGRAM = """
import json, sys, time
from mtbench.errors import MtbenchError
from mtbench.metrics.comet.fetch import cached, fetch
from mtbench.plugins import make_metric
from mtbench.types import Runtime, ScoringView
from mtbench.languages import LanguagePair

given = json.loads(sys.argv[1])
view = ScoringView(pair=LanguagePair(source="en", target="de"), ids=("1",), sources=("a",),
                   references=(("b",),), documents=(None,))
found = {}
start = time.monotonic()
try:
    metric = make_metric("comet", given["options"], Runtime(offline=given.get("offline", False)))
    for step in given["steps"]:
        if step == "check":
            metric.check()
        elif step == "check view":
            metric.check(view)
        elif step == "signature":
            found["signature"] = str(metric.signature(view))
        elif step == "fetch":
            found["path"] = str(fetch(given["options"]["model"], given["options"].get("revision")))
        elif step == "cached":
            found["cached"] = [entry.model_dump() for entry in cached()]
except MtbenchError as error:
    found |= {"error": type(error).__name__, "code": error.exit_code, "lines": error.lines()}
found["seconds"] = time.monotonic() - start
print(json.dumps(found))
"""


class Machine:
    """A machine with a cache of its own, and the hub at an address."""

    def __init__(self, home: Path, address: str) -> None:
        self.home = home
        self.address = address

    def run(self, model: str, *steps: str, offline: bool = False, **options: str) -> Any:
        given = {"options": {"model": model, **options}, "steps": steps, "offline": offline}
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, json.dumps(given)],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={"HF_HOME": str(self.home), "HF_ENDPOINT": self.address, "PATH": "/usr/bin:/bin"},
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stderr == "", "nothing of the hub's talk reaches the terminal"
        return json.loads(done.stdout)

    def files(self) -> set[str]:
        return {p.name for p in self.home.rglob("*") if p.is_symlink() or p.suffix == ".ckpt"}


@pytest.fixture
def machine(tmp_path: Path, hub: Hub) -> Machine:
    return Machine(tmp_path / "home", hub.url)


def test_checked_without_a_download_then_fetched_then_never_asked_again(
    machine: Machine, hub: Hub
) -> None:
    before = machine.run("org/tiny", "check", "signature")
    assert "revision:0123456789ab|" in before["signature"]
    assert machine.files() == set()
    after = machine.run("org/tiny", "check", "check view", "signature")
    # What its configuration and tokenizer are shows once they are here.
    fields = [one for one in after["signature"].split("|") if not one.startswith("config:")]
    assert "|config:" in after["signature"]
    assert "|".join(fields) == before["signature"]
    assert machine.files() >= {"model.ckpt", "hparams.yaml", "config.json", "tokenizer.json"}
    assert not machine.files() & {"README.md", "model.safetensors"}, "only what is needed"
    asked = len(hub.asked)
    again = machine.run("org/tiny", "check", "check view", "signature")
    assert again["signature"] == after["signature"]
    assert len(hub.asked) == asked, "what is here is used without asking"


def test_fetched_ahead_it_serves_offline(machine: Machine) -> None:
    fetched = machine.run("org/tiny", "cached", "fetch", "cached")
    assert fetched["path"].endswith(f"snapshots/{COMMIT}/checkpoints/model.ckpt")
    machine.address = "http://127.0.0.1:9"
    found = machine.run("org/tiny", "check", "check view", "signature", "cached", offline=True)
    assert "error" not in found
    assert "model:org/tiny|revision:0123456789ab|" in found["signature"]
    assert [entry["model"] for entry in found["cached"]] == ["org/tiny"]
    assert found["cached"][0]["revision"] == COMMIT
    assert found["cached"][0]["bytes"] > 100_000
    assert found["cached"][0]["encoder"] is True


@pytest.mark.parametrize(
    ("model", "options", "lines"),
    [
        (
            "org/closed",
            {},
            [
                "org/closed is gated: the hub asks for an account that has accepted its terms",
                "accept them at HUB/org/closed, then run: hf auth login",
            ],
        ),
        (
            "org/nothing",
            {},
            [
                "there is no org/nothing on the hub (or it is private), and no such folder here",
                "check the name, or run: hf auth login",
            ],
        ),
        (
            "org/tiny",
            {"revision": "v7"},
            ["org/tiny has no revision 'v7' on the hub", "see those that there are: HUB/org/tiny"],
        ),
    ],
)
@pytest.mark.parametrize("step", ["check", "check view"])
def test_one_clear_message_each(
    step: str, model: str, options: dict[str, Any], lines: list[str], machine: Machine
) -> None:
    found = machine.run(model, step, **options)
    assert (found["error"], found["code"]) == ("MissingWeights", 3)
    assert found["lines"] == [line.replace("HUB", machine.address) for line in lines]
    assert machine.files() == set()


def test_a_repository_that_holds_something_else(machine: Machine) -> None:
    found = machine.run("org/text", "check view")
    assert found["code"] == 2
    assert found["lines"][0] == "org/text is on the hub but is no COMET checkpoint"


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "http://hub.invalid"])
def test_no_network_is_noticed_within_seconds(address: str, machine: Machine) -> None:
    machine.address = address
    found = machine.run("org/tiny", "check view")
    assert (found["error"], found["code"]) == ("MissingWeights", 3)
    assert found["lines"][0] == "org/tiny is not on this machine"
    assert f"{address} takes no connection" in found["lines"][1]
    assert found["lines"][2].endswith("mtbench metrics fetch comet --comet-model org/tiny")
    assert found["seconds"] < 100  # the library itself tries for minutes


def test_a_named_revision_is_not_served_by_another(machine: Machine) -> None:
    machine.run("org/tiny", "fetch")
    assert "error" not in machine.run("org/tiny", "check", revision="main", offline=True)
    assert "error" not in machine.run("org/tiny", "check", revision=COMMIT, offline=True)
    found = machine.run("org/tiny", "check", revision=OTHER, offline=True)
    assert found["lines"][0] == "org/tiny is not on this machine"
