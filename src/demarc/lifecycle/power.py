"""Whether a credential opens so much that two people must approve its rotation, and why.

Asks the same authorizer as every other command; what it cannot tell counts as powerful.
"""

from __future__ import annotations

from typing import Final

from demarc.access import Authorizer, asker
from demarc.lifecycle.credential import Credential, CredentialKind
from demarc.model.access import Answer, Request

_RBAC: Final = "rbac.authorization.k8s.io"
_ASKED: Final = (
    (Request(verb="get", resource="secrets"), "may read every Secret of the cluster"),
    (Request(verb="create", resource="pods"), "may run pods in every namespace"),
    (Request(verb="escalate", group=_RBAC, resource="clusterroles"), "may give itself any right"),
    (Request(verb="bind", group=_RBAC, resource="clusterroles"), "may bind any role"),
    (Request(verb="impersonate", resource="users"), "may act as anybody"),
    (Request(verb="create", resource="serviceaccounts", subresource="token"), "may request the token of any account"),
    (Request(verb="get", resource="nodes", subresource="proxy"), "may reach every kubelet"),
)
_SYSTEM: Final = ("kube-system", "kube-public", "kube-node-lease")


def power_of(credential: Credential, authorizer: Authorizer) -> tuple[str, ...]:
    """Why a credential or a grant is powerful; empty when it is not."""
    if credential.given is not None:
        return credential.given.power
    found: list[str] = []
    if credential.namespace in _SYSTEM:
        found.append(f"lies in {credential.namespace}")
    if credential.kind is CredentialKind.LEGACY_TOKEN and credential.account:
        who = asker(f"system:serviceaccount:{credential.namespace}:{credential.account}")
        for request, says in _ASKED:
            decision = authorizer.decide(who, request)
            if decision.answer is Answer.ALLOWED:
                found.append(says)
            elif decision.answer is Answer.UNKNOWN:
                found.append(f"it cannot be told whether it {says}: {decision.reason}")
    return tuple(found)
