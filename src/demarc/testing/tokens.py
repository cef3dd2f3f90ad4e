"""Service account tokens of a fake cluster: minted as the API server mints them, and checked as it checks them.

Legacy tokens lie in Secrets and never end; bound ones end with their time, their service account and the object that
they are bound to. Signed with a key that opens nothing but the fake. Rules: KEP-1205, KEP-2799, KEP-4193.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from msgspec import Struct

from demarc.testing.objects import Object
from demarc.testing.refusals import RefusedError, invalid
from demarc.testing.store import ObjectStore
from demarc.testing.verbs import Options, Verbs, stamp

ISSUER: Final = "https://kubernetes.default.svc.cluster.local"
LEGACY_ISSUER: Final = "kubernetes/serviceaccount"
INVALID_SINCE: Final = "kubernetes.io/legacy-token-invalid-since"
LAST_USED: Final = "kubernetes.io/legacy-token-last-used"
CREDENTIAL_ID: Final = "authentication.kubernetes.io/credential-id"
_KEY: Final = b"signs nothing but the fake"
_SHORTEST: Final = 600
_LEEWAY: Final = timedelta(seconds=60)
_HEADER: Final = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"fake"}').decode().rstrip("=")


class User(Struct, frozen=True, kw_only=True):
    """Who a token stands for."""

    username: str
    uid: str
    groups: tuple[str, ...]
    extra: dict[str, tuple[str, ...]] = {}
    annotations: dict[str, str] = {}
    """Of the audit event."""


class Tokens:
    """Mints and checks the tokens of one store."""

    def __init__(self, verbs: Verbs) -> None:
        self._verbs = verbs
        self._store: ObjectStore = verbs.store

    def request(self, account: Object, spec: Object) -> tuple[str, Object]:
        """Mint a bound token for a TokenRequest's spec; give it with its claims. Raises RefusedError."""
        resource = self._store.resource("ServiceAccount")
        seconds = spec.get("expirationSeconds") or 3600
        name, namespace = account["metadata"]["name"], account["metadata"]["namespace"]
        if seconds < _SHORTEST:
            raise invalid(resource, name, "spec.expirationSeconds: Invalid value: may not specify less than 10 minutes")
        at = self._verbs.now()
        inside: Object = {"namespace": namespace}
        inside["serviceaccount"] = {"name": name, "uid": account["metadata"]["uid"]}
        if bound := spec.get("boundObjectRef"):
            inside[bound["kind"].lower()] = self._bound(namespace, bound)
        seed = f"{name}/{self._store.resource_version}/{at.isoformat()}"
        claims: Object = {
            "aud": spec.get("audiences") or [ISSUER],
            "exp": int((at + timedelta(seconds=seconds)).timestamp()),
            "iat": int(at.timestamp()),
            "iss": ISSUER,
            "jti": str(uuid.UUID(bytes=hashlib.sha256(seed.encode()).digest()[:16], version=4)),
            "kubernetes.io": inside,
            "nbf": int(at.timestamp()),
            "sub": f"system:serviceaccount:{namespace}:{name}",
        }
        return sign(claims), claims

    def _bound(self, namespace: str, bound: Object) -> Object:
        kind, name = bound["kind"], bound["name"]
        if kind not in ("Pod", "Secret", "Node"):
            raise RefusedError(400, "BadRequest", f"cannot bind token to object of type {kind}")
        found = self._store.get(self._store.resource(kind), "" if kind == "Node" else namespace, name)
        if found is None:
            plural = self._store.resource(kind).plural
            raise RefusedError(404, "NotFound", f'{plural} "{name}" not found')
        uid = found["metadata"]["uid"]
        if bound.get("uid", uid) != uid:
            raise RefusedError(
                409,
                "Conflict",
                f"the UID in the bound object reference ({bound['uid']}) does not match the UID in record",
            )
        return {"name": name, "uid": uid}

    def check(self, token: str, *, use: bool = True) -> User | str:
        """Who a token stands for, or why it is refused. ``use`` notes the use of a legacy token on its Secret."""
        claims = read(token)
        if claims is None:
            return "invalid bearer token"
        if claims["iss"] == LEGACY_ISSUER:
            return self._check_legacy(token, claims, use=use)
        inside = claims["kubernetes.io"]
        namespace, account = inside["namespace"], inside["serviceaccount"]
        if self._verbs.now() >= datetime.fromtimestamp(claims["exp"], UTC):
            return "service account token has expired"
        if problem := self._account_problem(namespace, account["name"], account["uid"]):
            return problem
        for kind in ("Pod", "Secret", "Node"):
            if bound := inside.get(kind.lower()):
                place = "" if kind == "Node" else namespace
                found = self._store.get(self._store.resource(kind), place, bound["name"])
                if found is None or found["metadata"]["uid"] != bound["uid"] or self._gone(found):
                    return f"service account token has been invalidated: {kind.lower()} {bound['name']}"
        extra: dict[str, tuple[str, ...]] = {CREDENTIAL_ID: (f"JTI={claims['jti']}",)}
        return _user(namespace, account["name"], account["uid"], extra=extra)

    def _gone(self, item: Object) -> bool:
        at = item["metadata"].get("deletionTimestamp")
        return bool(at) and self._verbs.now() > datetime.fromisoformat(at) + _LEEWAY

    def _account_problem(self, namespace: str, name: str, uid: str) -> str:
        found = self._store.get(self._store.resource("ServiceAccount"), namespace, name)
        if found is None:
            return f"service account {namespace}/{name} has been deleted"
        return "" if found["metadata"]["uid"] == uid else f"service account {namespace}/{name} has been recreated"

    def _check_legacy(self, token: str, claims: Object, *, use: bool) -> User | str:
        namespace = claims["kubernetes.io/serviceaccount/namespace"]
        name = claims["kubernetes.io/serviceaccount/service-account.name"]
        uid = claims["kubernetes.io/serviceaccount/service-account.uid"]
        held = claims["kubernetes.io/serviceaccount/secret.name"]
        resource = self._store.resource("Secret")
        secret = self._store.get(resource, namespace, held)
        if secret is None or base64.b64decode((secret.get("data") or {}).get("token", "")).decode() != token:
            return "token has been invalidated: secret"
        if problem := self._account_problem(namespace, name, uid):
            return problem
        labels = secret["metadata"].get("labels") or {}
        if INVALID_SINCE in labels:
            return "the token in secret has been marked invalid"
        day = self._verbs.now().date().isoformat()
        if use and labels.get(LAST_USED) != day:
            patch = {"metadata": {"labels": {LAST_USED: day}}}
            self._verbs.patch(
                resource,
                namespace,
                held,
                content_type="application/merge-patch+json",
                patch=patch,
                options=Options(manager="kube-apiserver"),
            )
        account = self._store.get(self._store.resource("ServiceAccount"), namespace, name) or {}
        listed = any(one.get("name") == held for one in account.get("secrets") or ())
        kind = "autogenerated" if listed else "manual"
        annotations = {f"authentication.k8s.io/legacy-token-{kind}-secret": held}
        return _user(namespace, name, uid, annotations=annotations)


