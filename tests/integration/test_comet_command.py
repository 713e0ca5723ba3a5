"""``mtbench metrics fetch``, and the library's own command."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mtbench.checkpoints import hub
from mtbench.cli.main import run
from mtbench.metrics.comet.checkpoint import PINNED
from tests.support.comet_samples import paragraphs, scores, view
from tests.support.tiny_comet import Library

EN, DE, IT = paragraphs("en"), paragraphs("de"), paragraphs("it")


def test_fetch_prints_where_a_checkpoint_lies(
    tiny_comet: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    file = tiny_comet("regression")
    assert run(["metrics", "fetch", "comet", "--comet-model", str(file)]) == 0
    assert capsys.readouterr() == (f"{file}\n", "")
    arguments = ["metrics", "fetch", "comet", "--comet-model", str(file), "--format", "json"]
    assert run(arguments) == 0
    assert json.loads(capsys.readouterr().out)["path"] == str(file)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["bleu"], 2, "bleu has no weights to be fetched"),
        (["comett"], 2, "unknown metric: 'comett'"),
        (["comet", "--comet-model", "/no/such/model.ckpt"], 3, "there is no COMET checkpoint"),
    ],
)
def test_fetch_of_what_cannot_be_fetched(
    arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["metrics", "fetch", *arguments]) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert said in shown.err


def test_doctor_says_which_checkpoints_are_here_and_what_they_lack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(hub, "cache_folder", lambda: tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    commit = PINNED["Unbabel/wmt22-comet-da"]
    snapshot = tmp_path / "models--Unbabel--wmt22-comet-da" / "snapshots" / commit
    (snapshot / "checkpoints").mkdir(parents=True)
    (snapshot / "checkpoints" / "model.ckpt").write_bytes(bytes(200_000_000))
    (snapshot / "hparams.yaml").write_text("layer: mix\npretrained_model: xlm-roberta-large\n")

    def said() -> str:
        assert run(["doctor"]) == 0
        return capsys.readouterr().out

    here = (
        f"checkpoint of comet here: Unbabel/wmt22-comet-da {commit[:12]} (0.2 GB, the pinned one)"
    )
    lacks = "but not its encoder's tokenizer: mtbench metrics fetch comet --model Unbabel/"
    assert here in (first := said())
    assert lacks in first
    encoder = tmp_path / "models--FacebookAI--xlm-roberta-large" / "snapshots" / ("c" * 40)
    encoder.mkdir(parents=True)
    for name in ("config.json", "tokenizer.json"):
        (encoder / name).write_text("{}")
    assert here in (then := said())
    assert lacks not in then


def test_comet_score_runs_in_half_precision_and_says_nothing_of_it(
    tiny_comet: Callable[[str], Path], tmp_path: Path
) -> None:
    """The library's command halves every model; its Python API does not, and neither do we.

    The gap is known: on this tiny checkpoint it is some 6e-5, where ours is below 1e-7.
    """
    file = tiny_comet("regression")
    files = []
    for name, texts in (("src", EN), ("ref", DE), ("mt", IT)):
        files.append(tmp_path / name)
        files[-1].write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    source, reference, hypothesis = map(str, files)
    command = [str(Path(sys.executable).with_name("comet-score"))]
    command += ["-s", source, "-r", reference, "-t", hypothesis, "--model", str(file)]
    command += ["--gpus", "0", "--quiet", "--to_json", str(tmp_path / "out.json")]
    subprocess.run(
        command,
        check=True,
        capture_output=True,
        cwd=tmp_path,
        env={
            "HF_HUB_OFFLINE": "1",
            "OMP_NUM_THREADS": "1",
            "HOME": str(tmp_path),
            "PATH": "/usr/bin:/bin",
        },
    )
    (told,) = json.loads((tmp_path / "out.json").read_text()).values()
    theirs = np.array([row["COMET"] for row in told])

    ours = scores("comet", file, view(EN, [(one,) for one in DE]), {"it": IT})["it"]
    samples = [{"src": s, "mt": h, "ref": r} for s, h, r in zip(EN, IT, DE, strict=True)]
    api = np.array(Library(file).predict(samples).scores)
    assert np.abs(ours - api).max() < 1e-5
    assert (theirs == theirs.astype(np.float16)).all(), "its scores are half-precision numbers"
    assert (api != api.astype(np.float16)).any()
    assert 2e-5 < np.abs(ours - theirs).max() < 0.05
