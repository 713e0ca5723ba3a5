"""Entry point: the verbs, and how errors become exit codes."""

from __future__ import annotations

import errno
import gc
import json
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress

import click

from mtbench import __version__
from mtbench.cli.lazy import LazyGroup
from mtbench.cli.output import discard, emit, error_document, error_text, prepare, say, tell
from mtbench.errors import MtbenchError, RunFailed, Unavailable
from mtbench.files.inputs import name_pipes
from mtbench.interruptions import Ended, unmasked, unwind_when_asked_to_end

VERBS = {
    "init": ("mtbench.cli.init:init", "Write a small workspace to begin with."),
    "corpus": ("mtbench.cli.corpus:corpus", "Build, import, list, show and validate corpora."),
    "models": ("mtbench.cli.models:models", "List, show and check the candidate systems."),
    "metrics": ("mtbench.cli.metrics:metrics", "List metrics and what they need."),
    "translate": ("mtbench.cli.translate:translate", "Translate only."),
    "score": ("mtbench.cli.score:score", "Score hypotheses that exist already."),
    "evaluate": ("mtbench.cli.evaluate:evaluate", "Translate, score, print the leaderboard."),
    "leaderboard": ("mtbench.cli.leaderboard:leaderboard", "Print the table of stored results."),
    "compare": ("mtbench.cli.compare:compare", "Compare two leaderboards; gate a change."),
    "report": ("mtbench.cli.report:report", "Write a page with tables, plots and every segment."),
    "segments": ("mtbench.cli.segments:segments", "Show segments: worst, best, flagged."),
    "meta": ("mtbench.cli.meta:meta", "Say how far metrics agree with human scores."),
    "scores": ("mtbench.cli.scores:scores", "Take segment scores that were made elsewhere."),
    "human": ("mtbench.cli.human:human", "Have segments judged; from few to the whole set."),
    "verify": ("mtbench.cli.verify:verify", "Check stored results against what made them."),
    "doctor": ("mtbench.cli.doctor:doctor", "Say what can run here and what is missing."),
    "completion": (
        "mtbench.cli.completion_install:completion",
        "Complete commands and names by the Tab key.",
    ),
}

INTERRUPTED = 130
BUG = 70
_OF_THE_MACHINE = frozenset(
    getattr(errno, name)
    for name in (
        *("EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT", "EFBIG", "EIO", "EMFILE", "ENFILE"),
        *("ELOOP", "ENAMETOOLONG", "ENOTDIR", "EISDIR", "ESTALE", "ENXIO", "ENOLCK", "ENOMEM"),
    )
    if hasattr(errno, name)
)
"""What a disk or its rights say that no bug has made, wherever a program meets it."""


@click.group(
    cls=LazyGroup,
    verbs=VERBS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: mtbench evaluate --model identity --corpus china-blockchain --pair en-it",
)
@click.version_option(__version__, prog_name="mtbench")
@click.pass_context
def cli(context: click.Context) -> None:
    """Evaluate machine translation: translate a corpus, score the output, compare systems."""
    if context.invoked_subcommand is None:
        from mtbench.cli.beginning import next_steps
        from mtbench.config import workspace

        steps = next_steps(workspace())
        wide = max(len(words) for words, _ in steps)
        emit("\n".join(f"{words:{wide}}  {command}" for words, command in steps))


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line and leaves with its exit code."""
    prepare()
    unwind_when_asked_to_end()
    # A test set is a million records that stay: looking through them for cycles again and again
    # took a third of the time.
    gc.set_threshold(200_000, 20, 100)
    if "_MTBENCH_COMPLETE" in os.environ:  # asked by a shell for completions
        cli.main(prog_name="mtbench")
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: Sequence[str]) -> int:
    """Runs the command line.

    Returns:
        The exit code.
    """
    try:
        with unmasked():
            arguments = name_pipes(arguments)
            with cli.make_context("mtbench", list(arguments)) as context:
                cli.invoke(context)
        return 0
    except click.exceptions.Exit as done:
        return done.exit_code
    except MtbenchError as error:
        if error.exit_code == RunFailed.exit_code and _verbose(arguments):
            _show_trace(error)
        return _report(error.lines(), error.exit_code, arguments)
    except click.UsageError as error:
        return _usage(error, arguments)
    except click.ClickException as error:
        return _report([error.format_message()], 2, arguments)
    except (KeyboardInterrupt, click.Abort) as stop:
        if isinstance(stop, Ended) and stop.signal != signal.SIGINT:
            words = f"ended by {stop.signal.name}; what was finished is kept"
            return _report([words], 128 + stop.signal, arguments)
        return _report(["interrupted; what was finished is kept"], INTERRUPTED, arguments)
    except BrokenPipeError:  # of "--help | head"; our own output is cared for where it is made
        discard(sys.stdout)
        return 0
    except Exception as error:  # noqa: BLE001 - the last resort: every bug ends here
        return _unforeseen(error, arguments)


def _usage(error: click.UsageError, arguments: Sequence[str]) -> int:
    no_arguments = getattr(click.exceptions, "NoArgsIsHelpError", None)
    if error.ctx and no_arguments is not None and isinstance(error, no_arguments):
        say(error.ctx.get_help())
        return 2
    command = error.ctx.command_path if error.ctx else "mtbench"
    return _report([error.format_message(), f"see {command} --help"], 2, arguments)


def _report(lines: Sequence[str], code: int, arguments: Sequence[str]) -> int:
    if _wants_json(arguments):
        with suppress(Unavailable):  # the code says enough where nothing can be written
            emit(json.dumps(error_document(lines, code), ensure_ascii=False))
    else:
        say(error_text(lines))
    return code


def _unforeseen(error: BaseException, arguments: Sequence[str]) -> int:
    if _verbose(arguments):
        _show_trace(error)
    if isinstance(error, OSError) and error.errno in _OF_THE_MACHINE:
        place = f"{os.fsdecode(error.filename)}: " if error.filename is not None else ""
        return _report([f"{place}{error.strerror}"], Unavailable.exit_code, arguments)
    lines = [f"a bug in mtbench: {type(error).__name__}: {error}"]
    if not _verbose(arguments):
        lines.append("run it again with -v for the traceback, and please report it")
    return _report(lines, BUG, arguments)


def _show_trace(error: BaseException) -> None:
    import traceback

    tell("".join(traceback.format_exception(error)))


def _verbose(arguments: Sequence[str]) -> bool:
    return "-v" in arguments or "--verbose" in arguments


def _wants_json(arguments: Sequence[str]) -> bool:
    return " --format json " in f" {' '.join(arguments).replace('=', ' ')} "
