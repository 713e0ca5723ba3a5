"""``amazon``: Amazon Translate, signed by botocore.

Made after https://docs.aws.amazon.com/translate/latest/APIReference/API_TranslateText.html (fields,
10,000 bytes a text, one text a request, errors), ``API_ListLanguages.html``, ``CommonErrors.html``
and the service model of botocore (translate, 2017-07-01; protocol JSON 1.1).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated, Literal, cast

from pydantic import Field

from mtbench.backends.vendors import Codes, Limits, Vendor, VendorAnswer, VendorOptions, in_bytes
from mtbench.errors import Later, RunFailed, SegmentError, TransientError
from mtbench.languages import LanguagePair
from mtbench.packages import require
from mtbench.servers.client import JsonClient, Reply
from mtbench.servers.patience import persistent
from mtbench.servers.secrets import Secret, VariableName
from mtbench.types import Json, Record, Runtime

_SERVICE = "AWSShineFrontendService_20170701"
_LATER = {"throttlingexception", "throttling", "toomanyrequestsexception", "requestlimitexceeded"}
_KEY = {
    "unrecognizedclientexception", "invalidclienttokenid", "invalidsignatureexception",
    "signaturedoesnotmatch", "accessdeniedexception", "expiredtokenexception", "expiredtoken",
    "incompletesignature", "missingauthenticationtokenexception", "optinrequired",
}  # fmt: skip
_BROKEN = {"internalserverexception", "serviceunavailableexception", "internalfailure"}
_OF_A_TEXT = {"textsizelimitexceededexception", "detectedlanguagelowconfidenceexception"}


class Amazon(Vendor):
    """Amazon Translate in one region, by the account whose keys the environment holds."""

    class Options(VendorOptions):
        """Options of ``amazon``.

        Attributes:
            region: Of the service.
            access_key_env: NAME of the variable that holds the id of the access key;
                ``api_key_env`` names that of the secret one.
            session_env: NAME of the variable that holds the token of temporary keys; it is
                sent where the variable is set.
            formality: ``formal`` or ``informal``; where Amazon has none for the target language,
                it leaves it out, and says so.
            glossary_id: Name of one of the account's custom terminologies.
        """

        region: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")] = "us-east-1"
        access_key_env: VariableName = "AWS_ACCESS_KEY_ID"
        session_env: VariableName = "AWS_SESSION_TOKEN"
        formality: Literal["formal", "informal"] | None = None
        glossary_id: str | None = None

    options: Options

    title = "Amazon Translate"
    address = "https://translate.{region}.amazonaws.com"
    key_env = "AWS_SECRET_ACCESS_KEY"
    limits = Limits(1, 10_000, 10_000, in_bytes)

    def __init__(self, options: Record, pair: LanguagePair, runtime: Runtime) -> None:
        super().__init__(options, pair, runtime)
        self.options = cast("Amazon.Options", options)
        self.preferred_batch = 1

    @classmethod
    def from_target(cls, target: str) -> dict[str, Json]:
        """``amazon:`` or ``amazon:REGION``."""
        return {"region": target} if target else {}

    def _url(self) -> str:
        return super()._url().replace("{region}", self.options.region)

    def _authorised(self, method: str, url: str, content: bytes, key: str) -> dict[str, str]:
        what = "ListLanguages" if content == b"{}" else "TranslateText"
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"{_SERVICE}.{what}",
        }
        if key.startswith("$"):  # to be shown
            return headers | {"Authorization": f"AWS4-HMAC-SHA256, signed with {key}"}
        return headers | self._signed(method, url, content, headers, key)

    def _signed(
        self, method: str, url: str, content: bytes, headers: dict[str, str], key: str
    ) -> dict[str, str]:
        auth = require("botocore.auth", "Amazon's signature", "vendors")
        requests = require("botocore.awsrequest", "Amazon's signature", "vendors")
        credentials = require("botocore.credentials", "Amazon's signature", "vendors")
        token = os.environ.get(self.options.session_env) or None
        who = credentials.Credentials(Secret(self.options.access_key_env).reveal(), key, token)
        request = requests.AWSRequest(method=method, url=url, data=content, headers=headers)
        auth.SigV4Auth(who, "translate", self.options.region).add_auth(request)
        return dict(request.headers.items())

    def check(self) -> None:
        """Whether both keys are there, the signature is accepted, and the direction served."""
        Secret(self.options.access_key_env)
        require("botocore.auth", "Amazon's signature", "vendors")
        super().check()

    def _listed(self, client: JsonClient) -> Codes:
        reply = persistent(lambda bodies: client.post("", bodies[0]), [{}], attempts=3)
        self._require_listing(reply)
        body = cast("dict[str, Json]", reply.body if isinstance(reply.body, dict) else {})
        entries = body.get("Languages") or []
        both = frozenset(e["LanguageCode"] for e in entries if isinstance(e, dict)) - {"auto"}
        return Codes(both, both)

    def _path(self) -> str:
        return ""

    def _body(self, texts: Sequence[str], context: str | None) -> Json:
        source, target = self._codes or (None, None)
        given = self.options
        found: dict[str, Json] = {
            "Text": texts[0],
            "SourceLanguageCode": source,
            "TargetLanguageCode": target,
        }
        if given.formality:
            found["Settings"] = {"Formality": given.formality.upper()}
        if given.glossary_id:
            found["TerminologyNames"] = [given.glossary_id]
        return found | given.settings

    def _answers(self, reply: Reply) -> list[VendorAnswer]:
        return [VendorAnswer(cast("dict[str, Json]", reply.body)["TranslatedText"])]

    def _refused(self, reply: Reply) -> RunFailed | None:
        body = reply.body if isinstance(reply.body, dict) else {}
        kind = str(body.get("__type") or "").rpartition("#")[2].casefold()
        what = f"{self.title} answered {reply.status} ({kind or 'no reason'})"
        why = reply.said() or None
        if kind in _LATER:
            return Later(what, why=why, retry_after=reply.retry_after)
        if kind in _KEY:
            return self._key_refused(reply)
        if kind in _BROKEN:
            return TransientError(what, why=why, answered=True)
        if kind in _OF_A_TEXT:
            return SegmentError(f"{what}: {reply.said()}")
        return self._wrong_option(reply) if reply.status in {400, 404} else None
