"""Would it have been logged here at all: by policy, by the logs that are on, by what a trail covers."""

# ruff: noqa: E501 - a case a line
from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demarc.events.coverage import QUESTIONS, Proof, coverage, trail_of
from demarc.events.engines import open_engine
from demarc.events.policy import AuditPolicy, GroupResources, Level, PolicyRule, Question, read_policy, written
from demarc.events.published import published, switches
from demarc.events.store import Store
from demarc.model.errors import DemarcError
from demarc.model.snapshot import Record
from tests.events.given import an_event, lines

SECRETS = Question(verb="get", resource="secrets", namespace="pay", name="db", user="ana", groups=("devs",))


def rule(level="Metadata", **more):
    return PolicyRule(level=Level(level), **more)


def level(question, *rules):
    (way,) = written(AuditPolicy(rules=rules), question)
    return way.level.value, way.rule


def res(group, *resources, names=()):
    return GroupResources(group=group, resources=resources, resource_names=names)


# the policy


@pytest.mark.parametrize(
    ("matching", "holds"),
    [
        ({}, True),
        ({"users": ("ana",)}, True),
        ({"users": ("bob",)}, False),
        ({"user_groups": ("devs", "ops")}, True),
        ({"user_groups": ("ops",)}, False),
        ({"verbs": ("list", "get")}, True),
        ({"verbs": ("list",)}, False),
        ({"namespaces": ("pay",)}, True),
        ({"namespaces": ("shop", "")}, False),
        ({"resources": (res(""),)}, True),
        ({"resources": (res("", "secrets"),)}, True),
        ({"resources": (res("", "*"),)}, True),
        ({"resources": (res("", "secrets/*"),)}, True),
        ({"resources": (res("", "pods", "secrets"),)}, True),
        ({"resources": (res("apps", "secrets"),)}, False),
        ({"resources": (res("", "secrets", names=("db",)),)}, True),
        ({"resources": (res("", "secrets", names=("other",)),)}, False),
        ({"non_resource_urls": ("*",)}, False),
    ],
)
def test_what_a_rule_matches(matching, holds):
    assert level(SECRETS, rule("Request", **matching)) == (("Request", 1) if holds else ("None", 0))


@pytest.mark.parametrize(
    ("spec", "holds"),
    [("pods", False), ("pods/exec", True), ("*/exec", True), ("*/log", False), ("pods/*", True), ("*", True)],
)
def test_subresources_must_be_named(spec, holds):
    question = Question(verb="get", resource="pods", subresource="exec")
    assert (level(question, rule("Request", resources=(res("", spec),)))[1] == 1) is holds


@pytest.mark.parametrize(
    ("path", "spec", "holds"),
    [
        ("/metrics", "/metrics", True),
        ("/healthz/etcd", "/healthz*", True),
        ("/version", "/healthz*", False),
        ("/x", "*", True),
    ],
)
def test_urls_that_are_no_resource(path, spec, holds):
    question = Question(verb="get", path=path)
    assert (level(question, rule("None", non_resource_urls=(spec,)))[1] == 1) is holds
    assert level(question, rule(resources=(res("", "pods"),)))[1] == 0
    assert level(question, rule(namespaces=("a",)))[1] == 0


def test_the_first_rule_that_matches_decides():
    assert level(SECRETS, rule("None", users=("bob",)), rule("Metadata"), rule("RequestResponse")) == ("Metadata", 2)


def test_what_a_question_leaves_open_gives_several_ways():
    anybody = Question(verb="get", resource="secrets")
    ways = written(
        AuditPolicy(rules=(rule("None", users=("probe",)), rule("Request", namespaces=("pay",)), rule())), anybody
    )
    assert [(way.level.value, way.certain, way.hinges) for way in ways] == [
        ("None", False, "users probe"),
        ("Request", False, "namespaces pay"),
        ("Metadata", False, ""),
    ]


