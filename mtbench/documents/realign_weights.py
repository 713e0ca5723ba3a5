"""What each witness of a realignment weighs: ``python -m tests.bench.realign_fit`` fits them.

They are the weights of a conditional random field, of the greatest likelihood on damaged documents
whose true segmentation is known. Neither the documents nor the systems are those that figures are
given for.
"""

from __future__ import annotations

from typing import NamedTuple


class RealignWeights(NamedTuple):
    """Weights of a field of runs.

    Attributes:
        clause: Of what is seen of a clause, as ``likelihood.NAMES`` has it.
        single: Of n-grams and dictionary of single words, which say where in a clause a run ends.
        begin: Of what is seen of a run's beginning, as ``edges.OF_BEGINNINGS``.
        end: Of its end, as ``edges.OF_ENDS``.
        omitted: Of an omission, and of the logarithm of the segment's length.
        added: Of each sentence of an addition, and where it begins at a comma or within a clause.
        precision: Of lengths, by difference and by ratio.
        hallucinated: Of a hallucination, of the logarithm of the segment's length, of each sentence
            and of the share of it that it repeats.
        loose: Of a hallucination's length, by difference and by ratio.
    """

    clause: tuple[float, ...]
    single: tuple[float, float]
    begin: tuple[float, ...]
    end: tuple[float, ...]
    omitted: tuple[float, float]
    added: tuple[float, float, float]
    precision: tuple[float, float]
    hallucinated: tuple[float, float, float, float]
    loose: tuple[float, float]


BY_VECTORS = RealignWeights(
    clause=(
        -1.146,
        1.967,
        0.769,
        0.611,
        0.936,
        0.313,
        0.131,
        0.777,
        -2.404,
        2.103,
        -3.268,
        7.903,
        3.532,
        5.769,
        5.318,
        5.636,
        4.318,
        -1.267,
    ),
    single=(0.06, 0.511),
    begin=(-2.131, -3.095, 1.246, -0.598, 1.911, -1.897, -3.081, 0.125, 1.968, 0.058),
    end=(3.311, -2.486, -1.991, -2.357, -2.128, 3.076, 0.195),
    omitted=(-3.282, 0.121),
    added=(-4.445, -1.508, -4.459),
    precision=(0.438, 0.938),
    hallucinated=(-4.348, -0.808, -0.078, 4.0),
    loose=(0.087, 0.566),
)

BY_CHARACTERS = RealignWeights(
    clause=(1.901, 0.886, 1.23, -3.007, 0.75, 0.284, 0.781, -2.018, -0.107, 2.689, -0.786, 6.643),
    single=(-0.073, 0.508),
    begin=(-2.367, -3.604, 1.196, -0.785, 2.007, -1.893, -3.054, 0.146, 2.431, 0.262),
    end=(3.567, -2.821, -1.932, -2.728, -2.698, 3.204, 0.363),
    omitted=(-3.271, 0.162),
    added=(-3.943, -1.822, -4.342),
    precision=(0.435, 1.887),
    hallucinated=(-4.218, -0.622, 0.147, 4.0),
    loose=(0.078, 0.544),
)
