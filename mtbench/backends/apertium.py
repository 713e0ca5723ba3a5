"""Apertium: rule-based translation along a path of languages, each hop an installed pair.

Every segment is translated by itself: an output depends on nothing but its own source, which
neither ``apertium`` on joined text nor its null-flush mode gives (see ``apertium_modes``).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Annotated, cast

from pydantic import Field, field_validator

from mtbench.backends.apertium_modes import (
    Mode,
    data_folder,
    deformat,
    find_mode,
    parse_path,
    reformat,
    tag_of,
)
from mtbench.backends.null_flush import Pipeline, PipelineFailed
from mtbench.engine.local import available_processes
from mtbench.errors import RequestError, SegmentError
from mtbench.files.digests import digest_file, digest_rows
from mtbench.languages import LanguagePair, base_language
from mtbench.plugins import Backend
from mtbench.processes.programs import LateAnswer, once, refuse_unwritable
from mtbench.types import Json, Record, Runtime, Source, Translation


class Apertium(Backend):
    """Runs the programs of Apertium's modes. The inline target is the path: ``en-ca-it``."""

    class Options(Record):
        """Which way.

        Attributes:
            path: Codes of the languages from source to target, ``en-ca-it``; ``{src}`` and
                ``{tgt}`` stand for those of the direction, ``{src}-ca-{tgt}``. A variant is
                written as Apertium writes it: ``es-pt_BR``.
            data: Folder that holds ``modes/``; by default that of the installed program.
            timeout: Seconds within which a segment must have come through a hop.
        """

        path: str
        data: str = ""
        timeout: Annotated[float, Field(gt=0)] = 120.0

        @field_validator("path")
        @classmethod
        def _is_a_path(cls, path: str) -> str:
            try:
                parse_path(path.replace("{src}", "xx").replace("{tgt}", "xx"))
            except RequestError as error:
                raise ValueError(str(error)) from error
            return path

    preferred_batch = 64

    options: Options

    def __init__(self, options: Apertium.Options, pair: LanguagePair, runtime: Runtime) -> None:
        super().__init__(options, pair, runtime)
        self._hops: list[tuple[str, Pipeline]] = []

    @classmethod
    def from_target(cls, target: str) -> dict[str, Json]:
        """The path of languages."""
        parse_path(target.replace("{src}", "xx").replace("{tgt}", "xx"))
        return {"path": target}

    @classmethod
    def serves(cls, options: Record, pair: LanguagePair) -> bool:
        """Whether the path leads from the source to the target language, and not in a circle."""
        path = cast("Apertium.Options", options).path
        tags = [tag_of(code) for code in _codes(path, pair)]
        return (
            _fits(tags[0], pair.source)
            and _fits(tags[-1], pair.target)
            and len(set(tags)) == len(tags)
        )

    @classmethod
    def via(cls, options: Record) -> tuple[str, ...]:
        """The languages between source and target."""
        middle = cast("Apertium.Options", options).path.split("-")[1:-1]
        return tuple(tag_of(code) for code in middle if "{" not in code)

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes along the path in this direction."""
        return _codes(self.options.path, self.pair)

    def modes(self) -> list[Mode]:
        """The mode of each hop.

        Raises:
            MissingEngine: If Apertium or a pair is not installed.
        """
        folder = data_folder(self.options.data)
        hops = zip(self.codes[:-1], self.codes[1:], strict=True)
        return [find_mode(folder, source, target) for source, target in hops]

    def check(self) -> None:
        """Whether the path fits the direction and all its pairs are installed."""
        if not self.serves(self.options, self.pair):
            raise RequestError(
                f"the path {'-'.join(self.codes)} does not lead from {self.pair.source} "
                f"to {self.pair.target}"
            )
        for mode in self.modes():
            Pipeline.check(mode)

    def identity(self) -> dict[str, Json]:
        """Digests of the programs' arguments and data, and the programs' versions."""
        for mode in self.modes():
            Pipeline.check(mode)  # without its programs it would seem to be another system
        return {
            "modes": {mode.name: _digest(mode) for mode in self.modes()},
            "programs": _program_versions(),
        }

    def provenance(self) -> dict[str, Json]:
        """The path, its modes, and the versions of programs and language packages."""
        modes = self.modes()
        return {
            "path": list(self.codes),
            "modes": [mode.name for mode in modes],
            "programs": _program_versions(),
            "packages": _package_versions(modes),
        }

    def __enter__(self) -> Apertium:
        at_once = min(4, available_processes())
        self._hops = [
            (target, Pipeline(mode, at_once, self.options.timeout))
            for mode, target in zip(self.modes(), self.codes[1:], strict=True)
        ]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for _, pipeline in self._hops:
            pipeline.close()
        self._hops = []

    def translate(self, batch: Sequence[Source]) -> list[Translation]:
        """Translates segments one by one, hop after hop.

        Raises:
            SegmentError: If a program fails on a segment.
        """
        for source in batch:
            refuse_unwritable(source, "Apertium")
        texts = [source.text for source in batch]
        kept: list[dict[str, Json]] = [{} for _ in batch]
        for number, (code, pipeline) in enumerate(self._hops, start=1):
            texts = self._hop(pipeline, texts, batch)
            if number < len(self._hops):
                for facts, text in zip(kept, texts, strict=True):
                    facts[tag_of(code)] = text
        return [
            Translation(text=text, kept={"via": facts} if facts else {})
            for text, facts in zip(texts, kept, strict=True)
        ]

    def _hop(self, pipeline: Pipeline, texts: list[str], batch: Sequence[Source]) -> list[str]:
        # A blank text has nothing to translate, and some modes make a full stop of it.
        full = [at for at, text in enumerate(texts) if text.strip()]
        try:
            streams = pipeline.run([deformat(texts[at]).encode() for at in full])
        except PipelineFailed as failure:
            raise SegmentError(
                f"segment {batch[full[failure.at]].id}: {failure}", why=failure.why
            ) from failure
        answers = list(texts)
        for at, stream in zip(full, streams, strict=True):
            answers[at] = reformat(stream.decode("utf-8", "replace"))
        return answers


def _codes(path: str, pair: LanguagePair) -> tuple[str, ...]:
    source, target = base_language(pair.source), base_language(pair.target)
    return parse_path(path.replace("{src}", source).replace("{tgt}", target))


def _fits(tag: str, wanted: str) -> bool:
    return tag == wanted or tag == base_language(wanted) or base_language(tag) == wanted


def _digest(mode: Mode) -> str:
    stages = [[Path(word).name for word in stage.argv] for stage in mode.stages]
    return digest_rows([stages, [[path.name, digest_file(path)] for path in mode.files]])


def _program_versions() -> dict[str, str]:
    return {
        "apertium": _version(["apertium", "-V"]),
        "lttoolbox": _version(["lt-proc", "-v"]),
        "cg3": _version(["cg-proc", "-v"]),
    }


def _version(argv: list[str]) -> str:
    lines = _said(argv).strip().splitlines()
    return lines[0].strip() if lines else ""


def _package_versions(modes: Sequence[Mode]) -> dict[str, str]:
    """Versions of the language packages, where the system keeps such (Debian)."""
    names = sorted({path.parent.name for mode in modes for path in mode.files})
    said = _said(["dpkg-query", "-W", "-f", "${Package}\t${Version}\n", *names])
    rows = (line.partition("\t") for line in said.splitlines())
    return {name: version for name, _, version in rows if version}


def _said(argv: list[str]) -> str:
    """What a program writes; nothing where there is none."""
    try:
        done = once(argv, seconds=10)
    except (OSError, LateAnswer):
        return ""
    return (done.stdout + done.stderr).decode("utf-8", "replace")
