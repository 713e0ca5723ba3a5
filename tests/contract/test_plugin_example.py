"""A package of somebody else's is found by its entry points and keeps to the contract."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mtbench.errors import RequestError, UnknownName
from mtbench.languages import LanguagePair
from mtbench.plugins import BACKENDS, METRICS, make_backend, make_metric
from mtbench.testing import check_backend, check_metric
from mtbench.types import Runtime, ScoringView
from tests.support.sources import segments

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

EXAMPLE = Path(__file__).resolve().parents[1] / "plugin_example"


def install(site: Path, name: str, points: dict[str, dict[str, str]]) -> None:
    """What an installer leaves of a package's metadata."""
    folder = site / f"{name.replace('-', '_')}-1.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8"
    )
    lines = [
        line
        for group, entries in points.items()
        for line in (f"[{group}]", *(f"{key} = {value}" for key, value in entries.items()))
    ]
    (folder / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for installed packages, with the example in it."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text("utf-8"))["project"]
    install(tmp_path, project["name"], project["entry-points"])
    monkeypatch.syspath_prepend(str(EXAMPLE))
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("site")
def test_the_example_is_found_by_its_entry_points() -> None:
    assert BACKENDS.origins()["glossary"] == "mtbench-example"
    assert METRICS.origins()["word-f1"] == "mtbench-example"


@pytest.mark.usefixtures("site")
def test_the_back_end_keeps_to_the_contract_and_translates() -> None:
    pair = LanguagePair.parse("en-it")
    options = BACKENDS.get("glossary").from_target("house=casa,big=grande")
    check_backend(lambda: make_backend("glossary", options, pair, Runtime()))
    with make_backend("glossary", options, pair, Runtime()) as system:
        assert system.translate(segments(["The Big house!"])) == ["The grande casa!"]
    with pytest.raises(RequestError, match="not a glossary"):
        BACKENDS.get("glossary").from_target("house")


@pytest.mark.usefixtures("site")
def test_the_metric_keeps_to_the_contract_and_counts() -> None:
    check_metric(lambda: make_metric("word-f1", {}, Runtime()))
    check_metric(lambda: make_metric("word-f1", {"lowercase": True}, Runtime()))
    metric = make_metric("word-f1", {}, Runtime())
    view = ScoringView(
        pair=LanguagePair.parse("en-it"),
        ids=("s1", "s2"),
        sources=None,
        references=(("a c d e", "x"), ("f",)),
        documents=(None, None),
    )
    with metric:
        rows = metric.prepare(view).statistics({"system": ["a b c", "f"]})["system"]
    # 2 words in common, of 3 and 4; then 1 of 1 and 1: 2 * 3 / (4 + 5).
    assert rows.tolist() == [[2, 3, 4], [1, 1, 1]]
    assert float(metric.pool(rows.sum(axis=0))) == pytest.approx(100 * 6 / 9)


@pytest.mark.usefixtures("site")
def test_its_options_are_validated() -> None:
    with pytest.raises(RequestError, match="lowercase"):
        make_metric("word-f1", {"lowercase": "perhaps"}, Runtime())


def test_a_broken_plug_in_breaks_only_its_own_name(site: Path) -> None:
    install(site, "broken", {"mtbench.backends": {"broken": "no_such_module:Thing"}})
    assert BACKENDS.get("identity").__name__ == "Identity"
    assert BACKENDS.get("glossary").__name__ == "Glossary"
    with pytest.raises(RequestError, match="'broken' cannot be loaded from no_such_module"):
        BACKENDS.get("broken")


def test_a_name_claimed_twice_names_both(site: Path) -> None:
    install(site, "rival", {"mtbench.metrics": {"word-f1": "rival:Metric"}})
    with pytest.raises(RequestError, match="mtbench-example and rival"):
        METRICS.get("bleu")


def test_without_the_package_its_names_are_unknown() -> None:
    with pytest.raises(UnknownName, match="word-f1"):
        METRICS.get("word-f1")
