"""A patch merges into the manifest of its object, and the check then finds nothing more there."""

from __future__ import annotations

import pytest
import yaml

from demarc.model.posture import Outcome
from demarc.posture import examine
from demarc.testing import a_container, a_deployment, a_pod, a_pod_spec, an_object
from tests.posture.given import BASE, Case, Object, a_ground, check_named
from tests.posture.merging import merged
from tests.posture.test_cases import CASES


def found_by(case: Case, objects):
    ground = a_ground(
        *objects,
        gaps=case.gaps,
        documents=case.documents,
        records=case.records,
        register=case.register,
        trail=case.trail,
        base=case.base,
        at=case.at,
    )
    return examine(ground, (check_named(case.check),))[0].found


def is_patched(case: Case) -> bool:
    return any(one.fix is not None and one.fix.patch for one in found_by(case, case.objects))


PATCHED = [case for case in CASES if case.outcome is Outcome.VIOLATED and is_patched(case)]


@pytest.mark.parametrize("case", PATCHED, ids=[f"{case.check}-{case.about}" for case in PATCHED])
def test_a_patch_mends_what_it_is_for(case):
    given = {
        (item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"]): item for item in case.base
    }
    given |= {
        (item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"]): item for item in case.objects
    }
    patched: dict[tuple[str, str, str], Object] = {}
    for one in found_by(case, case.objects):
        key = (one.object.kind, one.object.namespace, one.object.name)
        if one.fix is not None and one.fix.patch and key in given:
            patched[key] = merged(patched.get(key, given[key]), yaml.safe_load(one.fix.patch))
    # Pods of before go with the rollout.
    stays = [item for key, item in given.items() if key not in patched and "ownerReferences" not in item["metadata"]]
    left = found_by(case, [*stays, *patched.values()])
    assert not {(one.object.kind, one.object.namespace, one.object.name) for one in left} & patched.keys()


def the_fix(check, *objects):
    (one,) = examine(a_ground(*objects, base=BASE), (check_named(check),))[0].found
    return one.fix


def test_init_containers_and_containers_are_apart_and_nested_as_the_kind_has_them():
    spec = a_pod_spec(initContainers=[a_container("setup")])
    job = an_object(
        "batch/v1",
        "CronJob",
        "nightly",
        namespace="shop",
        spec={"jobTemplate": {"spec": {"template": {"spec": spec}}}},
    )
    patch = yaml.safe_load(the_fix("DM-POD-016", job).patch)
    inner = patch["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert inner == {
        "containers": [{"name": "app", "securityContext": {"readOnlyRootFilesystem": True}}],
        "initContainers": [{"name": "setup", "securityContext": {"readOnlyRootFilesystem": True}}],
    }


def test_what_is_not_in_the_manifest_is_not_patched_into_it():
    app = a_deployment()
    replica_set = an_object(
        "apps/v1", "ReplicaSet", "app-1", namespace="shop", owner=app, spec={"template": {"spec": {}}}
    )
    pod = a_pod(
        "app-1-x",
        containers=[a_container("proxy", image="mesh.example/proxy:1"), a_container()],
        pod_spec={"ephemeralContainers": [a_container("debugger")]},
        owner=replica_set,
    )
    ground = a_ground(app, replica_set, pod)
    (one,) = examine(ground, (check_named("DM-POD-016"),))[0].found
    fix, paths = one.fix, [field.path for field in one.fields]
    assert fix is not None
    assert [item["name"] for item in yaml.safe_load(fix.patch)["spec"]["template"]["spec"]["containers"]] == ["app"]
    assert "Debug container debugger goes with its pod" in fix.says
    assert "Container proxy is put into the pods on admission" in fix.says
    assert "pods: spec.containers[0].securityContext.readOnlyRootFilesystem" in paths
    assert "spec.template.spec.containers[0].securityContext.readOnlyRootFilesystem" in paths, "of the manifest"


def test_pods_of_a_kind_that_is_not_known_are_not_patched():
    owner = an_object("example.com/v1", "Rollout", "app", namespace="shop")
    fix = the_fix("DM-POD-016", owner, a_pod("app-x", owner=owner))
    assert not fix.patch
    assert "made by a Rollout" in fix.says


def test_without_escalation_nothing_is_left_that_the_server_refuses_beside_it():
    box = a_container(securityContext={"privileged": True, "capabilities": {"add": ["CAP_SYS_ADMIN", "CHOWN"]}})
    patch = yaml.safe_load(the_fix("DM-POD-005", a_deployment(containers=[box])).patch)
    (found,) = patch["spec"]["template"]["spec"]["containers"]
    assert found["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "privileged": False,
        "capabilities": {"add": ["CHOWN"]},
    }


def test_a_pods_own_profile_is_left_where_it_holds():
    spec = {"securityContext": {"seccompProfile": {"type": "Localhost", "localhostProfile": "a.json"}}}
    box = a_container(securityContext={"seccompProfile": {"type": "Unconfined"}})
    patch = yaml.safe_load(the_fix("DM-POD-013", a_deployment(containers=[box], pod_spec=spec)).patch)
    assert "securityContext" not in patch["spec"]["template"]["spec"]
