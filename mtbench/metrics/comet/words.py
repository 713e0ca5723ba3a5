"""A checkpoint's tokenizer, the same under every release of transformers.

Releases of transformers differ in which classes wrap a tokenizer and in what those add. The
tokenizer itself is a file that the ``tokenizers`` package reads alone, so it is read with that;
transformers is asked only where an encoder comes with its vocabulary in an older form.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtbench.checkpoints.batches import Ids
from mtbench.errors import RequestError


@dataclass(frozen=True)
class Marks:
    """How an encoder's family writes sequences.

    Attributes:
        first: Stands before the first sequence.
        last: Stands behind each sequence.
        pad: Fills up.
        between: How many ``last`` stand between two sequences.
        kinds: Whether the encoder is told which sub-words belong to the first sequence.
        slow: Class of transformers that makes the tokenizer of a vocabulary in an older form.
    """

    first: str
    last: str
    pad: str
    between: int
    kinds: bool
    slow: str


ROBERTA = Marks("<s>", "</s>", "<pad>", between=2, kinds=False, slow="XLMRobertaTokenizer")
# The library inherits XLM-R's forward for it, which drops the kinds that it has made.
REMBERT = Marks("[CLS]", "[SEP]", "<pad>", between=1, kinds=False, slow="RemBertTokenizer")
BERT = Marks("[CLS]", "[SEP]", "[PAD]", between=1, kinds=True, slow="BertTokenizer")


@dataclass(frozen=True)
class Tokenized:
    """Sub-words of texts.

    Attributes:
        ids: For each text its sub-words, special ones included.
        offsets: For each text the character span of each sub-word, where asked for.
        cut: For each text, whether some of it had to be cut off.
    """

    ids: list[Ids]
    offsets: list[list[tuple[int, int]]]
    cut: list[bool]


class Words:
    """The tokenizer of an encoder.

    Args:
        folder: With ``tokenizer.json``, or a vocabulary in an older form.
        marks: Of the encoder's family.
        positions: How many sub-words the encoder reads at once.

    Attributes:
        limit: How many sub-words of a text COMET reads, special ones included.
        marks: Of the encoder's family.
        first: Id of the mark before a sequence.
        last: Id of the mark behind a sequence.
        pad: Id of the mark that fills up.

    Raises:
        RequestError: If the folder holds no tokenizer of that family.
    """

    def __init__(self, folder: Path, marks: Marks, positions: int) -> None:
        settings = _settings(folder)
        self._tokenizer = _read(folder, marks, settings)
        self._positions = positions
        self._tidy = bool(settings.get("clean_up_tokenization_spaces"))
        self.limit = positions - 2
        self.marks = marks
        self.first = self._id(settings, "cls_token", marks.first, folder)
        self.last = self._id(settings, "sep_token", marks.last, folder)
        self.pad = self._id(settings, "pad_token", marks.pad, folder)
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_length=self.limit)

    def __len__(self) -> int:
        return int(self._tokenizer.get_vocab_size())

    def tokenize(self, texts: Sequence[str], *, offsets: bool = False) -> Tokenized:
        """Sub-words as COMET makes them: cut at its encoder's positions less two."""
        found = Tokenized([], [], [])
        for start in range(0, len(texts), 1024):
            for one in self._tokenizer.encode_batch(list(texts[start : start + 1024])):
                found.ids.append(tuple(one.ids))
                if offsets:
                    found.offsets.append(one.offsets)
                found.cut.append(bool(one.overflowing))
        return found

    def join(self, parts: Sequence[Ids]) -> tuple[Ids, bool]:
        """One sequence of several, and whether it had to be cut at the encoder's positions.

        As ``Encoder.concat_sequences`` of unbabel-comet joins them.
        """
        plain = [[one for one in part if one != self.pad] for part in parts]
        joined = plain[0]
        for part in plain[1:]:
            between = [self.last] * self.marks.between
            joined = [self.first, *joined[1:-1], *between, *part[1:-1], self.last]
        special = 1 + len(plain) * self.marks.between
        if sum(len(part) - 2 for part in plain) > self._positions - special:
            return tuple(joined[: self._positions]), len(joined) > self._positions
        return tuple(joined), False

    def text(self, ids: Sequence[int]) -> str:
        """What sub-words read as."""
        found = str(self._tokenizer.decode(list(ids), skip_special_tokens=False))
        if self._tidy:  # as transformers does where a tokenizer's settings ask for it
            for spaced in (" .", " ?", " !", " ,", " n't", " 'm", " 's", " 've", " 're"):
                found = found.replace(spaced, spaced[1:])
            found = found.replace(" ' ", "'")
        return found

    def _id(self, settings: dict[str, Any], name: str, usual: str, folder: Path) -> int:
        given = settings.get(name) or usual
        mark = given.get("content", usual) if isinstance(given, dict) else str(given)
        found = self._tokenizer.token_to_id(mark)
        if found is None:
            raise RequestError(f"{folder}: its tokenizer does not know the mark {mark}")
        return int(found)


def _settings(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("special_tokens_map.json", "tokenizer_config.json"):
        if (folder / name).is_file():
            try:
                read = json.loads((folder / name).read_text(encoding="utf-8"))
            except ValueError as error:
                raise RequestError(f"{folder / name}: not JSON: {error}") from error
            if isinstance(read, dict):
                found |= read
    return found


def _read(folder: Path, marks: Marks, settings: dict[str, Any]) -> Any:
    from tokenizers import Tokenizer, normalizers

    file = folder / "tokenizer.json"
    if not file.is_file():
        return _convert(folder, marks)
    try:
        found = Tokenizer.from_file(str(file))
    except Exception as error:
        raise RequestError(
            f"{file}: not a tokenizer", why=str(error).strip().splitlines()[0][:200]
        ) from error
    if marks is BERT:
        # The settings beside the file decide, not the file: so BertTokenizerFast has it.
        found.normalizer = normalizers.BertNormalizer(
            lowercase=bool(settings.get("do_lower_case", True)),
            strip_accents=settings.get("strip_accents"),
            handle_chinese_chars=bool(settings.get("tokenize_chinese_chars", True)),
        )
    return found


def _convert(folder: Path, marks: Marks) -> Any:
    """The tokenizer of a ``sentencepiece.bpe.model`` or a ``vocab.txt``."""
    import transformers

    # Releases before 5 call the class that reads such a file into a tokenizer "fast".
    kind = getattr(transformers, f"{marks.slow}Fast", None) or getattr(transformers, marks.slow)
    try:
        found = kind.from_pretrained(str(folder), local_files_only=True)
        return found.backend_tokenizer
    except (OSError, ValueError, TypeError, KeyError, ImportError, RuntimeError) as error:
        raise RequestError(
            f"{folder}: its tokenizer cannot be read",
            why=f"{type(error).__name__}: {error}".splitlines()[0][:200],
            hint="put the encoder's published tokenizer.json beside it: that needs no conversion",
        ) from error
