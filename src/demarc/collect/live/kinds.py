"""Kinds of the API: which ones Kubernetes itself serves, which ones are left out of a collection, and why.

The built-in ones are those of Kubernetes 1.36 (its own discovery answers); every other kind is found by discovery.
It is data with its look-ups; it asks no server.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from msgspec import Struct

_NAMESPACED = "namespaced"
_CLUSTER = "cluster"


class Resource(Struct, frozen=True, kw_only=True):
    """One listable kind, as discovery names it."""

    group: str
    """API group; empty for the core group."""
    version: str
    plural: str
    kind: str
    namespaced: bool

    @property
    def name(self) -> str:
        """``deployments.apps``, or ``pods`` for the core group: the word for it in gaps and in RBAC."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def api_version(self) -> str:
        """``apps/v1``, or ``v1`` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str | None = None) -> str:
        """Path of its list, over all namespaces or in one."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        return f"{root}/namespaces/{namespace}/{self.plural}" if namespace is not None else f"{root}/{self.plural}"


_TABLE = {
    "v1": (
        "componentstatuses ComponentStatus cluster, configmaps ConfigMap namespaced, endpoints Endpoints namespaced, "
        "events Event namespaced, limitranges LimitRange namespaced, namespaces Namespace cluster, nodes Node cluster, "
        "persistentvolumeclaims PersistentVolumeClaim namespaced, persistentvolumes PersistentVolume cluster, "
        "pods Pod namespaced, podtemplates PodTemplate namespaced, "
        "replicationcontrollers ReplicationController namespaced, resourcequotas ResourceQuota namespaced, "
        "secrets Secret namespaced, serviceaccounts ServiceAccount namespaced, services Service namespaced"
    ),
    "admissionregistration.k8s.io/v1": (
        "mutatingadmissionpolicies MutatingAdmissionPolicy cluster, "
        "mutatingadmissionpolicybindings MutatingAdmissionPolicyBinding cluster, "
        "mutatingwebhookconfigurations MutatingWebhookConfiguration cluster, "
        "validatingadmissionpolicies ValidatingAdmissionPolicy cluster, "
        "validatingadmissionpolicybindings ValidatingAdmissionPolicyBinding cluster, "
        "validatingwebhookconfigurations ValidatingWebhookConfiguration cluster"
    ),
    "apiextensions.k8s.io/v1": "customresourcedefinitions CustomResourceDefinition cluster",
    "apiregistration.k8s.io/v1": "apiservices APIService cluster",
    "apps/v1": (
        "controllerrevisions ControllerRevision namespaced, daemonsets DaemonSet namespaced, "
        "deployments Deployment namespaced, replicasets ReplicaSet namespaced, statefulsets StatefulSet namespaced"
    ),
    "autoscaling/v2": "horizontalpodautoscalers HorizontalPodAutoscaler namespaced",
    "batch/v1": "cronjobs CronJob namespaced, jobs Job namespaced",
    "certificates.k8s.io/v1": "certificatesigningrequests CertificateSigningRequest cluster",
    "coordination.k8s.io/v1": "leases Lease namespaced",
    "discovery.k8s.io/v1": "endpointslices EndpointSlice namespaced",
    "events.k8s.io/v1": "events Event namespaced",
    "flowcontrol.apiserver.k8s.io/v1": (
        "flowschemas FlowSchema cluster, prioritylevelconfigurations PriorityLevelConfiguration cluster"
    ),
    "networking.k8s.io/v1": (
        "ingressclasses IngressClass cluster, ingresses Ingress namespaced, ipaddresses IPAddress cluster, "
        "networkpolicies NetworkPolicy namespaced, servicecidrs ServiceCIDR cluster"
    ),
    "node.k8s.io/v1": "runtimeclasses RuntimeClass cluster",
    "policy/v1": "poddisruptionbudgets PodDisruptionBudget namespaced",
    "rbac.authorization.k8s.io/v1": (
        "clusterrolebindings ClusterRoleBinding cluster, clusterroles ClusterRole cluster, "
        "rolebindings RoleBinding namespaced, roles Role namespaced"
    ),
    "resource.k8s.io/v1": (
        "deviceclasses DeviceClass cluster, resourceclaims ResourceClaim namespaced, "
        "resourceclaimtemplates ResourceClaimTemplate namespaced, resourceslices ResourceSlice cluster"
    ),
    "scheduling.k8s.io/v1": "priorityclasses PriorityClass cluster",
    "storage.k8s.io/v1": (
        "csidrivers CSIDriver cluster, csinodes CSINode cluster, csistoragecapacities CSIStorageCapacity namespaced, "
        "storageclasses StorageClass cluster, volumeattachments VolumeAttachment cluster, "
        "volumeattributesclasses VolumeAttributesClass cluster"
    ),
}


