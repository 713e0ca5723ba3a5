"""Meta-evaluation of WMT21 zh-en against values of the field's own tool, where the data is present.

The expected values (``golden.json``) were made with mt-metrics-eval 68a481a and checked by a second
program. Human rows (``ref-B``) and systems without outputs take no part.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mtbench.cli.main import run
from mtbench.types.agreement import MetaTable, MetricAgreement, SystemAgreement
from tests.conftest import SHARED

DATA = SHARED / "wmt21-zh-en"
HUMAN = DATA / "mqm.avg_seg_scores.tsv"
TOLERANCE = 1e-5
SPA_TOLERANCE = 2e-3  # both sides drew 20,000 permutations


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory, golden: list[dict[str, Any]]) -> MetaTable:
    folder = tmp_path_factory.mktemp("meta")
    outputs = [f"--hypotheses={DATA}/systems/{name}.txt" for name in golden[0]["systems"]]
    texts = ["--source", f"{DATA}/source.txt", "--reference", f"{DATA}/reference.txt"]
    which = ["--pair", "zh-en", "--metric", "bleu", "--metric", "chrf", "--results", str(folder)]
    assert run(["score", *texts, *outputs, *which, "-q"]) == 0
    where = folder / "meta.json"
    told = ["--human", str(HUMAN), "--format", "json", "-o", str(where), "-q"]
    assert run(["meta", str(folder), *told]) == 0
    (found,) = json.loads(where.read_text("utf-8"))["tables"]
    return MetaTable.model_validate(found)


@pytest.fixture(scope="module")
def golden() -> list[dict[str, Any]]:
    if not DATA.is_dir():
        pytest.skip(f"no WMT21 data in {DATA}")
    values: list[dict[str, Any]] = json.loads((DATA / "golden.json").read_text("utf-8"))
    return values


@pytest.mark.parametrize("at", [0, 1], ids=["bleu", "chrf"])
def test_every_golden_value(table: MetaTable, golden: list[dict[str, Any]], at: int) -> None:
    expected = golden[at]
    one = next(one for one in table.metrics if one.metric == expected["metric"])
    assert table.judged == expected["n_segments"]
    assert sorted(table.systems) == sorted(expected["systems"])
    means = dict(zip(table.systems, table.human_means, strict=True))
    for name, mean in zip(expected["systems"], expected["human_mean"], strict=True):
        assert means[name] == pytest.approx(mean, abs=TOLERANCE)
    between_systems(one, expected)
    within_segments(one, expected)


def between_systems(one: MetricAgreement, expected: dict[str, Any]) -> None:
    found = {
        "sys_full_set": one.whole_set,
        "sys_annotated_subset": one.judged_segments,
        "sys_mean_of_segments": one.segment_means,
    }
    for name, values in found.items():
        assert isinstance(values, SystemAgreement)
        assert (values.agreeing, values.pairs) == (
            expected[name]["pairwise_agree"],
            expected[name]["pairs"],
        )
        # The table has systems by human mean, as golden.json does.
        assert values.scores == pytest.approx(expected[name]["scores"], abs=TOLERANCE)
        for statistic in ("pearson", "kendall", "spearman"):
            value = getattr(values, statistic).value
            assert value == pytest.approx(expected[name][statistic], abs=TOLERANCE)
    spa = one.soft_pairwise_accuracy.value
    assert spa == pytest.approx(expected["spa_own_20000"], abs=SPA_TOLERANCE)


def within_segments(one: MetricAgreement, expected: dict[str, Any]) -> None:
    ties = one.accuracy_with_ties
    assert ties.estimate.value == pytest.approx(expected["seg_acc_eq_item"], abs=TOLERANCE)
    assert ties.epsilon == pytest.approx(expected["seg_acc_eq_epsilon"], abs=TOLERANCE)
    assert one.pearson_flat.value == pytest.approx(expected["seg_pearson_none"], abs=TOLERANCE)
    tau = one.kendall_flat.value
    assert tau == pytest.approx(expected["seg_kendall_tau_b_none"], abs=TOLERANCE)


def test_sentinels_stand_beside_the_metrics_and_bleu_does_not_beat_them_flat(
    table: MetaTable,
) -> None:
    assert [one.metric for one in table.metrics if one.sentinel] == [
        "source length", "output length", "constant",
    ]  # fmt: skip
    bleu = next(one for one in table.metrics if one.metric == "bleu")
    assert "pearson_flat" in bleu.not_above_sentinels
    assert "accuracy_with_ties" not in bleu.not_above_sentinels


def test_human_rows_take_no_part_and_are_named(table: MetaTable) -> None:
    assert not {"ref-A", "ref-B"} & set(table.systems)
    assert any("ref-B" in note for note in table.notes)


def test_intervals_hold_their_values(table: MetaTable) -> None:
    for one in table.metrics:
        for value in (one.soft_pairwise_accuracy, one.accuracy_with_ties.estimate):
            assert value.value is not None and value.low is not None and value.high is not None
            assert value.low <= value.value <= value.high


def test_raw_mqm_gives_the_published_averages() -> None:
    """Google's weights, per rater, segment and system: all 7,935 averages of the TED data."""
    from mtbench.judgements.read import read_judgements

    folder = SHARED / "ted-zh-en"
    if not folder.is_dir():
        pytest.skip(f"no TED data in {folder}")
    published = {"ref": "ref-A", "refB": "ref-B"}  # the raw file says ref for ref-A

    def by_row(path: Path) -> dict[tuple[str, str], list[float]]:
        found: dict[tuple[str, str], list[float]] = {}
        for one in read_judgements(path).judgements:
            system = published.get(one.system, one.system)
            found.setdefault((system, one.segment), []).append(one.score)
        return found

    raw, averages = by_row(folder / "mqm.tsv"), by_row(folder / "mqm.avg_seg_scores.tsv")
    assert raw.keys() == averages.keys() and len(raw) == 7935
    for row, scores in raw.items():
        assert sum(scores) / len(scores) == pytest.approx(averages[row][0], abs=TOLERANCE)
