"""What the company's teams run: booking, quotes, tracking, customs, yard, partners' EDI, data and an assistant."""

from __future__ import annotations

from typing import Any

from make.company import REGISTRY
from make.kube import Object, make, touched
from make.nodes import BATCH, FARGATE, GENERAL
from make.workloads import Workload, running_pod

TIGHT: dict[str, Any] = {
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
}
BATCH_ONLY: dict[str, Any] = {
    "nodeSelector": {"eks.amazonaws.com/nodegroup": "batch"},
    "tolerations": [{"effect": "NoSchedule", "key": "fjordkite.example/batch", "operator": "Exists"}],
}


def _env_from(**secrets: tuple[str, str]) -> list[dict[str, Any]]:
    return [
        {"name": name, "valueFrom": {"secretKeyRef": {"key": key, "name": secret}}}
        for name, (secret, key) in secrets.items()
    ]


def booking() -> list[Object]:
    """The booking site: the best kept part of the cluster, with one hand-made change."""
    api = Workload(
        "booking-api",
        "booking",
        f"{REGISTRY}/booking-api:2026.11.12",
        made="2024-03-19T08:20:00Z",
        rolled="2026-11-12T13:05:41Z",
        account="booking-api",
        replicas=2,
        labels={"app.kubernetes.io/part-of": "booking"},
        container=TIGHT
        | {"env": _env_from(DB_PASSWORD=("booking-db", "password"), PAY_KEY=("payment-gateway", "api-key"))},
    ).deployment()
    touched(api[0], "kubectl-edit", "2026-11-13T21:37:02Z", {"spec": {"replicas": 2}})
    web = Workload(
        "booking-web",
        "booking",
        f"{REGISTRY}/booking-web:2026.11.04",
        made="2024-03-19T08:20:00Z",
        rolled="2026-11-04T10:15:00Z",
        account="booking-web",
        labels={"app.kubernetes.io/part-of": "booking"},
        container=TIGHT,
        pod={"automountServiceAccountToken": False},
    ).deployment()
    rates = Workload(
        "rate-sync",
        "booking",
        f"{REGISTRY}/rate-sync:2026.09.30",
        made="2025-05-20T07:00:00Z",
        account="rate-sync",
        container=TIGHT,
    ).cronjob("*/30 * * * *", last="2026-11-18T14:00:00Z")
    return [*api, *web, *rates]


def quotes() -> list[Object]:
    """Quotes: deployed with Helm from a pipeline, with the token that leaks."""
    common: dict[str, Any] = {"made": "2024-03-20T09:00:00Z", "rolled": "2026-11-16T14:22:10Z", "by": "helm"}
    api = Workload("quotes-api", "quotes", f"{REGISTRY}/quotes-api:v312", account="quotes", **common)
    worker = Workload(
        "quotes-worker",
        "quotes",
        f"{REGISTRY}/quotes-worker:v312",
        account="quotes",
        container={
            "env": _env_from(CARRIER_KEY=("carrier-api-keys", "polarline")),
            "securityContext": {"runAsUser": 0},
        },
        **common,
    )
    return [*api.deployment(), *worker.deployment()]


def tracking() -> list[Object]:
    """Vessel and truck positions: reads the host's logs, and names a cloud role that is gone."""
    api = Workload(
        "tracking-api",
        "tracking",
        f"{REGISTRY}/tracking-api:1.44.0",
        made="2024-05-06T12:00:00Z",
        rolled="2026-10-22T09:09:09Z",
        account="tracking-api",
        container=TIGHT,
    )
    ingest = Workload(
        "position-ingest",
        "tracking",
        f"{REGISTRY}/position-ingest:1.44.0",
        made="2024-05-06T12:00:00Z",
        rolled="2026-10-22T09:10:30Z",
        account="ingest",
        container={
            "env": _env_from(MQTT_PASSWORD=("mqtt-broker", "password")),
            "volumeMounts": [{"mountPath": "/host/log", "name": "host-log"}],
        },
        pod={"volumes": [{"hostPath": {"path": "/var/log", "type": ""}, "name": "host-log"}]},
    )
    return [*api.deployment(), *ingest.statefulset()]


def customs() -> list[Object]:
    """Customs declarations: handed from one team to another in March 2026; the label still names the first."""
    return Workload(
        "declarations",
        "customs",
        f"{REGISTRY}/declarations:8.2.1",
        made="2024-06-03T08:00:00Z",
        rolled="2026-07-14T12:30:00Z",
        account="declarations",
        container={"env": _env_from(BROKER_TOKEN=("broker-credentials", "token"))},
    ).deployment()


def yard() -> list[Object]:
    """Yard planning: its only engineer left in spring, and it has run untouched since."""
    planner = Workload(
        "yard-planner",
        "yard",
        f"{REGISTRY}/yard-planner:latest",
        made="2024-04-22T13:30:00Z",
        rolled="2026-02-03T15:45:00Z",
        by="kubectl-client-side-apply",
        container={
            "env": [{"name": "PLANNER_DB_PASSWORD", "value": "invented-Harbour-77-EXAMPLE"}],
            "resources": {},
        },
    )
    return planner.deployment()


