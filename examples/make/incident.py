"""The night of 17 November 2026: names and times that the cluster, the audit trail and the cloud trail share."""

from __future__ import annotations

from make.kube import Object, make
from make.stable import uid
from make.workloads import Workload

ADDRESS = "203.0.113.77"
"""Where the intruder came from."""
AGENT = "kubectl/v1.31.0 (darwin/arm64) kubernetes/9edcffc"
CURL = "curl/8.7.1"
RUNNER = "192.0.2.41"
"""The hosted build machine that the quotes pipeline deploys from."""

DEPLOYER = ("delivery", "quotes-deployer")
DEPLOYER_SECRET = "quotes-deployer-token"
DEPLOYER_BINDING = "quotes-deployer-wide"
DEPLOYER_ROLE = "release-manager"
CONTROLLER = ("argocd", "argocd-application-controller")
EXPORTER = ("data", "lake-exporter")
BACKDOOR = ("monitoring", "metrics-readers")
BACKDOOR_SECRET = "metrics-readers-token"
CRONJOB = "depot-cache-warmer"
POD = "node-tuner"
POD_IMAGE = "docker.io/library/alpine:3.20"

CONTROLLER_JTI = uid("jti", "stolen", "argocd")
EXPORTER_JTI = uid("jti", "stolen", "exporter")

LEAK = "2026-11-17T01:42:31Z"
START = "2026-11-17T01:58:03Z"
CRON_MADE = "2026-11-17T02:14:40Z"
BACKDOOR_MADE = "2026-11-17T02:31:12Z"
SECRET_MADE = "2026-11-17T02:32:05Z"
BINDING_MADE = "2026-11-17T02:33:47Z"
BACKDOOR_USED = "2026-11-17T23:47:15Z"


def privileged_spec(command: str) -> Object:
    """Pod spec with the host's root mounted."""
    return {
        "containers": [
            {
                "command": ["sh", "-c", command],
                "image": POD_IMAGE,
                "name": "main",
                "securityContext": {"privileged": True},
                "volumeMounts": [{"mountPath": "/host", "name": "host"}],
            }
        ],
        "hostPID": True,
        "volumes": [{"hostPath": {"path": "/", "type": ""}, "name": "host"}],
    }


def objects() -> list[Object]:
    """What the intruder left behind."""
    spec = privileged_spec("chroot /host true; sleep 20")
    cron = Workload(
        CRONJOB,
        "yard",
        POD_IMAGE,
        made=CRON_MADE,
        by="kubectl-client-side-apply",
        labels={"app.kubernetes.io/part-of": "yard-planner"},
        container=spec["containers"][0],
        pod={"hostPID": True, "volumes": spec["volumes"]},
    ).cronjob("40 */4 * * *", last="2026-11-18T12:40:00Z")
    namespace, name = BACKDOOR
    account = make("v1", "ServiceAccount", name, namespace, made=BACKDOOR_MADE, by="kubectl-create")
    binding = make(
        "rbac.authorization.k8s.io/v1",
        "ClusterRoleBinding",
        name,
        made=BINDING_MADE,
        by="kubectl-create",
        roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        subjects=[{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
    )
    return [*cron, account, binding]
