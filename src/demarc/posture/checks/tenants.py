"""Checks of tenancy: who runs beside whom, where, and within which bounds; and calls of APIs that go away."""

from __future__ import annotations

from collections.abc import Iterator

from demarc.access.techniques.pods import Running
from demarc.inventory.platform import BUILT_IN, built_by_provider, marker, reserved
from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import Installer
from demarc.model.posture import Fix, Found, ObjectRef, Severity
from demarc.posture.checks.grants import command, shortened
from demarc.posture.checks.rbac_trail import GIVE_TRAIL, NO_TRAIL
from demarc.posture.checks.removed_apis import removed_in
from demarc.posture.checks.workloads import of_workload, seen, unseen_workloads
from demarc.posture.ground import Ground
from demarc.posture.interface import Check, Report

_UPSTREAM = ("registry.k8s.io/", "k8s.gcr.io/")
_TENANT = ("capsule.clastix.io/tenant", "tenant", "customer", "vcluster.loft.sh/managed-by")
_STAGE = ("environment", "env", "stage", "tier")
_PRODUCTION = frozenset({"prod", "production", "prd", "live"})
_OTHER = frozenset({"dev", "development", "test", "testing", "qa", "sandbox", "staging", "stage", "preview", "lab"})


def _in_default(ground: Ground, report: Report) -> None:
    report.looked(len(ground.workloads))
    for running in ground.workloads:
        if running.namespace == "default" and not ground.is_providers(ground.component_of(running)):
            fix = Fix(says="Move it to a namespace with an owner, a quota and policies of its own.")
            says = "runs in the namespace default, which nobody owns and which no policy is made for"
            report.violated(of_workload(ground, running, says, (seen("metadata.namespace", "default"),), fix))
    unseen_workloads(ground, report)


def _among_system(ground: Ground, report: Report) -> None:
    """A component belongs there, whoever installed it; so does what bears the provider's or Kubernetes' own marks."""
    for running in ground.workloads:
        if not reserved(running.namespace, ground.provider):
            continue
        report.looked()
        if running.kind == "StaticPod" or _is_known(ground, running) or _is_systems(ground, running):
            continue
        fix = Fix(says=f"Move it to a namespace of its team; {running.namespace} is for what runs the cluster.")
        says = f"runs in {running.namespace}, among what the cluster is run by, and is no known part of it"
        report.violated(of_workload(ground, running, says, (seen("metadata.namespace", running.namespace),), fix))
    unseen_workloads(ground, report)
    if ground.workloads:
        report.holds("nothing but known components runs in namespaces of the platform")


def _is_known(ground: Ground, running: Running) -> bool:
    """Whether it is a component that the catalogue knows, or the provider's: whatever lies there is called one."""
    found = ground.components.get(ground.component_of(running))
    return found is not None and (bool(found.supplier) or found.installer is Installer.PROVIDER)


def _is_systems(ground: Ground, running: Running) -> bool:
    if any(marker(labels, {}, ground.provider) for labels in running.labels):
        return True
    images = [container.image for _, container in running.containers()]
    return bool(images) and all(
        image.startswith(_UPSTREAM) or built_by_provider(image, ground.provider) for image in images
    )


def _unbounded(ground: Ground, report: Report) -> None:
    quotas = {item.metadata.namespace for item in ground.snapshot.objects.get("ResourceQuota", ())}
    ranges = {item.metadata.namespace for item in ground.snapshot.objects.get("LimitRange", ())}
    why = ground.view.missing("resourcequotas")
    if not quotas and not why and not ground.is_live:
        why = "no ResourceQuota is in what was given: whether the cluster has none, or none was listed, is not known"
    if why:
        report.unseen("resourcequotas", why, "give kubectl get resourcequotas,limitranges -A -o json as one more input")
        return
    for namespace in sorted({running.namespace for running in ground.workloads}):
        if namespace in BUILT_IN or reserved(namespace, ground.provider):
            continue
        report.looked()
        if namespace in quotas:
            continue
        beside = "; a LimitRange bounds single containers only" if namespace in ranges else ""
        report.violated(
            Found(
                object=ObjectRef(kind="Namespace", name=namespace),
                scope=ground.namespace(namespace),
                says=f"Namespace {namespace} has no ResourceQuota: its pods may take all that the nodes have{beside}",
                fields=(seen("ResourceQuota", None), seen("LimitRange", "there" if beside else None)),
                fix=Fix(
                    says="Set a quota with room for what runs there today.",
                    command=command(
                        "create", "quota", "bounds", namespace, "--hard=requests.cpu=CPU,requests.memory=MEM"
                    ),
                ),
                evidence=(Evidence(says=f"no ResourceQuota lies in {namespace}", grade=Grade.WRITTEN),),
            )
        )
    report.holds("every namespace with workloads has a ResourceQuota")
    unseen_workloads(ground, report)


def _trust(labels: dict[str, str]) -> tuple[str, str]:
    """Whom a namespace is for, by its labels: kind of the label and value; empty where none tells."""
    for label in _TENANT:
        if labels.get(label):
            return "tenant", labels[label]
    for label in _STAGE:
        value = labels.get(label, "").lower()
        if value in _PRODUCTION:
            return "stage", "production"
        if value in _OTHER:
            return "stage", value
    return "", ""


