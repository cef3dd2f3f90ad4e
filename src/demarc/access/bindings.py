"""Bindings of a snapshot with the rules behind them, findable by who asks and where.

Holds what ``VisitRulesFor`` of ``k8s.io/kubernetes/pkg/registry/rbac/validation`` walks over: ClusterRoleBindings,
then RoleBindings of the namespace. It decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from demarc.access.aggregate import with_aggregates
from demarc.access.identity import service_account
from demarc.access.quoting import quoted
from demarc.access.rules import RuleSet
from demarc.access.seen import CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES
from demarc.model.access import Asker, Grant, SubjectRef
from demarc.model.kubernetes import Binding, Role, SubjectReference
from demarc.model.snapshot import Snapshot

_MOST_REMEMBERED = 20_000
_NO_RULES = RuleSet(())


class Bound:
    """A binding, and the rules that it gives: none where ``missing`` says why."""

    __slots__ = ("binding", "kind", "missing", "namespace", "order", "rules")

    def __init__(self, order: int, binding: Binding, rules: RuleSet | None) -> None:
        self.order = order
        self.binding = binding
        self.kind = "RoleBinding" if binding.metadata.namespace else "ClusterRoleBinding"
        self.namespace = binding.metadata.namespace
        self.rules = rules or _NO_RULES
        self.missing = "" if rules is not None else _not_found(binding)

    @property
    def key(self) -> str:
        """The binding in words."""
        return f"{self.kind} {self.binding.key}"

    @property
    def role(self) -> str:
        """Its role in words: ``Role shop/deployer``, ``ClusterRole edit``."""
        ref = self.binding.role_ref
        return f"{ref.kind} {self.namespace}/{ref.name}" if ref.kind == "Role" else f"{ref.kind} {ref.name}"

    def grant_to(self, who: Asker) -> Grant:
        """The grant to an asker to whom this binding applies: through its first subject that does."""
        for subject in self.binding.subjects or ():
            if _applies(subject, who, self.namespace):
                return self.grant(subject)
        raise LookupError(self.key)

    def subjects(self) -> Iterator[tuple[SubjectRef, Grant]]:
        """Subjects to whom this binding can apply, with the grant to each."""
        for subject in self.binding.subjects or ():
            if subject.kind == "Group" or _user_name(subject, self.namespace) is not None:
                yield subject_of(subject, self.namespace), self.grant(subject)

    def grant(self, subject: SubjectReference) -> Grant:
        """The grant through one subject, in the API server's words."""
        ref, name = self.binding.role_ref, self.binding.metadata.name
        shown = f"{name}/{self.namespace}" if self.namespace else name
        who = f"{subject.name}/{subject.namespace or self.namespace}"
        who = who if subject.kind == "ServiceAccount" else subject.name
        return Grant(
            binding_kind=self.kind,
            namespace=self.namespace,
            binding=name,
            role_kind=ref.kind,
            role=ref.name,
            subject=subject_of(subject, self.namespace),
            reason=f"RBAC: allowed by {self.kind} {quoted(shown)} of {ref.kind} {quoted(ref.name)} "
            f"to {subject.kind} {quoted(who)}",
        )


def subject_of(subject: SubjectReference, namespace: str) -> SubjectRef:
    """Whom a subject of a binding means: a User named like a service account is the service account."""
    if subject.kind == "ServiceAccount":
        return SubjectRef(kind=subject.kind, name=subject.name, namespace=subject.namespace or namespace)
    account = service_account(subject.name) if subject.kind == "User" else None
    if account is not None:
        return SubjectRef(kind="ServiceAccount", namespace=account[0], name=account[1])
    return SubjectRef(kind=subject.kind, name=subject.name)


def _user_name(subject: SubjectReference, namespace: str) -> str | None:
    """The user name to whom a subject applies; None for groups and for what applies to nobody."""
    if subject.kind == "User":
        return subject.name
    where = subject.namespace or namespace
    if subject.kind == "ServiceAccount" and where:
        return f"system:serviceaccount:{where}:{subject.name}"
    return None


