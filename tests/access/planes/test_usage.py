"""Use and disuse by an audit trail."""

import gzip
import json
from datetime import UTC, datetime

import pytest

from demarc.access.planes import read_uses, stored_uses
from demarc.events.engines import open_engine
from demarc.events.importing import import_trails
from demarc.events.normalise import LONGEST_LINE
from demarc.events.store import Store
from demarc.model.duties import Plane
from demarc.model.errors import DemarcError
from demarc.model.planes import Power, Use
from tests.access.given import a_cluster_role, a_rule, an_authorizer, bound, group, user
from tests.access.outside import an_arn, an_eks, an_entry, planes_of, policies_of

EDIT = a_cluster_role(
    "edit", a_rule(["get", "list", "create", "delete"], ["pods", "secrets"]), a_rule(["get"], ["configmaps"])
)
VIEW = a_cluster_role("view", a_rule(["get", "list"], ["pods"]))


def an_event(verb="list", resource="pods", name="jane", namespace="shop", **more):
    return {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "stage": "ResponseComplete",
        "verb": verb,
        "user": {"username": name, "groups": ["system:authenticated"]},
        "objectRef": {"resource": resource, "namespace": namespace, "apiVersion": "v1"},
        "responseStatus": {"code": 200},
        "stageTimestamp": "2026-11-20T10:00:00.000000Z",
        "annotations": {"authorization.k8s.io/decision": "allow"},
    } | more


def a_trail(tmp_path, *events, packed=False):
    data = b"".join((event if isinstance(event, bytes) else json.dumps(event).encode()) + b"\n" for event in events)
    path = tmp_path / "audit.log"
    path.write_bytes(gzip.compress(data) if packed else data)
    return path


def row_of(tmp_path, *events, objects, holder, **around):
    path = a_trail(tmp_path, *events)
    found = planes_of(*objects, uses=lambda authorizer: read_uses([path], authorizer), **around)
    return next(row for row in found.rows if row.holder == holder and row.plane is Plane.CLUSTER)


CREDENTIAL = "authentication.kubernetes.io/credential-id"
GIVEN = (EDIT, bound("b", "edit", user("jane")))


def test_powers_that_were_used_and_that_were_not(tmp_path):
    row = row_of(tmp_path, an_event(), objects=GIVEN, holder="User jane")
    assert row.uses[Power.READ_ONLY] is Use.USED
    assert row.uses[Power.WORKLOAD_WRITE] is Use.UNUSED
    assert row.uses[Power.SECRETS_READ] is Use.UNUSED
    assert row.last_used == "2026-11-20T10:00:00.000000Z"


def test_a_stored_trail_says_the_same_as_its_files(tmp_path):
    authorizer = an_authorizer(*GIVEN)
    arn = "arn:aws:iam::111122223333:role/ops"
    legacy = {
        "authorization.k8s.io/decision": "allow",
        "authentication.k8s.io/legacy-token-manual-secret": "old-token",
    }
    path = a_trail(
        tmp_path,
        an_event(auditID="1"),
        an_event("delete", auditID="2", stageTimestamp="2026-11-21T10:00:00.000000Z"),
        an_event(auditID="1b", stageTimestamp="2026-11-20T11:00:00.000000Z"),
        an_event(auditID="3", stage="RequestReceived", stageTimestamp="2026-11-19T10:00:00.000000Z"),
        an_event(auditID="4", name="joe", responseStatus={"code": 403}, annotations={}),
        an_event(auditID="5", user={"username": "joe", "groups": ["a", "b"], "extra": {"canonicalArn": [arn]}}),
        an_event(auditID="6", user={"username": "root", "groups": ["system:masters"]}),
        an_event(auditID="7", user={"username": "kim", "extra": {CREDENTIAL: ["X509SHA256=ab"]}}),
        an_event(auditID="8", name="system:serviceaccount:ci:bot", annotations=legacy),
        an_event(auditID="9", name="boss", impersonatedUser={"username": "jane", "groups": ["x"]}),
    )
    store = Store.create(tmp_path / "store")
    import_trails(store, [str(path)], now=datetime(2026, 11, 28, tzinfo=UTC))
    with open_engine("duckdb", scratch=tmp_path / "scratch") as engine:
        engine.register(store.table())
        stored = stored_uses(engine, authorizer, origin=path.name)
    plain = read_uses([path], authorizer)
    assert vars(stored) == vars(plain)
    assert plain.masters
    assert plain.certificates
    assert set(plain.legacy_tokens) == {"ci/old-token"}
    assert plain.by_principal[arn]
    assert plain.by_grant


def test_without_a_trail_nothing_is_unused():
    found = planes_of(*GIVEN)
    assert all(not row.uses for row in found.rows)
    assert found.window is None


def test_every_grant_that_allows_a_request_is_credited(tmp_path):
    objects = (EDIT, VIEW, bound("b", "edit", user("jane")), bound("v", "view", group("system:authenticated")))
    row = row_of(tmp_path, an_event(), objects=objects, holder="Group system:authenticated")
    assert row.uses[Power.READ_ONLY] is Use.USED


def test_refused_requests_and_those_of_others_use_nothing(tmp_path):
    refused = an_event(annotations={"authorization.k8s.io/decision": "forbid"})
    late = an_event(annotations={}, responseStatus={"code": 403})
    row = row_of(tmp_path, refused, late, an_event(name="bob"), objects=GIVEN, holder="User jane")
    assert set(row.uses.values()) == {Use.UNUSED}


