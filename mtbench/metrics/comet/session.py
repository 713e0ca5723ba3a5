"""One checkpoint at work: located, loaded, scoring."""

from __future__ import annotations

import gc
import importlib.metadata
import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtbench.checkpoints.batches import digest, fitting_on
from mtbench.checkpoints.device import pick_device
from mtbench.checkpoints.digests import remembered_digest
from mtbench.checkpoints.int8 import quantise
from mtbench.checkpoints.precision import DTYPES, arithmetic, refuse_precision
from mtbench.errors import MetricError, MtbenchError
from mtbench.files.temporary import replacing
from mtbench.metrics.comet import checkpoint
from mtbench.metrics.comet.cache import Store, known_on_disk
from mtbench.metrics.comet.identity import embeddings_key
from mtbench.metrics.comet.model import CometModel
from mtbench.metrics.comet.oracle import Check, samples
from mtbench.metrics.comet.quiet import quiet
from mtbench.metrics.comet.regression import Sentences
from mtbench.metrics.comet.unified import Pairs, Triple, mean_score
from mtbench.metrics.comet.words import Tokenized
from mtbench.metrics.comet.xcomet import verdict
from mtbench.packages import require_installed

Advance = Callable[[int, int], None]
Request = dict[str, Any]
Reply = dict[str, Any]

ENGINES = ("torch", "transformers", "tokenizers")
LAYOUT = 4  # of the embeddings on disk, and of how they are made; a new number leaves old ones be

# Texts of a request, at most, so that memory is bounded: embeddings of 1,024 dimensions take
# 256 MB; joined sequences and their labels take more.
VECTORS = 1 << 16
JOINED = 1 << 13


@dataclass(frozen=True)
class Settings:
    """What a session needs to know: plain values, so that they cross a pipe.

    Attributes:
        model: Hub id, folder or ``.ckpt`` file.
        revision: Commit, branch or tag of the hub.
        precision: ``fp32``, ``tf32``, ``bf16``, ``fp16`` or ``int8``.
        trust: Whether a checkpoint may run code while it is read.
        device: As ``--device``.
        batch_size: Sequences in a batch, at most.
        cache: Folder for embeddings and digests; empty for none.
        offline: Never ask the hub.
    """

    model: str
    revision: str | None = None
    precision: str = "fp32"
    trust: bool = False
    device: str = "auto"
    batch_size: int | None = None
    cache: str = ""
    offline: bool = False


