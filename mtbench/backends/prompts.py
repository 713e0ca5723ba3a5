"""Translation prompts for LLMs: what is asked, and what of an answer is the translation.

The rule of extraction, whole: blank space at both ends goes; if all of what is left is one fenced
block, the fence goes; if all of what is left is in one pair of quotation marks, which occur
nowhere inside and the source has no such pair of its own, they go. Nothing else is touched.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from mtbench.backends.guidance import Guidance, GuidanceOptions
from mtbench.errors import DataError, RequestError, UnusableAnswer
from mtbench.files.digests import digest_json
from mtbench.files.jsonl import read_objects
from mtbench.health.garbage import refused_whole
from mtbench.languages import LanguagePair, language_name
from mtbench.servers.chat import Message
from mtbench.types import WHOLE_DOCUMENT, Json, Source, Translation

SEGMENT_PROMPT = """\
Translate the text below from {source_language} to {target_language}. \
Answer with the translation alone.

{context}{instruction}Text:
{text}"""

DOCUMENT_PROMPT = """\
Translate the paragraphs below from {source_language} to {target_language}. They are one document: \
translate each as a part of the whole. They are given as a JSON object from number to paragraph; \
answer with a JSON object from the same numbers to the translations, and nothing else.

{context}{instruction}{text}"""

WHOLE_PROMPT = """\
Translate the document below from {source_language} to {target_language}. \
Answer with the translation alone.

