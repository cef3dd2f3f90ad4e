"""Tokens of pods: one entry for each account and audience, their life, who renews them, what the trail shows."""

from __future__ import annotations

from typing import Any

from demarc.model.evidence import GapReason
from demarc.model.nhi import AgeGrade, NhiKind, NhiState
from demarc.model.trail import CredentialUse
from demarc.testing import a_deployment, a_pod, a_service_account
from tests.nhi.given import RBAC, item, report, states
from tests.nhi.test_identities import admin, identity
from tests.nhi.test_secrets import a_trail
from tests.posture.given import AT, Object

OWN = "shop/ServiceAccount/bot/Token/kube-apiserver"
CLOUD = "shop/ServiceAccount/bot/Token/sts.amazonaws.com"


def projected(audience: str = "", seconds: int | None = 3607, name: str = "kube-api-access-x2x8k") -> Object:
    token: Object = {"path": "token", **({"audience": audience} if audience else {})}
    if seconds is not None:
        token["expirationSeconds"] = seconds
    return {"name": name, "projected": {"sources": [{"serviceAccountToken": token}]}}


def pod(name: str, *volumes: Object, **more: Any) -> Object:
    return a_pod(name, service_account="bot", pod_spec={"volumes": list(volumes), **more})


def tokens(*objects: Object, **more: Any) -> list[str]:
    found = report(a_service_account("bot"), *objects, **more)
    return [one.id for one in found.items if one.kind is NhiKind.PROJECTED_TOKEN]


def test_pods_of_one_account_have_one_entry_for_each_audience():
    cloud = projected("sts.amazonaws.com", 86_400, "aws-iam-token")
    found = report(
        a_service_account("bot"), pod("a", projected(), cloud), pod("b", projected("https://kubernetes.default.svc"))
    )
    own = item(found, OWN)
    assert own.consumers == ("Pod shop/a", "Pod shop/b")
    assert own.changed.grade is AgeGrade.KUBELET
    assert (own.life, own.expires, own.endless) == (3607, "", False)
    assert item(found, CLOUD).consumers == ("Pod shop/a",)
    assert item(found, CLOUD).reach == "role of the cloud"
    assert {one.state for one in own.states} == {NhiState.HEALTHY}


def test_an_api_server_that_extends_the_usual_token_is_told_and_only_then():
    usual = item(report(a_service_account("bot"), pod("a", projected())), OWN)
    assert "up to 90 days" in usual.changed.says
    chosen = item(report(a_service_account("bot"), pod("a", projected(seconds=7200))), OWN)
    assert "90 days" not in chosen.changed.says
    assert "after 2 h at the latest" in chosen.changed.says


def test_one_that_is_good_for_longer_than_allowed_is_overdue():
    week = states(report(a_service_account("bot"), pod("a", projected("vault", 604_800))), OWN[:-14] + "vault")
    assert NhiState.OVERDUE in week
    day = report(a_service_account("bot"), pod("a", projected("vault", 86_400)))
    assert states(day, OWN[:-14] + "vault") == {NhiState.HEALTHY}
    unsaid = item(report(a_service_account("bot"), pod("a", projected("vault", None))), OWN[:-14] + "vault")
    assert unsaid.life == 3600


def test_what_admission_will_add_counts_where_no_pod_was_seen_yet():
    assert tokens(a_deployment("app", service_account="bot")) == [OWN]
    closed = a_deployment("app", service_account="bot", pod_spec={"automountServiceAccountToken": False})
    assert tokens(closed) == []
    assert tokens(pod("a", {"name": "cache", "emptyDir": {}})) == [], "admission added none to a pod that runs"


def test_an_account_that_is_gone_gives_no_new_token():
    found = report(a_service_account("else"), pod("a", projected()))
    assert states(found, OWN) == {NhiState.ORPHANED}
    unseen = report(pod("a", projected()), gaps=(("serviceaccounts", GapReason.FORBIDDEN),))
    assert NhiState.ORPHANED not in states(unseen, OWN)


def test_power_is_told_and_judged_at_the_account_alone():
    found = report(a_service_account("bot"), pod("a", projected()), admin(), *RBAC)
    assert item(found, OWN).reach == "cluster"
    assert NhiState.OVER_POWERED not in states(found, OWN)
    assert NhiState.OVER_POWERED in states(found, "shop/ServiceAccount/bot")


def test_the_trail_shows_their_use_without_listing_them_again():
    uses = (
        CredentialUse(id="JTI=1", token_pod="a", source_ips=1, requests=3, first=AT, last=AT),
        CredentialUse(id="", token_pod="b", source_ips=1, requests=2, first=AT, last=AT),
    )
    trail = a_trail(identities=(identity("system:serviceaccount:shop:bot", *uses),))
    found = report(a_service_account("bot"), pod("a", projected(), projected("vault", 600, "v")), trail=trail)
    used = item(found, OWN).last_used
    assert (used.grade, used.says) == (AgeGrade.AUDIT, "5 requests with tokens of 2 pods in the trail")
    assert item(found, OWN[:-14] + "vault").last_used.grade is AgeGrade.UNKNOWN
    assert not [one for one in found.items if one.kind is NhiKind.BOUND_TOKEN]


def test_a_trail_that_does_not_tell_tokens_apart_leaves_the_use_unknown():
    other = CredentialUse(id="JTI=1", source_ips=1, requests=3, first=AT, last=AT)
    came = identity("system:serviceaccount:shop:bot", other)

    def used(**more: Any) -> AgeGrade:
        found = report(a_service_account("bot"), pod("a", projected()), trail=a_trail(identities=(came,), **more))
        return item(found, OWN).last_used.grade

    assert used() is AgeGrade.AUDIT
    assert used(lost_columns=("token_pod",)) is AgeGrade.UNKNOWN
    assert item(report(a_service_account("bot"), pod("a", projected())), OWN).last_used.grade is AgeGrade.UNKNOWN
