"""Which test sets a call means: corpora, files, globs, pairs, references, limits."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.support.workspace import SENTENCES, Answer, Space, sentences, tree

IDENTITY = ("evaluate", "--model", "identity", "--metric", "chrf", "--format", "json")


def tables(answer: Answer) -> dict[str, Any]:
    """``CORPUS/SRC-TGT`` → table."""
    assert answer.code == 0, answer.err
    found = answer.json["tables"]
    return {f"{t['corpus']}/{t['pair']['source']}-{t['pair']['target']}": t for t in found}


def test_every_corpus_and_pair_by_default(space: Space) -> None:
    space.corpus("news", "en-it")
    space.corpus("news", "en-de")
    space.corpus("talks", "pt-BR-en")
    (space.root / "corpora/empty").mkdir()
    (space.root / "corpora/.hidden").mkdir()
    (space.root / "corpora/.hidden/en-it.jsonl").write_text("nonsense", "utf-8")
    assert set(tables(space(*IDENTITY))) == {"news/en-de", "news/en-it", "talks/pt-BR-en"}
    assert list(tables(space(*IDENTITY, "--pair", "en-it"))) == ["news/en-it"]
    assert list(tables(space(*IDENTITY, "--pair", "pt-BR-en"))) == ["talks/pt-BR-en"]
    pairs = ("--pair", "en-it", "--pair", "en-de")
    assert list(tables(space(*IDENTITY, *pairs))) == ["news/en-de", "news/en-it"]


def test_the_shipped_corpora_where_there_are_none_of_ones_own(space: Space) -> None:
    found = tables(space(*IDENTITY, "--pair", "en-it"))
    assert list(found) == ["china-blockchain/en-it"]


def test_ones_own_corpora_and_cards_come_first(space: Space) -> None:
    space.corpus("china-blockchain", "en-it")
    space.card("identity", 'backend = "slow"\n')
    found = tables(space(*IDENTITY, "--corpus", "china-blockchain"))
    assert found["china-blockchain/en-it"]["facts"]["segments"] == len(SENTENCES)
    folder = space.root / "results/china-blockchain/en-it/identity"
    assert SENTENCES[0][0].upper() in (folder / "output.jsonl").read_text("utf-8")


def test_dropping_in_one_file_adds_a_pair(space: Space) -> None:
    space.corpus("news", "en-it")
    space(*IDENTITY)
    before = tree(space.root / "results")
    space.corpus("news", "en-es")
    assert set(tables(space(*IDENTITY))) == {"news/en-it", "news/en-es"}
    after = tree(space.root / "results")
    unchanged = {name for name in before if name != "leaderboard.csv"}
    assert {name: after[name] for name in unchanged} == {name: before[name] for name in unchanged}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (["news"], {"news/en-it", "news/en-de"}),
        (["corpora/news"], {"news/en-it", "news/en-de"}),
        (["corpora/news/"], {"news/en-it", "news/en-de"}),
        (["./corpora/../corpora/news"], {"news/en-it", "news/en-de"}),
        (["corpora/news/en-it.jsonl"], {"news/en-it"}),
        (["news", "talks"], {"news/en-it", "news/en-de", "talks/en-it"}),
        (["news", "corpora/news"], {"news/en-it", "news/en-de"}),
        (["news", "corpora/news/en-it.jsonl"], {"news/en-it", "news/en-de"}),
        (["corpora/news/en-it.jsonl", "corpora/news/en-de.jsonl"], {"news/en-it", "news/en-de"}),
        (["n*"], {"news/en-it", "news/en-de"}),
        (["*"], {"news/en-it", "news/en-de", "talks/en-it"}),
        (["[mt]*"], {"talks/en-it"}),
        (["corpora/*/en-it.jsonl"], {"news/en-it", "talks/en-it"}),
        (["corpora/t*"], {"talks/en-it"}),
        (["elsewhere/more"], {"more/en-fr"}),
        (["elsewhere/*"], {"more/en-fr"}),
        (["*where/*/*.jsonl"], {"more/en-fr"}),
    ],
)
def test_naming_corpora(space: Space, wanted: list[str], expected: set[str]) -> None:
    space.corpus("news", "en-it")
    space.corpus("news", "en-de")
    space.corpus("talks", "en-it")
    space.corpus("more", "en-fr", under="elsewhere")
    named = [word for name in wanted for word in ("--corpus", name)]
    assert set(tables(space(*IDENTITY, *named))) == expected


def test_a_pair_file_by_its_absolute_path(space: Space) -> None:
    path = space.corpus("more", "en-fr", under="elsewhere")
    assert set(tables(space(*IDENTITY, "--corpus", path))) == {"more/en-fr"}
    (space.root / "elsewhere/empty").mkdir()
    glob = space.root / "elsewhere" / "*"
    assert set(tables(space(*IDENTITY, "--corpus", glob))) == {"more/en-fr"}


def test_tags_of_other_makes(space: Space) -> None:
    """FLORES-style names are mapped, and a call may use either."""
    space.corpus("flores", "eng_Latn-ita_Latn")
    assert list(tables(space(*IDENTITY))) == ["flores/en-it"]
    assert list(tables(space(*IDENTITY, "--pair", "eng_Latn-ita_Latn"))) == ["flores/en-it"]
    assert list(tables(space(*IDENTITY, "--pair", "en-it"))) == ["flores/en-it"]


def test_a_reversible_corpus_serves_both_directions(space: Space) -> None:
    card = 'reversible = true\noriginal_language = "en"\n[origin]\nen = "human"\nit = "machine"\n'
    space.corpus(card=card)
    found = tables(space(*IDENTITY))
    assert set(found) == {"news/en-it", "news/it-en"}
    forward, back = found["news/en-it"], found["news/it-en"]
    assert not forward["facts"]["reversed"]
    assert back["facts"]["reversed"]
    assert forward["facts"]["reference_origin"] == back["facts"]["source_origin"] == "machine"
    assert forward["facts"]["source_origin"] == back["facts"]["reference_origin"] == "human"
    outputs = tree(space.root / "results")
    first = json.loads(outputs["news/it-en/identity/output.jsonl"].splitlines()[0])
    assert first == {"id": "s1", "mt": SENTENCES[0][1]}
    assert "reversed direction" in space("leaderboard", "--pair", "it-en").out
    assert "reversed direction" not in space("leaderboard", "--pair", "en-it").out


def test_a_file_of_its_own_comes_before_a_reversed_one(space: Space) -> None:
    space.corpus(card="reversible = true\n")
    space.corpus(pair="it-en", rows=sentences(2))
    found = tables(space(*IDENTITY))
    assert found["news/it-en"]["facts"]["segments"] == 2
    assert not found["news/it-en"]["facts"]["reversed"]


def two_references() -> list[dict[str, Any]]:
    return [{**row, "ref": [row["ref"], row["ref"].upper()]} for row in sentences()]


def test_several_references_and_one_of_them(space: Space) -> None:
    space.corpus(rows=two_references(), card='reference_names = ["human", "loud"]\n')
    lower = space.file("lower.txt", [reference for _, reference in SENTENCES])
    command = ("score", "--hypotheses", lower, "--corpus", "news", "--metric", "bleu", "--format",
               "json")  # fmt: skip
    cells = {}
    for name in ("", "A", "human", "B", "loud"):
        chosen = ("--reference", name) if name else ()
        (table,) = tables(space(*command, *chosen)).values()
        cells[name] = table["rows"][0]["cells"]["bleu"]
        assert table["facts"]["references"] == (1 if name else 2)
    scores = {name: cell["score"] for name, cell in cells.items()}
    assert scores[""] == scores["A"] == scores["human"] == pytest.approx(100)
    assert scores["B"] == scores["loud"] < 50
    assert cells[""]["signature"].startswith("nrefs:2|")
    assert cells["A"]["signature"].startswith("nrefs:1|")
    assert cells["A"]["signature"].endswith("|ref:A")
    assert cells["loud"]["signature"].endswith("|ref:loud")
    assert space("verify").code == 0


def test_scores_on_other_references_are_not_ranked_together(space: Space) -> None:
    space.corpus(rows=two_references())
    for name, lines in (("one", [b for _, b in SENTENCES]), ("two", [a for a, _ in SENTENCES])):
        space.file(f"{name}.txt", lines)
    both = ("score", "--hypotheses", "one.txt", "two.txt", "--corpus", "news", "--metric", "chrf")
    one = ("score", "--hypotheses", "one.txt", "--corpus", "news", "--metric", "chrf")
    assert space(*both).code == 0
    (table,) = tables(space(*one, "--reference", "B", "--format", "json")).values()
    cells = {row["system"]: row["cells"]["chrf"] for row in table["rows"]}
    assert cells["one"]["signature"].endswith("|ref:B")
    assert cells["two"]["score"] is None
    assert any("another signature" in note for note in table["excluded"])
    assert re.search(r"left out: one\S*: chrf under another signature: .*ref:B", space(*one).out)
    (table,) = tables(space(*both, "--format", "json")).values()
    assert all(row["cells"]["chrf"]["score"] is not None for row in table["rows"])


def test_unequal_numbers_of_references(space: Space) -> None:
    rows = two_references()
    rows[3] = {**rows[3], "ref": rows[3]["ref"][0]}
    space.corpus(rows=rows)
    (table,) = tables(space(*IDENTITY)).values()
    assert table["facts"]["references"] is None
    assert table["rows"][0]["cells"]["chrf"]["signature"].startswith("nrefs:var|")
    space(*IDENTITY[:-2], "--reference", "B").refused(1, "'s4' has no reference 'B'")
    assert space(*IDENTITY, "--reference", "A").code == 0


def test_the_first_segments_are_another_test_set(space: Space) -> None:
    space.corpus()
    (table,) = tables(space(*IDENTITY, "--limit", "3")).values()
    assert (table["corpus"], table["facts"]["segments"]) == ("news@first3", 3)
    assert table["rows"][0]["segments"] == 3
    whole = tables(space(*IDENTITY))
    assert list(whole) == ["news/en-it"]
    names = {name.split("/")[0] for name in tree(space.root / "results")}
    assert names == {"news", "news@first3", "leaderboard.csv"}
    csv = (space.root / "results/leaderboard.csv").read_text("utf-8").splitlines()
    assert [line.split(",")[0] for line in csv[1:]] == ["news", "news@first3"]
    assert space("verify").code == 0
    short = json.loads(tree(space.root / "results")["news@first3/en-it/identity/run.json"])
    assert short["segments"] == 3


@pytest.mark.parametrize("limit", [8, 9, 1000])
def test_a_limit_that_leaves_everything(space: Space, limit: int) -> None:
    space.corpus()
    assert list(tables(space(*IDENTITY, "--limit", str(limit)))) == ["news/en-it"]


def test_a_limit_on_hypotheses_takes_the_first_of_them(space: Space) -> None:
    space.corpus()
    space.file("out.txt", [reference for _, reference in SENTENCES])
    answer = space("score", "--hypotheses", "out.txt", "--corpus", "news", "--limit", "2",
                   "--metric", "chrf", "--format", "json")  # fmt: skip
    (table,) = tables(answer).values()
    assert table["rows"][0]["cells"]["chrf"]["score"] == pytest.approx(100)


def test_a_folder_without_a_card(space: Space) -> None:
    space.corpus("bare")
    assert tables(space(*IDENTITY))["bare/en-it"]["facts"]["source_origin"] is None


def test_places_by_environment_and_settings(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    """Flags over environment over pyproject over defaults."""
    space.corpus("own", under="data")
    space.file("pyproject.toml", '[tool.mtbench]\ncorpora = "data"\nresults = "from-file"\n')
    assert list(tables(space(*IDENTITY))) == ["own/en-it"]
    assert (space.root / "from-file/own").is_dir()
    monkeypatch.setenv("MTBENCH_RESULTS", "from-environment")
    assert space(*IDENTITY).code == 0
    assert (space.root / "from-environment/own").is_dir()
    assert space(*IDENTITY, "--results", "from-flag").code == 0
    assert (space.root / "from-flag/own").is_dir()
    assert not (space.root / "results").exists()


def test_cards_with_a_checksum(space: Space) -> None:
    from hashlib import sha256

    path = space.corpus()
    digest = sha256(path.read_bytes()).hexdigest()
    (path.parent / "card.toml").write_text(f'[files]\n"en-it.jsonl" = "sha256:{digest}"\n', "utf-8")
    assert space(*IDENTITY).code == 0


def test_domains_and_documents_have_scores_of_their_own(space: Space) -> None:
    rows = [
        {**row, "doc": f"d{n // 3}", "domain": "ab"[n % 2]} for n, row in enumerate(sentences())
    ]
    space.corpus(rows=rows)
    assert space(*IDENTITY).code == 0
    (path,) = (space.root / "results").glob("**/chrf@*.json")
    score = json.loads(path.read_text("utf-8"))
    assert list(score["documents"]) == ["d0", "d1", "d2"]
    assert list(score["domains"]) == ["a", "b"]
    # A document's score is that of a corpus with its segments alone.
    space.corpus("part", rows=rows[3:6])
    (table,) = tables(space(*IDENTITY, "--corpus", "part")).values()
    assert table["rows"][0]["cells"]["chrf"]["score"] == score["documents"]["d1"]


def test_unknown_keys_are_kept_and_any_unicode_passes(space: Space) -> None:
    texts = [
        "e\u0301 \u2028 in the middle",
        "\u202eright to left\u202c",
        "\U0001f469\u200d\U0001f467 \U0010fffd",
        "tab\tand\x85",
        "a b c d",
    ]
    rows = [
        {"id": f"é/{n}#", "src": text, "ref": text, "mine": {"n": n}}
        for n, text in enumerate(texts)
    ]
    space.corpus(rows=rows)
    (table,) = tables(space(*IDENTITY)).values()
    assert table["rows"][0]["cells"]["chrf"]["score"] == pytest.approx(100)
    output = tree(space.root / "results")["news/en-it/identity/output.jsonl"].decode("utf-8")
    kept = [json.loads(line) for line in output.split("\n")[:-1]]
    assert kept == [{"id": row["id"], "mt": row["src"]} for row in rows]
    assert space("verify").code == 0
