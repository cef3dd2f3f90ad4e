"""Which duty governs a step: each rule where it speaks, and where it stays silent."""

from __future__ import annotations

from typing import Any

import pytest

from demarc.incidents.duties import RULES
from tests.incidents.given import facts, flaw, judged, part, step


def duty(changed_part: dict[str, Any], *, technique: str = "T1190", **rest: Any) -> str:
    """The duty of the only step."""
    top = {name: rest.pop(name) for name in ("since", "until", "facts", "provider", "model") if name in rest}
    return judged(facts(parts=[part(**changed_part)], steps=[step(technique=technique, **rest)], **top)).root_duty


def second(parts: list[dict[str, Any]], **changed: Any) -> str:
    """The duty of a second step, after a first one on the first part."""
    first = changed.pop("first", {})
    verdict = judged(facts(parts=parts, steps=[step(component=parts[0]["id"], **first), step(n=2, **changed)]))
    return verdict.steps[1].duty


WRONG = flaw(kind="misconfiguration")
ALTERED = flaw(kind="malicious_release")
BEFORE = {"since": "2025-02-01", "until": "2025-02-02"}
OUTSIDE = {"where": "build", "inside_cluster": False}


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("self_installed_addon", "addon.fix", "addon.rollout"),
        ("ingress_controller", "addon.fix", "addon.rollout"),
        ("control_plane", "platform.control-plane", "platform.control-plane-patch"),
        ("authenticator", "platform.authenticator", "platform.authenticator"),
        ("package", "supply.dependencies", "supply.dependencies"),
        ("registry", "supply.registry", "supply.registry"),
    ],
)
def test_a_flaw_breaks_one_duty_before_its_fix_and_another_after(kind, before, after):
    thing = {"kind": kind, "installed_by": "provider", "supplier": "its makers", "defect": flaw()}
    assert duty(thing, **BEFORE) == before
    assert duty(thing) == after


def test_node_software_is_the_nodes_unless_it_comes_as_a_chart():
    assert duty({"kind": "container_runtime", "managed_by": "node_image", "defect": flaw()}, **BEFORE) == "node.image"
    assert duty({"kind": "container_runtime", "managed_by": "node_image", "defect": flaw()}) == "node.patching"
    assert duty({"kind": "container_runtime", "managed_by": "customer_chart", "defect": flaw()}) == "addon.rollout"


def test_a_flaw_in_own_code_is_the_applications_in_code_of_others_a_dependencys():
    assert duty({"kind": "workload", "supplier": "Us", "defect": flaw()}) == "workload.vulnerabilities"
    assert duty({"kind": "workload", "supplier": "some project", "defect": flaw()}) == "supply.dependencies"


def test_a_flaw_that_fired_in_a_builder_is_a_matter_of_the_build():
    runtime = {"kind": "container_runtime", "managed_by": "pipeline", "defect": flaw()}
    assert duty(runtime, technique="T1611", **OUTSIDE) == "supply.pipeline-trust"
    assert duty(runtime, technique="T1611") == "node.patching"


def test_a_credential_that_was_known_to_be_exposed_should_have_been_revoked():
    leak = flaw(kind="leaked_credential", fix_delivery="rotation", fix_released=None)
    token = {"kind": "credential", "managed_by": "customer_config", "defect": leak}
    assert duty(token, technique="T1550.001", since="2025-05-01") == "response.revocation"
    assert duty(token, technique="T1550.001", since="2025-02-01") == "secret.storage"
    asked = {**token, "defect": {**leak, "disclosed": "2025-07-01", "fix_released": "2025-04-01"}}
    assert duty(asked, technique="T1550.001", since="2025-05-01") == "response.revocation"
    told = {"facts": {"supplier_notice": "2025-04-01"}, "since": "2025-05-01"}
    later = {**token, "defect": {**leak, "disclosed": "2025-07-01"}}
    assert duty(later, technique="T1550.001", **told) == "response.revocation"
    assert duty({**later, "installed_by": "third_party"}, technique="T1550.001", **told) == "secret.storage"
    ended = {**token, "defect": {**leak, "fix_applied": "2025-03-10"}}
    assert duty(ended, technique="T1550.001", since="2025-05-01") == "secret.storage"


