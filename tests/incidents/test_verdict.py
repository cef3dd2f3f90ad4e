"""The verdict as a whole: root, response, what the record cannot say, other layers, what to ask for."""

from __future__ import annotations

import pytest

from tests.incidents.given import facts, flaw, judged, part, step


def test_the_root_is_the_first_step_that_is_not_assumed():
    steps = [step(basis="assumed"), step(n=2, basis="suspected"), step(n=3)]
    verdict = judged(facts(steps=steps))
    assert verdict.root_step == 2
    assert verdict.confidence.value == "low"


@pytest.mark.parametrize(
    ("installed", "defect", "inside", "expected"),
    [
        ("provider", None, True, "shared"),
        ("customer", None, True, "customer"),
        ("third_party", None, True, "customer"),
        ("third_party", None, False, "shared"),
        ("customer", flaw(kind="malicious_release"), True, "shared"),
        ("unknown", None, True, "customer"),
    ],
)
def test_who_responds(installed, defect, inside, expected):
    parts = [part(installed_by=installed, defect=defect)]
    verdict = judged(facts(parts=parts, steps=[step(inside_cluster=inside)]))
    assert verdict.response_party.value == expected
    assert verdict.downstream_party.value == "customer"


@pytest.mark.parametrize(("other", "expected"), [("provider", "shared"), ("third_party", "customer")])
def test_who_responds_where_a_root_is_shared(other, expected):
    parts = [part(), part(id="other", installed_by=other)]
    verdict = judged(facts(parts=parts, joint=[["part", "other"]]))
    assert (verdict.party.value, verdict.response_party.value) == ("shared", expected)


def test_steps_without_an_event_are_those_inside_that_the_audit_trail_would_not_hold():
    steps = [
        step(observable_in=["node"]),
        step(n=2, observable_in=["k8s_audit", "node"]),
        step(n=3, observable_in=["none"], inside_cluster=False),
        step(n=4, observable_in=[], technique="T1611"),
        step(n=5, observable_in=[], technique="T1610"),
    ]
    assert judged(facts(steps=steps)).no_audit_event_steps == (1, 4)


def test_names_that_a_log_may_have_wrong():
    steps = [
        step(credential="forged"),
        step(n=2, credential="stolen"),
        step(n=3, credential="shared", observable_in=["cloud_trail"]),
        step(n=4, credential="inherited", observable_in=["provider_only"]),
        step(n=5, technique="IMPERSONATE", credential="own"),
    ]
    assert judged(facts(steps=steps)).identity_unreliable_steps == (1, 3, 5)


def test_genuine_identities_that_were_used_are_no_culprits_and_nobody_and_credentials_are_not_identities():
    steps = [
        step(credential="stolen", identity="deployer of the shop"),
        step(n=2, credential="none", identity="system:anonymous"),
        step(n=3, credential="leaked", identity="access token of the maker"),
        step(n=4, credential="own", identity="intruder"),
        step(n=5, credential="forged", identity="made up"),
    ]
    assert judged(facts(steps=steps)).not_culprits == ("deployer of the shop",)


def test_whoever_delivered_what_was_altered_upstream_is_no_culprit():
    parts = [part(installed_by="third_party", kind="image", defect=flaw(kind="malicious_release")), part(id="chart")]
    steps = [
        step(where="build", inside_cluster=False, technique="REGISTRY_PUSH", identity="push token"),
        step(n=2, component="chart", where="deploy", technique="T1195.002", identity="deployer"),
        step(n=3, component="chart", technique="T1496", identity="controller"),
    ]
    assert judged(facts(parts=parts, steps=steps)).not_culprits == ("deployer",)
    sound = [part(installed_by="third_party", kind="image"), part(id="chart")]
    assert judged(facts(parts=sound, steps=steps)).not_culprits == ()


def test_what_the_exposed_have_in_common_is_no_cause():
    idle = part(id="idle", kind="network_policy", name="a recommended engine")
    assert "correlation" in judged(facts(parts=[part(), idle])).rules
    assert "correlation" not in judged(facts(parts=[part(), idle], joint=[["part", "idle"]])).rules
    assert judged(facts(parts=[part(), idle])).party == judged(facts()).party


