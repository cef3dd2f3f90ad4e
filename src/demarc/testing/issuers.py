"""Issuers of credentials that are none: IAM and STS of AWS as far as access keys go, and robot accounts of a registry.

Each answers requests in memory, checks who asks as the real one does, and remembers what it was asked. Made up secrets
come from counters, so that tests are repeatable.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote_plus, urlsplit

from demarc.testing.verbs import stamp

Answered = tuple[int, dict[str, str], bytes]
_MOST_KEYS = 2


class FakeIam:
    """IAM users and their access keys, over the query API. ``answer`` takes a request for IAM or STS.

    Signatures are checked (Signature Version 4). A key that is not active is refused. ``used`` holds the last use of
    each key, which tests may set, too.
    """

    def __init__(self, users: Mapping[str, str], now: Callable[[], datetime]) -> None:
        """Take users with the id of their first access key."""
        self._now = now
        self._count = 0
        self.keys: dict[str, dict[str, str]] = {}
        """Access key id -> UserName, Status, CreateDate."""
        self.secrets: dict[str, str] = {}
        self.used: dict[str, datetime] = {}
        self.asked: list[str] = []
        for user, identifier in users.items():
            self._make(user, identifier)

    def works(self, identifier: str, secret: str) -> bool:
        """Tell whether a key is accepted now."""
        key = self.keys.get(identifier)
        return key is not None and key["Status"] == "Active" and self.secrets[identifier] == secret

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answered:
        """Answer a request."""
        form = dict(parse_qsl(body.decode()))
        action = form.get("Action", "")
        self.asked.append(action)
        signer = self._signer(method, url, headers, body)
        if signer is None:
            return _xml(403, _error("SignatureDoesNotMatch"))
        if self.keys[signer]["Status"] != "Active":
            return _xml(403, _error("InvalidClientTokenId"))
        if action == "GetCallerIdentity":
            return _xml(200, f"<Arn>arn:aws:iam::111122223333:user/{self.keys[signer]['UserName']}</Arn>")
        # Managing keys is not a use that anybody would wait for; real IAM counts it, and so would a test that wants to.
        return self._manage(action, form)

    def _manage(self, action: str, form: dict[str, str]) -> Answered:
        user, identifier = form.get("UserName", ""), form.get("AccessKeyId", "")
        mine = {name: key for name, key in self.keys.items() if key["UserName"] == user}
        if action == "ListAccessKeys":
            members = "".join(f"<member>{_fields({'AccessKeyId': name, **key})}</member>" for name, key in mine.items())
            return _xml(200, f"<AccessKeyMetadata>{members}</AccessKeyMetadata>")
        if action == "CreateAccessKey":
            if len(mine) >= _MOST_KEYS:
                return _xml(409, _error("LimitExceeded"))
            made = self._make(user, f"AKIAFAKE{self._count:012}")
            fields = {"AccessKeyId": made, "SecretAccessKey": self.secrets[made], **self.keys[made]}
            return _xml(200, f"<AccessKey>{_fields(fields)}</AccessKey>")
        if action == "GetAccessKeyLastUsed" and identifier in self.keys:
            last = self.used.get(identifier)
            said = {"LastUsedDate": stamp(last), "ServiceName": "s3"} if last else {"ServiceName": "N/A"}
            return _xml(200, f"<AccessKeyLastUsed>{_fields(said)}</AccessKeyLastUsed>")
        if identifier not in mine:
            return _xml(404, _error("NoSuchEntity"))
        if action == "UpdateAccessKey":
            self.keys[identifier] = {**self.keys[identifier], "Status": form["Status"]}
        elif action == "DeleteAccessKey":
            del self.keys[identifier]
        else:
            return _xml(400, _error("InvalidAction"))
        return _xml(200, "")

    def _make(self, user: str, identifier: str) -> str:
        self._count += 1
        self.keys[identifier] = {"UserName": user, "Status": "Active", "CreateDate": stamp(self._now())}
        self.secrets[identifier] = f"made-up-secret-of-{identifier}-{self._count}"
        return identifier

    def _signer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> str | None:
        authorization = headers.get("authorization", "")
        parts = dict(
            piece.strip().split("=", 1) for piece in authorization.partition(" ")[2].split(",") if "=" in piece
        )
        identifier, _, scope = parts.get("Credential", "").partition("/")
        if identifier not in self.secrets or identifier not in self.keys:
            return None
        names = parts.get("SignedHeaders", "").split(";")
        lines = [method, urlsplit(url).path or "/", "", *(f"{name}:{headers.get(name, '')}" for name in names), ""]
        canonical = "\n".join([*lines, ";".join(names), hashlib.sha256(body).hexdigest()])
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = "\n".join(["AWS4-HMAC-SHA256", headers.get("x-amz-date", ""), scope, digest])
        key = b"AWS4" + self.secrets[identifier].encode()
        for piece in scope.split("/"):
            key = hmac.digest(key, piece.encode(), "sha256")
        good = hmac.compare_digest(hmac.digest(key, text.encode(), "sha256").hex(), parts.get("Signature", ""))
        return identifier if good else None


class FakeRegistry:
    """A registry with Harbor's robot accounts (API v2.0) and the token service of OCI distribution."""

    def __init__(self, url: str, *, admin: tuple[str, str], robots: Mapping[str, str]) -> None:
        """Take the administrator, and robots by full name (``robot$shop+puller``) with their secrets."""
        self.url = url
        self._admin = admin
        self._count = 0
        self.robots: dict[int, dict[str, Any]] = {}
        self.secrets: dict[str, str] = {}
        for name, secret in robots.items():
            self._add(name, secret, {"level": "project", "permissions": [{"kind": "project", "namespace": "shop"}]})

    def works(self, user: str, secret: str) -> bool:
        """Tell whether a login is accepted now."""
        enabled = any(robot["name"] == user and not robot["disable"] for robot in self.robots.values())
        return enabled and self.secrets.get(user) == secret

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answered:
        """Answer a request."""
        parts = urlsplit(url)
        user, _, secret = base64.b64decode(headers.get("authorization", "").partition(" ")[2]).decode().partition(":")
        if parts.path == "/v2/":
            challenge = f'Bearer realm="{self.url}/service/token",service="harbor-registry"'
            return 401, {"www-authenticate": challenge}, b"{}"
        if parts.path == "/service/token":
            return (200, {}, b'{"token":"t"}') if self.works(user, secret) else (401, {}, b"{}")
        if (user, secret) != self._admin:
            return 401, {}, b"{}"
        return self._manage(method, parts.path.removeprefix("/api/v2.0"), parse_qs(parts.query), body)

    def _manage(self, method: str, path: str, query: Mapping[str, list[str]], body: bytes) -> Answered:
        if path == "/robots" and method == "GET":
            part = unquote_plus(query.get("q", ["name=~"])[0]).partition("=~")[2]
            found = [robot for robot in self.robots.values() if part in robot["name"]]
            return 200, {}, json.dumps(found).encode()
        if path == "/robots" and method == "POST":
            given = json.loads(body)
            name = f"robot${given['permissions'][0]['namespace']}+{given['name']}"
            if any(robot["name"] == name for robot in self.robots.values()):
                return 409, {}, b"{}"
            self._count += 1
            made = self._add(name, f"made-up-secret-{self._count}", given)
            return 201, {}, json.dumps({**made, "secret": self.secrets[name]}).encode()
        number = int(path.rpartition("/")[2])
        if number not in self.robots:
            return 404, {}, b"{}"
        if method == "PUT":
            self.robots[number] = {**self.robots[number], **json.loads(body)}
        else:
            del self.robots[number]
        return 200, {}, b""

    def _add(self, name: str, secret: str, given: Mapping[str, Any]) -> dict[str, Any]:
        number = max(self.robots, default=0) + 1
        kept = {field: given[field] for field in ("level", "permissions") if field in given}
        self.robots[number] = {"id": number, "disable": False, **kept, "name": name}
        self.secrets[name] = secret
        return self.robots[number]


def _fields(fields: Mapping[str, str]) -> str:
    return "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())


def _error(code: str) -> str:
    return f"<Error><Code>{code}</Code></Error>"


def _xml(status: int, content: str) -> Answered:
    return status, {"content-type": "text/xml"}, f'<Response xmlns="https://iam.example/">{content}</Response>'.encode()
