"""Runs an Apertium mode on one segment after another, each as if it were the only one.

Stages that forget between inputs run once and answer NUL-ended inputs for as long as they are
asked; stages that remember are started again for each segment. So the start-up cost of most
programs is paid once, and still no segment sees another.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence

from mtbench.backends.apertium_modes import INSTALL, Mode, Stage
from mtbench.engine.threads import in_order
from mtbench.errors import MissingEngine
from mtbench.processes.programs import LateAnswer, Program, Reader, once


class PipelineFailed(Exception):
    """A program of a mode ended, or gave no answer in time.

    Attributes:
        at: Index of the first input without an answer.
        why: The last line of the program's stderr.
    """

    def __init__(self, message: str, at: int, why: str | None) -> None:
        super().__init__(message)
        self.at = at
        self.why = why


class Pipeline:
    """A mode, ready to translate.

    Args:
        mode: The mode.
        at_once: How many of the programs that are started for each segment run at once.
        timeout: Seconds within which an answer must come.
    """

    def __init__(self, mode: Mode, at_once: int, timeout: float) -> None:
        self.mode = mode
        self._at_once = at_once
        self._timeout = timeout
        self._parts: list[_Lasting | _Fresh] = []

    @staticmethod
    def check(mode: Mode) -> None:
        """Whether the programs and data of a mode are there.

        Raises:
            MissingEngine: If not.
        """
        for stage in mode.stages:
            if shutil.which(stage.argv[0]) is None:
                raise MissingEngine(
                    f"Apertium's mode {mode.name} needs the program {stage.argv[0]}",
                    hint=f"install it with: {INSTALL}",
                )
        for path in mode.files:
            if not path.is_file():
                raise MissingEngine(
                    f"Apertium's mode {mode.name} needs {path}", hint="install the pair again"
                )

    def run(self, inputs: Sequence[bytes]) -> list[bytes]:
        """Translates streams, each by itself.

        Raises:
            PipelineFailed: Naming the first input without an answer.
        """
        if not self._parts:
            self._parts = self._start()
        streams = list(inputs)
        try:
            for part in self._parts:
                streams = part.run(streams)
        except BaseException:
            # Answers to what is still on its way must not be taken for those to come.
            self.close()
            raise
        return streams

    def close(self) -> None:
        """Ends all programs; the next ``run`` starts them again."""
        for part in self._parts:
            part.close()
        self._parts = []

    def _start(self) -> list[_Lasting | _Fresh]:
        parts: list[_Lasting | _Fresh] = []
        lasting: list[Stage] = []
        for stage in self.mode.stages:
            if not stage.remembers:
                lasting.append(stage)
                continue
            if lasting:
                parts.append(_Lasting(self.mode.name, lasting, self._timeout))
                lasting = []
            parts.append(_Fresh(self.mode.name, stage, self._at_once, self._timeout))
        if lasting:
            parts.append(_Lasting(self.mode.name, lasting, self._timeout))
        return parts


class _Fresh:
    """A program that is started for each input."""

    def __init__(self, mode: str, stage: Stage, at_once: int, timeout: float) -> None:
        self._mode = mode
        self._stage = stage
        self._at_once = at_once
        self._timeout = timeout

    def run(self, inputs: Sequence[bytes]) -> list[bytes]:
        return in_order(self._one, enumerate(inputs), self._at_once)

    def _one(self, numbered: tuple[int, bytes]) -> bytes:
        at, stream = numbered
        program = self._stage.argv[0]
        try:
            done = once(self._stage.argv, stream + b"\0", seconds=self._timeout)
        except LateAnswer as error:
            raise PipelineFailed(
                f"{program} of Apertium's {self._mode} gave no answer within "
                f"{self._timeout:g} seconds",
                at,
                None,
            ) from error
        answer, _, rest = done.stdout.partition(b"\0")
        if done.returncode or rest.strip(b"\0\n"):
            words = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise PipelineFailed(
                f"{program} of Apertium's {self._mode} failed (exit code {done.returncode})",
                at,
                words[-1][-300:] if words else None,
            )
        return answer

    def close(self) -> None:
        return None


class _Lasting:
    """Programs joined by pipes that run on from input to input."""

    def __init__(self, mode: str, stages: Sequence[Stage], timeout: float) -> None:
        self._mode = mode
        self._timeout = timeout
        self._programs: list[Program] = []
        try:
            for stage in stages:
                last = self._programs[-1].stdout if self._programs else None
                self._programs.append(Program(stage.argv, stdin=last, keep_stderr=4000))
                if last is not None:
                    last.close()  # the next program holds it now, and must see its end
        except BaseException:
            self.close()
            raise
        writer = self._programs[-1]
        self._reader = Reader(writer.stdout, b"\0", timeout, writer)

    def run(self, inputs: Sequence[bytes]) -> list[bytes]:
        self._programs[0].feed((stream + b"\0" for stream in inputs), close=False)
        answers = [self._answer(at) for at in range(len(inputs))]
        self._programs[0].fed()
        return answers

    def _answer(self, at: int) -> bytes:
        try:
            answer = self._reader.piece()
        except LateAnswer as error:
            raise self._failed(f"gave no answer within {self._timeout:g} seconds", at) from error
        if answer is None or self._reader.torn:
            raise self._failed("ended", at)
        return answer

    def _failed(self, what: str, at: int) -> PipelineFailed:
        for program in self._programs:
            if program.wait(0.2):
                name = program.argv[0]
                message = f"{name} of Apertium's {self._mode} {program.ended()}"
                return PipelineFailed(message, at, program.last_words())
        return PipelineFailed(f"Apertium's {self._mode} {what}", at, None)

    def close(self) -> None:
        for program in self._programs:
            program.kill()
