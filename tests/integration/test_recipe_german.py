"""The recipe for a German system, trained for real on a few hundred sentences.

``sil-machine`` wants other versions of what mtbench's own environment holds, so it lives in one of
its own: name the interpreter there by ``SIL_MACHINE_PYTHON``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from tests.support.modules import ROOT
from tests.support.workspace import Space

SCRIPT = ROOT / "tests" / "recipes" / "german.py"
WHO = {"Der Mann": "The man", "Die Frau": "The woman", "Das Kind": "The child", "Er": "He"}
DOES = {"sieht": "sees", "kauft": "buys", "findet": "finds", "sucht": "seeks"}
WHAT = {
    "ein Haus": "a house",
    "ein Buch": "a book",
    "ein Bild": "a picture",
    "das Auto": "the car",
    "das Schiff": "the ship",
}
WHEN = {"heute": "today", "morgen": "tomorrow", "jetzt": "now"}


@pytest.fixture(scope="module")
def python() -> str:
    found = os.environ.get("SIL_MACHINE_PYTHON", sys.executable)
    there = subprocess.run([found, "-c", "import machine, thot"], check=False, capture_output=True)
    if there.returncode != 0:
        pytest.skip("sil-machine[thot] is not installed (SIL_MACHINE_PYTHON names its Python)")
    return found


def sentences() -> list[tuple[str, str]]:
    return [
        (" ".join(pair[0] for pair in chosen) + ".", " ".join(pair[1] for pair in chosen) + ".")
        for chosen in product(*(words.items() for words in (WHO, DOES, WHAT, WHEN)))
    ]


@pytest.mark.slow
def test_a_system_is_trained_and_evaluated(python: str, space: Space) -> None:
    every = sentences()
    held_out = every[::12]
    folder = space.root / "german"
    folder.mkdir()
    for side, tag in enumerate(("de", "en")):
        lines = (pair[side] + "\n" for pair in every if pair not in held_out)
        (folder / f"train.{tag}").write_text("".join(lines), encoding="utf-8")
    recipe = [python, str(SCRIPT)]
    subprocess.run([*recipe, "train", str(folder), "de", "en", "--rounds", "3"], check=True)
    assert (folder / "de-en" / "smt.cfg").is_file()

    corpus = [{"id": f"s{n}", "src": de, "ref": en} for n, (de, en) in enumerate(held_out)]
    space.corpus("toy", "de-en", rows=corpus)
    argv = json.dumps([*recipe, "translate", str(folder), "{src}", "{tgt}"])
    space.card("smt", f'backend = "command"\npairs = ["de-en"]\n[options]\nargv = {argv}\n')
    answer = space(
        *("evaluate", "--model", "smt", "--model", "identity", "--corpus", "toy"),
        *("--metric", "bleu", "--format", "json"),
    )
    assert answer.code == 0, answer
    scores = {
        row["system"]: row["cells"]["bleu"]["score"] for row in answer.json["tables"][0]["rows"]
    }
    assert scores["smt"] > 60 > 10 > scores["identity"]
    outputs = Path("results/toy/de-en/smt/output.jsonl").read_text("utf-8").splitlines()
    assert len(outputs) == len(held_out)