def legacy_token(account: Object, secret: Object) -> str:
    """The token that the token controller puts into a Secret.

    As the real one it carries no time and no uid of the Secret: a Secret that is deleted and made again under the same
    name for the same account holds the same token again.
    """
    metadata = account["metadata"]
    prefix = "kubernetes.io/serviceaccount"
    return sign(
        {
            "iss": LEGACY_ISSUER,
            f"{prefix}/namespace": metadata["namespace"],
            f"{prefix}/secret.name": secret["metadata"]["name"],
            f"{prefix}/service-account.name": metadata["name"],
            f"{prefix}/service-account.uid": metadata["uid"],
            "sub": f"system:serviceaccount:{metadata['namespace']}:{metadata['name']}",
        }
    )


def sign(claims: Object) -> str:
    """Make a JSON web token."""
    body = base64.urlsafe_b64encode(json.dumps(claims, separators=(",", ":")).encode()).decode().rstrip("=")
    return f"{_HEADER}.{body}.{_signature(body)}"


def read(token: str) -> Any:
    """Claims of a token that the fake signed; None for any other."""
    header, _, rest = token.partition(".")
    body, _, signature = rest.partition(".")
    if header != _HEADER or not hmac.compare_digest(signature, _signature(body)):
        return None
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def token_status(token: str, claims: Object) -> Object:
    """Status of an answered TokenRequest."""
    return {"token": token, "expirationTimestamp": stamp(datetime.fromtimestamp(claims["exp"], UTC))}


def _signature(body: str) -> str:
    digest = hmac.digest(_KEY, f"{_HEADER}.{body}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _user(
    namespace: str,
    name: str,
    uid: str,
    *,
    extra: dict[str, tuple[str, ...]] | None = None,
    annotations: dict[str, str] | None = None,
) -> User:
    return User(
        username=f"system:serviceaccount:{namespace}:{name}",
        uid=uid,
        groups=("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated"),
        extra=extra or {},
        annotations=annotations or {},
    )
