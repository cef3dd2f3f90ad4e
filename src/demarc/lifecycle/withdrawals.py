"""Which grants of RBAC can be taken away here, and which not: somebody puts them back, or somebody is locked out.

A function over the planes and the bindings of a snapshot. What lies outside RBAC becomes an order, in ``orders``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from demarc.access.bindings import Bound
from demarc.access.condense import Rights, rights, without_covered
from demarc.access.identity import asker, user_of
from demarc.access.planes.ground import Ground
from demarc.access.rules import RuleSet
from demarc.lifecycle.cluster.hands import Right
from demarc.lifecycle.credential import Consumer, Credential, CredentialKind, Given, Manager, Way
from demarc.lifecycle.managers import manager_of
from demarc.lifecycle.plan import Blocked
from demarc.model.access import Asker, Grant, Request, SubjectRef
from demarc.model.duties import Plane
from demarc.model.kubernetes import Binding, PolicyRule
from demarc.model.planes import STRONG, HolderKind, PlaneRow, Power, Use

_RBAC: Final = "rbac.authorization.k8s.io"
_ASKED: Final = (
    Request(verb="get", resource="secrets"),
    Request(verb="create", resource="pods"),
    Request(verb="create", resource="pods", subresource="exec"),
    Request(verb="delete", group="apps", resource="deployments"),
    Request(verb="escalate", group=_RBAC, resource="clusterroles"),
    Request(verb="bind", group=_RBAC, resource="clusterroles"),
    Request(verb="impersonate", resource="users"),
    Request(verb="create", resource="serviceaccounts", subresource="token"),
    Request(verb="get", resource="nodes", subresource="proxy"),
    Request(verb="list", resource="pods"),
)
"""What is asked first to see that access is gone: what an intruder would want."""
_MOST_ASKED: Final = 8
_PLATFORMS: Final = (HolderKind.NODE, HolderKind.PROVIDER_IDENTITY, HolderKind.PROVIDER_STAFF)
_SOMEBODY: Final = (HolderKind.PERSON, HolderKind.GROUP, HolderKind.CLOUD_PRINCIPAL)
_EMERGENCY: Final = re.compile(r"break[-_. ]?glass|emergenc|fire[-_. ]?(call|fighter)", re.IGNORECASE)
_BOOTSTRAP: Final = "kubernetes.io/bootstrapping"
_UPDATED: Final = "rbac.authorization.kubernetes.io/autoupdate"
_NOBODY_BEHIND: Final = ("no login that was seen", "left on", "not active any more", "the role does not exist")


class Grants:
    """Grants of a snapshot, and what becomes of those that are to be taken away together."""

    def __init__(self, on: Ground, rows: Iterable[PlaneRow], chosen: Iterable[str]) -> None:
        """``chosen``: ids of all rows that go at once; of the ways to cluster-admin one must be left beside them."""
        self._on = on
        self._rows = tuple(rows)
        self._chosen = frozenset(chosen)
        self._bound = {
            (str(subject), f"{bound.key} of {bound.binding.role_ref.kind} {bound.binding.role_ref.name}"): (
                bound,
                subject,
                grant,
            )
            for bound in on.authorizer.bindings.all
            for subject, grant in bound.subjects()
        }
        going = [self._bound.get((row.holder, row.grant)) for row in self._rows if row.id in self._chosen]
        self._going = {
            (found[2].binding_kind, found[2].namespace, found[2].binding, found[1]) for found in going if found
        }

    def is_binding(self, row: PlaneRow) -> bool:
        """Whether a row stands for a subject in a binding."""
        return (row.holder, row.grant) in self._bound

    def withdrawn(self, row: PlaneRow, narrower: str = "") -> Credential | Blocked:
        """The grant as a plan takes it, or why it cannot be taken away here. ``narrower``: ``ClusterRole view``."""
        bound, subject, grant = self._bound[row.holder, row.grant]
        binding = bound.binding
        stop = self._stop(row, binding) or self._narrower_problem(bound, narrower)
        if stop is not None:
            return stop
        admin = _is_admin(row)
        denied, still = self._asked(bound, subject, grant, narrower)
        who = _who(subject)
        return Credential(
            kind=CredentialKind.GRANT,
            namespace=bound.namespace,
            name=binding.metadata.name,
            uid=binding.metadata.uid,
            version=binding.metadata.resource_version,
            consumers=tuple(_consumers(row)),
            manager=manager_of(binding) or _provider_of(binding),
            given=Given(
                kind=bound.kind,
                role=f"{binding.role_ref.kind} {binding.role_ref.name}",
                subject=str(subject),
                reason=grant.reason,
                others=len({str(one) for one, _ in bound.subjects()}) - 1,
                narrower=narrower,
                user=who.user,
                groups=who.groups,
                denied=denied,
                still=still,
                power=tuple(_power(row)),
                used=_used(row),
                admin=admin,
                admins=self._others(row) if admin else (),
            ),
        )

    def _stop(self, row: PlaneRow, binding: Binding) -> Blocked | None:
        what = f"{row.holder} in {row.grant}"
        if row.kind in _PLATFORMS:
            return Blocked(
                credential=what, why="the platform has it for itself", todo="ask the provider whether it is needed"
            )
        if _BOOTSTRAP in binding.labels and binding.annotations.get(_UPDATED, "true") != "false":
            return Blocked(
                credential=what,
                why="it is a default of Kubernetes: the API server puts it back whenever it starts",
                todo=f"set the annotation {_UPDATED}=false on it first, or leave it",
            )
        if row.holder == "Group system:masters":
            return Blocked(
                credential=what,
                why="system:masters passes RBAC by: taking the binding away changes nothing",
                todo="end the certificates and logins that come out in it",
            )
        if _EMERGENCY.search(" ".join((row.holder, row.grant, *(member.name for member in row.members)))):
            return Blocked(
                credential=what,
                why="it reads like the way in for emergencies",
                todo="if it is none, or another one was tried out, take it away by hand",
            )
        if self.locks_out(row):
            return Blocked(
                credential=what,
                why="nobody else was seen who could still administer the cluster afterwards",
                todo="give cluster-admin to somebody else first; give --cloud too, if the cloud gives it",
            )
        return None

    def locks_out(self, row: PlaneRow) -> bool:
        """Whether nobody was seen who could still administer the cluster without it."""
        return _is_admin(row) and not self._others(row)

    def _others(self, row: PlaneRow) -> tuple[Way, ...]:
        """Ways to cluster-admin that somebody has who is not taken away with it."""
        return tuple(
            self._way(other)
            for other in self._rows
            if other.id != row.id and other.id not in self._chosen and _is_admin(other) and _somebody_behind(other)
        )

    def _way(self, row: PlaneRow) -> Way:
        found = self._bound.get((row.holder, row.grant))
        says = f"{row.holder}, by {row.grant}"
        if found is None:
            return Way(says=says)
        return Way(says=says, binding=found[0].binding.metadata.name, subject=str(found[1]))

    def _narrower_problem(self, bound: Bound, narrower: str) -> Blocked | None:
        """Why another role cannot be given instead; None where none was named."""
        if not narrower:
            return None
        what = f"{bound.key}: {narrower} instead of {bound.role}"
        rules = self._rules(bound, narrower)
        if rules is None:
            return Blocked(
                credential=what, why="there is no such role", todo="name a role that is there, or make it first"
            )
        beyond = without_covered(_numbered(rules.rules), _numbered(bound.rules.rules))
        if beyond:
            first = next(iter(beyond))
            said = f"{'/'.join(sorted(beyond[first]))} {first.path or first.resource}"
            return Blocked(credential=what, why=f"it is not narrower: it gives {said}", todo="decide on a narrower one")
        return None

    def _rules(self, bound: Bound, narrower: str) -> RuleSet | None:
        kind, _, name = narrower.partition(" ")
        return self._on.authorizer.bindings.role(kind, name, bound.namespace)

    def _asked(
        self, bound: Bound, subject: SubjectRef, grant: Grant, narrower: str
    ) -> tuple[tuple[Right, ...], tuple[str, ...]]:
        """What must be refused afterwards, and what others give the subject all the same."""
        kept = self._rules(bound, narrower) if narrower else None
        denied: dict[Right, None] = {}
        still: dict[str, None] = {}
        own = (grant.binding_kind, grant.namespace, grant.binding, subject)
        for request in _requests(bound):
            if kept is not None and kept.allows(request):
                continue
            others = [
                (one.binding_kind, one.namespace, one.binding, one.subject)
                for one in self._on.authorizer.grants(_who(subject), request)
            ]
            lasting = [one for one in others if one != own and one not in self._going]
            if lasting:
                kind, space, name, _ = lasting[0]
                still[f"{request}, by {kind} {space + '/' if space else ''}{name}"] = None
            elif all(one == own for one in others):
                denied[_right(request)] = None
        return tuple(denied)[:_MOST_ASKED], tuple(still)[:_MOST_ASKED]


def _who(subject: SubjectRef) -> Asker:
    user = user_of(subject)
    return asker(user) if user else Asker(user="", groups=(subject.name,))


def _requests(bound: Bound) -> Iterator[Request]:
    """Requests that a role allows: what an intruder would want, then one for each of its rules."""
    space = bound.namespace
    rules = [*_ASKED, *(one for rule in bound.rules.rules if (one := _first(rule)) is not None)]
    for one in dict.fromkeys(rules):
        request = Request(
            verb=one.verb,
            group=one.group,
            resource=one.resource,
            subresource=one.subresource,
            name=one.name,
            namespace=space,
        )
        if bound.rules.allows(request):
            yield request


def _first(rule: PolicyRule) -> Request | None:
    """A request that a rule allows; None for one over paths alone."""
    resource = next((one for one in rule.resources or () if one != "*"), "")
    verb = next((one for one in rule.verbs or () if one != "*"), "delete")
    if not resource or not rule.verbs:
        return None
    plural, _, below = resource.partition("/")
    group = next((one for one in rule.api_groups or () if one != "*"), "")
    name = (rule.resource_names or [""])[0]
    return Request(verb=verb, group=group, resource=plural, subresource=below, name=name)


def _right(request: Request) -> Right:
    below = f"/{request.subresource}" if request.subresource else ""
    return Right(
        verb=request.verb,
        resource=f"{request.resource}{below}",
        group=request.group,
        namespace=request.namespace,
        name=request.name,
    )


def _numbered(rules: Iterable[PolicyRule]) -> Rights:
    return rights((rule, 0) for rule in rules)


def _is_admin(row: PlaneRow) -> bool:
    return row.plane is Plane.CLUSTER and not row.over and Power.CLUSTER_ADMIN in row.powers


def _somebody_behind(row: PlaneRow) -> bool:
    """Whether people come in this way, as far as was seen."""
    return (
        row.kind in _SOMEBODY
        and not row.unknown
        and row.holder != "Group system:masters"
        and not any(word in remark for remark in row.remarks for word in _NOBODY_BEHIND)
    )


def _power(row: PlaneRow) -> Iterator[str]:
    where = f"in {', '.join(row.over[:3])}" if row.over else "in the whole cluster"
    for power in row.powers:
        if power in STRONG:
            yield f"gives {power.value} {where}"


def _used(row: PlaneRow) -> str:
    if not any(use is Use.USED for use in row.uses.values()):
        return ""
    return f"{row.holder} used it, last on {row.last_used[:10]}: they lose it"


def _consumers(row: PlaneRow) -> Iterator[Consumer]:
    """Workloads that run by it: they are watched."""
    for member in row.members:
        parts = member.name.split("/", 2)
        if member.kind is HolderKind.WORKLOAD and len(parts) == 3:
            yield Consumer(kind=parts[1], namespace=parts[0], name=parts[2], uses=("account",))


def _provider_of(binding: Binding) -> Manager | None:
    """Who puts back what belongs to an add-on of the provider, by the field manager that wrote it."""
    if any(entry.manager == "eks" for entry in binding.metadata.managed_fields or ()):
        return Manager(
            kind="eks",
            name="add-on",
            reverts="whenever the add-on is updated",
            source="the configuration of the EKS add-on",
            evidence="field manager eks",
        )
    return None
