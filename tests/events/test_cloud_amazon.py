"""CloudTrail as calls: who, what, from where, by which session; in every envelope in which it is held."""

import base64
import gzip
import json

import pytest

from demarc.events.cloud import read_cloud_trail
from demarc.events.cloud.amazon import struct
from demarc.model.cloud_calls import CallKind, Cloud, CloudShape, Outcome, PrincipalKind
from tests.cloud_records import ISSUER, as_role, aws, calls, exchange

SUBJECT = "system:serviceaccount:data:exporter"


def test_an_exchange_names_account_issuer_role_and_the_session_that_it_gave_out(tmp_path):
    (call,) = calls(exchange("data:exporter", "01:00:00", key="ASIA1"), path=tmp_path)
    assert (call.cloud, call.kind, call.write) == (Cloud.AWS, CallKind.EXCHANGE, True)
    assert (call.workload, call.issuer, call.issued) == (SUBJECT, ISSUER, "ASIA1")
    assert call.role == "arn:aws:iam::111122223333:role/lake"
    assert call.principal_kind is PrincipalKind.FEDERATED


def test_pod_identity_is_told_by_the_answer_or_the_tags(tmp_path):
    answer = {"subject": {"namespace": "data", "serviceAccount": "exporter"}, "credentials": {"accessKeyId": "ASIA2"}}
    tags = [
        {"key": "kubernetes-namespace", "value": "data"},
        {"key": "kubernetes-service-account", "value": "exporter"},
    ]
    asked = {"clusterName": "prod", "token": "HIDDEN"}
    by_answer, by_tags = calls(
        as_role("AssumeRoleForPodIdentity", "01:00:00", requestParameters=asked, responseElements=answer),
        aws("AssumeRole", "02:00:00", requestParameters={"tags": tags, "roleArn": "arn:aws:iam::1:role/x"}),
        path=tmp_path,
    )
    assert (by_answer.workload, by_answer.kind, by_answer.issued) == (SUBJECT, CallKind.EXCHANGE, "ASIA2")
    assert (by_tags.workload, by_tags.kind) == (SUBJECT, CallKind.ASSUME)


@pytest.mark.parametrize(
    ("session", "kind"), [("i-0abc12345678def90", PrincipalKind.NODE), ("ann@acme.example", PrincipalKind.ROLE)]
)
def test_a_session_of_a_machine_is_a_nodes(session, kind, tmp_path):
    (call,) = calls(as_role("ListBuckets", "01:00:00", session=session), path=tmp_path)
    assert call.principal_kind is kind
    assert call.chain == ("arn:aws:iam::111122223333:role/lake",)
    assert call.session == "ASIAEXAMPLE000000001"


@pytest.mark.parametrize(
    ("name", "asked", "kind"),
    [
        ("CreateAccessEntry", {"name": "prod", "principalArn": "arn:aws:iam::1:role/x"}, CallKind.CLUSTER_ACCESS),
        ("UpdateClusterVersion", {"name": "prod"}, CallKind.CLUSTER_CHANGE),
        ("DescribeCluster", {"name": "prod"}, CallKind.OTHER),
        ("CreateAccessKey", {"userName": "ann"}, CallKind.KEY_MADE),
        ("GetSecretValue", {"secretId": "x"}, CallKind.SECRET_READ),
        ("StartSession", {"target": "i-1"}, CallKind.NODE_ACCESS),
        ("CreateSnapshot", {"volumeId": "vol-1"}, CallKind.DISK_COPY),
        ("PutRolePolicy", {"roleName": "x"}, CallKind.IDENTITY_CHANGE),
    ],
)
def test_what_a_call_is(name, asked, kind, tmp_path):
    (call,) = calls(aws(name, "01:00:00", requestParameters=asked), path=tmp_path)
    assert call.kind is kind
    assert call.write is (name not in {"DescribeCluster", "GetSecretValue"})


@pytest.mark.parametrize(
    ("name", "asked", "off"),
    [
        ("UpdateClusterConfig", {"logging": {"clusterLogging": [{"types": ["audit"], "enabled": False}]}}, True),
        ("UpdateClusterConfig", {"logging": {"clusterLogging": [{"types": ["audit"], "enabled": True}]}}, False),
        ("UpdateClusterConfig", {"logging": {"clusterLogging": [{"types": ["scheduler"], "enabled": False}]}}, False),
        ("StopLogging", {"name": "main"}, True),
        ("DeleteLogGroup", {"logGroupName": "/aws/eks/prod/cluster"}, True),
        ("DeleteLogGroup", {"logGroupName": "/aws/lambda/x"}, False),
        ("PutEventSelectors", {"eventSelectors": [{"includeManagementEvents": False}]}, True),
        ("PutEventSelectors", {"eventSelectors": [{"includeManagementEvents": True}]}, False),
    ],
)
def test_logging_that_is_switched_off(name, asked, off, tmp_path):
    (call,) = calls(aws(name, "01:00:00", requestParameters=asked), path=tmp_path)
    assert (call.kind is CallKind.LOGGING_OFF) is off
    assert bool(call.detail) or not off


def test_the_cluster_is_named_by_the_request_or_the_log_group(tmp_path):
    asked = ({"name": "prod"}, {"logGroupName": "/aws/eks/stage/cluster"})
    found = calls(
        aws("UpdateClusterVersion", "01:00:00", requestParameters=asked[0]),
        aws("DeleteLogGroup", "02:00:00", requestParameters=asked[1], eventSource="logs.amazonaws.com"),
        path=tmp_path,
    )
    assert [call.cluster for call in found] == ["prod", "stage"]


