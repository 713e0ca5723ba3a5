"""A whole round: plan → filled form → estimate."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.workspace import Space

SYSTEMS = ("good", "poor")


@pytest.fixture
def round_(space: Space) -> Space:
    rows = [
        {"id": f"s{n}", "src": f"Source number {n}.", "ref": f"Riferimento numero {n} di tutti.",
         "doc": f"d{n // 2}"}
        for n in range(60)
    ]  # fmt: skip
    space.corpus(rows=rows)
    for name, text in (("good", "Riferimento numero {} di tutti."), ("poor", "Altro numero {}.")):
        space.file(f"{name}.txt", "".join(text.format(n) + "\n" for n in range(60)))
    models = [f"--model=hypotheses:{name}.txt" for name in SYSTEMS]
    assert space("evaluate", *models, "--metric", "chrf", "--pair", "en-it").code == 0
    return space


def plan(space: Space, *more: str) -> Path:
    answer = space(
        "human", "plan", "--corpus", "news", "--pair", "en-it", "--n", "30", "-o", "plan", *more
    )
    assert answer.code == 0, answer.err
    return space.root / "plan"


def fill(folder: Path, score: Callable[[dict[str, str]], str], leave: int = 0) -> str:
    with (folder / "form.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    path = folder.parent / "filled.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows({**row, "score": score(row)} for row in rows[: len(rows) - leave])
    return "filled.csv"


def scored(row: dict[str, str]) -> str:
    return str(80 + int(row["id"][1:]) % 7 if row["system"] == "good" else 40)


@pytest.mark.parametrize("how", ["--joint", "--per-system"])
def test_a_whole_round(round_: Space, how: str) -> None:
    folder = plan(round_, how)
    header = (folder / "plan.csv").read_text("utf-8").splitlines()[0]
    assert header == "system,id,document,source,reference,output,probability"
    answer = round_("human", "estimate", "--plan", "plan", "--human", fill(folder, scored),
                    "--format", "json")  # fmt: skip
    assert answer.code == 0, answer.err
    found = json.loads(answer.out)
    good, poor = found["systems"]
    assert (good["system"], good["n_judged"], poor["estimate"]) == ("good", 30, 40.0)
    with (folder / "plan.csv").open(encoding="utf-8", newline="") as stream:
        drawn = [row for row in csv.DictReader(stream) if row["system"] == "good"]
    mean = sum(80 + int(row["id"][1:]) % 7 for row in drawn) / 30
    # The metric gives every output of this system 100: it helps nothing, and gets no weight.
    assert (good["estimate"], good["weight"]) == (pytest.approx(mean), 0.0)
    assert good["ci_low"] < mean < good["ci_high"] and good["worth"] == pytest.approx(30)
    (pair,) = found["differences"]
    assert (pair["a"], pair["b"]) == SYSTEMS and pair["p_corrected"] < 0.001
    assert any("few" in note for note in found["notes"])
    shown = round_("human", "estimate", "--plan", "plan", "--human", "filled.csv").out
    assert "good and poor differ" in shown


def test_the_plan_is_the_same_for_a_seed(round_: Space) -> None:
    first = plan(round_)
    kept = (first / "plan.csv").read_bytes()
    first.rename(round_.root / "plan-1")
    assert (plan(round_) / "plan.csv").read_bytes() == kept
    first.rename(round_.root / "plan-2")
    assert (plan(round_, "--seed", "1") / "plan.csv").read_bytes() != kept


def test_strata_write_a_second_list_that_estimates_nothing(round_: Space) -> None:
    folder = plan(round_, "--stratify", "chrf")
    with (folder / "disagreement.csv").open(encoding="utf-8", newline="") as stream:
        assert {row["probability"] for row in csv.DictReader(stream)} == {""}
    with (folder / "plan.csv").open(encoding="utf-8", newline="") as stream:
        drawn = {tuple(row[:2]) for row in csv.reader(stream)}
    with (folder / "disagreement.csv").open(encoding="utf-8", newline="") as stream:
        picked = list(csv.reader(stream))[1:]
    stranger = next(row for row in picked if tuple(row[:2]) not in drawn)
    name = fill(folder, scored)
    with (round_.root / name).open("a", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerow([*stranger, "50"])
    answer = round_("human", "estimate", "--plan", "plan", "--human", name)
    answer.refused(1, f"{name}:62", "was not drawn")


def test_whole_documents(round_: Space) -> None:
    plan(round_, "--by", "document", "--n", "44")
    name = fill(round_.root / "plan", scored)
    answer = round_("human", "estimate", "--plan", "plan", "--human", name)
    assert answer.code == 0, answer.err
    again = round_("human", "plan", "--corpus", "news", "--pair", "en-it", "--n", "10", "--by",
                   "document", "-o", "few")  # fmt: skip
    again.refused(2, "an estimate takes 20")


def test_a_broken_design_estimates_nothing(round_: Space) -> None:
    folder = plan(round_)
    name = fill(folder, scored, leave=3)
    asked = ("human", "estimate", "--plan", "plan", "--human", name)
    round_(*asked).refused(1, "of 30 drawn segments of", "have no score")
    fill(folder, scored)
    edited = (folder / "plan.csv").read_text("utf-8").replace("s1,", "s2,", 1)
    kept = (folder / "plan.csv").read_bytes()
    (folder / "plan.csv").write_text(edited, "utf-8")
    round_(*asked).refused(1, "plan.csv", "not the rows that were drawn")
    (folder / "plan.csv").write_bytes(kept)
    round_.file("good.txt", "".join(f"Ora altro {n}.\n" for n in range(60)))
    models = [f"--model=hypotheses:{system}.txt" for system in SYSTEMS]
    assert round_("evaluate", *models, "--metric", "chrf", "--pair", "en-it").code == 0
    assert round_(*asked).code in (1, 2), "the output changed"


def test_a_plan_is_not_overwritten(round_: Space) -> None:
    plan(round_)
    again = round_(
        "human", "plan", "--corpus", "news", "--pair", "en-it", "--n", "30", "-o", "plan"
    )
    again.refused(2, "there is a plan already")
