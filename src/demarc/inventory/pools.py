"""Pools: nodes that are run in one way, and those that only the provider's description knows.

Every cluster has at least one pool: where no node was seen it is assumed, and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct, structs

from demarc.inventory.machines import Machine
from demarc.inventory.models import (
    COMPUTE_TYPE,
    NODEGROUP,
    RULES,
    Rule,
    auto_mode_on,
    autopilot_on,
    hosted_plane,
    oke_type,
    sku,
)
from demarc.inventory.records import dig, true
from demarc.inventory.sight import Sight
from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import Pool
from demarc.model.snapshot import Record

FARGATE_PROFILE: Final = "eks.amazonaws.com/fargate-profile"

_NAME_LABELS: Final[dict[str, tuple[str, ...]]] = {
    "eks": (NODEGROUP, "karpenter.sh/nodepool", "karpenter.sh/provisioner-name", "alpha.eksctl.io/nodegroup-name"),
    "gke": ("cloud.google.com/gke-nodepool",),
    "aks": ("kubernetes.azure.com/agentpool", "agentpool", "karpenter.sh/nodepool"),
    "rosa": ("hypershift.openshift.io/nodePool", "machine.openshift.io/cluster-api-machineset"),
    "ibm": ("ibm-cloud.kubernetes.io/worker-pool-name",),
    "doks": ("doks.digitalocean.com/node-pool",),
    "lke": ("lke.linode.com/pool-id",),
    "ovh": ("nodepool", "k8s.ovh.net/nodepool"),
    "scaleway": ("k8s.scaleway.com/pool-name",),
    "ack": ("alibabacloud.com/nodepool-id",),
    "oke": ("oke.oraclecloud.com/pool", "name"),
    "self_managed": ("karpenter.sh/nodepool", "kops.k8s.io/instancegroup"),
}
"""Labels that name a node's pool, first one first. They only group; the model is told by ``models.py``."""

_RECORDS: Final[dict[str, tuple[str, ...]]] = {
    "eks": ("eks.nodegroup", "eks.fargateProfile"),
    "gke": ("gke.nodePool",),
    "aks": ("aks.agentPool",),
    "rosa": ("rosa.machinePool", "rosa.nodePool"),
}
"""Record kinds that describe pools."""

_OPENSHIFT: Final = frozenset({"rosa", "aro"})
_ASSUMED: Final = "assumed"


class Pools(Struct, frozen=True, kw_only=True):
    """The pools, and which node is in which."""

    pools: tuple[Pool, ...]
    by_node: dict[str, Pool]
    warnings: tuple[str, ...]


class _Member(Struct, frozen=True, kw_only=True):
    name: str
    model: str
    machine: Machine
    evidence: Evidence
    doubt: str


def pools(sight: Sight, provider: str, models: tuple[str, ...]) -> Pools:
    """Group nodes into pools, join descriptions, assume one pool where there is none. ``models`` is never empty."""
    fargate = dict(_fargate_profiles(sight)) if provider == "eks" else {}
    members = [_member(machine, sight, provider, models, fargate) for machine in sight.machines]
    groups: dict[tuple[str, str], list[_Member]] = {}
    for member in members:
        groups.setdefault((member.name, member.model), []).append(member)
    found = [_pool(name, model, group, sight, provider) for (name, model), group in sorted(groups.items())]
    found += _described_only(sight, provider, models, found)
    warnings = list(dict.fromkeys(member.doubt for member in members if member.doubt))
    if not found:
        assumed, why = _assumed(sight, provider, models)
        found.append(assumed)
        warnings.append(why)
    named = _unique(found)
    by_node = {node: pool for pool in named for node in pool.node_names}
    return Pools(pools=named, by_node=by_node, warnings=(*warnings, *_more_warnings(sight, provider)))


def _fargate_profiles(sight: Sight) -> Iterator[tuple[str, str]]:
    for pod in sight.snapshot.objects.get("Pod", ()):
        profile = (pod.metadata.labels or {}).get(FARGATE_PROFILE)
        if profile:
            yield pod.spec.node_name, profile  # type: ignore[attr-defined]


def _member(machine: Machine, sight: Sight, provider: str, models: tuple[str, ...], fargate: dict[str, str]) -> _Member:
    rule, evidence = _model(machine, sight, provider, models)
    name = machine.label(*_NAME_LABELS.get(provider, ()))
    if rule.model == "fargate":
        name = fargate.get(machine.name, "fargate")
    elif provider == "aks" and "-vk-azure-aci" in machine.kubelet:
        name = "virtual-node"
    elif not name or provider in _OPENSHIFT:
        name = name if provider == "rosa" and name and not machine.control_plane else _role(machine) or name
    return _Member(name=name or rule.model, model=rule.model, machine=machine, evidence=evidence, doubt=rule.doubt)


