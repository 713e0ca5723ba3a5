"""The WMT22 French-German systems as a corpus and hypotheses, made where the data is at hand."""

from __future__ import annotations

import contextlib
import csv
import functools
import io
import json
import tempfile
from pathlib import Path

from lxml import etree

from mtbench.cli.main import run

PAIRS = (("de", "fr"), ("fr", "de"))


def write_corpus(data: Path, folder: Path) -> Path:
    """The two test sets with reference A and documents, as corpus files.

    Args:
        data: Folder of the WMT22 data.
        folder: Where to make the corpus.
    """
    corpus = folder / "wmt22"
    corpus.mkdir(parents=True)
    for src, tgt in PAIRS:
        stem = f"generaltest2022.{src}-{tgt}"
        sources = _lines(data / "sources" / f"{stem}.src.{src}")
        references = _lines(data / "references" / f"{stem}.ref.A.{tgt}")
        labels = documents(data, src, tgt)
        rows = zip(sources, references, labels, strict=True)
        lines = [
            json.dumps({"id": f"{doc}/{seg}", "src": source, "ref": reference, "doc": doc})
            for source, reference, (doc, seg) in rows
        ]
        (corpus / f"{src}-{tgt}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return corpus


def documents(data: Path, src: str, tgt: str) -> list[tuple[str, str]]:
    """For each segment, its document and its number in it."""
    tree = etree.parse(data / f"wmttest2022.{src}-{tgt}.all.xml")
    return [
        (doc.get("id", ""), seg.get("id", ""))
        for doc in tree.iter("doc")
        for side in doc.findall("src")
        for seg in side.iter("seg")
    ]


def outputs(data: Path, src: str, tgt: str) -> list[Path]:
    """Files of the systems' outputs."""
    return sorted((data / "system-outputs").glob(f"generaltest2022.{src}-{tgt}.hyp.*.{tgt}"))


@functools.cache
def evaluate_wmt22(data: Path) -> list[dict[str, str]]:
    """Rows of the leaderboard of all systems, by BLEU and chrF."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        corpus = write_corpus(data, folder)
        for src, tgt in PAIRS:
            models = [f"--model=hypotheses:{path}" for path in outputs(data, src, tgt)]
            where = ["--corpus", str(corpus), "--pair", f"{src}-{tgt}"]
            what = [
                "--metric",
                "bleu",
                "--metric",
                "chrf",
                "--sort",
                "chrf",
                "--format",
                "csv",
                "-q",
            ]
            with contextlib.redirect_stdout(io.StringIO()):
                code = run(["evaluate", *models, *where, *what, f"--results={folder / 'results'}"])
            if code:
                raise SystemExit(f"evaluate ended with {code}")
        with (folder / "results" / "leaderboard.csv").open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
