"""Embeddings in memory and on disk."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from mtbench.metrics.comet.cache import Store, Vector


def vector(seed: int, width: int = 4) -> Vector:
    return np.random.default_rng(seed).normal(size=width).astype(np.float32)


def names(*seeds: int) -> dict[int, bytes]:
    return {seed: bytes([seed]) * 32 for seed in seeds}


def test_only_what_is_to_be_kept_is_there_next_time(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "e.sqlite"
    first = Store(path)
    first.put({name: vector(seed) for seed, name in names(1, 2, 3).items()}, {bytes([2]) * 32})
    assert set(first.get(names(1, 2, 3, 4), 4)) == {1, 2, 3}
    first.close()
    again = Store(path)
    found = again.get(names(1, 2, 3), 4)
    assert set(found) == {2}
    assert found[2].tobytes() == vector(2).tobytes()
    again.close()


def test_memory_is_bounded_and_the_oldest_goes_first() -> None:
    store = Store(memory=3 * 16)
    for seed, name in names(1, 2, 3).items():
        store.put({name: vector(seed)}, ())
    store.get(names(1), 4)
    store.put({bytes([4]) * 32: vector(4)}, ())
    assert set(store.get(names(1, 2, 3, 4), 4)) == {1, 3, 4}


def test_a_vector_of_another_width_or_not_finite_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "e.sqlite"
    with sqlite3.connect(path) as disk:
        disk.execute("CREATE TABLE vectors (digest BLOB PRIMARY KEY, vector BLOB)")
        bad = np.array([np.nan] * 4, dtype="<f4").tobytes()
        for seed, content in ((1, b"\0" * 12), (2, bad), (3, vector(3).tobytes())):
            disk.execute("INSERT INTO vectors VALUES (?, ?)", (bytes([seed]) * 32, content))
    disk.close()
    store = Store(path)
    assert set(store.get(names(1, 2, 3), 4)) == {3}
    store.close()


@pytest.mark.parametrize("kind", ["garbage", "folder", "other table"])
def test_a_file_that_cannot_be_used_is_done_without(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "e.sqlite"
    if kind == "garbage":
        path.write_bytes(b"not a database at all " * 400)
    elif kind == "folder":
        path.mkdir()
    else:
        with sqlite3.connect(path) as disk:
            disk.execute("CREATE TABLE vectors (something TEXT)")
        disk.close()
    before = path.read_bytes() if path.is_file() else None
    store = Store(path)
    store.put({name: vector(seed) for seed, name in names(1).items()}, {bytes([1]) * 32})
    assert set(store.get(names(1), 4)) == {1}
    assert store.problem is not None and str(path) in store.problem
    assert not store.on_disk
    if kind == "garbage":
        assert path.read_bytes() == before


def test_two_runs_share_a_file(tmp_path: Path) -> None:
    one, two = Store(tmp_path / "e.sqlite"), Store(tmp_path / "e.sqlite")
    one.put({name: vector(seed) for seed, name in names(1).items()}, {bytes([1]) * 32})
    two.put({name: vector(seed) for seed, name in names(2).items()}, {bytes([2]) * 32})
    assert set(one.get(names(1, 2), 4)) == {1, 2}
    one.close()
    two.close()
