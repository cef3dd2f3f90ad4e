"""Checks of who logs in: ways into a cluster that no identity provider can take back, and whoever made the cluster.

Field names are those of the providers' own describe answers. What somebody may do once logged in is RBAC's matter.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from demarc.access.cloud.eks import POLICIES
from demarc.access.techniques.outside import outside
from demarc.inventory.records import dig, words
from demarc.model.planes import HolderKind, Power
from demarc.model.posture import Severity
from demarc.posture.checks.described import Described, ask_cluster, command, descriptions, when
from demarc.posture.ground import Ground
from demarc.posture.interface import Check, Report

_CREATION: Final = timedelta(minutes=15)
"""An access entry that is this close to the cluster's creation was made with it."""


# DM-MCP-006


def _authentication(ground: Ground, report: Report) -> None:
    ask_cluster(
        ground,
        report,
        {
            "eks": _eks_authentication,
            "gke": _gke_authentication,
            "aks": _aks_authentication,
            "rosa": lambda it: _openshift_authentication(it, "rosa"),
            "aro": lambda it: _openshift_authentication(it, "aro"),
        },
    )


def _eks_authentication(it: Described) -> None:
    path = "accessConfig.authenticationMode"
    mode = it.text(path)
    cluster = it.record.name
    if not mode:
        it.unseen(path)
    elif mode == "CONFIG_MAP":
        it.violated(
            "who logs in stands in ConfigMap kube-system/aws-auth alone: whoever may write it makes administrators, "
            "and "
            "AWS keeps no record of it",
            path,
            fix="Write access entries for everybody in aws-auth, then let them decide.",
            command=f"aws eks update-cluster-config --name {cluster} --access-config "
            "authenticationMode=API_AND_CONFIG_MAP",
        )
    elif mode == "API_AND_CONFIG_MAP":
        report, ground = it.report, it.ground
        why = ground.view.missing("configmaps")
        if why:
            report.unseen("ConfigMap kube-system/aws-auth", why, "allow listing configmaps, see demarc rbac-needed")
        logins = outside(ground.view).logins.logins
        people = [one for one in logins if one.by.startswith("aws-auth") and one.kind is not HolderKind.NODE]
        if people:
            it.violated(
                f"{len(people)} mappings of people or roles are still in ConfigMap kube-system/aws-auth beside the "
                "access "
                "entries; low, because entries are in use",
                path,
                fix="Move them to access entries, then switch aws-auth off.",
                command=f"aws eks update-cluster-config --name {cluster} --access-config authenticationMode=API",
                severity=Severity.LOW,
            )


def _gke_authentication(it: Described) -> None:
    cluster = it.record.name
    if it.true("legacyAbac.enabled"):
        it.violated(
            "legacy ABAC gives every identity of the cluster rights that RBAC does not show",
            "legacyAbac.enabled",
            fix="Switch legacy ABAC off.",
            command=f"gcloud container clusters update {cluster} --no-enable-legacy-authorization",
            severity=Severity.HIGH,
            mark="abac",
        )
    if it.text("masterAuth.username"):
        it.violated(
            "basic authentication is on: one password for everybody, which no identity provider can take back",
            "masterAuth.username",
            fix="Switch basic authentication off.",
            command=f"gcloud container clusters update {cluster} --no-enable-basic-auth",
            severity=Severity.HIGH,
            mark="basic",
        )
    if it.true("masterAuth.clientCertificateConfig.issueClientCertificate") or it.get("masterAuth.clientCertificate"):
        it.violated(
            "the cluster issues a client certificate: a shared credential that cannot be taken back",
            "masterAuth.clientCertificateConfig.issueClientCertificate",
            fix="The certificate goes with a rotation of the credentials; new clusters issue none.",
            command=f"gcloud container clusters update {cluster} --start-credential-rotation",
            mark="certificate",
        )


def _aks_authentication(it: Described) -> None:
    cluster = it.record.name
    if it.get("enableRBAC") is False:
        it.violated(
            "Kubernetes RBAC is off: every identity that logs in may do everything",
            "enableRBAC",
            fix="RBAC is chosen when a cluster is made: make another one, and move.",
            severity=Severity.CRITICAL,
            mark="rbac",
        )
    if not it.true("disableLocalAccounts"):
        it.violated(
            "local accounts are on: whoever may list the cluster's credentials is an administrator whom no audit "
            "trail names",
            "disableLocalAccounts",
            fix="Switch local accounts off, then rotate the certificates: issued ones stay good until then.",
            command=f"az aks update --name {cluster} --resource-group GROUP --disable-local-accounts && "
            f"az aks rotate-certs --name {cluster} --resource-group GROUP",
            mark="local",
        )