def _shared_kernel(ground: Ground, report: Report) -> None:
    """Namespaces of other tenants, or of other stages than production, with pods on the same node without a sandbox."""
    told = {name: trust for name, labels in ground.view.namespaces.items() if (trust := _trust(labels))[1]}
    on_node: dict[str, dict[str, list[Running]]] = {}
    for running in ground.workloads:
        if running.namespace in told:
            report.looked()
            for node in running.nodes:
                on_node.setdefault(node, {}).setdefault(running.namespace, []).append(running)
    shared: dict[str, tuple[dict[str, None], dict[str, None], dict[str, None]]] = {}
    for node, spaces in on_node.items():
        for namespace, runs in spaces.items():
            others = [other for other in spaces if _apart(told[namespace], told[other])]
            loose = [running.what for running in runs if not _is_sandboxed(running)]
            if others and loose:
                nodes, beside, whats = shared.setdefault(namespace, ({}, {}, {}))
                nodes[node] = None
                beside.update(dict.fromkeys(others))
                whats.update(dict.fromkeys(loose))
    for namespace, (nodes, beside, whats) in sorted(shared.items()):
        kind, value = told[namespace]
        report.violated(
            Found(
                object=ObjectRef(kind="Namespace", name=namespace),
                scope=ground.namespace(namespace),
                says=f"Namespace {namespace} ({kind} {value}) shares nodes with {shortened(beside, 3)}, no sandbox: "
                f"{shortened(whats, 3)} on {shortened(nodes, 2)}",
                fields=(seen(f"metadata.labels: {kind}", value), seen("spec.runtimeClassName", None)),
                fix=Fix(says="Give it nodes of its own by taints, or a RuntimeClass with a sandbox (gVisor, Kata)."),
                evidence=(Evidence(says=f"pods of both run on {shortened(nodes, 3)}", grade=Grade.WRITTEN),),
            )
        )
    if not told:
        report.unseen(
            "who trusts whom",
            "no label of a namespace says for which tenant or stage it is",
            "label namespaces with tenant or environment",
        )
    unseen_workloads(ground, report)
    report.holds("no node runs pods of namespaces that are labelled for different tenants or stages")


def _apart(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether the first is trusted less than the second, or belongs to somebody else."""
    if one[0] == "tenant" and other[0] == "tenant":
        return one[1] != other[1]
    return one[0] == other[0] == "stage" and other[1] == "production" != one[1]


def _is_sandboxed(running: Running) -> bool:
    return bool(running.specs) and all(spec.runtime_class_name for spec in running.specs)


def _old_apis(ground: Ground, report: Report) -> None:
    """What a server gives back is of a version that it serves; what clients ask for shows in the trail alone."""
    for found in _written_old(ground, report):
        report.violated(found)
    trail = ground.trail
    for use in trail.deprecated if trail is not None else ():
        report.looked()
        if _is_control_plane(use.user, use.agent):
            continue
        gone = f", gone in {use.removed_in}" if use.removed_in else ""
        name = f"{use.group}/{use.version}" if use.group else use.version
        report.violated(
            Found(
                object=ObjectRef(kind="User", name=use.user),
                scope=ground.cluster,
                says=f"{use.user} ({use.agent[:60]}) calls {use.resource} of {name}, which is deprecated{gone}: "
                f"{use.requests} requests, last on {use.last:%Y-%m-%d}",
                fields=(seen("audit: k8s.io/deprecated", True),),
                fix=Fix(says="Update the client."),
                mark=f"{use.group}/{use.version}/{use.resource}/{use.agent}",
                evidence=(Evidence(says=f"{use.requests} requests in the trail", grade=Grade.WRITTEN),),
            )
        )
    if trail is None and not ground.is_manifests:
        report.unseen("what clients call", NO_TRAIL, GIVE_TRAIL)
    report.holds("no deprecated version is written in manifests or called in the trail")


def _is_control_plane(user: str, agent: str) -> bool:
    """Whether it is a part of Kubernetes itself, which knows when to stop: nobody here can update it by itself."""
    return agent.startswith(("kube-apiserver/", "kube-controller-manager/", "kube-scheduler/", "kubelet/")) or (
        user.startswith("system:") and not user.startswith("system:serviceaccount:")
    )


def _written_old(ground: Ground, report: Report) -> Iterator[Found]:
    for key, items in ground.snapshot.objects.items():
        kind = key.partition(".")[0]
        for item in items:
            report.looked()
            gone = removed_in(item.api_version, kind)
            if gone:
                yield Found(
                    object=ObjectRef(kind=kind, namespace=item.metadata.namespace, name=item.metadata.name),
                    scope=ground.namespace(item.metadata.namespace),
                    says=f"{kind} {item.key} is written as {item.api_version}, gone since Kubernetes {gone[0]}: "
                    f"write {gone[1]}",
                    fields=(seen("apiVersion", item.api_version),),
                    fix=Fix(says=f"Write it as {gone[1]}.", patch=f"apiVersion: {gone[1]}"),
                    severity=Severity.MEDIUM if _is_gone(ground, gone[0]) else None,
                    source=item.source,
                )


def _is_gone(ground: Ground, release: str) -> bool:
    """Whether the cluster's own version no longer serves it."""
    try:
        major, minor = (
            int("".join(filter(str.isdigit, part))) for part in (ground.version or "").lstrip("v").split(".")[:2]
        )
    except ValueError:
        return False
    return (major, minor) >= tuple(int(part) for part in release.split("."))


CHECKS: tuple[Check, ...] = (
    Check("DM-TEN-001", _in_default),
    Check("DM-TEN-002", _among_system),
    Check("DM-TEN-003", _unbounded),
    Check("DM-TEN-008", _shared_kernel),
    Check("DM-TEN-009", _old_apis),
)