def _role(machine: Machine) -> str:
    """``control-plane``, ``infra`` or another role that the node is labelled with; empty for a plain worker."""
    if machine.control_plane:
        return "control-plane"
    roles = sorted(key.partition("/")[2] for key in machine.labels if key.startswith("node-role.kubernetes.io/"))
    return next((role for role in ("infra", *roles) if role in roles), "")


def _model(machine: Machine, sight: Sight, provider: str, models: tuple[str, ...]) -> tuple[Rule, Evidence]:
    if provider in _OPENSHIFT and "hcp" in models:
        hosted = hosted_plane(sight)
        if hosted is not None:
            rule = Rule(model="hcp" if hosted[0] else "classic", says="", grade=hosted[1].grade, test=_always)
            return rule, hosted[1]
    for rule in RULES.get(provider, ()):
        if rule.test(machine, sight) and rule.model in models:
            return rule, Evidence(says=rule.says, grade=rule.grade, source=machine.source)
    only = Rule(model=models[0], says="the provider runs nodes in one way", grade=Grade.WRITTEN, test=_always)
    return only, Evidence(says=only.says, grade=only.grade, source=machine.source)


def _always(_machine: Machine, _sight: Sight) -> bool:
    return True


def _pool(name: str, model: str, group: list[_Member], sight: Sight, provider: str) -> Pool:
    record = _record_of(name, model, sight, provider)
    counted: dict[Evidence, int] = {}
    for member in group:
        counted[member.evidence] = counted.get(member.evidence, 0) + 1
    evidence = [
        Evidence(says=f"{item.says} ({count} of {len(group)} nodes)", grade=item.grade, source=item.source)
        for item, count in counted.items()
    ]
    first = group[0].machine
    if first.provider_id:
        says = f"providerID of {first.name} is {first.provider_id}"
        evidence.append(Evidence(says=says, grade=Grade.WRITTEN, source=first.source))
    if record is not None:
        says = f"the provider describes it ({record.kind} {record.name})"
        evidence.append(Evidence(says=says, grade=Grade.ANSWERED, source=record.source))
    evidence.sort(key=lambda item: -item.grade)
    return Pool(
        name=name,
        model=model,
        nodes=len(group),
        node_names=tuple(sorted(member.machine.name for member in group)),
        evidence=tuple(dict.fromkeys(evidence)),
        record_kind=record.kind if record else "",
        record_name=record.name if record else "",
        labels=_shared(member.machine.labels for member in group),
    )


def _shared(labels: Iterable[dict[str, str]]) -> dict[str, str]:
    every = list(labels)
    return {key: value for key, value in sorted(every[0].items()) if all(other.get(key) == value for other in every)}


def _record_of(name: str, model: str, sight: Sight, provider: str) -> Record | None:
    kinds = _RECORDS.get(provider, ())
    if provider == "eks":
        kinds = {"managed_node_groups": ("eks.nodegroup",), "fargate": ("eks.fargateProfile",)}.get(model, ())
    for kind in kinds:
        for record in sight.descriptions.of(kind):
            if record.name == name or (kind == "rosa.nodePool" and name.endswith(f"-{record.name}")):
                return record
    return None


def _described_only(sight: Sight, provider: str, models: tuple[str, ...], seen: list[Pool]) -> list[Pool]:
    """Pools without nodes: scaled to zero, Fargate profiles, Auto Mode, hosted system pools."""
    known = {(pool.record_kind, pool.record_name) for pool in seen}
    found: list[Pool] = []
    for kind in _RECORDS.get(provider, ()):
        for record in sight.descriptions.of(kind):
            if (kind, record.name) not in known:
                says = f"the provider describes it ({kind} {record.name}); no node of it was seen"
                model = _model_of(record, sight, models)
                found.append(_empty(record.name, model, says, record.source, record=record))
        found += _listed_only(kind, sight, models, {pool.name for pool in (*seen, *found)})
    found += _auto_mode_pools(sight, provider, seen)
    cluster = sight.descriptions.cluster
    if provider == "aks" and cluster is not None and true(cluster.body, "hostedSystemProfile.enabled"):
        model = "automatic" if sku(sight) == "automatic" else "standard"
        says = "the provider describes hostedSystemProfile.enabled true"
        found.append(_empty("hosted-system", model, says, cluster.source))
    return found


def _listed_only(kind: str, sight: Sight, models: tuple[str, ...], there: set[str]) -> list[Pool]:
    """Pools of which the provider's list has no more than the name."""
    listing = sight.descriptions.listing(kind)
    names = dig(listing.body, "names") if listing else None
    if listing is None or not isinstance(names, list):
        return []
    model = "fargate" if kind == "eks.fargateProfile" else models[0]
    says = f"the provider lists it ({kind}); it was not described"
    return [_empty(name, model, says, listing.source) for name in names if isinstance(name, str) and name not in there]