def test_a_trail_without_reads_does_not_call_reads_unused(tmp_path):
    row = row_of(tmp_path, an_event("create"), objects=GIVEN, holder="User jane")
    assert row.uses[Power.WORKLOAD_WRITE] is Use.USED
    assert row.uses[Power.SECRETS_READ] is Use.UNKNOWN
    assert row.uses[Power.READ_ONLY] is Use.UNKNOWN


def test_whoever_is_impersonated_has_used_it(tmp_path):
    event = an_event(name="proxy", impersonatedUser={"username": "jane", "groups": []})
    assert row_of(tmp_path, event, objects=GIVEN, holder="User jane").uses[Power.READ_ONLY] is Use.USED


def test_an_access_policy_is_used_only_where_rbac_would_not_have_done(tmp_path):
    arn = an_arn("ops")
    answers = (an_eks("API"), an_entry(arn, user="jane"), policies_of(arn, "AmazonEKSClusterAdminPolicy"))
    who = {"username": "jane", "groups": [], "extra": {"canonicalArn": [arn]}}
    covered = row_of(tmp_path, an_event(user=who), objects=GIVEN, holder=arn, answers=answers)
    assert covered.uses == {Power.CLUSTER_ADMIN: Use.UNUSED}
    beyond = row_of(tmp_path, an_event("list", "nodes", user=who), objects=GIVEN, holder=arn, answers=answers)
    assert beyond.uses == {Power.CLUSTER_ADMIN: Use.USED}
    assert beyond.remarks == ("used only for: read-only",)


def test_client_certificates_and_masters_show_in_the_trail_alone(tmp_path):
    extra = {"authentication.kubernetes.io/credential-id": ["X509SHA256=ab"]}
    by_certificate = an_event(user={"username": "admin", "groups": ["system:masters"], "extra": extra})
    row = row_of(tmp_path, by_certificate, objects=(), holder="User admin")
    assert row.powers == (Power.CLUSTER_ADMIN,)
    kubelet = an_event(user={"username": "system:node:n", "groups": ["system:nodes"], "extra": extra})
    uses = read_uses([a_trail(tmp_path, kubelet)], an_authorizer())
    assert uses.certificates == {}


def test_plain_and_gzipped_trails_are_alike(tmp_path):
    authorizer = an_authorizer(*GIVEN)
    plain = read_uses([a_trail(tmp_path, an_event())], authorizer)
    packed = read_uses([a_trail(tmp_path, an_event(), packed=True)], authorizer)
    assert plain.by_grant == packed.by_grant


def test_lines_that_are_no_events_are_counted(tmp_path):
    broken = (b"{", b"\xff\xfe", b'{"kind":"Pod","verb":"get"}', b"[" * 100_000, b'{"verb":7}', b"")
    uses = read_uses([a_trail(tmp_path, *broken, an_event())], an_authorizer())
    assert uses.window is not None
    assert (uses.window.events, uses.window.unreadable) == (1, 5)


def test_a_line_without_end_costs_no_more_than_its_bound(tmp_path):
    uses = read_uses([a_trail(tmp_path, b'"' + b"x" * (2 * LONGEST_LINE), an_event())], an_authorizer())
    assert uses.window is not None
    assert (uses.window.events, uses.window.unreadable) == (1, 1)


@pytest.mark.parametrize("content", [b"", b"no events here\n", b"\x1f\x8bnot gzip"])
def test_a_file_without_events_is_refused(tmp_path, content):
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(DemarcError) as error:
        read_uses([path], an_authorizer())
    assert error.value.problems[0].todo
    with pytest.raises(DemarcError):
        read_uses([tmp_path / "not-there"], an_authorizer())


def test_a_trail_in_any_shape_is_read(tmp_path):
    text = json.dumps(an_event())
    path = tmp_path / "hub.json"
    path.write_text(json.dumps({"records": [{"category": "kube-audit", "properties": {"log": text}}]}))
    uses = read_uses([path], an_authorizer(*GIVEN))
    assert uses.window is not None
    assert (uses.window.events, uses.window.lost) == (1, ())


def test_wrapped_and_cut_lines_among_plain_ones(tmp_path):
    cut = json.dumps({"auditID": "c", **an_event()})[:-30].encode()
    uses = read_uses([a_trail(tmp_path, an_event(), {"log": json.dumps(an_event())}, cut)], an_authorizer(*GIVEN))
    assert uses.window is not None
    assert (uses.window.events, uses.window.unreadable) == (3, 0)


def test_a_trail_without_groups_calls_nothing_unused(tmp_path):
    payload = {
        "serviceName": "k8s.io",
        "methodName": "io.k8s.core.v1.pods.list",
        "resourceName": "core/v1/namespaces/shop/pods",
        "authenticationInfo": {"principalEmail": "jane"},
    }
    path = tmp_path / "gke.json"
    path.write_text(json.dumps({"insertId": "1", "timestamp": "2026-11-20T10:00:00Z", "protoPayload": payload}))
    found = planes_of(*GIVEN, uses=lambda authorizer: read_uses([path], authorizer))
    row = next(row for row in found.rows if row.holder == "User jane" and row.plane is Plane.CLUSTER)
    assert row.uses[Power.READ_ONLY] is Use.USED
    assert row.uses[Power.WORKLOAD_WRITE] is Use.UNKNOWN
