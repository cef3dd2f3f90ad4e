from __future__ import annotations

import base64
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from demarc.collect.redact import redact_page
from demarc.intake.masking import mask, mask_arguments, names_a_secret
from demarc.model.errors import DemarcError
from demarc.model.kubernetes import ConfigMap, Secret
from demarc.testing import objects
from tests.collect.support import KEY, as_json, built, sourceless

TEXT = st.text(max_size=40)
NAME = st.from_regex(r"[a-z][a-z0-9-]{0,12}[a-z0-9]", fullmatch=True)
VALUE = st.one_of(
    TEXT, st.sampled_from(["hunter2hunter2", "fp1:" + "0" * 32, "***", "$(PASSWORD)", "true", "12 bytes long"])
)
ARGUMENT = st.one_of(
    VALUE,
    st.builds("--{}={}".format, st.sampled_from(["password", "db-token", "level", "api-key"]), VALUE),
    st.builds("https://{}:{}@host/{}".format, NAME, VALUE, NAME),
    st.sampled_from(["--password", "--token", "-u", "sh", "-c", "Authorization: Bearer abcdefghijkl"]),
)


def base64_of(value: str) -> str:
    return base64.b64encode(value.encode("utf-8", "replace")).decode()


ANNOTATIONS = st.dictionaries(
    st.one_of(NAME, st.sampled_from(["kubectl.kubernetes.io/last-applied-configuration", "kapp.k14s.io/original"])),
    st.one_of(VALUE, st.just('{"data":{"a":"cGFzc3dvcmQ="}}'), st.just('{"kind":"Pod"}')),
    max_size=3,
)
SECRETS = st.builds(
    lambda name, data, text, annotations: {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": "shop", "uid": "u", "annotations": annotations},
        "data": data,
        "stringData": text,
        "type": "Opaque",
    },
    NAME,
    st.one_of(st.none(), st.dictionaries(NAME, st.one_of(VALUE.map(base64_of), VALUE, st.none()), max_size=4)),
    st.dictionaries(NAME, VALUE, max_size=2),
    ANNOTATIONS,
)
CONFIG_MAPS = st.builds(
    lambda name, data: {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "kube-system"},
        "data": data,
    },
    st.one_of(NAME, st.just("aws-auth"), st.just("coredns")),
    st.dictionaries(NAME, st.one_of(VALUE, ARGUMENT), max_size=4),
)
PODS = st.builds(
    lambda name, env, arguments, annotations: objects.a_pod(
        name,
        annotations=annotations,
        spec={"containers": [{"name": "a", "image": "b", "env": env, "args": arguments, "command": arguments}]},
    ),
    NAME,
    st.lists(st.fixed_dictionaries({"name": NAME, "value": VALUE}), max_size=3),
    st.lists(ARGUMENT, max_size=5),
    ANNOTATIONS,
)
OBJECTS = st.one_of(SECRETS, CONFIG_MAPS, PODS)


@given(st.lists(OBJECTS, max_size=4))
def test_a_redacted_page_reads_as_the_original(items):
    page = as_json({"apiVersion": "v1", "kind": "List", "items": items})
    redacted = redact_page(page, KEY)
    original, stored = built(page), built(redacted)
    assert sourceless(stored) == sourceless(original)
    assert stored.gaps == original.gaps


@given(st.lists(OBJECTS, max_size=3))
def test_redacting_twice_changes_nothing(items):
    once = redact_page(as_json({"apiVersion": "v1", "kind": "List", "items": items}), KEY)
    assert redact_page(once, KEY) == once


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(-9, 9), TEXT),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from(
                    [
                        "kind",
                        "apiVersion",
                        "items",
                        "metadata",
                        "data",
                        "stringData",
                        "annotations",
                        "env",
                        "args",
                        "rows",
                        "token",
                    ]
                ),
                inner,
                max_size=5,
            ),
        ),
    )
)
def test_redacting_takes_any_json(value):
    msgspec.json.decode(redact_page(as_json(value), KEY))


WORD = "correct-horse-battery"


