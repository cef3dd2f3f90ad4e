"""How far entries reach: certain, over what was not seen, and not at all."""

from __future__ import annotations

from demarc.access.techniques import View, access_graph
from demarc.model.nhi import Blast, Nhi
from demarc.nhi import Policy, nhi_report
from demarc.nhi.radius import LESS, graded, placed
from demarc.testing import a_cluster_role_binding, a_deployment, a_secret, a_service_account, a_subject
from tests.nhi.given import RBAC
from tests.posture.given import Object, a_ground

TOKEN = a_secret(
    "bot-token",
    type="kubernetes.io/service-account-token",
    values={"token": "not-a-real-token"},
    annotations={"kubernetes.io/service-account.name": "bot"},
)
ADMIN = a_cluster_role_binding("bots", subjects=[a_subject("ServiceAccount", "bot", "shop")])
RUNS = a_deployment("app", service_account="bot")


def of(*objects: Object) -> dict[str, Nhi]:
    ground = a_ground(a_service_account("bot"), TOKEN, *objects, *RBAC)
    graph = access_graph(View(ground.snapshot, ground.inventory))
    found = {one.id: one for one in graded(nhi_report(ground, Policy()), graph).items}
    for one in found.values():
        assert (placed(graph, one) is None) == (one.blast is None)
    return found


def test_an_account_its_lasting_token_and_tokens_of_its_pods_reach_what_it_may():
    found = of(ADMIN, RUNS)
    account = found["shop/ServiceAccount/bot"].blast
    assert account is not None
    assert (account.impact, account.certain) == ("cluster-admin", True)
    assert found["shop/ServiceAccount/bot/Token/kube-apiserver"].blast == account
    token = found["shop/Secret/bot-token"].blast
    assert token is not None
    assert (token.impact, token.steps > account.steps) == ("cluster-admin", True)


def test_what_opens_nothing_reaches_less():
    found = of(RUNS)
    blast = found["shop/ServiceAccount/bot"].blast
    assert blast is not None
    assert (blast.impact, blast.steps) == (LESS, 0)


def test_a_node_does_not_reach_itself():
    blast = of(RUNS)["Node/n1"].blast
    assert blast is None or blast.steps > 0 or blast.impact == LESS


def test_what_the_graph_does_not_have_is_not_graded():
    cloud: Object = {"path": "t", "audience": "vault", "expirationSeconds": 3600}
    volume = {"name": "t", "projected": {"sources": [{"serviceAccountToken": cloud}]}}
    found = of(a_deployment("app", service_account="bot", pod_spec={"volumes": [volume]}))
    assert found["shop/ServiceAccount/bot/Token/vault"].blast is None
    assert isinstance(found["shop/ServiceAccount/bot"].blast, Blast)
