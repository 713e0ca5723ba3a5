"""The pooling that tests use agrees with sacreBLEU's corpus scores."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.support.lexical_rows import POOLS, metric, rows

WORDS = st.lists(st.sampled_from(["a", "bb", "the", "Haus", "."]), max_size=7).map(" ".join)


@pytest.mark.parametrize("name", ["bleu", "chrf", "ter"])
@settings(max_examples=examples(60), deadline=None)
@given(pairs=st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=5))
def test_pooled_statistics_are_the_corpus_score(name: str, pairs: list[tuple[str, str]]) -> None:
    hypotheses = [h for h, _ in pairs]
    references = [r for _, r in pairs]
    expected = metric(name).corpus_score(hypotheses, [references]).score
    found = POOLS[name](rows(name, hypotheses, references).sum(axis=0))
    assert float(found) == pytest.approx(expected, abs=1e-9)
    assert np.ndim(found) == 0
