"""Cases that go on in the cloud: what was done there belongs to them, on every provider; what others did does not."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demarc.collect.builder import SnapshotBuilder
from demarc.collect.fingerprint import FingerprintKey
from demarc.events.cloud import read_cloud_trail
from demarc.events.interface import Engine
from demarc.incidents.clouds import CloudSight, sight_of
from demarc.incidents.detections import Given, look_at, run_detections
from demarc.incidents.opening.investigate import Around, investigate
from demarc.incidents.opening.seeds import Hints
from demarc.model.boundary import Confidence
from demarc.model.exposure import CredentialKind
from demarc.model.incidents import CredentialUse, Observable
from demarc.model.investigation import Investigation, JoinBy
from demarc.model.snapshot import Snapshot, SourceKind
from demarc.reports.incident_tables import tables
from demarc.testing import a_list
from demarc.testing.audit import AuditTrail, Who, account, node_of, person_of, pipeline
from tests.cloud_records import (
    AWAY,
    KUBELET,
    OFFICE,
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
from tests.incidents import shapes
from tests.incidents.attacks import CURL, NIGHT, OUT, PRIVILEGED
from tests.incidents.trails import NOW, asked

BEYOND = "203.0.113.99"
"""An address that only the cloud saw."""
SHAPES = {"aws": shapes.cloudwatch, "google": shapes.gke, "azure": shapes.aks}
ADMIN = "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action"


def stolen() -> AuditTrail:
    """The pipeline's lasting token, elsewhere: reads Secrets and has a token of data/data made at 02:00:40."""
    made, thief = AuditTrail(), pipeline().at(OUT, CURL)
    made.noise(hours=30)
    made.ask(thief, "create", "selfsubjectrulesreviews", at=NIGHT, level="Metadata")
    made.ask(thief, "list", "secrets", at=NIGHT + 30, level="Metadata")
    made.ask(
        thief,
        "create",
        "serviceaccounts",
        "data",
        at=NIGHT + 40,
        namespace="data",
        sub="token",
        issued="JTI=1",
        level="Metadata",
    )
    made.ask(
        thief,
        "create",
        "clusterrolebindings",
        "x",
        at=NIGHT + 50,
        body={"roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}},
    )
    return made


SUBJECT = "system:serviceaccount:data:data"
OWN: dict[str, list[dict[str, Any]]] = {
    "aws": [
        exchange("data:data", "02:05:00", key="ASIASTOLEN", sourceIPAddress=AWAY),
        as_role(
            "GetSecretValue", "02:06:00", key="ASIASTOLEN", sourceIPAddress=AWAY, requestParameters={"secretId": "db"}
        ),
        as_role("ListBuckets", "02:07:00", key="ASIASTOLEN", sourceIPAddress=BEYOND),
        aws(
            "CreateAccessEntry",
            "02:08:00",
            sourceIPAddress=OUT,
            requestParameters={"name": "prod", "principalArn": "arn:aws:iam::1:user/eve"},
        ),
    ],
    "google": [
        delegated("data/data", "storage.objects.get", "02:05:00", ip=AWAY),
        delegated("data/data", "AccessSecretVersion", "02:06:00", ip=AWAY, service="secretmanager.googleapis.com"),
        google(
            "SetIamPolicy",
            "02:08:00",
            ip=OUT,
            payload={
                "serviceData": {
                    "policyDelta": {
                        "bindingDeltas": [
                            {"action": "ADD", "role": "roles/container.admin", "member": "user:eve@evil.example"}
                        ]
                    }
                }
            },
        ),
    ],
    "azure": [
        federated(
            "app-data",
            "02:05:00",
            IPAddress=AWAY,
            AuthenticationProcessingDetails=SUBJECT,
            UniqueTokenIdentifier="uti-stolen",
            credential="cred-app-data",
        ),
        azure(
            "Microsoft.Storage/storageAccounts/listKeys/action",
            "02:06:00",
            caller="app-data",
            claims={"uti": "uti-stolen", "appid": "app-data"},
            httpRequest={"clientIpAddress": BEYOND},
        ),
        azure(ADMIN, "02:08:00", httpRequest={"clientIpAddress": OUT}),
    ],
}
OFF = {
    "aws": aws("StopLogging", "02:20:00", sourceIPAddress=OFFICE, requestParameters={"name": "main"}),
    "google": google(
        "SetIamPolicy",
        "02:20:00",
        ip=OFFICE,
        payload={
            "serviceData": {
                "policyDelta": {
                    "auditConfigDeltas": [{"action": "REMOVE", "service": "k8s.io", "logType": "DATA_READ"}]
                }
            }
        },
    ),
    "azure": azure("Microsoft.Insights/diagnosticSettings/delete", "02:20:00", httpRequest={"clientIpAddress": OFFICE}),
}
"""Somebody else's, at that time."""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The stolen token's trail, as the API server wrote it."""
    with asked(stolen().lines, tmp_path_factory.mktemp("stolen")) as found:
        yield found


def opened_on(
    engine: Engine, cloud: CloudSight | None, around: Around | None = None, hints: Hints | None = None
) -> Investigation:
    found = investigate(engine, hints or Hints(), Given(cloud=cloud), around or Around()).investigation
    assert found is not None
    return found


def opened(lines: bytes, folder: Path, cloud: CloudSight | None, hints: Hints | None = None) -> Investigation:
    with asked(lines, folder) as found:
        return opened_on(found, cloud, hints=hints)


@pytest.fixture(scope="module", params=SHAPES)
def case(request, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Investigation, set[str]]:
    cloud, folder = request.param, tmp_path_factory.mktemp(request.param)
    own = {call.id for call in trail(*OWN[cloud], path=folder).calls}
    seen = sight_of(trail(*noise(cloud), *OWN[cloud], OFF[cloud], path=folder))
    return cloud, opened(SHAPES[cloud](stolen()), folder, seen), own


def in_the_cloud(found: Investigation) -> set[str]:
    steps = (step for step in found.incident.steps if step.observable_in == (Observable.CLOUD_TRAIL,))
    return {one for step in steps for one in step.evidence}


def test_the_calls_are_listed_and_none_holds_more_than_a_name(case):
    _, found, own = case
    assert {call.id for call in found.calls} == own
    (table,) = [one for one in tables(found) if one.title.startswith("Calls to the cloud")]
    assert len(table.rows) == len(own)
    assert "session-secret" not in str(table)


def test_all_of_the_intruders_calls_are_steps_and_nobody_elses(case):
    _, found, own = case
    assert in_the_cloud(found) == own


def test_the_exchange_is_tied_to_the_account_whose_token_was_made(case):
    cloud, found, _ = case
    technique = {"aws": "IRSA", "google": "T1530", "azure": "AKS_WI"}[cloud]
    (step,) = [one for one in found.incident.steps if one.technique == technique]
    assert step.identity == SUBJECT
    assert step.credential is CredentialUse.INHERITED
    assert step.scope is not None
    assert step.scope.name == "data"
    joined = [one for one in found.joins if "had a token of" in one.because]
    assert joined
    assert joined[0].by is JoinBy.LINEAGE
    assert "irsa-foreign-asn" in found.detections[step.n]


def test_every_step_has_a_duty_and_the_clouds_are_those_that_fit(case):
    cloud, found, _ = case
    duties = {one.n: one.duty for one in found.verdict.steps}
    steps = {step.technique: duties[step.n] for step in found.incident.steps if not step.inside_cluster}
    assert steps[{"aws": "IRSA", "google": "T1530", "azure": "AKS_WI"}[cloud]] == "identity.cloud-roles"
    way = "CLOUD_TO_CLUSTER" if cloud == "azure" else "CLOUD_GRANTS_CLUSTER"
    assert steps[way] == "cluster.authentication"


def test_what_the_case_had_in_the_cloud_has_to_be_ended(case):
    cloud, found, _ = case
    kinds = {one.kind: one.name for one in found.incident.exposed}
    assert CredentialKind.CLOUD_ROLE_SESSION in kinds
    if cloud == "aws":
        assert kinds[CredentialKind.CLOUD_ROLE_SESSION] == "lake"
        assert kinds[CredentialKind.CLOUD_LOGIN] == "arn:aws:iam::1:user/eve"


def test_logging_that_somebody_else_switched_off_then_is_not_overlooked_and_not_joined(case):
    _, found, _ = case
    (said,) = [one.because for one in found.apart if "switched off" in one.because]
    assert "ask" in said


def test_what_its_own_pods_did_meanwhile_is_left_out_with_the_reason(case):
    _, found, _ = case
    assert any("its own pods do so from there as well" in one.because for one in found.apart)


def test_a_session_leads_on_to_an_address_that_only_the_cloud_saw(engine, tmp_path):
    seen = sight_of(trail(*noise("aws"), *OWN["aws"], path=tmp_path))
    found = opened_on(engine, seen)
    beyond = next(one for one in found.joins if BEYOND in one.what)
    assert (beyond.by, beyond.confidence) == (JoinBy.LINEAGE, Confidence.HIGH)


def test_without_the_clouds_trail_it_is_said(engine, tmp_path):
    found = opened_on(engine, None)
    assert any("was not given" in one.why for one in found.unseen)


def test_what_the_shape_loses_and_what_was_not_read_is_said(engine, tmp_path):
    file = tmp_path / "cloud.json"
    records = [*noise("azure"), *OWN["azure"], {"what": "ever"}]
    file.write_text("\n".join(map(json.dumps, records)))
    found = opened_on(engine, sight_of(read_cloud_trail((str(file),))))
    said = " ".join(f"{one.what} {one.why}" for one in found.unseen)
    assert "every read, and the program that called" in said
    assert "1 records of the cloud's trail" in said


def login(session: str) -> Who:
    arn = "arn:aws:sts::111122223333:assumed-role/Dev/dora"
    return Who(
        arn, address=OUT, agent=CURL, groups=("dev",), extra={"arn": [arn], "accessKeyId": [session]}, grant="dev"
    )


def test_a_login_to_the_cluster_is_followed_back_to_who_took_the_role(tmp_path):
    made = AuditTrail()
    made.noise(hours=30)
    made.ask(login("ASIAQWERTYUIOP123456"), "list", "secrets", at=NIGHT, level="Metadata")
    made.ask(login("ASIAQWERTYUIOP123456"), "create", "pods", "x", at=NIGHT + 9, namespace="shop", body=PRIVILEGED)
    taken = {"credentials": {"accessKeyId": "ASIAQWERTYUIOP123456"}}
    mine = [
        aws(
            "AssumeRole",
            "01:50:00",
            sourceIPAddress=BEYOND,
            responseElements=taken,
            requestParameters={"roleArn": "arn:aws:iam::1:role/Dev"},
        ),
        as_role(
            "DescribeCluster",
            "01:55:00",
            role="Dev",
            session="dora",
            key="ASIAQWERTYUIOP123456",
            sourceIPAddress=BEYOND,
            eventSource="eks.amazonaws.com",
        ),
    ]
    other = as_role("DescribeCluster", "01:55:30", role="Dev", session="dave", key="ASIADAVE", sourceIPAddress=OFFICE)
    seen = sight_of(trail(*noise("aws"), *mine, other, path=tmp_path))
    found = opened(made.lines, tmp_path, seen, hints=Hints(addresses=(OUT,)))
    assert in_the_cloud(found) == {call.id for call in trail(*mine, path=tmp_path).calls}
    assert any("signed in to the cluster" in one.because for one in found.joins)


def on_the_node() -> AuditTrail:
    made, thief = AuditTrail(), pipeline().at(OUT, CURL)
    made.noise(hours=30)
    made.ask(thief, "create", "pods", "x", at=NIGHT, namespace="shop", body=PRIVILEGED)
    asks = ("curl", "http://169.254.169.254/latest/meta-data/iam/security-credentials/")
    made.ask(thief, "create", "pods", "x", at=NIGHT + 60, namespace="shop", sub="exec", code=101, command=asks)
    return made


NODES = {
    "aws": lambda at, ip: as_role("ListBuckets", at, role="nodes", session="i-0abc12345678def90", sourceIPAddress=ip),
    "google": lambda at, ip: google(
        "storage.objects.list",
        at,
        service="storage.googleapis.com",
        who={"principalEmail": "1-compute@developer.gserviceaccount.com"},
        ip=ip,
    ),
    "azure": lambda at, ip: azure(
        "Microsoft.Resources/tags/write", at, caller="kubelet", claims=KUBELET, httpRequest={"clientIpAddress": ip}
    ),
}


@pytest.mark.parametrize("cloud", NODES)
@pytest.mark.parametrize(("at", "joined"), [("02:30:00", True), ("01:00:00", False)])
def test_a_nodes_identity_elsewhere_belongs_to_whoever_got_onto_a_node_before(cloud, at, joined, tmp_path):
    record = NODES[cloud](at, AWAY)
    seen = sight_of(trail(*noise(cloud), record, path=tmp_path))
    found = opened(on_the_node().lines, tmp_path, seen)
    assert bool(in_the_cloud(found)) is joined
    if joined:
        (step,) = [one for one in found.incident.steps if one.observable_in == (Observable.CLOUD_TRAIL,)]
        assert "node-identity-outside" in found.detections[step.n]
        assert step.credential is CredentialUse.STOLEN
    else:
        assert any("nothing in the case led to a node before" in one.because for one in found.apart)


def with_key(value: str, name: str = "AWS_ACCESS_KEY_ID") -> tuple[Snapshot, FingerprintKey]:
    key = FingerprintKey(b"k" * 32)
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "cloud-key", "namespace": "data", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "type": "Opaque",
        "data": {name: base64.b64encode(value.encode()).decode()},
    }
    builder = SnapshotBuilder(key)
    builder.add_document(json.dumps(a_list([secret])).encode(), origin="dump.json", kind=SourceKind.DUMP)
    return builder.build(now=NOW), key


