"""Every command of the README and the docs runs as it stands."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.commands import ROOT, pages, steps
from tests.support.packages import install

_OWN_PACKAGE = re.compile(r"pip install \./([\w-]+)")
PAGES = [page for page in pages() if steps(page)]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_command_of_a_page_runs(page: Path, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    shutil.copytree(ROOT / "tests" / "docs" / "workspace", folder)
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HF_HUB_OFFLINE": "1",
        "MTBENCH_CACHE": str(tmp_path / "cache"),
        "HOME": str(tmp_path),
        "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path / 'site'}",
        "COLUMNS": "100",
    }
    for step in steps(page):
        if step.file is not None:
            target = folder / step.file
            assert target.resolve().is_relative_to(folder.resolve())
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(step.text, encoding="utf-8")
            continue
        if package := _OWN_PACKAGE.fullmatch(step.text):
            install(folder / package.group(1), tmp_path / "site")
            continue
        if step.text.startswith(("make ", "apt-get ", "sudo ", "pip ", "git clone", "cd ")):
            continue  # set-up: run by make itself, or not to be run by a test
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", step.text],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        said = f"{page.name}:{step.line}: {step.text}\n{done.stdout}{done.stderr}"
        assert done.returncode in step.codes, said
        assert "Traceback" not in done.stderr, said
        if step.printed is not None:
            assert step.printed in done.stdout, f"the page shows otherwise: {said}"


@pytest.mark.parametrize("module", ["word_f1.py", "glossary.py"])
def test_the_pages_on_plug_ins_show_the_example_package(module: str) -> None:
    shown = [
        s.text for page in PAGES for s in steps(page) if s.file and s.file.endswith(f"/{module}")
    ]
    assert shown == [(ROOT / "tests/plugin_example/mtbench_example" / module).read_text("utf-8")]
