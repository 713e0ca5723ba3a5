"""Outputs whose long translations were cut: said as a trend, which no single one shows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mtbench.cli.main import run
from mtbench.text.cut import find_cut
from tests.bench.health import TAGS, TEXTS
from tests.support.wmt22 import PAIRS, lines_of, outputs_of, reference_of

SAID = "the longer a segment, the less of it is translated"
LINES = [
    f"In the year {1900 + n} there stood {'an old oak and ' * (1 + n % 10)}a mill by the river."
    for n in range(80)
]


def test_an_output_with_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, lines in {
        "ref.txt": LINES,
        "good.txt": [line.replace("there stood", "one saw") for line in LINES],
        "cut.txt": [line if len(line) <= 110 else f"{line[:109]}." for line in LINES],
    }.items():
        Path(name).write_text("\n".join(lines) + "\n", "utf-8")
    asked = ["--hypotheses", "cut.txt", "--hypotheses", "good.txt", "--metric", "chrf"]
    files = ["--reference", "ref.txt", "--pair", "de-en", "--results", "results"]
    assert run(["score", *asked, *files]) == 0
    shown = capsys.readouterr()
    assert SAID in shown.err and "none more than 110 characters" in shown.err
    assert SAID in shown.out
    kept = {
        path.parent.name.split("-")[0]: json.loads(path.read_text("utf-8"))
        for path in Path("results").glob("ref/de-en/*/health.json")
    }
    assert kept["good"]["notes"] == [] and SAID in kept["cut"]["notes"][0]


@pytest.mark.parametrize("pair", PAIRS)
def test_no_output_of_wmt22_is_called_cut(wmt22: Path, pair: str) -> None:
    references = reference_of(wmt22, pair)
    source, target = pair.split("-")
    sources = lines_of(wmt22 / "sources" / f"generaltest2022.{pair}.src.{source}")
    for name, texts in (*outputs_of(wmt22, pair).items(), ("reference", references)):
        assert find_cut(texts, references) is None, name
        assert find_cut(texts, sources) is None, name
    assert find_cut([text[:120] for text in references], sources) is not None, target


@pytest.mark.skipif(not TEXTS.is_dir(), reason="NTREX-128 does not lie beside the checkout")
def test_no_translation_of_ntrex_is_called_cut() -> None:
    sources = lines_of(TEXTS / "eng.txt")[:700]
    for name in TAGS:
        texts = lines_of(TEXTS / f"{name}.txt")[:700]
        assert find_cut(texts, sources) is None, name
        half = sorted(map(len, texts))[len(texts) // 2]
        assert find_cut([text[:half] for text in texts], sources) is not None, name