def _openshift_authentication(it: Described, provider: str) -> None:
    """OpenShift has local accounts as users of its own; the description does not name them."""
    view = it.ground.view
    kubeadmin = view.secrets.get(("kube-system", "kubeadmin"))
    identities = view.snapshot.objects.get("Identity.user.openshift.io", ())
    local = [
        item.metadata.name for item in identities if item.metadata.name.startswith(("cluster-admin:", "htpasswd:"))
    ]
    if kubeadmin is not None or local:
        what = (
            "the kubeadmin password is still there"
            if kubeadmin is not None
            else f"local users exist: {', '.join(local[:3])}"
        )
        fix = (
            f"rosa delete admin --cluster {it.record.name}"
            if provider == "rosa"
            else ("oc delete secret kubeadmin --namespace kube-system")
        )
        it.violated(
            f"{what}: credentials that no identity provider can take back",
            fix="Log in by an identity provider, then delete them.",
            command=fix,
        )
    elif not identities and not view.secrets:
        it.report.unseen(
            "identities.user.openshift.io",
            "neither identities nor Secrets were seen",
            "give the output of: oc get identities,secrets -A -o json",
        )


# DM-MCP-007


def _creator(ground: Ground, report: Report) -> None:
    ask_cluster(
        ground,
        report,
        {
            "eks": _eks_creator,
            "gke": "Google gives the creator of a cluster nothing beside IAM",
            "aks": "Azure gives the creator of a cluster nothing beside its role assignments",
            "rosa": "the creator of a ROSA cluster is no user of it",
            "aro": "the creator of an ARO cluster is no user of it; kubeadmin is DM-MCP-006's matter",
        },
    )


def _eks_creator(it: Described) -> None:
    mode, path = it.text("accessConfig.authenticationMode"), "accessConfig.bootstrapClusterCreatorAdminPermissions"
    if not mode:
        it.unseen("accessConfig.authenticationMode")
    elif mode == "CONFIG_MAP":
        if it.get(path) is not False:
            it.violated(
                "whoever made the cluster is in system:masters, and no list shows it; CloudTrail's CreateCluster "
                "names them",
                "accessConfig.authenticationMode",
                path,
                fix="Switch to access entries: the creator's then shows, and can be deleted.",
                command=f"aws eks update-cluster-config --name {it.record.name} --access-config "
                "authenticationMode=API_AND_CONFIG_MAP",
            )
    elif it.get(path) is not False:
        _creators_entry(it)


def _creators_entry(it: Described) -> None:
    """The creator's entry is made with the cluster: an administrator's entry of the first minutes is it."""
    found = descriptions(it.ground)
    if not found.given("eks.accessEntry"):
        kind = "eks.accessEntry"
        it.report.unseen(kind, "access entries were not given", command(it.ground, kind))
        return
    born = when(it.text("createdAt"))
    for entry in found.of("eks.accessEntry"):
        made = when(words(entry.body, "createdAt"))
        if born is None or made is None:
            it.report.unseen(
                "createdAt",
                f"when {entry.name} or the cluster was made was not given",
                command(it.ground, "eks.accessEntry"),
            )
        elif abs(made - born) <= _CREATION and _is_admin(it.ground, entry.name):
            Described(it.ground, it.report, entry).violated(
                f"{entry.name} made the cluster and is its administrator ever since; medium, because the entry "
                "shows it",
                "createdAt",
                fix="Delete the entry, once another administrator is known to work.",
                command=f"aws eks delete-access-entry --cluster-name {it.record.name} --principal-arn {entry.name}",
                severity=Severity.MEDIUM,
            )


def _is_admin(ground: Ground, principal: str) -> bool:
    for record in descriptions(ground).of("eks.associatedAccessPolicies"):
        policies = dig(record.body, "associatedAccessPolicies") if record.name == principal else None
        for policy in policies if isinstance(policies, list) else ():
            name = words(policy, "policyArn").rpartition("/")[2]
            if Power.CLUSTER_ADMIN in POLICIES.get(name, ()) and words(policy, "accessScope.type") != "namespace":
                return True
    return False


CHECKS: tuple[Check, ...] = (
    Check("DM-MCP-006", _authentication),
    Check("DM-MCP-007", _creator),
)