@pytest.mark.parametrize(
    "item",
    [
        {"apiVersion": "v1", "kind": "Secret", "data": {"a": base64_of(WORD)}},
        {"apiVersion": "v1", "kind": "Secret", "stringData": {"a": WORD}},
        {"apiVersion": "v1", "kind": "SecretList", "items": [{"data": {"a": base64_of(WORD)}}]},
        {"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Secret", "data": {"a": WORD}}]},
        {"apiVersion": "v1", "kind": "Secret", "data": {"a": [WORD]}},
        {"apiVersion": "v1", "kind": "Secret", "data": WORD},
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "data": {"a": base64_of(WORD)},
            "metadata": {"annotations": {"x": f"is {WORD}!"}},
        },
        {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": WORD}, "binaryData": {"b": base64_of(WORD)}},
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "coredns", "namespace": "kube-system"},
            "data": {"a": f"token: {WORD}"},
        },
        {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"env": [{"name": "A", "value": WORD}]}]}},
        {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"args": [f"--password={WORD}"]}]}},
        {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"args": ["--token", WORD]}]}},
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "spec": {"containers": [{"command": ["sh", "-c", f"curl -u me:{WORD} https://x"]}]},
        },
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"annotations": {"kapp.k14s.io/original": WORD}}},
        {
            "apiVersion": "apps/v1",
            "kind": "ControllerRevision",
            "data": {"spec": {"env": [{"name": "A", "value": WORD}]}},
        },
        {
            "apiVersion": "example.com/v1",
            "kind": "Database",
            "spec": {"auth": {"password": WORD, "apiKey": WORD, "tokens": [WORD], "token": [WORD]}},
        },
        {"apiVersion": "example.com/v1", "kind": "Database", "spec": {"url": f"postgres://app:{WORD}@db/x"}},
        {
            "kind": "Table",
            "apiVersion": "meta.k8s.io/v1",
            "rows": [
                {
                    "object": {
                        "metadata": {
                            "annotations": {
                                "kubectl.kubernetes.io/last-applied-configuration": json.dumps({"data": {"a": WORD}})
                            }
                        }
                    }
                }
            ],
        },
        [{"apiVersion": "v1", "kind": "Secret", "stringData": {"a": WORD}}],
    ],
)
def test_no_place_keeps_a_secret(item):
    if isinstance(item, dict) and "tokens" in str(item):
        item["spec"]["auth"].pop("tokens")
    redacted = redact_page(as_json(item), KEY).decode()
    assert WORD not in redacted
    assert base64_of(WORD) not in redacted


def test_what_is_no_json_is_not_stored():
    for page in (b"service unavailable", b"{", b"[" * 5000, b"\xff"):
        with pytest.raises(DemarcError, match="no JSON"):
            redact_page(page, KEY)


def test_a_cluster_description_keeps_its_values():
    aws_auth = objects.a_config_map("aws-auth", "kube-system", data={"mapRoles": "- rolearn: arn:aws:iam::1:role/x\n"})
    for page in (as_json(aws_auth), redact_page(as_json(aws_auth), KEY)):
        (item,) = built(page).all("ConfigMap", ConfigMap)
        assert item.settings == {"mapRoles": "- rolearn: arn:aws:iam::1:role/x\n"}
    (other,) = built(objects.a_config_map("aws-auth", "shop", data={"mapRoles": "x"})).all("ConfigMap", ConfigMap)
    assert (other.keys, other.settings) == (("mapRoles",), {})


def test_the_same_value_has_the_same_fingerprint_however_it_is_written():
    plain = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "stringData": {"k": WORD}}
    packed = base64_of(WORD)
    wrapped = {**plain, "metadata": {"name": "b"}, "stringData": None, "data": {"k": packed[:9] + "\n" + packed[9:]}}
    bare = {**plain, "metadata": {"name": "c"}, "stringData": None, "data": {"k": packed.rstrip("=")}}
    other = {**plain, "metadata": {"name": "d"}, "stringData": {"k": WORD + "!"}}
    found = [item.keys["k"] for item in built(plain, wrapped, bare, other).all("Secret", Secret)]
    assert found[0] == found[1] == found[2] != found[3]
    assert found[0].startswith("fp1:")