def test_the_layer_above_is_told_where_the_facts_name_one():
    layers = {"layers": ["AWS", "Us: operator", "users of our service"]}
    renting = judged(facts(parts=[part(kind="namespaces")], steps=[step(technique="NODE_HOSTS")], facts=layers))
    assert [(one.viewpoint, one.party.value) for one in renting.by_viewpoint] == [("service_user", "provider")]
    buying = judged(facts(facts=layers))
    assert [(one.viewpoint, one.root_duty) for one in buying.by_viewpoint] == [("client_of_operator", None)]
    assert judged(facts(facts={"layers": ["AWS", "Us"]})).by_viewpoint == ()
    assert judged(facts()).by_viewpoint == ()


def test_what_is_open_says_what_would_settle_it():
    spans = judged(facts(parts=[part(defect=flaw())], since="2025-02-01", until=None))
    assert "2025-03-01" in (spans.ambiguity or "")
    assert "14 days, since no agreed term is on record" in (spans.ambiguity or "")
    agreed = judged(facts(parts=[part(defect=flaw())], since="2025-02-01", until=None, facts={"patch_term_days": 7}))
    assert "7 days" in (agreed.ambiguity or "")
    assert judged(facts()).ambiguity is None
    within = judged(facts(parts=[part(defect=flaw())], since="2025-03-05", until="2025-03-06"))
    assert "nobody was late yet" in (within.ambiguity or "")
    assert "exact day" not in (within.ambiguity or "")


BY_PROVIDER = {"installed_by": "provider", "managed_by": "service_side", "defect": flaw(fix_delivery="service_side")}
NODE_IMAGE = {"kind": "node_os", "managed_by": "node_image", "defect": flaw(fix_delivery="node_image")}
SUPPLIED = {"kind": "package", "installed_by": "third_party", "defect": flaw(kind="malicious_release")}
RENTING = {"facts": {"viewpoint": "service_user"}}


@pytest.mark.parametrize(
    ("parts", "top", "asked"),
    [
        ({"kind": "control_plane", **BY_PROVIDER}, {}, "request logs of the API server"),
        ({"kind": "authenticator", **BY_PROVIDER}, {}, "logs of the authenticator"),
        ({"kind": "cni", "installed_by": "unknown"}, {}, "is part of the service"),
        ({**NODE_IMAGE, "installed_by": "provider"}, {}, "build dates of the node images"),
        (SUPPLIED, {}, "from its makers: which runs"),
        ({"kind": "workload"}, {"provider": "self-managed", "model": None}, "none: self-managed"),
        ({"kind": "workload"}, {"provider": "other:any", "model": None}, "none at the provider"),
        ({"kind": "workload"}, {}, "none needed from the provider"),
        ({"kind": "infrastructure", "installed_by": "provider"}, RENTING, "shared a back end"),
    ],
)
def test_what_to_ask_for_follows_from_what_took_part(parts, top, asked):
    told = judged(facts(parts=[part(**parts)], **top)).provider_telemetry
    assert any(asked in one for one in told), told


def test_a_leaked_credential_without_an_end_is_a_matter_of_the_response():
    leak = flaw(kind="leaked_credential", disclosed="2025-07-01", fix_released=None, fix_applied=None)
    assert "response" in judged(facts(parts=[part(kind="credential", defect=leak)])).rules
    ended = {**leak, "fix_applied": "2025-07-02"}
    assert "response" not in judged(facts(parts=[part(kind="credential", defect=ended)])).rules


def test_each_step_by_itself_where_its_time_is_on_record():
    parts = [part(defect=flaw())]
    steps = [step(at="2025-02-01T10:00:00Z"), step(n=2, at="2025-06-01T10:00:00Z")]
    verdict = judged(facts(parts=parts, steps=steps, since="2025-02-01", until="2025-06-02"))
    assert [one.party.value for one in verdict.steps] == ["third_party", "customer"]
