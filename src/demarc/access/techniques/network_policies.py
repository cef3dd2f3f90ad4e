"""Which pods may talk to which, by NetworkPolicies, per workload and in both directions.

Traffic goes through hubs: a rule of a policy is one hub, what no policy closes is another. That is as many edges as
there are workloads and rules, not as there are pairs. Ranges of addresses may or may not hold pods: Unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from demarc.access.aggregate import selects
from demarc.access.techniques.pods import Running, Workloads
from demarc.model.kubernetes import LabelSelector, NetworkPolicy, PolicyPeer, PolicyPort
from demarc.model.snapshot import Snapshot

_ENFORCERS = ("calico", "cilium", "antrea", "kube-router", "weave-npc", "ovn", "azure-npm", "romana", "canal")
_AWS_AGENT = ("network-policy-agent", "eks-nodeagent")
_OPENSHIFT = ("rosa", "aro")
_RANGES = "the rule is for ranges of addresses: whether pods are in them is not seen"
_UNENFORCED = "a NetworkPolicy denies it, but nothing that enforces NetworkPolicies was seen"


class Hub(NamedTuple):
    """A way that traffic takes: from any of its sources to any of its targets."""

    name: str
    sources: tuple[Running, ...]
    targets: tuple[Running, ...]
    unknown: str = ""


class _Rule(NamedTuple):
    """One rule of a policy, with the workloads that its policy selects."""

    policy: NetworkPolicy
    name: str
    own: tuple[Running, ...]
    peers: tuple[PolicyPeer, ...]
    """None at all for everybody."""
    ports: tuple[PolicyPort, ...]
    spaces: frozenset[str]
    """Namespaces in which there may be peers."""
    open: bool
    """Whether every pod is a peer."""

    @property
    def by_ranges(self) -> bool:
        return bool(self.peers) and all(peer.ip_block is not None for peer in self.peers)


class Network:
    """Policies of a cluster. Hubs are worked out when first asked for."""

    def __init__(
        self, snapshot: Snapshot, workloads: Workloads, namespaces: dict[str, dict[str, str]], *, provider: str
    ) -> None:
        self._namespaces = namespaces
        self._workloads = workloads
        self.policies = snapshot.all("NetworkPolicy.networking.k8s.io", NetworkPolicy)
        self.is_enforced = provider in _OPENSHIFT or any(_enforces(one) for one in workloads.all)
        gap = snapshot.missing("networkpolicies.networking.k8s.io")
        self.unseen = f"NetworkPolicies were not all seen: {gap.reason.value}" if gap is not None else ""
        self._ingress: list[_Rule] = []
        self._egress: list[_Rule] = []
        self._closed_in: set[str] = set()
        self._closed_out: set[str] = set()
        self._own: dict[str, tuple[Running, ...]] = {}
        for policy in self.policies:
            self._add(policy)

    def _add(self, policy: NetworkPolicy) -> None:
        spec, at = policy.spec, policy.metadata
        own = self._own[policy.key] = tuple(
            one
            for one in self._workloads.in_namespace.get(at.namespace, ())
            if _runs_in_network(one) and _selects(spec.pod_selector, one)
        )
        types = policy_types(policy)
        if "Ingress" in types:
            self._closed_in.update(one.scope for one in own)
            for number, rule in enumerate(spec.ingress or ()):
                self._ingress.append(self._rule(policy, f"ingress[{number}]", own, rule.peers, rule.ports))
        if "Egress" in types:
            self._closed_out.update(one.scope for one in own)
            for number, out in enumerate(spec.egress or ()):
                self._egress.append(self._rule(policy, f"egress[{number}]", own, out.peers, out.ports))

    def _rule(
        self,
        policy: NetworkPolicy,
        field: str,
        own: tuple[Running, ...],
        peers: list[PolicyPeer] | None,
        ports: list[PolicyPort] | None,
    ) -> _Rule:
        some = tuple(peers or ())
        spaces = frozenset(space for peer in some for space in self._spaces(peer, policy.metadata.namespace))
        everybody = not some or any(_is_open(peer) for peer in some)
        name = f"NetworkPolicy {policy.key} {field}"
        return _Rule(
            policy, name, own, some, tuple(ports or ()), frozenset(self._namespaces) if everybody else spaces, everybody
        )

    def _spaces(self, peer: PolicyPeer, namespace: str) -> Iterable[str]:
        if peer.ip_block is not None:
            return self._namespaces
        selector = peer.namespace_selector
        if selector is None:
            return (namespace,)
        return (name for name, labels in self._namespaces.items() if selects(selector, labels))

    def closed_in(self, running: Running) -> bool:
        """Whether a policy limits who may talk to a workload."""
        return running.scope in self._closed_in

    def closed_out(self, running: Running) -> bool:
        """Whether a policy limits whom a workload may talk to."""
        return running.scope in self._closed_out

    def selected(self, policy: NetworkPolicy) -> tuple[Running, ...]:
        """Workloads that run and that a policy is for."""
        return self._own[policy.key]

    def lets_out(self, running: Running, address: str, port: int) -> bool:
        """Whether a workload may talk TCP to an address outside of the cluster."""
        if not self.closed_out(running):
            return True
        return any(
            (not rule.peers or any(_has_address(peer, address) for peer in rule.peers))
            and (not rule.ports or any(_is_port(one, "TCP", port, "") for one in rule.ports))
            for rule in self._rules_out.get(running.scope, ())
        )

    @cached_property
    def _rules_out(self) -> dict[str, list[_Rule]]:
        found: dict[str, list[_Rule]] = {}
        for rule in self._egress:
            for one in rule.own:
                found.setdefault(one.scope, []).append(rule)
        return found

    def lets_in(self, running: Running, sources: Iterable[Running] | None) -> bool:
        """Whether a workload may be talked to by any of some others, or where None is given from outside."""
        if not self.closed_in(running):
            return True
        for rule in self._ingress:
            if running in rule.own:
                if sources is None and (not rule.peers or any(_is_world(peer) for peer in rule.peers)):
                    return True
                if sources is not None and any(self._is_peer(rule, source) for source in sources):
                    return True
        return False

    def _is_peer(self, rule: _Rule, running: Running) -> bool:
        if rule.open or not rule.peers:
            return True
        if running.namespace not in rule.spaces:
            return False
        labels = self._namespaces.get(running.namespace, {})
        home = rule.policy.metadata.namespace
        return any(_fits(peer, home, running, labels) for peer in rule.peers)

    @cached_property
    def hubs(self) -> tuple[Hub, ...]:
        """Every way that traffic may take inside of the cluster."""
        return tuple(hub for hub in self._hubs() if hub.sources and hub.targets)

    def _hubs(self) -> Iterator[Hub]:
        there = [one for one in self._workloads.all if one.pods]
        free = tuple(one for one in there if one.scope not in self._closed_out)
        ready = tuple(one for one in there if one.scope not in self._closed_in)
        yield Hub("pods that no NetworkPolicy closes", free, ready, self.unseen)
        if not self.is_enforced and (len(free) < len(there) or len(ready) < len(there)):
            closed_out = tuple(one for one in there if one.scope in self._closed_out)
            closed_in = tuple(one for one in there if one.scope in self._closed_in)
            yield Hub("pods, past NetworkPolicies that nothing enforces", closed_out, tuple(there), _UNENFORCED)
            yield Hub("closed pods, past NetworkPolicies that nothing enforces", free, closed_in, _UNENFORCED)
        for rule in self._ingress:
            targets = tuple(one for one in rule.own if _listens(one, rule.ports))
            yield Hub(rule.name, self._peers(rule, free), targets, _RANGES if rule.by_ranges else "")
        for rule in self._egress:
            targets = tuple(one for one in self._peers(rule, ready) if _listens(one, rule.ports))
            yield Hub(rule.name, rule.own, targets, _RANGES if rule.by_ranges else "")
        yield from self._both()

    def _peers(self, rule: _Rule, among: tuple[Running, ...]) -> tuple[Running, ...]:
        if rule.open:
            return among
        return tuple(one for one in among if one.namespace in rule.spaces and self._is_peer(rule, one))

    def _both(self) -> Iterator[Hub]:
        """Where the one end may only send by a rule, and the other only receive by one."""
        by_space: dict[str, list[_Rule]] = {}
        for rule in self._ingress:
            by_space.setdefault(rule.policy.metadata.namespace, []).append(rule)
        for out in self._egress:
            home = out.policy.metadata.namespace
            for space in sorted(out.spaces.intersection(by_space)):
                for rule in by_space[space]:
                    if home not in rule.spaces:
                        continue
                    sources = tuple(one for one in out.own if self._is_peer(rule, one))
                    targets = tuple(
                        one
                        for one in rule.own
                        if sources
                        and self._is_peer(out, one)
                        and _listens(one, rule.ports)
                        and _listens(one, out.ports)
                    )
                    unknown = _RANGES if rule.by_ranges or out.by_ranges else ""
                    yield Hub(f"{out.name} and {rule.name}", sources, targets, unknown)


def policy_types(policy: NetworkPolicy) -> list[str]:
    """For which directions a policy is: as it says, else inwards, and outwards where it has rules for that."""
    return policy.spec.policy_types or (["Ingress", "Egress"] if policy.spec.egress else ["Ingress"])


def _runs_in_network(running: Running) -> bool:
    """Whether policies are for it: not for what is in the network of its node."""
    return running.pods > 0 and not any(spec.host_network for spec in running.specs)


def _selects(selector: LabelSelector, running: Running) -> bool:
    return any(selects(selector, labels) for labels in running.labels)


def _is_open(peer: PolicyPeer) -> bool:
    """Whether a peer is every pod."""
    return (
        peer.namespace_selector is not None
        and not (peer.namespace_selector.match_labels or peer.namespace_selector.match_expressions)
        and (peer.pod_selector is None or not (peer.pod_selector.match_labels or peer.pod_selector.match_expressions))
    )


def _is_world(peer: PolicyPeer) -> bool:
    return peer.ip_block is not None and peer.ip_block.cidr in ("0.0.0.0/0", "::/0")


def _has_address(peer: PolicyPeer, address: str) -> bool:
    """Whether a range of a peer has an address; what is no range never does."""
    block = peer.ip_block
    if block is None:
        return False
    try:
        wanted = ip_address(address)
        return wanted in ip_network(block.cidr, strict=False) and not any(
            wanted in ip_network(one, strict=False) for one in block.excepted or ()
        )
    except ValueError:
        return False


def _fits(peer: PolicyPeer, home: str, running: Running, labels: dict[str, str]) -> bool:
    if peer.ip_block is not None:
        return True
    if peer.namespace_selector is None:
        if running.namespace != home:
            return False
    elif not selects(peer.namespace_selector, labels):
        return False
    return peer.pod_selector is None or _selects(peer.pod_selector, running)


def _listens(running: Running, ports: tuple[PolicyPort, ...]) -> bool:
    """Whether a workload may have one of the ports: one that declares none may have any."""
    declared = [
        (port.protocol, port.container_port, port.name) for _, one in running.containers() for port in one.ports or ()
    ]
    if not ports or not declared:
        return True
    return any(_is_port(port, *one) for port in ports for one in declared)


def _is_port(port: PolicyPort, protocol: str, number: int, name: str) -> bool:
    if port.protocol != protocol:
        return False
    if port.port is None:
        return True
    if isinstance(port.port, str):
        return port.port == name
    return port.port <= number <= (port.end_port or port.port)


def _enforces(running: Running) -> bool:
    for _, container in running.containers():
        if any(word in container.image for word in _ENFORCERS):
            return True
        arguments = (*(container.args or ()), *(container.command or ()))
        if any(word in container.image for word in _AWS_AGENT) and "--enable-network-policy=true" in arguments:
            return True
    return False
