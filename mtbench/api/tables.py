"""Tables of any library in, and out to any."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mtbench.errors import DataError, RequestError

if TYPE_CHECKING:
    from mtbench.types import Json


class Tabular:
    """Anything with ``records``: as data frames, too."""

    def records(self) -> list[dict[str, Json]]:
        """One dictionary per row.

        Example:
            >>> import mtbench
            >>> found = mtbench.score(["Sì."], ["Sì."], pair="en-it", metrics=["chrf"])
            >>> [one["score"] for one in found.records()]
            [100.0]
        """
        raise NotImplementedError

    def _columns(self) -> dict[str, type]:
        """Names and types of the columns, which a table without rows has too."""
        raise NotImplementedError

    def to_pandas(self) -> Any:
        """``records`` as a pandas data frame.

        Raises:
            MissingExtra: If pandas is not installed.

        Example:
            >>> import mtbench
            >>> found = mtbench.score(["Sì."], ["Sì."], pair="en-it", metrics=["chrf"])
            >>> found.to_pandas()["score"].tolist()
            [100.0]
        """
        from mtbench.plugins import require

        frame = require("pandas", "data frames", "data").DataFrame
        records = self.records()
        return frame(records) if records else frame([], columns=list(self._columns()))

    def to_polars(self) -> Any:
        """``records`` as a polars data frame.

        Raises:
            MissingExtra: If polars is not installed.

        Example:
            >>> import mtbench
            >>> found = mtbench.score(["Sì."], ["Sì."], pair="en-it", metrics=["chrf"])
            >>> found.to_polars()["score"].to_list()
            [100.0]
        """
        from mtbench.plugins import require

        polars = require("polars", "data frames of polars", "polars")
        records, kinds = self.records(), self._columns()
        if not records:
            return polars.DataFrame(schema=kinds)
        return polars.DataFrame(records, schema_overrides=kinds, infer_schema_length=None)


def columns(table: Any) -> dict[str, Sequence[Any]] | None:
    """Name → column of a mapping, a data frame or a data set; None for anything else.

    Frames of pandas, polars and pyarrow and data sets of ``datasets`` all give a column by
    ``table[name]``.

    Raises:
        RequestError: If it is several data sets.

    Example:
        >>> columns({"src": ["Yes."], "ref": ["Sì."]})
        {'src': ['Yes.'], 'ref': ['Sì.']}
        >>> columns(["Sì."]) is None
        True
    """
    if isinstance(table, Mapping):
        if any(hasattr(column, "column_names") for column in table.values()):
            raise RequestError("a data set of several splits", hint='name one, as data["test"]')
        return dict(table)
    names = getattr(table, "column_names", None)  # of data sets, and of pyarrow
    if names is None:
        names = getattr(table, "columns", None)
    if names is None or callable(names):
        return None
    return {str(name): values(table[name]) for name in names}


def values(column: Any) -> list[Any]:
    """The values of a column of any library, as Python has them."""
    for method in ("to_pylist", "to_list", "tolist"):
        if hasattr(column, method):
            found: list[Any] = getattr(column, method)()
            return found
    return list(column)


def check_order(given: Mapping[str, Any]) -> None:
    """Refuses Series of pandas whose labels contradict each other.

    Texts are taken by position. Labels 0, 1, 2 … say nothing else, and an index of its own that
    all Series have alike does not either.

    Args:
        given: What each is → a column, or columns by name.

    Raises:
        RequestError: If two have indexes of their own that differ.
    """
    known: tuple[str, Any] | None = None
    for what, column in given.items():
        for one in column.values() if isinstance(column, Mapping) else (column,):
            index: Any = getattr(one, "index", None)
            if not hasattr(index, "equals") or list(index) == list(range(len(index))):
                continue
            if known is not None and not known[1].equals(index):
                raise RequestError(
                    f"{known[0]} and {what} are Series whose indexes differ, and texts are taken "
                    "by position",
                    hint="bring both into one order, then reset_index(drop=True)",
                )
            known = what, index


def absent(value: Any) -> bool:
    """Whether a value stands for none: None, NaN, and what pandas has in their place.

    Example:
        >>> absent(float("nan")), absent(None), absent("")
        (True, True, False)
    """
    if isinstance(value, float):
        return math.isnan(value)
    return value is None or type(value).__name__ in {"NAType", "NaTType"}


def plain(value: Any) -> Any:
    """A number as an id, an array as a list.

    Example:
        >>> plain(7), plain(["Sì.", "Certo."])
        ('7', ['Sì.', 'Certo.'])
    """
    if hasattr(value, "tolist"):
        value = value.tolist()
    return str(value) if isinstance(value, int) else value


def row(name: str, at: int) -> str:
    """What messages call a row of a table.

    Args:
        name: Of the table.
        at: Its position, from 0.

    Example:
        >>> row("mine", 1)
        'mine: row 2 (position 1)'
    """
    return f"{name}: row {at + 1} (position {at})"


def ids(column: Any) -> list[str]:
    """A column that names segments: texts or whole numbers, each once.

    Raises:
        DataError: If one is neither, blank, or there twice.

    Example:
        >>> ids([0, 1])
        ['0', '1']
    """
    found: dict[str, int] = {}
    for at, value in enumerate(values(column)):
        name = plain(value)
        if not isinstance(name, str) or not name.strip():
            raise DataError(f"id[{at}]: {value!r:.60} is no id", hint="give texts or whole numbers")
        if found.setdefault(name, at) != at:
            raise DataError(f"id[{at}]: {name!r} is also that of row {found[name] + 1}")
    return list(found)


def texts(column: Any, what: str) -> list[str]:
    """A column that holds texts and nothing else.

    Raises:
        RequestError: If it is one text, or holds something else, saying where.
    """
    if isinstance(column, str) or not isinstance(column, Iterable):
        raise RequestError(f"{what}: {type(column).__name__} where a list of texts belongs")
    found = values(column)
    for at, text in enumerate(found):
        if not isinstance(text, str):
            raise RequestError(f"{what}[{at}]: {text!r:.60} is no text")
    return found


def references(column: Any) -> list[tuple[str, ...]]:
    """For each segment its references: of a text, or a list of texts, per segment; or of named
    columns, one per set of references.

    As many lists as each has texts might be either; elsewhere such lists are sets of references,
    and the wrong one of the two gives a wrong score. They are refused.

    Raises:
        RequestError: If one is neither, or nothing tells segments from sets of references.
        DataError: If one is blank, a segment has none, or columns are not of one length.

    Example:
        >>> references({"A": ["Sì.", "No."], "B": ["Certo.", "Mai."]})
        [('Sì.', 'Certo.'), ('No.', 'Mai.')]
    """
    if (sets := columns(column)) is not None:
        each = [texts(one, f"references[{name!r}]") for name, one in sets.items()]
        if len({len(one) for one in each}) > 1:
            counts = ", ".join(
                f"{name} has {len(one)}" for name, one in zip(sets, each, strict=True)
            )
            raise DataError(f"references of different lengths: {counts}")
        column = [list(several) for several in zip(*each, strict=True)]
        return _of_segments(column)
    if isinstance(column, str) or not isinstance(column, Iterable):
        raise RequestError(f"references: {type(column).__name__} where a list of texts belongs")
    found = values(column)
    lists = [one for one in found if not isinstance(one, str)]
    if len(found) > 1 and all(len(one) == len(found) for one in lists) and len(lists) == len(found):
        raise RequestError(
            f"references: {len(found)} lists of {len(found)} texts: per segment, or per set?",
            hint='name the sets: {"A": [one text per segment], "B": [...]}',
        )
    return _of_segments(found)


def _of_segments(column: Sequence[Any]) -> list[tuple[str, ...]]:
    found = []
    for at, one in enumerate(column):
        several = (one,) if isinstance(one, str) else tuple(texts(one, f"references[{at}]"))
        if not several or not all(text.strip() for text in several):
            raise DataError(f"references[{at}]: an empty reference", hint="remove the segment")
        found.append(several)
    return found
