"""Names of resources as people type them: short names, and the API group of what is written without one.

As kubectl finds them out by discovery; here by the kinds that every cluster has and the custom ones of the snapshot.
"""

from __future__ import annotations

from demarc.model.access import Request
from demarc.model.errors import DemarcError
from demarc.model.kubernetes import CustomResourceDefinition
from demarc.model.snapshot import Snapshot

_GROUPS = {
    "admissionregistration.k8s.io": (
        "mutatingwebhookconfigurations validatingwebhookconfigurations validatingadmissionpolicies "
        "validatingadmissionpolicybindings mutatingadmissionpolicies mutatingadmissionpolicybindings"
    ),
    "apiextensions.k8s.io": "customresourcedefinitions",
    "apiregistration.k8s.io": "apiservices",
    "apps": "controllerrevisions daemonsets deployments replicasets statefulsets",
    "authentication.k8s.io": "tokenreviews selfsubjectreviews uids userextras",
    "authorization.k8s.io": (
        "localsubjectaccessreviews selfsubjectaccessreviews selfsubjectrulesreviews subjectaccessreviews"
    ),
    "autoscaling": "horizontalpodautoscalers",
    "batch": "cronjobs jobs",
    "certificates.k8s.io": "certificatesigningrequests clustertrustbundles podcertificaterequests signers",
    "coordination.k8s.io": "leases leasecandidates",
    "discovery.k8s.io": "endpointslices",
    "flowcontrol.apiserver.k8s.io": "flowschemas prioritylevelconfigurations",
    "networking.k8s.io": "ingressclasses ingresses ipaddresses networkpolicies servicecidrs",
    "node.k8s.io": "runtimeclasses",
    "policy": "poddisruptionbudgets podsecuritypolicies",
    "rbac.authorization.k8s.io": "clusterrolebindings clusterroles rolebindings roles",
    "resource.k8s.io": "deviceclasses resourceclaims resourceclaimtemplates resourceslices",
    "scheduling.k8s.io": "priorityclasses",
    "storage.k8s.io": (
        "csidrivers csinodes csistoragecapacities storageclasses volumeattachments volumeattributesclasses"
    ),
}
_GROUP_OF = {resource: group for group, resources in _GROUPS.items() for resource in resources.split()}
_SHORT = {
    "cj": "cronjobs",
    "cm": "configmaps",
    "crd": "customresourcedefinitions",
    "crds": "customresourcedefinitions",
    "csr": "certificatesigningrequests",
    "deploy": "deployments",
    "ds": "daemonsets",
    "ep": "endpoints",
    "ev": "events",
    "hpa": "horizontalpodautoscalers",
    "ing": "ingresses",
    "limits": "limitranges",
    "netpol": "networkpolicies",
    "no": "nodes",
    "ns": "namespaces",
    "pc": "priorityclasses",
    "pdb": "poddisruptionbudgets",
    "po": "pods",
    "pv": "persistentvolumes",
    "pvc": "persistentvolumeclaims",
    "quota": "resourcequotas",
    "rc": "replicationcontrollers",
    "rs": "replicasets",
    "sa": "serviceaccounts",
    "sc": "storageclasses",
    "sts": "statefulsets",
    "svc": "services",
}
_CORE = (
    "bindings configmaps endpoints events groups limitranges namespaces nodes persistentvolumeclaims "
    "persistentvolumes pods podtemplates replicationcontrollers resourcequotas secrets serviceaccounts services users"
)
_SINGULAR = {
    singular: plural
    for plural in (*_GROUP_OF, *_CORE.split())
    for singular in ((plural[:-3] + "y",) if plural.endswith("ies") else (plural[:-2], plural[:-1]))
}


def requested(snapshot: Snapshot, verb: str, what: str, name: str = "", namespace: str = "") -> Request:
    """The request behind ``VERB RESOURCE[.GROUP][/SUBRESOURCE] [NAME]`` or ``VERB /PATH``. Raises DemarcError."""
    if not verb or not what:
        raise DemarcError(
            "a verb and a resource are needed", todo="write: get pods, create deployments.apps/scale, ..."
        )
    if what.startswith("/"):
        if name or namespace:
            raise DemarcError(f"{what} is a path: it has neither name nor namespace", todo="leave them out")
        return Request(verb=verb, path=what)
    whole, _, subresource = what.partition("/")
    if whole == "*":
        resource, group = "*", "*"
    else:
        resource, dot, group = whole.partition(".")
        if not dot:
            resource, group = _found(snapshot, resource)
    return Request(verb=verb, group=group, resource=resource, subresource=subresource, name=name, namespace=namespace)


def _found(snapshot: Snapshot, resource: str) -> tuple[str, str]:
    """Resource and group of a name without a group; a name that nobody knows stays as it is, in the core group."""
    plural = _SHORT.get(resource) or _SINGULAR.get(resource, resource)
    if plural in _GROUP_OF:
        return plural, _GROUP_OF[plural]
    if plural in _CORE.split():
        return plural, ""
    for definition in snapshot.all("CustomResourceDefinition.apiextensions.k8s.io", CustomResourceDefinition):
        names = definition.spec.names
        if resource in {names.plural, names.kind.lower()}:
            return names.plural, definition.spec.group
    return resource, ""
