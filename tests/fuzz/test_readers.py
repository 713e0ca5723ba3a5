"""Whatever a file holds, its reader takes it or refuses it by name: never a bug, never a hang.

``MTBENCH_FUZZ=10000`` tries so many mutants for each reader.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sacrebleu

import mtbench
from mtbench.boards.comparison.leaderboard_csv import read_side
from mtbench.config import read_corpus_card, read_system_card
from mtbench.corpora.formats.importing import ImportRequest, import_corpus
from mtbench.corpora.load import read_segments
from mtbench.documents.read import read_paragraphs
from mtbench.errors import DataError, MtbenchError
from mtbench.files.jsonl import read_objects
from mtbench.files.writing import read_lines
from mtbench.judgements.read import read_judgements
from mtbench.languages import LanguagePair
from mtbench.results import Results
from tests.fuzz.mutants import mutants
from tests.support.workspace import SENTENCES, Space

MUTANTS = int(os.environ.get("MTBENCH_FUZZ", "300"))
SLOWEST = 5.0  # CPU seconds per mutant; a hang, not a measure
PAIR = LanguagePair.parse("en-it")
Reader = Callable[[Path], object]


def imported(path: Path) -> object:
    out = path.parent / "out"
    shutil.rmtree(out, ignore_errors=True)
    return import_corpus(ImportRequest(inputs=(str(path),), output=out, pairs=(PAIR,)))


def jsonl() -> str:
    return "".join(
        f'{{"id": "a/{n}", "src": "{s}", "ref": ["{r}"], "doc": "a", "alignment": 0.9}}\n'
        for n, (s, r) in enumerate(SENTENCES, start=1)
    )


def tmx() -> str:
    units = "".join(
        f'<tu tuid="{n}"><tuv xml:lang="en"><seg>{s}</seg></tuv>'
        f'<tuv xml:lang="it"><seg>{r} <ph type="lb"/></seg></tuv></tu>\n'
        for n, (s, r) in enumerate(SENTENCES)
    )
    head = '<?xml version="1.0"?>\n<tmx version="1.4"><header srclang="en"/>'
    return f"{head}<body>{units}</body></tmx>"


def wmt_xml() -> str:
    def lines(at: int) -> str:
        return "".join(f'<seg id="{n}">{pair[at]}</seg>' for n, pair in enumerate(SENTENCES, 1))

    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<dataset id="t"><doc origlang="en" id="d">\n'
        f'<src lang="en"><p>{lines(0)}</p></src>\n'
        f'<ref lang="it" translator="A"><p>{lines(1)}</p></ref></doc></dataset>'
    )


def table(mark: str) -> str:
    rows = (f'{n}{mark}"{s}"{mark}"{r}"' for n, (s, r) in enumerate(SENTENCES))
    return f"id{mark}src{mark}ref\n" + "\n".join(rows)


CARD = (
    'backend = "identity"\npairs = ["en-it"]\nlicence = "MIT"\ntrained_on = ["opus"]\n[options]\n'
)
CORPUS_CARD = 'title = "News"\nversion = "1.0"\nlicence = "MIT"\nreversible = true\n[files]\n'
BOARD = (
    "corpus,src,tgt,system,segments,rank,bleu,bleu_ci_low,bleu_ci_high,bleu_signature\n"
    "news,en,it,a,8,1,30.5,29.0,31.0,nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0\n"
)
HUMAN = 'system,id,score,rater\na,a/1,4.5,x\na,a/2,3.25,"y"\nb,a/1,1.0,x\nb,a/2,0,y\n'
MQM = (
    "system\tdoc\tdoc_id\tseg_id\trater\tsource\ttarget\tcategory\tseverity\n"
    "a\td\t1\t1\tr1\tOne\t<v>Uno</v>\tStyle/Awkward\tminor\n"
)
HTML = "<html><head><meta charset='utf-8'></head><body><article><p>One.</p><p>Two.</p></article>"
MHTML = (
    'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="b"\r\n\r\n--b\r\n'
    "Content-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable"
    "\r\n\r\n<html><body><p>One =E8 that is long enough=2E</p><p>Two.</p></body></html>\r\n--b\r\n"
    "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--b--\r\n"
)
DECLARED = (
    '<!DOCTYPE html><html><head><meta http-equiv="Content-Type" content="text/html; '
    'charset=utf-8"></head><body><p>One &egrave; two.</p><table><tr><td>a<td>b</table></body>'
)
TEXT = "\n\n".join(f"  {one}\n{two}" for one, two in SENTENCES)
MARKDOWN = "---\r\ntitle: x\r\n---\r\n# One\r\n\r\nText with `code`.\r\n\r\n- a\r\n- b\r\n"

READERS: dict[str, tuple[str, str, Reader]] = {
    "corpus": ("en-it.jsonl", jsonl(), lambda p: list(read_segments(p))),
    "corpus card": ("card.toml", CORPUS_CARD, lambda p: read_corpus_card(p.parent)),
    "model card": ("good.toml", CARD, read_system_card),
    "hypotheses": ("h.jsonl", '{"id": "1", "mt": "Uno"}\n', lambda p: list(read_objects(p))),
    "leaderboard": ("l.csv", BOARD, lambda p: read_side(p, known_metrics=("bleu",))),
    "human csv": ("h.csv", HUMAN, read_judgements),
    "human mqm": ("h.tsv", MQM, read_judgements),
    "tmx": ("x.tmx", tmx(), imported),
    "wmt xml": ("x.xml", wmt_xml(), imported),
    "jsonl": ("x.jsonl", jsonl(), imported),
    "tsv": ("x.tsv", table("\t"), imported),
    "csv": ("x.csv", table(","), imported),
    "html": ("x.html", HTML, lambda p: read_paragraphs(p, p.name)),
    "saved page": ("x.mhtml", MHTML, lambda p: read_paragraphs(p, p.name)),
    "declared page": ("x.txt", DECLARED, lambda p: read_paragraphs(p, p.name)),
    "text": ("x.txt", TEXT, lambda p: read_paragraphs(p, p.name)),
    "markdown": ("x.md", MARKDOWN, lambda p: read_paragraphs(p, p.name)),
}


def tried(
    read: Reader, path: Path, seed: bytes, count: int = MUTANTS
) -> Iterator[tuple[str, MtbenchError | None]]:
    for name, content in mutants(seed, count):
        path.write_bytes(content)
        began = time.thread_time()
        try:
            read(path)
        except MtbenchError as error:
            yield name, error
        except Exception as error:
            raise AssertionError(f"{name}: {content[:2000]!r}") from error
        else:
            yield name, None
        assert time.thread_time() - began < SLOWEST, name


@pytest.mark.parametrize("kind", READERS)
def test_taken_or_refused(kind: str, tmp_path: Path) -> None:
    name, text, read = READERS[kind]
    path = tmp_path / name
    path.write_text(text, "utf-8")
    read(path)  # the seed holds
    codes: Counter[int] = Counter()
    for which, error in tried(read, path, text.encode()):
        codes[error.exit_code if error else 0] += 1
        if error is not None:
            assert error.exit_code in (1, 2, 3), (which, error)
            assert 1 <= len(error.lines()) <= 3, which
            # Two segments of one id are found once all is read, and named by their numbers.
            assert path.name in str(error) or "same id" in str(error) or "the id" in str(error)
    assert sum(codes.values()) == MUTANTS
    print(kind, dict(codes))


STORED = ("run.json", "output.jsonl", "health.json", "scores/*.json")


@pytest.mark.parametrize("name", STORED)
def test_stored_results(name: str, space: Space) -> None:
    space.corpus()
    assert space("evaluate", "--model", "identity", "--metric", "bleu").code == 0
    folder = next(iter(Results(Path("results")).runs()))
    path = next(iter(folder.path.glob(name)))

    def read(_: Path) -> None:
        folder.read_run()
        folder.read_output()
        folder.read_health()
        for score in folder.score_paths():
            folder.read_result(score)

    for which, error in tried(read, path, path.read_bytes()):
        assert error is None or isinstance(error, DataError), (which, error)


def test_what_is_taken_scores_as_sacrebleu_has_it(tmp_path: Path) -> None:
    references = [reference for _, reference in SENTENCES]
    path, compared = tmp_path / "h.txt", 0
    for name, content in mutants("\n".join(references).encode(), min(MUTANTS, 90)):
        path.write_bytes(content)
        try:
            lines = [line for _, line in read_lines(path)]
        except DataError:
            continue
        if len(lines) != len(references) or any("\r" in line for line in lines):
            continue
        compared += 1
        found = {
            r["metric"]: r["score"]
            for r in mtbench.score(lines, references, pair="en-it").records()
        }
        bleu = sacrebleu.corpus_bleu(lines, [references]).score
        assert found["bleu"] == pytest.approx(bleu, abs=1e-9), name
        chrf = sacrebleu.corpus_chrf(lines, [references]).score
        assert found["chrf"] == pytest.approx(chrf, abs=1e-9), name
    assert compared > 10


def test_a_corpus_that_is_taken_scores_as_sacrebleu_has_it(tmp_path: Path) -> None:
    """Read by Python's own parser and counted by sacreBLEU, a damaged corpus that is taken."""
    path, compared = tmp_path / "en-it.jsonl", 0
    for name, content in mutants(jsonl().encode(), min(MUTANTS, 90), number=1):
        path.write_bytes(content)
        try:
            segments = [segment for _, segment in read_segments(path)]
        except DataError:
            continue
        text = content.decode("utf-8").removeprefix("\ufeff")
        rows = [json.loads(line) for line in text.split("\n") if line.strip()]
        plain = [r["ref"] if isinstance(r["ref"], str) else r["ref"][0] for r in rows if "ref" in r]
        if len(plain) != len(rows) or any(len(s.references) != 1 for s in segments):
            continue
        compared += 1
        assert [s.source.text for s in segments] == [row["src"] for row in rows], name
        hypotheses = [row["src"] for row in rows]
        found = mtbench.score(hypotheses, [s.references[0] for s in segments], pair="en-it")
        scores = {one["metric"]: one["score"] for one in found.records()}
        bleu = sacrebleu.corpus_bleu(hypotheses, [plain]).score
        assert scores["bleu"] == pytest.approx(bleu, abs=1e-9), name
    assert compared > 5
