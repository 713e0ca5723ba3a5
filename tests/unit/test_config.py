"""Where things are: the workspace, cards, and what ``--model`` and ``--corpus`` name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mtbench.config import (
    Workspace,
    card_names,
    find_corpora,
    find_system,
    folder_name,
    read_corpus_card,
    read_system_card,
    workspace,
)
from mtbench.errors import CardError, MtbenchError, RequestError, UnknownName
from mtbench.files.writing import read_toml


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


# --- the workspace --------------------------------------------------------------------------


def test_flags_over_environment_over_settings_over_defaults(here: Path) -> None:
    assert workspace(environment={}).results == Path("results")
    put(here / "pyproject.toml", '[tool.mtbench]\nresults = "settings"\ncache = "c"\n')
    assert workspace(environment={}).results == Path("settings")
    assert workspace(environment={"MTBENCH_RESULTS": "environment"}).results == Path("environment")
    assert workspace("flag", environment={"MTBENCH_RESULTS": "x"}).results == Path("flag")
    assert workspace(environment={}).cache == Path("c")
    assert workspace(environment={"MTBENCH_RESULTS": ""}).results == Path("settings")


def test_ones_own_folders_come_before_the_shipped_ones(here: Path) -> None:
    (shipped,) = workspace(environment={}).models
    assert (shipped / "identity.toml").is_file()
    put(here / "models/mine.toml", 'backend = "identity"\n')
    own = workspace(environment={})
    assert own.models == (Path("models"), shipped)
    assert list(card_names(own.models)) == sorted({"mine", *card_names((shipped,))})
    put(here / "models/identity.toml", 'backend = "identity"\nlicence = "mine"\n')
    assert find_system("identity", own.models).licence == "mine"


def test_a_folder_that_is_the_shipped_one_counts_once(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shipped,) = workspace(environment={}).models
    monkeypatch.chdir(shipped.parent)
    assert workspace(environment={}).models == (Path("models"),)


@pytest.mark.parametrize(
    "text", ["[tool.mtbench]\nx = 'y'\n", "[tool.mtbench]\nresults = 1\n", "[tool]\nmtbench = []\n"]
)
def test_settings_that_are_none(here: Path, text: str) -> None:
    put(here / "pyproject.toml", text)
    with pytest.raises(RequestError, match=r"pyproject.toml"):
        workspace(environment={})


def test_toml_with_its_line(tmp_path: Path) -> None:
    path = put(tmp_path / "x.toml", "a = 1\nb = \n")
    with pytest.raises(CardError, match=r"x\.toml:2: not TOML"):
        read_toml(path)
    path.write_bytes(b"\xef\xbb\xbfa = 1\r\n")
    assert read_toml(path) == {"a": 1}
    with pytest.raises(CardError, match="cannot be read"):
        read_toml(tmp_path / "nowhere.toml")


# --- systems --------------------------------------------------------------------------------


def test_a_card(here: Path) -> None:
    put(
        here / "models/mt.toml",
        'backend = "hypotheses"\npairs = ["eng_Latn-ita_Latn", "pt-BR-en"]\nlicence = "MIT"\n'
        "training_cutoff = 2023-05-01\nvia = ['spa']\n[options]\npath = 'out/{src}-{tgt}.txt'\n",
    )
    card = find_system("mt", workspace(environment={}).models)
    assert card.name == "mt"
    assert card.pairs == ("en-it", "pt-BR-en")
    assert card.via == ("es",)
    assert str(card.training_cutoff) == "2023-05-01"
    assert not card.inline
    assert folder_name(card) == "mt"


def test_a_card_by_its_path(here: Path) -> None:
    path = put(here / "elsewhere/mt.toml", 'backend = "identity"\n')
    assert find_system(str(path), ()).name == "mt"
    assert find_system("elsewhere/mt.toml", ()).name == "mt"
    with pytest.raises(UnknownName, match=r"unknown model card: 'nowhere.toml'"):
        find_system("nowhere.toml", ())


@pytest.mark.parametrize(
    ("spec", "name", "folder"),
    [
        ("identity:", "identity", r"identity-[0-9a-f]{8}"),
        ("hypotheses:out.txt", "out", r"out-[0-9a-f]{8}"),
        ("hypotheses:a/b/system.1.de.txt", "system.1.de", r"system\.1\.de-[0-9a-f]{8}"),
        ("hypotheses:folder/", "folder", r"folder-[0-9a-f]{8}"),
        ("hypotheses:x.toml", "x", r"x-[0-9a-f]{8}"),
        ("hypotheses:a b\tc.txt", "a b-c", r"a-b-c-[0-9a-f]{8}"),
        ("hypotheses:系统.txt", "系统", r"hypotheses-[0-9a-f]{8}"),
        ("hypotheses:...", "...", r"hypotheses-[0-9a-f]{8}"),
        ("hypotheses:..", "..", r"hypotheses-[0-9a-f]{8}"),
        ("hf:Helsinki-NLP/opus-mt-en-de", "opus-mt-en-de", r"opus-mt-en-de-[0-9a-f]{8}"),
        (
            "command:python 'my mt.py' --fast",
            "python 'my mt.py' --fast",
            r"python-my-mt.py---fast-[0-9a-f]{8}",
        ),
    ],
)
def test_inline_models(spec: str, name: str, folder: str) -> None:
    card = find_system(spec, ())
    assert card.name == name
    assert card.inline
    assert re.fullmatch(folder, folder_name(card))
    assert "/" not in folder_name(card)


def test_inline_models_are_told_apart_by_what_they_are() -> None:
    one, other = find_system("hypotheses:a/out.txt", ()), find_system("hypotheses:b/out.txt", ())
    assert one.name == other.name
    assert folder_name(one) != folder_name(other)
    assert folder_name(one) == folder_name(find_system("hypotheses:a/out.txt", ()))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("nobody", "unknown model: 'nobody'"),
        ("", "unknown model: ''"),
        (":x", "unknown model: ':x'"),
        ("nobody:x", "unknown back end: 'nobody'"),
        ("hypotheses:", "needs a path"),
        ("command:", "needs a command line"),
        ("command:'open", "not a command line"),
        ("chain:a,b", "cannot be written inline"),
        ("hypotheses:caf\udce9.txt", "not UTF-8"),
    ],
)
def test_models_that_are_none(spec: str, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        find_system(spec, ())


# --- chains of cards ------------------------------------------------------------------------


def chain(*steps: str) -> str:
    listed = ", ".join(f'"{step}"' for step in steps)
    via = ", ".join('"es"' for _ in steps[1:])
    return f'backend = "chain"\n[options]\nsteps = [{listed}]\nvia = [{via}]\n'


def test_a_chain_spells_out_its_steps(here: Path) -> None:
    put(here / "models/first.toml", 'backend = "command"\n[options]\nargv = ["mt"]\n')
    put(here / "models/both.toml", chain("first", "hypotheses:out.txt"))
    card = find_system("both", workspace(environment={}).models)
    assert card.options["steps"] == [
        {"backend": "command", "options": {"argv": ["mt"]}},
        {"backend": "hypotheses", "options": {"path": "out.txt"}},
    ]
    assert card.via == ("es",)
    put(here / "models/first.toml", 'backend = "command"\n[options]\nargv = ["other"]\n')
    again = find_system("both", workspace(environment={}).models)
    assert again.options != card.options  # what a step is, is part of what the chain is


def test_a_step_keeps_the_pairs_and_the_price_of_its_card(here: Path) -> None:
    put(
        here / "models/first.toml",
        'backend = "openai"\npairs = ["en-es"]\n[price]\ninput = 1.0\noutput = 2.0\n'
        '[options]\nmodel = "m"\n',
    )
    put(here / "models/both.toml", chain("first", "hypotheses:out.txt"))
    first, _ = find_system("both", workspace(environment={}).models).options["steps"]
    assert first == {
        "backend": "openai",
        "options": {"model": "m", "price": {"input": 1.0, "output": 2.0}},
        "pairs": ["en-es"],
    }


@pytest.mark.parametrize("steps", [("both", "identity"), ("other", "identity")])
def test_a_chain_that_contains_itself(here: Path, steps: tuple[str, ...]) -> None:
    put(here / "models/both.toml", chain(*steps))
    put(here / "models/other.toml", chain("both", "identity"))
    with pytest.raises(CardError, match=r"models/.*toml: the chain .* contains itself"):
        find_system("both", workspace(environment={}).models)


@pytest.mark.parametrize("step", ["nobody", "nobody:x", "hypotheses:"])
def test_a_step_that_is_none_is_named_with_its_card(here: Path, step: str) -> None:
    put(here / "models/both.toml", chain(step, "identity"))
    with pytest.raises(CardError, match=r"models/both\.toml: "):
        find_system("both", workspace(environment={}).models)


# --- corpora --------------------------------------------------------------------------------


def test_no_corpus_and_no_folder(here: Path) -> None:
    space = Workspace(corpora=(), models=(), results=here, cache=here)
    with pytest.raises(RequestError, match="no corpus"):
        find_corpora((), space)
    with pytest.raises(UnknownName, match="unknown corpus"):
        find_corpora(("x",), space)


def test_one_corpus_named_in_several_ways(here: Path) -> None:
    put(here / "corpora/news/en-it.jsonl", "")
    put(here / "corpora/news/en-de.jsonl", "")
    (here / "link").symlink_to(here / "corpora/news")
    space = workspace(environment={})
    named = find_corpora(("news", "corpora/news/", str(here / "corpora/news")), space)
    assert named == [(Path("corpora/news").resolve(), None)] or len(named) == 1
    with_file = find_corpora(("corpora/news/en-it.jsonl", "link"), space)
    assert [file for _, file in with_file] == ["en-it.jsonl", None]


@pytest.mark.parametrize("name", ["a b", ".hidden", "é", "-x", "x" * 101, "news@first12"])
def test_corpora_that_cannot_name_a_folder_of_results(here: Path, name: str) -> None:
    path = put(here / "elsewhere" / name / "en-it.jsonl", "").parent
    with pytest.raises(RequestError, match=r"folder|first segments"):
        find_corpora((str(path),), workspace(environment={}))


def test_corpus_cards(tmp_path: Path) -> None:
    assert read_corpus_card(tmp_path) is None
    put(
        tmp_path / "card.toml",
        'title = "T"\nreversible = true\ndate = 2022-01-30\n[origin]\neng_Latn = "human"\n'
        f'[files]\n"en-it.jsonl" = "sha256:{"a" * 64}"\n',
    )
    card = read_corpus_card(tmp_path)
    assert card is not None
    assert card.origin == {"en": "human"}
    assert card.files == {"en-it.jsonl": "a" * 64}
    assert str(card.date) == "2022-01-30"


def test_every_shipped_card_holds() -> None:
    (shipped,) = workspace(environment={"MTBENCH_MODELS": "/nowhere"}).models
    for name, path in card_names((shipped,)).items():
        assert read_system_card(path).name == name
        try:
            find_system(name, (shipped,))
        except MtbenchError as error:
            pytest.fail(f"{path}: {error}")
