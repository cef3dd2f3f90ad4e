from __future__ import annotations

import base64

import pytest
from cryptography import x509

from demarc.testing import FakeCluster, a_container, a_deployment, a_secret, a_workload, an_object
from demarc.testing.controllers import CertificateController, ExternalSecretsController, Reverter, WorkloadController
from tests.testing.writing import DEPLOYMENTS, SECRETS, patch, send

ENV = [{"name": "P", "valueFrom": {"secretKeyRef": {"name": "database", "key": "password"}}}]
PODS = "/api/v1/namespaces/shop/pods"


def app(**more):
    return a_deployment("app", containers=[a_container(env=ENV)], **more)


def settle(cluster: FakeCluster, steps: int = 30) -> None:
    for _ in range(steps):
        cluster.step()


def restart(cluster: FakeCluster, kind: str = DEPLOYMENTS) -> None:
    body = {"spec": {"template": {"metadata": {"annotations": {"again": "yes"}}}}}
    assert patch(cluster, f"{kind}/app", body, "strategic-merge-patch+json")[0] == 200


def values(cluster: FakeCluster, controller: WorkloadController) -> set[str]:
    return {base64.b64decode(one.value).decode() for _, held in controller.running(cluster.verbs) for one in held}


def test_a_rollout_goes_pod_by_pod_and_never_below_what_is_wanted():
    workloads = WorkloadController()
    cluster = FakeCluster([app(replicas=3), a_secret(values={"password": "old"})], controllers=[workloads])
    settle(cluster)
    assert (len(workloads.running(cluster.verbs)), values(cluster, workloads)) == (3, {"old"})
    patch(cluster, f"{SECRETS}/database", {"stringData": {"password": "new"}}, "merge-patch+json")
    assert values(cluster, workloads) == {"old"}  # variables do not follow
    restart(cluster)
    seen = set()
    for _ in range(30):
        cluster.step()
        seen.add(tuple(sorted(values(cluster, workloads))))
        assert len(workloads.running(cluster.verbs)) >= 3
    assert seen >= {("new", "old"), ("new",)}
    status = send(cluster, "GET", f"{DEPLOYMENTS}/app")[1]
    assert status["status"]["observedGeneration"] == status["metadata"]["generation"]
    assert status["status"]["updatedReplicas"] == status["status"]["availableReplicas"] == 3


def test_a_volume_follows_its_secret_and_a_sub_path_does_not():
    volumes = [{"name": "v", "secret": {"secretName": "database"}}]

    def with_mount(name, **mount):
        container = a_container(volumeMounts=[{"name": "v", "mountPath": "/s", **mount}])
        return a_deployment(name, replicas=1, containers=[container], pod_spec={"volumes": volumes})

    workloads = WorkloadController()
    objects = [with_mount("app"), with_mount("fixed", subPath="password"), a_secret(values={"password": "old"})]
    cluster = FakeCluster(objects, controllers=[workloads])
    settle(cluster)
    patch(cluster, f"{SECRETS}/database", {"stringData": {"password": "new"}}, "merge-patch+json")
    settle(cluster)
    assert values(cluster, workloads) == {"old", "new"}


def test_a_pod_whose_secret_is_missing_never_starts_and_the_old_ones_stay():
    workloads = WorkloadController()
    cluster = FakeCluster([app(), a_secret(values={"password": "old"})], controllers=[workloads])
    settle(cluster)
    send(cluster, "DELETE", f"{SECRETS}/database")
    restart(cluster)
    settle(cluster)
    assert (len(workloads.running(cluster.verbs)), values(cluster, workloads)) == (2, {"old"})


def test_a_pod_that_does_not_become_ready_stops_the_rollout():
    workloads = WorkloadController(ready=lambda pod, held: "again" not in (pod["metadata"].get("annotations") or {}))
    cluster = FakeCluster([app(), a_secret(values={"password": "old"})], controllers=[workloads])
    settle(cluster)
    restart(cluster)
    settle(cluster)
    assert len(workloads.running(cluster.verbs)) == 2
    assert send(cluster, "GET", f"{DEPLOYMENTS}/app")[1]["status"]["updatedReplicas"] == 1


