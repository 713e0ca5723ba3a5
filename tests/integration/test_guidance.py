"""Tone, glossary and context of a prompt: what is asked, and what is made of the terms."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from mtbench.backends.openai import OpenAI
from mtbench.errors import DataError, RequestError
from mtbench.languages import LanguagePair
from mtbench.plugins import make_backend
from mtbench.stages.translation import plan, translate
from mtbench.types import Finished, Runtime, Source
from tests.support.server import Server, chat_server
from tests.support.workspace import Space

EN_DE = LanguagePair.parse("en-de")
WORDS = {"cell": "Zelle", "railway operator": "Eisenbahnbetreiber", "station": "Bahnhof"}
TMX = """<?xml version="1.0"?><tmx version="1.4"><header srclang="en"/><body>
<tu><tuv xml:lang="en"><seg>cell</seg></tuv><tuv xml:lang="de"><seg>Zelle</seg></tuv></tu>
</body></tmx>"""


def model(messages: list[dict[str, str]]) -> str:
    """Knows two words of German."""
    text = messages[-1]["content"].split("Text:\n")[-1]
    return text.replace("cells", "Zellen").replace("station", "Haltestelle")


@pytest.fixture
def server() -> Iterator[Server]:
    with chat_server(model) as found:
        yield found


@pytest.fixture
def glossary(tmp_path: Path) -> Path:
    path = tmp_path / "terms-en-de.csv"
    path.write_text("src,ref\n" + "".join(f"{s},{t}\n" for s, t in WORDS.items()))
    return path


def backend(server: Server, **options: Any) -> OpenAI:
    given = {"model": "tiny", "base_url": f"{server.url}/v1", "concurrency": 1, **options}
    made = make_backend("openai", given, EN_DE, Runtime())
    assert isinstance(made, OpenAI)
    return made


def sources(*texts: str) -> list[Source]:
    return [Source(id=f"s{n}", text=t, document="d") for n, t in enumerate(texts)]


def run(made: OpenAI, given: list[Source]) -> dict[str, Finished]:
    found: dict[str, Finished] = {}
    made.check()
    made.sources(given)
    batches = plan(given, made, Runtime(), frozenset())
    with made:
        translate(batches, made, lambda done: found.update((f.hypothesis.id, f) for f in done))
    return found


def asked(server: Server) -> list[str]:
    return [body["messages"][-1]["content"] for body in server.bodies("/v1/chat/completions")]


def test_terms_that_a_text_holds_are_told_and_counted(server: Server, glossary: Path) -> None:
    pattern = str(glossary).replace("en-de", "{src}-{tgt}")
    made = backend(server, glossary=pattern, tone="formal")
    found = run(made, sources("Merge the cells at the station.", "Nothing here."))
    with_terms = next(said for said in asked(server) if "Merge" in said)
    without = next(said for said in asked(server) if "Nothing" in said)
    assert "Terms, to be translated like this:\n- cell: Zelle\n- station: Bahnhof\n" in with_terms
    assert "operator" not in with_terms
    assert "Terms" not in without
    assert "Tone: formal" in with_terms
    assert "Tone: formal" in without
    assert found["s0"].kept["terms"] == 2
    assert found["s0"].kept["terms_missed"] == ["station"]
    assert "terms" not in found["s1"].kept
    summary = made.summary([one.kept for one in found.values()])
    assert summary["glossary"] == {"asked": 2, "used": 1, "recall": 0.5}
    assert "glossary: 1 of 2 terms used (recall 50.0%)" in made.notes()


def test_a_glossary_is_part_of_what_is_asked(server: Server, glossary: Path) -> None:
    plain, told = backend(server), backend(server, glossary=str(glossary))
    before = told.identity()
    assert before != plain.identity()
    assert "glossary" not in plain.options.model_dump(), "earlier runs keep their names"
    glossary.write_text(glossary.read_text().replace("Zelle", "Feld"))
    assert backend(server, glossary=str(glossary)).identity() != before
    assert backend(server, tone="formal").identity() != plain.identity()
    assert backend(server, context_before=1).identity() != plain.identity()


def test_what_was_seen_in_a_glossary_is_said(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "terms.csv"
    path.write_bytes("src,ref\ncell,Zelle\ndoor,Tür\nwindow,\n".encode("cp1252"))
    made = backend(server, glossary=str(path))
    run(made, sources("One cell."))
    assert f"changed in the glossary: {path}: not UTF-8, so read as cp1252" in made.notes()
    assert f"left out in the glossary: terms without a translation: 1 (first: {path}:4)" in (
        made.notes()
    )
    assert set(made._prompter.guidance.terms) == {"cell", "door"}
    clean = tmp_path / "clean.csv"
    clean.write_text("src,ref\ncell,Zelle\n", "utf-8")
    made = backend(server, glossary=str(clean))
    run(made, sources("One cell."))
    assert not [note for note in made.notes() if str(clean) in note]


def test_a_glossary_as_tmx(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "terms.tmx"
    path.write_text(TMX)
    run(backend(server, glossary=str(path)), sources("One cell."))
    assert "- cell: Zelle" in asked(server)[0]


def test_glossaries_that_cannot_be(server: Server, tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text("src,ref\n")
    other = tmp_path / "terms.pdf"
    other.write_text("x")
    for path, kind in (
        (empty, DataError),
        (other, RequestError),
        (tmp_path / "x.csv", RequestError),
    ):
        with pytest.raises(kind, match=path.name):
            backend(server, glossary=str(path)).check()
    with pytest.raises(RequestError, match=r"need a place in the prompt: \{instruction\}"):
        run(backend(server, tone="formal", prompt="Text:\n{text}"), sources("One."))
    with pytest.raises(RequestError, match="context_before and context_after need"):
        run(backend(server, context_before=1, unit="document"), sources("One."))


def test_segments_around_a_segment(server: Server) -> None:
    given = [*sources("One.", "Two.", "Two.", "Four."), Source(id="x", text="Alone.")]
    run(backend(server, context_before=1, context_after=1), given)
    contexts = [
        said.partition("not to be translated:\n")[2].partition("\n\nText")[0].split("\n")
        for said in asked(server)
    ]
    assert sorted(contexts) == [[""], ["One.", "Two."], ["Two."], ["Two."], ["Two.", "Four."]]


def test_the_request_is_shown_and_not_sent(server: Server, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "m.toml").write_text(
        'backend = "openai"\npairs = ["en-de"]\n[options]\nmodel = "tiny"\ntone = "formal"\n'
        f'base_url = "{server.url}/v1"\napi_key_env = "TINY_KEY"\n'
    )
    root = str(Path(__file__).resolve().parents[2])
    done = subprocess.run(
        [sys.executable, "-m", "mtbench", "models", "check", "m", "--show", "--text", "A cell."],
        cwd=tmp_path,
        env={"PYTHONPATH": root, "TINY_KEY": "sk-secret-0123456789", "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert shown["url"] == f"{server.url}/v1/chat/completions"
    assert shown["headers"] == {"Authorization": "Bearer $TINY_KEY"}
    assert shown["body"]["temperature"] == 0.0
    assert "Tone: formal" in shown["body"]["messages"][-1]["content"]
    assert shown["body"]["messages"][-1]["content"].endswith("A cell.")
    assert "sk-secret" not in done.stdout + done.stderr
    assert not server.bodies("/v1/chat/completions")


def test_the_recall_of_terms_stands_in_every_table(
    server: Server, glossary: Path, space: Space
) -> None:
    texts = ["The cells here.", "At the station of a railway operator.", "Rain."]
    lines = [{"id": f"s{n}", "src": text, "ref": text} for n, text in enumerate(texts)]
    space.corpus("small", "en-de", lines)
    options = f'model = "tiny"\nbase_url = "{server.url}/v1"\n'
    space.card(
        "told", f'backend = "openai"\n[options]\n{options}glossary = {json.dumps(str(glossary))}\n'
    )
    command = ("evaluate", "--model", "told", "--model", "identity", "--metric", "chrf")
    shown = space(*command)
    assert shown.code == 0, shown.err
    assert "33.3 % (1/3)" in shown.out
    rows = {
        row["system"]: row for row in space(*command, "--format", "json").json["tables"][0]["rows"]
    }
    assert rows["told"]["terms"] == {"asked": 3, "used": 1}
    assert rows["identity"]["terms"] is None
    table = list(csv.DictReader(io.StringIO(space(*command, "--format", "csv").out)))
    by_name = {row["system"]: row for row in table}
    assert by_name["told"]["term_recall"] == "0.333333"
    assert by_name["identity"]["term_recall"] == ""
    assert "| 33.3 % (1/3) |" in space(*command, "--format", "md").out
    latex = space(*command, "--format", "latex").out.splitlines()
    assert any(line.endswith(r"& terms \\") for line in latex)
    assert [line for line in latex if "told" in line and line.endswith(r"& 33.3 \% (1/3) \\")]
    assert space("report", "-o", "page").code == 0
    page = html.fromstring((space.root / "page" / "index.html").read_text())
    heads = [
        " ".join(head.itertext())
        for head in page.xpath("//table[@class='scores']//th[@scope='col']")
    ]
    at = heads.index("Terms")
    cells = {
        row.get("data-system"): row[at] for row in page.xpath("//table[@class='scores']/tbody/tr")
    }
    assert cells["told"].text == "33.3 % (1/3)"
    assert float(cells["told"].get("data-value")) == 1 / 3
    assert cells["identity"].text == "–"
    plain = space("evaluate", "--model", "identity", "--metric", "chrf", "--results", "r2")
    assert "terms" not in plain.out
    assert space("verify").code == 0
    file = str(space.root / "results" / "leaderboard.csv")
    assert "not read" not in space("compare", file, file).out
