"""A corpus built again over a person's changes: kept, shown, and replaced with a copy only."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mtbench.cli.main import run
from mtbench.config import read_corpus_card
from tests.support.story import STORIES, write, write_stories

pytestmark = pytest.mark.slow  # sentences are encoded: weights

Mtbench = Callable[..., tuple[int, str, str]]


@pytest.fixture
def mtbench(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Mtbench:
    """Runs a command in a workspace: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MTBENCH_CACHE", str(tmp_path / "cache"))

    def call(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(list(arguments))
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


TARGET = Path("corpora/cape")
FILE = TARGET / "en-it.jsonl"


def built(mtbench: Mtbench, *more: str) -> tuple[int, str, str]:
    documents = write_stories(Path("raw"), "en", "it")
    return mtbench("corpus", "build", *documents, "-o", str(TARGET), *more)


def rows() -> list[dict[str, str]]:
    return [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]


def edit(change: Callable[[list[dict[str, str]]], object]) -> list[dict[str, str]]:
    found = rows()
    change(found)
    FILE.write_text("".join(json.dumps(one) + "\n" for one in found), "utf-8")
    return found


def corrected(found: list[dict[str, str]]) -> None:
    found[1]["ref"] = "Una riga corretta a mano."
    del found[3]
    found.insert(1, {"id": "mine", "src": "Mine.", "ref": "Mio.", "doc": found[0]["doc"]})


def test_a_person_s_lines_stay_where_the_build_says_the_same(mtbench: Mtbench) -> None:
    assert built(mtbench)[0] == 0
    wanted = edit(corrected)

    code, _, said = built(mtbench)

    assert code == 0, said
    assert rows() == wanted
    ids = [one["id"] for one in wanted]
    assert f"en-it.jsonl: 1 edited line kept: {ids[2]}" in said
    assert "en-it.jsonl: 1 deleted line stays away: " in said
    assert "en-it.jsonl: 1 added line kept: mine" in said
    assert mtbench("corpus", "validate", str(TARGET))[0] == 0  # the card knows the file


def test_they_stay_when_a_language_comes_in_and_after_sealing(mtbench: Mtbench) -> None:
    assert built(mtbench)[0] == 0
    wanted = edit(corrected)
    assert mtbench("corpus", "seal", str(TARGET))[0] == 0
    german = write(Path("raw"), "neu.txt", STORIES["bakery"]["de"])

    code, _, said = built(mtbench, german)

    assert code == 0, said
    kept = [{k: v for k, v in one.items() if k != "alignment"} for one in rows()]
    assert kept == [{k: v for k, v in one.items() if k != "alignment"} for one in wanted]
    assert (TARGET / "en-de.jsonl").is_file()


def test_where_both_changed_neither_wins_unasked(mtbench: Mtbench) -> None:
    assert built(mtbench)[0] == 0
    edit(corrected)
    before = FILE.read_bytes()
    card = TARGET / "card.toml"
    other = rows()[2]["id"]
    memory = read_corpus_card(TARGET)
    assert memory is not None
    said_then = memory.built["en-it.jsonl"][other]
    card.write_text(card.read_text("utf-8").replace(said_then, "0" * 8), "utf-8")

    code, _, said = built(mtbench)
    assert code == 2
    assert f"1 line that you changed and the build as well: {other}" in said
    assert "yours: " in said and "Una riga corretta a mano." in said and "built: " in said
    assert FILE.read_bytes() == before

    code, out, said = built(mtbench, "--force", "--format", "json")
    assert code == 0
    copies = list(TARGET.glob("en-it.jsonl.replaced-*"))
    assert [copy.read_bytes() for copy in copies] == [before]
    assert copies[0].name in said
    assert [one["id"] for one in json.loads(out)["conflicts"]] == [other]
    assert "Una riga corretta a mano." not in FILE.read_text("utf-8")
    assert [one["id"] for one in rows()].count("mine") == 1  # what nobody contradicts stays


def test_a_corpus_of_others_is_replaced_by_force_alone_and_kept(mtbench: Mtbench) -> None:
    TARGET.mkdir(parents=True)
    FILE.write_text('{"id": "1", "src": "a", "ref": "b"}\n', "utf-8")

    code, _, said = built(mtbench)
    assert code == 2
    assert "en-it.jsonl: another file, of which the card does not say who wrote it" in said
    assert built(mtbench, "--force")[0] == 0
    copies = list(TARGET.glob("en-it.jsonl.replaced-*"))
    assert [copy.read_text("utf-8") for copy in copies] == ['{"id": "1", "src": "a", "ref": "b"}\n']


def test_an_edited_reference_is_evaluated_again_by_one_command_each(mtbench: Mtbench) -> None:
    assert built(mtbench)[0] == 0
    evaluate = ("evaluate", "--model", "identity", "--corpus", "cape", "--metric", "chrf")
    assert mtbench(*evaluate)[0] == 0
    first = (Path("results") / "cape").rglob("*.json")
    before = {path: path.read_bytes() for path in first if "scores" in path.parts}
    edit(lambda found: found[0].update(ref="Tutta un'altra frase."))

    code, _, said = mtbench(*evaluate)
    assert code == 1 and "mtbench corpus seal" in said
    assert mtbench("corpus", "seal", str(TARGET))[0] == 0
    assert mtbench(*evaluate)[0] == 0
    assert any(path.read_bytes() != content for path, content in before.items())
