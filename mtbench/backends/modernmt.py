"""``modernmt``: ModernMT.

Made after https://www.modernmt.com/api (fields, key, errors; up to 128 texts of 10,000 characters)
and its Python package 1.5.2 (method override, glossaries, memories as ``hints``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from mtbench.backends.vendors import Codes, Limits, Vendor, VendorAnswer, VendorOptions
from mtbench.errors import RunFailed
from mtbench.languages import LanguagePair
from mtbench.servers.client import JsonClient, Reply, reach
from mtbench.types import Json, Record, Runtime


class ModernMT(Vendor):
    """ModernMT, by the account whose key the environment holds."""

    class Options(VendorOptions):
        """Options of ``modernmt``.

        Attributes:
            glossary_id: Numbers of the account's glossaries.
            memories: Numbers of the memories that it adapts to, the best first.
        """

        glossary_id: tuple[int, ...] = ()
        memories: tuple[int, ...] = ()

    options: Options

    title = "ModernMT"
    address = "https://api.modernmt.com"
    key_env = "MODERNMT_API_KEY"
    limits = Limits(128, 100_000, 10_000, len)

    def __init__(self, options: Record, pair: LanguagePair, runtime: Runtime) -> None:
        super().__init__(options, pair, runtime)
        self.options = cast("ModernMT.Options", options)

    def _authorised(self, method: str, url: str, content: bytes, key: str) -> dict[str, str]:
        return {"MMT-ApiKey": key, "MMT-Platform": "mtbench", "X-HTTP-Method-Override": "GET"}

    def _listed(self, client: JsonClient) -> Codes:
        reply = reach(client, "translate/languages")
        self._require_listing(reply)
        body = cast("dict[str, Json]", reply.body if isinstance(reply.body, dict) else {})
        both = frozenset(map(str, body.get("data") or []))
        return Codes(both, both)

    def _path(self) -> str:
        return "translate"

    def _body(self, texts: Sequence[str], context: str | None) -> Json:
        source, target = self._codes or (None, None)
        given = self.options
        found: dict[str, Json] = {
            "source": source,
            "target": target,
            "q": list(texts),
            "format": "text/plain",
        }
        if given.glossary_id:
            found["glossaries"] = list(given.glossary_id)
        if given.memories:
            found["hints"] = ",".join(map(str, given.memories))
        return found | given.settings

    def _answers(self, reply: Reply) -> list[VendorAnswer]:
        entries = cast("dict[str, Json]", reply.body)["data"]
        return [
            VendorAnswer(e["translation"], e.get("modelVersion"), e.get("billedCharacters"))
            for e in entries
        ]

    def _refused(self, reply: Reply) -> RunFailed | None:
        said = reply.said().casefold()
        if reply.status == 402 or (reply.status == 403 and "quota" in said):
            return self._no_quota(reply)
        options = ("language", "glossar", "memor", "not supported")
        if reply.status == 404 or (reply.status == 400 and any(word in said for word in options)):
            return self._wrong_option(reply)
        return None
