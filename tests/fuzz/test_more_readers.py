"""Spreadsheets, catalogues, Parquet and data-set folders, scores, plans: as the other readers.

What native code reads is read in a process of its own, which must not die.
"""

from __future__ import annotations

import csv
import io
import logging
import shutil
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from mtbench.cli.main import run
from mtbench.config import metric_card, workspace
from mtbench.corpora.formats.importing import ImportRequest, import_corpus
from mtbench.documents.pdf import read_pdf
from mtbench.documents.read import read_paragraphs
from mtbench.errors import DataError
from mtbench.pipeline.human_files import read_human_file, sheet
from tests.fuzz.in_child import Outcome, tried_in_child, written
from tests.fuzz.mutants import mutants
from tests.fuzz.packed import docx, odt, packed, packed_mutants
from tests.fuzz.test_readers import MUTANTS, PAIR, imported
from tests.support.pdf_pages import Placed, pdf
from tests.support.workspace import SENTENCES, Space

Seed = Callable[[], bytes]
COLUMNS = ("id", "src", "ref")


def rows() -> list[tuple[str, str, str]]:
    return [(f"a{n}", source, reference) for n, (source, reference) in enumerate(SENTENCES)]


def xlsx() -> bytes:
    return sheet(COLUMNS, rows())


def people() -> bytes:
    found = [(s, f"a{n}", f"{n % 5}.5") for s in ("one", "two") for n in range(8)]
    return sheet(("system", "id", "score"), found)


def ods() -> bytes:
    def row(cells: tuple[str, ...]) -> str:
        texts = "".join(
            f'<table:table-cell office:value-type="string"><text:p>{c}</text:p></table:table-cell>'
            for c in cells
        )
        return f"<table:table-row>{texts}</table:table-row>"

    name = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<?xml version="1.0"?><office:document-content xmlns:office="{name}:office:1.0" '
        f'xmlns:table="{name}:table:1.0" xmlns:text="{name}:text:1.0"><office:body>'
        f'<office:spreadsheet><table:table table:name="s">{"".join(map(row, [COLUMNS, *rows()]))}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        f'<manifest:manifest xmlns:manifest="{name}:manifest:1.0"><manifest:file-entry '
        f'manifest:full-path="/" manifest:media-type="{kind.decode()}"/></manifest:manifest>'
    )
    members = {"mimetype": kind, "content.xml": content.encode()}
    return packed({**members, "META-INF/manifest.xml": manifest.encode()})


def parquet() -> bytes:
    import pyarrow
    from pyarrow import parquet as files

    table = pyarrow.Table.from_pylist([dict(zip(COLUMNS, r, strict=True)) for r in rows()])
    stream = io.BytesIO()
    files.write_table(table, stream)
    return stream.getvalue()


PACKED: dict[str, tuple[str, Seed, Callable[[Path], object]]] = {
    "xlsx": ("x.xlsx", xlsx, imported),
    "ods": ("x.ods", ods, imported),
    "human xlsx": ("x.xlsx", people, read_human_file),
    "docx": ("x.docx", docx, lambda path: read_paragraphs(path, path.name)),
    "odt": ("x.odt", odt, lambda path: read_paragraphs(path, path.name)),
}


def checked(kind: str, tried: Iterable[Outcome], *names: str, count: int = MUTANTS) -> None:
    """Each ends in 0 to 3 with one to three lines that name the file, or what is made of it."""
    codes: Counter[int] = Counter()
    for outcome in tried:
        codes[outcome.code] += 1
        if outcome.code:
            assert outcome.code in (1, 2, 3), outcome
            assert 1 <= len(outcome.lines) <= 3, outcome
            text = " ".join(outcome.lines)
            assert any(name in text for name in (*names, "same id", "the id")), outcome
    assert sum(codes.values()) == count
    print(kind, dict(codes))


@pytest.mark.parametrize("kind", PACKED)
def test_spreadsheets(kind: str, tmp_path: Path) -> None:
    name, seed, read = PACKED[kind]
    path = tmp_path / name
    path.write_bytes(seed())
    read(path)
    found = tried_in_child(packed_mutants(seed(), MUTANTS), written(path), lambda: read(path))
    checked(kind, found, path.name)


