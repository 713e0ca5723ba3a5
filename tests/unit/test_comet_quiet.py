"""Nothing of COMET's stack reaches the terminal or stays in the logging set-up."""

from __future__ import annotations

import logging
import warnings

import pytest

from mtbench.metrics.comet.quiet import quiet


def test_logging_and_warnings_are_contained(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    before = (list(root.handlers), root.level, logging.root.manager.disable)
    with quiet():
        logging.basicConfig(level=logging.DEBUG, format="%(message)s", force=True)
        logging.getLogger("comet").error("loud")
        warnings.warn("noise", stacklevel=1)
    assert (list(root.handlers), root.level, logging.root.manager.disable) == before
    logging.getLogger("mtbench").warning("heard")
    assert caplog.messages == ["heard"]
    assert "loud" not in "".join(capfd.readouterr())


def test_an_error_inside_leaves_logging_as_it_was() -> None:
    with pytest.raises(ValueError, match="inside"), quiet():
        raise ValueError("inside")
    assert logging.root.manager.disable == 0