def test_logs_that_are_cleared_in_a_clean_up():
    parts = [part(kind="workload"), part(id="logs", kind="pipeline")]
    assert second(parts, component="logs", technique="T1070") == "response.evidence"
    assert second(parts, component="logs", technique="T1070", credential="stolen") != "response.evidence"
    planted = [part(kind="workload"), part(id="pod", kind="workload", installed_by="intruder")]
    assert second(planted, component="pod", technique="T1070", credential="stolen") == "response.evidence"


def test_what_an_intruder_left_and_what_works_on_is_the_responses():
    planted = part(id="planted", kind="rbac", installed_by="intruder")
    steps = [step(component="planted", technique="BIND_ROLE"), step(n=2, component="planted", technique="T1098")]
    verdict = judged(facts(parts=[planted], steps=steps))
    assert [one.duty for one in verdict.steps] == ["identity.rbac", "response.tenant"]
    assert "response" in verdict.rules
    alone = judged(facts(parts=[planted], steps=[step(component="planted", technique="T1098")]))
    assert alone.root_duty == "identity.rbac"


def test_access_of_a_leaver_was_to_be_taken_away():
    for kind in ("cluster_authentication", "rbac", "credential"):
        assert duty({"kind": kind, "defect": WRONG}, technique="LEAVER_ACCESS") == "identity.offboarding"


def test_an_intruders_workload_was_let_in():
    assert duty({"kind": "workload", "installed_by": "intruder"}, technique="WORKLOAD_CREATE") == "admission.policy"
    assert duty({"kind": "image", "installed_by": "intruder"}, technique="T1204.003") == "admission.policy"


def test_a_new_workload_through_a_deputy_is_a_matter_of_admission_the_deputy_itself_of_delivery():
    assert duty({"kind": "workload"}, technique="OPERATOR_DEPUTY") == "admission.policy"
    assert duty({"kind": "delivery_controller"}, technique="OPERATOR_DEPUTY") == "delivery.controllers"


def test_harm_that_follows_is_there_to_be_seen_and_harm_as_the_first_step_is_its_cause():
    miner = [part(defect=ALTERED, kind="image"), part(id="pod", kind="workload")]
    assert (
        second(miner, component="pod", technique="T1496", first={"technique": "T1204.003"})
        == "monitoring.runtime-detection"
    )
    assert (
        second(miner, component="part", technique="T1496", first={"technique": "T1204.003"})
        == "monitoring.runtime-detection"
    )
    assert duty({"kind": "image", "defect": ALTERED}, technique="T1496") == "supply.image-provenance"


def test_looking_around_after_the_door_was_open_is_there_to_be_seen():
    shop = [part(kind="workload", defect=flaw())]
    assert second(shop, technique="T1083") == "monitoring.runtime-detection"
    assert duty({"kind": "workload", "defect": flaw()}, technique="T1083") == "supply.dependencies"


def test_for_whoever_rents_a_service_all_under_it_is_the_services():
    renting: dict[str, Any] = {"facts": {"viewpoint": "service_user"}}
    below = {"installed_by": "provider", "managed_by": "service_side"}
    assert duty({"kind": "infrastructure", **below}, **renting) == "platform.tenant-isolation"
    assert duty({"kind": "container_runtime", **below, "defect": flaw()}, **renting) == "node.patching"
    assert duty({"kind": "vendor_in_cluster_identity", **below}, technique="POD_EXEC", **renting) == "addon.privileges"
    assert duty({"kind": "infrastructure", **below}, technique="NODE_HOSTS") == "workload.isolation"


def test_what_a_supplier_runs_for_the_build_is_a_matter_of_trust():
    device = {"kind": "developer_device", "defect": flaw(kind="leaked_credential")}
    assert duty({**device, "installed_by": "third_party"}, technique="T1539", **OUTSIDE) == "supply.pipeline-trust"
    assert duty(device, technique="T1539", **OUTSIDE) == "endpoint.devices"


def test_what_a_node_joins_with_and_what_its_metadata_gives():
    node = part(kind="node", installed_by="provider", defect=flaw(kind="default", default_documented=False))
    joined = judged(
        facts(
            parts=[node, part(id="boot", kind="node")],
            steps=[step(technique="REACHES"), step(n=2, technique="BOOTSTRAP_JOIN", component="boot")],
        )
    )
    assert {one.duty for one in joined.steps} == {"node.bootstrap"}
    assert duty({"kind": "node", "defect": flaw(kind="default")}, technique="IMDS_FROM_POD") == "node.metadata"
    steps = [step(technique="IMDS_FROM_POD"), step(n=2, technique="NODE_IDENTITY", credential="stolen")]
    given_out = judged(facts(parts=[node], steps=steps))
    assert {one.duty for one in given_out.steps} == {"node.bootstrap"}


