"""Workload access: what running pods reach by their account, Secrets, cloud role, node, host and network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from demarc.access.aggregate import selects
from demarc.access.bindings import Bound
from demarc.access.cloud.aws import Policies, account_role
from demarc.access.cloud.metadata import node_roles
from demarc.access.cloud.workload import mappings, powers_of_role
from demarc.access.planes.ground import Ground, row
from demarc.access.planes.mounts import host_access, mounted, mounts_token
from demarc.access.planes.usage import grant_key
from demarc.access.techniques.pods import Running, Workloads
from demarc.model.access import SubjectRef
from demarc.model.duties import Plane, Unit
from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import Scope
from demarc.model.kubernetes import NetworkPolicy
from demarc.model.planes import HolderKind, Member, PlaneRow, Power

_PODS: Final = "system:serviceaccounts"
_OTHER_POLICIES: Final = ("cilium.io", "crd.projectcalico.org", "projectcalico.org", "policy.networking.k8s.io")


def workload_rows(on: Ground) -> Iterator[PlaneRow]:
    """All rows of the plane, unsorted."""
    running = Workloads(on.snapshot)
    users: dict[str, list[Running]] = {}
    for one in running.all:
        users.setdefault(f"{one.namespace}/{one.account}", []).append(one)
    for bound in on.authorizer.bindings.all:
        for subject, _ in bound.subjects():
            if subject.kind == "ServiceAccount":
                yield _account(on, bound, subject, users)
            elif subject.name == _PODS or subject.name.startswith(f"{_PODS}:"):
                yield _pods(on, bound, subject)
    for one in running.all:
        yield from _held(on, one)
    yield from _cloud(on, users)
    yield from _metadata(on, running)
    yield from _network(on, running)


def _account(on: Ground, bound: Bound, subject: SubjectRef, users: dict[str, list[Running]]) -> PlaneRow:
    key = f"{subject.namespace}/{subject.name}"
    runs = users.get(key, [])
    item = on.accounts.get(key)
    holding = [one for one in runs if mounts_token(one, item)]
    remarks: list[str] = []
    if bound.missing:
        remarks.append("the role does not exist: it gives nothing now, and whatever is in it once somebody creates it")
    if on.accounts and item is None:
        remarks.append("the account does not exist: whoever creates it gets this")
    elif not runs:
        remarks.append("no workload runs as it")
    elif not holding:
        remarks.append("its workloads mount no token of it")
    role = bound.binding.role_ref
    holder = f"ServiceAccount {key}"
    meta = bound.binding.metadata
    binding = grant_key(bound.kind, meta.namespace, meta.name)
    return row(
        on,
        Plane.WORKLOAD,
        holder=holder,
        kind=HolderKind.SERVICE_ACCOUNT,
        powers=on.powers[bound.order],
        over=(bound.namespace,) if bound.namespace else (),
        grant=f"{bound.key} of {role.kind} {role.name}",
        members=tuple(Member(name=one.scope, kind=HolderKind.WORKLOAD, by="runs as it") for one in holding),
        duty="identity.rbac",
        scope=on.scope_of(bound),
        evidence=(on.evidence_of(bound),),
        remarks=tuple(remarks),
        used=on.uses.by_grant.get((holder, binding), {}) if on.uses else None,
    )


def _pods(on: Ground, bound: Bound, subject: SubjectRef) -> PlaneRow:
    namespace = subject.name.removeprefix(_PODS).removeprefix(":")
    role, meta = bound.binding.role_ref, bound.binding.metadata
    binding = grant_key(bound.kind, meta.namespace, meta.name)
    return row(
        on,
        Plane.WORKLOAD,
        holder=str(subject),
        kind=HolderKind.PODS,
        powers=on.powers[bound.order],
        over=(bound.namespace,) if bound.namespace else (),
        grant=f"{bound.key} of {role.kind} {role.name}",
        duty="identity.rbac",
        scope=on.scope_of(bound),
        evidence=(on.evidence_of(bound),),
        remarks=(f"every service account of {namespace}" if namespace else "every service account of the cluster",),
        used=on.uses.by_grant.get((str(subject), binding), {}) if on.uses else None,
    )


def _held(on: Ground, one: Running) -> Iterator[PlaneRow]:
    secrets, configs = mounted(one)
    evidence = Evidence(says=f"{one.what} refers to them in its pods", grade=Grade.WRITTEN, source=one.source)
    if secrets or configs:
        gone = [name for name in secrets if on.secrets and f"{one.namespace}/{name}" not in on.secrets]
        yield row(
            on,
            Plane.WORKLOAD,
            holder=one.scope,
            kind=HolderKind.WORKLOAD,
            powers=(Power.SECRETS_READ,) if secrets else (Power.READ_ONLY,),
            over=(
                *(f"Secret {one.namespace}/{name}" for name in secrets),
                *(f"ConfigMap {one.namespace}/{name}" for name in configs),
            ),
            grant="volumes and variables of the pod template",
            duty="secret.access",
            scope=Scope(kind=Unit.NAMESPACE, name=one.namespace),
            evidence=(evidence,),
            remarks=tuple(f"Secret {one.namespace}/{name} does not exist" for name in gone),
        )
    says = host_access(one)
    if says:
        yield row(
            on,
            Plane.WORKLOAD,
            holder=one.scope,
            kind=HolderKind.WORKLOAD,
            powers=(Power.NODE_LEVEL,),
            over=tuple(f"node {name}" for name in one.nodes[:20]),
            grant=f"pod template: {', '.join(says)}",
            duty="workload.pod-security",
            scope=Scope(kind=Unit.WORKLOAD, name=one.scope),
            evidence=(Evidence(says=f"{one.what}: {', '.join(says)}", grade=Grade.WRITTEN, source=one.source),),
            remarks=("on more nodes than are listed",) if len(one.nodes) > 20 else (),
        )


def _cloud(on: Ground, users: dict[str, list[Running]]) -> Iterator[PlaneRow]:
    for found in mappings(on.snapshot, on.described, on.inventory.cluster.provider):
        runs = users.get(found.account, [])
        scope = Scope(kind=Unit.WORKLOAD, name=runs[0].scope) if runs else _namespace(on, found.account)
        yield row(
            on,
            Plane.WORKLOAD,
            holder=f"ServiceAccount {found.account}",
            kind=HolderKind.SERVICE_ACCOUNT,
            powers=found.powers if found.verdict.holds else (Power.NONE,),
            over=(found.role,),
            grant=f"{found.way}: {found.account} and {found.role}",
            members=tuple(Member(name=one.scope, kind=HolderKind.WORKLOAD, by="runs as it") for one in runs),
            duty="identity.cloud-roles",
            scope=scope,
            evidence=found.evidence,
            remarks=(*(() if found.verdict.holds else (found.verdict.says,)), *found.remarks),
            unknown=found.verdict.unknown,
        )


def _namespace(on: Ground, account: str) -> Scope:
    namespace = account.partition("/")[0]
    return on.cluster if namespace == "*" else Scope(kind=Unit.NAMESPACE, name=namespace)


def _metadata(on: Ground, running: Workloads) -> Iterator[PlaneRow]:
    policies = Policies(on.snapshot.records)
    for found in node_roles(on.inventory, on.described):
        names = set(found.pool.node_names)
        runs = [one for one in running.all if not names.isdisjoint(one.nodes)]
        on_host = [one for one in runs if any(spec.host_network for spec in one.specs)]
        for verdict, pods, which in (
            (found.pods, runs, "pods"),
            (found.host, on_host, "pods in the node's network"),
        ):
            if not verdict.holds or (which != "pods" and (found.pods.holds or not pods)):
                continue
            powers, said = powers_of_role(account_role(found.role), policies) if found.role else ((), ())
            yield row(
                on,
                Plane.WORKLOAD,
                holder=f"{which} on pool {found.pool.name}",
                kind=HolderKind.PODS,
                powers=powers or (Power.CLOUD_ROLE,),
                over=(found.role or "role of the nodes, which was not given",),
                grant=f"metadata service of pool {found.pool.name}: {verdict.says}",
                members=tuple(Member(name=one.scope, kind=HolderKind.WORKLOAD, by="runs there") for one in pods),
                duty="node.metadata",
                scope=Scope(kind=Unit.POOL, name=found.pool.name),
                evidence=found.evidence,
                remarks=said,
                unknown=verdict.unknown,
            )


def _network(on: Ground, running: Workloads) -> Iterator[PlaneRow]:
    policies: dict[str, list[NetworkPolicy]] = {}
    for item in on.snapshot.all("NetworkPolicy.networking.k8s.io", NetworkPolicy):
        if _limits_egress(item):
            policies.setdefault(item.metadata.namespace, []).append(item)
    unseen = _network_unseen(on)
    for namespace, runs in sorted(running.in_namespace.items()):
        here = policies.get(namespace, [])
        free = [one for one in runs if not _limited(one, here)]
        if not free:
            continue
        partly = len(free) < len(runs)
        says = f"no NetworkPolicy of {namespace} limits what {'some' if partly else 'its'} pods connect to"
        yield row(
            on,
            Plane.WORKLOAD,
            holder=f"pods of namespace {namespace}",
            kind=HolderKind.PODS,
            powers=(Power.NETWORK,),
            grant="no limit on egress",
            members=tuple(Member(name=one.scope, kind=HolderKind.WORKLOAD, by="not selected") for one in free)
            if partly
            else (),
            duty="network.segmentation",
            scope=Scope(kind=Unit.NAMESPACE, name=namespace),
            evidence=(Evidence(says=says, grade=Grade.WRITTEN),),
            unknown=unseen,
        )


def _network_unseen(on: Ground) -> str:
    gap = on.snapshot.missing("networkpolicies.networking.k8s.io")
    if gap is not None:
        return f"NetworkPolicies were not seen ({gap.reason.value})"
    kinds = [kind for kind in on.snapshot.objects if kind.partition(".")[2] in _OTHER_POLICIES and "Policy" in kind]
    return f"{kinds[0]} objects are there as well and were not evaluated" if kinds else ""


def _limits_egress(policy: NetworkPolicy) -> bool:
    if policy.spec.policy_types is not None:
        limited = "Egress" in policy.spec.policy_types
    else:
        limited = policy.spec.egress is not None
    return limited and not any(not rule.peers and not rule.ports for rule in policy.spec.egress or ())


def _limited(one: Running, policies: list[NetworkPolicy]) -> bool:
    """Whether every revision of a workload is selected by a policy; pods in the node's network never are."""
    if any(spec.host_network for spec in one.specs):
        return False
    return bool(one.labels) and all(
        any(selects(policy.spec.pod_selector, labels) for policy in policies) for labels in one.labels
    )
