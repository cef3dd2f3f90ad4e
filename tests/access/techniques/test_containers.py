"""Techniques from a running container: what it holds, its neighbours, the node under it, and on from the node."""

from __future__ import annotations

import pytest

from demarc.model.evidence import GapReason
from demarc.testing import a_node, a_pod, a_secret, a_service_account
from tests.access.given import a_snapshot
from tests.access.techniques.support import (
    BASE,
    POD,
    Case,
    Object,
    adding,
    box,
    can,
    check,
    hops_of,
    may,
    privileged,
    runs,
    with_host_path,
    with_volume,
)

NODE = f"{POD} -> node n1"
APP = f"{POD}/app"
KUBEADM = (
    *(item for item in BASE if item["kind"] != "Node"),
    a_node("n1", labels={"node-role.kubernetes.io/control-plane": ""}),
)


def a_token(audience: str = "") -> Object:
    token = {"path": "token", "expirationSeconds": 3607} | ({"audience": audience} if audience else {})
    return {"projected": {"sources": [{"serviceAccountToken": token}]}}


def pair(one: Object, other: Object, **spec) -> Object:
    return runs(containers=[{**one, "name": "app"}, {**other, "name": "side"}], pod_spec=spec)


def nodes(os_image: str, version: str) -> tuple[Object, ...]:
    return (
        *(item for item in BASE if item["kind"] != "Node"),
        a_node("n1", os_image=os_image, kubelet_version=version),
    )


SHARED = {"volumeMounts": [{"name": "v", "mountPath": "/v"}]}
READS = {"volumeMounts": [{"name": "v", "mountPath": "/v", "readOnly": True}]}
SECRET_ENV = box(env=[{"name": "P", "valueFrom": {"secretKeyRef": {"name": "database", "key": "password"}}}])
HOST_PID = {"hostPID": True}

