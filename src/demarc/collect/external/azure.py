"""Answers of the Azure CLI, of ARM and of Resource Graph: AKS, its extensions, log settings, roles and identities.

The same resource comes in two spellings: ARM keeps fields under ``properties``, the CLI lifts them up and changes the
case of some. Both become one body: no ``properties`` level, ARM's names, values as given, null kept. A field of the
properties that ARM also has on the resource (``type`` of an agent pool) is named as the CLI names it,
``typePropertiesType``.
"""

from __future__ import annotations

import re
from typing import Any

from demarc.collect.external.plain import withhold
from demarc.collect.external.shape import Body, Shape, described, field, has, objects, record, text
from demarc.model.snapshot import Record

_ARM_NAMES = {
    name.lower().replace("-", ""): name
    for name in (
        "authorizedIPRanges",
        "azurePortalFQDN",
        "balance-similar-node-groups",
        "blobCSIDriver",
        "capacityReservationGroupID",
        "clientAppID",
        "containerLogMaxSizeMB",
        "countIPv6",
        "customCATrustCertificates",
        "daemonset-eviction-for-empty-nodes",
        "daemonset-eviction-for-occupied-nodes",
        "diskCSIDriver",
        "diskEncryptionSetID",
        "dnsServiceIP",
        "adminGroupObjectIDs",
        "effectiveOutboundIPs",
        "enableAzureRBAC",
        "enableCSIProxy",
        "enableFIPS",
        "enableNodePublicIP",
        "enablePrivateClusterPublicFQDN",
        "enableRBAC",
        "enableUltraSSD",
        "enableVTPM",
        "fileCSIDriver",
        "gatewayAPI",
        "hostGroupID",
        "ignore-daemonsets-utilization",
        "issuerURL",
        "kubeDNSOverrides",
        "linuxOSConfig",
        "localDNSProfile",
        "managedOutboundIPs",
        "max-empty-bulk-delete",
        "max-graceful-termination-sec",
        "max-node-provision-time",
        "max-total-unready-percentage",
        "new-pod-scale-up-delay",
        "nodeOSUpgradeChannel",
        "nodePublicIPPrefixID",
        "nodePublicIPTags",
        "nodeSubnetID",
        "ok-total-unready-count",
        "osDiskSizeGB",
        "osSKU",
        "outboundIPPrefixes",
        "outboundIPs",
        "podIPAllocationMode",
        "podSubnetID",
        "privateDNSZone",
        "privateFQDN",
        "proximityPlacementGroupID",
        "publicIPs",
        "publicIPPrefixes",
        "resourceUID",
        "scale-down-delay-after-add",
        "scale-down-delay-after-delete",
        "scale-down-delay-after-failure",
        "scale-down-unneeded-time",
        "scale-down-unready-time",
        "scale-down-utilization-threshold",
        "scan-interval",
        "serverAppID",
        "skip-nodes-with-local-storage",
        "skip-nodes-with-system-pods",
        "tenantID",
        "vnetDNSOverrides",
        "vnetSubnetID",
    )
}
"""ARM's names of container service fields that the CLI spells otherwise (azure-mgmt-containerservice 41.8.0)."""

_USERS_OWN = frozenset(
    {"tags", "nodeLabels", "config", "identity", "identityProfile", "userAssignedIdentities", "sku", "systemData"}
)
"""Fields whose children are not the container service's own: never renamed."""

_CLUSTER_ID = re.compile(r"/providers/Microsoft\.ContainerService/managedClusters/([^/]+)", re.IGNORECASE)
_IDENTITY_ID = re.compile(r"/userAssignedIdentities/([^/]+)/federatedIdentityCredentials/", re.IGNORECASE)
_SETTINGS_ID = re.compile(r"^(.*)/providers/Microsoft\.Insights/diagnosticSettings/", re.IGNORECASE)


def flat(resource: Body) -> Body:
    """Lift ``properties`` up, as the CLI does; a resource without that level is kept as it is."""
    inner = resource.get("properties")
    if not isinstance(inner, dict):
        return resource
    outer = {name: value for name, value in resource.items() if name != "properties"}
    if "type" in inner and "type" in outer:
        outer["typePropertiesType"] = inner["type"]
    return {**inner, **outer}


def arm(value: Any) -> Any:
    """Spell container service fields as ARM does, at every level but in what users name."""
    if isinstance(value, dict):
        return {
            _ARM_NAMES.get(name.lower(), name): item if name in _USERS_OWN else arm(item)
            for name, item in value.items()
        }
    return [arm(item) for item in value] if isinstance(value, list) else value


