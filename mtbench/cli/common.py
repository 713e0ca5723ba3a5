"""What several verbs share: options, how progress shows, how a result is printed."""

from __future__ import annotations

import math
import os
import sys
import threading
import time
from collections.abc import Callable, Container, Sequence
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from mtbench.cli import completion
from mtbench.cli.output import emit as emit
from mtbench.cli.output import emit_failed as emit_failed
from mtbench.cli.output import emit_json as emit_json
from mtbench.cli.output import printable, say
from mtbench.cli.output import tell as tell
from mtbench.errors import RequestError
from mtbench.metrics.shorthands import OWN, SHORTHANDS, Shorthand, spelt_out
from mtbench.settings import FILE, folders_of_settings, shown

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from mtbench.pipeline import Request, Unfinished
    from mtbench.pipeline.resolve import Own
    from mtbench.plugins import Metric
    from mtbench.types import Engine, Json, Runtime

F = TypeVar("F", bound=Callable[..., Any])

FORMATS = ("table", "csv", "json", "md", "latex")


PEARMUT_PROTOCOLS = click.Choice(["ESA", "DA", "MQM"])


def _together(*options: Callable[[F], F]) -> Callable[[F], F]:
    def wrap(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return wrap


def metric_names(
    context: click.Context, option: click.Parameter, given: tuple[str, ...]
) -> tuple[str, ...]:
    """``--metric bleu,chrf`` and ``--metric BLEU`` mean what they say.

    A name that the workspace or a plug-in spells with capitals is taken as it stands.
    """
    named = [name.strip() for text in given for name in text.split(",") if name.strip()]
    if not any(name != name.lower() for name in named):
        return tuple(named)
    from mtbench.plugins import METRICS

    known = METRICS.origins()
    return tuple(
        name.lower() if name not in known and name.lower() in known else name for name in named
    )


model_option = click.option(
    "--model",
    "models",
    multiple=True,
    required=True,
    metavar="M",
    shell_complete=completion.models,
    help="A card's name, a path to a card, or BACKEND:TARGET such as hypotheses:out.txt. "
    "NAME=M names the system otherwise.",
)


realign_option = click.option(
    "--realign",
    is_flag=True,
    help="Lay documents that come back in other paragraphs on their segments "
    '(back ends with unit = "document").',
)


def _corpora(metavar: str, words: str) -> Callable[[F], F]:
    return click.option(
        "--corpus",
        "corpora",
        multiple=True,
        metavar=metavar,
        shell_complete=completion.corpora,
        help=words,
    )


def _pairs(words: str) -> Callable[[F], F]:
    return click.option(
        "--pair",
        "pairs",
        multiple=True,
        metavar="SRC-TGT",
        shell_complete=completion.pairs,
        help=words,
    )


# For verbs that read stored results: which of their test sets.
stored_selection = _together(
    _corpora("NAME", "Only these corpora."), _pairs("Only these directions.")
)


def corpus_options(*, many_references: bool = False) -> Callable[[F], F]:
    """``--corpus``, ``--pair``, ``--limit`` and ``--reference``."""
    if many_references:
        reference = click.option(
            "--reference",
            "references",
            multiple=True,
            metavar="A|FILE",
            help="With --corpus, the one of several references to use; else a file of references.",
        )
    else:
        reference = click.option(
            "--reference", metavar="A", help="Use this one of several references."
        )
    return _together(*_SELECTION, reference)


_SELECTION = (
    _corpora("NAME|PATH|GLOB", "Corpora to use. Default: every one in corpora/."),
    _pairs("Directions. Default: all."),
    click.option(
        "--limit",
        type=click.IntRange(min=1),
        metavar="N",
        help="Only the first N segments: a test set of its own, NAME@firstN.",
    ),
)


def _shorthand(one: Shorthand) -> Callable[[F], F]:
    kind = click.Choice(one.choices) if one.choices else None
    return click.option(
        one.flag, metavar=one.metavar, type=kind, is_flag=one.switch, help=one.words
    )


metric_options = _together(
    click.option(
        "--metric",
        "metrics",
        multiple=True,
        callback=metric_names,
        metavar="NAME",
        shell_complete=completion.metrics,
        help="Metrics to compute, by name or python:MODULE:NAME. Default: bleu, chrf, comet.",
    ),
    *(_shorthand(one) for one in SHORTHANDS),
    click.option(
        "--metric-option",
        "settings",
        multiple=True,
        metavar="METRIC.KEY=VALUE",
        help="An option of a metric, such as bleu.tokenize=zh.",
    ),
    click.option(
        "--allow-partial",
        is_flag=True,
        help="Count failed segments as empty; the signature says so.",
    ),
)
runtime_options = _together(
    click.option("--results", metavar="DIR", help="Where results go. Default: results."),
    click.option(
        "--batch-size",
        type=click.IntRange(min=1),
        metavar="N",
        help="Segments per batch.",
    ),
    click.option(
        "--device",
        default="auto",
        show_default=True,
        metavar="auto|cpu|cuda|cuda:N|cuda:all|mps",
        help="Where models and metrics compute; cuda:all: a process for each GPU.",
    ),
    click.option(
        "--seed",
        type=click.IntRange(min=0),
        default=0,
        show_default=True,
        metavar="N",
        help="Seed of everything drawn at random: sampling, resamples, tests.",
    ),
    click.option("--force", is_flag=True, help="Go on where a check refuses; the result says so."),
)


def engine_options(function: F) -> F:
    """``--engine``, ``--ray-address`` and ``--actors``, handed on as one ``engine``."""

    @wraps(function)
    def with_engine(
        *, engine: str, ray_address: str | None, actors: int | None, **given: Any
    ) -> Any:
        from mtbench.types import Engine

        if engine != "ray" and (ray_address is not None or actors is not None):
            name = "--ray-address" if ray_address is not None else "--actors"
            raise RequestError(f"{name} goes with --engine ray", hint="add it, or leave this out")
        found = Engine.model_validate({"kind": engine, "address": ray_address, "processes": actors})
        return function(engine=found, **given)

    return cast("F", _ENGINE(with_engine))


_ENGINE = _together(
    click.option(
        "--engine",
        type=click.Choice(["local", "ray"]),
        default="local",
        show_default=True,
        help="Where work is done: by this machine, or by the nodes of a Ray cluster.",
    ),
    click.option(
        "--ray-address",
        metavar="HOST:PORT|auto",
        help="A cluster that runs. Default: one starts on this machine and ends with the call.",
    ),
    click.option(
        "--actors",
        type=click.IntRange(min=1),
        metavar="N",
        help="Workers at once on the cluster. Default: one per processor, or per GPU.",
    ),
)
sort_option = click.option(
    "--sort",
    metavar="METRIC",
    help="The metric that ranks. Default: the first one asked for by name, else comet, else chrf.",
)
stored_sort_options = _together(
    click.option(
        "--sort",
        metavar="METRIC",
        help="The metric that ranks. Default: the one that leaderboard.csv names.",
    ),
    click.option(
        "--seed",
        type=click.IntRange(min=0),
        metavar="N",
        help="Seed of intervals and tests. Default: that of the stored intervals.",
    ),
)


def by_option(words: str) -> Callable[[F], F]:
    """``--by``: which label tells the parts of a test set apart."""
    parts = click.Choice(["domain", "document", "original_language", "length"])
    return click.option("--by", type=parts, help=words)


dry_run_option = click.option(
    "--dry-run",
    is_flag=True,
    help="Only say what would be translated and scored, and what it would take.",
)


_QUIET = "mtbench.quiet"


def _silence(context: click.Context, option: click.Parameter, quiet: bool) -> bool:
    """With ``-q``, no bars of downloads and no warnings either; what it starts has no bars."""
    context.meta[_QUIET] = quiet
    if quiet:
        import logging
        import os

        from mtbench.checkpoints.bars import SILENCED

        os.environ[SILENCED] = "1"
        ours = logging.getLogger("mtbench")
        context.call_on_close(partial(ours.setLevel, ours.level))
        ours.setLevel(logging.ERROR)
    return quiet


def _talk_options(*, used: bool) -> Callable[[F], F]:
    verbose, quiet = "Say more, and show tracebacks of bugs.", "Say nothing but errors on stderr."
    options = _together(
        click.option("-v", "--verbose", is_flag=True, expose_value=used, help=verbose),
        click.option(
            "-q", "--quiet", is_flag=True, expose_value=used, callback=_silence, help=quiet
        ),
    )

    def wrap(function: F) -> F:
        @wraps(function)
        def telling(*values: Any, **given: Any) -> Any:
            _hear_warnings(click.get_current_context())
            _tell_settings(click.get_current_context())
            return function(*values, **given)

        return options(cast("F", telling))

    return wrap


def _hear_warnings(context: click.Context) -> None:
    """What is warned of inside goes to stderr as all other lines do, control characters shown."""
    import logging

    class SaidAloud(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            say(f"mtbench: {printable(record.getMessage())}")

    ours, handler = logging.getLogger("mtbench"), SaidAloud()
    ours.addHandler(handler)
    context.call_on_close(partial(ours.removeHandler, handler))


def _tell_settings(context: click.Context) -> None:
    """One line with the defaults that this call takes from the workspace's settings."""
    from click.core import ParameterSource

    if context.meta.get(_QUIET):
        return
    taken = {
        name: value
        for name, value in context.params.items()
        if context.get_parameter_source(name) == ParameterSource.DEFAULT_MAP
    }
    if "results" in context.params:  # it works in the workspace's folders
        given = {"results"} if context.params["results"] else set()
        taken |= folders_of_settings(given)
    if taken:
        values = ", ".join(f"{name} {shown(value)}" for name, value in taken.items())
        say(f"mtbench: {printable(f'as {FILE} says: {values}')}")


talk_options = _talk_options(used=True)
# For verbs that say nothing but their result: taken everywhere, so that a script can give them.
taken_talk_options = _talk_options(used=False)


def format_option(*formats: str) -> Callable[[F], F]:
    """``--format``, with the first as the default."""
    return click.option(
        "--format",
        "style",
        type=click.Choice(formats or FORMATS),
        default=(formats or FORMATS)[0],
        show_default=True,
        help="How to print the result on stdout.",
    )


def runtime(
    device: str,
    batch_size: int | None,
    seed: int,
    force: bool,
    cache: str,
    engine: Engine | None = None,
    look_only: bool = False,
) -> Runtime:
    """The runtime of the options.

    Raises:
        RequestError: If the device is none.
    """
    import re

    from mtbench.checkpoints.network import offline
    from mtbench.engine.devices import spread
    from mtbench.types import Engine, Runtime

    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+|:all)?", device):
        raise RequestError(
            f"--device: not a device: {device!r}",
            hint="one of auto, cpu, cuda, cuda:N, cuda:all, mps",
        )
    device, engine = spread(device, engine or Engine())
    return Runtime(
        device=device,
        batch_size=batch_size,
        seed=seed,
        force=force,
        cache=cache,
        offline=offline(),
        look_only=look_only,
        engine=engine,
    )


def request(**given: Any) -> Request:
    """The request of the options of ``translate``, or of another verb without metrics of its own.

    Raises:
        RequestError: If a pair is malformed.
    """
    return request_and_own(**given)[0]


def request_and_own(**given: Any) -> tuple[Request, Own]:
    """The request of the options of ``evaluate`` or ``score``, and its metrics of ``python:``.

    Raises:
        RequestError: If a pair, a metric or an option of one is malformed.
    """
    from mtbench.config import metric_card
    from mtbench.languages import LanguagePair
    from mtbench.pipeline import Request
    from mtbench.pipeline.resolve import Own
    from mtbench.plugins import DEFAULT_METRICS, METRICS

    names = list(dict.fromkeys(given.pop("metrics", ())))
    texts = given.pop("settings", ())
    own: dict[str, Metric] = {}
    if any(name.startswith(OWN) for name in names):
        from mtbench.pipeline.own import own_metrics

        known, own = own_metrics(names, _by_metric(texts), given["runtime"])
        names = list(known)
    sort = given.pop("sort", None)
    if sort is not None and sort not in (names or DEFAULT_METRICS):
        METRICS.get(sort)
        raise RequestError(
            f"--sort {sort}: not among the metrics of this call",
            hint=f"ask for it too: --metric {sort}",
        )
    primary = sort or next(iter(names), None)
    settings = settings_of(texts, own)
    short = {one.parameter: given.pop(one.parameter, None) for one in SHORTHANDS}
    names, spelt = spelt_out(names, short, DEFAULT_METRICS)
    for name, options in spelt.items():
        settings.setdefault(name, {}).update(options)
    pairs = tuple(str(LanguagePair.parse(pair)) for pair in given.pop("pairs", ()))
    cards = {name: card for name in names if (card := metric_card(name)) is not None}
    for name, card in cards.items():
        settings[name] = {**card.options, **settings.get(name, {}), "name": name}
    found = Request(
        metrics=tuple(names),
        primary=primary,
        metric_options=settings,
        metric_kinds={name: card.metric for name, card in cards.items()},
        pairs=pairs,
        **given,
    )
    return found, Own(metrics=own)


def settings_of(settings: Sequence[str], own: Container[str] = ()) -> dict[str, dict[str, Json]]:
    """``METRIC.KEY=VALUE`` options as tables.

    Args:
        settings: As given.
        own: Metrics that no package provides.

    Raises:
        RequestError: If one is malformed.
    """
    from mtbench.config import metric_card
    from mtbench.plugins import METRICS

    found = _by_metric(settings)
    for metric in found:
        if metric not in own and metric_card(metric) is None:
            METRICS.get(metric)
    return found


def _by_metric(settings: Sequence[str]) -> dict[str, dict[str, Json]]:
    found: dict[str, dict[str, Json]] = {}
    for setting in settings:
        left, equals, value = setting.partition("=")
        metric, dot, key = left.partition(".")
        if not (equals and dot and key):
            raise RequestError(
                f"--metric-option: not METRIC.KEY=VALUE: {setting!r}",
                hint="such as bleu.tokenize=zh",
            )
        found.setdefault(metric, {})[key] = _value(value)
    return found


def _value(text: str) -> Json:
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            number = kind(text)
        except ValueError:
            continue
        return number if math.isfinite(number) else text
    return text


BAR_SECONDS = 0.5  # that a stage takes before it has a bar: files are read in less
LINE_SECONDS = 60.0  # between two lines of progress, where there is no terminal


def say_unfit_name(folder: Path, *, quiet: bool) -> None:
    """Says before a corpus is written that its folder has a name which no results can have."""
    from mtbench.config import NAME

    if not quiet and not NAME.match(folder.absolute().name):
        say(
            f"{folder}: evaluate takes no corpus of such a name: choose another -o, or rename it "
            "(letters, digits and . _ + @ -, starting with a letter or digit)"
        )


class ConsoleWatcher:
    """Shows what happens on stderr: bars on a terminal, elsewhere a line per minute.

    Args:
        quiet: Say nothing.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._bars = not quiet and sys.stderr.isatty()
        self._progress: Progress | None = None
        self._timer: threading.Timer | None = None
        self._task: TaskID | None = None
        self._stage, self._total, self._done = "", 0, 0
        self._began = self._said = 0.0
        self._born, self._born_cpu = time.monotonic(), _cpu()
        self._began_cpu = 0.0
        self._spent: dict[str, tuple[float, float]] = {}

    def say(self, line: str) -> None:
        """One line for the user."""
        if not self._quiet:
            say(f"mtbench: {printable(line)}")

    def start(self, what: str, total: int) -> None:
        """A stage begins."""
        self._stage, self._total, self._done = what, total, 0
        self._began = self._said = time.monotonic()
        self._began_cpu = _cpu()
        if self._bars:
            # Also where the first step is long in coming.
            self._timer = threading.Timer(BAR_SECONDS, self._show_bar)
            self._timer.daemon = True
            self._timer.start()

    def _show_bar(self) -> None:
        """A bar, once a stage has taken so long that it is worth one."""
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
        )
        progress = Progress(*columns, console=Console(stderr=True), transient=True)
        progress.start()
        self._task = progress.add_task(
            self._stage, total=self._total, completed=self._done, rate=""
        )
        self._progress = progress

    def advance(self, steps: int) -> None:
        """So many more steps are done."""
        self._done += steps
        if self._progress is None or self._task is None:
            now = time.monotonic()
            if not self._bars and now - self._said >= LINE_SECONDS:
                self._said = now
                self.say(self._how_far(now - self._began))
            return
        self._progress.advance(self._task, steps)
        speed = self._progress.tasks[0].speed
        self._progress.update(self._task, rate=f"{speed:.1f}/s" if speed else "")

    def _how_far(self, seconds: float) -> str:
        so_far = f"{self._stage}: {self._done:,} of {self._total:,}"
        if not self._done:  # weights that take long to load
            return so_far
        left = (self._total - self._done) * seconds / self._done
        rate = f"{self._done / seconds:,.1f}/s"
        return f"{so_far}, {rate}, about {max(1, round(left / 60))} min left"

    def stop(self) -> None:
        """The stage is over."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()
            self._timer = None
        wall, cpu = self._spent.get(self._stage, (0.0, 0.0))
        wall, cpu = wall + time.monotonic() - self._began, cpu + _cpu() - self._began_cpu
        self._spent[self._stage] = wall, cpu
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def say_where_time_went(self) -> None:
        """One line on the seconds of each stage, the longest first, and of all else.

        Processor seconds, those of processes that have ended included, stand in brackets.
        """
        whole, cpu = time.monotonic() - self._born, _cpu() - self._born_cpu
        stages = sorted(self._spent.items(), key=lambda one: -one[1][0])
        of_stages = [sum(spent) for spent in zip((0.0, 0.0), *self._spent.values(), strict=True)]
        rest = max(0.0, whole - of_stages[0]), max(0.0, cpu - of_stages[1])
        stages.append(("reading, digests, resampling and files", rest))
        parts = [f"{stage} {wall:.1f} s ({used:.1f} s)" for stage, (wall, used) in stages]
        self.say(f"where {whole:.1f} s ({cpu:.1f} s CPU) went: {', '.join(parts)}")


def _cpu() -> float:
    """Processor seconds of this process and of those that it has seen end."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def grid(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A plain table; as wide as the terminal, or as its content where there is none."""
    import io
    import shutil

    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in header:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if terminal else 1000
    stream = io.StringIO()
    Console(file=stream, width=width, force_terminal=terminal).print(table)
    return "\n".join(line.rstrip() for line in stream.getvalue().split("\n"))


def emit_unfinished(error: Unfinished, style: str, *, verbose: bool) -> None:
    """The leaderboard of what did not fail; in JSON with the error, which then ends it all."""
    from mtbench.report.render import render

    if style == "json":
        emit_failed(error.board.model_dump(mode="json"), error)
    emit(render(error.board, style, verbose=verbose))
