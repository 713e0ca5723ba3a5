"""``libretranslate``: a LibreTranslate server."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import cast

from pydantic import ValidationError

from mtbench.backends.vendors import Codes, Limits, TranslatorOptions, Vendor, VendorAnswer
from mtbench.errors import MissingEngine, RequestError, RunFailed
from mtbench.languages import LanguagePair
from mtbench.plugins import first_defect
from mtbench.servers.client import JsonClient, Reply, ServerUrl, reach
from mtbench.types import Json, Record, Runtime


class LibreTranslate(Vendor):
    """A LibreTranslate server, one segment per request, several requests at once.

    The same server gives the same output again; what it runs is not known here, so the run is
    not called deterministic.
    """

    class Options(TranslatorOptions):
        """Options of ``libretranslate``.

        Attributes:
            url: The server's address.
        """

        url: ServerUrl

    options: Options
    batching = "single"
    billed = False

    key_env = ""
    limits = Limits(1, sys.maxsize, sys.maxsize, len)

    def __init__(self, options: Record, pair: LanguagePair, runtime: Runtime) -> None:
        super().__init__(options, pair, runtime)
        self.options = cast("LibreTranslate.Options", options)
        self.title = f"the server {self.options.url}"

    @classmethod
    def from_target(cls, target: str) -> dict[str, Json]:
        """``libretranslate:http://localhost:5000``."""
        try:
            return {"url": cls.Options(url=target).url}
        except ValidationError as error:
            # The address is not repeated: it may hold a password.
            raise RequestError(
                f"libretranslate: {first_defect(error)}",
                hint="such as libretranslate:http://localhost:5000",
            ) from None

    def _url(self) -> str:
        return self.options.url

    def _listed(self, client: JsonClient) -> Codes:
        reply = reach(client, "languages")
        if reply.status in {401, 403, 429} or reply.status >= 500:
            self._require_listing(reply)
        targets = _targets(reply)
        if targets is None:
            raise MissingEngine(
                f"{self.title} does not answer as LibreTranslate does (status {reply.status})",
                hint="correct its address",
            )
        sources = frozenset(targets)
        source = self._code(self.pair.source, sources, "from", self.options.source_code)
        return Codes(sources, frozenset(targets[source]))

    def _unpinned(self, engines: Mapping[str, int], day: str = "") -> str:
        when = f"; they are those of {day}" if day else ""
        return f"the models of {self._url()} cannot be pinned: the server may change them{when}"

    def _path(self) -> str:
        return "translate"

    def _body(self, texts: Sequence[str], context: str | None) -> Json:
        source, target = self._codes or (None, None)
        return {"q": texts[0], "source": source, "target": target, "format": "text"}

    def _with_key(self, body: Json, key: str) -> Json:
        return {**cast("dict[str, Json]", body), **({"api_key": key} if key else {})}

    def _answers(self, reply: Reply) -> list[VendorAnswer]:
        found = cast("dict[str, Json]", reply.body)["translatedText"]
        return [VendorAnswer(text) for text in (found if isinstance(found, list) else [found])]

    def _refused(self, reply: Reply) -> RunFailed | None:
        said = reply.error if isinstance(reply.error, str) else ""
        if reply.status == 400 and ("not supported" in said or "API key" in said):
            return self._wrong_option(reply)
        return None


def _targets(reply: Reply) -> dict[str, set[str]] | None:
    """Source code → target codes, as the server lists them; None where it lists nothing."""
    if reply.status != 200 or not isinstance(reply.body, list) or not reply.body:
        return None
    found: dict[str, set[str]] = {}
    for entry in reply.body:
        if not isinstance(entry, dict) or not isinstance(entry.get("code"), str):
            return None
        targets = entry.get("targets")
        found[entry["code"]] = {str(t) for t in targets} if isinstance(targets, list) else set()
    codes = set(found)
    # Servers before version 1.3 list no targets: each language goes into each.
    return {code: targets or codes - {code} for code, targets in found.items()}
