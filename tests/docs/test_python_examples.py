"""The Python on the pages runs as it stands, and prints what the pages say."""

from __future__ import annotations

import asyncio
import contextlib
import io
import re
import shutil
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.docs.commands import ROOT
from tests.integration.conftest import space as space
from tests.support.workspace import Space

NOTEBOOK = ROOT / "docs" / "examples" / "first-look.ipynb"
_BLOCK = re.compile(
    r"^```python\n(?P<code>.*?)^```\n(?:\n<!-- output -->\n```text\n(?P<said>.*?)^```\n)?",
    re.MULTILINE | re.DOTALL,
)


@pytest.fixture
def workplace(space: Space) -> Space:
    """A folder with what the pages say that is there."""
    shutil.copytree(ROOT / "tests" / "docs" / "workspace", space.root, dirs_exist_ok=True)
    for text in re.finditer(
        r'^```text title="(raw/[ab]\.txt)"\n(.*?)^```',
        (ROOT / "README.md").read_text("utf-8"),
        re.MULTILINE | re.DOTALL,
    ):
        space.file(text[1], text[2])
    return space


@pytest.mark.parametrize("page", ["README.md", "docs/how-to/use-from-python.md"])
def test_examples_of_a_page_run(page: str, workplace: Space, monkeypatch: Any) -> None:
    text = (ROOT / page).read_text("utf-8")
    names: dict[str, Any] = {"__name__": "__main__"}
    blocks = list(_BLOCK.finditer(text))
    assert len(blocks) == (11 if page.startswith("docs") else 2)
    for block in blocks:
        line = text.count("\n", 0, block.start()) + 2
        # As a file, so that functions have a source, as those of a user have.
        file = workplace.root / f"example_{line}.py"
        file.write_text(textwrap.dedent(block["code"]), "utf-8")
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(compile(file.read_text("utf-8"), str(file), "exec"), names)  # noqa: S102
        if block["said"] is not None:
            assert said.getvalue() == block["said"], f"{page}:{line}"


def test_the_notebook_runs(workplace: Space) -> None:
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = nbclient.NotebookClient(
        notebook,
        timeout=300,
        startup_timeout=300,
        resources={"metadata": {"path": str(workplace.root)}},
    )
    with ThreadPoolExecutor(1) as apart:  # this thread may have an event loop, of a browser's
        apart.submit(lambda: asyncio.run(client.async_execute())).result()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    shown = [
        [output.get("data", {}) for output in cell.outputs if output.output_type != "stream"]
        for cell in cells
    ]
    html = "".join(data.get("text/html", "") for outputs in shown for data in outputs)
    assert "<caption>weather en-it" in html  # a leaderboard as a table
    assert "<progress" in html  # a bar, where a stage takes long
    assert html.count("<table") >= 3
    assert not any(output.output_type == "error" for cell in cells for output in cell.outputs)


def test_the_notebook_is_kept_without_outputs() -> None:
    import json

    notebook = json.loads(NOTEBOOK.read_text("utf-8"))
    assert all(not cell.get("outputs") for cell in notebook["cells"])
    assert Path(NOTEBOOK).stat().st_size < 20_000