CASES = (
    Case(
        "USES_IDENTITY",
        (with_volume(a_token(), serviceAccountName="bot"),),
        f"{POD} -> identity ServiceAccount shop/bot",
    ),
    Case("USES_IDENTITY", (runs(),)),
    Case(
        "USES_IDENTITY", (a_pod("app", node="n1", service_account="bot"),), f"{POD} -> identity ServiceAccount shop/bot"
    ),
    Case(
        "USES_IDENTITY",
        (a_pod("app", node="n1", service_account="bot"), a_service_account("bot", automountServiceAccountToken=False)),
    ),
    Case("USES_IDENTITY", (with_volume(a_token("vault")),)),
    Case(
        "USES_IDENTITY",
        (pair(SHARED, {}, volumes=[{"name": "v", **a_token()}]),),
        f"{APP} -> identity ServiceAccount shop/default",
    ),
    Case(
        "USES_IDENTITY",
        (pair(SHARED, {}, volumes=[{"name": "v", **a_token()}]),),
        absent=f"{POD}/side -> identity ServiceAccount shop/default",
    ),
    Case("FOREIGN_TOKEN", (with_volume(a_token("vault")),), f"{POD} -> outside vault as shop/default"),
    Case("FOREIGN_TOKEN", (with_volume(a_token()),)),
    Case(
        "MOUNTS_SECRET",
        (with_volume({"secret": {"secretName": "database"}}), a_secret()),
        f"{POD} -> secret shop/database",
    ),
    Case(
        "MOUNTS_SECRET", (runs(pod_spec={"volumes": [{"name": "v", "secret": {"secretName": "database"}}]}), a_secret())
    ),
    Case("MOUNTS_SECRET", (with_volume({"secret": {"secretName": "other"}}), a_secret())),
    Case(
        "MOUNTS_SECRET",
        (with_volume({"secret": {"secretName": "database"}}),),
        f"{POD} -> secret shop/database",
        unknown="whether it exists",
        gaps=(("secrets", GapReason.FORBIDDEN),),
    ),
    Case("ENV_SECRET", (runs(containers=[SECRET_ENV]), a_secret()), f"{POD} -> secret shop/database"),
    Case("ENV_SECRET", (runs(), a_secret())),
    Case(
        "CSI_SECRET",
        (
            with_volume(
                {"csi": {"driver": "secrets-store.csi.k8s.io", "volumeAttributes": {"secretProviderClass": "aws"}}}
            ),
        ),
        f"{POD} -> outside items of SecretProviderClass shop/aws",
    ),
    Case("CSI_SECRET", (with_volume({"csi": {"driver": "ebs.csi.aws.com"}}),)),
    Case(
        "SHARED_VOLUME",
        (pair(SHARED, READS, volumes=[{"name": "v", "emptyDir": {}}]),),
        f"{APP} -> config volume v of Pod shop/app",
    ),
    Case(
        "SHARED_VOLUME",
        (pair(SHARED, READS, volumes=[{"name": "v", "emptyDir": {}}]),),
        f"config volume v of Pod shop/app -> {POD}/side",
        unknown="cannot be seen",
        absent=f"{POD}/side -> config volume v of Pod shop/app",
    ),
    Case("SHARED_VOLUME", (pair(READS, READS, volumes=[{"name": "v", "emptyDir": {}}]),)),
    Case(
        "SHARED_PID",
        (pair({"securityContext": {"runAsUser": 0}}, {}, shareProcessNamespace=True),),
        f"{APP} -> {POD}/side",
    ),
    Case("SHARED_PID", (pair({}, {}, shareProcessNamespace=True),), f"{APP} -> {POD}/side", unknown="different users"),
    Case("SHARED_PID", (pair({}, {}),)),
    # To the node.
    Case("PRIV_MOUNT", (runs(containers=[privileged()]),), NODE),
    Case("PRIV_MOUNT", (runs(containers=[adding("SYS_ADMIN")]),)),
    Case("PRIV_MOUNT", (runs(containers=[privileged()], pod_spec={"hostUsers": False}),)),
    Case(
        "PRIV_MOUNT", (runs(containers=[privileged()], pod_spec={"runtimeClassName": "kata"}),), NODE, unknown="sandbox"
    ),
    Case("NSENTER", (runs(containers=[privileged()], pod_spec=HOST_PID),), NODE),
    Case("NSENTER", (runs(containers=[adding("CAP_SYS_ADMIN", "SYS_PTRACE")], pod_spec=HOST_PID),), NODE),
    Case("NSENTER", (runs(containers=[privileged()]),)),
    Case("MODULE_LOAD", (runs(containers=[adding("SYS_MODULE")]),), NODE),
    Case("MODULE_LOAD", (runs(containers=[adding("NET_ADMIN")]),)),
    Case(
        "PTRACE_HOST",
        (
            runs(
                containers=[adding("SYS_ADMIN", "SYS_PTRACE")],
                pod_spec={**HOST_PID, "securityContext": {"appArmorProfile": {"type": "Unconfined"}}},
            ),
        ),
        NODE,
    ),
    Case("PTRACE_HOST", (runs(containers=[adding("ALL")], pod_spec=HOST_PID),), NODE, unknown="AppArmor"),
    Case("PTRACE_HOST", (runs(containers=[adding("SYS_PTRACE")], pod_spec=HOST_PID),)),
    Case("CORE_PATTERN", (with_host_path("/proc/sys"),), NODE),
    Case("CORE_PATTERN", (with_host_path("/proc", read_only=True),)),
    Case("CORE_PATTERN", (with_host_path("/proc/net"),)),
    Case("VAR_LOG_LINK", (with_host_path("/var/log"),), NODE),
    Case("VAR_LOG_LINK", (with_host_path("/var/log", read_only=True),)),
    Case("VAR_LOG_LINK", (with_host_path("/var/logs"),)),
    Case("HOST_WRITE", (with_host_path("/etc/cron.d"),), NODE),
    Case("HOST_WRITE", (with_host_path("/etc/../etc/"),), NODE),
    Case("HOST_WRITE", (with_host_path("/etc", hostUsers=False),), NODE, unknown="user namespace"),
    Case("HOST_WRITE", (with_host_path("/var/lib/app"),), NODE, unknown="runs or trusts"),
    Case("HOST_WRITE", (with_host_path("/mnt/data"),)),
    Case("HOST_WRITE", (with_host_path("/etc/ssl/certs"),)),
    Case("HOST_WRITE", (with_host_path("/etc", read_only=True),)),
    Case("HOST_READ", (with_host_path("/etc", read_only=True),), NODE),
    Case("HOST_READ", (with_host_path("/etc/localtime", read_only=True),)),
    Case(
        "KUBELET_DIR",
        (with_host_path("/var/lib/kubelet", read_only=True),),
        f"{POD} -> credential tokens and Secrets in files of pods on node n1",
    ),
    Case("KUBELET_DIR", (with_host_path("/var/lib/kubelet-plugins"),)),
    Case("RUNTIME_SOCKET", (with_host_path("/run/containerd/containerd.sock", read_only=True),), NODE),
    Case("RUNTIME_SOCKET", (with_host_path("/run/secrets"),)),
    Case("CGROUP_RELEASE", (runs(containers=[adding("SYS_ADMIN")]),), NODE, base=nodes("Amazon Linux 2", "v1.32.1")),
    Case("CGROUP_RELEASE", (runs(containers=[adding("SYS_ADMIN")]),), NODE, unknown="control groups"),
    Case("CGROUP_RELEASE", (runs(containers=[adding("SYS_ADMIN")]),), base=nodes("Amazon Linux 2", "v1.35.0")),
    Case("OPEN_BY_HANDLE", (runs(containers=[adding("DAC_READ_SEARCH")]),), NODE),
    Case("OPEN_BY_HANDLE", (runs(containers=[adding("DAC_OVERRIDE")]),)),
    Case("STATIC_POD_DIR", (with_host_path("/etc/kubernetes"),), NODE, base=KUBEADM),
    Case("STATIC_POD_DIR", (with_host_path("/etc/kubernetes"),), NODE, unknown="provider's images"),
    Case("STATIC_POD_DIR", (with_host_path("/etc/kubernetes/pki"),)),
    Case("HOST_NETWORK", (runs(pod_spec={"hostNetwork": True}),), f"{POD} -> endpoint network of node n1"),
    Case("HOST_NETWORK", (runs(),)),
    # On from the node.
    Case("NODE_HOSTS", (runs(),), f"node n1 -> {POD}"),
    Case("NODE_HOSTS", (runs(),), absent=f"node n2 -> {POD}"),
    Case("NODE_HOSTS", (), "node n1 -> workload */*", unknown="not known", gaps=(("pods", GapReason.FORBIDDEN),)),
    Case("NODE_IDENTITY", (), "node n1 -> identity User system:node:n1"),
    Case("NODE_IDENTITY", (), base=tuple(item for item in BASE if item["kind"] != "Node")),
    Case("CONTROL_PLANE_NODE", (), "node n1 -> cluster-admin", base=KUBEADM),
    Case("CONTROL_PLANE_NODE", (a_node("n9", labels={"node-role.kubernetes.io/control-plane": ""}),)),
)