@pytest.mark.parametrize("blank", ["", "MTIgYnl0ZXMgbG9uZw==", "UkVEQUNURUQ=", "***"])
def test_a_value_that_was_blanked_out_has_no_fingerprint(blank):
    (item,) = built({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": {"k": blank}}).all(
        "Secret", Secret
    )
    assert item.keys == {"k": ""}


def test_annotations_that_carry_values_are_named_and_gone():
    secret = objects.a_secret(values={"password": WORD, "namespace": "shop", "short": "ab", "user": "root"})
    secret["metadata"]["annotations"] = {
        "kubectl.kubernetes.io/last-applied-configuration": json.dumps({"data": {"password": base64_of(WORD)}}),
        "note": f"the password is {WORD}",
        "quoted": json.dumps({"inner": WORD}),
        "packed": base64_of(WORD),
        "exact": "root",
        "word": "rooted in the shop",
        "kubernetes.io/service-account.name": "root",
    }
    (item,) = built(secret).all("Secret", Secret)
    assert item.leaked_in_annotations == (
        "exact",
        "kubectl.kubernetes.io/last-applied-configuration",
        "note",
        "packed",
        "quoted",
    )
    assert set(item.annotations) == {"word", "kubernetes.io/service-account.name"}


def test_last_applied_without_values_is_gone_and_no_leak():
    secret = objects.a_secret(values={})
    secret["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": '{"kind":"Secret"}'}
    pod = objects.a_pod(annotations={"kubectl.kubernetes.io/last-applied-configuration": "{}", "kept": "x"})
    snapshot = built(secret, pod)
    (item,) = snapshot.all("Secret", Secret)
    assert (item.annotations, item.leaked_in_annotations) == ({}, ())
    assert snapshot.objects["Pod"][0].annotations == {"kept": "x"}


def test_key_changes_are_the_earliest_time_of_a_manager_that_owns_the_key():
    def entry(manager: str, time: str, *keys: str) -> dict[str, Any]:
        fields: dict[str, Any] = (
            {"f:data": {".": {}, **{f"f:{key}": {} for key in keys}}} if keys else {"f:metadata": {}}
        )
        return objects.managed_by(manager, fields=fields, time=time)

    secret = objects.a_secret(values={"a": WORD, "b": WORD})
    secret["metadata"]["managedFields"] = [
        entry("one", "2026-02-01T00:00:00Z", "a"),
        entry("two", "2026-01-01T00:00:00Z", "a", "b", "gone"),
        entry("kubelet", "2025-01-01T00:00:00Z"),
    ]
    (item,) = built(secret).all("Secret", Secret)
    assert item.key_changes == {"a": "2026-01-01T00:00:00Z", "b": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("--password=hunter2", "--password=***"),
        ("export DB_PASSWORD='a b' && run", "export DB_PASSWORD='***' && run"),
        ("https://user:pw@host/x", "https://***@host/x"),
        ("Authorization: Bearer abcdefgh1234", "Authorization: Bearer ***"),
        ('{"client_secret": "abc"}', '{"client_secret": "***"}'),
        ("AKIAIOSFODNN7EXAMPLE", "***"),
        ("run --api-key abc --verbose", "run --api-key *** --verbose"),
        ("--token-file=/var/run/token", "--token-file=/var/run/token"),
        ("--tls-secret-name=shop-tls", "--tls-secret-name=shop-tls"),
        ("--password=$(PASSWORD)", "--password=$(PASSWORD)"),
        ("password: {{ .Values.password }}", "password: {{ .Values.password }}"),
        ("token: ${{ secrets.NPM_TOKEN }}", "token: ${{ secrets.NPM_TOKEN }}"),
        ("--leader-elect=true", "--leader-elect=true"),
        ("registry.example/shop/token:1.2@sha256:abc", "registry.example/shop/token:1.2@sha256:abc"),
    ],
)
def test_masking_takes_the_value_and_leaves_the_rest(text, masked):
    assert mask(text) == masked
    assert mask(masked) == masked


