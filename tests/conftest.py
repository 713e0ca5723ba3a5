"""Fixtures that many tests share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"

# A proxy of the surroundings has no business with servers and pages of this machine.
for _name in [name for name in os.environ if name.lower().endswith("_proxy")]:
    del os.environ[_name]

# Comparing COMET with unbabel-comet takes seconds per checkpoint: its own tests turn it on.
os.environ.setdefault("MTBENCH_COMET_PYTHON", "off")

# The same examples in every run, so that a commit passes or fails for what it changes; `searching`
# draws others each time, or those of --hypothesis-seed.
settings.register_profile("searching", max_examples=500, deadline=None, print_blob=True)
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("quick", settings.get_profile("same"), max_examples=20)
settings.load_profile("same")


WITH_WEIGHTS = frozenset({"tiny_comet"})


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What loads a checkpoint is not in ``make quick``: importing torch alone takes seconds."""
    for item in items:
        if WITH_WEIGHTS.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)


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


@pytest.fixture(scope="session")
def tiny_comet(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Tiny COMET checkpoints: kind → checkpoint file, each built once for all tests of a run."""
    pytest.importorskip("torch").set_num_threads(1)  # tiny models lose by more, on a busy machine
    from tests.support import tiny_comet as support

    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "tiny-comet"
    folder.mkdir(exist_ok=True)

    def checkpoint(kind: str) -> Path:
        with FileLock(folder / "lock"):
            file = folder / kind / "checkpoints" / "model.ckpt"
            return file if file.is_file() else support.build(folder, kind)

    return checkpoint
