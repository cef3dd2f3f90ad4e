"""Secret values are taken out at the door: of objects, texts, URIs and of what is kept of rejects."""

# ruff: noqa: E501 - a fixture a line
from __future__ import annotations

import base64
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demarc.events.redact import QUERY, RISK, VALUE, exec_command, masked_object, masked_uri
from demarc.intake.masking import mask
from tests.events.given import an_event, line, lines

PLAIN = "hunter22-of-the-vault"
B64 = base64.b64encode(PLAIN.encode()).decode()
JWT = "eyJhbGciOiJSUzI1NiIsImtpZCI6Ik.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJl"
SECRET = {
    "kind": "Secret",
    "apiVersion": "v1",
    "metadata": {"name": "db"},
    "data": {"x": B64},
    "stringData": {"y": PLAIN},
}
LAST = "kubectl.kubernetes.io/last-applied-configuration"


def ref(resource, subresource=""):
    return {"resource": resource, "subresource": subresource, "namespace": "pay", "name": "db"}


BODIES = {
    "a Secret": (ref("secrets"), SECRET),
    "a Secret without kind": (ref("secrets"), {"data": {"x": B64}}),
    "a merge patch of a Secret": (ref("secrets"), {"stringData": {"x": PLAIN}}),
    "a JSON patch of a Secret": (ref("secrets"), [{"op": "replace", "path": "/data/x", "value": B64}]),
    "a list of Secrets": (ref("secrets"), {"kind": "SecretList", "items": [{"data": {"x": B64}}]}),
    "a Secret in a List": (ref("x"), {"kind": "List", "apiVersion": "v1", "items": [SECRET]}),
    "a Secret within a custom object": (ref("things"), {"kind": "Thing", "spec": {"template": SECRET}}),
    "a copy in an annotation": (ref("secrets"), {"metadata": {"annotations": {LAST: json.dumps(SECRET)}}}),
    "a copy of a workload": (ref("pods"), {"kind": "Pod", "metadata": {"annotations": {LAST: f'{{"env":"{PLAIN}"}}'}}}),
    "a ConfigMap": (ref("configmaps"), {"kind": "ConfigMap", "data": {"x": PLAIN}}),
    "a token that was made": (ref("serviceaccounts", "token"), {"kind": "TokenRequest", "status": {"token": JWT}}),
    "a token that was asked about": (ref("tokenreviews"), {"kind": "TokenReview", "spec": {"token": JWT}}),
    "environment": (ref("pods"), {"spec": {"containers": [{"env": [{"name": "A", "value": PLAIN}]}]}}),
    "environment, other order": (ref("pods"), {"spec": {"containers": [{"env": [{"value": PLAIN, "name": "A"}]}]}}),
    "environment by JSON patch": (ref("pods"), [{"op": "add", "path": "/spec/containers/0/env/0/value", "value": PLAIN}]),
    "environment whole by JSON patch": (ref("pods"), [{"op": "add", "path": "/spec/env/-", "value": {"name": "A", "value": PLAIN}}]),
    "a field that is named like one": (ref("things"), {"spec": {"dbPassword": PLAIN}}),
    "fields that are named like them": (ref("things"), {"spec": {"tokens": "x", "api_key": PLAIN}}),
    "an argument": (ref("pods"), {"spec": {"containers": [{"args": [f"--password={PLAIN}"]}]}}),
    "an argument behind its flag": (ref("pods"), {"spec": {"containers": [{"args": ["--password", PLAIN]}]}}),
    "a URL": (ref("things"), {"spec": {"url": f"https://user:{PLAIN}@host/x"}}),
    "a token in a text": (ref("things"), {"spec": {"text": f"use {JWT} now"}}),
    "a header": (ref("things"), {"spec": {"header": f"Authorization: Bearer {PLAIN}"}}),
    "quotes and escapes": (ref("pods"), {"spec": {"env": [{"name": "A", "value": f'x"\\{PLAIN}'}]}}),
}  # fmt: skip
NEEDLES = (PLAIN, B64, JWT, JWT.split(".")[1])


@pytest.mark.parametrize("field", ["requestObject", "responseObject"])
@pytest.mark.parametrize("name", BODIES)
def test_no_value_is_stored(trail, name, field):
    where, body = BODIES[name]
    trail.add(lines(an_event(1, objectRef=where, verb="patch", level="RequestResponse") | {field: body}))
    stored = trail.everything().decode()
    for needle in NEEDLES:
        assert needle not in stored
    row = trail.one()
    text = row["request_object" if field == "requestObject" else "response_object"]
    assert "***" in text
    json.loads(text)


def test_spaces_do_not_help(trail):
    body = {"spec": {"env": [{"name": "A", "value": PLAIN}], "password": PLAIN}}
    event = json.dumps(an_event(1, objectRef=ref("pods"), requestObject=body))
    trail.add(event.encode() + b"\n")
    assert PLAIN not in trail.everything().decode()


def test_what_detections_look_at_stays(trail):
    body = {
        "kind": "Pod",
        "spec": {
            "hostPID": True,
            "containers": [{"name": "c", "image": "alpine:3", "command": ["sh", "-c", "id"], "securityContext": {"privileged": True}}],
            "volumes": [{"name": "root", "hostPath": {"path": "/"}}, {"name": "s", "secret": {"secretName": "db"}}],
            "serviceAccountName": "x",
            "automountServiceAccountToken": False,
        },
    }  # fmt: skip
    trail.add(lines(an_event(1, objectRef=ref("pods"), verb="create", requestObject=body)))
    assert json.loads(trail.one()["request_object"]) == body


