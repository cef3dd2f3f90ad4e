from __future__ import annotations

from typing import Any

import pytest

from demarc.inventory.pipelines import repository
from demarc.model.duties import Unit
from demarc.model.kubernetes import ConfigMap, ObjectMeta
from demarc.testing import (
    a_cluster_role_binding,
    a_daemon_set,
    a_deployment,
    a_namespace,
    a_pod,
    a_role_binding,
    a_secret,
    a_service_account,
    a_subject,
    a_workload,
    an_object,
)
from tests.inventory import nodes
from tests.inventory.seen import a_record, a_snapshot, inventory_of, place, seen


def names(inventory: Any, kind: Unit) -> list[str]:
    return [item.scope.name for item in inventory.places if item.scope.kind is kind]


def job(name: str, owner: dict[str, Any] | None = None) -> dict[str, Any]:
    return an_object("batch/v1", "Job", name, namespace="shop", owner=owner, spec={"template": {"spec": {}}})


def test_pods_and_what_stands_between_fold_into_their_controller() -> None:
    deployment = a_deployment("api", "shop")
    replica_set = a_workload("ReplicaSet", "api-5d9", "shop", owner=deployment)
    cron = an_object(
        "batch/v1", "CronJob", "nightly", namespace="shop", spec={"jobTemplate": {"spec": {"template": {"spec": {}}}}}
    )
    run = job("nightly-29000000", cron)
    found = seen(
        nodes.managed("ip-1"),
        deployment,
        replica_set,
        cron,
        run,
        job("once"),
        *(a_pod(f"api-5d9-{at}", "shop", owner=replica_set, node="ip-1") for at in range(3)),
        a_pod("nightly-29000000-x", "shop", owner=run),
        a_pod("debug", "shop"),
    )
    assert names(found, Unit.WORKLOAD) == [
        "shop/CronJob/nightly",
        "shop/Deployment/api",
        "shop/Job/once",
        "shop/Pod/debug",
    ]
    assert place(found, "shop/Deployment/api").models == ("managed_node_groups",)
    assert place(found, "shop/Pod/debug").kinds == ("bare-pod",)


def test_pods_of_a_replica_set_that_was_not_collected_still_find_their_deployment() -> None:
    deployment = a_deployment("api", "shop")
    replica_set = a_workload("ReplicaSet", "api-5d9", "shop", owner=deployment)
    stray = a_workload("ReplicaSet", "gone-5d9", "shop")
    found = seen(deployment, a_pod("api-5d9-1", "shop", owner=replica_set), a_pod("gone-1", "shop", owner=stray))
    assert names(found, Unit.WORKLOAD) == ["shop/Deployment/api", "shop/ReplicaSet/gone-5d9"]


def test_custom_controllers_are_followed_to_the_top_of_their_chain() -> None:
    rollout = an_object("argoproj.io/v1alpha1", "Rollout", "web", namespace="shop", labels={"team": "web"})
    replica_set = a_workload("ReplicaSet", "web-77", "shop", owner=rollout)
    run = an_object("tekton.dev/v1", "PipelineRun", "build-1", namespace="shop")
    task = an_object("tekton.dev/v1", "TaskRun", "build-1-test", namespace="shop", owner=run)
    found = seen(
        rollout,
        replica_set,
        run,
        task,
        a_pod("web-77-1", "shop", owner=replica_set),
        a_pod("build-1-test-pod", "shop", owner=task),
    )
    assert names(found, Unit.WORKLOAD) == ["shop/PipelineRun/build-1", "shop/Rollout/web"]
    assert place(found, "shop/Rollout/web").labels["team"] == "web"


def test_owners_that_go_in_a_circle_end_somewhere() -> None:
    first = an_object("x.example/v1", "Ring", "a", namespace="shop")
    second = an_object("x.example/v1", "Ring", "b", namespace="shop", owner=first)
    first["metadata"]["ownerReferences"] = [{**second["metadata"]["ownerReferences"][0], "name": "b"}]
    assert len(names(seen(first, second, a_pod("p", "shop", owner=second)), Unit.WORKLOAD)) == 1


def test_manifests_without_a_namespace_are_of_the_default_one() -> None:
    item = a_deployment("api", "shop")
    del item["metadata"]["namespace"]
    found = seen(item)
    assert names(found, Unit.WORKLOAD) == ["default/Deployment/api"]
    assert names(found, Unit.NAMESPACE) == ["default"]


