"""Local stand-ins for vendors: each answers as the pages say that its back end names.

They translate into capitals, refuse other keys than ``KEY``, and hold requests against the limits
that the pages name. The vendors' own clients read them, too: ``tests.support.vendor_clients``.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from tests.support.server import Asked, Say

KEY = "vendor-key-0123456789"
ACCESS = "AKIDEXAMPLE"

Answer = Callable[[Asked], Say]


class Vendor(NamedTuple):
    """A stand-in, and how its back end is led to it.

    Attributes:
        backend: The back end's name.
        answer: What it says.
        environment: Variables that hold its keys.
        path: Of a translation.
        refused: How it refuses a wrong key.
        later: How it says that there were too many requests.
        empty: How it says that the account is empty.
        options: Of the back end.
    """

    backend: str
    answer: Answer
    environment: Mapping[str, str]
    path: str
    refused: Say
    later: Say
    empty: Say | None
    options: Mapping[str, Any] = {}


def query(path: str) -> dict[str, str]:
    """The parameters of a request's address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}


# DeepL as of developers.deepl.com/api-reference/translate, /languages, /docs/resources/usage-limits

DEEPL_SOURCES = ("DE", "EN", "ES", "IT", "PT", "ZH")
DEEPL_TARGETS = ("DE", "EN-GB", "EN-US", "ES", "IT", "PT-BR", "PT-PT", "ZH-HANS", "ZH-HANT")
DEEPL_FORMAL = ("DE", "ES", "IT", "PT-BR", "PT-PT")


def deepl(asked: Asked) -> Say:
    if asked.headers.get("authorization") != f"DeepL-Auth-Key {KEY}":
        return Say(b"", status=403)
    place = urlsplit(asked.path).path
    if place == "/v2/usage":
        return Say({"character_count": 180_118, "character_limit": 1_250_000})
    if place == "/v2/languages":
        target = "type=target" in f"{asked.path} {asked.body}"
        return Say(
            [
                {"language": code, "name": code}
                | ({"supports_formality": code in DEEPL_FORMAL} if target else {})
                for code in (DEEPL_TARGETS if target else DEEPL_SOURCES)
            ]
        )
    body = asked.body
    if len(asked.content) > 128 * 1024:
        return Say({"message": "Request Entity Too Large"}, status=413)
    if len(body["text"]) > 50:
        return Say({"message": "Too many texts."}, status=400)
    if body["target_lang"] not in DEEPL_TARGETS or body.get("source_lang") not in DEEPL_SOURCES:
        return Say({"message": "Value for 'target_lang' not supported."}, status=400)
    told = {"detected_source_language": body["source_lang"]}
    if "model_type" in body:
        told["model_type_used"] = "quality_optimized"
    billed = body.get("show_billed_characters")
    return Say(
        {
            "translations": [
                told | {"text": text.upper()} | ({"billed_characters": len(text)} if billed else {})
                for text in body["text"]
            ]
        }
    )


# Google as of cloud.google.com/translate/docs/reference/rest/v2/translate, /v3/…/translateText


def _google_error(code: int, message: str, reason: str, status: str) -> Say:
    errors = [{"message": message, "domain": "usageLimits", "reason": reason}]
    error = {"code": code, "message": message, "errors": errors, "status": status}
    return Say({"error": error}, status=code)


GOOGLE_LANGUAGES = ("de", "en", "it", "pt", "pt-PT", "zh-CN", "zh-TW", "zh")
GOOGLE_REFUSED = Say(
    {
        "error": {
            "code": 400,
            "message": "API key not valid. Please pass a valid API key.",
            "status": "INVALID_ARGUMENT",
            "details": [{"reason": "API_KEY_INVALID", "domain": "googleapis.com"}],
        }
    },
    status=400,
)


def google(asked: Asked) -> Say:
    if asked.headers.get("x-goog-api-key") != KEY:
        return GOOGLE_REFUSED
    place = urlsplit(asked.path).path
    if place == "/language/translate/v2/languages":
        return Say({"data": {"languages": [{"language": code} for code in GOOGLE_LANGUAGES]}})
    body = asked.body
    if len(asked.content) > 100_000 or len(body["q"]) > 128:
        return _google_error(400, "Text too long", "invalid", "INVALID_ARGUMENT")
    # Without format=text it would be taken for HTML.
    texts = [t.upper() if body.get("format") == "text" else t.upper() + "&#39;" for t in body["q"]]
    made = {"model": body["model"]} if "model" in body else {}
    return Say({"data": {"translations": [{"translatedText": text} | made for text in texts]}})