def _applies(subject: SubjectReference, who: Asker, namespace: str) -> bool:
    if subject.kind == "Group":
        return subject.name in who.groups
    return _user_name(subject, namespace) == who.user


def _not_found(binding: Binding) -> str:
    ref = binding.role_ref
    if ref.kind not in {"Role", "ClusterRole"}:
        return f"unsupported role reference kind: {quoted(ref.kind)}"
    return f"{ref.kind.lower()}.rbac.authorization.k8s.io {quoted(ref.name)} not found"


class _Subjects:
    """Bindings by user name and by group."""

    __slots__ = ("groups", "users")

    def __init__(self) -> None:
        self.users: dict[str, list[Bound]] = {}
        self.groups: dict[str, list[Bound]] = {}

    def add(self, bound: Bound) -> None:
        for subject in bound.binding.subjects or ():
            name = _user_name(subject, bound.namespace)
            if name is not None:
                self.users.setdefault(name, []).append(bound)
            elif subject.kind == "Group":
                self.groups.setdefault(subject.name, []).append(bound)

    def of(self, who: Asker) -> list[Bound]:
        """Bindings that apply to an asker, each once, in their order."""
        found = {bound.order: bound for bound in self.users.get(who.user, ())}
        for group in who.groups:
            for bound in self.groups.get(group, ()):
                found[bound.order] = bound
        return [found[order] for order in sorted(found)]


_EMPTY = _Subjects()


class Bindings:
    """All bindings of a snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._cluster_roles = {
            name: RuleSet(rules) for name, rules in with_aggregates(snapshot.all(CLUSTER_ROLES, Role)).items()
        }
        self._roles = {
            (role.metadata.namespace, role.metadata.name): RuleSet(role.rules or ())
            for role in snapshot.all(ROLES, Role)
        }
        found = (*snapshot.all(CLUSTER_ROLE_BINDINGS, Binding), *snapshot.all(ROLE_BINDINGS, Binding))
        self.all = tuple(Bound(order, binding, self._rules(binding)) for order, binding in enumerate(found))
        self._cluster = _Subjects()
        self._namespaces: dict[str, _Subjects] = {}
        for bound in self.all:
            where = self._namespaces.setdefault(bound.namespace, _Subjects()) if bound.namespace else self._cluster
            where.add(bound)
        self._remembered: dict[tuple[Asker, str], tuple[Bound, ...]] = {}

    def _rules(self, binding: Binding) -> RuleSet | None:
        ref = binding.role_ref
        if ref.kind == "ClusterRole":
            return self._cluster_roles.get(ref.name)
        return self._roles.get((binding.metadata.namespace, ref.name)) if ref.kind == "Role" else None

    def role(self, kind: str, name: str, namespace: str) -> RuleSet | None:
        """Rules of a role by name; of a ``Role``, in a namespace. None where there is none."""
        return self._cluster_roles.get(name) if kind == "ClusterRole" else self._roles.get((namespace, name))

    def of(self, who: Asker, namespace: str) -> tuple[Bound, ...]:
        """Bindings that apply to an asker: those of the cluster by name, then those of the namespace by name."""
        key = (who, namespace)
        found = self._remembered.get(key)
        if found is None:
            local = self._namespaces.get(namespace, _EMPTY).of(who) if namespace else ()
            found = (*self._cluster.of(who), *local)
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[key] = found
        return found

    def in_cluster(self) -> Iterator[Bound]:
        """ClusterRoleBindings."""
        return (bound for bound in self.all if not bound.namespace)

    def everywhere(self, who: Asker) -> Iterable[Bound]:
        """Bindings of the cluster and of every namespace that apply to an asker."""
        yield from self.of(who, "")
        for namespace in sorted(self._namespaces):
            yield from self._namespaces[namespace].of(who)

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Namespaces that have RoleBindings."""
        return tuple(sorted(self._namespaces))
