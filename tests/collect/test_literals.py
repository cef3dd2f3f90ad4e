"""What looks like a credential is told, what may be something else is not, and no value outlives the telling."""

from __future__ import annotations

import base64
import gzip
import json
import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from demarc.collect.builder import SnapshotBuilder
from demarc.collect.certificates import certificates_in
from demarc.collect.fingerprint import FingerprintKey
from demarc.collect.literals import HELM, SHAPES, shape_of, tell
from demarc.collect.redact import redact_page
from demarc.model.kubernetes import ConfigMap, Pod, Secret
from demarc.model.snapshot import Snapshot
from demarc.testing import a_config_map, a_container, a_list, a_pod, a_secret
from tests.posture.certificates import a_certificate
from tests.posture.given import AT

KEY = FingerprintKey(b"k" * 32)
RANDOM = "9f86d081884c7d659a2feaa0c55ad015"


@pytest.mark.parametrize(
    ("name", "value", "shape"),
    [
        ("DB_PASSWORD", "hunter2hunter2", "password"),
        ("spring.datasource.password", "changeme", "password"),
        ("API_TOKEN", RANDOM, "token or key"),
        ("X", "AKIA" + "Z" * 16, "AWS access key"),
        ("aws_secret_access_key", "wJalr/" + "Z" * 34, "AWS secret key"),
        ("ARM_CLIENT_SECRET", "abc8Q~" + "x" * 32, "Azure client secret"),
        ("X", '{"type": "service_account", "private_key": "-----BEGIN"}', "Google service account key"),
        ("URL", "amqp://shop:not-real@queue:5672/", "address with a password"),
        ("X", "ghp_" + "a1" * 18, "GitHub token"),
        ("ANTHROPIC_API_KEY", "sk-ant-" + "a1" * 12, "AI model key"),
        ("X", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2lnbmF0dXJl", "JSON web token"),
        ("CONNECTION", "Server=db;Password=not-real;Encrypt=yes", "connection string"),
        ("X", "kind: Config\nusers:\n- user:\n    token: abcdefghijklmnopqrst\n", "kubeconfig"),
        ("X", "kind: Config\nusers:\n- user:\n    tokenFile: /var/run/token-of-the-pod\n", ""),
        ("GITHUB_SECRET", "github-webhook-secret", ""),
        ("TLS_SECRET", "my-tls-v2-cert", ""),
        ("MYSQL_ALLOW_EMPTY_PASSWORD", "yes", ""),
        ("USE_TOKEN", RANDOM, ""),
        ("NODE_TOKEN", RANDOM, "token or key"),
        ("TOKEN", "/var/run/secrets/token", ""),
        ("PASSWORD", "{{ .Values.password }}", ""),
        ("AUTH_TOKEN", "issuer.example.com:8443", ""),
        ("PORT", "8080", ""),
        ("URL", "https://shop.example/login?next=a@b", ""),
    ],
)
def test_shape(name, value, shape):
    assert shape_of(name, value) == shape


def test_a_file_is_read_line_by_line():
    text = "# password: old\nhost: db\npassword: first-one\nclient_secret: '" + RANDOM + "'\ntoken: $TOKEN\n"
    assert [(one.name, one.shape) for one in tell("app.yaml", text)] == [
        ("password", "password"),
        ("client_secret", "token or key"),
    ]


@given(st.text(max_size=400))
def test_any_text_gives_known_shapes_alone(text):
    assert shape_of("password", text) in {"", *SHAPES}
    assert all(one.shape in SHAPES for one in tell("config", text))


@pytest.mark.parametrize(
    "text", ["token:" * 160_000, "\n" * 900_000, '"auth": ' * 100_000, "x://" * 240_000, "Config" * 160_000]
)
def test_hostile_text_is_quick(text):
    started = time.process_time()
    list(tell("config", text))
    assert time.process_time() - started < 3


PLANTED = {
    "env": "planted-env-hunter2",
    "argument": "planted-arg-hunter2",
    "config": "planted-config-hunter2",
    "secret": "planted-secret-hunter2",
    "release": "planted-release-hunter2",
    "debug": "planted-debug-hunter2",
    "plain": "planted-plain-text",
}


def _documents() -> bytes:
    release = json.dumps({"manifest": f"kind: Secret\nstringData:\n  password: {PLANTED['release']}\n"}).encode()
    packed = base64.b64encode(gzip.compress(release, mtime=0)).decode()
    env = [{"name": "DB_PASSWORD", "value": PLANTED["env"]}, {"name": "GREETING", "value": PLANTED["plain"]}]
    debug = {"name": "debug", "image": "x", "args": [f"--password={PLANTED['debug']}"]}
    items = [
        a_pod(
            containers=[a_container(env=env, args=[f"--password={PLANTED['argument']}"])],
            pod_spec={"ephemeralContainers": [debug]},
        ),
        a_config_map(data={"app.yaml": f"password: {PLANTED['config']}\n"}),
        a_secret(values={"password": PLANTED["secret"], "url": f"amqp://a:{PLANTED['secret']}@q/"}),
        a_secret("web", values={"tls.crt": a_certificate(), "tls.key": PLANTED["secret"]}, type="kubernetes.io/tls"),
        a_secret("r", values={"release": packed}, type="helm.sh/release.v1", labels={"status": "deployed"}),
    ]
    return json.dumps(a_list(items)).encode()


def _read(data: bytes) -> Snapshot:
    builder = SnapshotBuilder(KEY)
    builder.add_document(data, origin="cluster.json")
    return builder.build(now=AT)


def test_what_was_told_is_there():
    snapshot = _read(_documents())
    pod = snapshot.all("Pod", Pod)[0]
    told = [(one.name, one.shape, bool(one.literal)) for one in pod.spec.containers[0].env or ()]
    assert told == [("DB_PASSWORD", "password", True), ("GREETING", "", False)]
    assert pod.spec.containers[0].told == ["args[0]"]
    assert [one.told for one in pod.spec.ephemeral_containers or ()] == [["args[0]"]]
    config = snapshot.all("ConfigMap", ConfigMap)[0]
    assert [(one.at, one.name, one.shape) for one in config.literals] == [("app.yaml", "password", "password")]
    secrets = {item.metadata.name: item for item in snapshot.all("Secret", Secret)}
    assert secrets["database"].shapes == {"url": "address with a password"}
    assert secrets["r"].shapes == {"release": HELM}
    certificate = secrets["web"].certificates[0]
    assert (certificate.subject, certificate.names, certificate.key) == (
        "CN=shop.example",
        ("shop.example",),
        "EC secp256r1",
    )
    assert certificate.not_after == "2027-12-01T00:00:00Z"


def test_no_planted_value_is_in_the_model_or_in_what_is_stored():
    data = _documents()
    stored = redact_page(data, KEY)
    for text in (repr(_read(data)), msgspec.json.encode(_read(data).objects).decode(), stored.decode()):
        for where, value in PLANTED.items():
            assert value not in text, where
            assert base64.b64encode(value.encode()).decode() not in text, where


def test_what_is_stored_reads_as_the_original():
    data = _documents()
    stored = redact_page(data, KEY)
    assert _read(stored).objects == _read(data).objects
    assert redact_page(stored, KEY) == stored


def test_a_stored_page_cannot_bring_words_of_its_own():
    item = a_secret("x", values={"a": "fp1:" + "0" * 32})
    item["demarc.shapes"] = {"a": "planted"}
    item["demarc.certificates"] = [{"subject": 1}]
    config = a_config_map(data={"a": "b"})
    config["demarc.literals"] = [{"at": "a", "name": "n", "shape": "password", "fingerprint": "planted"}]
    pod = a_pod(containers=[a_container(args=["serve"]) | {"demarc.told": ["planted", 3]}])
    stored = redact_page(json.dumps(a_list([item, config, pod])).encode(), KEY)
    assert b"planted" not in stored
    assert b"demarc." not in stored


@given(st.binary(max_size=40), st.integers(0, 400))
def test_a_damaged_certificate_is_none_and_no_error(junk, at):
    body = bytearray(base64.b64decode("".join(a_certificate().splitlines()[1:-1])))
    body[at : at + len(junk)] = junk
    pem = f"-----BEGIN CERTIFICATE-----\n{base64.b64encode(body).decode()}\n-----END CERTIFICATE-----\n"
    assert len(certificates_in(pem)) <= 1


def test_a_key_beside_a_certificate_is_not_read():
    pem = a_certificate()
    marked = "-----BEGIN PRIVATE KEY-----\nMIIplanted\n-----END PRIVATE KEY-----\n"
    assert (
        certificates_in(marked + pem)
        == certificates_in(pem)
        == certificates_in(base64.b64encode(pem.encode()).decode())
    )
    assert certificates_in(marked) == ()
    assert certificates_in(pem.replace("MII", "MIX", 1)) == ()
