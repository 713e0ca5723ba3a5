"""``models new`` offers each back end: the card it writes names every option, and is one."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from mtbench.cli.models_new import new
from mtbench.config import find_system
from mtbench.plugins import BACKENDS

TARGETS = {
    "amazon": "eu-central-1",
    "apertium": "en-ca-it",
    "azure": "westeurope",
    "command": "tr a-z A-Z",
    "ct2": "FOLDER",
    "deepl": "",
    "google": "",
    "hf": "Helsinki-NLP/opus-mt-en-de",
    "hypotheses": "out.de",
    "identity": "",
    "libretranslate": "http://localhost:5000",
    "modernmt": "",
    "openai": "gpt-5-mini",
}


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_a_card_names_every_option(name: str, tmp_path: Path) -> None:
    made = CliRunner().invoke(new, ["mine", f"{name}:{TARGETS.get(name, '')}", "-o", str(tmp_path)])
    assert made.exit_code == 0, made.output
    text = (tmp_path / "mine.toml").read_text()
    assert find_system(str(tmp_path / "mine.toml"), ()).backend == name
    for option in BACKENDS.get(name).Options.model_fields:
        assert f"{option} = " in text or f"{option} =\n" in text or option == "price", option