def _read(table: dict[str, str]) -> tuple[Resource, ...]:
    found: list[Resource] = []
    for api_version, lines in table.items():
        group, _, version = api_version.rpartition("/")
        for line in lines.split(", "):
            plural, kind, scope = line.split()
            found.append(
                Resource(group=group, version=version, plural=plural, kind=kind, namespaced=scope == _NAMESPACED)
            )
    return tuple(found)


BUILT_IN = _read(_TABLE)
"""Listable kinds that Kubernetes 1.36 itself serves, in the order of its groups."""

KNOWN_CUSTOM = _read(
    {
        "argoproj.io/v1alpha1": (
            "applications Application namespaced, applicationsets ApplicationSet namespaced, "
            "appprojects AppProject namespaced"
        ),
        "cert-manager.io/v1": (
            "certificates Certificate namespaced, clusterissuers ClusterIssuer cluster, issuers Issuer namespaced"
        ),
        "config.openshift.io/v1": (
            "clusteroperators ClusterOperator cluster, clusterversions ClusterVersion cluster, "
            "infrastructures Infrastructure cluster"
        ),
        "external-secrets.io/v1": (
            "clustersecretstores ClusterSecretStore cluster, externalsecrets ExternalSecret namespaced, "
            "secretstores SecretStore namespaced"
        ),
        "gateway.networking.k8s.io/v1": "gatewayclasses GatewayClass cluster, gateways Gateway namespaced",
        "helm.toolkit.fluxcd.io/v2": "helmreleases HelmRelease namespaced",
        "karpenter.sh/v1": "nodeclaims NodeClaim cluster, nodepools NodePool cluster",
        "kustomize.toolkit.fluxcd.io/v1": "kustomizations Kustomization namespaced",
        "operators.coreos.com/v1alpha1": (
            "clusterserviceversions ClusterServiceVersion namespaced, subscriptions Subscription namespaced"
        ),
        "source.toolkit.fluxcd.io/v1": (
            "gitrepositories GitRepository namespaced, helmrepositories HelmRepository namespaced, "
            "ocirepositories OCIRepository namespaced"
        ),
    }
)
"""Custom kinds that say who installed or manages something: what a role made without a cluster at hand asks for."""

LEFT_OUT = {
    "events": "what happened lately, not what is; goes within the hour",
    "events.events.k8s.io": "the same events again",
    "leases.coordination.k8s.io": "heartbeats",
    "leasecandidates.coordination.k8s.io": "heartbeats",
    "componentstatuses": "deprecated, and wrong on every managed control plane",
    "endpoints": "deprecated; EndpointSlices hold the same",
    "*.metrics.k8s.io": "measurements",
    "*.custom.metrics.k8s.io": "measurements",
    "*.external.metrics.k8s.io": "measurements",
    "packagemanifests.packages.operators.coreos.com": "the catalogue of what could be installed",
    "clusterroles.authorization.openshift.io": "a view of the RBAC kinds",
    "clusterrolebindings.authorization.openshift.io": "a view of the RBAC kinds",
    "roles.authorization.openshift.io": "a view of the RBAC kinds",
    "rolebindings.authorization.openshift.io": "a view of the RBAC kinds",
    "projects.project.openshift.io": "a view of the namespaces",
    "images.image.openshift.io": "layers of every image ever imported",
    "imagestreamtags.image.openshift.io": "a view of the image streams",
    "imagetags.image.openshift.io": "a view of the image streams",
    "ciliumendpoints.cilium.io": "one per pod, of the network's own bookkeeping",
    "ipamhandles.crd.projectcalico.org": "one per pod, of the network's own bookkeeping",
    "ipamblocks.crd.projectcalico.org": "the network's own bookkeeping",
}
"""Kinds (globs over ``Resource.name``) that are never listed, each with the reason. Not gaps: no answer needs them."""

SECRET_BEARING = {
    "secrets": "Secret",
    "oauthaccesstokens.oauth.openshift.io": "OAuthAccessToken",
    "oauthauthorizetokens.oauth.openshift.io": "OAuthAuthorizeToken",
    "oauthclients.oauth.openshift.io": "OAuthClient",
    "useroauthaccesstokens.oauth.openshift.io": "UserOAuthAccessToken",
}
"""Kinds whose objects are or hold credentials in the clear. Only their metadata is ever asked for."""

_BUILT_IN_GROUPS = frozenset(resource.group for resource in BUILT_IN)


def why_left_out(resource: Resource) -> str | None:
    """Say why a kind is not collected; None for one that is."""
    return next((why for pattern, why in LEFT_OUT.items() if fnmatchcase(resource.name, pattern)), None)


def is_built_in(resource: Resource) -> bool:
    """Tell whether Kubernetes itself serves the kind's group."""
    return resource.group in _BUILT_IN_GROUPS
