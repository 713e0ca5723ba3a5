"""Small modules with one job."""

from __future__ import annotations

import pytest

from tests.support.modules import modules

MOST_LINES = 400


@pytest.mark.parametrize("module", modules())
def test_a_module_is_small(module: str) -> None:
    lines = modules()[module].read_text(encoding="utf-8").count("\n")
    assert lines <= MOST_LINES