@pytest.mark.parametrize("case", CASES, ids=[f"{case.technique}-{number}" for number, case in enumerate(CASES)])
def test_technique(case):
    check(case)


def test_a_link_among_logs_needs_somebody_who_reads_logs():
    hops = hops_of(with_host_path("/var/log"), *may(can("get", "pods/log"), namespace="shop"))
    needs = {str(need) for hop in hops if hop.technique == "VAR_LOG_LINK" for need in hop.needs}
    assert needs == {"grant reading logs of nodes", "grant reading logs of pods in shop"}
    given = [hop for hop in hops if str(hop.target) == "grant reading logs of pods in shop"]
    assert [hop.grants for hop in given] == [("RoleBinding shop/given",)]
    assert not [hop for hop in hops if str(hop.target) == "grant reading logs of nodes"]


def test_files_of_a_node_hold_what_its_pods_mount_and_nothing_else():
    mounts = with_volume({"secret": {"secretName": "database"}})
    mounts["metadata"]["name"] = "mounter"
    elsewhere = runs("other", node="n2", containers=[SECRET_ENV])
    hops = hops_of(with_host_path("/var/lib/kubelet/pods"), mounts, elsewhere, a_secret(), a_secret("unused"))
    ways = {str(hop.source): str(hop.target) for hop in hops if "in files of shop" in hop.source.name}
    assert ways == {"credential tokens and Secrets in files of shop/Pod/mounter": "secret shop/database"}


def test_a_container_that_is_gone_by_now_opens_nothing():
    gone = runs(pod_spec={"initContainers": [privileged(name="setup")]})
    stays = runs("stays", pod_spec={"initContainers": [{**privileged(), "name": "mesh", "restartPolicy": "Always"}]})
    found = {hop.source.name for hop in hops_of(gone, stays) if hop.technique == "PRIV_MOUNT"}
    assert found == {"shop/Pod/stays/mesh"}


def test_an_attribute_of_a_csi_volume_is_not_kept_but_for_the_name_of_its_class():
    volume = {"csi": {"driver": "d", "volumeAttributes": {"password": "not-a-password", "secretProviderClass": "c"}}}
    assert "not-a-password" not in repr(a_snapshot(with_volume(volume)))
