"""What calls give back: scores of systems, and segments."""

from __future__ import annotations

import html
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtbench.api.tables import Tabular
from mtbench.api.talk import Talk

if TYPE_CHECKING:
    from mtbench.files.temporary import ScratchFolder
    from mtbench.types import Cell, Json, Leaderboard, Row, Table
    from mtbench.types.segments import ScoredSegment

SHOWN = 50  # rows of segments in a notebook


class Segments(tuple["ScoredSegment", ...], Tabular):
    """Segments with scores, flags and texts; a tuple of records.

    Example:
        >>> import mtbench
        >>> found = mtbench.score(["Sì."], ["Sì."], pair="en-it", metrics=["chrf"])
        >>> [(one.id, one.scores) for one in mtbench.segments(found.results)]
        [('1', {'chrf': 100.0})]
    """

    metrics: tuple[str, ...] = ()
    """Whose scores were asked for."""

    def records(self) -> list[dict[str, Json]]:
        """One dictionary per segment and system, with a key per metric.

        Example:
            >>> import mtbench
            >>> found = mtbench.score(["Ciao."], ["Ciao."], pair="en-it", metrics=["chrf"])
            >>> (one,) = found.segments().records()
            >>> one["output"], one["chrf"]
            ('Ciao.', 100.0)
        """
        return [
            {
                **one.model_dump(mode="json", include={"corpus", "pair", "system", "id"}),
                **one.model_dump(mode="json", include={"document", "domain"}),
                **one.scores,
                "difference": one.difference,
                "flags": None if one.flags is None else ", ".join(one.flags),
                "source": one.source,
                "output": one.output,
                "reference": "\n".join(one.references) or None,
            }
            for one in self
        ]

    def _columns(self) -> dict[str, type]:
        texts = ("corpus", "pair", "system", "id", "document", "domain")
        more = ("flags", "source", "output", "reference")
        scores = (*self.metrics, "difference")
        return {name: float if name in scores else str for name in (*texts, *scores, *more)}

    def _repr_html_(self) -> str:
        """For notebooks."""
        records = self.records()[:SHOWN]
        if not records:
            return "<p>no segments</p>"
        names = [name for name in records[0] if any(r[name] is not None for r in records)]
        body = "".join(
            "<tr>" + "".join(f'<td dir="auto">{_cell(one[name])}</td>' for name in names) + "</tr>"
            for one in records
        )
        more = f"<p>{len(self) - SHOWN} more</p>" if len(self) > SHOWN else ""
        return f"<table><thead><tr>{_heads(names)}</tr></thead><tbody>{body}</tbody></table>{more}"


def chosen(results: str | Path | None, **query: Any) -> Segments:
    """The segments of a results folder that a query asks for; what is missing is warned of."""
    import warnings

    from mtbench.config import workspace
    from mtbench.pipeline.segments import SegmentQuery, find_segments

    space = workspace(None if results is None else str(results))
    found = find_segments(space, SegmentQuery(**query))
    for note in found.notes:
        warnings.warn(note, stacklevel=3)
    segments = Segments(found.segments)
    segments.metrics = found.metrics
    return segments


