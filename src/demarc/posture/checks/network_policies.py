"""Checks of segmentation: pods that no policy is for, policies that let everything through, and who enforces them."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Final

import msgspec

from demarc.access.aggregate import selects
from demarc.access.techniques.network_policies import policy_types
from demarc.access.techniques.pods import Running
from demarc.access.techniques.view import shown
from demarc.inventory.records import Descriptions, descriptions, dig, words
from demarc.model.duties import Unit
from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import Component, Scope
from demarc.model.kubernetes import IpBlock, NetworkPolicy, PolicyPeer, PolicyPort
from demarc.model.posture import FieldSeen, Fix, Found, ObjectRef, Severity
from demarc.posture.checks.patches import as_yaml
from demarc.posture.checks.workloads import of_workload, seen, unseen_workloads
from demarc.posture.ground import Ground
from demarc.posture.interface import Check, Report
from demarc.posture.segments import Segments, selects_all

LISTS: Final = "add networkpolicies to the dump: kubectl get networkpolicies -A -o json"
_WORLD: Final = ("0.0.0.0/0", "::/0")
METADATA: Final = "169.254.169.254"


def _namespace_found(ground: Ground, name: str, says: str, fields: tuple[FieldSeen, ...], fix: Fix) -> Found:
    return Found(
        object=ObjectRef(kind="Namespace", name=name),
        scope=ground.namespace(name),
        says=f"Namespace {name}: {says}",
        fields=fields,
        fix=fix,
        evidence=(Evidence(says=f"Namespace {name}: {says}", grade=Grade.WRITTEN),),
    )


def listed(names: list[str]) -> str:
    """Give a few names of many."""
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def seen_enough(report: Report, segments: Segments) -> bool:
    """Say what of NetworkPolicies was not seen; whether that is nothing."""
    report.unseen("networkpolicies", segments.unseen, LISTS)
    return not segments.unseen


def _coverage(ground: Ground, report: Report) -> None:
    segments = Segments(ground)
    unseen_workloads(ground, report)
    known = seen_enough(report, segments)
    for name, there in segments.spaces.items():
        report.looked(len(there))
        bare = segments.open(name)
        if not bare or not known:
            continue
        if others := segments.others(name):
            report.unseen(f"Namespace {name}", others, "look at these policies: they are not evaluated")
        elif not segments.policies.get(name):
            says = f"no NetworkPolicy is in it: its workloads ({len(there)}) talk to anybody, and anybody to them"
            fix = Fix(
                says="Close the namespace and allow what its workloads need.",
                command=deny(name, ["Ingress", "Egress"]),
            )
            report.violated(_namespace_found(ground, name, says, (seen("NetworkPolicy", None),), fix))
        else:
            for one in bare:
                report.violated(_open_workload(ground, one.running, inwards=one.inwards, outwards=one.outwards))
    _nobody(ground, report, segments)


def _open_workload(ground: Ground, running: Running, *, inwards: bool, outwards: bool) -> Found:
    ways = [name for name, is_open in (("ingress", inwards), ("egress", outwards)) if is_open]
    says = f"no NetworkPolicy selects its pods for {' and '.join(ways)}"
    command = deny(running.namespace, [way.capitalize() for way in ways], running)
    fix = Fix(says="Close it, and allow what it needs by further policies.", command=command)
    found = of_workload(ground, running, says, tuple(seen(f"NetworkPolicy for {way}", None) for way in ways), fix)
    if inwards:
        return found
    return msgspec.structs.replace(found, severity=Severity.LOW)


_OF_ONE_POD: Final = (
    *("pod-template-hash", "controller-revision-hash", "statefulset.kubernetes.io/", "apps.kubernetes.io/pod-index"),
    *("topology.kubernetes.io/", "batch.kubernetes.io/", "controller-uid", "job-name"),
)
"""Labels that change from one pod of a workload to the next."""


def deny(namespace: str, types: list[str], running: Running | None = None) -> str:
    """Give the command that closes a workload, or a whole namespace. DNS stays open: names must still be looked up."""
    labels = {
        name: value
        for name, value in (running.labels[0] if running is not None and running.labels else {}).items()
        if not name.startswith(_OF_ONE_POD)
    }
    name = f"{running.name}-default-deny" if running is not None and labels else "default-deny"
    spec: dict[str, object] = {"podSelector": {"matchLabels": labels} if labels else {}, "policyTypes": types}
    if "Egress" in types:
        names = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}
        ports = [{"port": 53, "protocol": protocol} for protocol in ("UDP", "TCP")]
        spec["egress"] = [{"to": [names], "ports": ports}]
    policy = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }
    return f"kubectl apply -f - <<'EOF'\n{as_yaml(policy)}\nEOF"


def _default_deny(ground: Ground, report: Report) -> None:
    segments = Segments(ground)
    unseen_workloads(ground, report)
    known = seen_enough(report, segments)
    for name in segments.spaces:
        report.looked()
        closed = {
            way
            for policy in segments.policies.get(name, ())
            if selects_all(policy.spec.pod_selector)
            for way in policy_types(policy)
            if not _lets_all(policy, way)
        }
        lacking = [way for way in ("Ingress", "Egress") if way not in closed]
        if not lacking or not known:
            continue
        if others := segments.others(name):
            report.unseen(f"Namespace {name}", others, "look at these policies: they are not evaluated")
            continue
        says = f"nothing denies {' and '.join(way.lower() for way in lacking)} that no policy allows"
        fix = Fix(
            says="Deny by default, after the policies that allow what is needed: a new workload is closed then, too.",
            command=deny(name, lacking),
        )
        fields = tuple(seen(f"NetworkPolicy with an empty podSelector for {way}", None) for way in lacking)
        report.violated(_namespace_found(ground, name, says, fields, fix))
    _nobody(ground, report, segments)


def _nobody(ground: Ground, report: Report, segments: Segments) -> None:
    if not segments.spaces and ground.workloads:
        report.holds("no workload of a user is in the network of pods")


def _rules(policy: NetworkPolicy) -> Iterator[tuple[str, str, list[PolicyPeer], list[PolicyPort]]]:
    """Rules of a policy, with the place and direction of each, as far as its types make them count."""
    types = policy_types(policy)
    for number, rule in enumerate(policy.spec.ingress or ()):
        if "Ingress" in types:
            yield f"spec.ingress[{number}]", "Ingress", rule.peers or [], rule.ports or []
    for number, out in enumerate(policy.spec.egress or ()):
        if "Egress" in types:
            yield f"spec.egress[{number}]", "Egress", out.peers or [], out.ports or []


def _lets_all(policy: NetworkPolicy, way: str) -> bool:
    return any(one == way and not ports and _everybody(peers) for _, one, peers, ports in _rules(policy))


def _everybody(peers: list[PolicyPeer]) -> str:
    """How a rule is for everybody, in words; empty where it is not."""
    if not peers:
        return "everybody"
    for peer in peers:
        if peer.ip_block is not None and peer.ip_block.cidr in _WORLD and _excepts_little(peer.ip_block):
            but = f" but {', '.join(peer.ip_block.excepted)}" if peer.ip_block.excepted else ""
            return f"every address ({peer.ip_block.cidr}{but})"
    return ""


def _excepts_little(block: IpBlock) -> bool:
    """Whether what is left out of a range for everybody is less than a network such as 10.0.0.0/8."""
    whole = ip_network(block.cidr).num_addresses
    try:
        left_out = sum(ip_network(one, strict=False).num_addresses for one in block.excepted or ())
    except ValueError:
        return False
    return left_out * 256 < whole


def _too_open(ground: Ground, report: Report) -> None:
    segments = Segments(ground)
    entries = {running.scope for one in ground.exposures for running, _, _ in one.leads_to}
    for policy in segments.network.policies:
        report.looked()
        fields: list[FieldSeen] = []
        says: list[str] = []
        limited = True
        for place, way, peers, ports in _rules(policy):
            who = _everybody(peers)
            selected = segments.network.selected(policy)
            public = way == "Ingress" and selected and all(one.scope in entries for one in selected)
            names = way == "Egress" and ports and all(port.port in {53, "dns"} for port in ports)
            if not who or (ports and public) or names:
                continue
            limited = limited and bool(ports)
            side = "from" if way == "Ingress" else "to"
            on = f" on port {', '.join(str(port.port) for port in ports)}" if ports else ""
            says.append(f"{way.lower()} {side} {who}{on}")
            fields.append(seen(f"{place}.{side}", [_peer(peer) for peer in peers] or None))
        if fields:
            report.violated(_too_open_found(ground, policy, says, fields, limited=limited))
    if not segments.network.policies and not segments.unseen:
        report.holds("no NetworkPolicy is in the cluster")
    report.unseen("networkpolicies", segments.unseen, LISTS)


def _peer(peer: PolicyPeer) -> str:
    return peer.ip_block.cidr if peer.ip_block is not None else "selector"


def _too_open_found(
    ground: Ground, policy: NetworkPolicy, says: list[str], fields: list[FieldSeen], *, limited: bool
) -> Found:
    told = f"NetworkPolicy {policy.key} allows {'; '.join(says)}" + (", on these ports alone" if limited else "")
    return Found(
        object=ObjectRef(kind="NetworkPolicy", namespace=policy.metadata.namespace, name=policy.metadata.name),
        scope=ground.namespace(policy.metadata.namespace),
        says=told,
        fields=tuple(fields),
        fix=Fix(
            says="Name in from and to whom the workload talks to: pods by label and namespace, others by their ranges; "
            f"leave {METADATA} out of every range."
        ),
        severity=Severity.LOW if limited else None,
        evidence=(shown(policy, told),),
        source=policy.source,
    )


def _selects_none(ground: Ground, report: Report) -> None:
    segments = Segments(ground)
    unseen_workloads(ground, report)
    there: dict[str, list[Running]] = {}
    for one in ground.workloads:
        there.setdefault(one.namespace, []).append(one)
    for policy in segments.network.policies:
        report.looked()
        name = policy.metadata.namespace
        partial = ground.workloads_unseen or ground.is_manifests
        if partial or segments.network.selected(policy) or not there.get(name):
            continue
        wanted = policy.spec.pod_selector
        fitting = [one for one in there[name] if any(selects(wanted, labels) for labels in one.labels)]
        on_nodes = [one for one in fitting if one.specs and all(spec.host_network for spec in one.specs)]
        if fitting and len(on_nodes) < len(fitting):
            continue
        why = "only pods in the network of their node, for which no policy holds" if fitting else "no pod"
        says = f"NetworkPolicy {policy.key} selects {why}"
        fix = Fix(
            says="Correct its podSelector by the labels of the pods it was written for, or delete it.",
            command=f"kubectl get pods -n {name} --show-labels",
        )
        report.violated(
            Found(
                object=ObjectRef(kind="NetworkPolicy", namespace=name, name=policy.metadata.name),
                scope=ground.namespace(name),
                says=says,
                fields=(seen("spec.podSelector", _selector(policy)),),
                fix=fix,
                evidence=(shown(policy, says),),
                source=policy.source,
            )
        )
    if not segments.network.policies and not segments.unseen:
        report.holds("no NetworkPolicy is in the cluster")
    report.unseen("networkpolicies", segments.unseen, LISTS)


def _selector(policy: NetworkPolicy) -> dict[str, object]:
    wanted = policy.spec.pod_selector
    return {**(wanted.match_labels or {}), **{one.key: one.operator for one in wanted.match_expressions or ()}}


def _enforced(ground: Ground, report: Report) -> None:
    segments = Segments(ground)
    report.looked()
    if segments.network.is_enforced:
        report.holds("what enforces NetworkPolicies runs in the cluster")
        return
    described = descriptions(ground.snapshot, (ground.inventory.cluster.name,))
    said = _said_of_enforcement(ground, described)
    if said is not None and said[0]:
        report.holds(said[1])
        return
    agents = [one for one in ground.inventory.components if one.kind == "cni"]
    if said is None and (not agents or ground.view.missing("daemonsets.apps")):
        report.unseen(
            "CNI", "neither its DaemonSet nor a setting that names it was seen", "give DaemonSets of kube-system"
        )
        return
    if said is None and any(pool.model == "auto_mode" for pool in ground.inventory.pools):
        why = "in Auto Mode the CNI runs on the node, and whether it enforces policies was not seen"
        report.unseen("CNI", why, "kubectl get configmap amazon-vpc-cni -n kube-system -o yaml")
        return
    report.violated(_not_enforced(ground, segments, agents, said[1] if said is not None else ""))


def _said_of_enforcement(ground: Ground, described: Descriptions) -> tuple[bool, str] | None:
    """What the provider's description says of enforcement; None where it says nothing."""
    body = described.cluster.body if described.cluster is not None else None
    if ground.provider == "gke" and body is not None:
        plane = words(body, "networkConfig.datapathProvider")
        if plane == "ADVANCED_DATAPATH" or dig(body, "autopilot.enabled") is True:
            return True, "GKE Dataplane V2 enforces NetworkPolicies"
        on = dig(body, "networkPolicy.enabled") is True
        return on, "networkPolicy.enabled is true" if on else "networkPolicy is off and the datapath is the legacy one"
    if ground.provider == "aks" and body is not None:
        name = words(body, "networkProfile.networkPolicy") or words(body, "networkProfile.networkDataplane")
        on = name.lower() in {"azure", "calico", "cilium"}
        return on, f"networkProfile.networkPolicy is {name}" if name else "networkProfile.networkPolicy is not set"
    for addon in described.of("eks.addon") if ground.provider == "eks" else ():
        if addon.name == "vpc-cni":
            on = str(dig(addon.body, "configurationValues.enableNetworkPolicy")).lower() == "true"
            return on, f"enableNetworkPolicy of the add-on vpc-cni is {'true' if on else 'not true'}"
    return None