USER = {"type": "IAMUser", "arn": "arn:aws:iam::1:user/ci", "userName": "ci", "accessKeyId": "AKIALASTING"}


def keyed(at: str, **changed: Any) -> dict[str, Any]:
    return aws("ListBuckets", at, **{"userIdentity": USER, **changed})


@pytest.mark.parametrize(
    ("value", "name", "agent", "confidence"),
    [
        ("AKIALASTING", "AWS_ACCESS_KEY_ID", "Boto3/1.40", Confidence.HIGH),
        ("AKIAANOTHER", "AWS_ACCESS_KEY_ID", "aws-cli/2.31", Confidence.LOW),
        ("AKIAANOTHER", "AWS_ACCESS_KEY_ID", "Boto3/1.40", None),
        ("AKIAANOTHER", "colour", "aws-cli/2.31", None),
    ],
)
def test_a_key_that_lay_in_a_secret_is_followed_by_its_fingerprint(engine, tmp_path, value, name, *, agent, confidence):
    snapshot, key = with_key(value, name)
    later = keyed("02:10:00", sourceIPAddress=AWAY, userAgent=agent)
    seen = sight_of(trail(*hours(keyed), later, path=tmp_path))
    found = opened_on(engine, seen, Around(snapshot=snapshot, fingerprint=key.of_text))
    sure = [one.confidence for one in found.joins if one.by is JoinBy.READ and "cloud" in one.what]
    assert sure == ([confidence] if confidence else [])
    assert in_the_cloud(found) == ({later["eventID"]} if confidence else set())
    if confidence:
        (exposed,) = [one for one in found.incident.exposed if one.kind is CredentialKind.CLOUD_KEY]
        assert "AKIALASTING" in exposed.how