class CometSession:
    """A checkpoint in this process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._located: checkpoint.Located | None = None
        self._model: CometModel | None = None
        self._sentences: Sentences | None = None
        self._pairs: Pairs | None = None
        self._precision = settings.precision

    def locate(self, fetch: bool) -> dict[str, Any]:
        """Facts about the checkpoint; where it is on the hub and not to be fetched, its commit.

        Raises:
            MissingExtra: If what COMET stands on is not installed.
            MissingWeights: If the checkpoint cannot be had.
            RequestError: If it is no COMET checkpoint.
        """
        require_installed(ENGINES, "COMET", "comet")
        if self._located is None or (fetch and not self._located.path):
            wanted = self._settings
            self._located = checkpoint.locate(
                wanted.model,
                wanted.revision,
                offline=wanted.offline,
                fetch=fetch,
                trust=wanted.trust,
                cache=wanted.cache,
            )
        return self._located.facts()

    def load(self) -> dict[str, Any]:
        """Reads the weights.

        Raises:
            Unavailable: If the device is not there.
            RequestError: If the checkpoint does not hold.
        """
        check = self._check()
        expected = check.expected()
        model = self._read()
        if expected is not None:
            check.compare(expected, self._sample(model))
        limits = self._start(model, self._settings.precision)
        return limits | {"checked": check.said()}

    def compare(self) -> dict[str, Any]:
        """Compares our scores of a sample with those of unbabel-comet, now.

        Returns:
            ``library`` (name → version), ``segments``, ``deviation``, ``tolerance``.

        Raises:
            Unavailable: If the library is not there, or cannot say.
            MetricError: If they do not agree.
        """
        check = self._check()
        expected = check.expected(again=True)
        if expected is None:
            raise MetricError("nothing to compare with")
        deviation = check.compare(expected, self._sample(self._read()))
        return check.facts() | {"deviation": deviation}

    def _check(self) -> Check:
        self.locate(fetch=True)
        located, wanted = self._located, self._settings
        if located is None:
            raise MetricError(f"{wanted.model} was not located")
        digest = remembered_digest(Path(located.path), wanted.cache) if wanted.cache else ""
        device = pick_device(wanted.device)
        return Check(located, digest, device, _engines(), wanted.cache, wanted.trust)

    def _read(self) -> CometModel:
        if self._located is None:
            raise MetricError(f"{self._settings.model} was not located")
        return checkpoint.load(self._located, self._settings.trust)

    def _sample(self, model: CometModel) -> list[float]:
        """Our scores of the sample, as the library is asked for them: fp32, nothing kept."""
        if self._located is None:
            raise MetricError("nothing is loaded")
        self._start(model, "fp32", kept=False)
        texts: dict[str, int] = {}

        def number(text: str | None) -> int:
            return -1 if text is None else texts.setdefault(text, len(texts))

        rows = [
            [number(row["src"]), number(row.get("ref")), number(row["mt"])]
            for row in samples(self._located)
        ]
        found: list[float] = self.score(
            {"texts": list(texts), "systems": [rows]}, lambda _done, _all: None
        )["scores"][0]
        return found

    def _start(self, model: CometModel, precision: str, *, kept: bool = True) -> dict[str, Any]:
        """Makes a model ready to score at a precision; what it read of earlier is forgotten."""
        wanted = self._settings
        import torch

        device = torch.device(pick_device(wanted.device))
        self._sentences = self._pairs = None
        self._precision = precision
        with quiet(), arithmetic(precision):
            self._move(model, device, precision)
            size, exact = wanted.batch_size, precision == "fp32"
            if model.of_sentences:
                self._sentences = Sentences(model, device, size, exact)
                path = self._embeddings(self._sentences, device) if kept else None
                self._sentences.store = Store(path)
            else:
                self._pairs = Pairs(model, device, size, exact)
        self._model = model
        worker: Sentences | Pairs | None = self._sentences or self._pairs
        return {
            "device": str(device),
            "limit": model.words.limit,
            "batches": "content" if worker and worker.feed.by_content else "length",
            "texts": VECTORS if self._sentences else JOINED,
        }

    @staticmethod
    def _move(model: CometModel, device: Any, precision: str) -> None:
        import torch

        refuse_precision(precision, device)
        name = DTYPES.get(precision, "float32")
        with fitting_on(device, "COMET's weights"):
            model.to(device, None if name == "float32" else getattr(torch, name))
        if precision == "int8":
            quantise(model.encoder)

    def _embeddings(self, sentences: Sentences, device: Any) -> Path | None:
        """The file for embeddings that these weights make here, and no others."""
        facts, precision = self._embeddings_follow_from(device.type), self._settings.precision
        if facts is None:
            return None
        folder = Path(self._settings.cache) / "comet" / "embeddings"
        key = embeddings_key([*facts, sentences.fingerprint()])
        path = folder / f"{key}-{precision}.sqlite"
        if not sentences.feed.by_content:
            # Who has not loaded the weights cannot know what they make: it is noted for estimates.
            with suppress(OSError), replacing(folder / f"{embeddings_key(facts)}.latest") as file:
                file.stream.write(path.name.encode("ascii"))
        return path

    def _embeddings_follow_from(self, device: str) -> list[Any] | None:
        """What embeddings follow from, as far as it is known without the weights."""
        found, wanted = self._located, self._settings
        if not wanted.cache or found is None:
            return None
        facts = [LAYOUT, found.model, found.revision, found.config, wanted.precision, device]
        facts.append(remembered_digest(Path(found.path), wanted.cache))
        return [*facts, *_engines().values()]

    def encoded_before(self, texts: Sequence[str]) -> tuple[int, int] | None:
        """How many of some texts have their embeddings on disk, and how many differ at all.

        Loads the tokenizer, and no weights. None where embeddings are of pairs of texts, depend on
        what is encoded together, or are not kept.
        """
        device = pick_device(self._settings.device).partition(":")[0]
        facts, located = self._embeddings_follow_from(device), self._located
        if facts is None or located is None:
            return None
        model = checkpoint.without_weights(located)
        if not model.of_sentences:
            return None
        wanted = {ids: digest(ids) for ids in dict.fromkeys(model.words.tokenize(texts).ids)}
        folder = Path(self._settings.cache) / "comet" / "embeddings"
        try:
            path = folder / (folder / f"{embeddings_key(facts)}.latest").read_text("ascii").strip()
        except (OSError, ValueError):
            return 0, len(wanted)
        return known_on_disk(path, list(wanted.values())), len(wanted)

    def score(self, request: Request, advance: Advance) -> Reply:
        """Scores segments of several systems at once.

        Args:
            request: ``texts``, different strings, no more than ``load`` said; ``systems``, for
                each system a list of (source, reference, hypothesis), each an index into texts,
                -1 for no reference.
            advance: Called after each batch with the sequences done and all there are.

        Returns:
            ``scores`` and, for XCOMET, ``spans``, for each system in the order of its triples;
            ``cut``, indices of texts that were cut; ``joined``, for each system the indices of
            triples whose joined sequence was cut; ``encoded``, how many sequences were read;
            ``problem``, why embeddings are not kept on disk, where that was wanted; ``batches``,
            how batches were fixed, None where they do not matter.

        Raises:
            MetricError: If the model fails or a score is not finite.
        """
        systems = [[tuple(triple) for triple in system] for system in request["systems"]]
        model = self._model
        if model is None:
            raise MetricError("scoring without a loaded checkpoint")
        try:
            with quiet(), arithmetic(self._precision):
                tokens = model.words.tokenize(request["texts"], offsets=self._marks_spans)
                if self._sentences is not None:
                    reply = self._score_sentences(self._sentences, tokens, systems, advance)
                elif self._pairs is not None:
                    reply = self._score_pairs(model, self._pairs, tokens, systems, advance)
        except MtbenchError:
            raise
        except (RuntimeError, MemoryError, ValueError, IndexError) as error:
            reason = f"{type(error).__name__}: {error}".splitlines()[0][:300]
            raise MetricError(
                f"COMET failed on {sum(map(len, systems))} segments",
                why=reason,
                hint="if memory ran out, a smaller --batch-size helps",
            ) from error
        for scores in reply["scores"]:
            if not all(math.isfinite(score) for score in scores):
                raise MetricError(
                    f"{self._settings.model} gave a score that is no number",
                    hint="try --precision fp32",
                )
        worker: Sentences | Pairs | None = self._sentences or self._pairs
        return reply | {
            "batches": worker.feed.said() if worker is not None else None,
            "cut": [at for at, cut in enumerate(tokens.cut) if cut],
            "problem": self._sentences.store.problem if self._sentences is not None else None,
        }

    @staticmethod
    def _score_sentences(
        sentences: Sentences, tokens: Tokenized, systems: list[Any], advance: Advance
    ) -> Reply:
        before = sentences.encoded
        triples = [
            [
                (tokens.ids[src], tokens.ids[ref] if ref >= 0 else None, tokens.ids[mt])
                for src, ref, mt in system
            ]
            for system in systems
        ]
        scores = sentences.score(triples, advance)
        encoded = sentences.encoded - before
        return {"scores": scores, "joined": [[] for _ in systems], "encoded": encoded}

    @property
    def _marks_spans(self) -> bool:
        return self._located is not None and self._located.kind == "xcomet_metric"

    def _score_pairs(
        self,
        model: CometModel,
        pairs: Pairs,
        tokens: Tokenized,
        systems: list[Any],
        advance: Advance,
    ) -> Reply:
        before = pairs.encoded
        triples = [
            [
                Triple(tokens.ids[mt], tokens.ids[src], tokens.ids[ref] if ref >= 0 else None)
                for src, ref, mt in system
            ]
            for system in systems
        ]
        reads = pairs.read(triples, advance)
        joined = [
            [at for at, triple in enumerate(group) if any(cut for _, cut in pairs.joined(triple))]
            for group in triples
        ]
        reply: Reply = {"joined": joined, "encoded": pairs.encoded - before}
        if not self._marks_spans:
            return reply | {"scores": [[mean_score(one) for one in group] for group in reads]}
        verdicts = [
            [
                verdict(model, one, tokens.ids[mt], tokens.offsets[mt])
                for one, (_, _, mt) in zip(group, system, strict=True)
            ]
            for group, system in zip(reads, systems, strict=True)
        ]
        return reply | {
            "scores": [[score for score, _ in group] for group in verdicts],
            "spans": [[spans for _, spans in group] for group in verdicts],
        }

    def close(self) -> None:
        """Lets the weights go."""
        if self._sentences is not None:
            self._sentences.store.close()
        self._model = self._sentences = self._pairs = None
        gc.collect()


def _engines() -> dict[str, str]:
    """Versions of what the inference stands on."""
    return {package: importlib.metadata.version(package) for package in ENGINES}
