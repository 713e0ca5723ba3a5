"""Programs as systems: real ones that buffer, die, hang, miscount and shout."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from mtbench.errors import BackendError, MissingEngine, RequestError, SegmentError
from mtbench.plugins import BACKENDS, Backend
from mtbench.stages.translation import plan, translate
from mtbench.types import Json, Runtime, Source, Translation
from tests.support.killing import alive, until
from tests.support.sources import backend, segments, texts

PROGRAM = str(Path(__file__).parent.parent / "support" / "translator.py")
THREE = segments(["One.", "Two.", "Three."], document="d")


def command(behaviour: str, *more: str, **options: Json) -> Backend:
    system = backend("command", argv=[sys.executable, PROGRAM, behaviour, *more], **options)
    system.check()
    return system


def run(system: Backend, *batches: Sequence[Source]) -> list[str]:
    """Drives a back end as the stage does."""
    every = [source for batch in batches for source in batch]
    system.sources(every)
    with system:
        system.plan(every)
        return [text for batch in batches for text in texts(system.translate(batch))]


@pytest.mark.parametrize("behaviour", ["streaming", "buffering"])
def test_programs_that_stream_and_programs_that_buffer(behaviour: str) -> None:
    assert run(command(behaviour), THREE[:1], THREE[1:]) == ["ONE.", "TWO.", "THREE."]


def test_one_process_serves_the_whole_run_in_order() -> None:
    answers = [text.split(" ", 2) for text in run(command("counting"), THREE[:2], THREE[2:])]
    assert len({process for process, _, _ in answers}) == 1
    assert [(number, text) for _, number, text in answers] == [
        ("1", "One."),
        ("2", "Two."),
        ("3", "Three."),
    ]


def test_more_than_the_pipes_hold_goes_through() -> None:
    many = segments(f"{number} " + "word " * 400 for number in range(1500))
    for behaviour in ("streaming", "buffering"):
        answers = run(command(behaviour), many[:700], many[700:])
        assert answers == [source.text.upper() for source in many]


def test_newlines_within_a_segment_become_spaces_and_are_noted() -> None:
    system = command("streaming")
    rugged = segments(["one\ntwo\r\nthree\rfour", "fi\u2028ve", "six"])
    assert run(system, rugged) == ["ONE TWO THREE FOUR", "FI\u2028VE", "SIX"]
    assert system.notes() == ("segments whose newlines became spaces: 1",)


@pytest.mark.parametrize(
    ("behaviour", "expected", "why"),
    [
        ("short", "gave 2 lines for 3 segments", None),
        ("long", "gave more than 3 lines for 3 segments", None),
        ("dying", "ended with exit code 3 after 2 lines", "out of memory"),
        ("failing_at_the_end", "ended with exit code 5 after 3 lines", None),
        ("crashing", "was ended by SIGABRT", None),
        ("latin", "wrote no UTF-8 in line 1", None),
    ],
)
def test_a_program_that_fails_is_named_with_what_it_did(
    behaviour: str, expected: str, why: str | None
) -> None:
    system = command(behaviour)
    with pytest.raises(BackendError) as caught:
        run(system, THREE[:1], THREE[1:])
    assert caught.value.exit_code == 4
    assert f"{behaviour}: {expected}" in caught.value.message
    assert (why or "") in (caught.value.why or "")


def test_nothing_is_handed_on_before_the_count_is_known() -> None:
    """A line too many at the start shifts every answer; the first batch must not be kept."""
    system = command("long")
    system.sources(THREE)
    with system:
        with pytest.raises(BackendError, match="more than 3 lines for 3"):
            system.translate(THREE[:1])
        with pytest.raises(BackendError, match="more than 3 lines for 3"):
            system.translate(THREE[1:])


def test_stderr_never_blocks_and_is_kept() -> None:
    system = command("noisy")
    system.sources(THREE)
    with system:
        answers = system.translate(THREE)
    assert texts(answers) == ["ONE.", "TWO.", "THREE."]
    kept = [answer.kept for answer in answers if isinstance(answer, Translation)]
    assert kept[:2] == [{}, {}]
    assert len(kept[2]["stderr"]) == 3 * 100_001 + len("all done\n")
    assert kept[2]["stderr"].endswith("all done\n")


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [("silent", "wrote nothing for 0.3 seconds"), ("deaf", "wrote nothing for 0.3 seconds")],
)
def test_a_program_that_hangs_is_given_up(behaviour: str, expected: str) -> None:
    with pytest.raises(BackendError, match=expected):
        run(command(behaviour, timeout=0.3), THREE)


def test_an_interrupt_ends_the_program_and_its_children(tmp_path: Path) -> None:
    note = tmp_path / "child"
    system = command("stubborn", str(note))
    system.sources(THREE)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt), system:
            signal.setitimer(signal.ITIMER_REAL, 1.0)
            system.translate(THREE)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    _gone(int(note.read_text("utf-8")))


def _gone(child: int) -> None:
    until(lambda: not alive(child), "the program's child was left behind")


# --- JSON objects ---------------------------------------------------------------------------


@pytest.mark.parametrize("behaviour", ["objects", "backwards"])
def test_objects_are_matched_by_id_and_hold_newlines(behaviour: str) -> None:
    rugged = segments(["a\nb", "c", "“d” 😀"])
    answers = run(command(behaviour, protocol="jsonl"), rugged[:1], rugged[1:])
    assert answers == ["A\nB", "C", "“D” 😀"]


def test_objects_hold_what_is_known_of_a_segment_and_keep_what_is_said_of_it() -> None:
    full = Source(id="a", text="x", document="d", context="before", instruction="be brief")
    system = command("fields", protocol="jsonl")
    assert run(system, [full, Source(id="b", text="y")]) == [
        "context doc id instruction src",
        "id src",
    ]
    system = command("objects", protocol="jsonl")
    system.sources(THREE)
    with system:
        (answer,) = system.translate(THREE[:1])
    assert isinstance(answer, Translation)
    assert answer.kept == {"tokens": 4}


def test_a_refused_segment_fails_alone() -> None:
    system = command("refusing", protocol="jsonl")
    system.sources(THREE)
    with system:
        one, two, three = system.translate(THREE)
    assert texts([one, three]) == ["ONE.", "THREE."]
    assert isinstance(two, SegmentError)
    assert two.message == "segment s2: too rude"


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        ("forgetting", "answered 2 of 3 segments; first without an answer: s2"),
        ("inventing", "an id it was not given in line 1 of its output: 's1x'"),
        ("repeating", "answered twice to segment s1"),
        ("streaming", "an id it was not given in line 1 of its output: None"),
        ("latin", "no UTF-8"),
    ],
)
def test_objects_that_do_not_fit_are_refused(behaviour: str, expected: str) -> None:
    with pytest.raises(BackendError, match=expected):
        run(command(behaviour, protocol="jsonl"), THREE)


def test_through_the_stage_a_refused_segment_fails_alone() -> None:
    system = command("refusing", protocol="jsonl")
    done: dict[str, str | None] = {}
    with system:
        batches = plan(THREE, system, Runtime(), frozenset())
        system.plan([source for batch in batches for source in batch.sources])
        translate(
            batches,
            system,
            lambda rows: done.update((r.hypothesis.id, r.hypothesis.text) for r in rows),
        )
    assert done == {"s1": "ONE.", "s2": None, "s3": "THREE."}


def test_what_was_answered_before_a_failure_is_kept() -> None:
    system = command("forgetting", protocol="jsonl")
    system.sources(THREE)
    with system:
        assert texts(system.translate(THREE[:1])) == ["ONE."]
        with pytest.raises(BackendError, match="answered 2 of 3"):
            system.translate(THREE[1:])


# --- around the run -------------------------------------------------------------------------


def test_without_knowing_the_sources_each_batch_is_a_process() -> None:
    """As within a chain, where later texts are not known beforehand."""
    with command("counting") as system:
        first = texts(system.translate(THREE[:2]))
        second = texts(system.translate(THREE[2:]))
    assert first[0].split()[0] == first[1].split()[0] != second[0].split()[0]


def test_only_what_is_still_to_do_is_sent() -> None:
    system = command("counting")
    system.sources(THREE)
    with system:
        system.plan(THREE[1:])
        answers = texts(system.translate(THREE[1:]))
    assert [answer.split(" ", 1)[1] for answer in answers] == ["1 Two.", "2 Three."]


def test_blank_texts_are_answered_without_the_program() -> None:
    assert run(command("streaming"), segments(["a", " ", "b"])) == ["A", "", "B"]
    assert run(command("crashing"), segments(["", "\n"])) == ["", ""]


def test_the_direction_is_filled_in_and_no_shell_takes_part(tmp_path: Path) -> None:
    assert run(command("pair", "{src}", "x-{tgt}"), segments(["a"])) == ["en>x-it: a"]
    mark = tmp_path / "mark"
    assert run(command("pair", f"; touch {mark}", "$HOME `id`"), segments(["a"])) == [
        f"; touch {mark}>$HOME `id`: a"
    ]
    assert not mark.exists()


def test_inline_targets_are_split_as_a_shell_splits_words() -> None:
    kind = BACKENDS.get("command")
    assert kind.from_target("prog --to '{tgt} x' a\\ b") == {
        "argv": ["prog", "--to", "{tgt} x", "a b"]
    }
    for target in ("", "  ", "prog 'open"):
        with pytest.raises(RequestError):
            kind.from_target(target)


def test_a_missing_program_is_said_before_any_work() -> None:
    with pytest.raises(MissingEngine, match="no program 'no-such-program'") as caught:
        backend("command", argv=["no-such-program"]).check()
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    "options", [{"argv": []}, {"argv": ["x"], "timeout": 0}, {"argv": ["x"], "protocol": "xml"}]
)
def test_malformed_options_are_refused(options: dict[str, Json]) -> None:
    with pytest.raises(RequestError) as caught:
        backend("command", **options)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("protocol", ["lines", "jsonl"])
@pytest.mark.parametrize("text", ["nul \0 here", "half \ud83d here"])
def test_texts_that_no_pipe_can_carry_fail_alone(text: str, protocol: str) -> None:
    system = command("streaming" if protocol == "lines" else "objects", protocol=protocol)
    sources = segments(["one", text, "two"])
    system.sources(sources)
    with system:
        one, bad, two = system.translate(sources)
    assert texts([one, two]) == ["ONE", "TWO"]
    assert isinstance(bad, SegmentError)
    assert bad.message.startswith("segment s2: holds a NUL or half a surrogate pair")


def test_a_last_line_without_its_end_counts_where_the_program_ended_well() -> None:
    assert run(command("unended"), THREE) == ["ONE.", "TWO.", "THREE."]
    with pytest.raises(BackendError, match="was ended by SIGKILL after 2 lines"):
        run(command("torn"), THREE)
    with pytest.raises(BackendError, match="was ended by SIGKILL after 2 lines"):
        run(command("torn", "within a character"), THREE)


def test_a_program_that_leaves_a_child_behind_has_ended_all_the_same(tmp_path: Path) -> None:
    note = tmp_path / "child"
    assert run(command("leaving", str(note), timeout=300), THREE) == ["ONE.", "TWO.", "THREE."]
    _gone(int(note.read_text("utf-8")))


@pytest.mark.slow
def test_what_is_still_written_after_the_program_has_ended_is_waited_for() -> None:
    """Its output goes through a child that is slow, as a shell's process substitution is."""
    assert run(command("filtered"), THREE) == ["ONE.", "TWO.", "THREE."]
    assert run(command("filtered", protocol="jsonl"), THREE) == ["One.", "Two.", "Three."]


