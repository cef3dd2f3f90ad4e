"""Reads time stamps: RFC 3161 tokens (CMS signed data), and the certificates behind them.

Shared by Demarc and by the verifier that it hands out, which must be one file: so nothing of Demarc is imported here.
Only what stands under the authority's signature is believed.
"""
# ruff: noqa: D102, D103 - one file to be read by strangers

from __future__ import annotations

import base64
import hashlib
import re
from datetime import UTC, datetime
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID


class RejectedError(ValueError):
    """Something is not as it must be."""


def unbase64(text: str) -> bytes:
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise RejectedError("base64 in another spelling")
    return data


SHA = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
}
SHA256 = "2.16.840.1.101.3.4.2.1"
SIGNED_DATA, TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"
RSA_OIDS = {"1.2.840.113549.1.1.1", *(f"1.2.840.113549.1.1.{n}" for n in (11, 12, 13))}
ECDSA_OIDS = {f"1.2.840.10045.4.3.{n}" for n in (2, 3, 4)}
BAD = (
    LookupError,
    StopIteration,
    ValueError,
    TypeError,
    InvalidSignature,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.ExtensionNotFound,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What reading a damaged token, or a damaged certificate in it, can raise."""


class Der(NamedTuple):
    """One element of DER."""

    tag: int
    value: bytes
    whole: bytes

    @classmethod
    def one(cls, data: bytes) -> Der:
        found = cls.all(data)
        if len(found) != 1:
            raise RejectedError("not one element of DER")
        return found[0]

    @classmethod
    def all(cls, data: bytes) -> list[Der]:
        found, at = [], 0
        while at < len(data):
            if at + 2 > len(data) or data[at] & 0x1F == 0x1F:
                raise RejectedError("not DER")
            length, start = data[at + 1], at + 2
            if length & 0x80:
                count = length & 0x7F
                length = int.from_bytes(data[start : start + count], "big")
                start += count
                if not 1 <= count <= 4 or length < 0x80 or length >> 8 * (count - 1) == 0:
                    raise RejectedError("not DER")
            if start + length > len(data):
                raise RejectedError("DER is cut off")
            found.append(cls(data[at], data[start : start + length], data[at : start + length]))
            at = start + length
        return found

    def inner(self, tag: int = 0x30) -> list[Der]:
        if self.tag != tag:
            raise RejectedError("another type of element was expected")
        return Der.all(self.value)

    def oid(self) -> str:
        if self.tag != 0x06 or not self.value or self.value[-1] & 0x80:
            raise RejectedError("an object identifier was expected")
        arcs, number = [], 0
        for byte in self.value:
            number = number << 7 | byte & 0x7F
            if not byte & 0x80:
                arcs.append(number)
                number = 0
        first = min(arcs[0] // 40, 2)
        return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


class Token(NamedTuple):
    """What an authority confirmed."""

    at: datetime
    authority: str
    trusted: bool
    nonce: int | None


def check_token(token: bytes, message: bytes, roots: list[x509.Certificate]) -> Token:
    """Check that a token is over a message and signed by an authority for time stamps. Raises RejectedError."""
    try:
        return _check_token(token, message, roots)
    except BAD as error:
        raise RejectedError(f"the time stamp does not hold: {error or type(error).__name__}") from error


def _check_token(token: bytes, message: bytes, roots: list[x509.Certificate]) -> Token:
    kind, content = Der.one(token).inner()
    if kind.oid() != SIGNED_DATA:
        raise RejectedError("it is no signed data")
    _, _, encapsulated, *optional, infos = Der.one(content.value).inner()
    content_kind, wrapped = encapsulated.inner()
    if content_kind.oid() != TST_INFO:
        raise RejectedError("it is no time stamp")
    info = Der.one(Der.one(wrapped.value).value)
    _, _, imprint, _, gen_time, *more = info.inner()
    algorithm, digest = imprint.inner()
    if algorithm.inner()[0].oid() != SHA256 or digest.value != hashlib.sha256(message).digest():
        raise RejectedError("it is over something else")
    at = _gen_time(gen_time)
    certificates = [
        x509.load_der_x509_certificate(one.whole) for bag in optional if bag.tag == 0xA0 for one in Der.all(bag.value)
    ]
    signer = _signer(infos.inner(0x31), info.whole, certificates)
    nonce = next((int.from_bytes(one.value, "big") for one in more if one.tag == 0x02), None)
    name = signer.subject.rfc4514_string()
    return Token(at, name, _trusted(signer, certificates, roots, at), nonce)


def _gen_time(element: Der) -> datetime:
    match = re.fullmatch(rb"(\d{14})(?:\.(\d{1,6})\d*)?Z", element.value)
    if element.tag != 0x18 or not match:
        raise RejectedError("its time is no time")
    at = datetime.strptime(match[1].decode(), "%Y%m%d%H%M%S")  # noqa: DTZ007
    return at.replace(microsecond=int((match[2] or b"0").ljust(6, b"0")), tzinfo=UTC)


def _signer(infos: list[Der], content: bytes, certificates: list[x509.Certificate]) -> x509.Certificate:
    """Find the certificate that signed, and check the signature over the attributes, and these over the content."""
    if len(infos) != 1:
        raise RejectedError("it has not one signer")
    _, _, digest, attributes, how, signature, *_ = infos[0].inner()
    hashing = SHA[digest.inner()[0].oid()]
    found = {part[0].oid(): part[1].inner(0x31)[0] for one in attributes.inner(0xA0) for part in [one.inner()]}
    if found[CONTENT_TYPE].oid() != TST_INFO or found[MESSAGE_DIGEST].value != _hash(hashing, content):
        raise RejectedError("what was signed is not what it says")
    signer = _named(found, certificates)
    usage = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    if list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING] or not usage.critical:
        raise RejectedError("its certificate is not for time stamps alone")
    signed = b"\x31" + attributes.whole[1:]
    key, kind = signer.public_key(), how.inner()[0].oid()
    if isinstance(key, rsa.RSAPublicKey) and kind in RSA_OIDS:
        key.verify(signature.value, signed, padding.PKCS1v15(), hashing)
    elif isinstance(key, ec.EllipticCurvePublicKey) and kind in ECDSA_OIDS:
        key.verify(signature.value, signed, ec.ECDSA(hashing))
    else:
        raise RejectedError("it is signed in a way that is not known here")
    return signer


def _named(found: dict[str, Der], certificates: list[x509.Certificate]) -> x509.Certificate:
    """The certificate whose hash the signed attributes name."""
    if SIGNING_CERTIFICATE_V2 in found:
        first = found[SIGNING_CERTIFICATE_V2].inner()[0].inner()[0].inner()
        hashing: Any = SHA[first[0].inner()[0].oid()] if first[0].tag == 0x30 else hashes.SHA256()
        wanted = next(one for one in first if one.tag == 0x04).value
    else:
        hashing = hashes.SHA1()  # noqa: S303 - what RFC 3161 first named; the signature itself never rests on it
        wanted = found[SIGNING_CERTIFICATE].inner()[0].inner()[0].inner()[0].value
    for certificate in certificates:
        if certificate.fingerprint(hashing) == wanted:
            return certificate
    raise RejectedError("it does not carry the certificate that it names")


def _hash(hashing: Any, data: bytes) -> bytes:
    digest = hashes.Hash(hashing)
    digest.update(data)
    return digest.finalize()


def _trusted(
    signer: x509.Certificate, others: list[x509.Certificate], roots: list[x509.Certificate], at: datetime
) -> bool:
    """Whether a chain leads from the signer to one of the roots, each valid at that time. Raises where none does."""
    if not roots:
        return False
    current, seen = signer, 0
    while seen < 8 and current.not_valid_before_utc <= at <= current.not_valid_after_utc:
        if current in roots:
            return True
        issuer = next((one for one in [*roots, *others] if one != current and _issued(current, one)), None)
        if issuer is None:
            break
        current, seen = issuer, seen + 1
    raise RejectedError("its certificate does not lead to one that you named")


def _issued(certificate: x509.Certificate, by: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(by)
        return by.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except BAD:
        return False
