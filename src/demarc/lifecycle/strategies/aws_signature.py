"""Signature Version 4 of AWS, for the query API: POST with a form. Pure functions; the key is in no repr."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from msgspec import Struct

_ALGORITHM = "AWS4-HMAC-SHA256"
_TYPE = "application/x-www-form-urlencoded; charset=utf-8"


class AwsKey(Struct, frozen=True, kw_only=True):
    """An access key."""

    id: str
    secret: str

    def __repr__(self) -> str:
        return f"AwsKey({self.id})"


class SignedRequest(Struct, frozen=True, kw_only=True):
    """A request with its signature."""

    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return "SignedRequest(...)"


def signed(
    key: AwsKey, endpoint: str, service: str, region: str, *, parameters: Mapping[str, str], at: datetime
) -> SignedRequest:
    """Sign a call of the query API; ``parameters`` without the version."""
    version = {"iam": "2010-05-08", "sts": "2011-06-15"}[service]
    form = {"Version": version, **parameters}
    body = "&".join(
        f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(form.items())
    ).encode()
    time = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    parts = urlsplit(endpoint)
    headers = {"content-type": _TYPE, "host": parts.netloc, "x-amz-date": time}
    names = ";".join(sorted(headers))
    canonical = "\n".join(
        [
            "POST",
            parts.path or "/",
            "",
            *(f"{name}:{value}" for name, value in sorted(headers.items())),
            "",
            names,
            hashlib.sha256(body).hexdigest(),
        ]
    )
    scope = f"{time[:8]}/{region}/{service}/aws4_request"
    text = "\n".join([_ALGORITHM, time, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    signature = hmac.digest(signing_key(key.secret, time[:8], region, service), text.encode(), "sha256").hex()
    authorization = f"{_ALGORITHM} Credential={key.id}/{scope}, SignedHeaders={names}, Signature={signature}"
    return SignedRequest(headers={**headers, "authorization": authorization}, body=body)


def signing_key(secret: str, day: str, region: str, service: str) -> bytes:
    """The key of a day, region and service."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
