"""Embeddings kept on disk: what they are, and that no other checkpoint is ever served by them.

What lies on disk is read here with ``sqlite3`` alone, and compared with the library's own
embeddings of the same texts.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtbench.checkpoints import hub
from mtbench.metrics.comet import checkpoint, session
from mtbench.types import Runtime
from tests.support.comet_samples import metric, paragraphs, view

EN, DE, IT = paragraphs("en"), paragraphs("de"), paragraphs("it")
TEST_SET = view(EN, [(one,) for one in DE])
EVERYTHING, HYPOTHESES = 21, 7  # different texts in all, and those that are never kept


def scored(model: Path | str, cache: Path, **options: Any) -> tuple[bytes, int]:
    """The bytes of the Italian output's scores, and how many sequences were encoded for them."""
    runtime = Runtime(device="cpu", cache=str(cache))
    with metric("comet", model, runtime, **options) as entered:
        rows = entered.prepare(TEST_SET).statistics({"it": IT})
        return rows["it"].tobytes(), entered._session._sentences.encoded


def kept(cache: Path) -> dict[str, dict[bytes, bytes]]:
    """File → digest → vector, of all that is on disk."""
    found = {}
    for file in sorted((cache / "comet" / "embeddings").glob("*.sqlite")):
        disk = sqlite3.connect(file)
        found[file.name] = dict(disk.execute("SELECT digest, vector FROM vectors"))
        disk.close()
    return found


@pytest.fixture
def mine(tiny_comet: Callable[[str], Path], tmp_path: Path) -> Path:
    """A checkpoint of one's own, with its encoder beside it."""
    file = tiny_comet("regression")
    shutil.copytree(file.parents[1], tmp_path / "mine")
    shutil.copytree(file.parents[2] / "encoder", tmp_path / "mine" / "encoder")
    hparams = tmp_path / "mine" / "hparams.yaml"
    hparams.write_text(hparams.read_text().replace(str(file.parents[2]), "/no/longer/here"))
    return tmp_path / "mine"


def test_they_are_the_library_s_embeddings_of_sources_and_references(
    tiny_comet: Callable[[str], Path], tmp_path: Path
) -> None:
    import torch

    from mtbench.metrics.comet.quiet import quiet

    scored(tiny_comet("regression"), tmp_path)
    ((_, vectors),) = kept(tmp_path).items()
    with quiet():
        import comet

        model = comet.load_from_checkpoint(str(tiny_comet("regression")), local_files_only=True)
    model.eval()
    expected = {}
    for text in (*EN, *DE):
        given = model.encoder.prepare_sample([text])
        name = hashlib.sha256(",".join(map(str, given["input_ids"][0].tolist())).encode()).digest()
        with torch.inference_mode():
            expected[name] = model.get_sentence_embedding(**given)[0].numpy()
    assert vectors.keys() == expected.keys()
    for name, vector in expected.items():
        assert np.abs(np.frombuffer(vectors[name], "<f4") - vector).max() < 1e-5


def one_row(folder: Path) -> None:
    """Another embedding of one sub-word, which occurs in the text."""
    import torch

    file = folder / "checkpoints" / "model.ckpt"
    content = torch.load(file, weights_only=True)
    words = content["state_dict"]["encoder.model.embeddings.word_embeddings.weight"]
    words[tokens(folder)[5]] += 0.5
    torch.save(content, file)


def tokens(folder: Path) -> list[int]:
    from tokenizers import Tokenizer

    words = Tokenizer.from_file(str(folder / "encoder" / "tokenizer.json"))
    found: list[int] = words.encode(EN[0]).ids
    return found


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def attention(folder: Path) -> None:
    edit(folder / "encoder" / "config.json", '"num_attention_heads": 4', '"num_attention_heads": 8')


def hidden_hparams(folder: Path) -> None:
    """Hyper-parameters that the checkpoint leaves to the file beside it."""
    import torch

    file = folder / "checkpoints" / "model.ckpt"
    content = torch.load(file, weights_only=True)
    del content["hyper_parameters"]
    torch.save(content, file)


def pooling(folder: Path) -> None:
    edit(folder / "hparams.yaml", "pool: avg", "pool: cls")


CHANGES: dict[str, tuple[Callable[[Path], None] | None, Callable[[Path], None]]] = {
    "one row of the weights": (None, one_row),
    "the encoder's configuration": (None, attention),
    "hyper-parameters beside the file": (hidden_hparams, pooling),
}