def test_a_key_that_goes_on_working_where_it_was_is_left_out(engine, tmp_path):
    snapshot, key = with_key("AKIALASTING")
    seen = sight_of(trail(*hours(keyed), path=tmp_path))
    found = opened_on(engine, seen, Around(snapshot=snapshot, fingerprint=key.of_text))
    assert not in_the_cloud(found)
    assert any("was used from there as always" in one.because for one in found.apart)


def test_the_local_administrators_credential_is_followed_back_to_who_had_it_handed_out(tmp_path):
    made = AuditTrail()
    made.noise(hours=30)
    thief = Who("masterclient", address=OUT, agent=CURL, groups=("system:masters",))
    made.ask(thief, "list", "secrets", at=NIGHT, level="Metadata")
    made.ask(thief, "create", "pods", "x", at=NIGHT + 9, namespace="shop", body=PRIVILEGED)
    before, after = azure(ADMIN, "01:30:00"), azure(ADMIN, "05:00:00")
    seen = sight_of(trail(*noise("azure"), before, after, path=tmp_path))
    found = opened(shapes.aks(made), tmp_path, seen, hints=Hints(addresses=(OUT,)))
    assert in_the_cloud(found) == {f"{ADMIN}-01:30:00".rpartition("/")[2]}
    (join,) = [one for one in found.joins if "local administrator" in one.because]
    assert join.confidence is Confidence.LOW


