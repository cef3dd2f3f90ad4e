"""The answer to one request, as the API server's chain of authorizers gives it: system:masters, Node, RBAC.

Nothing is forbidden by these three: whatever none of them allows is denied, or Unknown where something was not seen
that could have allowed it. Authorizers of clouds (EKS access policies, GKE IAM, Azure RBAC) are not asked here.
"""

from __future__ import annotations

from demarc.access.bindings import Bindings, Bound
from demarc.access.browser_safe import guarded, is_guarded
from demarc.access.identity import MASTERS, node_of
from demarc.access.nodes import NodeAuthorizer
from demarc.access.seen import CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES, Seen
from demarc.model.access import Answer, Asker, Decision, Grant, Request
from demarc.model.snapshot import Snapshot

_BY_MASTERS = Decision(answer=Answer.ALLOWED, authorizer=MASTERS)
_BY_NODE = Decision(answer=Answer.ALLOWED, authorizer="Node")


class Authorizer:
    """Decides requests over one snapshot. Building it costs one pass over the bindings; a decision, microseconds."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.seen = Seen(snapshot)
        self.bindings = Bindings(snapshot)
        self.nodes = NodeAuthorizer(snapshot, self.seen)
        self._is_guarded = is_guarded(snapshot)

    def decide(self, who: Asker, request: Request) -> Decision:
        """Decide one request. The grant is the first by name; the API server's own order is not defined."""
        if MASTERS in who.groups:
            return _BY_MASTERS
        node = node_of(who)
        said, unsure = "", ""
        if node is not None:
            verdict = self.nodes.decide(node, who.user, request)
            if verdict.allowed:
                return _BY_NODE
            said, unsure = (verdict.reason, "") if verdict.answer is Answer.DENIED else ("", verdict.reason)
        asked, changed = guarded(who, request) if self._is_guarded else (request, "")
        bound = self._applying(who, asked)
        for one in bound:
            if one.rules.allows(asked):
                grant = one.grant_to(who)
                return Decision(answer=Answer.ALLOWED, reason=grant.reason, grant=grant, authorizer="RBAC")
        unsure = unsure or self._unseen(bound, request)
        if unsure:
            return Decision(answer=Answer.UNKNOWN, reason=unsure)
        missing = _aggregate([one.missing for one in bound if one.missing])
        by_rbac = ", ".join(part for part in (missing, changed) if part)
        return Decision(answer=Answer.DENIED, reason="\n".join(part for part in (said, by_rbac) if part))

    def grants(self, who: Asker, request: Request) -> tuple[Grant, ...]:
        """Every grant of RBAC that allows a request, by name. The API server names any one of these."""
        asked = guarded(who, request)[0] if self._is_guarded else request
        return tuple(one.grant_to(who) for one in self._applying(who, asked) if one.rules.allows(asked))

    def _applying(self, who: Asker, request: Request) -> tuple[Bound, ...]:
        return self.bindings.of(who, "" if request.path is not None else request.namespace)

    def _unseen(self, bound: tuple[Bound, ...], request: Request) -> str:
        """What was not seen and could allow the request; empty when everything was."""
        lacks = self.seen.lacks(CLUSTER_ROLE_BINDINGS)
        if not lacks and request.namespace and request.path is None:
            lacks = self.seen.lacks(ROLE_BINDINGS)
        if lacks:
            return lacks
        for one in bound:
            if one.missing and (why := self.seen.lacks(CLUSTER_ROLES if _of_cluster(one) else ROLES)):
                return f"{one.key} binds {one.binding.role_ref.kind} {one.binding.role_ref.name}: {why}"
        return ""


def _of_cluster(bound: Bound) -> bool:
    return bound.binding.role_ref.kind == "ClusterRole"


def _aggregate(errors: list[str]) -> str:
    """Errors in the form in which the API server joins them."""
    once = list(dict.fromkeys(errors))
    if not once:
        return ""
    return f"RBAC: {once[0]}" if len(once) == 1 else f"RBAC: [{', '.join(once)}]"
