"""The languages that COMET's encoders have seen."""

from __future__ import annotations

from mtbench.errors import RequestError
from mtbench.languages import LanguagePair, base_language, usual_tag

# Conneau et al. 2020, "Unsupervised Cross-lingual Representation Learning at Scale", appendix A:
# CC-100. Its romanised Bengali, Hindi, Tamil, Telugu, Urdu and Zawgyi Burmese are the same tags.
XLMR = frozenset({
    "af", "am", "ar", "as", "az", "be", "bg", "bn", "br", "bs", "ca", "cs", "cy", "da", "de",
    "el", "en", "eo", "es", "et", "eu", "fa", "fi", "fr", "fy", "ga", "gd", "gl", "gu", "ha",
    "he", "hi", "hr", "hu", "hy", "id", "is", "it", "ja", "jv", "ka", "kk", "km", "kn", "ko",
    "ku", "ky", "la", "lo", "lt", "lv", "mg", "mk", "ml", "mn", "mr", "ms", "my", "ne", "nl",
    "no", "om", "or", "pa", "pl", "ps", "pt", "ro", "ru", "sa", "sd", "si", "sk", "sl", "so",
    "sq", "sr", "su", "sv", "sw", "ta", "te", "th", "tl", "tr", "ug", "uk", "ur", "uz", "vi",
    "xh", "yi", "zh",
})  # fmt: skip

# Encoders with XLM-R's vocabulary and data.
COVERED_ENCODERS = frozenset({"XLM-RoBERTa", "XLM-RoBERTa-XL", "MiniLM"})


def covered(tag: str) -> bool:
    """Whether XLM-R was trained on a language."""
    return usual_tag(base_language(tag)) in XLMR


def uncovered(pair: LanguagePair, *, source: bool = True) -> tuple[str, ...]:
    """The languages of a direction that XLM-R was not trained on."""
    tags = (pair.source, pair.target) if source else (pair.target,)
    return tuple(tag for tag in tags if not covered(tag))


def refuse_uncovered(metric: str, pair: LanguagePair) -> None:
    """Refuses a direction with a language that the encoder never saw.

    Raises:
        RequestError: Naming it.
    """
    unknown = uncovered(pair)
    if unknown:
        names = " and ".join(unknown)
        raise RequestError(
            f"{metric} cannot score {pair}: its encoder never saw {names}",
            why="a number would come out all the same, and would mean nothing",
            hint="leave that pair out, or take --force: the signature will say so",
        )