{context}{instruction}{text}"""

CONTEXT = "Context, not to be translated:\n{}\n\n"
GUIDE = "{}\n\n"
INSTRUCTION = "Instructions for the translation:\n{}\n\n"

_PLACE = re.compile(r"\{\{|\}\}|\{(\w+)\}")
_PLACES = frozenset(
    {"source_language", "target_language", "src", "tgt", "context", "instruction", "text"}
)
_FENCE = re.compile(r"(`{3,9}(?!`)|~{3,9}(?!~))[^\n`]*\n(?P<inside>.*?)\n?\1\Z", re.DOTALL)
_QUOTES = ('""', "“”", "„“", "„”", "«»", "»«", "‹›", "''", "‘’", "‚‘", "「」", "『』")


class PromptOptions(GuidanceOptions):
    """How an LLM is asked.

    Attributes:
        unit: What one request holds: a segment, or a document's segments, which must all come
            back by number.
        prompt: The request, with ``{text}`` and, as wanted, ``{context}``, ``{instruction}``,
            ``{source_language}``, ``{target_language}``, ``{src}``, ``{tgt}``; a literal
            brace is doubled.
        system: The system message, with the same placeholders but the text; none where nothing
            is left of it.
        examples: A JSONL file of worked examples (``src`` and ``ref``, as in a corpus file) that
            are no part of any test set; ``{src}`` and ``{tgt}`` in its name are filled in.
        shots: How many of the examples to show, from the first; by default all.
        realign: Whether a document is asked for as plain text and its translation laid on the
            segments where it comes back in another number of paragraphs; what ``--realign`` sets.
            Only with ``unit = "document"``.
    """

    unit: Literal["segment", "document"] = "segment"
    prompt: str | None = None
    system: str = ""
    examples: str | None = None
    shots: Annotated[int, Field(ge=1)] | None = None
    realign: Annotated[bool, Field(exclude=True)] = False

    @field_validator("prompt", "system")
    @classmethod
    def _known_places(cls, template: str | None) -> str | None:
        for match in _PLACE.finditer(template or ""):
            name = match.group(1)
            if name is not None and name not in _PLACES:
                raise ValueError(f"there is nothing to put for {{{name}}}")
        return template

    @field_validator("prompt")
    @classmethod
    def _asks_for_the_text(cls, template: str | None) -> str | None:
        if template is not None and _places(template).count("text") != 1:
            raise ValueError("a prompt holds {text} once")
        return template

    @field_validator("system")
    @classmethod
    def _asks_for_no_text(cls, template: str) -> str:
        if "text" in _places(template):
            raise ValueError("a system message has no place for {text}: put it into the prompt")
        return template


@dataclass(frozen=True, slots=True)
class Prompt:
    """One request to an LLM.

    Attributes:
        sources: What it asks to translate, in order.
        messages: What it says.
    """

    sources: tuple[Source, ...]
    messages: tuple[Message, ...]


class Prompter:
    """Makes requests of sources, and translations of answers.

    Args:
        options: How to ask.
        pair: The direction.
    """

    def __init__(self, options: PromptOptions, pair: LanguagePair) -> None:
        self.options = options
        self._languages = _languages(pair)
        self.whole = options.realign and options.unit == "document"
        by_number = DOCUMENT_PROMPT if options.unit == "document" else SEGMENT_PROMPT
        self.template = options.prompt or (WHOLE_PROMPT if self.whole else by_number)
        self.guidance = Guidance(options, pair)
        self._examples: tuple[tuple[str, str], ...] | None = None
        self._left_out = 0
        self._alone = 0

    # --- examples -------------------------------------------------------------------------------

    def examples(self) -> tuple[tuple[str, str], ...]:
        """The worked examples: source and translation.

        Raises:
            RequestError: If there is no such file.
            DataError: If a line is no example, with file and line.
        """
        if self._examples is None:
            self._examples = self._read() if self.options.examples else ()
        return self._examples

    def _read(self) -> tuple[tuple[str, str], ...]:
        name = _filled(self.options.examples or "", self._languages)
        path = Path(name).expanduser()
        found = [_example(values, f"{path}:{number}") for number, values in read_objects(path)]
        if not found:
            raise DataError(f"{path}: there are no examples")
        wanted = self.options.shots or len(found)
        if wanted > len(found):
            raise RequestError(f"{path} holds {len(found)} examples, and shots is {wanted}")
        return tuple(found[:wanted])

    def sources(self, sources: Sequence[Source]) -> None:
        """Holds the examples against the test set.

        Raises:
            DataError: If an example is a part of it.
        """
        places = {*_places(self.template), *_places(self.options.system)}
        self._check_places(places)
        self.guidance.sources(sources)
        by_document = self.options.unit == "document"
        self._alone = sum(s.document is None for s in sources) if by_document else 0
        self._left_out = sum(
            (s.context is not None and "context" not in places)
            or (s.instruction is not None and "instruction" not in places)
            for s in sources
        )
        texts = {_bare(source.text): source.id for source in sources}
        for number, example in enumerate(self.examples(), start=1):
            # Its translation too: a test set that is read backwards has that for its source.
            found = next((texts[_bare(side)] for side in example if _bare(side) in texts), None)
            if found is not None:
                raise DataError(
                    f"example {number} of {self.options.examples} is segment {found!r} of the "
                    "test set",
                    hint="examples must be held out: take others",
                )

    def _check_places(self, places: set[str]) -> None:
        given = self.options
        if (given.tone or given.glossary) and "instruction" not in places:
            raise RequestError("tone and glossary need a place in the prompt: {instruction}")
        if self.guidance.surrounded and ("context" not in places or given.unit == "document"):
            raise RequestError(
                "context_before and context_after need unit = 'segment', and a place in the "
                "prompt: {context}"
            )

    def notes(self) -> tuple[str, ...]:
        """What was seen in the glossary, and what the prompt keeps from the model."""
        left_out = f"the prompt leaves out context or instructions of {self._left_out} segments"
        alone = f"{self._alone} segments belong to no document: each was asked for alone"
        said = (left_out,) * bool(self._left_out) + (alone,) * bool(self._alone)
        return (*self.guidance.notes(), *said)

    def digest(self) -> str:
        """Digest of everything that is said beside the sources."""
        said: dict[str, Json] = {
            "unit": self.options.unit,
            "template": self.template,
            "system": self.options.system,
            "context": CONTEXT,
            "instruction": INSTRUCTION,
            "examples": [list(example) for example in self.examples()],
        }
        if {"context", "instruction"} & {*_places(self.options.system)}:
            said["system_by_segment"] = True  # earlier versions left these places empty
        if self.whole:
            said["whole"] = True
        return digest_json(said | self.guidance.digest())

    def record(self) -> dict[str, Json]:
        """What is said beside the sources, for the record of a run."""
        told = {"tone": self.options.tone, "terms": len(self.guidance.terms)}
        return {
            "digest": self.digest(),
            "template": self.template,
            "system": self.options.system,
            "examples": len(self.examples()),
            **{key: value for key, value in told.items() if value},
        }

    # --- asking -----------------------------------------------------------------------------------

    def requests(self, batch: Sequence[Source]) -> list[Prompt]:
        """The requests for a batch: one per segment, or one for all of it."""
        units = [tuple(batch)] if self.options.unit == "document" else [(s,) for s in batch]
        return [Prompt(unit, self._messages(unit)) for unit in units]

    def said(self, batch: Sequence[Source]) -> list[str]:
        """The texts of all messages of a batch's requests."""
        return [m.content for request in self.requests(batch) for m in request.messages]

    def _messages(self, unit: tuple[Source, ...]) -> tuple[Message, ...]:
        found = []
        system = _filled(self.options.system, self._values(unit))
        if system.strip():
            found.append(Message(role="system", content=system))
        for texts, answers in self._shown():
            asked = self._ask([Source(id="", text=text) for text in texts])
            found.append(Message(role="user", content=asked))
            found.append(Message(role="assistant", content=self._written(answers)))
        found.append(Message(role="user", content=self._ask(unit)))
        return tuple(found)

    def _shown(self) -> list[tuple[list[str], list[str]]]:
        """The examples as turns: one each, or all of them as one document."""
        pairs = self.examples()
        if self.options.unit == "document" and pairs:
            return [([source for source, _ in pairs], [target for _, target in pairs])]
        return [([source], [target]) for source, target in pairs]

    def _ask(self, unit: Sequence[Source]) -> str:
        text = self._written([source.text for source in unit])
        return _filled(self.template, self._values(unit) | {"text": text})

    def _values(self, unit: Sequence[Source]) -> dict[str, str]:
        return self._languages | {
            "context": _block(CONTEXT, [self.guidance.context(source) for source in unit]),
            "instruction": _block(GUIDE, [self.guidance.told(unit)])
            + _block(INSTRUCTION, [source.instruction for source in unit]),
        }

    def _written(self, texts: Sequence[str]) -> str:
        if self.options.unit == "segment":
            return texts[0]
        if self.whole:
            return "\n\n".join(texts)
        numbered = {str(number): text for number, text in enumerate(texts, start=1)}
        return json.dumps(numbered, ensure_ascii=False, indent=0)

    # --- reading ----------------------------------------------------------------------------------

    def read(self, request: Prompt, raw: str) -> list[Translation]:
        """The translations in an answer, the answer itself kept beside them.

        Raises:
            UnusableAnswer: If there is none, or not one for each segment, or a refusal in words in
                the place of a whole document.
        """
        if self.whole:
            return self._read_whole(request, raw)
        if self.options.unit == "document":
            return self._read_document(request, raw)
        text, rule = extract(raw, request.sources[0].text)
        if not text:
            raise UnusableAnswer("the answer is empty")
        terms = self.guidance.used(request.sources[0].text, text)
        return [Translation(text=text, kept={"raw": raw, "removed": rule, **terms})]

    def _read_whole(self, request: Prompt, raw: str) -> list[Translation]:
        """The whole text with the first segment, nothing with the others."""
        sources = request.sources
        document = "\n\n".join(source.text for source in sources)
        text, rule = extract(raw, document)
        if not text:
            raise UnusableAnswer("the answer is empty")
        if refused_whole(text, document):
            raise UnusableAnswer(f"the model refused: {text[:80]!r}")
        first: dict[str, Json] = {"raw": raw, "removed": rule, WHOLE_DOCUMENT: text}
        rest: dict[str, Json] = {"raw_beside": sources[0].id}
        return [
            Translation(text=text, kept=first),
            *(Translation(text="", kept=rest) for _ in sources[1:]),
        ]

    def _read_document(self, request: Prompt, raw: str) -> list[Translation]:
        inside, rule = _unfenced(raw.strip())
        try:
            answer = json.loads(inside, object_pairs_hook=_once)
        except (ValueError, RecursionError) as error:
            raise UnusableAnswer(f"the answer is not the JSON asked for: {error}") from None
        wanted = [str(number) for number in range(1, len(request.sources) + 1)]
        if not isinstance(answer, dict) or sorted(answer) != sorted(wanted):
            count = len(answer) if isinstance(answer, dict | list) else 1
            raise UnusableAnswer(
                f"the answer holds {count} translations by number, asked for were {len(wanted)}"
            )
        texts = [answer[number] for number in wanted]
        blank = [n for n, text in zip(wanted, texts, strict=True) if not _says_something(text)]
        if blank:
            raise UnusableAnswer(f"the answer says nothing for paragraph {blank[0]}")
        # The whole answer stands once, beside the first segment of the document.
        first: dict[str, Json] = {"raw": raw, "removed": ["fence"] if rule else []}
        rest: dict[str, Json] = {"raw_beside": request.sources[0].id}
        return [
            Translation(
                text=text.strip(),
                kept=(first if number == 0 else rest) | self.guidance.used(source.text, text),
            )
            for number, (source, text) in enumerate(zip(request.sources, texts, strict=True))
        ]


