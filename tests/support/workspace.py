"""A workspace of its own for each test: corpora, cards, and the command line within it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mtbench.cli.main import run

SENTENCES = (
    ("The cat sat on the mat in the old house.", "Il gatto sedeva sul tappeto della vecchia casa."),
    ("It rained for three days without a break.", "Piovve per tre giorni senza una pausa."),
    ("The minister refused to answer the question.", "Il ministro rifiutò di rispondere."),
    (
        "Prices rose faster than anybody had expected.",
        "I prezzi salirono più del previsto da tutti.",
    ),
    ("She wrote the letter and never sent it.", "Scrisse la lettera e non la spedì mai."),
    ("The museum opens again in spring.", "Il museo riapre in primavera."),
    ("Nobody knew who had built the bridge.", "Nessuno sapeva chi avesse costruito il ponte."),
    ("The train to the coast was late again.", "Il treno per la costa era di nuovo in ritardo."),
)


@dataclass(frozen=True)
class Answer:
    """What a command line said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)

    def refused(self, code: int, *words: str) -> None:
        """Asserts an error of one to three lines that says certain words."""
        assert self.code == code, self
        lines = self.err.rstrip("\n").split("\n")
        message = lines[max(i for i, line in enumerate(lines) if line.startswith("mtbench: ")) :]
        assert 1 <= len(message) <= 3, message
        assert all(line.startswith("  ") for line in message[1:])
        assert "Traceback" not in self.err
        for word in words:
            assert word in "\n".join(message), (word, message)


class Space:
    """A workspace in the current folder."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self._capsys = capsys

    def __call__(self, *arguments: str | Path) -> Answer:
        """Runs the command line in this process."""
        self._capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        captured = self._capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    def corpus(
        self,
        name: str = "news",
        pair: str = "en-it",
        rows: Iterable[Mapping[str, Any]] | None = None,
        card: str | None = None,
        under: str = "corpora",
    ) -> Path:
        """Writes a pair file (by default of ``SENTENCES``) and returns it."""
        folder = self.root / under / name
        folder.mkdir(parents=True, exist_ok=True)
        if card is not None:
            (folder / "card.toml").write_text(card, encoding="utf-8")
        path = folder / f"{pair}.jsonl"
        chosen = sentences() if rows is None else rows
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in chosen]
        path.write_text("".join(lines), encoding="utf-8")
        return path

    def card(self, name: str, text: str) -> Path:
        """Writes a model card."""
        return self.file(f"models/{name}.toml", text)

    def file(self, name: str, content: str | bytes | Sequence[str]) -> Path:
        """Writes a file: text, bytes, or lines."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            text = content if isinstance(content, str) else "".join(f"{one}\n" for one in content)
            path.write_text(text, encoding="utf-8")
        return path


def sentences(count: int | None = None, document: str | None = "d1") -> list[dict[str, Any]]:
    """Rows of a pair file."""
    return [
        {"id": f"s{n}", "src": source, "ref": reference} | ({"doc": document} if document else {})
        for n, (source, reference) in enumerate(SENTENCES[:count], start=1)
    ]


def tree(folder: Path) -> dict[str, bytes]:
    """Relative name → bytes of every file in a folder, hidden ones left out."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(folder).parts)
    }


def times(folder: Path) -> dict[str, int]:
    """Relative name → time of the last writing, in nanoseconds, of every file in a folder."""
    return {name: (folder / name).stat().st_mtime_ns for name in tree(folder)}
