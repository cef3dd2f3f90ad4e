"""Who is who and has what: bindings, groups that follow from names, and acting under another name."""

from __future__ import annotations

from collections.abc import Iterator

from demarc.access.bindings import Bound
from demarc.access.graph import GraphBuilder
from demarc.access.identity import ANONYMOUS, AUTHENTICATED, MASTERS, UNAUTHENTICATED
from demarc.access.rules import ALL, RuleSet
from demarc.access.seen import CLUSTER_ROLES, ROLES
from demarc.access.techniques import things
from demarc.access.techniques.grants import Writer, of_binding, removable
from demarc.access.techniques.offers import where
from demarc.access.techniques.rights import Claim
from demarc.access.techniques.technique import Technique
from demarc.access.techniques.view import View
from demarc.model.access import SubjectRef
from demarc.model.evidence import Evidence, Grade

_NO_CREDENTIAL = "whether the API server takes requests without a credential was not seen"


def is_everything(rules: RuleSet) -> bool:
    """Tell rules that allow every verb on every resource."""
    return any(
        ALL in (rule.verbs or ())
        and ALL in (rule.resources or ())
        and ALL in (rule.api_groups or ())
        and not rule.resource_names
        for rule in rules.rules
    )


def granted(view: View, graph: GraphBuilder) -> None:
    """Subjects to what their bindings give, and on to everything where a binding gives everything."""
    for bound in view.rights.bounds:
        grant, scope = of_binding(graph, bound), view.scope(bound.namespace)
        lacks = bound.missing and view.lacks(CLUSTER_ROLES if bound.binding.role_ref.kind == "ClusterRole" else ROLES)
        if bound.missing and not lacks:
            continue
        for number, subject in enumerate(view.rights.subjects_of(bound)):
            graph.edge(
                "GRANTED",
                things.identity(graph, subject),
                grant,
                scope=scope,
                says=f"{bound.key} gives {subject} the rights of {bound.role} {where(bound.namespace)}",
                evidence=(_named(bound, number),),
                grants=(bound.key,),
            )
        if lacks or is_everything(bound.rules):
            graph.edge(
                "GRANTED",
                grant,
                things.namespace(graph, bound.namespace) if bound.namespace else things.cluster_admin(graph),
                scope=scope,
                says=f"{bound.role} allows everything {where(bound.namespace)}",
                evidence=(_named(bound, 0),),
                grants=removable(bound),
                unknown=f"what {bound.role} allows was not seen: {lacks}" if lacks else "",
            )
    graph.edge(
        "GRANTED",
        things.group(graph, MASTERS),
        things.cluster_admin(graph),
        scope=view.cluster,
        says=f"Group {MASTERS} may do everything, past every rule",
        evidence=(Evidence(says=f"the API server asks no authorizer about {MASTERS}", grade=Grade.WRITTEN),),
    )


def _named(bound: Bound, number: int) -> Evidence:
    says = f"{bound.key}: subjects[{number}] and roleRef {bound.role}"
    return Evidence(says=says, grade=Grade.WRITTEN, source=bound.binding.source)


def member_of(view: View, graph: GraphBuilder) -> None:
    """Identities to the groups that bindings name and that follow from a name, and people to what is theirs."""
    named = {subject for subject in view.rights.subjects if subject.kind == "Group"} | {_group(MASTERS)}
    accounts = set(view.accounts) | {
        (subject.namespace, subject.name) for subject in view.rights.subjects if subject.kind == "ServiceAccount"
    }
    for space in sorted({namespace for namespace, _ in accounts}):
        if _group(f"system:serviceaccounts:{space}") in named:
            _member(view, graph, things.any_account(graph, space), f"system:serviceaccounts:{space}", space)
    for namespace, name in sorted(accounts):
        # By way of the namespace's group where bindings name it: then that leads on to the wider ones.
        local = f"system:serviceaccounts:{namespace}"
        group = local if _group(local) in named else "system:serviceaccounts"
        _member(view, graph, things.account(graph, namespace, name), group, namespace)
    for subject in sorted(view.rights.subjects):
        if subject.kind == "User":
            group = UNAUTHENTICATED if subject.name == ANONYMOUS else AUTHENTICATED
            _member(view, graph, things.identity(graph, subject), group)
        elif subject.kind == "Group" and subject.name not in (AUTHENTICATED, UNAUTHENTICATED, "system:serviceaccounts"):
            wider = "system:serviceaccounts" if subject.name.startswith("system:serviceaccounts:") else AUTHENTICATED
            _member(view, graph, things.identity(graph, subject), wider)
    _member(view, graph, things.group(graph, "system:serviceaccounts"), AUTHENTICATED)
    for target in (things.user(graph, ANONYMOUS), things.group(graph, UNAUTHENTICATED)):
        graph.edge(
            "MEMBER_OF",
            things.anonymous(graph),
            target,
            scope=view.cluster,
            says=f"A request without a credential is {ANONYMOUS} in group {UNAUTHENTICATED}",
            unknown=_NO_CREDENTIAL,
        )