def test_pdf(tmp_path: Path) -> None:
    """Few, for each is read in a process of its own."""
    path, count = tmp_path / "x.pdf", max(MUTANTS // 50, 6)
    lines = [Placed(72, 700 - 14 * n, source) for n, (_, source, _) in enumerate(rows())]
    seed = pdf([lines, lines])
    path.write_bytes(seed)
    read_paragraphs(path, path.name)
    found = tried_in_child(
        mutants(seed, count), written(path), lambda: read_paragraphs(path, path.name)
    )
    checked("pdf", found, path.name, count=count)


def test_what_reads_a_pdf_neither_dies_nor_hangs(tmp_path: Path) -> None:
    """As many as of any reader, without a process for each: there any exception is a refusal."""
    path = tmp_path / "x.pdf"
    lines = [Placed(72, 700 - 14 * n, source) for n, (_, source, _) in enumerate(rows())]
    logging.getLogger("pdfminer").setLevel(logging.CRITICAL)

    def read() -> None:
        try:
            read_pdf(path, path.name)
        except DataError:
            raise
        except Exception as error:
            raise DataError(f"{path.name}: {type(error).__name__}") from error

    found = tried_in_child(mutants(pdf([lines, lines]), MUTANTS), written(path), read)
    checked("pdf, in one process", found, path.name)


def test_cells_that_lie_too_far_apart(tmp_path: Path) -> None:
    """The reader would hold the rectangle between them, and end by a signal."""
    openpyxl = pytest.importorskip("openpyxl")

    book = openpyxl.load_workbook(io.BytesIO(xlsx()))
    book.active.cell(row=1_048_576, column=16_384).font = openpyxl.styles.Font(bold=True)
    path = tmp_path / "x.xlsx"
    book.save(path)
    imported(path)  # a format alone is no cell
    book.active.cell(row=1_048_576, column=16_384).value = "x"
    book.save(path)
    with pytest.raises(DataError, match=r"x\.xlsx: .* too far apart"):
        imported(path)
    old = zipfile.ZipFile(io.BytesIO(xlsx()))
    members = {name: old.read(name) for name in old.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    for beyond in (b'r="B' + b"9" * 300, b'r="AAAAA2'):
        path.write_bytes(packed({**members, sheet: members[sheet].replace(b'r="B2', beyond)}))
        with pytest.raises(DataError, match=r"x\.xlsx: .* too far apart"):
            imported(path)
    content = zipfile.ZipFile(io.BytesIO(ods())).read("content.xml")
    wide = content.replace(
        b"<table:table-cell ", b'<table:table-cell table:number-columns-repeated="2000000000" ', 1
    )
    path = tmp_path / "x.ods"
    path.write_bytes(
        packed(
            {"mimetype": zipfile.ZipFile(io.BytesIO(ods())).read("mimetype"), "content.xml": wide}
        )
    )
    with pytest.raises(DataError, match=r"x\.ods: .* too far apart"):
        imported(path)


def test_parquet(tmp_path: Path) -> None:
    path, seed = tmp_path / "x.parquet", parquet()
    path.write_bytes(seed)
    imported(path)
    found = tried_in_child(mutants(seed, MUTANTS), written(path), lambda: imported(path))
    checked("parquet", found, path.name)


@pytest.mark.parametrize("file", ["data-00000-of-00001.arrow", "dataset_info.json", "state.json"])
def test_saved_data_sets(file: str, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    folder = tmp_path / "set"
    columns = zip(COLUMNS, zip(*rows(), strict=True), strict=True)
    datasets.Dataset.from_dict({k: list(v) for k, v in columns}).save_to_disk(str(folder))
    path = folder / file
    seed = path.read_bytes()
    import_folder(folder)
    count = MUTANTS // 3
    found = tried_in_child(mutants(seed, count), written(path), lambda: import_folder(folder))
    checked(f"data set: {file}", found, folder.name, count=count)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # pandas leaves it
@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_data_set_folders(kind: str, tmp_path: Path) -> None:
    pytest.importorskip("datasets")
    folder = tmp_path / "set"
    folder.mkdir()
    path = folder / f"train.{kind}"
    text = {
        "jsonl": "".join(f'{{"id": "{i}", "src": "{s}", "ref": "{r}"}}\n' for i, s, r in rows()),
        "csv": "id,src,ref\n" + "".join(f'{i},"{s}","{r}"\n' for i, s, r in rows()),
    }
    seed = parquet() if kind == "parquet" else text[kind].encode()
    path.write_bytes(seed)
    import_folder(folder)
    count = MUTANTS // 6
    found = tried_in_child(mutants(seed, count), written(path), lambda: import_folder(folder))
    checked(f"data-set folder: {kind}", found, folder.name, count=count)


def import_folder(folder: Path) -> None:
    out = folder.parent / "out"
    shutil.rmtree(out, ignore_errors=True)
    import_corpus(ImportRequest(inputs=(str(folder),), output=out, pairs=(PAIR,)))


def xliff() -> str:
    units = "".join(
        f'<trans-unit id="{i}"><source>{s}</source><target state="final">{r} <x id="1"/></target>'
        "</trans-unit>\n"
        for i, s, r in rows()
    )
    return (
        '<?xml version="1.0"?>\n<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">'
        '<file original="a" source-language="en" target-language="it" datatype="plaintext"><body>\n'
        f"{units}</body></file></xliff>"
    )


def xliff2() -> str:
    units = "".join(
        f'<unit id="{i}"><segment state="final"><source>{s}</source><target>{r}</target></segment>'
        "</unit>\n"
        for i, s, r in rows()
    )
    return (
        '<?xml version="1.0"?>\n<xliff xmlns="urn:oasis:names:tc:xliff:document:2.0" version="2.0" '
        f'srcLang="en" trgLang="it"><file id="f">\n{units}</file></xliff>'
    )


def po() -> str:
    head = 'msgid ""\nmsgstr ""\n"Language: it\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    plural = '\nmsgid "one"\nmsgid_plural "many"\nmsgstr[0] "uno"\nmsgstr[1] "molti"\n'
    return head + "".join(f'\n#: a.c:1\nmsgid "{s}"\nmsgstr "{r}"\n' for _, s, r in rows()) + plural


def sgml() -> tuple[str, str]:
    def one(kind: str, at: int, more: str) -> str:
        lines = "".join(f'<seg id="{n}">{row[at]}</seg>\n' for n, row in enumerate(rows(), 1))
        return f'<{kind} setid="t" srclang="en"{more}>\n<doc docid="d">\n{lines}</doc>\n</{kind}>\n'

    return one("srcset", 1, ""), one("refset", 2, ' trglang="it" refid="A"')


TEXTS: dict[str, tuple[str, str]] = {
    "xliff": ("x.xlf", xliff()),
    "xliff2": ("x.xliff", xliff2()),
    "po": ("x.po", po()),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_catalogues(kind: str, tmp_path: Path) -> None:
    name, text = TEXTS[kind]
    path = tmp_path / name
    path.write_text(text, "utf-8")
    imported(path)
    found = tried_in_child(mutants(text.encode(), MUTANTS), written(path), lambda: imported(path))
    checked(kind, found, path.name)


def test_sgml(tmp_path: Path) -> None:
    texts = sgml()
    paths = [tmp_path / "x-src.sgm", tmp_path / "x-ref.sgm"]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, "utf-8")

    def read() -> None:
        out = tmp_path / "out"
        shutil.rmtree(out, ignore_errors=True)
        names = tuple(map(str, paths))
        import_corpus(ImportRequest(inputs=names, output=out, pairs=(PAIR,)))

    read()
    for path, text in zip(paths, texts, strict=True):
        count = MUTANTS // 2
        found = tried_in_child(mutants(text.encode(), count), written(path), read)
        checked(f"sgml: {path.name}", found, path.name, "x-", count=count)
        path.write_text(text, "utf-8")


SETTINGS = '[project]\nname = "x"\n[tool.mtbench]\ncorpora = "corpora"\nresults = "results"\n'
JUDGE = 'metric = "judge"\n[options]\nmodel = "tiny"\nprotocol = "esa"\nrepeats = 2\n'


@pytest.mark.parametrize(
    ("name", "text", "read"),
    [
        ("pyproject.toml", SETTINGS, workspace),
        ("metrics/own.toml", JUDGE, lambda: metric_card("own")),
    ],
)
def test_settings_and_cards(name: str, text: str, read: Callable[[], object], space: Space) -> None:
    path = space.file(name, text)
    read()
    checked(name, tried_in_child(mutants(text.encode(), MUTANTS), written(path), read), path.name)


def command(words: str) -> Callable[[], object]:
    """A command line as a reader: its code and what it said."""

    def read() -> None:
        from contextlib import redirect_stderr, redirect_stdout

        from mtbench.errors import MtbenchError

        said, out = io.StringIO(), io.StringIO()
        with redirect_stderr(said), redirect_stdout(out):
            code = run(words.split())
        if code:
            text = said.getvalue()
            error = MtbenchError("")
            error.exit_code = code
            lines = text[text.rindex("mtbench: ") :].rstrip("\n").split("\n")
            error.message, *rest = lines
            error.why, error.hint = ([*rest, None, None])[:2]
            raise error

    return read


SCORES = "system,id,score\n" + "".join(
    f"{system},s{n},{n % 4}.25\n" for system in ("one", "two") for n in range(1, 9)
)
SEG = "".join(f"{system}\t{n % 4}.25\n" for system in ("one", "two") for n in range(1, 9))
JSONL = "".join(
    f'{{"system": "{system}", "id": "s{n}", "score": 0.{n}}}\n'
    for system in ("one", "two")
    for n in range(1, 9)
)
IMPORT = "scores import {} --corpus news --pair en-it --metric own --higher-is-better"
ELSEWHERE = {
    "csv": ("own.csv", SCORES),
    "seg": ("own.seg.score", SEG),
    "jsonl": ("own.jsonl", JSONL),
}


@pytest.fixture
def scored(space: Space) -> Space:
    space.corpus()
    space.file("one.txt", [reference for _, reference in SENTENCES])
    space.file("two.txt", [source for source, _ in SENTENCES])
    words = "evaluate --model hypotheses:one.txt --model hypotheses:two.txt --metric bleu"
    assert space(*words.split()).code == 0
    space.file("people.csv", SCORES)
    return space


@pytest.mark.parametrize("kind", ELSEWHERE)
def test_scores_made_elsewhere(kind: str, scored: Space) -> None:
    name, text = ELSEWHERE[kind]
    words = IMPORT.format(name)
    path = scored.file(name, text)
    command(words)()
    count = MUTANTS // 2
    found = tried_in_child(mutants(text.encode(), count), written(path), command(words))
    checked(kind, found, path.name, count=count)


def test_plans(scored: Space) -> None:
    words = "human plan --corpus news --pair en-it --n 4 -o plan"
    assert scored(*words.split()).code == 0
    drawn = csv.DictReader(Path("plan/plan.csv").read_text("utf-8").splitlines())
    lines = [f"{row['system']},{row['id']},{n % 5}" for n, row in enumerate(drawn)]
    scored.file("judged.csv", ["system,id,score", *lines])
    words = "human estimate --plan plan --human judged.csv"
    command(words)()
    for path in sorted(Path("plan").iterdir()):
        seed, count = path.read_bytes(), MUTANTS // 6
        found = tried_in_child(mutants(seed, count), written(path), command(words))
        checked(f"plan: {path.name}", found, "plan/", "judged.csv", count=count)
        path.write_bytes(seed)


def test_judgements_that_are_kept(scored: Space) -> None:
    assert scored("human", "import", "people.csv").code == 0
    path = next(scored.root.glob("results/*/*/*/judgements/*.jsonl"))
    seed, count = path.read_bytes(), MUTANTS // 4
    for words in ("human list", "leaderboard"):
        found = tried_in_child(mutants(seed, count), written(path), command(words))
        checked(f"campaign: {words}", found, path.name, count=count)
        path.write_bytes(seed)


STORED = (
    "*/*/*/run.json",
    "*/*/*/health.json",
    "*/*/*/scores/*",
    "*/*/test_set.json",
    "leaderboard.csv",
)
VERBS = (
    "leaderboard",
    "report -o page",
    "segments --worst 3",
    "verify",
    "evaluate --model hypotheses:one.txt --metric bleu",
)


@pytest.mark.parametrize("stored", STORED)
def test_results_by_every_verb(stored: str, scored: Space) -> None:
    path = next(scored.root.glob(f"results/{stored}"))
    seed = path.read_bytes()
    for words in VERBS:
        count = max(MUTANTS // 20, 10)
        put = written(path)
        found = tried_in_child(mutants(seed, count, len(words)), put, command(words))
        checked(f"{stored}: {words}", found, path.name, "results/", "--metric", count=count)
        path.write_bytes(seed)


def test_statistics_in_a_file_of_their_own(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtbench.results.score_files.INLINE_SEGMENTS", 3)
    space.corpus()
    assert space("evaluate", "--model", "identity", "--metric", "bleu").code == 0
    (path,) = space.root.glob("results/*/*/*/scores/*.npz")
    seed, count = path.read_bytes(), MUTANTS // 3
    for words in ("leaderboard", "verify"):
        found = tried_in_child(packed_mutants(seed, count), written(path), command(words))
        checked(f"statistics: {words}", found, path.stem, count=count)
        path.write_bytes(seed)
