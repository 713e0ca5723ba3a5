"""The metric ``health``: the share of segments with nothing wrong at first sight."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from mtbench import __version__
from mtbench.languages import base_language
from mtbench.metrics.guards import checked_column
from mtbench.metrics.health import detectors
from mtbench.metrics.health.detectors import Detector, Segment
from mtbench.plugins import require
from mtbench.seams import Advance, Array, Metric, Scorer
from mtbench.text.identify import LanguageCheck
from mtbench.text.scripts import foreign_script
from mtbench.types import Json, MetricInfo, ScoringView, Signature

_DETECTORS: Mapping[str, Detector] = {
    "empty": detectors.empty,
    "copied": detectors.copied,
    "loop": detectors.loop,
    "chatter": detectors.chatter,
    "answered": detectors.answered,
    "numbers": detectors.numbers,
    "urls": detectors.urls,
}
FLAGS = (*_DETECTORS, "length", "off_target")

PIVOTS = ("en", "es")  # with their relatives, what text usually passes through on its way
UNTRANSLATED = 0.8  # of the words
WINDOW = 6
WINDOW_CERTAIN = 0.9999  # of so few words, and so many windows, more is asked than of a text
_LOWER_RUN = re.compile(r"(?<![\w'’.-])(?:[^\W\d_A-ZÀ-ÖØ-Þ][^\W\d_]*['’]?[ ]?)+")
LANGUAGE_WORDS = 5  # below that a language is not asked for
LANGUAGE_LETTERS = 20


class Health(Metric):
    """Share of segments without a flag, in per cent.

    A row is ``(segments, flagged segments, one count a flag …)``.
    """

    @property
    def info(self) -> MetricInfo:
        """What output health is and needs."""
        return MetricInfo(
            name="health",
            title="Health",
            needs=("source",),
            uses=("reference",),
            bounds=(0.0, 100.0),
            licence="Apache-2.0",
            extra="text",
            description="Share of segments with nothing wrong at first sight: not empty, copied, "
            "off-target, looping, chatting, far too long or short, without lost numbers or URLs.",
            reference="mtbench",
        )

    def signature(self, view: ScoringView) -> Signature:
        """Version, whether references helped, and the identifier of languages."""
        from importlib.metadata import version

        return Signature.of(
            flags="+".join(FLAGS),
            refs="yes" if view.references else "no",
            lid=f"py3langid {version('py3langid')}",
            mtbench=__version__,
        )

    def check(self, view: ScoringView | None = None) -> None:
        """Raises MissingExtra where the identifier of languages is not installed."""
        require("py3langid", "output health", "text")

    def prepare(self, view: ScoringView) -> Scorer:
        """A scorer for one test set."""
        return _HealthScorer(view)

    def pool(self, totals: Array) -> Array:
        """Share of segments without a flag: (..., k) → (...), in per cent."""
        return np.asarray(100.0 * (1.0 - totals[..., 1] / totals[..., 0]), dtype=np.float64)


class _HealthScorer(Scorer):
    def __init__(self, view: ScoringView) -> None:
        self._view = view
        self._sources = view.sources or ()
        self._references = view.references or ((),) * len(view.ids)
        self._languages = LanguageCheck(
            (view.pair.target, view.pair.source, *PIVOTS),
            words=LANGUAGE_WORDS,
            letters=LANGUAGE_LETTERS,
        )
        self._windows = LanguageCheck(
            (view.pair.target, view.pair.source, *PIVOTS),
            words=WINDOW,
            letters=LANGUAGE_LETTERS,
            certain=WINDOW_CERTAIN,
        )
        self._recognised = [self._recognisable(references) for references in self._references]
        self._usual = self._usual_ratio()
        self._flags: dict[str, dict[str, dict[str, str]]] = {}

    def _recognisable(self, references: tuple[str, ...]) -> bool:
        """Whether the reference itself is not taken for another language than the target."""
        target = self._view.pair.target
        return all(
            self._languages.other_language(r, target) is None and not foreign_script(r, target)
            for r in references
        )

    def _usual_ratio(self) -> float | None:
        firsts = [references[0] if references else "" for references in self._references]
        return detectors.usual_ratio(self._sources, firsts) if any(firsts) else None

    def statistics(
        self, outputs: Mapping[str, Sequence[str]], advance: Advance | None = None
    ) -> dict[str, Array]:
        """Counts: system → array of shape (n, 2 + flags)."""
        found = {}
        for system, hypotheses in outputs.items():
            texts = checked_column(system, hypotheses, self._view)
            flags = self._flags_of(texts)
            self._flags[system] = flags
            rows = np.zeros((len(texts), 2 + len(FLAGS)), dtype=np.float64)
            rows[:, 0] = 1.0
            for at, name in enumerate(self._view.ids):
                if name in flags:
                    rows[at, 1] = 1.0
                    rows[at, 2:] = [flag in flags[name] for flag in FLAGS]
            found[system] = rows
            if advance is not None:
                advance(len(texts))
        return found

    def _flags_of(self, texts: Sequence[str]) -> dict[str, dict[str, str]]:
        usual = self._usual
        if usual is None:
            usual = detectors.usual_ratio(self._sources, texts)
        found: dict[str, dict[str, str]] = {}
        rows = zip(
            self._view.ids, self._sources, texts, self._references, self._recognised, strict=True
        )
        for name, source, text, references, recognised in rows:
            segment = Segment(source, text, references)
            flags = {flag: said for flag, of in _DETECTORS.items() if (said := of(segment))}
            if "empty" not in flags:
                if said := detectors.length(segment, usual):
                    flags["length"] = said
                known = "\n".join((source, *references))
                if recognised and (said := self._off_target(text, source, known, flags)):
                    flags["off_target"] = said
            if flags:
                found[name] = flags
        return found

    def _off_target(
        self, text: str, source: str, known: str, flags: Mapping[str, str]
    ) -> str | None:
        target = self._view.pair.target
        if script := foreign_script(_without(text, known), target):
            return f"written in {script}"
        other = self._languages.other_language(text, target)
        if other is None:
            return self._left_over(text, known)
        if not self._still_other(text, source, known):
            return None
        # A source that is itself in another language than it should be tells nothing.
        if "copied" not in flags and self._languages.other_language(source, self._view.pair.source):
            return None
        return f"looks like {other}"

    def _still_other(self, text: str, source: str, known: str) -> bool:
        """Whether a text stays off-target without the words that source and references share.

        A title or name that is rightly left as it was must not decide; a text that is nearly all
        left as it was is off-target all the same.
        """
        words = text.split()
        own = _without(text, known).split()
        if len(own) >= LANGUAGE_WORDS:
            rest = self._languages.other_language(" ".join(own), self._view.pair.target)
            return rest is not None
        left = len(words) - len(own)
        return left >= UNTRANSLATED * len(words) and len(source.split()) >= LANGUAGE_WORDS

    def _left_over(self, text: str, known: str) -> str | None:
        """Words of a third language inside a text: what a pivot left standing.

        Names and quotations are often foreign, so only runs of lower-case words count, and six of
        them at a time, that source and references do not have, and neither the source's language
        nor English.
        """
        for run in _LOWER_RUN.findall(text):
            words = run.split()
            starts = range(0, len(words) - WINDOW + 1, WINDOW // 2)
            parts = [words[start : start + WINDOW] for start in starts]
            for part in [*parts, words] if len(words) > WINDOW else parts:
                window = " ".join(part)
                if window in known:
                    continue
                other = self._windows.other_language(window, self._view.pair.target)
                if other not in (None, "en", base_language(self._view.pair.source)):
                    return f"{window!r} looks like {other}"
        return None

    def annotations(self, system: str) -> Mapping[str, Json]:
        """Segment id → flag → evidence."""
        return self._flags.get(system, {})

    def notes(self, system: str) -> Mapping[str, Json]:
        """Flag → number of segments."""
        counts = dict.fromkeys(FLAGS, 0)
        for flags in self._flags.get(system, {}).values():
            for flag in flags:
                counts[flag] += 1
        return counts


def _without(text: str, known: str) -> str:
    """The words of a text that another one has not."""
    shared = set(known.split())
    return " ".join(word for word in text.split() if word not in shared)
