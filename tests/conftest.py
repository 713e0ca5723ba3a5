"""Fixtures that many tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def wmt22() -> Path:
    """The WMT22 French-German data, which is not ours to republish."""
    folder = SHARED / "wmt22"
    if not folder.is_dir():
        pytest.skip(f"no WMT22 data in {folder}")
    return folder


@pytest.fixture(scope="session")
def seeds() -> Path:
    """The raw source documents of the bundled corpus."""
    folder = SHARED / "seeds"
    if not folder.is_dir():
        pytest.skip(f"no source documents in {folder}")
    return folder