def test_a_taken_credential_used_on_and_on_stays_with_the_duty_that_let_it_go():
    boot = [part(kind="node")]
    first = {"technique": "BOOTSTRAP_JOIN", "credential": "stolen"}
    assert second(boot, technique="CSR_MINT", credential="forged", first=first) == "node.bootstrap"
    assert second(boot, technique="CSR_MINT", credential="own", first=first) == "identity.rbac"
    assert second(boot, technique="WORKLOAD_CREATE", credential="forged", first=first) == "identity.rbac"


def test_acting_as_the_node_with_what_metadata_gave_out():
    parts = [
        part(kind="node", defect=flaw(kind="default", default_documented=True)),
        part(id="map", kind="cluster_authentication"),
    ]
    first = {"technique": "IMDS_FROM_POD"}
    assert (
        second(parts, component="map", technique="NODE_IDENTITY", credential="stolen", first=first) == "node.metadata"
    )
    role = [parts[0], part(id="role", kind="workload_identity")]
    assert (
        second(role, component="role", technique="NODE_CLOUD_ROLE", credential="stolen", first=first)
        == "identity.cloud-roles"
    )


def test_what_a_found_secret_opens_goes_back_to_where_it_was_kept():
    parts = [part(kind="workload"), part(id="bucket", kind="saas")]
    first = {"technique": "ENV_SECRET"}
    assert (
        second(parts, component="bucket", technique="SECRET_OPENS", credential="leaked", first=first)
        == "secret.storage"
    )
    assert (
        second(parts, component="bucket", technique="SECRET_OPENS", credential="own", first=first) == "secret.rotation"
    )


def test_a_change_with_a_deploy_identity_passed_the_approval():
    parts = [part(kind="pipeline", managed_by="pipeline"), part(id="app", kind="workload", managed_by="pipeline")]
    first = {"technique": "CI_STATIC_KEY", **OUTSIDE}
    changed = {"component": "app", "technique": "WORKLOAD_PATCH"}
    assert second(parts, **changed, credential="stolen", first=first) == "delivery.change-approval"
    assert second(parts, **changed, credential="own", first=first) == "identity.rbac"


def test_a_components_identity_that_can_do_too_much():
    agent = {"kind": "cni", "defect": flaw()}
    assert duty(agent, technique="DRAIN_STEAL", **BEFORE) == "addon.privileges"
    assert duty(agent, technique="DRAIN_STEAL") == "addon.rollout"
    assert duty(agent, technique="WEBHOOK_BACKEND", **BEFORE) == "addon.fix"
    assert duty({"kind": "logging_agent", "defect": WRONG}, technique="KUBELET_DIR") == "addon.privileges"


def test_rights_that_came_with_a_component_and_rights_that_somebody_wrote():
    assert duty({"kind": "rbac", "managed_by": "customer_chart"}, technique="SECRET_READ") == "addon.privileges"
    assert duty({"kind": "rbac", "managed_by": "customer_manifest"}, technique="POD_EXEC") == "identity.rbac"
    assert (
        duty({"kind": "rbac", "managed_by": "customer_chart", "supplier": "Us"}, technique="POD_EXEC")
        == "identity.rbac"
    )


def test_an_account_that_can_do_too_much_in_the_cluster_and_one_that_can_in_the_cloud():
    account = {"kind": "workload_identity", "managed_by": "customer_manifest", "defect": WRONG}
    assert duty(account, technique="SECRET_READ") == "identity.rbac"
    assert duty(account, technique="POD_CREATE") == "identity.rbac"
    assert duty(account, technique="IRSA") == "identity.cloud-roles"
    assert duty(account, technique="T1578") == "identity.cloud-roles"
    assert duty({**account, "defect": None}, technique="SECRET_READ") == "secret.access"


def test_the_login_component_and_whom_it_lets_in():
    wrong = {"kind": "cluster_authentication", "defect": WRONG}
    assert duty({**wrong, "installed_by": "provider"}, technique="CLOUD_TO_CLUSTER") == "platform.authenticator"
    assert duty(wrong, technique="CLOUD_TO_CLUSTER") == "cluster.authentication"
    default = {**wrong, "installed_by": "provider", "defect": flaw(kind="default", default_documented=True)}
    assert duty(default, technique="CLOUD_TO_CLUSTER") == "platform.defaults"
    assert duty(default, technique="T1078.003") == "cluster.authentication"