NAMES = st.sampled_from(["ana", "bob"])
GROUPS = st.sampled_from(["devs", "ops"])
VERBS = st.sampled_from(["get", "list"])
SPACES = st.sampled_from(["pay", "shop"])
RESOURCES = st.sampled_from(["secrets", "pods", "*", "pods/exec", "*/exec", "pods/*"])
RULES = st.builds(
    PolicyRule,
    level=st.sampled_from(list(Level)),
    users=st.lists(NAMES, max_size=1).map(tuple),
    user_groups=st.lists(GROUPS, max_size=1).map(tuple),
    verbs=st.lists(VERBS, max_size=1).map(tuple),
    namespaces=st.lists(SPACES, max_size=1).map(tuple),
    resources=st.lists(
        st.builds(GroupResources, resources=st.lists(RESOURCES, max_size=2).map(tuple), resource_names=st.lists(NAMES, max_size=1).map(tuple)),
        max_size=2,
    ).map(tuple),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(rules=st.lists(RULES, max_size=5).map(tuple), asked=st.tuples(VERBS, NAMES, GROUPS, SPACES, NAMES))
def test_an_open_question_has_every_way_of_a_closed_one(rules, asked):
    verb, user, groups, namespace, name = asked
    policy = AuditPolicy(rules=rules)
    closed = Question(
        verb=verb, resource="pods", subresource="exec", namespace=namespace, name=name, user=user, groups=(groups,)
    )
    (way,) = written(policy, closed)
    ways = written(policy, Question(verb=verb, resource="pods", subresource="exec"))
    assert (way.level, way.rule) in {(other.level, other.rule) for other in ways}
    if len(ways) == 1:
        assert ways[0].certain


def test_policies_of_any_version_and_their_errors():
    text = b"apiVersion: audit.k8s.io/v1beta1\nkind: Policy\nrules:\n- level: None\n  nonResourceURLs: [/healthz*]\n- level: Metadata\n"
    policy = read_policy(text, origin="p.yaml")
    assert [found.level.value for found in policy.rules] == ["None", "Metadata"]
    for bad in (b"", b"kind: Pod\n", b"rules: [{level: Everything}]", b"rules: [", b"rules: 5"):
        with pytest.raises(DemarcError) as error:
            read_policy(bad, origin="p.yaml")
        assert error.value.problems[0].todo


# what providers publish


@pytest.mark.parametrize("provider", sorted(published()))
def test_every_question_has_an_answer_for_every_provider(provider):
    entry = published()[provider]
    for _, question in QUESTIONS:
        found = coverage(question, policy=None, provider=entry, logs=switches(entry, ()))
        assert found.reasons
        assert found.absence is not Proof.YES  # no log was seen to be on


@pytest.mark.parametrize(
    ("question", "levels"),
    [
        (Question(verb="get", resource="secrets"), ["Metadata"]),
        (Question(verb="create", resource="serviceaccounts", subresource="token"), ["Request"]),
        (Question(verb="get", resource="pods", subresource="exec"), ["Request"]),
        (Question(verb="create", resource="pods"), ["RequestResponse"]),
        (Question(verb="create", group="argoproj.io", resource="applications"), ["Metadata"]),
        (Question(verb="delete", resource="events"), ["None"]),
        (Question(verb="update", resource="configmaps", namespace="kube-system", name="aws-auth"), ["RequestResponse"]),
        (Question(verb="update", resource="configmaps"), ["RequestResponse", "Metadata"]),
        (Question(verb="get", path="/version"), ["None"]),
    ],
)
def test_what_eks_writes(question, levels):
    ways = written(AuditPolicy(rules=published()["eks"].rules), question)
    assert [way.level.value for way in ways] == levels


def a_record(kind, **body):
    return Record(kind=kind, name="x", body=body, source="s1")


EKS_ON = a_record("eks.cluster", logging={"clusterLogging": [{"types": ["api", "audit"], "enabled": True}]})
EKS_OFF = a_record("eks.cluster", logging={"clusterLogging": [{"types": ["audit"], "enabled": False}]})
ADMIN_ONLY = a_record(
    "azure.diagnosticSetting", name="to-hub", logs=[{"category": "kube-audit-admin", "enabled": True}]
)
ALL_LOGS = a_record("azure.diagnosticSetting", logs=[{"categoryGroup": "allLogs", "enabled": True}])
NO_SETTINGS = a_record("azure.diagnosticSettingList")
READS = {"service": "allServices", "auditLogConfigs": [{"logType": "DATA_READ"}]}
EXEMPT = {
    "service": "container.googleapis.com",
    "auditLogConfigs": [{"logType": "DATA_READ", "exemptedMembers": ["user:x"]}],
}


@pytest.mark.parametrize(
    ("provider", "records", "verb", "delivered"),
    [
        ("eks", (EKS_ON,), "get", Proof.YES),
        ("eks", (EKS_OFF,), "get", Proof.NO),
        ("eks", (a_record("eks.cluster"),), "get", Proof.NO),
        ("eks", (), "get", Proof.UNKNOWN),
        ("aks", (ADMIN_ONLY,), "create", Proof.YES),
        ("aks", (ADMIN_ONLY,), "get", Proof.NO),
        ("aks", (ALL_LOGS,), "get", Proof.YES),
        ("aks", (NO_SETTINGS,), "create", Proof.NO),
        ("aks", (), "create", Proof.UNKNOWN),
        ("gke", (), "create", Proof.YES),
        ("gke", (), "get", Proof.UNKNOWN),
        ("gke", (a_record("gcp.iamPolicy", auditConfigs=[READS]),), "get", Proof.YES),
        ("gke", (a_record("gcp.iamPolicy", auditConfigs=[EXEMPT]),), "get", Proof.UNKNOWN),
        ("gke", (a_record("gcp.iamPolicy"),), "get", Proof.UNKNOWN),
        ("rosa", (), "get", Proof.UNKNOWN),
    ],
)
def test_which_logs_are_on(provider, records, verb, delivered):
    entry = published()[provider]
    question = Question(verb=verb, resource="secrets")
    found = coverage(question, policy=None, provider=entry, logs=switches(entry, records))
    assert found.delivered is delivered
    assert (found.absence is Proof.NO) is (delivered is Proof.NO)


def test_exec_on_gke_is_open():
    entry = published()["gke"]
    exec_ = Question(verb="get", resource="pods", subresource="exec")
    logs = switches(entry, (a_record("gcp.iamPolicy", auditConfigs=[READS]),))
    assert coverage(exec_, policy=None, provider=entry, logs=logs).delivered is Proof.UNKNOWN


# what a trail shows


def seen(trail, tmp_path):
    store = Store.open(trail.root)
    with open_engine("duckdb", scratch=tmp_path) as engine:
        engine.register(store.table())
        return trail_of(store, engine)


def steady(minutes, start=0):
    return [
        an_event(1000 + minute, requestReceivedTimestamp=f"2026-01-01T{minute // 60:02}:{minute % 60:02}:00Z")
        for minute in range(start, start + minutes, 5)
    ]


LOGS_ALL = AuditPolicy(rules=(rule("Metadata"),))
HOUR = 3_600_000_000
DAY = 1767225600_000_000


def asked(trail, **more):
    return coverage(Question(verb="delete", resource="secrets"), policy=LOGS_ALL, trail=trail, **more)


def test_absence_proves_only_where_nothing_is_missing(trail, tmp_path):
    trail.add(lines(*steady(120)))
    found = asked(seen(trail, tmp_path))
    assert (found.absence, found.seen, found.written) == (Proof.YES, 0, Proof.YES)
    assert found.reasons


def test_absence_is_unknown_beyond_what_the_trail_covers(trail, tmp_path):
    trail.add(lines(*steady(120)))
    held = seen(trail, tmp_path)
    assert asked(held, since_us=DAY + HOUR // 2, until_us=DAY + HOUR).absence is Proof.YES
    assert asked(held, since_us=DAY - HOUR, until_us=DAY + HOUR).absence is Proof.UNKNOWN
    assert asked(held, since_us=DAY + 5 * HOUR, until_us=DAY + 6 * HOUR).absence is Proof.NO


def test_absence_is_unknown_where_the_trail_is_silent(trail, tmp_path):
    trail.add(lines(*steady(60), *steady(60, start=180)))
    held = seen(trail, tmp_path)
    assert len(held.silences) == 1
    assert asked(held).absence is Proof.UNKNOWN
    assert asked(held, until_us=DAY + HOUR // 2).absence is Proof.YES


@pytest.mark.parametrize("lost", [b"oops", b'{"kind":"Event","auditID":"x","verb":"get","user":{"username":"x"},"obj'])
def test_absence_is_unknown_where_records_were_lost(trail, tmp_path, lost):
    trail.add(lines(*steady(60), lost, *steady(5, start=60)))
    assert asked(seen(trail, tmp_path)).absence is Proof.UNKNOWN


def test_absence_proves_nothing_where_the_policy_writes_nothing(trail, tmp_path):
    trail.add(lines(*steady(60)))
    silent = AuditPolicy(rules=(rule("None", verbs=("delete",)), rule()))
    found = coverage(Question(verb="delete", resource="secrets"), policy=silent, trail=seen(trail, tmp_path))
    assert (found.absence, found.written, found.reasons[0]) == (
        Proof.NO,
        Proof.NO,
        "rule 1 of the audit policy writes nothing of it",
    )


def test_a_trail_that_contradicts_the_policy_says_so(trail, tmp_path):
    trail.add(lines(*steady(60)))
    found = coverage(Question(verb="get", resource="secrets"), policy=AuditPolicy(), trail=seen(trail, tmp_path))
    assert any("another policy" in reason for reason in found.reasons)
    assert found.seen == 12


def test_without_policy_and_trail_nothing_is_known():
    found = coverage(Question(verb="get", resource="secrets"), policy=None)
    assert (found.written, found.absence) == (Proof.UNKNOWN, Proof.UNKNOWN)
    assert len(found.reasons) == 2
