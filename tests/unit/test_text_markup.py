"""Marks of programs in texts: what is one, and which differences between two texts count."""

from __future__ import annotations

import pytest

from mtbench.text import markup


@pytest.mark.parametrize(
    ("source", "translation"),
    [
        ("no more than %dpx", "nicht mehr als %d Bildpunkte"),
        ("Size: %dx%d", "Größe: %d × %d"),
        ("server %s as user %s", "Benutzer %2$s auf dem Server %1$s"),
        ("%s (%d%% complete)", "%s (%%%d tamamlandı)"),
        ("%i files", "%d Dateien"),
        ("%b %e, %Y", "%-d. %B %Y"),
        ("<click here to select a date>", "<Klicken Sie hier>"),
        ("<<invalid>>", "<<ungültig>>"),
        ("<Untitled>", "<Unbenannt>"),
        ('<a href="x" title="Help">More</a>', '<a href="x" title="Hilfe">Mehr</a>'),
        ("<B>Now</B>", "<b>Jetzt</b>"),
        ("5% more", "%5 daha fazla"),
        ("%1 of %2", "%2: %1"),
        ("{n, plural, one {# file} other {# files}}", "{n, plural, other {# 個}}"),
        ("It costs $100 and more", "Es kostet 100 $ und mehr"),
        ("_Flip %s& Rotate (%d°)", "_Miroir %set Rotation (%d°)"),
    ],
)
def test_what_conventions_change_is_no_difference(source: str, translation: str) -> None:
    assert markup.differences(source, translation) == []


@pytest.mark.parametrize(
    ("source", "translation", "kind", "mark"),
    [
        ("“%s” is a protocol", "« % s » est un protocole", "lost", "%s"),
        ("from “{0}” to “{1}”", "de « {0} » à « {1] »", "lost", "{1}"),
        ("%s has %d files", "%d Dateien in %s", "moved", "%d"),
        ("%1 of %2", "%1 von", "lost", "%2"),
        ("Open %PRODUCTNAME now", "Jetzt öffnen", "lost", "%PRODUCTNAME"),
        ("Row $(ARG1) is wrong", "Zeile ist falsch", "lost", "$(ARG1)"),
        ("server %s as user %s", "Benutzer %2$s auf %2$s", "lost", "%1$s"),
        ("<b>Now</b> or <i>never</i>", "<b>Jetzt oder <i>nie</i>", "lost", "</b>"),
        ('<a href="x">More</a>', '<a href="y">Mehr</a>', "lost", "<a href= x>"),
        ("{n, plural, one {# file} other {# files}}", "{n, plural, one {# Datei}}", "broken",
         "{n, plural"),
        ("{n, plural, one {# file} other {# files}}", "{n, plural, other {# Dateien}", "broken",
         "{n, plural"),
    ],
)  # fmt: skip
def test_what_breaks_a_program_is_one(source: str, translation: str, kind: str, mark: str) -> None:
    assert markup.differences(source, translation)[0] == markup.Difference(kind, mark)


@pytest.mark.parametrize(
    ("source", "translation"),
    [
        ("%PRODUCTNAME must be restarted.", "%PRODUCTNAMEを再起動する必要があります。"),
        ("Install $NEW of '$NAME'", "「$NAME」の$NEWを追加"),
        ("%1, 50% darker", "%1, %50 daha koyu"),
        ("Series%NUMBER", "Reihe %NUMBER"),
        ("Medium (%1x%2)", "Moyen (%1 × %2)"),
    ],
)
def test_marks_end_where_another_script_begins(source: str, translation: str) -> None:
    assert markup.marks(source)
    assert markup.differences(source, translation) == []


@pytest.mark.parametrize("text", ["</b>x<b>", "<b></b>", "{n, plural, one {x}", "%d %s %d"])
def test_a_copy_differs_in_nothing(text: str) -> None:
    assert markup.differences(text, text) == []
