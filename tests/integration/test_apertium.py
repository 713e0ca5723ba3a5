"""Apertium as it is installed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
from pathlib import Path

import pytest

from mtbench.backends.apertium import Apertium
from mtbench.errors import MissingEngine, RequestError, SegmentError
from mtbench.types import Translation
from tests.support.engines import needs_apertium
from tests.support.killing import alive, until
from tests.support.sources import backend, segments, texts

pytestmark = pytest.mark.engine

NEWS = [
    "China has selected 15 pilot areas for its blockchain project.",
    "No stop here",
    "Although it promotes the technology, it has banned bitcoin. Why? Nobody knows!",
    "The statement was issued jointly by 16 government agencies, including the CAC.",
    "Such a thing has never been seen: a zyxwvut in the park.",
]
NASTY = [
    "Read [this] {or that} <b>now</b>, ^please$ / thanks \\ @ * # ~ | ; ` ' \"",
    "See https://example.org/x1_y2?q7=%20#z3 or write to x9@example.org.",
    "😀 Hello 👩‍👩‍👧 world – “quoted” … 東京 ¿?",
    "First line.\nSecond line.\n\nA new paragraph.",
    "  two  spaces and a\ttab  ",
    "*starred* #hashed @mentioned ^1$",
    ".[] ][ .[][\n] \\",
    "...",
    "a" * 3000,
    "\u2028\u00ad\u200b\ufeffodd \x07 \x1b[31m controls \x7f",
]


def as_apertium_does(mode: str, text: str) -> str:
    done = subprocess.run(
        ["apertium", "-u", mode], input=text, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_each_segment_comes_out_as_from_a_run_of_its_own() -> None:
    """What ``printf '%s' TEXT | apertium -u eng-cat | apertium -u cat-ita`` prints."""
    needs_apertium("eng-cat", "cat-ita")
    sources = segments([NEWS[1], NEWS[2], NASTY[0], NASTY[3], NASTY[4]])
    with backend("apertium", "en-it", path="en-ca-it") as system:
        answers = system.translate(sources)
    for source, answer in zip(sources, answers, strict=True):
        assert isinstance(answer, Translation)
        catalan = as_apertium_does("eng-cat", source.text)
        assert answer.kept["via"]["ca"] == catalan
        assert answer.text == as_apertium_does("cat-ita", catalan)


def test_an_output_depends_on_its_own_source_alone(wmt22: Path) -> None:
    """The modes' taggers and constraint grammars remember; ours are not given the chance."""
    needs_apertium("fra-cat", "cat-ita")
    lines = (wmt22 / "sources/generaltest2022.fr-de.src.fr").read_text("utf-8").splitlines()
    sources = segments(lines[:30])
    shuffled = random.Random(7).sample(sources, len(sources))
    with backend("apertium", "fr-it", path="{src}-ca-{tgt}") as system:
        one = dict(zip((s.id for s in sources), texts(system.translate(sources)), strict=True))
        halves = [*system.translate(shuffled[:12]), *system.translate(shuffled[12:])]
        other = dict(zip((s.id for s in shuffled), texts(halves), strict=True))
    assert one == other
    assert sum(answer != "" for answer in one.values()) == 30


@pytest.mark.parametrize("path", ["en-ca-it", "en-es-it", "en-es-fr", "en-ca-fr"])
def test_nasty_texts_come_through(path: str) -> None:
    needs_apertium("eng-cat", "cat-ita", "cat-fra", "eng-spa", "spa-ita", "es-fr")
    source, _, target = path.split("-")
    with backend("apertium", f"{source}-{target}", path=path) as system:
        answers = texts(system.translate(segments(NASTY)))
        again = texts(system.translate(segments(NASTY)))
    assert answers == again
    assert len(answers) == len(NASTY)
    first, link, emoji, lines, *_ = answers
    for mark in ["[", "]", "{", "}", "<b>", "</b>", "^", "$", "/", "\\", "@", "*", "#", "~", "|"]:
        assert mark in first, mark
    assert "https://example.org/x1_y2?q7=%20#z3" in link
    assert "x9@example.org" in link
    assert "😀" in emoji
    assert "東京" in emoji
    assert lines.count("\n") == 3
    assert answers[7].strip() == "..."


