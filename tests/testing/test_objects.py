from __future__ import annotations

import base64
import json

import pytest

from demarc import testing
from demarc.testing import a_cluster_role_binding, a_deployment, a_namespace, a_pod, a_secret


def test_the_same_call_gives_the_same_object() -> None:
    assert a_pod() == a_pod()
    assert a_pod()["metadata"]["uid"] != a_pod(name="other")["metadata"]["uid"]


@pytest.mark.parametrize(
    "name",
    [
        n
        for n in testing.__all__
        if n.startswith("a_")
        and n not in {"a_list", "a_workload", "a_subject"}
        and n not in {"a_custom_resource_definition", "a_container", "a_pod_spec"}
    ],
)
def test_builders_give_whole_objects_without_arguments(name: str) -> None:
    built = getattr(testing, name)()
    assert built["apiVersion"]
    assert built["kind"]
    assert built["metadata"]["name"]
    json.dumps(built)


def test_labels_given_add_to_those_that_the_server_sets() -> None:
    labels = a_namespace("shop", labels={"team": "shop"})["metadata"]["labels"]
    assert labels == {"kubernetes.io/metadata.name": "shop", "team": "shop"}


def test_an_owner_becomes_the_controller() -> None:
    deployment = a_deployment()
    (reference,) = a_pod(owner=deployment)["metadata"]["ownerReferences"]
    assert reference["controller"] is True
    assert reference["uid"] == deployment["metadata"]["uid"]


def test_a_secret_holds_encoded_values_and_their_field_owner() -> None:
    secret = a_secret(values={"token": "t0p"})
    assert base64.b64decode(secret["data"]["token"]) == b"t0p"
    assert "f:token" in secret["metadata"]["managedFields"][0]["fieldsV1"]["f:data"]


def test_an_empty_secret_and_a_binding_without_subjects_leave_the_field_out() -> None:
    assert "data" not in a_secret(values={})
    assert "subjects" not in a_cluster_role_binding(subjects=[])