_SWITCHES: Final = {
    "eks": "aws eks update-addon --cluster-name {cluster} --addon-name vpc-cni "
    '--configuration-values \'{{"enableNetworkPolicy": "true"}}\' --resolve-conflicts PRESERVE',
    "gke": "gcloud container clusters update {cluster} --update-addons=NetworkPolicy=ENABLED",
    "aks": "az aks update --name {cluster} --resource-group GROUP --network-policy cilium",
}


def _not_enforced(ground: Ground, segments: Segments, agents: list[Component], said: str) -> Found:
    agent = next(iter(agents), None)
    policies = len(segments.network.policies)
    what = f"{agent.title} does not enforce NetworkPolicies here" if agent else "nothing here enforces NetworkPolicies"
    why = f"{policies} that were written have no effect" if policies else "none that is written would have any effect"
    says = f"{what}: {why}" + (f" ({said})" if said else "")
    fields = (seen("args --enable-network-policy", None),) if agent and agent.name == "vpc-cni" else ()
    return Found(
        object=ObjectRef(kind="Component", name=agent.id)
        if agent
        else ObjectRef(kind="Cluster", name=ground.cluster.name),
        scope=Scope(kind=Unit.COMPONENT, name=agent.id) if agent else ground.cluster,
        says=says,
        fields=fields,
        fix=Fix(
            says="Turn enforcement on in the CNI, or install one that has it; then watch what it drops.",
            command=_SWITCHES.get(ground.provider, "").format(cluster=ground.cluster.name),
        ),
        component=agent.id if agent else "",
        severity=None if policies else Severity.MEDIUM,
        evidence=(Evidence(says=says, grade=Grade.ANSWERED if said else Grade.BUILT),),
    )


SEGMENTATION = (
    Check("DM-NET-001", _coverage),
    Check("DM-NET-002", _default_deny),
    Check("DM-NET-003", _too_open),
    Check("DM-NET-004", _selects_none),
    Check("DM-NET-005", _enforced),
)
