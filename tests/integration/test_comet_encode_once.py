"""What is encoded, how often, and that a score depends on its own segment alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtbench.metrics.comet import regression, unified
from mtbench.types import Runtime
from tests.support.comet_samples import metric, paragraphs, scores, view

EN, DE, IT = paragraphs("en"), paragraphs("de"), paragraphs("it")
FORWARD = view(EN, [(one,) for one in DE], "en-de")
BACKWARD = view(DE, [(one,) for one in EN], "de-en")


def statistics(
    entered: Any, test_set: Any, outputs: Mapping[str, Sequence[str]]
) -> tuple[Any, int]:
    """Rows, and how many sequences went through the encoder for them."""
    encoder = entered._session._sentences or entered._session._pairs
    before = encoder.encoded
    rows = entered.prepare(test_set).statistics(outputs)
    return rows, encoder.encoded - before


def test_each_text_is_encoded_once_over_systems_and_directions(
    tiny_comet: Callable[[str], Path],
) -> None:
    with metric("comet", tiny_comet("regression")) as entered:
        outputs = {"italian": IT, "same": IT, "reference": DE, "copy": EN}
        _, encoded = statistics(entered, FORWARD, outputs)
        assert encoded == len({*EN, *DE, *IT})
        _, encoded = statistics(entered, BACKWARD, {"italian": IT, "copy": DE})
        assert encoded == 0


def test_pairs_are_read_once_over_systems(tiny_comet: Callable[[str], Path]) -> None:
    with metric("cometkiwi", tiny_comet("unified-qe")) as entered:
        _, encoded = statistics(
            entered, FORWARD, {"one": IT, "same": IT, "half": (*IT[:4], *DE[4:])}
        )
        assert encoded == 7 + 3
    with metric("xcomet", tiny_comet("xcomet")) as entered:
        # [mt, src] is shared by both references; [mt, ref] and [mt, src, ref] are not.
        two = view(EN, list(zip(DE, DE[::-1], strict=True)), "en-de")
        _, encoded = statistics(entered, two, {"one": IT, "same": IT})
        middle = 1  # the fourth of seven has the same reference twice
        assert encoded == 7 + 2 * (2 * 7 - middle)


def test_one_more_system_costs_its_hypotheses_alone(
    tiny_comet: Callable[[str], Path], tmp_path: Path
) -> None:
    runtime = Runtime(device="cpu", cache=str(tmp_path))
    with metric("comet", tiny_comet("regression"), runtime) as entered:
        first, encoded = statistics(entered, FORWARD, {"italian": IT})
        assert encoded == 21
    with metric("comet", tiny_comet("regression"), runtime) as entered:
        _, encoded = statistics(entered, FORWARD, {"new": [f"{one} Fine." for one in IT]})
        assert encoded == 7
        again, encoded = statistics(entered, FORWARD, {"italian": IT})
        assert encoded == 7
        assert again["italian"].tobytes() == first["italian"].tobytes()
    # Another precision, or other weights, never meet these.
    with metric("comet", tiny_comet("regression"), runtime, precision="bf16") as entered:
        assert statistics(entered, FORWARD, {"italian": IT})[1] == 21
    with metric("comet", tiny_comet("regression+norm"), runtime) as entered:
        assert statistics(entered, FORWARD, {"italian": IT})[1] == 21


@pytest.mark.parametrize(
    ("precision", "content"),
    [("fp32", False), ("bf16", False), ("bf16", True)],
    ids=["fp32", "bf16", "bf16 by content"],
)
@pytest.mark.parametrize(
    ("name", "kind"), [("comet", "regression"), ("cometkiwi", "unified-qe"), ("xcomet", "xcomet")]
)
def test_scores_do_not_depend_on_company(
    name: str,
    kind: str,
    precision: str,
    content: bool,
    tiny_comet: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Byte for byte: other systems, their order, the order of segments, the batch size.

    Once as measured here, once as on a device where a row depends on its batch, for which batches
    are formed from one system's content alone, of a fixed size.
    """
    if content:
        monkeypatch.setattr(regression, "depends_on_batch", lambda *_: True)
        monkeypatch.setattr(unified, "depends_on_batch", lambda *_: True)
    model = tiny_comet(kind)
    given: dict[str, Any] = {"precision": precision}
    alone = scores(name, model, FORWARD, {"it": IT}, **given)["it"]
    many = scores(name, model, FORWARD, {"copy": EN, "mix": (*DE[:3], *IT[3:]), "it": IT}, **given)
    assert many["it"].tobytes() == alone.tobytes()
    order = np.random.default_rng(5).permutation(7)
    shuffled = view([EN[at] for at in order], [(DE[at],) for at in order], "en-de")
    moved = scores(name, model, shuffled, {"it": [IT[at] for at in order]}, **given)["it"]
    assert moved.tobytes() == alone[order].tobytes()
    small = Runtime(device="cpu", batch_size=2)
    assert (
        scores(name, model, FORWARD, {"it": IT}, small, **given)["it"].tobytes() == alone.tobytes()
    )


def test_where_batches_are_fixed_by_content_the_result_says_so(
    tiny_comet: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regression, "depends_on_batch", lambda *_: True)
    runtime = Runtime(device="cpu", cache=str(tmp_path))
    with metric("comet", tiny_comet("regression"), runtime, precision="bf16") as entered:
        scorer = entered.prepare(FORWARD)
        first = scorer.statistics({"it": IT})
        assert scorer.notes("it")["batches"] == "fixed by content"
    with metric("comet", tiny_comet("regression"), runtime, precision="bf16") as entered:
        rows, encoded = statistics(entered, FORWARD, {"it": IT})
        assert encoded == 7, "sources and references come from disk, as one group"
        assert rows["it"].tobytes() == first["it"].tobytes()


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
@pytest.mark.parametrize(
    ("name", "kind"), [("comet", "regression"), ("comet", "unified"), ("cometkiwi", "qe")]
)
def test_lower_precisions_move_scores_a_little(
    name: str, kind: str, precision: str, tiny_comet: Callable[[str], Path]
) -> None:
    exact = scores(name, tiny_comet(kind), FORWARD, {"it": IT, "copy": EN})
    rough = scores(name, tiny_comet(kind), FORWARD, {"it": IT, "copy": EN}, precision=precision)
    off = max(float(np.abs(exact[s] - rough[s]).max()) for s in exact)
    assert 1e-7 < off < 0.05


def test_large_sets_go_block_by_block_to_the_same_scores(
    tiny_comet: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from mtbench.metrics.comet import cache, session

    whole = scores("comet", tiny_comet("regression"), FORWARD, {"it": IT, "copy": EN})
    monkeypatch.setattr(session, "VECTORS", 8)
    monkeypatch.setattr(cache.Store.__init__, "__defaults__", (None, 10 * 64 * 4))
    with metric("comet", tiny_comet("regression")) as entered:
        rows, _ = statistics(entered, FORWARD, {"it": IT, "copy": EN})
        assert len(entered._session._sentences.store._recent) <= 10
    for system, found in rows.items():
        assert found[:, 0].tobytes() == whole[system].tobytes()
