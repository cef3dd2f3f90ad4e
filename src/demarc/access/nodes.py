"""The Node authorizer: what a kubelet may do, by the pods that are bound to its node.

The rules are those of ``plugin/pkg/auth/authorizer/node/node_authorizer.go``, reasons included. What depends on
objects that were not seen, or on a feature of a version that is not known, is Unknown. What NodeRestriction refuses
on admission (another node's status, labels) is allowed here, as it is by the authorizer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property

from demarc.access.node_graph import NodeGraph
from demarc.access.quoting import quoted
from demarc.access.rules import RuleSet
from demarc.access.seen import CLUSTER_ROLES, Seen
from demarc.model.access import Answer, Decision, NodeReach, Request
from demarc.model.kubernetes import Node, PolicyRule, Role
from demarc.model.snapshot import Snapshot

_ALLOWED = Decision(answer=Answer.ALLOWED, authorizer="Node")
_SILENT = Decision(answer=Answer.DENIED)
_READ = ["get", "list", "watch"]
_OWN = frozenset({"get", "create", "update", "patch", "delete"})
_SELECTORS_SINCE = 32
"""Minor version since which a node sees only itself and its own pods (AuthorizeNodeWithSelectors)."""
_READS_ACCOUNTS_SINCE = 34
"""Minor version since which kubelets read the service accounts of their pods by default."""

_STATIC = RuleSet(
    [
        PolicyRule(verbs=["create"], api_groups=["authentication.k8s.io"], resources=["tokenreviews"]),
        PolicyRule(
            verbs=["create"],
            api_groups=["authorization.k8s.io"],
            resources=["subjectaccessreviews", "localsubjectaccessreviews"],
        ),
        PolicyRule(verbs=_READ, api_groups=[""], resources=["services"]),
        PolicyRule(verbs=["get"], api_groups=[""], resources=["endpoints"]),
        PolicyRule(verbs=["create", "update", "patch"], api_groups=["", "events.k8s.io"], resources=["events"]),
        PolicyRule(
            verbs=["create", *_READ], api_groups=["certificates.k8s.io"], resources=["certificatesigningrequests"]
        ),
        PolicyRule(verbs=_READ, api_groups=["storage.k8s.io"], resources=["csidrivers"]),
        PolicyRule(verbs=_READ, api_groups=["node.k8s.io"], resources=["runtimeclasses"]),
    ]
)
_BEFORE_SELECTORS = RuleSet(
    [
        PolicyRule(verbs=["create", *_READ, "update", "patch"], api_groups=[""], resources=["nodes"]),
        PolicyRule(verbs=["update", "patch"], api_groups=[""], resources=["nodes/status", "pods/status"]),
        PolicyRule(verbs=[*_READ, "create", "delete"], api_groups=[""], resources=["pods"]),
        PolicyRule(verbs=["create"], api_groups=[""], resources=["pods/eviction"]),
    ]
)


def _denied(reason: str) -> Decision:
    return Decision(answer=Answer.DENIED, reason=reason)


def _unknown(reason: str) -> Decision:
    return Decision(answer=Answer.UNKNOWN, reason=reason)


class NodeAuthorizer:
    """Decides requests of nodes over one snapshot. The graph is made when the first one asks."""

    def __init__(self, snapshot: Snapshot, seen: Seen) -> None:
        self._snapshot = snapshot
        self._seen = seen
        self._resources: dict[tuple[str, str], Callable[[str, Request], Decision]] = {
            ("", "secrets"): self._read_object,
            ("", "configmaps"): self._read_object,
            ("", "persistentvolumeclaims"): self._claim,
            ("", "persistentvolumes"): self._get,
            ("resource.k8s.io", "resourceclaims"): self._get,
            ("storage.k8s.io", "volumeattachments"): self._get,
            ("", "serviceaccounts"): self._service_account,
            ("coordination.k8s.io", "leases"): self._lease,
            ("storage.k8s.io", "csinodes"): self._csi_node,
            ("resource.k8s.io", "resourceslices"): self._resource_slice,
            ("certificates.k8s.io", "podcertificaterequests"): self._certificate,
            ("certificates.k8s.io", "clustertrustbundles"): self._trust_bundle,
            ("", "nodes"): self._with_selectors,
            ("", "pods"): self._with_selectors,
        }

    @cached_property
    def graph(self) -> NodeGraph:
        """What leads to which node."""
        return NodeGraph(self._snapshot)

    def decide(self, node: str, user: str, request: Request) -> Decision:
        """Decide for a node; ``node`` is empty for a node user without a name."""
        if not node:
            return _denied(f"unknown node for user {quoted(user)}")
        if request.path is None:
            divided = self._resources.get((request.group, request.resource))
            if divided is not None:
                return divided(node, request)
        return _ALLOWED if _STATIC.allows(request) else _SILENT

    def reach(self, node: str) -> NodeReach:
        """What a node reaches by its pods."""
        found = self.graph.of(node)
        return NodeReach(
            node=node,
            pods=found.get("pods", ()),
            secrets=found.get("secrets", ()),
            config_maps=found.get("configmaps", ()),
            claims=found.get("persistentvolumeclaims", ()),
            service_accounts=found.get("serviceaccounts", ()),
        )

    # One resource each.

    def _read_object(self, node: str, request: Request) -> Decision:
        if request.verb not in _READ:
            return _denied("can only read resources of this type")
        if request.subresource:
            return _denied("cannot read subresource")
        if not request.namespace:
            return _denied("can only read namespaced object of this type")
        return self._related(node, request)

    def _claim(self, node: str, request: Request) -> Decision:
        if request.subresource != "status":
            return self._get(node, request)
        if request.verb not in {"update", "patch"}:
            return _denied("can only get/update/patch this type")
        return self._related(node, request)

    def _get(self, node: str, request: Request) -> Decision:
        if request.verb != "get":
            return _denied("can only get individual resources of this type")
        if request.subresource:
            return _denied("cannot get subresource")
        return self._related(node, request)

    def _service_account(self, node: str, request: Request) -> Decision:
        if request.verb == "get" and not request.subresource:
            return self._account(node, request)
        if request.verb != "create" or not request.name:
            return _denied("can only create tokens for individual service accounts")
        if request.subresource != "token":
            return _denied("can only create token subresource of serviceaccount")
        return self._related(node, request)

    def _account(self, node: str, request: Request) -> Decision:
        """Reading an account: since kubelets hand tokens to the image credential providers."""
        enabled = self._enabled("serviceaccounts", "", _READS_ACCOUNTS_SINCE)
        if enabled is False:
            return _denied("can only create tokens for individual service accounts")
        if not request.namespace:
            return _denied("can only read namespaced object of this type")
        decision = self._related(node, request)
        if enabled is None and decision.answer is not Answer.DENIED:
            return _unknown(
                "whether nodes may read service accounts depends on the server's version, which is not known"
            )
        return decision

    def _lease(self, node: str, request: Request) -> Decision:
        if request.verb not in _OWN:
            return _denied("can only get, create, update, patch, or delete a node lease")
        if request.namespace != "kube-node-lease":
            return _denied('can only access leases in the "kube-node-lease" system namespace')
        if request.verb != "create" and request.name != node:
            return _denied("can only access node lease with the same name as the requesting node")
        return _ALLOWED

    def _csi_node(self, node: str, request: Request) -> Decision:
        if request.verb not in _OWN:
            return _denied("can only get, create, update, patch, or delete a CSINode")
        if request.subresource:
            return _denied("cannot authorize CSINode subresources")
        if request.verb != "create" and request.name != node:
            return _denied("can only access CSINode with the same name as the requesting node")
        return _ALLOWED

    def _resource_slice(self, node: str, request: Request) -> Decision:
        if request.subresource:
            return _denied("cannot authorize ResourceSlice subresources")
        if request.verb == "create":
            return _ALLOWED
        if request.verb in {"get", "update", "patch", "delete"}:
            return self._related(node, request)
        if request.verb not in {"watch", "list", "deletecollection"}:
            return _denied(
                "only the following verbs are allowed for a ResourceSlice: "
                "get, watch, list, create, update, patch, delete, deletecollection"
            )
        if _selects(request, "nodeName", node):
            return _ALLOWED
        says = "can only list/watch/deletecollection resourceslices with nodeName field selector"
        return self._by_selectors(_denied(says), _ALLOWED)

    def _certificate(self, node: str, request: Request) -> Decision:
        if not self._ruled("podcertificaterequests", "certificates.k8s.io"):
            return self._absent("podcertificaterequests")
        if request.subresource:
            return _SILENT
        if request.verb == "create" or (request.verb in {"list", "watch"} and _selects(request, "spec.nodeName", node)):
            return _ALLOWED
        return self._related(node, request) if request.verb == "get" else _SILENT

    def _trust_bundle(self, _node: str, request: Request) -> Decision:
        if not self._ruled("clustertrustbundles", "certificates.k8s.io"):
            return self._absent("clustertrustbundles")
        return _ALLOWED if request.verb in _READ and not request.subresource else _SILENT

    def _with_selectors(self, node: str, request: Request) -> Decision:
        since = self._node(node, request) if request.resource == "nodes" else self._pod(node, request)
        return self._by_selectors(since, _ALLOWED if _BEFORE_SELECTORS.allows(request) else _SILENT)

    @staticmethod
    def _node(node: str, request: Request) -> Decision:
        verb = request.verb
        if request.subresource == "status" and verb in {"update", "patch"}:
            return _ALLOWED
        if request.subresource:
            return _SILENT
        if verb in {"create", "update", "patch"} or (verb in _READ and request.name == node):
            return _ALLOWED
        if verb not in _READ:
            return _SILENT
        if not request.name:
            return _denied(f"node '{node}' cannot read all nodes, only its own Node object")
        return _denied(f"node '{node}' cannot read '{request.name}', only its own Node object")

    def _pod(self, node: str, request: Request) -> Decision:
        verb = request.verb
        if request.subresource:
            may = {"status": {"update", "patch"}, "eviction": {"create"}}.get(request.subresource, set())
            return _ALLOWED if verb in may else _SILENT
        if verb in {"create", "delete"}:
            return _ALLOWED
        if verb == "get":
            return self._related(node, request)
        if verb not in {"list", "watch"}:
            return _SILENT
        if _selects(request, "spec.nodeName", node):
            return _ALLOWED
        if request.name:
            return self._related(node, request)
        return _denied("can only list/watch pods with spec.nodeName field selector")

    # What the graph says.

    def _related(self, node: str, request: Request) -> Decision:
        resource, namespace, name = request.resource, request.namespace, request.name
        if not name:
            return _denied("No Object name found")
        if self.graph.leads(resource, namespace, name, node):
            return _ALLOWED
        if self.graph.perhaps(resource, namespace, name, node):
            return _unknown(
                f"only an ephemeral container leads from {resource} {name} to node {node}; "
                "the authorizer knows of it after its next start"
            )
        lacks = self._lacks(resource, node)
        if lacks:
            return _unknown(f"whether {resource} {name} leads to node {node} is not known: {lacks}")
        return _denied(f"no relationship found between node '{node}' and this object")

    def _lacks(self, resource: str, node: str) -> str:
        """What was not seen of the objects that could lead from a resource to a node."""
        own = {
            "volumeattachments": "VolumeAttachment.storage.k8s.io",
            "resourceslices": "ResourceSlice.resource.k8s.io",
            "podcertificaterequests": "PodCertificateRequest.certificates.k8s.io",
        }
        if resource in own:
            return self._seen.lacks(own[resource])
        lacks = self._seen.lacks("Pod")
        if lacks:
            return lacks
        if resource in {"persistentvolumes", "secrets"} and self.graph.mounts_claims(node):
            return self._seen.lacks("PersistentVolume")
        if resource == "resourceclaims" and self.graph.has_made_claims(node):
            return self._seen.lacks("ResourceClaim.resource.k8s.io")
        return ""

    # What the server's version and its features say.

    def _by_selectors(self, since: Decision, before: Decision) -> Decision:
        """Choose by the version; where it is not known, both must agree."""
        minor = self._minor
        if minor is not None:
            return since if minor >= _SELECTORS_SINCE else before
        if since.answer is before.answer:
            return since
        return _unknown(
            f"nodes are limited to themselves and their own pods since Kubernetes 1.{_SELECTORS_SINCE}, "
            "and the server's version is not known"
        )

    def _enabled(self, resource: str, group: str, since: int) -> bool | None:
        """Whether a feature is on: as ClusterRole system:node shows it, else by version; None for not known."""
        if self._ruled(resource, group):
            return True
        minor = self._minor
        if not self._seen.lacks(CLUSTER_ROLES) and self._node_role is not None:
            return False
        return None if minor is None else minor >= since

    def _absent(self, resource: str) -> Decision:
        """A feature that is off by default and that ClusterRole system:node does not show."""
        if self._node_role is None and (lacks := self._seen.lacks(CLUSTER_ROLES)):
            return _unknown(f"whether nodes use {resource} shows in ClusterRole system:node: {lacks}")
        return _SILENT

    def _ruled(self, resource: str, group: str) -> bool:
        """Whether ClusterRole system:node, which the API server keeps in step with its features, names a resource."""
        role = self._node_role
        return role is not None and any(
            resource in (rule.resources or ()) and group in (rule.api_groups or ()) for rule in role.rules or ()
        )

    @cached_property
    def _node_role(self) -> Role | None:
        roles = self._snapshot.all(CLUSTER_ROLES, Role)
        return next((role for role in roles if role.metadata.name == "system:node"), None)

    @cached_property
    def _minor(self) -> int | None:
        """Minor version of the API server; no kubelet is newer than it, so a new kubelet tells enough."""
        version = _minor(self._snapshot.server_version or "")
        if version is not None:
            return version
        kubelets = [_minor(node.status.node_info.kubelet_version) for node in self._snapshot.all("Node", Node)]
        newest = max((minor for minor in kubelets if minor is not None), default=0)
        return newest if newest >= _SELECTORS_SINCE else None


def _minor(version: str) -> int | None:
    found = re.match(r"v?1\.(\d{1,4})(?!\d)", version)
    return int(found[1]) if found else None


def _selects(request: Request, field: str, node: str) -> bool:
    return any(one.field == field and one.value == node for one in request.fields)
