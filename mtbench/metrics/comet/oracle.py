"""COMET's scores against those of unbabel-comet itself, where that is installed.

As sacreBLEU is for the lexical metrics, so the library is the oracle here: a sample of segments is
scored by its own ``predict`` at single precision, once per checkpoint, release of our inference,
versions of the libraries on both sides and kind of device, and must agree. What came of it is kept
in the cache.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mtbench.distribution import install_line
from mtbench.errors import MetricError, MissingEngine, MtbenchError, Unavailable
from mtbench.files.digests import digest_json
from mtbench.files.writing import read_json, write_json
from mtbench.metrics.comet.checkpoint import HPARAMS, Located
from mtbench.metrics.comet.library import versions
from mtbench.processes.programs import LateAnswer, once

log = logging.getLogger(__name__)

VARIABLE = "MTBENCH_COMET_PYTHON"
OFF = "off"  # in place of an interpreter: nothing is compared unless it is asked for
LIBRARY = "unbabel-comet"
TOLERANCE = 1e-5
RELEASE = 2  # of our inference; a new number has everything checked again
PATIENCE = 1800.0  # seconds that the library may take
ROOM = 2.5  # times a checkpoint's size: memory that the library takes to load one

# Source, hypothesis, reference: languages and scripts of XLM-R's, lengths from none to more than
# an encoder reads, marks and blanks that tokenizers treat apart.
SAMPLE = (
    ("The ferry was late because of the fog.", "Die Fähre kam wegen Nebels zu spät.",
     "Wegen des Nebels hatte die Fähre Verspätung."),
    ("Le prix du blé a doublé en 2021 (+104,3 %).", "The price of wheat doubled in 2021.",
     "In 2021 the price of wheat doubled (+104.3%)."),
    ("Grazie!", "", "Danke!"),
    ("会议将于星期三上午九点开始。", "The meeting begins at nine on Wednesday.",
     "The meeting will start at 9 a.m. on Wednesday."),
    ("المكتبة مغلقة اليوم.", "The library is open today.", "The library is closed today."),
    ("นักเรียนอ่านหนังสือในห้องสมุด", "Students read in the library.", "The students are reading."),
    ("Она написала три письма.", "She wrote three letters.", "She wrote three letters."),
    ("Line one,\nline\u00a0two\t– ﬁnally “ｗｉｄｅ” e\u0301 🙂", "Line one.", "Ligne un, deux"),
    ("A tag <s> stays </s> a tag & <pad>.", "<mask> Ein Tag bleibt ein Tag.", "Ein Tag bleibt."),
    (" ".join(["The river rises slowly, and nobody on the bank has noticed it yet."] * 50),
     "Der Fluss steigt.", "Der Fluss steigt langsam."),
)  # fmt: skip


class Oracle:
    """unbabel-comet in this environment, or in the one that ``MTBENCH_COMET_PYTHON`` names.

    Args:
        python: The interpreter.

    Attributes:
        versions: Of the library and what it stands on.

    Raises:
        Unavailable: If the library is not installed there, or the interpreter is none.
    """

    def __init__(self, python: str) -> None:
        self._python = python
        here = python == sys.executable
        self.versions: dict[str, str] = versions() if here else self._ask({})["versions"]
        if LIBRARY not in self.versions:
            raise Unavailable(
                f"{python}, which {VARIABLE} names, has no {LIBRARY}",
                hint=f"{python} -m pip install {LIBRARY} 'setuptools<80.9' 'pyarrow<26'",
            )

    def scores(
        self, located: Located, samples: Sequence[dict[str, str]], device: str, trust: bool
    ) -> list[float]:
        """The library's scores of segments.

        Args:
            located: The checkpoint.
            samples: Segments as the library takes them.
            device: A torch device.
            trust: Whether the checkpoint may run code while it is read.

        Raises:
            Unavailable: If the library cannot say, with its reason.
        """
        path = Path(located.path)
        beside = [folder / HPARAMS for folder in (path.parent.parent, path.parent)]
        asked = {
            "path": located.path,
            "kind": located.kind,
            "encoder": located.encoder,
            "hparams": next((str(file) for file in beside if file.is_file()), None),
            "softmax": located.hparams.get("layer_transformation") == "sparsemax_patch",
            "trust": trust,
            "device": device,
            "samples": list(samples),
        }
        return [float(score) for score in self._ask(asked)["scores"]]

    def _ask(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        program = Path(__file__).with_name("library.py")
        given = json.dumps(asked).encode("utf-8")
        try:
            done = once([self._python, "-I", str(program)], given, seconds=PATIENCE)
        except LateAnswer:
            raise Unavailable(f"{LIBRARY} ({self._python}) took over {PATIENCE:g} s") from None
        except OSError as error:
            raise Unavailable(f"{self._python} cannot be started: {error}") from error
        if done.returncode != 0:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            why = said[-1].strip()[:300] if said else f"status {done.returncode}"
            if done.returncode == -9:
                why = "it was killed, probably because memory ran out"
            raise Unavailable(f"{LIBRARY} ({self._python}) ended", why=why)
        try:
            found = json.loads(done.stdout)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise Unavailable(f"{self._python} does not answer as a Python does")
        return found


def find_oracle() -> Oracle | None:
    """The library, where it is installed; None where it is not.

    Raises:
        MissingEngine: If ``MTBENCH_COMET_PYTHON`` names no program.
        Unavailable: If it names one without the library.
    """
    named = os.environ.get(VARIABLE)
    if named and named != OFF:
        found = shutil.which(named)
        if found is None:
            raise MissingEngine(
                f"{VARIABLE} names {named!r}, which is no program",
                hint=f"name the python of an environment in which {LIBRARY} is installed",
            )
        return Oracle(found)
    try:
        version(LIBRARY)
    except PackageNotFoundError:
        return None
    return Oracle(sys.executable)


def samples(located: Located) -> list[dict[str, str]]:
    """The sample, as the library takes it for a class of checkpoint."""
    with_reference = located.kind == "regression_metric" or "ref" in located.segments
    return [
        {"src": source, "mt": hypothesis} | ({"ref": reference} if with_reference else {})
        for source, hypothesis, reference in SAMPLE
    ]


class Check:
    """The comparison of one checkpoint on one kind of device.

    Args:
        located: The checkpoint.
        sha256: Digest of its file.
        device: A torch device.
        engines: Versions of what our inference stands on.
        cache: Folder where its outcome is kept; empty for none.
        trust: Whether the checkpoint may run code while it is read.
    """

    def __init__(
        self,
        located: Located,
        sha256: str,
        device: str,
        engines: Mapping[str, str],
        cache: str,
        trust: bool,
    ) -> None:
        self._located = located
        self._device = device
        self._cache = cache
        self._trust = trust
        self._facts = {
            "checkpoint": sha256,
            "config": located.config,
            "release": RELEASE,
            "sample": digest_json(SAMPLE),
            "engines": dict(engines),
            "device": device.partition(":")[0],
        }
        self._oracle: Oracle | None = None
        self._why_not = "it was not asked"

    def expected(self, *, again: bool = False) -> list[float] | None:
        """The library's scores of the sample; None where they are not to be compared now.

        Asked for before our own weights are loaded, so that memory holds one model at a time.

        Args:
            again: Whether to ask although the outcome is known, and to fail where the library
                cannot be asked.

        Raises:
            Unavailable: If the named interpreter holds no library; with ``again``, if there is
                none at all, or it cannot say.
        """
        if not again and not self._cache:
            return None
        if os.environ.get(VARIABLE) == OFF and not again:
            return None
        self._oracle = find_oracle()
        if self._oracle is None:
            if again:
                raise Unavailable(
                    f"{LIBRARY} is not installed, so there is nothing to compare with",
                    hint=f"{install_line('comet-library')}, or set {VARIABLE}",
                )
            return None
        if not again and self._known() is not None:
            return None
        try:
            if short := self._short_of_memory():
                raise Unavailable(short)
            log.info("comparing %s with %s, once", self._located.model, LIBRARY)
            return self._oracle.scores(
                self._located, samples(self._located), self._device, self._trust
            )
        except Unavailable as error:
            if again:
                raise
            self._why_not = error.why or error.message
            return None

    def compare(self, expected: Sequence[float], scores: Sequence[float]) -> float:
        """Compares, keeps the outcome, and says the largest deviation.

        Raises:
            MetricError: If they do not agree.
        """
        deviations = [abs(a - b) for a, b in zip(expected, scores, strict=True)]
        largest = max(deviations)
        if not largest <= TOLERANCE:
            at = deviations.index(largest)
            raise MetricError(
                f"{self._located.model}: our score is not that of {self._name()}, so none is given",
                why=f"segment {at + 1} of the sample: {scores[at]:.6f}, not {expected[at]:.6f}",
                hint="please report it, with the line above and the output of mtbench doctor",
            )
        self._keep(largest)
        return largest

    def facts(self) -> dict[str, Any]:
        """What was compared: versions on both sides, how many segments, how closely."""
        return {
            "model": self._located.model,
            "library": self._oracle.versions if self._oracle else {},
            "engines": self._facts["engines"],
            "device": self._device,
            "segments": len(SAMPLE),
            "tolerance": TOLERANCE,
        }

    def said(self) -> str:
        """What a result says of it."""
        if not self._cache:
            return "no: without a cache"
        if os.environ.get(VARIABLE) == OFF:
            return f"no: turned off by {VARIABLE}"
        if self._oracle is None:
            return f"no: {LIBRARY} is not installed"
        if self._known() is not None:
            return f"{self._name()}, {len(SAMPLE)} segments within {TOLERANCE:g} at fp32"
        log.warning(
            "%s was not compared with %s: %s", self._located.model, self._name(), self._why_not
        )
        return f"no: {self._why_not}"

    def _name(self) -> str:
        return f"{LIBRARY} {self._oracle.versions[LIBRARY]}" if self._oracle else LIBRARY

    def _file(self) -> Path:
        facts = {**self._facts, "library": self._oracle.versions if self._oracle else {}}
        return Path(self._cache) / "comet" / "checked" / f"{digest_json(facts)[:32]}.json"

    def _known(self) -> dict[str, Any] | None:
        """What was kept of an earlier comparison that held."""
        if not self._cache or not self._file().is_file():
            return None
        try:
            found = read_json(self._file())
        except MtbenchError:  # damaged: compared again
            return None
        return found if isinstance(found, dict) and "deviation" in found else None

    def _keep(self, deviation: float) -> None:
        if self._cache:
            library = self._oracle.versions if self._oracle else {}
            outcome = {"model": self._located.model, "deviation": deviation, "library": library}
            write_json(self._file(), {**outcome, **self._facts})

    def _short_of_memory(self) -> str | None:
        wanted = int(ROOM * Path(self._located.path).stat().st_size)
        free = _memory()
        if free is None or free >= wanted:
            return None
        return f"the library takes {wanted >> 20} MiB to load it, {free >> 20} are free"


def _memory() -> int | None:
    """Bytes of memory that a program could take; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        found = next(line for line in lines if line.startswith("MemAvailable:"))
        return int(found.split()[1]) << 10
    except (OSError, StopIteration, ValueError, IndexError):
        return None
