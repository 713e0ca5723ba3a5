"""Scores for model repositories of the hub, read back by the hub's own library."""

from __future__ import annotations

import pytest

from tests.support.workspace import Space

CARD = 'title = "News"\nurl = "https://huggingface.co/datasets/some/news"\n'


@pytest.fixture
def scored(space: Space) -> Space:
    space.corpus(card=CARD)
    assert space("evaluate", "--model", "identity", "--metric", "chrf,bleu").code == 0
    return space


def test_eval_results_are_what_the_hub_reads(scored: Space) -> None:
    yaml = pytest.importorskip("yaml")
    done = scored("leaderboard", "--hub", "eval-results", "--system", "identity")
    assert done.code == 0, done.err
    (entry,) = yaml.safe_load(done.out)
    row = scored("leaderboard", "--format", "json").json["tables"][0]["rows"][0]
    assert entry["dataset"] == {"id": "some/news", "task_id": "en-it"}
    assert entry["value"] == pytest.approx(row["cells"]["chrf"]["score"], abs=1e-6)
    assert set(entry) <= {
        "dataset", "value", "verifyToken", "date", "source", "evaluation_framework", "notes",
    }  # fmt: skip
    assert row["cells"]["chrf"]["signature"] in entry["notes"]
    assert len(entry["date"]) == 10


def test_a_model_index_is_what_the_library_reads(scored: Space) -> None:
    yaml = pytest.importorskip("yaml")
    repocard = pytest.importorskip("huggingface_hub.repocard_data")
    done = scored("leaderboard", "--hub", "model-index", "--system", "identity")
    index = yaml.safe_load(done.out)["model-index"]
    name, found = repocard.model_index_to_eval_results(index)
    assert name == "identity"
    assert {(one.metric_type, one.dataset_type, one.task_type) for one in found} == {
        ("bleu", "some/news", "translation"), ("chrf", "some/news", "translation"),
    }  # fmt: skip


def test_what_cannot_be_printed_is_said(space: Space) -> None:
    space.corpus()
    assert space("evaluate", "--model", "identity", "--metric", "chrf").code == 0
    wrong = space("leaderboard", "--hub", "eval-results", "--system", "identity")
    assert wrong.code == 2 and "card of news" in wrong.err
    assert space("leaderboard", "--hub", "eval-results", "--system", "identiti").code == 2
    assert space("leaderboard", "--hub", "eval-results").code == 2
    assert space("leaderboard", "--system", "identity").code == 2


def test_against_a_post_edit_ter_is_hter(space: Space) -> None:
    space.file("out.it", ["La nave partì.", "Piove."])
    space.file("ref.it", ["La nave è partita.", "Piove."])
    command = (
        "score", "--hypotheses", "out.it", "--reference", "ref.it", "--pair", "en-it",
        "--metric", "ter,chrf",
    )  # fmt: skip
    assert "HTER" not in space(*command).out
    edited = space(*command, "--reference-kind", "post-edit")
    assert "for that system TER is HTER here" in edited.out
    facts = space(*command, "--reference-kind", "post-edit", "--format", "json").json["tables"][0]
    assert facts["facts"]["reference_origin"] == "post-edited"
    space.corpus()
    assert space("score", "--hypotheses", "out.it", "--corpus", "news",
                 "--reference-kind", "human").code == 2  # fmt: skip
