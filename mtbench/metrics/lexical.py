"""BLEU, chrF, chrF++, spBLEU and TER, as sacreBLEU defines and signs them.

A row of statistics is sacreBLEU's own counts for the segment, a signature is sacreBLEU's own
string, and every scoring compares itself with sacreBLEU's public ``corpus_score``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from mtbench.languages import language_name
from mtbench.metrics import pooling
from mtbench.metrics.counters import BleuCounter, ChrfCounter, Counter, TerCounter
from mtbench.metrics.lexical_base import Lexical
from mtbench.metrics.tokenizers import (
    MECAB,
    SENTENCEPIECE,
    SentencePieceName,
    TokenizerName,
    check_tokenizer,
    fetch_model,
    finds_words,
    load_tokenizer,
    model_path,
    other_model,
    tokenizer_for,
    tokenizer_signature,
)
from mtbench.plugins import Array
from mtbench.types import Json, MetricInfo, Record, ScoringView
from mtbench.types.findings import AgreementCurve

_SACREBLEU = "Post (2018), A Call for Clarity in Reporting BLEU Scores, WMT"
_LICENCE = "Apache-2.0"


# --- BLEU -----------------------------------------------------------------------------------


def _no_words(name: str, target: str) -> str:
    return f"the tokenizer {name} does not find the words of {language_name(target)} ({target})"


def _other_model(name: str, digest: str) -> str:
    return (
        f"{model_path(name)} is not the model that {name} scores are made with (SHA-256 "
        f"{digest[:8]}…), so this score stands for itself; remove the file to have it fetched again"
    )


class Bleu(Lexical):
    """BLEU."""

    place: ClassVar[int] = 10
    likeness: ClassVar[int | None] = 20
    curve: ClassVar[AgreementCurve | None] = AgreementCurve(
        a=88.33333333333225, b=0.9663926931178954, of_one_lineage=True
    )
    curve_holds_for: ClassVar[Mapping[str, str | None]] = {
        "case": "mixed", "eff": "no", "smooth": "exp", "order": None,
    }  # fmt: skip
    curve_tokenizers: ClassVar[tuple[str, ...]] = ("13a", "zh", "ja-mecab", "ko-mecab")

    class Options(Record):
        """Options of ``bleu``; the defaults are sacreBLEU's.

        Attributes:
            tokenize: The tokenizer; by default the one of the target language.
            lowercase: Whether case is ignored.
            smooth_method: What becomes of an n-gram order without a match.
            smooth_value: Of ``floor`` (default 0.1) and ``add-k`` (default 1).
            max_ngram_order: Longest n-gram.
            effective_order: Whether the system score too averages only over the orders that
                occur; segment scores always do.
        """

        tokenize: TokenizerName | None = None
        lowercase: bool = False
        smooth_method: Literal["exp", "floor", "add-k", "none"] = "exp"
        smooth_value: Annotated[float, Field(gt=0)] | None = None
        max_ngram_order: Annotated[int, Field(ge=1, le=16)] = 4
        effective_order: bool = False

    _info: ClassVar[MetricInfo] = MetricInfo(
        name="bleu",
        title="BLEU",
        needs=("reference",),
        bounds=(0.0, 100.0),
        segment_level="indicative",
        licence=_LICENCE,
        description=(
            "Geometric mean of the precisions of word n-grams up to four, "
            "with a penalty for output that is too short."
        ),
        reference=f"Papineni et al. (2002), ACL; {_SACREBLEU}",
    )

    @property
    def info(self) -> MetricInfo:
        """What BLEU is and needs."""
        return self._info

    options: Options

    def tokenizer(self, target: str) -> TokenizerName:
        """The tokenizer in use for a target language."""
        return self.options.tokenize or tokenizer_for(target)

    def check(self, view: ScoringView | None = None) -> None:
        """Finds out within seconds whether the tokenizer can run here."""
        super().check(view)
        name = self.options.tokenize if view is None else self.tokenizer(view.pair.target)
        if name is not None:
            check_tokenizer(name, offline=self.runtime.offline, look_only=self.runtime.look_only)

    def sacrebleu(self, target: str) -> Any:
        """``sacrebleu.metrics.BLEU`` with these options."""
        name = self.tokenizer(target)
        if name in SENTENCEPIECE:
            fetch_model(name, offline=self.runtime.offline)
        load_tokenizer(name)
        return import_module("sacrebleu.metrics").BLEU(
            lowercase=self.options.lowercase,
            force=True,  # it warns of tokenized input on stderr; that is not ours to do here
            tokenize=name,
            smooth_method=self.options.smooth_method,
            smooth_value=self.options.smooth_value,
            max_ngram_order=self.options.max_ngram_order,
            effective_order=self.options.effective_order,
        )

    def counter(self, sacrebleu: Any) -> Counter:
        """Counts n-grams of words."""
        return BleuCounter(sacrebleu)

    def pool(self, totals: Array) -> Array:
        """BLEU of summed counts."""
        return self._pooled(totals, effective_order=self.options.effective_order)

    def segment_scores(self, rows: Array) -> Array:
        """Sentence BLEU: with effective order, as ``sacrebleu --sentence-level``."""
        return self._pooled(rows, effective_order=True)

    def worst_rows(self, rows: Array) -> Array:
        """As many words and n-grams, none of them in a reference."""
        worst = rows.copy()
        worst[:, 2 : 2 + self.options.max_ngram_order] = 0.0
        return worst

    def _pooled(self, totals: Array, *, effective_order: bool) -> Array:
        return pooling.bleu(
            totals,
            order=self.options.max_ngram_order,
            smoothing=self.options.smooth_method,
            smoothing_value=self.options.smooth_value,
            effective_order=effective_order,
        )

    def reads_only_unicode(self, target: str) -> bool:
        """Whether the tokenizer is one of those written in C++."""
        return self.tokenizer(target) in (*SENTENCEPIECE, *MECAB)

    def notes(self, target: str) -> dict[str, Json]:
        """A warning where the tokenizer finds no words of the language, or is another one."""
        name = self.tokenizer(target)
        if not finds_words(name, target):
            return {"warning": _no_words(name, target)}
        if name in SENTENCEPIECE and (other := other_model(name)) is not None:
            return {"warning": _other_model(name, other)}
        return {}

    def _signature_kind(self) -> Any:
        return import_module("sacrebleu.metrics.bleu").BLEUSignature

    def _arguments(self, view: ScoringView) -> dict[str, Json]:
        return {
            "lowercase": self.options.lowercase,
            "effective_order": self.options.effective_order,
            "tokenizer_signature": tokenizer_signature(self.tokenizer(view.pair.target)),
            "smooth_method": self.options.smooth_method,
            "smooth_value": self.options.smooth_value,
        }

    def _unsigned(self) -> dict[str, str | int | float]:
        order = self.options.max_ngram_order
        return {} if order == Bleu.Options().max_ngram_order else {"order": order}


class SpBleu(Bleu):
    """BLEU on the pieces of a multilingual SentencePiece model."""

    place: ClassVar[int] = 40
    likeness: ClassVar[int | None] = None
    curve: ClassVar[AgreementCurve | None] = AgreementCurve(
        a=90.99999999998793, b=0.8079046528617078, of_one_lineage=True
    )
    curve_tokenizers: ClassVar[tuple[str, ...]] = ("flores200",)

    class Options(Bleu.Options):
        """Options of ``spbleu``: those of ``bleu``, with a SentencePiece tokenizer."""

        tokenize: SentencePieceName = "flores200"

    _info = Bleu._info.model_copy(
        update={
            "name": "spbleu",
            "title": "spBLEU",
            "extra": "spbleu",
            "description": (
                "BLEU on the pieces of a multilingual SentencePiece model (FLORES-200), "
                "the same for every target language."
            ),
            "reference": (
                "Goyal et al. (2022), The FLORES-101 Evaluation Benchmark, TACL; "
                "NLLB Team (2022), No Language Left Behind"
            ),
        }
    )


# --- chrF -----------------------------------------------------------------------------------


class Chrf(Lexical):
    """The chrF metric: an F score over character n-grams."""

    place: ClassVar[int] = 20
    primary: ClassVar[int | None] = 20
    likeness: ClassVar[int | None] = 10
    curve: ClassVar[AgreementCurve | None] = AgreementCurve(
        a=92.999999999972, b=1.1142732157139852, of_one_lineage=True
    )
    curve_holds_for: ClassVar[Mapping[str, str | None]] = {
        "case": "mixed", "eff": "yes", "nc": "6", "nw": "0", "space": "no", "beta": None,
    }  # fmt: skip

    class Options(Record):
        """Options of ``chrf``; the defaults are sacreBLEU's.

        Attributes:
            char_order: Longest character n-gram.
            word_order: Longest word n-gram; none by default.
            beta: How much more recall counts than precision.
            lowercase: Whether case is ignored.
            whitespace: Whether spaces are characters.
            eps_smoothing: Whether F scores are averaged over all orders, as chrF++.py does.
        """

        char_order: Annotated[int, Field(ge=1, le=16)] = 6
        word_order: Annotated[int, Field(ge=0, le=16)] = 0
        beta: Annotated[int, Field(ge=1, le=16)] = 2
        lowercase: bool = False
        whitespace: bool = False
        eps_smoothing: bool = False

    _info: ClassVar[MetricInfo] = MetricInfo(
        name="chrf",
        title="chrF",
        needs=("reference",),
        bounds=(0.0, 100.0),
        segment_level="indicative",
        licence=_LICENCE,
        description="F score of character n-grams up to six, recall counting twice.",
        reference=f"Popović (2015), WMT; {_SACREBLEU}",
    )

    @property
    def info(self) -> MetricInfo:
        """What chrF is and needs."""
        return self._info

    options: Options

    def sacrebleu(self, target: str) -> Any:
        """``sacrebleu.metrics.CHRF`` with these options."""
        return import_module("sacrebleu.metrics").CHRF(**self.options.model_dump())

    def counter(self, sacrebleu: Any) -> Counter:
        """Counts n-grams of characters, and of words for chrF++."""
        return ChrfCounter(sacrebleu)

    def pool(self, totals: Array) -> Array:
        """Score of summed counts."""
        return pooling.chrf(
            totals, beta=self.options.beta, eps_smoothing=self.options.eps_smoothing
        )

    def worst_rows(self, rows: Array) -> Array:
        """As many n-grams, none of them in the reference."""
        worst = rows.copy()
        worst[:, 2::3] = 0.0
        return worst

    def _signature_kind(self) -> Any:
        return import_module("sacrebleu.metrics.chrf").CHRFSignature

    def _arguments(self, view: ScoringView) -> dict[str, Json]:
        return self.options.model_dump()

    def _unsigned(self) -> dict[str, str | int | float]:
        return {} if self.options.beta == Chrf.Options().beta else {"beta": self.options.beta}


class ChrfPlusPlus(Chrf):
    """The chrF++ metric: an F score over character n-grams, words and pairs of words."""

    place: ClassVar[int] = 30
    primary: ClassVar[int | None] = None
    likeness: ClassVar[int | None] = None

    class Options(Chrf.Options):
        """Options of ``chrf++``: those of ``chrf``, with words and pairs of words."""

        word_order: Annotated[int, Field(ge=1, le=16)] = 2

    _info = Chrf._info.model_copy(
        update={
            "name": "chrf++",
            "title": "chrF++",
            "description": (
                "F score of character n-grams up to six and word n-grams up to two, "
                "recall counting twice."
            ),
            "reference": f"Popović (2017), WMT; {_SACREBLEU}",
        }
    )


# --- TER ------------------------------------------------------------------------------------


class Ter(Lexical):
    """Translation edit rate: lower is better."""

    place: ClassVar[int] = 50

    class Options(Record):
        """Options of ``ter``; the defaults are sacreBLEU's.

        Attributes:
            normalized: Whether Tercom's normalization splits off punctuation.
            no_punct: Whether punctuation is removed.
            asian_support: Whether both treat Chinese characters and Japanese too.
            case_sensitive: Whether case counts.
        """

        normalized: bool = False
        no_punct: bool = False
        asian_support: bool = False
        case_sensitive: bool = False

    _info: ClassVar[MetricInfo] = MetricInfo(
        name="ter",
        title="TER",
        needs=("reference",),
        higher_is_better=False,
        bounds=None,  # an output longer than its reference goes beyond 100, without a limit
        segment_level="indicative",
        licence=_LICENCE,
        description=(
            "Insertions, deletions, substitutions and shifts of words that turn the output "
            "into the reference, per 100 words of the reference."
        ),
        reference=f"Snover et al. (2006), AMTA; {_SACREBLEU}",
    )

    @property
    def info(self) -> MetricInfo:
        """What TER is and needs."""
        return self._info

    options: Options

    def sacrebleu(self, target: str) -> Any:
        """``sacrebleu.metrics.TER`` with these options."""
        return import_module("sacrebleu.metrics").TER(**self.options.model_dump())

    def counter(self, sacrebleu: Any) -> Counter:
        """Counts edits and words."""
        return TerCounter(sacrebleu)

    def pool(self, totals: Array) -> Array:
        """Score of summed edits and words."""
        return pooling.ter(np.asarray(totals))

    def seconds_of_sacrebleu(self, hypothesis: str, references: Sequence[str]) -> float:
        """Grows with the cube of the length: 3 ms for 20 words, 0.4 s for 100, 25 s for 400."""
        words = len(hypothesis.split())
        return sum(4e-7 * math.pow(words * len(text.split()), 1.5) for text in references)

    def notes(self, target: str) -> dict[str, Json]:
        """A warning where words do not stand between spaces."""
        split = self.options.normalized and self.options.asian_support
        name = "zh" if split else "tercom"  # split by character, as for Chinese
        return {} if finds_words(name, target) else {"warning": _no_words("tercom", target)}

    def _signature_kind(self) -> Any:
        return import_module("sacrebleu.metrics.ter").TERSignature

    def _arguments(self, view: ScoringView) -> dict[str, Json]:
        return {**self.options.model_dump(), "tokenizer_signature": "tercom"}
