"""What objects of each kind look like, as text with places to fill in: the generator only fills in.

Texts are pretty-printed as ``kubectl get -o json --show-managed-fields`` prints an item of a List. Knows nothing of how
many there are of anything.
"""

from __future__ import annotations

from bench.shapes import LABELS, POD_SPEC, POD_STATUS, SEEN, SELECT, TEMPLATE, Body, condition, text


def pod(owner: str) -> str:
    """A pod of an owner, given as ``apiVersion Kind``."""
    return text(
        "v1",
        "Pod",
        by="kube-controller-manager",
        labels=LABELS | {"pod-template-hash": "%(hash)s"},
        owner=owner,
        status_by="kubelet",
        spec=POD_SPEC | {"nodeName": "%(node)s"},
        status=POD_STATUS,
    )


def workload(kind: str, by: str, *, owner: str = "") -> str:
    """A Deployment, ReplicaSet, StatefulSet or DaemonSet."""
    spec: Body = {"replicas": "#replicas#", "selector": SELECT, "template": TEMPLATE}
    status = {
        "availableReplicas": "#replicas#",
        "observedGeneration": 1,
        "readyReplicas": "#replicas#",
        "replicas": "#replicas#",
    }
    if kind == "DaemonSet":
        del spec["replicas"]
        status = {"desiredNumberScheduled": "#replicas#", "numberReady": "#replicas#", "observedGeneration": 1}
    if kind == "StatefulSet":
        spec["serviceName"] = "%(app)s"
    return text("apps/v1", kind, by=by, labels=LABELS, owner=owner, spec=spec, status=status)


def nodes() -> dict[str, str]:
    """Nodes of a managed node group and their leases."""
    labels = {
        "eks.amazonaws.com/capacityType": "ON_DEMAND",
        "eks.amazonaws.com/nodegroup": "%(pool)s",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": "%(name)s",
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": "m6i.2xlarge",
        "topology.kubernetes.io/region": "eu-north-1",
    }
    size = {"cpu": "8", "ephemeral-storage": "80Gi", "memory": "32Gi", "pods": "58"}
    info = {
        "architecture": "amd64",
        "containerRuntimeVersion": "containerd://2.1.4",
        "kernelVersion": "6.12.46-66.121.amzn2023.x86_64",
        "kubeletVersion": "v1.33.5-eks-113cf36",
        "operatingSystem": "linux",
        "osImage": "Amazon Linux 2023.9.20260929",
    }
    status = {
        "addresses": [{"address": "%(address)s", "type": "InternalIP"}, {"address": "%(name)s", "type": "Hostname"}],
        "allocatable": size,
        "capacity": size,
        "conditions": [condition(kind) for kind in ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready")],
        "images": [
            {"names": [f"public.ecr.aws/example/image-{count}@sha256:%(digest)s"], "sizeBytes": 91_000_000 + count}
            for count in range(12)
        ],
        "nodeInfo": info,
    }
    spec = {"providerID": "aws:///eu-north-1a/%(instance)s"}
    lease = {"holderIdentity": "%(name)s", "leaseDurationSeconds": 40, "renewTime": SEEN.replace("Z", ".000000Z")}
    return {
        "node": text(
            "v1", "Node", by="kubelet", namespaced=False, labels=labels, status_by="kubelet", spec=spec, status=status
        ),
        "lease": text("coordination.k8s.io/v1", "Lease", by="kubelet", spec=lease),
    }


def workloads() -> dict[str, str]:
    """Workloads and their pods."""
    cron = {"schedule": "*/15 * * * *", "jobTemplate": {"spec": {"template": TEMPLATE}}, "suspend": False}
    return {
        "deployment": workload("Deployment", "helm"),
        "replicaset": workload("ReplicaSet", "kube-controller-manager", owner="apps/v1 Deployment"),
        "statefulset": workload("StatefulSet", "argocd-controller"),
        "daemonset": workload("DaemonSet", "kubectl-client-side-apply"),
        "job": text(
            "batch/v1",
            "Job",
            by="kube-controller-manager",
            labels=LABELS,
            owner="batch/v1 CronJob",
            spec={"template": TEMPLATE},
            status={"succeeded": 1},
        ),
        "cronjob": text(
            "batch/v1", "CronJob", by="argocd-controller", labels=LABELS, spec=cron, status={"lastScheduleTime": SEEN}
        ),
        "replicaset_pod": pod("apps/v1 ReplicaSet"),
        "statefulset_pod": pod("apps/v1 StatefulSet"),
        "daemonset_pod": pod("apps/v1 DaemonSet"),
        "job_pod": pod("batch/v1 Job"),
        "autoscaler": text(
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            by="helm",
            labels=LABELS,
            spec={
                "maxReplicas": 9,
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "%(app)s"},
            },
        ),
        "budget": text(
            "policy/v1", "PodDisruptionBudget", by="helm", labels=LABELS, spec={"minAvailable": 1, "selector": SELECT}
        ),
    }


