"""A trail condensed by queries on the engine that comes with Demarc, out of events as an API server writes them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from demarc.events.engines import open_engine
from demarc.events.importing import import_trails
from demarc.events.portability import portability_problems
from demarc.events.store import Store
from demarc.model.trail import TrailFacts
from demarc.posture.trail import NAMES, query, trail_facts
from tests.recorded import NORTHWIND, needs_northwind

START = datetime(2026, 11, 1, tzinfo=UTC)
ROLES = "rbac.authorization.k8s.io"


def _event(minute: float, user: str, verb: str, resource: str, **more: Any) -> dict[str, Any]:
    at = (START + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    reference = {"resource": resource, "namespace": more.get("namespace", "shop"), "name": more.get("name", "x")}
    reference |= {"apiGroup": more.get("group", ""), "apiVersion": "v1", "subresource": more.get("subresource", "")}
    code = more.get("code", 200)
    decision = {"authorization.k8s.io/decision": "forbid" if code == 403 else "allow"}
    event = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Metadata",
        "auditID": f"id-{minute}-{user}-{verb}-{resource}-{more.get('name', 'x')}",
        "stage": more.get("stage", "ResponseComplete"),
        "requestURI": f"/x/{resource}",
        "verb": verb,
        "user": {"username": user, "groups": ["system:authenticated"], "extra": more.get("extra", {})},
        "sourceIPs": [more.get("ip", "10.0.0.1")],
        "userAgent": more.get("agent", "kubectl/v1.33"),
        "objectRef": reference,
        "responseStatus": {"code": code},
        "requestReceivedTimestamp": at,
        "stageTimestamp": at,
        "annotations": {**decision, **more.get("annotations", {})},
    }
    if "as_user" in more:
        event["impersonatedUser"] = {"username": more["as_user"]}
    return event


def _facts(tmp_path, events: list[dict[str, Any]]) -> TrailFacts | None:
    trail = tmp_path / "audit.log"
    trail.write_text("".join(json.dumps(event) + "\n" for event in events))
    return _of(tmp_path, str(trail))


def _of(tmp_path, trail: str) -> TrailFacts | None:
    store = Store.create(tmp_path / "store")
    import_trails(store, [trail], now=START)
    with open_engine("duckdb", scratch=tmp_path / "scratch") as engine:
        engine.register(store.table())
        return trail_facts(engine, origin="audit.log")


def _hum(minutes: range) -> list[dict[str, Any]]:
    return [
        _event(minute + second / 60, "system:kube-scheduler", "update", "leases", name=f"l{second}")
        for minute in minutes
        for second in range(0, 60, 6)
    ]


@pytest.mark.parametrize("name", NAMES)
def test_queries_keep_the_rules_of_every_engine(name):
    assert [str(problem) for problem in portability_problems(query(name))] == []


def test_who_came_from_where_with_what(tmp_path):
    deployer = "system:serviceaccount:shop:deployer"
    legacy = {"authentication.k8s.io/legacy-token-manual-secret": "deployer-token"}
    said = 'RBAC: allowed by RoleBinding "deploys/shop" of Role "d" to ServiceAccount "x/shop"'
    reason = {"authorization.k8s.io/reason": said}
    facts = _facts(
        tmp_path,
        [
            _event(
                0,
                deployer,
                "patch",
                "deployments",
                group="apps",
                ip="203.0.113.5",
                agent="Helm/3",
                annotations={**legacy, **reason},
            ),
            _event(
                1, deployer, "patch", "deployments", group="apps", ip="203.0.113.5", agent="Helm/3", annotations=legacy
            ),
            _event(2, deployer, "list", "secrets", ip="198.51.100.9", agent="curl/8", code=403, annotations=legacy),
            _event(3, "ana", "get", "pods"),
        ],
    )
    assert facts is not None
    used = facts.account("shop", "deployer")
    assert used is not None
    assert (used.requests, used.refused, used.service_account) == (3, 1, ("shop", "deployer"))
    assert used.addresses == ("203.0.113.5", "198.51.100.9")
    assert used.agents == ("Helm/3", "curl/8")
    assert [(one.legacy_secret, one.source_ips, one.requests) for one in used.credentials] == [
        ("shop/deployer-token", 2, 3)
    ]
    assert {(one.verb, one.resource) for one in used.uses} == {("patch", "deployments")}
    assert used.groups == ("system:authenticated",)
    assert facts.records_reads
    assert (facts.since, facts.until) == (START, START + timedelta(minutes=3))
    changes = facts.changes_of["apps", "deployments", "shop", "x"]
    assert [(one.user, one.times, one.agent) for one in changes] == [(deployer, 2, "Helm/3")]


def test_only_what_succeeded_and_meant_it_is_a_change(tmp_path):
    facts = _facts(
        tmp_path,
        [
            _event(0, "ana", "create", "rolebindings", group=ROLES, name="made", code=201),
            _event(1, "ana", "create", "rolebindings", group=ROLES, name="refused", code=403),
            _event(2, "ana", "patch", "deployments", group="apps", name="status", subresource="status"),
            _event(3, "ana", "delete", "pods", name="pod"),
            _event(
                4,
                "system:serviceaccount:kube-system:cronjob-controller",
                "create",
                "jobs",
                group="batch",
                name="j-1",
                code=201,
            ),
        ],
    )
    assert facts is not None
    assert [(one.verb, one.name, one.audit_id) for one in facts.changes] == [
        ("create", "made", "id-0-ana-create-rolebindings-made")
    ]
    assert facts.changes_left == 0


def test_impersonation_is_the_impersonators_and_uses_are_not(tmp_path):
    facts = _facts(tmp_path, [_event(0, "carla", "get", "secrets", as_user="bob"), _event(1, "carla", "list", "pods")])
    assert facts is not None
    assert [(one.user, one.as_user, one.requests) for one in facts.impersonations] == [("carla", "bob", 1)]
    assert "bob" not in facts.by_user
    assert [one.resource for one in facts.by_user["carla"].uses] == ["pods"]


def test_silence_is_a_gap_where_the_trail_is_never_silent(tmp_path):
    facts = _facts(tmp_path, [*_hum(range(30)), *_hum(range(60, 90))])
    assert facts is not None
    assert [(one.since, one.until) for one in facts.gaps] == [
        (START + timedelta(minutes=30), START + timedelta(minutes=60))
    ]
    assert facts.gaps[0].expected > 200


def test_a_thin_trail_has_no_gaps_that_could_be_told(tmp_path):
    facts = _facts(tmp_path, [_event(0, "ana", "get", "pods"), _event(600, "ana", "get", "pods")])
    assert facts is not None
    assert facts.gaps == ()


def test_requests_without_an_answer_are_counted_but_for_the_last(tmp_path):
    received = {"stage": "RequestReceived"}
    facts = _facts(
        tmp_path,
        [
            _event(0, "ana", "get", "pods", name="lost", **received),
            _event(1, "ana", "get", "pods", name="answered", **received),
            _event(1, "ana", "get", "pods", name="answered"),
            _event(5, "ana", "get", "pods", name="running", **received),
        ],
    )
    assert facts is not None
    assert facts.losses.unanswered == 1


def test_deprecated_apis_tell_when_they_go(tmp_path):
    marks = {"k8s.io/deprecated": "true", "k8s.io/removed-release": "1.25"}
    facts = _facts(tmp_path, [_event(0, "ana", "list", "podsecuritypolicies", group="policy", annotations=marks)])
    assert facts is not None
    assert [(one.resource, one.removed_in, one.user) for one in facts.deprecated] == [
        ("podsecuritypolicies", "1.25", "ana")
    ]


@needs_northwind
def test_the_recorded_trail(tmp_path):
    facts = _of(tmp_path, str(NORTHWIND / "audit.log.gz"))
    assert facts is not None
    deployer = facts.account("ci", "deployer")
    assert deployer is not None
    assert {"127.0.2.20", "127.0.0.66"} <= set(deployer.addresses)
    assert "ci/deployer-token" in {one.legacy_secret for one in deployer.credentials}
    assert ("carla.rossi", "bob.okafor") in {(one.user, one.as_user) for one in facts.impersonations}
    planted = [one for one in facts.changes if one.name == "system:kube-controller-mgr" and one.verb == "create"]
    assert len(planted) == 1
    assert facts.tokens
    assert facts.records_reads
