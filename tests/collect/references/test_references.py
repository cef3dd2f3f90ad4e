"""Which Secrets custom resources refer to, and how that is known: schemas of products that nobody here knows."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from demarc.collect.builder import SnapshotBuilder
from demarc.collect.fingerprint import FingerprintKey
from demarc.collect.redact import redact_page
from demarc.model.kubernetes import ReferenceBasis
from demarc.model.snapshot import Snapshot
from demarc.testing import Object, a_custom_resource_definition, a_secret, an_object

NOW = datetime(2026, 11, 24, tzinfo=UTC)
KEY = FingerprintKey(b"k" * 32)
SCHEMA, FIELD, VALUE = ReferenceBasis.SCHEMA, ReferenceBasis.FIELD, ReferenceBasis.VALUE
SECRETS = tuple(a_secret(name) for name in ("db-admin", "tls-main", "postgres", "s3-login"))
TEXT: Object = {"type": "string"}


def a_schema(**properties: Any) -> Object:
    return {"type": "object", "properties": {"spec": {"type": "object", "properties": properties}}}


def a_definition(schema: Object | None, *, version: str = "v1", namespaced: bool = True) -> Object:
    made = a_custom_resource_definition("acme.example", "widgets", "Widget", namespaced=namespaced, version=version)
    if schema is not None:
        made["spec"]["versions"][0]["schema"] = {"openAPIV3Schema": schema}
    return made


def a_widget(spec: Any, *, namespace: str | None = "shop", **more: Any) -> Object:
    return an_object("acme.example/v1", "Widget", "main", namespace=namespace, spec=spec, **more)


def a_snapshot(*objects: Object) -> Snapshot:
    builder = SnapshotBuilder(KEY)
    dump = {"apiVersion": "v1", "kind": "List", "metadata": {}, "items": list(objects)}
    builder.add_document(json.dumps(dump).encode(), origin="c.json")
    return builder.build(now=NOW)


def found(*objects: Object) -> set[tuple[str, str, str, ReferenceBasis]]:
    """Namespace, name, path and basis of what the widget refers to."""
    held = a_snapshot(*SECRETS, *objects).references.get("Widget.acme.example", {})
    return {(one.namespace, one.name, one.path, one.basis) for refs in held.values() for one in refs}


@pytest.mark.parametrize(
    ("fields", "spec", "path"),
    [
        ({"existingSecret": TEXT}, {"existingSecret": "db-admin"}, "spec.existingSecret"),
        ({"credentialsSecret": TEXT}, {"credentialsSecret": "db-admin"}, "spec.credentialsSecret"),
        ({"secretName": TEXT}, {"secretName": "db-admin"}, "spec.secretName"),
        (
            {"login": {"type": "string", "description": "Name of the Secret with the login."}},
            {"login": "db-admin"},
            "spec.login",
        ),
        (
            {"login": {"type": "string", "description": "A Secret in the same namespace."}},
            {"login": "db-admin"},
            "spec.login",
        ),
        (
            {"auth": {"type": "object", "properties": {"name": TEXT, "key": TEXT}}},
            {"auth": {"name": "db-admin", "key": "password"}},
            "spec.auth.name",
        ),
        (
            {"auth": {"type": "object", "description": "Refers to a Secret.", "properties": {"name": TEXT}}},
            {"auth": {"name": "db-admin"}},
            "spec.auth.name",
        ),
        (
            {
                "users": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "cred": {
                                "type": "object",
                                "properties": {"passSecret": {"type": "object", "properties": {"name": TEXT}}},
                            }
                        },
                    },
                }
            },
            {"users": [{}, {"cred": {"passSecret": {"name": "db-admin"}}}]},
            "spec.users[*].cred.passSecret.name",
        ),
        (
            {
                "pools": {
                    "type": "object",
                    "additionalProperties": {"type": "object", "properties": {"tokenSecret": TEXT}},
                }
            },
            {"pools": {"east": {"tokenSecret": "db-admin"}}},
            "spec.pools.east.tokenSecret",
        ),
        (
            {"pullSecrets": {"type": "array", "items": TEXT}},
            {"pullSecrets": ["db-admin"]},
            "spec.pullSecrets[*]",
        ),
        (
            {
                "from": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {"kind": {"type": "string", "enum": ["ConfigMap", "Secret"]}, "name": TEXT},
                    },
                }
            },
            {"from": [{"kind": "ConfigMap", "name": "tls-main"}, {"kind": "Secret", "name": "db-admin"}]},
            "spec.from[*].name",
        ),
    ],
)
def test_a_schema_tells_where_secrets_are_named(fields, spec, path):
    assert found(a_definition(a_schema(**fields)), a_widget(spec)) == {("shop", "db-admin", path, SCHEMA)}
    assert found(a_widget(spec), a_definition(a_schema(**fields))) == {("shop", "db-admin", path, SCHEMA)}, "any order"


def test_a_name_that_the_schema_is_sure_of_counts_without_its_secret():
    sure = a_definition(a_schema(secretName=TEXT))
    assert found(sure, a_widget({"secretName": "not-there"})) == {("shop", "not-there", "spec.secretName", SCHEMA)}
    # A field that may as well hold the value itself is a name only where a Secret is called like that.
    unsure = a_definition(a_schema(clientSecret=TEXT))
    assert found(unsure, a_widget({"clientSecret": "hunter2-hunter2"})) == set()


def test_another_namespace_stands_beside_the_name():
    fields = {"authSecret": {"type": "object", "properties": {"name": TEXT, "namespace": TEXT}}, "caSecretName": TEXT}
    spec = {
        "authSecret": {"name": "db-admin", "namespace": "shop"},
        "caSecretName": "tls-main",
        "caSecretNamespace": "shop",
    }
    away = a_widget(spec, namespace="other")
    assert {one[:2] for one in found(a_definition(a_schema(**fields)), away)} == {
        ("shop", "db-admin"),
        ("shop", "tls-main"),
    }


def test_what_lies_in_no_namespace_means_the_only_secret_of_that_name():
    whole = a_definition(a_schema(secretName=TEXT), namespaced=False)
    once = a_widget({"secretName": "db-admin"}, namespace=None)
    assert found(whole, once) == {("shop", "db-admin", "spec.secretName", SCHEMA)}
    assert found(whole, once, a_secret("db-admin", "other")) == {("", "db-admin", "spec.secretName", SCHEMA)}


def test_a_value_that_is_the_name_of_a_secret_tells_less_and_only_where_nothing_else_is_called_so():
    schema = a_definition(a_schema(login=TEXT, engine=TEXT, serviceAccountName=TEXT, claimRef=TEXT))
    assert found(schema, a_widget({"login": "s3-login"})) == {("shop", "s3-login", "spec.login", VALUE)}
    assert found(schema, a_widget({"engine": "postgres"})) == set(), "a word that many things are called"
    assert found(schema, a_widget({"serviceAccountName": "s3-login"})) == set(), "it names something else"
    assert found(schema, a_widget({"login": "elsewhere"})) == set()


def test_without_a_schema_names_of_fields_are_all_there_is():
    spec = {"tokenSecretRef": {"name": "db-admin"}, "adminSecret": "tls-main", "login": "s3-login"}
    told = {("shop", "db-admin", "spec.tokenSecretRef.name", FIELD), ("shop", "tls-main", "spec.adminSecret", FIELD)}
    assert found(a_widget(spec)) == told
    open_ = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    assert found(a_definition(open_), a_widget(spec)) == told
    snapshot = a_snapshot(*SECRETS, a_widget(spec), a_definition(None))
    assert snapshot.schemaless == ("Widget.acme.example",)
    assert a_snapshot(*SECRETS, a_widget(spec), a_definition(a_schema(login=TEXT))).schemaless == ()


def test_stores_and_things_outside_of_the_cluster_are_no_secrets_of_it():
    said = "Name of the secret in AWS Secrets Manager."
    fields = {
        "remote": {"type": "string", "description": said},
        "secretStoreRef": {"type": "object", "properties": {"name": TEXT}},
    }
    spec = {"remote": "prod/db", "secretStoreRef": {"name": "vault"}}
    assert found(a_definition(a_schema(**fields)), a_widget(spec)) == set()
    assert found(a_widget({"secretStoreRef": {"name": "vault"}})) == set()


def test_whoever_makes_a_secret_does_not_use_it():
    schema = a_definition(a_schema(secretName=TEXT))
    widget = a_widget({"secretName": "made"})
    made = a_secret("made", owner=widget)
    assert found(schema, widget, made) == set()


def test_the_schema_of_the_own_version_counts():
    old = a_schema(login={"type": "string", "description": "The user's login."})
    new = a_schema(login={"type": "string", "description": "Name of the Secret."})
    both = a_definition(new, version="v2")
    both["spec"]["versions"].append({"name": "v1", "served": True, "schema": {"openAPIV3Schema": old}})
    assert found(both, a_widget({"login": "postgres"})) == set()
    assert found(a_definition(new, version="v2"), a_widget({"login": "postgres"})) == {
        ("shop", "postgres", "spec.login", SCHEMA)
    }


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"spec": "nonsense"}},
        {"type": "object", "properties": []},
        {"properties": {"spec": {"type": "object", "items": [1, 2]}}},
        {},
    ],
)
def test_a_schema_that_cannot_be_read_says_nothing(schema):
    spec = {"tokenSecretRef": {"name": "db-admin"}}
    assert {one[1:3] for one in found(a_definition(schema), a_widget(spec))} <= {
        ("db-admin", "spec.tokenSecretRef.name")
    }


def test_a_stored_snapshot_tells_the_same():
    fields = {"existingSecret": TEXT, "login": TEXT, "tokenSecretRef": {"type": "object", "properties": {"name": TEXT}}}
    spec = {"existingSecret": "db-admin", "login": "s3-login", "tokenSecretRef": {"name": "tls-main"}}
    objects = [*SECRETS, a_definition(a_schema(**fields)), a_widget(spec)]
    page = json.dumps({"apiVersion": "v1", "kind": "List", "metadata": {}, "items": objects}).encode()
    told = []
    for data in (page, redact_page(page, KEY)):
        builder = SnapshotBuilder(KEY)
        builder.add_document(data, origin="c.json")
        told.append(builder.build(now=NOW).references)
    assert told[0] == told[1]
    assert len(told[0]["Widget.acme.example"]["shop/main"]) == 3


def test_of_texts_nothing_but_names_of_secrets_goes_on():
    spec = {"clientSecret": "hunter2hunter2", "password": "hunter2hunter2", "note": "hunter2hunter2"}
    fields = {name: {"type": "string", "description": "The secret."} for name in spec}
    snapshot = a_snapshot(*SECRETS, a_definition(a_schema(**fields)), a_widget(spec))
    assert "hunter2" not in repr(snapshot)


def test_what_is_more_than_is_held_is_a_gap(monkeypatch):
    monkeypatch.setattr("demarc.collect.references.resolve._HELD", 400)
    many = [
        an_object("acme.example/v1", "Widget", f"w-{number}", namespace="shop", spec={"secretName": "db-admin"})
        for number in range(3)
    ]
    snapshot = a_snapshot(*SECRETS, *many)
    assert [gap.what for gap in snapshot.gaps] == ["Secrets named by Widget.acme.example"]
    assert a_snapshot(*SECRETS, many[0]).gaps == ()


def test_texts_that_lie_too_deep_or_are_too_many_end_the_search():
    deep: Any = {"secretName": "db-admin"}
    for _ in range(80):
        deep = {"a": deep}
    assert found(a_widget(deep)) == set()
    many = {"items": [{"secretName": f"s-{number}"} for number in range(700)]}
    assert len(found(a_widget(many))) == 100
