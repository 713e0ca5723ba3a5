"""What every metric refuses: no reference where it needs one, counts that differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mtbench.errors import DataError, RequestError
from mtbench.types import ScoringView


def require_references(view: ScoringView, name: str) -> Sequence[tuple[str, ...]]:
    """The references of a view, at least one per segment.

    Raises:
        RequestError: Naming the first segment without one.
    """
    if view.references is None:
        raise RequestError(f"{name} needs references, and was given none")
    if not view.ids:
        raise RequestError(f"{name} cannot score a test set without segments")
    for identifier, references in zip(view.ids, view.references, strict=True):
        if not references:
            raise RequestError(
                f"{name} needs a reference for every segment; {identifier} has none",
                hint="use a metric that needs none, or leave those segments out of the corpus",
            )
    return view.references


def checked_column(name: str, texts: Sequence[str], view: ScoringView) -> Sequence[str]:
    """A system's hypotheses, if there is exactly one for each segment.

    Raises:
        DataError: With the counts and the first id that is too much or missing.
    """
    if len(texts) < len(view.ids):
        raise DataError(
            f"{name} has {len(texts)} hypotheses for {len(view.ids)} segments; "
            f"the first without one is {view.ids[len(texts)]}"
        )
    if len(texts) > len(view.ids):
        last = f"; the last segment is {view.ids[-1]}" if view.ids else ""
        raise DataError(f"{name} has {len(texts)} hypotheses for {len(view.ids)} segments{last}")
    for identifier, text in zip(view.ids, texts, strict=True):
        if not isinstance(text, str):
            raise DataError(f"{name}: the hypothesis of {identifier} is not a text: {text!r}")
    return texts


def require_characters(name: str, column: Iterable[str], ids: Sequence[str]) -> None:
    """Refuses text that is no Unicode: half of a surrogate pair, as broken JSON may hold.

    Args:
        name: What the texts are, for the message.
        column: One text for each id.
        ids: Segment ids.

    Raises:
        DataError: Naming the segment.
    """
    for identifier, text in zip(ids, column, strict=True):
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise DataError(
                f"{name}: the text of {identifier} is no Unicode (half of a surrogate pair at "
                f"character {error.start + 1}), which the tokenizer cannot read",
                hint="write the character itself, in UTF-8",
            ) from error
