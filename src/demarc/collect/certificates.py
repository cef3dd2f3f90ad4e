"""Reads certificates, and never a key: what X.509 says in public, out of PEM text.

Takes the blocks that are marked as certificates and nothing else, so that a private key in the same text is not even
parsed. What cannot be read is no certificate.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from hashlib import sha256
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from demarc.collect.fingerprint import decoded
from demarc.model.kubernetes import Certificate
from demarc.model.time import iso

_BLOCK: Final = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]{16,65536}?-----END CERTIFICATE-----")
_LONGEST: Final = 262_144
_UNREADABLE: Final = (
    *(ValueError, TypeError, OverflowError, binascii.Error, UnsupportedAlgorithm),
    *(x509.DuplicateExtension, x509.UnsupportedGeneralNameType, x509.InvalidVersion),
)
_MARK: Final = "-----BEGIN CERTIFICATE-----"
_PACKED: Final = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t"
"""The mark in base64."""
_LONGEST_BUNDLE: Final = 1_048_576
_MOST_TRUSTED: Final = 300
MOST: Final = 4
"""Certificates of one chain that are kept."""
_MOST_NAMES: Final = 100


def certificates_in(text: str) -> tuple[Certificate, ...]:
    """Read the certificates of PEM text, or of base64 of it, in order; empty where there are none."""
    if not text or len(text) > _LONGEST:
        return ()
    plain = text if "-----BEGIN" in text else decoded(text).decode("latin-1")
    return tuple(_read(plain))


def trusted_keys(values: Iterable[str]) -> tuple[str, ...]:
    """SHA-256 of the public keys of all certificates in values, as PEM or base64 of it: what whoever reads them trusts.

    Sorted, each once; a bundle of a distribution is read as far as three hundred certificates.
    """
    found: set[str] = set()
    for text in values:
        if _MARK in text or _PACKED in text:
            found.update(_keys(text))
    return tuple(sorted(found))


@lru_cache(maxsize=256)
def _keys(text: str) -> frozenset[str]:
    """Of one value; the same bundle lies in every namespace."""
    if len(text) > _LONGEST_BUNDLE:
        return frozenset()
    plain = text if _MARK in text else decoded(text).decode("latin-1")
    blocks = (block[0] for _, block in zip(range(_MOST_TRUSTED), _BLOCK.finditer(plain), strict=False))
    return frozenset(key for block in blocks if (key := _public_key(block)))


def _public_key(block: str) -> str:
    try:
        public = x509.load_pem_x509_certificate(block.encode()).public_key()
        return sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
    except _UNREADABLE:
        return ""


def _read(text: str) -> Iterator[Certificate]:
    for number, block in enumerate(_BLOCK.finditer(text)):
        if number == MOST:
            return
        try:
            yield _certificate(x509.load_pem_x509_certificate(block[0].encode()))
        except _UNREADABLE:
            continue


def _certificate(found: x509.Certificate) -> Certificate:
    public = found.public_key()
    kind, bits = type(public).__name__.lstrip("_").removesuffix("PublicKey"), 0
    if isinstance(public, rsa.RSAPublicKey):
        kind, bits = f"RSA {public.key_size}", public.key_size
    elif isinstance(public, ec.EllipticCurvePublicKey):
        kind, bits = f"EC {public.curve.name}", public.curve.key_size
    hashed = found.signature_hash_algorithm
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Certificate(
        subject=found.subject.rfc4514_string(),
        issuer=found.issuer.rfc4514_string(),
        names=tuple(_names(found)),
        not_before=iso(found.not_valid_before_utc),
        not_after=iso(found.not_valid_after_utc),
        key=kind,
        key_bits=bits,
        signature=hashed.name if hashed is not None else "",
        authority=_is_authority(found),
        public_key=sha256(spki).hexdigest(),
    )


def _names(found: x509.Certificate) -> Iterator[str]:
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return
    for number, name in enumerate(names):
        if number == _MOST_NAMES:
            return
        if isinstance(name, (x509.DNSName, x509.RFC822Name, x509.UniformResourceIdentifier)):
            yield name.value
        elif isinstance(name, x509.IPAddress):
            yield str(name.value)


def _is_authority(found: x509.Certificate) -> bool:
    try:
        return found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False
