"""The folder layout of mt-metrics-eval, which the WMT metrics tasks use.

::

    FOLDER/sources/SRC-TGT.txt
    FOLDER/documents/SRC-TGT.docs                     "DOMAIN DOCUMENT", a line per segment
    FOLDER/references/SRC-TGT.refA.txt
    FOLDER/system-outputs/SRC-TGT/SYSTEM.txt
    FOLDER/metric-scores/SRC-TGT/METRIC-refA.seg.score   "SYSTEM SCORE", all segments of a
    FOLDER/metric-scores/SRC-TGT/METRIC-refA.sys.score   system, then those of the next

Reference: https://github.com/google-research/mt-metrics-eval, "File organization".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from mtbench.corpora.formats.plain import text_file, write_lines
from mtbench.corpora.formats.tables import letter
from mtbench.errors import DataError, RequestError
from mtbench.files.writing import write_text
from mtbench.languages import LanguagePair
from mtbench.types import MetricResult, Signature, TestSet

_NOT_IN_REFERENCES = re.compile(r"[^A-Za-z0-9_]+")
_BLANK = re.compile(r"\s+")


def write_test_set(test_set: TestSet, folder: Path, *, join: bool) -> tuple[list[Path], int]:
    """Writes sources, documents and references.

    Args:
        test_set: Every segment must have as many references as the others.
        folder: The top of the layout.
        join: Whether line ends inside a text become spaces.

    Returns:
        The files, and in how many texts line ends became spaces.

    Raises:
        DataError: If the number of references varies, or a text holds a line end.
    """
    count = test_set.reference_count
    if count is None:
        raise DataError(
            f"{test_set.name}: the number of references varies, which this layout cannot hold",
            hint="keep one of them: --reference A",
        )
    ids, pair = test_set.ids, test_set.pair
    files = {f"sources/{pair}.txt": [source.text for source in test_set.sources]}
    for at, name in enumerate(reference_names(test_set, count)):
        files[f"references/{pair}.{name}.txt"] = [texts[at] for texts in test_set.references]
    paths, joined = [], 0
    for name, texts in files.items():
        paths.append(folder / name)
        joined += _write(paths[-1], zip(ids, texts, strict=True), join=join)
    lines = (
        f"{_word(domain or 'all')} {_word(document or identifier)}\n"
        for identifier, domain, document in zip(
            ids, test_set.domains, test_set.documents, strict=True
        )
    )
    paths.append(folder / "documents" / f"{pair}.docs")
    write_text(paths[-1], "".join(lines))
    return paths, joined


def reference_names(test_set: TestSet, count: int) -> list[str]:
    """The layout's names of a test set's references: ``refA``, ``refB`` …, without ``.``, ``-``."""
    given = (name.removeprefix("ref") for name in names_of_references(test_set))
    return [f"ref{name}" for name in labels(given, count, _NOT_IN_REFERENCES)]


def labels(names: Iterable[str], count: int, unfit: re.Pattern[str]) -> list[str]:
    """Names of references made fit for file names; letters where they lack or would coincide.

    Args:
        names: As the corpus has them.
        count: How many are needed.
        unfit: What cannot stand in a file's name.
    """
    found = [unfit.sub("_", name) for name in names][:count]
    if len(set(found)) == count and all(found):
        return found
    return [letter(at) for at in range(count)]


def names_of_references(test_set: TestSet) -> tuple[str, ...]:
    """The names of a test set's references as its corpus has them; empty where it has none."""
    if test_set.reference_names or test_set.card is None or test_set.reversed:
        return test_set.reference_names
    return test_set.card.reference_names


def _word(text: str) -> str:
    return _BLANK.sub("_", text)


def write_output(
    pair: LanguagePair, system: str, texts: Sequence[tuple[str, str]], folder: Path, *, join: bool
) -> Path:
    """Writes one system's output.

    Args:
        pair: The direction.
        system: The system's name.
        texts: Segment ids and hypotheses.
        folder: The top of the layout.
        join: Whether line ends inside a text become spaces.

    Raises:
        DataError: If a text holds a line end.
    """
    path = folder / "system-outputs" / str(pair) / f"{system}.txt"
    _write(path, texts, join=join)
    return path


def _write(path: Path, texts: Iterable[tuple[str, str]], *, join: bool) -> int:
    with text_file(path) as stream:
        return write_lines(texts, stream, join=join)


def write_scores(
    results: Sequence[MetricResult], folder: Path, references: Mapping[LanguagePair, Sequence[str]]
) -> list[Path]:
    """Writes ``.seg.score`` and ``.sys.score`` files, one of each a metric and direction.

    Two signatures of one metric (two checkpoints) are told apart by eight digits in the name.

    Args:
        results: Of one corpus; of each metric and direction, any number of systems.
        folder: The top of the layout.
        references: For each direction, the names of the references that were scored against.

    Returns:
        The files.

    Raises:
        RequestError: If the results are of several corpora.
        DataError: If the systems of a metric were scored on different segments.
    """
    corpora = sorted({result.score.corpus for result in results})
    if len(corpora) > 1:
        raise RequestError(
            f"results of several corpora: {', '.join(corpora)}", hint="export one: name it"
        )
    groups: dict[tuple[LanguagePair, str, str], list[MetricResult]] = {}
    for result in results:
        score = result.score
        groups.setdefault((score.pair, score.metric, score.signature), []).append(result)
    signatures: dict[tuple[LanguagePair, str], set[str]] = {}
    for pair, metric, signature in groups:
        signatures.setdefault((pair, metric), set()).add(signature)
    paths = []
    for (pair, metric, signature), group in groups.items():
        name = metric
        if len(signatures[pair, metric]) > 1:
            name = f"{metric}_{Signature.parse(signature).digest8()}"
        needs = group[0].score.info.needs
        label = ".".join(references.get(pair, ())) or "refA" if "reference" in needs else "src"
        stem = folder / "metric-scores" / str(pair) / f"{name}-{label}"
        group = sorted(group, key=lambda result: result.score.system)
        _same_segments(group)
        paths += [stem.with_name(f"{stem.name}.{level}.score") for level in ("seg", "sys")]
        write_text(
            paths[-2],
            "".join(
                f"{result.score.system}\t{_number(value)}\n"
                for result in group
                for value in result.statistics.segment_scores.tolist()
            ),
        )
        write_text(
            paths[-1], "".join(f"{r.score.system}\t{_number(r.score.score)}\n" for r in group)
        )
    return paths


def _number(value: float) -> str:
    return "None" if value != value else repr(float(value))  # as mt-metrics-eval writes none


def _same_segments(group: Sequence[MetricResult]) -> None:
    first = group[0]
    for other in group[1:]:
        if other.statistics.ids != first.statistics.ids:
            raise DataError(
                f"{other.score.metric}, {other.score.pair}: {other.score.system} and "
                f"{first.score.system} were scored on different segments",
                hint="score both on the same test set",
            )
