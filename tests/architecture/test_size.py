"""Small modules with one job."""

from __future__ import annotations

from tests.support.modules import modules

MOST_LINES = 400


def test_modules_are_small() -> None:
    sizes = {name: path.read_text("utf-8").count("\n") for name, path in modules().items()}
    assert not {name: lines for name, lines in sizes.items() if lines > MOST_LINES}
