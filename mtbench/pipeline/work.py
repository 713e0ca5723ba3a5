"""What one call asks for, and what will be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import Field

from mtbench.checkpoints.hub import Fetch
from mtbench.plugins import Backend, Metric
from mtbench.results import RunFolder
from mtbench.types import Json, Record, Runtime, ScoringView, SystemCard, SystemOutput, TestSet


class Watcher(Protocol):
    """Told what happens, so that a command line can show it."""

    def say(self, line: str) -> None:
        """One line for the user."""

    def start(self, what: str, total: int) -> None:
        """A stage begins that will take so many steps."""

    def advance(self, steps: int) -> None:
        """So many more steps are done."""

    def stop(self) -> None:
        """The stage is over."""


class Request(Record):
    """What one call asks for.

    Attributes:
        models: ``--model``, as given.
        corpora: ``--corpus``, as given.
        pairs: ``--pair``, parsed and written back.
        metrics: Names, in the order asked for; empty for the defaults.
        primary: The metric that ranks: ``--sort``, or the first one asked for by name; None
            where nobody asked for one.
        metric_options: Metric → its options.
        metric_kinds: Name of a metric's card → the metric that it is.
        limit: Only the first so many segments.
        reference: The one reference to use, of several.
        allow_partial: Failures count as empty, and the signature says so.
        realign: Documents that come back in other paragraphs are laid on their segments.
        skip_missing: Leave out systems that cannot run here, and say so.
        runtime: How and where to run.
    """

    models: tuple[str, ...] = ()
    corpora: tuple[str, ...] = ()
    pairs: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    primary: str | None = None
    metric_options: dict[str, dict[str, Json]] = Field(default_factory=dict)
    metric_kinds: dict[str, str] = Field(default_factory=dict)
    limit: int | None = None
    reference: str | None = None
    allow_partial: bool = False
    realign: bool = False
    skip_missing: bool = False
    runtime: Runtime = Runtime()


@dataclass
class Task:
    """One system on one test set.

    Attributes:
        card: The system.
        test_set: What to translate.
        folder: Where its results are.
        backend: Checked and ready to be entered; None where the stored output is used because the
            system cannot run here.
        run_digest: What the output depends on.
        identity: What of it is known of the back end's weights and files.
        answered: Digest of a stored run whose answers were the same and laid on the segments in
            another way; empty where there is none.
        place: Where the corpus was read from, as the run records it.
        output: Once there is one.
        held: Whether the back end was told the sources; not where its run is stored already and
            its answers lie in files that have not changed.
        fetches: What its back end, not checked any further, would download first.
    """

    card: SystemCard
    test_set: TestSet
    folder: RunFolder
    backend: Backend | None
    run_digest: str
    place: str = ""
    identity: Mapping[str, Json] = field(default_factory=dict)
    output: SystemOutput | None = None
    fetches: tuple[Fetch, ...] = ()
    answered: str = ""
    held: bool = True


@dataclass
class Plan:
    """What will be done, all of it checked.

    Attributes:
        tasks: Systems on test sets.
        metrics: Those that can run here.
        views: Metric and test set → what the metric is given.
        unseen: Metric → what it would download first, where it is only looked.
        missing: Metric → why it cannot run here, for metrics nobody asked for by name.
        skipped: Test set → sentences on the systems left out of it.
        left_out: Test set and folder of each of these systems.
    """

    tasks: list[Task]
    metrics: list[Metric] = field(default_factory=list)
    views: dict[tuple[str, str], ScoringView] = field(default_factory=dict)
    unseen: dict[str, tuple[Fetch, ...]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, list[str]] = field(default_factory=dict)
    left_out: set[tuple[str, str]] = field(default_factory=set)

    def by_test_set(self) -> dict[str, list[Task]]:
        """The tasks of each test set."""
        found: dict[str, list[Task]] = {}
        for task in self.tasks:
            found.setdefault(task.test_set.name, []).append(task)
        return found
