from __future__ import annotations

import sys
from datetime import UTC, datetime

import pytest

from demarc.lifecycle.cluster.hands import Hands
from demarc.lifecycle.cluster.interface import ConflictError, RefusedError
from demarc.lifecycle.cluster.kinds import SECRET
from demarc.lifecycle.cluster.rollout import selects
from demarc.lifecycle.cluster.values import SecretValues
from demarc.lifecycle.outside import RealOutside
from demarc.lifecycle.strategies.aws_signature import AwsKey, signed, signing_key
from demarc.model.errors import DemarcError
from demarc.testing import FakeClient, FakeCluster, a_secret
from demarc.testing.issuers import FakeIam

VALUE = "tr0ub4dor-and-3"


def test_the_signing_key_is_that_of_the_documentation():
    """The example of the AWS General Reference, "Deriving the signing key"."""
    key = signing_key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20150830", "us-east-1", "iam")
    assert key.hex() == "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"


def test_an_issuer_that_checks_signatures_takes_ours_and_no_other():
    now = datetime(2026, 3, 2, tzinfo=UTC)
    iam = FakeIam({"shop": "AKIAOLD"}, now=lambda: now)

    def ask(secret: str, **more: str) -> int:
        key = AwsKey(id="AKIAOLD", secret=secret)
        parameters = {"Action": "GetCallerIdentity", **more}
        request = signed(key, "https://sts.example", "sts", "us-east-1", parameters=parameters, at=now)
        assert secret not in repr(request) + repr(key)
        return iam.answer("POST", "https://sts.example", request.headers, request.body)[0]

    assert ask(iam.secrets["AKIAOLD"]) == 200
    assert ask(iam.secrets["AKIAOLD"], Odd="a b/c+d~é") == 200
    assert ask("other") == 403


def test_an_issuer_is_reached_over_tls_alone():
    with pytest.raises(DemarcError, match="not reached over TLS"):
        RealOutside().http("GET", "http://iam.example/secret-path", headers={})


def test_no_answer_repeats_nothing_that_was_sent():
    with pytest.raises(DemarcError) as error:
        RealOutside().http("POST", "http://127.0.0.1:9/x", headers={"authorization": VALUE}, body=VALUE.encode())
    assert VALUE not in str(error.value)


def test_a_program_is_given_its_input_and_no_shell():
    code = "import sys; sys.stdout.write(sys.stdin.read() + sys.argv[1])"
    assert RealOutside().run([sys.executable, "-c", code, "; echo x"], b"in ") == (0, b"in ; echo x")
    with pytest.raises(DemarcError, match="cannot be run"):
        RealOutside().run(["/nowhere/at/all"], b"")


def test_values_cannot_be_printed_or_pickled():
    import pickle

    values = SecretValues({"password": VALUE.encode()})
    assert VALUE not in repr(values) + str(values) + f"{values}"
    with pytest.raises(TypeError):
        pickle.dumps(values)


def test_a_refusal_does_not_repeat_what_was_written():
    cluster = FakeCluster([a_secret(), a_secret("fixed", immutable=True)], forbid=["create secrets"])
    hands = Hands(FakeClient(cluster))
    secret = hands.get(SECRET, "shop", "fixed")
    assert secret is not None
    with pytest.raises(ConflictError) as conflict:
        hands.merge(SECRET, secret, {"data": {"password": SecretValues({"p": VALUE.encode()}).encoded()["p"]}})
    with pytest.raises(RefusedError, match="403 Forbidden") as refused:
        hands.create(SECRET, "shop", {"metadata": {"name": "x"}, "stringData": {"p": VALUE}})
    for error in (conflict, refused):
        assert VALUE not in str(error.value)


@pytest.mark.parametrize(
    ("selector", "labels", "chosen"),
    [
        ({}, {"a": "b"}, True),
        ({"matchLabels": {"a": "b"}}, {"a": "b", "c": "d"}, True),
        ({"matchLabels": {"a": "b"}}, {"a": "x"}, False),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}, {"a": "b"}, True),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["b"]}]}, {"a": "b"}, False),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, {}, False),
        ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, {}, True),
    ],
)
def test_which_pods_a_budget_is_over(selector, labels, chosen):
    assert selects(selector, labels) is chosen
