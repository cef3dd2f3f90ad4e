"""Checks of nodes as the provider describes their pools, and of what a kubelet says of itself.

Whether pods reach a node's metadata service is answered where paths ask it too. Versions are another module's matter.
"""

from __future__ import annotations

from typing import Any, Final

from demarc.access.cloud.answers import Answer
from demarc.access.techniques.outside import outside
from demarc.inventory.records import dig
from demarc.model.duties import Unit
from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import Scope
from demarc.model.posture import FieldSeen, Fix, Found, ObjectRef, Severity
from demarc.posture.checks.described import Described, ask_cluster, ask_pools
from demarc.posture.ground import Ground
from demarc.posture.interface import Check, Report

_CONFIGZ: Final = "kubectl get --raw /api/v1/nodes/NODE/proxy/configz > configz-NODE.json"
_NO_NODES: Final = "include nodes (kubectl get nodes -o json)"


# DM-MCP-002


def _public(ground: Ground, report: Report) -> None:
    report.unseen("nodes", ground.view.missing("nodes"), "allow listing nodes, see demarc rbac-needed")
    if not ground.view.nodes:
        report.unseen("nodes", "no node was seen", _NO_NODES)
    for pool in ground.inventory.pools:
        named = [ground.view.nodes[name] for name in pool.node_names if name in ground.view.nodes]
        report.looked(len(named))
        outward = [
            (node.metadata.name, one.address)
            for node in named
            for one in node.status.addresses or ()
            if one.type == "ExternalIP" and one.address
        ]
        if outward:
            count = len({name for name, _ in outward})
            says = f"{count} of {len(named)} nodes have an address of the internet: whatever listens there, "
            says += "kubelet and host ports included, is one firewall rule away from everybody"
            report.violated(
                Found(
                    object=ObjectRef(kind="Pool", name=pool.name),
                    scope=Scope(kind=Unit.POOL, name=pool.name),
                    says=says,
                    fields=tuple(
                        FieldSeen(path=f"Node {name} status.addresses[ExternalIP]", value=address)
                        for name, address in outward[:5]
                    ),
                    fix=Fix(says="Put the nodes into private subnets, behind a gateway for what they fetch."),
                    evidence=(
                        Evidence(says=f"node {outward[0][0]} has ExternalIP {outward[0][1]}", grade=Grade.WRITTEN),
                    ),
                )
            )


# DM-MCP-011


def _metadata(ground: Ground, report: Report) -> None:
    if ground.provider == "rosa":
        ask_cluster(ground, report, {"rosa": _rosa_metadata})
        return
    for found in outside(ground.view).node_roles:
        scope = Scope(kind=Unit.POOL, name=found.pool.name)
        if found.pods.answer is Answer.UNKNOWN:
            report.unseen(
                f"metadata service of pool {found.pool.name}", found.pods.says, _METADATA.get(ground.provider, "")
            )
            continue
        report.looked()
        if found.pods.answer is Answer.YES:
            role = f" ({found.role})" if found.role else ""
            report.violated(
                Found(
                    object=ObjectRef(kind="Pool", name=found.pool.name),
                    scope=scope,
                    says="every pod reaches the metadata service of its node, and with it the node's cloud "
                    f"role{role}: "
                    f"{found.pods.says}",
                    fields=(FieldSeen(path="metadata options", value=found.pods.says),),
                    fix=Fix(says=_METADATA_FIX.get(ground.provider, "Keep pods from the metadata service.")),
                    evidence=found.evidence,
                )
            )


_METADATA: Final = {
    "eks": "give the output of: aws ec2 describe-launch-template-versions --launch-template-id ID",
    "gke": "give the output of: gcloud container clusters describe NAME --location LOCATION --format=json",
    "aks": "give the output of: az aks show --name NAME --resource-group GROUP",
}
_METADATA_FIX: Final = {
    "eks": "Set HttpTokens to required and HttpPutResponseHopLimit to 1 in the launch template, then roll the nodes.",
    "gke": "Set --workload-metadata=GKE_METADATA on the node pool.",
    "aks": "Let a network policy keep pods from 169.254.169.254, or set podLinkLocalAccess to None where it is "
    "offered.",
}