def test_blank_texts_stay_empty_of_words() -> None:
    needs_apertium("spa-ita")
    with backend("apertium", "es-it", path="es-it") as system:
        assert texts(system.translate(segments(["", " ", "\n\n", "Hola."]))) == [
            "",
            " ",
            "\n\n",
            "Ciao.",
        ]
        assert system.translate([]) == []


def test_unknown_words_are_not_marked_on_any_hop() -> None:
    needs_apertium("eng-cat", "cat-ita")
    with backend("apertium", "en-it", path="en-ca-it") as system:
        (answer,) = system.translate(segments(["The zyxwvut frobnicated."]))
    assert isinstance(answer, Translation)
    assert "*" not in answer.text + answer.kept["via"]["ca"]
    assert "zyxwvut" in answer.text


def test_provenance_and_identity_say_what_took_part() -> None:
    needs_apertium("eng-cat", "cat-ita")
    system = backend("apertium", "en-it", path="en-ca-it")
    system.check()
    identity = system.identity()
    assert set(identity["modes"]) == {"eng-cat", "cat-ita"}
    assert identity == backend("apertium", "en-it", path="eng-cat-ita").identity()
    assert identity["programs"]["apertium"].startswith("Apertium ")
    with system:
        provenance = system.provenance()
    assert provenance["modes"] == ["eng-cat", "cat-ita"]
    assert provenance["path"] == ["en", "ca", "it"]


def test_what_is_missing_is_said_before_any_work(tmp_path: Path) -> None:
    needs_apertium("eng-cat")
    with pytest.raises(MissingEngine, match="no mode en-de"):
        backend("apertium", "en-de", path="en-de").check()
    with pytest.raises(MissingEngine, match=str(tmp_path)):
        backend("apertium", "en-ca", path="en-ca", data=str(tmp_path)).check()
    with pytest.raises(RequestError, match="does not lead from it to en"):
        backend("apertium", "it-en", path="en-ca-it").check()
    (tmp_path / "modes").mkdir()
    (tmp_path / "modes" / "eng-cat.mode").write_text("lt-proc /absent.bin", encoding="utf-8")
    with pytest.raises(MissingEngine, match=r"needs /absent\.bin"):
        backend("apertium", "en-ca", path="en-ca", data=str(tmp_path)).check()
    (tmp_path / "modes" / "eng-cat.mode").write_text("absent-proc", encoding="utf-8")
    lacking = backend("apertium", "en-ca", path="en-ca", data=str(tmp_path))
    for ask in (lacking.check, lacking.identity):  # else it would pass for another system
        with pytest.raises(MissingEngine, match="needs the program absent-proc"):
            ask()


def test_without_apertium_the_line_to_type_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingEngine, match="Apertium is not installed") as caught:
        backend("apertium", "en-it", path="en-ca-it").check()
    assert "apt-get install --no-install-recommends apertium " in str(caught.value)


def test_a_program_that_dies_costs_one_segment_not_the_run() -> None:
    needs_apertium("spa-ita")
    system = backend("apertium", "es-it", path="es-it", timeout=120)
    assert isinstance(system, Apertium)
    with system:
        assert texts(system.translate(segments(["Hola."]))) == ["Ciao."]
        os.kill(_children(system)[0], signal.SIGKILL)
        with pytest.raises(SegmentError, match=r"segment s1: .*SIGKILL"):
            system.translate(segments(["Hola."]))
        assert texts(system.translate(segments(["Hola."]))) == ["Ciao."]
        left = _children(system)
    until(lambda: not any(map(alive, left)), "a program was left behind")


def _children(system: Apertium) -> list[int]:
    parts = [part for _, pipeline in system._hops for part in pipeline._parts]
    return [p.process.pid for part in parts for p in getattr(part, "_programs", [])]


def test_texts_that_no_pipe_can_carry_are_refused() -> None:
    needs_apertium("spa-ita")
    with (
        backend("apertium", "es-it", path="es-it") as system,
        pytest.raises(SegmentError, match="segment s2"),
    ):
        system.translate(segments(["a", "b\0"]))