def google_advanced(asked: Asked) -> Say:
    if asked.headers.get("authorization") != f"Bearer {KEY}":
        return _google_error(401, "Request had invalid credentials.", "required", "UNAUTHENTICATED")
    parent = "/v3/projects/mine/locations/global"
    place = urlsplit(asked.path).path
    if place == f"{parent}/supportedLanguages":
        both = {"supportSource": True, "supportTarget": True}
        return Say({"languages": [{"languageCode": code} | both for code in GOOGLE_LANGUAGES]})
    body = asked.body
    if place != f"{parent}:translateText" or asked.headers.get("x-goog-user-project") != "mine":
        return _google_error(404, "Not found.", "notFound", "NOT_FOUND")
    if sum(map(len, body["contents"])) > 30_000 or len(body["contents"]) > 1024:
        return _google_error(400, "Text is too long.", "invalid", "INVALID_ARGUMENT")
    model = body.get("model", "projects/7/locations/global/models/general/nmt")
    found = [{"translatedText": text.upper(), "model": model} for text in body["contents"]]
    answer: dict[str, Any] = {"translations": found}
    if "glossaryConfig" in body:
        answer["glossaryTranslations"] = [
            one
            | {"translatedText": f"{one['translatedText']} [terms]"}
            | {"glossaryConfig": body["glossaryConfig"]}
            for one in found
        ]
    return Say(answer)


# Azure as of learn.microsoft.com/azure/ai-services/translator/text-translation/reference/v3

AZURE_LANGUAGES = ("de", "en", "it", "pt", "pt-pt", "zh-Hans", "zh-Hant")


