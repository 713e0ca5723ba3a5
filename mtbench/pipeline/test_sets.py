"""Stored runs → the test sets they were made from, where the corpus is at hand."""

from __future__ import annotations

from mtbench.config import Workspace, corpus_folders
from mtbench.corpora import load as corpora
from mtbench.errors import MtbenchError
from mtbench.results import Results, RunFolder
from mtbench.text.patterns import DIGITS
from mtbench.types import Labels, TestSet


def label_segments(test_set: TestSet) -> Labels:
    """What the segments of a test set are called and grouped by."""
    return Labels(
        testset_digest=test_set.digest(),
        ids=test_set.ids,
        documents=test_set.documents,
        domains=test_set.domains,
        original_languages=test_set.original_languages,
        source_characters=tuple(map(len, test_set.source_texts)),
    )


class StoredTestSets:
    """The test sets of runs, each loaded once: from their corpus, or kept with the results.

    Args:
        space: Where corpora and results are.
    """

    def __init__(self, space: Workspace) -> None:
        self._known = corpus_folders(space.corpora)
        self._results = Results(space.results)
        self._sets: dict[tuple[str, str, str | None], TestSet | str] = {}

    def test_set(self, folder: RunFolder, reference: str | None = None) -> TestSet | str:
        """The test set of a run, or why it cannot be had.

        It is the corpus as it stands now: whether it is what the run was made from is for the
        caller to say, by its digests.

        Args:
            folder: The run.
            reference: The one reference to use of several.
        """
        key = (folder.corpus, folder.path.parent.name, reference)
        if key not in self._sets:
            self._sets[key] = self._load(folder, reference)
        return self._sets[key]

    def _load(self, folder: RunFolder, reference: str | None) -> TestSet | str:
        try:
            kept = self._results.read_test_set(folder.corpus, folder.pair)
        except MtbenchError as error:
            return str(error)
        if kept is not None:
            return kept
        name, _, limit = folder.corpus.partition("@first")
        if name not in self._known:
            return f"no corpus {name!r} here"
        try:
            files = {str(file.pair): file for file in corpora.pair_files(self._known[name])}
            if str(folder.pair) not in files:
                return f"{name} does not serve {folder.pair}"
            whole = corpora.load(files[str(folder.pair)], reference=reference)
        except MtbenchError as error:
            return str(error)
        return corpora.first(whole, int(limit)) if DIGITS.fullmatch(limit) else whole
