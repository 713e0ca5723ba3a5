"""Files that do not hold end in an error with their place, whatever the parser behind them does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mtbench.cli.main import run
from mtbench.errors import CardError, DataError
from mtbench.files.writing import read_toml


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A data set as ``save_to_disk`` writes it."""
    datasets = pytest.importorskip("datasets")
    rows = [{"en": f"Line {n}.", "de": f"Zeile {n}."} for n in range(50)]
    folder = tmp_path / "saved"
    datasets.Dataset.from_list(rows).save_to_disk(str(folder))
    return folder


def arrow(folder: Path) -> Path:
    return next(folder.glob("*.arrow"))


def test_a_whole_one_is_read(saved: Path, tmp_path: Path) -> None:
    maps = ["--map", "src=en", "--map", "ref=de"]
    assert (
        run(["corpus", "import", str(saved), "-o", str(tmp_path / "out"), "--pair", "en-de", *maps])
        == 0
    )


@pytest.mark.parametrize("damage", ["short", "state", "info", "letters"])
def test_a_damaged_data_set_is_refused(
    saved: Path, tmp_path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is shorter than it says would end the process by a signal once mapped."""
    if damage == "short":
        content = arrow(saved).read_bytes()
        arrow(saved).write_bytes(content[: len(content) * 2 // 3])
    elif damage == "state":
        state = json.loads((saved / "state.json").read_text("utf-8"))
        state["_data_files"] = [{}]
        (saved / "state.json").write_text(json.dumps(state), "utf-8")
    elif damage == "info":
        (saved / "dataset_info.json").write_text('{"features": ["en"]}', "utf-8")
    else:
        arrow(saved).write_bytes(arrow(saved).read_bytes().replace(b"Zeile 7", b"Zeile \xff"))
    assert (
        run(["corpus", "import", str(saved), "-o", str(tmp_path / "out"), "--pair", "en-de"]) == 1
    )
    assert str(saved) in capsys.readouterr().err


def test_a_damaged_parquet_file_is_refused(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    from mtbench.corpora.formats.hf import parquet_rows

    path = tmp_path / "rows.parquet"
    table = pyarrow.table({"en": [f"Line {n}." for n in range(500)]})
    parquet.write_table(table, path, compression="snappy", use_dictionary=False)
    content = bytearray(path.read_bytes())
    content[40:400] = bytes(360)
    path.write_bytes(bytes(content))
    with pytest.raises(DataError, match=r"rows\.parquet"):
        list(parquet_rows(path))


@pytest.mark.parametrize("text", [f"a = {'9' * 5000}\n", f"a = {'[' * 20000}{']' * 20000}\n"])
def test_a_card_that_the_parser_cannot_bear_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "card.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(CardError, match=r"card\.toml: not TOML that can be read"):
        read_toml(path)


def test_one_bad_card_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("models").mkdir()
    Path("models/bad.toml").write_text(f"a = {'9' * 5000}\n", "utf-8")
    Path("models/good.toml").write_text('backend = "identity"\npairs = ["en-de"]\n', "utf-8")
    assert run(["models", "list"]) == 0
    shown = capsys.readouterr().out
    assert "good" in shown and "not TOML that can be read" in shown
