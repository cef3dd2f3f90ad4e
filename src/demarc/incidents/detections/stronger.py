"""Whether a pod's service account may do what its creator may not: asked of the authorizer, as of the snapshot."""

from __future__ import annotations

from typing import Final

from demarc.access.authorizer import Authorizer
from demarc.access.identity import asker
from demarc.incidents.detections.confirm import Row, _inside, body
from demarc.model.access import Answer, Asker, Request

_STRONG: Final = (
    Request(verb="list", resource="secrets"),
    Request(verb="create", group="rbac.authorization.k8s.io", resource="clusterrolebindings"),
    Request(verb="create", resource="pods"),
    Request(verb="create", resource="pods", subresource="exec"),
    Request(verb="get", resource="nodes", subresource="proxy"),
    Request(verb="impersonate", resource="users"),
    Request(verb="create", resource="serviceaccounts", subresource="token"),
)
"""Rights over the whole cluster with which everything else is taken."""


class Stronger:
    """Remembers what it was told of each identity."""

    def __init__(self, authorizer: Authorizer) -> None:
        self._authorizer = authorizer
        self._known: dict[Asker, frozenset[int]] = {}

    def __call__(self, row: Row) -> bool:
        """Tell whether a pod or template names an account stronger than whoever wrote it."""
        groups = tuple(group for group in str(row.get("user_groups") or "").split("\n") if group)
        creator = self._may(asker(str(row["user_name"]), groups))
        named = {str(one) for one in _inside(body(row), "serviceAccountName")} or {"default"}
        accounts = (self._may(asker(f"system:serviceaccount:{row['namespace']}:{name}")) for name in named)
        return any(account - creator for account in accounts)

    def _may(self, who: Asker) -> frozenset[int]:
        if who not in self._known:
            self._known[who] = frozenset(
                number
                for number, request in enumerate(_STRONG)
                if self._authorizer.decide(who, request).answer is Answer.ALLOWED
            )
        return self._known[who]
