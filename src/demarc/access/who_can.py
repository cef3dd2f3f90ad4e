"""Everybody who may do something: subjects as bindings name them, and through what.

Groups are not taken apart: who is in them is known outside the cluster. Nothing is said of single users of a group.
"""

from __future__ import annotations

from collections import defaultdict

from msgspec import structs

from demarc.access.authorizer import Authorizer
from demarc.access.identity import MASTERS
from demarc.access.rules import RuleSet
from demarc.access.seen import CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES
from demarc.model.access import Answer, Grant, Holder, Holders, Request, SubjectRef

_BY_POD = "each node may, for what the pods bound to it refer to (Node authorizer)"
_ALWAYS = "every node may (Node authorizer)"
_SELF = "each node may, for what is its own (Node authorizer)"


def who_can(authorizer: Authorizer, request: Request, *, all_namespaces: bool = False) -> Holders:
    """Who may do what the request asks for; with ``all_namespaces`` also who may in some namespaces only.

    ``system:masters`` is always among them, with no grant: no binding gives it, and none takes it away.
    """
    verdicts: dict[int, bool] = {}
    cluster: dict[SubjectRef, dict[Grant, None]] = {_MASTERS: {}}
    local: dict[SubjectRef, dict[str, dict[Grant, None]]] = defaultdict(dict)
    for bound in authorizer.bindings.all:
        here = not bound.namespace or (
            request.path is None and (all_namespaces or bound.namespace == request.namespace)
        )
        if not here or not _allows(bound.rules, request, verdicts):
            continue
        for subject, grant in bound.subjects():
            if bound.namespace and all_namespaces:
                local[subject].setdefault(bound.namespace, {}).setdefault(grant)
            else:
                cluster.setdefault(subject, {}).setdefault(grant)
    holders = [Holder(subject=subject, namespaces=(), grants=tuple(grants)) for subject, grants in cluster.items()]
    for subject, places in local.items():
        grants = dict.fromkeys(grant for found in places.values() for grant in found)
        holders.append(Holder(subject=subject, namespaces=tuple(sorted(places)), grants=tuple(grants)))
    kinds = (CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES) if request.path is not None else _KINDS
    lacks = dict.fromkeys(why for kind in kinds if (why := authorizer.seen.lacks(kind)))
    return Holders(
        request=request,
        holders=tuple(
            sorted(_checked(authorizer, holders), key=lambda holder: (bool(holder.namespaces), holder.subject))
        ),
        nodes=_nodes(authorizer, request),
        unseen=tuple(lacks),
    )


_KINDS = (CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS, CLUSTER_ROLES, ROLES)
_MASTERS = SubjectRef(kind="Group", name=MASTERS)


def _allows(rules: RuleSet, request: Request, verdicts: dict[int, bool]) -> bool:
    verdict = verdicts.get(id(rules))
    if verdict is None:
        verdict = verdicts[id(rules)] = rules.allows(request)
    return verdict


def _checked(authorizer: Authorizer, holders: list[Holder]) -> list[Holder]:
    """Say of service accounts whether they exist."""
    if authorizer.seen.lacks("ServiceAccount"):
        return holders
    there = {
        (item.metadata.namespace, item.metadata.name) for item in authorizer.snapshot.objects.get("ServiceAccount", ())
    }
    return [
        structs.replace(holder, exists=(holder.subject.namespace, holder.subject.name) in there)
        if holder.subject.kind == "ServiceAccount"
        else holder
        for holder in holders
    ]


def _nodes(authorizer: Authorizer, request: Request) -> str:
    """What the Node authorizer adds, in words: asked for a node that has no pods, and for objects of its own."""
    nobody = "\0"
    plain = authorizer.nodes.decide(nobody, "", request)
    if plain.answer is Answer.ALLOWED:
        return _ALWAYS
    if plain.reason.startswith("no relationship") or plain.answer is Answer.UNKNOWN:
        return _BY_POD
    if request.path is None and "same name" in plain.reason:
        return _SELF
    named = structs.replace(request, name=request.name or nobody)
    own = authorizer.nodes.decide(nobody, "", named)
    if own.reason.startswith("no relationship") and not request.name:
        return _BY_POD
    return _SELF if own.answer is Answer.ALLOWED or "own Node" in own.reason else ""
