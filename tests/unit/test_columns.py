"""Columns on disk behave like the tuples that they stand for, and go with whoever holds them."""

from __future__ import annotations

import gc
import os
import pickle
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtbench.errors import Unavailable
from mtbench.files import columns
from mtbench.files.columns import Column, ColumnWriter, Derived, column, shared

TEXTS = st.one_of(st.none(), st.text(st.characters(codec=None), max_size=5))


@pytest.fixture(autouse=True, scope="module")
def tiny() -> Any:
    """Columns of few values, in chunks of three."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "HELD", 0)
        patch.setattr(columns, "CHUNK", 3)
        yield


@given(st.lists(TEXTS, min_size=1, max_size=20), st.slices(20), st.slices(20))
def test_a_column_is_its_values(values: list[str | None], first: slice, second: slice) -> None:
    made = column(values)
    assert isinstance(made, Column)
    assert list(made) == values
    assert made == tuple(values)
    assert len(made) == len(values)
    assert [made[at] for at in range(-len(values), len(values))] == values * 2
    assert list(made[first]) == values[first]
    assert list(made[first][second]) == values[first][second]
    assert pickle.loads(pickle.dumps(made[first])) == tuple(values[first])  # noqa: S301 - ours
    with pytest.raises(IndexError):
        made[len(values)]


def test_values_of_other_kinds() -> None:
    writer: ColumnWriter[tuple[str, ...]] = ColumnWriter(tuple)
    rows = [("a", "b"), (), ("\ud800",), ("\u2028\n",)]
    for row in rows:
        writer.add(row)
    made = writer.column()
    assert list(made) == rows
    assert list(Derived(lambda many, one: (*many, one), made, ("1", "2", "3", "4"))) == [
        (*many, one) for many, one in zip(rows, "1234", strict=True)
    ]


def test_two_of_one_length_differ() -> None:
    assert column(["a", "b"]) != column(["a", "c"])
    assert column(["a", "b"]) != ("a",)


def test_equal_tuples_are_held_once() -> None:
    one, other = shared(f"s{n}" for n in range(5)), shared(f"s{n}" for n in range(5))
    assert one is other
    assert shared(["s0"]) == ("s0",)


def handles() -> int:
    """Open files of this process."""
    place = Path("/proc/self/fd")
    return len(list(place.iterdir())) if place.is_dir() else 0


def test_the_file_goes_with_the_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gc.collect()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = handles()
    made = [column(f"{which}-{at}" for at in range(10)) for which in range(50)]
    assert not list(tmp_path.iterdir())  # nothing that a killed process would leave
    if before:
        assert handles() <= before + 1  # however many columns there are
    part = made[7][5:]
    assert [one[9] for one in made] == [f"{which}-9" for which in range(50)]
    del made
    assert part[0] == "7-5"
    del part
    gc.collect()
    assert handles() <= before
    assert list(column("ab")) == ["a", "b"]


def test_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: int, content: Any, at: int) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(Unavailable, match=r"No space left.*") as caught:
        column(["a"] * 10)
    assert "TMPDIR" in str(caught.value.hint)
