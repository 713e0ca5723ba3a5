"""The pinned environment can be made by the Pythons that Debian 12 and Ubuntu 24.04 come with."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution

import pytest
from packaging.specifiers import SpecifierSet

from tests.support.modules import ROOT

PINS = dict(
    line.partition("#")[0].strip().split("==")
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    if "==" in line
)


@pytest.mark.parametrize("python", ["3.11.2", "3.12.3"])
def test_every_pin_serves_the_oldest_pythons_that_make_accepts(python: str) -> None:
    refusing = {}
    for name in PINS:
        try:
            needs = distribution(name).metadata["Requires-Python"]
        except PackageNotFoundError:
            continue  # of a build back end's own environment
        if needs and python not in SpecifierSet(needs):
            refusing[name] = needs
    assert not refusing
