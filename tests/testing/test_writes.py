from __future__ import annotations

import base64

import pytest

from demarc.testing import FakeCluster, a_deployment, a_secret, a_service_account, an_object
from tests.testing.writing import DEPLOYMENTS, SECRETS, owners, patch, send

ONE = f"{SECRETS}/database"


@pytest.fixture
def cluster():
    return FakeCluster([a_secret("database", values={"a": "1", "b": "2"}), a_deployment("app")])


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_what_is_created_gets_an_identity_and_a_manager(cluster):
    status, made = send(
        cluster, "POST", SECRETS, {"metadata": {"generateName": "db-"}, "stringData": {"p": "x"}}, fieldManager="me"
    )
    assert status == 201
    assert made["metadata"]["name"].startswith("db-")
    assert (made["data"], made["type"]) == ({"p": encoded("x")}, "Opaque")
    assert owners(made, "f:p") == [("me", "Update")]
    status, _ = send(cluster, "POST", SECRETS, {"metadata": {"name": made["metadata"]["name"]}})
    assert status == 409


def test_the_same_name_made_again_is_another_object(cluster):
    _, before = send(cluster, "GET", ONE)
    send(cluster, "DELETE", ONE)
    _, after = send(cluster, "POST", SECRETS, {"metadata": {"name": "database"}})
    assert before["metadata"]["uid"] != after["metadata"]["uid"]


def test_an_old_resource_version_conflicts_on_put_and_on_patch(cluster):
    _, old = send(cluster, "GET", ONE)
    status, new = send(cluster, "PUT", ONE, {**old, "data": {"a": encoded("3")}}, fieldManager="me")
    assert (status, new["data"]) == (200, {"a": encoded("3")})
    status, said = send(cluster, "PUT", ONE, old)
    assert (status, said["reason"]) == (409, "Conflict")
    version = {"metadata": {"resourceVersion": old["metadata"]["resourceVersion"]}}
    assert patch(cluster, ONE, {**version, "data": {"a": "x"}}, "merge-patch+json")[0] == 409


def test_dry_run_answers_and_changes_nothing(cluster):
    before = cluster.store.resource_version
    status, item = patch(cluster, ONE, {"data": {"a": encoded("9")}}, "merge-patch+json", dryRun="All")
    assert (status, item["data"]["a"]) == (200, encoded("9"))
    send(cluster, "DELETE", ONE, dryRun="All")
    send(cluster, "POST", SECRETS, {"metadata": {"name": "new"}}, dryRun="All")
    assert cluster.store.resource_version == before


def test_a_write_that_changes_nothing_makes_no_new_version(cluster):
    _, before = send(cluster, "GET", ONE)
    _, after = patch(cluster, ONE, {"data": before["data"]}, "merge-patch+json", fieldManager="kubectl-create")
    assert before["metadata"]["resourceVersion"] == after["metadata"]["resourceVersion"]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (
            "json-patch+json",
            [{"op": "replace", "path": "/data/a", "value": "eA=="}, {"op": "remove", "path": "/data/b"}],
        ),
        ("merge-patch+json", {"data": {"a": "eA==", "b": None}}),
        ("strategic-merge-patch+json", {"data": {"a": "eA==", "b": None}}),
    ],
)
def test_each_form_of_patch(cluster, kind, body):
    status, item = patch(cluster, ONE, body, kind)
    assert (status, item["data"]) == (200, {"a": "eA=="})


def test_a_json_patch_whose_test_fails_changes_nothing(cluster):
    body = [
        {"op": "remove", "path": "/data/b"},
        {"op": "test", "path": "/metadata/name", "value": "other"},
    ]
    assert patch(cluster, ONE, body, "json-patch+json")[0] == 422
    assert set(send(cluster, "GET", ONE)[1]["data"]) == {"a", "b"}


