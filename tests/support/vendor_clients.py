"""The vendors' own Python clients against the stand-ins, which must answer as they expect.

``python -m tests.support.vendor_clients``, in an environment with deepl, google-cloud-translate,
boto3 and modernmt; they are no dependencies of anything here.
"""

from __future__ import annotations

import importlib
import json
from dataclasses import replace
from typing import Any

from tests.support.server import Asked, Say, Server
from tests.support.vendors import ACCESS, KEY, amazon, deepl, google, modernmt


def _client(module: str) -> Any:
    return importlib.import_module(module)


def _keyed(asked: Asked) -> Say:
    return google(replace(asked, headers=asked.headers | {"x-goog-api-key": KEY}))


def readings() -> dict[str, str]:
    """What each client makes of its stand-in's answer to "Hi."."""
    found: dict[str, str] = {}
    with Server(deepl) as server:
        translator = _client("deepl").Translator(KEY, server_url=server.url)
        answer = translator.translate_text("Hi.", source_lang="EN", target_lang="DE")
        found["deepl"] = answer.text
        found["deepl, characters used"] = str(translator.get_usage().character.count)
        found["deepl, formal"] = ", ".join(
            language.code
            for language in translator.get_target_languages()
            if language.supports_formality
        )
    with Server(_keyed) as server:
        nobody = _client("google.auth.credentials").AnonymousCredentials()
        basic = _client("google.cloud.translate_v2").Client(
            credentials=nobody, client_options={"api_endpoint": server.url}
        )
        answer = basic.translate("Hi.", "de", format_="text", source_language="en")
        found["google"] = answer["translatedText"]
    with Server(amazon) as server:
        signing = _client("boto3").client(
            "translate",
            region_name="us-east-1",
            aws_access_key_id=ACCESS,
            aws_secret_access_key=KEY,
            endpoint_url=server.url,
        )
        codes = {"SourceLanguageCode": "en", "TargetLanguageCode": "de"}
        found["amazon"] = signing.translate_text(Text="Hi.", **codes)["TranslatedText"]
    with Server(modernmt) as server:
        adaptive = _client("modernmt").ModernMT(KEY)
        adaptive._ModernMT__base_url = server.url
        found["modernmt"] = adaptive.translate("en", "de", ["Hi."])[0].translation
    return found


if __name__ == "__main__":
    print(json.dumps(readings(), indent=1))
