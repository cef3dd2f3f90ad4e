"""Certificates made for tests, so that none of a private key is ever kept."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

SINCE = datetime(2026, 1, 1, tzinfo=UTC)


@cache
def _key(bits: int) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    return (
        rsa.generate_private_key(public_exponent=65537, key_size=bits)
        if bits
        else ec.generate_private_key(ec.SECP256R1())
    )


def a_certificate(
    name: str = "shop.example",
    *,
    since: datetime = SINCE,
    until: datetime = datetime(2027, 12, 1, tzinfo=UTC),
    authority: bool = False,
    bits: int = 0,
) -> str:
    """PEM of a self-signed certificate; ``bits`` above 0 make its key RSA."""
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    key = _key(bits)
    builder = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
