"""Clusters of each provider for checks: a node by which the provider is known, and its answers to describe."""

from __future__ import annotations

from typing import Any

from demarc.testing import a_namespace, a_node
from tests.posture.given import Object

GKE_NODE = a_node(
    "g1",
    provider_id="gce://proj/europe-west1-b/gke-prod-a-1",
    kubelet_version="v1.33.5-gke.1080000",
    labels={"cloud.google.com/gke-nodepool": "general"},
)
AKS_NODE = a_node(
    "aks-general-1-vmss000000",
    provider_id="azure:///subscriptions/s/resourceGroups/mc_rg_prod_westeurope/providers/Microsoft.Compute/"
    "virtualMachineScaleSets/aks-general-1-vmss/virtualMachines/0",
    kubelet_version="v1.33.5",
    labels={"kubernetes.azure.com/agentpool": "general", "kubernetes.azure.com/cluster": "MC_rg_prod_westeurope"},
)
GKE = (a_namespace("shop"), a_namespace("kube-system"), GKE_NODE)
AKS = (a_namespace("shop"), a_namespace("kube-system"), AKS_NODE)
ROSA = (
    a_namespace("shop"),
    a_node(
        "ip-10-0-1-7.ec2.internal",
        provider_id="aws:///eu-west-1a/i-0a1b2c3d4e5f60718",
        kubelet_version="v1.33.5",
        os_image="Red Hat Enterprise Linux CoreOS 9.6",
        labels={"node.openshift.io/os_id": "rhcos"},
    ),
)
SELF = (a_namespace("shop"), a_node("n1", provider_id="", kubelet_version="v1.33.5"))


def _merged(base: Object, more: Object) -> Object:
    return {**base, **{key: _value(base.get(key), value) for key, value in more.items()}}


def _value(old: Any, new: Any) -> Any:
    return _merged(old, new) if isinstance(old, dict) and isinstance(new, dict) else new


def an_eks(**more: Any) -> Object:
    """Answer of aws eks describe-cluster, on whose settings nothing is amiss; ``more`` is merged in."""
    body = {
        "name": "prod",
        "arn": "arn:aws:eks:eu-west-1:111122223333:cluster/prod",
        "createdAt": "2026-01-15T09:30:00+00:00",
        "version": "1.33",
        "resourcesVpcConfig": {"endpointPublicAccess": False, "endpointPrivateAccess": True, "publicAccessCidrs": []},
        "logging": {"clusterLogging": [{"types": ["api", "audit", "authenticator"], "enabled": True}]},
        "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False},
        "encryptionConfig": [{"resources": ["secrets"], "provider": {"keyArn": "arn:aws:kms:eu-west-1:1:key/k"}}],
        "identity": {"oidc": {"issuer": "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC"}},
        "upgradePolicy": {"supportType": "EXTENDED"},
    }
    return {"cluster": _merged(body, more)}


def a_gke(**more: Any) -> Object:
    """Answer of gcloud container clusters describe, on whose settings nothing is amiss; ``more`` is merged in."""
    body = {
        "name": "prod",
        "selfLink": "https://container.googleapis.com/v1/projects/p/locations/europe-west1/clusters/prod",
        "location": "europe-west1",
        "currentMasterVersion": "1.33.5-gke.1080000",
        "autopilot": {},
        "privateClusterConfig": {"enablePrivateEndpoint": True, "enablePrivateNodes": True},
        "databaseEncryption": {"state": "ENCRYPTED", "keyName": "projects/p/keys/k"},
        "loggingConfig": {"componentConfig": {"enableComponents": ["SYSTEM_COMPONENTS", "APISERVER"]}},
        "releaseChannel": {"channel": "REGULAR"},
        "shieldedNodes": {"enabled": True},
        "workloadIdentityConfig": {"workloadPool": "p.svc.id.goog"},
        "nodePools": [a_gke_pool()],
    }
    return _merged(body, more)


def a_gke_pool(**more: Any) -> Object:
    """A node pool of GKE on whose settings nothing is amiss."""
    body = {
        "name": "general",
        "selfLink": "https://container.googleapis.com/v1/projects/p/locations/europe-west1/clusters/prod/nodePools/general",
        "version": "1.33.5-gke.1080000",
        "initialNodeCount": 1,
        "management": {"autoUpgrade": True, "autoRepair": True},
        "config": {
            "imageType": "COS_CONTAINERD",
            "serviceAccount": "nodes@p.iam.gserviceaccount.com",
            "workloadMetadataConfig": {"mode": "GKE_METADATA"},
            "shieldedInstanceConfig": {"enableSecureBoot": True, "enableIntegrityMonitoring": True},
        },
    }
    return _merged(body, more)


def an_aks(**more: Any) -> Object:
    """Answer of az aks show, on whose settings nothing is amiss; ``more`` is merged in."""
    body = {
        "id": "/subscriptions/s/resourcegroups/rg/providers/Microsoft.ContainerService/managedClusters/prod",
        "name": "prod",
        "type": "Microsoft.ContainerService/ManagedClusters",
        "location": "westeurope",
        "kubernetesVersion": "1.33",
        "currentKubernetesVersion": "1.33.5",
        "sku": {"name": "Base", "tier": "Standard"},
        "enableRbac": True,
        "disableLocalAccounts": True,
        "apiServerAccessProfile": {"authorizedIpRanges": ["203.0.113.0/24"], "enablePrivateCluster": False},
        "securityProfile": {"azureKeyVaultKms": {"enabled": True, "keyId": "https://vault.example/keys/k"}},
        "autoUpgradeProfile": {"upgradeChannel": "patch", "nodeOsUpgradeChannel": "NodeImage"},
        "agentPoolProfiles": [an_agent_pool()],
    }
    return _merged(body, more)


def an_agent_pool(**more: Any) -> Object:
    """An agent pool of AKS on whose settings nothing is amiss."""
    body = {
        "name": "general",
        "mode": "System",
        "osSku": "AzureLinux",
        "count": 1,
        "orchestratorVersion": "1.33.5",
        "currentOrchestratorVersion": "1.33.5",
        "nodeImageVersion": "AKSAzureLinux-V3gen2-202611.10.0",
        "enableNodePublicIp": False,
        "securityProfile": {"enableSecureBoot": True, "enableVtpm": True},
    }
    return _merged(body, more)


def a_rosa(**more: Any) -> Object:
    """Answer of rosa describe cluster, on whose settings nothing is amiss; ``more`` is merged in."""
    body = {
        "kind": "Cluster",
        "id": "2abc",
        "href": "/api/clusters_mgmt/v1/clusters/2abc",
        "name": "prod",
        "product": {"id": "rosa"},
        "cloud_provider": {"id": "aws"},
        "openshift_version": "4.19.8",
        "version": {"raw_id": "4.19.8", "channel_group": "stable"},
        "api": {"listening": "internal"},
        "aws": {"private_link": True, "etcd_encryption": {"kms_key_arn": "arn:aws:kms:eu-west-1:1:key/k"}},
        "hypershift": {"enabled": True},
        "etcd_encryption": True,
    }
    return _merged(body, more)
