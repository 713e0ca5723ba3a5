"""Human judgements that are kept beside outputs: import, list, leaderboard, meta."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.workspace import Space

SYSTEMS = ("good", "poor", "third")


@pytest.fixture
def scored(space: Space) -> Space:
    rows = [
        {"id": f"s{n}", "src": f"Source number {n}.", "ref": f"Riferimento numero {n} di tutti."}
        for n in range(40)
    ]
    space.corpus(rows=rows)
    texts = ("Riferimento numero {} di tutti.", "Altro numero {}.", "Riferimento {} di tutti.")
    for name, text in zip(SYSTEMS, texts, strict=True):
        space.file(f"{name}.txt", "".join(text.format(n) + "\n" for n in range(40)))
    evaluate(space)
    return space


def evaluate(space: Space) -> None:
    models = [f"--model=hypotheses:{name}.txt" for name in SYSTEMS]
    answer = space("evaluate", *models, "--metric", "chrf", "--pair", "en-it")
    assert answer.code == 0, answer.err


def judgements(space: Space, name: str, means: dict[str, int], rater: str = "anna") -> str:
    """A CSV with scores that vary a little around each system's mean."""
    lines = ["id,system,score,rater"]
    for system, mean in means.items():
        lines += [f"s{n},{system},{mean + n % 3},{rater}" for n in range(40)]
    space.file(name, "\n".join(lines) + "\n")
    return name


def kept(space: Space, system: str, name: str) -> Path:
    (path,) = space.root.glob(f"results/news/en-it/{system}*/judgements/{name}.jsonl")
    return path


def campaigns(space: Space) -> list[dict[str, object]]:
    return list(json.loads(space("human", "list", "--format", "json").out)["campaigns"])


def test_people_who_agree_and_people_who_do_not(scored: Space) -> None:
    before = scored("leaderboard").out
    assert "chrF's agreement with people: not known" in before
    judgements(scored, "first.csv", {"good": 90, "third": 70, "poor": 30})
    answer = scored("human", "import", "first.csv")
    assert answer.out == "news/en-it: 120 judgements of 3 systems kept as first\n"
    shown = scored("leaderboard").out
    assert "chrF orders 3 of 3 pairs of systems as people do (first: 3 systems on 40" in shown
    assert "not known" not in shown and "‡" not in shown
    judgements(scored, "second.csv", {"good": 90, "third": 20, "poor": 30}, "ben")
    assert scored("human", "import", "second.csv", "--name", "later").code == 0
    shown = scored("leaderboard").out
    assert "chrF orders 2 of 3 pairs of systems as people do (later:" in shown
    assert "people (later) significantly prefer the other system in 1 of the pairs" in shown
    assert "‡" in shown
    found = json.loads(scored("leaderboard", "--format", "json").out)["tables"][0]["people"]
    assert [one["contradicted"] for one in found] == [[], [["third", "poor"]]]
    assert [(one["campaign"], one["raters"]) for one in campaigns(scored)] == [
        ("first", 1), ("later", 1),
    ]  # fmt: skip
    tables = json.loads(scored("meta", "results", "--format", "json").out)["tables"]
    assert [table["source"] for table in tables] == ["first", "later"]
    assert scored("verify").code == 0


def test_an_output_that_changed_loses_its_judgements_with_a_word(scored: Space) -> None:
    judgements(scored, "first.csv", {"good": 90, "third": 70, "poor": 30})
    assert scored("human", "import", "first.csv").code == 0
    scored.file("poor.txt", "".join(f"Un altro numero {n}.\n" for n in range(40)))
    evaluate(scored)
    (one,) = campaigns(scored)
    assert (one["judgements"], one["changed"]) == (80, ["poor"])
    assert "chrF orders 1 of 1 pairs" in scored("leaderboard").out
    (table,) = json.loads(scored("meta", "results", "--format", "json").out)["tables"]
    assert any("the output of poor is another one now" in note for note in table["notes"])
    assert table["left_out"]["poor"] == "nobody judged it"


def test_a_name_is_not_given_twice(scored: Space) -> None:
    judgements(scored, "first.csv", {"good": 90, "poor": 30})
    assert scored("human", "import", "first.csv").code == 0
    path = kept(scored, "good", "first")
    before = path.read_bytes()
    assert scored("human", "import", "first.csv").code == 0
    assert path.read_bytes() == before
    judgements(scored, "other.csv", {"good": 10})
    scored("human", "import", "other.csv", "--name", "first").refused(2, "another file are kept")
    assert path.read_bytes() == before
    assert scored("human", "import", "other.csv", "--name", "first", "--force").code == 0
    assert path.read_bytes() != before
    (one,) = campaigns(scored)  # nothing is left of the file whose place it took
    assert (one["judgements"], one["systems"]) == (40, 1)


def test_what_cannot_be_kept_is_said(scored: Space) -> None:
    judgements(scored, "else.csv", {"nobody": 10})
    scored("human", "import", "else.csv").refused(2, "no judgement is about these results")
    scored.file("bad.csv", "id,system,score\ns99,good,4\n")
    scored("human", "import", "bad.csv").refused(1, "bad.csv:2: news/en-it has no segment 's99'")
    judgements(scored, "first.csv", {"good": 90})
    scored("human", "import", "first.csv", "--name", "../x").refused(2, "cannot name a folder")
    scored("meta", "results").refused(2, "no human judgements are kept here")
    assert scored("human", "list").out.startswith("no campaign")
    assert scored("human", "import", "first.csv").code == 0
    path = kept(scored, "good", "first")
    head, *rest = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join([head, '{"id": "s0"}\n', *rest]), "utf-8")
    scored("human", "list").refused(1, "first.jsonl:2: not a judgement")
    path.write_text("", "utf-8")
    scored("leaderboard").refused(1, "first.jsonl: empty")
