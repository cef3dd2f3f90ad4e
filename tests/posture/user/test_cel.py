"""The runtime's traps: an error is a value that is true. What is not there is Unknown, never a pass."""

from __future__ import annotations

import pytest

from demarc.posture.cel import CelError, Expression

DATA = {
    "object": {"metadata": {"name": "api", "labels": {}}, "spec": {"replicas": 3, "ports": [80], "text": "x"}},
    "oldObject": None,
    "namespaceObject": None,
    "variables": {},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("object.spec.replicas <= 3", True),
        ("object.spec.replicas > 3", False),
        ("has(object.spec.nothing)", False),
        ("object.?spec.?nothing.orValue(5) == 5", True),
        ("oldObject == null", True),
        ("sets.contains(['a', 'b'], ['a'])", True),
        ("object.metadata.name.upperAscii() == 'API'", True),
        ("object.spec.ports.all(port, port < 1024)", True),
        ("has(object.spec.nothing) || object.spec.replicas == 3", True),
    ],
)
def test_what_can_be_answered_is(text, value):
    answer = Expression(text).truth(DATA)
    assert answer.value is value
    assert answer.unknown == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("object.spec.nothing == 1", "the field nothing is not there"),
        ("object.spec.nothing != 1", "the field nothing is not there"),
        ("!(object.spec.nothing == 1)", "the field nothing is not there"),
        ("object.spec.replicas == 3 && object.spec.nothing", "the field nothing is not there"),
        ("object.spec.ports[7] == 1", "not there"),
        ("object.spec.replicas + object.spec.text == 1", "types that do not go together"),
        ("object.spec.replicas", "neither true nor false"),
        ("object.metadata.labels.team == 'a'", "the field team is not there"),
    ],
)
def test_what_cannot_be_answered_is_unknown_and_never_true(text, why):
    answer = Expression(text).truth(DATA)
    assert answer.value is None or answer.unknown
    assert why in answer.unknown


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("quantity('1Gi').isGreaterThan(quantity('1Mi'))", "Kubernetes' quantity library"),
        ("ip('10.0.0.1').family() == 4", "Kubernetes' ip and cidr library"),
        ("cidr('10.0.0.0/8').containsIP('10.1.1.1')", "Kubernetes' ip and cidr library"),
        ("isURL('https://example.com')", "Kubernetes' url library"),
        ("object.metadata.name.find('a.*') == 'a'", "Kubernetes' regex library"),
        ("[1, 2].sum() == 3", "Kubernetes' list library"),
        ("semver('1.2.3') == semver('1.2.3')", "Kubernetes' semver library"),
        ("authorizer.group('').resource('pods').check('get').allowed()", "authorizer"),
        ("request.userInfo.username == 'me'", "there is no"),
        ("params.max > 3", "write the value into the expression"),
        ("nobody.knows == 1", "nothing is called 'nobody.knows' here"),
        ("object.spec.replicas ==", "Syntax error"),
    ],
)
def test_what_needs_the_api_server_is_refused_when_it_is_read(text, why):
    with pytest.raises(CelError, match=why):
        Expression(text)
