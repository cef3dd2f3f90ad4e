"""The detections that need a cloud's trail: on every cloud each fires, is quiet, or says why it cannot tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from demarc.events.interface import Engine
from demarc.incidents.clouds import CloudSight, sight_of
from demarc.incidents.detections import Given, look_at, run_detections
from demarc.model.detections import Outcome, State
from demarc.testing.audit import AuditTrail
from tests.cloud_records import (
    AWAY,
    HOME,
    KUBELET,
    as_role,
    aws,
    azure,
    delegated,
    exchange,
    federated,
    google,
    hours,
    noise,
    trail,
)
from tests.incidents.trails import asked

AT = "02:10:00"
ADMIN = "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action"
KEY = {
    "principalEmail": "ci@acme.iam.gserviceaccount.com",
    "serviceAccountKeyName": "//iam.googleapis.com/projects/acme/serviceAccounts/ci/keys/1",
}
USER = {"type": "IAMUser", "arn": "arn:aws:iam::1:user/ci", "accessKeyId": "AKIAEXAMPLE"}
LETS_IN = {"action": "ADD", "role": "roles/container.admin", "member": "user:eve@evil.example"}
POLICY = {"resourceName": "projects/acme", "serviceData": {"policyDelta": {"bindingDeltas": [LETS_IN]}}}
GONE: dict[str, Any] = {"action": "REMOVE", "service": "k8s.io", "logType": "DATA_READ"}
NO_AUDIT = {"serviceData": {"policyDelta": {"auditConfigDeltas": [GONE]}}}
MAY: list[dict[str, Any]] = [{"permission": "container.clusters.getCredentials", "granted": True}]
LET_IN: dict[str, Any] = {"payload": {"authorizationInfo": MAY}}


def logging(*, on: bool) -> dict[str, Any]:
    return {"name": "prod", "logging": {"clusterLogging": [{"types": ["audit"], "enabled": on}]}}


def node_of_azure(**changed: Any) -> dict[str, Any]:
    return azure("Microsoft.Resources/tags/write", AT, caller="kubelet", claims=KUBELET, **changed)


def keyed(at: str, **changed: Any) -> dict[str, Any]:
    return aws("ListBuckets", at, **{"userIdentity": USER, **changed})


def google_key(at: str, **changed: Any) -> dict[str, Any]:
    return google("storage.objects.list", at, service="storage.googleapis.com", who=KEY, **changed)


def secret(at: str, **changed: Any) -> dict[str, Any]:
    return federated("ci", at, credential="", ServicePrincipalCredentialKeyId="key-1", **changed)


FIRES: dict[tuple[str, str], list[dict[str, Any]]] = {
    ("irsa-foreign-asn", "aws"): [exchange("data:data", AT, sourceIPAddress=AWAY)],
    ("irsa-foreign-asn", "google"): [delegated("data/data", "storage.objects.get", AT, ip=AWAY)],
    ("irsa-foreign-asn", "azure"): [
        federated("app-data", AT, IPAddress=AWAY, AuthenticationProcessingDetails="system:serviceaccount:data:data")
    ],
    ("node-identity-outside", "aws"): [
        as_role("ListBuckets", AT, role="nodes", session="i-0abc12345678def90", sourceIPAddress=AWAY)
    ],
    ("node-identity-outside", "google"): [
        google("x.get", AT, who={"principalEmail": "1-compute@developer.gserviceaccount.com"}, ip=AWAY)
    ],
    ("node-identity-outside", "azure"): [node_of_azure(httpRequest={"clientIpAddress": AWAY})],
    ("audit-config-gone", "aws"): [
        aws(
            "UpdateClusterConfig",
            AT,
            requestParameters=logging(on=False),
        )
    ],
    ("audit-config-gone", "google"): [google("SetIamPolicy", AT, payload=NO_AUDIT)],
    ("audit-config-gone", "azure"): [azure("Microsoft.Insights/diagnosticSettings/delete", AT)],
    ("cloud-cluster-access", "aws"): [
        aws("CreateAccessEntry", AT, requestParameters={"name": "prod", "principalArn": "arn:aws:iam::1:role/x"})
    ],
    ("cloud-cluster-access", "google"): [google("SetIamPolicy", AT, payload=POLICY)],
    ("cloud-cluster-access", "azure"): [azure("Microsoft.ContainerService/managedClusters/runCommand/action", AT)],
    ("cloud-cluster-credential", "google"): [google("google.container.v1.ClusterManager.GetCluster", AT, **LET_IN)],
    ("cloud-cluster-credential", "azure"): [azure(ADMIN, AT)],
    ("cloud-key-new-place", "aws"): [*hours(keyed), keyed(AT, sourceIPAddress=AWAY, userAgent="aws-cli/2.31")],
    ("cloud-key-new-place", "google"): [*hours(google_key), google_key(AT, ip=AWAY, agent="gcloud/500")],
    ("cloud-key-new-place", "azure"): [*hours(secret), secret(AT, IPAddress=AWAY)],
}
QUIET: dict[tuple[str, str], list[dict[str, Any]]] = {
    ("cloud-key-new-place", "aws"): hours(keyed),
    ("cloud-key-new-place", "google"): hours(google_key),
    ("cloud-key-new-place", "azure"): hours(secret),
    ("audit-config-gone", "aws"): [
        aws(
            "UpdateClusterConfig",
            AT,
            requestParameters=logging(on=True),
        )
    ],
    ("audit-config-gone", "azure"): [
        azure(
            "Microsoft.Insights/diagnosticSettings/delete",
            AT,
            status={"value": "Failed"},
            subStatus={"value": "Forbidden"},
        )
    ],
    ("cloud-cluster-access", "aws"): [
        aws("CreateAccessEntry", AT, requestParameters={"name": "prod"}, errorCode="AccessDenied")
    ],
    ("irsa-foreign-asn", "aws"): [exchange("data:data", AT, sourceIPAddress="10.0.0.9")],
}
"""Beside the noise: what looks like it and is not."""
BLIND: dict[tuple[str, str], tuple[list[dict[str, Any]], str]] = {
    ("irsa-foreign-asn", "aws"): (hours(lambda at: aws("DescribeCluster", at)), "of an account of this cluster"),
    ("irsa-foreign-asn", "google"): (hours(lambda at: google("x.SetLabels", at)), "Data Access logs"),
    ("irsa-foreign-asn", "azure"): (hours(lambda at: azure("a/b/write", at)), "sign-ins of service principals"),
    ("node-identity-outside", "aws"): (hours(lambda at: exchange("a:a", at)), "by a node's identity"),
    ("node-identity-outside", "google"): (hours(lambda at: google("x.SetLabels", at)), "by a node's identity"),
    ("node-identity-outside", "azure"): (hours(lambda at: azure("a/b/write", at)), "by a node's identity"),
    ("audit-config-gone", "aws"): ([aws("DescribeCluster", AT)], "does not cover"),
    ("audit-config-gone", "google"): (hours(lambda at: google("x.list", at, log="data_access")), "log of changes"),
    ("audit-config-gone", "azure"): (hours(lambda at: federated("app", at)), "log of changes"),
    ("cloud-cluster-access", "google"): (hours(lambda at: google("x.list", at, log="data_access")), "log of changes"),
    ("cloud-cluster-credential", "azure"): (hours(lambda at: federated("app", at)), "log of changes"),
    ("cloud-key-new-place", "aws"): (hours(lambda at: exchange("a:a", at)), "lasting key"),
    ("cloud-key-new-place", "google"): (hours(lambda at: google("x.SetLabels", at)), "lasting key"),
    ("cloud-key-new-place", "azure"): (hours(lambda at: azure("a/b/write", at)), "lasting key"),
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    made = AuditTrail()
    made.noise(hours=48)
    with asked(made.lines, tmp_path_factory.mktemp("trail")) as found:
        yield found


def outcome(engine: Engine, name: str, records: list[dict[str, Any]], path: Any) -> Outcome:
    given = Given(cloud=sight_of(trail(*records, path=path)))
    (found,) = run_detections(engine, look_at(engine), given, only=[name])
    return found


@pytest.mark.parametrize(("name", "cloud"), FIRES)
def test_it_fires(name, cloud, engine, tmp_path):
    found = outcome(engine, name, [*noise(cloud), *FIRES[name, cloud]], tmp_path)
    assert found.state is State.FIRED
    assert sum(sighting.hits for sighting in found.sightings) == 1
    last = FIRES[name, cloud][-1]
    assert AWAY not in str(last) or found.sightings[0].place.address == AWAY


@pytest.mark.parametrize(("name", "cloud"), FIRES)
def test_it_is_quiet_where_it_would_be_seen(name, cloud, engine, tmp_path):
    found = outcome(engine, name, [*noise(cloud), *QUIET.get((name, cloud), [])], tmp_path)
    assert (found.state, found.why) == (State.QUIET, "")


@pytest.mark.parametrize(("name", "cloud"), BLIND)
def test_it_says_why_it_cannot_tell(name, cloud, engine, tmp_path):
    records, why = BLIND[name, cloud]
    found = outcome(engine, name, records, tmp_path)
    assert found.state is State.UNKNOWN
    assert why in found.why


def test_an_account_of_another_cluster_is_not_ours(engine, tmp_path):
    other = exchange("data:data", AT, issuer="oidc.eks.eu-north-1.amazonaws.com/id/BBBB", sourceIPAddress=AWAY)
    cloud = CloudSight(
        trail=trail(*noise("aws"), other, path=tmp_path),
        issuers=frozenset({"oidc.eks.eu-north-1.amazonaws.com/id/aaaa0000"}),
    )
    (found,) = run_detections(engine, look_at(engine), Given(cloud=cloud), only=["irsa-foreign-asn"])
    assert found.state is State.QUIET


def test_logging_of_another_cluster_is_not_ours(engine, tmp_path):
    records = [*noise("aws"), *FIRES["audit-config-gone", "aws"]]
    for cluster, state in (("prod", State.FIRED), ("stage", State.QUIET)):
        cloud = CloudSight(trail=trail(*records, path=tmp_path), cluster=cluster)
        (found,) = run_detections(engine, look_at(engine), Given(cloud=cloud), only=["audit-config-gone"])
        assert found.state is state


def test_an_identity_that_was_seen_from_one_address_only_cannot_be_told(engine, tmp_path):
    found = outcome(
        engine, "irsa-foreign-asn", [exchange("data:data", AT), *hours(lambda at: aws("DescribeCluster", at))], tmp_path
    )
    assert found.state is State.UNKNOWN
    assert "nothing says whether the address is the cluster's" in found.why
    by_hand = exchange("data:data", AT, userAgent="aws-cli/2.31.3")
    found = outcome(engine, "irsa-foreign-asn", [by_hand, *hours(lambda at: aws("DescribeCluster", at))], tmp_path)
    assert found.state is State.FIRED


def test_what_is_done_all_day_is_a_habit(engine, tmp_path):
    found = outcome(engine, "cloud-cluster-credential", hours(lambda at: azure(ADMIN, at)), tmp_path)
    assert [sighting.habit for sighting in found.sightings] == [True]
    found = outcome(engine, "cloud-cluster-credential", [*noise("azure"), azure(ADMIN, AT)], tmp_path)
    assert [sighting.habit for sighting in found.sightings] == [False]


def test_an_address_that_two_stolen_identities_share_is_no_home(engine, tmp_path):
    both = [
        exchange(account, AT, sourceIPAddress=AWAY, userAgent="aws-cli/2.31") for account in ("data:data", "web:web")
    ]
    found = outcome(engine, "irsa-foreign-asn", [*noise("aws"), *both], tmp_path)
    assert {sighting.place.address for sighting in found.sightings} == {AWAY}
    assert len(found.sightings) == 2
    assert HOME not in {sighting.place.address for sighting in found.sightings}