@pytest.mark.parametrize(
    ("argument", "masked"),
    [
        ('--password=12"34', "--password=***"),
        ("-PASSWORD=0'0", "-PASSWORD=***"),
        ("--db-password=two words", "--db-password=***"),
        ("DB_PASSWORD=a;b&c", "DB_PASSWORD=***"),
        ('--token="abc def"', '--token="***"'),
        ("--token=$(TOKEN)", "--token=$(TOKEN)"),
        ("--token-file=/var/run/token", "--token-file=/var/run/token"),
        ("--key=/etc/tls/key.pem", "--key=/etc/tls/key.pem"),
        ("PASSWORD=x1y2 exec serve --port=80", "PASSWORD=*** exec serve --port=80"),
    ],
)
def test_an_argument_that_gives_a_secret_is_masked_to_its_end(argument, masked):
    assert mask_arguments([argument]) == [masked]
    assert mask_arguments([masked]) == [masked]


def test_a_value_in_the_next_argument_is_masked():
    assert mask_arguments(["--password", "x1y2", "--token", "--v", "--secret", "$(S)"]) == [
        "--password",
        "***",
        "--token",
        "--v",
        "--secret",
        "$(S)",
    ]


@given(st.lists(ARGUMENT, max_size=6))
def test_masking_arguments_twice_changes_nothing(arguments):
    once = mask_arguments(arguments)
    assert mask_arguments(once) == once


@pytest.mark.parametrize("text", ["password" * 30000, "a-" * 130000 + "token", "--a" * 80000 + " token", "eyJ" * 80000])
def test_masking_hostile_text_takes_no_time(text):
    mask(text)


def test_fields_that_name_secrets_are_told_from_those_that_name_their_place():
    assert all(map(names_a_secret, ("password", "dbPassword", "api_key", "clientSecret", "AUTH_TOKEN")))
    assert not any(map(names_a_secret, ("secretName", "tokenUrl", "passwordPolicy", "nextToken", "keys", "data")))


def test_addresses_of_gitops_sources_lose_their_credentials():
    application = objects.an_object(
        "argoproj.io/v1alpha1",
        "Application",
        "shop",
        namespace="argocd",
        spec={
            "source": {"repoURL": f"https://bot:{WORD}@git.example/shop"},
            "destination": {"server": f"https://me:{WORD}@cluster.example"},
        },
    )
    flux = objects.an_object(
        "source.toolkit.fluxcd.io/v1", "GitRepository", "shop", spec={"url": f"https://bot:{WORD}@git.example/"}
    )
    pod = objects.a_pod(spec={"containers": [{"name": "a", "image": "registry.example/api-token:1.2"}]})
    page = as_json({"apiVersion": "v1", "kind": "List", "items": [application, flux, pod]})
    original = built(page)
    assert WORD not in repr(original)
    assert sourceless(built(redact_page(page, KEY))) == sourceless(original)
    assert "registry.example/api-token:1.2" in repr(original)


@pytest.mark.parametrize(
    ("value", "kind", "ends"),
    [
        ("2027-03-01T00:00:00Z", "bootstrap.kubernetes.io/token", 1803859200),
        ("2027-03-01T00:00:00Z", "Opaque", 0),
        ("hunter2hunter2", "bootstrap.kubernetes.io/token", 0),
    ],
)
def test_of_a_bootstrap_token_the_end_alone_goes_on(value, kind, ends):
    item = objects.a_secret("bootstrap-token-x", "kube-system", values={"expiration": value}, type=kind)
    page = redact_page(as_json(item), KEY)
    assert value not in page.decode()
    for given_page in (as_json(item), page):
        (secret,) = built(given_page).all("Secret", Secret)
        assert secret.expires == ends
        assert value not in repr(secret)


@pytest.mark.parametrize("told", [-1, 10**20, "soon", None])
def test_an_end_that_no_clock_shows_is_none(told):
    item = objects.a_secret("bootstrap-token-x", "kube-system", type="bootstrap.kubernetes.io/token")
    if isinstance(told, int):
        (secret,) = built(as_json({**item, "demarc.expires": told})).all("Secret", Secret)
        assert secret.expires == 0
    assert "demarc.expires" not in json.loads(redact_page(as_json({**item, "demarc.expires": told}), KEY))
