"""A card of a chat server through the command line: what it leaves behind, and what it does not."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.killing import SECONDS, started, until
from tests.support.server import Asked, Say, Server, chat_answer, chat_server, shout

ROOT = Path(__file__).resolve().parents[2]
KEY = "sk-0123456789-secret"
CARD = """\
backend = "openai"
pairs = ["en-de"]
[price]
input = 1000.0
output = 2000.0
[options]
model = "tiny"
base_url = "{url}/v1"
api_key_env = "TINY_KEY"
unit = "document"
"""


@pytest.fixture
def server() -> Iterator[Server]:
    with chat_server(shout) as found:
        yield found


@pytest.fixture
def workspace(tmp_path: Path, server: Server) -> Path:
    corpus = tmp_path / "corpora" / "tiny"
    corpus.mkdir(parents=True)
    lines = [
        {"id": f"{doc}/{n}", "src": f"Text {doc}{n}.", "ref": "R.", "doc": doc}
        for doc in "ab"
        for n in (1, 2)
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (corpus / "en-de.jsonl").write_text(text)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "chat.toml").write_text(CARD.format(url=server.url))
    return tmp_path


def translate(workspace: Path, key: str = KEY) -> subprocess.CompletedProcess[str]:
    return mtbench(workspace, "translate", "--model", "chat", "--corpus", "tiny", "-v", key=key)


def environment(key: str = KEY) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "TINY_KEY": key, "NO_PROXY": "127.0.0.1"}


def mtbench(workspace: Path, *given: str, key: str = KEY) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mtbench", *given],
        cwd=workspace,
        env=environment(key),
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


def test_a_run_by_documents(workspace: Path, server: Server) -> None:
    done = translate(workspace)
    assert done.returncode == 0, done.stderr
    folder = workspace / "results" / "tiny" / "en-de" / "chat"
    run = json.loads((folder / "run.json").read_text())
    assert (run["unit"], run["batching"], run["status"]) == ("document", "document", "complete")
    # Two requests of 10 tokens read and 5 written, at 1000 and 2000 per million.
    assert run["usage"] == {
        "requests": 2,
        "prompt_tokens": 20,
        "completion_tokens": 10,
        "cost_USD": 0.04,
    }
    assert run["provenance"]["prompt"]["digest"]
    assert any("cannot be pinned" in note for note in run["notes"])
    lines = (folder / "output.jsonl").read_text().splitlines()
    outputs = [json.loads(line)["mt"] for line in lines]
    assert outputs == ["TEXT A1.", "TEXT A2.", "TEXT B1.", "TEXT B2."]
    asked = len(server.bodies("/v1/chat/completions"))
    # A price is no part of what was asked for.
    card = workspace / "models" / "chat.toml"
    card.write_text(card.read_text().replace("1000.0", "500.0"))
    assert translate(workspace).returncode == 0
    assert len(server.bodies("/v1/chat/completions")) == asked
    card.write_text(card.read_text().replace('unit = "document"', 'unit = "segment"'))
    assert translate(workspace).returncode == 0
    assert len(server.bodies("/v1/chat/completions")) == asked + 4


def test_the_key_is_nowhere(workspace: Path, server: Server) -> None:
    server.script += [Say({"error": {"message": f"{KEY} again"}}, status=400)]
    partial = translate(workspace)
    server.usual = lambda asked: Say({"error": {"message": f"bad {KEY}"}}, status=401)
    refused = translate(workspace)
    missing = translate(workspace, key="")
    assert (partial.returncode, refused.returncode, missing.returncode) == (4, 3, 3)
    assert "TINY_KEY" in refused.stderr
    assert "TINY_KEY" in missing.stderr
    shown = "".join(d.stdout + d.stderr for d in (partial, refused, missing))
    files = [path.read_text() for path in workspace.rglob("*") if path.is_file()]
    assert any("[TINY_KEY] again" in content for content in files), "the failure is recorded"
    assert KEY not in shown + "".join(files)


def test_a_segment_that_failed_is_asked_for_again_later(workspace: Path, server: Server) -> None:
    refusal = chat_answer(None, message={"refusal": "No."})
    card = workspace / "models" / "chat.toml"
    card.write_text(card.read_text() + "concurrency = 1\n")
    server.script += [refusal] * 3
    assert translate(workspace).returncode == 4
    before = len(server.bodies("/v1/chat/completions"))
    assert translate(workspace).returncode == 0
    assert len(server.bodies("/v1/chat/completions")) == before + 1
    # What it cost is the sum of both sittings, all refusals included.
    run = json.loads((workspace / "results/tiny/en-de/chat/run.json").read_text())
    assert run["usage"] == {
        "requests": 5,
        "prompt_tokens": 50,
        "completion_tokens": 25,
        "cost_USD": 0.1,
    }


def test_what_a_run_cost_is_kept_when_it_breaks_off(workspace: Path, server: Server) -> None:
    card = workspace / "models" / "chat.toml"
    card.write_text(card.read_text().replace("unit", "concurrency = 1\nunit"))
    gone = Say({"error": {"message": "no such model"}}, status=404)
    server.script += [chat_answer(json.dumps({"1": "A", "2": "B"})), gone]
    assert translate(workspace).returncode == 4
    assert translate(workspace).returncode == 0
    run = json.loads((workspace / "results/tiny/en-de/chat/run.json").read_text())
    assert run["usage"]["requests"] == 2
    assert run["usage"]["prompt_tokens"] == 20
    assert run["usage"]["cost_USD"] == 0.04


def test_a_check_has_patience_with_a_busy_server(workspace: Path, server: Server) -> None:
    card = workspace / "models" / "chat.toml"
    card.write_text(card.read_text().replace('unit = "document"', 'prompt = "Text:\\n{text}"'))
    server.script += [Say({}, status=429, headers={"Retry-After": "0.1"}), chat_answer("")]
    done = mtbench(workspace, "models", "check", "chat", "--format", "json")
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)
    assert row["translation"].isupper()
    server.script += [Say({"error": "no"}, status=503, headers={"Retry-After": "0"})] * 5
    done = mtbench(workspace, "models", "check", "chat")
    assert (done.returncode, "answered 503" in done.stderr) == (4, True)


def test_half_a_surrogate_pair_can_be_told_as_json(workspace: Path, server: Server) -> None:
    server.script += [Say(b'{"error":{"message":"no \\ud800 here"}}', status=404)]
    done = mtbench(workspace, "evaluate", "--model", "chat", "--metric", "bleu", "--format", "json")
    assert done.returncode == 4, done.stderr
    assert json.loads(done.stdout)["error"]["details"][0] == "no \\ud800 here"


# A job that a shell runs in the background ignores interruptions, and hands that on.
LISTENING = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from mtbench.cli.main import main; main()"
)


def test_a_second_interruption_drops_what_is_under_way(workspace: Path, server: Server) -> None:
    card = workspace / "models" / "chat.toml"
    card.write_text(card.read_text().replace('"document"', '"segment"'))
    usual = server.usual

    def answer(asked: Asked) -> Say:
        if asked.body and "a1" not in asked.body["messages"][-1]["content"]:
            return Say(chat_answer("late").body, wait=10 * SECONDS)
        return usual(asked)

    server.usual = answer
    part = workspace / "results" / "tiny" / "en-de" / "chat"
    command = (sys.executable, "-c", LISTENING, "translate", "--model", "chat", "--corpus", "tiny")
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    with started(*command, cwd=workspace, env=environment(), **pipes) as running:
        until(lambda: len(server.bodies("/v1/chat/completions")) == 4)
        until(lambda: any("TEXT A1." in path.read_text() for path in part.glob("*part*")))
        running.send_signal(signal.SIGINT)
        assert running.stderr is not None
        said = next(line for line in running.stderr if "waiting" in line)
        assert said == "mtbench: waiting for 3 answers under way; Ctrl-C again drops them\n"
        running.send_signal(signal.SIGINT)
        # The answers would come much later.
        _, errors = running.communicate(timeout=SECONDS)
    assert running.returncode == 130
    assert "interrupted; what was finished is kept" in errors
    assert "Traceback" not in errors
    server.usual = usual
    assert translate(workspace).returncode == 0
    asked = [body["messages"][-1]["content"] for body in server.bodies("/v1/chat/completions")]
    assert len(asked) == 7
    assert sum("a1" in text for text in asked) == 1


def test_a_price_that_is_none(workspace: Path) -> None:
    card = workspace / "models" / "chat.toml"
    card.write_text(card.read_text().replace("output = 2000.0", 'output = "cheap"'))
    done = translate(workspace)
    assert done.returncode == 2
    assert "price.output" in done.stderr


# --- thinking, settings, models -------------------------------------------------------------------

OUTPUT = "results/tiny/en-de/chat"


def by_segment(workspace: Path) -> None:
    card = workspace / "models" / "chat.toml"
    text = card.read_text().replace('unit = "document"', 'prompt = "Text:\\n{text}"')
    card.write_text(text + "concurrency = 1\n")


def kept(workspace: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (workspace / OUTPUT / "kept.jsonl").open()]


def test_thinking_is_no_part_of_what_is_scored(workspace: Path, server: Server) -> None:
    by_segment(workspace)
    scores = []
    for results, thought in (("bare", ""), ("thinking", "<think>The user wants German.</think>")):

        def usual(asked: Asked, thought: str = thought) -> Say:
            return chat_answer(
                f"{thought}\n\n{shout(asked.body['messages'])}" if asked.body else ""
            )

        server.usual = usual
        given = ("--model", "chat", "--corpus", "tiny", "--metric", "chrf", "--results", results)
        done = mtbench(workspace, "evaluate", *given)
        assert done.returncode == 0, done.stderr
        with (workspace / results / "leaderboard.csv").open(newline="") as file:
            (row,) = csv.DictReader(file)
        scores.append(row["chrf"])
        run = json.loads((workspace / results / "tiny/en-de/chat/run.json").read_text())
        assert run["health"]["thinking"] == 0
    assert scores[0] == scores[1]
    lines = (workspace / "thinking/tiny/en-de/chat/kept.jsonl").read_text().splitlines()
    thoughts = [json.loads(line)["thinking"] for line in lines]
    assert thoughts == ["The user wants German."] * 4


def test_thinking_that_ate_the_budget_is_paid_for_once(workspace: Path, server: Server) -> None:
    by_segment(workspace)
    server.usual = lambda asked: chat_answer("", message={"reasoning": "hm"})
    done = translate(workspace)
    assert done.returncode == 4
    assert len(server.bodies("/v1/chat/completions")) == 4
    assert "the model thought and gave no answer" in done.stderr
    assert "raise the option max_tokens, or switch thinking off" in done.stderr


def test_settings_that_were_settled_are_recorded(workspace: Path, server: Server) -> None:
    by_segment(workspace)
    run = workspace / OUTPUT / "run.json"
    assert translate(workspace).returncode == 0
    plain = json.loads(run.read_text())
    run.unlink()

    def usual(asked: Asked) -> Say:
        if "temperature" in (asked.body or {}):
            said = {"message": "Unsupported value", "param": "temperature"}
            return Say({"error": said}, status=400)
        return chat_answer("Ja.")

    server.usual = usual
    done = translate(workspace)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("the server takes no temperature") == 1
    record = json.loads(run.read_text())
    assert record["provenance"]["negotiated"] == [{"left_out": ["temperature"]}]
    assert "negotiated" not in plain["provenance"]
    assert record["run_digest"] == plain["run_digest"], "what the user asked for is the same"
    assert any("takes no temperature" in note for note in record["notes"])


def test_a_later_call_that_settles_otherwise_says_so(workspace: Path, server: Server) -> None:
    by_segment(workspace)
    left = {"Text b1.", "Text b2."}

    def usual(asked: Asked) -> Say:
        if "temperature" in (asked.body or {}):
            return Say({"error": {"message": "Unsupported", "param": "temperature"}}, status=400)
        text = asked.body["messages"][-1]["content"] if asked.body else ""
        if any(one in text for one in left):
            return Say({"error": {"message": "not this text"}}, status=400)
        return chat_answer("Ja.")

    server.usual = usual
    assert translate(workspace).returncode == 4
    server.usual = lambda asked: chat_answer("Ja.")  # it takes a temperature now
    done = translate(workspace)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("takes requests otherwise than in the call that began this run") == 1
    record = json.loads((workspace / OUTPUT / "run.json").read_text())
    assert any("not all requests went out with the same settings" in n for n in record["notes"])


def test_a_context_that_is_too_short_is_said(workspace: Path, server: Server) -> None:
    """Ollama reads the end of a long request alone, and says so by its count of tokens."""
    by_segment(workspace)
    corpus = workspace / "corpora/tiny/en-de.jsonl"
    long = {"id": "long", "src": "It rained all day. " * 600, "ref": "R."}
    corpus.write_text(json.dumps(long) + "\n")
    cut = chat_answer("Ja.")
    cut.body["usage"] = {"prompt_tokens": 600, "completion_tokens": 5}
    server.usual = lambda asked: cut
    assert translate(workspace).returncode == 0
    record = json.loads((workspace / OUTPUT / "run.json").read_text())
    assert any("1 requests were read in part" in note for note in record["notes"])


def test_several_answers_a_request_are_said(workspace: Path) -> None:
    by_segment(workspace)
    card = workspace / "models" / "chat.toml"
    card.write_text(card.read_text() + "extra_body = { n = 3 }\n")
    assert translate(workspace).returncode == 0
    record = json.loads((workspace / OUTPUT / "run.json").read_text())
    assert any("3 answers are asked for" in note for note in record["notes"])


def test_a_chain_hands_on_what_its_steps_say(workspace: Path, server: Server) -> None:
    """Settled settings, the model that answered and its change, by the step."""
    step = f'{{backend = "openai", options = {{model = "tiny", base_url = "{server.url}/v1"}}}}'
    (workspace / "models" / "chat.toml").write_text(
        f'backend = "chain"\npairs = ["en-de"]\n[options]\nvia = ["fr"]\nsteps = [{step}, {step}]\n'
    )

    def usual(asked: Asked) -> Say:
        if "temperature" in (asked.body or {}):
            return Say({"error": {"message": "Unsupported", "param": "temperature"}}, status=400)
        return chat_answer("Ja.")

    server.usual = usual
    done = translate(workspace)
    assert done.returncode == 0, done.stderr
    record = json.loads((workspace / OUTPUT / "run.json").read_text())
    for name in ("1:en-fr", "2:fr-de"):
        told = record["provenance"]["by_step"][name]
        assert told["negotiated"] == [{"left_out": ["temperature"]}]
        assert list(told["answered_as"]) == ["tiny-1"]


def test_a_chain_goes_on_with_the_model_that_began(workspace: Path, server: Server) -> None:
    step = f'{{backend = "openai", options = {{model = "tiny", base_url = "{server.url}/v1"}}}}'
    (workspace / "models" / "chat.toml").write_text(
        f'backend = "chain"\npairs = ["en-de"]\n[options]\nvia = ["fr"]\nsteps = [{step}, {step}]\n'
    )
    refused = Say({"error": {"message": "not this text"}}, status=400)

    def usual(asked: Asked) -> Say:
        text = asked.body["messages"][-1]["content"] if asked.body else ""
        return refused if "b2" in text else chat_answer("Ja.")

    server.usual = usual
    assert translate(workspace).returncode == 4
    other = chat_answer("Nein.")
    other.body["model"] = "tiny-2"
    server.usual = lambda asked: other
    done = translate(workspace)
    assert done.returncode == 4
    assert "answers as 'tiny-2', and the run is by 'tiny-1'" in done.stderr


def test_a_server_that_changes_its_model(workspace: Path, server: Server) -> None:
    by_segment(workspace)
    other = chat_answer("Nein.")
    other.body["model"] = "tiny-2"
    server.script += [chat_answer("Ja.")]
    server.usual = lambda asked: other
    done = translate(workspace)
    assert done.returncode == 4
    assert "answers as 'tiny-2', and the run is by 'tiny-1'" in done.stderr
    record = json.loads((workspace / OUTPUT / "run.json").read_text())
    assert (record["status"], record["failures"]) == ("partial", 3)
    assert record["provenance"]["answered_as"] == {"tiny-1": 1}
    # A later call goes on with the model that began, and with no other.
    asked = len(server.bodies("/v1/chat/completions"))
    assert translate(workspace).returncode == 4
    assert len(server.bodies("/v1/chat/completions")) <= asked + 3
    card = workspace / "models" / "chat.toml"
    card.write_text(card.read_text() + "several_models = true\n")
    done = translate(workspace)
    assert done.returncode == 0, done.stderr
    record = json.loads((workspace / OUTPUT / "run.json").read_text())
    assert record["provenance"]["answered_as"] == {"tiny-1": 1, "tiny-2": 3}
    assert "3 answers are by tiny-2" in done.stderr
