"""Everything mtbench raises on purpose, and the exit code of each.

::

    MtbenchError                        70  a bug, unless a subclass says otherwise
    ├── AnswerIsNo                       1  the answer is no
    │   ├── DataError                       a corpus or hypotheses file that does not hold
    │   ├── RegressionFound                 ``compare --fail-on`` found one
    │   └── VerificationFailed              ``verify`` found a broken link
    ├── RequestError                     2  the request is wrong
    │   ├── UnknownName                     a name nobody knows, with the nearest that are known
    │   └── CardError                       a malformed card
    ├── Unavailable                      3  this machine cannot
    │   ├── MissingExtra                    an optional part of mtbench is not installed
    │   │   └── BrokenPackage                   it is, and cannot be imported
    │   ├── MissingEngine                   a program or server is not there
    │   └── MissingWeights                  weights are not here and cannot be had
    └── RunFailed                        4  a back end or metric failed while it ran
        ├── BackendError                    the system as a whole failed
        │   ├── TransientError              worth another try (a busy server, a reset)
        │   │   └── Later                       a server that will answer, and says when or not yet
        │   └── SegmentError                this segment cannot be translated; others can
        │       └── UnusableAnswer          what came is no translation; another try may bring one
        ├── MetricError                     a metric failed
        ├── PartialOutput                   some segments have no translation
        └── PartialScore                    a metric gave some segments no score
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

from mtbench.distribution import install_line, reinstall_line

USUAL_PATIENCE = 1800.0  # seconds without an answer, from a server that says "later"
UNUSABLE_ATTEMPTS = 3  # answers of no use that are put up with; each of them may be paid for


class MtbenchError(Exception):
    """Base of every error that mtbench raises on purpose.

    Args:
        message: What happened and where, in one line.
        why: The cause, in one line, where the message does not say it.
        hint: What to do next, in one line.

    Example:
        >>> import mtbench
        >>> try:
        ...     mtbench.score(["Sì."], ["Sì.", "No."], pair="en-it")
        ... except mtbench.MtbenchError as error:
        ...     print(error.message, error.exit_code)
        system: 1 hypotheses for 2 references 1
    """

    exit_code = 70

    def __init__(self, message: str, *, why: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.why = why
        self.hint = hint

    def lines(self) -> list[str]:
        """The error as a user reads it: one to three lines.

        Example:
            >>> MtbenchError("no such file", hint="check the path").lines()
            ['no such file', 'check the path']
        """
        found = [self.message]
        if self.why:
            found.append(self.why)
        if self.hint:
            found.append(self.hint)
        return found

    def __str__(self) -> str:
        return "; ".join(self.lines())

    def __reduce__(self) -> tuple[Any, ...]:
        """An error reaches another process as what it is, whatever its class is made from."""
        return _again, (type(self), self.__dict__)


def _again(kind: type[MtbenchError], facts: dict[str, Any]) -> MtbenchError:
    error = kind.__new__(kind)
    error.args = (facts["message"],)
    error.__dict__.update(facts)
    return error


class AnswerIsNo(MtbenchError):
    """The question was answered, and the answer is no."""

    exit_code = 1


class DataError(AnswerIsNo):
    """A corpus or hypotheses file does not hold."""


class RegressionFound(AnswerIsNo):
    """A comparison found what ``--fail-on`` names."""


class VerificationFailed(AnswerIsNo):
    """A stored result does not follow from what it names as its inputs."""


class RequestError(MtbenchError):
    """The request is wrong: usage, options, a combination that cannot be."""

    exit_code = 2


class UnknownName(RequestError):
    """A name that nobody knows.

    Args:
        kind: What was looked for ("model", "metric" …).
        name: The name as given.
        known: Names that would have been right.
        hint: What to do next; by default, the nearest known names.
    """

    def __init__(
        self, kind: str, name: str, known: Iterable[str], *, hint: str | None = None
    ) -> None:
        self.kind = kind
        self.name = name
        self.known = tuple(sorted(set(known)))
        super().__init__(f"unknown {kind}: {name!r}", hint=hint or self._suggest())

    def _suggest(self) -> str:
        near = difflib.get_close_matches(self.name, self.known, n=3, cutoff=0.5)
        if near:
            return f"did you mean {_any_of(near)}?"
        if not self.known:
            return f"there is no {self.kind} here"
        shown = ", ".join(self.known[:8])
        more = f" and {len(self.known) - 8} more" if len(self.known) > 8 else ""
        return f"known: {shown}{more}"


class CardError(RequestError):
    """A malformed model or corpus card."""


class Unavailable(MtbenchError):
    """This machine cannot do what was asked."""

    exit_code = 3


class MissingExtra(Unavailable):
    """An optional part of mtbench is not installed.

    Args:
        what: What needs it.
        extra: Name of the extra, as in ``pip install 'mtbench-eval[EXTRA]'``.
        why: The import error, where there is one.
    """

    def __init__(self, what: str, extra: str, why: str | None = None) -> None:
        self.extra = extra
        super().__init__(
            f"{what} needs the extra {extra!r}, which is not installed",
            why=why,
            hint=f"install it with: {install_line(extra)}",
        )


class BrokenPackage(MissingExtra):
    """A package of an optional part is installed, and cannot be imported.

    Args:
        what: What needs it.
        package: Its module.
        extra: Name of the extra that brings it.
        why: What its import raises.
    """

    def __init__(self, what: str, package: str, extra: str, why: str) -> None:
        self.extra = extra
        Unavailable.__init__(
            self,
            f"{what} needs the package {package}, which is here and cannot be imported",
            why=why,
            hint=f"install releases that fit each other: {reinstall_line(package, why)}",
        )


class MissingEngine(Unavailable):
    """A program or server that a system needs is not there."""


class MissingWeights(Unavailable):
    """Weights are not on this machine and cannot be had."""


class RunFailed(MtbenchError):
    """A back end or metric failed while it ran; what was finished is kept."""

    exit_code = 4


class BackendError(RunFailed):
    """The system as a whole failed."""


class TransientError(BackendError):
    """A failure worth another try.

    Args:
        message: What happened.
        retry_after: Seconds the other side asked to wait, where it did.
        answered: Whether the other side is there and failed at this request alone, as far as can
            be known: however often that happens, others may succeed.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        answered: bool = False,
        why: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, why=why, hint=hint)
        self.retry_after = retry_after
        self.answered = answered


class Later(TransientError):
    """A server that is there and says "later": a rate limit. It is waited for, not counted."""

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        why: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, retry_after=retry_after, answered=True, why=why, hint=hint)


class SegmentError(BackendError):
    """This segment cannot be translated by this system; others can."""


class UnusableAnswer(SegmentError):
    """A whole answer that is no translation (empty, a refusal); another try may bring one."""


class MetricError(RunFailed):
    """A metric failed while it ran."""


class PartialOutput(RunFailed):
    """Some segments of an output have no translation."""


class PartialScore(RunFailed):
    """A metric gave some segments of an output no score."""


def _any_of(names: Sequence[str]) -> str:
    quoted = [repr(name) for name in names]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " or " + quoted[-1]