def _auto_mode_pools(sight: Sight, provider: str, seen: list[Pool]) -> list[Pool]:
    record = sight.descriptions.cluster
    if provider != "eks" or record is None or not auto_mode_on(sight):
        return []
    given = dig(record.body, "computeConfig.nodePools")
    names = [name for name in given if isinstance(name, str)] if isinstance(given, list) else []
    there = {pool.name for pool in seen if pool.model == "auto_mode"}
    if not names and not there:
        names = ["auto-mode"]
    says = "the provider describes computeConfig.enabled true; no node of it was seen"
    return [_empty(name, "auto_mode", says, record.source) for name in names if name not in there]


def _model_of(record: Record, sight: Sight, models: tuple[str, ...]) -> str:
    if record.kind == "eks.fargateProfile":
        return "fargate"
    if record.kind == "gke.nodePool":
        own = dig(record.body, "autopilotConfig.enabled")
        return "autopilot" if own is True or (own is None and autopilot_on(sight)) else "standard"
    if record.kind == "aks.agentPool":
        return "automatic" if sku(sight) == "automatic" else "standard"
    if record.kind == "rosa.nodePool":
        return "hcp"
    return "classic" if record.kind == "rosa.machinePool" else models[0]


def _empty(
    name: str, model: str, says: str, source: str, *, record: Record | None = None, grade: Grade = Grade.ANSWERED
) -> Pool:
    return Pool(
        name=name,
        model=model,
        nodes=0,
        node_names=(),
        evidence=(Evidence(says=says, grade=grade, source=source),),
        record_kind=record.kind if record else "",
        record_name=record.name if record else "",
    )


def _assumed(sight: Sight, provider: str, models: tuple[str, ...]) -> tuple[Pool, str]:
    """One pool for a cluster of which no node was seen, in the model that most speaks for."""
    model, why, grade = models[0], "", Grade.NAMED
    hosted = hosted_plane(sight) if provider in _OPENSHIFT and "hcp" in models else None
    if hosted is not None:
        model, why, grade = ("hcp" if hosted[0] else "classic"), hosted[1].says, hosted[1].grade
    elif provider == "gke" and autopilot_on(sight):
        model, why, grade = "autopilot", "the provider describes autopilot.enabled true", Grade.ANSWERED
    elif provider == "aks" and sku(sight) == "automatic":
        model, why, grade = "automatic", "the provider describes sku.name Automatic", Grade.ANSWERED
    elif provider == "oke" and oke_type(sight) in models:
        model, why, grade = oke_type(sight), "the provider describes its type", Grade.ANSWERED
    elif provider == "eks" and any(True for _ in _fargate_profiles(sight)):
        model, why = "fargate", f"pods carry the label {FARGATE_PROFILE}"
    elif provider == "ibm" and sight.openshift:
        model, why, grade = "roks", "OpenShift objects are there", Grade.WRITTEN
    elif provider == "eks" and "anywhere.eks.amazonaws.com" in sight.groups:
        model, why, grade = "eks_anywhere", "EKS Anywhere's API group is installed", Grade.WRITTEN
    says = f"{sight.nodes_unseen or 'no node was seen'}; one pool is assumed" + (
        f" in model {model}: {why}" if why else ""
    )
    warning = f"No pool is known ({sight.nodes_unseen or 'no node was seen'}): one was assumed, in model {model}" + (
        f" ({why})" if why else "; other models may be in use"
    )
    return _empty(_ASSUMED, model, says, "", grade=grade), warning


def _unique(found: list[Pool]) -> tuple[Pool, ...]:
    """Names are keys: of two pools with one name, each gets its model in brackets."""
    counted: dict[str, int] = {}
    for pool in found:
        counted[pool.name] = counted.get(pool.name, 0) + 1
    named = (
        pool if counted[pool.name] == 1 else structs.replace(pool, name=f"{pool.name} ({pool.model})") for pool in found
    )
    return tuple(sorted({pool.name: pool for pool in named}.values(), key=lambda pool: pool.name))


def _more_warnings(sight: Sight, provider: str) -> Iterator[str]:
    if provider == "aks" and any("-vk-azure-aci" in machine.kubelet for machine in sight.machines):
        yield "Virtual nodes are in use: the boundary has no model for them and answers as for the other nodes"
    if provider == "aro" and (hosted := hosted_plane(sight)) and hosted[0] and hosted[1].grade > Grade.NAMED:
        yield "This looks like ARO with a hosted control plane, for which the boundary has no rows: read as classic"
    autos = [machine for machine in sight.machines if machine.label(COMPUTE_TYPE) == "auto"]
    if provider == "eks" and autos and auto_mode_on(sight) is False:
        yield f"{len(autos)} nodes are labelled as Auto Mode, but the description says that Auto Mode is off"
