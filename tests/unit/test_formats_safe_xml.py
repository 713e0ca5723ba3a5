from __future__ import annotations

import resource
import time
from pathlib import Path

import pytest

from mtbench.errors import DataError, RequestError
from mtbench.files.safe_xml import elements, place, root_tag, text_of


def _read(path: Path) -> list[str]:
    return [text_of(element) for element in elements(path, "tu")]


def _laughs() -> bytes:
    levels = b"".join(
        b'<!ENTITY l%d "%s">' % (level, b"&l%d;" % (level - 1) * 10) for level in range(1, 10)
    )
    return b'<!DOCTYPE tmx [<!ENTITY l0 "lol">' + levels + b"]><tmx><tu>&l9;</tu></tmx>"


def _quadratic() -> bytes:
    swollen = b"x" * 100_000
    return (
        b'<!DOCTYPE tmx [<!ENTITY a "' + swollen + b'">]><tmx><tu>' + b"&a;" * 5000 + b"</tu></tmx>"
    )


NASTY = {
    "billion laughs": _laughs(),
    "billion laughs in an attribute": _laughs().replace(b"<tu>&l9;", b'<tu a="&l9;">'),
    "quadratic blow-up": _quadratic(),
    "a file of the machine": (
        b'<!DOCTYPE tmx [<!ENTITY e SYSTEM "file:///etc/passwd">]><tmx><tu>&e;</tu></tmx>'
    ),
    "a parameter entity": (
        b'<!DOCTYPE tmx [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p;]><tmx><tu>a</tu></tmx>'
    ),
    "declared and never used": b'<!DOCTYPE tmx [<!ENTITY e "text">]><tmx><tu>a</tu></tmx>',
    "an entity nobody declared": b"<tmx><tu>&nbsp;</tu></tmx>",
    "a text without end": b"<tmx><tu>" + b"x" * 11_000_000 + b"</tu></tmx>",
    "depth without end": b"<tmx>" * 100_000,
    "a file cut short": b"<tmx><tu>a</tu>",
    "no XML": b"hello",
    "nothing": b"",
}


@pytest.mark.parametrize("name", NASTY)
def test_nasty_xml_is_refused_at_once_and_in_little_memory(name: str, tmp_path: Path) -> None:
    path = tmp_path / "nasty.xml"
    path.write_bytes(NASTY[name])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.thread_time()

    with pytest.raises(DataError) as caught:
        _read(path)

    assert str(path) in caught.value.message
    assert caught.value.exit_code == 1
    assert time.thread_time() - start < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # KiB


def test_a_document_type_that_names_a_dtd_is_accepted_and_not_fetched(tmp_path: Path) -> None:
    path = tmp_path / "a.tmx"
    path.write_bytes(b'<!DOCTYPE tmx SYSTEM "http://127.0.0.1:9/tmx14.dtd"><tmx><tu>a</tu></tmx>')

    assert _read(path) == ["a"]
    assert root_tag(path) == "tmx"


def test_what_is_no_element_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(b"<tmx><!-- c --><tu>a<!-- b -->b<?pi x?>c <b>d</b> e &amp; &#233;</tu></tmx>")

    assert _read(path) == ["abc d e & é"]


def test_the_declared_encoding_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes('<?xml version="1.0" encoding="UTF-16"?><x><tu>é</tu></x>'.encode("utf-16"))

    assert _read(path) == ["é"]


def test_places_are_lines_beyond_what_sixteen_bits_hold(tmp_path: Path) -> None:
    path = tmp_path / "long.xml"
    path.write_text("<x>\n" + "<tu>a</tu>\n" * 70_000 + "</x>\n", encoding="utf-8")

    assert [place(path, element) for element in elements(path, "tu")][-1] == f"{path}:70001"


def test_the_line_of_a_defect_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text("<x>\n<tu>a</tu>\n<tu>b</tv>\n</x>\n", encoding="utf-8")

    with pytest.raises(DataError, match=rf"{path}:3: not well-formed XML"):
        _read(path)


def test_no_file_is_a_wrong_request(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="cannot be read"):
        _read(tmp_path / "none.xml")
