from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demarc.collect.external import SHAPES, declined, gaps, merged, recognise, source_kind
from demarc.collect.external.plain import MAX_DEPTH, WITHHELD
from demarc.model.evidence import GapReason
from demarc.model.snapshot import SourceKind
from tests.collect.external import samples
from tests.collect.external.samples import ROWS

FORBIDDEN = (
    "n0t-for-anyone",
    "k3y-in-script",
    "kept-by-nobody",
    "pr1nted-by-gitlab",
    "GR1348941",
    "IyEvYmlu",
    "LS0tLS1CRUdJTg",
    "AAAAC3Nz",
    "s3c",
)


def found(value):
    answer = recognise(value, origin="x.json")
    assert answer is not None
    return answer


def first(value, kind):
    return next(item for item in found(value)[1] if item.kind == kind)


@pytest.mark.parametrize(("shape", "value", "expected"), ROWS, ids=[row[0] for row in ROWS])
def test_each_shape_is_known_and_gives_its_records(shape, value, expected):
    name, records = found(value)
    assert name == shape
    assert [(r.kind, r.name, r.parent) for r in records if not r.kind.endswith("List")] == expected
    assert all(item.source == "" for item in records)


@pytest.mark.parametrize(("shape", "value", "expected"), ROWS, ids=[row[0] for row in ROWS])
def test_each_sample_is_known_by_content_alone_and_by_one_shape(shape, value, expected):
    one = value[0] if isinstance(value, list) else value
    assert [known.name for known in SHAPES if known.matches(one)][:1] == [shape]
    declared = next(known for known in SHAPES if known.name == shape).kinds
    assert {record.kind for record in found(value)[1]} <= set(declared)


def test_every_shape_has_a_sample():
    assert {shape.name for shape in SHAPES} == {row[0] for row in ROWS}
    assert len({shape.name for shape in SHAPES}) == len(SHAPES)


def test_no_sample_is_declined_as_a_credential():
    assert [row[0] for row in ROWS if declined(row[1], origin="x")] == []


def test_no_secret_of_the_samples_is_kept():
    kept = json.dumps([[r.body, r.name, r.parent] for _, value, _ in ROWS for r in found(value)[1]])
    assert [secret for secret in FORBIDDEN if secret in kept] == []
    assert WITHHELD in kept


def test_things_are_known_without_their_envelope_and_in_arrays():
    assert found(samples.EKS_CLUSTER)[1] == found({"cluster": samples.EKS_CLUSTER})[1]
    assert (
        found([{"addon": samples.ADDON}, samples.NODEGROUP])[0] == "aws eks describe-addon; aws eks describe-nodegroup"
    )


def test_pages_of_arrays_and_of_envelopes_become_one_answer():
    second = {**samples.PULL, "number": 8}
    assert [r.name for r in found([[samples.PULL], [second]])[1]] == ["7", "8"]
    page = {"total_count": 2, "secrets": [{"name": "A", "created_at": "1", "updated_at": "1"}]}
    other = {"total_count": 2, "secrets": [{"name": "B", "created_at": "1", "updated_at": "1"}]}
    assert [r.name for r in found([page, other])[1] if r.kind == "github.secret"] == ["A", "B"]
    assert gaps(found([page, other])[1]) == []


def test_boto3_answers_with_metadata_are_known():
    meta = {"ResponseMetadata": {"HTTPStatusCode": 200}}
    assert found({"nodegroups": ["a"], **meta})[0] == "aws eks list-nodegroups"
    assert found({"cluster": samples.EKS_CLUSTER, **meta})[0] == "aws eks describe-cluster"


