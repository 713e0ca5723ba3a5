"""sacreBLEU's own code on small sets that come from files of this machine."""

from __future__ import annotations

import hashlib
import tarfile
import threading
from pathlib import Path
from typing import Any

import pytest
from sacrebleu.dataset import DATASETS
from sacrebleu.dataset.plain_text import PlainTextDataset
from sacrebleu.dataset.wmt_xml import WMTXMLDataset

from mtbench.errors import Unavailable, UnknownName
from tests.support.imports import lines, take

XML = """<dataset id="t"><doc id="d1" origlang="en" domain="news">
<src lang="en"><p><seg id="1">One</seg><seg id="2">Two</seg></p></src>
<ref lang="de" translator="A"><p><seg id="1">Eins</seg><seg id="2">Zwei</seg></p></ref>
<ref lang="de" translator="B"><p><seg id="1">1</seg><seg id="2">2</seg></p></ref>
<hyp lang="de" system="S"><p><seg id="1">x</seg><seg id="2">y</seg></p></hyp>
</doc></dataset>
"""


def _place(dataset: Any, folder: Path) -> Any:
    """Where sacreBLEU keeps it, which is fixed when sacreBLEU is imported."""
    dataset._outdir, dataset._rawdir = str(folder), str(folder / "raw")
    return dataset


def test_references_documents_and_domains_come_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t.xml").write_text(XML, encoding="utf-8")
    dataset = WMTXMLDataset(
        "tiny",
        data=[(tmp_path / "t.xml").as_uri()],
        langpairs={"en-de": ["tiny.t.xml"]},
        refs=["A"],
    )
    monkeypatch.setitem(DATASETS, "tiny", _place(dataset, tmp_path / "sacrebleu"))

    report = take(tmp_path / "c", "sacrebleu:tiny", pairs=["en-de"])

    common = {"doc": "d1", "domain": "news", "original_language": "en"}
    assert lines(tmp_path / "c", "en-de") == [
        {"id": "1", "src": "One", "ref": ["Eins", "1"], **common},
        {"id": "2", "src": "Two", "ref": ["Zwei", "2"], **common},
    ]
    assert report.files[0].reference_names == ("A", "B")
    assert report.files[0].systems == {}


