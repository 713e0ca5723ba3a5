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
    assert "p < 0.001 (Holm)" in shown
    assert "p = 0.0000" not in shown


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
    made = (folder / "plan.json").read_text("utf-8")
    (folder / "plan.json").write_text(made.replace('"good"', '"gone"'), "utf-8")
    round_(*asked).refused(2, "plan.json: ", "'gone'")
    (folder / "plan.json").write_text(made, "utf-8")
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


def test_a_sheet_is_a_form_too(round_: Space) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    folder = plan(round_, "--form", "xlsx")
    assert not (folder / "form.csv").exists()
    book = openpyxl.load_workbook(folder / "form.xlsx")
    (sheet,) = book.worksheets
    names = [cell.value for cell in sheet[1]]
    where = {name: at for at, name in enumerate(names)}
    for row in sheet.iter_rows(min_row=2):
        values = {name: str(row[at].value or "") for name, at in where.items()}
        row[where["score"]].value = float(scored(values))
    book.save(round_.root / "filled.xlsx")
    by_sheet = round_("human", "estimate", "--plan", "plan", "--human", "filled.xlsx",
                      "--format", "json")  # fmt: skip
    assert by_sheet.code == 0, by_sheet.err
    with (folder / "plan.csv").open(encoding="utf-8", newline="") as stream:
        drawn = list(csv.DictReader(stream))
    lines = [f"{row['id']},{row['system']},{scored(row)}" for row in drawn]
    round_.file("filled.csv", "id,system,score\n" + "\n".join(lines) + "\n")
    by_csv = round_("human", "estimate", "--plan", "plan", "--human", "filled.csv",
                    "--format", "json")  # fmt: skip
    first, second = json.loads(by_sheet.out), json.loads(by_csv.out)
    assert first["systems"] == second["systems"]
    sheet["A1"].value = "name"
    book.save(round_.root / "other.xlsx")
    round_("human", "estimate", "--plan", "plan", "--human", "other.xlsx").refused(
        1, "other.xlsx:segments:1: no column system"
    )


def test_a_campaign_for_pearmut_and_its_annotations(round_: Space) -> None:
    folder = plan(round_, "--form", "pearmut", "--form", "csv", "--users", "2")
    campaign = json.loads((folder / "form.json").read_text("utf-8"))
    assert campaign["info"] == {"assignment": "single-stream", "protocol": "ESA", "users": 2}
    items = [item for document in campaign["data"] for item in document]
    assert len(items) == 30 and all(set(item["tgt"]) == set(SYSTEMS) for item in items)
    assert len(campaign["data"]) < 30  # some documents have both of their segments drawn
    lines = [
        {
            "item": document,
            "annotation": [
                {
                    system: {"score": float(scored({"id": one["mtbench"]["id"], "system": system}))}
                    for system in SYSTEMS
                }
                for one in document
            ],
        }
        for document in campaign["data"]
    ]
    round_.file("back.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    answer = round_("human", "estimate", "--plan", "plan", "--human", "back.jsonl")
    assert answer.code == 0, answer.err
    assert "good and poor differ" in answer.out
