"""The bundled corpus is what its source documents give."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtbench.cli.main import run
from mtbench.documents.build import build_corpus
from mtbench.documents.records import BuildOptions
from tests.support.china_blockchain import CARD

BUNDLED = Path(__file__).resolve().parents[2] / "corpora" / "china-blockchain"
COUNTS = {"en-de.jsonl": 7, "en-fr.jsonl": 10, "en-it.jsonl": 7, "it-de.jsonl": 7}


@pytest.mark.parametrize("backwards", [False, True])
def test_it_is_built_anew_to_the_byte_in_any_order(seeds: Path, backwards: bool) -> None:
    documents = sorted(seeds.glob("*.txt"), reverse=backwards)
    built = build_corpus(documents, BuildOptions(card=CARD))
    stored = {path.name: path.read_text(encoding="utf-8") for path in BUNDLED.iterdir()}
    assert built.files == stored


def test_the_command_gives_the_same_segments(
    seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    documents = [str(path) for path in sorted(seeds.glob("*.txt"))]
    assert run(["corpus", "build", *documents, "-o", str(tmp_path / "made")]) == 0
    for name, count in COUNTS.items():
        made = (tmp_path / "made" / name).read_bytes()
        assert made == (BUNDLED / name).read_bytes()
        assert made.count(b"\n") == count
    assert not list((tmp_path / "made").glob("*fr-*"))
    capsys.readouterr()
    assert run(["corpus", "build", documents[0], "-o", str(tmp_path / "none")]) == 2
    assert "translations of each other" in capsys.readouterr().err


def test_another_corpus_is_never_replaced_unasked(
    seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "en-it.jsonl").write_text('{"id": "1", "src": "a", "ref": "b"}\n')
    documents = [str(path) for path in sorted(seeds.glob("*.txt"))]
    assert run(["corpus", "build", *documents, "-o", str(folder)]) == 2
    assert "--force" in capsys.readouterr().err
    assert (folder / "en-it.jsonl").read_text() == '{"id": "1", "src": "a", "ref": "b"}\n'
