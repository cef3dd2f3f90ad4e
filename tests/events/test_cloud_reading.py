"""Reading a cloud's trail: inputs of any kind, each call once, what is not read counted, nothing secret kept."""

import io
import json
import random
import tarfile
import zipfile

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from demarc.events.cloud import read_cloud_trail
from demarc.events.cloud.envelopes import Bad, Other, Taken, found_in
from demarc.events.cloud.fields import address, microseconds
from demarc.model.errors import DemarcError
from tests.cloud_records import as_role, aws, azure, calls, delegated, exchange, federated, google, trail


def test_a_call_that_comes_twice_is_there_once(tmp_path):
    record = exchange("data:exporter", "01:00:00")
    one, two = tmp_path / "lookup.json", tmp_path / "file.json"
    one.write_text(json.dumps({"Events": [{"CloudTrailEvent": json.dumps(record)}]}))
    two.write_text(json.dumps({"Records": [record, aws("ListBuckets", "02:00:00")]}))
    found = read_cloud_trail((str(one), str(two)))
    assert [call.name for call in found.calls] == ["AssumeRoleWithWebIdentity", "ListBuckets"]
    assert [source.calls for source in found.sources] == [1, 2]


def test_trails_of_several_clouds_are_one_in_order(tmp_path):
    found = trail(
        federated("a", "03:00:00"), aws("ListBuckets", "01:00:00"), google("x.y.DeleteZ", "02:00:00"), path=tmp_path
    )
    assert [call.cloud.value for call in found.calls] == ["aws", "google", "azure"]
    assert found.logs == {"cloudtrail", "activity", "entra-workload"}


def test_folders_archives_and_standard_input_are_opened(tmp_path):
    record = json.dumps({"Records": [aws("ListBuckets", "01:00:00")]}).encode()
    folder = tmp_path / "AWSLogs"
    (folder / "CloudTrail-Digest").mkdir(parents=True)
    (folder / "a.json").write_bytes(record)
    (folder / "CloudTrail-Digest" / "d.json").write_text('{"digestS3Object": "x"}')
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("b.json", record.replace(b"01:00:00", b"02:00:00"))
    with tarfile.open(tmp_path / "all.tar.gz", "w:gz") as packed:
        info = tarfile.TarInfo("c.json")
        info.size = len(record)
        packed.addfile(info, io.BytesIO(record.replace(b"01:00:00", b"03:00:00")))
    piped = io.BytesIO(record.replace(b"01:00:00", b"04:00:00"))
    given_ = (str(folder), str(tmp_path / "all.zip"), str(tmp_path / "all.tar.gz"), "-")
    found = read_cloud_trail(given_, stdin=piped)
    assert len(found.calls) == 4
    assert {source.origin.rpartition("/")[2] for source in found.sources} == {
        "a.json",
        "all.zip!b.json",
        "all.tar.gz!c.json",
        "stdin",
    }
    assert all(source.sha256 for source in found.sources)


def test_what_cannot_be_read_is_counted_with_its_reason(tmp_path):
    file = tmp_path / "mixed.jsonl"
    lines = [
        json.dumps(aws("ListBuckets", "01:00:00")),
        '{"eventName": "x"',
        '{"some": "thing"}',
        json.dumps(google("io.k8s.core.v1.pods.get", "01:00:00", service="k8s.io")),
    ]
    file.write_text("\n".join(lines))
    found = read_cloud_trail((str(file),))
    assert len(found.calls) == 1
    assert sum(number for _, number in found.rejects) == 2
    assert [number for _, number in found.others] == [1]


def test_a_file_that_is_cut_off_gives_what_came_before(tmp_path):
    file = tmp_path / "cut.json"
    whole = "\n".join(json.dumps(aws("ListBuckets", f"0{n}:00:00")) for n in range(5))
    file.write_text(whole[:-40])
    found = read_cloud_trail((str(file),))
    assert (len(found.calls), sum(number for _, number in found.rejects)) == (4, 1)


def test_calls_of_the_clouds_own_services_that_change_nothing_are_counted_and_left_out(tmp_path):
    own = {"userIdentity": {"type": "AWSService", "invokedBy": "autoscaling.amazonaws.com"}}
    found = trail(aws("DescribeInstances", "01:00:00", **own), aws("ListBuckets", "02:00:00"), path=tmp_path)
    assert (len(found.calls), found.others[0][1]) == (1, 1)
    assert "cloudtrail" in found.logs


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ('{"kind": "List", "items": []}', "empty"),
        ('{"kind": "Event", "auditID": "1", "verb": "get", "requestURI": "/"}', "--events"),
        ("hello", "no JSON"),
        ('{"Records": []}', "empty"),
    ],
)
def test_what_is_no_trail_of_a_cloud_is_refused_with_the_reason(text, says, tmp_path):
    file = tmp_path / "x.json"
    file.write_text(text)
    with pytest.raises(DemarcError, match=says) as raised:
        read_cloud_trail((str(file),))
    assert "CloudTrail" in raised.value.problems[0].todo


