"""Batches, order, retries: what the stage does once for every back end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtbench.errors import BackendError, SegmentError, TransientError
from mtbench.languages import LanguagePair
from mtbench.plugins import Backend
from mtbench.servers.headers import LONGEST_REQUESTED_WAIT
from mtbench.servers.patience import ATTEMPTS
from mtbench.stages.items import FAILED_CALLS_IN_A_ROW
from mtbench.stages.translation import CHARACTERS_A_SEGMENT, batching, plan, translate
from mtbench.testing import Scripted, scripted
from mtbench.types import Finished, Record, Runtime, Source, Translation
from tests.support.examples import examples

PAIR = LanguagePair.parse("en-it")


class Upper(Backend):
    def translate(self, batch: Sequence[Source]) -> Sequence[str | Translation | SegmentError]:
        return [source.text.upper() for source in batch]


class Documents(Upper):
    batching = "document"


class Singles(Upper):
    batching = "single"


def made(kind: type[Backend], **attributes: Any) -> Backend:
    backend = kind(Record(), PAIR, Runtime())
    for name, value in attributes.items():
        setattr(backend, name, value)
    return backend


def sources(*texts: str, documents: Sequence[str | None] | None = None) -> list[Source]:
    labels = documents or [None] * len(texts)
    return [
        Source(id=f"s{n}", text=text, document=document)
        for n, (text, document) in enumerate(zip(texts, labels, strict=True), start=1)
    ]


def ids(batches: Iterable[Any]) -> list[list[tuple[str, ...]]]:
    return [list(batch.ids) for batch in batches]


def driven(backend: Backend, given: Sequence[Source], **more: Any) -> dict[str, Finished]:
    found: dict[str, Finished] = {}
    batches = plan(given, backend, backend.runtime, frozenset())
    with backend:
        translate(batches, backend, lambda b: found.update((f.hypothesis.id, f) for f in b), **more)
    return found


# --- batches --------------------------------------------------------------------------------


def test_free_batches_hold_texts_of_like_length_longest_first() -> None:
    given = sources("aa", "a", "aaaa", "aaa")
    batches = plan(given, made(Upper, preferred_batch=2), Runtime(), frozenset())
    assert ids(batches) == [[("s3",), ("s4",)], [("s1",), ("s2",)]]
    assert batching(made(Upper), Runtime(), given) == "free"


def test_equal_texts_are_translated_once() -> None:
    given = [
        *sources("a", "b", "a"),
        Source(id="s4", text="a", context="of another"),
        Source(id="s5", text="a", instruction="shout"),
    ]
    (batch,) = plan(given, made(Upper), Runtime(), frozenset())
    assert sorted(batch.ids) == [("s1", "s3"), ("s2",), ("s4",), ("s5",)]
    assert batch.size == 5
    assert {name: f.hypothesis.text for name, f in driven(made(Upper), given).items()} == {
        "s1": "A", "s2": "B", "s3": "A", "s4": "A", "s5": "A",
    }  # fmt: skip
    by_id = plan(given, made(Upper, by_id=True), Runtime(), frozenset())
    assert all(len(names) == 1 for batch in by_id for names in batch.ids)


def test_a_long_text_makes_a_small_batch() -> None:
    given = sources(*(letter * 2 * CHARACTERS_A_SEGMENT for letter in "xyz"), "short", "s")
    batches = plan(given, made(Upper, preferred_batch=4), Runtime(), frozenset())
    assert [len(batch.sources) for batch in batches] == [2, 2, 1]


def test_documents_stay_together_in_order() -> None:
    given = sources("a", "b", "c", "d", "e", documents=["x", "x", None, "y", "y"])
    backend = made(Documents)
    assert ids(plan(given, backend, Runtime(), frozenset())) == [
        [("s1",), ("s2",)], [("s3",)], [("s4",), ("s5",)],
    ]  # fmt: skip
    assert batching(backend, Runtime(), given) == "document"
    # A document that is half done is done again as a whole; one that is done is not.
    assert ids(plan(given, backend, Runtime(), frozenset({"s1", "s4", "s5"}))) == [
        [("s1",), ("s2",)], [("s3",)],
    ]  # fmt: skip


def test_what_is_asked_for_by_document_is_no_document_of_strangers() -> None:
    given = sources(*"abc")
    backend = made(Documents, unit="document")
    assert ids(plan(given, backend, Runtime(), frozenset())) == [[("s1",)], [("s2",)], [("s3",)]]
    assert batching(backend, Runtime(), given) == "document"


def test_without_documents_blocks_are_fixed_and_part_of_what_was_run() -> None:
    given = sources(*"abcde")
    backend = made(Documents, preferred_batch=2)
    assert [len(b.sources) for b in plan(given, backend, Runtime(), frozenset())] == [2, 2, 1]
    assert batching(backend, Runtime(), given) == "block:2"
    assert batching(backend, Runtime(batch_size=3), given) == "block:3"
    later = plan(given, backend, Runtime(), frozenset({"s1", "s2"}))
    assert ids(later) == [[("s3",), ("s4",)], [("s5",)]]


def test_without_documents_answers_by_id_are_kept_one_by_one() -> None:
    given = sources(*"aab")
    backend = made(Documents, by_id=True)
    assert batching(backend, Runtime(), given) == "single"
    assert ids(plan(given, backend, Runtime(), frozenset({"s2"}))) == [[("s1",)], [("s3",)]]


def test_one_at_a_time() -> None:
    given = sources("a", "a")
    assert ids(plan(given, made(Singles), Runtime(), frozenset({"s1"}))) == [[("s2",)]]
    # An equal text is asked for once, unless a seed or a file goes by its id.
    assert ids(plan(given, made(Singles), Runtime(), frozenset())) == [[("s1", "s2")]]
    by_id = plan(given, made(Singles, by_id=True), Runtime(), frozenset())
    assert ids(by_id) == [[("s1",)], [("s2",)]]
    assert batching(made(Singles), Runtime(batch_size=9), given) == "single"


@given(
    texts=st.lists(st.text(max_size=6), max_size=12),
    size=st.integers(1, 5),
    done=st.sets(st.integers(1, 12)),
    kind=st.sampled_from([Upper, Documents, Singles]),
    labels=st.lists(st.sampled_from(["x", "y", None]), min_size=12, max_size=12),
)
@settings(max_examples=examples(100), deadline=None)
def test_every_segment_has_its_place_once(
    texts: list[str], size: int, done: set[int], kind: type[Backend], labels: list[str | None]
) -> None:
    given = sources(*texts, documents=labels[: len(texts)])
    finished = frozenset(f"s{n}" for n in done)
    batches = plan(given, made(kind), Runtime(batch_size=size), finished)
    names = [name for batch in batches for group in batch.ids for name in group]
    assert len(names) == len(set(names))
    assert set(names) >= {source.id for source in given} - finished
    assert set(names) <= {source.id for source in given}
    if kind is not Documents:
        assert not finished & set(names)
    by_id = {source.id: source for source in given}
    for batch in batches:
        for source, group in zip(batch.sources, batch.ids, strict=True):
            assert all(by_id[name].text == source.text for name in group)


# --- failures -------------------------------------------------------------------------------


def test_a_refused_segment_fails_alone() -> None:
    backend = scripted(refused=["s2"])
    found = driven(backend, sources("a", "b", "c"))
    assert found["s2"].hypothesis.failure == "segment s2 is refused"
    assert found["s2"].hypothesis.text is None
    assert [found[n].hypothesis.text for n in ("s1", "s3")] == ["A", "C"]
    assert sorted(backend.calls, key=len, reverse=True)[0] == ("s1", "s2", "s3")


def test_a_document_is_translated_as_one_or_not_at_all() -> None:
    backend = scripted(refused=["s2"])
    backend.batching = "document"
    found = driven(backend, sources("a", "b", "c", documents=["x", "x", "y"]))
    assert {n: f.hypothesis.failure is None for n, f in found.items()} == {
        "s1": False, "s2": False, "s3": True,
    }  # fmt: skip
    assert backend.calls == [("s1", "s2"), ("s3",)]


def test_a_busy_system_is_asked_again_after_a_wait() -> None:
    waits: list[float] = []
    backend = scripted("wait", "wait", "answer")
    found = driven(backend, sources("a"), sleep=waits.append)
    assert found["s1"].hypothesis.text == "A"
    assert len(waits) == 2
    assert all(0 <= seconds <= 60 for seconds in waits)


@pytest.mark.parametrize(
    ("asked", "waited"), [(2.5, 2.5), (-1.0, 0.0), (1e9, LONGEST_REQUESTED_WAIT)]
)
def test_a_server_says_how_long_to_wait(asked: float, waited: float) -> None:
    waits: list[float] = []
    driven(scripted("wait", retry_after=asked), sources("a"), sleep=waits.append)
    assert waits == [waited]


def test_one_exhausted_call_is_that_segments_failure() -> None:
    backend = made_singles("wait" for _ in range(ATTEMPTS))
    found = driven(backend, sources("a", "b"), sleep=lambda _: None)
    assert [f.hypothesis.failure for f in found.values()] == ["busy", None]


def made_singles(script: Any) -> Scripted:
    backend = scripted(*script)
    backend.batching = "single"
    return backend


@pytest.mark.parametrize("kind", ["single", "document"])
def test_some_exhausted_calls_in_a_row_are_the_end(kind: str) -> None:
    backend = made_singles("wait" for _ in range(ATTEMPTS * FAILED_CALLS_IN_A_ROW))
    backend.batching = kind  # type: ignore[assignment]
    given = sources(*"abcde", documents=list("vwxyz"))
    with pytest.raises(BackendError, match="does not answer: busy"):
        driven(backend, given, sleep=lambda _: None)
    assert len(backend.calls) == ATTEMPTS * FAILED_CALLS_IN_A_ROW


def test_an_answer_in_between_starts_the_count_again() -> None:
    failed = ["wait"] * ATTEMPTS
    rounds = [*failed, *failed, "answer"]
    backend = made_singles([*rounds, *rounds, *failed, "refuse", *failed, *failed])
    found = driven(backend, sources(*"abcdefghijk"), sleep=lambda _: None)
    assert [f.hypothesis.failure for f in found.values()] == [
        "busy", "busy", None, "busy", "busy", None, "busy", "segment s8 is refused", "busy", "busy",
        None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("short", "2 translations for 3"),
        ("long", "4 translations for 3"),
        ("fail", "the script says so"),
    ],
)
def test_a_system_that_fails_as_a_whole(step: Any, message: str) -> None:
    with pytest.raises(BackendError, match=message):
        driven(scripted(step), sources("a", "b", "c"))


class Odd(Upper):
    answer: Any = None

    def translate(self, batch: Sequence[Source]) -> Any:
        return [self.answer if source.text == "odd" else source.text.upper() for source in batch]


@pytest.mark.parametrize("answer", [None, 3, b"bytes", ["text"]])
def test_what_is_no_text(answer: Any) -> None:
    with pytest.raises(BackendError, match=r"no text for segment 's2'"):
        driven(made(Odd, answer=answer), sources("a", "odd"))


@pytest.mark.parametrize("answer", ["\ud800", Translation(text="a", kept={"raw": "\udfff"})])
def test_what_no_file_can_hold_is_that_segments_failure(answer: Any) -> None:
    found = driven(made(Odd, answer=answer), sources("a", "odd", "b"))
    assert found["s2"].hypothesis.failure == "the translation of 's2' is not valid Unicode"
    assert found["s1"].hypothesis.text == "A"


def test_what_is_no_json_beside_a_translation() -> None:
    answer = Translation(text="a", kept={"raw": object()})
    with pytest.raises(BackendError, match="not JSON"):
        driven(made(Odd, answer=answer), sources("odd"))


def test_a_reason_that_no_file_can_hold() -> None:
    found = driven(made(Odd, answer=SegmentError("said \ud800", why="so")), sources("odd"))
    assert found["s1"].hypothesis.failure == "said \\ud800; so"


# --- concurrency ----------------------------------------------------------------------------


class Parallel(Upper):
    batching = "single"
    max_concurrency = 4

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.now, self.most, self.calls = 0, 0, 0
        self.lock = threading.Lock()
        self.fail_at = ""

    def translate(self, batch: Sequence[Source]) -> list[str]:
        with self.lock:
            self.calls += 1
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.01)
        with self.lock:
            self.now -= 1
        if batch[0].text == self.fail_at:
            raise BackendError("gone")
        return [source.text.upper() for source in batch]


def test_calls_run_at_once_within_bounds() -> None:
    backend = made(Parallel)
    assert isinstance(backend, Parallel)
    found = driven(backend, sources(*(f"t{n}" for n in range(40))))
    assert len(found) == 40
    assert {f.hypothesis.text for f in found.values()} == {f"T{n}" for n in range(40)}
    assert 1 < backend.most <= 4


def test_what_is_under_way_is_kept_when_one_fails() -> None:
    backend = made(Parallel, fail_at="t5")
    assert isinstance(backend, Parallel)
    given = sources(*(f"t{n}" for n in range(40)))
    found: set[str] = set()
    with pytest.raises(BackendError, match="gone"):
        translate(
            plan(given, backend, Runtime(), frozenset()),
            backend,
            lambda batch: found.update(f.hypothesis.id for f in batch),
        )
    assert len(found) == backend.calls - 1
    assert backend.calls < 40


def test_a_wait_ends_when_the_whole_has_failed() -> None:
    class Waiting(Parallel):
        def translate(self, batch: Sequence[Source]) -> list[str]:
            if batch[0].text == "t0":
                raise TransientError("busy", retry_after=200)
            time.sleep(0.05)
            raise BackendError("gone")

    with pytest.raises(BackendError, match="gone"):
        driven(made(Waiting), sources("t0", "t1"))


def test_what_cannot_be_kept_ends_it() -> None:
    def keep(_: Sequence[Finished]) -> None:
        raise OSError("disk full")

    for kind in (Upper, Parallel):
        backend = made(kind)
        with pytest.raises(OSError, match="disk full"):
            translate(plan(sources("a", "b"), backend, Runtime(), frozenset()), backend, keep)


def test_of_very_many_like_lengths_stand_together_in_stretches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each is asked for once, wherever it stands again, and memory holds some of them alone."""
    monkeypatch.setattr("mtbench.stages.translation.STRETCH", 4)
    texts = ["bb", "a", "cccc", "bb", "dddd", "a", "ee", "f", "ggg", "bb"]
    sources = [Source(id=f"s{at}", text=text) for at, text in enumerate(texts)]
    backend = Upper(Upper.Options(), PAIR, Runtime(batch_size=2))
    batches = plan(sources, backend, backend.runtime, frozenset({"s1"}))
    asked = [[source.text for source in batch.sources] for batch in batches]
    assert asked == [["cccc", "dddd"], ["bb", "a"], ["ggg", "ee"], ["f"]]
    ids = [ids for batch in batches for ids in batch.ids]
    assert ids[2] == ("s0", "s3", "s9")
    assert ids[3] == ("s5",)
    assert sorted(name for each in ids for name in each) == [
        f"s{at}" for at in range(10) if at != 1
    ]
    assert len(batches) == 4
