"""Options of metrics that the command line offers beside ``--metric-option METRIC.KEY=VALUE``.

They stand here and not in the classes of the metrics because ``--help`` must show them without
importing a metric.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, get_args

from mtbench.checkpoints.precision import Precision

OWN = "python:"  # begins what names code of a user's own, MODULE:NAME
_COMET_FAMILY = ("comet", "cometkiwi", "xcomet")
_FIRST = _COMET_FAMILY[0]


class Shorthand(NamedTuple):
    """One option of the command line.

    Attributes:
        flag: As it is typed.
        key: The option of the metric that it sets.
        words: For ``--help``.
        of: The metric that it is about, and asks for; None for all of its family that are asked
            for.
        metavar: What stands for the value.
        choices: The values that there are, where they are few.
        switch: Whether it takes no value.
    """

    flag: str
    key: str
    words: str
    of: str | None = None
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    switch: bool = False

    @property
    def parameter(self) -> str:
        """Its name among the arguments of a function."""
        return self.flag.strip("-").replace("-", "_")


SHORTHANDS = (
    *(
        Shorthand(
            f"--{name}-model",
            "model",
            f"Checkpoint of {name}: a hub id, a folder or a .ckpt file.",
            of=name,
            metavar="ID|PATH",
        )
        for name in _COMET_FAMILY
    ),
    Shorthand(
        "--precision",
        "precision",
        "Precision of COMET's arithmetic; in its signature. Default: fp32.",
        choices=get_args(Precision),
    ),
    Shorthand(
        "--trust-checkpoint",
        "trust_checkpoint",
        "Load a COMET checkpoint that only loads by running code from it.",
        switch=True,
    ),
)


def flags(key: str) -> tuple[str, ...]:
    """What sets an option of one metric, whichever it is.

    Example:
        >>> flags("model")
        ('--comet-model', '--cometkiwi-model', '--xcomet-model')
    """
    return tuple(one.flag for one in SHORTHANDS if one.key == key and one.of is not None)


def spelt_out(
    names: Sequence[str], given: Mapping[str, Any], default: Sequence[str]
) -> tuple[list[str], dict[str, dict[str, Any]]]:
    """What shorthands mean.

    Args:
        names: Metrics asked for by name.
        given: Parameter → its value; None or False where it was not given.
        default: Metrics of a call that names none.

    Returns:
        The metrics asked for, and metric → option → value.

    Example:
        >>> spelt_out(["bleu"], {"comet_model": "a.ckpt"}, ["bleu", "chrf", "comet"])
        (['bleu', 'comet'], {'comet': {'model': 'a.ckpt'}})
    """
    asked = list(names)
    models = {one.of: given.get(one.parameter) for one in SHORTHANDS if one.of is not None}
    mine = [name for name in _COMET_FAMILY if name in asked]
    if len(mine) == 1 and models[mine[0]] is None and mine[0] != _FIRST:
        # --comet-model beside one other metric of the family is about that one.
        models[mine[0]], models[_FIRST] = models[_FIRST], None
    settings: dict[str, dict[str, Any]] = {}
    for name, model in models.items():
        if name is not None and model is not None:
            settings[name] = {"model": model}
            if name not in asked and (asked or name != _FIRST):
                asked = [*(asked or default), name]
    for one in SHORTHANDS:
        value = given.get(one.parameter)
        if one.of is None and value not in (None, False):
            for name in [name for name in _COMET_FAMILY if name in asked] or [_FIRST]:
                settings.setdefault(name, {})[one.key] = value
    return asked, settings
