"""What translators' tools mark as machine translation, in units of the shape that they write."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtbench.corpora.formats.importing import ImportReport
from tests.support.imports import lines, take

SPACES = (
    'xmlns:sdl="http://sdl.com/FileTypes/SdlXliff/1.0" xmlns:mq="MQXliff" '
    'xmlns:m="http://www.memsource.com/mxlf/2.0" xmlns:its="http://www.w3.org/2005/11/its"'
)
UNCONFIRMED = "suspicious: machine translations that nobody confirmed ({})"
AS_IT_WAS = "suspicious: machine translations that were confirmed as they were{}"
EDITED = "machine translations that a person edited: post-edited"
NOBODY = "suspicious: translations that nobody confirmed{}"


def _xliff(unit: str, target: str, more: str = "") -> str:
    return (
        f'<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2" {SPACES}>'
        '<file source-language="en" target-language="de" original="f"><body>'
        f'<trans-unit id="1"{unit}><source>One</source>{more}<target{target}>Eins</target>'
        "</trans-unit></body></file></xliff>"
    )


def _trados(values: str, before: str = "") -> str:
    marked = '<mrk mtype="seg" mid="7">{}</mrk>'
    return (
        _xliff("", "", f"<seg-source>{marked.format('One')}</seg-source>")
        .replace(">Eins<", f">{marked.format('Eins')}<")
        .replace(
            "</trans-unit>",
            f'<sdl:seg-defs><sdl:seg id="7"{values}>{before}</sdl:seg></sdl:seg-defs></trans-unit>',
        )
    )


def _xliff_2(segment: str, target: str = "") -> str:
    return (
        f'<xliff version="2.1" xmlns="urn:oasis:names:tc:xliff:document:2.0" {SPACES} '
        'srcLang="en" trgLang="de"><file id="f"><unit id="k">'
        f'<segment id="s"{segment}><source>One</source><target{target}>Eins</target></segment>'
        "</unit></file></xliff>"
    )


def _of_making(report: ImportReport) -> list[str]:
    said = [one.partition(": 1 (first: ")[0] for one in report.remarks]
    return [one for one in said if "nobody" in one or "machine" in one]


@pytest.mark.parametrize(
    ("content", "origin", "said"),
    [
        (_trados(' conf="Draft" origin="mt"'), "machine", UNCONFIRMED.format("Draft, mt")),
        (_trados(' origin="nmt"'), "machine", UNCONFIRMED.format("nmt")),
        (_trados(' conf="Translated" origin="amt"'), "post-edited", AS_IT_WAS.format(" (amt)")),
        (
            _trados(' conf="Translated" origin="interactive"', '<sdl:prev-origin origin="mt"/>'),
            "post-edited",
            EDITED,
        ),
        (_trados(' conf="Draft" origin="tm" percent="80"'), None, NOBODY.format(" (Draft)")),
        (_trados(' conf="Translated" origin="tm" percent="100"'), None, ""),
        (
            _xliff(' mq:status="MachineTranslated"', ""),
            "machine",
            UNCONFIRMED.format("MachineTranslated"),
        ),
        (_xliff(' mq:status="Pretranslated"', ""), None, NOBODY.format(" (Pretranslated)")),
        (_xliff(' mq:status="ManuallyConfirmed"', ""), None, ""),
        (
            _xliff(' m:confirmed="0" m:trans-origin="mt"', ""),
            "machine",
            UNCONFIRMED.format("mt"),
        ),
        (
            _xliff(' m:confirmed="1" m:trans-origin="mt"', ""),
            "post-edited",
            AS_IT_WAS.format(" (mt)"),
        ),
        (_xliff(' m:confirmed="0" m:trans-origin="null"', ""), None, NOBODY.format("")),
        (
            _xliff("", ' state="translated" state-qualifier="leveraged-mt"'),
            "machine",
            UNCONFIRMED.format("leveraged-mt"),
        ),
        (
            _xliff("", ' state="needs-review-translation" state-qualifier="mt-suggestion"'),
            "machine",
            UNCONFIRMED.format("mt-suggestion"),
        ),
        (
            _xliff(' approved="yes"', ' state-qualifier="mt-suggestion"'),
            "post-edited",
            AS_IT_WAS.format(" (mt-suggestion)"),
        ),
        (_xliff("", ' state-qualifier="rejected-grammar"'), None, NOBODY.format(" (rejected)")),
        (_xliff("", ' state="translated" state-qualifier="exact-match"'), None, ""),
        (
            _xliff_2(' state="translated" subState="acme:mt"'),
            "machine",
            UNCONFIRMED.format("subState mt"),
        ),
        (_xliff_2(' state="translated" subState="acme:format"'), None, ""),
        (
            _xliff_2(' state="reviewed"', ' its:mtConfidence="0.9"'),
            "post-edited",
            AS_IT_WAS.format(" (mtConfidence)"),
        ),
    ],
)
def test_machine_translation_in_xliff_is_taken_and_counted(
    tmp_path: Path, content: str, origin: str | None, said: str
) -> None:
    path = tmp_path / "a.xlf"
    path.write_text(f'<?xml version="1.0"?>{content}', encoding="utf-8")

    report = take(tmp_path / "c", path, pairs=["en-de"])

    (row,) = lines(tmp_path / "c", "en-de")
    assert (row["src"], row["ref"], row.get("origin")) == ("One", "Eins", origin)
    assert _of_making(report) == ([said] if said else [])


def test_machine_translation_that_is_not_made_yet_is_left_out(tmp_path: Path) -> None:
    """The state by which XLIFF 2 says that nobody has translated it."""
    path = tmp_path / "a.xlf"
    both = _xliff_2(' state="initial" subState="acme:mt"').replace(
        "</unit>", '<segment id="t"><source>Two</source><target>Zwei</target></segment></unit>'
    )
    path.write_text(f'<?xml version="1.0"?>{both}', encoding="utf-8")

    report = take(tmp_path / "c", path, pairs=["en-de"])

    assert [row["src"] for row in lines(tmp_path / "c", "en-de")] == ["Two"]
    assert "left out: units whose translation is not made yet (initial): 1" in str(report.remarks)


@pytest.mark.parametrize(
    ("unit", "variant", "origin", "said"),
    [
        (' creationid="MT!"', "", "machine", UNCONFIRMED.format("MT!")),
        ("", ' creationid="MT!"', "machine", UNCONFIRMED.format("MT!")),
        (' creationid="MT!" changeid="anna"', "", "post-edited", EDITED),
        (
            "><prop type='x-Origin'>MachineTranslation</prop"
            "><prop type='x-ConfirmationLevel'>Draft</prop",
            "",
            "machine",
            UNCONFIRMED.format("MachineTranslation, Draft"),
        ),
        (
            "><prop type='x-Origin'>TM</prop><prop type='x-ConfirmationLevel'>Translated</prop",
            "",
            None,
            "",
        ),
        (' creationid="MTaylor"', "", None, ""),
        (
            ' creationid="MT!"><prop type="x-mtbench-origin">human</prop',
            "",
            "human",
            UNCONFIRMED.format("MT!"),
        ),
    ],
)
def test_machine_translation_in_a_memory_is_taken_and_counted(
    tmp_path: Path, unit: str, variant: str, origin: str | None, said: str
) -> None:
    path = tmp_path / "a.tmx"
    path.write_text(
        '<?xml version="1.0"?><tmx version="1.4"><header srclang="en"/><body>'
        f'<tu{unit}><tuv xml:lang="en"><seg>One</seg></tuv><tuv xml:lang="de"{variant}>'
        "<seg>Eins</seg></tuv></tu></body></tmx>",
        encoding="utf-8",
    )

    report = take(tmp_path / "c", path, pairs=["en-de"])

    (row,) = lines(tmp_path / "c", "en-de")
    assert row.get("origin") == origin
    assert _of_making(report) == ([said] if said else [])
