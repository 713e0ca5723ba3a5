"""The reference pages, made from the code: ``python -m tests.docs.reference``."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel

from mtbench import errors
from mtbench.cli.lazy import LazyGroup
from mtbench.cli.main import BUG, INTERRUPTED, cli
from mtbench.plugins import BUILTIN_BACKENDS, BUILTIN_METRICS, make_metric
from mtbench.report import csv_table
from mtbench.types import (
    CorpusCard,
    Interval,
    Leaderboard,
    MetricInfo,
    Record,
    Row,
    RunRecord,
    Runtime,
    Score,
    SystemCard,
    Table,
    TermRecall,
    TestSetFacts,
)
from mtbench.types.findings import LeaderboardDiff, PairedTest, RowDiff
from tests.docs.reference_text import (
    call,
    described,
    fields_table,
    methods,
    page,
    parts,
    signature,
    summary,
    table,
)

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
WIDTH = 96

IN_FILES: dict[type[Record], str] = {
    CorpusCard: "`corpora/NAME/card.toml`",
    SystemCard: "`models/NAME.toml`; the file's name is `name`",
    RunRecord: "`results/CORPUS/SRC-TGT/SYSTEM/run.json`",
    Score: "`results/CORPUS/SRC-TGT/SYSTEM/scores/METRIC@SIGNATURE.json`, beside `statistics`, "
    "`segment_ids` and `segment_scores`",
    Leaderboard: "what `leaderboard --format json` prints",
    LeaderboardDiff: "what `compare --format json` prints",
}
INSIDE: tuple[type[Record], ...] = (
    Table, Row, TermRecall, Interval, MetricInfo, TestSetFacts, PairedTest, RowDiff,
)  # fmt: skip
PUBLIC = (
    "mtbench", "mtbench.plugins", "mtbench.seams", "mtbench.types", "mtbench.languages",
    "mtbench.testing",
)  # fmt: skip
# Of the records, those that back ends and metrics meet; the others stand in the page on records.
MET = (
    "Candidate", "Judged", "MetricInfo", "Record", "Runtime", "ScoringView", "Signature", "Source",
    "TestSet", "Translation",
)  # fmt: skip
COLUMNS = {
    "corpus": "name of the corpus",
    "src": "source language, BCP 47",
    "tgt": "target language",
    "system": "name of the system",
    "segments": "segments of the test set",
    "rank": "rank of the system's cluster; empty where nobody can be ranked, and for baselines",
    "rank_low": "best rank that the system itself can have: its losses + 1",
    "rank_high": "worst rank that it can have: the ranked systems less its wins",
    "cluster": "number of the cluster, from 1",
    "METRIC": "score, six decimals; empty for no score",
    "METRIC_ci_low": "lower end of the 95 % interval",
    "METRIC_ci_high": "upper end",
    "METRIC_signature": "how it was computed",
    "failures": "segments without a translation",
    "off_target": "hypotheses that are surely in another language; empty where nobody looked",
    "empty": "empty hypotheses",
    "copied": "hypotheses equal to their source",
    "length_ratio": "characters of the output for each of the reference",
    "seconds_per_segment": "time of translation",
    "rank_metric": "the metric of the rank",
    "testset_digest": "SHA-256 of the test set",
    "output_digest": "SHA-256 of the output",
    "mtbench_version": "what wrote the file",
    "term_recall": "share of its glossary's terms that the system used; these three columns are "
    "there where a system has a glossary",
    "terms_asked": "terms that its sources hold, counted by segment",
    "terms_used": "of them those that its translations use",
    "notes": "what the row's numbers are not to be read without, in sentences",
}


def commands(
    group: click.Command = cli, path: tuple[str, ...] = ("mtbench",)
) -> Iterator[tuple[str, click.Command]]:
    """Every command by its full name, groups first."""
    yield " ".join(path), group
    if isinstance(group, LazyGroup):
        with click.Context(group) as context:
            for name in group.list_commands(context):
                if importlib.util.find_spec(group._verbs[name][0].partition(":")[0]) is None:
                    continue
                command = group.get_command(context, name)
                assert command is not None
                yield from commands(command, (*path, name))


def help_text(name: str, command: click.Command) -> str:
    """What ``--help`` prints, at a fixed width."""
    parent = None
    for part in name.split()[:-1]:
        parent = click.Context(click.Command(part), parent=parent, info_name=part)
    settings = {"terminal_width": WIDTH, "max_content_width": WIDTH} | {
        "help_option_names": ["-h", "--help"]
    }
    context = click.Context(command, info_name=name.split()[-1], parent=parent, **settings)  # type: ignore[arg-type]
    return command.get_help(context)


def cli_page() -> str:
    """Every command's help."""
    blocks = [["What each command prints with `--help`."]]
    for name, command in commands():
        blocks.append([f"## {name}"])
        blocks.append(["```text", *help_text(name, command).splitlines(), "```"])
    return page("Commands", blocks)