@pytest.mark.parametrize(
    "value",
    [
        None,
        5,
        "text",
        {},
        {"clusters": [{"clusterArn": "arn:aws:ecs:eu-central-1:1:cluster/x", "clusterName": "x"}]},
        {"cluster": {"name": "x", "arn": "arn:aws:ecs:eu-central-1:1:cluster/x"}},
        {"clusterArns": ["arn:aws:ecs:eu-central-1:1:cluster/x"]},
        {"addons": [{"addonName": "coredns", "addonVersions": []}]},
        {"nodegroups": ["a"], "surprise": 1},
        {"nodegroups": ["a", 5]},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "cluster": samples.EKS_CLUSTER},
        {"apiVersion": "cluster.x-k8s.io/v1beta1", "kind": "Cluster", "metadata": {"name": "shop"}, "name": "shop"},
        {"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Pod"}]},
        [{"apiVersion": "v1", "kind": "Pod"}],
        {"apiVersion": "backstage.io/v1alpha1", "kind": "Component"},
        {"version": 4, "terraform_version": "1.9.0", "resources": [{"type": "aws_eks_cluster"}]},
        {"email": "ada@example.com", "status": "bounced"},
        {"email": "ada@example.com"},
        {"name": "x", "created_at": "1", "updated_at": "1"},
        {"number": 1, "state": "open", "user": {}, "pull_request": {}},
        [1, 2, samples.EKS_CLUSTER],
    ],
)
def test_lookalikes_are_not_known(value):
    assert recognise(value, origin="x") is None


def test_the_same_cluster_of_azure_in_both_spellings_gives_one_body():
    cli, arm = found(samples.AKS_CLI)[1], found(samples.AKS_ARM)[1]
    assert cli[0].body | {"type": ""} == arm[0].body | {"type": ""}
    assert cli[1] == arm[1]
    assert cli[0].body["autoUpgradeProfile"] == {"nodeOSUpgradeChannel": "NodeImage", "upgradeChannel": None}
    assert cli[0].body["tags"] == {"osSku": "as the user wrote it"}


def test_resource_graph_answers_are_read_through():
    graph = {"count": 1, "data": [samples.AKS_ARM], "skip_token": None, "total_records": 1}
    assert found(graph) == found([samples.AKS_ARM])
    (gap,) = gaps(found({**graph, "total_records": 2})[1])
    assert (gap.what, gap.reason) == ("x.json", GapReason.TRUNCATED)


def test_an_array_of_strangers_is_given_up_early():
    assert recognise([{"x": 1}] * 600 + [samples.EKS_CLUSTER] * 700, origin="x") is None
    assert len(found([samples.EKS_CLUSTER] * 700 + [{"x": 1}] * 600)[1]) == 701


def test_a_pool_and_its_profile_in_the_cluster_are_one():
    both = found(samples.AKS_CLI)[1] + found([samples.AGENT_POOL])[1]
    pools = [item for item in merged(both) if item.kind == "aks.agentPool"]
    assert [item.body["type"] for item in pools] == ["Microsoft.ContainerService/managedClusters/agentPools"]


def test_trust_policies_are_read_as_objects_and_as_url_encoded_text():
    policy = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}}]}
    for written in (policy, json.dumps(policy), quote(json.dumps(policy))):
        role = {**samples.ROLE, "AssumeRolePolicyDocument": written}
        assert first({"Role": role}, "aws.iamRole").body["AssumeRolePolicyDocument"] == policy
        details = {"RoleDetailList": [{**role, "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": written}]}]}
        inner = first(details, "aws.iamRole").body["RolePolicyList"][0]
        assert inner["PolicyDocument"] == policy


def test_helm_values_of_an_addon_are_kept_without_their_secrets():
    values = json.dumps({"replicaCount": 2, "datadog": {"apiKey": "d4tad0g"}})
    body = first({"addon": {**samples.ADDON, "configurationValues": values}}, "eks.addon").body
    assert body["configurationValues"] == {"replicaCount": 2, "datadog": {"apiKey": WITHHELD}}
    unreadable = {**samples.ADDON, "configurationValues": "apiKey: d4tad0g"}
    assert first(unreadable, "eks.addon").body["configurationValues"] == WITHHELD


def test_an_empty_policy_of_gcloud_is_an_answer():
    assert first({"etag": "ACAB"}, "gcp.iamPolicy").body == {"etag": "ACAB"}
    assert recognise({"etag": "other"}, origin="x") is None


