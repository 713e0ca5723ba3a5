"""Every command of the README and the docs runs as it stands."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.docs.commands import ROOT, Step, pages, steps
from tests.support.packages import install
from tests.support.server import Asked, Say, Server, chat_answer, shout

CHAT, LIBRETRANSLATE = "http://localhost:8000", "http://localhost:5000"  # as the pages have them
LANGUAGES = ("en", "de", "it", "fr")
_OWN_PACKAGE = re.compile(r"pip install \./([\w-]+)")
PAGES = [page for page in pages() if steps(page)]


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, str]]:
    """Servers where the pages say that some are: address on a page → address here."""

    def chat(asked: Asked) -> Say:
        if asked.path == "/v1/models":
            return Say({"data": [{"id": "some-model"}]})
        return chat_answer(shout(asked.body["messages"]))

    def libretranslate(asked: Asked) -> Say:
        if asked.path == "/languages":
            return Say([{"code": c, "name": c, "targets": LANGUAGES} for c in LANGUAGES])
        return Say({"translatedText": asked.body["q"].upper()})

    with Server(chat) as one, Server(libretranslate) as other:
        yield {CHAT: one.url, LIBRETRANSLATE: other.url}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_command_of_a_page_runs(page: Path, tmp_path: Path, servers: dict[str, str]) -> None:
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
    for written in steps(page):
        step = _at(written, servers)
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


def _at(step: Step, servers: dict[str, str]) -> Step:
    """A step that asks the servers of this test."""
    text = step.text
    for address, here in servers.items():
        text = text.replace(address, here)
    return replace(step, text=text)


@pytest.mark.parametrize("module", ["word_f1.py", "glossary.py"])
def test_the_pages_on_plug_ins_show_the_example_package(module: str) -> None:
    shown = [
        s.text for page in PAGES for s in steps(page) if s.file and s.file.endswith(f"/{module}")
    ]
    assert shown == [(ROOT / "tests/plugin_example/mtbench_example" / module).read_text("utf-8")]