def error_classes() -> list[type[errors.MtbenchError]]:
    """Every class of error, in the order of the module."""
    return [
        thing
        for thing in vars(errors).values()
        if inspect.isclass(thing) and issubclass(thing, errors.MtbenchError)
    ]


def exit_codes_page() -> str:
    """Exit codes, and the errors behind each."""
    codes = {
        0: "done; the answer, where there is one, is yes",
        1: "the answer is no",
        2: "the request is wrong: usage, options, a malformed card",
        3: "this machine cannot: a package, a program, weights or a server is missing",
        4: "a back end or metric failed while it ran; what was finished is kept",
        BUG: "a bug in mtbench; run it again with `-v` and report it",
        INTERRUPTED: "interrupted by Ctrl-C; what was finished is kept",
        143: "ended by SIGTERM (129 by SIGHUP); what was finished is kept",
    }
    classes = error_classes()
    missing = {kind.exit_code for kind in classes} - set(codes)
    if missing:
        raise SystemExit(f"exit codes without a meaning: {sorted(missing)}")
    rows = [(f"`{kind.__name__}`", str(kind.exit_code), summary(kind)) for kind in classes]
    return page(
        "Exit codes",
        [
            ["Every command ends with one of these."],
            table(("code", "meaning"), [(str(c), text) for c, text in codes.items()]),
            ["Messages go to standard error: what happened and where, why, what to do next."],
            ["## Errors"],
            ["The classes of `mtbench.errors`, for those who call mtbench from Python."],
            table(("class", "exit code", "meaning"), rows),
        ],
    )


def records_page() -> str:
    """Records, the files they stand in, and the columns of the CSV."""
    blocks = [
        [
            "What stands in files, and what `--format json` prints. Every record refuses unknown",
            "fields. Their JSON schemas lie beside this page, in `schemas/`. For the lines of a",
            "corpus see [Corpus files](corpus-files.md).",
        ],
        ["## Files"],
        table(
            ("file", "record"),
            [
                (
                    where,
                    f"[{k.__name__}](#{k.__name__.lower()}), [schema](schemas/{k.__name__}.json)",
                )
                for k, where in IN_FILES.items()
            ],
        ),
        [
            "A line of `results/CORPUS/SRC-TGT/SYSTEM/output.jsonl` has an `id` and `mt`, the",
            "translation; where there is none, `mt` is null and `failure` says why. Further keys",
            "are what the back end told beside the text.",
        ],
        ["## Columns of the leaderboard CSV"],
        [
            "RFC 4180, UTF-8, sorted by corpus, direction and system. For each metric there are",
            "four columns. A text that a spreadsheet would run begins with an apostrophe.",
        ],
        table(("column", "meaning"), [(f"`{c}`", COLUMNS[c]) for c in csv_columns()]),
    ]
    for kind in (*IN_FILES, *INSIDE):
        blocks += [[f"## {kind.__name__}"], [summary(kind)], fields_table(kind)]
    return page("Records and files", blocks)


def csv_columns() -> list[str]:
    """Columns of a leaderboard with one metric called METRIC."""
    scores = [f"METRIC{suffix}" for suffix in csv_table.METRIC_SUFFIXES]
    return [*csv_table.LEADING, *scores, *csv_table.TRAILING, *csv_table.TERMS]


def metrics_page() -> str:
    """Built-in metrics with what they say of themselves."""
    blocks = [
        [
            "What the built-in metrics say of themselves. `mtbench metrics list` also shows",
            "plug-ins, signatures, and whether each can run here. An option is given as",
            "`--metric-option METRIC.OPTION=VALUE`.",
        ]
    ]
    for name in BUILTIN_METRICS:
        metric = make_metric(name, {}, Runtime())
        info = metric.info
        bounds = "none" if info.bounds is None else f"{info.bounds[0]:g} to {info.bounds[1]:g}"
        facts = [
            ("direction", "higher is better" if info.higher_is_better else "lower is better"),
            ("bounds", bounds),
            ("needs", ", ".join(("hypothesis", *info.needs))),
            ("a segment's score", info.segment_level),
            ("licence", info.licence),
            ("reference", info.reference or "–"),
            ("extra", f"`mtbench-eval[{info.extra}]`" if info.extra else "none"),
        ]
        blocks += [[f"## {name}"], [f"{info.title}: {info.description}"], table(("", ""), facts)]
        blocks.append(fields_table(type(metric).Options, "option"))
    return page("Metrics", blocks)