def _rosa_metadata(it: Described) -> None:
    path = "aws.ec2_metadata_http_tokens"
    tokens = it.text(path)
    if not tokens:
        it.unseen(path)
    elif tokens != "required":
        it.violated(
            "IMDSv1 is answered: any pod, or a flaw that fetches addresses, gets the credentials of its node",
            path,
            fix="Machines take it when they are made: use --ec2-metadata-http-tokens required for the next cluster.",
        )


# DM-MCP-012


def _integrity(ground: Ground, report: Report) -> None:
    ask_pools(
        ground,
        report,
        {
            "eks": _eks_integrity,
            "gke": _gke_integrity,
            "aks": _aks_integrity,
            "rosa": "Red Hat builds the nodes' operating system and sets its boot",
        },
    )


def _eks_integrity(it: Described) -> None:
    kind = it.text("amiType")
    if kind.startswith("AL2_"):
        it.violated(
            "Amazon Linux 2 has no newer images of EKS since 2025-11-26: nobody mends what is found in it",
            "amiType",
            fix="Move the pool to Bottlerocket or Amazon Linux 2023.",
        )
    elif kind == "CUSTOM":
        it.unseen("amiType", f"{it.record.name} runs an image of your own: how it boots is not in the description")


def _gke_integrity(it: Described) -> None:
    shielded = "config.shieldedInstanceConfig"
    off = [
        path for path in (f"{shielded}.enableSecureBoot", f"{shielded}.enableIntegrityMonitoring") if not it.true(path)
    ]
    if off:
        it.violated(
            "nodes boot what they find on their disk: a rootkit that survives a restart stays unseen",
            *off,
            fix="Make the pool with --shielded-secure-boot and --shielded-integrity-monitoring.",
            mark="boot",
        )
    image = it.text("config.imageType").upper()
    if image and not image.startswith(("COS", "WINDOWS")):
        it.violated(
            f"{image} is a general operating system: more runs on the node than containers need",
            "config.imageType",
            fix="Use COS_CONTAINERD.",
            mark="image",
        )


def _aks_integrity(it: Described) -> None:
    off = [
        f"securityProfile.{name}"
        for name in ("enableSecureBoot", "enableVTPM")
        if not it.true(f"securityProfile.{name}")
    ]
    if off:
        it.violated(
            "nodes boot what they find on their disk: a rootkit that survives a restart stays unseen",
            *off,
            fix="Make the pool with --enable-secure-boot and --enable-vtpm.",
        )


# DM-MCP-013


def _automatic(ground: Ground, report: Report) -> None:
    if ground.provider == "aks":
        ask_cluster(ground, report, {"aks": _aks_automatic})
        return
    ask_pools(ground, report, {"eks": _eks_automatic, "gke": _gke_automatic, "rosa": _rosa_automatic})


def _eks_automatic(it: Described) -> None:
    if it.record.kind == "eks.nodegroup" and not it.true("nodeRepairConfig.enabled"):
        it.violated(
            "repair is off: a node that fails stays until somebody sees it; low, because updates are started by you "
            "in any case",
            "nodeRepairConfig.enabled",
            fix="Switch repair on.",
            command=f"aws eks update-nodegroup-config --cluster-name {it.record.parent} --nodegroup-name "
            f"{it.record.name} "
            "--node-repair-config enabled=true",
            severity=Severity.LOW,
        )


def _gke_automatic(it: Described) -> None:
    off = [path for path in ("management.autoUpgrade", "management.autoRepair") if not it.true(path)]
    if off:
        upgrade = "management.autoUpgrade" in off
        it.violated(
            "automatic upgrades are off: Google's fixes of the node image wait for you, and patching is yours alone"
            if upgrade
            else "automatic repair is off: a node that fails stays until somebody sees it; low, because upgrades "
            "are automatic",
            *off,
            fix="Switch automatic upgrade and repair on, with a maintenance window.",
            command=f"gcloud container node-pools update {it.record.name} --cluster {it.record.parent} "
            "--enable-autoupgrade "
            "--enable-autorepair",
            severity=None if upgrade else Severity.LOW,
        )


