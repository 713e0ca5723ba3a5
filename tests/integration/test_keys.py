"""Keys in the arguments of programs: refused, or handed over from the environment; never kept."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.support.workspace import Space, tree

KEY = "0123456789-very-secret"


@pytest.mark.parametrize("way", ["inline", "card", "chain"])
def test_a_key_in_a_command_is_refused(space: Space, way: str) -> None:
    space.corpus()
    argv = json.dumps([sys.executable, "-c", "pass", "--api-key", KEY])
    space.card("keyed", f'backend = "command"\n[options]\nargv = {argv}\n')
    step = f'{{backend = "command", options = {{argv = {argv}}}}}'
    space.card(
        "chained", f'backend = "chain"\n[options]\nsteps = ["identity:", {step}]\nvia = ["fr"]\n'
    )
    model = {"inline": f"command:cat --api-key {KEY}", "card": "keyed", "chain": "chained"}[way]
    answer = space("evaluate", "--model", model, "--metric", "chrf")
    answer.refused(2, "--api-key", "{env:API_KEY}")
    assert KEY not in answer.err + answer.out
    assert not (space.root / "results").exists()


def test_a_key_in_another_option_is_refused(space: Space) -> None:
    space.corpus()
    answer = space("evaluate", "--model", "hf:hf_abcdefghijklmnopqrstuvwxyz")
    answer.refused(2, "a word of the shape of HF_TOKEN")
    assert "abcdefghijk" not in answer.err


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
