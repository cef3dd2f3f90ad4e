"""Machines: what a Node object says of where it runs and who built its kubelet.

``spec.providerID`` and ``status.nodeInfo`` are written by the cloud controller and the kubelet. Labels are kept too,
but whoever can patch a node can write them.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from demarc.model.kubernetes import Node
from demarc.model.snapshot import Snapshot

_SCHEME: Final = re.compile(r"^([a-z][a-z0-9-]*):/+")
_OCID: Final = re.compile(r"^(ocid1\.[a-z]+)\.")
_ALIBABA: Final = re.compile(r"^[a-z]+-[a-z0-9-]+\.i-[a-z0-9]+$")
_CONTROL_ROLES: Final = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")


class Machine(Struct, frozen=True, kw_only=True):
    """A node, in the words of the rules that look at it."""

    name: str
    provider_id: str
    cloud: str
    """``aws``, ``gce``, ``azure``, ``eks-hybrid``, ``ocid1.instance``, ...; empty when providerID names none."""
    kubelet: str
    system: str
    """Name of the operating system image, as the kubelet reports it."""
    labels: dict[str, str]
    annotations: dict[str, str]
    source: str

    @property
    def control_plane(self) -> bool:
        """Tell whether the node takes part in the control plane, by its role label."""
        return any(role in self.labels for role in _CONTROL_ROLES)

    def label(self, *names: str) -> str:
        """The first of these labels that is set."""
        return next((value for name in names if (value := self.labels.get(name))), "")

    def labelled(self, prefix: str) -> bool:
        """Tell whether a label key starts so."""
        return any(key.startswith(prefix) for key in self.labels)


def machines(snapshot: Snapshot) -> tuple[Machine, ...]:
    """Read the nodes, sorted by name."""
    found = (_machine(node) for node in snapshot.all("Node", Node))
    return tuple(sorted(found, key=lambda machine: machine.name))


def _machine(node: Node) -> Machine:
    return Machine(
        name=node.metadata.name,
        provider_id=node.spec.provider_id,
        cloud=_cloud(node.spec.provider_id),
        kubelet=node.status.node_info.kubelet_version,
        system=node.status.node_info.os_image,
        labels=node.labels,
        annotations=node.annotations,
        source=node.source,
    )


def _cloud(provider_id: str) -> str:
    found = _SCHEME.match(provider_id) or _OCID.match(provider_id)
    if found:
        return found[1]
    return "alicloud" if _ALIBABA.match(provider_id) else ""
