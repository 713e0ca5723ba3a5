"""The registry: lazy, and a broken plug-in breaks its own name only."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from mtbench.errors import MissingExtra, MtbenchError, RequestError, UnknownName
from mtbench.languages import LanguagePair
from mtbench.plugins import (
    BACKENDS,
    BUILTIN_BACKENDS,
    BUILTIN_METRICS,
    METRICS,
    Backend,
    Metric,
    Registry,
    make_backend,
    make_metric,
    require,
)
from mtbench.types import Record, Runtime


def package(folder: Path, name: str, **points: str) -> None:
    """A distribution with entry points, as an installer leaves it."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = "".join(f"{key} = {value}\n" for key, value in points.items())
    (info / "entry_points.txt").write_text(f"[mtbench.test]\n{lines}")


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry[Backend]:
    monkeypatch.syspath_prepend(str(tmp_path))
    package(
        tmp_path,
        "good",
        copy="mtbench.backends.identity:Identity",
        absent="no_such_module:Thing",
        nothing="mtbench.backends.identity:Nothing",
        broken="broken_plugin:Thing",
    )
    (tmp_path / "broken_plugin.py").write_text("raise ZeroDivisionError('on import')")
    return Registry("back end", {"identity": "mtbench.backends.identity:Identity"}, "mtbench.test")


def test_built_ins_and_plug_ins(registry: Registry[Backend]) -> None:
    assert registry.origins() == {
        "absent": "good",
        "broken": "good",
        "copy": "good",
        "identity": "mtbench",
        "nothing": "good",
    }
    assert registry.get("copy") is registry.get("identity")


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("absent", "no_such_module"),
        ("nothing", "Nothing"),
        ("broken", "ZeroDivisionError: on import"),
    ],
)
def test_a_broken_plug_in_breaks_its_own_name(
    registry: Registry[Backend], name: str, cause: str
) -> None:
    with pytest.raises(RequestError, match=f"{name!r} cannot be loaded") as caught:
        registry.get(name)
    assert cause in str(caught.value.why)
    assert registry.get("copy")


def test_unknown_names_suggest(registry: Registry[Backend]) -> None:
    with pytest.raises(UnknownName, match="unknown back end: 'coppy'") as caught:
        registry.get("coppy")
    assert caught.value.hint == "did you mean 'copy'?"


@pytest.mark.parametrize(("name", "others"), [("identity", "mtbench"), ("copy", "good")])
def test_a_name_claimed_twice(
    registry: Registry[Backend], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str,
    others: str,
) -> None:  # fmt: skip
    second = tmp_path / "second"
    package(second, "rival", **{name: "mtbench.backends.identity:Identity"})
    monkeypatch.syspath_prepend(str(second))
    with pytest.raises(RequestError, match=f"two packages provide the back end {name!r}") as caught:
        registry.origins()
    assert others in caught.value.message
    assert "rival" in caught.value.message


@pytest.mark.parametrize("name", BUILTIN_BACKENDS)
def test_every_built_in_back_end_is_there(name: str) -> None:
    assert issubclass(BACKENDS.get(name), Backend)


@pytest.mark.parametrize("name", BUILTIN_METRICS)
def test_every_built_in_metric_is_there(name: str) -> None:
    kind = METRICS.get(name)
    assert issubclass(kind, Metric)
    assert kind(kind.Options(), Runtime()).info.name == name


def test_built_ins_are_not_imported_before_they_are_asked_for() -> None:
    module = BUILTIN_BACKENDS["identity"].partition(":")[0]
    sys.modules.pop(module, None)
    assert "identity" in BACKENDS.origins()
    assert module not in sys.modules
    BACKENDS.get("identity")
    assert module in sys.modules


def test_options_are_validated() -> None:
    with pytest.raises(RequestError, match="metric bleu: smooth_methd: there is no such option"):
        make_metric("bleu", {"smooth_methd": "exp"}, Runtime())
    with pytest.raises(RequestError, match="metric bleu: smooth_method: Input should be"):
        make_metric("bleu", {"smooth_method": "expp"}, Runtime())
    with pytest.raises(RequestError, match="back end identity: speed: there is no such option"):
        make_backend("identity", {"speed": 1}, LanguagePair.parse("en-it"), Runtime())


def test_a_missing_package() -> None:
    assert require("json", "JSON", "data") is importlib.import_module("json")
    with pytest.raises(MissingExtra, match="X needs the extra 'data'") as caught:
        require("no_such_module_here", "X", "data")
    assert isinstance(caught.value, MtbenchError)
    assert "no_such_module_here" in str(caught.value.why)


def test_a_back_end_takes_no_target_unless_it_says_so() -> None:
    class Plain(Backend):
        def translate(self, batch: object) -> list[str]:
            return []

    assert Plain.from_target("") == {}
    with pytest.raises(RequestError, match="takes no target: 'x'"):
        Plain.from_target("x")
    assert Plain.serves(Record(), LanguagePair.parse("en-it"))
