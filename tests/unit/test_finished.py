"""What is done of a translation: a mapping whose values may lie on disk."""

from __future__ import annotations

from typing import Any

import pytest

from mtbench.files import columns
from mtbench.stages.finished import FinishedSegments
from mtbench.types import Finished, Hypothesis


@pytest.fixture(params=[0, 3, 100], autouse=True)
def held(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """On disk from the first on, from the fourth on, never."""
    monkeypatch.setattr(columns, "HELD", request.param)


def one(name: str, text: str | None, **kept: Any) -> Finished:
    failure = None if text is not None else "no answer"
    return Finished(Hypothesis(id=name, text=text, failure=failure), kept)


def test_it_is_what_was_put_into_it() -> None:
    done = FinishedSegments([one("a", "A\u2028\n"), one("b", None)])
    done.add(one(f"n{at}", f"text {at}", n=at) for at in range(5))
    done["b"] = one("b", "B", raw=["x", None])
    done["n0"] = one("n0", "again")
    assert list(done) == ["a", "b", "n0", "n1", "n2", "n3", "n4"]
    assert len(done) == 7
    assert "n4" in done
    assert "n5" not in done
    assert done["a"] == one("a", "A\u2028\n")
    assert done["b"] == one("b", "B", raw=["x", None])
    assert [each.hypothesis.text for each in done.values()][2:4] == ["again", "text 1"]
    with pytest.raises(KeyError):
        done["n5"]


def test_what_is_kept_beside_it() -> None:
    done = FinishedSegments([one("a", "A"), one("b", "B", n=1), one("c", "C", n=2)])
    assert list(done.kept) == [{}, {"n": 1}, {"n": 2}]
    assert list(done.kept[1:]) == [{"n": 1}, {"n": 2}]
    assert done.kept[-1] == {"n": 2}
    assert dict(done.beside) == {"b": {"n": 1}, "c": {"n": 2}}
    assert len(done.beside) == 2
    assert "a" not in done.beside
    assert "d" not in done.beside
    assert not FinishedSegments([one("a", "A")]).beside
