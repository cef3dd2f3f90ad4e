"""What comes first, what is alike, who may not look at what they hold, and how fast somebody decided."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from demarc.model.duties import Plane, Unit
from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import Scope
from demarc.model.ledger import stamp
from demarc.model.nhi import OF_THE_PLATFORM, AgeGrade, Dated, Nhi, NhiKind, NhiState, StateReason
from demarc.model.planes import HolderKind, PlaneRow, Power
from demarc.model.posture import Answers, Whose
from demarc.model.register import Register
from demarc.model.reviews import Campaign, Choice, Decision, Risk, Way
from demarc.reviews.campaign import Bench
from demarc.reviews.identities import identity
from demarc.reviews.pace import paces
from demarc.reviews.risk import of_grant, of_identity
from tests.reviews.test_campaign import NOW, REGISTER, an_item

CLUSTER = Scope(kind=Unit.CLUSTER, name="prod")
EVIDENCE = (Evidence(says="bound", grade=Grade.WRITTEN),)
ROW = PlaneRow(
    id="r",
    plane=Plane.CLUSTER,
    holder="User jane",
    kind=HolderKind.PERSON,
    powers=(Power.SECRETS_READ,),
    over=(),
    grant="ClusterRoleBinding ops of ClusterRole ops",
    duty="identity.rbac",
    scope=CLUSTER,
    evidence=EVIDENCE,
    grade=Grade.WRITTEN,
)
ANSWERS = Answers(
    duty="secret.rotation",
    row="",
    whose=Whose.YOURS,
    party=None,
    party_name="",
    owner="Platform",
    owner_id="platform",
    contact="",
    status=None,
)


def an_nhi(*states: NhiState, **given):
    said = {
        "id": "shop/Secret/token",
        "kind": NhiKind.LEGACY_TOKEN,
        "namespace": "shop",
        "name": "token",
        "scope": CLUSTER,
        "answers": ANSWERS,
        "issuer": "API server",
        "source_of_truth": "",
        "created": Dated(at="2024-01-01T00:00:00Z", grade=AgeGrade.CREATION),
        "changed": Dated(at="2024-01-01T00:00:00Z", grade=AgeGrade.ISSUER, says="made with the object"),
        "states": tuple(StateReason(state=one, says="so") for one in states or (NhiState.HEALTHY,)),
    }
    return Nhi(**{**said, **given})


@pytest.mark.parametrize(
    ("given", "risk"),
    [
        ({}, Risk.HIGH),
        ({"over": ("shop",)}, Risk.MEDIUM),
        ({"powers": (Power.READ_ONLY,)}, Risk.LOW),
        ({"powers": (Power.WORKLOAD_WRITE,)}, Risk.MEDIUM),
        ({"powers": (Power.NONE,), "remarks": ("jane left on 2026-01-01, by the directory",)}, Risk.HIGH),
        ({"kind": HolderKind.EVERYBODY, "powers": (Power.EXEC,), "over": ("shop",)}, Risk.HIGH),
        ({"kind": HolderKind.ANONYMOUS, "powers": (Power.READ_ONLY,)}, Risk.LOW),
        ({"kind": HolderKind.NODE, "powers": (Power.NODE_LEVEL,)}, Risk.PLATFORM),
    ],
)
def test_risk_of_a_grant(given, risk):
    assert of_grant(replace(ROW, **given))[0] is risk


@pytest.mark.parametrize(
    ("item", "risk"),
    [
        (an_nhi(NhiState.OVERDUE), Risk.HIGH),
        (an_nhi(NhiState.STALE), Risk.MEDIUM),
        (an_nhi(NhiState.STALE, powers=(Power.CLUSTER_ADMIN,)), Risk.HIGH),
        (an_nhi(powers=(Power.CLUSTER_ADMIN,)), Risk.MEDIUM),
        (an_nhi(), Risk.LOW),
        (an_nhi(NhiState.UNKNOWN), Risk.LOW),
        (an_nhi(states=(StateReason(state=NhiState.HEALTHY, says=OF_THE_PLATFORM),)), Risk.PLATFORM),
        (an_nhi(states=(StateReason(state=NhiState.OVERDUE, says="old", exception="EX-1"),)), Risk.LOW),
    ],
)
def test_risk_of_an_identity(item, risk):
    assert of_identity(item)[0] is risk


def test_an_identity_is_put_before_people_with_the_grade_of_each_age():
    item = identity(
        an_nhi(
            NhiState.OVERDUE,
            powers=(Power.EXEC,),
            reach="shop",
            endless=True,
            last_used=Dated(grade=AgeGrade.ISSUER, says="not used since 2026-01-01, when uses began to be noted"),
            consumers=("Deployment shop/app",),
            same_value=("Secret ci/copy",),
        ),
        scope={"namespace": "shop"},
        reviewer="security",
    )
    assert (item.target, item.owner, item.reviewer, item.duties) == (
        "shop/Secret/token",
        "platform",
        "security",
        ("secret.rotation",),
    )
    assert item.evidence == (
        "why look: overdue, so",
        "can: exec over shop",
        "value changed: 2024-01-01, by issuer (made with the object)",
        "created: 2024-01-01",
        "ends: never by itself",
        "last used: not used since 2026-01-01, when uses began to be noted (issuer)",
        "used by: Deployment shop/app",
        "made by: API server",
        "the same value lies in: Secret ci/copy",
    )


def test_what_nobody_notes_is_not_said_to_be_unused():
    evidence = identity(an_nhi(last_used=Dated(says="kubelets read it")), scope={}, reviewer="").evidence
    assert "last used: not known (kubelets read it)" in evidence


@pytest.mark.parametrize(
    ("holder", "refused"),
    [
        ("User sue@example.com", True),
        ("oidc:Sue@example.com", True),
        ("arn:aws:iam::1:user/sue-cloud", True),
        ("Group sue", True),
        ("User susan", False),
        ("User sue@elsewhere.example", False),
    ],
)
def test_nobody_reviews_the_access_that_they_hold(holder, refused):
    people = tuple(
        replace(one, contact="sue@example.com", accounts=("sue-cloud",)) if one.id == "sue" else one
        for one in REGISTER.people
    )
    judge = Bench(Register(people=people, teams=REGISTER.teams), NOW)
    fault = judge.fault(an_item(holders=(holder,)), "sue")
    assert bool(fault) is refused
    assert not refused or "nobody reviews their own access" in fault


def a_campaign(decisions):
    items = tuple(an_item(number) for number in range(1, 41))
    return Campaign(
        id="q4", title="", opened_at=stamp(NOW), due="", items=items, decisions={one.number: one for one in decisions}
    )


def decisions(count, *, after, choice=Choice.KEEP, way=Way.FILE, seconds=None):
    at = stamp(NOW + after)
    return [
        Decision(number=number, choice=choice, by="sue", at=at, seq=number, way=way, seconds=seconds)
        for number in range(1, count + 1)
    ]


@pytest.mark.parametrize(
    ("found", "ask"),
    [
        (decisions(40, after=timedelta(minutes=2)), "less than 3.0 s for each"),
        (decisions(40, after=timedelta(days=3)), "all 40 were kept"),
        (decisions(40, after=timedelta(days=3), choice=Choice.REVOKE), ""),
        (decisions(5, after=timedelta(seconds=1)), ""),
        (decisions(40, after=timedelta(days=1), way=Way.TERMINAL, seconds=2, choice=Choice.REVOKE), "2 s for an item"),
        (decisions(40, after=timedelta(days=1), way=Way.TERMINAL, seconds=30, choice=Choice.REVOKE), ""),
        (decisions(40, after=timedelta(days=1), way=Way.GROUP), "all 40 were kept"),
    ],
)
def test_a_rubber_stamp_shows(found, ask):
    (pace,) = paces(a_campaign(found))
    assert ask in pace.ask
    assert bool(ask) == bool(pace.ask)
    assert pace.decisions == len(found)
