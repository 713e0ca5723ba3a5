"""Digests of a test set are made once, and never those of another one's columns."""

from __future__ import annotations

import pytest

from mtbench.languages import LanguagePair
from mtbench.types import Source, TestSet, corpora


def make(*texts: str) -> TestSet:
    empty = (None,) * len(texts)
    return TestSet(
        corpus="c",
        pair=LanguagePair.parse("en-it"),
        sources=tuple(Source(id=f"s{n}", text=text) for n, text in enumerate(texts)),
        references=tuple((text,) for text in texts),
        domains=empty,
        original_languages=empty,
        origins=empty,
        alignments=empty,
    )


def test_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = make("a", "b"), make("a", "b")
    before = one.digest(), one.sources_digest(), one.references_digest()
    assert one == other
    assert before == (other.digest(), other.sources_digest(), other.references_digest())
    monkeypatch.setattr(corpora, "digest_rows", None)
    assert before == (one.digest(), one.sources_digest(), one.references_digest())
    assert TestSet.model_validate(one.model_dump()).corpus == "c"


@pytest.mark.parametrize("deep", [False, True])
def test_a_changed_copy_has_digests_of_its_own(deep: bool) -> None:
    one, two = make("a", "b"), make("a", "x")
    before = one.digest()
    copied = one.model_copy(update={"references": two.references}, deep=deep)
    assert copied.sources_digest() == one.sources_digest()
    assert copied.references_digest() == two.references_digest() != one.references_digest()
    assert one.digest() == before != copied.digest()
