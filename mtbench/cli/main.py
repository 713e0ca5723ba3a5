"""Entry point: the verbs, and how errors become exit codes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence

import click

from mtbench import __version__
from mtbench.cli.lazy import LazyGroup
from mtbench.errors import MtbenchError

VERBS = {
    "corpus": ("mtbench.cli.corpus:corpus", "Build, import, list, show and validate corpora."),
    "models": ("mtbench.cli.models:models", "List, show and check the candidate systems."),
    "metrics": ("mtbench.cli.metrics:metrics", "List metrics and what they need."),
    "translate": ("mtbench.cli.translate:translate", "Translate only."),
    "score": ("mtbench.cli.score:score", "Score hypotheses that exist already."),
    "evaluate": ("mtbench.cli.evaluate:evaluate", "Translate, score, print the leaderboard."),
    "leaderboard": ("mtbench.cli.leaderboard:leaderboard", "Print the table of stored results."),
    "compare": ("mtbench.cli.compare:compare", "Compare two leaderboards; gate a change."),
    "verify": ("mtbench.cli.verify:verify", "Check stored results against what made them."),
    "doctor": ("mtbench.cli.doctor:doctor", "Say what can run here and what is missing."),
}

INTERRUPTED = 130
BUG = 70


@click.group(
    cls=LazyGroup,
    verbs=VERBS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: mtbench evaluate --model identity --corpus china-blockchain --pair en-it",
)
@click.version_option(__version__, prog_name="mtbench")
def cli() -> None:
    """Evaluate machine translation: translate a corpus, score the output, compare systems."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line and leaves with its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(run(given))


def run(arguments: Sequence[str]) -> int:
    """Runs the command line.

    Returns:
        The exit code.
    """
    try:
        code = cli.main(args=list(arguments), prog_name="mtbench", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except MtbenchError as error:
        return _report(error.lines(), error.exit_code, arguments)
    except click.UsageError as error:
        hint = f"see {error.ctx.command_path} --help" if error.ctx else "see mtbench --help"
        return _report([error.format_message(), hint], 2, arguments)
    except click.ClickException as error:
        return _report([error.format_message()], 2, arguments)
    except (KeyboardInterrupt, click.Abort):
        return _report(["interrupted; what was finished is kept"], INTERRUPTED, arguments)
    except BrokenPipeError:
        # The reader of our output has gone; without this Python complains at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - the last resort: every bug ends here
        return _bug(error, arguments)


def _report(lines: Sequence[str], code: int, arguments: Sequence[str]) -> int:
    if _wants_json(arguments):
        message, *rest = lines
        document = {"error": {"message": message, "details": rest, "exit_code": code}}
        click.echo(json.dumps(document, ensure_ascii=False))
    else:
        first, *rest = (line.replace("\n", " ") for line in lines)
        click.echo("\n".join([f"mtbench: {first}", *(f"  {line}" for line in rest)]), err=True)
    return code


def _bug(error: Exception, arguments: Sequence[str]) -> int:
    lines = [f"a bug in mtbench: {type(error).__name__}: {error}"]
    if "-v" in arguments or "--verbose" in arguments:
        import traceback

        click.echo("".join(traceback.format_exception(error)), err=True)
    else:
        lines.append("run it again with -v for the traceback, and please report it")
    return _report(lines, BUG, arguments)


def _wants_json(arguments: Sequence[str]) -> bool:
    return " --format json " in f" {' '.join(arguments).replace('=', ' ')} "
