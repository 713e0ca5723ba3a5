"""What must survive a translation, kind by kind; texts of real programs among them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mtbench.errors import RequestError
from mtbench.languages import LanguagePair
from mtbench.plugins import make_metric
from mtbench.types import Constraints, Json, LengthLimit, Runtime, ScoringView


def looked(
    source: str,
    hypothesis: str,
    pair: str = "en-de",
    constraints: Constraints | None = None,
    **options: Json,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Evidence of one segment by kind, and counts by kind."""
    view = ScoringView(
        pair=LanguagePair.parse(pair),
        ids=("a",),
        sources=(source,),
        references=None,
        documents=(None,),
        constraints=None if constraints is None else (constraints,),
    )
    scorer = make_metric("integrity", options, Runtime()).prepare(view)
    rows = scorer.statistics({"x": [hypothesis]})["x"]
    evidence = dict(scorer.annotations("x")).get("a", {})
    assert rows.tolist() == [[0.0 if evidence else 100.0, 1.0]]
    return evidence, dict(scorer.notes("x"))["kinds"]


@pytest.mark.parametrize(
    ("pair", "source", "hypothesis", "kind"),
    [
        ("en-de", "Delete {0} of %d files?", "%d Dateien löschen?", "placeholders"),
        ("en-fr", "“%s” is a protocol", "« % s » est un protocole", "placeholders"),
        ("en-de", "<b>Stop</b> it", "<b>Halt</i>", "tags"),
        ("en-de", '<a href="https://a.org/x">Go</a>', '<a href="https://a.org/y">Los</a>', "tags"),
        ("en-de", "<ul><li>A</li></ul>", "<ul><li>A</ul></li>", "html"),
        ("en-de", "<p><b>A</b> <i>b</i></p>", "<p><b>A <i>b</i></b></p>", "html"),
        ("en-de", "A &amp; B", "A & B", "html"),
        ("en-de", "In 12 days", "In 21 Tagen", "numbers"),
        ("en-it", "Increase by 10", "Aumenta di 1", "numbers"),
        ("en-de", "In 1,250 cases", "In 1.520 Fällen", "numbers"),
        ("en-de", "See https://a.org/x.", "Siehe https://a.org/.", "urls"),
        ("en-de", "Write to me@a.org", "Schreib an mich@a.org", "urls"),
        ("en-de", "See [the docs](docs/a.md)", "Siehe [Doku] (docs/a.md)", "markdown"),
        ("en-de", "Run `make test` now", "Jetzt `mache Test` ausführen", "markdown"),
        ("en-de", "# One\nText", "Eins\nText", "markdown"),
        ("en-de", "Name:\nAge:", "Name: Alter:", "lines"),
        ("en-de", "_Open", "Öffnen", "hot_keys"),
        ("en-de", '{"a": "One"}', '{"b": "Eins"}', "json"),
        ("en-de", '{"a": [1, 2]}', '{"a": [1]}', "json"),
        ("en-de", '{"a": "One", "b": true}', '{"a": "Eins", "b": "wahr"}', "json"),
        ("en-de", '["One", "Two"]', '["Eins", „Zwei“]', "json"),
        ("en-de", '{"a": "Page %d"}', '{"a": "Seite"}', "placeholders"),
    ],
)
def test_what_is_lost(pair: str, source: str, hypothesis: str, kind: str) -> None:
    evidence, kinds = looked(source, hypothesis, pair)
    assert kind in evidence
    assert kinds[kind]["intact"] == 0
    assert all(line and "\n" not in line for lines in evidence.values() for line in lines)


@pytest.mark.parametrize(
    ("pair", "source", "hypothesis"),
    [
        ("en-de", "%s as %s", "%2$s als %1$s"),
        ("en-de", "In 12 days", "In zwölf Tagen"),
        ("en-ru", "In 3D space", "в трехмерном пространстве"),
        ("en-it", "2 of 15", "Due su quindici, cioè 15"),
        ("en-tr", "Increase by 10%", "%10 Artır"),
        ("en-de", "At 3 pm", "Um 15 Uhr"),
        ("en-de", "At 3:30 p.m.", "Um 15:30 Uhr"),
        ("en-de", "On 12/07/2022", "Am 7. Dezember 2022"),
        ("en-zh", "5 million people", "500万人"),
        ("en-ar", "2 files", "ملفان"),
        ("en-bn", "12 files", "১২টি ফাইল"),
        ("en-ka", "3 files", "სამი ფაილი"),
        ("en-de", "If set to 0", "Wenn auf Null gesetzt"),
        ("en-ja", "Unicode (UTF-_8)", "Unicode (UTF-8)(_8)"),
        ("en-zh", "See https://a.org/x.", "详见https://a.org/x。"),
        ("en-de", "See https://a.org/x/", "Siehe https://a.org/x"),
        ("en-de", "<b>A</b> and <i>b</i>", "<i>b</i> und <b>A</b>"),
        ("en-de", '{"a": "One", "n": 1}', '{ "n": 1, "a": "Eins" }'),
        ("en-de", "The time to run exceeded the limit\nconfigured for this book.",
         "Die Zeit überschritt die Grenze."),
        ("en-ja", "_Open", "開く(_O)"),
        ("en-de", "Addis_Ababa", "Addis Abeba"),
        ("en-de", "# of spikes", "Anzahl der Zacken"),
        ("en-de", "{0} files", "{0} Dateien"),
        ("en-de", "Nothing at all.", "Gar nichts."),
    ],
)  # fmt: skip
def test_what_is_kept(pair: str, source: str, hypothesis: str) -> None:
    assert looked(source, hypothesis, pair)[0] == {}