@pytest.mark.parametrize("behaviour", ["endless", "spinning"])
def test_a_program_that_does_not_stop_writing_is_stopped(behaviour: str) -> None:
    with pytest.raises(BackendError, match="gave more than 3 lines for 3 segments"):
        run(command(behaviour), THREE)


def test_a_run_that_remembers_is_one_batch() -> None:
    system = command("counting", memory="run")
    batches = plan(THREE, system, Runtime(), frozenset({"s1"}))
    assert [[source.id for source in batch.sources] for batch in batches] == [["s1", "s2", "s3"]]
    assert not plan(THREE, system, Runtime(), frozenset({"s1", "s2", "s3"}))
    system = command("counting", memory="none")
    batches = plan(THREE, system, Runtime(), frozenset({"s1"}))
    assert [[source.id for source in batch.sources] for batch in batches] == [["s2"], ["s3"]]


def test_identity_follows_the_files_it_runs(tmp_path: Path) -> None:
    script = tmp_path / "translate.py"
    script.write_text("print()", encoding="utf-8")
    system = backend("command", argv=[sys.executable, str(script), "--model=" + str(script)])
    before = system.identity()
    assert list(before["files"]) == [sys.executable, str(script)]
    script.write_text("print(1)", encoding="utf-8")
    assert system.identity() != before