@pytest.mark.parametrize("what", CHANGES)
def test_another_checkpoint_in_the_same_place_is_encoded_anew(
    what: str, mine: Path, tmp_path: Path
) -> None:
    """Even where its files have the names, sizes and times that the others had."""
    prepare, change = CHANGES[what]
    if prepare is not None:
        prepare(mine)
    cache = tmp_path / "cache"
    before, encoded = scored(mine, cache)
    assert encoded == EVERYTHING
    assert scored(mine, cache) == (before, HYPOTHESES)
    old = metric("comet", mine, Runtime(cache=str(cache))).signature(TEST_SET)

    file = mine / "checkpoints" / "model.ckpt"
    state = file.stat()
    change(mine)
    assert file.stat().st_size == state.st_size
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))

    after, encoded = scored(mine, cache)
    assert encoded == EVERYTHING
    assert after != before
    assert (after, EVERYTHING) == scored(mine, tmp_path / "empty cache")
    assert metric("comet", mine, Runtime(cache=str(cache))).signature(TEST_SET) != old
    assert len(kept(cache)) == 2


def test_not_even_where_the_files_are_mistaken_for_one_another(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the loaded model itself says of fixed sequences decides, too."""
    import torch

    monkeypatch.setattr(session, "remembered_digest", lambda *_: "the same")
    monkeypatch.setattr(checkpoint, "remembered_digest", lambda *_: "the same")
    cache = tmp_path / "cache"
    before, _ = scored(mine, cache)
    file = mine / "checkpoints" / "model.ckpt"
    content = torch.load(file, weights_only=True)
    bias = "encoder.model.encoder.layer.1.output.dense.bias"
    content["state_dict"][bias][3] += 1e-3
    torch.save(content, file)
    after, encoded = scored(mine, cache)
    assert (after != before, encoded) == (True, EVERYTHING)


def test_precisions_and_revisions_have_files_of_their_own(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = ("a" * 40, "b" * 40)
    for commit in commits:
        shutil.copytree(mine, tmp_path / "hub" / "models--org--tiny" / "snapshots" / commit)
    monkeypatch.setattr(hub, "cache_folder", lambda: tmp_path / "hub")
    cache = tmp_path / "cache"
    exact = {scored("org/tiny", cache, revision=commit) for commit in commits}
    assert {encoded for _, encoded in exact} == {EVERYTHING}
    assert len({scores for scores, _ in exact}) == 1, "the two commits hold the same weights"
    rough = {
        scored("org/tiny", cache, revision=commits[0], precision=precision)
        for precision in ("bf16", "fp16")
    }
    assert {encoded for _, encoded in rough} == {EVERYTHING}
    files = kept(cache)
    assert len(files) == 4
    assert all(len(vectors) == EVERYTHING - HYPOTHESES for vectors in files.values())
    assert scored("org/tiny", cache, revision=commits[1]) == (exact.pop()[0], HYPOTHESES)


def test_a_vector_planted_in_another_file_is_never_read(mine: Path, tmp_path: Path) -> None:
    """Whatever is written into the bf16 file moves no fp32 score, and would move a bf16 one."""
    cache = tmp_path / "cache"
    exact, _ = scored(mine, cache)
    rough, _ = scored(mine, cache, precision="bf16")
    (planted,) = (cache / "comet" / "embeddings").glob("*-bf16.sqlite")
    disk = sqlite3.connect(planted)
    with disk:
        disk.execute("UPDATE vectors SET vector = ?", (np.ones(64, "<f4").tobytes(),))
    disk.close()
    assert scored(mine, cache) == (exact, HYPOTHESES)
    assert scored(mine, cache, precision="bf16")[0] != rough


def test_a_copy_elsewhere_has_the_same_configuration(mine: Path, tmp_path: Path) -> None:
    """Where a checkpoint's parts lie, and who wrote them, is no part of it."""
    other = tmp_path / "elsewhere" / "mine"
    shutil.copytree(mine, other)
    edit(other / "hparams.yaml", "/no/longer/here", "/somewhere/else")
    file = other / "encoder" / "config.json"
    written = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps(written | {"transformers_version": "4.0.0"}), "utf-8")
    signatures = {str(metric("comet", one).signature(TEST_SET)) for one in (mine, other)}
    assert len(signatures) == 1


def test_an_estimate_knows_what_is_encoded_and_loads_no_weights(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = Runtime(device="cpu", cache=str(tmp_path / "cache"))
    given = metric("comet", mine, runtime)
    assert given.encoded_before(TEST_SET) == (0, 14)
    scored(mine, tmp_path / "cache")
    longer = view([*EN, "A new one."], [(one,) for one in (*DE, "Ein neuer.")])
    with monkeypatch.context() as patch:
        patch.setattr(session.CometSession, "load", None)
        patch.setattr(checkpoint, "load", None)
        assert metric("comet", mine, runtime).encoded_before(TEST_SET) == (14, 14)
        assert metric("comet", mine, runtime).encoded_before(longer) == (14, 16)
    # One more system costs one encoding of its different hypotheses.
    assert scored(mine, tmp_path / "cache")[1] == HYPOTHESES
    (file,) = (tmp_path / "cache" / "comet" / "embeddings").glob("*.sqlite")
    file.write_bytes(b"no such thing")
    assert metric("comet", mine, runtime).encoded_before(TEST_SET) == (0, 14)
    assert metric("comet", mine, Runtime(device="cpu")).encoded_before(TEST_SET) is None
