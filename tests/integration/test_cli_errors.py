"""Everything a user can get wrong: the exit code, and a message that says what and where."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.modules import ROOT
from tests.support.workspace import SENTENCES, Space, sentences, tree

IDENTITY = ("evaluate", "--model", "identity", "--metric", "chrf")
SOURCES = [source for source, _ in SENTENCES]
GOOD = json.dumps(sentences()[0])


@pytest.fixture
def news(space: Space) -> Space:
    space.corpus()
    return space


# --- names nobody knows ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["evaluat"], ["unknown command: 'evaluat'", "did you mean 'evaluate'"]),
        (["corpus", "lst"], ["unknown command: 'lst'", "did you mean 'list'"]),
        (["evaluate", "--model", "identitty"], ["unknown model: 'identitty'", "'identity'"]),
        (["evaluate", "--model", "identiti:"], ["unknown back end: 'identiti'", "'identity'"]),
        (["evaluate", "--model", "nowhere.toml"], ["unknown model card: 'nowhere.toml'"]),
        ([*IDENTITY, "--corpus", "newz"], ["unknown corpus: 'newz'", "did you mean 'news'"]),
        ([*IDENTITY, "--corpus", "n[xyz]*"], ["unknown corpus: 'n[xyz]*'"]),
        ([*IDENTITY, "--pair", "en-is"], ["unknown pair: 'en-is'", "did you mean 'en-it'"]),
        ([*IDENTITY, "--reference", "Q"], ["unknown reference: 'Q'"]),
        (
            ["evaluate", "--model", "identity", "--metric", "blue"],
            ["unknown metric: 'blue'", "'bleu'"],
        ),
        ([*IDENTITY, "--metric-option", "blue.x=1"], ["unknown metric: 'blue'"]),
        (
            [*IDENTITY, "--metric-option", "bleu.lowercase=true"],
            ["options of bleu: not among the metrics of this call"],
        ),
    ],
)
def test_unknown_names_have_suggestions(
    news: Space, arguments: list[str], words: list[str]
) -> None:
    news(*arguments).refused(2, *words)


@pytest.mark.parametrize(
    "arguments",
    [
        ["evaluate"],
        ["evaluate", "--model"],
        ["evaluate", "--modle", "identity"],
        [*IDENTITY, "--limit", "0"],
        [*IDENTITY, "--limit", "few"],
        [*IDENTITY, "--batch-size", "-1"],
        [*IDENTITY, "--seed", "-1"],
        [*IDENTITY, "--device", "gpu"],
        [*IDENTITY, "--format", "xml"],
        [*IDENTITY, "--pair", "en"],
        [*IDENTITY, "--pair", "en-it-de"],
        [*IDENTITY, "--pair", "en-i!"],
        [*IDENTITY, "--metric-option", "chrf.word_order"],
        [*IDENTITY, "--metric-option", "chrf.nonsense=1"],
        [*IDENTITY, "--metric-option", "chrf.word_order=many"],
        [*IDENTITY, "--metric-option", "chrf.beta=nan"],
        [*IDENTITY, "stray"],
        ["evaluate", "--model", "identity:text"],
        ["evaluate", "--model", "hypotheses:"],
        ["evaluate", "--model", "hypotheses:nowhere.txt", "--metric", "chrf"],
        ["evaluate", "--model", "identity", "--model", "identity:", "--metric", "chrf"],
        ["score", "--metric", "chrf"],
        ["score", "--hypotheses", "out.txt", "--metric", "chrf"],
        ["score", "--hypotheses", "out.txt", "--metric", "chrf", "--pair", "en-it"],
        ["leaderboard", "nowhere"],
        ["models", "show", "nobody"],
    ],
    ids=lambda arguments: " ".join(arguments)[:50],
)
def test_wrong_requests(news: Space, arguments: list[str]) -> None:
    answer = news(*arguments)
    answer.refused(2)
    assert answer.out == ""
    assert not (news.root / "results").exists()


def test_no_arguments_say_what_to_do_next(space: Space) -> None:
    answer = space()
    assert (answer.code, answer.err) == (0, "")
    assert "mtbench init" in answer.out and "mtbench --help" in answer.out


# --- cards ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("card", "words"),
    [
        ('backend = "identity"\npairs = ["en-it"\n', ["bad.toml", "end of document"]),
        ('backend = "identity"\n\nlicence = nope\n', ["bad.toml:3", "not TOML"]),
        (
            'backend = "identity"\nlicense = "MIT"\n',
            ["bad.toml", "license", "no such key", "licence"],
        ),
        (
            'backend = "identity"\n[options]\nbeam_size = 4\n',
            ["bad.toml", "options: beam_size", "no such option"],
        ),
        (
            'backend = "slow"\n[options]\nseconds = "long"\n',
            ["bad.toml", "options: seconds", "number"],
        ),
        ('backend = "slow"\n[options]\nseconds = nan\n', ["bad.toml", "seconds", "finite"]),
        ('backend = "identity"\nprice = {input = inf}\n', ["bad.toml", "price", "finite"]),
        ('backend = "identitty"\n', ["bad.toml", "unknown back end: 'identitty'", "'identity'"]),
        ('pairs = ["en-it"]\n', ["bad.toml", "backend", "required"]),
        ('backend = "identity"\npairs = "en-it"\n', ["bad.toml", "pairs"]),
        ('backend = "identity"\npairs = []\n', ["bad.toml", "pairs"]),
        (
            'backend = "identity"\npairs = ["english"]\n',
            ["bad.toml", "not a language pair: 'english'"],
        ),
        ('backend = "identity"\nname = "other"\n', ["bad.toml", "name"]),
        ('backend = "identity"\ntraining_cutoff = "soon"\n', ["bad.toml", "training_cutoff"]),
        ('backend = "identity"\nbackend = "slow"\n', ["bad.toml:2", "not TOML"]),
        ('options = 3\nbackend = "identity"\n', ["bad.toml", "options"]),
    ],
)
def test_malformed_cards(news: Space, card: str, words: list[str]) -> None:
    news.card("bad", card)
    news("evaluate", "--model", "bad", "--metric", "chrf").refused(2, *words)


def test_a_card_in_another_folder_is_named_by_its_path(news: Space) -> None:
    path = news.file("elsewhere/bad.toml", 'backend = "identity"\n[options]\nx = 1\n')
    news("evaluate", "--model", path, "--metric", "chrf").refused(2, str(path), "options: x")


def test_a_card_that_is_not_utf8(news: Space) -> None:
    news.file("models/bad.toml", b'backend = "identity" # caf\xe9\n')
    news("evaluate", "--model", "bad").refused(2, "bad.toml", "UTF-8")


def test_a_card_whose_name_cannot_name_a_folder(news: Space) -> None:
    news.card("a b", 'backend = "identity"\n')
    news("evaluate", "--model", "a b").refused(2, "'a b'", "folder")


def test_a_card_that_does_not_serve_the_pair(news: Space) -> None:
    news.card("one", 'backend = "identity"\npairs = ["de-en"]\n')
    news("evaluate", "--model", "one").refused(2, "one serves none", "en-it", "de-en")
    other = news("evaluate", "--model", "hf:Helsinki-NLP/opus-mt-en-de", "--corpus", "news")
    other.refused(2, "opus-mt-en-de serves none", "en-it", "in another direction")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title = \n", ["mtbench: corpora/news/card.toml:1: not TOML"]),
        ('titel = "x"\n', ["card.toml", "titel", "no such key"]),
        ('reversible = "yes please"\n', ["card.toml", "reversible"]),
        ('[origin]\nen = "robot"\n', ["card.toml", "origin"]),
        ('[origin]\nenglish = "human"\n', ["card.toml", "not a language tag: 'english'"]),
        ('[files]\n"en-it.jsonl" = "abc"\n', ["card.toml", "en-it.jsonl", "SHA-256"]),
    ],
)
def test_malformed_corpus_cards(space: Space, text: str, words: list[str]) -> None:
    space.corpus(card=text)
    space(*IDENTITY).refused(2, *words)


def test_malformed_settings(news: Space) -> None:
    news.file("pyproject.toml", "[tool.mtbench]\nresults = 3\n")
    news(*IDENTITY).refused(2, "pyproject.toml", "results")
    news.file("pyproject.toml", "[tool]\nmtbench = 3\n")
    news(*IDENTITY).refused(2, "pyproject.toml")
    news.file("pyproject.toml", "[tool.mtbench]\nresult = 'x'\n")
    news(*IDENTITY).refused(2, "pyproject.toml", "result")
    news.file("pyproject.toml", "tool = 3\n")
    assert news(*IDENTITY).code == 0


# --- corpus files ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b'{"id": "x", "src": "one"', ["not a JSON object"]),
        (b'["x", "one"]', ["not a JSON object"]),
        (b'"x"', ["not a JSON object"]),
        (b'{"id": "x", "src": "o\x00ne"}', ["NUL"]),
        (b'{"id": "x", "src": "o\\u0000ne"}', ["NUL"]),
        (b'{"id": "x", "src": "caf\xe9"}', ["not UTF-8"]),
        (b'{"id": "x", "src": "\\ud800"}', ["surrogate"]),
        (b'{"id": "s1", "src": "one"}', ["duplicate id 's1'", "first on line 1"]),
        (b'{"id": "x", "id": "y", "src": "one"}', ["'id' stands twice"]),
        (b'{"id": "x", "src": " \\t"}', ["src: blank"]),
        (b'{"id": "x", "src": ""}', ["src: blank"]),
        (b'{"id": "x", "src": null}', ["src: missing"]),
        (b'{"id": "x"}', ["src: missing"]),
        (b'{"src": "one"}', ["id: missing"]),
        (b'{"id": "", "src": "one"}', ["id: blank"]),
        (b'{"id": 3, "src": "one"}', ["id: not a string"]),
        (b'{"id": "x", "src": ["one"]}', ["src: not a string"]),
        (b'{"id": "x", "src": "one", "ref": 3}', ["ref"]),
        (b'{"id": "x", "src": "one", "ref": ["a", 3]}', ["ref"]),
        (b'{"id": "x", "src": "one", "ref": ""}', ["ref: blank"]),
        (b'{"id": "x", "src": "one", "ref": ["a", " "]}', ["ref: blank"]),
        (b'{"id": "x", "src": "one", "ref": "a", "origin": "robot"}', ["origin", "human"]),
        (b'{"id": "x", "src": "one", "ref": "a", "alignment": 1.5}', ["alignment"]),
        (b'{"id": "x", "src": "one", "ref": "a", "alignment": true}', ["alignment"]),
        (b'{"id": "x", "src": "one", "ref": "a", "alignment": NaN}', ["NaN"]),
        (b'{"id": "x", "src": "one", "ref": "a", "mine": 1e999}', ["1e999"]),
        (
            b'{"id": "x", "src": "one", "ref": "a", "original_language": "klingon!"}',
            ["original_language"],
        ),
        (b'{"id": "x", "src": "one", "mine": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", ["deep"]),
        (b"\n" + GOOD.replace("s1", "s9").encode(), ["empty line"]),
    ],
)
def test_malformed_lines(space: Space, line: bytes, words: list[str]) -> None:
    path = space.corpus(rows=[])
    path.write_bytes(GOOD.encode() + b"\n" + line + b"\n")
    answer = space(*IDENTITY)
    answer.refused(1, "en-it.jsonl:2", *words)
    assert not (space.root / "results").exists()


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf", b"\n\n\n"])
def test_a_file_without_segments(space: Space, content: bytes) -> None:
    space.corpus(rows=[]).write_bytes(content)
    space(*IDENTITY).refused(1, "en-it.jsonl", "no segments")


def test_what_is_accepted(space: Space) -> None:
    text = "\r\n".join(json.dumps(row) for row in sentences())  # no newline at the end
    space.corpus(rows=[]).write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert space(*IDENTITY).code == 0
    plain = space.corpus("plain")
    assert space(*IDENTITY, "--corpus", "plain").code == 0
    outputs = [tree(space.root / "results" / name)["en-it/identity/output.jsonl"]
               for name in ("news", "plain")]  # fmt: skip
    assert outputs[0] == outputs[1]
    assert plain.read_bytes().count(b"\r") == 0


def test_a_file_whose_name_is_no_pair(space: Space) -> None:
    space.corpus(pair="english")
    space(*IDENTITY).refused(1, "english.jsonl", "not a language pair")


def test_two_files_for_one_direction(space: Space) -> None:
    space.corpus(pair="en-it")
    space.corpus(pair="eng_Latn-ita_Latn")
    space(*IDENTITY).refused(1, "en-it", "also served by")


def test_a_checksum_that_is_not_the_files(space: Space) -> None:
    space.corpus(card=f'[files]\n"en-it.jsonl" = "{"0" * 64}"\n')
    space(*IDENTITY).refused(1, "en-it.jsonl", "checksum")


def test_a_reversible_corpus_with_several_references(space: Space) -> None:
    row = {"id": "1", "src": "one two", "ref": ["uno due", "un due"]}
    space.corpus(rows=[row], card="reversible = true\n")
    space(*IDENTITY, "--pair", "it-en").refused(1, "'1'", "2 references", "reversible")
    assert space(*IDENTITY, "--pair", "en-it").code == 0


def test_a_segment_without_reference(space: Space) -> None:
    space.corpus(rows=[*sentences(2), {"id": "s3", "src": "Alone."}])
    space(*IDENTITY).refused(1, "'s3' has no reference", "chrf")


def test_no_corpus_at_all(space: Space) -> None:
    (space.root / "corpora").mkdir()
    space(*IDENTITY).refused(2, "no corpus")


def test_a_folder_that_is_no_corpus(news: Space) -> None:
    (news.root / "empty").mkdir()
    news(*IDENTITY, "--corpus", "empty").refused(2, "empty", "SRC-TGT.jsonl")


def test_a_file_of_another_format(news: Space) -> None:
    news.file("memory.tmx", "<tmx/>")
    news(*IDENTITY, "--corpus", "memory.tmx").refused(2, "memory.tmx", "corpus import")


def test_two_corpora_of_one_name(news: Space) -> None:
    news.corpus(under="elsewhere")
    answer = news(*IDENTITY, "--corpus", "news", "--corpus", "elsewhere/news")
    answer.refused(2, "two corpora named 'news'")


def test_a_corpus_named_like_a_limited_one(space: Space) -> None:
    space.corpus("news@first3")
    space(*IDENTITY, "--corpus", "news@first3").refused(2, "news@first3")


# --- hypotheses -----------------------------------------------------------------------------


def on_file(space: Space, content: str | bytes | list[str], name: str = "out.txt") -> None:
    space.file(name, content)


@pytest.mark.parametrize(
    ("count", "word"), [(7, "short by 1"), (9, "long by 1"), (0, "short by 8")]
)
@pytest.mark.parametrize("limit", [[], ["--limit", "2"]])
def test_hypotheses_short_or_long(news: Space, count: int, word: str, limit: list[str]) -> None:
    on_file(news, ([*SOURCES, "One more."])[:count])
    arguments = ("evaluate", "--model", "hypotheses:out.txt", "--metric", "chrf", *limit)
    news(*arguments).refused(1, "out.txt", f"{count} lines for 8 source segments", word)
    assert not (news.root / "results").exists()


def rows(*ids: str) -> list[str]:
    return [json.dumps({"id": name, "mt": "x"}) for name in ids]


IDS = [f"s{n}" for n in range(1, 9)]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (rows(*IDS[:-1]), ["1 missing and 0 unknown", "'s8'"]),
        (rows(*IDS, "s9"), ["0 missing and 1 unknown", "out.jsonl:9", "'s9'"]),
        (rows(*IDS[:-1], "s9"), ["1 missing and 1 unknown", "'s8'"]),
        (rows(*IDS, "s8"), ["out.jsonl:9", "'s8'", "line 8"]),
        ([*rows(*IDS[:-1]), '{"id": "s8"}'], ["out.jsonl:8", "'s8'", "mt"]),
        ([*rows(*IDS[:-1]), '{"id": "s8", "mt": 3}'], ["out.jsonl:8", "'s8'", "mt"]),
        ([*rows(*IDS[:-1]), '{"mt": "x"}'], ["out.jsonl:8", "id"]),
        ([*rows(*IDS[:-1]), "nonsense"], ["out.jsonl:8", "JSON"]),
        (
            [*rows(*IDS[:-1]), '{"id": "s8", "mt": "a", "mt": "b"}'],
            ["out.jsonl:8", "'mt' stands twice"],
        ),
        ([*rows(*IDS[:-1]), '{"id": "s8", "mt": "\\ud800"}'], ["out.jsonl:8", "surrogate"]),
        (
            [*rows(*IDS[:-1]), '{"id": "s8", "mt": "a", "n": "\\udfff"}'],
            ["out.jsonl:8", "surrogate"],
        ),
    ],
)
def test_hypotheses_by_id(news: Space, lines: list[str], words: list[str]) -> None:
    on_file(news, lines, "out.jsonl")
    answer = news("evaluate", "--model", "hypotheses:out.jsonl", "--metric", "chrf")
    answer.refused(1, *words)


@pytest.mark.parametrize(("content", "word"), [(b"a\nb\xff\n", "out.txt:2"), (b"a\0\nb\n", "NUL")])
def test_hypotheses_that_are_no_text(news: Space, content: bytes, word: str) -> None:
    on_file(news, content)
    news("score", "--hypotheses", "out.txt", "--corpus", "news", "--metric", "chrf").refused(
        1, word
    )


def test_two_systems_of_one_name(news: Space) -> None:
    on_file(news, SOURCES, "a/out.txt")
    on_file(news, SOURCES, "b/out.txt")
    arguments = ("score", "--hypotheses", "a/out.txt", "b/out.txt", "--corpus", "news")
    news(*arguments).refused(2, "two systems named 'out'")


def test_one_file_for_several_test_sets(news: Space) -> None:
    news.corpus(pair="en-de")
    on_file(news, SOURCES)
    news("evaluate", "--model", "hypotheses:out.txt").refused(2, "one test set", "en-de", "--pair")


def test_references_transposed(news: Space) -> None:
    """One file per segment instead of one file per reference, as sacreBLEU's API lets pass."""
    on_file(news, SOURCES)
    for number, (_, reference) in enumerate(SENTENCES):
        news.file(f"ref{number}.txt", [reference])
    references = [x for n in range(len(SENTENCES)) for x in ("--reference", f"ref{n}.txt")]
    answer = news("score", "--hypotheses", "out.txt", *references, "--pair", "en-it")
    answer.refused(1, "out.txt", "8 lines for 1 source segments")


