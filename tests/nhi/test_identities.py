"""What acts: service accounts, nodes, roles of the cloud, agents; and what the trail and pipelines show."""

from __future__ import annotations

from demarc.model.evidence import GapReason
from demarc.model.nhi import NhiKind, NhiState
from demarc.model.trail import CredentialUse, IdentityUse
from demarc.testing import a_cluster_role_binding, a_deployment, a_service_account, a_subject, an_object
from tests.nhi.given import RBAC, item, report, states
from tests.nhi.test_secrets import a_trail
from tests.posture.given import AT

BOT = "shop/ServiceAccount/bot"


def runs(name: str, account: str = "bot"):
    return a_deployment(name, service_account=account)


def admin(account: str = "bot"):
    return a_cluster_role_binding("bots", subjects=[a_subject("ServiceAccount", account, "shop")])


def test_what_roles_give_is_not_known_where_roles_were_not_seen():
    found = report(a_service_account("bot"), runs("a"), admin())
    assert states(found, BOT) == {NhiState.UNKNOWN}
    assert "rolebindings" in item(found, BOT).states[0].says


def identity(user: str, *uses: CredentialUse) -> IdentityUse:
    return IdentityUse(
        user=user,
        groups=(),
        arn="",
        first=AT,
        last=AT,
        requests=3,
        refused=0,
        clients=(),
        clients_left=0,
        credentials=uses,
        credentials_left=0,
        uses=(),
        uses_left=0,
    )


def test_an_account_that_runs_one_thing_is_healthy():
    found = report(a_service_account("bot"), runs("a"), *RBAC)
    assert states(found, BOT) == {NhiState.HEALTHY}
    assert item(found, BOT).consumers == ("Deployment shop/a",)


def test_nothing_runs_as_it_and_it_has_no_token():
    assert NhiState.ORPHANED in states(report(a_service_account("bot"), runs("a", "other")), BOT)
    with_rights = report(a_service_account("bot"), runs("a", "other"), admin(), *RBAC)
    assert "but it has rights" in str(item(with_rights, BOT).states)


def test_a_binding_names_what_is_not_there():
    found = report(a_service_account("else"), runs("a", "else"), admin())
    assert "whoever makes it gets the rights" in str(item(found, BOT).states)


def test_what_was_not_seen_orphans_nobody():
    blind = report(a_service_account("bot"), runs("a", "other"), gaps=(("pods", GapReason.FORBIDDEN),))
    assert NhiState.ORPHANED not in states(blind, BOT)
    assert any("pods" in why for why in blind.unseen)


def test_an_account_that_several_workloads_act_as_is_shared():
    assert NhiState.SHARED in states(report(a_service_account("bot"), runs("a"), runs("b")), BOT)
    closed = a_service_account("bot", automountServiceAccountToken=False)
    assert NhiState.SHARED not in states(report(closed, runs("a"), runs("b")), BOT)


def test_power_over_everything_is_too_much():
    found = report(a_service_account("bot"), runs("a"), admin(), *RBAC)
    assert NhiState.OVER_POWERED in states(found, BOT)
    assert item(found, BOT).reach == "cluster"


def test_the_trail_shows_use_and_what_lies_in_no_object():
    uses = (
        CredentialUse(id="X509SHA256=ab12", source_ips=1, requests=3, first=AT, last=AT),
        CredentialUse(id="JTI=1", source_ips=2, requests=3, first=AT, last=AT),
        CredentialUse(id="JTI=2", token_pod="shop/a", source_ips=1, requests=3, first=AT, last=AT),
    )
    node = identity("system:node:n1", CredentialUse(id="X509SHA256=cd", source_ips=1, requests=1, first=AT, last=AT))
    trail = a_trail(identities=(identity("system:serviceaccount:shop:bot", *uses), node))
    found = report(a_service_account("bot"), runs("a"), trail=trail)
    kinds = {one.kind for one in found.items if one.id.startswith(BOT) and one.kind is not NhiKind.PROJECTED_TOKEN}
    assert kinds == {NhiKind.SERVICE_ACCOUNT, NhiKind.CLIENT_CERTIFICATE, NhiKind.BOUND_TOKEN}
    assert item(found, BOT).last_used.at
    assert NhiState.SHARED in states(found, f"{BOT}/JTI=1")
    assert not [one for one in found.items if "cd" in one.name and one.kind is NhiKind.CLIENT_CERTIFICATE]


def test_every_node_is_an_identity():
    assert item(report(), "Node/n1").kind is NhiKind.NODE


def test_both_sides_of_a_cloud_role_are_looked_at():
    arn = "arn:aws:iam::111122223333:role/gone"
    account = a_service_account("bot", annotations={"eks.amazonaws.com/role-arn": arn})
    found = report(account, runs("a"))
    role = next(one for one in found.items if one.kind is NhiKind.CLOUD_ROLE)
    assert role.name == arn
    assert role.state is NhiState.UNKNOWN, "the other side was not given"


def test_an_agent_is_one_with_the_secrets_it_uses():
    agent = an_object(
        "kagent.dev/v1alpha2", "Agent", "helper", namespace="shop", spec={"apiKeySecretRef": {"name": "openai"}}
    )
    found = item(report(agent), "shop/Agent/helper")
    assert found.kind is NhiKind.AI_AGENT
    assert found.consumers == ("Secret shop/openai",)


def test_counts_and_ratio_add_up():
    found = report(a_service_account("bot"), runs("a"), admin())
    assert sum(found.by_kind.values()) == sum(found.by_state.values()) == len(found.items)
    assert sum(found.by_owner.values()) == len(found.items)
    assert len({one.id for one in found.items}) == len(found.items)
    assert all(one.states for one in found.items)
