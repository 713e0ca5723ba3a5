"""Annotations that come back from a pearmut campaign (https://github.com/zouharvi/pearmut)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mtbench.errors import DataError
from mtbench.types import Json

ORIGIN = "mtbench"  # key of an item: which segment it is


def is_annotation(values: Mapping[str, Json]) -> bool:
    """Whether a line is one of pearmut's ``data/annotations/CAMPAIGN.jsonl``."""
    return "annotation" in values and "item" in values


def annotated(values: Mapping[str, Json], where: str) -> Iterator[dict[str, Json]]:
    """The scores of one line of annotations, with the keys of a judgement.

    A translation that was skipped has no score and is left out.

    Raises:
        DataError: If the line is not about segments that ``campaign`` asked about.
    """
    try:
        pairs = list(zip(values["item"], values["annotation"], strict=True))
        for item, answers in pairs:
            if "tgt" not in item:  # a form: a question about the judge
                continue
            origin = item.get(ORIGIN)
            if origin is None:
                raise DataError(
                    f"{where}: an annotation of a segment that mtbench did not ask about",
                    hint="only campaigns made by mtbench report --pearmut say what they are about",
                )
            asked = {key: origin[key] for key in ("corpus", "pair", "id")}
            for system, answer in answers.items():
                if answer.get("score") is not None:
                    yield {**asked, "system": system, "score": answer["score"]}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{where}: not an annotation as pearmut writes it: {error!r}") from error
