"""``mtbench completion install``: which files it writes, once."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from mtbench.cli.main import run


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "ZDOTDIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SHELL", "/bin/bash")
    return tmp_path


@pytest.mark.parametrize(
    ("shell", "files"),
    [
        ("bash", [".local/share/mtbench/completion.bash", ".bashrc"]),
        ("zsh", [".local/share/mtbench/completion.zsh", ".zshrc"]),
        ("fish", [".config/fish/completions/mtbench.fish"]),
    ],
)
def test_it_writes_each_file_once_and_says_which(
    shell: str, files: list[str], home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["completion", "install", "--shell", shell]) == 0
    said = capfd.readouterr().err
    before = {name: (home / name).read_bytes() for name in files}
    assert [
        line for name in files for line in [f"{home / name}: written"] if line not in said
    ] == []
    assert run(["completion", "install", "--shell", shell]) == 0
    assert capfd.readouterr().err.count("there already") == len(files)
    assert {name: (home / name).read_bytes() for name in files} == before


def test_what_stood_in_the_start_up_file_stays(home: Path) -> None:
    """Bytes that are no UTF-8, a missing last newline, the mode, and a link among it."""
    (home / "dotfiles").mkdir()
    real = home / "dotfiles" / "bashrc"
    real.write_bytes(b"alias l=ls # caf\xe9")
    real.chmod(0o600)
    (home / ".bashrc").symlink_to(real)
    assert run(["completion", "install"]) == 0
    assert run(["completion", "install"]) == 0
    assert (home / ".bashrc").is_symlink()
    lines = real.read_bytes().splitlines()
    assert lines[0] == b"alias l=ls # caf\xe9"
    assert len(lines) == 2
    assert real.stat().st_mode & 0o777 == 0o600


def test_show_writes_nothing(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", "install", "--shell", "zsh", "--show"]) == 0
    assert "#compdef mtbench" in capfd.readouterr().out
    assert list(home.iterdir()) == []


def test_a_shell_that_is_not_served(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHELL", "/bin/tcsh")
    assert run(["completion", "install"]) == 2
    assert "--shell bash, zsh or fish" in capfd.readouterr().err


def test_a_start_up_file_that_cannot_be_written(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (home / ".bashrc").mkdir()
    assert run(["completion", "install"]) == 3
    assert ".bashrc" in capfd.readouterr().err


def test_bash_completes_with_it(home: Path) -> None:
    """A real bash reads its start-up file and knows the function for mtbench."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash on this machine")
    assert run(["completion", "install", "--shell", "bash"]) == 0
    done = subprocess.run(
        [bash, "--norc", "-c", f". {home / '.bashrc'}; complete -p mtbench"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "mtbench" in done.stdout, done.stderr
