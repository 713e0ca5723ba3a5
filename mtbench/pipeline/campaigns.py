"""Human judgements that are kept beside the outputs they are about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace as with_fields
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mtbench.config import Workspace, check_name
from mtbench.errors import RequestError
from mtbench.files.digests import digest_file
from mtbench.judgements.place import Place, Placed, place
from mtbench.pipeline.human_files import read_human_file
from mtbench.pipeline.stored import recomputed
from mtbench.results import Results, RunFolder
from mtbench.significance.agreement.systems import agreeing_pairs, pair_indexes, permutation_p
from mtbench.significance.agreement.table import FEWEST
from mtbench.significance.limits import ALPHA
from mtbench.significance.paired import holm
from mtbench.types import Row, Table
from mtbench.types.boards import HumanOrder
from mtbench.types.findings import PairedTest
from mtbench.types.judgements import Campaign, Judgement, JudgementFile

DRAWS = 10_000  # of the tests of people's preferences; the smallest p is well below α / pairs


class KeptCampaign(NamedTuple):
    """A campaign's judgements of one test set.

    Attributes:
        name: The campaign's.
        file: The judgements, of the outputs as they are now.
        changed: Systems whose output is another one now than was judged.
    """

    name: str
    file: JudgementFile
    changed: tuple[str, ...]


class CampaignKept(NamedTuple):
    """What an import has kept of one test set.

    Attributes:
        test_set: ``CORPUS/SRC-TGT``.
        judgements, systems: How many, of how many systems.
        notes: What a reader must know.
    """

    test_set: str
    judgements: int
    systems: int
    notes: tuple[str, ...]


def keep_judgements(
    space: Workspace,
    tables: Sequence[Table],
    human: Path,
    name: str,
    *,
    first: int | None = None,
    force: bool = False,
) -> list[CampaignKept]:
    """Keeps a file of judgements beside the outputs that they are about.

    Args:
        space: Where results are.
        tables: The test sets that they may be about.
        human: The file.
        name: What the campaign is called from now on.
        first: The number of the first segment, where the file numbers segments by position.
        force: Whether another file's judgements of this name are replaced.

    Raises:
        RequestError: If no judgement is about these results, or there is a campaign of that name.
        DataError: With file and line, if a judgement does not hold.
    """
    check_name(name, "--name")
    results, file, digest = Results(space.results), read_human_file(human), digest_file(human)
    placed = [
        (table, found)
        for table in tables
        if (found := place(file, _place(results, table), human.name, first=first)) is not None
    ]
    if not placed:
        raise RequestError(
            f"{human}: no judgement is about these results",
            hint="systems and segments are called there as in the results: mtbench leaderboard",
        )
    if not force:
        for table, _ in placed:
            _check_free(results, table, name, digest)
    return [
        _keep(results, table, found, file, _head(file, name, human.name, digest))
        for table, found in placed
    ]


def _folder(results: Results, table: Table, row: Row) -> RunFolder:
    return results.run(table.corpus, table.pair, row.folder)


def _ids(results: Results, table: Table) -> tuple[str, ...]:
    for row in table.rows:
        output = _folder(results, table, row).read_output()
        if output is not None:
            return output.ids
    return ()


def _place(results: Results, table: Table) -> Place:
    systems = tuple(row.system for row in table.rows)
    return Place(table.corpus, str(table.pair), _ids(results, table), systems)


def _head(file: JudgementFile, name: str, source: str, digest: str) -> Campaign:
    return Campaign(
        name=name,
        protocol=file.protocol,
        title=file.title,
        lowest=file.lowest,
        highest=file.highest,
        file=source,
        file_digest=digest,
        output_digest="",
    )


def _check_free(results: Results, table: Table, name: str, digest: str) -> None:
    for row in table.rows:
        folder = _folder(results, table, row)
        if name in folder.campaigns() and folder.read_campaign(name, "")[0].file_digest != digest:
            raise RequestError(
                f"{folder.campaign_path(name)}: judgements of another file are kept by this name",
                hint="--name gives these another one, --force replaces those",
            )


def _keep(
    results: Results, table: Table, placed: Placed, file: JudgementFile, head: Campaign
) -> CampaignKept:
    by_system: dict[str, list[tuple[int, Judgement]]] = {}
    for at, one in placed.each:
        by_system.setdefault(one.system, []).append((at, one))
    others = 0
    for row in table.rows:
        folder = _folder(results, table, row)
        output = folder.read_output() if row.system in by_system else None
        if output is None:
            folder.remove_campaign(head.name)  # of a file that this one takes the place of
            continue
        kept = []
        for at, one in sorted(
            by_system[row.system], key=lambda each: (each[0], each[1].rater or "")
        ):
            hypothesis = output.hypotheses[at]
            is_same = one.text is None or one.text == hypothesis.text
            others += not is_same
            kept.append(with_fields(one, segment=hypothesis.id, text=None if is_same else one.text))
        folder.write_campaign(
            head.model_copy(update={"output_digest": output.run.output_digest}), kept
        )
    notes = list(placed.notes)
    if others:
        notes.append(
            f"{others} judged translations are not the stored ones to the letter: errors marked in "
            "them will take no part"
        )
    return CampaignKept(
        f"{table.corpus}/{table.pair}", len(placed.each), len(by_system), tuple(notes)
    )


def campaigns_of(results: Results, table: Table) -> list[KeptCampaign]:
    """Every campaign that is kept of a test set.

    Raises:
        DataError: If a file does not hold.
    """
    found: dict[str, tuple[Campaign, list[Judgement], list[str]]] = {}
    for row in table.rows:
        folder = _folder(results, table, row)
        for name in folder.campaigns():
            head, judgements = folder.read_campaign(name, row.system)
            _, kept, changed = found.setdefault(name, (head, [], []))
            if head.output_digest == row.output_digest:
                kept += judgements
            else:
                changed.append(row.system)
    return [
        KeptCampaign(
            name,
            JudgementFile(
                tuple(kept),
                head.protocol,
                head.title,
                tuple(_of_changed(changed)),
                head.lowest,
                head.highest,
            ),
            tuple(changed),
        )
        for name, (head, kept, changed) in sorted(found.items())
    ]


def _of_changed(changed: Sequence[str]) -> Iterator[str]:
    if changed:
        yield (
            f"the output of {', '.join(changed)} is another one now than was judged: its "
            "judgements take no part"
        )


def order_by_people(results: Results, table: Table, campaign: KeptCampaign) -> HumanOrder | None:
    """How far a campaign's people order the systems as the table's primary metric does.

    Returns:
        None where there is no primary metric, or too little is judged.
    """
    metric = table.rank_metric
    if metric is None or not campaign.file.judgements:
        return None
    placed = place(campaign.file, _place(results, table), campaign.name)
    if placed is None:
        return None
    people = placed.judgements.scores
    rows = [
        row
        for row in table.rows
        if row.system in people and (cell := row.cells.get(metric)) and cell.score is not None
    ]
    if len(rows) < FEWEST:
        return None
    human = np.stack([people[row.system] for row in rows])
    judged = np.isfinite(human).all(axis=0)
    scores = _segment_scores(results, table, rows, metric)
    if judged.sum() < FEWEST or scores is None:
        return None
    ours, theirs = scores[:, judged].mean(axis=1), human[:, judged]
    pairs = len(rows) * (len(rows) - 1) // 2
    return HumanOrder(
        campaign=campaign.name,
        metric=metric,
        systems=len(rows),
        segments=int(judged.sum()),
        agreeing=int(agreeing_pairs(ours, theirs.mean(axis=1))),
        pairs=pairs,
        contradicted=tuple(_contradicted(table, [row.system for row in rows], theirs)),
    )


def _segment_scores(
    results: Results, table: Table, rows: Sequence[Row], metric: str
) -> NDArray[np.float64] | None:
    """Of shape (s, n), turned so that higher is better; None where the metric is not here."""
    found = []
    for row in rows:
        folder = _folder(results, table, row)
        path = folder.score_path(metric, str(row.cells[metric].signature))
        one = recomputed(folder.read_result(path))
        if one.metric is None:
            return None
        turn = 1.0 if one.metric.info.higher_is_better else -1.0
        found.append(turn * one.result.statistics.segment_scores)
    return np.asarray(np.stack(found))


def _contradicted(
    table: Table, systems: Sequence[str], human: NDArray[np.float64]
) -> Iterator[tuple[str, str]]:
    """Pairs that the metric and people separate in opposite directions, both after Holm."""
    first, second = pair_indexes(len(systems))
    one_sided = permutation_p(human, draws=DRAWS, seed=0)
    two_sided = np.maximum(2 * np.minimum(one_sided, 1 - one_sided), 1 / DRAWS)
    means = human.mean(axis=1)
    preferred = {
        frozenset((systems[a], systems[b])): systems[a if means[a] > means[b] else b]
        for a, b, p in zip(first, second, holm(two_sided.tolist()), strict=True)
        if p <= ALPHA
    }
    for values in table.tests:
        test = PairedTest.model_validate(values)
        if test.winner is not None:
            loser = test.b if test.winner == test.a else test.a
            if preferred.get(frozenset((test.a, test.b))) == loser:
                yield test.winner, loser