def test_plain_files_of_different_lengths(news: Space) -> None:
    on_file(news, SOURCES)
    news.file("ref.txt", [reference for _, reference in SENTENCES])
    news.file("src.txt", SOURCES[:-1])
    arguments = ("score", "--hypotheses", "out.txt", "--reference", "ref.txt", "--pair", "en-it")
    news(*arguments, "--source", "src.txt").refused(1, "ref.txt has 8", "src.txt has 7")
    news.file("ref.txt", [*(reference for _, reference in SENTENCES[:-1]), ""])
    news(*arguments).refused(1, "ref.txt:8", "empty reference")
    news.file("ref.txt", "")
    news(*arguments).refused(1, "ref.txt", "no lines")


# --- what this machine lacks ----------------------------------------------------------------


def test_a_missing_engine(news: Space) -> None:
    news("evaluate", "--model", "command:no-such-program-here", "--metric", "chrf").refused(
        3, "no-such-program-here", "install"
    )
    assert not (news.root / "results").exists()


def test_weights_that_are_not_here(news: Space) -> None:
    answer = news("evaluate", "--model", "hf:nobody/no-such-model", "--metric", "chrf")
    answer.refused(3, "nobody/no-such-model")
    assert not (news.root / "results").exists()


def comet_is_here() -> bool:
    if importlib.util.find_spec("comet") is None:
        pytest.skip("the extra 'comet' is not installed")
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache("Unbabel/wmt22-comet-da", "checkpoints/model.ckpt")
    return isinstance(found, str)


