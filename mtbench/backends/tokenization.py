"""Text to sub-words and back, through a checkpoint's own tokenizer; never cut without a word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mtbench.backends.families import Direction
from mtbench.checkpoints.tokenization import load_tokenizer
from mtbench.errors import MissingWeights, SegmentError

_NO_LIMIT = 1_000_000  # tokenizers write "no limit" as a number beyond this


@dataclass(frozen=True, slots=True)
class Encoded:
    """One source as sub-words.

    Attributes:
        ids: Vocabulary ids, special tokens included.
        length: Number of ids before any cutting.
    """

    ids: list[int]
    length: int

    @property
    def cut(self) -> bool:
        """Whether the end of the source is missing."""
        return self.length > len(self.ids)


class Tokenizer:
    """A checkpoint's tokenizer, set to one direction.

    Args:
        folder: Of the checkpoint.
        direction: How the languages are told.
        model: The checkpoint's name, for messages.
    """

    def __init__(self, folder: Path, direction: Direction, model: str) -> None:
        self._direction = direction
        self._model = model
        codes: dict[str, str] = {}
        if direction.source_code is not None:
            codes["src_lang"] = direction.source_code
        if direction.target_code is not None and direction.source_code is not None:
            codes["tgt_lang"] = direction.target_code
        self.inner = load_tokenizer(folder, model, **codes)
        special = {*self.inner.all_special_tokens, *self.inner.get_added_vocab()}
        self._special = sorted(token for token in special if token.strip())

    @property
    def name(self) -> str:
        """The tokenizer's class."""
        return type(self.inner).__name__

    def limit(self, positions: int | None) -> int | None:
        """The longest source in sub-words; None where there is no limit.

        Args:
            positions: Number of positions of the encoder, where it has such a number.
        """
        known = [n for n in (positions, self.inner.model_max_length) if n and n < _NO_LIMIT]
        return min(known) if known else None

    def encode(
        self, texts: Sequence[str], limit: int | None, truncate: bool
    ) -> list[Encoded | SegmentError]:
        """Sources as sub-words, or in their place why they cannot be translated.

        Args:
            texts: The sources.
            limit: Most ids that the model takes.
            truncate: Whether a longer source is cut; else it is refused.
        """
        return [self._one(text, limit, truncate) for text in texts]

    def count(self, texts: Iterable[str]) -> int:
        """Sub-words of sources, with what tells the direction and uncut."""
        return sum(len(self._ids(text)) for text in texts)

    def _one(self, text: str, limit: int | None, truncate: bool) -> Encoded | SegmentError:
        whole = self._ids(text)
        if limit is None or len(whole) <= limit:
            return Encoded(whole, len(whole))
        if truncate:
            return Encoded(self._ids(text, limit), len(whole))
        return SegmentError(
            f"the source is {len(whole)} sub-words long, and {self._model} takes {limit}",
            hint="set the option truncate = true to have it cut and marked",
        )

    def _ids(self, text: str, limit: int | None = None) -> list[int]:
        prefix = self._direction.prefix
        if not prefix and self._direction.family == "marian" and text.startswith(">>"):
            prefix = " "  # else the tokenizer would take text between >> and << for a code
        cutting = {} if limit is None else {"truncation": True, "max_length": limit}
        # Text that spells a control token is text: only then does splitting differ from not.
        literal = any(token in text for token in self._special)
        found = self.inner(
            prefix + text, split_special_tokens=literal, verbose=False, **cutting
        ).input_ids
        return [int(i) for i in found]

    def token_id(self, token: str) -> int:
        """The id of a token that must be there.

        Raises:
            MissingWeights: If the vocabulary lacks it.
        """
        found = self.inner.convert_tokens_to_ids(token)
        if found is None or found == self.inner.unk_token_id:
            raise MissingWeights(f"{self._model}: the vocabulary lacks {token!r}")
        return int(found)

    def tokens(self, ids: Sequence[int]) -> list[str]:
        """The sub-words of source ids."""
        return list(self.inner.convert_ids_to_tokens(ids))

    def target_ids(self, tokens: Sequence[str]) -> list[int]:
        """The ids of target sub-words."""
        if getattr(self.inner, "separate_vocabs", False):
            known, unknown = self.inner.target_encoder, self.inner.unk_token_id
            return [int(known.get(token, unknown)) for token in tokens]
        return list(self.inner.convert_tokens_to_ids(tokens))

    def decode(self, sequences: Sequence[Sequence[int]]) -> list[str]:
        """Texts of target sequences, special tokens left out and spaces left as they are."""
        return list(
            self.inner.batch_decode(
                sequences, skip_special_tokens=True, clean_up_tokenization_spaces=False
            )
        )