def test_none_listed_is_an_answer_and_not_given_is_not():
    listed = first({"addons": []}, "eks.addonList")
    by = "aws eks list-addons"
    assert listed.body == {"by": by, "names": [], "more": False, "total": None, "unread": 0}
    assert gaps([listed]) == []


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"associations": []}, "eks.podIdentityAssociation"),
        ({"capabilities": [], "ResponseMetadata": {}}, "eks.capability"),
        ({"LaunchTemplateVersions": []}, "ec2.launchTemplateVersion"),
        ({"extensions": []}, "aks.extension"),
        ({"diagnosticSettings": []}, "azure.diagnosticSetting"),
        ({"roleAssignments": []}, "azure.roleAssignment"),
        ({"total_count": 0, "secrets": []}, "github.secret"),
        ({"total_count": 0, "environments": []}, "github.environment"),
    ],
)
def test_an_empty_envelope_that_says_of_what_is_an_answer(answer, kind):
    (listed,) = found(answer)[1]
    assert (listed.kind, listed.body["names"]) == (f"{kind}List", [])
    assert recognise({**answer, "surprise": 1}, origin="x") is None


def test_the_envelopes_that_az_is_asked_for_are_read():
    assert [r.name for r in found({"extensions": [samples.EXTENSION]})[1]][:1] == ["flux"]
    assert [r.name for r in found({"diagnosticSettings": [samples.SETTING]})[1]][:1] == ["audit"]


@pytest.mark.parametrize("value", [[], [[], []], {"value": []}, {"count": 0, "data": [], "total_records": 0}])
def test_an_empty_list_that_names_nothing_is_known_as_such(value):
    assert found(value) == ("empty list (does not say of what)", [])


def test_what_is_listed_and_not_described_is_a_gap():
    records = found({"addons": ["coredns", "vpc-cni"]})[1] + found({"addon": samples.ADDON})[1]
    (gap,) = gaps(records)
    assert (gap.what, gap.reason) == ("eks.addon", GapReason.NOT_GIVEN)
    assert "1 of 2" in gap.detail
    assert "vpc-cni" in gap.detail
    assert "aws eks describe-addon" in gap.todo


def test_a_description_of_another_cluster_does_not_close_a_named_gap():
    listed = found({"clusterName": "other", "addons": ["coredns"]})[1]
    described = found({"addon": {**samples.ADDON, "addonName": "coredns"}})[1]
    assert len(gaps(listed + described)) == 1


def test_a_summary_is_a_gap_until_it_is_described():
    listed = found({"associations": [samples.ASSOCIATION_SUMMARY]})[1]
    assert [gap.what for gap in gaps(listed)] == ["eks.podIdentityAssociation"]
    both = listed + found({"association": samples.ASSOCIATION})[1]
    assert gaps(both) == []
    kept = [item for item in merged(both) if item.kind == "eks.podIdentityAssociation"]
    assert [item.body["roleArn"] for item in kept] == ["arn:aws:iam::111122223333:role/pay"]


def test_merging_keeps_what_contradicts_and_what_is_alike_elsewhere():
    older = first(samples.EKS_CLUSTER, "eks.cluster")
    newer = first({**samples.EKS_CLUSTER, "version": "1.35"}, "eks.cluster")
    assert merged([older, newer, older]) == [older, newer]
    here = first({"addon": samples.ADDON}, "eks.addon")
    there = first({"addon": {**samples.ADDON, "clusterName": "b"}}, "eks.addon")
    assert merged([here, there]) == [here, there]


@pytest.mark.parametrize(
    "page",
    [
        {"addons": ["coredns"], "nextToken": "eyJ"},
        {"Roles": [samples.ROLE], "IsTruncated": True, "Marker": "x"},
        {"total_count": 31, "secrets": [{"name": "A", "created_at": "1", "updated_at": "1"}]},
        {"value": [samples.SETTING], "nextLink": "https://management.azure.com/next"},
    ],
)
def test_a_list_that_goes_on_is_a_gap(page):
    assert GapReason.TRUNCATED in {gap.reason for gap in gaps(found(page)[1])}


