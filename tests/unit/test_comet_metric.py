"""The COMET metrics without their weights: options, guards, signatures, and what they ask for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from mtbench.errors import MetricError, MissingWeights, RequestError
from mtbench.metrics.comet.checkpoint import fetch_line
from mtbench.metrics.releases import NUMBERS_OF
from mtbench.plugins import METRICS, make_metric
from mtbench.types import Runtime, Signature
from tests.support.comet_samples import metric, view

FORCED = Runtime(device="cpu", force=True)


def test_registered() -> None:
    for name in ("comet", "cometkiwi", "xcomet"):
        found = make_metric(name, {}, Runtime())
        assert found.info.name == name
        assert METRICS.origins()[name] == "mtbench"
    assert make_metric("comet", {}, Runtime()).info.needs == ("source", "reference")
    assert make_metric("cometkiwi", {}, Runtime()).info.needs == ("source",)
    assert make_metric("xcomet", {"reference_free": True}, Runtime()).info.needs == ("source",)


def test_unknown_options_and_precisions_are_refused() -> None:
    with pytest.raises(RequestError, match="metric comet: precision"):
        make_metric("comet", {"precision": "int4"}, Runtime())
    with pytest.raises(RequestError, match="no such option"):
        make_metric("comet", {"half": True}, Runtime())


def test_nothing_heavy_is_imported_for_it() -> None:
    program = (
        "import sys; from mtbench.plugins import make_metric; from mtbench.types import Runtime;"
        "make_metric('comet', {}, Runtime()).info;"
        "print([m for m in ('torch','comet','transformers','pytorch_lightning','yaml',"
        "'huggingface_hub','sqlite3') if m in sys.modules and m != 'sqlite3'])"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


def test_another_release_with_the_same_numbers_has_the_same_signature(
    tiny_comet: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tiny_comet("regression")
    before = metric("comet", file).signature(view(["a"], [["b"]]))
    monkeypatch.setattr("mtbench.__version__", "99.0")
    assert metric("comet", file).signature(view(["a"], [["b"]])) == before


def test_signature_of_a_local_checkpoint(tiny_comet: Callable[[str], Path]) -> None:
    file = tiny_comet("regression")
    found = metric("comet", file).signature(view(["a"], [["b"]]))
    assert [key for key, _ in found.fields] == [
        "comet", "model", "sha256", "config", "precision", "refs", "mtbench",
    ]  # fmt: skip
    assert found.get("comet") == "2.2.7"
    assert found.get("model") == "regression"
    assert found.get("refs") == "r1"
    assert found.get("mtbench") == NUMBERS_OF["comet"]
    assert Signature.parse(str(found)) == found
    # sha256sum's own word for it.
    summed = subprocess.run(["sha256sum", file], capture_output=True, text=True, check=True)
    assert found.get("sha256") == summed.stdout[:12]


def test_signatures_differ_where_scores_may(tiny_comet: Callable[[str], Path]) -> None:
    one, two = view(["a"], [["b"]]), view(["a"], [["b", "c"]])
    model = tiny_comet("regression")
    different = {
        str(metric("comet", model).signature(one)),
        str(metric("comet", model).signature(two)),
        str(metric("comet", model, precision="bf16").signature(one)),
        str(metric("comet", model, precision="fp16").signature(one)),
        str(metric("comet", tiny_comet("unified")).signature(one)),
        str(metric("cometkiwi", tiny_comet("unified")).signature(one)),
    }
    assert len(different) == 6
    same = {
        str(metric("comet", place, Runtime(device=device, batch_size=size)).signature(one))
        for place in (model, model.parent.parent, f"{model.parent}/../checkpoints/model.ckpt")
        for device, size in (("cpu", None), ("auto", 3))
    }
    assert len(same) == 1


def test_a_direction_its_encoder_never_saw(tiny_comet: Callable[[str], Path]) -> None:
    model, strange = tiny_comet("regression"), view(["a"], [["b"]], "en-sc")
    with pytest.raises(RequestError, match="its encoder never saw sc"):
        metric("comet", model).check(strange)
    forced = metric("comet", model, FORCED)
    forced.check(strange)
    assert forced.signature(strange).get("forced") == "yes"
    # Force that was not needed leaves no mark: the score is the same.
    assert forced.signature(view(["a"], [["b"]])).get("forced") is None


@pytest.mark.parametrize(
    ("references", "message"),
    [
        ([["b"], ["b", "c"]], "s1 has 1, s2 has 2"),
        ([["b"], []], "segment s2 has none"),
        (None, "there are none"),
    ],
)
def test_numbers_of_references(
    references: list[list[str]] | None, message: str, tiny_comet: Callable[[str], Path]
) -> None:
    with pytest.raises(RequestError, match=message):
        metric("comet", tiny_comet("regression")).check(view(["a", "b"], references))


@pytest.mark.parametrize(
    ("name", "kind", "instead"),
    [
        ("comet", "qe", "cometkiwi"),
        ("comet", "unified-qe", "cometkiwi"),
        ("comet", "xcomet", "xcomet"),
        ("cometkiwi", "regression", "comet"),
        ("xcomet", "unified", "comet or cometkiwi"),
    ],
)
def test_a_checkpoint_of_another_metric(
    name: str, kind: str, instead: str, tiny_comet: Callable[[str], Path]
) -> None:
    with pytest.raises(RequestError) as caught:
        metric(name, tiny_comet(kind)).check(view(["a"], [["b"]]))
    assert str(caught.value.hint).endswith(f"--metric {instead}")


def test_an_encoder_whose_languages_nobody_listed(
    tiny_comet: Callable[[str], Path], tmp_path: Path
) -> None:
    model = tiny_comet("regression").parent.parent
    hparams = yaml.safe_load((model / "hparams.yaml").read_text())
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "model.ckpt").symlink_to(model / "checkpoints" / "model.ckpt")
    (tmp_path / "hparams.yaml").write_text(yaml.safe_dump(hparams | {"encoder_model": "RemBERT"}))
    with pytest.raises(RequestError, match="RemBERT has seen is not known"):
        metric("comet", tmp_path).check()
    forced = metric("comet", tmp_path, FORCED)
    forced.check()
    assert forced.signature(view(["a"], [["b"]])).get("forced") == "yes"


def test_scoring_before_the_weights_are_there(tiny_comet: Callable[[str], Path]) -> None:
    with pytest.raises(MetricError, match="before its weights were loaded"):
        metric("comet", tiny_comet("regression")).prepare(view(["a"], [["b"]]))


def test_no_such_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match=r"there is no COMET checkpoint .*gone\.ckpt"):
        metric("comet", tmp_path / "gone.ckpt").check()
    with pytest.raises(MissingWeights, match="holds no COMET checkpoints"):
        metric("comet", tmp_path).check()


@pytest.mark.parametrize(
    ("repository", "command"),
    [
        ("Unbabel/wmt22-comet-da", "comet"),
        ("Unbabel/wmt22-cometkiwi-da", "cometkiwi"),
        ("Unbabel/XCOMET-XL", "xcomet"),
        ("org/own", "comet --comet-model org/own"),
    ],
)
def test_what_is_missing_is_fetched_by_the_command_named(repository: str, command: str) -> None:
    assert fetch_line(repository) == f"mtbench metrics fetch {command}"


def test_offline_by_request_asks_no_one() -> None:
    runtime = Runtime(device="cpu", offline=True)
    with pytest.raises(MissingWeights) as caught:
        metric("comet", "nobody/ever-made-this", runtime).check()
    assert caught.value.lines() == [
        "nobody/ever-made-this is not on this machine",
        "this run is offline",
        "fetch it where there is a network: "
        "mtbench metrics fetch comet --comet-model nobody/ever-made-this",
    ]
    assert caught.value.exit_code == 3
