"""A function or an object of one's own as a system, without a package around it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field

from mtbench.errors import BackendError, MtbenchError, RequestError
from mtbench.functions import UNPINNED, found_at, identity, parameters, takes_one_text
from mtbench.plugins import Backend
from mtbench.types import Json, Record, Source

_TEXTS = "it is given a list of texts and gives back a list of as many; annotate its parameter as "
_ONE = f"{_TEXTS}str, (text: str), to have it called for one text after the other"


class Python(Backend):
    """Calls Python code: ``python:MODULE:NAME``, or what ``mtbench.evaluate`` is handed.

    A function is given a list of texts and gives back a list of translations; one whose first
    parameter is annotated as ``str`` is given one text after the other. A second parameter is
    given the direction, such as ``en-it``. An object is asked by its method ``translate``, or
    called. The module is looked for in the current folder first.

    What a run rests on is a digest of the source, and of the functions, plain values and packages
    that it names. Where it names anything else (a loaded model, an object), it is unpinned: it
    translates again in every call, unless its attribute ``identity`` says which version it is.
    """

    class Options(Record):
        """Which code.

        Attributes:
            call: Module and name, ``MODULE:NAME``.
        """

        call: Annotated[str, Field(pattern=r"^[^:\s]+:[^:\s]+$")]

    live: ClassVar[Any] = None
    """The function or object, where it was handed over and need not be looked for."""

    options: Options

    @classmethod
    def of(cls, thing: object) -> type[Python]:
        """The back end that calls this very function or object."""
        return type("Live", (cls,), {"live": [thing], "__doc__": cls.__doc__})

    @classmethod
    def from_target(cls, target: str) -> dict[str, Json]:
        """``MODULE:NAME``."""
        module, _, name = target.partition(":")
        if not module or not name or ":" in name:
            raise RequestError(
                f"python:{target}: not a module and a name in it", hint="write python:MODULE:NAME"
            )
        return {"call": target}

    def check(self) -> None:
        """Whether the code is there and can be called."""
        self._call()

    def identity(self) -> dict[str, Json]:
        """The digest of the code; of unpinned code, what no other call has."""
        code = identity(self._thing())
        return {"code": code, "call": uuid.uuid4().hex} if code == UNPINNED else {"code": code}

    def provenance(self) -> dict[str, Json]:
        """The digest of the code, or that it has none."""
        return {"call": self.options.call, "code": identity(self._thing())}

    def notes(self) -> tuple[str, ...]:
        """That code is unpinned, and how to pin it."""
        if identity(self._thing()) != UNPINNED:
            return ()
        return (
            f"{self.options.call} is unpinned: its answers rest on more than its source, so it "
            'translates again in every call; an attribute identity = "…" says its version',
        )

    def translate(self, batch: Sequence[Source]) -> list[str]:
        """Calls it, for all texts or for one after the other."""
        call, one_by_one = self._call()
        more = (str(self.pair),) if len(parameters(call)) > 1 else ()
        texts = [source.text for source in batch]
        try:
            answers = [call(text, *more) for text in texts] if one_by_one else call(texts, *more)
        except MtbenchError:
            raise
        except Exception as error:
            # Foreign code: whatever it raises is its own failure.
            hint = None if one_by_one or not isinstance(error, AttributeError | TypeError) else _ONE
            raise BackendError(
                f"{self.options.call} failed", why=f"{type(error).__name__}: {error}", hint=hint
            ) from error
        if isinstance(answers, str) or not hasattr(answers, "__len__"):
            answers = [answers] if isinstance(answers, str) else list(answers)
        if len(answers) != len(texts):
            raise BackendError(
                f"{self.options.call} gave {len(answers)} answers for {len(texts)} texts", hint=_ONE
            )
        return [_text(answer) for answer in answers]

    def _call(self) -> tuple[Callable[..., Any], bool]:
        """What is called, and whether for one text at a time.

        Raises:
            RequestError: If there is nothing that can be called.
        """
        thing = self._thing()
        call = getattr(thing, "translate", thing)
        if isinstance(thing, type) or not callable(call):
            raise RequestError(
                f"{self.options.call}: neither a function nor an object with a method translate"
            )
        return call, takes_one_text(call)

    def _thing(self) -> Any:
        return self.live[0] if self.live else found_at(self.options.call)


def _text(answer: Any) -> Any:
    """The text of an answer; pipelines of ``transformers`` give theirs under a key."""
    return answer.get("translation_text", answer) if isinstance(answer, dict) else answer
