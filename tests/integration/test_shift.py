"""A line that was lost is found from the texts, and said with its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mtbench.cli.main import run
from mtbench.text.shift import ShiftFinder, find_shift
from tests.bench.health import TAGS, TEXTS
from tests.support.wmt22 import PAIRS, outputs_of, reference_of

TREES = "alder birch cedar elder fir grape hazel ivy juniper larch maple oak pine rowan"
WORDS = TREES.split()


def sentence(number: int) -> str:
    """One of many that differ in most words."""
    chosen = [WORDS[(number * k + k * k) % len(WORDS)] for k in (1, 3, 5, 9)]
    return f"In the year {1900 + number} there stood {' and '.join(chosen)} by house {number * 7}."


LINES = [sentence(number) for number in range(40)]


def test_an_output_that_lost_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, lines in {
        "src.txt": LINES,
        "ref.txt": [line.replace("stood", "was") for line in LINES],
        "good.txt": [line.replace("year", "spring") for line in LINES],
        "hyp.txt": [*LINES[:15], *LINES[16:], "And so it ended."],
    }.items():
        Path(name).write_text("\n".join(lines) + "\n", "utf-8")
    files = ["--source", "src.txt", "--reference", "ref.txt", "--pair", "en-en"]
    asked = ["--hypotheses", "hyp.txt", "--hypotheses", "good.txt", "--metric", "chrf"]
    assert run(["score", *files, *asked, "--results", "results"]) == 0
    shown = capsys.readouterr()
    assert "from segment '16' to '39'" in shown.err and "hyp" in shown.err
    assert "good on" not in shown.err
    assert "fit the next segment better" in shown.out


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ("en-ru", ()),
        ("ru-en", ("sources", "references")),
        ("en-ja", ("references",)),
        ("en-bg", ()),  # a relative
    ],
)
def test_a_pair_that_is_not_that_of_the_texts(
    pair: str,
    said: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    russian = [f"Сегодня утром мэр открыл новый мост номер {n} через реку." for n in range(9)]
    for name, lines in {"src.txt": LINES[:9], "ref.txt": russian, "hyp.txt": russian}.items():
        Path(name).write_text("\n".join(lines) + "\n", "utf-8")
    files = ["--source", "src.txt", "--reference", "ref.txt", "--hypotheses", "hyp.txt"]
    assert run(["score", *files, "--pair", pair, "--metric", "chrf"]) == 0
    shown = capsys.readouterr()
    for side in ("sources", "references"):
        words = f"most {side} of the test set are written in"
        assert (words in shown.out) == (words in shown.err) == (side in said)


@pytest.mark.parametrize(("lost", "place"), [("src", 16), ("ref", 16)])
def test_a_corpus_that_lost_a_line(
    lost: str, place: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    columns = {"src": LINES, "ref": [line.replace("house", "Haus") for line in LINES]}
    columns[lost] = [*columns[lost][:15], *columns[lost][16:], "And so it ended."]
    rows = [
        {"id": str(n), "src": s, "ref": r}
        for n, (s, r) in enumerate(zip(columns["src"], columns["ref"], strict=True))
    ]
    path = tmp_path / "en-de.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    assert run(["corpus", "validate", str(path)]) == 1
    assert f"en-de.jsonl:{place}: " in capsys.readouterr().out


def test_repeated_lines_are_no_shift() -> None:
    same = ["Yes, of course."] * 60
    assert find_shift(same, same, ("en", "en")) is None
    finder = ShiftFinder("en", "de")
    assert finder.found() is None


@pytest.mark.parametrize("pair", PAIRS)
def test_no_false_alarm_on_the_outputs_of_wmt22(wmt22: Path, pair: str) -> None:
    target = pair.split("-")[1]
    reference = reference_of(wmt22, pair)
    for texts in outputs_of(wmt22, pair).values():
        assert find_shift(texts, reference, (target, target)) is None


@pytest.mark.skipif(not TEXTS.is_dir(), reason="NTREX-128 is not beside the checkout")
def test_shifts_between_languages_are_found_and_none_is_invented() -> None:
    english = (TEXTS / "eng.txt").read_text("utf-8").split("\n")[:700]
    found = 0
    for name, tag in TAGS.items():
        texts = (TEXTS / f"{name}.txt").read_text("utf-8").split("\n")[:700]
        assert find_shift(english, texts, ("en", tag)) is None
        shift = find_shift(english, [*texts[:400], *texts[401:], ""], ("en", tag))
        found += shift is not None and shift.offset == -1 and abs(shift.first - 400) <= 12
    assert found >= 0.9 * len(TAGS)
