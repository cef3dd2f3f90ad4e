"""What is bound beyond what every cluster has, and who may do what by it: the ground of the checks of RBAC.

Defaults of the API server, of installers and of providers are taken off by content (``catalog/known.yaml``): of a
default with a subject or a power more, the more is left. It reports nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from msgspec.structs import replace

from demarc.access.bindings import Bound, subject_of
from demarc.access.condense import rights, without_covered
from demarc.access.planes.powers import powers_of
from demarc.access.rules import ALL, RuleSet
from demarc.access.techniques.rbac import is_everything
from demarc.access.techniques.rights import Rights
from demarc.catalog.known import KnownBinding, brought_bindings, known_bindings
from demarc.model.access import SubjectRef
from demarc.model.kubernetes import PolicyRule, Role, SubjectReference
from demarc.model.planes import Power


class Granted:
    """Bindings without the defaults. Built once and not changed afterwards."""

    def __init__(self, bounds: Iterable[Bound], roles: Iterable[Role], provider: str) -> None:
        self.aggregated = {role.metadata.name: role for role in roles if _aggregates(role)}
        """ClusterRoles that take rules over from others, by name: a change of their own rules does not last."""
        self._brought = brought_bindings(provider)
        self.bounds = tuple(left for bound in bounds for left in self._beyond(bound))

    @cached_property
    def rights(self) -> Rights:
        """Who has which rights by them."""
        return Rights(self.bounds)

    @cached_property
    def lesser(self) -> Rights:
        """The same without bindings of roles that allow everything: what follows from these is told once."""
        return Rights(bound for bound in self.bounds if not is_everything(bound.rules))

    def _beyond(self, bound: Bound) -> Iterator[Bound]:
        known = known_bindings().get((bound.namespace, bound.binding.metadata.name))
        ref = bound.binding.role_ref
        subjects = bound.binding.subjects or []
        if known is not None and (ref.kind, ref.name) == (known.role_kind, known.role or known.binding):
            usual = [one for one in subjects if _named(one, bound.namespace) in known.subjects]
            others = [one for one in subjects if _named(one, bound.namespace) not in known.subjects]
            if usual and (more := _more(bound.rules, known)):
                yield _part(bound, usual, RuleSet(more))
            if others:
                yield from self._unusual(bound, others)
        elif subjects:
            yield from self._unusual(bound, subjects)

    def _unusual(self, bound: Bound, subjects: list[SubjectReference]) -> Iterator[Bound]:
        """The part for subjects whom nothing is known to bring."""
        name, role = bound.binding.metadata.name, bound.binding.role_ref.name
        entries = [one for one in self._brought if one.is_for(name, role)]
        if entries and is_everything(bound.rules):
            entries = [one for one in entries if one.everything]
        left = [
            subject for subject in subjects if not any(one.names(_named(subject, bound.namespace)) for one in entries)
        ]
        if len(left) == len(bound.binding.subjects or ()):
            yield bound
        elif left:
            yield _part(bound, left, None if bound.missing else bound.rules)


def _aggregates(role: Role) -> bool:
    return bool(role.aggregation_rule and role.aggregation_rule.cluster_role_selectors)


def _named(subject: SubjectReference, namespace: str) -> str:
    """A subject as the catalogue writes it: a service account written as a user is the account."""
    meant = subject_of(subject, namespace)
    return str(meant)


def _more(rules: RuleSet, known: KnownBinding) -> tuple[PolicyRule, ...]:
    """What rules allow beyond the known ones."""
    usual = rights((rule, 0) for rule in known.allows)
    found = without_covered(rights((rule, 0) for rule in rules.rules), usual)
    more = tuple(
        PolicyRule(verbs=list(verbs), non_resource_urls=[target.path])
        if target.path is not None
        else PolicyRule(
            verbs=list(verbs),
            api_groups=[target.group],
            resources=[target.resource],
            resource_names=None if target.name is None else [target.name],
        )
        for target, verbs in found.items()
    )
    # Releases differ in details of the same kind; what gives a power that the role never had is somebody's doing.
    return more if set(powers_of(more)) - set(powers_of(known.allows)) - {Power.NONE} else ()


def _part(bound: Bound, subjects: list[SubjectReference], rules: RuleSet | None) -> Bound:
    return Bound(bound.order, replace(bound.binding, subjects=subjects), rules)


def wildcards(rules: RuleSet) -> Iterator[tuple[int, str]]:
    """Rules with a wildcard, by position, with the fields that have one."""
    for number, rule in enumerate(rules.rules):
        fields = [
            name
            for name, values in (("verbs", rule.verbs), ("apiGroups", rule.api_groups), ("resources", rule.resources))
            if ALL in (values or ())
        ]
        if fields and rule.resources:
            yield number, ", ".join(fields)


def identity_name(subject: SubjectRef) -> str:
    """The name of a subject's scope: ``payments/ServiceAccount/api``, ``User/bob``."""
    if subject.kind == "ServiceAccount":
        return f"{subject.namespace}/ServiceAccount/{subject.name}"
    return f"{subject.kind}/{subject.name}"
