"""Cases of checks of pods: privileges, capabilities, users and profiles."""

from __future__ import annotations

from typing import Any

from demarc.model.evidence import GapReason
from demarc.model.posture import Outcome
from demarc.testing import a_container, a_deployment, a_node, a_pod, a_pod_spec, a_workload, an_object
from tests.posture.given import Case, Object

VIOLATED, HOLDS, UNKNOWN = Outcome.VIOLATED, Outcome.HOLDS, Outcome.UNKNOWN
NO_PODS = (("pods", GapReason.FORBIDDEN),)


def _box(**security: Any) -> Object:
    return a_container(securityContext=security)


def _caps(**capabilities: list[str]) -> Object:
    return _box(capabilities=capabilities)


def _nightly(**spec: Any) -> Object:
    template = {"spec": {"template": {"spec": a_pod_spec(**spec)}}}
    return an_object("batch/v1", "CronJob", "nightly", namespace="shop", spec={"jobTemplate": template})


def _windows(**more: Any) -> Object:
    return a_deployment(pod_spec={"os": {"name": "windows"}, **more})


def _app(*boxes: Object, **spec: Any) -> Object:
    return a_deployment(containers=boxes or None, pod_spec=spec)


APP = ("Deployment shop/app",)
CRIO = a_node("n1", status={"nodeInfo": {"containerRuntimeVersion": "cri-o://1.33.0", "kubeletVersion": "v1.33.0"}})

