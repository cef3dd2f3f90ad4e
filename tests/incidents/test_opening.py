"""Cases are opened from trails of attacks with noise: all of the intruder's events, and nobody else's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from demarc.events.coverage import Coverage, coverage
from demarc.events.policy import AuditPolicy, Level, PolicyRule, Question
from demarc.incidents.detections import Given
from demarc.incidents.opening.happenings import Happening
from demarc.incidents.opening.investigate import Around, Opened, investigate
from demarc.incidents.opening.members import Window
from demarc.incidents.opening.seeds import Hints
from demarc.model.boundary import Confidence
from demarc.model.errors import DemarcError
from demarc.model.exposure import Proof
from demarc.model.incidents import CredentialUse, StepBasis
from demarc.model.investigation import BirthBy, Exposure, Fate, Investigation, JoinBy
from demarc.testing.audit import KUBECTL, AuditTrail, account, person_of, pipeline
from tests.incidents.attacks import ATTACKS, CURL, NIGHT, OUT, Attack, nothing
from tests.incidents.trails import asked


def opened(lines: bytes, folder: Path, hints: Hints | None = None) -> Opened:
    with asked(lines, folder) as engine:
        return investigate(engine, hints or Hints(), Given(), Around())


def case_of(lines: bytes, folder: Path, hints: Hints | None = None) -> tuple[Investigation, tuple[Happening, ...]]:
    found = opened(lines, folder, hints)
    assert found.investigation is not None
    return found.investigation, found.events


@pytest.fixture(scope="module", params=ATTACKS)
def attacked(request, tmp_path_factory: pytest.TempPathFactory) -> tuple[Attack, Investigation, tuple[Happening, ...]]:
    attack = ATTACKS[request.param]()
    case, events = case_of(attack.trail.lines, tmp_path_factory.mktemp(request.param))
    return attack, case, events


def test_from_nothing_the_whole_attack_is_found_and_nothing_else(attacked):
    attack, _, events = attacked
    assert {event.audit_id for event in events} == attack.own


def test_every_event_is_in_a_step(attacked):
    attack, case, _ = attacked
    in_steps = {audit for step in case.incident.steps for audit in step.evidence}
    assert attack.own <= in_steps


def test_what_was_left_is_named(attacked):
    attack, case, _ = attacked
    named = {
        f"{one.kind} {one.namespace}/{one.name}" if one.namespace else f"{one.kind} {one.name}"
        for one in case.touched
        if one.is_backdoor
    }
    assert named == attack.left


def test_every_join_says_why_and_every_step_how_sure(attacked):
    _, case, _ = attacked
    assert all(join.because for join in case.joins)
    assert case.joins[0].by is JoinBy.SEED
    assert set(case.step_confidence) == {step.n for step in case.incident.steps}
    assert all(verdict.duty for verdict in case.verdict.steps)


@pytest.mark.parametrize("name", ATTACKS)
def test_the_same_from_the_address(name, tmp_path):
    attack = ATTACKS[name]()
    _, events = case_of(attack.trail.lines, tmp_path, Hints(addresses=(attack.address,)))
    assert {event.audit_id for event in events} == attack.own


HINTS = {
    "pipeline_token": [
        Hints(identities=("sa:ci/deployer",)),
        Hints(tokens=("ci/deployer-token",)),
        Hints(tokens=("shop/helper-token",)),
    ],
    "stolen_node": [
        Hints(tokens=("11111111-2222-3333-4444-555555555555",)),
        Hints(identities=("system:node:ip-10-0-1-1.example",)),
    ],
    "miner": [Hints(identities=("arn:aws:sts::111122223333:assumed-role/Dev/dora",))],
    "gitops": [Hints(identities=("sa:argocd/sync-helper",))],
}


@pytest.mark.parametrize(
    ("name", "hints"), [(name, hints) for name, many in HINTS.items() for hints in many], ids=lambda one: str(one)[:60]
)
def test_the_same_from_every_other_hint(name, hints, tmp_path):
    attack = ATTACKS[name]()
    _, events = case_of(attack.trail.lines, tmp_path, hints)
    assert {event.audit_id for event in events} == attack.own


def test_a_night_of_looking_after_a_cluster_opens_no_case(tmp_path):
    found = opened(nothing().lines, tmp_path)
    assert found.investigation is None
    assert found.leads
    assert not any(lead.strong for lead in found.leads)


def test_the_owner_of_the_identity_is_left_out_with_the_reason(tmp_path):
    attack = ATTACKS["pipeline_token"]()
    case, _ = case_of(attack.trail.lines, tmp_path)
    left = {one.place.address: one.because for one in case.apart if one.place is not None}
    assert "as always" in left["192.0.2.80"]
    assert pipeline().user in case.verdict.not_culprits


def test_credentials_are_followed_back_over_several_hops(tmp_path):
    attack = ATTACKS["pipeline_token"]()
    case, _ = case_of(attack.trail.lines, tmp_path, Hints(addresses=("203.0.113.51",)))
    born = {one.credential: one for one in case.births}
    assert born["Secret shop/helper-token"].by is BirthBy.SECRET
    assert born["Secret shop/helper-token"].made_with == "Secret ci/deployer-token"
    assert born["Secret ci/deployer-token"].by is BirthBy.NOT_SEEN


def test_a_certificate_is_followed_by_its_digest(tmp_path):
    attack = ATTACKS["certificate"]()
    case, _ = case_of(attack.trail.lines, tmp_path)
    joined = next(join for join in case.joins if join.token.startswith("X509SHA256="))
    assert joined.by is JoinBy.LINEAGE
    assert joined.confidence is Confidence.HIGH
    (left,) = [one for one in case.touched if one.kind == "certificatesigningrequests"]
    assert left.fate is Fate.LEFT
    assert "until it ends" in left.because


def test_what_gitops_made_is_a_matter_of_the_commit(tmp_path):
    attack = ATTACKS["gitops"]()
    case, _ = case_of(attack.trail.lines, tmp_path)
    first = case.incident.steps[0]
    assert first.basis is StepBasis.SUSPECTED
    assert first.technique == "GITOPS_SOURCE"
    assert any(one.place is not None and "argocd" in one.place.user for one in case.apart)


def test_who_wrote_the_binding_that_was_used_is_read_out_of_the_trail(tmp_path):
    attack = ATTACKS["gitops"]()
    case, _ = case_of(attack.trail.lines, tmp_path)
    (used,) = [grant for grant in case.grants if grant.binding == "ClusterRoleBinding sync-helper"]
    assert "argocd-application-controller" in used.written_by
    assert not used.by_case


def test_secrets_of_a_list_are_all_of_them_where_no_snapshot_names_them(tmp_path):
    attack = ATTACKS["anonymous"]()
    case, _ = case_of(attack.trail.lines, tmp_path)
    (listed,) = [one for one in case.rotate if one.exposure is Exposure.LISTED]
    assert listed.name == "*"
    assert listed.proven is Proof.YES


def test_steps_of_a_borrowed_identity_are_said_to_be_borrowed(tmp_path):
    attack = ATTACKS["stolen_node"]()
    case, _ = case_of(attack.trail.lines, tmp_path)
    uses = [step.credential for step in case.incident.steps if step.identity == "system:serviceaccount:shop:admin"]
    assert set(uses) == {CredentialUse.INHERITED}


def test_an_intruder_behind_the_office_joins_nobody_by_address(tmp_path):
    trail = AuditTrail()
    trail.noise(hours=48)
    office = [person_of(f"p{number}", 0) for number in range(8)]
    for number, person in enumerate(office):
        trail.ask(person, "list", "pods", at=number * 600.0, namespace="shop")
    thief = pipeline().at(office[0].address, CURL)
    own = {
        trail.ask(thief, "list", "secrets", at=NIGHT, level="Metadata"),
        trail.ask(thief, "create", "daemonsets", "x", at=NIGHT + 9, namespace="shop", body={}),
    }
    for number, person in enumerate(office):
        trail.ask(person, "list", "pods", at=NIGHT + 1000 + number, namespace="shop")
    _, events = case_of(trail.lines, tmp_path)
    assert {event.audit_id for event in events} == own


def test_only_the_time_that_was_asked_for_is_held(tmp_path):
    attack = ATTACKS["pipeline_token"]()
    start = int(attack.trail.start.timestamp() + NIGHT) * 1_000_000
    _, events = case_of(attack.trail.lines, tmp_path, Hints(window=Window(until_us=start + 40_000_000)))
    assert len(events) == 2


def test_trying_without_doing_leaves_nothing(tmp_path):
    trail = AuditTrail()
    trail.noise(hours=48)
    thief = pipeline().at(OUT, CURL)
    trail.ask(thief, "create", "clusterrolebindings", "x", at=NIGHT, body={}, query="dryRun=All")
    trail.ask(thief, "create", "pods", "y", at=NIGHT + 1, namespace="shop", code=403)
    case, _ = case_of(trail.lines, tmp_path, Hints(addresses=(OUT,)))
    assert case.touched == ()
    assert "changes nothing" in " ".join(step.action for step in case.incident.steps)


def test_a_token_made_by_hand_and_used_at_a_desk_brings_in_the_request_and_not_its_maker(tmp_path):
    token = "JTI=77777777-2222-3333-4444-555555555555"
    _, events = case_of(nothing().lines, tmp_path, Hints(tokens=(token,)))
    assert {(event.user_name, event.verb) for event in events} == {
        ("ben@example.com", "create"),
        ("system:serviceaccount:shop:shop", "list"),
    }


@pytest.mark.parametrize(
    "hints",
    [Hints(addresses=("192.0.2.250",)), Hints(identities=("nobody-here",)), Hints(tokens=("shop/none",))],
    ids=["address", "identity", "token"],
)
def test_a_hint_that_matches_nothing_is_said(hints, tmp_path):
    with pytest.raises(DemarcError, match="nothing in this trail"):
        opened(nothing().lines, tmp_path, hints)


def test_a_token_itself_is_refused_and_not_repeated(tmp_path):
    secret = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrIn0.c2ln"
    with pytest.raises(DemarcError) as raised:
        opened(nothing().lines, tmp_path, Hints(tokens=(secret,)))
    assert secret not in str(raised.value)


def test_names_that_are_sql_stay_names(tmp_path):
    trail = AuditTrail()
    trail.noise(hours=48)
    hostile = account("shop", "x", address=OUT, agent="curl/8'; DROP TABLE events; -- \\ $bad", secret="it's")
    own = {
        trail.ask(hostile, "list", "secrets", at=NIGHT, level="Metadata"),
        trail.ask(hostile, "create", "daemonsets", "o'hare", at=NIGHT + 1, namespace="shop", body={}),
    }
    _, events = case_of(trail.lines, tmp_path, Hints(addresses=(OUT,)))
    assert {event.audit_id for event in events} == own


def test_a_case_without_credential_ids_goes_by_identity_address_and_program(tmp_path):
    attack = ATTACKS["miner"]()
    case, _ = case_of(attack.trail.lines, tmp_path)
    assert case.case.sessions[0].address == OUT
    assert [one.kind.value for one in case.incident.exposed][:1] == ["cloud-login"]


def test_the_case_is_the_same_every_time(tmp_path):
    attack = ATTACKS["pipeline_token"]()
    first = json.dumps([step.action for step in case_of(attack.trail.lines, tmp_path)[0].incident.steps])
    other = tmp_path / "again"
    other.mkdir()
    assert first == json.dumps([step.action for step in case_of(attack.trail.lines, other)[0].incident.steps])


def test_an_empty_window_is_said(tmp_path):
    attack = ATTACKS["miner"]()
    with pytest.raises(DemarcError):
        opened(attack.trail.lines, tmp_path, Hints(addresses=(OUT,), window=Window(until_us=1)))


def test_the_agent_of_a_service_does_not_hide_a_second_place(tmp_path):
    trail = AuditTrail()
    trail.noise(hours=48)
    thief = pipeline().at(OUT)
    assert thief.agent != KUBECTL
    own = {
        trail.ask(thief, "list", "secrets", at=NIGHT, level="Metadata"),
        trail.ask(thief, "list", "nodes", at=NIGHT + 5, code=403),
        trail.ask(thief, "create", "clusterrolebindings", "b", at=NIGHT + 9, body={}),
    }
    _, events = case_of(trail.lines, tmp_path, Hints(addresses=(OUT,)))
    assert {event.audit_id for event in events} == own


def test_what_would_not_have_been_logged_is_told_from_what_did_not_happen(tmp_path):
    def covered(since_us: int, until_us: int) -> tuple[tuple[str, Coverage], ...]:
        assert since_us <= until_us
        silent = AuditPolicy(rules=(PolicyRule(level=Level.NONE),))
        return (("Events are deleted", coverage(Question(verb="delete", resource="events"), policy=silent)),)

    with asked(ATTACKS["miner"]().trail.lines, tmp_path) as engine:
        found = investigate(engine, Hints(), Given(), Around(covered=covered)).investigation
    assert found is not None
    (said,) = [one for one in found.unseen if "Events are deleted" in one.what]
    assert "proves nothing" in said.what
    assert "writes nothing" in said.why


def test_what_let_everybody_in_is_the_root(tmp_path):
    case, _ = case_of(ATTACKS["anonymous"]().trail.lines, tmp_path)
    root = case.incident.steps[0]
    assert case.verdict.root_step == root.n
    assert "open-to-all" in root.action
    assert case.verdict.root_duty == "identity.rbac"
    assert root.basis is StepBasis.OBSERVED


def test_looking_around_is_no_root_where_nothing_says_how_it_began(tmp_path):
    trail = AuditTrail()
    trail.noise(hours=48)
    ben = person_of("ben", 1)
    trail.ask(ben, "list", "secrets", at=100, code=403, level="Metadata")
    trail.ask(ben, "create", "clusterrolebindings", "b", at=200, body={})
    case, _ = case_of(trail.lines, tmp_path, Hints(identities=(ben.user,), window=Window(until_us=10**18)))
    done = next(step for step in case.incident.steps if step.n == case.verdict.root_step)
    assert "clusterrolebinding" in done.object
