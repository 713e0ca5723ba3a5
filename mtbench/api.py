"""The front door for Python: what ``mtbench.score`` and its siblings are.

Everything heavy is imported inside the functions, so that ``import mtbench`` takes milliseconds.
"""

from __future__ import annotations

import html
import sys
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mtbench.files.temporary import ScratchFolder
    from mtbench.languages import LanguagePair
    from mtbench.pipeline import Request
    from mtbench.types import Json, Leaderboard, TestSet
    from mtbench.types.agreement import MetaEvaluation
    from mtbench.types.findings import LeaderboardDiff
    from mtbench.types.segments import ScoredSegment


class _Talk:
    """Keeps what a run says; says it on stderr too where progress is asked for."""

    def __init__(self, *, aloud: bool = False) -> None:
        self.lines: list[str] = []
        self._aloud = aloud

    def say(self, line: str) -> None:
        self.lines.append(line)
        if self._aloud:
            sys.stderr.write(f"{line}\n")

    def start(self, what: str, total: int) -> None:
        if self._aloud:
            sys.stderr.write(f"{what}: {total}\n")

    def advance(self, steps: int) -> None:
        pass

    def stop(self) -> None:
        pass


class Evaluation:
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

        return require("pandas", "data frames", "data").DataFrame(self.records())

    def segments(self, **wanted: Any) -> tuple[ScoredSegment, ...]:
        """Segments with scores, flags and texts; arguments as for ``mtbench.segments``.

        Example:
            >>> import mtbench
            >>> references = ["Ciao a tutti.", "Sì."]
            >>> found = mtbench.score(["Ciao.", "Sì."], references, pair="en-it", metrics=["chrf"])
            >>> [(one.id, one.output) for one in found.segments(worst=1)]
            [('1', 'Ciao.')]
        """
        tables = self.board.tables
        wanted.setdefault("corpora", tuple({table.corpus for table in tables}))
        wanted.setdefault("pairs", tuple({str(table.pair) for table in tables}))
        return segments(self.results, **wanted)

    def compare(self, a: str, b: str) -> list[dict[str, Json]]:
        """The paired tests of two systems by the metric that ranks, one per test set.

        They are those of the leaderboard, corrected for all of its pairs.

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

        found: list[dict[str, Json]] = []
        for table in self.board.tables:
            for test in table.tests:
                if isinstance(test, dict) and {test.get("a"), test.get("b")} == {a, b}:
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
            _Talk(),
            corpora=[table.corpus for table in tables],
            pairs=[str(table.pair) for table in tables],
        )
        folder = Path(path)
        write_folder(folder, pages(content), "segments-*-*.js")
        return folder / "index.html"

    def _repr_html_(self) -> str:
        """For notebooks."""
        names = ("corpus", "pair", "system", "rank", "metric", "score", "low", "high")
        head = "".join(f"<th>{name}</th>" for name in names)
        body = "".join(
            "<tr>" + "".join(f"<td>{_cell(record[name])}</td>" for name in names) + "</tr>"
            for record in self.records()
        )
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"

    def __repr__(self) -> str:
        from mtbench.report.render import render

        return render(self.board, "table")


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.2f}" if isinstance(value, float) else html.escape(str(value))


def score(
    hypotheses: Sequence[str] | Mapping[str, Sequence[str]],
    references: Sequence[str],
    sources: Sequence[str] | None = None,
    *,
    pair: str,
    metrics: Sequence[str] = ("bleu", "chrf"),
    metric_options: Mapping[str, Mapping[str, Json]] | None = None,
    seed: int = 0,
) -> Evaluation:
    """Scores translations given as lists or columns, one text per segment.

    Args:
        hypotheses: Of one system, or name → hypotheses of several; a data frame is a column per
            system.
        references: One per segment.
        sources: One per segment; some metrics need them.
        pair: The direction, such as ``en-it``.
        metrics: Their names.
        metric_options: Metric → its options.
        seed: Of intervals and tests.

    Raises:
        RequestError: If a text holds a line end, or a metric needs sources that are not given.
        DataError: If the lists are not of one length.

    Example:
        >>> import mtbench
        >>> found = mtbench.score(["Ciao a tutti."], ["Ciao a tutti."], pair="en-it")
        >>> [(one["metric"], round(one["score"])) for one in found.records()]
        [('bleu', 100), ('chrf', 100)]
    """
    from mtbench.errors import RequestError
    from mtbench.files.temporary import ScratchFolder
    from mtbench.languages import LanguagePair
    from mtbench.plugins import make_metric

    several = _by_system(hypotheses)
    direction = LanguagePair.parse(pair)
    request = _request((), (str(direction),), metrics, metric_options, seed)
    for name in request.metrics:
        needs = make_metric(name, request.metric_options.get(name, {}), request.runtime).info.needs
        if sources is None and "source" in needs:
            raise RequestError(f"{name} needs the source", hint="give sources=")
    scratch, talk = ScratchFolder(), _Talk()
    try:
        board = _scored(scratch.path, talk, request, direction, several, references, sources)
    except BaseException:
        scratch.remove()
        raise
    return Evaluation(board, scratch.path / "results", talk.lines, scratch)


def _by_system(hypotheses: Any) -> Mapping[str, Sequence[str]]:
    """Name → hypotheses, of a table of any kind, a mapping, or the texts of one system."""
    if isinstance(hypotheses, Mapping):
        return hypotheses
    columns = getattr(hypotheses, "columns", None)  # of pandas, polars and the like
    if columns is not None:
        return {str(name): hypotheses[name] for name in columns}
    return {"system": hypotheses}


def _scored(
    folder: Path,
    talk: _Talk,
    request: Request,
    pair: LanguagePair,
    several: Mapping[str, Sequence[str]],
    references: Sequence[str],
    sources: Sequence[str] | None,
) -> Leaderboard:
    from mtbench.pipeline import evaluate as run
    from mtbench.pipeline.plain_files import PlainFiles, plain_test_set
    from mtbench.results import Results

    models = [f"hypotheses:{_written(folder, name, texts)}" for name, texts in several.items()]
    reference = _written(folder, "references", references, "texts")
    source = None if sources is None else _written(folder, "sources", sources, "texts")
    space = _space(folder / "results")
    given = PlainFiles(pair, source, (reference,), None, "texts")
    plain = plain_test_set(given, None, Results(space.results))
    request = request.model_copy(update={"models": tuple(models)})
    return run(request, space, talk, [plain], keep_texts=True)[0]


def _written(folder: Path, name: str, texts: Sequence[str], kind: str = "hypotheses") -> str:
    from mtbench.config import check_name
    from mtbench.errors import RequestError
    from mtbench.files.writing import write_text

    check_name(name, "system")
    if isinstance(texts, str):
        raise RequestError(f"{name}: a text where a list of texts belongs")
    for at, text in enumerate(texts):
        if not isinstance(text, str) or "\n" in text or "\r" in text:
            raise RequestError(
                f"{name}[{at}]: not one line of text", hint="replace line ends by spaces"
            )
    path = folder / kind / f"{name}.txt"
    write_text(path, "".join(f"{text}\n" for text in texts))
    return str(path)


def evaluate(
    models: Sequence[str],
    corpora: Sequence[str] = (),
    pairs: Sequence[str] = (),
    metrics: Sequence[str] = (),
    *,
    results: str | Path | None = None,
    limit: int | None = None,
    metric_options: Mapping[str, Mapping[str, Json]] | None = None,
    seed: int = 0,
    progress: bool = False,
) -> Evaluation:
    """Translates what is missing, scores what is missing, as ``mtbench evaluate`` does.

    Args:
        models: Names or paths of cards, or ``BACKEND:TARGET``.
        corpora: Names, paths or globs; every one in ``corpora/`` where none is named.
        pairs: Directions; all where none is named.
        metrics: Their names, the first of which ranks; the defaults where none is named.
        results: The results folder; by default ``results``.
        limit: Only the first so many segments.
        metric_options: Metric → its options.
        seed: Of all draws.
        progress: Say on stderr what happens.

    Raises:
        Unfinished: If a system or metric failed, with the leaderboard of the others.
        MtbenchError: Before any work, if the request cannot be carried out.

    Example:
        >>> import mtbench, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     found = mtbench.evaluate(
        ...         ["identity:"], ["china-blockchain"], ["en-it"], ["chrf"],
        ...         results=folder, limit=3,
        ...     )
        >>> [(one["corpus"], one["system"], one["metric"]) for one in found.records()]
        [('china-blockchain@first3', 'identity', 'chrf')]
    """
    from mtbench.pipeline import evaluate as run

    talk, space = _Talk(aloud=progress), _space(results)
    request = _request(models, pairs, metrics, metric_options, seed)
    request = request.model_copy(update={"corpora": tuple(corpora), "limit": limit})
    board, _ = run(request, space, talk)
    return Evaluation(board, space.results, talk.lines)


def leaderboard(results: str | Path | None = None) -> Evaluation:
    """Everything that a results folder holds.

    Args:
        results: The folder; by default ``results``.

    Raises:
        RequestError: If there is nothing.

    Example:
        >>> import mtbench
        >>> found = mtbench.score(["Sì."], ["Sì."], pair="en-it", metrics=["chrf"])
        >>> mtbench.leaderboard(found.results).records() == found.records()
        True
    """
    from mtbench.pipeline.boards import board, stored_tables
    from mtbench.results import Results

    space = _space(results)
    stored_tables(space)
    return Evaluation(board(Results(space.results)), space.results)


def segments(results: str | Path | None = None, **wanted: Any) -> tuple[ScoredSegment, ...]:
    """Segments of a results folder with scores, flags and texts.

    Args:
        results: The folder; by default ``results``.
        wanted: As ``mtbench segments`` takes it: ``corpora``, ``pairs``, ``systems``, ``metrics``,
            ``domains``, ``flags`` (lists of names), ``worst``, ``best`` (numbers), ``between``
            (two systems).

    Example:
        >>> import mtbench
        >>> found = mtbench.score(["Sì."], ["Sì."], pair="en-it", metrics=["chrf"])
        >>> [one.scores for one in mtbench.segments(found.results)]
        [{'chrf': 100.0}]
    """
    import warnings

    from mtbench.pipeline.segments import SegmentQuery, find_segments

    found = find_segments(_space(results), SegmentQuery(**wanted))
    for note in found.notes:
        warnings.warn(note, stacklevel=2)
    return found.segments


def compare(
    old: str | Path, new: str | Path, *, metrics: Sequence[str] = (), seed: int = 0
) -> LeaderboardDiff:
    """What changed from one leaderboard (a CSV, a results folder or a run's folder) to another.

    Args:
        old: What it was.
        new: What it is now.
        metrics: Those that the verdict rests on; by default the one that ranks.
        seed: Of the tests.

    Raises:
        RequestError: If the two have nothing to be compared.

    Example:
        >>> import mtbench
        >>> old = mtbench.score({"mine": ["Si.", "No."]}, ["Sì.", "No."], pair="en-it")
        >>> new = mtbench.score({"mine": ["Sì.", "No."]}, ["Sì.", "No."], pair="en-it")
        >>> [row.system for row in mtbench.compare(old.results, new.results).rows]
        ['mine']
    """
    from mtbench.pipeline.comparing import Given, compare_leaderboards

    return compare_leaderboards(Given(Path(old)), Given(Path(new)), metrics=metrics, seed=seed)


def meta(results: str | Path, human: str | Path | None = None, *, seed: int = 0) -> MetaEvaluation:
    r"""How far the metrics of a results folder agree with human scores.

    Args:
        results: The folder.
        human: The file of human scores, in any of the forms that ``mtbench meta`` reads; by
            default those that were imported into the folder.
        seed: Of resamples and tests.

    Raises:
        DataError: With file and line, if the file does not hold or is of other systems.

    Example:
        >>> import mtbench, tempfile
        >>> references = ["Ciao a tutti.", "Sì.", "La nave è partita."]
        >>> outputs = {"a": references, "b": [text.lower() for text in references]}
        >>> found = mtbench.score(outputs, references, pair="en-it", metrics=["chrf"])
        >>> lines = [f"{name},{n},{score}" for name, score in (("a", 90), ("b", 70))
        ...          for n in (1, 2, 3)]
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder) / "human.csv"
        ...     _ = file.write_text("\n".join(["system,id,score", *lines]))
        ...     (table,) = mtbench.meta(found.results, file).tables
        >>> table.systems
        ('a', 'b')
    """
    from mtbench.pipeline.meta import meta_evaluate

    return meta_evaluate(
        _space(results), _Talk(aloud=True), None if human is None else Path(human), seed=seed
    )


def load_corpus(corpus: str, pair: str) -> TestSet:
    """A test set of a corpus, named or by its path.

    Raises:
        UnknownName: If there is no such corpus or direction.
        DataError: If a line does not hold.

    Example:
        >>> import mtbench
        >>> test_set = mtbench.load_corpus("china-blockchain", "en-it")
        >>> str(test_set.pair)
        'en-it'
    """
    from mtbench.config import find_corpora
    from mtbench.corpora.load import load, pair_files
    from mtbench.errors import UnknownName
    from mtbench.languages import LanguagePair

    direction = LanguagePair.parse(pair)
    folders = find_corpora((corpus,), _space(None))
    files = [file for folder, only in folders for file in pair_files(folder, only)]
    for file in files:
        if file.pair == direction:
            return load(file)
    raise UnknownName(f"language pair of {corpus}", pair, [str(file.pair) for file in files])


def _space(results: str | Path | None) -> Any:
    from mtbench.config import workspace

    return workspace(None if results is None else str(results))


def _request(
    models: Sequence[str],
    pairs: Sequence[str],
    metrics: Sequence[str],
    options: Mapping[str, Mapping[str, Json]] | None,
    seed: int,
) -> Request:
    from mtbench.checkpoints.network import offline
    from mtbench.errors import RequestError
    from mtbench.languages import LanguagePair
    from mtbench.pipeline import Request
    from mtbench.types import Runtime

    for name, value in (("models", models), ("pairs", pairs), ("metrics", metrics)):
        if isinstance(value, str):
            raise RequestError(f"{name}: a list of names, not {value!r}", hint=f"[{value!r}]")
    names = tuple(dict.fromkeys(metrics))
    return Request(
        models=tuple(models),
        pairs=tuple(str(LanguagePair.parse(pair)) for pair in pairs),
        metrics=names,
        primary=next(iter(names), None),
        metric_options={name: dict(each) for name, each in (options or {}).items()},
        runtime=Runtime(seed=seed, cache=str(_space(None).cache), offline=offline()),
    )