CASES = (
    *(Case(name, UNKNOWN, (_app(_box(), hostUsers=False),), gaps=NO_PODS) for name in ("DM-POD-001", "DM-POD-002")),
    Case("DM-POD-001", VIOLATED, (_app(_box(privileged=True)),), on=APP, says="container app may do all"),
    Case(
        "DM-POD-001",
        VIOLATED,
        (_app(initContainers=[a_container("setup", securityContext={"privileged": True})]),),
        on=APP,
        about="init containers count",
    ),
    Case("DM-POD-001", VIOLATED, (_nightly(containers=[_box(privileged=True)]),), on=("CronJob shop/nightly",)),
    Case("DM-POD-001", HOLDS, (_app(_box(privileged=False)), a_pod("bare"))),
    Case("DM-POD-001", UNKNOWN, says="no workload is in what was given", about="nothing to look at is no pass"),
    Case("DM-POD-002", VIOLATED, (a_pod("bare", pod_spec={"hostPID": True}),), on=("Pod shop/bare",)),
    Case("DM-POD-002", HOLDS, (a_workload("StatefulSet", "db", pod_spec={"hostPID": False}),)),
    Case("DM-POD-003", VIOLATED, (_app(hostIPC=True),), on=APP),
    Case("DM-POD-003", HOLDS, (_app(hostIPC=False),)),
    Case("DM-POD-003", UNKNOWN, (_app(),), gaps=NO_PODS),
    Case("DM-POD-004", VIOLATED, (_app(hostNetwork=True),), on=APP),
    Case("DM-POD-004", HOLDS, (_app(),)),
    Case("DM-POD-004", UNKNOWN, (_app(),), gaps=NO_PODS),
    Case("DM-POD-005", VIOLATED, (_app(),), on=APP, about="absent is true"),
    Case("DM-POD-005", VIOLATED, (_app(_box(allowPrivilegeEscalation=True)),), on=APP),
    Case("DM-POD-005", HOLDS, (_app(_box(allowPrivilegeEscalation=False)),)),
    Case("DM-POD-005", HOLDS, (_windows(),), about="not on Windows"),
    Case("DM-POD-005", UNKNOWN, (_app(_box(allowPrivilegeEscalation=False)),), gaps=NO_PODS),
    Case("DM-POD-006", VIOLATED, (_app(),), on=APP, about="nothing said: the image decides"),
    Case(
        "DM-POD-006",
        VIOLATED,
        (_app(_box(runAsNonRoot=False), securityContext={"runAsNonRoot": True}),),
        on=APP,
        about="the container's word counts before the pod's",
    ),
    Case("DM-POD-006", VIOLATED, (_app(securityContext={"runAsUser": 0}),), on=APP),
    Case(
        "DM-POD-006",
        HOLDS,
        (_app(_box(runAsUser=1000), securityContext={"runAsUser": 0}),),
        about="the container's user counts before the pod's",
    ),
    Case("DM-POD-006", HOLDS, (_app(securityContext={"runAsNonRoot": True}),)),
    Case("DM-POD-006", HOLDS, (_app(hostUsers=False),), about="root of a user namespace is nobody on the node"),
    Case(
        "DM-POD-006",
        HOLDS,
        (_windows(securityContext={"windowsOptions": {"runAsUserName": "ContainerUser"}}),),
        about="Windows names users",
    ),
    Case(
        "DM-POD-006",
        VIOLATED,
        (_windows(securityContext={"windowsOptions": {"runAsUserName": "ContainerAdministrator"}}),),
        on=APP,
    ),
    Case("DM-POD-006", UNKNOWN, (_app(securityContext={"runAsUser": 10}),), gaps=NO_PODS),
    Case("DM-POD-007", VIOLATED, (_app(_caps(add=["CAP_SYS_ADMIN"])),), on=APP, says="SYS_ADMIN"),
    Case("DM-POD-007", VIOLATED, (_app(_caps(add=["ALL"])),), on=APP),
    Case("DM-POD-007", VIOLATED, (_app(_caps(add=["IPC_LOCK"])),), on=APP, says="none that alone opens the node"),
    Case("DM-POD-007", HOLDS, (_app(_caps(add=["NET_BIND_SERVICE", "CHOWN", "NET_RAW"])),), about="NET_RAW is 009"),
    Case("DM-POD-007", UNKNOWN, (_app(),), gaps=NO_PODS),
    Case("DM-POD-008", VIOLATED, (_app(_caps(drop=["NET_RAW"])),), on=APP),
    Case("DM-POD-008", HOLDS, (_app(_caps(drop=["ALL"], add=["NET_BIND_SERVICE"])),)),
    Case("DM-POD-008", HOLDS, (_windows(),)),
    Case("DM-POD-008", UNKNOWN, (_app(_caps(drop=["ALL"])),), gaps=NO_PODS),
    Case("DM-POD-009", VIOLATED, (_app(),), on=APP, about="the runtime gives it"),
    Case("DM-POD-009", VIOLATED, (_app(_caps(drop=["ALL"], add=["NET_RAW"])),), on=APP, about="added back"),
    Case("DM-POD-009", VIOLATED, (_app(_box(privileged=True, capabilities={"drop": ["ALL"]})),), on=APP),
    Case("DM-POD-009", HOLDS, (_app(_caps(drop=["NET_RAW"])),)),
    Case("DM-POD-009", HOLDS, (_app(_caps(add=["ALL"], drop=["NET_RAW"])),), about="one that is named is dropped last"),
    Case("DM-POD-009", HOLDS, (CRIO, a_pod("bare", node="n1")), about="CRI-O keeps it back"),
    Case(
        "DM-POD-009", VIOLATED, (CRIO, a_pod("bare", node="n1", containers=[_caps(add=["ALL"])])), on=("Pod shop/bare",)
    ),
    Case("DM-POD-009", UNKNOWN, (_app(_caps(drop=["ALL"])),), gaps=NO_PODS),
    Case("DM-POD-013", VIOLATED, (_app(),), on=APP),
    Case(
        "DM-POD-013",
        VIOLATED,
        (
            _app(
                _box(seccompProfile={"type": "Unconfined"}),
                securityContext={"seccompProfile": {"type": "RuntimeDefault"}},
            ),
        ),
        on=APP,
        about="the container sets the pod's aside",
    ),
    Case("DM-POD-013", HOLDS, (_app(securityContext={"seccompProfile": {"type": "RuntimeDefault"}}),)),
    Case("DM-POD-013", HOLDS, (_windows(),)),
    Case("DM-POD-013", UNKNOWN, (_app(_box(seccompProfile={"type": "Localhost"})),), gaps=NO_PODS),
    Case("DM-POD-014", VIOLATED, (_app(_box(appArmorProfile={"type": "Unconfined"})),), on=APP),
    Case("DM-POD-014", VIOLATED, (_app(securityContext={"seLinuxOptions": {"type": "spc_t"}}),), on=APP),
    Case(
        "DM-POD-014",
        VIOLATED,
        (
            a_pod(
                "bare",
                annotations={"container.apparmor.security.beta.kubernetes.io/app": "unconfined"},
            ),
        ),
        on=("Pod shop/bare",),
        about="the older annotation",
    ),
    Case(
        "DM-POD-014", HOLDS, (_app(securityContext={"seLinuxOptions": {"type": "container_engine_t", "level": "s0"}}),)
    ),
    Case("DM-POD-014", UNKNOWN, (_app(),), gaps=NO_PODS),
    Case("DM-POD-015", VIOLATED, (_app(_box(procMount="Unmasked")),), on=APP),
    Case(
        "DM-POD-015",
        VIOLATED,
        (_app(securityContext={"sysctls": [{"name": "kernel.msgmax", "value": "65536"}]}),),
        on=APP,
    ),
    Case(
        "DM-POD-015",
        HOLDS,
        (
            _app(
                _box(procMount="Unmasked"),
                hostUsers=False,
                securityContext={"sysctls": [{"name": "net.ipv4.tcp_rmem"}]},
            ),
        ),
        about="a user namespace, and a setting that is safe since 1.32",
    ),
    Case("DM-POD-015", UNKNOWN, (_app(),), gaps=NO_PODS),
    Case("DM-POD-017", VIOLATED, (_windows(securityContext={"windowsOptions": {"hostProcess": True}}),), on=APP),
    Case("DM-POD-017", HOLDS, (_windows(),)),
    Case("DM-POD-017", UNKNOWN, (_app(),), gaps=NO_PODS),
    Case(
        "DM-POD-005",
        HOLDS,
        (a_node("w1", labels={"kubernetes.io/os": "windows"}), a_pod("bare", node="w1")),
        about="on a Windows node, whatever the pod says",
    ),
)
