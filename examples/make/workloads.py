"""Workloads with all that the controllers make of them: a Deployment brings its ReplicaSet and pods."""

from __future__ import annotations

import copy
from typing import Any

from make.kube import Object, make
from make.nodes import GENERAL, MACHINES, Machine
from make.stable import hexes, later, number, suffix


class Workload:
    """A workload as its authors describe it. ``container`` and ``pod`` hold further fields of either."""

    def __init__(
        self,
        name: str,
        namespace: str,
        image: str,
        *,
        made: str,
        by: str = "argocd-controller",
        rolled: str | None = None,
        account: str | None = None,
        replicas: int = 1,
        on: tuple[Machine, ...] = GENERAL,
        labels: dict[str, str] | None = None,
        annotations: dict[str, str] | None = None,
        container: dict[str, Any] | None = None,
        pod: dict[str, Any] | None = None,
    ) -> None:
        self.name = name
        self.namespace = namespace
        self.made = made
        self.by = by
        self.rolled = rolled or made
        self.replicas = replicas
        self.on = on
        self.annotations = annotations or {}
        self.select = {"app.kubernetes.io/name": name}
        self.labels = self.select | (labels or {}) | ({"app.kubernetes.io/managed-by": "Helm"} if by == "helm" else {})
        if by == "helm":
            self.annotations |= {"meta.helm.sh/release-name": name, "meta.helm.sh/release-namespace": namespace}
        self.account = account
        main = {
            "image": image,
            "imagePullPolicy": "Always" if image.endswith(":latest") else "IfNotPresent",
            "name": (container or {}).get("name", name),
            "resources": {"limits": {"memory": "512Mi"}, "requests": {"cpu": "100m", "memory": "256Mi"}},
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File",
        }
        self.pod_spec: Object = {
            "containers": [main | (container or {})],
            "dnsPolicy": "ClusterFirst",
            "restartPolicy": "Always",
            "schedulerName": "default-scheduler",
            "securityContext": {},
            "terminationGracePeriodSeconds": 30,
        } | (pod or {})
        if account:
            self.pod_spec |= {"serviceAccount": account, "serviceAccountName": account}

    @property
    def template(self) -> Object:
        return {"metadata": {"labels": dict(self.labels)}, "spec": copy.deepcopy(self.pod_spec)}

    def _top(self, kind: str, *, api: str = "apps/v1", **body: Any) -> Object:
        return make(
            api,
            kind,
            self.name,
            self.namespace,
            made=self.made,
            by=self.by,
            labels=self.labels,
            annotations=self.annotations,
            status_by="kube-controller-manager",
            status_at=self.rolled,
            **body,
        )

    def _pod(self, name: str, owner: Object, machine: Machine, hashed: dict[str, str], generate: str | None) -> Object:
        return running_pod(
            name,
            self.namespace,
            self.pod_spec,
            self.labels | hashed,
            machine,
            started=self.rolled,
            owner=owner,
            generate=generate,
        )

    def deployment(self) -> list[Object]:
        """Build a Deployment with its ReplicaSet and pods."""
        hashed = suffix("template", self.namespace, self.name, self.rolled, length=10)
        count = {"availableReplicas": self.replicas, "readyReplicas": self.replicas, "replicas": self.replicas}
        top = self._top(
            "Deployment",
            spec={
                "progressDeadlineSeconds": 600,
                "replicas": self.replicas,
                "revisionHistoryLimit": 3,
                "selector": {"matchLabels": self.select},
                "strategy": {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}, "type": "RollingUpdate"},
                "template": self.template,
            },
            status=count | {"observedGeneration": 1, "updatedReplicas": self.replicas},
        )
        labelled = {"pod-template-hash": hashed}
        template = self.template
        template["metadata"]["labels"] |= labelled
        middle = make(
            "apps/v1",
            "ReplicaSet",
            f"{self.name}-{hashed}",
            self.namespace,
            made=self.rolled,
            by="kube-controller-manager",
            labels=self.labels | labelled,
            annotations={"deployment.kubernetes.io/revision": "1"},
            owner=top,
            spec={"replicas": self.replicas, "selector": {"matchLabels": self.select | labelled}, "template": template},
            status=count | {"fullyLabeledReplicas": self.replicas, "observedGeneration": 1},
        )
        middle_name = middle["metadata"]["name"]
        pods = [
            self._pod(
                f"{middle_name}-{suffix(middle_name, str(index))}",
                middle,
                self.on[(number(middle_name, below=7) + index) % len(self.on)],
                labelled,
                f"{middle_name}-",
            )
            for index in range(self.replicas)
        ]
        return [top, middle, *pods]

    def daemonset(self) -> list[Object]:
        """Build a DaemonSet with one pod on each of its nodes."""
        hashed = {"controller-revision-hash": suffix("revision", self.namespace, self.name, length=10)}
        hashed["pod-template-generation"] = "1"
        number_of = len(self.on)
        top = self._top(
            "DaemonSet",
            spec={
                "revisionHistoryLimit": 10,
                "selector": {"matchLabels": self.select},
                "template": self.template,
                "updateStrategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}, "type": "RollingUpdate"},
            },
            status={
                "currentNumberScheduled": number_of,
                "desiredNumberScheduled": number_of,
                "numberAvailable": number_of,
                "numberMisscheduled": 0,
                "numberReady": number_of,
                "observedGeneration": 1,
                "updatedNumberScheduled": number_of,
            },
        )
        pods = [
            self._pod(f"{self.name}-{suffix(self.name, machine.name)}", top, machine, hashed, f"{self.name}-")
            for machine in self.on
        ]
        return [top, *pods]

    def statefulset(self) -> list[Object]:
        """Build a StatefulSet with its pods."""
        hashed = {"controller-revision-hash": f"{self.name}-{suffix('revision', self.namespace, self.name, length=10)}"}
        top = self._top(
            "StatefulSet",
            spec={
                "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
                "podManagementPolicy": "OrderedReady",
                "replicas": self.replicas,
                "revisionHistoryLimit": 10,
                "selector": {"matchLabels": self.select},
                "serviceName": self.name,
                "template": self.template,
                "updateStrategy": {"rollingUpdate": {"partition": 0}, "type": "RollingUpdate"},
            },
            status={
                "availableReplicas": self.replicas,
                "currentReplicas": self.replicas,
                "observedGeneration": 1,
                "readyReplicas": self.replicas,
                "replicas": self.replicas,
            },
        )
        pods = []
        for index in range(self.replicas):
            ordinal = hashed | {"apps.kubernetes.io/pod-index": str(index)}
            machine = self.on[index % len(self.on)]
            pods.append(self._pod(f"{self.name}-{index}", top, machine, ordinal, f"{self.name}-"))
        return [top, *pods]

    def cronjob(self, schedule: str, *, last: str | None = None) -> list[Object]:
        """Build a CronJob, with the Job of its last run where ``last`` says when that was."""
        template = self.template
        template["spec"]["restartPolicy"] = "OnFailure"
        top = self._top(
            "CronJob",
            api="batch/v1",
            spec={
                "concurrencyPolicy": "Forbid",
                "failedJobsHistoryLimit": 1,
                "jobTemplate": {"spec": {"template": template}},
                "schedule": schedule,
                "successfulJobsHistoryLimit": 1,
                "suspend": False,
            },
            status={"lastScheduleTime": last, "lastSuccessfulTime": later(last, seconds=49)} if last else {},
        )
        return [top, *self._last_run(top, template, last)] if last else [top]

    def _last_run(self, top: Object, template: Object, last: str) -> list[Object]:
        name = f"{self.name}-{number(self.name, last, below=900_000) + 29_000_000}"
        marked = copy.deepcopy(template)
        marked["metadata"]["labels"] |= {"batch.kubernetes.io/job-name": name}
        job = make(
            "batch/v1",
            "Job",
            name,
            self.namespace,
            made=last,
            by="kube-controller-manager",
            labels=marked["metadata"]["labels"],
            owner=top,
            status_by="kube-controller-manager",
            status_at=later(last, seconds=49),
            spec={"backoffLimit": 6, "completions": 1, "parallelism": 1, "suspend": False, "template": marked},
            status={"completionTime": later(last, seconds=49), "startTime": last, "succeeded": 1},
        )
        return [job]


