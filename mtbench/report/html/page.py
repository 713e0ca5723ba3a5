"""Content → the files of a report."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shlex
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

from mtbench.report import words
from mtbench.report.html import badges, belief, payload, wording
from mtbench.report.html.content import Content, SetContent
from mtbench.report.html.parts_table import part_tables
from mtbench.report.html.sampling import Sample, sample
from mtbench.types import Cell, Json, RunRecord, Table

SINGLE_FILE_BYTES = 20_000_000  # of packed segments: what can still be mailed

STYLES = ("style.css",)
SCRIPTS = (
    "vendor/vendor.js", "core.js", "saving.js", "sheets.js", "data.js", "boards.js", "plots.js",
    "difference.js", "segments.js", "detail.js", "compare.js", "main.js",
)  # fmt: skip
BAR_WIDTH = 96.0


def pages(content: Content, *, single_file_bytes: int = SINGLE_FILE_BYTES) -> dict[str, str]:
    """The files of a report: relative path → text.

    One ``index.html`` that needs nothing else; above a size, ``segments-N-M.js`` beside it, which
    a page opened from disk may load where it may not fetch.

    Args:
        content: What to show.
        single_file_bytes: The most bytes of packed segments inside the page.
    """
    directions = {name: info.higher_is_better for name, info in content.board.metrics.items()}
    samples = [sample(one, directions, content.seed) for one in content.sets]
    packed = {
        f"{at}-{number}": text
        for at, (one, held) in enumerate(zip(content.sets, samples, strict=True))
        for number, text in enumerate(payload.parts(held.content if held else one, directions))
    }
    inside = sum(map(len, packed.values())) <= single_file_bytes
    files = {"index.html": _index(content, packed if inside else None, samples)}
    if not inside:
        for name, text in packed.items():
            files[f"segments-{name}.js"] = f'mtbenchPart("{name}","{text}");\n'
    return files


def _index(
    content: Content, packed: Mapping[str, str] | None, samples: Sequence[Sample | None]
) -> str:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_asset),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["json_island"] = json_island
    environment.filters["breakable"] = breakable
    style = "".join(_asset(name) for name in STYLES)
    # One element a library, so that a fault in one is seen where it is.
    scripts = [_asset(SCRIPTS[0]), "".join(_asset(name) for name in SCRIPTS[1:])]
    facts = payload.facts(content, samples)
    return environment.get_template("page.html.j2").render(
        content=content,
        policy=policy(style, scripts, parts_outside=packed is None),
        style=safe(style),
        scripts=[safe(script) for script in scripts],
        facts={**facts, "inside": packed is not None},
        parts=packed or {},
        views=[
            _view(one, content) | {"sentence": held.sentence if held else ""}
            for one, held in zip(content.sets, samples, strict=True)
        ],
        beliefs=[belief.view(table) for table in content.meta],
        words=words,
        seconds_text=badges.seconds_text,
        version=content.board.mtbench_version,
    )


def safe(text: str) -> object:
    """Text of our own that stands in the page as it is.

    Raises:
        ValueError: If it could end the element it stands in.
    """
    import markupsafe

    if "</s" in text.lower() or "<!--" in text:
        raise ValueError("a script or style that ends its own element")
    return markupsafe.Markup(text)  # noqa: S704 - assets of this package, checked above


def json_island(value: Json) -> object:
    """JSON that may hold any text, for a script element of type ``application/json``."""
    import markupsafe

    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return markupsafe.Markup(text)  # noqa: S704 - nothing that HTML knows is left in it


def breakable(text: str) -> object:
    """A name that may be broken after its separators."""
    import markupsafe

    parts = re.split(r"(?<=[-_./:])(?=[^-_./:])", text)
    return markupsafe.Markup("<wbr>").join(parts)


def policy(style: str, scripts: list[str], *, parts_outside: bool) -> str:
    """The content security policy: these scripts and styles, and nothing else from anywhere."""
    allowed = " ".join(_hash(script) for script in scripts)
    files = " 'self'" if parts_outside else ""
    return (
        f"default-src 'none'; script-src {allowed}{files}; style-src {_hash(style)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


@cache
def _asset(name: str) -> str:
    folder = resources.files("mtbench.report.html") / "assets"
    return folder.joinpath(*name.split("/")).read_text(encoding="utf-8")


# --- what the template shows of a test set ---------------------------------------------------


def _view(one: SetContent, content: Content) -> dict[str, object]:
    table = one.table
    metrics = content.board.metrics
    shown = [m for m in table.metrics if any(_scored(r.cells.get(m)) for r in table.rows)]
    # What rows are ranked by stands beside their names, also where a screen shows little more.
    shown.sort(key=lambda metric: metric != table.rank_metric)
    rank_info = metrics.get(table.rank_metric) if table.rank_metric else None
    tests = wording.paired_tests(table)
    infos = {m: metrics.get(m) for m in shown}
    titles = {m: words.column(m, infos[m]) for m in shown}
    seconds = {row.system: badges.seconds(row, one.runs.get(row.system)) for row in table.rows}
    return {
        "set": one,
        "table": table,
        "anchor": f"{table.corpus}/{table.pair}",
        "circumstances": words.circumstances(table),
        "metrics": shown,
        "badges": {row.system: list(badges.badges(one, row)) for row in table.rows},
        "seconds": seconds,
        # A column in which no candidate has a number says nothing.
        "timed": any(seconds[row.system] is not None for row in table.rows if not row.baseline),
        "parts": list(part_tables(one, titles, infos)),
        "rank_metric": table.rank_metric,
        "bars": {m: _bars(table, m) for m in shown},
        "columns": titles,
        "infos": infos,
        "detectable": wording.detectable(table, tests, rank_info),
        "signatures": list(words.signatures(table)),
        "notes": words.system_notes(table),
        "commands": list(commands(one, content.results)),
        "runs": [_run(name, run) for name, run in one.runs.items()],
    }


def _scored(cell: Cell | None) -> bool:
    return cell is not None and cell.score is not None


def _bars(table: Table, metric: str) -> dict[str, dict[str, float]]:
    """System → where its interval lies on a bar that spans the candidates' intervals."""
    rows = [row for row in table.rows if _scored(row.cells.get(metric))]
    # A baseline or a partial score far off would press the candidates together; without any of
    # these it is all there is.
    drawn = [row for row in rows if not row.baseline and not row.cells[metric].partial] or rows
    cells = {row.system: row.cells[metric] for row in drawn}
    ends = [
        end
        for cell in cells.values()
        for end in (
            cell.score,
            cell.interval.low if cell.interval else None,
            cell.interval.high if cell.interval else None,
        )
        if end is not None
    ]
    least, most = min(ends), max(ends)
    span = (most - least) or 1.0

    def place(value: float) -> float:
        return round(4 + (BAR_WIDTH - 8) * (value - least) / span, 2)

    found = {}
    for system, cell in cells.items():
        score = cell.score or 0.0
        low = cell.interval.low if cell.interval else score
        high = cell.interval.high if cell.interval else score
        found[system] = {"low": place(low), "high": place(high), "score": place(score)}
    return found


def _run(name: str, run: RunRecord) -> dict[str, object]:
    return {
        "system": name,
        "run": run,
        "backend": run.card.backend,
        "record": json.dumps(run.model_dump(mode="json"), ensure_ascii=False, indent=1),
    }


def commands(one: SetContent, results: str) -> list[str]:
    """The commands that make a table again, as far as a command line can say it."""
    corpus, _, limit = one.table.corpus.partition("@first")
    found = []
    if one.models:
        parts = [["mtbench", "evaluate"], *(["--model", m] for m in one.models.values())]
        parts.append(["--corpus", corpus, "--pair", str(one.table.pair)])
        if limit:
            parts[-1] += ["--limit", limit]
        parts.append([p for m in one.table.metrics if m in one.scores for p in ("--metric", m)])
        parts.append(["--results", results])
        found.append(" \\\n  ".join(shlex.join(part) for part in parts if part))
    for name, run in one.runs.items():
        if name not in one.models:
            options = json.dumps(run.card.options, ensure_ascii=False)
            said = f"# {run.card.name}: --model {run.card.backend}:… with options {options}"
            found.append(" ".join(said.splitlines()))
    found.append(shlex.join(["mtbench", "verify", results]))
    return found
