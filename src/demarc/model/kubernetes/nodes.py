"""Nodes, and objects that belong to one."""

from __future__ import annotations

from msgspec import field

from demarc.model.kubernetes.meta import Api, KubeObject


class NodeInfo(Api, frozen=True, kw_only=True):
    """Versions a kubelet reports."""

    kubelet_version: str = ""
    os_image: str = ""
    container_runtime_version: str = ""
    kernel_version: str = ""


class NodeSpec(Api, frozen=True, kw_only=True):
    """Spec of a node."""

    provider_id: str = field(default="", name="providerID")


class NodeAddress(Api, frozen=True, kw_only=True, gc=False):
    """An address of a node: ``InternalIP``, ``ExternalIP``, ``Hostname`` or a DNS name."""

    type: str = ""
    address: str = ""


class NodeStatus(Api, frozen=True, kw_only=True):
    """Status of a node."""

    node_info: NodeInfo = field(default_factory=NodeInfo)
    addresses: list[NodeAddress] | None = None


class Node(KubeObject, frozen=True, kw_only=True):
    """A node."""

    spec: NodeSpec = field(default_factory=NodeSpec)
    status: NodeStatus = field(default_factory=NodeStatus)


class OnNodeSpec(Api, frozen=True, kw_only=True, gc=False):
    """Spec that names a node."""

    node_name: str = ""


class OnNode(KubeObject, frozen=True, kw_only=True):
    """VolumeAttachment, ResourceSlice or PodCertificateRequest: an object that belongs to a node."""

    spec: OnNodeSpec = field(default_factory=OnNodeSpec)
