"""Finding and reading checkpoints."""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from mtbench.checkpoints import digests
from mtbench.errors import MissingWeights, RequestError
from mtbench.files import states
from mtbench.files.digests import digest_file
from mtbench.metrics.comet import checkpoint
from mtbench.metrics.comet.session import CometSession, Settings
from tests.support.comet_samples import metric, scores, view


@pytest.fixture
def moved(tiny_comet: Callable[[str], Path], tmp_path: Path) -> Path:
    """A regression checkpoint elsewhere, whose encoder's path no longer exists."""
    folder = tmp_path / "moved"
    shutil.copytree(tiny_comet("regression").parent.parent, folder)
    rewrite(folder, pretrained_model="/home/trainer/models/tiny-xlmr")
    return folder


def rewrite(folder: Path, **changes: Any) -> None:
    """Changes hyper-parameters, in the checkpoint and beside it."""
    import torch

    file = folder / "checkpoints" / "model.ckpt"
    content = torch.load(file, weights_only=True)
    content["hyper_parameters"] |= changes
    torch.save(content, file)
    (folder / "hparams.yaml").write_text(yaml.safe_dump(content["hyper_parameters"]))


def encoder_of(tiny_comet: Callable[[str], Path]) -> Path:
    return tiny_comet("regression").parents[2] / "encoder"


TEXTS = view(["A bridge was closed."], [["Eine Brücke war gesperrt."]])
OUTPUT = {"x": ["Die Brücke war zu."]}


@pytest.mark.parametrize("place", ["encoder", "../encoder", "tiny-xlmr", "../tiny-xlmr"])
def test_a_checkpoint_that_was_moved_still_loads(
    place: str, moved: Path, tiny_comet: Callable[[str], Path]
) -> None:
    shutil.copytree(encoder_of(tiny_comet), moved / place)
    before = scores("comet", tiny_comet("regression"), TEXTS, OUTPUT)
    after = scores("comet", moved, TEXTS, OUTPUT)
    assert after["x"].tolist() == before["x"].tolist()


