"""A failure in the place of an answer is that segment's alone; nothing is asked for again."""

from __future__ import annotations

from collections.abc import Sequence

from mtbench.backends.chain import Chain
from mtbench.errors import SegmentError
from mtbench.languages import LanguagePair
from mtbench.plugins import Backend
from mtbench.stages.translation import plan, translate
from mtbench.types import Finished, Hypothesis, Record, Runtime, Source, Translation

EN_IT = LanguagePair.parse("en-it")
SOURCES = tuple(Source(id=f"s{i}", text=f"text {i}") for i in range(4))


class Picky(Backend):
    """Refuses texts that hold a given one, and counts calls."""

    refused = "2"

    def __init__(self, options: Record, pair: LanguagePair, runtime: Runtime) -> None:
        super().__init__(options, pair, runtime)
        self.calls = 0

    def translate(self, batch: Sequence[Source]) -> list[Translation | SegmentError]:
        self.calls += 1
        return [
            SegmentError(f"not {self.refused}", why="it is so")
            if self.refused in source.text
            else Translation(text=source.text.upper(), kept={"seen": True})
            for source in batch
        ]


def test_the_stage_keeps_it_as_a_failure() -> None:
    backend = Picky(Picky.Options(), EN_IT, Runtime())
    found: dict[str, Finished] = {}
    translate(
        plan(SOURCES, backend, Runtime(), frozenset()),
        backend,
        lambda batch: found.update((f.hypothesis.id, f) for f in batch),
    )
    assert backend.calls == 1
    assert found["s2"].hypothesis == Hypothesis(id="s2", failure="not 2; it is so")
    assert found["s2"].kept == {}
    assert found["s1"].hypothesis == Hypothesis(id="s1", text="TEXT 1")


def test_a_chain_passes_it_on() -> None:
    options = Chain.Options(steps=("identity:", "identity:"), via=("ca",))
    chain = Chain(options, EN_IT, Runtime())
    first, second = (Picky(Picky.Options(), EN_IT, Runtime()) for _ in range(2))
    second.refused = "3"
    chain.steps = [first, second]
    with chain:
        answers = chain.translate(SOURCES)
    assert [a.text if isinstance(a, Translation) else a.message for a in answers] == [
        "TEXT 0",
        "TEXT 1",
        "not 2",
        "not 3",
    ]
    assert isinstance(answers[0], Translation)
    assert answers[0].kept["steps"].keys() == {"1:en-it", "2:en-it"}
