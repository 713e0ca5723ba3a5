from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("datasets")

import datasets

from mtbench.corpora.formats.columns import parse_map
from mtbench.errors import DataError, RequestError, UnknownName
from tests.support.imports import lines, take, write_jsonl
from tests.support.killing import SECONDS

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A set saved to disk, with a translation feature and two splits."""
    feature = datasets.Features(
        {
            "id": datasets.Value("string"),
            "translation": datasets.Translation(languages=["en", "it", "de"]),
        }
    )
    rows = [
        {"id": f"x{n}", "translation": {"en": f"e{n}", "it": f"i{n}", "de": f"d{n}"}}
        for n in range(3)
    ]
    splits = {
        "test": datasets.Dataset.from_list(rows, features=feature),
        "dev": datasets.Dataset.from_list(rows[:1], features=feature),
    }
    datasets.DatasetDict(splits).save_to_disk(str(tmp_path / "saved"))
    return tmp_path / "saved"


def test_a_translation_feature_serves_any_direction(saved: Path, tmp_path: Path) -> None:
    report = take(tmp_path / "c", saved, split="test", pairs=["en-it", "de-en"])

    assert report.format == "hf"
    assert lines(tmp_path / "c", "de-en") == [
        {"id": f"x{n}", "src": f"d{n}", "ref": f"e{n}"} for n in range(3)
    ]


def test_one_of_several_splits_must_be_named(saved: Path, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="has 2 splits: "):
        take(tmp_path / "c", saved, pairs=["en-it"])
    with pytest.raises(UnknownName, match=r"unknown split of .*: 'tset'") as caught:
        take(tmp_path / "c", saved, pairs=["en-it"], split="tset")

    assert caught.value.hint == "did you mean 'test'?"


@pytest.mark.slow
def test_a_local_folder_of_data_files(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "data" / "test.jsonl", [{"a": "One", "b": "Uno"}])

    take(tmp_path / "c", tmp_path / "data", pairs=["en-it"], mapping=parse_map(["src=a", "ref=b"]))

    assert lines(tmp_path / "c", "en-it") == [{"id": "1", "src": "One", "ref": "Uno"}]


def test_a_parquet_file(tmp_path: Path) -> None:
    rows = [{"src": "One", "ref": ["Uno", "Un"], "when": None}]
    datasets.Dataset.from_list(rows).to_parquet(str(tmp_path / "a.parquet"))

    take(tmp_path / "c", tmp_path / "a.parquet", pairs=["en-it"])

    assert lines(tmp_path / "c", "en-it") == [{"id": "1", "src": "One", "ref": ["Uno", "Un"]}]


def test_what_is_no_parquet_file(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 no")

    with pytest.raises(DataError, match="not Parquet"):
        take(tmp_path / "c", tmp_path / "a.parquet", pairs=["en-it"])


def test_a_folder_of_pickles_is_never_opened(tmp_path: Path) -> None:
    """A pickle runs code when it is read; it must not be."""
    import pickle

    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.pkl").write_bytes(pickle.dumps({"src": ["One"]}))

    with pytest.raises(RequestError, match="cannot be loaded"):
        take(tmp_path / "c", tmp_path / "data", pairs=["en-it"])


@pytest.mark.slow
@pytest.mark.parametrize("extra", [[], ["--preset", "flores+"], ["--split", "test"]])
def test_a_hub_that_cannot_be_reached_is_said_within_seconds(
    extra: list[str], tmp_path: Path
) -> None:
    environment = {
        **os.environ,
        "HF_ENDPOINT": "http://127.0.0.1:9",
        "HF_HOME": str(tmp_path / "hf"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "mtbench", "corpus", "import", "hf:someone/something",
         "-o", str(tmp_path / "c"), "--pair", "en-it", *extra],
        capture_output=True, text=True, check=False, env=environment, timeout=SECONDS,
    )  # fmt: skip

    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "mtbench: someone/something is not on this machine",
        "  http://127.0.0.1:9 takes no connection (Connection refused)",
        "  fetch it where there is a network: hf download someone/something --repo-type dataset",
    ]
    assert not (tmp_path / "c").exists()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # pandas leaves it
def test_words_that_a_table_takes_for_nothing_are_texts(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    rows = "id,src,ref\n1,None,Nessuno\n2,Yes,null\n3,NA,NaN\n4,Hello,\n"
    (folder / "train.csv").write_text(rows, encoding="utf-8")
    take(tmp_path / "c", folder, pairs=["en-it"])
    found = [(row["src"], row.get("ref")) for row in lines(tmp_path / "c", "en-it")]
    assert found == [("None", "Nessuno"), ("Yes", "null"), ("NA", "NaN"), ("Hello", None)]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # pandas leaves it
def test_ids_of_a_table_keep_their_zeros_whatever_lies_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "train.csv").write_text("id,src,ref\n001,NA,1.50\n002,Two,2\n", encoding="utf-8")
    (folder / "more.json").write_text("{}", encoding="utf-8")
    (folder / "README.md").write_text(
        "---\nconfigs:\n- config_name: a\n  data_files: train.csv\n---\n", encoding="utf-8"
    )
    take(tmp_path / "c", folder, pairs=["en-it"], config="a")
    found = [(row["id"], row["src"], row["ref"]) for row in lines(tmp_path / "c", "en-it")]
    assert found == [("001", "NA", "1.50"), ("002", "Two", "2")]
