"""Apertium's stream format and its mode files."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtbench.backends.apertium_modes import deformat, find_mode, parse_path, reformat, tag_of
from mtbench.errors import MissingEngine, RequestError
from mtbench.languages import LanguagePair
from mtbench.plugins import BACKENDS, parse_options

NASTY = [
    "Plain text.",
    "no stop",
    "Ellipsis... and [brackets] {braces} <tags> ^carets$ a/b \\back @at *star* #hash ~tilde",
    "two  spaces,\ttab, newline\nhere\n\nand a blank line",
    "https://example.com/a_b?c=d&e=%20#f me@example.org C:\\dir",
    " leading and trailing \n",
    "😀 “quotes” – dashes… ¿sí? l·l 東京 \u00ad\u200b\u2028x",
    ".[] ].[ \\.[] []",
]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_text_survives_the_format(text: str) -> None:
    assert reformat(deformat(text)) == text


@pytest.mark.engine
@pytest.mark.parametrize("text", NASTY)
def test_the_format_is_that_of_apertium_itself(text: str) -> None:
    """Both programs join differently at a text's own end, which is no part of the text."""
    if shutil.which("apertium-destxt") is None:
        pytest.skip("Apertium is not installed")

    def through(program: str, stream: str) -> str:
        done = subprocess.run([program], input=stream, capture_output=True, text=True, check=True)
        return done.stdout

    core = text.strip(" \n")
    assert through("apertium-destxt", core) == deformat(core)
    assert through("apertium-retxt", deformat(core)) == core


def write_mode(folder: Path, name: str, line: str) -> None:
    (folder / "modes").mkdir(exist_ok=True)
    (folder / "modes" / f"{name}.mode").write_text(line + "\n", encoding="utf-8")


def test_a_mode_becomes_argument_vectors(tmp_path: Path) -> None:
    write_mode(
        tmp_path,
        "eng-cat",
        "lt-proc -w '/d/a b.bin' | apertium-tagger -g $2 '/d/x.prob' | lt-proc $1 /d/g.bin",
    )
    mode = find_mode(tmp_path, "en", "ca")
    assert mode.name == "eng-cat"
    assert [stage.argv for stage in mode.stages] == [
        ("lt-proc", "-z", "-w", "/d/a b.bin"),
        ("apertium-tagger", "-z", "-g", "/d/x.prob"),
        ("lt-proc", "-z", "-n", "/d/g.bin"),
    ]
    assert [stage.remembers for stage in mode.stages] == [False, True, False]
    assert mode.files == (Path("/d/a b.bin"), Path("/d/x.prob"), Path("/d/g.bin"))


@pytest.mark.parametrize(
    ("installed", "source", "target"),
    [
        ("fr-es", "fr", "es"),
        ("fr-es", "fra", "spa"),
        ("spa-ita", "es", "it"),
        ("es-pt_BR", "es", "pt_BR"),
        ("cat-por_BR", "ca", "pt_BR"),
        ("sme-nob", "sme", "nob"),
    ],
)
def test_modes_are_found_under_old_and_new_codes(
    tmp_path: Path, installed: str, source: str, target: str
) -> None:
    write_mode(tmp_path, installed, "lt-proc x")
    assert find_mode(tmp_path, source, target).name == installed


def test_a_missing_mode_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(MissingEngine, match="no mode en-de") as caught:
        find_mode(tmp_path, "en", "de")
    assert "apt-get install" in str(caught.value)
    write_mode(tmp_path, "eng-cat", "lt-proc x")
    write_mode(tmp_path, "eng-cat_valencia", "lt-proc x")
    with pytest.raises(MissingEngine, match=r"from en it has here: eng-cat;"):
        find_mode(tmp_path, "en", "de")
    assert caught.value.exit_code == 3


def test_paths_and_codes() -> None:
    assert parse_path("en-ca-it") == ("en", "ca", "it")
    assert parse_path("eng-cat_valencia") == ("eng", "cat_valencia")
    for path in ("en", "", "en-", "EN-it", "en--it", "../x-y", "en it"):
        with pytest.raises(RequestError):
            parse_path(path)
    assert [tag_of(c) for c in ("eng", "pt", "pt_BR", "cat_valencia")] == [
        "en",
        "pt",
        "pt-BR",
        "ca",
    ]


@pytest.mark.parametrize(
    ("path", "pair", "serves"),
    [
        ("en-ca-it", "en-it", True),
        ("en-ca-it", "it-en", False),
        ("{src}-ca-{tgt}", "it-en", True),
        ("{src}-ca-{tgt}", "it-ca", False),
        ("{src}-ca-{tgt}", "ca-it", False),
        ("eng-cat-ita", "en-GB-it", True),
        ("en-es-pt_BR", "en-pt-BR", True),
        ("en-es-pt_BR", "en-pt", True),
        ("en-es-pt_BR", "en-pt-PT", False),
        ("en-es-pt", "en-pt-PT", True),
    ],
)
def test_which_directions_a_path_serves(path: str, pair: str, serves: bool) -> None:
    kind = BACKENDS.get("apertium")
    options = parse_options(kind.Options, kind.from_target(path), "test")
    assert kind.serves(options, LanguagePair.parse(pair)) is serves


def test_a_path_names_the_languages_it_goes_through() -> None:
    kind = BACKENDS.get("apertium")
    for path, via in [("en-ca-it", ("ca",)), ("{src}-spa-cat-{tgt}", ("es", "ca"))]:
        assert kind.via(parse_options(kind.Options, {"path": path}, "test")) == via


@pytest.mark.parametrize("options", [{}, {"path": "en"}, {"path": "en-it", "x": 1}])
def test_malformed_options_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(RequestError):
        parse_options(BACKENDS.get("apertium").Options, options, "model x: options")
