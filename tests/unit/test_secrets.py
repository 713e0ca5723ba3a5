"""Keys among the words of a command line: recognised, refused, never kept."""

from __future__ import annotations

import shlex

import pytest

from mtbench.servers.secrets import key_among, without_keys

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
