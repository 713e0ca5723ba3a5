"""The vendors' own Python clients against the stand-ins, which must answer as they expect.

``python -m tests.support.vendor_clients``, in an environment with deepl 1.32, boto3, modernmt,
google-cloud-translate 3.28 and azure-ai-translation-text 1.0.1 (the last one for version 3.0); they
are no dependencies of anything here. What they read is printed, and what they sent becomes
``vendor_requests.json`` beside this file, which the back ends' own requests are held against.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.support.server import Asked, Say, Server
from tests.support.vendors import (
    ACCESS,
    KEY,
    amazon,
    azure,
    deepl,
    google,
    google_advanced,
    modernmt,
)

REQUESTS = Path(__file__).with_name("vendor_requests.json")

sent: dict[str, list[dict[str, Any]]] = {}


def _client(module: str) -> Any:
    return importlib.import_module(module)


def _keyed(asked: Asked) -> Say:
    return google(replace(asked, headers=asked.headers | {"x-goog-api-key": KEY}))


def _with_token(asked: Asked) -> Say:
    """The REST transport leaves credentials to a session that wants encryption.

    Its client ignores fields that it does not know: they are looked for here.
    """
    headers = asked.headers | {"authorization": f"Bearer {KEY}", "x-goog-user-project": "mine"}
    say = google_advanced(replace(asked, headers=headers))
    module = _client("google.cloud.translate_v3")
    kind = module.TranslateTextResponse if asked.method == "POST" else module.SupportedLanguages
    parse = _client("google.protobuf.json_format").ParseDict
    parse(say.body, kind.pb(kind()), ignore_unknown_fields=False)
    return say


@contextmanager
def _standing_in(name: str, answer: Callable[[Asked], Say]) -> Iterator[Server]:
    with Server(answer) as server:
        yield server
        sent[name] = [
            {"method": one.method, "path": one.path, "body": one.body} for one in server.asked
        ]


def readings() -> dict[str, str]:
    """What each client makes of its stand-in's answers, asked for ``TEXTS``."""
    return _deepl() | _google() | _google_advanced() | _azure() | _amazon() | _modernmt()


TEXTS = ["Yes & no.", "Hi."]


def _deepl() -> dict[str, str]:
    with _standing_in("deepl", deepl) as server:
        translator = _client("deepl").Translator(KEY, server_url=server.url)
        given = {"source_lang": "EN", "target_lang": "DE", "formality": "more", "context": "One."}
        answers = translator.translate_text(TEXTS, **given)
        formal = [o.code for o in translator.get_target_languages() if o.supports_formality]
        return {
            "deepl": " ".join(answer.text for answer in answers),
            "deepl, characters used": str(translator.get_usage().character.count),
            "deepl, formal": ", ".join(formal),
        }


def _google() -> dict[str, str]:
    with _standing_in("google", _keyed) as server:
        nobody = _client("google.auth.credentials").AnonymousCredentials()
        basic = _client("google.cloud.translate_v2").Client(
            credentials=nobody, client_options={"api_endpoint": server.url}
        )
        given = {"format_": "text", "source_language": "en", "model": "nmt"}
        answers = basic.translate(TEXTS, "de", **given)
        languages = basic.get_languages()
        return {
            "google": " ".join(answer["translatedText"] for answer in answers),
            "google, model": answers[0]["model"],
            "google, languages": str(len(languages)),
        }


def _google_advanced() -> dict[str, str]:
    with _standing_in("google, advanced", _with_token) as server:
        module = _client("google.cloud.translate_v3")
        transports = _client("google.cloud.translate_v3.services.translation_service.transports")
        advanced = module.TranslationServiceClient(
            transport=transports.TranslationServiceRestTransport(
                host=server.url.removeprefix("http://"),
                credentials=_client("google.auth.credentials").AnonymousCredentials(),
                url_scheme="http",
            )
        )
        parent = "projects/mine/locations/global"
        listed = advanced.get_supported_languages(request={"parent": parent})
        answer = advanced.translate_text(
            request={
                "parent": parent,
                "contents": TEXTS,
                "mime_type": "text/plain",
                "source_language_code": "en",
                "target_language_code": "de",
                "model": f"{parent}/models/general/translation-llm",
                "glossary_config": {"glossary": f"{parent}/glossaries/mine"},
            }
        )
        return {
            "google, advanced": " ".join(one.translated_text for one in answer.translations),
            "google, advanced, by glossary": answer.glossary_translations[0].translated_text,
            "google, advanced, model": answer.translations[0].model,
            "google, advanced, into": str(sum(one.support_target for one in listed.languages)),
        }


def _azure() -> dict[str, str]:
    with _standing_in("azure", azure) as server:
        text = _client("azure.ai.translation.text")
        key = _client("azure.core.credentials").AzureKeyCredential(KEY)
        client = text.TextTranslationClient(endpoint=server.url, credential=key)
        listed = client.get_supported_languages(scope="translation")
        given = {"category": "mine", "allow_fallback": False}
        answers = client.translate(body=TEXTS, to_language=["de"], from_language="en", **given)
        return {
            "azure": " ".join(answer.translations[0].text for answer in answers),
            "azure, to": answers[0].translations[0].to,
            "azure, languages": str(len(listed.translation)),
        }


def _amazon() -> dict[str, str]:
    with _standing_in("amazon", amazon) as server:
        signing = _client("boto3").client(
            "translate",
            region_name="us-east-1",
            aws_access_key_id=ACCESS,
            aws_secret_access_key=KEY,
            endpoint_url=server.url,
        )
        answer = signing.translate_text(
            Text="Hi.",
            SourceLanguageCode="en",
            TargetLanguageCode="de",
            Settings={"Formality": "FORMAL"},
            TerminologyNames=["mine"],
        )
        listed = signing.list_languages()
        return {
            "amazon": answer["TranslatedText"],
            "amazon, settings": json.dumps(answer["AppliedSettings"]),
            "amazon, languages": str(len(listed["Languages"])),
        }


def _modernmt() -> dict[str, str]:
    with _standing_in("modernmt", modernmt) as server:
        adaptive = _client("modernmt").ModernMT(KEY)
        adaptive._ModernMT__base_url = server.url
        answers = adaptive.translate("en", "de", TEXTS, hints=[3, 5])
        return {"modernmt": " ".join(answer.translation for answer in answers)}


if __name__ == "__main__":
    print(json.dumps(readings(), indent=1))
    REQUESTS.write_text(json.dumps(sent, indent=1, sort_keys=True) + "\n", "utf-8")
