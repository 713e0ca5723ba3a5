from __future__ import annotations

import http.server
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mtbench.distribution import install_line
from mtbench.errors import MissingExtra, MissingWeights, Unavailable
from mtbench.files.digests import digest_file
from mtbench.metrics import tokenizers
from mtbench.metrics.tokenizers import (
    check_tokenizer,
    fetch_model,
    finds_words,
    load_tokenizer,
    model_is_here,
    model_path,
    other_model,
    tokenizer_for,
    tokenizer_signature,
)
from tests.support.lexical import metric_of, view_of


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of sacreBLEU's."""
    monkeypatch.setattr("sacrebleu.utils.SACREBLEU_DIR", str(tmp_path))
    monkeypatch.setattr("sacrebleu.tokenizers.tokenizer_spm.SACREBLEU_DIR", str(tmp_path))
    return tmp_path


def point_to(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    models = tokenizers._spm_models()
    monkeypatch.setitem(models, "flores200", {**models["flores200"], "url": url})


@contextmanager
def serving(content: bytes, status: int = 200) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            return None

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/some.model"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("de", "13a"),
        ("pt-BR", "13a"),
        ("zh", "zh"),
        ("zh-Hant-TW", "zh"),
        ("yue", "zh"),
        ("ja", "ja-mecab"),
        ("ja-JP", "ja-mecab"),
        ("ko", "ko-mecab"),
        ("th", "13a"),
    ],
)
def test_the_tokenizer_follows_the_language(target: str, expected: str) -> None:
    assert tokenizer_for(target) == expected


@pytest.mark.parametrize(
    ("name", "target", "expected"),
    [
        ("13a", "de", True),
        ("13a", "ko", True),
        ("13a", "ja", False),
        ("13a", "zh", False),
        ("zh", "zh", True),
        ("13a", "th", False),
        ("flores200", "th", True),
        ("char", "th", True),
        ("tercom", "zh", False),
        ("tercom", "fr", True),
    ],
)
def test_where_words_are_found(name: str, target: str, expected: bool) -> None:
    assert finds_words(name, target) is expected


def test_a_warning_goes_with_the_score() -> None:
    for name, target, expected in [
        ("bleu", "th", True),
        ("bleu", "de", False),
        ("ter", "ja", True),
    ]:
        metric, view = metric_of(name), view_of([["สวัสดี"]], target)
        scorer = metric.prepare(view)
        scorer.statistics({"system": ["สวัสดี"]})
        assert ("warning" in scorer.notes("system")) is expected


@pytest.mark.parametrize(
    ("target", "module", "extra"),
    [("ja", "tokenizer_ja_mecab", "ja"), ("ko", "tokenizer_ko_mecab", "ko")],
)
def test_missing_mecab_names_the_extra(
    target: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"sacrebleu.tokenizers.{module}.MeCab", None)
    metric, view = metric_of("bleu"), view_of([["x"]], target)
    for ask in (lambda: metric.check(view), lambda: metric.signature(view)):
        with pytest.raises(MissingExtra) as caught:
            ask()
        assert caught.value.extra == extra
        assert install_line(extra) in str(caught.value)