def test_an_admission_that_the_service_brings_along_is_a_default():
    wrong = {"kind": "admission", "managed_by": "service_side", "defect": WRONG}
    provided = judged(facts(parts=[part(**wrong, installed_by="provider")], steps=[step(technique="PRIV_MOUNT")]))
    assert (provided.root_duty, provided.party.value) == ("platform.defaults", "provider")
    assert duty(wrong, technique="PRIV_MOUNT") == "admission.policy"


def test_the_reach_of_the_api_server_is_a_setting():
    open_to_all = {"kind": "control_plane", "defect": WRONG}
    assert duty(open_to_all, technique="EXPOSED") == "cluster.endpoint"
    assert duty(open_to_all, technique="T1068") == "platform.control-plane"


def test_the_audit_trail_is_its_makers_its_export_its_users():
    wrong = {"kind": "audit_log", "defect": WRONG}
    assert duty({**wrong, "installed_by": "provider"}, technique="TOKEN_REQUEST") == "platform.audit-generation"
    assert duty(wrong, technique="SECRET_READ") == "cluster.audit-export"
    assert duty(wrong, technique="T1562.008") == "monitoring.log-retention"
    assert duty({"kind": "control_plane_logs"}, technique="T1552.001") == "secret.access"


def test_an_altered_image_where_it_is_pushed_and_where_it_is_pulled():
    image = {"kind": "image", "defect": ALTERED}
    assert duty({**image, "installed_by": "third_party"}, technique="REGISTRY_PUSH", **OUTSIDE) == "supply.registry"
    assert duty(image, technique="T1204.003") == "supply.image-provenance"


def test_credentials_of_pipelines():
    leak = flaw(kind="leaked_credential", disclosed="2025-07-01", fix_released=None)
    assert duty({"kind": "credential", "managed_by": "pipeline", "defect": leak}) == "supply.pipeline-credentials"
    assert duty({"kind": "pipeline"}, technique="T1552", **OUTSIDE) == "supply.pipeline-credentials"
    assert duty({"kind": "pipeline"}, technique="T1195.001", **OUTSIDE) == "supply.dependencies"


def test_secrets_in_repositories_state_files_and_environments():
    leak = flaw(kind="leaked_credential", disclosed="2025-07-01", fix_released=None)
    assert duty({"kind": "repository", "defect": leak}, technique="T1552.001", **OUTSIDE) == "supply.source"
    assert duty({"kind": "repository", "defect": leak}, technique="T1552.001") == "supply.source"
    assert duty({"kind": "repository", "defect": leak}, technique="CLOUD_TO_SECRET") == "secret.storage"
    written = {"kind": "credential", "managed_by": "customer_config", "defect": leak}
    assert duty(written, technique="T1552.001", **OUTSIDE) == "supply.source"
    assert duty(written, technique="T1552.001") == "secret.storage"
    assert duty({**written, "defect": WRONG}, technique="T1078.004") == "secret.rotation"
    assert duty({"kind": "workload", "defect": leak}, technique="ENV_SECRET") == "secret.storage"
    assert duty({"kind": "secrets", "defect": WRONG}, technique="T1552.001") == "secret.storage"
    assert duty({"kind": "secrets", "defect": WRONG}, technique="SECRET_READ") == "secret.access"


def test_what_is_published_without_a_login():
    for technique in ("EXPOSED", "MGMT_UI", "T1133", "T1190"):
        for kind in ("self_installed_addon", "workload"):
            assert duty({"kind": kind, "defect": WRONG}, technique=technique) == "network.exposure"


def test_settings_that_the_kind_decides():
    for kind, expected in (
        ("kubelet", "node.hardening"),
        ("network_policy", "network.segmentation"),
        ("namespaces", "workload.isolation"),
        ("vpc_network", "network.perimeter"),
        ("etcd", "platform.etcd"),
        ("node", "node.hardening"),
    ):
        assert duty({"kind": kind, "defect": WRONG}, technique="T1133") == expected


def test_a_technique_that_says_nothing_leaves_it_to_the_part():
    assert duty({"kind": "network_policy"}, technique="T1999") == "network.segmentation"
    assert duty({"kind": "workload"}, technique="T1005") == "workload.vulnerabilities"


def test_every_rule_says_what_it_is_for():
    assert all(rule.__doc__ for rule in RULES)
    assert len({rule.__name__ for rule in RULES}) == len(RULES)
