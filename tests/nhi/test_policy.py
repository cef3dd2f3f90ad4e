"""Policies: defaults, a file of one's own, what is wrong with one."""

from __future__ import annotations

import pytest

from demarc.model.errors import DemarcError
from demarc.model.nhi import NhiKind
from demarc.nhi.policy import Policy, default, read_policy


def test_the_default_knows_every_kind_that_ages():
    held = default()
    assert held.kinds[NhiKind.LEGACY_TOKEN].any
    assert held.kinds[NhiKind.CLOUD_KEY].breach == 90
    assert Policy().of(NhiKind.TLS, "shop").expiring == 21


def test_ones_own_limits_lie_over_the_defaults_and_namespaces_over_these():
    text = b"kinds: {tls: {expiring: 60}}\noverrides: [{namespaces: ['pay*'], kinds: {tls: {expiring: 90}}}]\n"
    found = read_policy("policy.yaml", text)
    assert found.of(NhiKind.TLS, "shop").expiring == 60
    assert found.of(NhiKind.TLS, "payments").expiring == 90
    assert found.of(NhiKind.CLOUD_KEY, "payments").breach == 90


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"kinds: [",
        b"kinds: {no-such-kind: {warn: 1}}",
        b"kinds: {tls: {wanr: 1}}",
        b"kinds: {tls: {warn: many}}",
        b"kinds: {tls: {warn: 90, breach: 30}}",
        b"kinds: {}\n---\nkinds: {}",
    ],
)
def test_what_is_wrong_is_told_with_what_to_do(text):
    with pytest.raises(DemarcError) as caught:
        read_policy("policy.yaml", text)
    assert caught.value.problems[0].todo