def test_a_strategic_patch_merges_lists_by_their_key(cluster):
    extra = {"name": "side", "image": "side:1"}
    containers = [{"name": "app", "env": [{"name": "A", "value": "1"}]}, extra]
    body = {"spec": {"template": {"spec": {"containers": containers}}}}
    status, item = patch(cluster, f"{DEPLOYMENTS}/app", body, "strategic-merge-patch+json")
    app, side = item["spec"]["template"]["spec"]["containers"]
    assert (status, app["image"], app["env"], side) == (
        200,
        "registry.example/shop/app:1.4.2",
        [{"name": "A", "value": "1"}],
        extra,
    )
    body["spec"]["template"]["spec"]["containers"] = [{"$patch": "delete", "name": "side"}]
    _, item = patch(cluster, f"{DEPLOYMENTS}/app", body, "strategic-merge-patch+json")
    assert [one["name"] for one in item["spec"]["template"]["spec"]["containers"]] == ["app"]
    assert item["metadata"]["generation"] > 1


def test_custom_kinds_take_no_strategic_patch():
    with FakeCluster([an_object("shop.example/v1", "Widget", "round", namespace="shop")]) as cluster:
        path = "/apis/shop.example/v1/namespaces/shop/widgets/round"
        assert patch(cluster, path, {}, "strategic-merge-patch+json")[0] == 415


class TestApply:
    def apply(self, cluster, data, manager, **query):
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "database"}, "data": data}
        return patch(cluster, ONE, body, "apply-patch+yaml", fieldManager=manager, **query)

    def test_a_field_of_another_manager_conflicts_and_names_it(self, cluster):
        status, said = self.apply(cluster, {"a": "eA=="}, "me")
        assert status == 409
        assert 'conflict with "kubectl-create": .data.a' in said["message"]

    def test_force_takes_it(self, cluster):
        status, item = self.apply(cluster, {"a": "eA=="}, "me", force="true")
        assert (status, item["data"]["a"]) == (200, "eA==")
        assert owners(item, "f:a") == [("me", "Apply")]
        assert owners(item, "f:b") == [("kubectl-create", "Update")]

    def test_equal_values_are_shared(self, cluster):
        status, item = self.apply(cluster, {"a": encoded("1")}, "me")
        assert status == 200
        assert set(owners(item, "f:a")) == {("kubectl-create", "Update"), ("me", "Apply")}

    def test_what_is_no_longer_applied_goes(self, cluster):
        self.apply(cluster, {"c": "eA==", "d": "eA=="}, "me")
        _, item = self.apply(cluster, {"c": "eA=="}, "me")
        assert set(item["data"]) == {"a", "b", "c"}

    def test_an_update_takes_the_field_away_from_whoever_applied_it(self, cluster):
        self.apply(cluster, {"c": "eA=="}, "me")
        _, item = patch(cluster, ONE, {"data": {"c": "eQ=="}}, "merge-patch+json", fieldManager="other")
        assert owners(item, "f:c") == [("other", "Update")]

    def test_a_manager_must_be_named(self, cluster):
        body = {"metadata": {"name": "database"}}
        assert patch(cluster, ONE, body, "apply-patch+yaml")[0] == 422

    def test_what_is_not_there_is_created(self, cluster):
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "new"}, "data": {"a": "eA=="}}
        _, item = patch(cluster, f"{SECRETS}/new", body, "apply-patch+yaml", fieldManager="me")
        assert owners(item, "f:a") == [("me", "Apply")]

    def test_the_time_moves_only_when_something_changes(self, cluster):
        _, one = self.apply(cluster, {"c": "eA=="}, "me")
        _, two = self.apply(cluster, {"c": "eA=="}, "me")
        assert one["metadata"]["managedFields"] == two["metadata"]["managedFields"]


