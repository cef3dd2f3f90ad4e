"""Inputs that look like answers and are no descriptions: credentials, and errors that were saved to a file.

People pipe the wrong command into a file. A token must not be kept, not even in part, and its owner must hear of it; a
saved "403 Forbidden" must not pass for an empty list.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from demarc.collect.external.shape import Body, dig, has, objects, text
from demarc.model.evidence import Gap, GapReason


class _Credential(Struct, frozen=True, kw_only=True):
    what: str
    matches: Callable[[Body], bool]


CREDENTIALS: tuple[_Credential, ...] = (
    _Credential(
        what="a Kubernetes token (aws eks get-token, kubelogin, gke-gcloud-auth-plugin)",
        matches=lambda b: text(b, "kind") == "ExecCredential",
    ),
    _Credential(
        what="a kubeconfig",
        matches=lambda b: text(b, "kind") == "Config" and text(b, "apiVersion") == "v1" and "users" in b,
    ),
    _Credential(
        what="kubeconfig credentials (az aks get-credentials, ARM listClusterAdminCredential, ocm credentials)",
        matches=lambda b: has(b, "kubeconfigs") or text(b, "kind") == "ClusterCredentials" or set(b) == {"kubeconfig"},
    ),
    _Credential(
        what="an access token (az account get-access-token, an OAuth answer)",
        matches=lambda b: (
            bool(text(b, "accessToken") or text(b, "access_token")) and ("tokenType" in b or "token_type" in b)
        ),
    ),
    _Credential(
        what="an AWS session or access key (aws sts assume-role, get-session-token, iam create-access-key)",
        matches=lambda b: any("SecretAccessKey" in inner for inner in (b, *_inner(b, "Credentials", "AccessKey"))),
    ),
    _Credential(
        what="a registry login (aws ecr get-authorization-token, az acr credential show, a docker config)",
        matches=lambda b: (
            any("authorizationToken" in item for item in objects(b.get("authorizationData")))
            or has(b, "username", "passwords")
            or (isinstance(b.get("auths"), dict) and set(b) <= {"auths", "credHelpers", "credsStore", "HttpHeaders"})
        ),
    ),
    _Credential(
        what="a secret (aws secretsmanager get-secret-value, az keyvault secret show)",
        matches=lambda b: (
            "SecretString" in b or "SecretBinary" in b or ("value" in b and ".vault." in text(b, "id") + text(b, "kid"))
        ),
    ),
    _Credential(
        what="a key of a service account or of a login (Google, application default credentials)",
        matches=lambda b: has(b, "private_key", "client_email") or has(b, "refresh_token", "client_id"),
    ),
    _Credential(
        what="the password of an application (az ad sp create-for-rbac, az ad app credential reset)",
        matches=lambda b: has(b, "appId", "password") and "tenant" in b,
    ),
    _Credential(
        what="a token of GitHub or GitLab",
        matches=lambda b: (
            bool(text(b, "token")) and ("expires_at" in b or "scopes" in b) and not isinstance(b.get("token"), bool)
        ),
    ),
)


def _inner(body: Body, *names: str) -> list[Body]:
    return [inner for name in names if isinstance(inner := body.get(name), dict)]


_TELLTALE = frozenset(
    {"kind", "kubeconfig", "kubeconfigs", "accessToken", "access_token", "SecretAccessKey", "Credentials", "AccessKey"}
    | {"authorizationData", "passwords", "auths", "SecretString", "SecretBinary", "value", "private_key"}
    | {"refresh_token", "password", "token", "error", "Error", "code", "message"}
)
"""Fields of which every credential and every error has at least one: most entries of long arrays have none."""

_DENIED = frozenset({"401", "403", "accessdenied", "accessdeniedexception", "authorizationfailed", "forbidden"})


def _error(body: Body) -> str:
    """The code of an answer that only says what went wrong; empty for any other. Messages are never quoted."""
    code = text(body, "error", "code") or text(body, "Error", "Code") or text(body, "code")
    if isinstance(dig(body, "error"), dict) or isinstance(dig(body, "Error"), dict):
        return code if set(map(str, body)) <= {"error", "Error", "ResponseMetadata", "RequestId"} else ""
    if "message" in body and set(body) <= {"message", "documentation_url", "status", "errors", "error"}:
        begins = text(body, "message")[:3]
        unnumbered = "?" if "documentation_url" in body else ""
        return text(body, "status") or (begins if begins.isdecimal() else unnumbered)
    if text(body, "kind") == "Error" and has(body, "code", "reason"):
        return code
    return ""


def declined(value: Any, *, origin: str) -> Gap | None:
    """Say why an input is no description: it holds a credential, or it is a saved error. None for anything else.

    Nothing of the input is quoted but the status code of an error. Lists are declined if any of their entries is.
    """
    for body in objects(value if isinstance(value, list) else [value]):
        if _TELLTALE.isdisjoint(body):
            continue
        for credential in CREDENTIALS:
            if credential.matches(body):
                return Gap(
                    what=origin,
                    reason=GapReason.REFUSED,
                    detail=f"this is {credential.what}, not a description; nothing of it was kept",
                    todo="leave it out, delete the file, and revoke what is in it if others could read it",
                )
        code = _error(body)
        if code:
            short = code if code.replace("_", "").isalnum() and len(code) <= 40 else "no code"
            denied = code.lower().replace("_", "") in _DENIED
            return Gap(
                what=origin,
                reason=GapReason.FORBIDDEN if denied else GapReason.UNAVAILABLE,
                detail=f"this is an error that was saved instead of an answer ({short})",
                todo="run the command again with an account that may read it",
            )
    return None