def _azure_error(code: int, message: str) -> Say:
    return Say({"error": {"code": code, "message": message}}, status=code // 1000)


def azure(asked: Asked) -> Say:
    wanted = query(asked.path)
    if urlsplit(asked.path).path == "/languages":
        return Say({"translation": {code: {"name": code} for code in AZURE_LANGUAGES}})
    if asked.headers.get("ocp-apim-subscription-key") != KEY:
        return _azure_error(
            401000, "The request is not authorized because credentials are missing."
        )
    if wanted.get("api-version") != "3.0":
        return _azure_error(400021, "The API version parameter is missing or invalid.")
    if wanted["to"] not in AZURE_LANGUAGES:
        return _azure_error(400036, "The target language is not valid.")
    texts = [entry["Text"] if "Text" in entry else entry["text"] for entry in asked.body]
    if len(texts) > 1000:
        return _azure_error(400072, "The array of input text has too many elements.")
    if sum(map(len, texts)) > 50_000:
        return _azure_error(400077, "The maximum request size is exceeded.")
    if "category" in wanted and wanted.get("allowFallback") != "false":
        return _azure_error(400002, "Somebody else's system would answer.")
    return Say(
        [{"translations": [{"text": text.upper(), "to": wanted["to"]}]} for text in texts],
        headers={
            "X-MT-System": "Custom" if "category" in wanted else "Team",
            "X-Metered-Usage": str(sum(map(len, texts))),
            "X-RequestId": "1f2e",
        },
    )


# Amazon as of docs.aws.amazon.com/translate/latest/APIReference/API_TranslateText.html


def _amazon_error(kind: str, message: str, status: int = 400) -> Say:
    return Say({"__type": f"com.amazonaws.translate#{kind}", "Message": message}, status=status)


def signature(asked: Asked, secret: str, region: str = "us-east-1") -> str:
    """What a request's signature has to be, from the description of Signature Version 4.

    docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """
    said = asked.headers["authorization"]
    signed = said.split("SignedHeaders=")[1].split(",")[0]
    moment = asked.headers["x-amz-date"]
    lines = "".join(f"{name}:{asked.headers[name].strip()}\n" for name in signed.split(";"))
    payload = hashlib.sha256(asked.content).hexdigest()
    canonical = "\n".join([asked.method, "/", "", lines, signed, payload])
    scope = f"{moment[:8]}/{region}/translate/aws4_request"
    whole = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", moment, scope, whole])
    key = f"AWS4{secret}".encode()
    for part in (*scope.split("/")[:3], "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


AMAZON_LANGUAGES = ("auto", "de", "en", "it", "pt", "pt-PT", "zh", "zh-TW")


def amazon(asked: Asked) -> Say:
    said = asked.headers.get("authorization", "")
    if f"Credential={ACCESS}/" not in said or not said.endswith(signature(asked, KEY)):
        return _amazon_error("InvalidSignatureException", "The signature does not match.", 403)
    body = asked.body
    if asked.headers["x-amz-target"].endswith(".ListLanguages"):
        entries = [{"LanguageName": code, "LanguageCode": code} for code in AMAZON_LANGUAGES]
        return Say({"Languages": entries, "DisplayLanguageCode": "en"})
    if len(body["Text"].encode()) > 10_000:
        return _amazon_error("TextSizeLimitExceededException", "Input text size exceeds limit.")
    return Say(
        {
            "TranslatedText": body["Text"].upper(),
            "SourceLanguageCode": body["SourceLanguageCode"],
            "TargetLanguageCode": body["TargetLanguageCode"],
            "AppliedSettings": body.get("Settings", {}),
        }
    )


# ModernMT as of www.modernmt.com/api


def _mmt_error(status: int, kind: str, message: str) -> Say:
    return Say({"status": status, "error": {"type": kind, "message": message}}, status=status)


def modernmt(asked: Asked) -> Say:
    if asked.headers.get("mmt-apikey") != KEY:
        return _mmt_error(401, "AuthException", "Invalid api key.")
    if asked.path == "/translate/languages":
        return Say({"status": 200, "data": ["de", "en", "it", "pt-BR", "pt-PT", "zh-CN", "zh-TW"]})
    body = asked.body
    if asked.headers.get("x-http-method-override", "").upper() != "GET":
        return _mmt_error(405, "MethodNotAllowed", "Use GET.")
    if len(body["q"]) > 128 or any(len(text) > 10_000 for text in body["q"]):
        return _mmt_error(413, "QuantityLimitException", "Too long.")
    found = [
        {"translation": text.upper(), "characters": len(text), "billedCharacters": len(text)}
        for text in body["q"]
    ]
    return Say({"status": 200, "data": found})


VENDORS = (
    Vendor(
        "deepl",
        deepl,
        {"DEEPL_AUTH_KEY": KEY},
        "/v2/translate",
        Say(b"", status=403),
        Say({"message": "Too many requests"}, status=429),
        Say({"message": "Quota Exceeded"}, status=456),
    ),
    Vendor(
        "google",
        google,
        {"GOOGLE_API_KEY": KEY},
        "/language/translate/v2",
        GOOGLE_REFUSED,
        _google_error(
            403, "User Rate Limit Exceeded", "userRateLimitExceeded", "PERMISSION_DENIED"
        ),
        _google_error(403, "Daily Limit Exceeded", "dailyLimitExceeded", "PERMISSION_DENIED"),
    ),
    Vendor(
        "google",
        google_advanced,
        {"GOOGLE_ACCESS_TOKEN": KEY},
        "/v3/projects/mine/locations/global:translateText",
        _google_error(401, "Request had invalid credentials.", "required", "UNAUTHENTICATED"),
        _google_error(429, "Quota exceeded per minute.", "rateLimitExceeded", "RESOURCE_EXHAUSTED"),
        None,
        {"project": "mine"},
    ),
    Vendor(
        "azure",
        azure,
        {"AZURE_TRANSLATOR_KEY": KEY},
        "/translate",
        _azure_error(401000, "The request is not authorized because credentials are missing."),
        _azure_error(429001, "The client exceeded request limits."),
        _azure_error(403001, "The subscription has exceeded its free quota."),
    ),
    Vendor(
        "amazon",
        amazon,
        {"AWS_SECRET_ACCESS_KEY": KEY, "AWS_ACCESS_KEY_ID": ACCESS},
        "/",
        _amazon_error("UnrecognizedClientException", "The security token is invalid."),
        _amazon_error("ThrottlingException", "Rate exceeded"),
        None,
    ),
    Vendor(
        "modernmt",
        modernmt,
        {"MODERNMT_API_KEY": KEY},
        "/translate",
        _mmt_error(401, "AuthException", "Invalid api key."),
        _mmt_error(429, "TooManyRequests", "Rate limit exceeded"),
        _mmt_error(402, "BillingException", "Quota exceeded"),
    ),
)


def texts_of(asked: Asked) -> list[str]:
    """The texts of a translation's request, whichever vendor's it is."""
    body = asked.body
    if isinstance(body, list):
        return [entry["Text"] for entry in body]
    for name in ("text", "q", "contents"):
        if name in body:
            return list(body[name])
    return [body["Text"]] if "Text" in body else []
