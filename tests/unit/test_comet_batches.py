"""Batches of COMET's inference loop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtbench.checkpoints.batches import (
    BUDGET,
    FLOOR,
    Fitting,
    Ids,
    batches,
    depends_on_batch,
    group_digest,
    padded_batches,
    tensors,
)

sequences = st.sets(
    st.lists(st.integers(0, 9), min_size=2, max_size=12).map(tuple), min_size=1, max_size=60
)


@given(sequences, st.integers(1, 20))
def test_every_sequence_once_in_batches_of_one_length(given_: set[Ids], size: int) -> None:
    found = list(batches(given_, size))
    assert Counter(ids for batch in found for ids in batch) == Counter(given_)
    for batch in found:
        assert len({len(ids) for ids in batch}) == 1
        assert 1 <= len(batch) <= size
    lengths = [len(batch[0]) for batch in found]
    assert lengths == sorted(lengths, reverse=True)


@given(sequences, st.randoms(use_true_random=False))
def test_batches_follow_from_content_not_from_order(given_: set[Ids], random: Any) -> None:
    shuffled = list(given_)
    random.shuffle(shuffled)
    assert list(batches(shuffled, 4)) == list(batches(sorted(given_), 4))
    assert group_digest(shuffled) == group_digest(given_)


def test_long_sequences_share_a_batch_only_within_the_budget() -> None:
    long = [tuple([7] * 510 + [number]) for number in range(10)]
    found = list(batches(long, 16))
    assert [len(batch) for batch in found] == [4, 4, 2]
    assert all(len(batch) * len(batch[0]) <= 16 * BUDGET for batch in found)
    assert [len(batch) for batch in batches(long, 1)] == [1] * 10, "one always fits"


def test_a_small_batch_is_filled_up_with_its_own_first_row() -> None:
    pytest.importorskip("torch")
    filled, mask, own = tensors([(0, 5, 2)], "cpu")
    assert own == 1 and mask.all()
    assert filled.shape == (6, 3) and filled.numel() >= FLOOR
    assert filled.tolist() == [[0, 5, 2]] * 6


def test_shorter_sequences_are_padded_and_masked() -> None:
    pytest.importorskip("torch")
    ids, mask, own = tensors([tuple(range(20)), (0, 9, 2)], "cpu", pad=1)
    assert own == 2
    assert ids[1].tolist() == [0, 9, 2] + [1] * 17
    assert mask.sum(dim=1).tolist() == [20, 3]


@given(sequences, st.integers(1, 60))
def test_padded_batches_keep_their_budget_and_lose_nothing(given_: set[Ids], budget: int) -> None:
    found = list(padded_batches(given_, budget))
    assert Counter(ids for batch in found for ids in batch) == Counter(given_)
    for batch in found:
        assert len(batch) == 1 or len(batch) * max(map(len, batch)) <= budget
        assert len(batch[0]) == max(map(len, batch)), "the longest is first"
    assert list(padded_batches(sorted(given_), budget)) == found


def test_a_batch_that_does_not_fit_is_halved_until_it_does() -> None:
    torch = pytest.importorskip("torch")
    asked: list[int] = []

    def work(batch: list[Ids]) -> list[int]:
        asked.append(len(batch))
        if len(batch) > 3:
            raise torch.cuda.OutOfMemoryError("no room")
        return [ids[0] for ids in batch]

    fitting = Fitting()
    whole: list[Ids] = [(number, 0) for number in range(10)]
    parts = list(fitting.run(whole, work))
    assert [ids for batch, _ in parts for ids in batch] == whole
    assert [one for _, found in parts for one in found] == list(range(10))
    assert fitting.halved
    assert asked == [10, 5, 2, 3, 2, 3], "what did not fit once is not tried again"
    one: Ids = (1, 2)
    with pytest.raises(torch.cuda.OutOfMemoryError):
        list(fitting.run([one], lambda batch: work(batch * 9)))


class _Linear:
    """A model of one matrix, whose rows depend on each other or do not."""

    def __init__(self, mixing: float) -> None:
        self._mixing = mixing

    def __call__(self, batch: Sequence[Ids]) -> Any:
        import torch

        rows = torch.tensor(batch, dtype=torch.float64)
        return rows + self._mixing * rows.mean(dim=0)


def test_a_device_where_neighbours_matter_is_found_out() -> None:
    pytest.importorskip("torch")
    assert depends_on_batch(_Linear(1e-9), vocabulary=100)
    assert not depends_on_batch(_Linear(0.0), vocabulary=100)


@pytest.mark.parametrize("precision", ["fp32", "bf16", "int8"])
def test_an_embedding_depends_on_its_own_text_alone(
    precision: str, tiny_comet: Callable[[str], Path]
) -> None:
    """Bit for bit, for every number of neighbours and every length up to 40."""
    from mtbench.metrics.comet.session import CometSession, Settings

    model = str(tiny_comet("regression"))
    session = CometSession(Settings(model=model, device="cpu", precision=precision))
    session.load()
    encoder = session._sentences
    assert encoder is not None
    assert not encoder.feed.by_content
    for length in range(2, 41):
        rows = [tuple((5 + 7 * row + 3 * at) % 400 for at in range(length)) for row in range(9)]
        together = encoder._embed(rows)
        for count in (1, 2, 5):
            assert (encoder._embed(rows[:count]) == together[:count]).all(), (length, count)
        assert (encoder._embed(rows[::-1]) == together[::-1]).all()