def test_comet_by_name_without_its_weights(news: Space) -> None:
    if comet_is_here():
        pytest.skip("COMET's weights are here")
    answer = news("evaluate", "--model", "identity", "--metric", "chrf", "--metric", "comet")
    answer.refused(3, "Unbabel/wmt22-comet-da")
    assert not (news.root / "results").exists()
    answer = news("evaluate", "--model", "identity", "--comet-model", "nobody/nothing")
    answer.refused(3, "nobody/nothing")


def test_comet_by_default_without_its_weights(news: Space) -> None:
    if comet_is_here():
        pytest.skip("COMET's weights are here")
    answer = news("evaluate", "--model", "identity", "--format", "json")
    assert answer.code == 0
    assert "comet is left out" in answer.err
    board = answer.json
    assert "Unbabel/wmt22-comet-da" in board["missing"]["comet"]
    (row,) = board["tables"][0]["rows"]
    assert row["cells"]["comet"]["score"] is None
    assert "Unbabel/wmt22-comet-da" in row["cells"]["comet"]["reason"]
    assert row["cells"]["bleu"]["score"] is not None
    header, line = (news.root / "results/leaderboard.csv").read_text("utf-8").splitlines()
    assert dict(zip(header.split(","), line.split(","), strict=True))["comet"] == ""
    assert not list(news.root.glob("results/**/comet@*"))


