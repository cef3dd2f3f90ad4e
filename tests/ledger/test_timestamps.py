"""Anchors: requests that a real authority answers, and answers that must not pass."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.x509 import load_pem_x509_certificates

from demarc.ledger import timestamps
from demarc.ledger.tokens import RejectedError, check_token
from demarc.model.errors import DemarcError
from tests.ledger.authority import Authority

MESSAGE = b"acme.example/ledger\n3\nAAAA\n"
NONCES = [b"\x00" * 8, b"\x00\x01\x02\x03\x04\x05\x06\x07", b"\x7f" + b"\xff" * 7, b"\xff" * 8]


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tsa") / "tsa")


@pytest.fixture(scope="module")
def token(authority):
    data = authority.answer(timestamps.request(MESSAGE, NONCES[2]))
    return timestamps.response(data, MESSAGE, (), nonce=NONCES[2])[0]


def roots(authority):
    return load_pem_x509_certificates(authority.ca.read_bytes())


@pytest.mark.parametrize("nonce", NONCES, ids=bytes.hex)
def test_a_real_authority_answers_our_request(authority, nonce):
    data = authority.answer(timestamps.request(MESSAGE, nonce))
    token, found = timestamps.response(data, MESSAGE, roots(authority), nonce=nonce)
    assert found.trusted
    assert found.authority == "CN=Test Time"
    assert abs(found.at - datetime.now(UTC)) < timedelta(minutes=5)
    assert check_token(token, MESSAGE, []).trusted is False


@pytest.mark.parametrize("algorithm", ["ec -pkeyopt ec_paramgen_curve:prime256v1", "rsa:3072"])
def test_other_keys_are_read_too(tmp_path, algorithm):
    other = Authority(tmp_path / "tsa", algorithm=algorithm)
    data = other.answer(timestamps.request(MESSAGE, NONCES[1]))
    assert timestamps.response(data, MESSAGE, roots(other), nonce=NONCES[1])[1].trusted


def test_openssl_agrees(authority, token, tmp_path):
    (tmp_path / "message").write_bytes(MESSAGE)
    (tmp_path / "token").write_bytes(token)
    command = ["openssl", "ts", "-verify", "-data", "message", "-in", "token", "-token_in", "-CAfile", authority.ca]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_a_token_over_something_else_is_refused(token):
    with pytest.raises(RejectedError, match="something else"):
        check_token(token, MESSAGE + b" ", [])


def test_an_authority_that_was_not_named_is_refused(token, tmp_path):
    other = Authority(tmp_path / "other")
    with pytest.raises(RejectedError, match="does not lead"):
        check_token(token, MESSAGE, roots(other))


def test_a_certificate_for_something_else_is_refused(tmp_path):
    with pytest.raises(AssertionError):  # openssl itself refuses to stamp with it
        Authority(tmp_path / "tsa", usage="serverAuth").answer(timestamps.request(MESSAGE, NONCES[0]))


def test_the_answer_to_another_request_is_refused(authority):
    data = authority.answer(timestamps.request(MESSAGE, NONCES[1]))
    with pytest.raises(DemarcError, match="another request"):
        timestamps.response(data, MESSAGE, (), nonce=NONCES[3])


def test_a_refusal_says_what_the_authority_says(authority):
    data = authority.answer(b"\x30\x03\x02\x01\x01")
    with pytest.raises(DemarcError, match="status 2"):
        timestamps.response(data, MESSAGE, (), nonce=None)


@pytest.mark.parametrize("data", [b"", b"\x30", b"0\x80\x00\x00", b"<html>", b"\x30\x05\x30\x03\x02\x01\x00"])
def test_no_answer_at_all_is_refused(data):
    with pytest.raises(DemarcError):
        timestamps.response(data, MESSAGE, (), nonce=None)


def test_no_byte_of_what_is_signed_can_be_changed(authority, token):
    """Bytes outside of what is signed (other certificates) may change; what the token says must not."""
    right = check_token(token, MESSAGE, roots(authority))
    for at in range(len(token)):
        changed = token[:at] + bytes([token[at] ^ 0x01]) + token[at + 1 :]
        try:
            found = check_token(changed, MESSAGE, roots(authority))
        except RejectedError:
            continue
        assert (found.at, found.authority, found.nonce) == (right.at, right.authority, right.nonce)
