"""Full disks, folders that cannot be written, no rights, five at once: said, and nothing lost."""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.test_killed_anywhere import EVALUATE, STAGES, Places, left, prepared
from tests.support.killing import Child
from tests.support.modules import ROOT
from tests.support.workspace import Space

NOBODY = 65534
ONE_ERROR = re.compile(r"mtbench: [^\n]+(\n  [^\n]+){0,2}\n\Z")
WRITE = [name for name in STAGES if name != "leaderboard"]


def said(place: Path) -> str:
    """The error that ended it: what begins the last line of ours."""
    text = (place.parent / "said.txt").read_text("utf-8")
    return text[text.rindex("mtbench: ") :] if "mtbench: " in text else text


def ready(name: str, space: Space) -> list[str]:
    prepared(space)
    if STAGES[name].scored:
        assert space(*EVALUATE.split()).code == 0
    return STAGES[name].words


@pytest.mark.parametrize("name", WRITE)
def test_a_disk_that_is_full(name: str, space: Space) -> None:
    """No file can grow beyond so many bytes: none at all, or not enough."""
    words = ready(name, space)
    places = Places(space.root)
    whole, _, _ = places.whole(words)
    place = places.new()
    for most in (0, 200):

        def full(most: int = most) -> None:
            os.chdir(place)
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

        (place.parent / "said.txt").unlink(missing_ok=True)
        # What it says goes through a pipe: a file would be full, too.
        code, text = piped(words, full)
        assert code == 3 or (code == 0 and most), (most, code, text)
        if code:
            assert "cannot be written: File too large" in text, (most, text)
            assert ONE_ERROR.search(text), text
        assert not list(place.rglob("*.mtbench.tmp")), most
    assert places.run(words, place, event=10**9).wait() in (0, STAGES[name].done)
    assert left(place) == whole


def piped(words: list[str], before: Callable[[], object]) -> tuple[int, str]:
    """Code and talk of a command line in a process of its own."""
    read, write = os.pipe()
    child = Child(*words, log=Path(f"/dev/fd/{write}"), before=before)
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as stream:
        text = stream.read()
    return child.wait(), text


@pytest.fixture
def open_space(space: Space) -> Iterator[Path]:
    """A copy of a prepared workspace where another user may go."""
    prepared(space)
    assert space(*EVALUATE.split()).code == 0
    home = Path(tempfile.mkdtemp())
    home.chmod(0o755)
    place = Path(shutil.copytree(space.root, home / "work"))
    yield place
    subprocess.run(["chmod", "-R", "u+w", home], check=True)
    shutil.rmtree(home)


def without_rights(place: Path) -> Callable[[], None]:
    def before() -> None:
        os.chdir(place)
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)

    return before


@pytest.mark.parametrize(
    "name", ("several systems", "building", "import", "report", "segments", "judgements")
)
def test_a_folder_that_cannot_be_written(name: str, open_space: Path) -> None:
    """Refused in one breath, naming the place; nothing there has changed."""
    subprocess.run(["chmod", "-R", "a-w,a+rX", open_space], check=True)
    before = left(open_space)
    words = [*STAGES[name].words, *(("--metric", "ter") if name == "several systems" else ())]
    code, text = piped(words, without_rights(open_space))
    assert code == 3, (code, text)
    assert "Permission denied" in text, text
    assert ONE_ERROR.search(text), text
    assert left(open_space) == before


def test_all_of_it_without_root(open_space: Path) -> None:
    shutil.rmtree(open_space / "results")
    subprocess.run(["chmod", "-R", "a+rwX", open_space], check=True)
    for line in (EVALUATE, "report -o page", "verify", "corpus import x.tmx -o taken --pair en-it"):
        code, text = piped(line.split(), without_rights(open_space))
        assert code == 0, (line, text)


def test_five_writers_at_once(space: Space) -> None:
    """The folder is the one that five runs make one after the other, whoever comes first."""
    prepared(space)
    places = Places(space.root)
    lines = [
        EVALUATE,
        f"{EVALUATE} --metric ter",
        f"{EVALUATE} --model slow",
        "evaluate --corpus news --model slow --metric health",
        "evaluate --corpus news --model identity --metric integrity,chrf",
    ]
    one_by_one = places.new()
    for line in lines:
        assert places.run(line.split(), one_by_one, event=10**9).wait() == 0
    assert places.run(["leaderboard", "--format", "json"], one_by_one, event=10**9).wait() == 0
    at_once = places.new()
    children = [places.run(line.split(), at_once, event=10**9) for line in lines]
    assert [child.wait() for child in children] == [0] * 5
    found, wanted = left(at_once), left(one_by_one)
    board = "results/leaderboard.csv"
    # Its rows are those of the last call; what is stored is everybody's.
    assert {k: v for k, v in found.items() if k != board} == {
        k: v for k, v in wanted.items() if k != board
    }
    assert places.run(["verify"], at_once, event=10**9).wait() == 0


def test_a_real_disk_that_is_full(space: Space) -> None:
    """A file system of 256 kB, where a user may mount one."""
    prepared(space)
    space.file("big.txt", ["x" * 40] * 24)
    script = (
        "mount -t tmpfs -o size=160k none disk && cp -r corpora models one.txt disk && cd disk && "
        f"head -c 1M /dev/zero > filler; {sys.executable} -m mtbench {EVALUATE}; "
        f"echo code $?; ls -A results; rm filler; {sys.executable} -m mtbench {EVALUATE} -q; "
        "echo code $?; find . -name '*.tmp'"
    )
    (space.root / "disk").mkdir()
    try:
        done = subprocess.run(
            ["unshare", "-rm", "sh", "-c", script],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=False,
        )
    except FileNotFoundError:
        pytest.skip("no unshare on this machine")
    if "mount" in done.stderr or "unshare" in done.stderr:
        pytest.skip(f"no file system may be mounted here: {done.stderr.strip()[:100]}")
    codes = re.findall(r"^code (\d+)$", done.stdout, re.MULTILINE)
    assert codes == ["3", "0"], done
    assert "No space left on device" in done.stderr
    assert ".mtbench.tmp" not in done.stdout
