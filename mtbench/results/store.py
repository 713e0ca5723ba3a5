"""A results folder as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from mtbench.errors import DataError, RequestError
from mtbench.files.columns import few, shared
from mtbench.files.inputs import content
from mtbench.files.parsed import Memory
from mtbench.files.states import State, state
from mtbench.files.temporary import sweep
from mtbench.files.writing import check_writable, read_json, write_text
from mtbench.languages import LanguagePair
from mtbench.results.folder import RunFolder
from mtbench.results.lines import one_key_a_line, record
from mtbench.results.locks import locked
from mtbench.types import Labels, RunRecord, TestSet


class Results:
    """A results folder.

    Args:
        root: The folder; need not exist yet.
        memory: As for ``RunFolder``.
    """

    def __init__(self, root: Path, memory: Memory | None = None) -> None:
        self.root = root
        self._memory = memory
        # Of a large test set the labels that were read last: they are asked for several times.
        self._labels: dict[Path, tuple[State, Labels]] = {}

    def check_writable(self) -> None:
        """Says before any work whether results can be written; sweeps what killed runs left.

        Raises:
            Unavailable: If not.
        """
        check_writable(self.root)
        sweep(self.root, below=True)

    def run(self, corpus: str, pair: LanguagePair, system: str) -> RunFolder:
        """The folder of one system on one test set; need not exist yet."""
        return RunFolder(self.root / corpus / str(pair) / system, self.root, self._memory)

    def runs(self) -> Iterator[RunFolder]:
        """The folders that hold a run, sorted."""
        for path in sorted(self.root.glob("*/*/*/run.json")):
            if not any(part.startswith(".") for part in path.relative_to(self.root).parts):
                yield RunFolder(path.parent, self.root)

    def stored_runs(self, corpus: str, pair: LanguagePair) -> Iterator[RunRecord]:
        """The records of the runs on one test set.

        Raises:
            DataError: If a file does not hold.
        """
        for path in sorted((self.root / corpus / str(pair)).glob("*/run.json")):
            run = RunFolder(path.parent, self.root).read_run()
            if run is not None:
                yield run

    def read_labels(self, corpus: str, pair: LanguagePair) -> Labels | None:
        """Ids and labels of a test set's segments, or None where they are not kept.

        Raises:
            DataError: If the file does not hold.
        """
        path = self._labels_path(corpus, pair)
        if not path.is_file():
            return None
        known, now = self._labels.get(path), state(path)
        if known is not None and known[0] == now:
            return known[1]
        found = record(Labels, read_json(path), path)
        if few(len(found.ids)):
            return found
        held = {"ids": shared(found.ids), "documents": shared(found.documents)}
        found = found.model_copy(update=held)
        self._labels = {path: (now, found)}
        return found

    def labels_of(self, corpus: str, pair: LanguagePair, ids: Sequence[str]) -> Labels | None:
        """Labels of exactly these segments, or None where such are not kept.

        Raises:
            DataError: If the file does not hold.
        """
        labels = self.read_labels(corpus, pair)
        return labels if labels is not None and labels.ids == tuple(ids) else None

    def write_labels(self, corpus: str, pair: LanguagePair, labels: Labels) -> None:
        """Keeps ids and labels of a test set's segments, unless they stand there already."""
        path = self._labels_path(corpus, pair)
        _write_if_new(path, one_key_a_line(labels.model_dump(mode="json")))
        if not few(len(labels.ids)):
            self._labels = {path: (state(path), labels)}

    def read_test_set(self, corpus: str, pair: LanguagePair) -> TestSet | None:
        """A test set of plain files, with its texts; None for one that a corpus holds.

        Raises:
            DataError: If the file does not hold.
        """
        path = self._texts_path(corpus, pair)
        return record(TestSet, read_json(path), path) if path.is_file() else None

    def write_test_set(self, test_set: TestSet) -> None:
        """Keeps the texts of a test set that no corpus holds, unless they stand there already."""
        path = self._texts_path(test_set.corpus, test_set.pair)
        _write_if_new(path, one_key_a_line(test_set.model_dump(mode="json")))

    def _texts_path(self, corpus: str, pair: LanguagePair) -> Path:
        return self.root / corpus / str(pair) / "texts.json"

    def _labels_path(self, corpus: str, pair: LanguagePair) -> Path:
        return self.root / corpus / str(pair) / "test_set.json"

    # --- the leaderboard --------------------------------------------------------------------

    @property
    def leaderboard_path(self) -> Path:
        """The file of the leaderboard."""
        return self.root / "leaderboard.csv"

    def leaderboard_locked(self) -> AbstractContextManager[None]:
        """Held from reading the results until their leaderboard is written, so that it has all."""
        return locked(self.root, "leaderboard")

    def write_leaderboard(self, text: str) -> None:
        """Writes ``leaderboard.csv``, unless it says this already."""
        _write_if_new(self.leaderboard_path, text)

    def read_leaderboard(self) -> str | None:
        """The text of ``leaderboard.csv``, or None where there is none.

        Raises:
            DataError: If it cannot be read.
        """
        path = self.leaderboard_path
        if not path.is_file():
            return None
        try:
            return content(path).decode("utf-8")
        except (RequestError, UnicodeDecodeError) as error:
            raise DataError(f"{path}: cannot be read: {error}") from error


def _write_if_new(path: Path, text: str) -> None:
    try:
        same = content(path) == text.encode("utf-8")
    except RequestError:
        same = False
    if not same:
        write_text(path, text)
