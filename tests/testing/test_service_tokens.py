from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from demarc.testing import FakeCluster, a_secret, a_service_account
from demarc.testing.controllers import LegacyTokenCleaner, TokenController
from demarc.testing.tokens import CREDENTIAL_ID, INVALID_SINCE, LAST_USED
from tests.testing.writing import SECRETS, patch, send

ACCOUNTS = "/api/v1/namespaces/shop/serviceaccounts"
ACCOUNT = {"kubernetes.io/service-account.name": "robot"}
TYPE = "kubernetes.io/service-account-token"


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2026, 3, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


def legacy(**more) -> FakeCluster:
    cluster = FakeCluster(
        [a_service_account("robot"), a_secret("robot-token", values={}, type=TYPE, annotations=ACCOUNT)],
        controllers=[TokenController(), *more.pop("controllers", ())],
        **more,
    )
    cluster.step()
    return cluster


def token_in(cluster: FakeCluster, name: str = "robot-token") -> str:
    return base64.b64decode(send(cluster, "GET", f"{SECRETS}/{name}")[1]["data"]["token"]).decode()


def who(cluster: FakeCluster, token: str) -> tuple[int, Any]:
    return send(cluster, "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {}, token=token)


def bound(cluster: FakeCluster, **spec) -> str:
    status, answer = send(cluster, "POST", f"{ACCOUNTS}/robot/token", {"spec": spec})
    assert status == 201
    return str(answer["status"]["token"])


def test_a_legacy_token_is_filled_in_works_and_its_use_is_noted():
    cluster = legacy()
    token = token_in(cluster)
    status, said = who(cluster, token)
    assert (status, said["status"]["userInfo"]["username"]) == (201, "system:serviceaccount:shop:robot")
    labels = send(cluster, "GET", f"{SECRETS}/robot-token")[1]["metadata"]["labels"]
    assert labels[LAST_USED] == "2026-01-15"
    assert cluster.audit[-2]["annotations"]["authentication.k8s.io/legacy-token-manual-secret"] == "robot-token"


def test_the_label_turns_a_legacy_token_off_and_taking_it_away_turns_it_on_again():
    cluster = legacy()
    token = token_in(cluster)
    patch(
        cluster, f"{SECRETS}/robot-token", {"metadata": {"labels": {INVALID_SINCE: "2026-03-01"}}}, "merge-patch+json"
    )
    assert who(cluster, token)[0] == 401
    patch(cluster, f"{SECRETS}/robot-token", {"metadata": {"labels": {INVALID_SINCE: None}}}, "merge-patch+json")
    assert who(cluster, token)[0] == 201


def test_a_legacy_token_made_again_under_its_name_is_the_same_token():
    cluster = legacy()
    token = token_in(cluster)
    send(cluster, "DELETE", f"{SECRETS}/robot-token")
    assert who(cluster, token)[0] == 401
    send(cluster, "POST", SECRETS, {"metadata": {"name": "robot-token", "annotations": ACCOUNT}, "type": TYPE})
    assert token_in(cluster) == token
    assert who(cluster, token)[0] == 201


def test_a_bound_token_goes_with_the_secret_that_it_is_bound_to():
    cluster = FakeCluster([a_service_account("robot"), a_secret("handle", values={})])
    token = bound(cluster, boundObjectRef={"kind": "Secret", "apiVersion": "v1", "name": "handle"})
    status, said = who(cluster, token)
    assert (status, CREDENTIAL_ID in said["status"]["userInfo"]["extra"]) == (201, True)
    send(cluster, "DELETE", f"{SECRETS}/handle")
    send(cluster, "POST", SECRETS, {"metadata": {"name": "handle"}})  # another one, by uid
    assert who(cluster, token)[0] == 401


def test_a_bound_token_goes_with_its_time_and_with_its_account():
    clock = Clock()
    cluster = FakeCluster([a_service_account("robot")], now=clock)
    short, long = bound(cluster, expirationSeconds=600), bound(cluster, expirationSeconds=6000)
    clock.at += timedelta(seconds=601)
    assert (who(cluster, short)[0], who(cluster, long)[0]) == (401, 201)
    send(cluster, "DELETE", f"{ACCOUNTS}/robot")
    send(cluster, "POST", ACCOUNTS, {"metadata": {"name": "robot"}})
    assert who(cluster, long)[0] == 401
    assert send(cluster, "POST", f"{ACCOUNTS}/robot/token", {"spec": {"expirationSeconds": 60}})[0] == 422


def test_a_review_says_whose_token_it_is():
    cluster = legacy()
    path = "/apis/authentication.k8s.io/v1/tokenreviews"
    good = send(cluster, "POST", path, {"spec": {"token": token_in(cluster)}})[1]["status"]
    bad = send(cluster, "POST", path, {"spec": {"token": "x.y.z"}})[1]["status"]
    assert (good["authenticated"], bad["authenticated"]) == (True, False)


def test_the_cleaner_marks_and_deletes_what_an_account_lists_and_leaves_manual_ones():
    clock = Clock()
    cluster = legacy(now=clock, controllers=[LegacyTokenCleaner()])
    clock.at += timedelta(days=800)
    cluster.step()
    assert INVALID_SINCE not in (send(cluster, "GET", f"{SECRETS}/robot-token")[1]["metadata"].get("labels") or {})
    patch(cluster, f"{ACCOUNTS}/robot", {"secrets": [{"name": "robot-token"}]}, "merge-patch+json")
    assert INVALID_SINCE in send(cluster, "GET", f"{SECRETS}/robot-token")[1]["metadata"]["labels"]
    clock.at += timedelta(days=365)
    assert send(cluster, "GET", f"{SECRETS}/robot-token")[0] == 404


def test_tokens_of_an_account_that_is_gone_go_with_it():
    cluster = legacy()
    send(cluster, "DELETE", f"{ACCOUNTS}/robot")
    assert send(cluster, "GET", f"{SECRETS}/robot-token")[0] == 404