def access() -> dict[str, str]:
    """Namespaces, service accounts, roles and bindings."""
    rbac = "rbac.authorization.k8s.io"
    rules = [
        {"apiGroups": [""], "resources": ["%(resource)s", "configmaps"], "verbs": ["get", "list", "watch", "%(verb)s"]},
        {"apiGroups": ["apps"], "resources": ["deployments", "statefulsets"], "verbs": ["get", "list", "patch"]},
    ]
    subject = {"kind": "ServiceAccount", "name": "%(account)s", "namespace": "%(namespace)s"}
    marked = {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/%(app)s"}
    space = {
        "kubernetes.io/metadata.name": "%(name)s",
        "team": "%(team)s",
        "pod-security.kubernetes.io/enforce": "baseline",
    }
    role = {"apiGroup": rbac, "name": "%(app)s"}
    return {
        "namespace": text(
            "v1",
            "Namespace",
            by="argocd-controller",
            namespaced=False,
            labels=space,
            spec={"finalizers": ["kubernetes"]},
            status={"phase": "Active"},
        ),
        "account": text("v1", "ServiceAccount", by="helm", labels=LABELS, annotations=marked),
        "role": text(f"{rbac}/v1", "Role", by="helm", labels=LABELS, rules=rules),
        "clusterrole": text(f"{rbac}/v1", "ClusterRole", by="helm", namespaced=False, labels=LABELS, rules=rules),
        "binding": text(
            f"{rbac}/v1", "RoleBinding", by="helm", labels=LABELS, roleRef=role | {"kind": "Role"}, subjects=[subject]
        ),
        "clusterbinding": text(
            f"{rbac}/v1",
            "ClusterRoleBinding",
            by="helm",
            namespaced=False,
            labels=LABELS,
            roleRef=role | {"kind": "ClusterRole"},
            subjects=[subject],
        ),
    }


def settings() -> dict[str, str]:
    """ConfigMaps and Secrets."""
    certificate = {"tls.crt": "%(blob)s", "tls.key": "bm90IGEga2V5"}
    return {
        "config": text("v1", "ConfigMap", by="helm", labels=LABELS, data={"application.yaml": "%(words)s"}),
        "secret": text(
            "v1",
            "Secret",
            by="kubectl-client-side-apply",
            labels=LABELS,
            data={"password": "%(value)s", "user": "ZXhhbXBsZQ=="},
            type="Opaque",
        ),
        "certificate": text(
            "v1",
            "Secret",
            by="cert-manager-certificates-issuing",
            annotations={"cert-manager.io/certificate-name": "%(app)s"},
            data=certificate,
            type="kubernetes.io/tls",
        ),
        "release": text(
            "v1",
            "Secret",
            by="Helm",
            labels={"name": "%(app)s", "owner": "helm"},
            data={"release": "%(long_blob)s"},
            type="helm.sh/release.v1",
        ),
    }


def network() -> dict[str, str]:
    """Services, endpoint slices, ingresses and network policies."""
    ports = [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": "http"}]
    backend = {"service": {"name": "%(app)s", "port": {"number": 80}}}
    rules = [
        {"host": "%(app)s.bench.example", "http": {"paths": [{"backend": backend, "path": "/", "pathType": "Prefix"}]}}
    ]
    endpoint = {
        "addresses": ["%(address)s"],
        "conditions": {"ready": True},
        "nodeName": "%(node)s",
        "targetRef": {"kind": "Pod", "name": "%(app)s-0", "namespace": "%(namespace)s"},
    }
    return {
        "service": text(
            "v1",
            "Service",
            by="helm",
            labels=LABELS,
            spec={
                "clusterIP": "%(address)s",
                "ports": ports,
                "selector": {"app.kubernetes.io/name": "%(app)s"},
                "type": "ClusterIP",
            },
            status={"loadBalancer": {}},
        ),
        "slice": text(
            "discovery.k8s.io/v1",
            "EndpointSlice",
            by="kube-controller-manager",
            labels={"kubernetes.io/service-name": "%(app)s"},
            addressType="IPv4",
            endpoints=[endpoint] * 3,
            ports=[{"name": "http", "port": 8080, "protocol": "TCP"}],
        ),
        "ingress": text(
            "networking.k8s.io/v1",
            "Ingress",
            by="helm",
            labels=LABELS,
            spec={"ingressClassName": "nginx", "rules": rules},
        ),
        "policy": text(
            "networking.k8s.io/v1",
            "NetworkPolicy",
            by="argocd-controller",
            labels=LABELS,
            spec={"podSelector": SELECT, "policyTypes": ["Ingress"], "ingress": [{"from": [{"podSelector": {}}]}]},
        ),
    }


def custom() -> dict[str, str]:
    """Custom resources and their definitions."""
    source = {
        "path": "apps/%(app)s",
        "repoURL": "https://github.com/bench-example/config.git",
        "targetRevision": "main",
    }
    names = {"kind": "Kind%(app)s", "plural": "%(app)s", "singular": "%(app)s"}
    properties = {f"field{count}": {"description": "A field of the resource.", "type": "string"} for count in range(60)}
    schema = {
        "openAPIV3Schema": {"properties": {"spec": {"properties": properties, "type": "object"}}, "type": "object"}
    }
    return {
        "application": text(
            "argoproj.io/v1alpha1",
            "Application",
            by="argocd-controller",
            spec={
                "destination": {"namespace": "%(namespace)s", "server": "https://kubernetes.default.svc"},
                "project": "default",
                "source": source,
            },
            status={"health": {"status": "Healthy"}},
        ),
        "cert": text(
            "cert-manager.io/v1",
            "Certificate",
            by="argocd-controller",
            labels=LABELS,
            spec={"dnsNames": ["%(app)s.bench.example"], "secretName": "%(app)s-tls"},
            status={"notAfter": "2027-01-18T04:10:00Z"},
        ),
        "external": text(
            "external-secrets.io/v1",
            "ExternalSecret",
            by="argocd-controller",
            labels=LABELS,
            spec={"refreshInterval": "1h", "target": {"name": "%(app)s"}},
            status={"refreshTime": SEEN},
        ),
        "monitor": text(
            "monitoring.coreos.com/v1",
            "ServiceMonitor",
            by="helm",
            labels=LABELS,
            spec={"endpoints": [{"port": "http"}], "selector": SELECT},
        ),
        "definition": text(
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            by="helm",
            namespaced=False,
            spec={
                "group": "bench.example",
                "names": names,
                "scope": "Namespaced",
                "versions": [{"name": "v1", "schema": schema, "served": True, "storage": True}],
            },
        ),
    }
