from __future__ import annotations

import stat
from pathlib import Path

import pytest

from mtbench.config import read_corpus_card
from mtbench.corpora.formats.segments import ImportedSegment, Remarks
from mtbench.corpora.formats.writing import CorpusWriter
from mtbench.corpora.load import load, pair_files
from mtbench.errors import CardError, DataError, RequestError, Unavailable
from mtbench.files.digests import digest_file
from mtbench.languages import LanguagePair
from mtbench.types import CorpusCard
from tests.support.imports import lines

EN_IT = LanguagePair.parse("en-it")


def _segment(number: int, **more: object) -> ImportedSegment:
    values = {"id": str(number), "source": f"s{number}", "references": (f"r{number}",)} | more
    return ImportedSegment(pair=EN_IT, where=f"f:{number}", **values)  # type: ignore[arg-type]


def _write(folder: Path, *segments: ImportedSegment, **options: bool) -> None:
    with CorpusWriter(folder, Remarks(), **options) as writer:  # type: ignore[arg-type]
        for segment in segments:
            writer.add(segment)
        writer.finish(CorpusCard())


def test_files_that_are_there_are_not_replaced_unasked(tmp_path: Path) -> None:
    _write(tmp_path / "c", _segment(1))

    with pytest.raises(RequestError, match=r"en-it\.jsonl is there already"):
        _write(tmp_path / "c", _segment(2))
    assert lines(tmp_path / "c", "en-it")[0]["id"] == "1"
    _write(tmp_path / "c", _segment(2), force=True)

    assert lines(tmp_path / "c", "en-it")[0]["id"] == "2"


def test_a_second_import_keeps_what_the_card_says_and_renews_checksums(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    _write(folder, _segment(1))
    card = folder / "card.toml"
    card.write_text('title = "Mine"  # note\n' + card.read_text("utf-8"), encoding="utf-8")
    remarks = Remarks()

    with CorpusWriter(folder, remarks) as writer:
        writer.add(
            ImportedSegment(pair=LanguagePair.parse("en-de"), id="1", source="s1", where="f:1")
        )
        writer.finish(CorpusCard(title="Other", licence="none"))

    found = read_corpus_card(folder)
    assert found is not None
    assert (found.title, found.licence) == ("Mine", "none")
    assert remarks.sentences()[-1] == f"{card} is written again, without its comments"
    assert found.files == {
        name: digest_file(folder / name) for name in ("en-de.jsonl", "en-it.jsonl")
    }
    assert [len(load(file)) for file in pair_files(folder)] == [1, 1]


def test_nothing_is_left_behind_by_a_failure(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    _write(folder, _segment(1))
    before = sorted(path.name for path in folder.iterdir())
    (folder / "card.toml").write_text("title = 3\n", encoding="utf-8")

    with pytest.raises(CardError):
        _write(folder, _segment(2, outputs={"sys": "x"}), force=True)

    assert sorted(path.name for path in folder.iterdir()) == before
    assert lines(folder, "en-it")[0]["id"] == "1"


def test_numbers_replace_ids_that_are_not_unique(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"3: the id 'a' is that of .*1, too") as caught:
        _write(tmp_path / "c", _segment(1, id="a"), _segment(2), _segment(3, id="a"))
    assert caught.value.hint == "number them instead by --ids number"

    _write(tmp_path / "c", _segment(1, id="a"), _segment(2, id="a"), numbered=True)

    assert [row["id"] for row in lines(tmp_path / "c", "en-it")] == ["1", "2"]


def test_documents_that_stand_apart_are_remarked(tmp_path: Path) -> None:
    remarks = Remarks()
    with CorpusWriter(tmp_path / "c", remarks) as writer:
        for number, document in enumerate("aaba", start=1):
            writer.add(_segment(number, document=document))
        report = writer.finish(CorpusCard())

    assert report[0].documents == 2
    assert remarks.sentences() == (
        "suspicious: documents of en-it whose segments stand apart in the file",
    )


def test_a_name_for_some_references_only_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has the references A, others unnamed ones"):
        _write(tmp_path / "c", _segment(1), _segment(2, reference_names=("A",)))


def test_names_that_differ_between_files_stay_out_of_the_card(tmp_path: Path) -> None:
    remarks = Remarks()
    with CorpusWriter(tmp_path / "c", remarks) as writer:
        writer.add(_segment(1, reference_names=("A",)))
        other = LanguagePair.parse("en-de")
        writer.add(
            ImportedSegment(
                pair=other, id="1", source="s", references=("t",), reference_names=("B",)
            )
        )
        writer.finish(CorpusCard())

    card = read_corpus_card(tmp_path / "c")
    assert card is not None
    assert card.reference_names == ()
    assert "so the card names none" in remarks.sentences()[0]


def test_a_file_is_as_readable_as_any_other_new_file(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.touch()
    _write(tmp_path / "c", _segment(1))

    written = (tmp_path / "c" / "en-it.jsonl").stat().st_mode
    assert stat.S_IMODE(written) == stat.S_IMODE(plain.stat().st_mode)


def test_a_place_that_cannot_be_written_is_said_before_reading(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(Unavailable, match="cannot be written"):
        _write(tmp_path / "file" / "c", _segment(1))


def test_an_output_never_leaves_the_corpus_folder(tmp_path: Path) -> None:
    _write(tmp_path / "a" / "c", _segment(1, outputs={"../../evil": "x"}))

    names = [str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()]
    assert sorted(names) == [
        "a/c/card.toml", "a/c/en-it.jsonl", "a/c/hypotheses/evil/en-it.jsonl",
    ]  # fmt: skip
