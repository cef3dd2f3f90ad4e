"""The recorded answers of a real authorizer, and the decisions in the recorded audit trail."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from time import process_time
from urllib.parse import parse_qs, urlsplit

import pytest

from demarc.access import Authorizer
from demarc.access.review import parsed_fields, reviews, verdicts
from demarc.collect.builder import SnapshotBuilder
from demarc.collect.fingerprint import FingerprintKey
from demarc.model.access import Answer, Asker, Request
from tests.recorded import NORTHWIND, needs_northwind

pytestmark = needs_northwind


@pytest.fixture(scope="module")
def authorizer():
    builder = SnapshotBuilder(FingerprintKey(b"k" * 32))
    builder.add_document((NORTHWIND / "cluster.json").read_bytes(), origin="cluster.json")
    return Authorizer(builder.build(now=datetime(2026, 11, 24, tzinfo=UTC)))


@pytest.fixture(scope="module")
def recorded():
    with gzip.open(NORTHWIND / "subjectaccessreviews.jsonl.gz") as file:
        return file.read().splitlines()


def test_no_recorded_answer_is_answered_otherwise(authorizer, recorded):
    asked = reviews(recorded, origin="recorded")
    for line, (who, request), found in zip(recorded, asked, verdicts(authorizer, asked), strict=True):
        status = json.loads(line)["status"]
        assert found.allowed == status["allowed"], line
        assert not found.unknown, line
        if not found.allowed:
            assert found.reason == status.get("reason", ""), line
        elif found.reason != status.get("reason", ""):
            # The API server walks bindings in no fixed order: where several allow it, it names any one of them.
            assert status["reason"] in [grant.reason for grant in authorizer.grants(who, request)], line


def test_thirty_thousand_decisions_take_less_than_two_seconds(authorizer, recorded):
    asked = reviews(recorded, origin="recorded") * 5
    begin = process_time()
    assert sum(1 for _ in verdicts(authorizer, asked)) == 30_000
    assert process_time() - begin < 2


def test_decisions_of_the_audit_trail_hold_but_for_what_was_deleted_since(authorizer):
    changed = set()
    with gzip.open(NORTHWIND / "audit.log.gz") as file:
        for line in file:
            event = json.loads(line)
            decision = (event.get("annotations") or {}).get("authorization.k8s.io/decision")
            if decision is None or event.get("impersonatedUser"):
                continue
            who, request = asked_in(event)
            answer = authorizer.decide(who, request).answer
            assert answer is not Answer.UNKNOWN, line
            if decision == "forbid":
                assert answer is Answer.DENIED, line
            elif answer is Answer.DENIED:
                changed.add(who.user.partition(":ip-")[0])
    # Pods that went with a rollout, and a binding that the intruder made and deleted.
    assert changed == {"system:node", "system:serviceaccount:ci:deployer"}


def asked_in(event) -> tuple[Asker, Request]:
    who = Asker(user=event["user"]["username"], groups=tuple(event["user"].get("groups", ())))
    url = urlsplit(event["requestURI"])
    about = event.get("objectRef")
    if about is None:
        return who, Request(verb=event["verb"], path=url.path)
    selector = parse_qs(url.query).get("fieldSelector", [""])[0]
    return who, Request(
        verb=event["verb"],
        group=about.get("apiGroup", ""),
        resource=about["resource"],
        subresource=about.get("subresource", ""),
        name=about.get("name", ""),
        namespace=about.get("namespace", ""),
        fields=tuple(parsed_fields(selector)),
    )
