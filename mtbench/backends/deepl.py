"""``deepl``: the DeepL API.

Made after https://developers.deepl.com/api-reference/translate (fields, 128 KiB and 50 texts a
request), ``/docs/best-practices/error-handling`` (429, 456), ``/docs/best-practices/
working-with-context`` (each text stands alone, context is not billed), ``/api-reference/languages``
and ``/docs/resources/usage-limits``; DeepL's OpenAPI file (github.com/DeepLcom/openapi, 3.5.0).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, cast

from pydantic import Field

from mtbench.backends.vendors import Codes, Limits, Vendor, VendorAnswer, VendorOptions, as_sent
from mtbench.errors import Later, MissingEngine, RequestError, RunFailed
from mtbench.languages import LanguagePair
from mtbench.servers.client import JsonClient, Reply, reach
from mtbench.servers.secrets import Secret
from mtbench.types import Json, Record, Runtime, Source

_BODY = 128 * 1024 - 4096  # bytes; the rest is for the other fields
_CONTEXT = 32 * 1024  # bytes of it at most
_FORMALITY = {"formal": "more", "informal": "less"}


class DeepL(Vendor):
    """DeepL, by the account whose key the environment holds."""

    class Options(VendorOptions):
        """Options of ``deepl``.

        Attributes:
            formality: ``formal`` or ``informal``, where DeepL offers it for the target language.
            model_type: ``quality_optimized``, ``prefer_quality_optimized`` or
                ``latency_optimized``; DeepL's own choice where it is not given.
            glossary_id: One of the account's glossaries.
            context_before: Segments of the same document that are told, unbilled, before each.
            context_after: Likewise behind it.
        """

        formality: Literal["formal", "informal"] | None = None
        model_type: str | None = None
        glossary_id: str | None = None
        context_before: Annotated[int, Field(ge=0, le=50, exclude=True)] = 0
        context_after: Annotated[int, Field(ge=0, le=50, exclude=True)] = 0

    options: Options

    title = "DeepL"
    address = "https://api.deepl.com"
    key_env = "DEEPL_AUTH_KEY"
    limits = Limits(50, _BODY - _CONTEXT, _BODY - _CONTEXT, as_sent)

    def __init__(self, options: Record, pair: LanguagePair, runtime: Runtime) -> None:
        super().__init__(options, pair, runtime)
        self.options = cast("DeepL.Options", options)
        self.by_id = self._guidance.surrounded
        self._left: str | None = None

    @classmethod
    def from_target(cls, target: str) -> dict[str, Json]:
        """``deepl:``, or ``deepl:quality_optimized`` for one of its kinds of models."""
        return {"model_type": target} if target else {}

    def _url(self) -> str:
        if self.options.base_url is None and Secret(self._variable()).reveal().endswith(":fx"):
            return "https://api-free.deepl.com"  # as DeepL's own clients tell accounts apart
        return super()._url()

    def _authorised(self, method: str, url: str, content: bytes, key: str) -> dict[str, str]:
        return {"Authorization": f"DeepL-Auth-Key {key}"}

    def _listed(self, client: JsonClient) -> Codes:
        found = []
        for way in ("source", "target"):
            reply = reach(client, f"v2/languages?type={way}")
            self._require_listing(reply)
            entries = reply.body if isinstance(reply.body, list) else []
            found.append(
                {e["language"]: e for e in entries if isinstance(e, dict) and "language" in e}
            )
        self._formal = {code for code, entry in found[1].items() if entry.get("supports_formality")}
        return Codes(frozenset(found[0]), frozenset(found[1]))

    def check(self) -> None:
        """Whether the key is accepted, the direction and the tone served, and quota left."""
        super().check()
        code = (self._codes or ("", ""))[1]
        if self.options.formality and code not in self._formal:
            raise RequestError(
                f"DeepL has no formality for {code}",
                hint=f"leave the option out; it has one for {', '.join(sorted(self._formal))}",
            )

    def _look_further(self, client: JsonClient) -> None:
        body = reach(client, "v2/usage").body
        used, limit = (
            body.get(name) if isinstance(body, dict) else None
            for name in ("character_count", "character_limit")
        )
        if isinstance(used, int) and isinstance(limit, int):
            self._left = f"{max(limit - used, 0)} of {limit} characters"
            if used >= limit:
                raise MissingEngine(
                    f"DeepL: the account has no quota left ({used} of {limit} characters)",
                    hint="wait for the next billing period, or raise its limit",
                )

    def _path(self) -> str:
        return "v2/translate"

    def _context(self, source: Source) -> str | None:
        context = self._guidance.context(source)
        return context[-_CONTEXT // 6 :] if context else None

    def _body(self, texts: Sequence[str], context: str | None) -> Json:
        source, target = self._codes or (None, None)
        given = self.options
        wanted: dict[str, Json] = {
            "text": list(texts),
            "source_lang": source,
            "target_lang": target,
            "context": context,
            "formality": _FORMALITY.get(given.formality or ""),
            "model_type": given.model_type,
            "glossary_id": given.glossary_id,
            "show_billed_characters": True,
        }
        return {name: value for name, value in wanted.items() if value is not None} | given.settings

    def _answers(self, reply: Reply) -> list[VendorAnswer]:
        return [
            VendorAnswer(
                entry["text"], entry.get("model_type_used"), entry.get("billed_characters")
            )
            for entry in cast("dict[str, Json]", reply.body)["translations"]
        ]

    def _refused(self, reply: Reply) -> RunFailed | None:
        if reply.status == 456:
            return self._no_quota(reply)
        if reply.status == 529:
            return Later(f"{self.title} answered 529", retry_after=reply.retry_after)
        if reply.status == 404:
            return self._wrong_option(reply)  # a glossary, or the address
        said = reply.said().casefold()
        options = ("_lang", "formality", "glossary", "model_type", "not supported")
        if reply.status == 400 and any(word in said for word in options):
            return self._wrong_option(reply)
        return None
