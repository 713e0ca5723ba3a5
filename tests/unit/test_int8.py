"""Eight bits on processors: exact products, one scale for each sub-word."""

from __future__ import annotations

from typing import Any

import pytest

from mtbench.checkpoints import int8
from mtbench.errors import Unavailable

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module", autouse=True)
def _exact() -> None:
    try:
        int8.require_exact()
    except Unavailable as error:
        pytest.skip(str(error))


def layer(inputs: int, outputs: int) -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        return torch.nn.Sequential(torch.nn.Linear(inputs, outputs)).requires_grad_(False)


def test_a_layer_is_what_rounding_by_hand_gives() -> None:
    """Independent: whole numbers in double precision, each row by its own largest value."""
    model = layer(48, 24)
    weight, bias = model[0].weight.double(), model[0].bias.double()
    given = torch.linspace(-3, 5, 7 * 48).sin().mul(torch.arange(1, 8).repeat_interleave(48))
    given = given.reshape(7, 48)
    int8.quantise(model)
    found = model(given)
    rows = (given.double() / given.double().abs().amax(1, keepdim=True) * 127).round()
    outputs = (weight / weight.abs().amax(1, keepdim=True) * 127).round()
    scales = given.double().abs().amax(1, keepdim=True) * weight.abs().amax(1) / 127**2
    expected = rows @ outputs.T * scales + bias
    # A value in the middle between two whole numbers may go either way in single precision.
    assert (found.double() - expected).abs().max() < 2e-2
    assert (found.double() - expected).abs().median() < 1e-6
    exact = given.double() @ weight.T + bias
    assert 0 < (found.double() - exact).abs().max() < 0.05 * exact.abs().max()


def test_a_row_depends_on_itself_alone() -> None:
    model = layer(64, 32)
    int8.quantise(model)
    rows = torch.linspace(-9, 9, 40 * 64).cos().reshape(40, 64)
    rows[3] *= 1000  # one scale for all would leave nothing of the others
    together = model(rows)
    for at in (0, 3, 17):
        assert torch.equal(model(rows[at : at + 1])[0], together[at])
    assert torch.equal(model(rows.reshape(2, 20, 64)).reshape(40, 32), together)


def test_zeros_stay_what_the_bias_is() -> None:
    model = layer(16, 8)
    bias = model[0].bias.clone()
    int8.quantise(model)
    assert torch.equal(model(torch.zeros(2, 16)), bias.expand(2, 8))


def test_a_processor_that_adds_in_sixteen_bits_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def saturating(rows: Any, others: Any) -> Any:
        """As without VNNI: bytes without a sign times signed ones, pairs added in 16 bits."""
        pairs = (rows.double() + 128)[:, :, None] * others.double()[None]
        both = (pairs[:, ::2] + pairs[:, 1::2]).clamp(-(2**15), 2**15 - 1)
        return (both.sum(1) - 128 * others.double().sum(0)).to(torch.int32)

    monkeypatch.setattr(torch, "_int_mm", saturating)
    with pytest.raises(Unavailable, match="not exact"):
        int8.require_exact.__wrapped__()


def test_a_pytorch_without_them_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch, "_int_mm")
    with pytest.raises(Unavailable, match="no products of bytes"):
        int8.require_exact.__wrapped__()