def test_a_full_list_does_not_make_up_for_another_that_was_cut():
    def secrets(total, *names):
        return {"total_count": total, "secrets": [{"name": n, "created_at": "1", "updated_at": "1"} for n in names]}

    records = found(secrets(3, "A", "B", "C"))[1] + found(secrets(2, "A"))[1]
    (gap,) = gaps(records)
    assert "there are 2 and holds 1" in gap.detail
    assert gaps(found(secrets(2, "A"))[1] + found(secrets(2, "B"))[1]) == []


def test_the_last_page_closes_the_list():
    pages = found({"addons": ["a"], "nextToken": "x"})[1] + found({"addons": ["b"]})[1]
    assert GapReason.TRUNCATED not in {gap.reason for gap in gaps(pages)}


def test_entries_that_nobody_knows_are_counted_not_dropped():
    records = found([samples.EKS_CLUSTER, samples.NODEGROUP, None])[1]
    (gap,) = gaps(records)
    assert (gap.what, gap.reason) == ("x.json", GapReason.MALFORMED)
    (gap,) = gaps(found({"Roles": [samples.ROLE, "odd"]})[1])
    assert (gap.what, gap.reason) == ("aws.iamRole", GapReason.MALFORMED)


@pytest.mark.parametrize(
    "value",
    [
        {"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1beta1", "status": {"token": "s3cr3t"}},
        {"apiVersion": "v1", "kind": "Config", "users": [{"user": {"token": "s3cr3t"}}]},
        {"kubeconfigs": [{"name": "clusterAdmin", "value": "s3cr3t"}]},
        {"accessToken": "s3cr3t", "expiresOn": "2026", "tokenType": "Bearer"},
        {"Credentials": {"AccessKeyId": "AKIA", "SecretAccessKey": "s3cr3t", "SessionToken": "s3cr3t"}},
        {"AccessKey": {"AccessKeyId": "AKIA", "SecretAccessKey": "s3cr3t", "UserName": "ci", "Status": "Active"}},
        {"authorizationData": [{"authorizationToken": "s3cr3t"}]},
        {"auths": {"ghcr.io": {"auth": "s3cr3t"}}},
        {"username": "acr", "passwords": [{"name": "password", "value": "s3cr3t"}]},
        {"ARN": "arn", "Name": "db", "SecretString": "s3cr3t"},
        {"id": "https://shop.vault.azure.net/secrets/db", "value": "s3cr3t"},
        {"type": "service_account", "private_key": "s3cr3t", "client_email": "x@y"},
        {"type": "authorized_user", "refresh_token": "s3cr3t", "client_id": "x"},
        {"appId": "a", "displayName": "ci", "password": "s3cr3t", "tenant": "t"},
        {"id": 1, "name": "pull", "token": "s3cr3t", "scopes": ["api"], "revoked": False, "username": "x"},
    ],
)
def test_credentials_are_refused_without_a_quote(value):
    for given_value in (value, [value]):
        gap = declined(given_value, origin="x.json")
        assert gap is not None
        assert gap.reason is GapReason.REFUSED
        assert "s3cr3t" not in str(gap)
        assert recognise(given_value, origin="x.json") is None


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (
            {"message": "Not Found", "documentation_url": "https://docs.github.com", "status": "404"},
            GapReason.UNAVAILABLE,
        ),
        ({"message": "403 Forbidden"}, GapReason.FORBIDDEN),
        ({"error": {"code": "AuthorizationFailed", "message": "x"}}, GapReason.FORBIDDEN),
        ({"kind": "Error", "code": "CLUSTERS-MGMT-404", "reason": "x"}, GapReason.UNAVAILABLE),
    ],
)
def test_saved_errors_are_no_empty_answers(value, reason):
    gap = declined(value, origin="x")
    assert gap is not None
    assert gap.reason is reason
    assert recognise(value, origin="x") is None