def test_missing_sentencepiece_names_the_extra(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    with pytest.raises(MissingExtra, match="spbleu"):
        metric_of("spbleu").check(view_of([["x"]]))


def test_spbleu_signs_without_its_model(cache: Path) -> None:
    signature = metric_of("spbleu").signature(view_of([["x"]]))
    assert signature.get("tok") == "flores200"


def test_offline_and_not_here(cache: Path) -> None:
    with pytest.raises(MissingWeights, match="downloads are turned off") as caught:
        metric_of("spbleu").check(view_of([["x"]]))
    assert str(cache / "models") in caught.value.message
    with pytest.raises(MissingWeights):
        metric_of("spbleu").prepare(view_of([["x"]]))


def test_a_server_that_never_answers_is_left_in_time(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokenizers, "_PATIENCE", 0.4)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        point_to(monkeypatch, f"http://127.0.0.1:{silent.getsockname()[1]}/x.model")
        with pytest.raises(MissingWeights):
            check_tokenizer("flores200")


def test_a_look_up_that_hangs_is_left_in_time(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wake = threading.Event()
    monkeypatch.setattr(tokenizers, "_PATIENCE", 0.2)
    monkeypatch.setattr(tokenizers, "_download", lambda *_, **__: wake.wait(300) and b"")
    with pytest.raises(MissingWeights, match="no answer within"):
        check_tokenizer("flores200")
    wake.set()


@pytest.mark.parametrize(("content", "status"), [(b"", 200), (b"gone", 404)])
def test_a_server_that_has_it_not(
    content: bytes, status: int, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(content, status) as url:
        point_to(monkeypatch, url)
        with pytest.raises(MissingWeights):
            check_tokenizer("flores200")
        with pytest.raises(MissingWeights):
            fetch_model("flores200")
    assert not model_is_here("flores200")


def test_a_download_is_whole(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(b"pieces" * 5000) as url:
        point_to(monkeypatch, url)
        check_tokenizer("flores200")
        assert not model_is_here("flores200")  # a check only looks
        path = fetch_model("flores200")
    assert path == model_path("flores200") == cache / "models" / "some.model"
    assert path.read_bytes() == b"pieces" * 5000
    assert [found.name for found in path.parent.iterdir()] == ["some.model"]


def test_an_empty_or_damaged_model_is_refused(cache: Path) -> None:
    path = model_path("flores200")
    path.parent.mkdir()
    path.touch()
    assert not model_is_here("flores200")
    path.write_bytes(b"not a model")
    with pytest.raises(MissingWeights) as caught:
        load_tokenizer("flores200")
    assert str(path) in caught.value.message


def test_another_dictionary_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong() -> None:
        raise AssertionError("Please make sure to use the IPA dictionary for MeCab")

    monkeypatch.setattr("sacrebleu.metrics.bleu._get_tokenizer", lambda _: wrong)
    with pytest.raises(Unavailable, match="another dictionary"):
        load_tokenizer("ja-mecab")


TINY = """
import sentencepiece, sys
sentencepiece.SentencePieceTrainer.train(
    sentence_iterator=iter(open(sys.argv[1], encoding="utf-8")), model_prefix=sys.argv[2],
    vocab_size=120, hard_vocab_limit=False, minloglevel=2)
"""


def test_spbleu_with_a_model_in_the_cache(cache: Path, tmp_path: Path) -> None:
    pytest.importorskip("sentencepiece")
    from tests.support.lexical import (
        FIRST,
        REFERENCE_A,
        by_segment,
        sacrebleu_json,
        score_of,
    )

    corpus = tmp_path / "corpus.txt"
    corpus.write_text("\n".join(REFERENCE_A * 30), encoding="utf-8")
    (cache / "models").mkdir()
    made = tmp_path / "tiny"
    subprocess.run([sys.executable, "-c", TINY, str(corpus), str(made)], check=True)
    made.with_suffix(".model").rename(model_path("flores200"))

    metric, view = metric_of("spbleu"), view_of(by_segment(REFERENCE_A))
    metric.check(view)
    (theirs,) = sacrebleu_json(
        tmp_path,
        FIRST,
        [REFERENCE_A],
        *("-m", "bleu", "-tok", "flores200"),
        environment={"SACREBLEU": str(cache)},
    )
    assert score_of(metric, view, FIRST) == pytest.approx(theirs["score"], abs=1e-9)
    # It is not the published model, which the signature and a warning say.
    digest = digest_file(model_path("flores200"))
    signed = theirs["signature"].replace("tok:flores200", f"tok:flores200-{digest[:8]}")
    assert str(metric.signature(view)) == signed
    scorer = metric.prepare(view)
    scorer.statistics({"it": FIRST})
    assert digest[:8] in str(scorer.notes("it")["warning"])


def test_a_model_that_changed_since_its_first_use_is_named(cache: Path) -> None:
    (cache / "models").mkdir()
    path = model_path("flores101")
    path.write_bytes(b"one model")
    assert tokenizer_signature("flores101") == "flores101"
    beside = path.with_name(f"{path.name}.sha256")
    assert beside.read_text("utf-8").split() == [digest_file(path), path.name]
    path.write_bytes(b"another one")
    assert other_model("flores101") == digest_file(path)
    assert tokenizer_signature("flores101") == f"flores101-{digest_file(path)[:8]}"
    beside.unlink()
    assert other_model("flores101") is None, (
        "what is used first is what later ones are held against"
    )


def test_a_model_that_is_not_here_is_signed_as_the_published_one(cache: Path) -> None:
    assert other_model("flores200") is None
    assert tokenizer_signature("flores200") == "flores200"


def test_signatures_of_tokenizers() -> None:
    assert tokenizer_signature("13a") == "13a"
    assert tokenizer_signature("spBLEU-1K") == "spBLEU-1K"
