"""``ct2`` against transformers called plainly, and against CTranslate2 called bare.

    python -m tests.bench.translate [--segments 160] [--beam 4] [--new-tokens 40]
    python -m tests.bench.translate --model FOLDER --corpus SRC-TGT.jsonl --new-tokens 200

By default the model has opus-mt-base's shape with random weights, made in a temporary folder, and
sub-words trained on the text. Random weights rarely end an output, so all sides write exactly
``--new-tokens`` sub-words a segment. That is kinder to batches in the order of the file than real
outputs are, which end sooner or later. And what int8 does to outputs cannot be seen there, as
random weights hold many near ties. For both give a really trained checkpoint and a corpus file
(``tests.recipes.marian`` makes them, also in this shape), by whose references both precisions are
scored.

CTranslate2 is called bare in both layouts, a worker a core and one worker on all cores; the better
of the two is what ``ct2`` is held against. The text is the WMT22 German news where it is there,
else that of the bundled corpus over and over. Times are the best of ``--repeats``,
all sides by turns, in wall seconds and in seconds of processor time over all threads. On a machine
that does nothing else the wall decides; where others are at work (the load average is printed), the
ratio to CTranslate2 bare is to be read by the processor, and that to transformers not at all: its
threads wait for each other by spinning.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from mtbench.backends.ctranslate2 import CTranslate2
from mtbench.checkpoints.tokenization import quiet
from mtbench.files.jsonl import read_objects
from mtbench.languages import LanguagePair
from mtbench.stages.translation import plan, translate
from mtbench.types import Finished, Runtime, Source
from tests.support.tiny_marian import BASE, make_marian

PLAIN, OURS = "transformers fp32, batches of 16", "ct2 int8"
ROOT = Path(__file__).resolve().parents[2]
WMT22 = ROOT.parent / "shared" / "wmt22" / "sources"
BUNDLED = ROOT / "corpora" / "china-blockchain" / "en-it.jsonl"


def real_text(count: int) -> tuple[str, list[str]]:
    """Sentences or paragraphs, and where they are from."""
    found = sorted(WMT22.glob("*.de"))
    if found:
        lines = [line for line in found[0].read_text("utf-8").splitlines() if line.strip()]
        return found[0].name, list(islice(cycle(lines), count))
    lines = [str(values["src"]) for _, values in read_objects(BUNDLED)]
    # A number before each repetition, so that no two are the same text.
    repeated = (f"{i}. {line}" for i, line in enumerate(cycle(lines)))
    return BUNDLED.parent.name, list(islice(repeated, count))


def corpus_text(path: Path, count: int) -> tuple[str, list[str], list[str]]:
    """Where texts are from, the first so many of them, and their references."""
    rows = [values for _, values in islice(read_objects(path), count)]
    sources, references = ([str(row[side]) for row in rows] for side in ("src", "ref"))
    return path.parent.name, sources, references


def written(folder: Path, texts: list[str]) -> int:
    """Sub-words in texts."""
    from transformers import MarianTokenizer

    with quiet():
        tokenizer = MarianTokenizer.from_pretrained(folder)
    return sum(map(len, tokenizer(text_target=texts)["input_ids"]))


def plain_transformers(
    folder: Path, texts: list[str], beam: int, longest: int
) -> Callable[[], list[str]]:
    """What a script does: batches of 16 in the order of the file."""
    import torch
    from transformers import MarianMTModel, MarianTokenizer

    with quiet():
        tokenizer = MarianTokenizer.from_pretrained(folder)
        model = MarianMTModel.from_pretrained(folder).eval()

    def run() -> list[str]:
        found: list[str] = []
        torch.set_num_threads(cores())  # CTranslate2 has set it to one
        with torch.inference_mode():
            for start in range(0, len(texts), 16):
                rows = tokenizer(texts[start : start + 16], return_tensors="pt", padding=True)
                made = model.generate(**rows, num_beams=beam, max_new_tokens=longest)
                found += tokenizer.batch_decode(made, skip_special_tokens=True)
        return found

    return run


def bare(
    weights: Path, folder: Path, texts: list[str], beam: int, longest: int, workers: int
) -> Callable[[], list[str]]:
    """CTranslate2 called bare, with the same batches; its workers share the cores."""
    import ctranslate2
    from transformers import MarianTokenizer

    with quiet():
        tokenizer = MarianTokenizer.from_pretrained(folder)
    translator = ctranslate2.Translator(
        str(weights),
        device="cpu",
        compute_type="int8",
        inter_threads=workers,
        intra_threads=cores() // workers,
    )

    def run() -> list[str]:
        rows = [tokenizer.convert_ids_to_tokens(tokenizer.encode(text)) for text in texts]
        results = translator.translate_batch(
            rows,
            beam_size=beam,
            max_decoding_length=longest,
            max_batch_size=CTranslate2.Options(model="x").batch_tokens,
            batch_type="tokens",
            max_input_length=0,
        )
        ids = [tokenizer.convert_tokens_to_ids(result.hypotheses[0]) for result in results]
        return [tokenizer.decode(row, skip_special_tokens=True) for row in ids]

    return run


def ours(backend: CTranslate2, texts: list[str]) -> Callable[[], list[str]]:
    """The back end driven by the translate stage, as an evaluation drives it."""
    sources = [Source(id=str(i), text=text) for i, text in enumerate(texts)]

    def run() -> list[str]:
        found: dict[str, Finished] = {}
        batches = plan(sources, backend, backend.runtime, frozenset())
        translate(batches, backend, lambda b: found.update((f.hypothesis.id, f) for f in b))
        return [found[source.id].hypothesis.text or "" for source in sources]

    return run


def timed(name: str, run: Callable[[], list[str]]) -> list[str]:
    wall, processor = time.perf_counter(), time.process_time()
    found = run()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    print(f"{name:34} {wall:7.2f} s wall {processor:7.2f} s processor", flush=True)
    before = TIMES.get(name, (wall, processor))
    TIMES[name] = min(before[0], wall), min(before[1], processor)
    return found


TIMES: dict[str, tuple[float, float]] = {}


def ratios(one: str, two: str) -> tuple[float, float]:
    """How many times as long the first takes, by the wall and by the processor."""
    (wall, processor), (other_wall, other_processor) = TIMES[one], TIMES[two]
    return wall / other_wall, processor / other_processor


def cores() -> int:
    return len(os.sched_getaffinity(0))


def report(whole: list[str], quantized: list[str], references: list[str] | None) -> None:
    import sacrebleu

    changed = sum(a != b for a, b in zip(whole, quantized, strict=True))
    bleu: Any = sacrebleu.corpus_bleu(quantized, [whole])
    print(
        f"int8 against ct2 float32: {changed / len(whole):.1%} of outputs changed, "
        f"BLEU of int8 with float32 as the reference {bleu.score:.1f}"
    )
    if references is not None:
        for name, outputs in (("float32", whole), ("int8", quantized)):
            found: Any = sacrebleu.corpus_bleu(outputs, [references])
            print(f"BLEU of {name} against the references {found.score:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--segments", type=int, default=160)
    parser.add_argument("--beam", type=int, default=4)
    parser.add_argument("--new-tokens", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--corpus", type=Path)
    given = parser.parse_args()
    references, pair = None, LanguagePair.parse("de-fr")
    if given.corpus:
        pair = LanguagePair.parse(given.corpus.stem)
        origin, texts, references = corpus_text(given.corpus, given.segments)
    else:
        origin, texts = real_text(given.segments)
    print(f"{len(texts)} segments of {origin}, beam {given.beam}, {cores()} cores, load "
          f"{os.getloadavg()[0]:.1f}")  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        folder = given.model or make_marian(
            Path(place) / "base",
            shape=BASE,
            steps=0,
            source="de",
            target="fr",
            lines=(tuple(texts), tuple(texts)),
            pieces_a_side=6000,
        )
        compare(folder, pair, texts, references, given, place)


def compare(
    folder: Path,
    pair: LanguagePair,
    texts: list[str],
    references: list[str] | None,
    given: Any,
    place: str,
) -> None:
    options = {"model": str(folder), "beam_size": given.beam, "max_new_tokens": given.new_tokens}
    runtime = Runtime(device="cpu", cache=place)
    made = {
        quantization: CTranslate2(
            CTranslate2.Options.model_validate({**options, "quantization": quantization}),
            pair,
            runtime,
        )
        for quantization in ("int8", "float32")
    }
    peer = plain_transformers(folder, texts, given.beam, given.new_tokens)
    with made["float32"] as backend:
        fp32 = timed("ct2 float32", ours(backend, texts))
    with made["int8"] as backend:
        weights = next(
            p.parent for p in Path(place).glob("ct2/*/model.bin")
            if '"int8"' in (p.parent / "mtbench.json").read_text()
        )  # fmt: skip
        limits = (texts, given.beam, given.new_tokens)
        layouts = {f"CTranslate2 bare, int8, {n} × {cores() // n}": n for n in {cores(), 1}}
        calls = {name: bare(weights, folder, *limits, n) for name, n in layouts.items()}
        mine = ours(backend, texts)
        for _ in range(given.repeats):  # turn by turn, so that all meet the same load
            plain = timed(PLAIN, peer)
            for name, call in calls.items():
                timed(name, call)
            int8 = timed(OURS, mine)
    if given.model:  # of the default model every output is as long as it may be
        for name, outputs in (("transformers", plain), ("ct2 float32", fp32), ("ct2 int8", int8)):
            print(f"{name} wrote {written(folder, outputs)} sub-words")
    wall, processor = ratios(PLAIN, OURS)
    print(f"{OURS} is {wall:.1f}× {PLAIN} by the wall, {processor:.1f}× by the processor")
    best = min(layouts, key=lambda name: TIMES[name][0])
    wall, processor = ratios(OURS, best)
    over = f"{wall - 1:+.1%} by the wall, {processor - 1:+.1%} by the processor"
    print(f"{OURS} takes over {best}: {over}")
    same = sum(a == b for a, b in zip(plain, fp32, strict=True))
    print(f"ct2 float32 writes what transformers does in {same} of {len(texts)} segments")
    report(fp32, int8, references)


if __name__ == "__main__":
    main()
