"""What an import lets through is what parsers of others find in the file, and scores as sacreBLEU.

Python's own csv, json and ElementTree, openpyxl, Babel and pyarrow read each damaged file that was
taken once more; sacreBLEU counts what they find.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sacrebleu

import mtbench
from mtbench.corpora.formats.importing import ImportReport, ImportRequest, import_corpus
from tests.fuzz import recount
from tests.fuzz.in_child import tried_in_child, written
from tests.fuzz.mutants import mutants
from tests.fuzz.packed import packed_mutants
from tests.fuzz.recount import Pair, Recount, Unread
from tests.fuzz.test_more_readers import ods, parquet, po, rows, sgml, xliff, xliff2, xlsx
from tests.fuzz.test_readers import MUTANTS, PAIR, jsonl, table, tmx, wmt_xml

COUNT = MUTANTS // 3
FORMATS: dict[str, tuple[str, bytes, Recount]] = {
    "jsonl": ("x.jsonl", jsonl().encode(), recount.json_lines),
    "csv": ("x.csv", table(",").encode(), recount.table),
    "tsv": ("x.tsv", table("\t").replace('"', "").encode(), recount.table),
    "tmx": ("x.tmx", tmx().encode(), recount.tmx),
    "xliff": ("x.xlf", xliff().encode(), recount.xliff),
    "xliff2": ("x.xlf", xliff2().encode(), recount.xliff),
    "wmt-xml": ("x.xml", wmt_xml().encode(), recount.wmt_xml),
    "po": ("x.po", po().encode(), recount.po),
    "sgml": ("x-ref.sgm", sgml()[1].encode(), recount.sgml),
    "xlsx": ("x.xlsx", xlsx(), recount.xlsx),
    "ods": ("x.ods", ods(), recount.ods),
    "parquet": ("x.parquet", parquet(), recount.parquet),
}


def kept(out: Path) -> list[Pair]:
    """The corpus that was written, by Python's own parser."""
    lines = (out / "en-it.jsonl").read_text("utf-8").split("\n")
    found = [json.loads(line) for line in lines if line]
    return [(row["src"], _texts(row.get("ref", []))) for row in found]


def _texts(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def scored_alike(pairs: list[Pair], theirs: list[Pair]) -> None:
    """What we score of ours is what sacreBLEU scores of theirs."""
    if not all(len(references) == 1 for _, references in theirs):
        return
    hypotheses = [f"{source} {references[0][:20]}" for source, references in theirs]
    references = [one for _, (one,) in theirs]
    mine = [one for _, (one,) in pairs]
    found = mtbench.score(hypotheses, mine, pair="en-it", metrics=["bleu", "chrf"]).records()
    scores = {one["metric"]: one["score"] for one in found}
    bleu = sacrebleu.corpus_bleu(hypotheses, [references]).score
    assert scores["bleu"] == pytest.approx(bleu, abs=1e-9)
    chrf = sacrebleu.corpus_chrf(hypotheses, [references]).score
    assert scores["chrf"] == pytest.approx(chrf, abs=1e-9)


def recounted(
    damaged: Iterator[tuple[str, bytes]],
    path: Path,
    recount: Recount,
    take: Callable[[Path], ImportReport],
) -> Counter[int]:
    """Exits by code; each mutant that was taken is counted once more."""
    out = path.parent / "out" if path.parent.name != "set" else path.parent.parent / "out"

    def read() -> None:
        report = take(out)
        try:
            mine, theirs = kept(out), list(recount(path, report))
        except Unread:
            return
        assert mine == theirs, (mine, theirs, report.remarks)
        scored_alike(mine, theirs)

    codes = Counter(outcome.code for outcome in tried_in_child(damaged, written(path), read))
    print(path.name, dict(codes))
    return codes


def taking(*inputs: Path) -> Callable[[Path], ImportReport]:
    import shutil

    def take(out: Path) -> ImportReport:
        shutil.rmtree(out, ignore_errors=True)
        names = tuple(map(str, inputs))
        return import_corpus(ImportRequest(inputs=names, output=out, pairs=(PAIR,)))

    return take


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file(kind: str, tmp_path: Path) -> None:
    name, seed, recount = FORMATS[kind]
    path = tmp_path / name
    inputs = [path]
    if kind == "sgml":
        inputs.append(tmp_path / "x-src.sgm")
        inputs[1].write_text(sgml()[0], "utf-8")
    kinds = packed_mutants if kind in ("xlsx", "ods") else mutants
    damaged = [("whole", seed), *kinds(seed, COUNT, number=5)]
    codes = recounted(iter(damaged), path, recount, taking(*inputs))
    assert codes[0] > 3


def saved() -> dict[str, bytes]:
    """The same rows in the forms that a data set's folder may have."""
    text = "".join(json.dumps({"id": i, "src": s, "ref": r}) + "\n" for i, s, r in rows())
    quoted = "id,src,ref\n" + "".join(f'{i},"{s}","{r}"\n' for i, s, r in rows())
    return {"jsonl": text.encode(), "csv": quoted.encode(), "parquet": parquet()}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # pandas leaves it
@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_a_data_set(kind: str, tmp_path: Path) -> None:
    pytest.importorskip("datasets")
    folder = tmp_path / "set"
    folder.mkdir()
    seed = saved()[kind]
    readers = {"jsonl": recount.json_lines, "csv": recount.table, "parquet": recount.parquet}
    damaged = [("whole", seed), *mutants(seed, COUNT // 2, number=5)]
    codes = recounted(iter(damaged), folder / f"train.{kind}", readers[kind], taking(folder))
    assert codes[0] > 3


def test_a_data_set_that_was_saved(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    folder = tmp_path / "set"
    columns = zip(("id", "src", "ref"), zip(*rows(), strict=True), strict=True)
    datasets.Dataset.from_dict({k: list(v) for k, v in columns}).save_to_disk(str(folder))
    path = folder / "data-00000-of-00001.arrow"
    damaged = [("whole", path.read_bytes()), *mutants(path.read_bytes(), COUNT // 2, number=5)]
    codes = recounted(iter(damaged), path, recount.arrow, taking(folder))
    assert codes[0] > 3