def _group(name: str) -> SubjectRef:
    return SubjectRef(kind="Group", name=name)


def _member(view: View, graph: GraphBuilder, member: int, group: str, namespace: str = "") -> None:
    says = f"Group {group} holds it by its name" if group != AUTHENTICATED else f"Whoever signs in is in {group}"
    graph.edge("MEMBER_OF", member, things.group(graph, group), scope=view.cluster, says=says)
    del namespace


_ANYBODY = ("users", "serviceaccounts")


def impersonate(view: View, graph: GraphBuilder) -> None:
    """Rights to act as users, service accounts and, together with any of those, groups."""
    writer = Writer(view, graph, "IMPERSONATE")
    for claim in view.rights.claims("impersonate users"):
        if not claim.namespace:
            for name, target in _targets(claim, graph):
                writer.edge(claim, target, f"acting as {name}")
    for claim in view.rights.claims("impersonate serviceaccounts"):
        names = claim.names[0]
        if names is None:
            says = f"acting as any service account {where(claim.namespace)}"
            writer.edge(claim, things.any_account(graph, claim.namespace), says)
        for namespace, name in _accounts(view, claim):
            says = f"acting as ServiceAccount {namespace}/{name}"
            writer.edge(claim, things.account(graph, namespace, name), says, place=namespace)
    for kind in _ANYBODY:
        for claim in view.rights.claims("impersonate groups", f"impersonate {kind}", loose=True):
            _groups(writer, claim)
    _constrained(writer)


def _targets(claim: Claim, graph: GraphBuilder) -> Iterator[tuple[str, int]]:
    names = claim.names[0]
    if names is None:
        yield "any user", things.user(graph, things.ALL)
    for name in names or ():
        yield f"User {name}", things.user(graph, name)


def _accounts(view: View, claim: Claim) -> Iterator[tuple[str, str]]:
    """Service accounts that a limited right is for: those that are there, in its namespace or in any."""
    names = claim.names[0] or ()
    for namespace in (claim.namespace,) if claim.namespace else sorted(view.namespaces):
        yield from ((namespace, name) for name in names if (namespace, name) in view.accounts)


def _groups(writer: Writer, claim: Claim) -> None:
    """Groups are not namespaced: only what holds in the cluster counts for them."""
    graph, names = writer.graph, claim.names[0]
    if claim.bound.namespace or any(bound.namespace for bound in claim.firsts):
        return
    if names is None:
        writer.edge(claim, things.group(graph, MASTERS), f"acting as anybody in group {MASTERS}")
        writer.edge(claim, things.group(graph, things.ALL), "acting as anybody in any group")
    for name in names or ():
        writer.edge(claim, things.group(graph, name), f"acting as somebody in group {name}")


def _constrained(writer: Writer) -> None:
    """Impersonation that is limited to some requests: which ones is a matter of each request."""
    view, graph = writer.view, writer.graph
    limited = "it is limited to the requests that impersonate-on verbs allow: what they add up to is not worked out"
    for claim in view.rights.claims("impersonate:user-info users.authentication.k8s.io"):
        if not claim.namespace and not _by_legacy(view, claim, "impersonate users"):
            for name, target in _targets(claim, graph):
                writer.edge(claim, target, f"acting as {name} for some requests", unknown=limited)
    for claim in view.rights.claims("impersonate:serviceaccount serviceaccounts.authentication.k8s.io"):
        if not _by_legacy(view, claim, "impersonate serviceaccounts"):
            target = things.any_account(graph, claim.namespace)
            if claim.names[0] is None:
                writer.edge(claim, target, "acting as service accounts for some requests", unknown=limited)
            for namespace, name in _accounts(view, claim):
                target = things.account(graph, namespace, name)
                says = f"acting as ServiceAccount {namespace}/{name} for some requests"
                writer.edge(claim, target, says, place=namespace, unknown=limited)


def _by_legacy(view: View, claim: Claim, text: str) -> bool:
    return any(held.bound is claim.bound and held.power.names is None for held in view.rights.held(text))


TECHNIQUES = (
    Technique("GRANTED", granted),
    Technique("MEMBER_OF", member_of),
    Technique("IMPERSONATE", impersonate),
)
