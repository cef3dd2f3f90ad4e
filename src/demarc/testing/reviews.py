"""Reviews of a fake cluster: who am I, may I, and whose token is this."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from demarc.testing import answers
from demarc.testing.answers import Reply
from demarc.testing.objects import Object
from demarc.testing.rbac import allowed
from demarc.testing.rights import Attempt
from demarc.testing.tokens import Tokens, User
from demarc.testing.verbs import Verbs

_AUTHORIZATION: Final = "/apis/authorization.k8s.io/v1"
_AUTHENTICATION: Final = "/apis/authentication.k8s.io/v1"


def answer(
    method: str, path: str, body: bytes, *, user: User, tokens: Tokens, may: Callable[[Attempt], bool], verbs: Verbs
) -> Reply | None:
    """Answer a review; None for everything else."""
    if method != "POST" or not path.startswith((_AUTHORIZATION, _AUTHENTICATION)):
        return None
    given: Object = json.loads(body or b"{}")
    spec = given.get("spec") or {}
    if path == f"{_AUTHORIZATION}/selfsubjectaccessreviews":
        asked = spec.get("resourceAttributes") or {}
        mine = may(_attempt(asked))
        reason = "RBAC: allowed" if mine else ""
        return _reviewed("SelfSubjectAccessReview", _AUTHORIZATION, spec, {"allowed": mine, "reason": reason})
    if path == f"{_AUTHORIZATION}/subjectaccessreviews":
        asked = spec.get("resourceAttributes") or {}
        reason = allowed(verbs, spec.get("user", ""), spec.get("groups") or (), asked)
        return _reviewed("SubjectAccessReview", _AUTHORIZATION, spec, {"allowed": bool(reason), "reason": reason})
    if path == f"{_AUTHENTICATION}/selfsubjectreviews":
        return _reviewed("SelfSubjectReview", _AUTHENTICATION, {}, {"userInfo": _info(user)})
    if path == f"{_AUTHENTICATION}/tokenreviews":
        found = tokens.check(str(spec.get("token", "")))
        status = (
            {"authenticated": True, "user": _info(found)}
            if isinstance(found, User)
            else {"authenticated": False, "error": found}
        )
        return _reviewed("TokenReview", _AUTHENTICATION, {}, status)
    return None


def _attempt(asked: Object) -> Attempt:
    resource, group, below = asked.get("resource", ""), asked.get("group", ""), asked.get("subresource", "")
    called = f"{resource}:{below}" if below else resource
    return Attempt(
        verb=asked.get("verb", ""),
        resource=f"{called}.{group}" if group else called,
        namespace=asked.get("namespace") or None,
    )


def _info(user: User) -> Object:
    extra = {name: list(values) for name, values in user.extra.items()}
    return {"username": user.username, "uid": user.uid, "groups": list(user.groups), "extra": extra}


def _reviewed(kind: str, prefix: str, spec: Object, status: Object) -> Reply:
    api_version = prefix.removeprefix("/apis/")
    content: Object = {"kind": kind, "apiVersion": api_version, "metadata": {}, "spec": spec, "status": status}
    return answers.as_json(content, 201)
