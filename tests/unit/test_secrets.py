"""Keys among the words of a command line: recognised, refused, never kept."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest

from mtbench.servers.secrets import key_among, without_keys
from tests.support.workspace import Space, tree

GIVEN_AWAY = {
    "my --api-key b1946ac92492d234": "API_KEY",
    "my --api-key=abc": "API_KEY",
    "my -H 'Authorization: Bearer abcdefgh12'": "API_KEY",
    "my -H 'X-Api-Key: 12'": "X_API_KEY",
    "env MY_SECRET=xyz my": "MY_SECRET",
    "my --hf-token hf_abcdefghijklmnopqrstuvwx": "HF_TOKEN",
    "my --password hunter2": "PASSWORD",
    "curl https://user:pw12@example.org/v1": "PASSWORD",
    "my sk-proj-abcdefghijklmnopqrstu": "OPENAI_API_KEY",
    "my 8a1b2c3d-1111-2222-3333-444455556666:fx": "DEEPL_AUTH_KEY",
    "sh -c 'curl -H \"Authorization: Bearer abcdefgh12\" https://example.org'": "API_KEY",
}
HARMLESS = [
    "my --token 5",
    "my --key title",
    "my --pad-token '<pad>' --eos-token '</s>'",
    "my --password-file pw.txt",
    "my --api-key-env MY_KEY",
    "my --api-key $MY_KEY",
    "my --api-key {env:MY_KEY}",
    "my -H 'Authorization: Bearer {env:MY_KEY}'",
    "curl http://localhost:8080/a@b",
    "python3 -c 'import os; key = os.environ[\"MY_KEY\"]; print(key)'",
    "my --tokenizer 0123456789abcdef0123 --model hf_model sk-learn",
    "my --revision 8a1b2c3d4e5f60718293a4b5c6d7e8f901234567",
]


@pytest.mark.parametrize(("line", "variable"), GIVEN_AWAY.items())
def test_a_key_is_recognised(line: str, variable: str) -> None:
    found = key_among(shlex.split(line))
    assert found is not None
    assert found.variable == variable
    secrets = ("b1946", "abc", "pw12", "hunter2", "8a1b")
    assert not any(secret in found.where for secret in secrets)


@pytest.mark.parametrize("line", HARMLESS)
def test_other_words_are_not(line: str) -> None:
    assert key_among(shlex.split(line)) is None


def test_what_a_program_says_is_told_without_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_MT_API_KEY", "0123456789-abcdefgh")
    monkeypatch.setenv("MY_TOKEN", "en")
    said = "401 for 0123456789-abcdefgh in en"
    assert without_keys(said) == "401 for [MY_MT_API_KEY] in en"


KEY = "0123456789-very-secret"


@pytest.mark.parametrize("way", ["inline", "card", "chain"])
def test_a_key_in_a_command_is_refused(space: Space, way: str) -> None:
    space.corpus()
    argv = json.dumps([sys.executable, "-c", "pass", "--api-key", KEY])
    space.card("keyed", f'backend = "command"\n[options]\nargv = {argv}\n')
    step = f'{{backend = "command", options = {{argv = {argv}}}}}'
    space.card("chained", f'backend = "chain"\n[options]\nsteps = [{step}]\nvia = []\n')
    model = {"inline": f"command:cat --api-key {KEY}", "card": "keyed", "chain": "chained"}[way]
    answer = space("evaluate", "--model", model, "--metric", "chrf")
    answer.refused(2, "--api-key", "{env:API_KEY}")
    assert KEY not in answer.err + answer.out
    assert not (space.root / "results").exists()


def test_an_address_with_a_password_is_refused(space: Space) -> None:
    space.corpus()
    answer = space("evaluate", "--model", "libretranslate:http://me:very-secret@localhost:9/")
    answer.refused(2, "a password in an address")
    assert "very-secret" not in answer.err


def test_a_key_from_the_environment_reaches_the_program_alone(
    space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    space.corpus()
    space.file(
        "engine.py",
        "import sys\n"
        f"assert sys.argv[1:] == ['--api-key', {KEY!r}]\n"
        "print('using', sys.argv[2], file=sys.stderr)\n"
        "for line in sys.stdin: print(line.strip().upper())\n",
    )
    argv = json.dumps([sys.executable, "engine.py", "--api-key", "{env:MY_MT_KEY}"])
    space.card("keyed", f'backend = "command"\n[options]\nargv = {argv}\n')
    command = ("evaluate", "--model", "keyed", "--metric", "chrf", "-v")
    space(*command).refused(3, "MY_MT_KEY holds no key")
    monkeypatch.setenv("MY_MT_KEY", KEY)
    answer = space(*command)
    assert answer.code == 0
    assert KEY not in answer.err + answer.out
    kept = tree(space.root / "results")
    assert not [name for name, content in kept.items() if KEY.encode() in content or KEY in name]
    assert any(b"using [MY_MT_KEY]" in content for content in kept.values())


def test_a_program_that_dies_does_not_tell_its_key(
    space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    space.corpus()
    space.file("engine.py", f"import sys; sys.exit('cannot log in with {KEY}')\n")
    argv = json.dumps([sys.executable, "engine.py", "{env:MY_MT_KEY}"])
    space.card("keyed", f'backend = "command"\n[options]\nargv = {argv}\n')
    monkeypatch.setenv("MY_MT_KEY", KEY)
    answer = space("evaluate", "--model", "keyed", "--metric", "chrf")
    assert answer.code == 4
    assert "cannot log in with [MY_MT_KEY]" in answer.err
    assert not [c for c in tree(Path("results")).values() if KEY.encode() in c]
