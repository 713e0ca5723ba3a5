"""``google``: Google Cloud Translation, Basic (v2, by an API key) and Advanced (v3, by a token).

Made after https://cloud.google.com/translate/docs/reference/rest/v2/translate and
``/v3/projects.locations/translateText`` (fields, 128 and 1,024 texts), ``/translate/quotas``
(100,000 bytes and 30,000 code points per request; 403 for quotas, by the day or by the minute) and
https://cloud.google.com/docs/authentication/api-keys-use (the header of a key).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, cast

from pydantic import Field

from mtbench.backends.vendors import Codes, Limits, Vendor, VendorAnswer, VendorOptions, as_sent
from mtbench.errors import Later, RunFailed
from mtbench.languages import LanguagePair
from mtbench.servers.client import JsonClient, Reply, reach
from mtbench.types import Json, Record, Runtime

_NAME = r"^[A-Za-z0-9_.:-]+$"  # of what becomes a part of the address
_BY_THE_MINUTE = ("userratelimitexceeded", "ratelimitexceeded", "user rate limit", "per minute")
_BY_THE_DAY = ("dailylimitexceeded", "daily limit", "quotaexceeded", "billing")


class Google(Vendor):
    """Google Cloud Translation; by ``project`` its Advanced edition."""

    class Options(VendorOptions):
        """Options of ``google``.

        Attributes:
            project: The project's id or number: asks the Advanced edition, by an access token.
            location: Where that runs; models and glossaries of one's own are in one place.
            model: ``nmt`` for Basic; for Advanced a model's name such as
                ``general/translation-llm``, or of one's own.
            glossary_id: One of the project's glossaries (Advanced).
        """

        project: Annotated[str | None, Field(pattern=_NAME)] = None
        location: Annotated[str, Field(pattern=_NAME)] = "global"
        model: str | None = None
        glossary_id: Annotated[str | None, Field(pattern=_NAME)] = None

    options: Options

    title = "Google Cloud Translation"
    address = "https://translation.googleapis.com"
    key_env = "GOOGLE_API_KEY"
    limits = Limits(128, 90_000, 90_000, as_sent)

    def __init__(self, options: Record, pair: LanguagePair, runtime: Runtime) -> None:
        super().__init__(options, pair, runtime)
        self.options = cast("Google.Options", options)
        if self.options.project:
            self.limits = Limits(1024, 30_000, 30_000, len)

    @classmethod
    def from_target(cls, target: str) -> dict[str, Json]:
        """``google:`` for Basic, ``google:PROJECT`` for Advanced."""
        return {"project": target} if target else {}

    def _variable(self) -> str:
        usual = "GOOGLE_ACCESS_TOKEN" if self.options.project else self.key_env
        return self.options.api_key_env or usual

    @property
    def _parent(self) -> str:
        return f"projects/{self.options.project}/locations/{self.options.location}"

    def _authorised(self, method: str, url: str, content: bytes, key: str) -> dict[str, str]:
        if self.options.project is None:
            return {"X-goog-api-key": key}
        return {"Authorization": f"Bearer {key}", "x-goog-user-project": self.options.project}

    def _listed(self, client: JsonClient) -> Codes:
        advanced = self.options.project is not None
        path = (
            f"v3/{self._parent}/supportedLanguages"
            if advanced
            else "language/translate/v2/languages"
        )
        reply = reach(client, path)
        self._require_listing(reply)
        body = cast("dict[str, Json]", reply.body if isinstance(reply.body, dict) else {})
        inside = body if advanced else body.get("data") or {}
        entries = [entry for entry in inside.get("languages", []) if isinstance(entry, dict)]
        if not advanced:
            both = frozenset(str(entry.get("language")) for entry in entries)
            return Codes(both, both)
        sources, targets = (
            frozenset(str(e.get("languageCode")) for e in entries if e.get(way, True))
            for way in ("supportSource", "supportTarget")
        )
        return Codes(sources, targets)

    def _path(self) -> str:
        advanced = self.options.project is not None
        return f"v3/{self._parent}:translateText" if advanced else "language/translate/v2"

    def _body(self, texts: Sequence[str], context: str | None) -> Json:
        source, target = self._codes or (None, None)
        given = self.options
        if given.project is None:
            basic = {"q": list(texts), "source": source, "target": target, "format": "text"}
            return basic | ({"model": given.model} if given.model else {}) | given.settings
        found: dict[str, Json] = {
            "contents": list(texts),
            "mimeType": "text/plain",
            "sourceLanguageCode": source,
            "targetLanguageCode": target,
        }
        if given.model:
            whole = given.model.startswith("projects/")
            found["model"] = given.model if whole else f"{self._parent}/models/{given.model}"
        if given.glossary_id:
            name = f"{self._parent}/glossaries/{given.glossary_id}"
            found["glossaryConfig"] = {"glossary": name}
        return found | given.settings

    def _answers(self, reply: Reply) -> list[VendorAnswer]:
        body = cast("dict[str, Json]", reply.body)
        if self.options.project is None:
            entries = body["data"]["translations"]
        else:
            entries = body.get("glossaryTranslations") or body["translations"]
        return [
            VendorAnswer(entry["translatedText"], entry.get("model") or None) for entry in entries
        ]

    def _refused(self, reply: Reply) -> RunFailed | None:
        said = json.dumps(reply.error).casefold() if reply.error is not None else ""
        if reply.status == 403 and any(word in said for word in _BY_THE_MINUTE):
            asked = reply.retry_after
            return Later(f"{self.title} answered 403", why=reply.said(), retry_after=asked)
        if reply.status in {403, 429} and any(word in said for word in _BY_THE_DAY):
            return self._no_quota(reply)
        if reply.status == 400 and ("api_key_invalid" in said or "api key not valid" in said):
            return self._key_refused(reply)
        language = any(word in said for word in ("language", "model", "glossary"))
        if reply.status == 404 or (reply.status == 400 and language):
            return self._wrong_option(reply)
        return None