def test_constraints_of_a_line() -> None:
    asked = Constraints(
        terms={"rail operator": ("gestore ferroviario",), "cell": ("cella", "casella")},
        do_not_translate=("Tor", "mtbench"),
        length=LengthLimit(max=30),
    )
    good = "I gestori ferroviari di Tor"
    assert looked("Rail operators of Tor", good, "en-it", asked)[0] == {}
    evidence, kinds = looked("Rail operators of Tor", "Le ferrovie della Torre, in generale",
                             "en-it", asked)  # fmt: skip
    assert evidence == {
        "terms": ["'rail operator' is not 'gestore ferroviario'"],
        "do_not_translate": ["'Tor' is not there"],
        "length": ["36 characters, more than 30"],
    }
    assert kinds["terms"] == {"segments": 1, "intact": 0, "things": 1, "kept": 0}
    exact = looked("Rail operators", good, "en-it", asked, inflected=False)
    assert exact[0] == {} and "terms" not in exact[1]  # "operators" is not "operator"
    one = looked("A rail operator", good, "en-it", asked, inflected=False)
    assert list(one[0]) == ["terms"]


@pytest.mark.parametrize(
    ("unit", "text", "lost"),
    [("characters", "Öl", False), ("bytes", "Öl", True), ("words", "a b c", True),
     ("words", "ab cd", False)],
)  # fmt: skip
def test_units_of_length(unit: Any, text: str, lost: bool) -> None:
    asked = Constraints(length=LengthLimit(max=2, unit=unit))
    assert bool(looked("Oil", text, constraints=asked)[0]) is lost


def test_one_term_in_one_way_within_a_document() -> None:
    asked = Constraints(terms={"cell": ("Zelle", "Feld")})
    texts = ["Die Zelle", "Zwei Felder", "In Zellen", "Ein Feld"]
    view = ScoringView(
        pair=LanguagePair.parse("en-de"),
        ids=("a", "b", "c", "d"),
        sources=("The cell", "Two cells", "In cells", "A cell"),
        references=None,
        documents=("one", "one", "one", "two"),
        constraints=(asked,) * 4,
    )
    scorer = make_metric("integrity", {}, Runtime()).prepare(view)
    rows = scorer.statistics({"x": texts})["x"]
    assert rows[:, 0].tolist() == [100.0, 0.0, 100.0, 100.0]
    assert dict(scorer.annotations("x")) == {
        "b": {"consistency": ["'cell' is 'Feld' here, elsewhere in the document 'Zelle'"]}
    }
    notes = dict(scorer.notes("x"))
    assert notes["terms_by_document"] == {
        "one": {"terms": 3, "kept": 3},
        "two": {"terms": 1, "kept": 1},
    }
    assert notes["warning"] == [
        "something to keep in 4 of 4 segments, all of it kept in 3 (75.0 %); "
        "lost: consistency 1 of 3"
    ]


def test_kinds_are_chosen_and_signed() -> None:
    evidence, _ = looked("Page %d of <b>12</b>", "Seite", kinds="tags,placeholders")
    assert list(evidence) == ["placeholders", "tags"]
    metric = make_metric("integrity", {"kinds": "tags, placeholders"}, Runtime())
    view = ScoringView(pair=LanguagePair.parse("en-de"), ids=(), sources=(), references=None,
                       documents=())  # fmt: skip
    assert str(metric.signature(view)) == "rules:1|kinds:placeholders,tags|constraints:none"
    with pytest.raises(RequestError, match="'tag' is none of numbers, placeholders"):
        make_metric("integrity", {"kinds": "tag"}, Runtime())


def test_nothing_to_keep_is_said() -> None:
    view = ScoringView(pair=LanguagePair.parse("en-de"), ids=("a",), sources=("No.",),
                       references=None, documents=(None,))  # fmt: skip
    scorer = make_metric("integrity", {}, Runtime()).prepare(view)
    scorer.statistics({"x": ["Nein."]})
    (said,) = dict(scorer.notes("x"))["warning"]
    assert said == "no segment has anything to keep, so that 100 says nothing"


@pytest.mark.parametrize("hypothesis", ["", "[" * 100_000, "{" * 60_000, '{"a": ' * 5_000, "\0",
                                        "<" * 60_000, "9" * 60_000, "![" * 30_000])  # fmt: skip
@pytest.mark.parametrize("source", ['{"a": "One"}', "Page 3 of [x](y), <b>z</b> %s\nmore",
                                    "[" * 1_000 + "]" * 1_000])  # fmt: skip
def test_whatever_an_output_holds_is_looked_at(source: str, hypothesis: str) -> None:
    json.dumps(looked(source, hypothesis))