def _typed(kind: str) -> Any:
    """Match the resource by its ARM type, else by its id; both are case-insensitive in Azure."""
    last = kind.lower().rpartition("/")[2]

    def looks(body: Body) -> bool:
        if text(body, "type").lower() == kind.lower():
            return "name" in body
        identifier = text(body, "id").lower().rstrip("/").split("/")
        provider, _, _ = kind.lower().partition("/")
        return len(identifier) > 2 and identifier[-2] == last and provider in identifier and "name" in body

    return looks


def _container(body: Body) -> Body:
    tidied: Body = arm(flat(body))
    return tidied


def _cluster_of(body: Body) -> str:
    found = _CLUSTER_ID.search(text(body, "id"))
    return found[1] if found else ""


def _pools(body: Body, cluster: str) -> list[Record]:
    """The profiles of a cluster are its agent pools without the resource around them."""
    return [
        record(
            "aks.agentPool",
            {"typePropertiesType" if name == "type" else name: value for name, value in item.items()},
            name=text(item, "name"),
            parent=cluster,
        )
        for item in objects(body.get("agentPoolProfiles"))
    ]


def _extension(body: Body) -> Body:
    tidied = dict(flat(body))
    if isinstance(tidied.get("configurationProtectedSettings"), dict):
        settings = tidied["configurationProtectedSettings"]
        tidied["configurationProtectedSettings"] = {name: withhold(value) for name, value in settings.items()}
    return tidied


def _is_setting(body: Body) -> bool:
    return bool(_SETTINGS_ID.search(text(body, "id"))) and "name" in body


def _settings_parent(body: Body) -> str:
    """The cluster for settings of one, else the id of the resource that they are on."""
    found = _SETTINGS_ID.search(text(body, "id"))
    return _cluster_of(body) or (found[1] if found else "")


def _is_assignment(body: Body) -> bool:
    inner = flat(body)
    return has(inner, "roleDefinitionId", "principalId", "scope")


def _is_federated(body: Body) -> bool:
    inner = flat(body)
    return has(inner, "issuer", "subject", "audiences", "name")


SHAPES: tuple[Shape, ...] = (
    described(
        "az aks show, list",
        "aks.cluster",
        looks=_typed("Microsoft.ContainerService/managedClusters"),
        named=field("name"),
        many=("value",),
        tidy=_container,
        besides=_pools,
        besides_kinds=("aks.agentPool",),
    ),
    described(
        "az aks nodepool show, list",
        "aks.agentPool",
        looks=_typed("Microsoft.ContainerService/managedClusters/agentPools"),
        named=field("name"),
        parent=_cluster_of,
        many=("value",),
        tidy=_container,
    ),
    described(
        "az k8s-extension show, list",
        "aks.extension",
        looks=_typed("Microsoft.KubernetesConfiguration/extensions"),
        named=field("name"),
        parent=_cluster_of,
        many=("value", "extensions"),
        none=("extensions",),
        tidy=_extension,
    ),
    described(
        "az monitor diagnostic-settings show, list",
        "azure.diagnosticSetting",
        looks=_is_setting,
        named=field("name"),
        parent=_settings_parent,
        many=("value", "diagnosticSettings"),
        none=("diagnosticSettings",),
        tidy=flat,
    ),
    described(
        "az role assignment list",
        "azure.roleAssignment",
        looks=_is_assignment,
        named=field("name"),
        parent=field("scope"),
        many=("value", "roleAssignments"),
        none=("roleAssignments",),
        tidy=flat,
    ),
    described(
        "az role definition list",
        "azure.roleDefinition",
        looks=lambda b: has(flat(b), "roleName", "permissions", "assignableScopes"),
        named=field("roleName"),
        many=("value",),
        tidy=flat,
    ),
    described(
        "az identity show, list",
        "azure.managedIdentity",
        looks=_typed("Microsoft.ManagedIdentity/userAssignedIdentities"),
        named=field("name"),
        many=("value",),
        tidy=flat,
    ),
    described(
        "az identity federated-credential list, az ad app federated-credential list",
        "azure.federatedCredential",
        looks=_is_federated,
        named=field("name"),
        parent=lambda b: found[1] if (found := _IDENTITY_ID.search(text(b, "id"))) else "",
        many=("value",),
        tidy=flat,
    ),
    described(
        "az aro show, list",
        "aro.cluster",
        looks=_typed("Microsoft.RedHatOpenShift/openShiftClusters"),
        named=field("name"),
        many=("value",),
        tidy=flat,
    ),
)
"""``value`` is the envelope of ARM's own lists; the named ones are those of ``--query "{extensions:@}"``, in which an
empty list still says of what. Resource Graph's ``data`` is taken off before (see recognise)."""