def test_namespaces_belong_to_the_platform_by_evidence() -> None:
    agent = "602401143452.dkr.ecr.eu-west-1.amazonaws.com/aws-guardduty-agent:v1"
    ours = seen(
        nodes.managed(),
        a_namespace("kube-system"),
        a_namespace("shop"),
        a_namespace("amazon-guardduty"),
        a_daemon_set("aws-guardduty-agent", "amazon-guardduty", image=agent, managers=["eks"]),
    )
    assert place(ours, "kube-system").kinds == ("system",)
    assert place(ours, "shop").kinds == ()
    assert place(ours, "amazon-guardduty").kinds == ("system",)
    assert place(ours, "amazon-guardduty").component == "guardduty-agent"
    forged = seen(
        nodes.managed(),
        a_namespace("amazon-guardduty", managers=["kubectl-create"]),
        a_deployment("miner", "amazon-guardduty"),
    )
    assert place(forged, "amazon-guardduty").kinds == ()


def test_service_accounts_tell_what_holds_for_them() -> None:
    role = {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/api"}
    found = seen(
        nodes.managed(),
        a_service_account("api", "shop", annotations=role),
        a_service_account("default", "shop"),
        a_service_account("bot", "shop"),
        a_service_account("batch", "shop"),
        a_service_account("job-controller", "kube-system"),
        a_service_account("token-cleaner", "kube-system"),
        a_secret(
            "bot-token",
            "shop",
            type="kubernetes.io/service-account-token",
            annotations={"kubernetes.io/service-account.name": "bot"},
        ),
        a_deployment("api", "shop", service_account="api"),
        a_cluster_role_binding("x", subjects=[a_subject("ServiceAccount", "token-cleaner", "kube-system")]),
        a_role_binding("y", subjects=[a_subject("User", "system:serviceaccount:shop:gone")]),
        records=(a_record("eks.podIdentityAssociation", "a-1", {"namespace": "shop", "serviceAccount": "batch"}),),
    )
    kinds = {
        item.scope.name: set(item.kinds) - {"service-account"}
        for item in found.places
        if item.scope.kind is Unit.IDENTITY
    }
    assert kinds["shop/ServiceAccount/api"] == {"cloud-role"}
    assert kinds["shop/ServiceAccount/default"] == {"default", "idle"}
    assert kinds["shop/ServiceAccount/bot"] == {"long-lived-token"}
    assert kinds["shop/ServiceAccount/batch"] == {"cloud-role"}
    assert kinds["shop/ServiceAccount/gone"] == {"absent"}
    assert kinds["kube-system/ServiceAccount/job-controller"] == {"system", "idle"}
    assert kinds["kube-system/ServiceAccount/token-cleaner"] == set()
    assert "cloud-role" in place(found, "shop/Deployment/api").kinds


def test_an_account_that_the_provider_wrote_is_not_its_own_once_users_bind_it() -> None:
    planted = a_service_account("rbac-manager", "kube-system", managers=["eks"])
    assert "system" in place(seen(nodes.managed(), planted), "kube-system/ServiceAccount/rbac-manager").kinds
    binding = a_cluster_role_binding(
        "x", subjects=[a_subject("ServiceAccount", "rbac-manager", "kube-system")], managers=["kubectl"]
    )
    assert (
        "system" not in place(seen(nodes.managed(), planted, binding), "kube-system/ServiceAccount/rbac-manager").kinds
    )


@pytest.mark.parametrize(
    ("kind", "name", "kinds"),
    [
        ("User", "bob@acme.example", ("human", "user")),
        ("User", "arn:aws:iam::111122223333:user/bob", ("human", "user")),
        ("User", "arn:aws:iam::111122223333:role/deployer", ("cloud-identity", "service-account")),
        ("User", "arn:aws:sts::1:assumed-role/AWSReservedSSO_Admin_1/bob", ("human", "user")),
        ("User", "ci@acme.iam.gserviceaccount.com", ("cloud-identity", "service-account")),
        ("User", "system:anonymous", ("user", "system")),
        ("User", "eks:addon-manager", ("user", "system")),
        ("Group", "sre", ("group", "human")),
        ("Group", "system:masters", ("group", "system")),
        ("User", "\u202egnp.exe", ("human", "user")),
        ("User", "<b>x</b>", ("human", "user")),
    ],
)
def test_users_and_groups_of_bindings_are_identities(kind: str, name: str, kinds: tuple[str, ...]) -> None:
    found = seen(nodes.managed(), a_cluster_role_binding("x", subjects=[a_subject(kind, name)]))
    assert place(found, f"{kind}/{name}").kinds == kinds


def test_the_api_servers_own_bindings_are_left_out_and_forged_ones_are_not() -> None:
    marked = {"kubernetes.io/bootstrapping": "rbac-defaults"}
    own = a_cluster_role_binding(
        "system:basic-user", labels=marked, subjects=[a_subject("Group", "system:authenticated")]
    )
    forged = a_cluster_role_binding("system:helper", labels=marked, subjects=[a_subject("User", "mallory")])
    assert names(seen(own, forged), Unit.IDENTITY) == ["User/mallory"]


def test_access_entries_are_identities_and_those_of_nodes_are_the_platforms() -> None:
    records = (
        a_record("eks.accessEntry", "arn:aws:iam::1:role/admin", {"type": "STANDARD"}),
        a_record("eks.accessEntry", "arn:aws:iam::1:role/node", {"type": "EC2_LINUX"}),
    )
    found = seen(nodes.managed(), records=records)
    assert place(found, "User/arn:aws:iam::1:role/admin").kinds == ("cloud-identity", "service-account")
    assert "system" in place(found, "User/arn:aws:iam::1:role/node").kinds


def test_whom_aws_auth_lets_in_is_an_identity() -> None:
    snapshot = a_snapshot(nodes.managed())
    roles = """
- rolearn: arn:aws:iam::1:role/node
  username: system:node:{{EC2PrivateDNSName}}
  groups:
  - system:bootstrappers
  - system:nodes
- groups: ["system:masters"]
  rolearn: "arn:aws:iam::1:role/admins"
  username: admins
"""
    settings = {"mapRoles": roles, "mapUsers": "- userarn: arn:aws:iam::1:user/bob\n  groups:\n    - sre\n"}
    meta = ObjectMeta(name="aws-auth", namespace="kube-system")
    snapshot.objects["ConfigMap"] = (ConfigMap(metadata=meta, settings=settings),)
    found = inventory_of(snapshot)
    assert "system" in place(found, "User/arn:aws:iam::1:role/node").kinds
    assert place(found, "User/arn:aws:iam::1:role/admins").kinds == ("cloud-identity", "service-account")
    assert place(found, "User/arn:aws:iam::1:user/bob").kinds == ("human", "user")


def test_certificates_are_identities_and_issued_ones_are_named_once() -> None:
    certificate = an_object("cert-manager.io/v1", "Certificate", "shop", namespace="shop")
    issued = a_secret(
        "shop-tls", "shop", type="kubernetes.io/tls", annotations={"cert-manager.io/certificate-name": "shop"}
    )
    by_hand = a_secret("old-tls", "shop", type="kubernetes.io/tls")
    found = seen(certificate, issued, by_hand, a_secret("plain", "shop"))
    assert names(found, Unit.IDENTITY) == ["shop/Certificate/shop", "shop/Secret/old-tls"]


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://gitlab.com/acme/shop.git", "gitlab.com/acme/shop"),
        ("git@GitHub.com:acme/shop.git", "github.com/acme/shop"),
        ("ssh://git@github.com:22/acme/shop", "github.com/acme/shop"),
        ("https://user:hunter2@git.acme.example/team/shop", "git.acme.example/team/shop"),
        ("oci://ghcr.io/acme/charts", "ghcr.io/acme/charts"),
        ("not an address", ""),
        ("", ""),
        ("https://host-only.example", ""),
    ],
)
def test_repositories_are_named_without_scheme_user_or_token(address: str, name: str) -> None:
    assert repository(address) == name