def running_pod(
    name: str,
    namespace: str,
    spec: Object,
    labels: dict[str, str],
    machine: Machine,
    *,
    started: str,
    owner: Object | None = None,
    generate: str | None = None,
    by: str = "kube-controller-manager",
) -> Object:
    """Build a pod that runs on a machine, with the API token volume that admission adds."""
    full = copy.deepcopy(spec) | {"enableServiceLinks": True, "nodeName": machine.name, "priority": 0}
    account = spec.get("serviceAccountName", "default")
    full |= {"serviceAccount": account, "serviceAccountName": account}
    if spec.get("automountServiceAccountToken") is not False:
        _mount_token(full, name)
    statuses = [
        {
            "containerID": f"containerd://{hexes('container', namespace, name, container['name'])}",
            "image": container["image"],
            "imageID": f"{container['image'].rpartition(':')[0]}@sha256:{hexes('image', container['image'])}",
            "name": container["name"],
            "ready": True,
            "restartCount": 0,
            "started": True,
            "state": {"running": {"startedAt": later(started, seconds=9)}},
        }
        for container in full["containers"]
    ]
    address = machine.address if spec.get("hostNetwork") else _pod_address(machine, namespace, name)
    return make(
        "v1",
        "Pod",
        name,
        namespace,
        made=started,
        by=by,
        labels=labels,
        owner=owner,
        generate=generate,
        status_by="kubelet",
        status_at=later(started, seconds=10),
        spec=full,
        status={
            "conditions": [
                {
                    "lastProbeTime": None,
                    "lastTransitionTime": later(started, seconds=10),
                    "status": "True",
                    "type": "Ready",
                }
            ],
            "containerStatuses": statuses,
            "hostIP": machine.address,
            "phase": "Running",
            "podIP": address,
            "podIPs": [{"ip": address}],
            "qosClass": "Burstable",
            "startTime": started,
        },
    )


def _pod_address(machine: Machine, namespace: str, name: str) -> str:
    third = machine.address.split(".")[2]
    return f"10.41.{third}.{2 + number('address', namespace, name, below=250)}"


def _mount_token(spec: Object, pod: str) -> None:
    volume = f"kube-api-access-{suffix('token', pod)}"
    mount = {"mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "name": volume, "readOnly": True}
    for container in spec["containers"]:
        container["volumeMounts"] = [*container.get("volumeMounts", []), mount]
    sources = [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"items": [{"key": "ca.crt", "path": "ca.crt"}], "name": "kube-root-ca.crt"}},
    ]
    spec["volumes"] = [
        *spec.get("volumes", []),
        {"name": volume, "projected": {"defaultMode": 420, "sources": sources}},
    ]


def machine_of(pod: Object) -> Machine:
    """Machine that a pod runs on."""
    return next(machine for machine in MACHINES if machine.name == pod["spec"]["nodeName"])
