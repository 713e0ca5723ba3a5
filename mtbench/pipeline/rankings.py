"""Rankings of many systems, kept in the cache: the tests of 1,225 pairs take a minute.

What is kept is known by a digest of the statistics, of everything that a ranking is asked with, and
of the code. The cache is the user's own; a results folder, which may be another's, holds no tests.
``verify`` never looks here.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mtbench.engine.versions import versions
from mtbench.files.digests import digest_json
from mtbench.functions import UNPINNED, identity
from mtbench.pipeline.code import code_states
from mtbench.plugins import Array, Metric
from mtbench.results.kept import KeptRanking, read_kept, write_kept
from mtbench.significance import Ranking, rank, ruled_resamples
from mtbench.significance.limits import ALPHA
from mtbench.stages.scoring import AT_ONCE

log = logging.getLogger(__name__)

WORTH_KEEPING = 1 << 20  # swaps of all pairs; fewer take under a second


def kept_rank(
    metric: Metric,
    rows: Mapping[str, Array],
    segment_scores: Mapping[str, Array],
    asked: Mapping[str, Any],
    cache: Path | None,
) -> Ranking:
    """The ranking of systems; where it was made from the very same before, that one.

    Args:
        metric: Whose statistics they are.
        rows: System → array of shape (n, k).
        segment_scores: System → array of shape (n,).
        asked: What else ``rank`` is asked with, as JSON.
        cache: The user's cache; None to make it now and keep nothing.
    """
    candidates = len(rows) - len(asked["baselines"])
    pairs = candidates * (candidates - 1) // 2
    few = pairs * ruled_resamples(max(pairs, 1), ALPHA) < WORTH_KEEPING
    code = UNPINNED if few or cache is None else identity(type(metric))
    if cache is None or code == UNPINNED:
        return rank(rows, metric.pool, alpha=ALPHA, segment_scores=segment_scores, **asked)
    name, options = metric.info.name, metric.options.model_dump(mode="json")
    path = cache / "rankings" / f"{digest_json([name, sorted(rows)])}.json"
    rests_on = digest_json(
        [versions(), code_states(), code, name, options, dict(asked), _digest(rows),
         _digest(segment_scores)]
    )  # fmt: skip
    found = read_kept(KeptRanking, path)
    if found is not None and found.rests_on == rests_on:
        log.info("ranked before: %s", path)
        return found.ranking
    ranking = rank(rows, metric.pool, alpha=ALPHA, segment_scores=segment_scores, **asked)
    write_kept(path, KeptRanking(rests_on=rests_on, ranking=ranking))
    return ranking


def _digest(arrays: Mapping[str, Array]) -> str:
    found = hashlib.sha256()
    for name, values in arrays.items():  # in their order, which the names below keep
        found.update(f"{name}\n{values.shape}\n".encode())
        for start in range(0, len(values), AT_ONCE):
            found.update(np.ascontiguousarray(values[start : start + AT_ONCE], dtype="<f8").data)
    return found.hexdigest()
