"""Commands that need a model hub, against one on this machine, with tiny real checkpoints.

Each runs in a process of its own, because huggingface-hub reads its address and its cache's place
when it is imported.
"""

from __future__ import annotations

import csv
import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mtbench.metrics.comet.checkpoint import PINNED
from tests.support.checkpoints import checkpoint
from tests.support.hub import Hub, Trouble, at_home, comet_hub, contents, cut, status
from tests.support.killing import SECONDS, all_of, started
from tests.support.server import Say
from tests.support.story import write_stories
from tests.support.tiny_comet import build_plain
from tests.support.tiny_encoder import make_encoder

pytest.importorskip("torch")
ROOT = Path(__file__).resolve().parents[2]
COMET = "Unbabel/wmt22-comet-da"
ROWS = ({"id": "1", "src": "One house.", "ref": "Ein Haus."},
        {"id": "2", "src": "Two houses.", "ref": "Zwei Häuser."})  # fmt: skip


@pytest.fixture(scope="module")
def plain_comet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_plain(tmp_path_factory.mktemp("comet"))


@pytest.fixture
def hub(plain_comet: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    model = plain_comet.parent.parent
    with comet_hub(model, model.parent / "encoder") as found:
        yield _filled(found, tmp_path_factory)


@pytest.fixture
def plain_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """The same without COMET's checkpoints."""
    with Hub({}) as found:
        yield _filled(found, tmp_path_factory)


def _filled(hub: Hub, temporary: pytest.TempPathFactory) -> Hub:
    rows = "".join(json.dumps({"en": row["src"], "de": row["ref"]}) + "\n" for row in ROWS)
    encoder = make_encoder(temporary.mktemp("encoder") / "tiny")
    hub.repositories["acme/tiny"] = contents(checkpoint("marian-untrained"))
    hub.repositories["acme/encoder"] = contents(encoder)
    hub.repositories["datasets/acme/pairs"] = {"test.jsonl": rows.encode(), "README.md": b"# Set"}
    hub.commit = PINNED[COMET]
    return hub


class Machine:
    """A workspace on a machine with a cache of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        corpus = root / "corpora" / "small"
        corpus.mkdir(parents=True)
        text = "".join(json.dumps(row) + "\n" for row in ROWS)
        (corpus / "en-de.jsonl").write_text(text, encoding="utf-8")

    def run(self, hub: Hub, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "mtbench", *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.root,
            env=self.environment(hub, **more),
            timeout=SECONDS,
        )

    def environment(self, hub: Hub, **more: str) -> dict[str, str]:
        home = self.root / "home"
        return at_home(hub, home, PYTHONPATH=str(ROOT), OMP_NUM_THREADS="1", **more)

    def fetched(self) -> set[str]:
        return {path.name for path in self.root.glob("home/hub/*/snapshots/*/**/*")}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize("back_end", ["hf", "ct2"])
def test_a_dry_run_asks_for_the_file_list_alone(back_end: str, hub: Hub, machine: Machine) -> None:
    command = ["evaluate", "--model", f"{back_end}:acme/tiny", "--dry-run"]
    done = machine.run(hub, *command, "--format", "json")
    assert done.returncode == 0, done.stderr
    assert {line.split("?")[0].split("/revision")[0] for line in hub.requests()} == {
        "GET /api/models/acme/tiny",
        f"GET /api/models/{COMET}",
    }
    assert not machine.fetched()
    (one,) = json.loads(done.stdout)
    sizes = {fetch["what"]: fetch["bytes"] for fetch in one["to_fetch"]}
    files = hub.repositories["acme/tiny"]
    assert sizes["acme/tiny"] == sum(
        len(content) for name, content in files.items() if name != "README.md"
    )
    files = hub.repositories[COMET]
    assert sizes[COMET] == len(files["hparams.yaml"]) + len(files["checkpoints/model.ckpt"])
    assert one["to_score"] == ["bleu", "chrf", "comet"]
    assert one["to_translate"] == 2
    told = machine.run(hub, *command)
    assert "To be fetched: acme/tiny at " in told.stdout
    assert not (machine.root / "results").exists()


def test_comet_by_its_default_name(hub: Hub, machine: Machine) -> None:
    hub.trouble = [
        Trouble("checkpoints/model.ckpt", cut(0.5)),
        Trouble("GET /org/tiny-xlmr", status(503)),
    ]
    done = machine.run(hub, "evaluate", "--model", "identity", "--format", "csv")
    assert done.returncode == 0, done.stderr
    (row,) = csv.DictReader(done.stdout.splitlines())
    assert float(row["comet"])
    assert f"|revision:{PINNED[COMET][:12]}|" in row["comet_signature"]
    assert "%" not in done.stderr, "no bars in a log"
    asked = len(hub.requests())
    again = machine.run(hub, "evaluate", "--model", "identity", "--format", "csv")
    assert again.stdout == done.stdout
    assert len(hub.requests()) == asked, "what is here is not asked for"


@pytest.mark.parametrize(("quiet", "bars"), [([], True), (["-q"], False)])
def test_a_bar_on_a_terminal_and_none_where_silence_is_asked_for(
    quiet: list[str], bars: bool, hub: Hub, machine: Machine
) -> None:
    hub.trouble = [Trouble("GET /Unbabel", _late)]
    terminal, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    command = (sys.executable, "-m", "mtbench", "metrics", "fetch", "comet", *quiet)
    streams = {"stdout": subprocess.PIPE, "stderr": theirs}
    environment = machine.environment(hub, TERM="xterm")
    try:
        with started(*command, cwd=machine.root, env=environment, **streams) as process:
            os.close(theirs)
            shown = all_of(terminal)
            out, _ = process.communicate(timeout=SECONDS)
    finally:
        os.close(terminal)
    assert process.returncode == 0, shown
    assert out.rstrip().endswith("checkpoints/model.ckpt")
    assert (f"{COMET}:" in shown and "%" in shown) == bars
    assert "Fetching" not in shown, "one bar for a download, not the library's"
    if not bars:
        assert shown == ""


def _late(say: Say) -> Say:
    return replace(say, wait=1.5)


@pytest.mark.parametrize("back_end", ["hf", "ct2"])
def test_a_system_from_the_hub(back_end: str, plain_hub: Hub, machine: Machine) -> None:
    plain_hub.trouble = [Trouble("HEAD /acme/tiny", status(502), times=2)]
    done = machine.run(
        plain_hub, "translate", "--model", f"{back_end}:acme/tiny", "--device", "cpu"
    )
    assert done.returncode in (0, 4), done.stderr  # untrained: an answer may be of no use
    assert "model.safetensors" in machine.fetched(), done.stderr


def test_a_data_set_from_the_hub(plain_hub: Hub, machine: Machine) -> None:
    pytest.importorskip("datasets")
    command = ["corpus", "import", "hf:acme/pairs", "-o", "new", "--pair", "en-de"]
    command += ["--map", "src=en", "--map", "ref=de"]
    done = machine.run(plain_hub, *command)
    assert done.returncode == 0, done.stderr
    lines = (machine.root / "new" / "en-de.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["ref"] for line in lines] == [row["ref"] for row in ROWS]


@pytest.mark.parametrize(
    ("name", "trouble", "code", "words"),
    [
        ("acme/gone", [], 2, "there is no acme/gone on the hub"),
        ("acme/pairs", [Trouble("/api/datasets/", status(503), times=99)], 3, "503"),
    ],
)
def test_a_data_set_that_the_hub_does_not_give(
    name: str, trouble: list[Trouble], code: int, words: str, plain_hub: Hub, machine: Machine
) -> None:
    pytest.importorskip("datasets")
    plain_hub.trouble = trouble
    done = machine.run(plain_hub, "corpus", "import", f"hf:{name}", "-o", "new", "--pair", "en-de")
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_an_encoder_from_the_hub(plain_hub: Hub, machine: Machine) -> None:
    documents = write_stories(machine.root / "raw", "en", "it")
    command = ["corpus", "build", *documents, "--encoder", "acme/encoder", "-o", "built"]
    done = machine.run(plain_hub, *command)
    assert "2_Dense" in machine.fetched(), done.stderr
    assert "encoder" in done.stderr or done.returncode == 0, done.stderr
