"""Breadth: incidents of many kinds in a few lines each, with every answer that counts as right."""

from __future__ import annotations

from typing import Any

import pytest

from tests.incidents.given import facts, flaw, judged, part, step

CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
NOWHERE: dict[str, Any] = {"provider": "other:any", "model": None}
OUTSIDE: dict[str, Any] = {"where": "build", "inside_cluster": False}


def case(name: str, described: dict[str, Any], **expected: Any) -> None:
    CASES[name] = (described, expected)


def own(**changed: Any) -> dict[str, Any]:
    """A part that the operator wrote."""
    return part(**{"managed_by": "customer_manifest", "supplier": "operator", **changed})


case(
    "gke-fluentbit",
    facts(
        provider="gke",
        model="standard",
        facts={"provider_company": "Google", "operator": "any operator"},
        since="2023-01",
        until="2023-12-14",
        parts=[
            own(
                id="fb",
                kind="logging_agent",
                supplier="Google",
                installed_by="provider",
                managed_by="provider_addon",
                defect=flaw(
                    kind="misconfiguration",
                    fix_released="2023-12-14",
                    fix_delivery="addon_release",
                    disclosed="2023-12-14",
                ),
            ),
            own(
                id="asm",
                kind="service_mesh",
                supplier="Google",
                installed_by="provider",
                managed_by="provider_addon",
                defect=flaw(
                    kind="misconfiguration",
                    fix_released="2023-12-14",
                    fix_delivery="addon_release",
                    disclosed="2023-12-14",
                ),
            ),
        ],
        joint=[["fb", "asm"]],
        steps=[
            step(component="fb", technique="KUBELET_DIR", observable_in=["node"], basis="demonstrated"),
            step(n=2, component="asm", technique="POD_CREATE", basis="demonstrated", credential="stolen"),
            step(n=3, component="asm", technique="USES_IDENTITY", basis="demonstrated", credential="stolen"),
        ],
    ),
    party=["provider"],
    root_duty=["addon.privileges", "addon.configuration"],
    response_party=["shared", "provider"],
    second=["addon.privileges"],
)
case(
    "leaky-vessels-eks",
    facts(
        provider="eks",
        facts={"node_upgrades": "customer"},
        since="2024-03-15",
        until="2024-03-15",
        parts=[
            own(
                id="runc",
                kind="container_runtime",
                supplier="runc maintainers",
                installed_by="provider",
                managed_by="node_image",
                defect=flaw(fix_released="2024-01-31", fix_delivery="node_image", disclosed="2024-01-31"),
            )
        ],
        steps=[step(component="runc", technique="T1611", observable_in=["node"])],
    ),
    party=["customer"],
    root_duty=["node.patching"],
)
case(
    "arc-agents",
    facts(
        provider="other:azure-arc",
        model=None,
        facts={"provider_company": "Microsoft", "agent_auto_upgrade": False},
        since="2022-12-01",
        until="2022-12-01",
        parts=[
            own(
                id="arc",
                kind="managed_addon",
                supplier="Microsoft",
                installed_by="provider",
                managed_by="provider_addon",
                defect=flaw(fix_released="2022-10-11", fix_delivery="addon_release", disclosed="2022-10-11"),
            )
        ],
        steps=[
            step(component="arc", technique="CLOUD_TO_CLUSTER", observable_in=["provider_only"], basis="demonstrated")
        ],
    ),
    party=["customer"],
    root_duty=["addon.rollout"],
)
case(
    "dockerhub-image",
    facts(
        **NOWHERE,
        parts=[
            own(id="img", kind="image", supplier="unknown", defect=flaw(kind="malicious_release")),
            own(id="pod", kind="workload"),
        ],
        steps=[
            step(component="img", technique="T1204.003", where="deploy"),
            step(n=2, component="pod", technique="T1496", observable_in=["node"]),
        ],
    ),
    party=["third_party"],
    root_duty=["supply.image-provenance", "supply.registry"],
    second=["monitoring.runtime-detection"],
)
case(
    "kinsing-postgres",
    facts(
        provider="aks",
        model="standard",
        parts=[
            own(
                id="db",
                kind="workload",
                supplier="PostgreSQL project",
                managed_by="customer_chart",
                defect=flaw(kind="misconfiguration"),
            )
        ],
        steps=[
            step(component="db", technique="EXPOSED", observable_in=["none"]),
            step(n=2, component="db", technique="T1059", observable_in=["node"]),
        ],
    ),
    party=["customer"],
    root_duty=["network.exposure"],
    second=["monitoring.runtime-detection", "workload.pod-security"],
)
case(
    "aws-auth-pattern",
    facts(
        kind="pattern",
        parts=[own(id="map", kind="cluster_authentication", defect=flaw(kind="misconfiguration"))],
        steps=[step(component="map", technique="EDIT_CLOUD_MAP", credential="own")],
    ),
    party=["customer"],
    root_duty=["identity.rbac", "cluster.authentication"],
)
case(
    "solarwinds-like",
    facts(
        **NOWHERE,
        parts=[
            own(
                id="b",
                kind="build_service",
                supplier="Maker",
                installed_by="third_party",
                managed_by="supplier_service",
                defect=flaw(kind="malicious_release"),
            ),
            own(id="u", kind="self_installed_addon", supplier="Maker", managed_by="customer_chart"),
        ],
        steps=[
            step(component="b", technique="T1195.002", **OUTSIDE, observable_in=["none"]),
            step(n=2, component="u", technique="T1195.002", where="deploy"),
        ],
    ),
    party=["third_party"],
    root_duty=["supply.pipeline-trust"],
    second=["supply.image-provenance", "supply.dependencies"],
    response_party=["shared", "customer"],
)
case(
    "ray-default",
    facts(
        **NOWHERE,
        parts=[
            own(
                id="ray",
                kind="self_installed_addon",
                supplier="Anyscale",
                managed_by="customer_chart",
                defect=flaw(kind="default", default_documented=True),
            )
        ],
        steps=[step(component="ray", technique="T1190", observable_in=["node"])],
    ),
    party=["ambiguous"],
    root_duty=["network.exposure", "addon.configuration"],
)
case(
    "tenant-escape-gvisor",
    facts(
        provider="gke",
        model="standard",
        facts={"provider_company": "Google"},
        since="2020-12-01",
        until="2020-12-10",
        parts=[
            own(
                id="gv",
                kind="container_runtime",
                supplier="Google",
                installed_by="provider",
                managed_by="node_image",
                defect=flaw(fix_released="2020-12-10", fix_delivery="node_image", disclosed="2020-12-12"),
            )
        ],
        steps=[step(component="gv", technique="T1611", observable_in=["node"], basis="demonstrated")],
    ),
    party=["provider"],
    root_duty=["node.image"],
)
case(
    "device",
    facts(
        **NOWHERE,
        parts=[
            own(
                id="d",
                kind="developer_device",
                defect=flaw(kind="leaked_credential", disclosed="2025-07-01", fix_released=None),
            ),
            own(id="api", kind="cluster_authentication"),
        ],
        steps=[
            step(component="d", technique="T1539", **OUTSIDE, observable_in=["none"], credential="stolen"),
            step(n=2, component="api", technique="T1078", credential="stolen"),
        ],
    ),
    party=["customer"],
    root_duty=["endpoint.devices"],
    second=["cluster.authentication"],
)
case(
    "etcd-backup-bucket",
    facts(
        provider="self-managed",
        model=None,
        parts=[own(id="b", kind="backup", defect=flaw(kind="misconfiguration"))],
        steps=[step(component="b", technique="T1530", inside_cluster=False, observable_in=["cloud_trail"])],
    ),
    party=["customer"],
    root_duty=["response.recovery", "secret.storage", "identity.cloud-roles", "platform.etcd"],
)
case(
    "sa-token-automount",
    facts(
        **NOWHERE,
        parts=[
            own(id="w", kind="workload", defect=flaw(fix_released=None, disclosed=None)),
            own(id="sa", kind="service_accounts", defect=flaw(kind="misconfiguration")),
        ],
        steps=[
            step(component="w", technique="T1190", basis="assumed"),
            step(n=2, component="sa", technique="USES_IDENTITY", observable_in=["node"]),
        ],
    ),
    party=["customer"],
    root_duty=["identity.service-accounts"],
)
case(
    "irsa-wildcard",
    facts(
        parts=[own(id="r", kind="workload_identity", defect=flaw(kind="misconfiguration"))],
        steps=[step(component="r", technique="IRSA", observable_in=["cloud_trail"], inside_cluster=False)],
    ),
    party=["customer"],
    root_duty=["identity.cloud-roles"],
)
case(
    "vendor-staff",
    facts(
        parts=[
            own(
                id="s",
                kind="vendor_access",
                supplier="AWS",
                installed_by="provider",
                managed_by="service_side",
                defect=flaw(
                    kind="leaked_credential", disclosed="2025-07-01", fix_released=None, fix_delivery="service_side"
                ),
            )
        ],
        steps=[step(component="s", technique="T1078.004", observable_in=["provider_only"], credential="stolen")],
    ),
    party=["provider"],
    root_duty=["platform.staff-access"],
    response_party=["shared", "provider"],
)
case(
    "gitops-repo",
    facts(
        **NOWHERE,
        parts=[
            own(id="repo", kind="repository", managed_by="customer_config", defect=flaw(kind="misconfiguration")),
            own(id="argo", kind="delivery_controller", supplier="Argo project", managed_by="customer_chart"),
        ],
        steps=[
            step(component="repo", technique="REPO_WRITE", **OUTSIDE, observable_in=["ci"]),
            step(n=2, component="argo", technique="GITOPS_SOURCE"),
        ],
    ),
    party=["customer"],
    root_duty=["supply.source", "delivery.change-approval"],
    second=["delivery.controllers"],
)
case(
    "coredns-provider",
    facts(
        provider="eks",
        facts={"provider_company": "AWS"},
        since="2025-06-01",
        until="2025-06-01",
        parts=[
            own(
                id="dns",
                kind="coredns",
                supplier="CoreDNS project",
                installed_by="provider",
                managed_by="provider_addon",
                defect=flaw(fix_delivery="addon_release"),
            )
        ],
        steps=[step(component="dns", technique="T1499", observable_in=["none"])],
    ),
    party=["provider"],
    root_duty=["addon.rollout"],
)
case(
    "quarantine-registry",
    facts(
        **NOWHERE,
        parts=[
            own(
                id="reg",
                kind="registry",
                defect=flaw(kind="leaked_credential", disclosed="2025-07-01", fix_released=None),
            ),
            own(id="w", kind="workload"),
        ],
        steps=[
            step(
                component="reg", technique="REGISTRY_PUSH", **OUTSIDE, observable_in=["registry"], credential="stolen"
            ),
            step(n=2, component="w", technique="T1204.003"),
        ],
    ),
    party=["customer"],
    root_duty=["supply.registry"],
    second=["supply.image-provenance", "admission.policy"],
)


@pytest.mark.parametrize("name", CASES)
def test_an_answer_that_counts_as_right(name):
    described, expected = CASES[name]
    verdict = judged(described)
    got = {
        "party": verdict.party.value,
        "root_duty": verdict.root_duty,
        "response_party": verdict.response_party.value,
        "second": verdict.steps[1].duty if len(verdict.steps) > 1 else "",
    }
    assert [(key, got[key]) for key, among in expected.items() if got[key] not in among] == []