def test_what_let_an_identity_of_the_case_in_belongs_to_it(tmp_path):
    made = AuditTrail()
    made.noise(hours=30)
    made.ask(login("ASIAX"), "list", "secrets", at=NIGHT, level="Metadata")
    made.ask(login("ASIAX"), "create", "pods", "x", at=NIGHT + 9, namespace="shop", body=PRIVILEGED)
    arn = "arn:aws:sts::111122223333:assumed-role/Dev/dora"
    entry = aws("CreateAccessEntry", "01:00:00", requestParameters={"name": "prod", "principalArn": arn})
    other = aws(
        "CreateAccessEntry", "01:05:00", requestParameters={"name": "prod", "principalArn": "arn:aws:iam::1:role/ops"}
    )
    seen = sight_of(trail(*noise("aws"), entry, other, path=tmp_path))
    found = opened(made.lines, tmp_path, seen, hints=Hints(addresses=(OUT,)))
    assert in_the_cloud(found) == {entry["eventID"]}
    made.ask(login("ASIAX").at(OFFICE), "list", "pods", at=60, namespace="shop")
    (tmp_path / "again").mkdir()
    found = opened(made.lines, tmp_path / "again", seen, hints=Hints(addresses=(OUT,)))
    assert not in_the_cloud(found)
    assert any("look at who asked for it" in one.because for one in found.apart)


