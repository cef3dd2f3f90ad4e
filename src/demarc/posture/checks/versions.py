"""Checks of versions: of the control plane against its support, of nodes against the control plane, of add-ons."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

from demarc.catalog.versions import Calendar, Support, calendars
from demarc.inventory.records import dig, texts, words
from demarc.model.duties import Unit
from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import Pool, Scope
from demarc.model.kubernetes import Node
from demarc.model.posture import FieldSeen, Fix, Found, ObjectRef, Severity
from demarc.posture.checks.described import Described, cluster_record, command, descriptions, pools
from demarc.posture.ground import Ground
from demarc.posture.interface import Check, Report

_SOON: Final = timedelta(days=60)
_OLDEST_IMAGE: Final = timedelta(days=90)
"""AKS ends its support for an image that is older; a month has some thirty fixes of kernel and runtime."""
_SKEW: Final = 3
"""Minor versions that a kubelet may be behind (version skew policy of Kubernetes)."""
_VERSION: Final = re.compile(r"v?(\d+)\.(\d+)")
_DAY: Final = re.compile(r"(?:^|[-.v])(20\d\d)(\d\d)\.?(\d\d)(?:\D|$)")
_ESSENTIAL: Final = {"vpc-cni": "vpc-cni", "coredns": "coredns", "kube-proxy": "kube-proxy"}
"""Components that EKS installs on its own and lists as add-ons only once somebody takes them over."""


def minor_of(version: str) -> tuple[int, int] | None:
    """Major and minor number of a version; None for what is none."""
    found = _VERSION.match(version)
    return (int(found[1]), int(found[2])) if found else None


def _text(minor: tuple[int, int]) -> str:
    return f"{minor[0]}.{minor[1]}"


def _cluster(ground: Ground) -> ObjectRef:
    return ObjectRef(kind="Cluster", name=ground.inventory.cluster.name)


# DM-MCP-003


def _supported(ground: Ground, report: Report) -> None:
    version = ground.inventory.cluster.version or ""
    minor = minor_of(version)
    if minor is None:
        report.unseen(
            "version", "the version of the control plane was not seen", "give the output of: kubectl version -o json"
        )
        return
    calendar = calendars().get(ground.provider)
    support = calendar.support(_text(minor)) if calendar else None
    if calendar is None or support is None:
        as_of = (
            f"the calendar at hand is of {calendar.as_of}"
            if calendar
            else f"no calendar of {ground.provider} is at hand"
        )
        todo = calendar.command if calendar else _ASK.get(ground.provider, "the provider's page of supported versions")
        report.unseen(
            "support calendar", f"until when {_text(minor)} is supported is not known: {as_of}", f"look at: {todo}"
        )
        return
    report.looked()
    _ends(ground, report, version, calendar, support)


_ASK: Final = {
    "aks": "az aks get-versions --location LOCATION",
    "rosa": "rosa list versions",
    "aro": "az aro get-versions --location LOCATION",
}


def _ends(ground: Ground, report: Report, version: str, calendar: Calendar, support: Support) -> None:
    record = descriptions(ground).cluster
    standard_only = record is not None and words(record.body, "upgradePolicy.supportType") == "STANDARD"
    last = support.ends if standard_only or support.extended is None else support.extended
    minor = _text(minor_of(version) or (0, 0))
    if _day(last) < ground.at:
        says, severity = f"{minor} is out of support since {last}: nobody mends its flaws", Severity.HIGH
    elif _day(last) - ground.at < _SOON:
        says, severity = (
            f"support of {minor} ends on {last}: then it is upgraded when the provider chooses",
            Severity.MEDIUM,
        )
    elif _day(support.ends) < ground.at:
        says = f"{minor} is in extended support, paid for by the hour, until {last}; low, because it is still mended"
        severity = Severity.LOW
    else:
        report.holds(f"{minor} is supported until {support.ends} ({calendar.source}, as of {calendar.as_of})")
        return
    report.violated(
        Found(
            object=_cluster(ground),
            scope=ground.cluster,
            says=says,
            fields=(FieldSeen(path="version", value=version), FieldSeen(path="support ends", value=str(last))),
            fix=Fix(says="Upgrade one minor version at a time, control plane first, then nodes and add-ons."),
            severity=severity,
            evidence=(
                Evidence(says=f"{calendar.source}, as of {calendar.as_of}: {minor} until {last}", grade=Grade.NAMED),
            ),
        )
    )


def _day(last: date) -> datetime:
    """The first moment after a last day."""
    return datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)


# DM-MCP-004


def _nodes(ground: Ground, report: Report) -> None:
    if lacks := ground.view.missing("nodes"):
        report.unseen("nodes", lacks, "allow listing nodes, see demarc rbac-needed")
    if not ground.view.nodes:
        report.unseen("nodes", "no node was seen", "include nodes (kubectl get nodes -o json)")
        return
    plane = minor_of(ground.inventory.cluster.version or "")
    if plane is None:
        report.unseen(
            "version", "the version of the control plane was not seen", "give the output of: kubectl version -o json"
        )
    for pool, bodies in pools(ground):
        nodes = [ground.view.nodes[name] for name in pool.node_names if name in ground.view.nodes]
        report.looked(len(nodes))
        behind = [node for node in nodes if plane is not None and (_kubelet(node) or plane) < plane]
        image = _image_day(nodes, [record.body for record in bodies.values()])
        if behind and plane is not None:
            report.violated(_behind(pool, behind, plane, len(nodes)))
        elif image is not None and ground.at - image > _OLDEST_IMAGE:
            report.violated(_old(pool, image, nodes, ground.at))


def _kubelet(node: Node) -> tuple[int, int] | None:
    return minor_of(node.status.node_info.kubelet_version)


def _behind(pool: Pool, behind: list[Node], plane: tuple[int, int], of: int) -> Found:
    lag = plane[1] - min((_kubelet(node) or plane)[1] for node in behind)
    far = lag > _SKEW
    return _of_pool(
        pool,
        f"{len(behind)} of {of} nodes are {lag} minor versions behind the control plane ({_text(plane)})"
        + (": further than Kubernetes allows" if far else ""),
        tuple(
            FieldSeen(path=f"Node {node.metadata.name} kubeletVersion", value=node.status.node_info.kubelet_version)
            for node in behind[:5]
        ),
        "Roll the nodes to the version of the control plane.",
        severity=Severity.HIGH if far else None if lag > 1 else Severity.LOW,
    )


def _image_day(nodes: list[Node], bodies: list[dict[str, object]]) -> datetime | None:
    """Day of the node image, where its name holds one: EKS ``1.33.5-20260929``, AKS ``...-202609.29.0``."""
    names = [words(body, path) for body in bodies for path in ("releaseVersion", "nodeImageVersion")]
    names += [node.labels.get("kubernetes.azure.com/node-image-version", "") for node in nodes]
    for name in names:
        if found := _DAY.search(name):
            try:
                return datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=UTC)
            except ValueError:
                continue
    return None


def _old(pool: Pool, image: datetime, nodes: list[Node], at: datetime) -> Found:
    days = (at - image).days
    return _of_pool(
        pool,
        f"the node image is of {image.date()}, {days} days ago: every fix of kernel and runtime since then is "
        "missing on "
        f"{len(nodes)} nodes",
        (FieldSeen(path="node image", value=str(image.date())),),
        "Roll the nodes to the newest image, and let a schedule do so every month.",
    )


def _of_pool(
    pool: Pool, says: str, fields: tuple[FieldSeen, ...], fix: str, *, severity: Severity | None = None
) -> Found:
    return Found(
        object=ObjectRef(kind="Pool", name=pool.name),
        scope=Scope(kind=Unit.POOL, name=pool.name),
        says=says,
        fields=fields,
        fix=Fix(says=fix),
        severity=severity,
        evidence=(*pool.evidence[:1], Evidence(says=f"pool {pool.name}: {says}", grade=Grade.WRITTEN)),
    )


# DM-MCP-005


def _addons(ground: Ground, report: Report) -> None:
    if ground.provider != "eks":
        report.not_applicable(
            "the provider rolls its own add-ons here" if ground.view.is_managed else "nobody else manages add-ons here"
        )
        return
    record = cluster_record(ground, report)
    if record is not None and dig(record.body, "computeConfig.enabled") is True:
        report.holds("Auto Mode runs networking, DNS and storage itself")
        return
    found = descriptions(ground)
    if not found.given("eks.addon"):
        report.unseen("eks.addon", "add-ons were not given", command(ground, "eks.addon"))
        return
    plane = minor_of(ground.inventory.cluster.version or "")
    listing = found.listing("eks.addon")
    known = {item.name for item in found.of("eks.addon")}
    known |= set(texts(dig(listing.body, "names")) if listing else ())
    for item in found.of("eks.addon"):
        report.looked()
        component = next((one for one in ground.inventory.components if one.record_name == item.name), None)
        scope = Scope(kind=Unit.COMPONENT, name=component.id) if component else ground.cluster
        it = Described(ground, report, item, scope)
        listed = dig(item.body, "health.issues")
        issues = [words(one, "code") for one in (listed if isinstance(listed, list) else ())]
        status = it.text("status")
        if issues or status not in ("ACTIVE", "UPDATING", "CREATING", ""):
            it.violated(
                f"the add-on is {status or 'unwell'}"
                + (f": {', '.join(issues)}" if issues else "")
                + (": somebody changed what EKS manages" if "ConfigurationConflict" in issues else ""),
                "status",
                "health.issues",
                fix="Put the wanted settings into configurationValues, and update the add-on.",
                command=f"aws eks update-addon --cluster-name {item.parent} --addon-name {item.name} "
                "--resolve-conflicts OVERWRITE",
                mark="health",
            )
        version = minor_of(it.text("addonVersion"))
        if item.name == "kube-proxy" and plane is not None and version is not None and version != plane:
            it.violated(
                f"kube-proxy is of {_text(version)}, the control plane of {_text(plane)}: AWS builds add-ons and "
                "never rolls them",
                "addonVersion",
                fix="Update the add-on after each upgrade of the cluster.",
                command=f"aws eks update-addon --cluster-name {item.parent} --addon-name kube-proxy --addon-version "
                "VERSION",
                mark="version",
            )
    _unmanaged(ground, report, known)


def _unmanaged(ground: Ground, report: Report, known: set[str]) -> None:
    """Components that came with the cluster and that no add-on of EKS keeps up."""
    for component in ground.inventory.components:
        addon = _ESSENTIAL.get(component.name, "")
        if addon and addon not in known:
            report.looked()
            report.violated(
                Found(
                    object=ObjectRef(kind="Component", name=component.id),
                    scope=Scope(kind=Unit.COMPONENT, name=component.id),
                    says=f"{component.title} runs beside the add-ons of EKS: its versions and fixes are all yours "
                    "to follow; low, "
                    "because it may be meant so",
                    fields=(FieldSeen(path="eks.addon", value="absent"),),
                    fix=Fix(says="Take it over as an EKS add-on, or give it an owner who follows its releases."),
                    severity=Severity.LOW,
                    component=component.id,
                    evidence=component.evidence[:1],
                )
            )


CHECKS: tuple[Check, ...] = (
    Check("DM-MCP-003", _supported),
    Check("DM-MCP-004", _nodes),
    Check("DM-MCP-005", _addons),
)