def test_pipelines_come_from_gitops_objects_and_delivery_exports() -> None:
    def application(name: str, url: str, server: str) -> dict[str, Any]:
        destination = {"namespace": "shop", "server": server}
        return an_object(
            "argoproj.io/v1alpha1",
            "Application",
            name,
            namespace="argocd",
            spec={"source": {"repoURL": url}, "destination": destination},
        )

    found = seen(
        application("shop", "https://github.com/acme/shop", "https://kubernetes.default.svc"),
        application("far", "https://github.com/acme/far", "https://other.example"),
        an_object(
            "source.toolkit.fluxcd.io/v1",
            "HelmRepository",
            "charts",
            namespace="flux",
            spec={"url": "https://charts.example/stable"},
        ),
        records=(
            a_record("github.repository", "acme/web", {"html_url": "https://github.com/acme/web"}),
            a_record("github.review", "1", {}, "acme/shop#4"),
            a_record("gitlab.mergeRequest", "4", {}, "acme/tools"),
            a_record("gitlab.mergeRequest", "4", {}, "17"),
        ),
    )
    assert names(found, Unit.PIPELINE) == [
        "charts.example/stable",
        "github.com/acme/far",
        "github.com/acme/shop",
        "github.com/acme/web",
        "gitlab.com/acme/tools",
    ]
    assert place(found, "github.com/acme/shop").namespace == "shop"
    assert place(found, "github.com/acme/far").namespace == ""
    assert "charts" in place(found, "charts.example/stable").kinds


def test_places_are_sorted_and_unique() -> None:
    found = seen(nodes.managed(), a_deployment(), a_namespace("shop"), a_service_account("default", "shop"))
    scopes = [item.scope for item in found.places]
    assert scopes == sorted(set(scopes))
