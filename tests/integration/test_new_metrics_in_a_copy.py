"""A metric with weights of its own and a segment-wise one: one file and one line each."""

from __future__ import annotations

import filecmp
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import mtbench
from tests.support.killing import SECONDS
from tests.support.workspace import SENTENCES

WEIGHTY = '''
"""A metric whose weights are a file."""
from __future__ import annotations
from pathlib import Path
from mtbench.errors import MissingWeights
from mtbench.plugins import MeanMetric, Scorer
from mtbench.types import MetricInfo, Record, Signature

class Weighty(MeanMetric):
    place = 95
    primary = 5

    class Options(Record):
        model: str = "weights.bin"

    @property
    def info(self):
        return MetricInfo(name="weighty", title="Weighty", needs=("source",), neural=True,
                          licence="CC0-1.0")

    def signature(self, view):
        return Signature.of(weights=self.options.model)

    def check(self, view=None):
        if view is not None and not Path(self.options.model).is_file():
            raise MissingWeights("no weights", hint="mtbench metrics fetch weighty")

    def fetch(self):
        Path(self.options.model).write_bytes(b"12")
        return (Path(self.options.model),)

    def __enter__(self):
        self._factor = float(Path(self.options.model).read_bytes())
        return self

    def prepare(self, view):
        return _Scorer(self._factor)

class _Scorer(Scorer):
    def __init__(self, factor):
        self._factor = factor

    def statistics(self, outputs, advance=None):
        f = self._factor
        return {n: MeanMetric.rows([f * len(t) for t in ts]) for n, ts in outputs.items()}
'''
PICKY = '''
"""A metric that judges one segment after the other and refuses some."""
from __future__ import annotations
from mtbench.errors import SegmentError
from mtbench.plugins import SegmentMetric
from mtbench.types import MetricInfo, Signature

class Picky(SegmentMetric):
    @property
    def info(self):
        return MetricInfo(name="picky", title="Picky", needs=("source",))

    def signature(self, view):
        return Signature.of(picky="1")

    def judge(self, batch):
        return [SegmentError("too short") if len(c.hypothesis) < 35 else 1.0 for c in batch]
'''
LINES = (
    '    "weighty": "mtbench.metrics.weighty:Weighty",\n'
    '    "picky": "mtbench.metrics.picky:Picky",\n'
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    package = tmp_path / "site" / "mtbench"
    original = Path(mtbench.__file__).parent
    shutil.copytree(original, package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "metrics" / "weighty.py").write_text(WEIGHTY, encoding="utf-8")
    (package / "metrics" / "picky.py").write_text(PICKY, encoding="utf-8")
    table = package / "plugins.py"
    head, mark, tail = table.read_text("utf-8").partition("BUILTIN_METRICS: dict[str, str] = {\n")
    table.write_text(head + mark + LINES + tail, encoding="utf-8")
    return package


def touched(one: filecmp.dircmp[str], under: str = "") -> list[str]:
    found = [f"{under}{name}" for name in (*one.diff_files, *one.left_only)]
    for name, sub in one.subdirs.items():
        found += touched(sub, f"{under}{name}/")
    return sorted(name for name in found if "__pycache__" not in name)


def test_one_file_and_one_line_each(copy: Path, tmp_path: Path) -> None:
    original = Path(mtbench.__file__).parent
    assert touched(filecmp.dircmp(copy, original)) == [
        "metrics/picky.py",
        "metrics/weighty.py",
        "plugins.py",
    ]
    work = tmp_path / "work"
    (work / "corpora" / "news").mkdir(parents=True)
    rows = [
        json.dumps({"id": f"s{n}", "src": source, "ref": reference}) + "\n"
        for n, (source, reference) in enumerate(SENTENCES)
    ]
    (work / "corpora" / "news" / "en-it.jsonl").write_text("".join(rows), encoding="utf-8")
    (work / "one.txt").write_text("".join(f"{r}\n" for _, r in SENTENCES), encoding="utf-8")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "mtbench", *words],
            cwd=work, env={"PYTHONPATH": str(copy.parent), "PATH": "/usr/bin:/bin"},
            capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip

    evaluate = [
        *("evaluate", "--model", "hypotheses:one.txt", "--corpus", "news", "--pair", "en-it"),
        *("--metric", "weighty", "--metric", "picky", "--format", "json"),
    ]
    refused = run(*evaluate)
    assert refused.returncode == 3, refused.stderr
    assert "metrics fetch weighty" in refused.stdout + refused.stderr
    fetched = run("metrics", "fetch", "weighty")
    assert (fetched.returncode, fetched.stdout) == (0, "weights.bin\n")
    done = run(*evaluate)
    assert done.returncode == 4, done.stderr
    assert "picky gave" in done.stderr
    (table,) = json.loads(run("leaderboard", "--format", "json").stdout)["tables"]
    lengths = [len(reference) for _, reference in SENTENCES]
    cells = table["rows"][0]["cells"]
    assert cells["weighty"]["score"] == pytest.approx(12 * sum(lengths) / len(lengths))
    assert cells["picky"]["unjudged"] == sum(length < 35 for length in lengths)
    assert table["metrics"][-2:] == ["weighty", "picky"]
