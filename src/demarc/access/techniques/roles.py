"""Rights that make more rights: escalate, bind, changed bindings, and labels of aggregated roles."""

from __future__ import annotations

from collections.abc import Iterator

from demarc.access.aggregate import selects
from demarc.access.bindings import Bound
from demarc.access.graph import GraphBuilder
from demarc.access.seen import CLUSTER_ROLES
from demarc.access.techniques import things
from demarc.access.techniques.grants import Writer, of_binding
from demarc.access.techniques.members import includes
from demarc.access.techniques.offers import GROUP, KINDS, PAIRS, bindable, named, where
from demarc.access.techniques.rbac import is_everything
from demarc.access.techniques.rights import Claim, Names, Rights
from demarc.access.techniques.technique import Technique
from demarc.access.techniques.view import View
from demarc.model.access import SubjectRef
from demarc.model.graph import Thing
from demarc.model.kubernetes import Role

_CHANGE = "update|patch"


def _both(first: Names, second: Names) -> Names:
    """Names that two rights have in common."""
    if first is None or second is None:
        return second if first is None else first
    return tuple(name for name in first if name in second)


def _holders(rights: Rights, claim: Claim) -> list[SubjectRef]:
    return [claim.subject] if claim.subject is not None else list(rights.subjects_of(claim.bound))


def escalate_role(view: View, graph: GraphBuilder) -> None:
    """Everything, where a role that the identity itself has may be given any rule."""
    writer = Writer(view, graph, "ESCALATE_ROLE")
    for resource, kind in KINDS.items():
        for claim in view.rights.claims(f"{_CHANGE} {resource}.{GROUP}", f"escalate {resource}.{GROUP}"):
            if kind == "ClusterRole" and claim.namespace:
                continue
            names = _both(*claim.names)
            places = _held_places(view, claim, kind, names)
            if "" in places:
                places = {""}
            for place in sorted(places):
                target = things.namespace(graph, place) if place else things.cluster_admin(graph)
                says = f"giving any right to a {kind} that the holder has {where(place)}"
                writer.edge(claim, target, says, place=place)


def _held_places(view: View, claim: Claim, kind: str, names: Names) -> set[str]:
    """Where holders of a claim have a role of a kind, by bindings; '' for everywhere."""
    found: set[str] = set()
    for subject in _holders(view.rights, claim):
        for bound in view.rights.of(subject):
            ref = bound.binding.role_ref
            fits = ref.kind == kind and (names is None or ref.name in names) and not bound.missing
            if fits and (kind == "ClusterRole" or claim.namespace in ("", bound.namespace)):
                found.add(bound.namespace)
    return found


def bind_role(view: View, graph: GraphBuilder) -> None:
    """The role that may be bound: everything where that is any role, else what the role gives."""
    writer = Writer(view, graph, "BIND_ROLE")
    for claim, resource, role in bindable(view.rights, view.snapshot):
        if role is None:
            local = claim.namespace or claim.rights[0].resource == "rolebindings"
            target = things.namespace(graph, claim.namespace) if local else things.cluster_admin(graph)
            writer.edge(claim, target, f"binding any ClusterRole {where(claim.namespace)}")
        else:
            what = named(KINDS[resource], role.metadata.name, claim.namespace)
            writer.edge(claim, graph.node(Thing.GRANT, what), f"binding {what}")


def edit_binding(view: View, graph: GraphBuilder) -> None:
    """Bindings to whose subjects an identity may add itself."""
    writer = Writer(view, graph, "EDIT_BINDING")
    known: dict[tuple[str, str, str], int | None] = {}
    for binding, roles in PAIRS:
        for claim in view.rights.claims(f"{_CHANGE} {binding}.{GROUP}", f"bind {roles}.{GROUP}", loose=True):
            if binding == "clusterrolebindings" and claim.namespace:
                continue
            kind = "ClusterRoleBinding" if binding == "clusterrolebindings" else "RoleBinding"
            if claim.names[0] is None and claim.names[1] is None:
                key = (kind, KINDS[roles], claim.namespace)
                if key not in known:
                    known[key] = _every(view, graph, *key)
                every = known[key]
                if every is not None:
                    writer.edge(claim, every, f"adding subjects to any {kind} of a {KINDS[roles]}")
                continue
            for bound in _editable(view, claim, kind, KINDS[roles]):
                if bound is not claim.bound:
                    says = f"adding subjects to {bound.key}"
                    writer.edge(claim, of_binding(graph, bound), says, place=bound.namespace)


def _editable(view: View, claim: Claim, kind: str, role: str) -> Iterator[Bound]:
    edit, bind = claim.names
    for bound in _bindings(view, kind, role, claim.namespace):
        if (edit is None or bound.binding.metadata.name in edit) and (
            bind is None or bound.binding.role_ref.name in bind
        ):
            yield bound


def _bindings(view: View, kind: str, role: str, namespace: str) -> Iterator[Bound]:
    for bound in view.authorizer.bindings.all:
        fits = bound.kind == kind and not bound.missing and bound.binding.role_ref.kind == role
        if fits and (kind == "ClusterRoleBinding" or namespace in ("", bound.namespace)):
            yield bound


def _every(view: View, graph: GraphBuilder, kind: str, role: str, namespace: str) -> int | None:
    """The node of all such bindings, leading to each; None where there are none."""
    found = list(_bindings(view, kind, role, namespace))
    if not found:
        return None
    every = graph.node(Thing.GRANT, f"any {kind} of a {role} {where(namespace)}")
    for bound in found:
        includes(view, graph, every, of_binding(graph, bound), bound.namespace)
    return every


def label_aggregate(view: View, graph: GraphBuilder) -> None:
    """Aggregated roles that an identity has, into which it may make stronger ones flow."""
    roles = {role.metadata.name: role for role in view.snapshot.all(CLUSTER_ROLES, Role)}
    open_roles = {name for name, role in roles.items() if _is_aggregated(role)}
    strongest = {
        bound.binding.role_ref.name
        for bound in view.authorizer.bindings.all
        if bound.binding.role_ref.kind == "ClusterRole" and is_everything(bound.rules)
    }
    if not open_roles or not strongest:
        return
    writer = Writer(view, graph, "LABEL_AGGREGATE")
    for claim in view.rights.claims(f"{_CHANGE} clusterroles.{GROUP}"):
        names = claim.names[0]
        if claim.namespace or (names is not None and strongest.isdisjoint(names)):
            continue
        held = {
            bound.namespace: bound
            for subject in _holders(view.rights, claim)
            for bound in view.rights.of(subject)
            if bound.binding.role_ref.kind == "ClusterRole" and bound.binding.role_ref.name in open_roles
        }
        for place, bound in sorted(held.items()) if "" not in held else [("", held[""])]:
            target = things.namespace(graph, place) if place else things.cluster_admin(graph)
            role = bound.binding.role_ref.name
            says = f"labelling a stronger ClusterRole so that its rules flow into {role}, which the holder has"
            writer.edge(claim, target, says, place=place)


def _is_aggregated(role: Role) -> bool:
    selectors = (role.aggregation_rule and role.aggregation_rule.cluster_role_selectors) or ()
    return any(selects(selector, dict(selector.match_labels or {})) for selector in selectors)


TECHNIQUES = (
    Technique("ESCALATE_ROLE", escalate_role),
    Technique("BIND_ROLE", bind_role),
    Technique("EDIT_BINDING", edit_binding),
    Technique("LABEL_AGGREGATE", label_aggregate),
)