def test_every_input_that_is_wrong_is_named(tmp_path):
    with pytest.raises(DemarcError) as raised:
        read_cloud_trail((str(tmp_path / "a"), str(tmp_path / "b")))
    assert [problem.where.file.rpartition("/")[2] for problem in raised.value.problems if problem.where] == ["a", "b"]


SECRET = "hunter2hunter2"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
SIGNED = f"https://bucket.s3.amazonaws.com/key?X-Amz-Signature={SECRET}&X-Amz-Security-Token={JWT}"


@pytest.mark.parametrize(
    "record",
    [
        exchange("data:exporter", "01:00:00", key="ASIA1", requestParameters={"roleArn": "r", "webIdentityToken": JWT}),
        aws("PutSecretValue", "01:00:00", requestParameters={"secretId": "x", "secretString": SECRET}),
        aws("GetObject", "01:00:00", requestParameters={"key": SIGNED, "bucketName": SIGNED}),
        aws(
            "CreateAccessKey",
            "01:00:00",
            responseElements={"accessKey": {"accessKeyId": "AKIA1", "secretAccessKey": SECRET}},
        ),
        aws("UpdateLoginProfile", "01:00:00", requestParameters={"userName": "ann", "password": SECRET}),
        aws("ListBuckets", "01:00:00", userAgent=f"curl --header 'Authorization: Bearer {JWT}'"),
        google(
            "x.AddSecretVersion", "01:00:00", payload={"request": {"payload": {"data": SECRET}}, "resourceName": SIGNED}
        ),
        google("ExchangeToken", "01:00:00", payload={"request": {"subjectToken": JWT}}),
        azure(
            "Microsoft.Storage/storageAccounts/listKeys/action",
            "01:00:00",
            properties={"responseBody": SECRET, "requestbody": json.dumps({"key": SECRET})},
        ),
        azure(
            "Microsoft.KeyVault/vaults/secrets/write",
            "01:00:00",
            resourceId=f"https://x.blob.core.windows.net/c?sig={SECRET}",
        ),
        federated("app", "01:00:00", ServicePrincipalName=f"password={SECRET}"),
    ],
)
def test_no_value_of_a_secret_is_kept(record, tmp_path):
    kept = msgspec.json.encode(trail(record, path=tmp_path)).decode()
    assert SECRET not in kept
    assert JWT not in kept
    assert "session-secret" not in kept


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("2026-10-01T01:00:00Z", 1790816400000000),
        ("2026-10-01T01:00:00.123456789Z", 1790816400123456),
        ("2026-10-01T03:00:00+02:00", 1790816400000000),
        ("2026-10-01 01:00:00.123456 UTC", 1790816400123456),
        ("2026-10-01 01:00:00", 1790816400000000),
        ("1790816400", 1790816400000000),
        ("1.7908164E9", 1790816400000000),
        (1790816400000, 1790816400000000),
        ("10/1/2026, 1:00:00.123 AM", 1790816400123000),
        ("yesterday", 0),
        (None, 0),
        (True, 0),
        ("", 0),
    ],
)
def test_times_as_clouds_write_them(text, us):
    assert microseconds(text) == us


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("eks.amazonaws.com", "eks.amazonaws.com"),
        ("gce-internal-ip", "gce-internal-ip"),
    ],
)
def test_addresses_lose_their_port(text, found):
    assert address(text) == found


def test_the_order_of_inputs_does_not_matter(tmp_path):
    records = [
        exchange("data:a", "01:00:00"),
        as_role("ListBuckets", "01:00:00"),
        delegated("a/b", "x.list", "02:00:00"),
        azure("a/b/write", "03:00:00"),
    ]
    whole = calls(*records, path=tmp_path)
    for seed in range(5):
        random.Random(seed).shuffle(records)
        assert calls(*records, path=tmp_path) == whole


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "userIdentity",
                    "requestParameters",
                    "Records",
                    "message",
                    "data",
                    "protoPayload",
                    "status",
                    "properties",
                    "claims",
                    "x",
                    "type",
                    "arn",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    st.sampled_from(
        [
            exchange("a:b", "01:00:00"),
            google("SetIamPolicy", "01:00:00"),
            azure("a/b/write", "01:00:00"),
            federated("a", "01:00:00"),
        ]
    ),
    st.data(),
)
def test_a_record_of_any_content_is_a_call_or_counted(record, data):
    changed = dict(record)
    for key in data.draw(st.lists(st.sampled_from(sorted(record)), max_size=4)):
        changed[key] = data.draw(JUNK)
    outcomes = list(found_in(json.dumps(changed).encode()))
    assert all(isinstance(one, Taken | Other | Bad) for one in outcomes)