def extract(raw: str, source: str) -> tuple[str, list[str]]:
    """The translation in an answer, by the rule at the top of this module.

    Args:
        raw: The answer.
        source: What was to be translated.

    Returns:
        The text, and which of ``fence`` and ``quotes`` were removed.
    """
    text, fenced = _unfenced(raw.strip())
    removed = ["fence"] if fenced else []
    for pair in _QUOTES:
        if _quoted(text, pair) and not any(_quoted(source.strip(), other) for other in _QUOTES):
            return text[1:-1].strip(), [*removed, "quotes"]
    return text, removed


def _unfenced(text: str) -> tuple[str, bool]:
    match = _FENCE.match(text)
    return (match.group("inside").strip(), True) if match else (text, False)


def _quoted(text: str, pair: str) -> bool:
    inside = text[1:-1]
    return (
        len(text) > 2
        and (text[0], text[-1]) == (pair[0], pair[1])
        and not any(mark in inside for mark in pair)
    )


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a number occurs twice")
    return found


def _bare(text: str) -> str:
    """A text without what does not make it another one: case, spaces, marks, spelling of é."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = "".join(c if c.isalnum() or unicodedata.combining(c) else " " for c in folded).split()
    return " ".join(words) or text.strip()


def _says_something(text: Json) -> bool:
    return isinstance(text, str) and bool(text.strip())


def _example(values: dict[str, Json], where: str) -> tuple[str, str]:
    source, target = values.get("src"), values.get("ref")
    if isinstance(target, list) and target:
        target = target[0]
    if not (_says_something(source) and _says_something(target)):
        raise DataError(f"{where}: an example needs src and ref", hint="as in a corpus file")
    return str(source), str(target)


def _languages(pair: LanguagePair) -> dict[str, str]:
    return {
        "src": pair.source,
        "tgt": pair.target,
        "source_language": language_name(pair.source),
        "target_language": language_name(pair.target),
    }


def _block(template: str, texts: Sequence[str | None]) -> str:
    """What segments have beside their text; numbered where there are several segments."""
    said = [(n, text) for n, text in enumerate(texts, start=1) if text]
    if not said:
        return ""
    if len(texts) == 1:
        return template.format(said[0][1])
    if len({text for _, text in said}) == 1 and len(said) == len(texts):
        return template.format(said[0][1])
    return template.format("\n".join(f"{n}: {text}" for n, text in said))


def _places(template: str) -> list[str]:
    return [match.group(1) for match in _PLACE.finditer(template) if match.group(1)]


def _filled(template: str, values: dict[str, str]) -> str:
    """A template with its places filled, in one pass: what is put in is not looked into."""

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name is None:
            return match.group()[0]
        return values[name]

    return _PLACE.sub(value, template)