def test_results_that_cannot_be_written(news: Space) -> None:
    news.file("taken", "a file, not a folder")
    for place in ("taken", "taken/inside", "/proc/nowhere/results"):
        news(*IDENTITY, "--results", place).refused(3, place.split("/")[0], "cannot be written")


def test_a_file_in_the_place_of_a_folder(news: Space) -> None:
    news.file("results/news", "a file, not a folder")
    news(*IDENTITY).refused(3, "cannot be written")


# --- damaged results ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("run.json", "{"),
        ("run.json", "[]"),
        ("run.json", '{"schema_version": 99}'),
        ("output.jsonl", '{"id": "s1", "mt": "other"}\n'),
        ("output.jsonl", "nonsense\n"),
        ("scores/{score}", "{"),
        ("scores/{score}", "[]"),
        ("scores/{score}", "{}"),
        ("../test_set.json", "{}"),
    ],
)
@pytest.mark.parametrize("verb", ["evaluate", "leaderboard"])
def test_damaged_results(news: Space, name: str, content: str, verb: str) -> None:
    assert news(*IDENTITY).code == 0
    folder = news.root / "results/news/en-it/identity"
    (score,) = (folder / "scores").iterdir()
    (folder / name.format(score=score.name)).write_text(content, encoding="utf-8")
    answer = news(*IDENTITY) if verb == "evaluate" else news("leaderboard")
    if verb == "leaderboard" and name == "output.jsonl":
        assert answer.code == 0  # not needed for the table
    else:
        answer.refused(1, Path(name.format(score=score.name)).name)


