"""From the cloud into the cluster: who is let in, who can let itself in, and Kubernetes rights over that list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from demarc.access.cloud.logins import Direct, Login
from demarc.access.graph import GraphBuilder
from demarc.access.identity import MASTERS
from demarc.access.techniques import things
from demarc.access.techniques.grants import Writer
from demarc.access.techniques.outside import outside, principal
from demarc.access.techniques.technique import Technique
from demarc.access.techniques.view import View, shown
from demarc.inventory.records import words
from demarc.model.evidence import Evidence, Grade
from demarc.model.graph import Tag, Thing
from demarc.model.planes import Power

_AWS_AUTH: Final = ("kube-system", "aws-auth")
_PROVIDER_USERS: Final = {
    "eks": ("eks:",),
    "aks": ("aks-service", "aksService", "aks-support"),
    "rosa": ("backplane-",),
}


def cloud_to_cluster(view: View, graph: GraphBuilder) -> None:
    """Principals to the users and groups that they come out as, and to what the cloud gives beside RBAC."""
    for login in outside(view).logins.logins:
        source = principal(graph, login)
        for target, who in _identities(graph, login):
            graph.edge(
                "CLOUD_TO_CLUSTER",
                source,
                target,
                scope=view.cluster,
                says=f"{login.principal} logs in as {who}, by {login.by}",
                evidence=(login.evidence,),
                grants=(f"{login.by} for {login.principal}",),
                unknown=login.unknown,
            )
        for direct in login.direct:
            _direct(view, graph, source, login, direct)


def _identities(graph: GraphBuilder, login: Login) -> Iterator[tuple[int, str]]:
    if login.user and "{{" not in login.user and login.kind.value != "shared-account":
        yield things.user(graph, login.user), f"User {login.user}"
    for group in login.groups:
        yield things.group(graph, group), f"Group {group}"
        if group == MASTERS:
            yield things.cluster_admin(graph), f"Group {group}"


def _direct(view: View, graph: GraphBuilder, source: int, login: Login, direct: Direct) -> None:
    for namespace in direct.namespaces or ("",):
        for target, says in _targets(graph, direct.powers, namespace):
            graph.edge(
                "CLOUD_TO_CLUSTER",
                source,
                target,
                scope=view.cluster,
                says=f"{direct.grant} lets {login.principal} {says}" + (f" in {namespace}" if namespace else ""),
                evidence=(direct.evidence,),
                grants=(direct.grant,),
                unknown=direct.unknown or login.unknown,
            )


def _targets(graph: GraphBuilder, powers: tuple[Power, ...], namespace: str) -> Iterator[tuple[int, str]]:
    if Power.CLUSTER_ADMIN in powers:
        yield (things.namespace(graph, namespace) if namespace else things.cluster_admin(graph)), "do everything"
        return
    if Power.SECRETS_READ in powers:
        yield things.any_secret(graph, namespace), "read Secrets"
    if {Power.WORKLOAD_WRITE, Power.IMPERSONATE, Power.CREDENTIALS} & set(powers):
        yield things.any_account(graph, namespace), "act as any service account"
    if Power.EXEC in powers:
        yield things.any_workload(graph, namespace), "enter any pod"


def edit_cloud_map(view: View, graph: GraphBuilder) -> None:
    """Rights to change ConfigMap ``aws-auth``, where the cluster reads it: a line makes anybody an administrator."""
    if view.provider != "eks":
        return
    item, lacks = view.config_maps.get(_AWS_AUTH), view.missing("configmaps")
    cluster = outside(view).described.cluster
    mode = words(cluster.body, "accessConfig.authenticationMode") if cluster is not None else ""
    if mode == "API" or (item is None and not lacks):
        return
    writer = Writer(view, graph, "EDIT_CLOUD_MAP")
    for claim in view.rights.claims("update|patch configmaps"):
        if claim.namespace not in ("", _AWS_AUTH[0]):
            continue
        if claim.names[0] is not None and _AWS_AUTH[1] not in claim.names[0]:
            continue
        unknown = view.guards.may_stop("UPDATE", "", "configmaps", _AWS_AUTH[0])
        if item is None:
            unknown = f"whether ConfigMap kube-system/aws-auth exists is not known: {lacks}"
        elif not mode:
            unknown = unknown or "whether the cluster reads aws-auth was not given: aws eks describe-cluster"
        more = (shown(item, "is there"),) if item is not None else ()
        says = "writing a line into ConfigMap kube-system/aws-auth"
        writer.edge(claim, things.cluster_admin(graph), says, place=_AWS_AUTH[0], unknown=unknown, more=more)


def aks_podid_exception(view: View, graph: GraphBuilder) -> None:
    """Rights over exceptions of AKS's old pod identity, together with a pod: past its guard to the node's identity."""
    kind = "AzurePodIdentityException.aadpodidentity.k8s.io"
    defined = "azurepodidentityexceptions.aadpodidentity.k8s.io"
    there = kind in view.snapshot.objects or any(
        item.metadata.name == defined
        for item in view.snapshot.objects.get("CustomResourceDefinition.apiextensions.k8s.io", ())
    )
    if view.provider != "aks" or not there:
        return
    writer = Writer(view, graph, "AKS_PODID_EXCEPTION")
    rights = ("create|update|patch azurepodidentityexceptions.aadpodidentity.k8s.io", "create pods")
    for claim in view.rights.claims(*rights):
        unknown = "whether the old pod identity still runs, and what the node's identity may, cannot be seen"
        says = "excepting a pod of its own from the old pod identity, which leaves it the node's identity"
        writer.edge(claim, things.cluster_admin(graph), says, unknown=unknown)


def provider_identity(view: View, graph: GraphBuilder) -> None:
    """The provider to the users by which it acts in the cluster, where bindings name them."""
    prefixes = _PROVIDER_USERS.get(view.provider, ())
    for subject in sorted(view.rights.subjects) if prefixes else ():
        if subject.kind == "User" and subject.name.startswith(prefixes):
            source = graph.node(Thing.PROVIDER, f"systems of the provider ({view.provider})")
            graph.mark(source, Tag.ADDON)
            graph.edge(
                "PROVIDER_IDENTITY",
                source,
                things.identity(graph, subject),
                scope=view.cluster,
                says=f"the provider acts as {subject}",
                evidence=(Evidence(says=f"bindings name {subject}", grade=Grade.WRITTEN),),
                part="vendor_access",
                unknown="who at the provider can act as it is not in what customers are given",
            )


TECHNIQUES = (
    Technique("CLOUD_TO_CLUSTER", cloud_to_cluster),
    Technique("EDIT_CLOUD_MAP", edit_cloud_map),
    Technique("AKS_PODID_EXCEPTION", aks_podid_exception),
    Technique("PROVIDER_IDENTITY", provider_identity),
)