def _aks_automatic(it: Described) -> None:
    path = "autoUpgradeProfile.nodeOSUpgradeChannel"
    channel = it.text(path)
    if it.text("sku.name").lower() == "automatic" or channel in ("NodeImage", "SecurityPatch"):
        return
    if not channel:
        it.unseen(path, "no channel is set, and Microsoft's pages name different defaults")
    else:
        it.violated(
            f"the channel of node images is {channel}: "
            + (
                "nobody rolls them but you"
                if channel == "None"
                else "nodes patch themselves, and reboot only when you do it"
            ),
            path,
            fix="Choose NodeImage or SecurityPatch, with a maintenance window.",
            command=f"az aks update --name {it.record.name} --resource-group GROUP --node-os-upgrade-channel NodeImage",
        )


def _rosa_automatic(it: Described) -> None:
    if it.record.kind == "rosa.nodePool" and not it.true("auto_repair"):
        it.violated(
            "repair is off: a node that fails stays until somebody sees it",
            "auto_repair",
            fix="Switch repair on.",
            command=f"rosa edit machinepool --cluster CLUSTER --autorepair=true {it.record.name}",
        )


# DM-MCP-014


def _kubelet(ground: Ground, report: Report) -> None:
    for record in ground.snapshot.of("k8s.kubeletConfig"):
        report.looked()
        weak = [(path, says) for path, says in _WEAK if _is_weak(path, dig(record.body, path))]
        if weak:
            it = Described(ground, report, record)
            worst = any(path in _OPEN for path, _ in weak)
            it.violated(
                "; ".join(says for _, says in weak),
                *(path for path, _ in weak),
                fix="Set it in the kubelet's configuration of the pool (launch template, node system config), and "
                "roll the nodes.",
                severity=None if worst else Severity.LOW,
            )
    if ground.provider == "gke":
        ask_pools(ground, report, {"gke": _gke_kubelet})
    if not ground.snapshot.of("k8s.kubeletConfig"):
        report.unseen(
            "kubelet configuration", "what kubelets were started with was not given", f"give the output of: {_CONFIGZ}"
        )


_WEAK: Final = (
    ("authentication.anonymous.enabled", "the kubelet answers who does not sign in"),
    ("authorization.mode", "the kubelet lets everybody who signs in do everything"),
    ("readOnlyPort", "the read-only port tells everybody what runs"),
    ("rotateCertificates", "its certificate is not renewed"),
    ("eventRecordQPS", "it limits no events, so that a flood of them fills the store"),
    ("makeIPTablesUtilChains", "it does not keep up the rules of its firewall"),
    ("streamingConnectionIdleTimeout", "connections that nobody uses stay open"),
)
_OPEN: Final = ("authentication.anonymous.enabled", "authorization.mode", "readOnlyPort")


def _is_weak(path: str, value: Any) -> bool:
    if path == "authorization.mode":
        return bool(value == "AlwaysAllow")
    if path == "readOnlyPort":
        return isinstance(value, int) and value > 0
    if path in ("rotateCertificates", "makeIPTablesUtilChains"):
        return value is False
    if path == "eventRecordQPS":
        return bool(value == 0)
    return value in ("0s", "0") if path == "streamingConnectionIdleTimeout" else value is True


def _gke_kubelet(it: Described) -> None:
    path = "config.kubeletConfig.insecureKubeletReadonlyPortEnabled"
    if it.true(path):
        it.violated(
            "the read-only port of the kubelet is open: every pod of the node's network learns what runs, with its "
            "environment",
            path,
            fix="Switch the port off.",
            command=f"gcloud container node-pools update {it.record.name} --cluster {it.record.parent} "
            "--no-enable-insecure-kubelet-readonly-port",
        )


CHECKS: tuple[Check, ...] = (
    Check("DM-MCP-002", _public),
    Check("DM-MCP-011", _metadata),
    Check("DM-MCP-012", _integrity),
    Check("DM-MCP-013", _automatic),
    Check("DM-MCP-014", _kubelet),
)