@pytest.mark.parametrize("verb", ["leaderboard", "verify", "evaluate"])
def test_a_stored_signature_that_is_none(news: Space, verb: str) -> None:
    assert news(*IDENTITY).code == 0
    (score,) = (news.root / "results/news/en-it/identity/scores").iterdir()
    text = score.read_text("utf-8")
    score.write_text(text.replace('"signature": "nrefs:1|', '"signature": "nrefs|'), "utf-8")
    answer = news(*IDENTITY) if verb == "evaluate" else news(verb)
    answer.refused(1, score.name, "not a signature")


def test_damaged_kept_file(news: Space) -> None:
    news.card("slow", 'backend = "slow"\n[options]\nrefused = ["museum"]\n')
    assert news("evaluate", "--model", "slow", "--metric", "chrf").code == 4
    news.file("results/news/en-it/slow/kept.jsonl", "nonsense\n")
    news("evaluate", "--model", "slow", "--metric", "chrf").refused(1, "kept.jsonl:1")


# --- JSON, bugs, streams --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["evaluate", "--model", "nobody", "--format", "json"], 2),
        (["evaluate", "--format=json"], 2),
        (["evaluate", "--model", "identity", "--limit", "x", "--format", "json"], 2),
        (["evaluate", "--model", "hypotheses:short.txt", "--format", "json"], 1),
        (["evaluate", "--model", "command:no-such-program", "--format", "json"], 3),
        (["translate", "--model", "slow", "--format", "json"], 4),
        (["evaluate", "--model", "slow", "--metric", "chrf", "--format", "json"], 4),
        (["leaderboard", "nowhere", "--format", "json"], 2),
        (["verify", "nowhere", "--format", "json"], 2),
        (["models", "show", "nobody", "--format", "json"], 2),
    ],
)
def test_an_error_is_one_json_document(news: Space, arguments: list[str], code: int) -> None:
    news.file("short.txt", SOURCES[:3])
    news.card("slow", 'backend = "slow"\n[options]\nrefused = ["museum"]\n')
    answer = news(*arguments)
    assert answer.code == code
    error = answer.json["error"]
    assert error["exit_code"] == code
    assert error["message"] and len(error["details"]) <= 2