@pytest.mark.parametrize(("strategy", "changed"), [("RollingUpdate", True), ("OnDelete", False)])
def test_a_stateful_set_is_rolled_in_place_unless_on_delete(strategy, changed):
    workload = a_workload("StatefulSet", "app", replicas=2, containers=[a_container(env=ENV)])
    workload["spec"]["updateStrategy"] = {"type": strategy}
    workloads = WorkloadController()
    cluster = FakeCluster([workload, a_secret(values={"password": "old"})], controllers=[workloads])
    settle(cluster)
    before = {pod["metadata"]["uid"] for pod in send(cluster, "GET", PODS)[1]["items"]}
    restart(cluster, "/apis/apps/v1/namespaces/shop/statefulsets")
    settle(cluster)
    after = {pod["metadata"]["uid"] for pod in send(cluster, "GET", PODS)[1]["items"]}
    assert bool(after - before) is changed


def test_an_eviction_keeps_to_the_budget():
    spec = {"minAvailable": 2, "selector": {"matchLabels": {"app": "app"}}}
    budget = an_object("policy/v1", "PodDisruptionBudget", "app", namespace="shop", spec=spec)
    cluster = FakeCluster([app(), budget, a_secret()], controllers=[WorkloadController()])
    settle(cluster)
    name = send(cluster, "GET", PODS)[1]["items"][0]["metadata"]["name"]
    status, _ = send(cluster, "POST", f"{PODS}/{name}/eviction", {})
    assert status == 429
    patch(cluster, f"{DEPLOYMENTS}/app", {"spec": {"replicas": 3}}, "merge-patch+json")
    settle(cluster)
    assert send(cluster, "POST", f"{PODS}/{name}/eviction", {})[0] == 201


def certificate(**private_key):
    spec = {"secretName": "web-tls", "commonName": "web.example", "privateKey": private_key}
    return an_object("cert-manager.io/v1", "Certificate", "web", namespace="shop", spec=spec)


@pytest.mark.parametrize(("policy", "same"), [("Always", False), ("Never", True)])
def test_a_renewed_certificate_has_a_new_key_only_where_the_policy_says_so(policy, same):
    cluster = FakeCluster([certificate(rotationPolicy=policy)], controllers=[CertificateController()])
    settle(cluster, 2)

    def key():
        pem = base64.b64decode(send(cluster, "GET", f"{SECRETS}/web-tls")[1]["data"]["tls.crt"])
        return x509.load_pem_x509_certificate(pem).public_key()

    before = key()
    body = {"status": {"conditions": [{"type": "Issuing", "status": "True"}]}}
    patch(cluster, "/apis/cert-manager.io/v1/namespaces/shop/certificates/web/status", body, "merge-patch+json")
    settle(cluster, 2)
    assert (key() == before) is same


@pytest.mark.parametrize(("interval", "value"), [("1h", "new"), ("0", "old")])
def test_an_external_secret_is_read_again_when_told_unless_its_interval_is_zero(interval, value):
    spec = {"refreshInterval": interval, "data": [{"secretKey": "p", "remoteRef": {"key": "shop/p"}}]}
    item = an_object("external-secrets.io/v1", "ExternalSecret", "database", namespace="shop", spec=spec)
    store = {"shop/p": "old"}
    cluster = FakeCluster([item], controllers=[ExternalSecretsController(store)])
    settle(cluster, 2)
    store["shop/p"] = "new"
    patch(cluster, f"{SECRETS}/database", {"stringData": {"p": "mine"}}, "merge-patch+json")
    path = "/apis/external-secrets.io/v1/namespaces/shop/externalsecrets/database"
    patch(cluster, path, {"metadata": {"annotations": {"external-secrets.io/force-sync": "1"}}}, "merge-patch+json")
    settle(cluster, 2)
    held = send(cluster, "GET", f"{SECRETS}/database")[1]["data"]["p"]
    assert base64.b64decode(held).decode() == value


def test_a_reverter_takes_back_what_it_names_and_nothing_else():
    cluster = FakeCluster([app(), a_secret()], controllers=[Reverter([app()])])
    restart(cluster)
    patch(cluster, f"{DEPLOYMENTS}/app", {"spec": {"replicas": 9}}, "merge-patch+json")
    settle(cluster, 2)
    spec = send(cluster, "GET", f"{DEPLOYMENTS}/app")[1]["spec"]
    assert (spec["replicas"], spec["template"]["metadata"]["annotations"]) == (2, {"again": "yes"})
