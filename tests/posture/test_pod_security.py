"""The Pod Security Standards, held to what upstream's own admission says, by level and version."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from demarc.model.kubernetes import PodSpec
from demarc.posture.pod_security import BASELINE, LATEST, RESTRICTED, Shape, breaches

GOOD = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
POD = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}


def controls(spec, level, version=LATEST, annotations=None):
    spec.setdefault("containers", [{"name": "app"}])
    shape = Shape(msgspec.convert(spec, PodSpec), annotations or {})
    return {one.control for one in breaches(shape, level, version)}


def box(**security):
    return {"containers": [{"name": "app", "securityContext": security}]}


def test_a_plain_pod_is_baseline_and_not_restricted():
    assert not controls({}, BASELINE)
    assert controls({}, RESTRICTED) == {
        "allowPrivilegeEscalation",
        "runAsNonRoot",
        "seccompProfile_restricted",
        "capabilities_restricted",
    }
    assert not controls({}, "privileged")


def test_a_hardened_pod_is_restricted():
    assert not controls({**box(**GOOD), "securityContext": POD}, RESTRICTED)


@pytest.mark.parametrize(
    ("spec", "control"),
    [
        ({"hostNetwork": True}, "hostNamespaces"),
        (box(privileged=True), "privileged"),
        ({"containers": [], "ephemeralContainers": [{"securityContext": {"privileged": True}}]}, "privileged"),
        (box(capabilities={"add": ["NET_RAW"]}), "capabilities_baseline"),
        (box(capabilities={"add": ["CAP_CHOWN"]}), "capabilities_baseline"),
        ({"volumes": [{"name": "v", "hostPath": {"path": "/x"}}]}, "hostPathVolumes"),
        ({"containers": [{"name": "a", "ports": [{"containerPort": 1, "hostPort": 1}]}]}, "hostPorts"),
        ({"securityContext": {"appArmorProfile": {"type": "Unconfined"}}}, "appArmorProfile"),
        ({"securityContext": {"seLinuxOptions": {"user": "root"}}}, "seLinuxOptions"),
        (box(procMount="Unmasked"), "procMount"),
        (box(seccompProfile={"type": "Unconfined"}), "seccompProfile_baseline"),
        ({"securityContext": {"sysctls": [{"name": "kernel.sem"}]}}, "sysctls"),
        ({"securityContext": {"windowsOptions": {"hostProcess": True}}}, "windowsHostProcess"),
        (
            {"containers": [{"name": "a", "livenessProbe": {"httpGet": {"host": "10.0.0.1"}}}]},
            "hostProbesAndHostLifecycle",
        ),
        (
            {"containers": [{"name": "a", "lifecycle": {"preStop": {"tcpSocket": {"host": "10.0.0.1"}}}}]},
            "hostProbesAndHostLifecycle",
        ),
    ],
)
def test_what_baseline_forbids(spec, control):
    assert controls(spec, BASELINE) == {control}


@pytest.mark.parametrize(
    ("spec", "control"),
    [
        ({"securityContext": {"runAsUser": 0}}, "runAsUser"),
        (box(runAsNonRoot=False), "runAsNonRoot"),
        ({"volumes": [{"name": "v", "nfs": {"server": "x", "path": "/"}}]}, "restrictedVolumes"),
        (box(capabilities={"drop": ["ALL"], "add": ["CHOWN"]}), "capabilities_restricted"),
    ],
)
def test_what_restricted_forbids_besides(spec, control):
    assert control in controls(spec, RESTRICTED)
    assert not controls(spec, BASELINE)


def test_volumes_that_restricted_allows():
    kinds = ("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret")
    spec = {"volumes": [{"name": kind, kind: {}} for kind in kinds]}
    assert "restrictedVolumes" not in controls(spec, RESTRICTED)


@pytest.mark.parametrize(("version", "forbidden"), [(26, True), (27, False), (LATEST, False)])
def test_settings_of_the_kernel_become_safe_with_a_version(version, forbidden):
    spec = {"securityContext": {"sysctls": [{"name": "net.ipv4.ip_local_reserved_ports"}]}}
    assert bool(controls(spec, BASELINE, version)) is forbidden


def test_controls_begin_with_a_version():
    assert "runAsUser" not in controls({"securityContext": {"runAsUser": 0}}, RESTRICTED, 22)
    assert "capabilities_restricted" not in controls({}, RESTRICTED, 21)
    probe = {"containers": [{"name": "a", "readinessProbe": {"tcpSocket": {"host": "x"}}}]}
    assert not controls(probe, BASELINE, 33)
    assert controls({"securityContext": {"seLinuxOptions": {"type": "container_engine_t"}}}, BASELINE, 30)
    assert not controls({"securityContext": {"seLinuxOptions": {"type": "container_engine_t"}}}, BASELINE, 31)


def test_before_the_field_seccomp_was_an_annotation():
    off = {"seccomp.security.alpha.kubernetes.io/pod": "unconfined"}
    assert controls({}, BASELINE, 18, off) == {"seccompProfile_baseline"}
    assert not controls({}, BASELINE, 19, off)


def test_apparmor_by_annotation():
    name = "container.apparmor.security.beta.kubernetes.io/app"
    assert controls({}, BASELINE, annotations={name: "unconfined"}) == {"appArmorProfile"}
    assert not controls({}, BASELINE, annotations={name: "localhost/mine"})


def test_pods_for_windows_are_let_off_what_windows_has_not():
    spec = {"os": {"name": "windows"}, "securityContext": {"runAsNonRoot": True}}
    assert not controls(spec, RESTRICTED)
    assert controls(spec, RESTRICTED, 24), "not before 1.25"


def test_a_user_namespace_relaxes_from_1_35_on():
    spec = {**box(procMount="Unmasked", runAsUser=0, **GOOD), "hostUsers": False}
    spec["securityContext"] = {"seccompProfile": {"type": "RuntimeDefault"}}
    assert not controls(spec, BASELINE, 35)
    assert controls(spec, BASELINE, 34) == {"procMount"}
    assert controls(spec, RESTRICTED, 35) == {"procMount_restricted"}
    assert controls(spec, RESTRICTED, 34) == {"procMount", "runAsNonRoot", "runAsUser"}


def test_a_containers_own_word_can_stand_in_for_the_pods():
    spec = {"containers": [{"name": "a", "securityContext": {**GOOD, **POD}}]}
    assert not controls(spec, RESTRICTED)


boxes = st.fixed_dictionaries(
    {},
    optional={
        "privileged": st.booleans(),
        "runAsUser": st.sampled_from([0, 1000]),
        "runAsNonRoot": st.booleans(),
        "allowPrivilegeEscalation": st.booleans(),
        "procMount": st.sampled_from(["Default", "Unmasked"]),
        "seccompProfile": st.fixed_dictionaries({"type": st.sampled_from(["RuntimeDefault", "Unconfined"])}),
        "capabilities": st.fixed_dictionaries(
            {
                "add": st.lists(st.sampled_from(["SYS_ADMIN", "NET_BIND_SERVICE"])),
                "drop": st.sampled_from([[], ["ALL"]]),
            }
        ),
    },
)
specs = st.fixed_dictionaries(
    {"containers": st.lists(st.fixed_dictionaries({"name": st.just("a"), "securityContext": boxes}), max_size=3)},
    optional={"hostPID": st.booleans(), "hostUsers": st.booleans(), "os": st.just({"name": "windows"})},
)


@given(specs, st.integers(0, 40))
def test_restricted_forbids_all_that_baseline_does(spec, version):
    assert controls(spec, BASELINE, version) - controls(spec, RESTRICTED, version) <= {
        "procMount",
        "seccompProfile_baseline",
    }
    assert bool(controls(spec, RESTRICTED, version)) or not controls(spec, BASELINE, version)


@given(specs)
def test_a_field_is_told_once(spec):
    found = [one.path for one in breaches(Shape(msgspec.convert(spec, PodSpec), {}), RESTRICTED)]
    assert len(found) == len(set(found))