def test_what_was_found_stands_beside_the_error_it_led_to(news: Space) -> None:
    """One document all the same: nobody has to ask twice for the numbers behind a failed gate."""
    both = ("evaluate", "--model", "identity", "--model", "command:false", "--metric", "chrf")
    answer = news(*both, "--format", "json")
    assert answer.code == answer.json["error"]["exit_code"] == 4
    assert [row["system"] for row in answer.json["tables"][0]["rows"]] == ["identity"]
    assert answer.json["error"]["details"][-1].endswith("the same command starts it again")
    news.file("good.txt", [reference for _, reference in SENTENCES])
    news.file("poor/good.txt", [reference[:12] for _, reference in SENTENCES])
    for results, model in (("a", "good.txt"), ("b", "poor/good.txt")):
        scored = news(
            "evaluate", "--model", f"hypotheses:{model}", "--metric", "chrf", "--results", results
        )
        assert scored.code == 0
    answer = news("compare", "a", "b", "--fail-on", "worse", "--format", "json")
    assert answer.code == answer.json["error"]["exit_code"] == 1
    assert answer.json.keys() > news("compare", "a", "b", "--format", "json").json.keys() - {
        "error"
    }
    csv_form = news("compare", "a", "b", "--fail-on", "worse", "--format", "csv")
    assert csv_form.out.startswith("corpus,src,tgt,system")


