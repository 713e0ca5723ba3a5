"""The only reader and writer of a results folder.

::

    RESULTS/leaderboard.csv
    RESULTS/CORPUS/SRC-TGT/test_set.json                  ids and labels of the segments
    RESULTS/CORPUS/SRC-TGT/texts.json                     texts of plain files, which no corpus has
    RESULTS/CORPUS/SRC-TGT/SYSTEM/run.json
    RESULTS/CORPUS/SRC-TGT/SYSTEM/output.jsonl
    RESULTS/CORPUS/SRC-TGT/SYSTEM/kept.jsonl              what a back end wanted kept, if anything
    RESULTS/CORPUS/SRC-TGT/SYSTEM/scores/METRIC@SIG8.json
    RESULTS/CORPUS/SRC-TGT/SYSTEM/scores/METRIC@SIG8.npz  the arrays of a large test set
"""

from __future__ import annotations

from mtbench.results.folder import RunFolder
from mtbench.results.part import ScoringPart
from mtbench.results.score_files import INLINE_SEGMENTS
from mtbench.results.store import Results

__all__ = ["INLINE_SEGMENTS", "Results", "RunFolder", "ScoringPart"]
