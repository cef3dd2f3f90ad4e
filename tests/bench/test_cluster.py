"""Generated clusters load as JSON, hold all kinds in proportion, and come out the same each time."""

import io
import json
from collections import Counter

import pytest
import yaml

from bench import cluster


def generated(pods, seed=cluster.SEED):
    stream = io.BytesIO()
    made = cluster.write(stream, pods, seed)
    return stream.getvalue(), made


@pytest.fixture(scope="module")
def listing():
    data, _ = generated(300)
    return json.loads(data)


def test_a_cluster_is_a_list_as_kubectl_prints_it(listing):
    assert (listing["kind"], listing["apiVersion"]) == ("List", "v1")
    assert all({"apiVersion", "kind", "metadata"} <= set(item) for item in listing["items"])


@pytest.mark.parametrize("pods", [40, 300, 1_000])
def test_it_has_as_many_pods_as_asked_for(pods):
    data, _ = generated(pods)
    kinds = Counter(item["kind"] for item in json.loads(data)["items"])
    assert abs(kinds["Pod"] - pods) <= pods * 0.1


def test_it_is_pretty_printed_with_four_spaces(listing):
    data, _ = generated(300)
    assert data == (json.dumps(listing, indent=4, sort_keys=True) + "\n").encode()


def test_the_same_seed_gives_the_same_bytes_and_another_does_not():
    assert generated(60)[0] == generated(60)[0]
    assert generated(60)[0] != generated(60, seed=1)[0]


def test_every_template_is_used():
    _, made = generated(1_000)
    assert set(made) == set(cluster._TEXTS)


def test_pods_are_less_than_half_of_the_objects(listing):
    kinds = Counter(item["kind"] for item in listing["items"])
    assert kinds["Pod"] < len(listing["items"]) / 2
    assert {"Node", "Secret", "ConfigMap", "Role", "RoleBinding", "EndpointSlice", "Application"} <= set(kinds)


def test_names_and_uids_are_unique(listing):
    names = [(item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"]) for item in listing["items"]]
    assert [name for name, count in Counter(names).items() if count > 1] == []
    uids = [item["metadata"]["uid"] for item in listing["items"]]
    assert len(uids) == len(set(uids))


def test_namespaces_that_objects_lie_in_are_there(listing):
    there = {item["metadata"]["name"] for item in listing["items"] if item["kind"] == "Namespace"}
    used = {item["metadata"]["namespace"] for item in listing["items"] if "namespace" in item["metadata"]}
    assert used - there == {"kube-node-lease", "argocd"}


def test_it_grows_in_step_with_the_pods():
    small, large = len(generated(200)[0]), len(generated(800)[0])
    assert 3.2 < large / small < 4.8


def test_the_register_for_it_is_sound(tmp_path):
    cluster.register(tmp_path)
    read = yaml.safe_load((tmp_path / "register.yaml").read_text())
    assert set(read) == {"people", "teams", "assignments"}