def test_a_file_system_that_maps_no_files(
    tiny_comet: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As network file systems may be, in torch's words."""
    import torch

    before = scores("comet", tiny_comet("regression"), TEXTS, OUTPUT)

    def refuse(path: str, *_: Any, **__: Any) -> None:
        raise RuntimeError(f"unable to mmap 4 bytes from file <{path}>: No such device (19)")

    monkeypatch.setattr(torch.UntypedStorage, "from_file", refuse)
    after = scores("comet", tiny_comet("regression"), TEXTS, OUTPUT)
    assert after["x"].tolist() == before["x"].tolist()
    assert "lets no file be mapped: it is read whole" in caplog.text


def test_an_encoder_that_is_nowhere(moved: Path) -> None:
    with pytest.raises(MissingWeights) as caught:
        metric("comet", moved).check()
    assert "/home/trainer/models/tiny-xlmr" in caught.value.message
    assert f"{moved}/encoder" in str(caught.value.hint)


def test_a_bare_file_without_hparams(moved: Path, tiny_comet: Callable[[str], Path]) -> None:
    alone = moved.parent / "alone"
    alone.mkdir()
    shutil.copytree(encoder_of(tiny_comet), alone / "encoder")
    shutil.copy(moved / "checkpoints" / "model.ckpt", alone / "mine.ckpt")
    located = checkpoint.locate(str(alone / "mine.ckpt"))
    assert (located.model, located.kind) == ("mine", "regression_metric")
    assert Path(located.encoder) == alone / "encoder"


class _Writes:
    """Makes a folder when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self._target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.makedirs, (str(self._target), 0o755, True))


@pytest.mark.parametrize("with_hparams", [True, False])
def test_a_checkpoint_that_would_run_code_is_refused(
    with_hparams: bool, moved: Path, tiny_comet: Callable[[str], Path]
) -> None:
    import torch

    shutil.copytree(encoder_of(tiny_comet), moved / "encoder")
    mark = moved / "it-ran"
    file = moved / "checkpoints" / "model.ckpt"
    content = torch.load(file, weights_only=True)
    torch.save(content | {"callbacks": _Writes(mark)}, file)
    if not with_hparams:
        (moved / "hparams.yaml").unlink()
    with pytest.raises(RequestError) as caught:  # noqa: SIM117 - one line may raise, either
        with metric("comet", moved):
            pass
    assert "holds more than tensors and plain values" in caught.value.message
    assert "--trust-checkpoint" in str(caught.value.hint)
    assert not mark.exists()
    found = scores("comet", moved, TEXTS, OUTPUT, trust_checkpoint=True)
    assert mark.exists()
    expected = scores("comet", tiny_comet("regression"), TEXTS, OUTPUT)
    assert found["x"].tolist() == expected["x"].tolist()


@pytest.mark.parametrize("damage", ["cut", "text", "no state", "pickle"])
def test_a_damaged_checkpoint(damage: str, moved: Path, tiny_comet: Callable[[str], Path]) -> None:
    import torch

    shutil.copytree(encoder_of(tiny_comet), moved / "encoder")
    file = moved / "checkpoints" / "model.ckpt"
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:20_000])
    elif damage == "text":
        file.write_text("version https://git-lfs.github.com/spec/v1\n")
    elif damage == "pickle":
        file.write_bytes(pickle.dumps(["not", "a", "checkpoint"]))
    else:
        torch.save({"hyper_parameters": {}}, file)
    with pytest.raises(RequestError) as caught:  # noqa: SIM117
        with metric("comet", moved):
            pass
    assert str(file) in caught.value.message
    assert len(caught.value.lines()) <= 3


def test_missing_weights_inside_are_named(moved: Path, tiny_comet: Callable[[str], Path]) -> None:
    import torch

    shutil.copytree(encoder_of(tiny_comet), moved / "encoder")
    file = moved / "checkpoints" / "model.ckpt"
    content = torch.load(file, weights_only=True)
    del content["state_dict"]["estimator.ff.0.weight"]
    torch.save(content, file)
    with pytest.raises(RequestError, match=r"1 weights are missing.*estimator\.ff\.0\.weight"):
        metric("comet", moved).__enter__()


def test_weights_of_another_shape(moved: Path, tiny_comet: Callable[[str], Path]) -> None:
    shutil.copytree(encoder_of(tiny_comet), moved / "encoder")
    rewrite(moved, hidden_sizes=[96, 32])
    with pytest.raises(RequestError, match="do not fit the model"):
        metric("comet", moved).__enter__()


def test_hparams_that_are_not_plain(moved: Path) -> None:
    (moved / "hparams.yaml").write_text("x: !!python/object/apply:os.getcwd []\n")
    with pytest.raises(RequestError, match=r"hparams\.yaml: not plain YAML"):
        metric("comet", moved).check()


def test_a_class_that_scores_nothing(moved: Path) -> None:
    rewrite(moved, class_identifier="ranking_metric")
    with pytest.raises(RequestError, match="'ranking_metric'"):
        metric("comet", moved).check()


def test_a_revision_goes_with_the_hub(tiny_comet: Callable[[str], Path]) -> None:
    with pytest.raises(RequestError, match="a revision goes with a hub id"):
        metric("comet", tiny_comet("regression"), revision="main").check()


def test_the_digest_of_a_large_file_is_remembered_until_it_changes(
    moved: Path, tiny_comet: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(encoder_of(tiny_comet), moved / "encoder")
    cache = str(moved / "cache")
    monkeypatch.setattr(states, "_SETTLED", -1.0)
    monkeypatch.setattr(digests, "_SMALL", 0)
    first = checkpoint.locate(str(moved), cache=cache)

    def small_ones_alone(path: Path) -> str:
        assert path.suffix != ".ckpt", "read again"
        return digest_file(path)

    monkeypatch.setattr(digests, "digest_file", small_ones_alone)
    assert checkpoint.locate(str(moved), cache=cache).sha256 == first.sha256
    monkeypatch.undo()
    rewrite(moved, hidden_sizes=[96, 32])
    assert checkpoint.locate(str(moved), cache=cache).sha256 != first.sha256


def test_no_such_device(tiny_comet: Callable[[str], Path]) -> None:
    import torch

    from mtbench.errors import Unavailable

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    session = CometSession(Settings(model=str(tiny_comet("regression")), device="cuda:7"))
    with pytest.raises(Unavailable, match="no device 'cuda:7'"):
        session.load()