class Evaluation(Tabular):
    """Scores of systems on test sets.

    Attributes:
        board: The leaderboard, a record.
        results: The results folder; a temporary one goes with this object.
        notes: Sentences a reader must see.

    Example:
        >>> import mtbench
        >>> outputs = {"a": ["Ciao a tutti.", "Sì."], "b": ["Ciao tutti.", "Sì."]}
        >>> found = mtbench.score(outputs, ["Ciao a tutti.", "Sì."], pair="en-it")
        >>> [row.system for row in found.board.tables[0].rows]
        ['a', 'b']
    """

    def __init__(
        self,
        board: Leaderboard,
        results: Path,
        notes: Sequence[str] = (),
        scratch: ScratchFolder | None = None,
    ) -> None:
        self.board = board
        self.results = results
        self.notes = tuple(notes)
        if scratch is not None:
            weakref.finalize(self, scratch.remove)

    def records(self) -> list[dict[str, Json]]:
        """Test set, system, metric, score, 95 % interval and signature of all that was tried.

        Example:
            >>> import mtbench
            >>> (one,) = mtbench.score(["Sì."], ["Sì."], pair="en-it", metrics=["chrf"]).records()
            >>> one["score"], one["signature"].split("|")[0]
            (100.0, 'nrefs:1')
        """
        return [
            {
                "corpus": table.corpus,
                "pair": str(table.pair),
                "system": row.system,
                "rank": row.rank,
                "metric": metric,
                "score": cell.score,
                "low": cell.interval.low if cell.interval else None,
                "high": cell.interval.high if cell.interval else None,
                "signature": cell.signature,
                "partial": cell.partial,
                "reason": cell.reason,
            }
            for table in self.board.tables
            for row in table.rows
            for metric, cell in row.cells.items()
            if cell.score is not None or cell.reason != "not scored"
        ]

    def _columns(self) -> dict[str, type]:
        numbers = {"score": float, "low": float, "high": float, "rank": int, "partial": bool}
        names = ("corpus", "pair", "system", "rank", "metric", "score", "low", "high")
        more = ("signature", "partial", "reason")
        return {name: numbers.get(name, str) for name in (*names, *more)}

    def segments(
        self,
        *,
        corpora: Sequence[str] = (),
        pairs: Sequence[str] = (),
        systems: Sequence[str] = (),
        metrics: Sequence[str] = (),
        domains: Sequence[str] = (),
        documents: Sequence[str] = (),
        flags: Sequence[str] = (),
        worst: int | None = None,
        best: int | None = None,
        between: tuple[str, str] | None = None,
    ) -> Segments:
        """Segments with scores, flags and texts; arguments as for ``mtbench.segments``.

        Example:
            >>> import mtbench
            >>> references = ["Ciao a tutti.", "Sì."]
            >>> found = mtbench.score(["Ciao.", "Sì."], references, pair="en-it", metrics=["chrf"])
            >>> [(one.id, one.output) for one in found.segments(worst=1)]
            [('1', 'Ciao.')]
        """
        tables = self.board.tables
        return chosen(
            self.results,
            corpora=corpora or tuple({table.corpus: None for table in tables}),
            pairs=pairs or tuple({str(table.pair): None for table in tables}),
            systems=systems,
            metrics=metrics,
            domains=domains,
            documents=documents,
            flags=flags,
            worst=worst,
            best=best,
            between=between,
        )

    def compare(self, a: str, b: str) -> list[dict[str, Json]]:
        """The paired tests of two systems by the metric that ranks, one per test set.

        They are those of the leaderboard, corrected for all of its pairs; ``delta`` is ``a`` less
        ``b``, and ``wins`` are segments in which ``a`` is better.

        Raises:
            RequestError: If no test set has a test of the two.

        Example:
            >>> import mtbench
            >>> references = ["Ciao a tutti.", "Sì.", "La nave è partita."]
            >>> outputs = {"a": references, "b": [text.lower() for text in references]}
            >>> (test,) = mtbench.score(outputs, references, pair="en-it").compare("a", "b")
            >>> test["wins"], test["losses"], test["metric"]
            (3, 0, 'bleu')
        """
        from mtbench.errors import RequestError
        from mtbench.types.findings import PairedTest

        found: list[dict[str, Json]] = []
        for table in self.board.tables:
            for test in table.tests:
                if isinstance(test, dict) and {test.get("a"), test.get("b")} == {a, b}:
                    if test["a"] != a:
                        turned = PairedTest.model_validate(test).turned()
                        test = turned.model_dump(mode="json", include=set(test))
                    found.append({"corpus": table.corpus, "pair": str(table.pair), **test})
        if not found or a == b:
            raise RequestError(f"no test of {a!r} and {b!r}: both must be ranked somewhere")
        return found

    def report(self, path: str | Path) -> Path:
        """Writes the page with tables, plots and segments into a folder; gives its address.

        Example:
            >>> import mtbench, tempfile
            >>> found = mtbench.score(["Sì."], ["Sì."], pair="en-it")
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     found.report(folder).name
            'index.html'
        """
        from mtbench.config import workspace
        from mtbench.files.writing import write_folder
        from mtbench.pipeline.reporting import gather
        from mtbench.report.html import pages

        tables = self.board.tables
        content = gather(
            workspace(str(self.results)),
            Talk(),
            corpora=[table.corpus for table in tables],
            pairs=[str(table.pair) for table in tables],
        )
        folder = Path(path)
        write_folder(folder, pages(content), "segments-*-*.js")
        return folder / "index.html"

    def _repr_html_(self) -> str:
        """For notebooks: a table per test set, as ``mtbench evaluate`` prints it."""
        shown = "".join(self._table(table) for table in self.board.tables)
        return shown + "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)

    def _table(self, table: Table) -> str:
        from mtbench.report.words import column

        infos = self.board.metrics
        metrics = [
            name
            for name in table.metrics
            if any(row.cells.get(name) and row.cells[name].score is not None for row in table.rows)
        ]
        heads = ["rank", "system"]
        for name in metrics:
            heads += [column(name, infos.get(name)), "95 %"]
        body = "".join(self._row(row, metrics) for row in table.rows)
        title = (
            f"{table.corpus} {table.pair}, {table.rows[0].segments if table.rows else 0} segments"
        )
        verdict = f"<p>{html.escape(table.verdict)}</p>" if table.verdict else ""
        return (
            f"<table><caption>{html.escape(title)}</caption><thead><tr>{_heads(heads)}</tr></thead>"
            f"<tbody>{body}</tbody></table>{verdict}"
        )

    def _row(self, row: Row, metrics: Sequence[str]) -> str:
        cells = [_cell(row.rank) or "–", _cell(row.system)]
        for name in metrics:
            info = self.board.metrics.get(name)
            cells += _score(row.cells.get(name), info.decimals if info else 2)
        return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"

    def __repr__(self) -> str:
        from mtbench.report.render import render

        return render(self.board, "table")


def _heads(names: Sequence[str]) -> str:
    return "".join(f"<th>{html.escape(name)}</th>" for name in names)


def _score(cell: Cell | None, decimals: int) -> list[str]:
    """A score and its interval, as cells; where there is none, the reason."""
    if cell is None or cell.score is None:
        return [f'<span title="{html.escape(cell.reason or "")}">–</span>' if cell else "", ""]
    low_high = cell.interval
    mark = " (partial)" if cell.partial else ""
    shown = f"[{low_high.low:.{decimals}f}, {low_high.high:.{decimals}f}]" if low_high else ""
    return [f"{cell.score:.{decimals}f}{mark}", shown]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.2f}" if isinstance(value, float) else html.escape(str(value))
