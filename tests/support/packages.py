"""Packages that are really installed, into a folder of a test's own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest


def install(package: Path, site: Path) -> None:
    """Builds a package and installs it into a folder, with pip and without a network.

    Skips the test where the package cannot be built because its build back end is not here.
    """
    pytest.importorskip("hatchling", reason="building a package needs hatchling")
    with tempfile.TemporaryDirectory() as scratch:
        # Built from a copy: what a build leaves behind is not to lie in the source.
        source = shutil.copytree(package, Path(scratch) / package.name)
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"),
                *("--no-build-isolation", "--disable-pip-version-check"),
                *("--target", str(site), str(source)),
            ],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