def test_plain_sets_have_one_unnamed_reference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in (("a.en", "One\nTwo\n"), ("a.it", "Uno\nDue\n")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    dataset = PlainTextDataset(
        "tiny",
        data=[(tmp_path / name).as_uri() for name in ("a.en", "a.it")],
        langpairs={"en-it": ["tiny.a.en", "tiny.a.it"], "it-en": ["tiny.a.it", "tiny.a.en"]},
    )
    monkeypatch.setitem(DATASETS, "tiny", _place(dataset, tmp_path / "sacrebleu"))

    report = take(tmp_path / "c", "tiny", format="sacrebleu")

    assert [str(file.pair) for file in report.files] == ["en-it", "it-en"]
    assert lines(tmp_path / "c", "it-en")[1] == {"id": "2", "src": "Due", "ref": "Two"}


def _kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A set of a packed archive that sacreBLEU has fetched and made texts of; its folder."""
    with tarfile.open(tmp_path / "t.tgz", "w:gz") as archive:
        for name, text in (("a.en", "One\nTwo\n"), ("a.it", "Uno\nDue\n")):
            (tmp_path / name).write_text(text, encoding="utf-8")
            archive.add(tmp_path / name, arcname=name)
    url = (tmp_path / "t.tgz").as_uri()
    digest = hashlib.md5((tmp_path / "t.tgz").read_bytes(), usedforsecurity=False).hexdigest()
    made: Any = PlainTextDataset(
        "tiny", data=[url], md5=[digest], langpairs={"en-it": ["a.en", "a.it"]}
    )
    monkeypatch.setitem(DATASETS, "tiny", _place(made, tmp_path / "sacrebleu"))
    made.get_files("en-it")
    return tmp_path / "sacrebleu"


def test_texts_that_a_killed_sacrebleu_cut_at_one_line_are_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _kept(tmp_path, monkeypatch)
    (folder / "tiny.en-it.src").write_text("One\n", encoding="utf-8")
    (folder / "tiny.en-it.ref").write_text("Uno\n", encoding="utf-8")
    (folder / "raw" / "a.en").write_text("One\n", encoding="utf-8")
    (folder / "raw" / "a.it").write_text("Uno\n", encoding="utf-8")

    report = take(tmp_path / "c", "sacrebleu:tiny")

    assert [line["ref"] for line in lines(tmp_path / "c", "en-it")] == ["Uno", "Due"]
    assert not report.found


def test_an_archive_that_a_killed_sacrebleu_cut_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (archive,) = (_kept(tmp_path, monkeypatch) / "raw").glob("*.tgz")
    archive.write_bytes(archive.read_bytes()[:-20])
    with pytest.raises(Unavailable, match="did not arrive whole") as caught:
        take(tmp_path / "c", "sacrebleu:tiny")
    assert str(archive) in str(caught.value.hint)


def test_texts_without_an_archive_are_taken_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (archive,) = (_kept(tmp_path, monkeypatch) / "raw").glob("*.tgz")
    archive.unlink()
    report = take(tmp_path / "c", "sacrebleu:tiny")
    assert len(lines(tmp_path / "c", "en-it")) == 2
    assert [one.sort for one in report.found] == ["suspicious"]


def test_a_server_that_cannot_be_reached_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = PlainTextDataset(
        "tiny", data=["http://127.0.0.1:9/a.en"], langpairs={"en-it": ["a.en", "a.it"]}
    )
    monkeypatch.setitem(DATASETS, "tiny", _place(dataset, tmp_path / "sacrebleu"))

    with pytest.raises(Unavailable) as caught:
        take(tmp_path / "c", "sacrebleu:tiny", pairs=["en-it"])

    assert caught.value.exit_code == 3
    assert caught.value.message == (
        "the sacreBLEU test set 'tiny' is not here and cannot be fetched"
    )
    assert not (tmp_path / "c").exists()


def test_a_name_look_up_without_an_answer_does_not_wait_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = PlainTextDataset(
        "tiny", data=["https://data.example.org/a.en"], langpairs={"en-it": ["a.en", "a.it"]}
    )
    monkeypatch.setitem(DATASETS, "tiny", _place(dataset, tmp_path / "sacrebleu"))
    monkeypatch.setattr("mtbench.corpora.formats.sacrebleu_sets._SECONDS", 0.2)
    never = threading.Event()

    def look_up(*_: object) -> None:
        never.wait(300)
        raise OSError("nobody waits for it any more")

    monkeypatch.setattr("socket.getaddrinfo", look_up)

    with pytest.raises(Unavailable) as caught:
        take(tmp_path / "c", "sacrebleu:tiny", pairs=["en-it"])
    never.set()

    assert "the name data.example.org is not found" in str(caught.value.why)


def test_a_file_with_the_wrong_checksum_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t.xml").write_text(XML, encoding="utf-8")
    dataset = WMTXMLDataset(
        "tiny",
        data=[(tmp_path / "t.xml").as_uri()],
        md5=["0" * 32],
        langpairs={"en-de": ["tiny.t.xml"]},
    )
    monkeypatch.setitem(DATASETS, "tiny", _place(dataset, tmp_path / "sacrebleu"))

    with pytest.raises(Unavailable, match="did not arrive whole"):
        take(tmp_path / "c", "sacrebleu:tiny", pairs=["en-de"])


def test_a_set_or_direction_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnknownName) as caught:
        take(tmp_path / "c", "sacrebleu:wmt222")
    assert "'wmt22'" in str(caught.value.hint)

    with pytest.raises(UnknownName, match="unknown language pair of wmt22: 'en-it'"):
        take(tmp_path / "c", "sacrebleu:wmt22", pairs=["en-it"])