def backends_page() -> str:
    """Options of the built-in back ends."""
    blocks = [
        [
            "Every option that `[options]` of a card may hold, by back end.",
            "What the back ends do stands in [Back ends](back-ends.md).",
        ]
    ]
    for name, path in BUILTIN_BACKENDS.items():
        module, _, attribute = path.partition(":")
        kind = getattr(importlib.import_module(module), attribute)
        blocks += [[f"## {name}"], [summary(kind)], fields_table(kind.Options, "option")]
    return page("Options of back ends", blocks)


def api_page() -> str:
    """Public modules and what is in them, each name once, where it is at home."""
    blocks = [
        [
            "What may be imported from outside. Everything else may change between minor versions.",
            "Names starting with an underscore are private everywhere. Records that stand in files",
            "have [a page of their own](records.md), and so have [errors](exit-codes.md#errors).",
        ]
    ]
    for name in PUBLIC:
        module = importlib.import_module(name)
        blocks += [[f"## {name}"], [summary(module)]]
        elsewhere: dict[str, list[str]] = {}
        for public in _public(name):
            thing = getattr(module, public)
            if not inspect.isclass(thing) and not inspect.isfunction(thing):
                continue
            home = _home(thing, name)
            if home != name:
                elsewhere.setdefault(home, []).append(f"[`{public}`](#{public.lower()})")
            else:
                blocks += _described(public, thing)
        blocks += [
            [f"Also here, from `{home}`: {', '.join(names)}."] for home, names in elsewhere.items()
        ]
    return page("Python API", blocks)


def _home(thing: Any, shown_in: str) -> str:
    """The public module that describes a thing."""
    where = str(thing.__module__)
    homes = [name for name in PUBLIC if where == name or where.startswith(f"{name}.")]
    homes = [name for name in homes if name != "mtbench"]
    return max(homes, key=len, default=shown_in)


def _described(name: str, thing: Any) -> Iterator[list[str]]:
    """A name with all that its docstring says, and its example."""
    yield [f"### {name}"]
    text = parts(thing)
    if inspect.isfunction(thing):
        yield ["```python", *call(name, thing), "```"]
    yield [text.words]
    if inspect.isclass(thing):
        yield from _members(thing)
    elif text.arguments:
        rows = [(f"`{one}`", said) for one, said in text.arguments.items()]
        yield table(("argument", "meaning"), rows)
    if text.raises:
        rows = [(f"`{one}`", said) for one, said in text.raises.items()]
        yield table(("raises", "when"), rows)
    yield ["```python", *text.example, "```"]


def _public(name: str) -> list[str]:
    module = importlib.import_module(name)
    if name == "mtbench.types":
        return list(MET)
    listed = getattr(module, "__all__", None)
    if listed is not None:
        return sorted(listed, key=str.lower)
    return sorted(
        (
            n
            for n, t in vars(module).items()
            if getattr(t, "__module__", "") == name and n[0] != "_"
        ),
        key=str.lower,
    )


def _members(kind: type) -> Iterator[list[str]]:
    if issubclass(kind, BaseModel):
        yield fields_table(kind)
    elif attributes := described(kind):
        yield table(("attribute", "meaning"), [(f"`{n}`", t) for n, t in attributes.items()])
    rows = [
        (f"`{name}{signature(member)}`", summary(member)) for name, member in methods(kind).items()
    ]
    if rows:
        yield table(("method", "meaning"), rows)


def pages() -> dict[Path, str]:
    """Every generated file, and what is to stand in it."""
    found = {
        REFERENCE / "cli.md": cli_page(),
        REFERENCE / "exit-codes.md": exit_codes_page(),
        REFERENCE / "records.md": records_page(),
        REFERENCE / "metrics.md": metrics_page(),
        REFERENCE / "back-end-options.md": backends_page(),
        REFERENCE / "python-api.md": api_page(),
    }
    for kind in IN_FILES:
        described_by = _without_examples(kind.model_json_schema())
        schema = json.dumps(described_by, ensure_ascii=False, indent=1, sort_keys=True)
        found[REFERENCE / "schemas" / f"{kind.__name__}.json"] = f"{schema}\n"
    return found


def _without_examples(schema: Any) -> Any:
    """A schema whose descriptions end before the example of the docstring."""
    if isinstance(schema, dict):
        return {key: _without_examples(value) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_without_examples(value) for value in schema]
    return schema.partition("\n\nExample:")[0] if isinstance(schema, str) else schema


def main() -> None:
    """Writes them."""
    for path, text in pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
