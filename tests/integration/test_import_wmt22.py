"""The XML of a shared task against the plain-text files that were published beside it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from mtbench.cli.main import run
from mtbench.corpora.formats.importing import ImportReport
from mtbench.corpora.load import load, pair_files
from mtbench.files.writing import read_lines
from mtbench.types import TestSet
from tests.support.imports import take

# grep -c '<doc ' wmttest2022.*.all.xml; wc -l sources/*
COUNTS = {"de-fr": (271, 1984, 6), "fr-de": (285, 2006, 7)}


@pytest.fixture(scope="module")
def imported(wmt22: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ImportReport]:
    folder = tmp_path_factory.mktemp("corpora") / "wmt22"
    return folder, take(folder, *sorted(wmt22.glob("*.xml")))


def _lines(path: Path) -> list[str]:
    return [text for _, text in read_lines(path)]


def _sets(folder: Path) -> dict[str, TestSet]:
    return {str(file.pair): load(file) for file in pair_files(folder)}


def test_counts_of_documents_segments_references_and_systems(
    imported: tuple[Path, ImportReport],
) -> None:
    _, report = imported

    assert report.format == "wmt-xml"
    (remark,) = report.remarks  # the test suites' segments come again
    assert "repeat the source and references of an earlier one" in remark and ": 36 (" in remark
    for file in report.files:
        documents, segments, systems = COUNTS[str(file.pair)]
        assert (file.documents, file.segments, len(file.systems)) == (documents, segments, systems)
        assert (file.references, file.reference_names) == (1, ("A",))
        assert set(file.systems.values()) == {segments}


def test_sources_and_references_are_those_of_the_text_files(
    imported: tuple[Path, ImportReport], wmt22: Path
) -> None:
    for pair, test_set in _sets(imported[0]).items():
        source, target = pair.split("-")
        stem = f"generaltest2022.{pair}"
        assert [s.text for s in test_set.sources] == _lines(
            wmt22 / "sources" / f"{stem}.src.{source}"
        )
        assert [texts[0] for texts in test_set.references] == _lines(
            wmt22 / "references" / f"{stem}.ref.A.{target}"
        )
        assert set(test_set.domains) == {"conversation", "ecommerce", "news", "social"}
        assert set(test_set.original_languages) == {source}


def test_outputs_of_all_systems_are_those_of_the_text_files(
    imported: tuple[Path, ImportReport], wmt22: Path
) -> None:
    files = sorted((wmt22 / "system-outputs").iterdir())
    ids = {pair: list(test_set.ids) for pair, test_set in _sets(imported[0]).items()}

    for path in files:
        _, pair, _, system, _ = path.name.split(".")
        taken = imported[0] / "hypotheses" / system / f"{pair}.jsonl"
        rows = [json.loads(text) for text in _lines(taken)]
        assert [row["mt"] for row in rows] == _lines(path)
        assert [row["id"] for row in rows] == ids[pair]

    assert len(files) == 13


def test_imported_outputs_score_as_published(
    imported: tuple[Path, ImportReport],
    wmt22: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """BLEU and chrF of a few systems, one of them in both directions, to six decimals."""
    with (wmt22 / "automatic-scores.tsv").open(encoding="utf-8", newline="") as stream:
        published = {
            (row["pair"], row["system"], row["metric"]): float(row["score"])
            for row in csv.DictReader(stream, delimiter="\t")
        }
    folder = imported[0] / "hypotheses"
    models = [f"--model=hypotheses:{folder / name}" for name in ("Online-W", "eTranslation")]

    code = run(
        ["evaluate", *models, "--corpus", str(imported[0]), "--metric", "bleu", "--metric", "chrf",
         "--results", str(tmp_path / "results"), "--format", "csv", "-q"]
    )  # fmt: skip

    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert code == 0
    assert [(row["src"], row["system"]) for row in rows] == [
        ("de", "Online-W"), ("fr", "Online-W"), ("fr", "eTranslation"),
    ]  # fmt: skip
    for row in rows:
        for metric in ("bleu", "chrf"):
            known = published[f"{row['src']}-{row['tgt']}", row["system"], f"{metric}-all"]
            assert float(row[metric]) == pytest.approx(known, abs=1e-6)


def test_the_same_files_give_the_same_bytes(
    imported: tuple[Path, ImportReport], wmt22: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again"
    take(again, *sorted(wmt22.glob("*.xml")))

    names = sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    assert len(names) == 3 + 13
    for name in names:
        assert (again / name).read_bytes() == (imported[0] / name).read_bytes()