def test_rules_and_subjects_stay(trail):
    body = {
        "kind": "ClusterRole",
        "rules": [{"verbs": ["get"], "resources": ["secrets", "pods/exec"], "apiGroups": [""]}],
    }
    trail.add(lines(an_event(1, objectRef=ref("clusterroles"), verb="create", requestObject=body)))
    assert json.loads(trail.one()["request_object"]) == body


def test_who_maps_to_whom_stays(trail):
    body = {
        "kind": "ConfigMap",
        "metadata": {"name": "aws-auth", "namespace": "kube-system"},
        "data": {"mapRoles": "- rolearn: arn:x"},
    }
    where = {"resource": "configmaps", "namespace": "kube-system", "name": "aws-auth"}
    trail.add(lines(an_event(1, objectRef=where, verb="update", requestObject=body)))
    assert json.loads(trail.one()["request_object"]) == body


def test_an_image_that_a_patch_sets_stays(trail):
    body = [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "evil:1"}]
    trail.add(lines(an_event(1, objectRef=ref("deployments"), verb="patch", requestObject=body)))
    assert json.loads(trail.one()["request_object"]) == body


def test_key_names_of_secrets_stay(trail):
    trail.add(lines(an_event(1, objectRef=ref("secrets"), verb="create", requestObject=SECRET)))
    kept = json.loads(trail.one()["request_object"])
    assert (kept["data"], kept["stringData"]) == ({"x": "***"}, {"y": "***"})
    assert kept["metadata"]["name"] == "db"


def test_texts_beside_the_bodies(trail):
    notes = {
        "authorization.k8s.io/decision": "allow",
        "patch.webhook.admission.k8s.io/round_0_index_0": json.dumps(
            {"patch": [{"op": "add", "path": "/spec/env", "value": [{"name": "A", "value": f"password={PLAIN}"}]}]}
        ),
    }
    status = {"code": 422, "message": f'spec.token: Invalid value: password="{PLAIN}"'}
    uri = f"/api/v1/namespaces/a/pods/p/exec?command=mysql&command=--password&command={PLAIN}&token={JWT}"
    trail.add(lines(an_event(1, annotations=notes, responseStatus=status, requestURI=uri)))
    assert PLAIN not in trail.everything().decode()
    assert JWT not in trail.everything().decode()
    assert trail.one()["command"] == "mysql\n--password\n***"


@pytest.mark.parametrize(
    "reject",
    [
        line({"kind": "Pod", "apiVersion": "v1", "spec": {"password": PLAIN}}),
        line({"kind": "Secret", "apiVersion": "v1", "data": {"x": B64}}),
        f"klog password={PLAIN}".encode(),
        b'{"kind":"Event","auditID":"x","requestObject":{"kind":"Secret","data":{"x":"' + B64.encode(),
        b'{"log":"{\\"kind\\":\\"Secret\\",\\"data\\":{\\"x\\":\\"' + B64.encode() + b'\\"}}"}',
        f"Bearer {JWT}".encode(),
    ],
)
def test_rejects_keep_no_value(trail, reject):
    done = trail.add(lines(an_event(1), reject, an_event(2)))
    assert done.sources[0].rejected == 1
    kept = trail.everything().decode()
    for needle in NEEDLES:
        assert needle not in kept


def test_records_that_were_cut_in_a_secret_keep_no_value(trail):
    event = line({"level": "RequestResponse", **an_event(3), "requestObject": SECRET})
    cut = event[: event.index(B64.encode()) + 8]
    trail.add(lines(an_event(1), cut, an_event(2)))
    assert B64[:8] not in trail.everything().decode()
    assert trail.one("truncated")["audit_id"].endswith("3")


TEXT = st.text(st.sampled_from(list("abzAZ01 =:\"'\\-_/@.\n{}[],")), max_size=40)
WORDS = st.sampled_from(["password", "TOKEN", "api_key", "secret", "Bearer ", "basic ", "://u:", "eyJhbGciOi", "-u ", "--token ", "AKIAABCDEFGHIJKLMNOP"])  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(parts=st.lists(st.one_of(TEXT, WORDS), max_size=6))
def test_whatever_mask_would_take_out_goes_the_careful_way(parts):
    body = json.dumps({"spec": {"text": "".join(parts)}}, separators=(",", ":"))
    if masked_object("things", body) != body:
        assert re.search(RISK, re.sub(VALUE, '"value":"***"', body)), body


@settings(max_examples=300, deadline=None)
@given(parts=st.lists(st.one_of(TEXT, WORDS), max_size=6))
def test_masking_a_text_twice_changes_nothing(parts):
    text = "".join(parts)
    assert mask(mask(text)) == mask(text)


@pytest.mark.parametrize(
    ("uri", "masked"),
    [
        ("/api/v1/x?command=sh&command=-c&command=id", "/api/v1/x?command=sh&command=-c&command=id"),
        ("/x?command=a&command=--token&command=abcdefgh12", "/x?command=a&command=--token&command=%2A%2A%2A"),
        ("/x?access_token=abc&y=1", "/x?access_token=***&y=1"),
        ("/x?continue=abc&limit=5", "/x?continue=abc&limit=5"),
    ],
)
def test_uris(uri, masked):
    assert masked_uri(uri) == masked
    assert masked == uri or re.search(QUERY, uri)


def test_commands_are_read_as_a_form_is():
    assert exec_command("/x?command=echo+a%20b&stdin=true&command=%E2%9C%93") == "echo a b\n✓"