def partners() -> list[Object]:
    """EDI with carriers, on Fargate: no sensor and no log agent can run beside it."""
    gateway = Workload(
        "edi-gateway",
        "edi",
        f"{REGISTRY}/edi-gateway:5.0.7",
        made="2024-04-02T10:00:00Z",
        rolled="2026-09-21T07:45:00Z",
        account="edi-gateway",
        on=FARGATE,
        labels={"eks.amazonaws.com/fargate-profile": "edi"},
        container=TIGHT | {"volumeMounts": [{"mountPath": "/etc/sftp", "name": "keys", "readOnly": True}]},
        pod={
            "imagePullSecrets": [{"name": "registry-login"}],
            "volumes": [{"name": "keys", "secret": {"defaultMode": 256, "secretName": "sftp-host-key"}}],
        },
    )
    return gateway.deployment()


def data() -> list[Object]:
    """The ledger and the exports to the data lake."""
    ledger = Workload(
        "ledger-db",
        "data",
        "docker.io/library/postgres:16.4",
        made="2024-03-26T10:30:00Z",
        rolled="2026-06-09T05:55:00Z",
        account="ledger-db",
        labels={"fjordkite.example/crown-jewel": "true"},
        container={"env": _env_from(POSTGRES_PASSWORD=("ledger-db", "password"))},
    ).statefulset()
    export = Workload(
        "lake-exporter",
        "data",
        f"{REGISTRY}/lake-exporter:0.31.0",
        made="2025-01-28T16:00:00Z",
        account="lake-exporter",
        on=BATCH,
        container={"env": _env_from(AWS_SECRET_ACCESS_KEY=("lake-aws-key", "secret-access-key"))},
        pod=BATCH_ONLY,
    ).cronjob("15 3 * * *", last="2026-11-18T03:15:00Z")
    volume_name = "pvc-" + ledger[0]["metadata"]["uid"]
    claim = make(
        "v1",
        "PersistentVolumeClaim",
        "ledger",
        "data",
        made="2024-03-26T10:30:00Z",
        by="argocd-controller",
        spec={
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "200Gi"}},
            "storageClassName": "gp3",
            "volumeName": volume_name,
        },
        status={"phase": "Bound"},
    )
    volume = make(
        "v1",
        "PersistentVolume",
        volume_name,
        made="2024-03-26T10:30:12Z",
        by="csi-provisioner",
        spec={
            "accessModes": ["ReadWriteOnce"],
            "capacity": {"storage": "200Gi"},
            "claimRef": {"kind": "PersistentVolumeClaim", "name": "ledger", "namespace": "data"},
            "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-0example0000ledger"},
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": "gp3",
        },
        status={"phase": "Bound"},
    )
    return [*ledger, *export, claim, volume]


def assistant() -> list[Object]:
    """The shipment assistant: an agent with a model key, and tools that may change any team's deployments."""
    agent = Workload(
        "shipment-assistant",
        "assistant",
        f"{REGISTRY}/shipment-assistant:0.9.3",
        made="2026-06-15T09:30:00Z",
        rolled="2026-11-10T16:12:00Z",
        account="shipment-assistant",
        labels={"fjordkite.example/ai-agent": "true"},
        container={
            "env": [
                *_env_from(ANTHROPIC_API_KEY=("model-key", "api-key"), CRM_TOKEN=("tool-credentials", "crm-token")),
                {"name": "TOOL_SERVER", "value": "http://mcp-kubernetes.assistant.svc:8080"},
            ]
        },
    )
    tools = Workload(
        "mcp-kubernetes",
        "assistant",
        "ghcr.io/example-tools/mcp-kubernetes:v0.4",
        made="2026-06-15T09:31:00Z",
        account="mcp-kubernetes",
        labels={"fjordkite.example/ai-agent": "tools"},
    )
    return [*agent.deployment(), *tools.deployment()]


def strays() -> list[Object]:
    """A pod that somebody forgot, in the default namespace and without a controller."""
    shell = Workload(
        "debug-shell",
        "default",
        "docker.io/nicolaka/netshoot:latest",
        made="2026-03-05T17:20:00Z",
        container={"command": ["sleep", "infinity"], "securityContext": {"privileged": True}},
    )
    return [
        running_pod(
            "debug-shell",
            "default",
            shell.pod_spec,
            {"app.kubernetes.io/name": "debug-shell", "run": "debug-shell"},
            GENERAL[1],
            started=shell.made,
            by="kubectl-run",
        )
    ]


def objects() -> list[Object]:
    """Everything that the teams run."""
    parts = (booking, quotes, tracking, customs, yard, partners, data, assistant, strays)
    return [item for part in parts for item in part()]