def test_a_message_alone_is_no_error():
    assert declined({"message": "hunter2 is my word"}, origin="x") is None


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        ("aws eks describe-cluster", SourceKind.CLOUD),
        ("aws identitystore list-users", SourceKind.DIRECTORY),
        ("gh api repos/OWNER/REPO/pulls; gh api repos/OWNER/REPO/pulls/NUMBER/reviews", SourceKind.DELIVERY),
    ],
)
def test_a_shape_says_what_sort_of_input_it_is(shape, kind):
    assert source_kind(shape) is kind


def test_hostile_values_are_made_plain():
    deep: dict[str, object] = {}
    for _ in range(MAX_DEPTH * 50):
        deep = {"next": deep}
    odd = {"big": 10**30, "nan": float("nan"), "sur": "\ud800", 5: "int key", True: "on", b"x": b"y", "deep": deep}
    body = first({**samples.EKS_CLUSTER, **odd}, "eks.cluster").body
    assert json.loads(json.dumps(body)) == body
    json.dumps(body, ensure_ascii=False).encode()


def test_aliases_do_not_unfold_without_end():
    bomb: list[object] = ["lol"] * 10
    for _ in range(30):
        bomb = [bomb] * 10
    body = first({**samples.EKS_CLUSTER, "tags": {"bomb": bomb}}, "eks.cluster").body
    assert len(json.dumps(body)) < 5_000_000
    endless: list[object] = []
    endless.append(endless)
    found({**samples.EKS_CLUSTER, "tags": endless})


@pytest.mark.parametrize(
    "secret",
    [
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "glpat-abcdefghij0123456789",
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
        "https://user:hunter2@git.example.com/x.git",
        "k8s-aws-v1.aHR0cHM6Ly9zdHMuYW1hem9u",
    ],
)
def test_secrets_are_known_by_their_form_in_any_text(secret):
    body = first({**samples.PULL, "body": f"please use {secret} for now"}, "github.pullRequest").body
    assert secret not in body["body"]
    assert WITHHELD in body["body"]
    assert body["body"].startswith("please use ")


@pytest.mark.parametrize(
    "name",
    [
        *("ec2_metadata_http_tokens", "HttpTokens", "PasswordLastUsed", "passwordCredentials", "secret_scanning"),
        *("azureKeyvaultSecretsProvider", "keyName", "keyId", "AccessKeyId", "id-token", "http_tokens", "publicKey"),
        *("secretManagerConfig", "enableSecretRotation", "tokenLifetime", "has_secret_scanning", "thumbprint"),
    ],
)
def test_fields_that_only_sound_like_secrets_are_kept(name):
    assert first({**samples.EKS_CLUSTER, "x": {name: "required"}}, "eks.cluster").body["x"] == {name: "required"}


@pytest.mark.parametrize(
    "name",
    [
        *("password", "adminPassword", "clientSecret", "SecretAccessKey", "SessionToken", "runners_token", "api-key"),
        *("client_key", "privateKey", "connectionString", "UserData", "kubeconfig", "DB_PASSWORD", "secretText"),
    ],
)
def test_fields_that_hold_secrets_by_name_are_withheld_at_any_depth(name):
    body = first({**samples.EKS_CLUSTER, "x": [{name: {"inner": ["v4lue", 7, None, True, ""]}}]}, "eks.cluster").body
    assert body["x"] == [{name: {"inner": [WITHHELD, WITHHELD, None, True, ""]}}]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_recognising_never_raises(value):
    recognise(value, origin="x")
    declined(value, origin="x")


def paths_of(value, at=()):
    yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from paths_of(item, (*at, key))


def changed(value, path, new):
    if not path:
        return new
    if isinstance(value, dict):
        return {key: changed(item, path[1:], new) if key == path[0] else item for key, item in value.items()}
    return [changed(item, path[1:], new) if key == path[0] else item for key, item in enumerate(value)]


@settings(max_examples=600)
@given(st.data())
def test_wrong_types_inside_a_known_shape_never_raise(data):
    _, value, _ = data.draw(st.sampled_from(ROWS))
    path = data.draw(st.sampled_from(list(paths_of(value))))
    answer = recognise(changed(value, path, data.draw(json_values)), origin="x")
    if answer:
        gaps(merged(answer[1]))
        json.dumps([record.body for record in answer[1]])
