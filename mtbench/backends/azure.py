"""``azure``: Azure Translator, text translation 3.0.

Made after https://learn.microsoft.com/azure/ai-services/translator/text-translation/reference/
``v3/translate`` (fields, headers of answers), ``v3/languages``, ``authentication``,
``status-response-codes`` (codes of six digits) and https://learn.microsoft.com/azure/ai-services/
translator/service-limits (1,000 texts and 50,000 characters per request).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, cast
from urllib.parse import urlencode

from pydantic import Field

from mtbench.backends.vendors import Codes, Limits, Vendor, VendorAnswer, VendorOptions
from mtbench.errors import BackendError, Later, RunFailed, SegmentError
from mtbench.languages import LanguagePair
from mtbench.servers.client import JsonClient, Reply, reach
from mtbench.types import Json, Record, Runtime

_VERSION = "3.0"
_OF_A_TEXT = {400005, 400020, 400050, 400072, 400077}
_BEING_PREPARED = 60.0  # seconds, as the page says, until a system of one's own is ready


def _in_units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2  # never fewer than code points


class Azure(Vendor):
    """Azure Translator, by the resource whose key the environment holds."""

    class Options(VendorOptions):
        """Options of ``azure``.

        Attributes:
            region: Of the resource, where it is a regional or multi-service one.
            category: A system of one's own (Custom Translator).
            settings: More parameters of the query, as Azure names them.
        """

        region: Annotated[str | None, Field(pattern=r"^[a-z0-9-]+$")] = None
        category: str | None = None

    options: Options

    title = "Azure Translator"
    address = "https://api.cognitive.microsofttranslator.com"
    key_env = "AZURE_TRANSLATOR_KEY"
    limits = Limits(1000, 50_000, 50_000, _in_units)

    def __init__(self, options: Record, pair: LanguagePair, runtime: Runtime) -> None:
        super().__init__(options, pair, runtime)
        self.options = cast("Azure.Options", options)

    @classmethod
    def from_target(cls, target: str) -> dict[str, Json]:
        """``azure:`` for a global resource, ``azure:REGION`` for another."""
        return {"region": target} if target else {}

    def _authorised(self, method: str, url: str, content: bytes, key: str) -> dict[str, str]:
        found = {"Ocp-Apim-Subscription-Key": key}
        region = self.options.region
        return found | ({"Ocp-Apim-Subscription-Region": region} if region else {})

    def _listed(self, client: JsonClient) -> Codes:
        # The list is open to everybody: whether the key is accepted, the first request shows.
        reply = reach(client, f"languages?api-version={_VERSION}&scope=translation")
        self._require_listing(reply)
        body = cast("dict[str, Json]", reply.body if isinstance(reply.body, dict) else {})
        both = frozenset(body.get("translation") or {})
        return Codes(both, both)

    def _path(self) -> str:
        source, target = self._codes or ("", "")
        query: dict[str, Json] = {"api-version": _VERSION, "from": source, "to": target}
        if self.options.category:
            # Another system than the one that is asked for must not answer in its name.
            query |= {"category": self.options.category, "allowFallback": "false"}
        return f"translate?{urlencode(query | self.options.settings)}"

    def _body(self, texts: Sequence[str], context: str | None) -> Json:
        return [{"Text": text} for text in texts]

    def _answers(self, reply: Reply) -> list[VendorAnswer]:
        system = reply.headers.get("x-mt-system")
        metered = reply.headers.get("x-metered-usage", "")
        billed = int(metered) if metered.isdecimal() else None
        texts = [e["translations"][0]["text"] for e in cast("list[dict[str, Json]]", reply.body)]
        # It is of the whole request: told once.
        counts = [billed if at == 0 else None for at in range(len(texts))]
        return [
            VendorAnswer(text, system, count) for text, count in zip(texts, counts, strict=True)
        ]

    def _refused(self, reply: Reply) -> RunFailed | None:
        error = reply.error if isinstance(reply.error, dict) else {}
        code = error.get("code")
        if reply.status == 401 and self.options.region is None:
            refused = self._key_refused(reply)
            hint = (
                "check the key; a regional or multi-service resource wants the option region, too"
            )
            return BackendError(refused.message, why=refused.why, hint=hint)
        if code == 403001:
            return self._no_quota(reply)
        if code == 408001:
            return Later(f"{self.title}: {reply.said()}", retry_after=_BEING_PREPARED)
        if reply.status == 400 and code in _OF_A_TEXT:
            return SegmentError(f"{self.title} answered {code}: {reply.said()}")
        return self._wrong_option(reply) if reply.status in {400, 404} else None
