"""An output that is the reference, in whole or in part: said wherever its scores are shown."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from mtbench.cli.main import run
from mtbench.health.likeness import find_likeness
from tests.bench.health import WMT24
from tests.support.wmt22 import PAIRS, lines_of, outputs_of, reference_of

SAID = "segments with a reference of 12 words or more are it, letter for letter"
REFERENCES = [
    f"Im Jahr {1900 + n} stand am Ufer des Flusses eine alte Mühle, die {n} Säcke am Tag mahlte."
    for n in range(60)
]
OTHERS = [
    f"Anno {1900 + n} befand sich am Flussufer eine alte Mühle mit {n} gemahlenen Säcken je Tag."
    for n in range(60)
]
SOURCES = [
    f"In the year {1900 + n} an old mill stood by the river, which ground {n} sacks each day."
    for n in range(60)
]


def score_three() -> None:
    """The results of a system, of the reference, and of one that is half of it."""
    half = [REFERENCES[n] if n % 2 else OTHERS[n] for n in range(60)]
    columns = {"src": SOURCES, "ref": REFERENCES, "good": OTHERS, "whole": REFERENCES, "half": half}
    columns["again"] = REFERENCES
    for name, lines in columns.items():
        Path(f"{name}.txt").write_text("\n".join(lines) + "\n", "utf-8")
    asked = ["--hypotheses", "good.txt", "whole.txt", "half.txt", "again.txt", "--metric", "chrf"]
    files = ["--source", "src.txt", "--reference", "ref.txt", "--pair", "en-de"]
    assert run(["score", *asked, *files, "--name", "mills", "--results", "results"]) == 0


def test_it_stands_in_every_view(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    score_three()
    shown = capsys.readouterr()
    for text in (shown.out, shown.err):
        assert f"60 of the 60 {SAID}" in text and f"30 of the 60 {SAID}" in text
        assert "good: " not in text and "good on" not in text
    assert f"\nagain, whole: 60 of the 60 {SAID}" in shown.out  # once, with both
    assert f"whole, again on mills/en-de: 60 of the 60 {SAID}" in shown.err
    assert "60 that are the reference itself" in shown.out

    for style in ("table", "md", "json"):
        assert run(["leaderboard", "results", "--format", style]) == 0
        assert f"60 of the 60 {SAID}" in capsys.readouterr().out
    assert run(["leaderboard", "results", "--health", "--format", "json"]) == 0
    (table,) = json.loads(capsys.readouterr().out)
    counts = {one["system"]: one["counts"]["reference"] for one in table["systems"]}
    assert counts == {"good": 0, "whole": 60, "again": 60, "half": 30}
    assert {one["flagged"] for one in table["systems"]} == {0}  # no fault of the segments

    assert run(["leaderboard", "results", "--suspicion"]) == 0
    assert f"30 of the 60 {SAID}" in capsys.readouterr().out
    assert run(["segments", "results", "--flag", "reference", "--format", "jsonl"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(found) == 150 and all("reference" in one["flags"] for one in found)
    assert run(["compare", "results", "results"]) == 0
    assert "mills/en-de: again (old), whole (old), again (new), whole (new): 60 of" in (
        capsys.readouterr().out
    )
    assert run(["report", "results", "-o", "page"]) == 0
    page = "".join(path.read_text("utf-8") for path in Path("page").rglob("*.html"))
    assert f"60 of the 60 {SAID}" in page


def test_short_texts_only_where_most_are_it() -> None:
    short = [f"Datei {n} wird nun gespeichert" for n in range(40)]
    others = [f"Speichere jetzt die Datei {n}" for n in range(40)]
    references = [(one,) for one in short]
    some = [*short[:15], *others[15:]]
    assert find_likeness([""] * 40, some, references) is None
    found = find_likeness([""] * 40, short, references)
    assert found is not None and (len(found.same), found.words) == (40, 4)


def test_what_the_reference_takes_over_from_the_source_tells_nothing() -> None:
    # Two varieties of one language: most of a text stays as it is.
    assert find_likeness(REFERENCES, REFERENCES, [(one,) for one in REFERENCES]) is None
    assert find_likeness(SOURCES, REFERENCES, [(one,) for one in REFERENCES]) is not None


def test_blanks_marks_and_capitals_do_not_matter() -> None:
    chinese = [
        f"在一九{n:02d}年，河边有一座古老的磨坊，每天磨{n}袋面粉，直到大水把它冲走为止"
        for n in range(40)
    ]
    for texts in (REFERENCES, chinese):
        references = [(text,) for text in texts]
        for change in (" {} ", "{}。", "»{}«", "{}\u00a0…"):
            changed = [change.format(text.upper()) for text in texts]
            found = find_likeness([""] * len(texts), changed, references)
            assert found is not None and len(found.same) == len(texts), change


def test_an_output_of_failures_is_no_reference() -> None:
    assert find_likeness(SOURCES, [None] * 60, [(one,) for one in REFERENCES]) is None
    assert find_likeness(SOURCES, [""] * 60, [()] * 60) is None


Column = tuple[str, list[str], list[str], dict[str, list[str]]]


def columns(wmt22: Path) -> Iterator[Column]:
    """Test set, sources, references and outputs of 35 real systems."""
    for pair in PAIRS:
        sources = lines_of(wmt22 / "sources" / f"generaltest2022.{pair}.src.{pair[:2]}")
        yield pair, sources, reference_of(wmt22, pair), outputs_of(wmt22, pair)
    for folder in (WMT24 / "en-ru", WMT24 / "en-zh", WMT24.parent / "wmt21-zh-en"):
        if folder.is_dir():
            sources, references = (lines_of(folder / f"{n}.txt") for n in ("source", "reference"))
            outputs = {path.stem: lines_of(path) for path in (folder / "systems").iterdir()}
            yield folder.name, sources, references, outputs


def test_no_real_system_is_the_reference_and_a_leak_is(wmt22: Path) -> None:
    for name, sources, texts, outputs in columns(wmt22):
        references = [(text,) for text in texts]
        for system, output in outputs.items():
            assert find_likeness(sources, output, references) is None, (name, system)
        some = sorted(random.Random(7).sample(range(len(texts)), 3 * len(texts) // 10))
        leaked = list(next(iter(outputs.values())))
        for at in some:
            leaked[at] = texts[at]
        found = find_likeness(sources, leaked, references)
        assert found is not None and len(found.same) > len(some) / 2, name
