"""The nodes: two managed node groups, one of them with the company's own image, and one Fargate node."""

from __future__ import annotations

from typing import NamedTuple

from make.company import CLUSTER, DUMPED, REGION
from make.kube import Object, make
from make.stable import hexes, later, uid


class Machine(NamedTuple):
    """One node."""

    pool: str
    address: str
    zone: str
    instance: str
    born: str

    @property
    def name(self) -> str:
        dashed = f"ip-{self.address.replace('.', '-')}.{REGION}.compute.internal"
        return f"fargate-{dashed}" if self.pool == "edi" else dashed


MACHINES = (
    Machine("general", "10.40.11.18", "a", "i-0f1d2c3b4a5968701", "2026-10-06T05:14:09Z"),
    Machine("general", "10.40.12.77", "b", "i-0f1d2c3b4a5968702", "2026-10-06T05:16:41Z"),
    Machine("general", "10.40.13.140", "c", "i-0f1d2c3b4a5968703", "2026-10-06T05:19:22Z"),
    Machine("batch", "10.40.21.33", "a", "i-0a9b8c7d6e5f40311", "2025-11-19T13:02:55Z"),
    Machine("batch", "10.40.22.91", "b", "i-0a9b8c7d6e5f40312", "2025-11-19T13:04:30Z"),
    Machine("edi", "10.40.31.204", "a", "", "2026-09-21T07:45:12Z"),
)
GENERAL = tuple(machine for machine in MACHINES if machine.pool == "general")
BATCH = tuple(machine for machine in MACHINES if machine.pool == "batch")
FARGATE = tuple(machine for machine in MACHINES if machine.pool == "edi")

_SOFTWARE = {
    "general": ("v1.33.5-eks-113cf36", "Amazon Linux 2023.9.20260929", "6.12.46-66.121.amzn2023.x86_64", "2.1.4"),
    "batch": (
        "v1.32.3-eks-473151a",
        "Fjordkite Linux 2025.11 (Amazon Linux 2023)",
        "6.1.141-155.222.amzn2023.x86_64",
        "1.7.27",
    ),
    "edi": ("v1.33.4-eks-99d6cc0", "Amazon Linux 2", "5.10.242-239.961.amzn2.x86_64", "1.7.27"),
}


def _labels(machine: Machine) -> dict[str, str]:
    labels = {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": machine.name.removeprefix("fargate-"),
        "kubernetes.io/os": "linux",
        "topology.kubernetes.io/region": REGION,
        "topology.kubernetes.io/zone": REGION + machine.zone,
    }
    if machine.pool == "edi":
        return labels | {"eks.amazonaws.com/compute-type": "fargate"}
    group = {
        "eks.amazonaws.com/capacityType": "SPOT" if machine.pool == "batch" else "ON_DEMAND",
        "eks.amazonaws.com/nodegroup": machine.pool,
        "eks.amazonaws.com/nodegroup-image": "ami-0example000batch1"
        if machine.pool == "batch"
        else "ami-0example0000al23",
        "node.kubernetes.io/instance-type": "c6i.2xlarge" if machine.pool == "batch" else "m6i.xlarge",
    }
    if machine.pool == "batch":
        group |= {
            "eks.amazonaws.com/sourceLaunchTemplateId": "lt-0example00batch001",
            "eks.amazonaws.com/sourceLaunchTemplateVersion": "7",
        }
    return labels | group


def _conditions(seen: str, born: str) -> list[Object]:
    texts = {
        "MemoryPressure": ("False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        "DiskPressure": ("False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        "PIDPressure": ("False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        "Ready": ("True", "KubeletReady", "kubelet is posting ready status"),
    }
    return [
        {
            "lastHeartbeatTime": seen,
            "lastTransitionTime": born,
            "message": message,
            "reason": reason,
            "status": status,
            "type": kind,
        }
        for kind, (status, reason, message) in texts.items()
    ]


def node(machine: Machine) -> Object:
    """Build a Node as kubelet and the cloud controller fill it."""
    kubelet, image, kernel, containerd = _SOFTWARE[machine.pool]
    fargate = machine.pool == "edi"
    size = {"cpu": "2" if fargate else "8" if machine.pool == "batch" else "4", "ephemeral-storage": "80Gi"}
    size |= {"memory": "3876Mi" if fargate else "16Gi", "pods": "1" if fargate else "58"}
    provider_id = f"aws:///{REGION}{machine.zone}/{machine.instance}"
    spec: Object = {"providerID": provider_id}
    if fargate:
        task = f"{hexes('task', machine.name, length=10)}-{hexes('fargate', machine.name, length=32)}"
        spec = {
            "providerID": f"aws:///{REGION}{machine.zone}/{task}/{machine.name}",
            "taints": [{"effect": "NoSchedule", "key": "eks.amazonaws.com/compute-type", "value": "fargate"}],
        }
    elif machine.pool == "batch":
        spec["taints"] = [{"effect": "NoSchedule", "key": "fjordkite.example/batch", "value": "true"}]
    seen = later(DUMPED, seconds=-30 - len(machine.name) % 17)
    return make(
        "v1",
        "Node",
        machine.name,
        made=machine.born,
        by="eks" if fargate else "kubelet",
        labels=_labels(machine),
        annotations={"volumes.kubernetes.io/controller-managed-attach-detach": "true"},
        status_by="kubelet",
        status_at=seen,
        spec=spec,
        status={
            "addresses": [
                {"address": machine.address, "type": "InternalIP"},
                {"address": machine.name.removeprefix("fargate-"), "type": "Hostname"},
            ],
            "allocatable": size,
            "capacity": size,
            "conditions": _conditions(seen, machine.born),
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": {
                "architecture": "amd64",
                "bootID": uid("boot", machine.name),
                "containerRuntimeVersion": f"containerd://{containerd}",
                "kernelVersion": kernel,
                "kubeProxyVersion": kubelet if fargate else "",
                "kubeletVersion": kubelet,
                "machineID": hexes("machine", machine.name, length=32),
                "operatingSystem": "linux",
                "osImage": image,
                "systemUUID": uid("system", machine.name),
            },
        },
    )


def lease(machine: Machine) -> Object:
    """Build the lease by which the node says that it lives."""
    seen = later(DUMPED, seconds=-(len(machine.name) % 9))
    return make(
        "coordination.k8s.io/v1",
        "Lease",
        machine.name,
        "kube-node-lease",
        made=machine.born,
        by="kubelet",
        spec={"holderIdentity": machine.name, "leaseDurationSeconds": 40, "renewTime": seen.replace("Z", ".000000Z")},
    )


def objects() -> list[Object]:
    """All nodes and their leases."""
    return [build(machine) for machine in MACHINES for build in (node, lease)]


def cluster_arn() -> str:
    """ARN of the cluster."""
    return f"arn:aws:eks:{REGION}:111122223333:cluster/{CLUSTER}"