def test_a_token_out_of_a_pod_that_was_entered_is_followed_into_the_cloud(tmp_path):
    made, thief = AuditTrail(), person_of("cleo", 2).at(OUT, "kubectl/v1.29.0 (darwin/arm64)")
    made.noise(hours=30)
    inside = account(
        "data", "data", address="10.1.0.44", agent="data/7", credential="JTI=9", pod="data-1", grant="data"
    )
    for hour in range(0, 40, 4):
        made.ask(inside, "get", "configmaps", "x", at=hour * 3600 + 13, namespace="data")
    made.ask(thief, "list", "pods", at=NIGHT, namespace="data")
    token = ("cat", "/var/run/secrets/eks.amazonaws.com/serviceaccount/token")
    made.ask(thief, "get", "pods", "data-1", at=NIGHT + 20, namespace="data", sub="exec", code=101, command=token)
    taken = exchange("data:data", "02:05:00", sourceIPAddress=AWAY)
    seen = sight_of(trail(*noise("aws"), taken, path=tmp_path))
    found = opened(made.lines, tmp_path, seen, hints=Hints(addresses=(OUT,)))
    assert in_the_cloud(found) == {taken["eventID"]}
    (join,) = [one for one in found.joins if one.by is JoinBy.ENTERED and "cloud" in one.what]
    assert join.confidence is Confidence.MEDIUM


def test_an_address_that_many_share_joins_nobody(engine, tmp_path):
    crowd = [
        aws(
            "ListBuckets",
            f"02:{n:02}:00",
            sourceIPAddress=OUT,
            userIdentity={"type": "IAMUser", "arn": f"arn:aws:iam::1:user/u{n}"},
        )
        for n in range(9)
    ]
    found = opened_on(engine, sight_of(trail(*noise("aws"), *crowd, path=tmp_path)))
    assert not in_the_cloud(found)
    assert any("principals share the address" in one.because for one in found.apart)


def test_what_the_cloud_saw_of_an_address_makes_a_lead_of_who_came_from_it(tmp_path):
    made, thief = AuditTrail(), person_of("cleo", 2).at(OUT, CURL)
    made.noise(hours=30)
    made.ask(thief, "list", "pods", at=NIGHT, namespace="shop")
    with asked(made.lines, tmp_path) as engine:
        alone = investigate(engine, Hints(), Given(), Around())
        seen = sight_of(trail(*noise("aws"), NODES["aws"]("02:30:00", OUT), path=tmp_path))
        with_cloud = investigate(engine, Hints(), Given(cloud=seen), Around())
    score = {lead.address: lead.score for lead in alone.leads}.get(OUT, 0.0)
    (lead,) = [one for one in with_cloud.leads if one.address == OUT]
    assert lead.score > score
    assert "node-identity-outside" in lead.detections
    assert any(one.detection == "node-identity-outside" for one in with_cloud.outcomes if one.sightings)


def test_whoever_calls_from_there_all_day_is_at_home_there(engine, tmp_path):
    shared = hours(lambda at: aws("DescribeCluster", at, sourceIPAddress=OUT))
    visitor = aws(
        "StopLogging",
        "02:09:00",
        sourceIPAddress=OUT,
        userIdentity={"type": "IAMUser", "arn": "arn:aws:iam::1:user/eve"},
    )
    found = opened_on(engine, sight_of(trail(*noise("aws"), *shared, visitor, path=tmp_path)))
    assert in_the_cloud(found) == {visitor["eventID"]}
    assert any("it is at home there" in one.because for one in found.apart)


def test_nodes_named_in_the_trail_are_the_clusters_address(tmp_path):
    made = AuditTrail()
    for hour in range(48):
        made.ask(node_of(1).at(AWAY, "kubelet/v1.34"), "patch", "nodes", "n1", at=hour * 3600, sub="status", body={})
    seen = sight_of(trail(*noise("aws"), exchange("data:data", "02:05:00", sourceIPAddress=AWAY), path=tmp_path))
    with asked(made.lines, tmp_path) as engine:
        (found,) = run_detections(engine, look_at(engine), Given(cloud=seen), only=["irsa-foreign-asn"])
    assert AWAY not in {one.place.address for one in found.sightings}