@pytest.mark.parametrize(
    "arguments",
    [
        ["corpus", "list"],
        ["corpus", "show", "news"],
        ["corpus", "validate", "news"],
        ["models", "list"],
        ["models", "show", "identity"],
        ["models", "check", "identity"],
        ["models", "new", "mine", "identity:"],
        ["metrics", "list"],
        ["doctor"],
        ["leaderboard"],
        ["verify"],
        ["compare", "results", "results"],
        ["report", "-o", "page"],
        [*IDENTITY],
        ["translate", "--model", "identity"],
    ],
)
def test_every_verb_can_be_quiet(news: Space, arguments: list[str]) -> None:
    assert news(*IDENTITY).code == 0
    for words in (["-q"], ["-q", "-v"]):
        answer = news(*arguments, *words)
        assert answer.code == 0, answer
        assert answer.err == ""
        (news.root / "models/mine.toml").unlink(missing_ok=True)


def test_two_corpora_of_one_name_in_one_results_folder(space: Space) -> None:
    """Also in two calls: one's results would stand where the other's are."""
    space.corpus("news", under="first")
    space.corpus("news", rows=sentences(4), under="second")
    first, second = ([*IDENTITY, "--corpus", f"{place}/news"] for place in ("first", "second"))
    assert space(*first).code == 0
    before = tree(space.root / "results")
    space(*second).refused(2, "two corpora named 'news'", "first/news", "second/news", "--results")
    absolute = [*IDENTITY, "--corpus", str(space.root / "second/news")]
    space(*absolute).refused(2, "two corpora named 'news'")
    assert tree(space.root / "results") == before
    assert space(*second, "--results", "elsewhere").code == 0
    # Changed, copied as it stands, or moved, a corpus is the same one.
    space.corpus("news", rows=sentences(5), under="first")
    assert space(*first).code == 0
    space.corpus("news", rows=sentences(5), under="second")
    assert space(*second).code == 0
    (space.root / "first").rename(space.root / "third")
    space.corpus("news", rows=sentences(6), under="second")
    assert space(*second).code == 0