class TestDelete:
    def test_preconditions(self, cluster):
        _, item = send(cluster, "GET", ONE)
        for wrong in ({"uid": "other"}, {"resourceVersion": "1"}):
            assert send(cluster, "DELETE", ONE, {"preconditions": wrong})[0] == 409
        right = {"uid": item["metadata"]["uid"], "resourceVersion": item["metadata"]["resourceVersion"]}
        assert send(cluster, "DELETE", ONE, {"preconditions": right})[0] == 200
        assert send(cluster, "GET", ONE)[0] == 404

    def test_finalizers_hold_it_until_they_are_gone(self, cluster):
        patch(cluster, ONE, {"metadata": {"finalizers": ["shop.example/keep"]}}, "merge-patch+json")
        send(cluster, "DELETE", ONE)
        _, item = send(cluster, "GET", ONE)
        assert "deletionTimestamp" in item["metadata"]
        patch(cluster, ONE, {"metadata": {"finalizers": None}}, "merge-patch+json")
        assert send(cluster, "GET", ONE)[0] == 404


class TestFixedFields:
    def test_an_immutable_secret_keeps_its_data_and_stays_so(self, cluster):
        patch(cluster, ONE, {"immutable": True}, "merge-patch+json")
        assert patch(cluster, ONE, {"data": {"a": "eA=="}}, "merge-patch+json")[0] == 422
        assert patch(cluster, ONE, {"immutable": False}, "merge-patch+json")[0] == 422
        assert patch(cluster, ONE, {"metadata": {"labels": {"a": "b"}}}, "merge-patch+json")[0] == 200

    def test_the_type_of_a_secret_and_the_selector_of_a_deployment(self, cluster):
        assert patch(cluster, ONE, {"type": "other"}, "merge-patch+json")[0] == 422
        body = {"spec": {"selector": {"matchLabels": {"app": "other"}}}}
        assert patch(cluster, f"{DEPLOYMENTS}/app", body, "merge-patch+json")[0] == 422

    def test_a_status_is_written_through_its_subresource_alone(self, cluster):
        body = {"spec": {"replicas": 7}, "status": {"replicas": 3}}
        _, item = patch(cluster, f"{DEPLOYMENTS}/app/status", body, "merge-patch+json")
        assert (item["status"]["replicas"], item["spec"]["replicas"]) == (3, 2)


def test_rights_are_by_verb_and_a_review_tells_them():
    cluster = FakeCluster(
        [a_secret(), a_service_account()], forbid=["delete secrets/shop", "create serviceaccounts:token"]
    )
    assert send(cluster, "GET", f"{SECRETS}/database")[0] == 200
    status, said = send(cluster, "DELETE", f"{SECRETS}/database")
    assert (status, 'cannot delete resource "secrets"' in said["message"]) == (403, True)
    assert send(cluster, "POST", "/api/v1/namespaces/shop/serviceaccounts/default/token", {})[0] == 403
    asked = {"verb": "delete", "resource": "secrets", "namespace": "shop"}
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    assert send(cluster, "POST", path, {"spec": {"resourceAttributes": asked}})[1]["status"]["allowed"] is False
    asked["namespace"] = "other"
    assert send(cluster, "POST", path, {"spec": {"resourceAttributes": asked}})[1]["status"]["allowed"] is True


def test_lists_are_selected_by_label_and_field(cluster):
    patch(cluster, ONE, {"metadata": {"labels": {"team": "shop"}}}, "merge-patch+json")

    def names(**query):
        return [item["metadata"]["name"] for item in send(cluster, "GET", SECRETS, **query)[1]["items"]]

    assert names(labelSelector="team=shop,!other") == names(labelSelector="team in (shop, x)") == ["database"]
    assert names(labelSelector="team!=shop") == names(fieldSelector="metadata.name=x") == []


def test_a_watch_tells_what_happened_since(cluster):
    since = send(cluster, "GET", SECRETS)[1]["metadata"]["resourceVersion"]
    patch(cluster, ONE, {"data": {"a": "eA=="}}, "merge-patch+json")
    send(cluster, "DELETE", ONE)
    with cluster:
        from urllib.request import urlopen

        text = urlopen(f"{cluster.url}{SECRETS}?watch=true&resourceVersion={since}").read().decode()
    assert [line.partition('"type":"')[2][:8] for line in text.splitlines()] == ["MODIFIED", 'DELETED"']