@pytest.mark.parametrize(
    ("code", "outcome"),
    [(None, Outcome.DONE), ("AccessDenied", Outcome.REFUSED), ("NoSuchBucket", Outcome.FAILED)],
)
def test_what_came_of_it(code, outcome, tmp_path):
    (call,) = calls(aws("ListBuckets", "01:00:00", errorCode=code), path=tmp_path)
    assert call.outcome is outcome


RECORD = exchange("data:exporter", "01:00:00", key="ASIA1")
TEXT = json.dumps(RECORD)
SUBSCRIPTION = {"messageType": "DATA_MESSAGE", "logGroup": "trail", "logEvents": [{"id": "1", "message": TEXT}]}
PACKED = base64.b64encode(gzip.compress(json.dumps(SUBSCRIPTION).encode())).decode()
ENVELOPES = {
    "lookup-events": json.dumps({"Events": [{"EventId": "1", "CloudTrailEvent": TEXT}]}),
    "log file": json.dumps({"Records": [RECORD]}),
    "lines": TEXT + "\n" + TEXT,
    "list": json.dumps([RECORD]),
    "EventBridge": json.dumps({"version": "0", "detail-type": "AWS API Call via CloudTrail", "detail": RECORD}),
    "EventBridge in SQS": json.dumps({"Messages": [{"Body": json.dumps({"detail": RECORD})}]}),
    "CloudWatch events": json.dumps({"events": [{"timestamp": 1, "message": TEXT}]}),
    "CloudWatch subscription": json.dumps({"awslogs": {"data": PACKED}}),
    "Insights": json.dumps({"results": [[{"field": "@message", "value": TEXT}]]}),
    "Elastic": json.dumps({"hits": {"hits": [{"_source": RECORD}]}}),
}


@pytest.mark.parametrize("envelope", ENVELOPES)
@pytest.mark.parametrize("packed", [False, True])
def test_every_envelope_is_taken_off(envelope, packed, tmp_path):
    data = ENVELOPES[envelope].encode()
    file = tmp_path / "trail"
    file.write_bytes(gzip.compress(data) if packed else data)
    trail = read_cloud_trail((str(file),))
    assert [(call.workload, call.shape) for call in trail.calls] == [(SUBJECT, CloudShape.CLOUDTRAIL)]
    assert trail.rejects == ()


IDENTITY = (
    "{type=WebIdentityUser, principalid=x, arn=null, username=system:serviceaccount:data:exporter, "
    f"identityprovider=arn:aws:iam::111122223333:oidc-provider/{ISSUER}, sessioncontext=null}}"
)
CSV = (
    '"eventtime","eventname","eventsource","useridentity","requestparameters","sourceipaddress","eventid"\n'
    f'"2026-10-01T01:00:00Z","AssumeRoleWithWebIdentity","sts.amazonaws.com","{IDENTITY}",'
    '"{""roleArn"":""arn:aws:iam::111122223333:role/lake""}","203.0.113.66","e1"\n'
)
LAKE = {
    "QueryStatus": "FINISHED",
    "QueryResultRows": [
        [
            {"eventTime": "2026-10-01 01:00:00.000"},
            {"eventName": "AssumeRoleWithWebIdentity"},
            {"eventSource": "sts.amazonaws.com"},
            {"userIdentity": IDENTITY},
            {"requestParameters": "{roleArn=arn:aws:iam::111122223333:role/lake, roleSessionName=s}"},
            {"sourceIPAddress": "203.0.113.66"},
        ]
    ],
}
ATHENA = {
    "ResultSet": {
        "Rows": [
            {
                "Data": [
                    {"VarCharValue": one}
                    for one in (
                        "eventtime",
                        "eventname",
                        "eventsource",
                        "useridentity.username",
                        "sourceipaddress",
                        "requestparameters",
                    )
                ]
            },
            {
                "Data": [
                    {"VarCharValue": one}
                    for one in (
                        "2026-10-01T01:00:00Z",
                        "AssumeRoleWithWebIdentity",
                        "sts.amazonaws.com",
                        SUBJECT,
                        "203.0.113.66",
                        '{"roleArn":"arn:aws:iam::111122223333:role/lake"}',
                    )
                ]
            },
        ]
    }
}


@pytest.mark.parametrize("text", [CSV, json.dumps(LAKE), json.dumps(ATHENA)], ids=["athena-csv", "lake", "athena-api"])
def test_rows_of_tables_are_read_as_far_as_they_go(text, tmp_path):
    file = tmp_path / "rows"
    file.write_text(text)
    (call,) = read_cloud_trail((str(file),)).calls
    assert (call.shape, call.workload, call.address) == (CloudShape.CLOUDTRAIL_TABLE, SUBJECT, "203.0.113.66")
    assert call.role == "arn:aws:iam::111122223333:role/lake"


def test_a_structure_of_a_table_is_told_from_its_text():
    found = struct(
        "{type=AssumedRole, sessioncontext={sessionissuer={arn=arn:aws:iam::1:role/x, type=Role}}, username=a, b}"
    )
    assert found["sessionContext"]["sessionIssuer"] == {"arn": "arn:aws:iam::1:role/x", "type": "Role"}
    assert found["userName"] == "a, b"