def test_a_corpus_without_a_card_works_with_a_warning(space: Space) -> None:
    space.corpus("bare", "en-it")
    space.corpus("carded", "en-it", card='title = "T"\nlicence = "CC0-1.0"\n')
    answer = space(*IDENTITY)
    assert answer.code == 0
    assert "corpus bare has no card.toml" in answer.err
    assert "carded" not in answer.err
    assert "card" not in space(*IDENTITY, "-q").err


def test_a_bug_is_70(news: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a defect of ours")

    monkeypatch.setattr("mtbench.pipeline.evaluation.write_leaderboard", broken)
    answer = news(*IDENTITY)
    answer.refused(70, "ZeroDivisionError", "a defect of ours", "-v")
    shown = news(*IDENTITY, "-v")
    assert shown.code == 70
    assert "Traceback" in shown.err
    assert news(*IDENTITY, "--format", "json").json["error"]["exit_code"] == 70


def test_a_back_end_that_raises_what_it_should_not(news: Space) -> None:
    news.card("bad", 'backend = "slow"\n[options]\nbroken = ["museum"]\n')
    answer = news("evaluate", "--model", "bad", "--model", "identity", "--metric", "chrf")
    answer.refused(4, "bad failed", "ZeroDivisionError", "kept")
    assert "identity" in answer.out
    shown = news("evaluate", "--model", "bad", "--metric", "chrf", "-v")
    assert shown.code == 4
    assert "Traceback" in shown.err


def test_a_metric_that_raises_what_it_should_not(
    news: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr("mtbench.metrics.lexical.Chrf.prepare", broken)
    answer = news("evaluate", "--model", "identity", "--metric", "chrf", "--metric", "bleu")
    answer.refused(4, "chrf failed", "out of memory")
    assert "BLEU" in answer.out
    assert list(news.root.glob("results/**/bleu@*"))


def test_control_characters_of_others_do_not_reach_the_terminal(news: Space) -> None:
    news.file("out.txt", SOURCES[:3])
    answer = news("evaluate", "--model", "hypotheses:out.txt", "--corpus", "\x1b[31m\nnews")
    answer.refused(2, "unknown corpus")
    assert "\x1b" not in answer.err


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}


def shell(space: Space, line: str) -> subprocess.CompletedProcess[str]:
    command = line.replace("mtbench", f"{sys.executable} -m mtbench")
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=space.root,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("command", ["--help", "models list", "leaderboard --format json"])
def test_a_reader_that_goes_away(news: Space, command: str) -> None:
    assert news(*IDENTITY).code == 0
    answer = shell(news, f"mtbench {command} | true")
    assert answer.returncode == 0, answer
    assert answer.stderr == ""


def test_nobody_reads_what_is_said(news: Space) -> None:
    """The work is done all the same, and the exit code is that of the work."""
    answer = shell(news, "mtbench evaluate --model identity --metric chrf 2>&1 >/dev/null | true")
    assert answer.returncode == 0
    assert (news.root / "results/leaderboard.csv").is_file()
    answer = shell(news, "mtbench evaluate --model nobody 2>&1 | true")
    assert answer.returncode == 2
    assert answer.stderr == ""


def test_streams_that_cannot_be_written(news: Space) -> None:
    answer = shell(news, "mtbench models list > /dev/full")
    assert answer.returncode == 3
    assert answer.stderr.startswith("mtbench: standard output cannot be written")
    assert shell(news, "mtbench models list >&-").returncode == 0


def test_another_character_set(news: Space) -> None:
    """Data is UTF-8 whatever the locale says."""
    answer = subprocess.run(
        [sys.executable, "-m", "mtbench", "evaluate", "--model", "identity", "--metric", "chrf"],
        cwd=news.root,
        env={**environment(), "PYTHONIOENCODING": "ascii", "LC_ALL": "C"},
        capture_output=True,
        check=False,
    )
    assert answer.returncode == 0, answer
    assert "en→it" in answer.stdout.decode("utf-8")
