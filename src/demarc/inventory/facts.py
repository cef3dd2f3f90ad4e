"""Facts: descriptions by object type, as the boundary's conditions read them, and what is known without one."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from demarc.inventory.components import Components
from demarc.inventory.pools import Pools
from demarc.inventory.records import Descriptions, dig, words
from demarc.inventory.sight import Sight
from demarc.model.snapshot import Record

_MANY: Final = ("eks.capability", "aks.extension", "eks.accessEntry", "eks.fargateProfile")
"""Kinds of which a cluster has several, and which hold for the whole of it."""
_TEMPLATE: Final = "ec2.launchTemplateVersion"
_SYMBOLIC: Final = {"$Default": "DefaultVersion", "": "DefaultVersion"}


class Facts(Struct, frozen=True, kw_only=True):
    """What conditions may read. An object type that is absent was not given; one that is empty has none."""

    facts: dict[str, tuple[dict[str, Any], ...]]
    pool_facts: dict[str, dict[str, dict[str, Any]]]
    component_facts: dict[str, dict[str, dict[str, Any]]]
    partial: dict[str, tuple[str, ...]]


def facts(sight: Sight, provider: str, found: Pools, parts: Components) -> Facts:
    """Gather facts about the cluster, its pools and its components."""
    cluster: dict[str, tuple[dict[str, Any], ...]] = {}
    partial: dict[str, tuple[str, ...]] = {}
    record = sight.descriptions.cluster
    if record is not None:
        cluster[record.kind] = (record.body,)
    for kind in _MANY:
        if sight.descriptions.given(kind):
            bodies = tuple(item.body for item in sight.descriptions.of(kind))
            if bodies or sight.descriptions.listing(kind):
                cluster[kind] = bodies
    if sight.machines:
        cluster["k8s.node"] = tuple(_node(machine.provider_id) for machine in sight.machines)
    if provider == "eks" and "eks.cluster" not in cluster and sight.snapshot.server_version:
        minor = _minor(sight.snapshot.server_version)
        if minor:
            cluster["eks.cluster"] = ({"version": minor},)
            partial["eks.cluster"] = ("version",)
    return Facts(
        facts=dict(sorted(cluster.items())),
        pool_facts=_of_pools(sight, found),
        component_facts={
            identifier: {record.kind: _addon(record)} for identifier, record in sorted(parts.records.items())
        },
        partial=partial,
    )


def _addon(record: Record) -> dict[str, Any]:
    """An add-on with its owner: EKS names one only for those of other sellers, which have marketplace information."""
    body = record.body
    if record.kind != "eks.addon" or body.get("owner") or body.get("marketplaceInformation"):
        return body
    return {**body, "owner": "aws"}


def _node(provider_id: str) -> dict[str, Any]:
    """A node as far as conditions ask; without a providerID the field is absent, as in the API."""
    return {"spec": {"providerID": provider_id} if provider_id else {}}


def _minor(version: str) -> str:
    """``1.32`` of ``v1.32.1-eks-5d632ec``, as ``describe-cluster`` writes it."""
    parts = version.removeprefix("v").split(".")
    return ".".join(parts[:2]) if len(parts) > 1 and parts[0].isdigit() and parts[1].isdigit() else ""


def _of_pools(sight: Sight, found: Pools) -> dict[str, dict[str, dict[str, Any]]]:
    machines = {machine.name: machine for machine in sight.machines}
    gathered: dict[str, dict[str, dict[str, Any]]] = {}
    for pool in found.pools:
        there: dict[str, dict[str, Any]] = {}
        record = next((item for item in sight.descriptions.of(pool.record_kind) if item.name == pool.record_name), None)
        if record is not None:
            there[record.kind] = record.body
            template = _template(record, sight.descriptions) if record.kind == "eks.nodegroup" else None
            if template is not None:
                there[_TEMPLATE] = template.body
            elif record.kind == "eks.nodegroup" and not record.body.get("launchTemplate"):
                there[_TEMPLATE] = {}  # looked for, and there is none
        if pool.node_names:
            there["k8s.node"] = _node(machines[pool.node_names[0]].provider_id)
        if there:
            gathered[pool.name] = there
    return gathered


def _template(nodegroup: Record, descriptions: Descriptions) -> Record | None:
    """The version of the launch template that a node group was made from."""
    identifier, name = words(nodegroup.body, "launchTemplate.id"), words(nodegroup.body, "launchTemplate.name")
    wanted = dig(nodegroup.body, "launchTemplate.version")
    version = str(wanted) if isinstance(wanted, (str, int)) else ""
    candidates = [
        record
        for record in descriptions.of(_TEMPLATE)
        if (identifier and words(record.body, "LaunchTemplateId") == identifier)
        or (name and words(record.body, "LaunchTemplateName") == name)
    ]
    if version == "$Latest":
        return max(candidates, key=_number, default=None)
    if version in _SYMBOLIC:
        return next((record for record in candidates if dig(record.body, _SYMBOLIC[version]) is True), None)
    return next((record for record in candidates if str(_number(record)) == version), None)


def _number(record: Record) -> int:
    found = dig(record.body, "VersionNumber")
    return found if isinstance(found, int) else 0
