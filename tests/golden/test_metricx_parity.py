"""MetricX against the class that its checkpoints are published for.

The independent source is transformers' own ``MT5ForConditionalGeneration``, one input at a time,
on the sub-words of transformers' own (slow) tokenizer without the end token, as MetricX's script
feeds them: its logit of the word 250089 after one decoder step, clamped to 0..25.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtbench.errors import MissingWeights, RequestError
from mtbench.languages import LanguagePair
from mtbench.metrics.metricx import LIMITS, PINNED, PUBLISHED, SCORE_ID, MetricX, pinned
from mtbench.plugins import make_metric
from mtbench.types import Runtime, ScoringView
from tests.support.checkpoints import checkpoint
from tests.support.tiny_marian import ENGLISH, GERMAN

HYPOTHESES = (
    *GERMAN[:4],
    "",
    "Prices rose.",
    "  zwei  Leerzeichen 😀 ",
    "Zeile eins.\nZeile zwei.",
)
SOURCES = (*ENGLISH, *ENGLISH[:3])
REFERENCES = tuple((text, text.upper()) for text in (*GERMAN, *GERMAN[:3]))


def view(references: int = 1) -> ScoringView:
    return ScoringView(
        pair=LanguagePair.parse("en-de"),
        ids=tuple(f"s{n}" for n in range(len(SOURCES))),
        sources=SOURCES,
        references=tuple(each[:references] for each in REFERENCES) if references else None,
        documents=(None,) * len(SOURCES),
    )


def metric(**options: Any) -> MetricX:
    folder = checkpoint("metricx")
    given = {"model": str(folder), "tokenizer": str(folder.parent / "mt5"), **options}
    made = make_metric("metricx", given, Runtime(device="cpu"))
    assert isinstance(made, MetricX)
    return made


class Theirs:
    """The published way: one input at a time."""

    def __init__(self) -> None:
        from transformers import MT5ForConditionalGeneration, T5Tokenizer

        folder = checkpoint("metricx")
        self._model = MT5ForConditionalGeneration.from_pretrained(folder).eval()
        # The same ids on transformers 4 (slow) and 5 (made of the same file): both are tried.
        self._tokenizer = T5Tokenizer.from_pretrained(
            folder.parent / "mt5", extra_ids=0, legacy=True
        )

    def ids(self, text: str, limit: int) -> list[int]:
        return list(self._tokenizer(text, max_length=limit, truncation=True).input_ids[:-1])

    def __call__(self, texts: Sequence[str], limit: int) -> list[float]:
        import torch

        found = []
        for text in texts:
            ids = torch.tensor([self.ids(text, limit)])
            with torch.no_grad():
                out = self._model(input_ids=ids, decoder_input_ids=torch.tensor([[0]]))
            found.append(float(out.logits[0, 0, SCORE_ID].clamp(0.0, 25.0)))
        return found


FORMS: dict[str, tuple[dict[str, Any], int, str]] = {
    "24": ({}, 1, "source: {s} candidate: {h} reference: {r}"),
    "24-reference-free": ({"reference_free": True}, 0, "source: {s} candidate: {h}"),
    "23": ({"version": "23"}, 1, "candidate: {h} reference: {r}"),
    "23-qe": ({"version": "23", "reference_free": True}, 0, "candidate: {h} source: {s}"),
}


@pytest.mark.parametrize("form", FORMS)
def test_scores_are_those_of_the_published_class(form: str) -> None:
    options, references, template = FORMS[form]
    made = metric(**options)
    shown = view(references).model_copy(
        update={"sources": SOURCES if "source" in made.info.needs else None}
    )
    with made:
        rows = made.prepare(shown).statistics({"x": HYPOTHESES})["x"]
    texts = [
        template.format(s=s, h=h, r=r[0])
        for s, h, r in zip(SOURCES, HYPOTHESES, REFERENCES, strict=True)
    ]
    expected = Theirs()(texts, LIMITS[made.version])
    assert len({round(score, 3) for score in expected}) > 5
    assert np.abs(rows[:, 0] - expected).max() < 1e-5


def test_several_references_are_averaged_and_several_systems_read_once() -> None:
    made = metric()
    with made:
        scorer = made.prepare(view(2))
        both = scorer.statistics({"x": HYPOTHESES, "y": HYPOTHESES[::-1]})
    template = FORMS["24"][2]
    expected = [
        np.mean(Theirs()([template.format(s=s, h=h, r=r) for r in rs], 1536))
        for s, h, rs in zip(SOURCES, HYPOTHESES, REFERENCES, strict=True)
    ]
    assert np.abs(both["x"][:, 0] - expected).max() < 1e-5
    assert made.signature(view(2)).get("refs") == "r2avg"


def test_the_sub_words_are_those_of_the_published_tokenizer_and_the_reference_is_lost_first() -> (
    None
):
    theirs, made = Theirs(), metric()
    long = " ".join(ENGLISH * 40)
    with made:
        reader = made._model
        for source, hypothesis, reference in (
            (ENGLISH[0], GERMAN[0], GERMAN[1]),
            (ENGLISH[0], GERMAN[0], long),
            (ENGLISH[0], long, GERMAN[0]),
            (long, GERMAN[0], GERMAN[0]),
        ):
            text = f"source: {source} candidate: {hypothesis} reference: {reference}"
            parts = [("source", source), ("candidate", hypothesis), ("reference", reference)]
            assert list(reader.read(parts, 1536).ids) == theirs.ids(text, 1536)
        parts = [("source", ENGLISH[0]), ("candidate", GERMAN[0]), ("reference", long)]
        assert reader.read(parts, 1536).cut == ("reference",)
        parts = [("source", ENGLISH[0]), ("candidate", long), ("reference", "x")]
        assert reader.read(parts, 1536).cut == ("hypothesis", "reference")
        scorer = made.prepare(view())
        scorer.statistics({"x": [long, *HYPOTHESES[1:]]})
    notes = scorer.notes("x")
    assert notes["cut"] == {"limit": 1536, "hypothesis": ["s0"], "reference": ["s0"]}
    assert "first 1536 sub-words" in made.warnings(notes)[0]


def test_what_stands_in_a_text_is_no_end_token() -> None:
    with (made := metric()):
        ids = made._model.read([("candidate", "</s> <pad>")], 1536).ids
    assert not {0, 1} & set(ids)


def test_facts_follow_from_the_published_names() -> None:
    def named(model: str, **more: Any) -> MetricX:
        return MetricX(MetricX.Options(model=model, **more), Runtime())

    qe = named("google/metricx-23-qe-xl-v2p0")
    assert (qe.version, qe.info.needs, qe.precision) == ("23", ("source",), "fp32")
    assert named("google/metricx-23-xxl-v2p0").info.needs == ("reference",)
    hybrid = named("google/metricx-24-hybrid-xl-v2p6-bfloat16")
    assert (hybrid.version, hybrid.precision) == ("24", "bf16")
    assert hybrid.info.needs == ("source", "reference")
    assert (hybrid.info.bounds, hybrid.info.higher_is_better) == ((0.0, 25.0), False)


def test_bf16_signs_differently_and_is_near() -> None:
    one, other = metric(), metric(precision="bf16")
    assert str(one.signature(view())) != str(other.signature(view()))
    found = []
    for made in (one, other):
        with made:
            found.append(made.prepare(view()).statistics({"x": HYPOTHESES})["x"])
    assert 0 < np.abs(found[0] - found[1]).max() < 1.0


def test_what_is_no_metricx_is_refused() -> None:
    with pytest.raises(RequestError, match="it is no mT5"):
        metric(model=str(checkpoint("llm"))).check()
    with pytest.raises(MissingWeights, match="no such folder"):
        metric(model="./nowhere").check()
    strange = view().model_copy(update={"pair": LanguagePair.parse("en-tlh")})
    with pytest.raises(RequestError, match="has not seen"):
        metric().check(strange)


def test_scores_on_the_ends_of_the_scale_make_a_checkpoint_suspect() -> None:
    made = metric()
    assert made.warnings({"scored": 40, "at_an_end": 20}) == ()
    (said,) = made.warnings({"scored": 40, "at_an_end": 38})
    assert "38 of 40 scores lie on an end of the scale" in said
    with made:
        made._model._row *= 100  # as a head that was never trained
        scorer = made.prepare(view())
        scorer.statistics({"x": HYPOTHESES})
    assert scorer.notes("x")["at_an_end"] == len(HYPOTHESES) == scorer.notes("x")["scored"]


def test_a_checkpoint_that_calls_itself_tied_keeps_its_own_head(tmp_path: Path) -> None:
    """transformers 5 saves every mT5 so; transformers 4 would score with the embeddings then."""
    folder = checkpoint("metricx")
    shutil.copytree(folder, tmp_path / "again")
    config = tmp_path / "again/config.json"
    values = json.loads(config.read_text("utf-8"))
    config.write_text(json.dumps({**values, "tie_word_embeddings": True}), "utf-8")
    found = []
    for model in (folder, tmp_path / "again"):
        with (made := metric(model=str(model))):
            found.append(made.prepare(view()).statistics({"x": HYPOTHESES})["x"])
    assert np.array_equal(found[0], found[1])


def test_commits_of_the_hub_are_pinned_where_they_are_known(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    name = "google/metricx-24-hybrid-xxl-v2p6"
    monkeypatch.setattr("mtbench.checkpoints.hub.cache_folder", lambda: tmp_path)
    assert pinned(name) == "0ff238ccb517eb0b2998dd6d299528b040c5caec"
    assert pinned("google/metricx-24-hybrid-large-v2p6") is None
    assert set(PINNED) <= PUBLISHED | {"google/mt5-xl", "google/mt5-xxl"}
    # What is here already is not fetched again under another commit; its own is in the signature.
    here = tmp_path / "models--google--metricx-24-hybrid-xxl-v2p6"
    (here / "refs").mkdir(parents=True)
    (here / "refs/main").write_text("a" * 40)
    shutil.copytree(checkpoint("metricx"), here / "snapshots" / ("a" * 40))
    assert pinned(name) is None
